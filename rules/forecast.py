"""When the money of each open debit is expected, and in which column of the forecast grid that is.

Date used, in this order: promise · date set by hand · broken promise (missed) · dispute (due + 30 days) · prediction, where asked for ·
due date. A promise, a date by hand or a dispute may cover a part of the debit only; the rest goes on down the list. A date that has passed
without money is *missed*; a late debit with no date at all is *to plan*. Debits of insolvent customers, and disputes older than their 30 days, are *outside*
the forecast: nobody can say when. Nothing is lost on the way: the parts of a debit always add up to what is open.

>>> today = date(2026, 5, 19)
>>> debit = Debit(1, 7, date(2026, 4, 30), 100_000)
>>> pledge = Pledge(7, 1, date(2026, 5, 29), 40_000)
>>> [(column(p.on, p.why, today, weeks(today, 6)), p.cents) for p in parts([debit], [pledge], [], today)]
[('2026-W22', 40000), ('to_plan', 60000)]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from rules.errors import DomainError

HORIZON, HORIZON_MAX = 6, 26  # weeks shown; and at most
DISPUTE_DAYS = 30  # how long solving a dispute is thought to take
FRIDAY = 4
TO_PLAN, MISSED, LATER, OUTSIDE = "to_plan", "missed", "later", "outside"
PLACES = frozenset((TO_PLAN, MISSED, LATER, OUTSIDE))  # the columns that are no weeks
PAST = {"due": TO_PLAN, "dispute": OUTSIDE}  # where a day that has passed leads, by reason; else it was missed
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
    """Cents of one debit and the day they are expected on. why: promise, hand, broken, dispute, predicted, due, insolvent."""

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


def parts(
    debits: Sequence[Debit],
    pledges: Sequence[Pledge],
    contests: Sequence[Contest],
    today: date,
    predicted: Mapping[int, date] | None = None,
) -> list[Part]:
    """Where the money of one customer's debits is expected; promises of the customer as a whole go to the oldest debits first.

    `predicted`: the median day of the prediction by item (`services.prediction`), taken in place of the due date."""
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
    known = predicted or {}
    made += [
        Part(d, left[d.item_id], known.get(d.item_id, d.due_on), "predicted" if d.item_id in known else "due")
        for d in ordered
        if left.get(d.item_id)
    ]
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
