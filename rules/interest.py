"""Interest for late payment: simple interest per day on the principal unpaid that day, by stretches of one rate.

Days = from the day after the due date to the day of payment, both included. Divisor 365 always, or the days of the year where
a company chose so. One rounding, half up, once per item at the end; the segments shown add up to it to the cent.
The Netherlands add the interest of each full year to the principal (BW 6:119 lid 2).

1,000 due 15 December 2024, paid 15 July 2025, in France: 16 days at 14.25 %, 181 at 13.15 %, 15 at 12.15 %.

>>> table = RateTable((RateRow(date(2024, 7, 1), 14_250), RateRow(date(2025, 1, 1), 13_150), RateRow(date(2025, 7, 1), 12_150)))
>>> found = interest(100_000, date(2024, 12, 15), date(2025, 7, 15), table)
>>> found.cents, [(s.days, s.thousandths, s.cents) for s in found.segments]
(7645, [(16, 14250, 625), (181, 13150, 6521), (15, 12150, 499)])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from rules.rates import RateRow, RateTable, Stretch

ONE_DAY = timedelta(days=1)
UNITS = 100_000  # thousandths of a percent in the whole
YEAR = 365


class Paid(NamedTuple):
    """Cents paid on a day; that day itself still counts as unpaid."""

    paid_on: date
    cents: int


class Segment(NamedTuple):
    """Days, both included, with one principal and one rate. cents: its part of the rounded total.

    base_cents: principal and the interest of past years added to it (the same but in the Netherlands).
    thousandths None: no rate known, so no interest is counted, and the whole is provisional."""

    from_on: date
    to_on: date
    days: int
    principal_cents: int
    base_cents: int
    thousandths: int | None
    provisional: bool
    cents: int


@dataclass(frozen=True, slots=True)
class Interest:
    """Interest of one item. provisional: a rate is missing or not published; missing: for some days none at all is known."""

    cents: int
    segments: tuple[Segment, ...]
    exact: Fraction

    @property
    def provisional(self) -> bool:
        return any(s.provisional for s in self.segments)

    @property
    def missing(self) -> bool:
        return any(s.thousandths is None for s in self.segments)

    @property
    def days(self) -> int:
        return sum(s.days for s in self.segments)


NOTHING = Interest(0, (), Fraction(0))


def half_up(value: Fraction) -> int:
    """To whole cents, half a cent up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def interest(
    principal_cents: int,
    due_on: date,
    until_on: date,
    table: RateTable,
    *,
    payments: Sequence[Paid] = (),
    start_on: date | None = None,
    actual_days: bool = False,
    compound: bool = False,
) -> Interest:
    """Interest of one debt through a day. start_on: first day with interest (default: the day after the due date; never before it)."""
    first = max(start_on or due_on + ONE_DAY, due_on + ONE_DAY)
    if principal_cents <= 0 or until_on < first:
        return NOTHING
    paid = sorted(payments)
    total, added, accrued = Fraction(0), Fraction(0), Fraction(0)
    segments: list[Segment] = []
    anniversary = _years_after(first, 1)
    for stretch in _pieces(table.stretches(first, until_on), paid, first, until_on, actual_days, compound):
        while compound and stretch.from_on >= anniversary:
            added, accrued = added + accrued, Fraction(0)
            anniversary = _years_after(first, anniversary.year - first.year + 1)
        left = principal_cents - sum(p.cents for p in paid if p.paid_on < stretch.from_on)
        if left <= 0:
            break
        base, days = left + added, (stretch.to_on - stretch.from_on).days + 1
        year = _year_days(stretch.from_on) if actual_days else YEAR
        part = base * days * (stretch.thousandths or 0) / (UNITS * year) if stretch.thousandths else Fraction(0)
        before, total, accrued = half_up(total), total + part, accrued + part
        segments.append(
            Segment(stretch.from_on, stretch.to_on, days, left, half_up(Fraction(base)), *stretch[2:], half_up(total) - before)
        )
    return Interest(half_up(total), tuple(_joined(segments)), total)


def _pieces(
    stretches: Sequence[Stretch], paid: Sequence[Paid], first: date, last: date, actual_days: bool, compound: bool
) -> list[Stretch]:
    """The stretches cut after each payment, and at years where the count of days or the principal changes with them."""
    cuts = {p.paid_on + ONE_DAY for p in paid}
    if actual_days:
        cuts |= {date(year, 1, 1) for year in range(first.year + 1, last.year + 1)}
    if compound:
        cuts |= {_years_after(first, n) for n in range(1, last.year - first.year + 1)}
    found: list[Stretch] = []
    for stretch in stretches:
        start = stretch.from_on
        for cut in sorted(c for c in cuts if stretch.from_on < c <= stretch.to_on):
            found.append(stretch._replace(from_on=start, to_on=cut - ONE_DAY))
            start = cut
        found.append(stretch._replace(from_on=start))
    return found


def _joined(segments: Sequence[Segment]) -> list[Segment]:
    """Neighbours with the same principal, rate and certainty are one line (a new calendar year alone is no reason to cut)."""
    found: list[Segment] = []
    for segment in segments:
        last = found[-1] if found else None
        if last and last[3:7] == segment[3:7]:
            found[-1] = last._replace(to_on=segment.to_on, days=last.days + segment.days, cents=last.cents + segment.cents)
        else:
            found.append(segment)
    return found


def _year_days(day: date) -> int:
    return (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days


def _years_after(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


__all__ = ["NOTHING", "Interest", "Paid", "RateRow", "RateTable", "Segment", "half_up", "interest"]
