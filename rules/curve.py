"""The curve of cumulative cash: what was received up to today, what is expected after it, and the marks of its axis.

Coordinates are those of an SVG of 1120 × 250; amounts are cents.

>>> drawn = curve({date(2026, 5, 18): 10_000}, {date(2026, 5, 20): 30_000}, date(2026, 5, 19), date(2026, 5, 18), date(2026, 5, 24))
>>> drawn.received_cents, drawn.end_cents, drawn.marks
(10000, 40000, (0, 10000, 20000, 30000, 40000))
>>> drawn.got[0], drawn.expected[-1]
((80.0, 169.0), (1008.0, 16.0))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

LEFT, RIGHT, TOP, BOTTOM = 80.0, 1008.0, 16.0, 220.0
MARKS = 6  # at most so many above zero
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """Two lines in drawing coordinates, and what they stand for."""

    got: tuple[Point, ...]
    expected: tuple[Point, ...]
    marks: tuple[int, ...]
    received_cents: int
    end_cents: int
    mondays: tuple[tuple[float, date], ...]

    def height(self, cents: int) -> float:
        """Where an amount stands."""
        return _height(cents, self.marks[-1])


def curve(received: Mapping[date, int], expected: Mapping[date, int], today: date, first: date, last: date) -> Curve:
    """Cumulative cash from the first day to the last: what came in up to today, then what is expected from today on."""
    days = (last - first).days
    got_sum = sum(received.values())
    end = got_sum + sum(cents for day, cents in expected.items() if day <= last)
    marks = axis(end)
    top = marks[-1]

    def x(day: date) -> float:
        return round(LEFT + (RIGHT - LEFT) * (day - first).days / days, 1)

    got, running = [], 0
    for day in _days(first, today):
        running += received.get(day, 0)
        got.append((x(day), _height(running, top)))
    line, running = [got[-1]], got_sum
    for day in _days(today, last):
        running += expected.get(day, 0)
        line.append((x(day), _height(running, top)))
    mondays = tuple((x(day), day) for day in _days(first, last) if day.weekday() == 0)
    return Curve(tuple(got), tuple(line), marks, got_sum, end, mondays)


def axis(highest_cents: int) -> tuple[int, ...]:
    """Round marks from zero to at least the highest amount: steps of 1, 2 or 5 and a power of ten, never under one unit."""
    step, factors = 100, (2.0, 2.5, 2.0)
    turn = 0
    while step * MARKS < highest_cents:
        step = int(step * factors[turn % 3])
        turn += 1
    count = max(-(-highest_cents // step), 1)
    return tuple(step * n for n in range(count + 1))


def _height(cents: int, top: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * cents / top, 1)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
