"""Days on the calendar: how late, and the ends of months. What a business day is stands elsewhere.

>>> days_late(date(2026, 3, 10), date(2026, 3, 10)), days_late(date(2026, 3, 10), date(2026, 3, 11))
(0, 1)
>>> end_of_month(date(2024, 2, 3))
datetime.date(2024, 2, 29)
"""

from __future__ import annotations

import calendar
from datetime import date


def days_late(due_on: date, today: date) -> int:
    """Day − due date: overdue from the day after the due date, so 0 or less is not late."""
    return (today - due_on).days


def end_of_month(day: date) -> date:
    """Last day of the month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_index(day: date) -> int:
    """Months counted from year 0, so that months can be compared and subtracted."""
    return day.year * 12 + day.month - 1
