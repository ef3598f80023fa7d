"""Disputes: an item (or a whole customer) contested leaves the reminders and stays in the outstanding until solved."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from models import audit, keeping
from models.commitments import Dispute
from models.customers import Customer
from rules.errors import DomainError
from services import worklist
from services.wording_decision import DISPUTE_REASONS


def open_dispute(
    session: Session, customer: Customer, reason: str, actor_id: int | None, now: datetime, today: date, *,
    item_id: int | None = None, cents: int | None = None, remark: str = "", owner_id: int | None = None,
    deadline_on: date | None = None,
) -> Dispute:  # fmt: skip
    """Record that a customer contests an item, or all (None). Errors: dispute_reason_unknown, dispute_amount, item_unknown."""
    if reason not in DISPUTE_REASONS:
        raise DomainError("dispute_reason_unknown", value=reason)
    if cents is not None and cents <= 0:
        raise DomainError("dispute_amount")
    if item_id is not None and keeping.item_of(session, customer, item_id) is None:
        raise DomainError("item_unknown")
    dispute = Dispute(
        company_id=customer.company_id, customer_id=customer.id, item_id=item_id, reason=reason, cents=cents, remark=remark,
        opened_at=now, by_id=actor_id, owner_id=owner_id, deadline_on=deadline_on,
    )  # fmt: skip
    session.add(dispute)
    session.flush()
    words = {"customer": customer.id, "item": item_id, "reason": reason}
    audit.record(session, now, actor_id, customer.company_id, "create", "dispute", dispute.id, words)
    worklist.touch(session, customer.id, today)
    return dispute


def solve_dispute(session: Session, dispute: Dispute, solution: str, actor_id: int | None, now: datetime, today: date) -> None:
    """The dispute is over: the items go back into their scenario. Solving twice changes nothing."""
    if dispute.solved_at is not None:
        return
    dispute.solved_at, dispute.solution = now, solution.strip()
    audit.record(session, now, actor_id, dispute.company_id, "solve", "dispute", dispute.id, {"solution": dispute.solution})
    worklist.touch(session, dispute.customer_id, today)
