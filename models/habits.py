"""SQL → what a customer's score and the prediction of its payments are made of: settled invoices, open ones, promises, rejected debits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import bulk
from models.commitments import Promise
from models.customers import Customer
from models.items import Item
from rules.score import Habit, LateItem

CHUNK = 2_000
DISPUTE_DAYS = 30  # how long solving a dispute is taken to last when its reason does not say
_day = date.fromisoformat
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


def kept_scores(session: Session, company_id: int) -> dict[int, int | None]:
    """The scores as they were kept last, by customer id."""
    rows = session.connection().execute(sa.select(Customer.id, Customer.score).where(Customer.company_id == company_id))
    return {row[0]: row[1] for row in rows}


def set_scores(session: Session, rows: Sequence[tuple[int | None, date, int]]) -> None:
    """Keep scores (None: not enough history) with the day they were made, by customer id."""
    bulk.update(session, "customer", ("score", "score_on"), [(value, on.isoformat(), i) for value, on, i in rows])
    session.expire_all()


class Settlement(NamedTuple):
    """One settled invoice; issued_on is None for opening lines, whose date is the ledger's."""

    customer_id: int
    profile_id: int | None
    cents: int
    issued_on: date | None
    due_on: date
    settled_on: date


class OpenItem(NamedTuple):
    """One open debit: open cents of its currency, the date of the live promise about it, days its dispute takes (0: none)."""

    item_id: int
    customer_id: int
    profile_id: int | None
    currency: str
    cents: int
    open_cents: int
    due_on: date
    promised_on: date | None
    dispute_days: int


_SETTLED = """
SELECT i.customer_id, c.profile_id, i.amount_cents, CASE WHEN i.kind = 'invoice' THEN i.document_on END, i.due_on, i.settled_on
FROM item i JOIN customer c ON c.id = i.customer_id
WHERE i.company_id = ? AND i.settled_on >= ? AND i.state = 'counted' AND i.amount_cents > 0 AND i.kind IN ('invoice', 'opening')
ORDER BY i.id
"""
_OPEN = """
SELECT i.id, i.customer_id, c.profile_id, i.currency, i.amount_cents, i.open_cents, i.due_on, p.promised_on, coalesce(d.days, 0)
FROM item i JOIN customer c ON c.id = i.customer_id
LEFT JOIN (SELECT item_id, max(promised_on) promised_on FROM promise WHERE company_id = ?1 AND state = 'expected' AND item_id IS NOT NULL
  GROUP BY item_id) p ON p.item_id = i.id
LEFT JOIN (SELECT d.item_id, max(coalesce(r.days, ?2)) days FROM dispute d
  LEFT JOIN dispute_reason r ON r.company_id = d.company_id AND r.code = d.reason
  WHERE d.company_id = ?1 AND d.solved_at IS NULL AND d.item_id IS NOT NULL GROUP BY d.item_id) d ON d.item_id = i.id
WHERE i.company_id = ?1 AND i.open_cents <> 0 AND i.open_cents > 0
"""
_OPEN_AT = """
SELECT i.id, i.customer_id, c.profile_id, i.amount_cents, i.document_on, i.due_on, i.settled_on
FROM item i JOIN customer c ON c.id = i.customer_id
WHERE i.company_id = ? AND i.document_on < ? AND (i.settled_on IS NULL OR i.settled_on >= ?)
  AND i.state = 'counted' AND i.amount_cents > 0 AND i.kind = 'invoice'
ORDER BY i.id
"""


def settlements(session: Session, company_id: int, since: date) -> list[Settlement]:
    """Invoices settled since a day."""
    rows = bulk.fetch(session, _SETTLED, (company_id, since.isoformat()))
    return [
        Settlement(who, kind, cents, _day(issued) if issued else None, _day(due), _day(settled))
        for who, kind, cents, issued, due, settled in rows
    ]


def open_items(session: Session, company_id: int) -> list[OpenItem]:
    """Every open debit of a company with what its customer promised and what is disputed about it."""
    rows = bulk.fetch(session, _OPEN, (company_id, DISPUTE_DAYS))
    return [
        OpenItem(i, who, kind, currency, cents, open_cents, _day(due), _day(promised) if promised else None, days)
        for i, who, kind, currency, cents, open_cents, due, promised, days in rows
    ]


def promises_kept(session: Session, company_id: int) -> dict[int, tuple[int, int]]:
    """How many promises each customer kept and broke."""
    query = sa.select(
        Promise.customer_id,
        sa.func.count().filter(Promise.state == "kept"),
        sa.func.count().filter(Promise.state == "broken"),
    ).where(Promise.company_id == company_id, Promise.state.in_(("kept", "broken")))
    return {row[0]: (row[1], row[2]) for row in session.execute(query.group_by(Promise.customer_id))}


class PastItem(NamedTuple):
    """One invoice of the past: settled_on is None while it is open."""

    item_id: int
    customer_id: int
    profile_id: int | None
    cents: int
    issued_on: date
    due_on: date
    settled_on: date | None


def invoices_open_since(session: Session, company_id: int, first: date, last: date) -> list[PastItem]:
    """Invoices that existed before the last of two days and were open on the first or later."""
    rows = bulk.fetch(session, _OPEN_AT, (company_id, last.isoformat(), first.isoformat()))
    return [
        PastItem(i, who, kind, cents, _day(issued), _day(due), _day(settled) if settled else None)
        for i, who, kind, cents, issued, due, settled in rows
    ]
