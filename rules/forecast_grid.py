"""The forecast grid: what is expected added up by week and by customer, and the curve by day; where each debit belongs is `rules.forecast`.

Most debits come as sums by date; those a promise, a dispute or an insolvency concerns come one by one, are taken out of the sums and put
in their place. A move therefore never changes a total.

>>> facts = Facts("EUR", [CustomerLine(7, "C7", "Dupont", 150_000)], 1, owed=[(date(2026, 4, 30), 100_000), (date(2026, 5, 28), 50_000)],
...     unplanned=[], planned=[], lines=[(7, date(2026, 4, 30), None, 100_000), (7, date(2026, 5, 28), None, 50_000)],
...     debits=[Debit(1, 7, date(2026, 4, 30), 100_000)], pledges=[Pledge(7, 1, date(2026, 5, 29), 40_000)], contests=[],
...     received={}, received_by_day={})
>>> shown = grid(facts, date(2026, 5, 19))
>>> {key: [(c.tone, c.cents) for c in chips] for key, chips in shown.rows[0].cells.items()}
{'to_plan': [('late', 60000)], '2026-W22': [('late', 40000), ('come', 50000)]}
>>> shown.owed_cents, shown.coming_cents
(150000, 90000)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from rules.forecast import (
    COME,
    HORIZON,
    LATE,
    LATER,
    MISSED,
    OUTSIDE,
    PLACES,
    TO_PLAN,
    Contest,
    Debit,
    Part,
    Pledge,
    Week,
    column,
    parts,
    tone,
    weeks,
)

MARKS = {
    "promise": "promise",
    "broken": "promise",
    "dispute": "dispute",
    "insolvent": "insolvent",
}  # what a chip shows when all of it is such


class CustomerLine(NamedTuple):
    """A customer of the page and all it owes."""

    id: int
    code: str
    name: str
    owed_cents: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What a grid is made from, in one currency.

    `owed` sums the open debits of every customer asked for by due date; those with a date set by hand leave it by `unplanned` (by due date)
    and come back by `planned` (by lateness and that date). `lines` sums those of each customer of the page by both dates. `debits` are the
    single ones that promises, disputes or insolvency concern. `received` is what came in this week, by customer and by day;
    `at_bank` what of it only the bank shows so far, by customer."""

    currency: str
    customers: Sequence[CustomerLine]
    customer_count: int
    owed: Sequence[tuple[date, int]]
    unplanned: Sequence[tuple[date, int]]
    planned: Sequence[tuple[bool, date, int]]
    lines: Sequence[tuple[int, date, date | None, int]]
    debits: Sequence[Debit]
    pledges: Sequence[Pledge]
    contests: Sequence[Contest]
    received: Mapping[int, int]
    received_by_day: Mapping[date, int]
    credits_cents: int = 0
    other_currencies: bool = False
    at_bank: Mapping[int, int] = field(default_factory=dict)


