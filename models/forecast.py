"""The sums and the few single debits a forecast grid is made from; where they belong is judged by `rules.forecast`.

Most debits are expected on their due date: SQL sums them, by due date and customer, over the partial indexes of open items, and what
depends on the ledger alone is kept until it changes (`models.standing`). Only debits with a better date (set by hand, promised, disputed)
or of an insolvent customer are read one by one. Nothing here mixes currencies."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import bulk, plans
from models.company import Company
from models.items import Item
from models.paging import PER_PAGE
from models.standing import remembered
from rules.forecast import Contest, Debit, Pledge, Week, weeks
from rules.forecast_grid import CustomerLine, Facts
from rules.ledger import Kind
from rules.plans import Instalment, portions
from rules.words import fold

SORTS = ("name", "-name", "owed", "-owed")
_day = date.fromisoformat


@dataclass(frozen=True, slots=True)
class Filters:
    """Which customers, in which order. `reps` None: every one the company has, (): nobody."""

    currency: str
    reps: tuple[int, ...] | None = None
    text: str = ""
    profile_id: int | None = None
    sales_rep_id: int | None = None
    sort: str = "-owed"

    @property
    def narrows(self) -> bool:
        """Whether some customers are left out."""
        return self.reps is not None or bool(self.text.strip()) or self.profile_id is not None or self.sales_rep_id is not None


@dataclass(frozen=True, slots=True)
class Slice:
    """Which customers get a line: a page of so many, or these; the totals are those of the whole filter."""

    number: int = 1
    size: int = PER_PAGE
    customer_ids: tuple[int, ...] | None = None


EVERYBODY = Slice(size=1_000_000)


def facts(session: Session, company: Company, filters: Filters, today: date, part: Slice = Slice()) -> Facts:
    """What a grid is made from: totals of every customer of the filter, lines of those asked for.

    Customers who owe come in the order of the filter, then those who paid within the week and owe nothing more."""
    sums, chosen = _sums(session, company, filters, weeks(today, 1)[0])
    start = (part.number - 1) * part.size
    ids = part.customer_ids if part.customer_ids is not None else sums.order[start : start + part.size]
    received: dict[int, int] = defaultdict(int)
    by_day: dict[date, int] = defaultdict(int)
    for customer_id, on, cents in sums.receipts:
        received[customer_id] += cents
        by_day[on] += cents
    at_bank: dict[int, int] = defaultdict(int)
    for customer_id, _on, cents in sums.at_bank:
        at_bank[customer_id] += cents
    pledges, contests = _commitments(session, company.id, filters.currency)
    unplanned, planned = _planned(session, company.id, filters.currency, today, chosen)
    return Facts(
        currency=filters.currency,
        customers=_customers(session, ids, sums.owing),
        customer_count=len(sums.order),
        owed=sums.due,
        unplanned=unplanned,
        planned=planned,
        lines=_lines(session, company.id, filters.currency, ids),
        debits=_debits(session, company.id, filters.currency, chosen),
        pledges=pledges,
        contests=contests,
        received=received,
        received_by_day=by_day,
        credits_cents=sums.credits_cents,
        other_currencies=sums.others,
        at_bank=at_bank,
    )


def facts_of(session: Session, company_id: int, customer_id: int, currency: str) -> Facts:
    """Every debit of one customer and what is known about it: the items behind its chips."""
    pledges, contests = _commitments(session, company_id, currency, customer_id)
    debits = _read_debits(session, company_id, _OF_ONE, (company_id, customer_id), currency, _Chosen())
    return Facts(currency, (), 0, (), (), (), (), debits, pledges, contests, {}, {})


def currencies(session: Session, company_id: int) -> list[str]:
    """The currencies something is owed in."""
    query = sa.select(Item.currency).distinct().where(Item.company_id == company_id, Item.open_cents != 0, Item.open_cents > 0)
    return sorted(session.scalars(query))


# ------------------------------------------------------------------ the queries behind

# Asked for with every page, so past the query builder: its work for a page would cost more than SQLite's.
_OPEN = "i.company_id = ? AND i.open_cents <> 0 AND i.open_cents > 0 AND i.currency = ?"
_CHOSEN = " AND i.customer_id IN (SELECT value FROM json_each(?))"
_BY_NAME = "SELECT c.id FROM customer c WHERE c.company_id = ?{conditions} ORDER BY c.name_folded{descending}, c.id"

_OWING = (
    "SELECT i.customer_id, sum(i.open_cents) FROM item i WHERE {open} GROUP BY i.customer_id ORDER BY 2 DESC, i.customer_id"
)
_DUE = """
SELECT i.due_on, sum(max(i.open_cents, 0)), sum(min(i.open_cents, 0)) FROM item i
WHERE i.company_id = ? AND i.open_cents <> 0 AND i.currency = ?{chosen} GROUP BY i.due_on
"""
_OTHERS = "SELECT EXISTS (SELECT 1 FROM item i WHERE i.company_id = ? AND i.open_cents <> 0 AND i.currency <> ?)"
_LINES = """
SELECT i.customer_id, i.due_on, i.expected_on, sum(i.open_cents) FROM item i WHERE {open}{only} GROUP BY i.customer_id, i.due_on, i.expected_on
"""
_PLANNED = """
SELECT NULL, i.due_on, sum(i.open_cents) FROM item i WHERE {open} AND i.expected_on IS NOT NULL GROUP BY i.due_on
UNION ALL
SELECT i.due_on < ?, i.expected_on, sum(i.open_cents) FROM item i WHERE {open} AND i.expected_on IS NOT NULL GROUP BY 1, 2
"""
_RECEIPTS = """
SELECT coalesce(d.customer_id, i.customer_id), a.made_on, sum(a.cents), 0
FROM allocation a LEFT JOIN item d ON d.id = a.debit_id LEFT JOIN item i ON i.id = a.credit_id
WHERE a.company_id = ? AND a.made_on BETWEEN ? AND ? AND coalesce(d.currency, i.currency) = ?
  AND (i.kind = ? OR (a.credit_id IS NULL AND a.how = 'listed'))
