"""When reminding is over: a file handed to a bailiff, a lawyer or an agency, and insolvency proceedings with the claim to declare."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from models import audit, due_items
from models import recovery as store
from models.company import Company
from models.customers import Customer
from models.recovery import OUTCOMES, PROCEEDINGS, RECIPIENTS, Handover, Insolvency
from rules.errors import DomainError
from rules.insolvency import declare_by
from services import worklist


def hand_over(
    session: Session, customer: Customer, recipient: str, handed_on: date, actor_id: int | None, now: datetime, today: date, *,
    name: str = "", reference: str = "", cost_cents: int = 0, note: str = "",
) -> Handover:  # fmt: skip
    """The customer's file goes into other hands: reminders stop until it is over. What is overdue that day is kept with it.

    Errors: handover_recipient, handover_future, handover_open."""
    if recipient not in RECIPIENTS:
        raise DomainError("handover_recipient")
    if handed_on > today:
        raise DomainError("handover_future", today_on=today)
    if store.open_handover(session, customer.id) is not None:
        raise DomainError("handover_open")
    company = session.get_one(Company, customer.company_id)
    rows = due_items.of_customer(session, customer, today)
    cents = sum(r.open_cents for r in rows if r.currency == company.currency and (r.due_on < today or r.open_cents < 0))
    made = Handover(
        company_id=company.id, customer_id=customer.id, recipient=recipient, name=name.strip(), reference=reference.strip(),
        handed_on=handed_on, cents=max(cents, 0), currency=company.currency, cost_cents=max(cost_cents, 0), note=note.strip(),
        made_at=now, by_id=actor_id,
    )  # fmt: skip
    session.add(made)
    session.flush()
    words = {"customer": customer.id, "recipient": recipient, "handed_on": handed_on, "cents": made.cents}
    audit.record(session, now, actor_id, company.id, "create", "handover", made.id, words)
    worklist.touch(session, customer.id, today)
    return made


def follow_handover(
    session: Session, handover: Handover, actor_id: int | None, now: datetime, *, name: str, reference: str, cost_cents: int, note: str
) -> None:  # fmt: skip
    """What is known of the file by now: its reference, what it has cost."""
    wanted = {"name": name.strip(), "reference": reference.strip(), "cost_cents": max(cost_cents, 0), "note": note.strip()}
    changed = {field: [getattr(handover, field), value] for field, value in wanted.items() if getattr(handover, field) != value}
    for field, (_, value) in changed.items():
        setattr(handover, field, value)
    if changed:
        audit.record(session, now, actor_id, handover.company_id, "update", "handover", handover.id, changed)


def end_handover(session: Session, handover: Handover, outcome: str, actor_id: int | None, now: datetime, today: date) -> None:
    """The file is over or comes back: what is left follows its scenario again. Errors: handover_outcome, handover_ended."""
    if outcome not in OUTCOMES:
        raise DomainError("handover_outcome")
    if handover.ended_on is not None:
        raise DomainError("handover_ended")
    handover.ended_on, handover.outcome = today, outcome
    audit.record(session, now, actor_id, handover.company_id, "end", "handover", handover.id, {"outcome": outcome})
    worklist.touch(session, handover.customer_id, today)


def resume_handover(session: Session, handover: Handover, actor_id: int | None, now: datetime, today: date) -> None:
    """The end was recorded by mistake; nothing happens to one that has not ended. Error: handover_open."""
    if handover.ended_on is None:
        return
    if store.open_handover(session, handover.customer_id) is not None:
        raise DomainError("handover_open")
    handover.ended_on, handover.outcome = None, ""
    audit.record(session, now, actor_id, handover.company_id, "resume", "handover", handover.id)
    worklist.touch(session, handover.customer_id, today)


def record_insolvency(
    session: Session, customer: Customer, actor_id: int | None, now: datetime, today: date, *, proceeding: str,
    judgment_on: date, published_on: date | None = None, administrator: str = "", declared_on: date | None = None,
    declare_by_on: date | None = None, note: str = "",
) -> Insolvency:  # fmt: skip
    """Proceedings are open: no more reminders nor interest, and the claim is to be declared in time. Recorded again it is changed;
    a day that the judgment itself names goes before the rule's.

    Errors: insolvency_kind, insolvency_future, insolvency_order."""
    if proceeding not in PROCEEDINGS:
        raise DomainError("insolvency_kind")
    if max(judgment_on, declared_on or judgment_on, published_on or judgment_on) > today:
        raise DomainError("insolvency_future", today_on=today)
    if min(published_on or judgment_on, declared_on or judgment_on, declare_by_on or judgment_on) < judgment_on:
        raise DomainError("insolvency_order")
    company = session.get_one(Company, customer.company_id)
    found = session.get(Insolvency, customer.id)
    verb = "update" if found is not None else "create"
    if found is None:
        found = Insolvency(customer_id=customer.id, company_id=company.id)
        session.add(found)
    found.proceeding, found.judgment_on, found.published_on = proceeding, judgment_on, published_on
    found.administrator, found.declared_on, found.note = administrator.strip(), declared_on, note.strip()
    found.declare_by_on = declare_by_on or declare_by(customer.country or company.country, judgment_on, published_on)
    found.made_at, found.by_id, customer.insolvent_on = now, actor_id, judgment_on
    session.flush()
    words = {
        "judgment_on": judgment_on,
        "published_on": published_on,
        "declare_by_on": found.declare_by_on,
        "declared_on": declared_on,
    }
    audit.record(session, now, actor_id, company.id, verb, "insolvency", customer.id, words)
    worklist.touch(session, customer.id, today)
    return found


def cancel_insolvency(session: Session, customer: Customer, actor_id: int | None, now: datetime, today: date) -> None:
    """The proceedings are over or were recorded by mistake: the customer follows its scenario again."""
    if (found := session.get(Insolvency, customer.id)) is not None:
        words = {"judgment_on": found.judgment_on, "declared_on": found.declared_on, "proceeding": found.proceeding}
        audit.record(session, now, actor_id, customer.company_id, "cancel", "insolvency", customer.id, words)
        session.delete(found)
    customer.insolvent_on = None
    session.flush()
    worklist.touch(session, customer.id, today)
