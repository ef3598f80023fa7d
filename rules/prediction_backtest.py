"""How good the prediction would have been: every item predicted from what was paid before its day of prediction, then compared.

Baselines beside it: everybody pays on the due date; on the due date plus the customer's mean delay, or its median delay, as known that day
(of all customers where it has paid nothing yet)."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rules.prediction import Asked, Habit, Paid, days_predicted, ordinals_at
from rules.prediction_engine import answer
from rules.prediction_experts import Questions

FAR = date(9999, 12, 31)


class Guess(NamedTuple):
    """One item predicted: its place in what was given, the day of prediction, the quantiles, and when it was paid."""

    place: int
    predicted_on: date
    p10: date
    p25: date
    p50: date
    p75: date
    p90: date
    paid_on: date


@dataclass(frozen=True, slots=True)
class Errors:
    """How far a way of predicting was off: mean and median of the days between, and the share within 3 days."""

    mae_days: float
    median_ae_days: float
    within_3_days: float


@dataclass(frozen=True, slots=True)
class Backtest:
    """What was predicted, how good that was, how often the ranges held, and the baselines on the same items."""

    guesses: list[Guess]
    ours: Errors
    coverage_50: float
    coverage_80: float
    due_date: Errors
    customer_mean: Errors
    customer_median: Errors


def backtest(paid: Sequence[Paid], first_due_on: date) -> Backtest | None:
    """Predict each item due from a day on, as of its own day of prediction; None when there is none.

    The prediction of an item depends on payments made before its day of prediction only: those of that day and later can be changed or
    taken away without changing it."""
    habit = Habit.learn(paid, FAR)
    payments = habit.payments
    on = days_predicted(habit, np.arange(len(payments.paid)))
    asked = Questions(payments.customer, habit.segment, payments.amount, payments.due, on)
    made = answer(payments, asked, payments.paid, habit.segment)
    wanted = np.flatnonzero(payments.due >= first_due_on.toordinal())
    if not len(wanted):
        return None
    reached = np.cumsum(made.spread[wanted], 1, dtype=np.float32)
    first, level = made.first[wanted], made.levels[wanted]
    ends = [ordinals_at(first, reached, level[:, n, None]) for n in (0, 1)]
    ends += [ordinals_at(first, reached, 0.5)]
    ends += [ordinals_at(first, reached, level[:, n, None]) for n in (2, 3)]
    true = payments.paid[wanted]
    mean, middle = _baselines(habit, on, wanted)
    return Backtest(
        _guesses(paid, habit, wanted, on, ends),
        _errors(ends[2] - true),
        float(((true >= ends[1]) & (true <= ends[3])).mean()),
        float(((true >= ends[0]) & (true <= ends[4])).mean()),
        _errors(payments.due[wanted] - true),
        _errors(payments.due[wanted] + mean - true),
        _errors(payments.due[wanted] + middle - true),
    )


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Items predicted in the past, the median days the prediction was off and the due date was off, and the share of payments that fell
    into the range announced for 50 % and 80 % of them."""

    items: int
    median_error_days: float
    due_date_median_error_days: float
    mean_error_days: float
    due_date_mean_error_days: float
    held_50: float
    held_80: float


def judge(
    habit: Habit, items: Sequence[Asked], on: Sequence[date], settled: Sequence[date | None], today: date
) -> Accuracy | None:
    """How good predictions of open items on days of the past were; None when not one can be told yet.

    `settled` None: open today, so paid today at the earliest: counted as off by at least that much, left out where today is too early."""
    made = habit.predict_past(items, on)
    ends = [made.ordinals(end) for end in (0, 1, None, 2, 3)]
    due = np.array([i.due_on.toordinal() for i in items], np.int64)
    true = np.array([(one or today).toordinal() for one in settled], np.int64)
    open_now = np.array([one is None for one in settled])
    told = ~open_now | (true > ends[4])
    if not told.any():
        return None
    error, naive = np.abs(ends[2] - true)[told], np.abs(np.maximum(due, _ordinals(on)) - true)[told]
    return Accuracy(
        int(told.sum()),
        float(np.median(error)),
        float(np.median(naive)),
        float(error.mean()),
        float(naive.mean()),
        float(((true >= ends[1]) & (true <= ends[3]))[told].mean()),
        float(((true >= ends[0]) & (true <= ends[4]))[told].mean()),
    )


def _ordinals(days: Sequence[date]) -> NDArray[np.int64]:
    return np.array([day.toordinal() for day in days], np.int64)


def _errors(off: NDArray[np.int64] | NDArray[np.float64]) -> Errors:
    apart = np.abs(off)
    return Errors(float(apart.mean()), float(np.median(apart)), float((apart <= 3).mean()))


def _guesses(
    paid: Sequence[Paid], habit: Habit, wanted: NDArray[np.int64], on: NDArray[np.int64], ends: Sequence[NDArray[np.int64]]
) -> list[Guess]:
    """In the order of what was given."""
    who = np.array([habit.customers[one.customer] for one in paid], np.int64)
    day = np.array([one.paid_on.toordinal() for one in paid], np.int64)
    place = np.lexsort((np.arange(len(day)), day, who))[wanted]  # the order `Habit.learn` brings them into
    found = []
    for at, row, *quantiles in zip(place.tolist(), wanted.tolist(), *(end.tolist() for end in ends), strict=True):
        p10, p25, p50, p75, p90 = map(date.fromordinal, quantiles)
        found.append(Guess(at, date.fromordinal(int(on[row])), p10, p25, p50, p75, p90, paid[at].paid_on))
    return sorted(found)


def _baselines(
    habit: Habit, on: NDArray[np.int64], wanted: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and median delay of each item's customer as known on its day; of all customers, else 0, where it has none."""
    payments = habit.payments
    own: dict[int, list[int]] = defaultdict(list)
    every: list[int] = []
    sums: dict[int, int] = defaultdict(int)
    total, done = 0, 0
    by_paid = np.argsort(payments.paid, kind="stable").tolist()
    means, middles = np.zeros(len(on)), np.zeros(len(on))
    for row in wanted[np.argsort(on[wanted], kind="stable")].tolist():
        while done < len(by_paid) and payments.paid[by_paid[done]] < on[row]:
            at = by_paid[done]
            delay, who = int(payments.paid[at] - payments.due[at]), int(payments.customer[at])
            insort(own[who], delay)
            insort(every, delay)
            sums[who] += delay
            total += delay
            done += 1
        who = int(payments.customer[row])
        if own[who]:
            means[row], middles[row] = sums[who] / len(own[who]), median(own[who])
        elif every:
            means[row], middles[row] = total / len(every), median(every)
    return means[wanted], middles[wanted]


def third_from(days: Sequence[date], share: float = 2 / 3) -> date:
    """The day that parts the items by due date: so that a share of them comes before."""
    return sorted(days)[int(len(days) * share)]
