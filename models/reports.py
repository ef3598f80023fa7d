"""Sums over open items: the aged balance and balances on any day, open items, the totals of the home page.

SQL sums, the judgement (where buckets begin) comes from `rules.ageing`; a test compares both. Sums never mix currencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy.orm import Session

from models import bulk
from models.bulk import Row
from rules.ageing import BOUNDS, Ageing
from rules.words import fold


@dataclass(frozen=True, slots=True)
class Filters:
    """Which customers: all that are given must hold. `sales_rep_ids` None: every one, () : nobody."""

    sales_rep_ids: tuple[int, ...] | None = None
    profile_id: int | None = None
    collector_id: int | None = None
    method: str = ""
    currency: str = ""
    text: str = ""  # in name or code, without case and accents
    customer_ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class CustomerAgeing:
    """One customer's line of the aged balance, in one currency."""

    customer_id: int
    code: str
    name: str
    currency: str
    ageing: Ageing


@dataclass(frozen=True, slots=True)
class Balance:
    """Σ open items of one customer in one currency."""

    customer_id: int
    code: str
    name: str
    currency: str
    balance_cents: int


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One open item as it stood on the day asked for; credits are negative."""

    item_id: int
    customer_id: int
    code: str
    name: str
    piece: str
    label: str
    document_on: date
    due_on: date
    due_source: str
    currency: str
    amount_cents: int
    open_cents: int


@dataclass(frozen=True, slots=True)
class HomeTotals:
    """What a company is owed on one day, in one currency. `credits_cents` ≤ 0; the rest counts debits only."""

    currency: str
    late_cents: int = 0
    late_customers: int = 0
    coming_cents: int = 0
    coming_customers: int = 0
    credits_cents: int = 0
    late_by_bucket: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)

    @property
    def owed_cents(self) -> int:
        """Late and to come."""
        return self.late_cents + self.coming_cents

    @property
    def outstanding_cents(self) -> int:
        """Owed less unallocated credits: the balance of the customer accounts."""
        return self.owed_cents + self.credits_cents


NO_FILTERS = Filters()

NOW = """
SELECT i.customer_id, i.currency, {sums} FROM item i
WHERE i.company_id = ? AND i.open_cents <> 0 {only}
GROUP BY i.customer_id, i.currency
"""

# What is open now, and what later allocations took: Σ open on a past day without settling anything anew.
THEN = """
SELECT i.customer_id, i.currency, {sums} FROM (
  SELECT customer_id, currency, due_on, open_cents FROM item
  WHERE company_id = ? AND open_cents <> 0 AND counts_on <= ?
  UNION ALL
  SELECT d.customer_id, d.currency, d.due_on, a.cents FROM allocation a JOIN item d ON d.id = a.debit_id
  WHERE a.company_id = ? AND a.made_on > ? AND d.counts_on <= ?
  UNION ALL
  SELECT c.customer_id, c.currency, c.due_on, -a.cents FROM allocation a JOIN item c ON c.id = a.credit_id
  WHERE a.company_id = ? AND a.made_on > ? AND c.counts_on <= ?
) i WHERE 1 {only}
GROUP BY i.customer_id, i.currency
"""


def ageing(
    session: Session, company_id: int, on: date, filters: Filters = NO_FILTERS, bounds: tuple[int, ...] = BOUNDS
) -> list[CustomerAgeing]:
    """The aged balance on a day, past or present, one line per customer and currency, by name."""
    sums, days = _bucket_sums(on, bounds)
    only, values = _only(filters)
    if _is_now(session, company_id, on):
        found = bulk.fetch(session, NOW.format(sums=sums, only=only), [*days, company_id, *values])
    else:
        day = on.isoformat()
        params = [*days, company_id, day, company_id, day, day, company_id, day, day, *values]
        found = bulk.fetch(session, THEN.format(sums=sums, only=only), params)
    names = _names(session, company_id, filters)
    rows = [
        CustomerAgeing(row[0], *names[row[0]][:2], row[1], Ageing(row[3], row[4:], row[2]))
        for row in found
        if row[0] in names and any(row[2:])
    ]
    rows.sort(key=lambda one: (names[one.customer_id][2], one.customer_id, one.currency))
    return rows


def _bucket_sums(on: date, bounds: Sequence[int]) -> tuple[str, list[str]]:
    """SQL for credits, not due and each bucket of late days, with the days the buckets begin on."""
    edges = [on.isoformat(), *((on - timedelta(days=bound)).isoformat() for bound in bounds)]
    side = "i.open_cents > 0"
    parts = ["sum(CASE WHEN i.open_cents < 0 THEN i.open_cents ELSE 0 END)"]
    parts.append(f"sum(CASE WHEN {side} AND i.due_on >= ? THEN i.open_cents ELSE 0 END)")
    days = [edges[0]]
    for newest, oldest in zip(edges, [*edges[1:], ""], strict=True):
        parts.append(f"sum(CASE WHEN {side} AND i.due_on < ? AND i.due_on >= ? THEN i.open_cents ELSE 0 END)")
        days += [newest, oldest]
    return ", ".join(parts), days


def _is_now(session: Session, company_id: int, on: date) -> bool:
    """Whether nothing in the ledger happens after the day, so that what is open is what was open then."""
    day = on.isoformat()
    later = bulk.fetch(
        session,
        """SELECT EXISTS (SELECT 1 FROM allocation WHERE company_id = ? AND made_on > ?)
        OR EXISTS (SELECT 1 FROM company WHERE id = ? AND ledger_on > ?)""",
        [company_id, day, company_id, day],
    )
    return not later[0][0]


def _only(filters: Filters) -> tuple[str, list[Any]]:
    """Conditions on the items themselves."""
    if filters.currency:
        return "AND i.currency = ?", [filters.currency]
    return "", []


def _names(session: Session, company_id: int, filters: Filters) -> dict[int, tuple[str, str, str]]:
    """Code, name and folded name of the customers that pass the filters, by id."""
    where = ["company_id = ?"]
    values: list[Any] = [company_id]
    for column, value in (
        ("profile_id", filters.profile_id),
        ("collector_id", filters.collector_id),
        ("method", filters.method or None),
    ):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    for column, ids in (("sales_rep_id", filters.sales_rep_ids), ("id", filters.customer_ids)):
        if ids is not None:
            where.append(f"{column} IN (SELECT value FROM json_each(?))")  # noqa: S608
            values.append(str(list(ids)))
    if filters.text:
        where.append("(name_folded LIKE ? ESCAPE '!' OR code LIKE ? ESCAPE '!')")
        values += [_like(fold(filters.text)), _like(filters.text.strip())]
    rows = bulk.fetch(session, f"SELECT id, code, name, name_folded FROM customer WHERE {' AND '.join(where)}", values)  # noqa: S608
    return {row[0]: row[1:] for row in rows}


def _like(text: str) -> str:
    return "%" + text.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"


def balances(session: Session, company_id: int, on: date, filters: Filters = NO_FILTERS) -> list[Balance]:
    """The balance of each customer with one on a day, by name."""
    aged = ageing(session, company_id, on, filters, bounds=())
    return [
        Balance(one.customer_id, one.code, one.name, one.currency, one.ageing.balance_cents)
        for one in aged
        if one.ageing.balance_cents
    ]


_ITEM = "i.id, i.customer_id, i.piece, i.label, i.document_on, i.due_on, i.due_source, i.currency, i.amount_cents"

_ITEMS_NOW = """
SELECT {item}, i.open_cents FROM item i WHERE i.company_id = ? AND i.open_cents <> 0 {only}
"""

_ITEMS_THEN = """
SELECT {item}, i.open_cents + coalesce(later.cents, 0) AS open FROM item i
LEFT JOIN (
  SELECT id, sum(cents) AS cents FROM (
    SELECT debit_id AS id, cents FROM allocation WHERE company_id = ? AND made_on > ? AND debit_id IS NOT NULL
    UNION ALL
    SELECT credit_id, -cents FROM allocation WHERE company_id = ? AND made_on > ? AND credit_id IS NOT NULL
  ) sides GROUP BY id
) later ON later.id = i.id
WHERE i.company_id = ? AND i.state = 'counted' AND i.counts_on <= ? AND i.open_cents + coalesce(later.cents, 0) <> 0 {only}
"""


def open_items(session: Session, company_id: int, on: date, filters: Filters = NO_FILTERS) -> list[OpenItem]:
    """Every item open on a day, by customer name and due date."""
    only, values = _only(filters)
    if _is_now(session, company_id, on):
        rows = bulk.fetch(session, _ITEMS_NOW.format(item=_ITEM, only=only), [company_id, *values])
    else:
        day = on.isoformat()
        params = [company_id, day, company_id, day, company_id, day, *values]
        rows = bulk.fetch(session, _ITEMS_THEN.format(item=_ITEM, only=only), params)
    names = _names(session, company_id, filters)
    rows = [row for row in rows if row[1] in names]
    rows.sort(key=lambda row: (names[row[1]][2], row[1], row[5], row[4], row[0]))
    return [_open_item(row, names[row[1]]) for row in rows]


def _open_item(row: Row, name: tuple[str, str, str]) -> OpenItem:
    number, customer_id, piece, label, document_on, due_on, *rest = row
    days = date.fromisoformat(document_on), date.fromisoformat(due_on)
    return OpenItem(number, customer_id, *name[:2], piece, label, *days, *rest)


_HOME = """
SELECT currency, sum(late), sum(late > 0), sum(owed - late), sum(owed > late), sum(credits) {buckets}
FROM (
  SELECT i.customer_id, i.currency,
    sum(CASE WHEN i.open_cents > 0 THEN i.open_cents ELSE 0 END) AS owed,
    sum(CASE WHEN i.open_cents > 0 AND i.due_on < ? THEN i.open_cents ELSE 0 END) AS late,
    sum(CASE WHEN i.open_cents < 0 THEN i.open_cents ELSE 0 END) AS credits {sums}
  FROM item i {scope}
  WHERE i.company_id = ? AND i.open_cents <> 0
  GROUP BY i.customer_id, i.currency
) one GROUP BY currency
"""


def home_totals(session: Session, company_id: int, today: date, scope: tuple[int, ...] | None = None) -> dict[str, HomeTotals]:
    """The figures of the home page by currency, for the customers of some sales reps (`scope`) or all (None)."""
    sums, buckets, days = "", "", [today.isoformat()]
    for number, bound in enumerate(BOUNDS):
        sums += f", sum(CASE WHEN i.open_cents > 0 AND i.due_on < ? THEN i.open_cents ELSE 0 END) AS over{number}"
        buckets += f", sum(over{number})"
        days.append((today - timedelta(days=bound)).isoformat())
    join, values = "", [*days]
    if scope is not None:
        join = "JOIN customer c ON c.id = i.customer_id AND c.sales_rep_id IN (SELECT value FROM json_each(?))"
        values.append(str(list(scope)))
    rows = bulk.fetch(session, _HOME.format(sums=sums, buckets=buckets, scope=join), [*values, company_id])
    totals = {}
    for currency, late, late_customers, coming, coming_customers, credits, *over in rows:
        left = [late, *over, 0]
        by_bucket = tuple(newer - older for newer, older in pairwise(left))
        totals[currency] = HomeTotals(currency, late, late_customers, coming, coming_customers, credits, by_bucket)
    return totals
