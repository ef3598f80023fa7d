"""What is owed, indexed for matching: by reference, by number, by customer and amount. Built once for many movements."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rules.matching_facts import MatchPolicy, Owed, Payer
from rules.matching_payers import Payers
from rules.matching_words import Number, bare, pairs

SHORT = 5  # digits; a shorter number names an invoice only together with its customer and an amount
LONGEST_JOIN = 4  # runs of digits that together make one number: FA 2024 - 00 12


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector of cycles: hundreds of thousands of small values are made and kept here, none of them in a
    cycle, and looking for some takes longer than the work."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if not gc.get_freeze_count():  # what was made here counts as old: it is not looked through at once
                gc.freeze()
                gc.unfreeze()
            gc.enable()


class Book:
    """Open items and customers with their indexes. Nothing changes here while movements are matched: what is left of
    each item stands in a list beside it (`Book.open`)."""

    def __init__(self, owed: Iterable[Owed], payers: Iterable[Payer], policy: MatchPolicy | None = None) -> None:
        self.policy = policy or MatchPolicy()
        self.items: Sequence[Owed] = tuple(owed)
        self.open = [item.open_cents for item in self.items]
        self.document_on = [item.document_on for item in self.items]
        self.currency = [item.currency for item in self.items]
        with uncollected():
            self.payers = Payers(payers)
        self.place = {item.id: place for place, item in enumerate(self.items)}
        self.by_reference: dict[str, list[int]] = {}
        self.by_number: dict[str, list[int]] = {}
        self.by_amount: dict[tuple[str, int], list[int]] = {}
        self.by_customer: dict[int, list[int]] = {}
        self.letters: list[str] = []
        self.core: list[str] = []  # all digits of the number, zeros and all
        self.plain: list[str] = []  # the same without leading zeros
        self.longest = 0  # digits of the longest number
        self.last: list[str] = []  # its last run of digits without leading zeros
        self.shapes: dict[tuple[str, int], tuple[str, str]] = {}  # letters and length of numbers → lowest and highest
        with uncollected():
            for place, item in enumerate(self.items):
                self._add(place, item)
            oldest = [(item.due_on, item.document_on, item.id) for item in self.items]
            for places in self.by_customer.values():
                if len(places) > 1:
                    places.sort(key=oldest.__getitem__)

    def _add(self, place: int, item: Owed) -> None:
        for reference in item.references:  # most have one or none
            places = self.by_reference.setdefault(reference if reference.isdigit() else bare(reference), [])
            if place not in places:
                places.append(place)
        self.by_amount.setdefault((item.currency, item.open_cents), []).append(place)
        self.by_customer.setdefault(item.customer_id, []).append(place)
        runs = pairs(item.piece.upper())
        digits = [run[1] for run in runs]
        core = "".join(digits)
        plain = core.lstrip("0")
        self.core.append(core)
        self.plain.append(plain)
        self.letters.append(runs[0][0] if runs else "")
        self.last.append(digits[-1].lstrip("0") if runs else "")
        if not core:
            return
        if len(core) > self.longest:
            self.longest = len(core)
        shape = (runs[0][0], len(core))
        low, high = self.shapes.get(shape, (core, core))
        if not low <= core <= high:
            self.shapes[shape] = (min(low, core), max(high, core))
        elif low is core:
            self.shapes[shape] = (core, core)
        for key in _keys(core, plain, digits):
            known = self.by_number.get(key)
            if known is None:
                self.by_number[key] = [place]
            else:
                known.append(place)

    def _reach(self, number: Number) -> tuple[str, str] | None:
        return self.shapes.get((number.letters, len(number.digits))) or self.shapes.get(("", len(number.digits)))

    def beyond(self, number: Number) -> bool:
        """Whether a number of our kind is above all that are open: an invoice not known yet rather than a slip."""
        reach = self._reach(number)
        return reach is not None and number.digits > reach[1]

    def known_shape(self, number: Number) -> bool:
        """Whether a number looks like an invoice number of ours: letters and length as ours, within or soon after them."""
        reach = self._reach(number)
        if reach is None:
            return False
        low, high = int(reach[0][-18:]), int(reach[1][-18:])
        slack = (high - low) // 4 + 20
        return low - slack <= int(number.digits[-18:]) <= high + slack


def _keys(core: str, whole: str, digits: list[str]) -> list[str]:
    """Ways to write the digits of a number: with and without leading zeros, the year with two digits."""
    if len(digits) == 1:
        return [whole] if len(whole) >= 3 else []
    keys = [whole, "".join([run.lstrip("0") for run in digits])]
    if len(digits[0]) == 4 and core.startswith("20"):
        keys.append(core[2:].lstrip("0"))
    return [key for key in dict.fromkeys(keys) if len(key) >= 3]
