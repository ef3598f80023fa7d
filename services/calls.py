"""Calls: what came of one, as a step of the scenario or apart from it, with a promise or a dispute in the same move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from models import audit, decisions
from models.actions import Action
from models.company import Company
from models.customers import Customer, contacts_of
from rules.errors import DomainError
from services import disputes, promises, worklist

OUTCOMES = ("reached", "voicemail", "no_answer", "promise", "dispute", "wrong_number", "other")
UNREACHED = ("no_answer", "wrong_number")
"""Outcomes that are no contact: the gap between contacts does not start."""


@dataclass(frozen=True, slots=True)
class PromiseSaid:
    """What was promised on the phone: a day, cents, for one item or (None) all."""

    promised_on: date
    cents: int
    item_id: int | None = None
    said_by: str = ""


@dataclass(frozen=True, slots=True)
class DisputeSaid:
    """What was contested on the phone: a reason, some items or (none named) all."""

    reason: str
    item_ids: Sequence[int] = ()


def record_outcome(
    session: Session, company: Company, customer: Customer, outcome: str, actor_id: int | None, now: datetime, today: date, *,
    entry_id: int | None = None, counts: bool = True, remark: str = "", promise: PromiseSaid | None = None,
    dispute: DisputeSaid | None = None, contact_id: int | None = None,
) -> Action:  # fmt: skip
    """Keep the outcome of a call. With the worklist entry it was made for and `counts`, it is the step; else it stands
    alone. A promise or a dispute said on the phone is recorded with it. A wrong number is bad from now on: that of `contact_id`,
    else that of the contact who is called first.

    Errors: outcome_unknown, nothing_to_record (the entry is no longer wanted), those of promises and disputes."""
    if outcome not in OUTCOMES:
        raise DomainError("outcome_unknown", value=outcome)
    if entry_id is not None and counts:
        action_id = _as_step(session, company, entry_id, outcome, remark, actor_id, now, today)
    else:
        action_id = _alone(session, company, customer, outcome, remark, actor_id, now, today)
    words = {"customer": customer.id, "outcome": outcome, "counts": counts and entry_id is not None}
    audit.record(session, now, actor_id, company.id, "call", "action", action_id, words)
    if outcome == "wrong_number":
        _mark_wrong(session, customer, contact_id, actor_id, now, today)
    if promise is not None:
        promises.record_promise(
            session, customer, promise.promised_on, promise.cents, actor_id, now, today,
            item_id=promise.item_id, channel="call", said_by=promise.said_by, remark=remark,
        )  # fmt: skip
    if dispute is not None:
        for item_id in dispute.item_ids or (None,):
            disputes.open_dispute(session, customer, dispute.reason, actor_id, now, today, item_id=item_id, remark=remark)
    return session.get_one(Action, action_id)


def _mark_wrong(
    session: Session, customer: Customer, contact_id: int | None, actor_id: int | None, now: datetime, today: date
) -> None:
    """The numbers of the contact that was called are bad until somebody corrects them."""
    numbered = [c for c in contacts_of(session, customer.id) if (c.phone or c.mobile) and not c.phone_bad_reason]
    called = next((c for c in numbered if c.id == contact_id), numbered[0] if numbered else None)
    if called is None:
        return
    called.phone_bad_reason, called.phone_bad_at = "wrong_number", now
    session.flush()
    changes = {"customer": customer.id, "phone": called.phone or called.mobile, "reason": "wrong_number"}
    audit.record(session, now, actor_id, customer.company_id, "mark_bad", "contact", called.id, changes)
    worklist.touch(session, customer.id, today)


def _as_step(
    session: Session,
    company: Company,
    entry_id: int,
    outcome: str,
    remark: str,
    actor_id: int | None,
    now: datetime,
    today: date,
) -> int:
    done = worklist.record_done(
        session, company, [entry_id], actor_id, now, today, state="done", forced=True, outcome=outcome, remark=remark
    )
    if not done or done[0].action_id is None:
        raise DomainError("nothing_to_record")
    return done[0].action_id


def _alone(
    session: Session,
    company: Company,
    customer: Customer,
    outcome: str,
    remark: str,
    actor_id: int | None,
    now: datetime,
    today: date,
) -> int:
    action = Action(
        company_id=company.id, customer_id=customer.id, key=f"{customer.id}-call-{now.isoformat()}", stage="reminder", level=0,
        channel="call", state="done", isolated=True, currency=company.currency, amount_cents=0, planned_at=now, done_on=today,
        done_at=now, by_id=actor_id, outcome=outcome, remark=remark,
    )  # fmt: skip
    session.add(action)
    session.flush()
    action_id = action.id
    decisions.set_contacts(session, [customer.id])
    worklist.touch(session, customer.id, today)
    return action_id
