"""Books of an invented firm over some years, and the journal files its program would export from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from rules.ledger import Kind, LedgerLine, LedgerSnapshot, ThirdParty


def entry(customer: str, amount: int, on: date, **more: object) -> LedgerLine:
    """A journal line of a signed amount with the usual rest."""
    kind = Kind.INVOICE if amount >= 0 else Kind.PAYMENT
    values: dict[str, object] = {
        "line": 2, "name": f"Client {customer}", "account": "411000", "journal": "VE" if amount >= 0 else "BQ", "entry": "",
        "piece": "", "document_on": on, "due_on": None, "label": "", "letter": "", "lettered_on": None, "kind": kind,
        "debit_cents": max(amount, 0), "credit_cents": max(-amount, 0),
    }  # fmt: skip
    return LedgerLine(customer=customer, entry_on=on, **(values | more))  # type: ignore[arg-type]


def journal(lines: Iterable[LedgerLine], starts_on: date | None = None, ends_on: date | None = None) -> LedgerSnapshot:
    """A journal file with these lines, numbered as they come."""
    numbered = [one._replace(line=number) for number, one in enumerate(lines, 2)]
    days = [one.entry_on for one in numbered]
    sums = Counter[str]()
    for one in numbered:
        sums[one.currency] += one.amount_cents
    parties = {one.customer: ThirdParty(one.customer, one.name) for one in numbered}
    return LedgerSnapshot(
        "journal",
        "fec",
        numbered,
        list(parties.values()),
        [],
        len(numbered),
        starts_on or min(days),
        ends_on or max(days),
        dict(sums),
    )


def open_list(lines: Iterable[LedgerLine], on: date) -> LedgerSnapshot:
    """An open-item list of a day."""
    numbered = [one._replace(line=number) for number, one in enumerate(lines, 2)]
    parties = {one.customer: ThirdParty(one.customer, one.name) for one in numbered}
    return LedgerSnapshot("open_items", "spreadsheet", numbered, list(parties.values()), [], len(numbered), None, on)


def sums(lines: Iterable[LedgerLine]) -> dict[str, int]:
    """Σ(debit − credit) per customer, without zeros."""
    total = Counter[str]()
    for one in lines:
        total[one.customer] += one.debit_cents - one.credit_cents
    return {customer: cents for customer, cents in total.items() if cents}


@dataclass(slots=True)
class Entry:
    """A line of the books: `paid_by` are the lines lettered with it, from the day `lettered_on`."""

    line: LedgerLine
    group: int = 0  # letter group, 0: none
    lettered_on: date | None = None


@dataclass(slots=True)
class Books:
    """What happened, and how the program writes openings.

    opening: detail (line by line), renumbered (pieces of the program's own, the invoice's number in the label),
    total (one line per customer), none."""

    seed: int
    opening: str = "detail"
    first_year: int = 2023
    years: int = 3
    customers: int = 3
    entries: list[Entry] = field(default_factory=list)
    random: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        groups = 0
        for number in range(self.customers):
            for _ in range(self.random.randrange(1, 9)):
                groups += 1
                self._invoice(f"C{number}", groups)
        self.entries.sort(key=lambda one: (one.line.entry_on, one.line.entry))

    def _day(self, start: date, most: int) -> date:
        last = date(self.first_year + self.years - 1, 12, 31)
        return min(start + timedelta(self.random.randrange(most)), last)

    def _invoice(self, customer: str, group: int) -> None:
        """An invoice with what came of it: nothing, a payment, part payments, a credit note, an unlettered payment."""
        dice = self.random
        on = self._day(date(self.first_year, 1, 1), 365 * self.years)
        amount = dice.choice([10000, 10000, 25000, dice.randrange(100, 99999), -4000])
        piece = f"F{on.year}{group:03d}"
        story = dice.choice(["open", "paid", "paid", "paid", "part", "parts", "unlettered", "over"])
        invoice = entry(customer, amount, on, entry=f"V{group:03d}", piece=piece, label=f"Facture {piece}", kind=Kind.INVOICE)
        self.entries.append(Entry(invoice))
        if story == "open" or amount < 0:
            return
        shares = {
            "paid": [amount],
            "part": [amount // 3],
            "parts": [amount // 2, amount - amount // 2],
            "unlettered": [amount],
            "over": [amount + 500],
        }
        mine = [self.entries[-1]]
        for number, cents in enumerate(shares[story]):
            paid = self._day(on, 120)
            label = f"VIR {piece}" if dice.random() < 0.4 else "VIREMENT"
            self.entries.append(Entry(entry(customer, -cents, paid, entry=f"B{group:03d}{number}", piece="", label=label)))
            mine.append(self.entries[-1])
        if story != "unlettered":
            lettered = self._day(max(one.line.entry_on for one in mine), 60)
            for one in mine:
                one.group, one.lettered_on = group, lettered

    def file(self, year: int, until: date | None = None, exported_on: date | None = None) -> LedgerSnapshot:
        """The journal of a year (until a day), with the letters known on the day of the export (the last day)."""
        start, end = date(year, 1, 1), until or date(year, 12, 31)
        known_on = exported_on or end
        letters: dict[int, str] = {}
        lines = self._opening(start, known_on, letters) if year > self.first_year else []
        for one in self.entries:
            if start <= one.line.entry_on <= end:
                lines.append(self._lettered(one, one.line, known_on, letters))
        return journal(lines, start, end)

    def _opening(self, start: date, known_on: date, letters: dict[int, str]) -> list[LedgerLine]:
        """What was not lettered when the year before closed."""
        closed = start - timedelta(1)
        groups = Counter[int]()
        for one in self.entries:
            if one.line.entry_on <= closed:
                groups[one.group] += one.line.amount_cents
        waiting = [
            one
            for one in self.entries
            if one.line.entry_on <= closed
            and not (one.group and groups[one.group] == 0 and one.lettered_on is not None and one.lettered_on <= closed)
        ]
        if self.opening == "none":
            return []
        if self.opening == "total":
            totals = sums(one.line for one in waiting)
            return [
                entry(code, cents, start, journal="AN", entry="1", piece="RAN", label="Report a nouveau", kind=Kind.OPENING)
                for code, cents in totals.items()
            ]
        lines = []
        for number, one in enumerate(waiting, 1):
            line = one.line._replace(journal="AN", entry="1", entry_on=start, kind=Kind.OPENING)
            if self.opening == "renumbered":
                line = line._replace(piece=f"SAN{number}", label=f"{one.line.piece} {one.line.label}".strip())
            lines.append(self._lettered(one, line, known_on, letters))
        return lines

    def _lettered(self, one: Entry, line: LedgerLine, known_on: date, letters: dict[int, str]) -> LedgerLine:
        if not one.group or one.lettered_on is None or one.lettered_on > known_on:
            return line
        letter = letters.setdefault(one.group, f"A{chr(65 + len(letters) // 26)}{chr(65 + len(letters) % 26)}")
        return line._replace(letter=letter, lettered_on=one.lettered_on)
