"""What is owed, indexed for matching: by reference, by number, by customer and amount. Built once for many movements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.matching_facts import MatchPolicy, Owed, Payer
from rules.matching_payers import Payers
from rules.matching_words import Number, bare, numbers

SHORT = 5  # digits; a shorter number names an invoice only together with its customer and an amount
LONGEST_JOIN = 4  # runs of digits that together make one number: FA 2024 - 00 12


class Book:
    """Open items and customers with their indexes. Nothing changes here while movements are matched: what is left of
    each item stands in a list beside it (`Book.open`)."""

    def __init__(self, owed: Iterable[Owed], payers: Iterable[Payer], policy: MatchPolicy | None = None) -> None:
        self.policy = policy or MatchPolicy()
        self.items: Sequence[Owed] = tuple(owed)
        self.open = [item.open_cents for item in self.items]
        self.payers = Payers(payers)
        self.place = {item.id: place for place, item in enumerate(self.items)}
        self.by_reference: dict[str, list[int]] = {}
        self.by_number: dict[str, list[int]] = {}
        self.by_amount: dict[tuple[str, int], list[int]] = {}
        self.by_customer: dict[int, list[int]] = {}
        self.letters: list[str] = []
        self.core: list[str] = []  # all digits of the number, zeros and all
        self.last: list[str] = []  # its last run of digits without leading zeros
        self.shapes: dict[tuple[str, int], tuple[int, int]] = {}  # letters and length of numbers → lowest and highest
        for place, item in enumerate(self.items):
            self._add(place, item)
        for places in self.by_customer.values():
            places.sort(key=self._oldest)

    def _oldest(self, place: int) -> tuple[object, ...]:
        item = self.items[place]
        return item.due_on, item.document_on, item.id

    def _add(self, place: int, item: Owed) -> None:
        for reference in item.references:
            places = self.by_reference.setdefault(bare(reference), [])
            if place not in places:
                places.append(place)
        self.by_amount.setdefault((item.currency, item.open_cents), []).append(place)
        self.by_customer.setdefault(item.customer_id, []).append(place)
        runs = numbers(item.piece)
        core = "".join(run.digits for run in runs)
        self.core.append(core)
        self.letters.append(runs[0].letters if runs else "")
        self.last.append(runs[-1].digits.lstrip("0") if runs else "")
        if not core:
            return
        value = int(core)
        if value < 10**18:
            shape = (self.letters[place], len(core))
            low, high = self.shapes.get(shape, (value, value))
            self.shapes[shape] = (min(low, value), max(high, value))
        for key in _keys(core, runs):
            places = self.by_number.setdefault(key, [])
            if place not in places[-1:]:
                places.append(place)

    def known_shape(self, number: Number) -> bool:
        """Whether a number looks like an invoice number of ours: letters and length as ours, within or soon after them."""
        reach = self.shapes.get((number.letters, len(number.digits)))
        if reach is None:
            return False
        low, high = reach
        return low - (high - low) // 4 - 20 <= int(number.digits) <= high + (high - low) // 4 + 20


def _keys(core: str, runs: list[Number]) -> set[str]:
    """Ways to write the digits of a number: with and without leading zeros, the year with two digits."""
    keys = {core.lstrip("0")}
    if len(runs) > 1:
        rest = [run.digits.lstrip("0") for run in runs[1:]]
        keys.add(runs[0].digits.lstrip("0") + "".join(rest))
        if len(runs[0].digits) == 4 and runs[0].digits.startswith("20"):
            keys.add(core[2:])
    return {key for key in keys if len(key) >= 3}
