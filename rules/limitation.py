"""Limitation (prescription): the day after which a debt can no longer be claimed in court, and the alarm six months ahead.

Counted from the earliest candidate date (the document's, or the due date when it is earlier): the clock starts when the
service was completed, not when the invoice was written. A letter, even a formal notice, interrupts nothing in France.

>>> limitation("FR", "consumer", date(2026, 1, 10)).ends_on, limitation("FR", "business", date(2026, 1, 10)).alarm_on
(datetime.date(2028, 1, 10), datetime.date(2030, 7, 10))
>>> part = Event(date(2027, 3, 1), "part_payment")
>>> limitation("FR", "consumer", date(2026, 1, 10), (part, Event(date(2027, 9, 1), "formal_notice"))).ends_on
datetime.date(2029, 3, 1)
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

ALARM_MONTHS = 6
INTERRUPTS = ("part_payment", "acknowledgement", "plan", "court_claim", "enforcement")
"""What starts the period anew. Letters, reminders and formal notices do not (but see `BAILIFF`)."""
BAILIFF = "bailiff_notice"
"""Belgium: a formal notice by lawyer or bailiff gives one more year, once (old C. civ. 2244 § 2)."""


class Event(NamedTuple):
    """Something that may interrupt limitation."""

    on: date
    kind: str


@dataclass(frozen=True, slots=True)
class Limitation:
    """Last day of the period, when to be warned, what started it last, and the code of the rule."""

    ends_on: date
    alarm_on: date
    started_on: date
    basis: str

    def near(self, today: date) -> bool:
        return today >= self.alarm_on

    def over(self, today: date) -> bool:
        return today > self.ends_on


# (country, kind of debtor) -> months, code of the rule. Belgium: the rule for goods sold to consumers, the shortest.
PERIODS = {
    ("FR", "business"): (60, "limitation_fr_5"),
    ("FR", "public"): (48, "limitation_fr_public"),
    ("FR", "consumer"): (24, "limitation_fr_2"),
    ("BE", "business"): (120, "limitation_be_10"),
    ("BE", "public"): (60, "limitation_be_public"),
    ("BE", "consumer"): (12, "limitation_be_1"),
    ("LU", "business"): (120, "limitation_lu_10"),
    ("NL", "business"): (60, "limitation_nl_5"),
    ("DE", "business"): (36, "limitation_de_3"),
}


def limitation(country: str, legal_type: str, started_on: date, events: Sequence[Event] = ()) -> Limitation | None:
    """When a debt is time-barred; None for a country whose rule we do not have.

    Germany: three years from the end of the year. An event after the end changes nothing."""
    known = PERIODS.get((country, legal_type)) or PERIODS.get((country, "business"))
    if known is None:
        return None
    months, basis = known
    start = started_on
    ends = _end(country, start, months)
    extended = False
    for event in sorted(events):
        if event.on < start or event.on > ends:
            continue
        if event.kind in INTERRUPTS:
            start, ends = event.on, max(ends, _end(country, event.on, months))
        elif event.kind == BAILIFF and country == "BE" and not extended:
            ends, extended = max(ends, add_months(event.on, 12)), True
    return Limitation(ends, add_months(ends, -ALARM_MONTHS), start, basis)


def _end(country: str, start: date, months: int) -> date:
    if country == "DE" or (country, months) == ("FR", 48):  # from the first day of the next year
        return date(start.year + months // 12, 12, 31)
    return add_months(start, months)


def add_months(day: date, months: int) -> date:
    """The same day some months later, or the last of a shorter month.

    >>> add_months(date(2026, 8, 31), 6), add_months(date(2028, 2, 29), -24)
    (datetime.date(2027, 2, 28), datetime.date(2026, 2, 28))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
