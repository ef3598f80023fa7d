"""What the ledger says, days later, of payments seen at the bank: confirmed, settled otherwise, never shown, or not yet.

The ledger always wins. A payment of the ledger is the one of the bank when its amount is the same (or that of the whole
batch) and its day lies within 5 days before and 15 days after the booking. Cents are signed as the item's: a part of
+100 takes from a debit of +100, a part of −20 uses up a credit of −20, a returned payment gives −100 on the debit.

>>> from datetime import date
>>> seen = Seen(1, 11, 7, 10_000, date(2026, 3, 2), movement_cents=10_000)
>>> judge([seen], {7: 10_000}, [], [], date(2026, 3, 3), date(2026, 3, 4)).verdicts  # not in the ledger yet
(Verdict(match_id=1, state='provisional', bank_cents=10000, ledger_item_id=None),)
>>> booked = LedgerPayment(8, date(2026, 3, 4), 10_000, 10_000)
>>> told = judge([seen], {7: 10_000, 8: -10_000}, [booked], [], date(2026, 3, 5), date(2026, 3, 5))
>>> told.verdicts[0].state, told.verdicts[0].bank_cents, told.neutral  # booked, not lettered: neither counts
('provisional', 10000, {8: -10000})
>>> lettered = [Settled(7, 8, 10_000, date(2026, 3, 4))]
>>> judge([seen], {7: 0}, [booked._replace(open_cents=0)], lettered, date(2026, 3, 5), date(2026, 3, 5)).verdicts[0].state
'confirmed'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

BEFORE, AFTER = timedelta(days=5), timedelta(days=15)


class Seen(NamedTuple):
    """A provisional match of the customer: cents of a movement on an item, with what was written off beside them."""

    match_id: int
    movement_id: int
    item_id: int
    cents: int
    booked_on: date
    movement_cents: int  # of the whole movement, signed; may be more than its parts
    difference_cents: int = 0
    batch: str = ""  # id of the booking it is a detail of
    ledger_item_id: int | None = None  # the ledger's line it was found to be, the last time
    item_cents: int = 0  # the item's whole amount: a payment given back never reopens more (0: not known)


class LedgerPayment(NamedTuple):
    """A payment of the ledger on the customer's account that no other movement is: its line, day, cents (positive: money
    came in; negative: a payment that came back, a debit) and what the ledger leaves open of it, with the same sign."""

    item_id: int
    on: date
    cents: int
    open_cents: int


class Settled(NamedTuple):
    """Cents of a debit that the ledger settled with a credit; one side is None when the ledger shows only that it is
    settled (an open-item list, an opening)."""

    debit_id: int | None
    credit_id: int | None
    cents: int
    on: date


class Verdict(NamedTuple):
    """What becomes of a match. bank_cents: what still lies on its item beside the ledger, 0 once it is ended."""

    match_id: int
    state: str  # provisional, confirmed, corrected, dissolved
    bank_cents: int
    ledger_item_id: int | None = None


class Difference(NamedTuple):
    """What bank and ledger disagree about. code: settled_otherwise (the payment went to `ledger_items`),
    item_settled (the item was settled by something else), never_booked (the ledger never showed the payment)."""

    code: str
    match_id: int
    movement_id: int
    item_id: int
    cents: int
    ledger_item_id: int | None
    ledger_items: tuple[tuple[int, int], ...] = ()  # items and cents the ledger gave the payment to


@dataclass(slots=True)
class Judgement:
    """All that is said of one customer's provisional matches."""

    verdicts: tuple[Verdict, ...] = ()
    neutral: dict[int, int] = field(default_factory=dict)  # ledger's payment line → signed bank cents that cancel it
    lines: dict[int, int] = field(default_factory=dict)  # movement → the ledger's line it is
    differences: tuple[Difference, ...] = ()


def judge(
    seen: Iterable[Seen],
    open_cents: Mapping[int, int],
    payments: Sequence[LedgerPayment],
    settled: Iterable[Settled],
    ledger_on: date | None,
    today: date,
) -> Judgement:
    """Judge the provisional matches of one customer.

    open_cents: what the ledger itself leaves open of each item, signed; an item that is missing is no longer there.
    ledger_on: last day the ledger covers."""
    matches = sorted(seen, key=lambda one: (one.booked_on, one.movement_id, one.match_id))
    groups = [list(group) for _, group in groupby(matches, key=lambda one: (one.booked_on, one.movement_id))]
    desk = _Desk(open_cents, settled, min(ledger_on, today) if ledger_on else None)
    lines = _lines(groups, payments, desk)
    judgement = Judgement(lines={group[0].movement_id: line.item_id for group, line in zip(groups, lines, strict=True) if line})
    for group, line in zip(groups, lines, strict=True):
        desk.judge(group, line)
    judgement.verdicts = tuple(desk.verdicts)
    judgement.neutral = {item_id: cents for item_id, cents in desk.neutral.items() if cents}
    judgement.differences = tuple(desk.differences)
    return judgement


