"""The action itself: its step, channel, key, and whether a person must decide; thanks for what was paid in time.

The key names an action for ever: customer, step, cycle of a repeated step, and its items in whatever order.

>>> action_key(5, 11, [9, 7], 0) == action_key(5, 11, [7, 9], 0)
True
>>> action_key(5, 11, [7], 0), action_key(5, 11, [7], 1)
('5-11-0-7', '5-11-1-7')
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from hashlib import blake2b

from rules.dunning_facts import LEGAL, Account, ChasedItem, PlannedAction, Policy, Reason, Scenario, Step
from rules.dunning_steps import Clock, Due


def action_key(customer_id: int, step_id: int, item_ids: Sequence[int], cycle: int) -> str:
    """The identity of an action: customer, step, cycle and sorted items (their digest when there are several)."""
    if len(item_ids) == 1:
        return f"{customer_id}-{step_id}-{cycle}-{item_ids[0]}"
    digest = blake2b(",".join(map(str, sorted(item_ids))).encode(), digest_size=12).hexdigest()
    return f"{customer_id}-{step_id}-{cycle}-{digest}"


def plan(
    account: Account,
    scenario: Scenario,
    policy: Policy,
    chased: Sequence[Due],
    listed: tuple[int, ...],
    coming: Sequence[Due],
    amount_cents: int,
) -> PlannedAction:
    """The action for items that take a step, at the highest of their steps, each item with its own."""
    ladder = scenario.ladder
    top = max([d.place for d in chased])
    leaders = [d for d in chased if d.place == top]
    step, currency = ladder[top], chased[0].item.currency
    cycle = max([d.cycle for d in leaders])
    return PlannedAction(
        account.customer_id,
        step,
        channel_for(account, step),
        currency,
        amount_cents,
        tuple([ChasedItem(d.item.id, ladder[d.place].id, d.overtaken, d.item.open_cents) for d in chased]),
        listed,
        tuple([ChasedItem(d.item.id, ladder[d.place].id, d.overtaken, d.item.open_cents) for d in coming]),
        date.fromordinal(min([d.since for d in leaders])),
        cycle,
        action_key(account.customer_id, step.id, [d.item.id for d in chased], cycle),
        confirmation(account, step, policy, currency, amount_cents, chased),
    )


def confirmation(
    account: Account, step: Step, policy: Policy, currency: str, amount_cents: int, chased: Sequence[Due]
) -> Reason | None:
    """Why a person must decide before the action is done; None: the step is automatic and nothing stands out.

    A legal step; above the ceiling; a debt already very old when first seen; the first contact ever for a large
    amount; an amount that changed by more than the policy's percentage since it was planned; the step says so."""
    if step.stage in LEGAL:
        return Reason(step.stage)
    ceiling = policy.ceiling_cents if step.ceiling_cents is None else step.ceiling_cents
    if ceiling is not None and amount_cents > ceiling:
        return Reason("above_ceiling", {"ceiling_cents": ceiling, "currency": currency})
    for due in chased:
        if due.fresh and (due.item.first_seen_on - due.item.due_on).days > policy.old_days:
            return Reason("old_debt", {"days": policy.old_days})
    large = policy.first_contact_cents
    if large is not None and account.last_contact_on is None and amount_cents >= large:
        return Reason("first_contact", {"limit_cents": large, "currency": currency})
    if account.planned:
        planned = account.planned.get((step.id, currency))
        if planned is not None and abs(amount_cents - planned) * 100 > policy.change_percent * abs(planned):
            return Reason("amount_changed", {"planned_cents": planned, "currency": currency})
    return _by_mode(step)


def _by_mode(step: Step) -> Reason | None:
    return None if step.mode == "automatic" else Reason(f"step_{step.mode}")


def thanks_due(account: Account, step: Step, policy: Policy, dues: Sequence[Due], clock: Clock) -> Iterator[PlannedAction]:
    """Thanks for payments on time or within the step's days: one message per day of settlement and currency, while it
    is fresh; never when one of its items had a formal notice, nor while another item is overdue at level 2 or more."""
    channel = channel_for(account, step)
    if account.insolvent_on is not None or not reachable(account, channel) or any(_pressed(d) for d in dues):
        return
    for day, currency in dict.fromkeys((s.settled_on, s.currency) for s in account.settled):
        paid = [s for s in account.settled if s.settled_on == day and s.currency == currency]
        if any(s.formal or (s.settled_on - s.due_on).days > step.days for s in paid):
            continue
        if not clock.reached(day.toordinal()) or clock.reached(day.toordinal() + policy.thanks_days):
            continue
        yield PlannedAction(
            customer_id=account.customer_id,
            step=step,
            channel=channel,
            currency=currency,
            amount_cents=sum(s.cents for s in paid),
            chased=tuple(ChasedItem(s.id, step.id, (), 0) for s in paid),
            listed=(),
            coming=(),
            since_on=day,
            cycle=0,
            key=action_key(account.customer_id, step.id, [s.id for s in paid], 0),
            confirm=_by_mode(step),
        )


def _pressed(due: Due) -> bool:
    """An item overdue that was reminded twice or more, or had a legal step."""
    return due.overdue and any(s.stage in LEGAL or (s.stage == "reminder" and s.level >= 2) for s in due.item.done)


def reachable(account: Account, channel: str) -> bool:
    """Whether the customer can be reached: e-mail by a good address, letter by a complete one, call and SMS by a number."""
    return not _obstacle(account, channel)


def _obstacle(account: Account, channel: str) -> str:
    if channel == "email":
        return account.email
    if channel == "letter":
        return account.post
    return account.phone if channel in ("call", "sms") else ""


def channel_for(account: Account, step: Step) -> str:
    """The step's channel, else its fallback when only that one works."""
    if not reachable(account, step.channel) and step.fallback and reachable(account, step.fallback):
        return step.fallback
    return step.channel


def unreachable(account: Account, step: Step) -> Reason:
    """No channel, with what is wrong with the step's own: missing, bad or incomplete."""
    return Reason("no_channel", {"channel": step.channel, "problem": _obstacle(account, step.channel)})
