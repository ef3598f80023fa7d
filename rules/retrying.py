"""When a message that was not accepted is tried again.

The waits grow from a minute to four hours and are spread by a fifth either way, so that a thousand messages put off
together do not come back together; the spread comes from the message itself, never from chance.

>>> from datetime import UTC, datetime
>>> noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
>>> next_try(noon, 1, noon, "<a@b>")
datetime.datetime(2026, 11, 20, 12, 0, 56, tzinfo=datetime.timezone.utc)
>>> next_try(noon, 9, noon + timedelta(hours=47), "<a@b>") is None
True
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta

WAITS = (1, 5, 15, 30, 60, 120, 240)
"""Minutes after the first, second… attempt; the last one for all that follow."""

GIVE_UP = timedelta(hours=48)


def next_try(queued_at: datetime, attempts: int, now: datetime, name: str) -> datetime | None:
    """The instant of the next attempt after `attempts` failed ones; None when it would be 48 hours after queueing."""
    minutes = WAITS[min(max(attempts, 1), len(WAITS)) - 1]
    spread = 0.8 + zlib.crc32(f"{name} {attempts}".encode()) % 1000 / 2500
    again = now + timedelta(seconds=int(minutes * 60 * spread))
    return again if again - queued_at < GIVE_UP else None
