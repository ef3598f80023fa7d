"""The forecast grid: when the money of each open debit is expected, and what that adds up to by week and by customer.

Date used, in this order: promise · date set by hand · broken promise (missed) · dispute (due + 30 days) · due date. A promise, a date by
hand or a dispute may cover a part of the debit only; the rest goes on down the list. A date that has passed without money is
*missed*; a late debit with no date at all is *to plan*. Debits of insolvent customers, and disputes older than their 30 days, are *outside*
the forecast: nobody can say when. Nothing is lost on the way: the parts of a debit always add up to what is open.

>>> today = date(2026, 5, 19)
>>> debit = Debit(1, 7, date(2026, 4, 30), 100_000)
>>> pledge = Pledge(7, 1, date(2026, 5, 29), 40_000)
>>> [(column(p.on, p.why, today, weeks(today, 6)), p.cents) for p in parts([debit], [pledge], [], today)]
[('2026-W22', 40000), ('to_plan', 60000)]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from rules.errors import DomainError

HORIZON, HORIZON_MAX = 6, 26  # weeks shown; and at most
DISPUTE_DAYS = 30  # how long solving a dispute is thought to take
FRIDAY = 4
TO_PLAN, MISSED, LATER, OUTSIDE = "to_plan", "missed", "later", "outside"
PLACES = frozenset((TO_PLAN, MISSED, LATER, OUTSIDE))  # the columns that are no weeks
PAST = {"due": TO_PLAN, "dispute": OUTSIDE}  # where a day that has passed leads, by reason; else it was missed
MARKS = {
    "promise": "promise",
    "broken": "promise",
    "dispute": "dispute",
    "insolvent": "insolvent",
}  # what a chip shows when all of it is such
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
    promise_id: int = 0


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
    promise_id: int = 0


def weeks(today: date, horizon: int) -> tuple[Week, ...]:
    """The current ISO week and those after it, `horizon` in all."""
    monday = today - timedelta(days=today.weekday())
    return tuple(_week(monday + timedelta(weeks=n)) for n in range(horizon))


def _week(monday: date) -> Week:
    year, number, _ = monday.isocalendar()
    return Week(f"{year}-W{number:02}", number, monday, monday + timedelta(days=6))


def week_named(key: str) -> Week:
    """The week of a column's key. Error: day_wrong."""
    try:
        year, number = key.split("-W")
        return _week(date.fromisocalendar(int(year), int(number), 1))
    except ValueError:
        raise DomainError("day_wrong", value=key[:20]) from None


def day_in(week: Week, today: date) -> date:
    """The day set when an amount is put into a week: its Friday, so that it is not missed before the week's work is done; later, today.

    Error: expected_past when the week is over."""
    if week.last < today:
        raise DomainError("expected_past", today_on=today)
    return max(week.first + timedelta(days=FRIDAY), today)


def parts(debits: Sequence[Debit], pledges: Sequence[Pledge], contests: Sequence[Contest], today: date) -> list[Part]:
    """Where the money of one customer's debits is expected; promises of the customer as a whole go to the oldest debits first."""
    ordered = sorted(debits, key=lambda d: (d.due_on, d.item_id)) if len(debits) > 1 else debits
    made: list[Part] = []
    left: dict[int, int] = {}
    for debit in ordered:
        if debit.insolvent:
            made.append(Part(debit, debit.open_cents, debit.due_on, "insolvent"))
        else:
            left[debit.item_id] = debit.open_cents
    if not left:
        return made
    if pledges:
        _place_pledges(ordered, [p for p in pledges if not p.broken], left, made)
    for debit in ordered:
        if debit.expected_on is not None and left.get(debit.item_id):
            made.append(Part(debit, left.pop(debit.item_id), debit.expected_on, "hand"))
    if pledges:
        _place_pledges(ordered, [p for p in pledges if p.broken], left, made)
    if contests:
        _place_contests(ordered, contests, left, made)
    made += [Part(d, left[d.item_id], d.due_on, "due") for d in ordered if left.get(d.item_id)]
    return made


def _place_pledges(ordered: Sequence[Debit], pledges: list[Pledge], left: dict[int, int], made: list[Part]) -> None:
    """Promises of an item first, then those of the customer; a broken one of the customer leaves alone what fell due after it."""
    if len(pledges) > 1:
        pledges.sort(key=lambda p: (p.item_id is None, p.on, p.cents))
    for pledge in pledges:
        room = pledge.cents
        for debit in ordered:
            after = pledge.broken and pledge.item_id is None and debit.due_on > pledge.on
            if pledge.item_id in (None, debit.item_id) and not after:
                why = "broken" if pledge.broken else "promise"
                room -= _take(debit, room, pledge.on, why, left, made, pledge.promise_id)


def _place_contests(ordered: Sequence[Debit], contests: Sequence[Contest], left: dict[int, int], made: list[Part]) -> None:
    """Disputes about an item first; one without an amount is about all that is left."""
    for contest in sorted(contests, key=lambda c: c.item_id is None):
        room = contest.cents
        for debit in ordered:
            if contest.item_id in (None, debit.item_id):
                wanted = left.get(debit.item_id, 0) if room is None else room
                taken = _take(debit, wanted, debit.due_on + timedelta(days=DISPUTE_DAYS), "dispute", left, made)
                room = None if room is None else room - taken


def _take(debit: Debit, wanted: int, on: date, why: str, left: dict[int, int], made: list[Part], promise_id: int = 0) -> int:
    taken = min(wanted, left.get(debit.item_id, 0))
    if taken > 0:
        left[debit.item_id] -= taken
        made.append(Part(debit, taken, on, why, promise_id))
    return taken


def column(on: date, why: str, today: date, shown: Sequence[Week]) -> str:
    """The key of the column for money expected on a day for a reason (see `Part`)."""
    if why == "insolvent":
        return OUTSIDE
    if why == "broken":
        return MISSED
    if on < today:
        return PAST.get(why, MISSED)
    place = (on.toordinal() - shown[0].first.toordinal()) // 7
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


@dataclass(frozen=True, slots=True)
class Facts:
    """What a grid is made from, in one currency.

    `owed` sums the open debits of every customer asked for by due date; those with a date set by hand leave it by `unplanned` (by due date)
    and come back by `planned` (by lateness and that date). `lines` sums those of each customer of the page by both dates. `debits` are the
    single ones that promises, disputes or insolvency concern. `received` is what came in this week, by customer and by day."""

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
        rows=[Row(c, facts.received.get(c.id, 0), _cells(lines[c.id].placed(today, shown))) for c in facts.customers],
        totals=_totals(placed, shown),
        customer_count=facts.customer_count,
        credits_cents=facts.credits_cents,
        received_cents=sum(by_day.values()),
        other_currencies=facts.other_currencies,
        expected_by_day=_by_day(placed),
        received_by_day=dict(by_day),
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
