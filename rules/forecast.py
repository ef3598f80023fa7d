"""The forecast grid: when the money of each open debit is expected, and what that adds up to by week and by customer.

Date used, in this order: promise · date set by hand · broken promise (missed) · dispute (due + 30 days) · due date. A promise, a date by
hand or a dispute may cover a part of the debit only; the rest goes on down the list. A date that has passed without money is
*missed*; a late debit with no date at all is *to plan*. Debits of insolvent customers, and disputes older than their 30 days, are *outside*
the forecast: nobody can say when. Nothing is lost on the way: the parts of a debit always add up to what is open.

>>> today = date(2026, 5, 19)
>>> debit = Debit(1, 7, date(2026, 4, 30), 100_000)
>>> pledge = Pledge(7, 1, date(2026, 5, 29), 40_000)
>>> [(column(p, today, weeks(today, 6)), p.cents) for p in parts([debit], [pledge], [], today)]
[('2026-W22', 40000), ('to_plan', 60000)]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

HORIZON, HORIZON_MAX = 6, 26  # weeks shown; and at most
DISPUTE_DAYS = 30  # how long solving a dispute is thought to take
FRIDAY = 4
TO_PLAN, MISSED, LATER, OUTSIDE = "to_plan", "missed", "later", "outside"
LATE, COME = "late", "come"


class Week(NamedTuple):
    """An ISO week. Its key, "2026-W21", is the name of its column."""

    key: str
    number: int
    first: date  # Monday
    last: date  # Sunday


class Debit(NamedTuple):
    """What is still owed on one item, in cents of the grid's currency."""

    item_id: int
    customer_id: int
    due_on: date
    open_cents: int
    expected_on: date | None = None  # set by hand
    insolvent: bool = False


class Pledge(NamedTuple):
    """A promise to pay, live or broken; without an item it covers the customer's oldest debits."""

    customer_id: int
    item_id: int | None
    on: date
    cents: int
    broken: bool = False


class Contest(NamedTuple):
    """An open dispute; without an item it is about all of the customer's, without an amount about the whole."""

    customer_id: int
    item_id: int | None
    cents: int | None = None


class Part(NamedTuple):
    """Cents of one debit and the day they are expected on. why: promise, hand, broken, dispute, due, insolvent."""

    debit: Debit
    cents: int
    on: date
    why: str


_Take = Callable[[Debit, int | None, date, str], int]


def weeks(today: date, horizon: int) -> tuple[Week, ...]:
    """The current ISO week and those after it, `horizon` in all."""
    monday = today - timedelta(days=today.weekday())
    return tuple(_week(monday + timedelta(weeks=n)) for n in range(horizon))


def _week(monday: date) -> Week:
    year, number, _ = monday.isocalendar()
    return Week(f"{year}-W{number:02}", number, monday, monday + timedelta(days=6))


def day_in(week: Week, today: date) -> date:
    """The day set when an amount is put into a week: its Friday, so that it is not missed before the week's work is done; today when that is over."""
    return max(week.first + timedelta(days=FRIDAY), today)


def parts(debits: Sequence[Debit], pledges: Sequence[Pledge], contests: Sequence[Contest], today: date) -> list[Part]:
    """Where the money of one customer's debits is expected; promises of the customer as a whole go to the oldest debits first."""
    ordered = sorted(debits, key=lambda d: (d.due_on, d.item_id))
    left = {d.item_id: d.open_cents for d in ordered}
    made: list[Part] = []

    def take(debit: Debit, cents: int | None, on: date, why: str) -> int:
        taken = left[debit.item_id] if cents is None else min(cents, left[debit.item_id])
        if taken > 0:
            left[debit.item_id] -= taken
            made.append(Part(debit, taken, on, why))
        return taken

    for debit in ordered:
        if debit.insolvent:
            take(debit, None, debit.due_on, "insolvent")
    _take_pledges(ordered, [p for p in pledges if not p.broken], take, "promise")
    for debit in ordered:
        if debit.expected_on is not None:
            take(debit, None, debit.expected_on, "hand")
    _take_pledges(ordered, [p for p in pledges if p.broken], take, "broken")
    for contest in sorted(contests, key=lambda c: c.item_id is None):
        room = contest.cents
        for debit in ordered:
            if contest.item_id in (None, debit.item_id):
                taken = take(debit, room, debit.due_on + timedelta(days=DISPUTE_DAYS), "dispute")
                room = None if room is None else room - taken
    for debit in ordered:
        take(debit, None, debit.due_on, "due")
    return made


def _take_pledges(ordered: Sequence[Debit], pledges: Iterable[Pledge], take: _Take, why: str) -> None:
    """Promises of an item first, then those of the customer; a broken one of the customer leaves alone what fell due after it."""
    for pledge in sorted(pledges, key=lambda p: (p.item_id is None, p.on, p.cents)):
        room = pledge.cents
        for debit in ordered:
            after = pledge.broken and pledge.item_id is None and debit.due_on > pledge.on
            if pledge.item_id in (None, debit.item_id) and not after and room > 0:
                room -= take(debit, room, pledge.on, why)


def column(part: Part, today: date, shown: Sequence[Week]) -> str:
    """The key of the column a part stands in."""
    if part.why == "insolvent":
        return OUTSIDE
    if part.why == "broken":
        return MISSED
    if part.on < today:
        return {"due": TO_PLAN, "dispute": OUTSIDE}.get(part.why, MISSED)
    return week_of(part.on, shown)


