"""Messages about a promise or a payment plan: one e-mail to one customer, in the words of a template, apart from the scenario.

What only the commitment knows (day, amount, schedule) is written into the words at once; the rest when it leaves. `parts` says how
many cents of which item it is about, so that neither its total nor its code to scan asks for more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models import audit, decisions, drafts, plans
from models import outbox as store
from models.actions import Action, ActionItem
from models.company import Company
from models.customers import Customer
from models.messages import Message, Outbox
from rules.errors import DomainError
from services import composing, templates
from services.placeholders import spell
from services.templates_defaults import CONSUMER_SUBJECTS


def language_of(company: Company, customer: Customer) -> str:
    """The language a customer is written to in, among those there are words in."""
    return next((code for code in (customer.language, company.language) if code in templates.LANGUAGES), "en")


def open_batch(session: Session, company: Company, actor_id: int | None, now: datetime) -> Outbox:
    """An empty batch with the company's undo window. Raises `DomainError` ledger_gap."""
    if gap := store.ledger_gap(session, company.id):
        raise DomainError("ledger_gap", gap_cents=gap, currency=company.currency)
    batch = Outbox(
        company_id=company.id, state="waiting", made_at=now, leaves_at=now + timedelta(seconds=max(company.undo_seconds, 0)),
        by_id=actor_id, planned=0,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    return batch


def reachable(session: Session, customer: Customer) -> bool:
    """Whether the customer has an e-mail address that is not known to be bad."""
    return customer.id in drafts.recipients(session, [customer.id])


def queue(
    session: Session, company: Company, customer: Customer, batch: Outbox, code: str, said: Mapping[str, str],
    parts: Mapping[int, int], currency: str, actor_id: int | None, now: datetime, today: date, *,
    key: str, stage: str = "notice", level: int = 0, parts_on: date | None = None,
) -> Message:  # fmt: skip
    """Plan one message in a batch; it leaves after the undo window. Raises `DomainError` no_address, template_missing."""
    address, contact = drafts.recipients(session, [customer.id]).get(customer.id, ("", ""))
    if not address:
        raise DomainError("no_address", customer=customer.name)
    language = language_of(company, customer)
    template = templates.get_template(session, company, code, "email", language)
    if template is None:
        raise DomainError("template_missing", template=code, channel="email")
    amount = sum(parts.values())
    action = Action(
        company_id=company.id, customer_id=customer.id, key=plans.free_key(session, company.id, key), stage=stage, level=level,
        channel="email", state="queued", isolated=True, currency=currency, amount_cents=amount, planned_at=now, done_on=today,
        by_id=actor_id, batch_id=batch.id,
    )  # fmt: skip
    session.add(action)
    session.flush()
    session.add_all(ActionItem(action_id=action.id, item_id=item_id, open_cents=cents) for item_id, cents in parts.items())
    subject = CONSUMER_SUBJECTS[language] if customer.legal_type == "consumer" else template.subject
    words = {"language": language, "subject": spell(subject, said), "body": spell(template.body, said)}
    message = Message(
        company_id=company.id, customer_id=customer.id, action_id=action.id, outbox_id=batch.id, channel="email",
        language=language, state="planned", purpose="commitment", recipient=address, recipient_name=contact or customer.name,
        subject=words["subject"], message_id=composing.new_guid(company, f"commitment {action.key}"), queued_at=now,
        facts={
            "item_ids": list(parts), "parts": {str(i): cents for i, cents in parts.items()}, "words": words,
            "parts_on": parts_on.isoformat() if parts_on else "",
        },
    )  # fmt: skip
    session.add(message)
    batch.planned += 1
    session.flush()
    audit.record(
        session, now, actor_id, company.id, "queue", "message", message.id, {"customer": customer.id, "template": code}
    )
    decisions.set_contacts(session, [customer.id])
    return message
