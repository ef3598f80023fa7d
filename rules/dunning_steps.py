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

from datetime import date
from typing import NamedTuple

from rules.dunning_facts import OpenItem, Scenario, nominal_days


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
    offsets = _offsets(item, scenario, due)
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
    """`due_step` for an item with steps behind it: what follows keeps its distance from the last one done.

    A step counted from the one ahead waits its days after that one was done (or would be); a step with a day of its own
    comes not before the day of the last one done plus the distance the scenario puts between the two. A notice keeps
    nothing waiting: reminders follow the due date."""
    ladder = scenario.ladder
    last, done_on, cycles, reminded, wait = _progress(item, scenario)
    if not overdue and last >= scenario.first_reminder - 1:
        return None
    if last == len(ladder) - 1 and last >= 0 and ladder[last].repeat_days > 0:
        since = done_on + ladder[last].repeat_days
        if overdue and cycles <= ladder[last].repeat_max and clock.reached(since):
            return Due(item, overdue, last, since, (), cycles, wait, False)
        return Due(item, overdue, -1, 0, (), 0, wait, False) if overdue else None

    due = item.due_on.toordinal()
    offsets = _offsets(item, scenario, due)
    place, since, previous = -1, 0, done_on
    for k in range(last + 1, len(ladder) if reminded else scenario.legal_from):
        step = ladder[k]
        notice = step.stage == "notice"
        if step.trigger == "previous":
            day = previous + step.days
        elif last < 0 or ladder[last].stage == "notice":
            day = due + offsets[k]  # a notice that left late is no reason to remind late
        else:
            day = max(due + offsets[k], done_on + offsets[k] - offsets[last])
        if not notice and day <= due:
            day = due + 1
        previous = max(day, previous, done_on + 1)
        if not clock.reached(previous):
            break
        if notice:
            if not overdue and step.for_debit == item.by_debit:
                place, since = k, previous
            continue
        place, since = k, previous
        if not step.may_be_overtaken:
            break
    if place < 0:
        return Due(item, overdue, -1, 0, (), 0, wait, False) if overdue else None
    return Due(item, overdue, place, since, tuple([s.id for s in ladder[last + 1 : place]]), 0, wait, False)


def _progress(item: OpenItem, scenario: Scenario) -> tuple[int, int, int, bool, date | None]:
    """Of the steps done: place of the furthest, last day and how often it was done; whether any was more than a notice;
    the end of the longest waiting period granted."""
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
    return last, done_on, cycles, reminded, wait


def _offsets(item: OpenItem, scenario: Scenario, due: int) -> tuple[int, ...]:
    """Nominal day of each step in days after the due date."""
    if scenario.offsets is not None:
        return scenario.offsets
    return tuple(day - due for day in nominal_days(scenario, due, item.document_on.toordinal()))