def _lines(groups: list[list[Seen]], payments: Sequence[LedgerPayment], desk: _Desk) -> list[LedgerPayment | None]:
    """The ledger's line of each movement: known from before, else same cents within the window, one that settles the same
    items first, then the nearest day; then the total of a batch, which is the line of each of its movements."""
    found: list[LedgerPayment | None] = [None] * len(groups)
    used: set[int] = set()
    by_id = {payment.item_id: payment for payment in payments}
    by_cents: dict[int, list[LedgerPayment]] = {}
    for payment in payments:
        by_cents.setdefault(payment.cents, []).append(payment)
    for number, group in enumerate(groups):
        known = by_id.get(group[0].ledger_item_id or 0)
        if known is not None:
            found[number] = known
            used.add(known.item_id)
    pairs = [
        (-desk.shared(group, payment), abs((payment.on - group[0].booked_on).days), number, payment.item_id, payment)
        for number, group in enumerate(groups) if found[number] is None
        for payment in _same_amount(group, by_cents) if within(payment.on, group[0].booked_on)
    ]  # fmt: skip
    for *_, number, item_id, payment in sorted(pairs, key=lambda pair: pair[:4]):
        if found[number] is None and item_id not in used:
            found[number] = payment
            used.add(item_id)
    for batch, numbers in _batches(groups, found).items():
        total = sum(groups[number][0].movement_cents for number in numbers)
        near = [p for p in by_cents.get(total, ()) if p.item_id not in used and within(p.on, groups[numbers[0]][0].booked_on)]
        if batch and near:
            used.add(near[0].item_id)
            for number in numbers:
                found[number] = near[0]
    return found


def _same_amount(group: list[Seen], by_cents: Mapping[int, list[LedgerPayment]]) -> list[LedgerPayment]:
    """Payments of the whole movement's amount, or of what of it is this customer's."""
    whole, theirs = group[0].movement_cents, sum(one.cents for one in group)
    found = by_cents.get(whole, [])
    return found if theirs == whole else found + by_cents.get(theirs, [])


def _batches(groups: list[list[Seen]], found: Sequence[LedgerPayment | None]) -> dict[str, list[int]]:
    batches: dict[str, list[int]] = {}
    for number, group in enumerate(groups):
        if group[0].batch and found[number] is None:
            batches.setdefault(group[0].batch, []).append(number)
    return {batch: numbers for batch, numbers in batches.items() if len(numbers) > 1}


def within(on: date, booked_on: date) -> bool:
    """Whether a day of the ledger can be that of a movement: 5 days before its booking to 15 after, both included."""
    return booked_on - BEFORE <= on <= booked_on + AFTER


