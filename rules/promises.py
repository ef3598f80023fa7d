"""Whether promises to pay were kept: the ledger decides, some days of grace after the day promised.

1,120.00 promised for 27 May and received on the 28th is kept; nothing by 30 May is broken on the 31st:

>>> made, on = date(2026, 5, 11), date(2026, 5, 27)
>>> promise = Promised(1, None, "EUR", 112_000, made, on)
>>> judge([promise], [Receipt(7, "EUR", 112_000, date(2026, 5, 28))], frozenset(), False, 3, date(2026, 5, 28))
{1: 'kept'}
>>> judge([promise], [], frozenset(), False, 3, date(2026, 5, 30)), judge([promise], [], frozenset(), False, 3, date(2026, 5, 31))
({}, {1: 'broken'})
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple


class Promised(NamedTuple):
    """A promise still expected: for one item or (None) for the customer, cents of a currency, made and due on days."""

    id: int
    item_id: int | None
    currency: str
    cents: int
    made_on: date
    promised_on: date


class Receipt(NamedTuple):
    """Cents that came in on a day: for an item, or (None) not allocated yet."""

    item_id: int | None
    currency: str
    cents: int
    on: date


def judge(
    promises: Sequence[Promised],
    receipts: Iterable[Receipt],
    settled_ids: frozenset[int],
    nothing_owed: bool,
    grace_days: int,
    today: date,
) -> dict[int, str]:
    """Of one customer's promises, those decided now: kept or broken; the others stay expected.

    Kept: what was promised came in between the day of the promise and its day plus grace, or nothing is owed any more.
    A receipt keeps one promise only, the earliest promised first. Broken: grace has passed and less came."""
    pool = sorted(receipts, key=lambda r: r.on)
    decided: dict[int, str] = {}
    for promise in sorted(promises, key=lambda p: (p.promised_on, p.id)):
        last = promise.promised_on + timedelta(days=grace_days)
        if nothing_owed or promise.item_id in settled_ids or _take(pool, promise, last):
            decided[promise.id] = "kept"
        elif today > last:
            decided[promise.id] = "broken"
    return decided


def _take(pool: list[Receipt], promise: Promised, last: date) -> bool:
    """Use up receipts for a promise; False, and nothing used, when they are not enough."""
    fitting = [
        n
        for n, r in enumerate(pool)
        if r.currency == promise.currency
        and promise.made_on <= r.on <= last
        and (promise.item_id is None or r.item_id == promise.item_id)
    ]
    left = promise.cents
    if sum(pool[n].cents for n in fitting) < left:
        return False
    for n in fitting:
        used = min(left, pool[n].cents)
        pool[n] = pool[n]._replace(cents=pool[n].cents - used)
        left -= used
    return True
