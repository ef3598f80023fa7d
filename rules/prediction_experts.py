"""Seven opinions about when each item is paid, as probabilities by day; how much each is worth is measured in `rules.prediction_engine`.

Every opinion starts from payments known on the day of the prediction, and counts a past payment the more the more it resembles the item:
how recent it is, how near the amount, the day of the month and the weekday it was due on. A delay is carried over in bank days where
payments keep to them, so that "pays on the day" stays that on a Saturday.

portfolio: everybody of the segment · own: the customer's payments, recent ones first · amount: those of like amount ·
weekday: like amount and weekday · alike: like amount, weekday and day of the month due · runs: the own ones, on the days of the week or the
month this customer is seen to pay on, when those are few · level: the customer's usual delay, as far
as it is established, with the scatter seen around such estimates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.prediction_days import UNIX, Days, Spread, bank_count, bank_day, day_of_month, off_weekends, weekday

Floats = NDArray[np.float32]
OPINIONS = ("portfolio", "own", "amount", "weekday", "alike", "runs", "level")
BEFORE, WIDTH = 60, 241  # columns: from 60 days before the due date (or the day of prediction, if later), one a day
LAST_OWN = 400  # payments of one customer looked at, the latest
HALF_LIFE = 250.0  # days; an older payment weighs half
NEAR_AMOUNT = 0.7  # a factor of two in the amount weighs a good third
NEAR_DAY = 3.0  # days of the month
LEVEL_LIVES = (1000.0, 250.0)  # days, the same for the average delay
EARLIEST, LATEST = -45, 120  # delays are cut there before they are averaged
CLASSES = 8  # of scatter, for the opinion `level`
SCATTER = (1.0, 2.0, 3.0, 5.0, 8.0, 12.0)
BINS = 181  # of what lies around a level: -90 to 90 days
PULLS = (0.3, 1.0, 3.0, 10.0)  # how many payments the average of all is worth beside the customer's own
WAYS = 2 * len(LEVEL_LIVES) * len(PULLS)  # to estimate it
RECENT = 0.5
MONTH_SLOTS = 32  # days of the month from its start, and from the 25th on from its end
RUN_EVENLY, RUN_OF_MONTH, RUN_OF_WEEK = (
    4.0,
    0.15,
    0.35,
)  # payments taken to be spread evenly; how concentrated (sum of squared shares) above that
RUN_FROM = 6.0  # payments, recent ones counting one


@dataclass(frozen=True, slots=True)
class Payments:
    """Settled items in columns, ordered by customer and day of payment; amounts as logarithms."""

    customer: Days
    amount: Floats
    due: Days
    paid: Days
    key: Days
    start: Days  # of each row's customer

    @classmethod
    def of(cls, customer: Days, amount: Floats, due: Days, paid: Days) -> Payments:
        """From columns in any order."""
        order = np.lexsort((np.arange(len(paid)), paid, customer))
        customer, paid = customer[order], paid[order]
        first = np.searchsorted(customer, customer, "left")
        return cls(customer, amount[order], due[order], paid, customer * 10_000_000 + paid, first)


@dataclass(frozen=True, slots=True)
class Questions:
    """Items to predict in columns: on which day, for which customer (-1: unknown), segment, amount and due date."""

    customer: Days
    segment: Days
    amount: Floats
    due: Days
    on: Days

    def rows(self, at: Days) -> Questions:
        """Some of them."""
        return Questions(self.customer[at], self.segment[at], self.amount[at], self.due[at], self.on[at])

    @property
    def first(self) -> Days:
        """The day of the first column."""
        return np.maximum(self.due - BEFORE, self.on)


@dataclass(frozen=True, slots=True)
class Alike:
    """Past payments of the customers asked about, one row per question and payment, and the column each one points to (-1: excluded)."""

    row: Days
    paid: Days
    column: Days
    age: Floats
    amount_gap: Floats
    month_gap: Floats
    same_weekday: NDArray[np.bool_]
    delay: Floats
    known: Days  # payments of each question's customer known by then


@dataclass(frozen=True, slots=True)
class Levels:
    """The customer's usual delay under each way of estimating it, and the class of its scatter."""

    guesses: Floats  # questions × ways
    scatter: Days


