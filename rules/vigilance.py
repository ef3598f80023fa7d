"""What deserves a person's attention on the home page, beyond what is merely late.

An item that has just become late is large from the amount the company says; else from 2 % of all that is owed, and never below
1 000,00.

>>> large_from(35_812_340), large_from(1_000_000), large_from(1_000_000, 500_000)
(716246, 100000, 500000)
"""

from __future__ import annotations

LARGE_SHARE = 50  # one fiftieth of what is owed
LARGE_LEAST_CENTS = 100_000
JUST_LATE_DAYS = 7  # unless the company says otherwise
SOURCE_FAILURES = 3
"""A source that failed so many times in a row needs a person."""


def large_from(owed_cents: int, said_cents: int | None = None) -> int:
    """The smallest amount in cents that makes an item large in a company that is owed so much; what it says goes first."""
    return said_cents if said_cents is not None else max(LARGE_LEAST_CENTS, owed_cents // LARGE_SHARE)