class Chip(NamedTuple):
    """One amount of a cell. mark: promise, dispute or insolvent when all of it is, else empty."""

    tone: str
    cents: int
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One customer: what it owes, what it paid this week, its chips by column."""

    customer: CustomerLine
    received_cents: int
    cells: dict[str, list[Chip]]
    at_bank_cents: int = 0  # of what was received: seen at the bank, not in the ledger yet


@dataclass(frozen=True, slots=True)
class Total:
    """The foot of a column."""

    late_cents: int = 0
    come_cents: int = 0

    @property
    def cents(self) -> int:
        """Late and to come."""
        return self.late_cents + self.come_cents


@dataclass(frozen=True, slots=True)
class Grid:
    """A page of the grid and the totals of all its customers; the totals of the columns add up to `owed_cents`."""

    currency: str
    today: date
    weeks: tuple[Week, ...]
    rows: list[Row]
    totals: dict[str, Total]
    customer_count: int
    credits_cents: int
    received_cents: int
    other_currencies: bool
    expected_by_day: dict[date, int] = field(repr=False)
    received_by_day: dict[date, int] = field(repr=False)
    at_bank_cents: int = 0  # of what was received: seen at the bank, not in the ledger yet

    @property
    def owed_cents(self) -> int:
        """All that is owed, credits apart."""
        return sum(t.cents for t in self.totals.values())

    @property
    def coming_cents(self) -> int:
        """Received this week and expected within the weeks shown."""
        return self.received_cents + sum(self.totals[w.key].cents for w in self.weeks)

    @property
    def has_outside(self) -> bool:
        """Whether anything stands outside the forecast."""
        return self.totals[OUTSIDE].cents > 0


def grid(facts: Facts, today: date, horizon: int = HORIZON) -> Grid:
    """The grid: every debit by its due date or the date set by hand, then those that more is known about are taken out and put in their place."""
    shown = weeks(today, horizon)
    whole, lines = _counted(facts, today)
    placed = whole.placed(today, shown)
    by_day: dict[date, int] = defaultdict(int)
    for on, cents in facts.received_by_day.items():
        by_day[min(on, today)] += cents
    return Grid(
        currency=facts.currency,
        today=today,
        weeks=shown,
        rows=[
            Row(c, facts.received.get(c.id, 0), _cells(lines[c.id].placed(today, shown)), facts.at_bank.get(c.id, 0))
            for c in facts.customers
        ],
        totals=_totals(placed, shown),
        customer_count=facts.customer_count,
        credits_cents=facts.credits_cents,
        received_cents=sum(by_day.values()),
        other_currencies=facts.other_currencies,
        expected_by_day=_by_day(placed),
        received_by_day=dict(by_day),
        at_bank_cents=sum(facts.at_bank.values()),
    )


def _counted(facts: Facts, today: date) -> tuple[_Sums, dict[int, _Sums]]:
    """All customers together, and each customer of the page."""
    whole, lines = _Sums(), {c.id: _Sums() for c in facts.customers}
    sums = whole.cents
    for due_on, cents in facts.owed:
        sums[due_on < today, due_on, "due"] += cents
    for due_on, cents in facts.unplanned:
        sums[due_on < today, due_on, "due"] -= cents
    for late, expected_on, cents in facts.planned:
        sums[bool(late), expected_on, "hand"] += cents
    for customer_id, due_on, planned_on, cents in facts.lines:
        lines[customer_id].cents[due_on < today, planned_on or due_on, "hand" if planned_on else "due"] += cents
    for customer_id, debits, pledges, contests in _by_customer(facts):
        targets = [sums, lines[customer_id].cents] if customer_id in lines else [sums]
        made = parts(debits, pledges, contests, today)
        for target in targets:
            for debit in debits:
                planned_on = debit.expected_on
                target[debit.due_on < today, planned_on or debit.due_on, "hand" if planned_on else "due"] -= debit.open_cents
            for part in made:
                target[part.debit.due_on < today, part.on, part.why] += part.cents
    return whole, lines


def chip_parts(facts: Facts, today: date, horizon: int, key: str, colour: str) -> list[Part]:
    """The parts behind one chip of the only customer of `facts` (whose `debits` must be all of its debits)."""
    shown = weeks(today, horizon)
    placed = parts(facts.debits, facts.pledges, facts.contests, today)
    return [p for p in placed if column(p.on, p.why, today, shown) == key and tone(p.debit.due_on, today) == colour]


class _Sums:
    """Cents by lateness, day and reason; the few distinct ones are put into columns at the end."""

    def __init__(self) -> None:
        self.cents: dict[tuple[bool, date, str], int] = defaultdict(int)

    def placed(self, today: date, shown: tuple[Week, ...]) -> list[_Placed]:
        return [
            _Placed(column(on, why, today, shown), LATE if late else COME, on, why, cents)
            for (late, on, why), cents in self.cents.items()
            if cents
        ]


class _Placed(NamedTuple):
    key: str
    tone: str
    on: date
    why: str
    cents: int


def _totals(placed: Iterable[_Placed], shown: tuple[Week, ...]) -> dict[str, Total]:
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for one in placed:
        sums[one.key, one.tone] += one.cents
    keys = (TO_PLAN, MISSED, *(w.key for w in shown), LATER, OUTSIDE)
    return {key: Total(sums.get((key, LATE), 0), sums.get((key, COME), 0)) for key in keys}


def _cells(placed: Iterable[_Placed]) -> dict[str, list[Chip]]:
    """The chips of one customer by column, what is late first."""
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in placed:
        found[one.key, one.tone][MARKS.get(one.why, "")] += one.cents
    cells: dict[str, list[Chip]] = {}
    for (key, colour), marks in sorted(found.items(), key=lambda entry: entry[0][1], reverse=True):
        cells.setdefault(key, []).append(Chip(colour, sum(marks.values()), next(iter(marks)) if len(marks) == 1 else ""))
    return cells


def _by_day(placed: Iterable[_Placed]) -> dict[date, int]:
    days: dict[date, int] = defaultdict(int)
    for one in placed:
        if one.key not in PLACES:
            days[one.on] += one.cents
    return dict(days)


def _by_customer(facts: Facts) -> Iterable[tuple[int, list[Debit], list[Pledge], list[Contest]]]:
    debits: dict[int, list[Debit]] = defaultdict(list)
    pledges: dict[int, list[Pledge]] = defaultdict(list)
    contests: dict[int, list[Contest]] = defaultdict(list)
    for debit in facts.debits:
        debits[debit.customer_id].append(debit)
    for pledge in facts.pledges:
        pledges[pledge.customer_id].append(pledge)
    for contest in facts.contests:
        contests[contest.customer_id].append(contest)
    return ((number, own, pledges.get(number, []), contests.get(number, [])) for number, own in debits.items())
