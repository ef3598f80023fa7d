"""Which open items sum exactly to an amount, and whether only one set does. Bounded: never more than a few thousand sums.

>>> only_set([12_100, 5_000, 3_350], 15_450)
Sums(sets=((0, 2),), complete=True)
>>> len(only_set([5_000, 5_000, 3_350], 8_350).sets)  # either of the two equal ones: not unique
2
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from math import gcd
from typing import NamedTuple

EXACT_UP_TO = 22  # items: two halves of 2,048 sums each
RUNS_UP_TO = 60
ROUNDEST = 100_000  # cents: what counts as round is a part of a thousand


class Sums(NamedTuple):
    """At most two sets of places with the sum. complete: every set was considered, so one set is the only one."""

    sets: tuple[tuple[int, ...], ...]
    complete: bool


def only_set(cents: Sequence[int], target: int) -> Sums:
    """The sets of places whose cents sum to the target (not empty), two at most: two are as good as many.

    Up to 22 amounts every set is considered (meet in the middle); above, only all of them and runs of neighbours, so
    give them in the order of their due dates."""
    if len(cents) > EXACT_UP_TO:
        return Sums(tuple(_runs(cents, target)), False)
    if not cents or not sum([one for one in cents if one < 0]) <= target <= sum([one for one in cents if one > 0]):
        return Sums((), True)
    if len(cents) == 1:
        return Sums(((0,),) if cents[0] == target else (), True)
    middle = len(cents) // 2
    left, right = _sums(cents[:middle]), _sums(cents[middle:])
    wanted = {target - total for total in left}
    if wanted.isdisjoint(right):
        return Sums((), True)
    rest: dict[int, list[int]] = {}
    for mask, total in enumerate(right):
        if total in wanted:
            rest.setdefault(total, []).append(mask)
    found: list[tuple[int, ...]] = []
    for mask, total in enumerate(left):
        for other in rest.get(target - total, ()):
            if mask or other:
                found.append(_places(mask | other << middle))
                if len(found) > 1:
                    return Sums(tuple(found), True)
    return Sums(tuple(found), True)


def chance(cents: Sequence[int]) -> float:
    """How many sets would have a sum named at random: the sets there are over the sums that are possible.

    Round amounts make accidents likelier: amounts in whole hundreds have a hundredth of the sums."""
    step = reduce(gcd, cents, ROUNDEST) or 1
    span = sum(abs(one) for one in cents) // step + 1
    return min(1.0, (2.0 ** min(len(cents), 60) - 1) / span)


def _sums(cents: Sequence[int]) -> list[int]:
    """Every sum of a half; its place, as bits, says which amounts are in it."""
    sums = [0]
    for one in cents:
        sums += [total + one for total in sums]
    return sums


def _places(mask: int) -> tuple[int, ...]:
    return tuple(place for place in range(mask.bit_length()) if mask >> place & 1)


def _runs(cents: Sequence[int], target: int) -> Iterator[tuple[int, ...]]:
    """Neighbours, of the first sixty, that sum to the target; all of them first."""
    found = 0
    if sum(cents) == target:
        yield tuple(range(len(cents)))
        return
    few = cents[:RUNS_UP_TO]
    for first in range(len(few)):
        total = 0
        for last in range(first, len(few)):
            total += few[last]
            if total == target:
                yield tuple(range(first, last + 1))
                found += 1
                if found == 2:
                    return
