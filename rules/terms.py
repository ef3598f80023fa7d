"""Payment terms: the due date of an invoice that does not say its own.

"45 days end of month" may be counted both ways (DGCCRF on C. com. L441-10): the days first, or the end of month first.

>>> due_on(date(2026, 1, 10), Terms(45, Mode.DAYS_MONTH_END)), due_on(date(2026, 1, 10), Terms(45, Mode.MONTH_END_DAYS))
(datetime.date(2026, 2, 28), datetime.date(2026, 3, 17))
>>> due_on(date(2026, 1, 10), Terms(30, Mode.DAYS_MONTH_END_TENTH))  # 30 days end of month the 10th
datetime.date(2026, 3, 10)
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from rules.days import end_of_month


class Mode(StrEnum):
    """How the days are counted from the date of the document."""

    NET = "net"  # date + n days
    DAYS_MONTH_END = "days_month_end"  # date + n days, then the end of that month
    MONTH_END_DAYS = "month_end_days"  # end of the month of the date, then + n days
    DAYS_MONTH_END_TENTH = "days_month_end_tenth"  # date + n days, end of that month, then the 10th


MODES = tuple(mode.value for mode in Mode)


class Terms(NamedTuple):
    """n days counted in one way; what a customer or a company agreed."""

    days: int
    mode: str = Mode.NET.value


def due_on(document_on: date, terms: Terms) -> date:
    """The last day on which a document of that day is paid on time; an unknown mode counts as net."""
    days = timedelta(days=terms.days)
    if terms.mode == Mode.DAYS_MONTH_END:
        return end_of_month(document_on + days)
    if terms.mode == Mode.MONTH_END_DAYS:
        return end_of_month(document_on) + days
    if terms.mode == Mode.DAYS_MONTH_END_TENTH:
        return end_of_month(document_on + days) + timedelta(days=10)
    return document_on + days
