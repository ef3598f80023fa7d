"""Payment plans: what is paid when, whether the debtor keeps to it, and what that means for the items covered.

1 000,00 in three months from 31 January; cents that do not divide go to the last:

>>> [(i.due_on.isoformat(), i.cents) for i in instalments(100_000, date(2026, 1, 31), "monthly", count=3)]
[('2026-01-31', 33333), ('2026-02-28', 33333), ('2026-03-31', 33334)]

Broken 15 days after an instalment that did not come, or as soon as two have not come:

>>> plan = instalments(100_000, date(2026, 1, 31), "monthly", count=3)
>>> judge(plan, 33_333, Patience(15, 2), date(2026, 3, 1)).late_cents, judge(plan, 33_333, Patience(15, 2), date(2026, 3, 1)).breaks_on
(33333, datetime.date(2026, 3, 16))
>>> judge(plan, 33_333, Patience(15, 2), date(2026, 3, 16)).state
'broken'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from rules.days import end_of_month
from rules.errors import DomainError
from rules.limitation import add_months

FREQUENCIES = ("weekly", "monthly", "month_end")
MOST = 60
"""Instalments of one plan, at most."""
NOTICE_DAYS = 3
"""An instalment is announced so many days before its day."""
CHASE_DAYS = 2
"""One that did not come is asked for so many days after its day: transfers take a working day."""
LIVE = ("accepted", "running")
"""States in which a plan keeps its items from being reminded."""


class Instalment(NamedTuple):
    """Cents to be paid on a day."""

    due_on: date
    cents: int


class Patience(NamedTuple):
    """The company's rule: broken more than `days` days after an instalment that has not come, or once `missed` have not come."""

    days: int = 15
    missed: int = 2


class Part(NamedTuple):
    """Cents of one item that an instalment pays."""

    item_id: int
    cents: int
    due_on: date


@dataclass(frozen=True, slots=True)
class Judged:
    """How a plan stands on a day. paid: cents received for each instalment, in order; states: paid, late or expected.

    state: accepted (its first day has not come), running, kept, broken. next: the first instalment not paid in full.
    breaks_on: the first day on which the plan is broken if nothing more comes (None once all is paid)."""

    state: str
    paid: tuple[int, ...]
    states: tuple[str, ...]
    late_cents: int
    next: Instalment | None
    breaks_on: date | None


def instalments(
    cents: int, first_on: date, frequency: str, count: int | None = None, each_cents: int | None = None
) -> tuple[Instalment, ...]:
    """An amount in so many equal instalments, or in instalments of so many cents; the last one takes what is left.

    Months keep the day of the first instalment, or the last day of a shorter month; `month_end` is always the last day.
    Errors: plan_amount, plan_shape (neither or both of count and each_cents), plan_count, plan_each, plan_frequency."""
    if cents <= 0:
        raise DomainError("plan_amount")
    if (count is None) == (each_cents is None):
        raise DomainError("plan_shape")
    if frequency not in FREQUENCIES:
        raise DomainError("plan_frequency", value=frequency)
    if each_cents is not None:
        if not 0 < each_cents <= cents or -(-cents // each_cents) > MOST:
            raise DomainError("plan_each", most=MOST)
        number, each = -(-cents // each_cents), each_cents
    else:
        number = count or 0
        if not 1 <= number <= min(MOST, cents):
            raise DomainError("plan_count", most=MOST)
        each = cents // number
    days = [_day(first_on, frequency, n) for n in range(number)]
    return tuple(Instalment(on, each if n < number - 1 else cents - each * (number - 1)) for n, on in enumerate(days))


def _day(first_on: date, frequency: str, n: int) -> date:
    if frequency == "weekly":
        return first_on + timedelta(weeks=n)
    if frequency == "month_end":
        return end_of_month(add_months(first_on.replace(day=1), n))
    return add_months(first_on, n)


def judge(plan: Sequence[Instalment], received_cents: int, patience: Patience, today: date) -> Judged:
    """How a plan stands when so much has come in for it: money pays the earliest instalments first.

    An instalment is late from the day after its own. Nothing changes before `breaks_on` without money coming in, but for
    instalments becoming late."""
    ordered = sorted(plan)
    left, paid = max(received_cents, 0), list[int]()
    for one in ordered:
        used = min(left, one.cents)
        paid.append(used)
        left -= used
    unpaid = [one for one, got in zip(ordered, paid, strict=True) if got < one.cents]
    states = tuple(
        "paid" if got == one.cents else "late" if today > one.due_on else "expected"
        for one, got in zip(ordered, paid, strict=True)
    )
    late = sum(one.cents - got for one, got, state in zip(ordered, paid, states, strict=True) if state == "late")
    if not unpaid:
        return Judged("kept", tuple(paid), states, 0, None, None)
    breaks_on = unpaid[0].due_on + timedelta(days=patience.days + 1)
    if 0 < patience.missed <= len(unpaid):
        breaks_on = min(breaks_on, unpaid[patience.missed - 1].due_on + timedelta(days=1))
    begun = today >= ordered[0].due_on or any(paid)
    state = "broken" if today >= breaks_on else "running" if begun else "accepted"
    return Judged(state, tuple(paid), states, late, unpaid[0], breaks_on)


def portions(owed: Sequence[tuple[int, int]], wanted: Sequence[Instalment]) -> list[Part]:
    """Which cents of which item each unpaid amount pays: (item, open cents) in the order given, oldest due first, the
    earliest amount first. No item gets more than it owes, no day more than its amount."""
    found: list[Part] = []
    queue = [[item_id, cents] for item_id, cents in owed if cents > 0]
    for due_on, cents in sorted(wanted):
        left = cents
        while left > 0 and queue:
            used = min(left, queue[0][1])
            found.append(Part(queue[0][0], used, due_on))
            left -= used
            queue[0][1] -= used
            if not queue[0][1]:
                queue.pop(0)
    return found
