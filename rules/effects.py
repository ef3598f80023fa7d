"""What a change of a scenario changes for one customer: the next thing that would happen before, and after.

>>> from datetime import date
>>> from rules.dunning_facts import Account, OpenItem, Policy, Scenario, Step
>>> account = Account(1, (OpenItem(7, "EUR", 10_000, date(2026, 2, 8), date(2026, 3, 10), date(2026, 2, 8)),))
>>> old, new = (Scenario(1, "One", (Step(1, "reminder", 1, "due", days, "email"),)) for days in (8, 5))
>>> found = effect(account, old, new, Policy(), date(2026, 3, 12), date(2026, 4, 12))
>>> found.before.on, found.after.on
(datetime.date(2026, 3, 18), datetime.date(2026, 3, 15))
>>> effect(account, old, old, Policy(), date(2026, 3, 12), date(2026, 4, 12)) is None
True
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from rules.dunning import decide
from rules.dunning_facts import Account, Policy, Scenario

LOOKS = 12


class NextThing(NamedTuple):
    """The first action of a customer: its day and what it is."""

    on: date
    stage: str
    level: int
    channel: str


class Effect(NamedTuple):
    """The next thing before and after a change; None: nothing within the days looked at."""

    before: NextThing | None
    after: NextThing | None


def next_thing(account: Account, scenario: Scenario | None, policy: Policy, today: date, until: date) -> NextThing | None:
    """The first action for a customer from today to another day, if no new fact comes."""
    day: date | None = today
    for _ in range(LOOKS):
        if day is None or day > until or scenario is None:
            return None
        decision = decide(account, scenario, policy, day)
        if decision.actions:
            first = decision.actions[0]
            return NextThing(day, first.step.stage, first.step.level, first.channel)
        day = decision.review_on
    return None


def effect(
    account: Account, old: Scenario | None, new: Scenario | None, policy: Policy, today: date, until: date
) -> Effect | None:
    """What a changed scenario changes for a customer; None: nothing."""
    before = next_thing(account, old, policy, today, until)
    after = next_thing(account, new, policy, today, until)
    return None if before == after else Effect(before, after)