GROUP BY 1, 2
UNION ALL
SELECT i.customer_id, v.booked_on, sum(m.cents), 1
FROM bank_match m JOIN bank_movement v ON v.id = m.movement_id JOIN item i ON i.id = m.item_id
WHERE m.company_id = ? AND m.state = 'provisional' AND v.booked_on BETWEEN ? AND ? AND i.currency = ? AND NOT v.returned
GROUP BY 1, 2
"""
_COMMITMENTS = """
SELECT p.state, p.id, p.customer_id, p.item_id, p.promised_on, p.cents FROM promise p
WHERE p.company_id = ? AND p.state IN ('expected', 'broken') AND p.currency = ?{promised}
UNION ALL
SELECT 'dispute', d.id, d.customer_id, d.item_id, NULL, d.cents FROM dispute d
WHERE d.company_id = ? AND d.solved_at IS NULL{disputed}
UNION ALL
SELECT 'plan', l.id, l.customer_id, NULL, n.due_on, n.cents - n.paid_cents FROM plan l JOIN plan_instalment n ON n.plan_id = l.id
WHERE l.company_id = ? AND l.state IN ('accepted', 'running') AND l.currency = ? AND n.cents > n.paid_cents{planned}
"""
_NARROW = {"promised": "p", "disputed": "d", "planned": "l"}
_DEBITS = """
SELECT i.id, i.customer_id, i.due_on, i.open_cents, i.expected_on,
  i.customer_id IN (SELECT id FROM customer WHERE company_id = ? AND insolvent_on IS NOT NULL)
FROM item i WHERE i.id IN ({ids}) AND i.open_cents > 0 AND i.currency = ?{chosen}
"""
_CONCERNED = """
SELECT item_id FROM promise WHERE company_id = :c AND state IN ('expected', 'broken') AND item_id IS NOT NULL
UNION SELECT item_id FROM dispute WHERE company_id = :c AND solved_at IS NULL AND item_id IS NOT NULL
UNION SELECT item_id FROM plan_item WHERE plan_id IN (SELECT id FROM plan WHERE company_id = :c AND state IN ('accepted', 'running'))
UNION SELECT id FROM item WHERE company_id = :c AND open_cents <> 0 AND customer_id IN (
  SELECT customer_id FROM promise WHERE company_id = :c AND state IN ('expected', 'broken') AND item_id IS NULL
  UNION SELECT customer_id FROM dispute WHERE company_id = :c AND solved_at IS NULL AND item_id IS NULL
  UNION SELECT id FROM customer WHERE company_id = :c AND insolvent_on IS NOT NULL)
