"""When money is expected, as people say it: dates set by hand on the forecast, promises moved or recorded there, and taking it back.

A due date never changes here. A date set by hand is a guess of ours: reminders go on. A promise is the customer's word: it goes before a
date set by hand, and reminders wait for it (`services.promises`). Every move is one audit row, which is also what undoing reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models import audit
from models import expected as dates_of
from models.customers import Customer
from rules.errors import DomainError
from rules.forecast import Debit
from services import promises, worklist

FARTHEST = timedelta(days=3 * 366)


def set_expected(
    session: Session,
    customer: Customer,
    dates: Mapping[int, date | None],
    actor_id: int,
    now: datetime,
    today: date,
    promise_ids: Collection[int] = (),
    promised_on: date | None = None,
) -> int:
    """Expect items of one customer on other days (None: no day by hand), and promises on another day; the number of the move.

    Errors: expected_past and expected_far (the day), item_unknown (not an open debit of this customer)."""
    for on in {*dates.values(), promised_on}:
        _check_day(on, today)
    standing = dates_of.standing_of(session, customer.company_id, dates)
    for item_id in dates:
        known = standing.get(item_id)
        if known is None or known.customer_id != customer.id or known.open_cents <= 0:
            raise DomainError("item_unknown")
    changes: dict[str, Any] = {
        "expected_on": {
            str(i): [_text(standing[i].expected_on), _text(on)] for i, on in dates.items() if standing[i].expected_on != on
        }
    }
    dates_of.write_expected(session, dates.items(), actor_id, now)
    if promised_on is not None:
        changes |= _move_promises(session, customer, promise_ids, promised_on, actor_id, now, today)
    return audit.record(session, now, actor_id, customer.company_id, dates_of.MOVED, "customer", customer.id, changes).id


def record_promised(
    session: Session,
    customer: Customer,
    debits: Sequence[Debit],
    promised_on: date,
    cents: int,
    actor_id: int,
    now: datetime,
    today: date,
    *,
    currency: str,
    channel: str = "",
    remark: str = "",
) -> int:
    """A promise of so many cents for some debits, the oldest first; it replaces what was promised for them. The number of the move.

    Errors: those of `promises.record_promise`; promise_over when more is promised than the debits owe."""
    owed = sum(d.open_cents for d in debits)
    if cents > owed:
        raise DomainError("promise_over", owed_cents=owed, currency=currency)
    replaced = dates_of.live_promises_of(session, [d.item_id for d in debits])
    made: list[int] = []
    left = cents
    for debit in sorted(debits, key=lambda d: (d.due_on, d.item_id)):
        part = min(left, debit.open_cents)
        if part > 0 or not made:  # nothing promised at all is for the service to refuse
            made.append(
                promises.record_promise(
                    session,
                    customer,
                    promised_on,
                    part,
                    actor_id,
                    now,
                    today,
                    item_id=debit.item_id,
                    channel=channel,
                    remark=remark,
                ).id
            )
        left -= part
    for promise in replaced:
        promises.cancel_promise(session, promise, actor_id, now, today)
    changes = {"promises_made": made, "promises_cancelled": [p.id for p in replaced]}
    return audit.record(session, now, actor_id, customer.company_id, dates_of.MOVED, "customer", customer.id, changes).id


def undo_move(session: Session, customer: Customer, move_id: int, actor_id: int, now: datetime, today: date) -> bool:
    """Put back what one's own move changed, as far as nobody changed it since; False when there is nothing to put back."""
    changes = dates_of.move_made(session, customer.company_id, customer.id, move_id, actor_id)
    if changes is None:
        return False
    moved = {int(i): (_day(before), _day(after)) for i, (before, after) in changes.get("expected_on", {}).items()}
    standing = dates_of.standing_of(session, customer.company_id, moved)
    back = {i: before for i, (before, after) in moved.items() if i in standing and standing[i].expected_on == after}
    dates_of.write_expected(session, back.items(), actor_id, now)
    revived = _swap_promises(session, customer, changes, actor_id, now, today)
    if not back and not revived:
        return False
    words = {"move": move_id, "expected_on": {str(i): _text(on) for i, on in back.items()}}
    audit.record(session, now, actor_id, customer.company_id, "unplan", "customer", customer.id, words)
    return True


def _move_promises(
    session: Session, customer: Customer, ids: Collection[int], on: date, actor_id: int, now: datetime, today: date
) -> dict[str, list[int]]:
    made: list[int] = []
    cancelled: list[int] = []
    for old in dates_of.promises(session, customer.id, ids):
        promises.cancel_promise(session, old, actor_id, now, today)
        new = promises.record_promise(
            session, customer, on, old.cents, actor_id, now, today,
            item_id=old.item_id, currency=old.currency, channel=old.channel, said_by=old.said_by, remark=old.remark,
        )  # fmt: skip
        made.append(new.id)
        cancelled.append(old.id)
    return {"promises_made": made, "promises_cancelled": cancelled}


def _swap_promises(
    session: Session, customer: Customer, changes: Mapping[str, Any], actor_id: int, now: datetime, today: date
) -> bool:
    """Cancel the promises a move made and let those it cancelled stand again."""
    made = [p for p in dates_of.promises(session, customer.id, changes.get("promises_made", ())) if p.state == "expected"]
    if not made:
        return False
    for promise in made:
        promises.cancel_promise(session, promise, actor_id, now, today)
    for promise in dates_of.promises(session, customer.id, changes.get("promises_cancelled", ())):
        promise.state, promise.decided_on = "expected", None
        audit.record(session, now, actor_id, customer.company_id, "restore", "promise", promise.id)
    worklist.touch(session, customer.id, today)
    return True


def _check_day(on: date | None, today: date) -> None:
    if on is not None and on < today:
        raise DomainError("expected_past", today_on=today)
    if on is not None and on > today + FARTHEST:
        raise DomainError("expected_far", last_on=today + FARTHEST)


def _text(on: date | None) -> str | None:
    return on.isoformat() if on else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
