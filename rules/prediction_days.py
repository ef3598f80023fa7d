"""Days a bank pays on, for whole columns of days: days are counted as ordinals (1 January of year 1 is 1, as `date.toordinal`).

A delay is counted in bank days from the due date, itself moved off a weekend: a customer who always pays on the day pays an invoice due on
a Saturday on the Monday after, and that is no delay.

>>> due = np.array([date(2026, 5, 23).toordinal()])  # a Saturday
>>> monday = np.array([date(2026, 5, 25).toordinal()])
>>> int(bank_count(monday)[0] - bank_count(due)[0])
0
>>> [day.isoformat() for day in closing_days(2026, "EUR")]
['2026-01-01', '2026-04-03', '2026-04-06', '2026-05-01', '2026-12-25', '2026-12-26']
>>> [day.isoformat() for day in closing_days(2019, "USD")][1:7]
['2019-01-21', '2019-02-18', '2019-05-27', '2019-07-04', '2019-09-02', '2019-10-14']
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rules.belgium import easter

Days = NDArray[np.int64]
Spread = NDArray[np.float32]
UNIX = date(1970, 1, 1).toordinal()
SATURDAY, SUNDAY = 5, 6
ENOUGH_TO_TELL = 10.0  # payments there would have been on the closing days of a calendar, were they like others
CLOSED = 0.4  # of these there were fewer


def weekday(days: Days) -> Days:
    """0 is Monday."""
    return np.asarray((days - 1) % 7)


def day_of_month(days: Days) -> Days:
    """1 to 31."""
    at = (days - UNIX).astype("datetime64[D]")
    return np.asarray((at - at.astype("datetime64[M]")).astype(np.int64) + 1, np.int64)


def bank_count(days: Days) -> Days:
    """How many bank days (Monday to Friday) lie before a day; a weekend counts as the Monday after it."""
    weeks, rest = np.divmod(days - 1, 7)
    return np.asarray(weeks * 5 + np.minimum(rest, 5))


def bank_day(count: Days) -> Days:
    """The day that many bank days lie before."""
    weeks, rest = np.divmod(count, 5)
    return np.asarray(weeks * 7 + rest + 1)


@lru_cache(maxsize=256)
def closing_days(year: int, calendar: str) -> tuple[date, ...]:
    """The days besides weekends on which banks do not settle: in euros (EUR, the TARGET calendar since 2002) or in dollars (USD, Fedwire)."""
    if calendar == "EUR":
        sunday = easter(year)
        moving = (sunday - timedelta(days=2), sunday + timedelta(days=1))
        return (date(year, 1, 1), *moving, date(year, 5, 1), date(year, 12, 25), date(year, 12, 26))
    fixed = [(1, 1), *([(6, 19)] if year >= 2021 else []), (7, 4), (11, 11), (12, 25)]
    kept = [day + timedelta(days=day.weekday() == SUNDAY) for day in (date(year, *one) for one in fixed)]
    mondays = [
        _nth(year, 1, 0, 3),
        _nth(year, 2, 0, 3),
        _nth(year, 6, 0, 1) - timedelta(days=7),
        _nth(year, 9, 0, 1),
        _nth(year, 10, 0, 2),
    ]
    return tuple(sorted([*kept, *mondays, _nth(year, 11, 3, 4)]))


def _nth(year: int, month: int, weekday_: int, number: int) -> date:
    """The so-manieth such weekday of a month; the 1st of June less a week is the last of May."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday_ - first.weekday()) % 7 + 7 * (number - 1))


def calendar_of(first: int, payments: NDArray[np.int64]) -> str:
    """The calendar that payments keep to, "" for none; the one of the euro as long as too little was seen to tell.

    `payments` counts them by day, from the ordinal `first` on."""
    if not payments.any():
        return "EUR"
    start = first + int(np.flatnonzero(payments)[0])
    last = first + int(np.flatnonzero(payments)[-1])
    banking = weekday(np.arange(first, first + len(payments))) < SATURDAY
    usual = payments[banking].sum() / max(1, int(np.diff(bank_count(np.array([start, last + 1])))[0]))
    share = {}
    for calendar in ("EUR", "USD"):
        closed = [
            day.toordinal()
            for year in range(date.fromordinal(start).year, date.fromordinal(last).year + 1)
            for day in closing_days(year, calendar)
            if start <= day.toordinal() <= last and day.weekday() < SATURDAY
        ]
        if usual * len(closed) >= ENOUGH_TO_TELL:
            share[calendar] = float(payments[np.array(closed) - first].sum()) / (usual * len(closed))
    kept = [calendar for calendar in sorted(share, key=lambda one: share[one]) if share[calendar] < CLOSED]
    return kept[0] if kept else "" if "EUR" in share else "EUR"


def off_weekends(spread: Spread, first: Days) -> None:
    """Move what is expected on Saturdays and Sundays to the Monday after; `first` is the day of each row's first column. In place."""
    width, start = spread.shape[1], weekday(first)
    for begins in range(7):
        rows = np.flatnonzero(start == begins)
        if not len(rows):
            continue
        part = spread[rows]
        for day in (SATURDAY, SUNDAY):
            columns = np.arange((day - begins) % 7, width - 1, 7)
            part[:, np.minimum(columns + 7 - day, width - 1)] += part[:, columns]
            part[:, columns] = 0
        spread[rows] = part


def off_closing_days(spread: Spread, first: Days, calendar: str) -> None:
    """Move what is expected on days banks do not settle to the next day they do. In place."""
    if not len(first) or not calendar:
        return
    width = spread.shape[1]
    years = range(date.fromordinal(int(first.min())).year, date.fromordinal(int(first.max()) + width).year + 1)
    for closed in sorted(day.toordinal() for year in years for day in closing_days(year, calendar)):
        after = closed + 1
        while (after - 1) % 7 >= SATURDAY or date.fromordinal(after) in closing_days(date.fromordinal(after).year, calendar):
            after += 1
        at = closed - first
        rows = np.flatnonzero((at >= 0) & (at < width - 1))
        if len(rows):
            spread[rows, np.minimum(at[rows] + after - closed, width - 1)] += spread[rows, at[rows]]
            spread[rows, at[rows]] = 0
