"""When an open item will be paid, as a probability for each day, learned from what the customer and those like it did before.

Only payments made before the day of the prediction count. Median, ranges, "by Friday" and "more than 30 days late" are read from one
distribution. The method and its measured accuracy: docs/forecast.md; the weighing of opinions: `rules.prediction_engine`.

A customer who paid forty invoices four days after the due date, one a week, due on Tuesdays:

>>> week = timedelta(days=7)
>>> due = [date(2025, 6, 3) + n * week for n in range(40)]
>>> paid = [Paid("Dupont", on, on + timedelta(days=6), 100_000) for on in due]  # the Monday after
>>> habit = Habit.learn(paid, date(2026, 4, 1))
>>> found = habit.predict_one(Asked("Dupont", date(2026, 4, 7), 100_000))
>>> found.p50.isoformat(), found.enough, found.by(date(2026, 4, 10)) < 0.1 < 0.9 < found.by(date(2026, 4, 14))
('2026-04-13', True, True)
>>> late = habit.predict_one(Asked("Dupont", date(2026, 3, 3), 100_000))  # should have come on 9 March and did not
>>> late.p10 >= date(2026, 4, 1)
True
>>> habit.predict_one(Asked("Durand", date(2026, 4, 7), 100_000)).enough
False
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rules.prediction_days import Days, Spread
    from rules.prediction_engine import Answers, Numbers
    from rules.prediction_experts import Floats, Payments

BEFORE_DUE = 15  # days before the due date an item is predicted on when nobody knows when it was issued
ENOUGH = 3  # payments of a customer; below, the prediction leans on the others and says so
TRIAL = 2_500  # payments the opinions are judged by
JUDGED_DAYS = 150  # before the day of prediction, when there are more than that
KEPT_SPREAD = (0.70, 0.15, 0.10, 0.05)  # of the money of a promise that is kept: on the day, one bank day later, …
KEPT_BEFORE = (3, 1)  # promises kept and broken everybody is taken to have made before
FLOOR = 1e-6


class Paid(NamedTuple):
    """A settled item: for whom, due when, paid when, how much, issued when (None: not known), in which segment."""

    customer: Hashable
    due_on: date
    paid_on: date
    cents: int = 0
    issued_on: date | None = None
    segment: Hashable = ""


class Asked(NamedTuple):
    """An open item to predict. A promise counts with the promises this customer kept and broke; an open dispute with the days disputes take."""

    customer: Hashable
    due_on: date
    cents: int = 0
    segment: Hashable = ""
    promised_on: date | None = None
    kept: int = 0
    broken: int = 0
    dispute_days: int = 0


@dataclass(frozen=True, slots=True)
class Distribution:
    """When one item is paid: `reached[n]` is the probability that it is by n days after `first_on`.

    `levels` are those the ends of the ranges are read at: whole days hold more than their share, so that the 80 % range is cut where 80 %
    of past payments fell into it. `payments`: how many of the customer's were known."""

    due_on: date
    first_on: date
    reached: Sequence[float]
    levels: tuple[float, float, float, float]
    payments: int

    def at(self, level: float) -> date:
        """The first day by which the probability reaches a level."""
        return self.first_on + timedelta(days=min(bisect_left(self.reached, level - FLOOR), len(self.reached) - 1))

    @property
    def p10(self) -> date:
        """One in ten such items is paid before."""
        return self.at(self.levels[0])

    @property
    def p25(self) -> date:
        """One in four is paid before."""
        return self.at(self.levels[1])

    @property
    def p50(self) -> date:
        """As many are paid before as after."""
        return self.at(0.5)

    @property
    def p75(self) -> date:
        """One in four is paid after."""
        return self.at(self.levels[2])

    @property
    def p90(self) -> date:
        """One in ten is paid after."""
        return self.at(self.levels[3])

    @property
    def enough(self) -> bool:
        """Whether the customer's own history is long enough to speak of a habit."""
        return self.payments >= ENOUGH

    def by(self, day: date) -> float:
        """The probability that it is paid on that day or before."""
        place = (day - self.first_on).days
        return 0.0 if place < 0 else float(self.reached[min(place, len(self.reached) - 1)])

    def late_more_than(self, days: int) -> float:
        """The probability that it is paid more than so many days after the due date."""
        return 1.0 - self.by(self.due_on + timedelta(days=days))


