"""Dated rates of late interest: which rate is in force on a day, and what a missing half-year is worth until it is known.

Rates are thousandths of a percent a year: 12 400 is 12.4 %. A rate holds for its period only (half-year or year, from its
first day); a day of a period without a row of its own is *provisional*: its rate is worked out from the central bank's where
the law does so, else the last one known, and both are marked. Nothing known before: no rate at all, never a silent zero.

>>> derived("BE", "business", 2_400), derived("FR", "business", 2_400), derived("DE", "business", 2_400)
(10500, 12400, 10520)
>>> table = RateTable((RateRow(date(2026, 1, 1), 12_150), RateRow(date(2026, 7, 1), 12_400)))
>>> [(s.from_on.isoformat(), s.thousandths, s.provisional) for s in table.stretches(date(2026, 6, 30), date(2027, 1, 1))]
[('2026-06-30', 12150, False), ('2026-07-01', 12400, False), ('2027-01-01', 12400, True)]
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

REFERENCE = ("EU", "reference")
"""The rate of the European Central Bank's main refinancing operations: dated by its changes, not by half-years."""


class RateRow(NamedTuple):
    """A rate and the first day it holds; provisional: worked out or announced, not published."""

    from_on: date
    thousandths: int
    provisional: bool = False


class Stretch(NamedTuple):
    """Days, both included, with one rate. thousandths None: nothing is known, provisional too."""

    from_on: date
    to_on: date
    thousandths: int | None
    provisional: bool


class Formula(NamedTuple):
    """How a statutory rate follows the central bank's: points added, then up to the next half point where the law rounds.

    points None: published on its own, nothing to work out. months: 6 (half-years) or 12."""

    points: int | None
    half_point_up: bool = False
    months: int = 6


FORMULAS: dict[tuple[str, str], Formula] = {
    ("FR", "business"): Formula(10_000),  # C. com. L441-10 II
    ("FR", "public"): Formula(8_000),  # CCP R2192-31
    ("FR", "legal"): Formula(None),  # CMF L313-2: twice a year, by order
    ("BE", "business"): Formula(8_000, half_point_up=True),  # law of 2 August 2002, art. 5
    ("BE", "consumer"): Formula(None, months=12),  # law of 5 May 1865, art. 2
    ("LU", "business"): Formula(8_000),  # law of 18 April 2004, art. 5
    ("LU", "consumer"): Formula(None, months=12),  # law of 18 April 2004, art. 12
    ("NL", "business"): Formula(8_000),  # BW 6:120 lid 2
    ("NL", "consumer"): Formula(None),  # BW 6:120 lid 1
    ("DE", "business"): Formula(8_120),  # BGB 288 II: base rate (central bank's − 0.88) + 9
    ("DE", "consumer"): Formula(4_120),  # BGB 288 I: base rate + 5
}
"""By country and kind. NL and LU public bodies, BE and DE too, pay the business rate (`rules.regimes`)."""


def derived(country: str, kind: str, reference: int) -> int | None:
    """The rate of a period from the central bank's rate on its first day; None where the law does not work it out so.

    Belgium: one rounding step, up to the next half point, of the sum."""
    formula = FORMULAS.get((country, kind))
    if formula is None or formula.points is None:
        return None
    rate = reference + formula.points
    return -(-rate // 500) * 500 if formula.half_point_up else rate


def period_start(day: date, months: int) -> date:
    """First day of the half-year (6) or year (12) of a day."""
    return date(day.year, 7 if months == 6 and day.month > 6 else 1, 1)


def next_period(day: date, months: int) -> date:
    """First day of the period after the one of a day."""
    start = period_start(day, months)
    return date(start.year, 7, 1) if months == 6 and start.month == 1 else date(start.year + 1, 1, 1)


@dataclass(frozen=True, slots=True)
class RateTable:
    """The rates of one country and kind, in order of their days. months: length of the periods, 0 for a rate agreed once for all."""

    rows: tuple[RateRow, ...]
    months: int = 6

    def in_force(self, day: date) -> RateRow | None:
        """The latest row not after a day, whatever its period."""
        place = bisect_right(self.rows, day, key=lambda row: row.from_on)
        return self.rows[place - 1] if place else None

    def on(self, day: date) -> tuple[int | None, bool]:
        """The rate of a day, and whether it is provisional: no row of its period, or the row says so."""
        row = self.in_force(day)
        if row is None:
            return None, True
        stale = self.months > 0 and row.from_on < period_start(day, self.months)
        return row.thousandths, row.provisional or stale

    def stretches(self, first: date, last: date) -> list[Stretch]:
        """The days from first to last, both included, cut where the rate or its certainty changes."""
        cuts = {row.from_on for row in self.rows if first < row.from_on <= last}
        if self.months:
            day = next_period(first, self.months)
            while day <= last:
                cuts.add(day)
                day = next_period(day, self.months)
        found: list[Stretch] = []
        starts = sorted(cuts | {first}) if first <= last else []
        for place, start in enumerate(starts):
            end = starts[place + 1] - timedelta(days=1) if place + 1 < len(starts) else last
            rate, provisional = self.on(start)
            if found and (found[-1].thousandths, found[-1].provisional) == (rate, provisional):
                found[-1] = found[-1]._replace(to_on=end)
            else:
                found.append(Stretch(start, end, rate, provisional))
        return found


def missing_periods(table: RateTable, until_on: date) -> list[date]:
    """First days of the periods without a published rate, between the first row and a day."""
    if not table.rows or not table.months:
        return []
    day, found = period_start(table.rows[0].from_on, table.months), []
    while day <= until_on:
        following = next_period(day, table.months)
        if not any(day <= row.from_on < following and not row.provisional for row in table.rows):
            found.append(day)
        day = following
    return found


def completed(country: str, kind: str, rows: Sequence[RateRow], reference: Sequence[RateRow], until_on: date) -> RateTable:
    """The table with a provisional row for each missing period the central bank's rate allows to work out."""
    formula = FORMULAS.get((country, kind), Formula(None))
    table = RateTable(tuple(sorted(rows)), formula.months)
    bank = RateTable(tuple(sorted(reference)), 0)
    added = []
    for day in missing_periods(table, until_on):
        base = bank.in_force(day)
        rate = derived(country, kind, base.thousandths) if base else None
        known = any(row.from_on == day for row in table.rows)
        if rate is not None and not known:
            added.append(RateRow(day, rate, True))
    return RateTable(tuple(sorted([*table.rows, *added])), formula.months)


def agreed(thousandths: int) -> RateTable:
    """A rate agreed by contract: the same on every day."""
    return RateTable((RateRow(date.min, thousandths),), 0)


FLOOR_TIMES = 3
"""C. com. L441-10 II: a contractual rate of late interest is at least three times the legal rate."""


def floor_breach(thousandths: int, legal: RateTable, day: date) -> int | None:
    """The least contractual rate lawful in France on a day when the agreed one is below it, else None.

    The floor limits contractual rates alone: the default rate of the law is never raised to it. No legal rate known: None."""
    rate, _ = legal.on(day)
    floor = FLOOR_TIMES * rate if rate is not None else None
    return floor if floor is not None and thousandths < floor else None
