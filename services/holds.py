"""Holds: do not remind a customer, or about one item, until a day or until somebody ends it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from models import audit, keeping
from models.commitments import Hold
from models.customers import Customer
from rules.errors import DomainError
from services import worklist


def place_hold(
    session: Session, customer: Customer, reason: str, until_on: date | None, actor_id: int | None, now: datetime, today: date, *,
    item_id: int | None = None,
) -> Hold:  # fmt: skip
    """Hold a customer or one item back from reminders through a day (None: until ended).

    Errors: hold_reason_missing, hold_past, item_unknown."""
    if not reason.strip():
        raise DomainError("hold_reason_missing")
    if until_on is not None and until_on < today:
        raise DomainError("hold_past", today_on=today)
    if item_id is not None and keeping.item_of(session, customer, item_id) is None:
        raise DomainError("item_unknown")
    hold = Hold(
        company_id=customer.company_id, customer_id=customer.id, item_id=item_id, reason=reason.strip(), until_on=until_on,
        made_at=now, by_id=actor_id,
    )  # fmt: skip
    session.add(hold)
    session.flush()
    words = {"customer": customer.id, "item": item_id, "until_on": until_on, "reason": hold.reason}
    audit.record(session, now, actor_id, customer.company_id, "create", "hold", hold.id, words)
    worklist.touch(session, customer.id, today)
    return hold


def end_hold(session: Session, hold: Hold, actor_id: int | None, now: datetime, today: date) -> None:
    """Reminders may go on; ending twice changes nothing."""
    if hold.ended_at is not None:
        return
    hold.ended_at = now
    audit.record(session, now, actor_id, hold.company_id, "end", "hold", hold.id)
    worklist.touch(session, hold.customer_id, today)
