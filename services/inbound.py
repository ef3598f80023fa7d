"""What comes in by mail, taken in: returns strike addresses and give steps back, replies hold reminders until somebody has
read them, absences are noted.

Only what speaks of a message of ours, or comes from the address of one of our customers, is kept. A return must name a message
that we sent to the very address it complains of: a forged one changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from integrations.channels import inbound as reading
from integrations.channels.imap import Mail
from integrations.channels.inbound import Incoming
from models import audit
from models import inbound as store
from models import outbox as messages
from models.company import Company
from models.inbound import InboundMessage, Ours
from rules.errors import DomainError
from services import worklist

RETURNS = ("bounce_hard", "bounce_soft", "delayed")
RETURNABLE = ("sent", "unknown")
"""States of a message that can come back: it was handed over, surely or maybe."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of some mails: how many were kept, the number of the last one read, and whether one must wait (its
    message is being handed over at this moment)."""

    kept: int
    uid: int
    waits: bool = False


def take_in(session: Session, company: Company, mails: Sequence[Mail], now: datetime, today: date) -> Taken:
    """Take in mails in the order of the mailbox. What was taken in before, and what is none of our business, is passed over."""
    read = [(mail, _read(mail, company, now, today)) for mail in mails]
    known = store.known_already(session, company.id, {one.message_id for _, one in read})
    kept = last = 0
    for mail, incoming in read:
        if incoming.message_id not in known:
            ours = _ours(session, company, incoming)
            if ours is not None and ours.state == "claimed":
                return Taken(kept, last, waits=True)
            known.add(incoming.message_id)
            kept += _take_one(session, company, mail, incoming, ours, now, today)
        last = mail.uid
    return Taken(kept, last)


def _read(mail: Mail, company: Company, now: datetime, today: date) -> Incoming:
    received = mail.received_at
    return reading.read(mail.data, received.date() if received and received < now else today)


def _ours(session: Session, company: Company, incoming: Incoming) -> Ours | None:
    """The message of ours that a mail speaks of."""
    if not incoming.about:
        return None
    found = store.ours_among(session, company.id, incoming.about)
    return next((found[name] for name in incoming.about if name in found), None)


def _take_one(
    session: Session, company: Company, mail: Mail, incoming: Incoming, ours: Ours | None, now: datetime, today: date
) -> bool:
    """Keep one mail and draw the consequences; False when it is none of our business."""
    kind, customer_id = incoming.kind, ours.customer_id if ours else None
    if ours is None:
        if kind in (*RETURNS, "receipt") or not incoming.sender:
            return False
        customer_id = store.customer_writing_from(session, company.id, incoming.sender)
        if customer_id is None:
            return False
    if kind == "other":
        kind = "reply"
    if kind == "bounce_hard" and ours is not None and not _meant(incoming, ours):
        kind = "bounce_soft"
    received = min(mail.received_at or now, now)
    row = InboundMessage(
        company_id=company.id, customer_id=customer_id, answers_id=ours.id if ours else None, uid=mail.uid,
        message_id=incoming.message_id, kind=kind, sender=incoming.sender, sender_name=incoming.sender_name,
        subject=incoming.subject, text=incoming.text, received_at=received.astimezone(UTC), read_at=now, status=incoming.status,
        diagnostic=incoming.diagnostic, recipient=incoming.recipient, until_on=incoming.until_on,
    )  # fmt: skip
    session.add(row)
    session.flush()
    said = {"kind": kind, "customer": customer_id, "message": ours.id if ours else None, "status": incoming.status}
    audit.record(session, now, None, company.id, "receive", "inbound_message", row.id, said)
    if kind == "bounce_hard" and ours is not None:
        _strike(session, company, row, ours, now, today)
    elif kind == "reply" and customer_id is not None:
        worklist.touch(session, customer_id, today)
    return True


def _meant(incoming: Incoming, ours: Ours) -> bool:
    """Whether a return complains of the address we wrote to, and not of one it was handed on to."""
    return not incoming.recipient or incoming.recipient == ours.recipient.strip().lower()


def _strike(session: Session, company: Company, row: InboundMessage, ours: Ours, now: datetime, today: date) -> None:
    """The address is bad: the message did not arrive, its step is due again by another way, somebody repairs the address."""
    words = row.diagnostic or row.text[:300]
    if ours.channel != "email" or not store.mark_bounced(session, ours.id, RETURNABLE, words):
        return
    changes = {"status": row.status, "answer": words, "recipient": ours.recipient}
    audit.record(session, now, None, company.id, "bounce", "message", ours.id, changes)
    messages.mark_bad_addresses(session, {ours.id: "bounced"}, now)
    if ours.customer_id is not None:
        struck = {"customer": ours.customer_id, "email": ours.recipient, "reason": "bounced"}
        audit.record(session, now, None, company.id, "mark_bad", "contact", None, struck)
    if ours.action_id is not None:
        worklist.drop_actions(session, company, [ours.action_id], "bounced", today, state="failed")
    if ours.customer_id is not None:
        worklist.touch(session, ours.customer_id, today)


def handle(session: Session, row: InboundMessage, actor_id: int, now: datetime, today: date) -> None:
    """A person has read a mail: it holds nothing back any more. Errors: inbound_handled."""
    if row.handled_at is not None:
        raise DomainError("inbound_handled")
    row.handled_at, row.handled_by_id = now, actor_id
    _tell(session, row, "handle", actor_id, now, today)


def reopen(session: Session, row: InboundMessage, actor_id: int, now: datetime, today: date) -> None:
    """It is to be looked at again."""
    row.handled_at = row.handled_by_id = None
    _tell(session, row, "reopen", actor_id, now, today)


def _tell(session: Session, row: InboundMessage, verb: str, actor_id: int, now: datetime, today: date) -> None:
    session.flush()
    audit.record(session, now, actor_id, row.company_id, verb, "inbound_message", row.id, {"customer": row.customer_id})
    if row.customer_id is not None:
        worklist.touch(session, row.customer_id, today)
