"""The numbers of the white paper."""

from __future__ import annotations

import pytest

from rules.dso import (
    average_days_delinquent,
    cash_freed,
    collection_effectiveness,
    count_back_dso,
    mean_gain,
    outstanding_at,
    simple_dso,
    simulate,
)

MILLION = 100_000_000


def test_simple_dso():
    assert simple_dso(150_000_000, 12 * MILLION) == 45
    assert simple_dso(1, 0) is None


def test_cash_freed_by_ten_days():
    assert outstanding_at(35, 12 * MILLION) == 116_666_666
    freed = cash_freed(150_000_000, 12 * MILLION, 35)
    assert freed == 33_333_333
    assert round(100 * freed / 150_000_000, 2) == 22.22


def test_count_back_takes_months_newest_first_the_last_in_proportion():
    months = [(60_000, 31), (80_000, 30), (50_000, 31)]
    assert count_back_dso(60_000, months) == 31
    assert count_back_dso(100_000, months) == 31 + 15
    assert count_back_dso(10_000_000, months) == 92
    assert count_back_dso(0, months) == 0
    assert average_days_delinquent(46, 31) == 15


def test_collection_effectiveness():
    assert collection_effectiveness(100, 50, 60, 30) == pytest.approx(75)
    assert collection_effectiveness(0, 0, 0, 0) is None


def test_ten_customers():
    before, after, _ = mean_gain([60, 60, 50, 50, 50, 40, 35, 35, 35, 35], [40, 40, 35, 35, 30, 30, 35, 35, 35, 35])
    assert (before, after, before - after) == (45, 35, 10)
    second = mean_gain([90, 90, 40, 40, 35, 35, 30, 30, 30, 30], [40, 40, 35, 35, 30, 30, 35, 35, 35, 35])
    assert second[:2] == (45, 35)
    assert second[2] == [50, 50, 5, 5, 5, 5, -5, -5, -5, -5]


def test_the_simulator_with_its_defaults():
    saved = simulate()
    assert (saved.cash_cents, saved.work_cents, saved.overdraft_cents, saved.bad_debts_cents) == (
        30_000_000,
        150_000,
        150_000,
        212_500,
    )
    assert saved.month_cents == 512_500
