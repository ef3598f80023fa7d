"""The Belgian consumer: a free first reminder, its waiting period, and the caps of book XIX of the Code de droit économique.

The period is 14 calendar days: from the day after sending for electronic messages, from the third working day after dispatch
for letters (Saturday is not counted as a working day: the later date is the safe one).

>>> wait_after(date(2026, 11, 9), electronic=True)
Wait(first_on=datetime.date(2026, 11, 10), last_on=datetime.date(2026, 11, 23), claim_from_on=datetime.date(2026, 11, 24))
>>> wait_after(date(2026, 11, 9), electronic=False).claim_from_on  # 11 November is a holiday
datetime.date(2026, 11, 27)
>>> [cap_cents(cents) for cents in (15_000, 15_001, 30_000, 50_000, 100_000, 3_920_000)]
[2000, 3000, 4500, 6500, 9000, 200000]
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

WAIT_DAYS = 14
WORKING_DAYS = 3
MARGIN_DAYS = 1
"""Added before anything is claimed by this program: a message sent late in the evening, a day counted otherwise."""
FREE_REMINDERS = 3
"""A year, for contracts of regular supply; further ones cost at most `REMINDER_CENTS` and the postage."""
REMINDER_CENTS = 750


class Wait(NamedTuple):
    """First and last day of the waiting period, and the first day on which costs or interest may be asked for."""

    first_on: date
    last_on: date
    claim_from_on: date


def wait_after(sent_on: date, *, electronic: bool) -> Wait:
    """The waiting period opened by a first reminder sent on a day (CDE XIX.2)."""
    day = sent_on
    if electronic:
        day += timedelta(days=1)
    else:
        for _ in range(WORKING_DAYS):
            day = next_working_day(day)
    last = day + timedelta(days=WAIT_DAYS - 1)
    return Wait(day, last, last + timedelta(days=1))


def cap_cents(unpaid_cents: int) -> int:
    """The most a contract may fix as compensation for an unpaid sum (CDE XIX.4): 20 up to 150; 30 and 10 % of what is above
    150 up to 500; 65 and 5 % of what is above 500, 2,000 at most. Cents, half a cent up."""
    if unpaid_cents <= 0:
        return 0
    if unpaid_cents <= 15_000:
        return 2_000
    if unpaid_cents <= 50_000:
        return 3_000 + ((unpaid_cents - 15_000) + 5) // 10
    return min(6_500 + ((unpaid_cents - 50_000) + 10) // 20, 200_000)


def next_working_day(day: date) -> date:
    """The first day after, neither Saturday, Sunday nor public holiday."""
    day += timedelta(days=1)
    while day.weekday() > 4 or day in holidays(day.year):
        day += timedelta(days=1)
    return day


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous method of 1876).

    >>> easter(2026), easter(2027)
    (datetime.date(2026, 4, 5), datetime.date(2027, 3, 28))
    """
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def holidays(year: int) -> frozenset[date]:
    """The ten legal holidays of Belgium (royal decree of 18 April 1974)."""
    sunday = easter(year)
    fixed = ((1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25))
    moving = (1, 39, 50)  # Easter Monday, Ascension, Whit Monday
    return frozenset([date(year, *day) for day in fixed] + [sunday + timedelta(days=n) for n in moving])