"""
_OF_ONE = "SELECT id FROM item WHERE company_id = ? AND customer_id = ? AND open_cents <> 0"


class _Chosen(NamedTuple):
    """The customers of a filter as a piece of SQL with its values; empty for all."""

    sql: str = ""
    values: tuple[Any, ...] = ()


def _open(company_id: int, currency: str, chosen: _Chosen) -> _Chosen:
    return _Chosen(_OPEN + chosen.sql, (company_id, currency, *chosen.values))


class _Sums(NamedTuple):
    """What ledger and bank alone decide: customers in order (those who only paid last), who owes how much, what falls due when,
    what came in this week by customer and day, what of that only the bank shows, credits, and whether another currency is
    owed too."""

    order: tuple[int, ...]
    owing: dict[int, int]
    due: list[tuple[date, int]]
    receipts: list[tuple[int, date, int]]
    at_bank: list[tuple[int, date, int]]
    credits_cents: int
    others: bool


def _sums(session: Session, company: Company, filters: Filters, week: Week) -> tuple[_Sums, _Chosen]:
    """The sums of a filter, and its customers; those of all customers are kept until the ledger changes."""
    what = ("forecast", filters.currency, week.key)
    every = remembered(session, company, what, lambda: _read_sums(session, company.id, filters.currency, week))
    if not filters.narrows and filters.sort == "-owed":
        return every, _Chosen()
    ids = _ids_by_name(session, company.id, filters)
    chosen = _Chosen(_CHOSEN, (json.dumps(ids),)) if filters.narrows else _Chosen()
    wanted = set(ids)
    order: Iterable[int] = ids if filters.sort.endswith("name") else (i for i in every.order if i in wanted)
    owing = {i: every.owing[i] for i in order if i in every.owing}
    if filters.sort == "owed":
        owing = dict(reversed(owing.items()))
    receipts = [receipt for receipt in every.receipts if receipt[0] in wanted]
    at_bank = [receipt for receipt in every.at_bank if receipt[0] in wanted]
    narrow = every._replace(order=_in_order(owing, receipts), owing=owing, receipts=receipts, at_bank=at_bank)
    if filters.narrows:
        due, credits_cents = _read_due(session, company.id, filters.currency, chosen)
        narrow = narrow._replace(due=due, credits_cents=credits_cents)
    return narrow, chosen


def _ids_by_name(session: Session, company_id: int, filters: Filters) -> list[int]:
    conditions, values = "", list[Any]((company_id,))
    if filters.reps is not None:
        conditions += " AND c.sales_rep_id IN (SELECT value FROM json_each(?))"
        values.append(json.dumps(filters.reps))
    for column, value in (("sales_rep_id", filters.sales_rep_id), ("profile_id", filters.profile_id)):
        if value is not None:
            conditions += f" AND c.{column} = ?"
            values.append(value)
    if filters.text.strip():
        conditions += " AND (instr(c.name_folded, ?) > 0 OR instr(lower(c.code), ?) > 0)"
        values += [fold(filters.text)] * 2
    descending = " DESC" if filters.sort == "-name" else ""
    return [row[0] for row in bulk.fetch(session, _BY_NAME.format(conditions=conditions, descending=descending), values)]


def _read_sums(session: Session, company_id: int, currency: str, week: Week) -> _Sums:
    debits = _open(company_id, currency, _Chosen())
    owing: dict[int, int] = dict(bulk.fetch(session, _OWING.format(open=debits.sql), debits.values))
    due, credits_cents = _read_due(session, company_id, currency, _Chosen())
    values = (company_id, week.first.isoformat(), week.last.isoformat(), currency, Kind.PAYMENT.value)
    came = [
        (customer, _day(on), cents, seen)
        for customer, on, cents, seen in bulk.fetch(session, _RECEIPTS, (*values, *values[:4]))
    ]
    receipts, at_bank = [one[:3] for one in came], [one[:3] for one in came if one[3]]
    [(others,)] = bulk.fetch(session, _OTHERS, (company_id, currency))
    return _Sums(_in_order(owing, receipts), owing, due, receipts, at_bank, credits_cents, bool(others))


def _read_due(session: Session, company_id: int, currency: str, chosen: _Chosen) -> tuple[list[tuple[date, int]], int]:
    """What falls due when; and the credits."""
    rows = bulk.fetch(session, _DUE.format(chosen=chosen.sql), (company_id, currency, *chosen.values))
    return [(_day(on), cents) for on, cents, _ in rows if cents], sum(credits_cents for _, _, credits_cents in rows)


def _in_order(owing: Iterable[int], receipts: Iterable[tuple[int, date, int]]) -> tuple[int, ...]:
    known = dict.fromkeys(owing)
    return (*known, *sorted({customer for customer, _, _ in receipts if customer not in known}))


def _planned(
    session: Session, company_id: int, currency: str, today: date, chosen: _Chosen
) -> tuple[list[tuple[date, int]], list[tuple[bool, date, int]]]:
    """Debits with a date set by hand, by due date; and again by lateness and that date."""
    debits = _open(company_id, currency, chosen)
    rows = bulk.fetch(session, _PLANNED.format(open=debits.sql), (*debits.values, today.isoformat(), *debits.values))
    unplanned = [(_day(on), cents) for late, on, cents in rows if late is None]
    return unplanned, [(bool(late), _day(on), cents) for late, on, cents in rows if late is not None]


def _lines(session: Session, company_id: int, currency: str, ids: Sequence[int]) -> list[tuple[int, date, date | None, int]]:
    """What the customers of the page owe, by due date and date set by hand; everybody's at once when there are too many to name."""
    debits, few = _open(company_id, currency, _Chosen()), len(ids) <= bulk.CHUNK
    only = f" AND i.customer_id IN ({','.join('?' * len(ids))})" if few else ""
    rows = bulk.fetch(session, _LINES.format(open=debits.sql, only=only), (*debits.values, *(ids if few else ())))
    wanted = set(ids)
    return [(i, _day(due), _day(on) if on else None, cents) for i, due, on, cents in rows if few or i in wanted]