def alike(payments: Payments, asked: Questions, bank_days: bool) -> Alike:
    """What each customer paid before the day of its question: the latest payments, nothing of that day or later."""
    ends = np.searchsorted(payments.key, asked.customer * 10_000_000 + asked.on, "left")
    begins = np.searchsorted(payments.key, asked.customer * 10_000_000, "left")
    counts = np.minimum(ends - begins, LAST_OWN)
    row = np.repeat(np.arange(len(counts)), counts)
    at = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(ends - counts, counts)
    due, paid, new_due = payments.due[at], payments.paid[at], asked.due[row]
    delay = paid - due
    lands = bank_day(bank_count(new_due) + bank_count(paid) - bank_count(due)) if bank_days else new_due + delay
    gap = np.abs(day_of_month(due) - day_of_month(new_due))
    return Alike(
        row=row,
        paid=paid,
        column=columns_of(lands, asked, row),
        age=(asked.on[row] - paid).astype(np.float32),
        amount_gap=np.abs(payments.amount[at] - asked.amount[row]),
        month_gap=np.minimum(gap, np.maximum(30 - gap, 0)).astype(np.float32),
        same_weekday=weekday(due) == weekday(new_due),
        delay=np.clip(delay, EARLIEST, LATEST).astype(np.float32),
        known=ends - begins,
    )


def columns_of(days: Days, asked: Questions, row: Days) -> Days:
    """The column of each day; -1 when the item would have been paid before the day of prediction, and it was not."""
    first = asked.first[row]
    column = np.minimum(days - first, WIDTH - 1)
    waiting = asked.on[row] > asked.due[row] - BEFORE
    return np.where(column < 0, np.where(waiting, -1, 0), column)


def opinions(found: Alike, asked: Questions, prior: Spread) -> tuple[list[Spread], NDArray[np.bool_]]:
    """All opinions but `level`, and which customers pay in runs; `prior` (probabilities by column) is the first and what thin ones lean on."""
    rows = len(prior)
    kept = found.column >= 0
    place = found.row[kept] * WIDTH + found.column[kept]
    recent = np.exp2(-found.age[kept] / np.float32(HALF_LIFE))
    amount = np.exp(-found.amount_gap[kept] / np.float32(NEAR_AMOUNT))
    month = np.exp(-found.month_gap[kept] / np.float32(NEAR_DAY))
    same = found.same_weekday[kept]

    def weighed(weight: Floats, lean: Spread, pull: float) -> Spread:
        counted = np.bincount(place, weight, rows * WIDTH).reshape(rows, WIDTH).astype(np.float32)
        return np.asarray((counted + np.float32(pull) * lean) / (counted.sum(1, keepdims=True) + np.float32(pull)))

    own = weighed(recent, prior, 1.0)
    runs, in_runs = _in_runs(found, asked, own)
    near = recent * (amount + np.float32(0.1))
    made = [
        prior,
        own,
        weighed(recent * (amount + np.float32(0.02)), own, 1.0),
        weighed(near * np.where(same, np.float32(1), np.float32(0.1)), own, 2.0),
        weighed(near * (month + np.float32(0.2)) * np.where(same, np.float32(1), np.float32(0.25)), own, 0.6),
        runs,
    ]
    return [normal(one) for one in made], in_runs


