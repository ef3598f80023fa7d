"""Entries of a FEC while it is read: which lines belong together, which entries do not balance.

An entry is complete, and forgotten, when it balances where the next begins. One that does not may go on further down
(files sorted by account): it waits until the end. Without entry numbers, an entry ends where its journal's day
balances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import ne, or_
from typing import NamedTuple

from integrations.ledgers.kinds import CUSTOMER
from rules.ledger import Remark

MAX_REMARKS = 50


class Lines(NamedTuple):
    """Consecutive lines, column by column: texts as they are, accounts as flags, balances in cents."""

    numbers: Sequence[int]
    journals: list[str]
    entries: list[str]
    days: list[str]
    flags: list[int]
    balances: list[int]


@dataclass(slots=True)
class Entry:
    """An entry, as far as it was read."""

    key: tuple[str, str, str]  # journal, number, day when there is no number
    number: str  # "" when the program gives none
    line: int  # its first
    balance: int = 0
    flags: int = 0
    customers: list[int] = field(default_factory=list)  # which customer lines, counted over the file


class Entries:
    """The entries of one file."""

    def __init__(self) -> None:
        self.flags: list[int] = []  # per customer line of the file: flags of all accounts of its entry
        self.days: dict[str, set[str]] = {}  # texts of the entry dates, by journal
        self.unbalanced: list[Entry] = []  # filled by `close`
        self._open: Entry | None = None
        self._waiting: dict[tuple[str, str, str], Entry] = {}

    def take(self, lines: Lines, customers: list[int]) -> None:
        """The next lines of the file; `customers` are the places of the customer lines among them."""
        for journal, day in set(zip(lines.journals, lines.days, strict=True)):
            self.days.setdefault(journal, set()).add(day)
        sums = list(accumulate(lines.balances, initial=0))
        flags, end_of_lines = lines.flags, len(lines.flags)
        first = len(self.flags)  # number of the next customer line
        self.flags += [0] * len(customers)
        met, total = 0, len(customers)
        starts = self._starts(lines)
        for start, end in zip(starts, [*starts[1:], end_of_lines], strict=True):
            mine = met
            while met < total and customers[met] < end:
                met += 1
            if self._open is None and end < end_of_lines and sums[start] == sums[end]:
                if mine < met:
                    together = 0
                    for flag in flags[start:end]:
                        together |= flag
                    for customer in range(first + mine, first + met):
                        self.flags[customer] = together
                continue
            if lines.entries[start].strip(" 0"):
                self._extend(lines, start, end, range(first + mine, first + met), "")
                if end < end_of_lines:
                    self._finish()
            else:
                self._extend_unnumbered(lines, start, end, first + mine)

    def join(self, later: Entries) -> None:
        """Go on with the entries of the lines after ours, which began with an entry of their own."""
        self._finish()
        later._finish()
        first = len(self.flags)
        self.flags += later.flags
        for journal, days in later.days.items():
            self.days.setdefault(journal, set()).update(days)
        for entry in later._waiting.values():
            entry.customers = [first + customer for customer in entry.customers]
            self._open = entry
            self._finish()

    def close(self) -> None:
        """The end of the file: what still waits does not balance."""
        self._finish()
        self.unbalanced = list(self._waiting.values())
        for entry in self.unbalanced:
            self._release(entry)

    def remarks(self) -> list[Remark]:
        """One remark per unbalanced entry, the first fifty of them, then how many more.

        Without entry numbers the days of a journal are taken together: an opening entry keeps many dates."""
        guilty = [entry for entry in self.unbalanced if entry.number]
        journals: dict[str, Entry] = {}
        for entry in self.unbalanced:
            if not entry.number:
                journals.setdefault(entry.key[0], Entry(entry.key, "", entry.line)).balance += entry.balance
        guilty += [entry for entry in journals.values() if entry.balance]
        found = [
            Remark(
                "entry_unbalanced",
                entry.line,
                None,
                {"journal": entry.key[0].strip(), "entry": entry.number, "difference_cents": entry.balance},
            )
            for entry in guilty[:MAX_REMARKS]
        ]
        if len(guilty) > MAX_REMARKS:
            found.append(Remark("entries_unbalanced_more", params={"count": len(guilty) - MAX_REMARKS}))
        return found

    def _starts(self, lines: Lines) -> list[int]:
        """Places where the entry is not that of the line before; place 0 always, after finishing what was open."""
        journals, entries = lines.journals, lines.entries
        changed = map(or_, map(ne, journals[1:], journals), map(ne, entries[1:], entries))
        starts = [0]
        starts += [place for place, is_new in enumerate(changed, 1) if is_new]
        if self._open is not None and self._open.key[:2] != (journals[0], entries[0]):
            self._finish()
        return starts

    def _extend_unnumbered(self, lines: Lines, start: int, end: int, customer: int) -> None:
        """Lines of one journal without entry numbers, cut where the day changes or balances."""
        for place in range(start, end):
            day = lines.days[place]
            if self._open is not None and self._open.key[2] != day:
                self._finish()
            is_customer = lines.flags[place] & CUSTOMER
            self._extend(lines, place, place + 1, range(customer, customer + is_customer), day)
            customer += is_customer
            if self._open is not None and not self._open.balance:
                self._finish()
        if end < len(lines.flags):
            self._finish()

    def _extend(self, lines: Lines, start: int, end: int, customers: range, day: str) -> None:
        entry = self._open
        if entry is None:
            number = lines.entries[start]
            key = lines.journals[start], number, day
            entry = self._open = Entry(key, "" if day else number.strip(), lines.numbers[start])
        entry.balance += sum(lines.balances[start:end])
        for flag in lines.flags[start:end]:
            entry.flags |= flag
        entry.customers += customers

    def _finish(self) -> None:
        """The open entry ended: it is released when it balances, alone or with its earlier parts, or it waits."""
        entry, self._open = self._open, None
        if entry is None:
            return
        earlier = self._waiting.pop(entry.key, None)
        if earlier is not None:
            earlier.balance += entry.balance
            earlier.flags |= entry.flags
            earlier.customers += entry.customers
            entry = earlier
        if entry.balance:
            self._waiting[entry.key] = entry
        else:
            self._release(entry)

    def _release(self, entry: Entry) -> None:
        for customer in entry.customers:
            self.flags[customer] = entry.flags
