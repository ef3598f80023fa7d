"""The aged balance: what is not due, what is late by buckets of days, and unallocated credits beside it.

Days late = day − due date; buckets ≤ 0 · 1–30 · 31–60 · 61–90 · 91 and more.

>>> items = [(date(2026, 5, 19), 10000), (date(2026, 5, 18), 2500), (date(2026, 2, 1), 700), (date(2026, 1, 5), -300)]
>>> aged = age(items, date(2026, 5, 19))
>>> aged.not_due_cents, aged.late_by_bucket, aged.credits_cents, aged.balance_cents
(10000, (2500, 0, 0, 700), -300, 12900)
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from rules.days import days_late

BOUNDS = (30, 60, 90)
"""Last day of each bucket but the last, in days late."""


class Ageing(NamedTuple):
    """Signed cents of one currency. `credits_cents` is 0 or negative, so that the four parts simply add up."""

    not_due_cents: int = 0
    late_by_bucket: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    credits_cents: int = 0

    @property
    def late_cents(self) -> int:
        """All that is overdue, credits apart."""
        return sum(self.late_by_bucket)

    @property
    def owed_cents(self) -> int:
        """Overdue and not due, credits apart."""
        return self.not_due_cents + self.late_cents

    @property
    def balance_cents(self) -> int:
        """The balance of the customer accounts."""
        return self.owed_cents + self.credits_cents


def bucket(late_by: int, bounds: tuple[int, ...] = BOUNDS) -> int:
    """0 for not late, then 1, 2, … for the buckets: 1–30 days is 1, 91 and more is 4."""
    return 0 if late_by <= 0 else bisect_left(bounds, late_by) + 1


def age(items: Iterable[tuple[date, int]], on: date, bounds: tuple[int, ...] = BOUNDS) -> Ageing:
    """The aged balance on a day of (due date, signed open cents) in one currency; negatives are credits."""
    sums = [0] * (len(bounds) + 2)
    credits = 0
    for due_on, cents in items:
        if cents < 0:
            credits += cents
        else:
            sums[bucket(days_late(due_on, on), bounds)] += cents
    return Ageing(sums[0], tuple(sums[1:]), credits)
