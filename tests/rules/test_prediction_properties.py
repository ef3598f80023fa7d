"""No peeking: what is paid on the day of a prediction or later changes nothing in it. And what every prediction must keep to."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.prediction import Asked, Habit, Paid, day_predicted
from rules.prediction_backtest import Guess, backtest

START = date(2025, 1, 6)
ALWAYS = date(2000, 1, 1)

rows = st.builds(
    lambda who, due, late, cents, terms: Paid(
        f"C{who}",
        START + timedelta(days=due),
        START + timedelta(days=due + late),
        cents,
        START + timedelta(days=due - terms) if terms else None,
    ),
    st.integers(0, 4), st.integers(0, 400), st.integers(-40, 130), st.integers(0, 10_000_000), st.sampled_from([0, 30, 60]),
)  # fmt: skip
histories = st.lists(rows, min_size=2, max_size=120)


def of(place: int, paid: list[Paid]) -> Guess:
    found = backtest(paid, ALWAYS)
    assert found is not None
    return found.guesses[place]._replace(place=0)


@settings(max_examples=60, deadline=None)
@given(histories, st.data())
def test_what_comes_later_changes_nothing(paid: list[Paid], data: st.DataObject):
    place = data.draw(st.integers(0, len(paid) - 1))
    item = paid[place]
    on = day_predicted(item.due_on, item.issued_on, item.paid_on)
    changed, at = [], 0
    for number, one in enumerate(paid):
        if number == place:
            at = len(changed)
            changed.append(one)
        elif one.paid_on < on:
            changed.append(one)
        elif data.draw(st.booleans()):  # else it is left out
            later = on + timedelta(days=data.draw(st.integers(0, 300)))
            changed.append(data.draw(rows)._replace(customer=one.customer, paid_on=later))
    changed += [one._replace(paid_on=max(one.paid_on, on)) for one in data.draw(st.lists(rows, max_size=20))]
    assert of(place, paid) == of(at, changed)


@settings(max_examples=60, deadline=None)
@given(histories, st.integers(0, 400), st.integers(-100, 60))
def test_live_predictions_know_nothing_of_that_day(paid: list[Paid], day: int, ahead: int):
    on = START + timedelta(days=day)
    item = Asked("C1", on + timedelta(days=ahead), 100_000)
    known = [one for one in paid if one.paid_on < on]
    whole, part = (Habit.learn(history, on).predict_one(item) for history in (paid, known))
    assert whole == part
    assert on <= whole.p10 <= whole.p25 <= whole.p50 <= whole.p75 <= whole.p90
    assert whole.by(on - timedelta(days=1)) == 0.0
    assert abs(whole.reached[-1] - 1) < 1e-4


@settings(max_examples=30, deadline=None)
@given(histories)
def test_every_item_is_predicted_on_its_day_and_not_before_it(paid: list[Paid]):
    found = backtest(paid, ALWAYS)
    assert found is not None
    assert [g.place for g in found.guesses] == list(range(len(paid)))
    for guess, item in zip(found.guesses, paid, strict=True):
        assert guess.predicted_on == day_predicted(item.due_on, item.issued_on, item.paid_on) <= item.paid_on == guess.paid_on
        assert guess.predicted_on <= guess.p10 <= guess.p25 <= guess.p50 <= guess.p75 <= guess.p90
