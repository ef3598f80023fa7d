"""Which step an item has come to, and the clock every comparison with today goes through.

Reminder 1 eight days after the due date, reminder 2 eight days after reminder 1:

>>> from datetime import date
>>> from rules.dunning_facts import OpenItem, Scenario, Step
>>> scenario = Scenario(1, "Two", (Step(1, "reminder", 1, "due", 8, "email"), Step(2, "reminder", 2, "previous", 8, "email")))
>>> item = OpenItem(7, "EUR", 10_000, date(2026, 2, 8), date(2026, 3, 10), date(2026, 2, 8))
>>> clock = Clock(date(2026, 3, 20))
>>> due_step(item, scenario, clock).place, clock.review_on
(0, datetime.date(2026, 3, 26))
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from rules.dunning_facts import OpenItem, Scenario, Step, nominal_days


class Clock:
    """Today, and the earliest later day that was asked for. All that depends on today must ask `reached`."""

    __slots__ = ("next", "today")

    def __init__(self, today: date) -> None:
        self.today = today.toordinal()
        self.next = 0

    def reached(self, day: int) -> bool:
        """Whether a day (its ordinal) has come; if not, the decision is to be looked at again on it at the latest."""
        if day <= self.today:
            return True
        if not self.next or day < self.next:
            self.next = day
        return False

    @property
    def review_on(self) -> date | None:
        """The earliest day asked for that has not come; None when every answer stays as it is."""
        return date.fromordinal(self.next) if self.next else None


class Due(NamedTuple):
    """An item and the step whose time has come for it: its place in the ladder (−1: none), since which day, what it overtakes."""

    item: OpenItem
    overdue: bool
    place: int = -1
    since: int = 0
    overtaken: tuple[int, ...] = ()
    cycle: int = 0
    wait_until_on: date | None = None
    fresh: bool = True  # nobody was contacted about this item yet


def due_step(item: OpenItem, scenario: Scenario, clock: Clock) -> Due | None:
    """The furthest step whose day has come and which is not done for the item; earlier ones not done are overtaken.

    A step that may not be overtaken stops the search. An item already past its first reminder when first seen starts
    there, whatever its age; nobody gets a formal notice before a reminder; notices end with the due date.
    None: neither overdue nor is there a notice to give."""
    due = item.due_on.toordinal()
    overdue = clock.reached(due + 1)
    if item.done:
        return _next_step(item, scenario, clock, overdue)
    offsets = scenario.offsets
    if offsets is None:
        offsets = tuple(day - due for day in nominal_days(scenario, due, item.document_on.toordinal()))
    ladder, first = scenario.ladder, scenario.first_reminder
    place = -1
    if not overdue:
        for k in range(first):
            if not clock.reached(due + offsets[k]):
                break
            if ladder[k].for_debit == item.by_debit:
                place = k
        return None if place < 0 else Due(item, False, place, due + offsets[place], scenario.before[place])
    if first == len(ladder):
        return Due(item, True)
    late = item.first_seen_on.toordinal() > due + offsets[first]
    for k in range(first, first + 1 if late else scenario.legal_from):
        if not clock.reached(due + offsets[k]):
            break
        if ladder[k].stage != "notice":
            place = k
            if not ladder[k].may_be_overtaken:
                break
    return Due(item, True) if place < 0 else Due(item, True, place, due + offsets[place], scenario.before[place])


def _next_step(item: OpenItem, scenario: Scenario, clock: Clock, overdue: bool) -> Due | None:
    """`due_step` for an item with steps behind it: what follows keeps its distance from the last one done."""
    ladder = scenario.ladder
    last, done_on, cycles, reminded = -1, 0, 0, False
    wait: date | None = None
    for done in item.done:
        place = scenario.place_of(done.step_id, done.stage, done.level)
        day = done.done_on.toordinal()
        if place > last:
            last, done_on, cycles = place, day, 0
        if place == last:
            done_on = max(done_on, day)
            cycles += 1
        reminded = reminded or done.stage != "notice"
        if done.wait_until_on is not None and (wait is None or done.wait_until_on > wait):
            wait = done.wait_until_on

    if last == len(ladder) - 1 and last >= 0 and ladder[last].repeat_days > 0:
        since = done_on + ladder[last].repeat_days
        if overdue and cycles <= ladder[last].repeat_max and clock.reached(since):
            return Due(item, overdue, last, since, (), cycles, wait, False)
        return Due(item, overdue, wait_until_on=wait, fresh=False) if overdue else None

    place, since = -1, 0
    limit = len(ladder) if reminded else scenario.legal_from
    for k, day in _days_after(item, scenario, last, done_on):
        if k >= limit or not clock.reached(day):
            break
        if _applies(ladder[k], item, overdue):
            place, since = k, day
        if not ladder[k].may_be_overtaken and ladder[k].stage != "notice":
            break
    if place < 0:
        return Due(item, overdue, wait_until_on=wait, fresh=False) if overdue else None
    return Due(item, overdue, place, since, tuple(s.id for s in ladder[last + 1 : place]), 0, wait, False)


def _applies(step: Step, item: OpenItem, overdue: bool) -> bool:
    """A notice only before the item is overdue, and the one of its way of paying; all else only after."""
    if step.stage == "notice":
        return not overdue and step.for_debit == item.by_debit
    return overdue


def _days_after(item: OpenItem, scenario: Scenario, last: int, done_on: int) -> Iterator[tuple[int, int]]:
    """Place and day of each step after the last one done: counted from the day it was really done, and for steps with
    a day of their own not before that day plus the distance the scenario puts between the two."""
    due = item.due_on.toordinal()
    nominal = nominal_days(scenario, due, item.document_on.toordinal())
    previous = done_on
    for k in range(last + 1, len(nominal)):
        step = scenario.ladder[k]
        if step.trigger == "previous":
            day = previous + step.days
        else:
            day = max(nominal[k], done_on + nominal[k] - nominal[last]) if last >= 0 else nominal[k]
        if step.stage != "notice":
            day = max(day, due + 1)
        previous = max(day, previous, done_on + 1)
        yield k, previous
