"""The prediction of payment dates: habits it must see, what was promised or disputed, what it does not know."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise

import pytest

from rules.forecast import Debit, Pledge, parts
from rules.prediction import Asked, Distribution, Habit, Paid, day_predicted

TODAY = date(2026, 5, 18)  # a Monday
DAY = timedelta(days=1)


def history(delay, weeks: int = 60, customer: str = "Dupont", gap: int = 7, **fields: object) -> list[Paid]:
    """One item due every `gap` days until two months ago; `delay` says when it was paid from the due date."""
    due = [TODAY - timedelta(days=40 + gap * n) for n in range(weeks)]
    return [Paid(customer, on, delay(on), 100_000, on - timedelta(days=30), **fields) for on in due]


def predicted(paid: list[Paid], due_on: date, **fields: object) -> Distribution:
    return Habit.learn(paid, TODAY).predict_one(Asked(fields.pop("customer", "Dupont"), due_on, 100_000, **fields))


def next_weekday(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def bank_day(day: date) -> date:
    return next_weekday(day, 0) if day.weekday() >= 5 else day


def test_a_fixed_delay_and_the_ranges_in_order():
    found = predicted(history(lambda due: bank_day(due + 12 * DAY)), TODAY + 2 * DAY)
    assert abs((found.p50 - (TODAY + 14 * DAY)).days) <= 1
    assert found.p10 <= found.p25 <= found.p50 <= found.p75 <= found.p90
    assert found.enough and found.payments == 60


@pytest.mark.parametrize("ahead", range(14))
def test_who_pays_on_fridays_is_expected_on_a_friday(ahead: int):
    paid = history(lambda due: next_weekday(due, 4), weeks=150, gap=3)
    assert predicted(paid, TODAY + (2 + ahead) * DAY).p50 == next_weekday(TODAY + (2 + ahead) * DAY, 4)


def test_who_pays_on_the_tenth_is_expected_about_the_tenth():
    def tenth(due: date) -> date:
        month = due if due.day <= 10 else due.replace(day=28) + 7 * DAY
        return bank_day(month.replace(day=10))

    paid = history(tenth, weeks=240, gap=3)
    for ahead in (1, 6, 12, 18, 24):
        due = TODAY + ahead * DAY
        assert abs((predicted(paid, due).p50 - tenth(due)).days) <= 3, due


def test_who_pays_on_the_day_pays_a_saturday_on_the_monday():
    paid = history(bank_day, weeks=150, gap=3)
    saturday = date(2026, 6, 6)
    assert predicted(paid, saturday).p50 == date(2026, 6, 8)
    assert predicted(paid, date(2026, 6, 10)).p50 == date(2026, 6, 10)


def test_no_payment_is_expected_while_banks_are_closed():
    paid = history(bank_day, weeks=150, gap=3)
    christmas = Habit.learn(paid, date(2026, 12, 14)).predict_one(Asked("Dupont", date(2026, 12, 25), 100_000))
    assert christmas.p50 == date(2026, 12, 28)
    assert christmas.by(date(2026, 12, 27)) - christmas.by(date(2026, 12, 24)) < 1e-4


def test_an_item_still_open_is_expected_from_today_on():
    paid = history(lambda due: bank_day(due + timedelta(days=5 if due.toordinal() % 5 else 50)), weeks=100)
    fresh, late = predicted(paid, TODAY + DAY), predicted(paid, TODAY - 20 * DAY)
    assert late.by(TODAY - DAY) == 0.0
    assert late.p10 >= TODAY
    assert fresh.late_more_than(30) < 0.4 < 0.9 < late.late_more_than(15)
    assert abs((late.p50 - (TODAY + 30 * DAY)).days) <= 7
    ancient = predicted(paid, TODAY - 900 * DAY)
    assert TODAY <= ancient.p10 <= ancient.p50 <= ancient.p90


def test_a_distribution_is_one():
    found = predicted(history(lambda due: due + timedelta(days=due.day % 9)), TODAY + 5 * DAY)
    assert all(before <= after for before, after in pairwise(found.reached))
    assert found.reached[-1] == pytest.approx(1, abs=1e-4)
    assert found.by(found.p50) >= 0.5 > found.by(found.p50 - DAY)
    assert found.late_more_than(0) == pytest.approx(1 - found.by(TODAY + 5 * DAY))
    assert found.by(date(2020, 1, 1)) == 0.0


def test_recent_habits_count_more():
    def slower(due: date) -> date:
        return bank_day(due + timedelta(days=20 if due > TODAY - timedelta(days=250) else 0))

    assert (predicted(history(slower, weeks=120), TODAY + 2 * DAY).p50 - TODAY).days >= 19


def test_thin_history_is_said_and_leans_on_the_segment():
    slow = [p for n in range(8) for p in history(lambda due: bank_day(due + 30 * DAY), customer=f"slow{n}", segment="public")]
    fast = [p for n in range(8) for p in history(bank_day, customer=f"fast{n}", segment="shops")]
    new = {kind: predicted(slow + fast, TODAY + 2 * DAY, customer="new", segment=kind) for kind in ("public", "shops")}
    assert not new["public"].enough and new["public"].payments == 0
    assert (new["public"].p50 - TODAY).days > 25 > 8 > (new["shops"].p50 - TODAY).days
    unheard = Habit.learn([], TODAY).predict_one(Asked("new", TODAY + 7 * DAY))
    assert not unheard.enough
    assert unheard.p50 >= TODAY


def test_like_amounts_count_more():
    small = history(bank_day, weeks=60)
    large = [p._replace(cents=5_000_000, paid_on=bank_day(p.due_on + 21 * DAY), due_on=p.due_on) for p in small]
    habit = Habit.learn(small + large, TODAY)
    due = TODAY + 3 * DAY
    few, much = (habit.predict_one(Asked("Dupont", due, cents)).p50 for cents in (90_000, 6_000_000))
    assert (few - due).days <= 3
    assert (much - due).days >= 18


def test_a_promise_holds_as_often_as_they_did():
    paid = history(lambda due: bank_day(due + 3 * DAY))
    promised = date(2026, 6, 17)
    reliable = predicted(paid, TODAY - 2 * DAY, promised_on=promised, kept=20)
    doubtful = predicted(paid, TODAY - 2 * DAY, promised_on=promised, broken=20)
    assert reliable.p50 == promised
    assert reliable.by(promised - DAY) == 0.0
    assert reliable.by(promised + 7 * DAY) > 0.85 > 0.4 > doubtful.by(promised)
    assert reliable.reached[-1] == pytest.approx(1, abs=1e-4)
    passed = predicted(paid, TODAY - 2 * DAY, promised_on=TODAY - DAY, kept=20)
    assert passed.reached == predicted(paid, TODAY - 2 * DAY).reached


def test_a_dispute_puts_off():
    paid = history(lambda due: bank_day(due + 3 * DAY))
    plain, disputed = (predicted(paid, TODAY + 2 * DAY, dispute_days=days) for days in (0, 30))
    assert (disputed.p50 - plain.p50).days == 30
    assert disputed.reached[-1] == pytest.approx(1, abs=1e-4)


def test_the_day_of_prediction():
    due, issued = date(2026, 5, 31), date(2026, 5, 1)
    assert day_predicted(due, issued, date(2026, 6, 10)) == issued
    assert day_predicted(due, None, date(2026, 6, 10)) == date(2026, 5, 16)
    assert day_predicted(due, issued, date(2026, 4, 20)) == date(2026, 4, 20)


def test_many_items_are_answered_as_each_alone():
    paid = history(lambda due: due + timedelta(days=due.day % 9), weeks=120)
    paid += history(lambda due: bank_day(due + 20 * DAY), customer="Durand")
    items = [Asked(who, TODAY + n * DAY, 50_000 * (n + 60)) for who in ("Dupont", "Durand", "new") for n in range(-50, 40, 7)]
    habit = Habit.learn(paid, TODAY)
    together = habit.predict(items)
    assert len(together) == len(items)
    for number, item in enumerate(items):
        assert together[number].reached == pytest.approx(habit.predict_one(item).reached, abs=1e-5)
    assert together.medians() == [together[number].p50 for number in range(len(items))]


def test_the_forecast_uses_the_median_where_nothing_better_is_known():
    debits = [Debit(1, 7, TODAY - 9 * DAY, 100_000), Debit(2, 7, TODAY + 9 * DAY, 50_000), Debit(3, 7, TODAY + 9 * DAY, 20_000)]
    pledges = [Pledge(7, 1, TODAY + 3 * DAY, 40_000)]
    medians = {1: TODAY + 12 * DAY, 2: TODAY + 30 * DAY}
    placed = {(p.debit.item_id, p.why): (p.on, p.cents) for p in parts(debits, pledges, [], TODAY, medians)}
    assert placed == {
        (1, "promise"): (TODAY + 3 * DAY, 40_000),
        (1, "predicted"): (TODAY + 12 * DAY, 60_000),
        (2, "predicted"): (TODAY + 30 * DAY, 50_000),
        (3, "due"): (TODAY + 9 * DAY, 20_000),
    }


def test_the_product_starts_without_numpy():
    code = "import app, blueprints.cli_forecast, services.prediction, sys; app.create_app; sys.exit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
