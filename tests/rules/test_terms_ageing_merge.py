"""Due dates by terms, buckets of days late, and knowing a line again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.ageing import age, bucket
from rules.days import days_late, end_of_month
from rules.merge import NEW, journal_keys, list_keys, match
from rules.terms import Mode, Terms, due_on
from tests.books import entry

# Forty-five days end of month, counted both ways.
VECTORS = [
    ("2026-01-10", "2026-02-28", "2026-03-17"),
    ("2026-01-17", "2026-03-31", "2026-03-17"),
    ("2026-01-31", "2026-03-31", "2026-03-17"),
    ("2026-02-28", "2026-04-30", "2026-04-14"),
    ("2024-01-15", "2024-02-29", "2024-03-16"),
]


@pytest.mark.parametrize(("document", "days_first", "month_first"), VECTORS)
def test_forty_five_days_end_of_month(document: str, days_first: str, month_first: str) -> None:
    day = date.fromisoformat(document)
    assert due_on(day, Terms(45, Mode.DAYS_MONTH_END)) == date.fromisoformat(days_first)
    assert due_on(day, Terms(45, Mode.MONTH_END_DAYS)) == date.fromisoformat(month_first)


def test_the_other_terms() -> None:
    day = date(2026, 1, 31)
    assert due_on(day, Terms(30)) == date(2026, 3, 2)
    assert due_on(day, Terms(0)) == day
    assert due_on(day, Terms(30, Mode.DAYS_MONTH_END_TENTH)) == date(2026, 4, 10)
    assert due_on(day, Terms(30, "unheard of")) == date(2026, 3, 2)


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 120), st.sampled_from(list(Mode)))
def test_due_is_never_before_the_document(day: date, days: int, mode: Mode) -> None:
    assert due_on(day, Terms(days, mode)) >= day
    assert end_of_month(day).month == day.month and (end_of_month(day) + timedelta(1)).day == 1


@pytest.mark.parametrize(
    ("late", "expected"), [(-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (900, 4)]
)
def test_buckets(late: int, expected: int) -> None:
    today = date(2026, 5, 19)
    assert days_late(today - timedelta(late), today) == late
    assert bucket(late) == expected


@given(
    st.lists(st.tuples(st.dates(date(2024, 1, 1), date(2027, 1, 1)), st.integers(-(10**6), 10**6))),
    st.dates(date(2024, 1, 1), date(2027, 1, 1)),
)
def test_the_aged_balance_adds_up_on_any_day(items: list[tuple[date, int]], on: date) -> None:
    aged = age(items, on)
    assert aged.balance_cents == sum(cents for _, cents in items)
    assert aged.credits_cents <= 0 <= min(aged.not_due_cents, *aged.late_by_bucket)


def test_equal_lines_have_distinct_keys_that_last() -> None:
    day = date(2026, 1, 5)
    lines = [entry("C", 100, day, piece="F1"), entry("C", 100, day, piece="F1"), entry("C", 100, day, piece="F2")]
    keys = journal_keys(lines, {})
    assert len(set(keys)) == 3
    assert journal_keys(lines, {}) == keys
    assert journal_keys([lines[0]._replace(label="other", letter="A", line=99)], {}) == keys[:1]
    assert journal_keys(lines[:1], {0: day}) != keys[:1]


def test_a_listed_line_is_known_although_its_amount_shrinks() -> None:
    day = date(2026, 1, 5)
    one = entry("C", 100, day, piece="F 1")
    assert list_keys([one]) == list_keys([one._replace(debit_cents=60, piece="f 1")])
    assert list_keys([one]) != list_keys([one._replace(debit_cents=0, credit_cents=60)])
    without = one._replace(piece="")
    assert list_keys([without]) != list_keys([without._replace(debit_cents=60)])


def test_a_line_is_found_once_exactly_then_loosely() -> None:
    assert match(["a", "b", "c"], [1, 1, 1], {"b": 0}, {1: [0, 5]}) == [5, 0, NEW]
