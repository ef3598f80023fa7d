"""What must hold for any account and any scenario: nothing happens before review_on, nothing happens twice."""

from __future__ import annotations

import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.dunning import decide
from rules.dunning_facts import Decision, Policy
from tests.rules.dunning_world import START, accounts, after, days, scenarios

policies = st.builds(
    Policy,
    gap_days=st.sampled_from((0, 1, 7)),
    ceiling_cents=st.sampled_from((None, 100_000)),
    first_contact_cents=st.sampled_from((None, 50_000)),
    grace_days=st.integers(0, 5),
)


def shape(decision: Decision) -> tuple[object, ...]:
    """All of a decision but the day to look again."""
    return decision.actions, decision.held


@settings(max_examples=120, deadline=None)
@given(st.data(), policies, days)
def test_nothing_happens_before_review_on(data, policy, today):
    scenario = data.draw(scenarios())
    account = data.draw(accounts(scenario))
    first = decide(account, scenario, policy, today)
    horizon = (first.review_on - today).days if first.review_on else 500
    assert first.review_on is None or first.review_on > today
    for later in range(1, min(horizon, 500)):
        assert shape(decide(account, scenario, policy, today + timedelta(days=later))) == shape(first), later


@settings(max_examples=120, deadline=None)
@given(st.data(), policies, days)
def test_doing_what_is_decided_and_deciding_again_adds_nothing(data, policy, today):
    scenario = data.draw(scenarios())
    account = data.draw(accounts(scenario))
    first = decide(account, scenario, policy, today)
    again = decide(after(account, list(first.actions), scenario, today), scenario, policy, today)
    assert again.actions == ()


@settings(max_examples=40, deadline=None)
@given(st.data(), policies, st.integers(0, 2**32), st.floats(0.05, 1))
def test_no_key_comes_twice_in_a_year_of_sending_on_arbitrary_days(data, policy, seed, diligence):
    scenario = data.draw(scenarios())
    account = data.draw(accounts(scenario))
    chance = random.Random(seed)
    seen: set[str] = set()
    for n in range(-60, 305):
        if chance.random() > diligence:
            continue
        today = START + timedelta(days=n)
        decision = decide(account, scenario, policy, today)
        done = [a for a in decision.actions if chance.random() < 0.8]
        keys = [a.key for a in decision.actions] + [h.action.key for h in decision.held if h.action]
        assert len(set(keys)) == len(keys)
        for action in done:
            assert action.key not in seen
            seen.add(action.key)
        account = after(account, done, scenario, today)


@settings(max_examples=80, deadline=None)
@given(st.data(), policies, days)
def test_what_is_asked_for_is_owed(data, policy, today):
    """An action lists each item once, all overdue and open, in one currency, and never asks for more than they hold."""
    scenario = data.draw(scenarios())
    account = data.draw(accounts(scenario))
    known = {i.id: i for i in account.items}
    for action in decide(account, scenario, policy, today).actions:
        if action.step.stage == "thanks":
            continue
        items = [known[i] for i in action.item_ids]
        assert len({i.id for i in items}) == len(items)
        assert all(i.open_cents > 0 and i.currency == action.currency for i in items)
        assert 0 < action.amount_cents <= sum(i.open_cents for i in items)
        if action.step.stage != "notice":
            assert all(i.due_on < today for i in items)
        else:
            assert all(i.due_on >= today for i in items)
