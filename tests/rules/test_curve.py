"""The curve of cumulative cash: where its lines begin and end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.curve import BOTTOM, LEFT, RIGHT, TOP, axis, curve

TODAY = date(2026, 5, 19)
FIRST, LAST = date(2026, 5, 18), date(2026, 6, 28)
amounts = st.dictionaries(st.integers(0, 41), st.integers(0, 10**9), max_size=8)


@pytest.mark.parametrize(
    "highest, marks",
    [
        (0, (0, 100)),
        (100, (0, 100)),
        (601, (0, 200, 400, 600, 800)),
        (21_900_000, (0, 5_000_000, 10_000_000, 15_000_000, 20_000_000, 25_000_000)),
    ],
)
def test_marks_are_round(highest, marks):
    assert axis(highest) == marks


@given(st.integers(0, 10**12))
def test_marks_reach_the_highest_and_are_few(highest):
    marks = axis(highest)
    assert marks[-1] >= highest and 2 <= len(marks) <= 7 and marks[0] == 0


@given(amounts, amounts)
def test_lines_rise_from_the_left_to_the_right(received, expected):
    got = {FIRST + timedelta(days=n): cents for n, cents in received.items() if n <= 1}
    rest = {FIRST + timedelta(days=n): cents for n, cents in expected.items() if n >= 1}
    drawn = curve(got, rest, TODAY, FIRST, LAST)
    assert drawn.received_cents == sum(got.values()) and drawn.end_cents == sum(got.values()) + sum(rest.values())
    for line in (drawn.got, drawn.expected):
        assert list(line) == sorted(line, key=lambda p: (p[0], -p[1]))
        assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in line)
    assert drawn.got[-1] == drawn.expected[0] and drawn.expected[-1][0] == RIGHT
