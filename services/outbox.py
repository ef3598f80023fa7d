"""Batches of messages: queued with an undo window, released after a second look, handed over, settled.

Nothing here sends: `tasks.sending` claims, commits, hands over to `integrations.channels`, and records. The bytes are
made by `services.composing`, letters by `services.letters`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from integrations.channels import Envelope, Outcome, mime
from integrations.channels.smtp import address_is_bad
from models import audit, decisions, drafts, pace, pausing, recalling
from models import outbox as store
from models.company import Company
from models.drafts import Draft
from models.messages import Message, Outbox
from models.outbox import Claim, Move
from models.worklist import COURTESIES
from rules.errors import DomainError
from rules.retrying import next_try
from services import brakes, claims, composing, legal_notes, second_look, templates, worklist, writing

CHANNELS = ("email", "letter")
LEASE = timedelta(minutes=15)  # longer than the ten minutes a final dot may take
SAFETY = timedelta(minutes=1)  # nothing starts so shortly before its lease ends
REFUSALS = 3  # of the sign-in, then the whole account stops


def queue_batch(
    session: Session,
    company: Company,
    entry_ids: Sequence[int],
    actor_id: int | None,
    now: datetime,
    today: date,
    undo_seconds: int | None = None,
    forced_ids: Sequence[int] = (),
) -> Outbox:
    """Worklist entries become actions and planned messages that leave after the undo window (None: the company's).

    Calls, what is held back and what is already done are passed over; entries of `forced_ids`, chosen by a person, may be
    held back by a rule of the house (`COURTESIES`). `outbox.planned` says how many messages there are. Raises `DomainError` nothing_to_send when none is left, ledger_gap
    while the ledger does not add up."""
    if gap := store.ledger_gap(session, company.id):
        raise DomainError("ledger_gap", gap_cents=gap, currency=company.currency)
    seconds = company.undo_seconds if undo_seconds is None else undo_seconds
    outbox = Outbox(
        company_id=company.id, state="waiting", made_at=now, leaves_at=now + timedelta(seconds=max(seconds, 0)), by_id=actor_id
    )
    session.add(outbox)
    session.flush()
    rows: list[dict[str, Any]] = []
    for ids, forced in ((forced_ids, True), (entry_ids, False)):
        chosen = store.entries_in_writing(session, company.id, list(ids), CHANNELS, COURTESIES if forced else ())
        recorded = worklist.record_done(session, company, chosen, actor_id, now, today, batch_id=outbox.id, forced=forced)
        rows += _planned_rows(session, company, outbox.id, recorded, now, forced)
    if not rows:
        raise DomainError("nothing_to_send")
    store.add_messages(session, rows)
    outbox.planned = len(rows)
    audit.record(session, now, actor_id, company.id, "queue", "outbox", outbox.id, {"messages": len(rows)})
    return outbox


def _planned_rows(
    session: Session, company: Company, outbox_id: int, recorded: Sequence[worklist.Recorded], now: datetime, forced: bool
) -> list[dict[str, Any]]:
    """One planned message for each action; its address is looked up again when it leaves."""
    actions = [(r.action_id, r.action) for r in recorded if r.action_id is not None and r.action is not None]
    customers = sorted({action.customer_id for _, action in actions})
    reached, names = drafts.recipients(session, customers), store.customer_names(session, customers)
    rows = []
    for action_id, action in actions:
        mail = action.channel == "email"
        address, contact = reached.get(action.customer_id, ("", "")) if mail else ("", "")
        rows.append(
            {
                "company_id": company.id, "customer_id": action.customer_id, "action_id": action_id, "outbox_id": outbox_id,
                "channel": action.channel, "language": company.language, "state": "planned", "purpose": "reminder",
                "recipient": address, "recipient_name": contact or names.get(action.customer_id, ""), "subject": "",
                "message_id": composing.new_guid(company, f"{company.id} {outbox_id} {action_id} {action.key}"),
                "facts": {"item_ids": list(action.item_ids), "forced": forced}, "queued_at": now, "attempts": 0, "audit_head": 0,
            }
        )  # fmt: skip
    return rows


def undo_batch(session: Session, outbox: Outbox, actor_id: int | None, now: datetime, today: date) -> int:
    """Take back a batch that has not left; the number of messages taken back. Raises outbox_left when it is too late."""
    if now >= outbox.leaves_at or not store.move_outbox(session, outbox.id, ("waiting",), "undone"):
        raise DomainError("outbox_left")
    session.refresh(outbox)
    outbox.finished_at = now
    ids = store.ids_in(session, outbox.id, ("planned",))
    drop(session, session.get_one(Company, outbox.company_id), dict.fromkeys(ids, "undone"), today)
    audit.record(session, now, actor_id, outbox.company_id, "undo", "outbox", outbox.id, {"messages": len(ids)})
    return len(ids)


def stop_batch(session: Session, outbox: Outbox, actor_id: int | None, now: datetime, today: date) -> int:
    """Stop a batch on its way: what has not been handed over stays here; the number of messages stopped."""
    ids = store.ids_in(session, outbox.id, ("planned", "queued", "retry"))
    drop(session, session.get_one(Company, outbox.company_id), dict.fromkeys(ids, "stopped"), today)
    audit.record(session, now, actor_id, outbox.company_id, "stop", "outbox", outbox.id, {"messages": len(ids)})
    store.close_outboxes(session, now)
    return len(ids)


def hasten_batch(session: Session, outbox: Outbox, actor_id: int | None, now: datetime) -> None:
    """End the undo window now: the batch leaves with the next look of the worker. Raises outbox_left."""
    if outbox.state != "waiting" or now >= outbox.leaves_at:
        raise DomainError("outbox_left")
    outbox.leaves_at = now
    audit.record(session, now, actor_id, outbox.company_id, "hasten", "outbox", outbox.id)


def release_some(session: Session, outbox: Outbox, now: datetime, today: date, limit: int = 200) -> int:
    """Look again at some planned e-mails of a batch whose window has passed, drop what is no longer wanted, write the
    bytes of the rest and queue them. Answers how many were planned before: 0 when none is left."""
    company = session.get_one(Company, outbox.company_id)
    store.move_outbox(session, outbox.id, ("waiting",), "releasing")
    ids = store.ids_in(session, outbox.id, ("planned",), "email", limit)
    if not ids:
        return 0
    head = store.audit_head(session)
    wanted = look_again(session, company, ids, today)
    reached = drafts.recipients(session, sorted({d.customer_id for d in wanted}))
    words = drafts.own_templates(session, company.id)
    rows, unwritable = [], {}
    for draft in wanted:
        address, draft.contact_name = reached.get(draft.customer_id, ("", draft.contact_name))
        if not address:
            unwritable[draft.id] = "no_address"
            continue
        draft.recipient = address
        try:
            rows.append(_written(company, draft, words, head, now, today))
        except DomainError as error:
            unwritable[draft.id] = error.code
    if rows:
        drafts.write_bodies(session, rows)
        store.grant(session, [period_of(row["facts"]) for row in rows])
    drop(session, company, unwritable, today)
    return len(ids)


def finish_release(session: Session, outbox: Outbox, now: datetime) -> None:
    """Nothing is planned any more: what remains is on its way."""
    store.move_outbox(session, outbox.id, ("waiting", "releasing"), "sending")
    counts = store.progress(session, outbox.id, limit=1).counts
    audit.record(session, now, None, outbox.company_id, "release", "outbox", outbox.id, counts)
    store.close_outboxes(session, now)


def look_again(session: Session, company: Company, message_ids: Sequence[int], today: date) -> list[Draft]:
    """The decision taken anew for messages not handed over yet: the drafts of those still wanted, with today's items and
    amounts; the others are dropped with the reason."""
    dropped = second_look.look(session, company, message_ids, today)
    drop(session, company, dropped, today)
    wanted = drafts.drafts_of(session, [i for i in message_ids if i not in dropped])
    legal_notes.attach(session, company, wanted, today)
    refused = {draft.id: code for draft in wanted if (code := legal_notes.refused(company, draft, today))}
    drop(session, company, refused, today)
    return [draft for draft in wanted if draft.id not in refused]


def drop(session: Session, company: Company, reasons: dict[int, str], today: date) -> None:
    """Messages and their actions will not happen; what they held up is decided again."""
    for code, action_ids in store.drop_messages(session, reasons).items():
        worklist.drop_actions(session, company, action_ids, code, today)


def _written(company: Company, draft: Draft, words: templates.Store, head: int, now: datetime, today: date) -> dict[str, Any]:
    """The row that fixes one e-mail: bytes, hash, subject, and what it says. Raises message_unwritable, template_missing."""
    template = templates.template_for(words, company, draft)
    content = writing.write(company, draft, template.language, today)
    if not content.rows:
        raise DomainError("paid")
    made = composing.form(templates.subject_of(template, draft), template.body, template.language)
    composed = composing.compose(company, made, content)
    body = composing.mail_bytes(company, draft, composed, draft.guid, now)
    return {
        "b_id": draft.id, "state": "queued", "language": template.language, "recipient": draft.recipient,
        "recipient_name": draft.contact_name or draft.name, "subject": composed.subject, "body": body,
        "body_hash": composing.fingerprint(body), "facts": facts_of(company, draft, content, template, today),
        "audit_head": head, "queued_at": now, "next_try_at": now,
    }  # fmt: skip


def facts_of(
    company: Company, draft: Draft, content: writing.Content, template: templates.Template, today: date
) -> dict[str, Any]:
    """What a message said, kept beside its bytes."""
    return {
        "item_ids": draft.item_ids, "amount_cents": content.amount_cents, "currency": draft.currency,
        "reference": content.reference, "template": template.code, "template_own": template.own,
        "sender": composing.sender_address(company), "action_id": draft.action_id, "forced": draft.forced,
        "wait_until": content.wait_until_on.isoformat() if content.wait_until_on else "",
        **legal_notes.kept(draft, template.body, content.values, today),
    }  # fmt: skip


def period_of(facts: dict[str, Any]) -> tuple[int, date | None]:
    """(action id, last day granted) of a message's facts."""
    return facts["action_id"], date.fromisoformat(facts["wait_until"]) if facts["wait_until"] else None


def take(
    session: Session, company: Company, now: datetime, today: date, limit: int, at_any_hour: bool = False
) -> list[Envelope]:
    """Claim the next e-mails of a company for one sender; the caller commits before it connects. Nothing while the company
    is paused. What leaves the house keeps to the sending hours (unless a person says `at_any_hour`) and to what a domain takes an hour.

    When anybody recorded a change since they were last looked at, the decision is taken anew first: what is no longer
    wanted, or not for that amount, is dropped."""
    if pausing.is_paused(session, company.id):
        return []
    outside = bool(company.smtp_host)
    left = pace.room(session, company, now) if outside else None
    since = brakes.closed_since(company, now) if outside and not at_any_hour else None
    due = pace.due(session, company, now, limit, left, since)
    head = store.audit_head(session)
    seen = {i: looked for i, looked, purpose in due if looked < head and purpose not in pace.AT_ANY_HOUR}
    again, dropped = list(seen), dict[int, str]()
    if again and store.changed_since(session, company.id, min(seen.values())):
        dropped = second_look.look(session, company, again, today, exact=True)
        drop(session, company, dropped, today)
    store.freshen(session, [i for i in again if i not in dropped], head)
    ids = [i for i, _, _ in due if i not in dropped]
    claims_taken = store.claim(session, ids, now, now + LEASE) if ids else []
    about = recalling.action_keys(session, [c.facts["action_id"] for c in claims_taken if c.facts.get("action_id")])
    return [_envelope(company, c, about) for c in claims_taken]


def _envelope(company: Company, claim: Claim, about: dict[int, tuple[int, str]]) -> Envelope:
    """One claim as the channel takes it; what it is about goes into the journal, so that a restored database knows it again."""
    action_id = claim.facts.get("action_id")
    said = " ".join(map(str, (company.id, *about[action_id]))) if action_id in about else ""
    sender = claim.facts.get("sender") or composing.sender_address(company)
    to = mime.address(claim.recipient)  # as it was when the bytes were written
    return Envelope(claim.id, claim.message_id, claim.attempts, mime.address(sender), to, claim.body, said)


def record_outcomes(session: Session, company: Company, outcomes: Sequence[Outcome], now: datetime, today: date) -> None:
    """What the channel answered becomes the state of messages, actions, contacts and account."""
    queued = store.queued_at(session, [o.envelope.id for o in outcomes])
    moves = [_move(o, queued[o.envelope.id], now) for o in outcomes if o.state != "untried" and o.envelope.id in queued]
    store.settle_claims(session, moves)
    for at_once in (True, False):
        untried = [
            (o.envelope.id, o.envelope.attempt)
            for o in outcomes
            if o.state == "untried" and (o.failure == "facts_changed") == at_once
        ]
        store.give_back(session, untried, now if at_once else now + timedelta(minutes=1))
    ids = [m.id for m in moves]
    bad = {o.envelope.id: "refused" for o in outcomes if address_is_bad(o)}
    store.mark_bad_addresses(session, bad, now)
    settle_actions(session, company, ids, now, today)
    _judge_account(session, company, outcomes, now)
    for move in moves:
        if move.state in ("failed", "unknown"):
            changes = {"answer": move.answer, "code": move.failure_code}
            audit.record(session, now, None, company.id, move.state, "message", move.id, changes)
    if any(m.state != "retry" for m in moves):
        store.close_outboxes(session, now)


def settle_actions(session: Session, company: Company, message_ids: Sequence[int], now: datetime, today: date) -> None:
    """Actions follow their messages; a refused one did not happen."""
    moved = store.follow_actions(session, message_ids, today, now)
    if moved:
        decisions.set_contacts(session, moved)
        worklist.refresh(session, company, moved, today)
    claims.record_sent(session, message_ids, now)
    for code, action_ids in store.failed_actions(session, message_ids).items():
        worklist.drop_actions(session, company, action_ids, code, today, state="failed")


def _move(outcome: Outcome, queued_at: datetime, now: datetime) -> Move:
    envelope = outcome.envelope
    state, failure, again = outcome.state, outcome.failure, None
    if state == "retry":
        stopped = failure == "worker_stopped"  # our own fault: at once
        again = now if stopped else next_try(queued_at, envelope.attempt, now, envelope.guid)
        if again is None:
            state, failure = "failed", "gave_up"
    left = state in ("sent", "kept")
    return Move(
        envelope.id, envelope.attempt, state, f"{outcome.code or ''} {outcome.answer}".strip(), failure,
        now if left else None, outcome.data_done_at, again,
    )  # fmt: skip


def _judge_account(session: Session, company: Company, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Three refused sign-ins in a row stop the account until a person has looked; an accepted message clears the count."""
    if any(o.state == "sent" for o in outcomes):
        company.smtp_refusals = 0
    refused = [o for o in outcomes if o.account]
    if not refused:
        return
    company.smtp_refusals += 1
    if company.smtp_refusals >= REFUSALS and not company.smtp_blocked_reason:
        block_account(session, company, refused[-1].failure, now, refused[-1].answer)


def block_account(session: Session, company: Company, reason: str, now: datetime, answer: str = "") -> None:
    """Nothing is handed to the company's mail server until a person has looked."""
    company.smtp_blocked_reason = reason
    changes = {"reason": reason, "answer": answer}
    audit.record(session, now, None, company.id, "block", "mail_account", company.id, changes)


def unblock_account(session: Session, company: Company, actor_id: int | None, now: datetime) -> None:
    """A person has looked: the account may be used again."""
    if company.smtp_blocked_reason or company.smtp_refusals:
        audit.record(
            session, now, actor_id, company.id, "unblock", "mail_account", company.id, {"reason": company.smtp_blocked_reason}
        )
    company.smtp_blocked_reason, company.smtp_refusals = "", 0


def settle_unknown(session: Session, message: Message, arrived: bool, actor_id: int, now: datetime, today: date) -> None:
    """A person decides about an uncertain message: it arrived (sent), or goes again with the same Message-ID (queued).

    Raises message_not_unknown."""
    if message.state != "unknown":
        raise DomainError("message_not_unknown")
    if arrived:
        message.state, message.sent_at = "sent", message.data_done_at or now
        session.flush()
        settle_actions(session, session.get_one(Company, message.company_id), [message.id], now, today)
    else:
        message.state, message.next_try_at, message.queued_at = "queued", now, now
        message.facts = {**message.facts, "sent_again_by": actor_id}
    verb = "confirm_arrival" if arrived else "send_again"
    audit.record(session, now, actor_id, message.company_id, verb, "message", message.id, {"message_id": message.message_id})


def settle_letters(
    session: Session, outbox_id: int, message_ids: Sequence[int], print_path: str, now: datetime, today: date
) -> None:
    """Letters in the print file are done: their actions count from today."""
    outbox = session.get_one(Outbox, outbox_id)
    outbox.print_path = print_path
    settle_actions(session, session.get_one(Company, outbox.company_id), message_ids, now, today)
    audit.record(session, now, None, outbox.company_id, "print", "outbox", outbox.id, {"letters": len(message_ids)})
