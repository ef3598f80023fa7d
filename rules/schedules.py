"""When a source runs by itself: the run a schedule asks for now, the next one, and how long to wait after a failure.

Daily at 06:00 in Paris, seen at 07:10 on a summer's day: this morning's run, known by its day; the next one tomorrow.

>>> from datetime import UTC
>>> now = datetime(2026, 7, 1, 5, 10, tzinfo=UTC)
>>> current("daily", "06:00", "Europe/Paris", now)
Slot(key='2026-07-01', since=datetime.datetime(2026, 7, 1, 4, 0, tzinfo=datetime.timezone.utc))
>>> following("daily", "06:00", "Europe/Paris", now)
datetime.datetime(2026, 7, 2, 4, 0, tzinfo=datetime.timezone.utc)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WAITS = (2, 10, 30, 60, 240)
"""Minutes to the next attempt after the first, second … failure in a row; the last one for all that follow."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One run a schedule asks for: its key (the same for every scheduler) and the instant it is due from."""

    key: str
    since: datetime


def current(schedule: str, at: str, zone: str, now: datetime) -> Slot | None:
    """The latest run of a schedule that is due by now; None for one that never runs by itself."""
    if schedule == "watch":
        minute = now.astimezone(UTC).replace(second=0, microsecond=0)
        return Slot(minute.strftime("%Y-%m-%dT%H:%M"), minute)
    if schedule == "hourly":
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return Slot(hour.strftime("%Y-%m-%dT%H"), hour)
    if schedule == "daily":
        day = now.astimezone(ZoneInfo(zone)).date()
        if _instant(day, at, zone) > now:
            day -= timedelta(days=1)
        return Slot(day.isoformat(), _instant(day, at, zone))
    return None


def following(schedule: str, at: str, zone: str, now: datetime) -> datetime | None:
    """The instant of the next run after now; None for one that never runs by itself."""
    slot = current(schedule, at, zone, now)
    if slot is None:
        return None
    if schedule == "daily":
        return _instant(date.fromisoformat(slot.key) + timedelta(days=1), at, zone)
    return slot.since + timedelta(minutes=1 if schedule == "watch" else 60)


def _instant(day: date, at: str, zone: str) -> datetime:
    """The time of day on the company's clock: in spring the hour that is left out counts from the hour before, in autumn
    the first of the two."""
    return datetime.combine(day, time.fromisoformat(at), ZoneInfo(zone)).astimezone(UTC)


def next_try(now: datetime, failures: int) -> datetime:
    """When a source that has just failed, failures times in a row, is tried again.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    >>> [int((next_try(noon, n) - noon).total_seconds() // 60) for n in (1, 2, 3, 4, 5, 50)]
    [2, 10, 30, 60, 240, 240]
    """
    return now + timedelta(minutes=WAITS[min(max(failures, 1), len(WAITS)) - 1])