@dataclass(frozen=True, slots=True)
class Forecasts:
    """The distributions of many items, in columns, in the order they were asked."""

    due: Sequence[date]
    first: Days
    reached: Spread
    levels: Numbers
    known: Days

    def __len__(self) -> int:
        return len(self.due)

    def __getitem__(self, number: int) -> Distribution:
        ten, quarter, three, nine = map(float, self.levels[number])
        first_on = date.fromordinal(int(self.first[number]))
        row = self.reached[number].tolist()
        return Distribution(self.due[number], first_on, row, (ten, quarter, three, nine), int(self.known[number]))

    def ordinals(self, range_end: int | None = None) -> Days:
        """The day of each item's median, or of one end of its ranges (0 to 3: p10, p25, p75, p90), as ordinals."""
        return ordinals_at(self.first, self.reached, 0.5 if range_end is None else self.levels[:, range_end, None])

    def medians(self) -> list[date]:
        """The day of each item's median."""
        return [date.fromordinal(day) for day in self.ordinals().tolist()]


@dataclass(frozen=True, slots=True)
class Habit:
    """What was paid before a day, ready to predict from."""

    as_of: date
    customers: dict[Hashable, int]
    segments: dict[Hashable, int]
    payments: Payments
    segment: Days  # of each payment
    issued: Days  # 0: not known

    @classmethod
    def learn(cls, paid: Iterable[Paid], as_of: date) -> Habit:
        """What is known on a day: the payments made before it; others are left out."""
        known = sorted(
            (one for one in paid if one.paid_on < as_of), key=lambda one: one.paid_on
        )  # what comes later changes no order
        return cls.of_columns(
            as_of,
            [one.customer for one in known],
            [one.segment for one in known],
            [one.cents for one in known],
            [one.issued_on.toordinal() if one.issued_on else 0 for one in known],
            [one.due_on.toordinal() for one in known],
            [one.paid_on.toordinal() for one in known],
        )

    @classmethod
    def of_columns(
        cls,
        as_of: date,
        customer: Sequence[Hashable],
        segment: Sequence[Hashable],
        cents: Sequence[int],
        issued: Sequence[int],
        due: Sequence[int],
        paid: Sequence[int],
    ) -> Habit:
        """The same from columns of payments made before the day; days as ordinals, `issued` 0 where it is not known."""
        import numpy as np

        from rules.prediction_experts import Payments

        customers: dict[Hashable, int] = {}
        segments: dict[Hashable, int] = {}
        who = np.array([customers.setdefault(one, len(customers)) for one in customer], np.int64)
        kind = np.array([segments.setdefault(one, len(segments)) for one in segment], np.int64)
        day = np.array(paid, np.int64)
        order = np.lexsort((np.arange(len(day)), day, who))
        payments = Payments.of(who[order], sizes(cents)[order], np.array(due, np.int64)[order], day[order])
        return cls(as_of, customers, segments, payments, kind[order], np.array(issued, np.int64)[order])

    def predict_one(self, item: Asked) -> Distribution:
        """The distribution of one item."""
        return self.predict([item])[0]

    def predict(self, items: Sequence[Asked]) -> Forecasts:
        """The distributions of open items on the day the habit was learned for. An item open after n days is paid after more than n days."""
        return self.predict_past(items, [self.as_of] * len(items))

    def predict_past(self, items: Sequence[Asked], on: Sequence[date]) -> Forecasts:
        """The same as each would have been on an earlier day, from what had been paid before it."""
        import numpy as np

        from rules.prediction_engine import answer
        from rules.prediction_experts import Questions

        days = np.array([day.toordinal() for day in on], np.int64)
        tried = self._tried(int(days.min(initial=self.as_of.toordinal())))
        asked = Questions(
            customer=np.concatenate([self.payments.customer[tried], _codes(self.customers, [i.customer for i in items], -1)]),
            segment=np.concatenate(
                [self.segment[tried], _codes(self.segments, [i.segment for i in items], len(self.segments))]
            ),
            amount=np.concatenate([self.payments.amount[tried], sizes([i.cents for i in items])]),
            due=np.concatenate([self.payments.due[tried], np.array([i.due_on.toordinal() for i in items], np.int64)]),
            on=np.concatenate([days_predicted(self, tried), days]),
        )
        paid = np.concatenate([self.payments.paid[tried], np.zeros(len(items), np.int64)])
        made = answer(self.payments, asked, paid, self.segment)
        return _forecasts(items, made, len(tried), days)

    def _tried(self, first: int) -> Days:
        """The payments the opinions are judged by for predictions from a day on: the latest, and those some months before that day."""
        import numpy as np

        by_paid = np.argsort(self.payments.paid, kind="stable")
        start = int(np.searchsorted(self.payments.paid[by_paid], first - JUDGED_DAYS, "left"))
        wanted = by_paid[min(start, max(len(by_paid) - TRIAL, 0)) :]
        most = TRIAL if first == self.as_of.toordinal() else 3 * TRIAL
        return wanted[:: max(1, -(-len(wanted) // most))]


def _codes(known: dict[Hashable, int], wanted: Sequence[Hashable], otherwise: int) -> Days:
    import numpy as np

    return np.array([known.get(one, otherwise) for one in wanted], np.int64)


def day_predicted(due_on: date, issued_on: date | None, paid_on: date) -> date:
    """The day an item is predicted on when the past is looked at: when issued, else 15 days before it is due; never after it was paid."""
    return min(issued_on or due_on - timedelta(days=BEFORE_DUE), paid_on)


def days_predicted(habit: Habit, rows: Days) -> Days:
    """The same for some payments of a habit, as ordinals."""
    import numpy as np

    issued, due, paid = habit.issued[rows], habit.payments.due[rows], habit.payments.paid[rows]
    return np.minimum(np.where(issued > 0, issued, due - BEFORE_DUE), paid)


def sizes(cents: Sequence[int]) -> Floats:
    """Amounts as logarithms: what is compared is how many times larger one is."""
    import numpy as np

    return np.log(np.maximum(np.abs(np.array(cents, np.float64)), 100.0) / 100.0).astype(np.float32)


def ordinals_at(
    first: Days,
    reached: Spread,
    level: Numbers | float,
) -> Days:
    """The first day by which each row reaches a level."""
    import numpy as np

    return np.asarray(first + np.minimum((reached < np.asarray(level) - FLOOR).sum(1), reached.shape[1] - 1))


def _forecasts(items: Sequence[Asked], made: Answers, skipped: int, days: Days) -> Forecasts:
    """The answers to the items; what is promised or disputed is worked in."""
    import numpy as np

    first, spread = made.first[skipped:], made.spread[skipped:]
    for number, item in enumerate(items):
        if item.dispute_days > 0:
            spread[number] = _put_off(spread[number].tolist(), item.dispute_days)
        if item.promised_on is not None and item.promised_on.toordinal() >= int(days[number]):
            at = item.promised_on.toordinal() - int(first[number])
            spread[number] = _promised(spread[number].tolist(), at, item.promised_on, item.kept, item.broken)
    reached = np.cumsum(spread, 1, dtype=np.float32)
    return Forecasts([i.due_on for i in items], first, reached, made.levels[skipped:], made.known[skipped:])


def _put_off(chances: list[float], days: int) -> list[float]:
    """Everything so many days later: the time it takes to solve the dispute."""
    days = min(days, len(chances) - 1)
    moved = [0.0] * days + chances[: len(chances) - days]
    moved[-1] += math.fsum(chances[len(chances) - days :])
    return moved


def _promised(chances: list[float], at: int, promised_on: date, kept: int, broken: int) -> list[float]:
    """A promise holds as often as this customer's did; where it does not, the money comes after that day, as usual."""
    at = min(at, len(chances) - 1)
    share = (kept + KEPT_BEFORE[0]) / (kept + broken + sum(KEPT_BEFORE))
    after = [0.0] * (at + 1) + chances[at + 1 :]
    rest = math.fsum(after)
    mixed = [(1 - share) * chance / rest for chance in after] if rest > 0 else [0.0] * len(chances)
    day, place = promised_on, at
    for part in KEPT_SPREAD:
        while day.weekday() >= 5:
            day, place = day + timedelta(days=1), place + 1
        mixed[min(place, len(chances) - 1)] += share * part
        day, place = day + timedelta(days=1), place + 1
    if rest <= 0:
        mixed[-1] += 1 - share
    return mixed
