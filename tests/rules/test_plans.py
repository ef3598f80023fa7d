"""Payment plans: cut to the cent, judged by what came in, never chased while kept to, the scenario again once broken."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.dunning import decide
from rules.dunning_facts import Account, OpenItem, PlanCover, Policy, Scenario, Step
from rules.errors import DomainError
from rules.insolvency import declare_by
from rules.plans import FREQUENCIES, MOST, Instalment, Patience, instalments, judge, portions

JAN31 = date(2026, 1, 31)
amounts = st.integers(1, 10_000_000)
firsts = st.dates(date(2020, 1, 1), date(2035, 1, 1))


@pytest.mark.parametrize(
    ("frequency", "first", "expected"),
    [
        ("weekly", date(2026, 5, 22), ["2026-05-22", "2026-05-29", "2026-06-05"]),
        ("monthly", JAN31, ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ("month_end", date(2028, 1, 10), ["2028-01-31", "2028-02-29", "2028-03-31"]),
    ],
)
def test_days(frequency, first, expected):
    assert [i.due_on.isoformat() for i in instalments(90_000, first, frequency, count=3)] == expected


@pytest.mark.parametrize(
    ("cents", "how", "expected"),
    [
        (100_000, {"count": 3}, [33_333, 33_333, 33_334]),
        (100_000, {"each_cents": 30_000}, [30_000, 30_000, 30_000, 10_000]),
        (100_000, {"each_cents": 50_000}, [50_000, 50_000]),
        (5, {"count": 5}, [1, 1, 1, 1, 1]),
    ],
)
def test_amounts(cents, how, expected):
    assert [i.cents for i in instalments(cents, JAN31, "monthly", **how)] == expected


@pytest.mark.parametrize(
    ("code", "cents", "frequency", "how"),
    [
        ("plan_amount", 0, "monthly", {"count": 2}),
        ("plan_shape", 100, "monthly", {}),
        ("plan_shape", 100, "monthly", {"count": 2, "each_cents": 50}),
        ("plan_count", 100, "monthly", {"count": 0}),
        ("plan_count", 100_000, "monthly", {"count": MOST + 1}),
        ("plan_count", 2, "monthly", {"count": 3}),
        ("plan_each", 100, "monthly", {"each_cents": 101}),
        ("plan_each", 100_000, "monthly", {"each_cents": 1}),
        ("plan_frequency", 100, "daily", {"count": 2}),
    ],
)
def test_what_cannot_be(code, cents, frequency, how):
    with pytest.raises(DomainError) as error:
        instalments(cents, JAN31, frequency, **how)
    assert error.value.code == code


@given(amounts, firsts, st.sampled_from(FREQUENCIES), st.integers(1, MOST))
def test_instalments_add_up_and_follow_each_other(cents, first, frequency, count):
    made = instalments(cents, first, frequency, count=min(count, cents))
    assert sum(i.cents for i in made) == cents and all(i.cents > 0 for i in made)
    days = [i.due_on for i in made]
    assert days == sorted(set(days)) and days[0] >= first


@given(amounts, firsts, st.integers(1, 10_000_000))
def test_instalments_of_so_much_add_up(cents, first, each):
    try:
        made = instalments(cents, first, "monthly", each_cents=each)
    except DomainError:
        return
    assert sum(i.cents for i in made) == cents and all(0 < i.cents <= each for i in made)


PLAN = instalments(90_000, date(2026, 6, 1), "monthly", count=3)  # 1 June, 1 July, 1 August


@pytest.mark.parametrize(
    ("received", "on", "state", "late", "breaks"),
    [
        (0, "2026-05-20", "accepted", 0, "2026-06-17"),
        (0, "2026-06-01", "running", 0, "2026-06-17"),
        (0, "2026-06-02", "running", 30_000, "2026-06-17"),
        (0, "2026-06-16", "running", 30_000, "2026-06-17"),
        (0, "2026-06-17", "broken", 30_000, "2026-06-17"),
        (30_000, "2026-06-20", "running", 0, "2026-07-17"),
        (29_999, "2026-06-20", "broken", 1, "2026-06-17"),
        (50_000, "2026-07-05", "running", 10_000, "2026-07-17"),
        (90_000, "2026-06-02", "kept", 0, None),
        (99_000, "2026-06-02", "kept", 0, None),
    ],
)
def test_judged(received, on, state, late, breaks):
    found = judge(PLAN, received, Patience(15, 2), date.fromisoformat(on))
    assert (found.state, found.late_cents, found.breaks_on and found.breaks_on.isoformat()) == (state, late, breaks)


def test_two_missed_at_once_break_a_plan_before_its_days_have_passed():
    weekly = instalments(30_000, date(2026, 6, 1), "weekly", count=3)
    assert judge(weekly, 0, Patience(30, 2), date(2026, 6, 9)).breaks_on == date(2026, 6, 9)
    assert judge(weekly, 0, Patience(30, 0), date(2026, 6, 9)).state == "running"


@given(st.integers(0, 120_000), st.integers(0, 120), st.integers(1, 40), st.integers(0, 4))
def test_nothing_breaks_before_the_day_said(received, day, patience, missed):
    today = date(2026, 5, 1) + timedelta(days=day)
    rule = Patience(patience, missed)
    found = judge(PLAN, received, rule, today)
    assert sum(found.paid) == min(received, 90_000)
    if found.breaks_on is not None:
        assert (found.state == "broken") == (today >= found.breaks_on)
        assert judge(PLAN, received, rule, found.breaks_on).state == "broken"
        assert judge(PLAN, received, rule, found.breaks_on - timedelta(days=1)).state != "broken"


@given(st.lists(st.integers(0, 5_000), max_size=6), st.lists(st.integers(1, 5_000), max_size=6))
def test_portions_give_no_item_and_no_day_too_much(open_cents, wanted):
    owed = list(enumerate(open_cents, 1))
    days = [Instalment(date(2026, 6, 1) + timedelta(days=n), cents) for n, cents in enumerate(wanted)]
    found = portions(owed, days)
    assert sum(p.cents for p in found) == min(sum(open_cents), sum(wanted))
    assert all(sum(p.cents for p in found if p.item_id == i) <= cents for i, cents in owed)
    assert all(sum(p.cents for p in found if p.due_on == d.due_on) <= d.cents for d in days)


SCENARIO = Scenario(1, "Standard", (Step(1, "reminder", 1, "due", 8, "email"), Step(2, "reminder", 2, "previous", 8, "email")))
DUE = date(2026, 3, 1)


@given(st.integers(0, 200), st.integers(1, 120), st.integers(0, 30))
def test_a_plan_holds_its_item_until_it_breaks_and_the_scenario_goes_on(day, breaks, ahead):
    today, breaks_on = DUE + timedelta(days=day), DUE + timedelta(days=breaks)
    next_on = breaks_on - timedelta(days=ahead + 1)
    item = OpenItem(7, "EUR", 50_000, DUE, DUE, DUE)
    account = Account(1, (item,), plans={7: PlanCover(7, next_on, 10_000, "EUR", breaks_on)})
    decision, plain = decide(account, SCENARIO, Policy(), today), decide(Account(1, (item,)), SCENARIO, Policy(), today)
    if today < breaks_on:
        assert not decision.actions
        assert {h.reason.code for h in decision.held} <= {"plan" if today <= next_on else "plan_late"}
        assert len(decision.held) == len(plain.actions) and all(h.until == breaks_on - timedelta(days=1) for h in decision.held)
        if decision.held:
            assert decision.review_on is not None and decision.review_on <= breaks_on
    else:
        assert [a.key for a in decision.actions] == [a.key for a in plain.actions]


def test_the_other_items_are_chased_and_nobody_in_other_hands_is():
    items = tuple(OpenItem(n, "EUR", 50_000, DUE, DUE, DUE) for n in (7, 8))
    cover = {7: PlanCover(7, date(2026, 5, 1), 10_000, "EUR", date(2026, 5, 17))}
    [action] = decide(Account(1, items, plans=cover), SCENARIO, Policy(), date(2026, 4, 1)).actions
    assert action.item_ids == (8,)
    decision = decide(Account(1, items, handed=(date(2026, 3, 20), "bailiff")), SCENARIO, Policy(), date(2026, 4, 1))
    assert not decision.actions and {h.reason.code for h in decision.held} == {"handed_over"}


@pytest.mark.parametrize(
    ("country", "published", "expected"),
    [
        ("FR", None, date(2026, 4, 28)),
        ("FR", date(2026, 3, 10), date(2026, 5, 10)),
        ("BE", None, date(2026, 3, 30)),
        ("DE", None, None),
    ],
)
def test_the_claim_is_declared_in_time(country, published, expected):
    assert declare_by(country, date(2026, 2, 28), published) == expected
