"""How a customer pays, as a score from 0 to 100 with its reasons; too thin a history gives no number.

Two invoices settled 31 and 89 days after their due date: 60 days on average.

>>> day = date.fromordinal
>>> habits = [Habit(10_000, day(738_000), day(738_031)), Habit(10_000, day(738_000), day(738_089))]
>>> mean_delay(habits), weighted_delay(habits)
(60.0, 60.0)
>>> score(habits, today=day(738_100)).value is None
True
>>> punctual = [Habit(10_000, day(738_000 + n), day(738_000 + n)) for n in range(3)]
>>> score(punctual, today=day(738_100)).half_stars
10
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

WINDOW_DAYS = 365
RECENT_DAYS = 91
HALF_LIFE_DAYS = 120  # an invoice four months older weighs half
ENOUGH = 3  # invoices settled or overdue in the window
WORST_DELAY = 60  # days late on average: no points left
WORST_TREND = 30  # days slower than before: no points left
WEIGHTS = {"on_time": 40, "delay": 35, "trend": 10, "promises": 10, "debits": 5}
PROMISE_LOSS, DEBIT_LOSS = 40, 50  # points lost per broken promise, per rejected debit


class Habit(NamedTuple):
    """One settled invoice: its amount in cents, when it was due and when the last cent came."""

    cents: int
    due_on: date
    settled_on: date


class LateItem(NamedTuple):
    """One open item past its due date, in cents."""

    cents: int
    due_on: date


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: what was found (share in percent, days, or a count), points of 100, and what it weighs."""

    code: str  # on_time, delay, trend, promises, debits
    found: float
    points: float
    weight: int


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 100, or None when the history is too thin; half stars 0 to 10; the parts it is made of."""

    value: int | None
    half_stars: int | None
    parts: tuple[Part, ...]


def delay(habit: Habit) -> int:
    """Days from due date to settlement; negative when early."""
    return (habit.settled_on - habit.due_on).days


def mean_delay(habits: Sequence[Habit]) -> float | None:
    """Plain average of the days late; None without settled invoices."""
    return sum(map(delay, habits)) / len(habits) if habits else None


def weighted_delay(habits: Iterable[Habit]) -> float | None:
    """Average of the days late, weighted by amount; None without amounts."""
    pairs = [(h.cents, delay(h)) for h in habits]
    total = sum(cents for cents, _ in pairs)
    return sum(cents * days for cents, days in pairs) / total if total else None


def score(
    habits: Iterable[Habit],
    late: Iterable[LateItem] = (),
    broken_promises: int = 0,
    rejected_debits: int = 0,
    *,
    today: date,
) -> Score:
    """The score of the last twelve months: share paid on time, days late (both by amount, recent months weigh more),
    trend of the last three months against those before, broken promises, rejected debits.

    What is overdue today counts as late so far. Fewer than three invoices: no number."""
    weighed = [(_weight(h.cents, h.settled_on, today), max(delay(h), 0), h.settled_on) for h in habits if _within(h, today)]
    weighed += [(float(i.cents), (today - i.due_on).days, today) for i in late if i.due_on < today]
    total = sum(w for w, _, _ in weighed)
    if len(weighed) < ENOUGH or not total:
        return Score(None, None, ())
    on_time = sum(w for w, days, _ in weighed if days == 0) / total
    average = sum(w * days for w, days, _ in weighed) / total
    worse = _trend(weighed, today)
    parts = (
        Part("on_time", 100 * on_time, 100 * on_time, WEIGHTS["on_time"]),
        Part("delay", average, _falling(average, WORST_DELAY), WEIGHTS["delay"]),
        Part("trend", worse, _falling(worse, WORST_TREND), WEIGHTS["trend"]),
        Part("promises", broken_promises, max(0, 100 - PROMISE_LOSS * broken_promises), WEIGHTS["promises"]),
        Part("debits", rejected_debits, max(0, 100 - DEBIT_LOSS * rejected_debits), WEIGHTS["debits"]),
    )
    value = round(sum(p.points * p.weight for p in parts) / 100)
    return Score(value, half_stars(value), parts)


def half_stars(value: int) -> int:
    """0 to 10 half stars for a score; halves round up."""
    return (value + 5) // 10


def _within(habit: Habit, today: date) -> bool:
    return 0 <= (today - habit.settled_on).days < WINDOW_DAYS


def _weight(cents: int, settled_on: date, today: date) -> float:
    return float(cents * 2.0 ** (-(today - settled_on).days / HALF_LIFE_DAYS))


def _trend(weighed: list[tuple[float, int, date]], today: date) -> float:
    """Days late of the last three months less those before; 0 when one of the two is empty."""
    means = []
    for recent in (True, False):
        part = [(w, days) for w, days, on in weighed if ((today - on).days < RECENT_DAYS) == recent]
        total = sum(w for w, _ in part)
        if not total:
            return 0.0
        means.append(sum(w * days for w, days in part) / total)
    return means[0] - means[1]


def _falling(value: float, worst: float) -> float:
    return 100 * min(1.0, max(0.0, 1 - value / worst))
