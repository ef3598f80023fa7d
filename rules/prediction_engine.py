"""Weighs the opinions of `rules.prediction_experts` by how right each was, and says how wide the ranges must be to hold.

Time goes by in weeks. At the start of each, everything paid before it is counted: the delays of all customers, how far each opinion was off
(continuous ranked probability score: the area between the announced and the actual step) and where in its announced range each payment
fell. From that follow the weights of the opinions, found so that their mixture would have scored best, by length of the customer's history;
and the levels at which the ranges are read, found so that on payments already seen 10 % came before p10 and 10 % after p90. What is paid in
or after that week changes nothing in it: no peeking, by construction.

Constants were chosen on the first two thirds in time of the data sets named in docs/forecast.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rules.prediction_days import SATURDAY, Days, Spread, bank_count, bank_day, calendar_of, off_closing_days, weekday
from rules.prediction_experts import (
    BINS,
    CLASSES,
    EARLIEST,
    LATEST,
    OPINIONS,
    WAYS,
    WIDTH,
    Payments,
    Questions,
    alike,
    around,
    columns_of,
    levels,
    normal,
    opinions,
)

Numbers = NDArray[np.float64]
CHUNK = 1_000  # questions worked on at once: bounds the memory
DEPTHS = (1, 4, 12, 40)  # payments known of a customer: none, a few, …
CLASSES_OF_DEPTH = len(DEPTHS) + 2  # the last: customers who pay in runs
BLENDS = np.array(  # shares of the opinions in each blend; one more is made by the scores
    [
        [0.00, 0.00, 0.00, 0.00, 1.00, 0.00, 0.00],
        [0.00, 0.00, 0.00, 0.00, 0.80, 0.00, 0.20],
        [0.00, 0.20, 0.10, 0.10, 0.20, 0.00, 0.40],
        [0.00, 0.30, 0.00, 0.00, 0.00, 0.00, 0.70],
        [0.60, 0.10, 0.00, 0.00, 0.00, 0.00, 0.30],
        [0.00, 0.00, 0.00, 0.00, 0.00, 1.00, 0.00],
        [0.00, 0.00, 0.00, 0.00, 0.50, 0.50, 0.00],
    ]
)
START, START_TRUST = 1, 20.0  # the blend the scores start from; payments the days below are worth
BEHIND = (
    np.array([0.2, 0.0, 0.1, 0.2, 2.0, 1.0, 0.1, 0.1]) + 3
)  # days each blend is taken to be off before anything is measured,
BEHIND_RUNS = np.array([0.2, 0.2, 0.3, 0.5, 2.0, 0.0, 0.0, 0.2]) + 3  # and where the customer pays in runs
NEARLY = 0.01  # a blend off by 1 % more counts a third
SHARED = 0.3  # how much the whole counts beside a class of depth
NOMINAL = np.array([0.10, 0.25, 0.75, 0.90])
LEVEL_LIFE = 45.0  # days after which a payment counts half there
LEVEL_TRUST = 20.0  # payments the nominal levels are worth
REMEMBERED = 3_000  # payments the levels are read from
SCORE_LIFE, CROWD_LIFE, DRIFT_LIFE, AROUND_LIFE = 120.0, 200.0, 45.0, 400.0  # days after which what was seen weighs half
DRIFT_TRUST = 50.0
LOWEST, SLOTS = -44, 200  # delays of the crowd, in days
BANKING = 0.10  # payments on weekends: fewer, and bank days are counted
JUDGED_FROM = 100  # payments known before what is said is scored
FAR_OFF = 100_000  # more days than an item is ever late
STEPS = 30  # towards the best mixture, each week from where the last ended


@dataclass(slots=True)
class Answers:
    """For each question: day of the first column, probability by day, the four levels of the ranges, payments of the customer known."""

    first: Days
    spread: Spread
    levels: Numbers
    known: Days


def answer(payments: Payments, asked: Questions, paid: Days, segments: Days) -> Answers:
    """Predict each question from what was paid before its day. `paid` is the outcome where it is known (0: not), used only in later weeks;
    `segments` are those of the payments."""
    made = Answers(
        asked.first,
        np.zeros((len(asked.due), WIDTH), np.float32),
        np.tile(NOMINAL, (len(asked.due), 1)),
        np.zeros(len(asked.due), np.int64),
    )
    week = asked.on - weekday(asked.on)
    order = np.argsort(week, kind="stable")
    state = _State(payments, segments, asked, paid, int(max(segments.max(initial=0), asked.segment.max(initial=0))) + 2)
    if not len(order):
        return made
    first, last = int(week[order[0]]), int(week[order[-1]])
    mondays = range(first, last + 7, 7)  # every one: which weeks hold questions must not matter, their items may be paid later
    bounds = np.searchsorted(week[order], [*mondays, last + 7], "left").tolist()
    for monday, (begin, end) in zip(mondays, pairwise(bounds), strict=True):
        state.turn_to(monday)
        for start in range(begin, end, CHUNK):
            state.work(order[start : min(start + CHUNK, end)], made)
    return made


@dataclass(slots=True)
class _State:
    """What is known at the start of a week, and what was said about items whose payment is not counted yet."""

    payments: Payments
    segments: Days
    asked: Questions
    paid: Days
    segment_count: int
    today: int = 0
    turned: bool = False
    by_paid: Days = field(init=False)
    by_outcome: Days = field(init=False)
    counted: int = 0
    scored: int = 0
    crowd: Numbers = field(init=False)  # delays: calendar or bank days × segment (last: all) × weekday due × days
    weekend: float = 0.0
    average: Numbers = field(init=False)  # weight and sum of delays
    drift: Numbers = field(init=False)
    misses: Numbers = field(init=False)  # of each way to estimate a level
    residuals: Numbers = field(init=False)
    scores: Numbers = field(init=False)  # depth × opinion × opinion
    seen: Numbers = field(init=False)  # by depth
    scored_best: Numbers = field(init=False)  # by depth: shares of the opinions that would have scored best
    errors: Numbers = field(init=False)  # depth × blend: days the median was off
    calendar: str = "EUR"
    since: int = 0  # the first day of `per_day`
    per_day: Days = field(init=False)  # payments counted
    pits: list[tuple[float, float, float]] = field(default_factory=list)
    said: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows, count, ways = len(self.asked.due), len(OPINIONS), WAYS
        self.by_paid = np.argsort(self.payments.paid, kind="stable")
        self.since = int(self.payments.paid.min(initial=0 if not len(self.by_paid) else int(self.payments.paid[0])))
        self.per_day = np.zeros(int(self.payments.paid.max(initial=self.since)) - self.since + 1, np.int64)
        with_outcome = np.flatnonzero(self.paid > 0)
        self.by_outcome = with_outcome[np.argsort(self.paid[with_outcome], kind="stable")]
        self.crowd = np.zeros((2, self.segment_count, 7, SLOTS))
        self.average, self.drift, self.misses = np.zeros(2), np.zeros(2), np.zeros(ways)
        self.residuals = np.zeros((CLASSES, BINS))
        self.scores, self.seen = np.zeros((CLASSES_OF_DEPTH, count, count)), np.zeros(CLASSES_OF_DEPTH)
        self.scored_best = np.tile(BLENDS[START], (CLASSES_OF_DEPTH, 1))
        self.errors = np.zeros((CLASSES_OF_DEPTH, len(BLENDS) + 1))
        self.said = {
            "product": np.zeros((rows, count, count), np.float32),
            "guess": np.zeros((rows, ways), np.float32),
            "around": np.zeros((rows, 3), np.float32),  # level used, class of scatter, depth
            "error": np.zeros((rows, len(BLENDS) + 1), np.float32),
            "pit": np.zeros((rows, 2), np.float32),
        }

    # ------------------------------------------------------------------ the start of a week

    def turn_to(self, monday: int) -> None:
        """Let what was seen fade, and count what was paid before this day."""
        passed = float(monday - self.today) if self.turned else 0.0
        self.today, self.turned = monday, True
        for seen, life in (
            (self.crowd, CROWD_LIFE), (self.average, CROWD_LIFE), (self.drift, DRIFT_LIFE),
            (self.misses, AROUND_LIFE), (self.residuals, AROUND_LIFE), (self.scores, SCORE_LIFE), (self.seen, SCORE_LIFE), (self.errors, SCORE_LIFE),
        ):  # fmt: skip
            seen *= 0.5 ** (passed / life)
        self._count_payments(monday)
        if not self._count_scores(monday):
            return
        for depth in range(len(self.seen)):
            self.scored_best[depth] = _better(self.scores[depth] + SHARED * self.scores.sum(0), self.scored_best[depth])

    def _count_payments(self, monday: int) -> None:
        end = int(np.searchsorted(self.payments.paid[self.by_paid], monday, "left"))
        new, self.counted = self.by_paid[self.counted : end], end
        due, paid, segment = self.payments.due[new], self.payments.paid[new], self.segments[new]
        fresh = 0.5 ** ((monday - paid) / CROWD_LIFE)
        for kind, delay in enumerate((paid - due, bank_count(paid) - bank_count(due))):
            slot = np.clip(delay - LOWEST, 0, SLOTS - 1)
            for at in (segment, np.full(len(new), self.segment_count - 1)):
                np.add.at(self.crowd[kind], (at, weekday(due), slot), fresh)
        self.average += (fresh.sum(), (fresh * np.clip(paid - due, EARLIEST, LATEST)).sum())
        np.add.at(self.per_day, paid - self.since, 1)
        if end:
            weekend = weekday(np.arange(self.since, self.since + len(self.per_day))) >= SATURDAY
            self.weekend = float(self.per_day[weekend].sum()) / end
            self.calendar = calendar_of(self.since, self.per_day)

    def _count_scores(self, monday: int) -> bool:
        end = int(np.searchsorted(self.paid[self.by_outcome], monday, "left"))
        new, self.scored = self.by_outcome[self.scored : end], end
        new = new[self.said["pit"][new, 0] > 0]
        if not len(new):
            return False
        delay = np.clip(self.paid[new] - self.asked.due[new], EARLIEST, LATEST)
        level, scatter, depth = self.said["around"][new].T
        np.add.at(self.scores, depth.astype(int), self.said["product"][new])
        np.add.at(self.seen, depth.astype(int), 1.0)
        np.add.at(self.errors, depth.astype(int), self.said["error"][new])
        off = delay[:, None] - self.said["guess"][new]
        self.misses += np.abs(off).sum(0)
        self.drift += (len(new), off[:, 1].sum())
        around = np.clip(np.round(delay - np.round(level)).astype(int) + BINS // 2, 0, BINS - 1)
        np.add.at(self.residuals, (scatter.astype(int), around), 1.0)
        pits = [(upto, before, float(monday)) for upto, before in self.said["pit"][new].tolist()]
        self.pits = [*self.pits, *pits][-REMEMBERED:]
        return True

    # ------------------------------------------------------------------ the questions of a week

    def work(self, rows: Days, made: Answers) -> None:
        """Answer some questions of this week; remember what was said where the outcome will be known."""
        asked, bank_days = self.asked.rows(rows), self.weekend < BANKING
        found = alike(self.payments, asked, bank_days)
        usual = float(self.average[1] / self.average[0]) if self.average[0] > 0 else 0.0
        guessed = levels(found, asked, usual, float(self.drift[1] / (self.drift[0] + DRIFT_TRUST)))
        level = guessed.guesses[:, int(np.argmin(self.misses))]
        heard, in_runs = opinions(found, asked, self._prior(asked, bank_days))
        heard.append(around(asked, level, guessed.scatter, self.residuals, bank_days))
        depth = np.where(in_runs, CLASSES_OF_DEPTH - 1, np.digitize(found.known, DEPTHS))
        mixed = _mix(heard, self._shares()[depth])
        if bank_days:
            off_closing_days(mixed, asked.first, self.calendar)
        made.spread[rows], made.known[rows], made.levels[rows] = mixed, found.known, self._levels()
        told = np.flatnonzero(self.paid[rows] > 0)
        if len(told) and self.counted >= JUDGED_FROM:
            self._remember(rows, told, asked, heard, mixed, depth)
            self.said["guess"][rows] = guessed.guesses
            self.said["around"][rows] = np.stack([level, guessed.scatter, depth], 1)

    def _prior(self, asked: Questions, bank_days: bool) -> Spread:
        """The segment's delays by the weekday due, leaning on everybody's."""
        crowd = self.crowd[1 if bank_days else 0]
        every = (
            crowd[-1] + np.exp(-np.abs(np.arange(SLOTS) + LOWEST) / 6.0) / 10.0
        )  # before anything is known: about the due date
        by_day = every + 5.0 * _shares(every.sum(0, keepdims=True))
        prior = crowd + 20.0 * _shares(by_day)[None]
        chances = _shares(prior).astype(np.float32)
        kinds = np.stack([asked.segment, weekday(asked.due), asked.due - asked.first], 1)
        _, some, which = np.unique(kinds @ (7 * FAR_OFF, FAR_OFF, 1), return_index=True, return_inverse=True)
        asked = asked.rows(some)  # one of each kind: their prior is the same
        chance = chances[asked.segment, weekday(asked.due)]
        steps = np.arange(SLOTS) + LOWEST
        lands = bank_day(bank_count(asked.due)[:, None] + steps) if bank_days else asked.due[:, None] + steps
        row = np.repeat(np.arange(len(some)), SLOTS)
        column = columns_of(lands.ravel(), asked, row)
        kept = column >= 0
        spread = np.bincount(row[kept] * WIDTH + column[kept], chance.ravel()[kept], len(some) * WIDTH)
        return np.asarray(normal(spread.reshape(-1, WIDTH).astype(np.float32))[which.ravel()])

    def _remember(self, rows: Days, told: Days, asked: Questions, heard: list[Spread], mixed: Spread, depth: Days) -> None:
        column = np.clip(self.paid[rows[told]] - asked.first[told], 0, WIDTH - 1)
        actual = (np.arange(WIDTH)[None] >= column[:, None]).astype(np.float32)
        apart = np.stack([np.cumsum(one[told], 1) - actual for one in heard], 1)
        self.said["product"][rows[told]] = np.matmul(apart, apart.transpose(0, 2, 1))
        apart += actual[:, None]
        for blend in range(len(BLENDS) + 1):
            shares = BLENDS[blend] if blend < len(BLENDS) else self.scored_best[depth[told]]
            half = (np.einsum("rot,ro->rt", apart, np.broadcast_to(shares, apart.shape[:2])) < 0.5 - 1e-6).sum(1)
            self.said["error"][rows[told], blend] = np.abs(half - column)
        reached = np.cumsum(mixed[told], 1)
        upto = np.take_along_axis(reached, column[:, None], 1)[:, 0]
        before = np.where(column > 0, np.take_along_axis(reached, np.maximum(column - 1, 0)[:, None], 1)[:, 0], 0.0)
        self.said["pit"][rows[told]] = np.stack([upto, before], 1)

    def _shares(self) -> Numbers:
        """By depth: the shares of the opinions in the blend whose median was off the least."""
        errors = self.errors + SHARED * self.errors.sum(0)
        errors += START_TRUST * np.vstack([np.tile(BEHIND, (CLASSES_OF_DEPTH - 1, 1)), BEHIND_RUNS])
        lead = (errors - errors.min(1, keepdims=True)) / (NEARLY * errors.min(1, keepdims=True) + 1e-9)
        votes = np.exp(-lead)
        votes /= votes.sum(1, keepdims=True)
        return np.asarray(votes[:, :-1] @ BLENDS + votes[:, -1:] * self.scored_best)

    def _levels(self) -> Numbers:
        """Where the ranges are read: as many payments fell outside as announced."""
        if not self.pits:
            return NOMINAL
        upto, before, day = np.array(self.pits).T
        weight = 0.5 ** ((self.today - day) / LEVEL_LIFE)
        found = np.concatenate([_quantiles(upto, weight, NOMINAL[:2]), _quantiles(before, weight, NOMINAL[2:])])
        trusted = (weight.sum() * found + LEVEL_TRUST * NOMINAL) / (weight.sum() + LEVEL_TRUST)
        return np.concatenate([np.minimum(trusted[:2], 0.5), np.maximum(trusted[2:], 0.5)])


def _shares(counts: Numbers) -> Numbers:
    return np.asarray((counts + 1e-6) / (counts + 1e-6).sum(-1, keepdims=True))


def _quantiles(values: Numbers, weights: Numbers, at: Numbers) -> Numbers:
    order = np.argsort(values, kind="stable")
    reached = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    return np.interp(at, reached, values[order])


def _mix(heard: list[Spread], shares: Numbers) -> Spread:
    mixed = np.zeros_like(heard[0])
    for number, one in enumerate(heard):
        if shares[:, number].max() > 1e-6:
            mixed += shares[:, number, None].astype(np.float32) * one
    return mixed


def _better(scores: Numbers, weights: Numbers) -> Numbers:
    """Weights nearer to those whose mixture scores best: multiplied down where the gradient is above their average."""
    size = float(np.trace(scores)) / len(weights)
    if size <= 0:
        return weights
    weights = np.maximum(weights, 1e-4)
    for _ in range(STEPS):
        slope = scores @ weights / size
        weights = weights * np.exp(1.5 * (weights @ slope - slope))
        weights = weights / weights.sum()
    return weights
