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


class Settlements(NamedTuple):
    """Settled invoices in columns; days as ordinals. `issued` is 0 for opening lines, whose date is the ledger's."""

    customer_ids: list[int]
    profile_ids: list[int | None]
    cents: list[int]
    issued: list[int]
    due: list[int]
    settled: list[int]


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


# "+company_id": read the table from end to end; the way over an index of the company to each of most of its rows takes six times as long.
_SETTLED = """
SELECT customer_id, amount_cents, CASE WHEN kind = 'invoice' THEN document_on END, due_on, settled_on FROM item
WHERE +company_id = ? AND settled_on >= ? AND settled_on < ? AND state = 'counted' AND amount_cents > 0 AND kind IN ('invoice', 'opening')
"""
_OPEN = """
SELECT id, customer_id, currency, amount_cents, open_cents, due_on FROM item
WHERE +company_id = ? AND open_cents <> 0 AND open_cents > 0
"""
_PROFILES = "SELECT id, profile_id FROM customer WHERE company_id = ?"
_PROMISED = """
SELECT item_id, max(promised_on) FROM promise WHERE company_id = ? AND state = 'expected' AND item_id IS NOT NULL GROUP BY item_id
"""
_DISPUTED = """
SELECT d.item_id, max(coalesce(r.days, ?)) FROM dispute d
LEFT JOIN dispute_reason r ON r.company_id = d.company_id AND r.code = d.reason
WHERE d.company_id = ? AND d.solved_at IS NULL AND d.item_id IS NOT NULL GROUP BY d.item_id
"""
_OPEN_AT = """
SELECT id, customer_id, amount_cents, document_on, due_on, settled_on FROM item
WHERE +company_id = ? AND document_on < ? AND (settled_on IS NULL OR settled_on >= ?) AND state = 'counted' AND amount_cents > 0
  AND kind = 'invoice'
ORDER BY id
"""


def settlements(session: Session, company_id: int, since: date, before: date) -> Settlements:
    """Invoices settled from a day on and before another."""
    rows = bulk.fetch(session, _SETTLED, (company_id, since.isoformat(), before.isoformat()))
    who, cents, issued, due, settled = map(list, zip(*rows, strict=True)) if rows else ([], [], [], [], [])
    profiles, day = _profiles(session, company_id), _Ordinals({None: 0})
    return Settlements(
        who,
        [profiles.get(one) for one in who],
        cents,
        [day[on] for on in issued],
        [day[on] for on in due],
        [day[on] for on in settled],
    )


def open_items(session: Session, company_id: int) -> list[OpenItem]:
    """Every open debit of a company with what its customer promised and what is disputed about it."""
    profiles, day = _profiles(session, company_id), _Days()
    promised = {item: day[on] for item, on in bulk.fetch(session, _PROMISED, (company_id,))}
    disputed: dict[int, int] = dict(bulk.fetch(session, _DISPUTED, (DISPUTE_DAYS, company_id)))
    return [
        OpenItem(i, who, profiles.get(who), currency, cents, open_cents, day[due], promised.get(i), disputed.get(i, 0))
        for i, who, currency, cents, open_cents, due in bulk.fetch(session, _OPEN, (company_id,))
    ]


def _profiles(session: Session, company_id: int) -> dict[int, int | None]:
    return dict(bulk.fetch(session, _PROFILES, (company_id,)))


class _Days(dict[str, date]):
    """Days by their ISO text: there are few, and many rows."""

    def __missing__(self, text: str) -> date:
        self[text] = found = _day(text)
        return found


class _Ordinals(dict[str | None, int]):
    """The same as ordinals."""

    def __missing__(self, text: str | None) -> int:
        self[text] = found = _day(text or "").toordinal()
        return found


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
    profiles, day = _profiles(session, company_id), _Days()
    return [
        PastItem(i, who, profiles.get(who), cents, day[issued], day[due], day[settled] if settled else None)
        for i, who, cents, issued, due, settled in bulk.fetch(
            session, _OPEN_AT, (company_id, last.isoformat(), first.isoformat())
        )
    ]