def _customers(session: Session, ids: Sequence[int], owing: dict[int, int]) -> list[CustomerLine]:
    rows = bulk.fetch_in(session, "SELECT id, code, name FROM customer WHERE id IN ({ids})", (), ids)
    found = {i: (code, name) for i, code, name in rows}
    return [CustomerLine(i, *found[i], owing.get(i, 0)) for i in ids if i in found]


def _commitments(
    session: Session, company_id: int, currency: str, customer_id: int | None = None
) -> tuple[list[Pledge], list[Contest]]:
    """Promises expected or broken, instalments of plans in force, and open disputes, in one query."""
    one = () if customer_id is None else (customer_id,)
    narrow = {name: f" AND {table}.customer_id = ?" if one else "" for name, table in _NARROW.items()}
    given = (company_id, currency, *one, company_id, *one, company_id, currency, *one)
    due: dict[int, list[Instalment]] = defaultdict(list)
    owner: dict[int, int] = {}
    pledges: list[Pledge] = []
    contests: list[Contest] = []
    for state, row_id, customer, item, on, cents in bulk.fetch(session, _COMMITMENTS.format(**narrow), given):
        if state == "plan":
            due[row_id].append(Instalment(_day(on), cents))
            owner[row_id] = customer
        elif state == "dispute":
            contests.append(Contest(customer, item, cents))
        else:
            pledges.append(Pledge(customer, item, _day(on), cents, state == "broken", row_id))
    return [*_instalments(session, due, owner), *pledges], contests


def _instalments(session: Session, wanted: dict[int, list[Instalment]], owner: dict[int, int]) -> list[Pledge]:
    """What payment plans in force still bring, as pledges for their items: each unpaid instalment takes what it asks for from the
    items of its plan, oldest due first, so that instalments and items add up to the cent."""
    owed = plans.owed_by_plan(session, wanted) if wanted else {}
    return [
        Pledge(owner[plan_id], part.item_id, part.due_on, part.cents)
        for plan_id, due in wanted.items()
        for part in portions(owed.get(plan_id, []), due)
    ]


def _debits(session: Session, company_id: int, currency: str, chosen: _Chosen) -> list[Debit]:
    """Debits that a promise, a dispute or the insolvency of their customer concerns."""
    concerned = _CONCERNED.replace(":c", str(int(company_id)))
    return _read_debits(session, company_id, concerned, (), currency, chosen)


def _read_debits(
    session: Session, company_id: int, ids: str, values: tuple[Any, ...], currency: str, chosen: _Chosen
) -> list[Debit]:
    query = _DEBITS.format(ids=ids, chosen=chosen.sql)
    rows = bulk.fetch(session, query, (company_id, *values, currency, *chosen.values))
    return [
        Debit(i, customer, _day(due), cents, _day(on) if on else None, bool(broke))
        for i, customer, due, cents, on, broke in rows
    ]
