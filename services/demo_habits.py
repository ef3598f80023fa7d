"""Habits of the demo companies' customers: what they are, how much they buy, on which terms, and when they pay.

A habit answers with a day (or never) for an invoice; nothing here knows the ledger.

>>> pays_on(Habit.MONTH_END, date(2026, 3, 10), dice("example"))  # the last working day of the month it falls due
datetime.date(2026, 3, 31)
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rules.days import end_of_month
from rules.terms import Mode, Terms
from services.demo_names import dice

__all__ = ["BAD", "PROFILES", "Habit", "Segment", "dice", "month_weight", "pays_on", "working_day", "working_day_before"]


class Habit(StrEnum):
    """How somebody pays."""

    PUNCTUAL = "punctual"
    EARLY = "early"
    LATE = "late"  # always about twenty days
    MONTH_END = "month_end"  # one run of transfers at the end of the month
    SEASONAL = "seasonal"  # buys in autumn, pays badly while stock is high
    BAD = "bad"  # late, in parts, sometimes never
    QUARREL = "quarrel"  # good, but contests one invoice in twelve
    DEBIT = "debit"  # we take it on the due date


@dataclass(frozen=True, slots=True)
class Segment:
    """A profile of customers: its share, purchases, terms and habits; money in cents before tax."""

    code: str
    share: float
    per_month: float
    median_cents: int
    spread: float
    terms: tuple[Terms, ...]
    habits: tuple[tuple[Habit, float], ...]
    legal_type: str = "business"
    methods: tuple[str, ...] = ("transfer",)
    without_email: float = 0.06


_NET, _EOM = Mode.NET.value, Mode.DAYS_MONTH_END.value
PROFILES = (
    Segment(
        "key_account", 0.06, 2.4, 260_000, 0.55, (Terms(45, _EOM), Terms(60, _NET), Terms(30, _EOM)),
        ((Habit.MONTH_END, 0.4), (Habit.PUNCTUAL, 0.2), (Habit.LATE, 0.32), (Habit.QUARREL, 0.08)), without_email=0.0,
    ),
    Segment(
        "sme", 0.45, 1.1, 68_000, 0.75, (Terms(30, _NET), Terms(30, _EOM), Terms(45, _NET)),
        ((Habit.PUNCTUAL, 0.31), (Habit.MONTH_END, 0.15), (Habit.LATE, 0.22), (Habit.EARLY, 0.07), (Habit.SEASONAL, 0.11),
         (Habit.QUARREL, 0.04), (Habit.BAD, 0.10)), methods=("transfer", "transfer", "transfer", "cheque"),
    ),
    Segment(
        "sole_trader", 0.18, 0.7, 24_000, 0.6, (Terms(30, _NET), Terms(15, _NET)),
        ((Habit.PUNCTUAL, 0.38), (Habit.EARLY, 0.1), (Habit.LATE, 0.24), (Habit.SEASONAL, 0.12), (Habit.BAD, 0.16)),
        methods=("transfer", "cheque", "card"), without_email=0.1,
    ),
    Segment(
        "consumer", 0.10, 0.4, 14_000, 0.5, (Terms(15, _NET), Terms(8, _NET)),
        ((Habit.PUNCTUAL, 0.5), (Habit.EARLY, 0.3), (Habit.LATE, 0.1), (Habit.BAD, 0.1)),
        legal_type="consumer", methods=("card", "cheque", "transfer"), without_email=0.12,
    ),
    Segment(
        "partner", 0.06, 1.4, 120_000, 0.5, (Terms(60, _NET), Terms(45, _EOM)),
        ((Habit.PUNCTUAL, 0.6), (Habit.MONTH_END, 0.3), (Habit.LATE, 0.1)),
    ),
    Segment(
        "public", 0.06, 0.7, 95_000, 0.6, (Terms(30, _NET),),
        ((Habit.PUNCTUAL, 0.6), (Habit.LATE, 0.3), (Habit.QUARREL, 0.1)), legal_type="public", without_email=0.1,
    ),
    Segment(
        "direct_debit", 0.10, 1.0, 38_000, 0.4, (Terms(15, _NET), Terms(30, _EOM)), ((Habit.DEBIT, 1.0),),
        methods=("direct_debit",), without_email=0.03,
    ),
)  # fmt: skip
BAD = "bad_payer"  # profile of those already known as such

_SEASON = {1: 0.3, 2: 0.3, 3: 0.5, 4: 0.7, 5: 0.7, 6: 0.8, 7: 0.4, 8: 0.3, 9: 2.2, 10: 2.6, 11: 2.3, 12: 0.9}


def month_weight(habit: Habit, month: int) -> float:
    """How much of a usual month's purchases falls into a month; August is quiet for all."""
    return _SEASON[month] if habit is Habit.SEASONAL else (0.6 if month == 8 else 1.0)


def working_day(day: date) -> date:
    """The day itself, or the Monday after."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def working_day_before(day: date) -> date:
    """The day itself, or the Friday before."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def pays_on(habit: Habit, due_on: date, chance: random.Random) -> date | None:
    """The day somebody of a habit pays an invoice due on a day; None: never."""
    if habit is Habit.MONTH_END:
        last = working_day_before(end_of_month(due_on))
        return last if chance.random() > 0.08 else working_day_before(end_of_month(last + timedelta(days=8)))
    if habit is Habit.BAD:
        return None if chance.random() < 0.08 else working_day(due_on + timedelta(days=chance.randint(22, 100)))
    if habit is Habit.SEASONAL:
        late = chance.randint(12, 45) if due_on.month in (10, 11, 12, 1) else chance.randint(-2, 8)
        return working_day(due_on + timedelta(days=late))
    if habit is Habit.LATE:
        return working_day(due_on + timedelta(days=max(8, round(chance.gauss(20, 4)))))
    if habit is Habit.EARLY:
        return working_day(due_on - timedelta(days=chance.randint(3, 12)))
    if habit is Habit.DEBIT:
        return working_day(due_on)
    late = chance.choice((-4, -2, -1, -1, 0, 0, 0, 1, 2, 3)) if chance.random() > 0.05 else chance.randint(6, 25)
    return working_day(due_on + timedelta(days=late))