def week_of(day: date, shown: Sequence[Week]) -> str:
    """The key of the week a day from today on falls into, or later."""
    place = (day - shown[0].first).days // 7
    return shown[place].key if place < len(shown) else LATER


def tone(debit_due_on: date, today: date) -> str:
    """Late from the day after the due date, else to come; where it stands in the grid does not matter."""
    return LATE if debit_due_on < today else COME


# ------------------------------------------------------------------ the grid


class CustomerLine(NamedTuple):
    """A customer of the page and all it owes."""

    id: int
    code: str
    name: str
    owed_cents: int


class Receipt(NamedTuple):
    """Cents received from a customer on a day of this week."""

    customer_id: int
    on: date
    cents: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What a grid is made from, in one currency.

    `owed_by_due` and `lines_by_due` sum all open debits by due date (of every customer asked for, and of each customer of the page);
    `debits` are the debits whose due date is not the last word, with `pledges` and `contests` about them."""

    currency: str
    customers: Sequence[CustomerLine]
    customer_count: int
    owed_by_due: Sequence[tuple[date, int]]
    lines_by_due: Sequence[tuple[int, date, int]]
    debits: Sequence[Debit]
    pledges: Sequence[Pledge]
    contests: Sequence[Contest]
    receipts: Sequence[Receipt]
    credits_cents: int = 0
    other_currencies: bool = False


class Chip(NamedTuple):
    """One amount of a cell. mark: promise or dispute when all of it is, else empty."""

    tone: str
    cents: int
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One customer: what it owes, what it paid this week, its chips by column."""

    customer: CustomerLine
    received_cents: int
    cells: dict[str, list[Chip]]


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
    """The grid: every debit by its due date, then those with a better date taken out and put where they belong."""
    shown = weeks(today, horizon)
    counts = _Sums(today, shown)
    lines = {c.id: counts.fresh() for c in facts.customers}
    for due_on, cents in facts.owed_by_due:
        counts.add_due(due_on, cents)
    for customer_id, due_on, cents in facts.lines_by_due:
        lines[customer_id].add_due(due_on, cents)
    for customer_id, debits, pledges, contests in _by_customer(facts):
        targets = [counts, lines[customer_id]] if customer_id in lines else [counts]
        placed = parts(debits, pledges, contests, today)
        for target in targets:
            for debit in debits:
                target.add_due(debit.due_on, -debit.open_cents)
            for part in placed:
                target.add(part)
    received: dict[int, int] = defaultdict(int)
    by_day: dict[date, int] = defaultdict(int)
    for receipt in facts.receipts:
        received[receipt.customer_id] += receipt.cents
        by_day[min(receipt.on, today)] += receipt.cents
    return Grid(
        currency=facts.currency,
        today=today,
        weeks=shown,
        rows=[Row(c, received.get(c.id, 0), lines[c.id].cells()) for c in facts.customers],
        totals=counts.totals(),
        customer_count=facts.customer_count,
        credits_cents=facts.credits_cents,
        received_cents=sum(received.values()),
        other_currencies=facts.other_currencies,
        expected_by_day=dict(counts.by_day),
        received_by_day=dict(by_day),
    )


def chip_parts(facts: Facts, today: date, horizon: int, key: str, colour: str) -> list[Part]:
    """The parts behind one chip of the only customer of `facts` (whose `debits` must be all of its debits)."""
    shown = weeks(today, horizon)
    placed = parts(facts.debits, facts.pledges, facts.contests, today)
    return [p for p in placed if column(p, today, shown) == key and tone(p.debit.due_on, today) == colour]


class _Sums:
    """Cents by column, tone and reason; and by day, for the curve."""

    def __init__(self, today: date, shown: tuple[Week, ...]) -> None:
        self.today, self.shown = today, shown
        self.cents: dict[tuple[str, str, str], int] = defaultdict(int)
        self.by_day: dict[date, int] = defaultdict(int)

    def fresh(self) -> _Sums:
        return _Sums(self.today, self.shown)

    def add_due(self, due_on: date, cents: int) -> None:
        if due_on < self.today:
            self.cents[TO_PLAN, LATE, "due"] += cents
        else:
            self._put(week_of(due_on, self.shown), COME, "due", due_on, cents)

    def add(self, part: Part) -> None:
        key = column(part, self.today, self.shown)
        self._put(key, tone(part.debit.due_on, self.today), part.why, part.on, part.cents)

    def _put(self, key: str, colour: str, why: str, on: date, cents: int) -> None:
        self.cents[key, colour, why] += cents
        if key not in (TO_PLAN, MISSED, LATER, OUTSIDE):
            self.by_day[on] += cents

    def totals(self) -> dict[str, Total]:
        keys = (TO_PLAN, MISSED, *(w.key for w in self.shown), LATER, OUTSIDE)
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for (key, colour, _), cents in self.cents.items():
            sums[key, colour] += cents
        return {key: Total(sums.get((key, LATE), 0), sums.get((key, COME), 0)) for key in keys}

    def cells(self) -> dict[str, list[Chip]]:
        found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for (key, colour, why), cents in self.cents.items():
            if cents:
                found[key, colour][why] = cents
        cells: dict[str, list[Chip]] = {}
        for (key, colour), reasons in sorted(found.items(), key=lambda entry: entry[0][1], reverse=True):
            mark = next(iter(reasons)) if len(reasons) == 1 else ""
            chip = Chip(colour, sum(reasons.values()), {"broken": "promise"}.get(mark, mark if mark in ("promise", "dispute") else ""))
            cells.setdefault(key, []).append(chip)
        return cells


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
