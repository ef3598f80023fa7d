"""Sums over open items: the aged balance and balances on any day, open items, the totals of the home page.

SQL sums, the judgement (where buckets begin) comes from `rules.ageing`; a test compares both. Sums never mix currencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from operator import itemgetter, sub
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from models import bulk
from models.bank_store import PARTS
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


class CustomerAgeing(NamedTuple):
    """One customer's line of the aged balance, in one currency."""

    customer_id: int
    code: str
    name: str
    currency: str
    ageing: Ageing


class Balance(NamedTuple):
    """Σ open items of one customer in one currency."""

    customer_id: int
    code: str
    name: str
    currency: str
    balance_cents: int


class OpenItem(NamedTuple):
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

# What is open now, and what later allocations (or, before the ledger has them, payments seen at the bank) took: what was
# open on a past day, without settling anything anew. The items are visited in the order of their rows (CROSS JOIN keeps
# it), four times faster than in that of the days.
_OPEN_THEN = f"""
  SELECT id, sum(cents) AS cents FROM (
    SELECT id, open_cents AS cents FROM item WHERE company_id = ? AND open_cents <> 0
    UNION ALL SELECT id, cents FROM ({PARTS}) WHERE seen_on > ?
    UNION ALL SELECT debit_id, cents FROM allocation WHERE company_id = ? AND made_on > ? AND debit_id IS NOT NULL
    UNION ALL SELECT credit_id, -cents FROM allocation WHERE company_id = ? AND made_on > ? AND credit_id IS NOT NULL
  ) parts GROUP BY id
"""  # noqa: S608

THEN = f"""
SELECT i.customer_id, i.currency, {{sums}} FROM (
  SELECT item.customer_id, item.currency, item.due_on, then_open.cents AS open_cents
  FROM ({_OPEN_THEN}) then_open CROSS JOIN item ON item.id = then_open.id
  WHERE item.counts_on <= ?
) i WHERE 1 {{only}}
GROUP BY i.customer_id, i.currency
"""  # noqa: S608


def ageing(
    session: Session, company_id: int, on: date, filters: Filters = NO_FILTERS, bounds: tuple[int, ...] = BOUNDS
) -> list[CustomerAgeing]:
    """The aged balance on a day, past or present, one line per customer and currency, by name."""
    sums, days = _sums_over(on, bounds)
    only, values = _only(filters)
    if _is_now(session, company_id, on):
        found = bulk.fetch(session, NOW.format(sums=sums, only=only), [*days, company_id, *values])
    else:
        found = bulk.fetch(session, THEN.format(sums=sums, only=only), [*days, *_then(company_id, on), *values])
    rows: dict[int, list[Row]] = {}
    for row in found:
        if row[2] or row[3]:
            rows.setdefault(row[0], []).append(row)
    return [
        CustomerAgeing(number, code, name, row[1], _ageing(row))
        for number, code, name in _names(session, company_id, filters)
        if number in rows
        for row in rows[number]
    ]


def _sums_over(on: date, bounds: Sequence[int]) -> tuple[str, list[str]]:
    """SQL for the sums of credits, of debits, and of debits more than 0, 30, 60… days late; with the days meant.

    What lies in a bucket is the difference of two neighbours: one comparison a row instead of two."""
    days = [(on - timedelta(days=bound)).isoformat() for bound in (0, *bounds)]
    parts = [
        "coalesce(sum(i.open_cents) FILTER (WHERE i.open_cents < 0), 0)",
        "coalesce(sum(i.open_cents) FILTER (WHERE i.open_cents > 0), 0)",
    ]
    parts += ["coalesce(sum(i.open_cents) FILTER (WHERE i.open_cents > 0 AND i.due_on < ?), 0)"] * len(days)
    return ", ".join(parts), days


def _ageing(row: Row) -> Ageing:
    over = row[4:]
    return Ageing(row[3] - over[0], tuple(map(sub, over, (*over[1:], 0))), row[2])


def _is_now(session: Session, company_id: int, on: date) -> bool:
    """Whether nothing in the ledger or at the bank happens after the day, so that what is open is what was open then."""
    day = on.isoformat()
    later = bulk.fetch(
        session,
        """SELECT EXISTS (SELECT 1 FROM allocation WHERE company_id = ? AND made_on > ?)
        OR EXISTS (SELECT 1 FROM company WHERE id = ? AND ledger_on > ?)
        OR EXISTS (SELECT 1 FROM bank_match m JOIN bank_movement v ON v.id = m.movement_id
                   WHERE m.company_id = ? AND m.state = 'provisional' AND v.booked_on > ?)""",
        [company_id, day, company_id, day, company_id, day],
    )
    return not later[0][0]


def _only(filters: Filters) -> tuple[str, list[Any]]:
    """Conditions on the items themselves."""
    if filters.currency:
        return "AND i.currency = ?", [filters.currency]
    return "", []


def _names(session: Session, company_id: int, filters: Filters) -> list[Row]:
    """Id, code and name of the customers that pass the filters, by name."""
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
    sql = f"SELECT id, code, name FROM customer WHERE {' AND '.join(where)} ORDER BY name_folded, id"  # noqa: S608
    return bulk.fetch(session, sql, values)


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

_ITEMS_THEN = f"""
SELECT {{item}}, then_open.cents FROM ({_OPEN_THEN}) then_open CROSS JOIN item i ON i.id = then_open.id
WHERE i.counts_on <= ? AND then_open.cents <> 0 {{only}}
"""  # noqa: S608


def _then(company_id: int, on: date) -> list[Any]:
    """The values for the places of `_OPEN_THEN`, and the day again for what did not count yet."""
    day = on.isoformat()
    return [company_id, company_id, company_id, day, company_id, day, company_id, day, day]


def open_items(session: Session, company_id: int, on: date, filters: Filters = NO_FILTERS) -> list[OpenItem]:
    """Every item open on a day, by customer name and due date."""
    only, values = _only(filters)
    if _is_now(session, company_id, on):
        rows = bulk.fetch(session, _ITEMS_NOW.format(item=_ITEM, only=only), [company_id, *values])
    else:
        rows = bulk.fetch(session, _ITEMS_THEN.format(item=_ITEM, only=only), [*_then(company_id, on), *values])
    by_customer: dict[int, list[Row]] = {}
    for row in rows:
        by_customer.setdefault(row[1], []).append(row)
    return [
        _open_item(row, code, name)
        for number, code, name in _names(session, company_id, filters)
        for row in sorted(by_customer.get(number, ()), key=itemgetter(5, 4, 0))
    ]


def _open_item(row: Row, code: str, name: str) -> OpenItem:
    number, customer_id, piece, label, document_on, due_on, *rest = row
    days = date.fromisoformat(document_on), date.fromisoformat(due_on)
    return OpenItem(number, customer_id, code, name, piece, label, *days, *rest)


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
