"""A scenario run over the past: what the decision of each working day would have sent, had every message left that day.

The same `decide` with the dates of then; between two days on which something may change (`review_on`, an invoice, a payment) nothing is asked. What
goes on before `since` is played to start from a fair state and not counted.

>>> from datetime import date
>>> from rules.dunning_facts import Policy, Scenario, Step
>>> scenario = Scenario(1, "One", (Step(1, "reminder", 1, "due", 8, "email"),))
>>> item = PastItem(7, "EUR", 10_000, date(2026, 2, 8), date(2026, 2, 8), date(2026, 3, 10), paid=((date(2026, 3, 20), 10_000),))
>>> past = Past(5, (item,))
>>> [(sent.on, sent.step.id, sent.paid_anyway) for sent in replay(past, scenario, Policy(), date(2026, 1, 1), date(2026, 5, 1))]
[(datetime.date(2026, 3, 18), 1, True)]
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from rules.dunning import decide
from rules.dunning_facts import Account, OpenItem, PlannedAction, Policy, Scenario, SettledItem, Step, StepDone

WARM_UP_DAYS = 120
SOON_DAYS = 3


class PastItem(NamedTuple):
    """An item with what has become of it: cents signed, `paid` the days and cents it was settled by (positive), in order."""

    id: int
    currency: str
    cents: int
    counts_on: date
    document_on: date
    due_on: date
    by_debit: bool = False
    paid: tuple[tuple[date, int], ...] = ()

    def open_on(self, day: date) -> int:
        """What was open at the end of a day, signed; nothing before the item was known."""
        if self.counts_on > day:
            return 0
        if not self.paid or self.paid[0][0] > day:
            return self.cents
        settled = sum(cents for on, cents in self.paid if on <= day)
        return self.cents - settled if self.cents > 0 else min(0, self.cents + settled)

    def over(self, day: date, thanks_days: int) -> bool:
        """Whether it was settled so long before a day that nobody thanks for it any more."""
        return bool(self.paid) and (day - self.paid[-1][0]).days >= thanks_days and not self.open_on(day)


class Past(NamedTuple):
    """A customer with its items of then, and how it can be reached now ("" when usable, as in `Account`)."""

    customer_id: int
    items: tuple[PastItem, ...]
    email: str = ""
    post: str = ""
    phone: str = ""


class Sent(NamedTuple):
    """A message that would have gone. paid_anyway: all it asks for was paid within `SOON_DAYS` of that day, without it."""

    customer_id: int
    on: date
    step: Step
    channel: str
    currency: str
    cents: int
    paid_anyway: bool


def replay(past: Past, scenario: Scenario, policy: Policy, since: date, until: date) -> Iterator[Sent]:
    """What a scenario would have sent to a customer from one day to another, both included."""
    changes = _changes(past)
    coming = sorted(past.items, key=lambda item: item.counts_on, reverse=True)
    live: list[PastItem] = []
    done: dict[int, list[StepDone]] = {}
    thanked: set[int] = set()
    last_contact: date | None = None
    day: date | None = _working(since - timedelta(days=WARM_UP_DAYS))
    while day is not None and day <= until:
        while coming and coming[-1].counts_on <= day:
            live.append(coming.pop())
        live = [item for item in live if not item.over(day, policy.thanks_days)]
        account = _account(past, live, scenario, policy, day, done, thanked, last_contact)
        decision = decide(account, scenario, policy, day)
        for action in decision.actions:
            if action.step.stage == "thanks":
                thanked.update(item.item_id for item in action.chased)
            else:
                last_contact = day
                _record(action, day, done, scenario)
            if day >= since:
                yield _sent(past, action, day)
        day = _next(day, changes, None if decision.actions else decision.review_on, bool(decision.actions))


def _changes(past: Past) -> list[date]:
    """Days on which the facts of a customer changed, in order."""
    days = {item.counts_on for item in past.items}
    days.update(on for item in past.items for on, _ in item.paid)
    return sorted(days)


def _next(day: date, changes: list[date], review_on: date | None, acted: bool) -> date | None:
    candidates = [changed for changed in changes if changed > day][:1]
    if acted:
        candidates.append(day + timedelta(days=1))
    if review_on is not None:
        candidates.append(review_on)
    return _working(min(candidates)) if candidates else None


def _working(day: date) -> date:
    """The day itself from Monday to Friday, else the Monday after."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def _account(
    past: Past, live: list[PastItem], scenario: Scenario, policy: Policy, day: date, done: dict[int, list[StepDone]], thanked: set[int],
    last_contact: date | None,
) -> Account:  # fmt: skip
    """The customer as it stood on a day, the messages of the replay behind it."""
    items = []
    settled = []
    for one in live:
        cents = one.open_on(day)
        if cents:
            steps = tuple(done.get(one.id, ()))
            items.append(OpenItem(one.id, one.currency, cents, one.document_on, one.due_on, one.counts_on, one.by_debit, steps))
        elif (
            scenario.thanks
            and one.cents > 0
            and one.paid
            and one.counts_on <= day
            and one.id not in thanked
            and not one.by_debit
        ):
            on = one.paid[-1][0]
            if on <= day and (day - on).days < policy.thanks_days:
                formal = any(step.stage == "formal_notice" for step in done.get(one.id, ()))
                settled.append(SettledItem(one.id, one.currency, one.cents, one.due_on, on, formal))
    items.sort(key=lambda item: (item.due_on, item.id))
    return Account(
        past.customer_id, tuple(items), settled=tuple(settled), email=past.email, post=past.post, phone=past.phone,
        last_contact_on=last_contact, scenario_id=scenario.id,
    )  # fmt: skip


def _record(action: PlannedAction, day: date, done: dict[int, list[StepDone]], scenario: Scenario) -> None:
    steps = {step.id: step for step in scenario.ladder}
    for item in (*action.chased, *action.coming):
        step = steps[item.step_id]
        wait = day + timedelta(days=step.wait_days) if step.wait_days else None
        done.setdefault(item.item_id, []).append(StepDone(step.id, step.stage, step.level, day, wait))


def _sent(past: Past, action: PlannedAction, day: date) -> Sent:
    chased = {item.item_id for item in action.chased}
    soon = day + timedelta(days=SOON_DAYS)
    left = sum(item.open_on(soon) for item in past.items if item.id in chased)
    anyway = action.step.stage not in ("thanks", "notice") and left <= 0
    return Sent(past.customer_id, day, action.step, action.channel, action.currency, action.amount_cents, anyway)
