"""One message to one customer, written by a person: as the step that is due, or apart from the scenario; and what was done by
another medium. It leaves like every batch: after the undo window and a second look."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models import audit, decisions, drafts
from models import outbox as store
from models.actions import Action, ActionItem, WorklistEntry
from models.company import Company
from models.customers import Customer
from models.drafts import Draft, Line
from models.messages import Message, Outbox
from rules.errors import DomainError
from services import composing, legal_notes, outbox, templates, worklist
from services.outbox import CHANNELS
from services.placeholders import BLOCKS, Optional, Piece, Place, parse
from services.writing import write

ASKS = ("notice", "reminder_1", "reminder_2", "reminder_3", "formal_notice", "handover")
"""Templates a single message can start from."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a person wrote for one message: placeholders and blocks as in templates."""

    language: str
    subject: str
    body: str


def stage_of(template_code: str) -> tuple[str, int]:
    """Stage and level a template speaks for: reminder_2 → (reminder, 2)."""
    stage, _, level = template_code.rpartition("_")
    return (stage, int(level)) if level.isdigit() else (template_code, 0)


def draft_single(
    session: Session, company: Company, customer: Customer, channel: str, template_code: str, item_ids: Sequence[int],
    lines: Sequence[Line], today: date,
) -> Draft:  # fmt: skip
    """What such a message would be about; `lines` are the customer's open items. Credits are deducted as long as something is
    left to ask for."""
    stage, level = stage_of(template_code)
    reached = drafts.recipients(session, [customer.id]).get(customer.id, ("", ""))
    draft = drafts.draft_for(
        session, customer.id, stage=stage, level=level, currency=company.currency, template_code=template_code, channel=channel,
        wait_days=0, item_ids=item_ids, amount_cents=0, recipient=reached[0], contact_name=reached[1],
        lines=lines,
    )  # fmt: skip
    drafts.add_history(session, draft)
    asked = sum(line.cents for line in draft.chosen)
    credits = sum(line.cents for line in draft.others if line.cents < 0)
    draft.amount_cents = asked + credits if stage != "thanks" and asked + credits > 0 else asked
    legal_notes.attach(session, company, [draft], today)
    return draft


def proposed(session: Session, company: Company, draft: Draft, today: date) -> Wording:
    """The template's words with this customer's figures in them, blocks left as placeholders: what a person starts from.

    Raises `DomainError` template_missing."""
    template = templates.template_for(drafts.own_templates(session, company.id), company, draft)
    values = write(company, draft, template.language, today).values
    subject = _spelled(parse(templates.subject_of(template, draft)), values)
    return Wording(template.language, subject, _spelled(parse(template.body), values))


def _spelled(pieces: Sequence[Piece], values: dict[str, str]) -> str:
    words = []
    for piece in pieces:
        if isinstance(piece, str):
            words.append(piece)
        elif isinstance(piece, Place):
            words.append(f"{{{{ {piece.name} }}}}" if piece.name in BLOCKS else values[piece.name])
        elif isinstance(piece, Optional) and all(values[name] for name in piece.names):
            words.append(_spelled(piece.pieces, values))
    return "".join(words)


def queue_single(
    session: Session, company: Company, customer: Customer, channel: str, template_code: str, item_ids: Sequence[int],
    wording: Wording, actor_id: int, now: datetime, today: date, *, entry: WorklistEntry | None = None,
) -> Outbox:  # fmt: skip
    """One message with a person's words: as the step of a worklist entry (its items), else apart from the scenario.

    Raises `TemplateProblems`; `DomainError` channel_unknown, items_missing, no_address, ledger_gap, nothing_to_send."""
    if channel not in CHANNELS:
        raise DomainError("channel_unknown", value=channel)
    if problems := templates.problems_of(wording.subject, wording.body):
        raise templates.TemplateProblems(tuple(problems))
    if entry is not None:
        batch = outbox.queue_batch(session, company, (), actor_id, now, today, forced_ids=[entry.id])
        message = store.only_message(session, batch.id)
    else:
        batch, message = _apart(session, company, customer, channel, template_code, item_ids, actor_id, now, today)
    message.facts = {**message.facts, "words": {"language": wording.language, "subject": wording.subject, "body": wording.body}}
    message.language, message.subject, message.purpose = wording.language, wording.subject, "single"
    session.flush()
    return batch


def _apart(
    session: Session, company: Company, customer: Customer, channel: str, template_code: str, item_ids: Sequence[int],
    actor_id: int, now: datetime, today: date,
) -> tuple[Outbox, Message]:  # fmt: skip
    """An action of its own, which takes no step, with its planned message."""
    if gap := store.ledger_gap(session, company.id):
        raise DomainError("ledger_gap", gap_cents=gap, currency=company.currency)
    draft = draft_single(
        session, company, customer, channel, template_code, item_ids, drafts.open_lines(session, customer.id), today
    )
    if not draft.chosen:
        raise DomainError("items_missing")
    if channel == "email" and not draft.recipient:
        raise DomainError("no_address", customer=customer.name)
    batch = Outbox(
        company_id=company.id, state="waiting", made_at=now, leaves_at=now + timedelta(seconds=company.undo_seconds),
        by_id=actor_id, planned=1,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    action = _isolated(company, customer, channel, now, today, actor_id)
    action.state, action.stage, action.level = "queued", draft.stage, draft.level
    action.amount_cents, action.currency, action.batch_id = draft.amount_cents, draft.currency, batch.id
    session.add(action)
    session.flush()
    session.add_all(ActionItem(action_id=action.id, item_id=line.item_id, open_cents=line.cents) for line in draft.chosen)
    message = Message(
        company_id=company.id, customer_id=customer.id, action_id=action.id, outbox_id=batch.id, channel=channel,
        language=company.language, state="planned", recipient=draft.recipient if channel == "email" else "",
        recipient_name=draft.contact_name or customer.name, message_id=composing.new_guid(company, f"single {action.key}"),
        facts={"item_ids": [line.item_id for line in draft.chosen]}, queued_at=now,
    )  # fmt: skip
    session.add(message)
    audit.record(session, now, actor_id, company.id, "queue", "outbox", batch.id, {"messages": 1, "customer": customer.id})
    _follow(session, customer, today)
    return batch, message


def record_other(
    session: Session, company: Company, customer: Customer, remark: str, actor_id: int, now: datetime, today: date
) -> Action:
    """Something done by another medium (a visit, a text message, a meeting), in words; it takes no step of the scenario.

    Raises `DomainError` remark_missing."""
    if not remark.strip():
        raise DomainError("remark_missing")
    action = _isolated(company, customer, "other", now, today, actor_id)
    action.remark, action.done_at = remark.strip(), now
    session.add(action)
    session.flush()
    audit.record(session, now, actor_id, company.id, "record", "action", action.id, {"channel": "other"})
    _follow(session, customer, today)
    return action


def _isolated(company: Company, customer: Customer, channel: str, now: datetime, today: date, actor_id: int) -> Action:
    return Action(
        company_id=company.id, customer_id=customer.id, key=f"{customer.id}-{channel}-{uuid.uuid4()}", stage="reminder", level=0,
        channel=channel, state="done", isolated=True, currency=company.currency, amount_cents=0, planned_at=now, done_on=today,
        by_id=actor_id,
    )  # fmt: skip


def _follow(session: Session, customer: Customer, today: date) -> None:
    """The customer was contacted: the next contact waits its turn."""
    decisions.set_contacts(session, [customer.id])
    worklist.touch(session, customer.id, today)