def _in_runs(found: Alike, asked: Questions, own: Spread) -> tuple[Spread, NDArray[np.bool_]]:
    """The own opinion, raised on days like those the customer paid on and lowered on others, where these are few enough to be a habit."""
    rows, weight = len(own), np.exp2(-found.age / np.float32(HALF_LIFE))
    tilt, in_runs = np.ones_like(own), np.zeros(rows, np.bool_)
    span = np.arange(int(asked.first.min()), int(asked.first.max()) + WIDTH)
    for slot_of, slots, even, limit in ((_month_slot, MONTH_SLOTS, 12 / 365, RUN_OF_MONTH), (weekday, 7, 1 / 5, RUN_OF_WEEK)):
        counts = np.bincount(found.row * slots + slot_of(found.paid), weight, rows * slots).reshape(rows, slots)
        total = counts.sum(1)
        together = (counts**2).sum(1) / np.maximum(total, 1e-9) ** 2
        habit = np.flatnonzero((total >= RUN_FROM) & (together > 1 / np.maximum(total, 1) + even + limit))
        in_runs[habit] = True
        factor = ((counts[habit] + RUN_EVENLY * even) / ((total[habit, None] + RUN_EVENLY) * even)).astype(np.float32)
        slot = slot_of(span)[(asked.first[habit] - span[0])[:, None] + np.arange(WIDTH)]
        tilt[habit] *= np.take_along_axis(factor, slot, 1)
    chosen = np.flatnonzero(in_runs)
    runs = own.copy()
    runs[chosen] = _smooth(own[chosen]) * tilt[chosen]
    return runs, in_runs


def _month_slot(days: Days) -> Days:
    """The day of the month; from the 25th on, how far its end is."""
    of_month = day_of_month(days)
    at = (days - UNIX).astype("datetime64[D]").astype("datetime64[M]")
    left = ((at + 1).astype("datetime64[D]").astype(np.int64) + UNIX) - days
    return np.where(of_month < 25, of_month, 24 + left)


def _smooth(spread: Spread) -> Spread:
    """Each chance shared with the days around it, a week to either side at most: a run is met, if not on the day then near it."""
    padded = np.pad(spread, ((0, 0), (8, 7)))
    sums = np.cumsum(padded, 1)
    return np.asarray((sums[:, 15:] - sums[:, :-15]) / 15 + spread)


def levels(found: Alike, asked: Questions, usual: float, drift: float) -> Levels:
    """Each customer's average delay, over long and over short, drawn towards the usual one by each of `PULLS`; again with the recent drift
    of all customers."""
    rows, plain = len(asked.due), []
    for life in LEVEL_LIVES:
        weight = np.exp2(-found.age / np.float32(life))
        total = np.bincount(found.row, weight, rows)
        summed = np.bincount(found.row, weight * found.delay, rows)
        plain += [(summed + pull * usual) / (total + pull) for pull in PULLS]
    off = np.bincount(found.row, np.abs(found.delay - plain[0][found.row]), rows)
    count = np.bincount(found.row, minlength=rows)
    scatter = np.where(count > 0, np.digitize((off + RECENT * 4) / (count + RECENT), SCATTER), CLASSES - 1)
    guesses = np.stack(plain, 1)
    return Levels(np.concatenate([guesses, guesses + drift], 1).astype(np.float32), scatter)


def around(asked: Questions, level: Floats, scatter: Days, residuals: NDArray[np.float64], bank_days: bool) -> Spread:
    """The opinion `level`: what lay around such estimates (by class of scatter), laid around this one."""
    pooled = residuals.sum(0) + np.exp(-np.abs(np.arange(BINS) - BINS // 2) / 6.0)
    shapes = residuals + 3.0 * pooled / pooled.sum()
    shapes = np.pad(shapes / shapes.sum(1, keepdims=True), ((0, 0), (1, 1))).astype(np.float32)
    middle = asked.due - asked.first + np.round(level).astype(np.int64)
    place = np.arange(WIDTH, dtype=np.int32) - (middle - BINS // 2 - 1).astype(np.int32)[:, None]
    np.clip(place, 0, BINS + 1, out=place)
    place += (scatter * (BINS + 2)).astype(np.int32)[:, None]
    spread = np.take(shapes.ravel(), place)
    if bank_days:
        off_weekends(spread, asked.first)
    return normal(spread)


def normal(spread: Spread) -> Spread:
    """In place: probabilities that add up to one; what nothing is known about goes on evenly, the farther the less likely."""
    tail = np.exp(-np.arange(WIDTH, dtype=np.float32) / np.float32(60))
    spread += np.float32(2e-4) * tail / tail.sum()
    spread /= spread.sum(1, keepdims=True)
    return spread
