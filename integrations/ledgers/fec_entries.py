"""Entries of a FEC while it is read: which lines belong together, which entries do not balance.

An entry is complete, and forgotten, when it balances where the next begins. One that does not may go on further down
(files sorted by account): it waits until the end. Without entry numbers, an entry ends where its journal's day
balances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from integrations.ledgers.kinds import EQUITY, RESULT
from rules.ledger import Kind, LedgerLine, Remark

Pending = tuple[int, list[str], int, int]  # line number, fields, debit, credit
MAX_REMARKS = 50


@dataclass(slots=True)
class Unbalanced:
    """An entry whose lines, so far, do not balance."""

    journal: str
    number: str  # "" when the program gives none
    line: int  # the last of its first part
    balance: int = 0
    flags: int = 0
    kept: list[Pending] = field(default_factory=list)


class Entries:
    """The entries of one file; `build` makes a customer line once all accounts of its entry are known."""

    def __init__(self, build: Callable[[Pending, int], None]) -> None:
        self._build = build
        self._waiting: dict[tuple[str, str, str], Unbalanced] = {}
        self._founding: set[int] = set()  # line numbers in entries of balance-sheet accounts with class 1
        self.days: dict[str, set[str]] = {}  # texts of the entry dates, by journal
        self.unbalanced: list[Unbalanced] = []
        self.late = False  # lines were built out of the file's order

    def flush(
        self,
        journal: str,
        number: str,
        day: str,
        numbered: bool,
        line: int,
        balance: int,
        flags: int,
        kept: list[Pending],
    ) -> None:
        """Takes the lines of an entry that ended before `line`: builds its customer lines, or lets it wait."""
        days = self.days.get(journal)
        if days is None:
            days = self.days[journal] = set()
        days.add(day)
        if not balance:
            if kept:
                self._release(kept, flags)
            return
        key = journal, number, "" if numbered else day
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = Unbalanced(journal.strip(), number.strip() if numbered else "", line - 1)
        waiting.balance += balance
        waiting.flags |= flags
        waiting.kept += kept
        if not waiting.balance:
            del self._waiting[key]
            self.late = True
            self._release(waiting.kept, waiting.flags)

    def close(self) -> None:
        """The end of the file: what still waits does not balance."""
        self.unbalanced = list(self._waiting.values())
        for entry in self.unbalanced:
            self.late = True
            self._release(entry.kept, entry.flags)

    def remarks(self) -> list[Remark]:
        """One remark per unbalanced entry, the first fifty of them, then how many more.

        Without entry numbers the days of a journal are taken together: an opening entry keeps many dates."""
        guilty = [entry for entry in self.unbalanced if entry.number]
        journals: dict[str, Unbalanced] = {}
        for entry in self.unbalanced:
            if not entry.number:
                journals.setdefault(entry.journal, Unbalanced(entry.journal, "", entry.line)).balance += entry.balance
        guilty += [entry for entry in journals.values() if entry.balance]
        found = [
            Remark(
                "entry_unbalanced",
                entry.line,
                None,
                {"journal": entry.journal, "entry": entry.number, "value": entry.balance},
            )
            for entry in guilty[:MAX_REMARKS]
        ]
        if len(guilty) > MAX_REMARKS:
            found.append(Remark("entries_unbalanced_more", params={"count": len(guilty) - MAX_REMARKS}))
        return found

    def openings(self, lines: list[LedgerLine], first_day: date) -> list[int]:
        """Places of lines of first-day entries made only of balance-sheet accounts, capital or reserves among them."""
        if not self._founding:
            return []
        return [
            place
            for place, line in enumerate(lines)
            if line.line in self._founding and line.entry_on == first_day and line.kind is not Kind.OPENING
        ]

    def _release(self, kept: list[Pending], flags: int) -> None:
        for pending in kept:
            self._build(pending, flags)
            if flags & EQUITY and not flags & RESULT:
                self._founding.add(pending[0])
