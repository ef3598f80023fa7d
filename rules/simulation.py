"""The fan of cumulative cash: thousands of ways the open items may be paid, drawn from their distributions, and the band most of them stay in.

The items of one customer move together, as they do in life: on each path a customer is somewhat early or somewhat late with all it owes
(correlation `TOGETHER` between its items), and all customers share a little of it (`EVERYBODY`). A path is therefore a wide one, not the
narrow average that independent items would give. Seeded: the same items give the same fan.

How it is drawn: an item is paid by a week when its number (a part everybody shares, a part its customer shares, a part of its own, together
standard normal) lies below the threshold of its probability. The items of the customers who owe most are drawn one by one; the many others
together, by the mean and the spread of their sum, which is as near to normal as their number makes it.

>>> from datetime import timedelta
>>> from rules.prediction import Asked, Habit, Paid
>>> monday = date(2026, 5, 18)
>>> paid = [Paid("Dupont", on := monday - timedelta(days=7 * n), on + timedelta(days=n % 5), 100_000) for n in range(10, 60)]
>>> items = [Asked("Dupont", monday + timedelta(days=2 + n), 100_000) for n in range(40)]
>>> shown = fan(Habit.learn(paid, monday).predict(items), ["Dupont"] * 40, [100_000] * 40, [monday + timedelta(days=6 + 7 * n) for n in range(8)])
>>> [band.low_80_cents <= band.low_50_cents <= band.middle_cents <= band.high_50_cents <= band.high_80_cents for band in shown].count(True)
8
>>> shown[-1].middle_cents > 3_500_000 and shown[0].high_80_cents < 1_500_000
True
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rules.prediction import Forecasts
    from rules.prediction_days import Days, Spread
    from rules.prediction_engine import Numbers
    from rules.prediction_experts import Floats

PATHS = 2_000
TOGETHER = 0.35  # how much of an item's earliness or lateness it shares with the customer's other items
EVERYBODY = 0.03  # and with everybody's
ONE_BY_ONE = 1_000  # items at most, of the customers who owe most
STEPS = 512  # probabilities are looked up in so many
MOODS = tuple(
    0.75 * n for n in range(-4, 5)
)  # how late everybody is, where the mean of the many is computed; between them it is interpolated
SLICES = 7  # of equal weight, of how late one customer is
SEED = 20_260_519


class Band(NamedTuple):
    """What has come in by the end of a day, in cents: the middle of all paths, and the ranges half and four fifths of them stay in."""

    on: date
    middle_cents: int
    low_50_cents: int
    high_50_cents: int
    low_80_cents: int
    high_80_cents: int


def fan(
    forecasts: Forecasts,
    customers: Sequence[Hashable],
    cents: Sequence[int],
    days: Sequence[date],
    *,
    paths: int = PATHS,
    seed: int = SEED,
) -> list[Band]:
    """Cumulative cash by the end of each day (usually Sundays, in order) from items, whose customers and open cents stand beside them."""
    import numpy as np

    if not len(forecasts):
        return [Band(day, 0, 0, 0, 0, 0) for day in days]
    amounts, chance = np.array(cents, np.float64), _chances(forecasts, days)
    codes: dict[Hashable, int] = {}
    who = np.array([codes.setdefault(one, len(codes)) for one in customers], np.int64)
    single = _single(who, amounts)
    random = np.random.default_rng(seed)
    everybody = random.standard_normal(paths)
    total = _many(random, everybody, who[~single], amounts[~single], chance[~single])
    total += _one_by_one(random, everybody, who[single], amounts[single], chance[single])
    ends = np.quantile(np.maximum.accumulate(total, 1), (0.5, 0.25, 0.75, 0.1, 0.9), axis=0)
    return [Band(day, *(round(end) for end in column)) for day, column in zip(days, ends.T.tolist(), strict=True)]


def _single(who: Days, amounts: Numbers) -> NDArray[np.bool_]:
    """The items of the customers who owe most, up to `ONE_BY_ONE`."""
    import numpy as np

    owed, count = np.bincount(who, np.abs(amounts)), np.bincount(who)
    order = np.argsort(-owed, kind="stable")
    chosen = np.zeros(len(owed), np.bool_)
    chosen[order[np.cumsum(count[order]) <= ONE_BY_ONE]] = True
    return np.asarray(chosen[who])


def _many(random: np.random.Generator, everybody: Numbers, who: Days, amounts: Numbers, chance: Spread) -> Numbers:
    """Paths × days: the mean of the sum given how late everybody is, and its spread from customers and items."""
    import numpy as np

    if not len(who):
        return np.zeros((len(everybody), chance.shape[1]))
    step, amounts = np.round(chance * STEPS).astype(np.int16), amounts.astype(np.float32)
    means = np.stack([amounts @ _given(EVERYBODY, mood)[step] for mood in MOODS])
    order = np.argsort(who, kind="stable")
    begins = np.flatnonzero(np.diff(who[order], prepend=-1))
    sums, own = [], np.zeros(chance.shape[1])
    for n in range(SLICES):
        given = _given(TOGETHER, NormalDist().inv_cdf((n + 0.5) / SLICES))[step]
        own += (amounts**2) @ (given * (1 - given)) / SLICES
        sums.append(np.add.reduceat((amounts[:, None] * given)[order], begins))
    spread = np.sqrt(np.var(np.stack(sums), axis=0).sum(0) + own)
    noise = random.standard_normal(len(everybody))
    middle = np.stack([np.interp(everybody, MOODS, column) for column in means.T], 1)
    return np.asarray(middle + noise[:, None] * spread)


def _one_by_one(random: np.random.Generator, everybody: Numbers, who: Days, amounts: Numbers, chance: Spread) -> Numbers:
    """Paths × days: each item drawn on each path."""
    import numpy as np

    total = np.zeros((len(everybody), chance.shape[1] + 1))
    thresholds = _thresholds()[np.round(chance * STEPS).astype(np.int64)]
    rows, moods = np.arange(len(everybody)), {}
    for item in np.argsort(who, kind="stable").tolist():
        if who[item] not in moods:
            moods = {who[item]: EVERYBODY**0.5 * everybody + TOGETHER**0.5 * random.standard_normal(len(everybody))}
        lateness = moods[who[item]] + (1 - EVERYBODY - TOGETHER) ** 0.5 * random.standard_normal(len(everybody))
        total[rows, np.searchsorted(thresholds[item], lateness)] += amounts[item]
    return np.asarray(np.cumsum(total, 1)[:, :-1])


def _thresholds() -> Numbers:
    """The standard normal number below which an item is paid, by its probability in steps."""
    import numpy as np

    normal = NormalDist()
    return np.array([-9.0, *(normal.inv_cdf(n / STEPS) for n in range(1, STEPS)), 9.0])


def _given(share: float, late: float) -> Floats:
    """The probability of being paid given how late the shared part is, by the probability without knowing it, in steps."""
    import numpy as np

    normal = NormalDist()
    return np.array([normal.cdf((one - share**0.5 * late) / (1 - share) ** 0.5) for one in _thresholds().tolist()], np.float32)


def _chances(forecasts: Forecasts, days: Sequence[date]) -> Spread:
    """The probability that each item is paid by each day."""
    import numpy as np

    ends = np.array([day.toordinal() for day in days], np.int64)
    at = ends[None, :] - forecasts.first[:, None]
    reached = np.take_along_axis(forecasts.reached, np.clip(at, 0, forecasts.reached.shape[1] - 1), 1)
    return np.where(at < 0, np.float32(0), np.minimum(reached, np.float32(1)))
