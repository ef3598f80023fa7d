"""The decision: what to do today for one customer, what is held back and why, and when to look again.

Pure. Every comparison with today goes through one clock that remembers the earliest day not reached yet; nothing can
change before that day without a new fact, so it is `review_on`, and the page, the preview of any day and the
nightly run are the same call.

Notice 8 days before, reminder 1 eight days after, reminder 2 eight days after that, formal notice 15 days later.
An item due 10 March whose first reminder left only on the 20th:

>>> from datetime import date
>>> from rules.dunning_facts import Account, OpenItem, Policy, Scenario, Step, StepDone
>>> scenario = Scenario(1, "Standard", (
...     Step(1, "notice", 0, "due", -8, "email"), Step(2, "reminder", 1, "due", 8, "email"),
...     Step(3, "reminder", 2, "previous", 8, "email"), Step(4, "formal_notice", 0, "previous", 15, "letter")))
>>> day = lambda month, d: date(2026, month, d)
>>> item = OpenItem(7, "EUR", 10_000, day(2, 8), day(3, 10), day(2, 8))
>>> decide(Account(1, (item,)), scenario, Policy(), day(2, 20)).review_on
datetime.date(2026, 3, 2)
>>> decide(Account(1, (item,)), scenario, Policy(), day(3, 18)).actions[0].step.level
1
>>> late = item._replace(done=(StepDone(2, "reminder", 1, day(3, 20)),))
>>> decide(Account(1, (late,), last_contact_on=day(3, 20)), scenario, Policy(), day(3, 27)).review_on
datetime.date(2026, 3, 28)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rules.dunning_actions import plan, reachable, thanks_due, unreachable
from rules.dunning_facts import Account, Decision, Held, PlannedAction, Policy, Reason, Scenario
from rules.dunning_holds import item_reason, promised_items, reply_to_read
from rules.dunning_steps import Clock, Due, due_step


def decide(account: Account, scenario: Scenario | None, policy: Policy, today: date) -> Decision:
    """What the scenario asks for this customer on a day: actions, what is held back with its reason, and the
    first day on which either may change without a new fact (domain: decision)."""
    clock = Clock(today)
    if scenario is None:
        return _without_scenario(account, clock)
    dues, some = [], False
    for item in account.items:
        if item.open_cents > 0 and (due := due_step(item, scenario, clock)) is not None:
            dues.append(due)
            some = some or due.place >= 0
    actions: list[PlannedAction] = []
    held: list[Held] = []
    if some:
        free = _free(account, scenario, policy, dues, clock, held)
        for currency in dict.fromkeys(d.item.currency for d in free if d.place >= 0):
            _group(account, scenario, policy, currency, free, clock, actions, held)
    if account.settled and scenario.thanks:
        actions.extend(thanks_due(account, scenario.thanks[0], policy, dues, clock))
    return Decision(tuple(actions), tuple(held), clock.review_on)


def _without_scenario(account: Account, clock: Clock) -> Decision:
    late = [i for i in account.items if i.open_cents > 0 and clock.reached(i.due_on.toordinal() + 1)]
    held = (Held(tuple(i.id for i in late), Reason("no_scenario"), None, None),) if late else ()
    return Decision((), held, clock.review_on)


def _free(account: Account, scenario: Scenario, policy: Policy, dues: list[Due], clock: Clock, held: list[Held]) -> list[Due]:
    """Items free to be chased or listed; the others go to `held`, one entry per reason and currency."""
    promised = promised_items(account, policy.grace_days, clock) if account.promises else {}
    free: list[Due] = []
    groups: dict[tuple[object, ...], tuple[Reason, date | None, list[Due]]] = {}
    for due in dues:
        found = item_reason(account, scenario, due, promised, clock)
        if found is None:
            free.append(due)
        elif due.place >= 0:
            reason, until = found
            key = (due.item.currency, reason.code, until, *reason.params.values())
            groups.setdefault(key, (reason, until, []))[2].append(due)
    for reason, until, members in groups.values():
        amount = sum(d.item.open_cents for d in members)
        action = plan(account, scenario, policy, members, (), (), amount)
        held.append(Held(action.item_ids, reason, until, action))
    return free


def _group(
    account: Account,
    scenario: Scenario,
    policy: Policy,
    currency: str,
    free: Sequence[Due],
    clock: Clock,
    actions: list[PlannedAction],
    held: list[Held],
) -> None:
    """One action for the overdue items of one currency, with items coming due mentioned; notices alone only when no
    reminder leaves. Unallocated credits of the currency are deducted."""
    notices: list[Due] = []
    chased: list[Due] = []
    listed: list[Due] = []
    overdue = credits = 0
    for due in free:
        if due.item.currency != currency:
            continue
        if due.overdue:
            overdue += due.item.open_cents
            (chased if due.place >= 0 else listed).append(due)
        else:
            notices.append(due)
    for item in account.items:
        if item.open_cents < 0 and item.currency == currency:
            credits -= item.open_cents
    if scenario.by_item:
        _each_item(account, scenario, policy, [*chased, *listed, *notices], credits, clock, actions, held)
        return
    if chased:
        others = tuple(d.item.id for d in listed)
        action = plan(account, scenario, policy, chased, others, notices, overdue - credits)
        if _place(account, policy, action, clock, actions, held) not in ("covered", "below_floor"):
            return
    if notices:
        amount = sum(d.item.open_cents for d in notices) - max(0, credits - overdue)
        _place(account, policy, plan(account, scenario, policy, notices, (), (), amount), clock, actions, held)


def _each_item(
    account: Account,
    scenario: Scenario,
    policy: Policy,
    dues: list[Due],
    credits: int,
    clock: Clock,
    actions: list[PlannedAction],
    held: list[Held],
) -> None:
    """One action per item; credits are deducted from the oldest due first."""
    for due in sorted(dues, key=lambda d: (d.item.due_on, d.item.id)):
        used = min(credits, due.item.open_cents)
        credits -= used
        if due.place >= 0:
            action = plan(account, scenario, policy, [due], (), (), due.item.open_cents - used)
            _place(account, policy, action, clock, actions, held)


def _place(
    account: Account,
    policy: Policy,
    action: PlannedAction,
    clock: Clock,
    actions: list[PlannedAction],
    held: list[Held],
) -> str:
    """Put an action among what is to do, or among what is held back for a reason of the customer as a whole; its code."""
    reason: Reason | None = None
    until: date | None = None
    floor = policy.floor_cents if action.step.floor_cents is None else action.step.floor_cents
    if action.amount_cents <= 0:
        reason = Reason("covered", {"currency": action.currency})
    elif action.amount_cents < floor:
        reason = Reason("below_floor", {"floor_cents": floor, "currency": action.currency})
    elif not reachable(account, action.channel):
        reason = unreachable(account, action.step)
    elif action.channel != "call" and (unread := reply_to_read(account, clock)) is not None:
        reason, until = unread
    elif account.last_contact_on is not None:
        again = account.last_contact_on.toordinal() + policy.gap_days
        if not clock.reached(again):
            until = date.fromordinal(again - 1)
            reason = Reason("gap", {"contact_on": account.last_contact_on, "again_on": date.fromordinal(again)})
    if reason is None:
        actions.append(action)
        return ""
    held.append(Held(action.item_ids, reason, until, action))
    return reason.code
