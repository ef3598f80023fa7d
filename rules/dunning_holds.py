"""Why an item may not be chased now, and until when: the gravest reason, with what a sentence needs to say it.

>>> from datetime import date
>>> from rules.dunning_facts import Account, OpenItem, PromiseMade
>>> from rules.dunning_steps import Clock
>>> item = OpenItem(7, "EUR", 10_000, date(2026, 2, 8), date(2026, 3, 10), date(2026, 2, 8))
>>> account = Account(1, (item,), promises=(PromiseMade(7, date(2026, 5, 29), 10_000, "EUR"),))
>>> promised_items(account, 3, Clock(date(2026, 5, 20)))[7][1]
datetime.date(2026, 6, 1)
"""

from __future__ import annotations

from datetime import date

from rules.dunning_facts import REPLY_DAYS, Account, OpenItem, Reason, Scenario
from rules.dunning_steps import Clock, Due

HeldUntil = tuple[Reason, date | None]


def item_reason(
    account: Account, scenario: Scenario, due: Due, promised: dict[int, HeldUntil], clock: Clock
) -> HeldUntil | None:
    """Why an item may neither be chased nor listed now and its last day held (None: until a new fact); None: it may.

    In this order: insolvency, hand-over, dispute, hold, payment seen at the bank but not allocated, invoice missing in a ledger that should hold it, payment plan, promise, direct debit not
    rejected, waiting period still running."""
    item = due.item
    if account.insolvent_on is not None and clock.reached(account.insolvent_on.toordinal()):
        return Reason("insolvent", {"since_on": account.insolvent_on}), None
    if account.handed is not None:
        return Reason("handed_over", {"recipient": account.handed[1], "since_on": account.handed[0]}), None
    for dispute in account.disputes:
        if dispute.item_id is None or dispute.item_id == item.id:
            return Reason("dispute", {"reason": dispute.reason, "opened_on": dispute.opened_on}), None
    if account.holds and (held := _on_hold(account, item, clock)):
        return held
    if account.seen and (held := _payment_seen(account, clock)):
        return held
    if item.id in account.unbooked:
        return Reason("not_in_ledger", {"document_on": item.document_on}), None
    if account.plans and (held := _in_plan(account, item, clock)):
        return held
    if item.id in promised:
        return promised[item.id]
    if item.by_debit and (due.overdue or scenario.ladder[due.place].stage != "notice"):
        return Reason("direct_debit", {"due_on": item.due_on}), None
    wait = due.wait_until_on
    if due.place >= 0 and wait is not None and not clock.reached(wait.toordinal() + 1):
        return Reason("wait", {"until_on": wait}), wait
    return None


def _on_hold(account: Account, item: OpenItem, clock: Clock) -> HeldUntil | None:
    """The hold on the item or its customer that lasts longest."""
    longest: HeldUntil | None = None
    for hold in account.holds:
        if hold.item_id is not None and hold.item_id != item.id:
            continue
        reason = Reason("hold", {"reason": hold.reason, "until_on": hold.until_on})
        if hold.until_on is None:
            return reason, None
        lasting = not clock.reached(hold.until_on.toordinal() + 1)
        if lasting and (longest is None or longest[1] is None or hold.until_on > longest[1]):
            longest = reason, hold.until_on
    return longest


def _in_plan(account: Account, item: OpenItem, clock: Clock) -> HeldUntil | None:
    """A plan in force holds its items until the day it is broken; an instalment that is late is asked for by itself, never the
    whole item."""
    cover = account.plans.get(item.id)
    if cover is None or clock.reached(cover.breaks_on.toordinal()):
        return None
    late = clock.reached(cover.next_on.toordinal() + 1)
    words = {"amount_cents": cover.cents, "currency": cover.currency, "next_on": cover.next_on}
    return Reason("plan_late" if late else "plan", words), date.fromordinal(cover.breaks_on.toordinal() - 1)


def _payment_seen(account: Account, clock: Clock) -> HeldUntil | None:
    """The payment waiting for a person that holds longest, the largest of those; what it pays is not known, so it holds
    all of the customer's items."""
    longest: HeldUntil | None = None
    for seen in sorted(account.seen, key=lambda one: (-one.cents, one.paid_on)):
        lasting = not clock.reached(seen.until_on.toordinal() + 1)
        if lasting and (longest is None or longest[1] is None or seen.until_on > longest[1]):
            words = {"amount_cents": seen.cents, "currency": seen.currency, "paid_on": seen.paid_on}
            longest = Reason("payment_seen", words), seen.until_on
    return longest


def promised_items(account: Account, grace_days: int, clock: Clock) -> dict[int, HeldUntil]:
    """Items covered by a promise whose day and grace have not passed; one made for the customer covers the oldest due
    items of its currency, as far as its amount goes."""
    covered: dict[int, HeldUntil] = {}
    for promise in sorted(account.promises, key=lambda p: (p.promised_on, p.item_id or 0)):
        until = promise.promised_on.toordinal() + grace_days
        if clock.reached(until + 1):
            continue
        words = {"amount_cents": promise.cents, "currency": promise.currency, "promised_on": promise.promised_on}
        value = Reason("promise", words), date.fromordinal(until)
        if promise.item_id is not None:
            covered[promise.item_id] = value
            continue
        left = promise.cents
        for item in sorted(account.items, key=lambda i: (i.due_on, i.id)):
            if left <= 0:
                break
            if item.open_cents > 0 and item.currency == promise.currency and item.id not in covered:
                covered[item.id] = value
                left -= item.open_cents
    return covered


def reply_to_read(account: Account, clock: Clock) -> HeldUntil | None:
    """The customer answered and nobody has read it: nothing more is written before somebody has, or `REPLY_DAYS` have passed."""
    if account.replied_on is None:
        return None
    until = account.replied_on.toordinal() + REPLY_DAYS
    if clock.reached(until + 1):
        return None
    return Reason("reply_to_read", {"received_on": account.replied_on}), date.fromordinal(until)
