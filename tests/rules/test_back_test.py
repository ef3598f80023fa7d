"""A scenario over the past: the same as asking every single day, and what one message is worth."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from rules import back_test
from rules.back_test import WARM_UP_DAYS, Past, PastItem, Sent, replay
from rules.dunning import decide
from rules.dunning_facts import Policy, Scenario, Step, StepDone

SCENARIO = Scenario(
    1,
    "All",
    (
        Step(1, "notice", 0, "due", -8, "email"), Step(2, "reminder", 1, "due", 8, "email", fallback="letter"),
        Step(3, "reminder", 2, "previous", 8, "email", wait_days=5), Step(4, "reminder", 3, "previous", 7, "call"),
        Step(5, "formal_notice", 0, "previous", 15, "letter", wait_days=8, may_be_overtaken=False, repeat_days=20, repeat_max=2),
        Step(6, "thanks", 0, "payment", 3, "email"),
    ),
)  # fmt: skip
SINCE, UNTIL = date(2026, 1, 1), date(2026, 6, 30)
POLICY = Policy()


def every_day(past: Past) -> list[Sent]:
    """The same question asked on each working day, without any jump."""
    done: dict[int, list[StepDone]] = {}
    thanked: set[int] = set()
    last, found, day = None, [], SINCE - timedelta(days=WARM_UP_DAYS)
    while day <= UNTIL:
        if day.weekday() < 5:
            account = back_test._account(past, list(past.items), SCENARIO, POLICY, day, done, thanked, last)
            for action in decide(account, SCENARIO, POLICY, day).actions:
                if action.step.stage == "thanks":
                    thanked.update(item.item_id for item in action.chased)
                else:
                    last = day
                    back_test._record(action, day, done, SCENARIO)
                if day >= SINCE:
                    found.append(back_test._sent(past, action, day))
        day += timedelta(days=1)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_jumping_to_the_next_review_misses_nothing(seed):
    luck = random.Random(seed)
    items = []
    for number in range(luck.randint(1, 8)):
        known = date(2025, 9, 1) + timedelta(days=luck.randint(0, 270))
        due = known + timedelta(days=luck.choice((0, 15, 30, 60)))
        cents = luck.choice((1_000, 50_000, 200_000, -30_000))
        paid = []
        if luck.random() < 0.7:
            on = due + timedelta(days=luck.randint(-10, 90))
            part = luck.choice((abs(cents), abs(cents) // 2))
            paid = [(max(on, known), part)]
            if part < abs(cents) and luck.random() < 0.5:
                paid.append((max(on, known) + timedelta(days=12), abs(cents) - part))
        items.append(
            PastItem(number, luck.choice(("EUR", "EUR", "USD")), cents, known, known, due, luck.random() < 0.1, tuple(paid))
        )
    past = Past(9, tuple(items), email=luck.choice(("", "", "bad")), phone=luck.choice(("", "missing")))
    assert list(replay(past, SCENARIO, POLICY, SINCE, UNTIL)) == every_day(past)


def item(due: date, *paid: tuple[date, int], cents: int = 10_000, number: int = 1) -> PastItem:
    known = due - timedelta(days=30)
    return PastItem(number, "EUR", cents, known, known, due, False, paid)


@pytest.mark.parametrize(("days", "anyway"), [(0, True), (3, True), (4, False)])
def test_paid_within_three_days_needed_no_message(days, anyway):
    due = date(2026, 3, 2)
    reminded = date(2026, 3, 10)
    past = Past(1, (item(due, (reminded + timedelta(days=days), 10_000)),))
    reminders = [one for one in replay(past, SCENARIO, POLICY, SINCE, UNTIL) if one.step.stage == "reminder"]
    assert [(one.on, one.paid_anyway) for one in reminders] == ([] if days == 0 else [(reminded, anyway)])


def test_nothing_on_a_weekend_and_thanks_after_a_payment_in_time():
    past = Past(1, (item(date(2026, 3, 6), (date(2026, 3, 7), 10_000)),))
    sent = list(replay(past, SCENARIO, POLICY, SINCE, UNTIL))
    assert [(one.step.stage, one.on) for one in sent] == [("notice", date(2026, 2, 26)), ("thanks", date(2026, 3, 9))]


def test_what_went_before_the_period_is_played_but_not_counted():
    past = Past(1, (item(date(2025, 12, 1)),))
    sent = list(replay(past, SCENARIO, POLICY, SINCE, UNTIL))
    assert sent[0].step.stage == "formal_notice" and sent[0].on >= SINCE
