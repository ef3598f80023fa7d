"""The decision case by case, with the worked example of the rules page."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from rules.dunning import decide
from rules.dunning_facts import (
    Account,
    DisputeOpen,
    HeldBack,
    PaymentSeen,
    Policy,
    PromiseMade,
    Scenario,
    SettledItem,
    Step,
)
from tests.rules.dunning_world import (
    FORMAL,
    HANDOVER,
    NOTICE,
    POLICY,
    R1,
    R2,
    STANDARD,
    THANKS,
    after,
    day,
    did,
    item,
)

DUE = day("10-03")


def decided(account: Account, on: date, scenario: Scenario | None = STANDARD, policy: Policy = POLICY):
    return decide(account, scenario, policy, on)


def codes(decision) -> list[str]:
    return [h.reason.code for h in decision.held]


def stages(decision) -> list[tuple[str, int]]:
    return [(a.step.stage, a.step.level) for a in decision.actions]


# The worked example


def test_worked_example_day_by_day():
    """Due 10 March: notice 2 March, reminder 1 on 18 March; sent only on the 20th: reminder 2 on 28 March, formal notice
    12 April."""
    account = Account(1, (item(DUE),))
    went: list[tuple[str, int, date]] = []
    on = day("01-02")
    while on < day("30-05"):
        for action in decided(account, on).actions:
            if action.step == R1 and on < day("20-03"):
                continue  # nobody sends before the 20th
            went.append((action.step.stage, action.step.level, on))
            account = after(account, [action], STANDARD, on)
        on += timedelta(days=1)
    assert went == [
        ("notice", 0, day("02-03")),
        ("reminder", 1, day("20-03")),
        ("reminder", 2, day("28-03")),
        ("formal_notice", 0, day("12-04")),
        ("handover", 0, day("22-04")),
    ]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("01-03", []),
        ("02-03", [("notice", 0)]),
        ("10-03", [("notice", 0)]),  # the due date itself: not overdue
        ("11-03", []),  # overdue: too late for a notice
        ("17-03", []),
        ("18-03", [("reminder", 1)]),
        ("26-03", [("reminder", 2)]),  # nobody sent reminder 1 in time: the furthest step
        ("30-06", [("reminder", 2)]),  # but never a formal notice before a reminder
    ],
)
def test_an_item_nobody_was_reminded_of(on, expected):
    assert stages(decided(Account(1, (item(DUE),)), day(on))) == expected


def test_earlier_steps_are_recorded_as_overtaken():
    action = decided(Account(1, (item(DUE),)), day("26-03")).actions[0]
    assert action.chased[0].step_id == R2.id
    assert action.chased[0].overtaken == (NOTICE.id, R1.id)
    assert action.since_on == day("26-03")


def test_a_step_that_may_not_be_overtaken_stops_the_search():
    late = item(DUE, done=(did(R2, day("01-04")),))
    decision = decided(Account(1, (late,)), day("30-09"))
    assert stages(decision) == [("formal_notice", 0)]
    assert decision.actions[0].chased[0].overtaken == ()


def test_steps_with_a_day_of_their_own_keep_their_distance():
    """Reminder 1 at +5 and 2 at +15: the first sent on the 20th day puts the second on the 30th."""
    scenario = Scenario(2, "Absolute", (Step(1, "reminder", 1, "due", 5, "email"), Step(2, "reminder", 2, "due", 15, "email")))
    late = item(DUE, done=(did(scenario.ladder[0], DUE + timedelta(days=20)),))
    account = Account(1, (late,))
    assert decided(account, DUE + timedelta(days=29), scenario).actions == ()
    assert decided(account, DUE + timedelta(days=29), scenario).review_on == DUE + timedelta(days=30)
    assert stages(decided(account, DUE + timedelta(days=30), scenario)) == [("reminder", 2)]


def test_nothing_is_chased_before_it_is_overdue():
    scenario = Scenario(
        2, "Document", (Step(1, "reminder", 1, "document", 10, "email"), Step(2, "reminder", 2, "due", 0, "email"))
    )
    account = Account(1, (item(DUE),))
    assert decided(account, DUE, scenario).actions == ()
    assert decided(account, DUE, scenario).review_on == DUE + timedelta(days=1)


@pytest.mark.parametrize(("late_days", "expected"), [(9, 1), (40, 1), (3_000, 1)])
def test_an_old_ledger_starts_at_the_first_reminder(late_days, expected):
    on = day("01-09")
    old = item(on - timedelta(days=late_days), seen=on)
    decision = decided(Account(1, (old,)), on)
    assert stages(decision) == [("reminder", expected)]
    confirm = decision.actions[0].confirm
    assert (confirm.code if confirm else "") == ("old_debt" if late_days > 365 else "")


def test_after_going_live_the_distance_spaces_the_rest():
    on = day("01-09")
    old = item(on - timedelta(days=200), seen=on)
    account = after(Account(1, (old,)), list(decided(Account(1, (old,)), on).actions), STANDARD, on)
    assert decided(account, on + timedelta(days=7)).actions == ()
    assert stages(decided(account, on + timedelta(days=8))) == [("reminder", 2)]
    assert stages(decided(account, on + timedelta(days=22))) == [("reminder", 2)]
    assert stages(decided(account, on + timedelta(days=23))) == [("formal_notice", 0)]


def test_the_last_step_repeats_so_many_times():
    again = Step(1, "reminder", 1, "due", 5, "email", repeat_days=10, repeat_max=2)
    scenario = Scenario(2, "Repeat", (again,))
    account, went = Account(1, (item(DUE),)), []
    for n in range(200):
        on = DUE + timedelta(days=n)
        for action in decided(account, on, scenario).actions:
            went.append((n, action.cycle))
            account = after(account, [action], scenario, on)
    assert went == [(5, 0), (15, 1), (25, 2)]


def test_a_step_of_another_scenario_counts_by_how_far_it_goes():
    """A customer moved to this scenario after a second reminder elsewhere goes on to the formal notice."""
    elsewhere = Step(99, "reminder", 2, "due", 30, "letter")
    moved = item(DUE, done=(did(elsewhere, day("20-04")),))
    assert stages(decided(Account(1, (moved,)), day("04-05"))) == []
    assert stages(decided(Account(1, (moved,)), day("05-05"))) == [("formal_notice", 0)]


# Held back


BEFORE, SENT = day("17-03"), day("18-03")
CASES = {
    "dispute": (Account(1, (item(DUE),), disputes=(DisputeOpen(7, "price", BEFORE),)), None),
    "dispute of the customer": (Account(1, (item(DUE),), disputes=(DisputeOpen(None, "price", BEFORE),)), None),
    "hold": (Account(1, (item(DUE),), holds=(HeldBack(None, "credit note to come", day("30-05")),)), day("30-05")),
    "hold of the item": (Account(1, (item(DUE),), holds=(HeldBack(7, "x", None),)), None),
    "promise": (Account(1, (item(DUE),), promises=(PromiseMade(None, day("27-03"), 10_000, "EUR"),)), day("30-03")),
    "payment_seen": (Account(1, (item(DUE),), seen=(PaymentSeen(9_000, "EUR", day("16-03"), day("20-03")),)), day("20-03")),
    "payment_seen twice": (
        Account(1, (item(DUE),), seen=tuple(PaymentSeen(10, "EUR", BEFORE, day(until)) for until in ("22-03", "19-03"))),
        day("22-03"),
    ),
    "promise of the item": (Account(1, (item(DUE),), promises=(PromiseMade(7, day("27-03"), 1, "EUR"),)), day("30-03")),
    "direct_debit": (Account(1, (item(DUE, by_debit=True),)), None),
    "insolvent": (Account(1, (item(DUE),), insolvent_on=BEFORE), None),
    "below_floor": (Account(1, (item(DUE, 1_499),)), None),
    "covered": (Account(1, (item(DUE), item(BEFORE, -10_000, 8))), None),
    "gap": (Account(1, (item(DUE),), last_contact_on=day("12-03")), day("18-03")),
    "no_channel": (Account(1, (item(DUE),), email="missing", post="incomplete"), None),
}


@pytest.mark.parametrize("name", CASES)
def test_held_back_with_the_reason_and_until_when(name):
    account, until = CASES[name]
    decision = decided(account, SENT)
    assert decision.actions == ()
    assert codes(decision) == [name.split(" ")[0]]
    assert decision.held[0].until == until
    assert decision.held[0].item_ids == (7,)
    if until is not None:
        assert decision.review_on is not None
        assert decision.review_on <= until + timedelta(days=1)
        assert codes(decided(account, until)) == codes(decision)
        assert codes(decided(account, until + timedelta(days=1))) == []
        assert stages(decided(account, until + timedelta(days=1))) != []


def test_no_scenario_is_said():
    decision = decided(Account(1, (item(DUE),)), DUE, None)
    assert (decision.held, decision.review_on) == ((), DUE + timedelta(days=1))
    assert codes(decided(Account(1, (item(DUE),)), SENT, None)) == ["no_scenario"]


def test_the_fallback_channel_serves_customers_without_the_first():
    decision = decided(Account(1, (item(DUE),), email="missing"), SENT)
    assert decision.actions[0].channel == "letter"


def test_the_waiting_period_locks_the_next_step():
    formal = item(DUE, done=(did(R2, day("01-04")), did(FORMAL, day("16-04"))))
    scenario = Scenario(1, "Quick", (NOTICE, R1, R2, FORMAL, Step(5, "handover", 0, "previous", 3, "other")))
    decision = decided(Account(1, (formal,)), day("20-04"), scenario)
    assert codes(decision) == ["wait"]
    assert decision.held[0].until == day("24-04")
    assert stages(decided(Account(1, (formal,)), day("25-04"), scenario)) == [("handover", 0)]


def test_a_part_promise_holds_only_the_items_it_covers():
    items = (item(DUE), item(DUE + timedelta(days=1), 20_000, 8))
    account = Account(1, items, promises=(PromiseMade(None, day("30-04"), 10_000, "EUR"),))
    decision = decided(account, day("19-03"))
    assert [h.item_ids for h in decision.held] == [(7,)]
    assert [a.item_ids for a in decision.actions] == [(8,)]
    assert decision.actions[0].amount_cents == 20_000


def test_a_rejected_debit_is_chased_and_only_its_own_notice_goes():
    debit = Step(1, "notice", 0, "due", -5, "email", for_debit=True)
    scenario = Scenario(3, "Debit", (debit, R1))
    soon = DUE - timedelta(days=3)
    assert stages(decided(Account(1, (item(DUE, by_debit=True),)), soon, scenario)) == [("notice", 0)]
    assert stages(decided(Account(1, (item(DUE, by_debit=True),)), soon)) == []
    assert stages(decided(Account(1, (item(DUE),)), SENT, scenario)) == [("reminder", 1)]


# One message per customer


def test_one_action_at_the_highest_step_with_every_overdue_item_and_credits_deducted():
    old = item(DUE, 30_000, 1, done=(did(R1, day("18-03")),))
    new = item(day("18-03"), 20_000, 2)  # reminder 1 on 26 March
    fresh = item(day("25-03"), 5_000, 3)  # overdue, its first reminder later
    coming = item(day("02-04"), 7_000, 4)  # notice on 25 March
    credit = item(day("20-03"), -4_000, 5)
    decision = decided(Account(1, (old, new, credit, fresh, coming), last_contact_on=day("18-03")), day("26-03"))
    (action,) = decision.actions
    assert (action.step, action.amount_cents) == (R2, 51_000)
    assert [(c.item_id, c.step_id) for c in action.chased] == [(1, R2.id), (2, R1.id)]
    assert action.listed == (3,)
    assert [(c.item_id, c.step_id) for c in action.coming] == [(4, NOTICE.id)]
    assert action.item_ids == (1, 2, 3)


def test_a_disputed_item_is_not_mentioned_and_the_others_go():
    account = Account(1, (item(DUE), item(DUE, 20_000, 8)), disputes=(DisputeOpen(7, "quantity", BEFORE),))
    decision = decided(account, SENT)
    assert [a.item_ids for a in decision.actions] == [(8,)]
    assert [(h.item_ids, h.reason.code) for h in decision.held] == [((7,), "dispute")]


def test_currencies_never_mix():
    account = Account(1, (item(DUE), item(DUE, 20_000, 8)._replace(currency="USD"), item(DUE, -9_000, 9)))
    actions = {a.currency: a.amount_cents for a in decided(account, SENT).actions}
    assert actions == {"USD": 20_000}  # the euros are down to 10.00, below the floor
    assert codes(decided(account, SENT)) == ["below_floor"]


def test_a_small_overdue_sum_does_not_silence_the_notice():
    account = Account(1, (item(DUE, 840), item(day("25-03"), 90_000, 8)))
    decision = decided(account, SENT)
    assert (stages(decision), codes(decision)) == ([("notice", 0)], ["below_floor"])


def test_by_item_one_action_each_and_credits_to_the_oldest():
    scenario = Scenario(4, "By item", STANDARD.steps, by_item=True)
    account = Account(1, (item(DUE, 10_000, 1), item(DUE + timedelta(days=1), 10_000, 2), item(BEFORE, -4_000, 3)))
    actions = decided(account, day("19-03"), scenario).actions
    assert [(a.item_ids, a.amount_cents) for a in actions] == [((1,), 6_000), ((2,), 10_000)]
    assert len({a.key for a in actions}) == 2


def test_the_key_is_the_same_whatever_the_order_of_items():
    items = (item(DUE, 10_000, 1), item(DUE, 10_000, 2))
    keys = {decided(Account(1, order), SENT).actions[0].key for order in (items, items[::-1])}
    assert len(keys) == 1


# A person decides


@pytest.mark.parametrize(
    ("policy", "account", "code"),
    [
        (Policy(ceiling_cents=9_000), Account(1, (item(DUE),)), "above_ceiling"),
        (Policy(first_contact_cents=9_000), Account(1, (item(DUE),)), "first_contact"),
        (Policy(first_contact_cents=9_000), Account(1, (item(DUE),), last_contact_on=day("01-02")), ""),
        (Policy(), Account(1, (item(DUE),), planned={(R1.id, "EUR"): 8_000}), "amount_changed"),  # +25 %
        (Policy(), Account(1, (item(DUE),), planned={(R1.id, "EUR"): 9_000}), ""),  # +11 %
        (Policy(), Account(1, (item(DUE),)), ""),
    ],
)
def test_who_decides(policy, account, code):
    confirm = decided(account, SENT, policy=policy).actions[0].confirm
    assert (confirm.code if confirm else "") == code


def test_legal_steps_are_always_decided_by_a_person():
    automatic = Step(4, "formal_notice", 0, "previous", 15, "letter", mode="automatic")
    scenario = Scenario(1, "Bold", (R1, R2, automatic))
    late = item(DUE, done=(did(R2, day("01-04")),))
    confirm = decided(Account(1, (late,)), day("16-04"), scenario).actions[0].confirm
    assert confirm is not None
    assert confirm.code == "formal_notice"


# Thanks


PAID = SettledItem(50, "EUR", 10_000, DUE, day("09-03"))


def thanks(*settled: SettledItem, items=(), on: str = "12-03", **more):
    return [a for a in decided(Account(1, tuple(items), settled=settled, **more), day(on)).actions if a.step == THANKS]


def test_thanks_once_for_each_payment_on_time():
    other = SettledItem(51, "EUR", 5_000, DUE, day("11-03"))  # a day late, within the step's three
    same = SettledItem(52, "EUR", 7_000, DUE, day("09-03"))
    found = thanks(PAID, other, same)
    assert [(a.item_ids, a.amount_cents) for a in found] == [((50, 52), 17_000), ((51,), 5_000)]


@pytest.mark.parametrize(
    "settled",
    [
        PAID._replace(settled_on=day("14-03")),  # four days late
        PAID._replace(formal=True),
        PAID._replace(settled_on=day("12-02")),  # too long ago
    ],
)
def test_no_thanks(settled):
    assert thanks(settled, on="16-03") == []


def test_no_thanks_while_another_item_is_pressed():
    pressed = item(day("01-02"), number=9, done=(did(R2, day("10-03")),))
    assert thanks(PAID, items=[pressed]) == []
    assert len(thanks(PAID, items=[pressed._replace(done=(did(R1, day("10-03")),))])) == 1


def test_no_thanks_without_a_way_to_say_it():
    assert thanks(PAID, email="missing") == []


def test_handover_stays_by_hand():
    done = item(DUE, done=(did(FORMAL, day("12-04")),))
    (action,) = decided(Account(1, (done,)), day("22-04")).actions
    assert (action.step, action.confirm.code) == (HANDOVER, "handover")
