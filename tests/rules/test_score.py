"""Scores and delays."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.score import Habit, LateItem, half_stars, mean_delay, score, weighted_delay

TODAY = date(2026, 5, 19)


def paid(late: int, ago: int = 30, cents: int = 10_000) -> Habit:
    settled = TODAY - timedelta(days=ago)
    return Habit(cents, settled - timedelta(days=late), settled)


def test_the_worked_average():
    habits = [paid(31), paid(89)]
    assert mean_delay(habits) == 60
    assert weighted_delay(habits) == 60
    assert weighted_delay([paid(31, cents=30_000), paid(89)]) == 45.5
    assert mean_delay([]) is None
    assert weighted_delay([]) is None


def test_thin_history_gives_no_number():
    assert score([paid(0), paid(0)], today=TODAY).value is None
    assert score([paid(0), paid(0), paid(0, ago=400)], today=TODAY).value is None
    assert score([paid(0)] * 3, today=TODAY).value == 100


def test_the_parts_explain_the_value():
    found = score([paid(0), paid(0), paid(30), paid(30)], broken_promises=1, today=TODAY)
    parts = {p.code: (round(p.found), round(p.points), p.weight) for p in found.parts}
    assert parts == {
        "on_time": (50, 50, 40),
        "delay": (15, 75, 35),
        "trend": (0, 100, 10),
        "promises": (1, 60, 10),
        "debits": (0, 100, 5),
    }
    assert found.value == round((50 * 40 + 75 * 35 + 100 * 10 + 60 * 10 + 100 * 5) / 100)
    assert found.half_stars == 7


def test_recent_months_weigh_more_and_a_worse_trend_costs():
    getting_better = score([paid(40, ago=300), paid(0, ago=10), paid(0, ago=20)], today=TODAY)
    getting_worse = score([paid(0, ago=300), paid(0, ago=310), paid(40, ago=10)], today=TODAY)
    assert getting_better.value > getting_worse.value


def test_what_is_overdue_today_counts_as_late_so_far():
    assert score([paid(0)] * 3, [LateItem(90_000, TODAY - timedelta(days=80))], today=TODAY).value < 50


@pytest.mark.parametrize(("value", "halves"), [(0, 0), (4, 0), (5, 1), (72, 7), (75, 8), (100, 10)])
def test_half_stars(value, halves):
    assert half_stars(value) == halves


@given(
    st.lists(st.builds(paid, st.integers(-20, 200), st.integers(0, 500), st.integers(1, 10**7)), max_size=8), st.integers(0, 5)
)
def test_a_score_stays_between_0_and_100(habits, broken):
    value = score(habits, broken_promises=broken, today=TODAY).value
    assert value is None or 0 <= value <= 100
