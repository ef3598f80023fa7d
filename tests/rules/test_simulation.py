"""The fan of cumulative cash against a plain simulation, and its shape."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from rules.prediction import Asked, Forecasts, Habit, Paid
from rules.simulation import ONE_BY_ONE, fan

MONDAY = date(2026, 5, 18)
SUNDAYS = [MONDAY + timedelta(days=6 + 7 * n) for n in range(10)]


def asked(customers: int, each: int) -> tuple[Forecasts, list[int], list[int]]:
    paid = [
        Paid(c, on := MONDAY - timedelta(days=20 + 7 * n), on + timedelta(days=(c * 7 + n * 5) % 23 - 3), 100_000)
        for c in range(min(customers, 30))
        for n in range(30)
    ]
    items = [
        Asked(c % 30, MONDAY + timedelta(days=(c * 3 + n * 11) % 40 - 15), 100_000)
        for c in range(customers)
        for n in range(each)
    ]
    forecasts = Habit.learn(paid, MONDAY).predict(items)
    return forecasts, [c for c in range(customers) for _ in range(each)], [10_000 * (1 + n % 17) for n in range(len(items))]


@pytest.mark.parametrize(("customers", "each"), [(20, 3), (1_500, 2)])
def test_the_middle_is_the_sum_of_the_chances(customers: int, each: int):
    forecasts, who, cents = asked(customers, each)
    assert (len(who) > ONE_BY_ONE) == (customers > 100)
    for day, band in zip(SUNDAYS, fan(forecasts, who, cents, SUNDAYS), strict=True):
        expected = sum(c * forecasts[n].by(day) for n, c in enumerate(cents)) if customers < 100 else None
        if expected is not None:
            assert band.middle_cents == pytest.approx(expected, rel=0.08)
        assert band.low_80_cents <= band.low_50_cents <= band.middle_cents <= band.high_50_cents <= band.high_80_cents


def test_it_grows_and_ends_near_all_that_is_owed():
    forecasts, who, cents = asked(400, 5)
    shown = fan(forecasts, who, cents, [*SUNDAYS, MONDAY + timedelta(days=330)])
    for value in ("middle_cents", "low_80_cents", "high_80_cents"):
        series = [getattr(band, value) for band in shown]
        assert series == sorted(series)
    assert shown[-1].middle_cents == pytest.approx(sum(cents), rel=0.01)


def test_the_same_items_give_the_same_fan():
    forecasts, who, cents = asked(50, 4)
    assert fan(forecasts, who, cents, SUNDAYS) == fan(forecasts, who, cents, SUNDAYS)
    assert fan(forecasts, who, cents, SUNDAYS, seed=1) != fan(forecasts, who, cents, SUNDAYS)


def test_one_customer_is_less_certain_than_many():
    forecasts, who, cents = asked(300, 1)
    many, one = (fan(forecasts, names, cents, SUNDAYS)[2] for names in (who, [0] * len(who)))
    assert one.high_80_cents - one.low_80_cents > 1.8 * (many.high_80_cents - many.low_80_cents)


def test_drawing_together_is_as_wide_as_drawing_one_by_one(monkeypatch: pytest.MonkeyPatch):
    forecasts, who, cents = asked(450, 2)
    singly = fan(forecasts, who, cents, SUNDAYS)
    monkeypatch.setattr("rules.simulation.ONE_BY_ONE", 0)
    for one, together in zip(singly[1:6], fan(forecasts, who, cents, SUNDAYS)[1:6], strict=True):
        assert together.middle_cents == pytest.approx(one.middle_cents, rel=0.03)
        width = one.high_80_cents - one.low_80_cents
        assert together.high_80_cents - together.low_80_cents == pytest.approx(width, rel=0.2)


def test_nothing_owed():
    empty = Habit.learn([], MONDAY).predict([])
    assert [band.high_80_cents for band in fan(empty, [], [], SUNDAYS)] == [0] * 10
