"""SQL → what a customer's score is made of: settled invoices, overdue items, broken promises, rejected debits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import bulk
from models.commitments import Promise
from models.customers import Customer
from models.items import Item
from rules.score import Habit, LateItem

CHUNK = 2_000
Query = sa.Select[*tuple[Any, ...]]


def _grouped(session: Session, query: Query, column: Any, ids: Iterable[int] | None, make: Any) -> dict[int, list[Any]]:
    """Rows by customer id, their first column; of some customers or all."""
    found: dict[int, list[Any]] = defaultdict(list)
    wanted = None if ids is None else sorted(set(ids))
    parts = [None] if wanted is None else [wanted[n : n + CHUNK] for n in range(0, len(wanted), CHUNK)]
    for part in parts:
        narrowed = query if part is None else query.where(column.in_(part))
        for customer_id, *rest in session.connection().execute(narrowed).all():
            found[customer_id].append(make(*rest))
    return found


def payment_habits(
    session: Session, company_id: int, customer_ids: Iterable[int] | None, since: date
) -> dict[int, list[Habit]]:
    """Invoices settled since a day, by customer: amount, due date, day settled."""
    query = sa.select(Item.customer_id, Item.amount_cents, Item.due_on, Item.settled_on).where(
        Item.settled_on >= since,
        Item.state == "counted",
        Item.amount_cents > 0,
        Item.kind.in_(("invoice", "opening")),
    )
    if customer_ids is None:  # else the customers' index is the way in; a company beside them would tempt the planner away
        query = query.where(Item.company_id == company_id)
    return _grouped(session, query, Item.customer_id, customer_ids, Habit)


def late_items(session: Session, company_id: int, customer_ids: Iterable[int] | None, today: date) -> dict[int, list[LateItem]]:
    """Items overdue on a day, by customer: what is open, due date."""
    query = sa.select(Item.customer_id, Item.open_cents, Item.due_on).where(
        Item.company_id == company_id, Item.open_cents != 0, Item.open_cents > 0, Item.due_on < today
    )
    return _grouped(session, query, Item.customer_id, customer_ids, LateItem)


def broken_promises(session: Session, company_id: int, since: date) -> dict[int, int]:
    """How many promises each customer broke since a day."""
    query = sa.select(Promise.customer_id, sa.func.count()).where(
        Promise.company_id == company_id, Promise.state == "broken", Promise.decided_on >= since
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(Promise.customer_id))}


def rejected_debits(session: Session, company_id: int, since: date) -> dict[int, int]:
    """How many direct debits of each customer came back since a day."""
    query = sa.select(Item.customer_id, sa.func.count()).where(
        Item.company_id == company_id, Item.entry_on >= since, (Item.kind == "rejected") | Item.direct_debit_rejected
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(Item.customer_id))}


def customer_ids(session: Session, company_id: int) -> Sequence[int]:
    """All customers of a company."""
    return session.scalars(sa.select(Customer.id).where(Customer.company_id == company_id)).all()


def set_scores(session: Session, rows: Sequence[tuple[int | None, date, int]]) -> None:
    """Keep scores (None: not enough history) with the day they were made, by customer id."""
    bulk.update(session, "customer", ("score", "score_on"), [(value, on.isoformat(), i) for value, on, i in rows])
    session.expire_all()