class _Desk:
    """The ledger's facts, and what of them is used up by movements judged already."""

    def __init__(self, open_cents: Mapping[int, int], settled: Iterable[Settled], ledger_on: date | None) -> None:
        self.open = dict(open_cents)
        self.ledger_on = ledger_on
        self.given: dict[tuple[int, int], int] = {}  # (item, other side) → cents the ledger settled between them
        self.made: dict[int, list[Settled]] = {}  # item → all that settled it
        self.neutral: dict[int, int] = {}
        self.line_left: dict[int, int] = {}
        self.verdicts: list[Verdict] = []
        self.differences: list[Difference] = []
        for one in settled:
            for item, other in ((one.debit_id, one.credit_id), (one.credit_id, one.debit_id)):
                if item is None:
                    continue
                if other is not None:
                    self.given[item, other] = self.given.get((item, other), 0) + one.cents
                self.made.setdefault(item, []).append(one)

    def shared(self, group: list[Seen], payment: LedgerPayment) -> int:
        """How many of a movement's items the ledger settled with a payment."""
        return sum((one.item_id, payment.item_id) in self.given for one in group)

    def judge(self, group: list[Seen], line: LedgerPayment | None) -> None:
        """The matches of one movement."""
        members = {one.item_id for one in group}
        for one in sorted(group, key=lambda one: one.cents > 0):  # credits first: they add to what the payment can settle
            self._with_line(one, line, members) if line else self._without_line(one)

    def _with_line(self, one: Seen, line: LedgerPayment, members: set[int]) -> None:
        """The ledger has the payment: it settled the item with it, or something else with it, or nothing yet."""
        if line.cents < 0:  # came back: the ledger's own debit says that it is owed again
            self._end(one, "confirmed", line)
            return
        took = self._take(one, line.item_id, abs(one.cents))
        for other in members - {one.item_id}:  # a credit of the set that the ledger used for this debit, or the reverse
            took += self._take(one, other, abs(one.cents) - took)
        ledger_open = self.open.get(one.item_id, 0)
        if took >= abs(one.cents) or (took and not ledger_open) or (not ledger_open and self._near(one, alone=True)):
            self._end(one, "confirmed", line)
            return
        left = self.line_left.setdefault(line.item_id, line.open_cents)
        wanted = one.cents + one.difference_cents - (took if one.cents > 0 else -took)
        laid = _within_open(wanted, ledger_open)
        if laid > 0:
            laid = min(laid, left + one.difference_cents) if left > 0 else 0
        if laid:
            used = laid - one.difference_cents  # negative for a credit, which adds to what the line can pay
            self.line_left[line.item_id] = left - used
            self.neutral[line.item_id] = self.neutral.get(line.item_id, 0) - used
            self._lay(one, laid, line)
            return
        self._end(one, "corrected", line)
        given = tuple(
            sorted((i, c) for (i, other), c in self.given.items() if other == line.item_id and c and i not in members)
        )
        code = "settled_otherwise" if given or ledger_open else "item_settled"
        self.differences.append(Difference(code, one.match_id, one.movement_id, one.item_id, one.cents, line.item_id, given))

    def _take(self, one: Seen, other: int, most: int) -> int:
        """Cents the ledger settled between an item and another line, used up for this match."""
        cents = min(self.given.get((one.item_id, other), 0), most)
        if cents > 0:
            self.given[one.item_id, other] -= cents
        return max(0, cents)

    def _without_line(self, one: Seen) -> None:
        """No payment of this amount in the ledger: the item may be settled all the same (a list without payments, a sum
        booked with others), the ledger may have come too far, or is not there yet."""
        wanted = one.cents + one.difference_cents
        if one.cents < 0 and one.movement_cents < 0:
            self._returned(one)
            return
        ledger_open = self.open.get(one.item_id, 0)
        laid = _within_open(wanted, ledger_open)
        if laid != wanted:
            if self._near(one):
                self._end(one, "confirmed", None)
            elif laid and not self._passed(one):
                self._lay(one, laid, None)
            else:
                self._end(one, "corrected", None)
                self.differences.append(
                    Difference("item_settled", one.match_id, one.movement_id, one.item_id, one.cents, None, self._by(one))
                )
        elif self._passed(one):
            self._never(one)
        else:
            self._lay(one, laid, None)

    def _returned(self, one: Seen) -> None:
        """A payment given back reopens its item, up to its amount, until the ledger does or is past it."""
        cents = one.cents + one.difference_cents
        if one.item_cents:
            cents = -min(-cents, max(0, one.item_cents - self.open.get(one.item_id, 0)))
        if not cents:
            self._end(one, "confirmed", None)
        elif self._passed(one):
            self._never(one)
        else:
            self._lay(one, cents, None)

    def _near(self, one: Seen, *, alone: bool = False) -> bool:
        """Whether the ledger settled as much of the item about that day; alone: with no counterpart shown."""
        return abs(one.cents) <= sum(
            made.cents for made in self.made.get(one.item_id, ())
            if within(made.on, one.booked_on) and not (alone and made.debit_id and made.credit_id)
        )  # fmt: skip

    def _never(self, one: Seen) -> None:
        self._end(one, "dissolved", None)
        self.differences.append(Difference("never_booked", one.match_id, one.movement_id, one.item_id, one.cents, None))

    def _by(self, one: Seen) -> tuple[tuple[int, int], ...]:
        """What the ledger settled the item with."""
        return tuple(sorted((other, cents) for (item, other), cents in self.given.items() if item == one.item_id and cents))

    def _passed(self, one: Seen) -> bool:
        return self.ledger_on is not None and self.ledger_on > one.booked_on + AFTER

    def _lay(self, one: Seen, cents: int, line: LedgerPayment | None) -> None:
        self.open[one.item_id] = self.open.get(one.item_id, 0) - cents
        self.verdicts.append(Verdict(one.match_id, "provisional", cents, line.item_id if line else None))

    def _end(self, one: Seen, state: str, line: LedgerPayment | None) -> None:
        self.verdicts.append(Verdict(one.match_id, state, 0, line.item_id if line else None))


def _within_open(cents: int, ledger_open: int) -> int:
    """Cents on an item, never more than the ledger leaves open of it and never on its other side."""
    if cents > 0:
        return max(0, min(cents, ledger_open))
    return min(0, max(cents, ledger_open))
