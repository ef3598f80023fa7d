"""The books of a demo company as files: one FEC a fiscal year, as its accounting program would export it on a day.

Entries balance, letters are unique per customer, a new year opens with every line still open and with the balance of
the other accounts (article A47 A-1 LPF: tab, eighteen columns).

>>> books = Books(make_story(Size(customers=2, years=1, on=date(2026, 11, 20))))
>>> books.fec(2026, date(2026, 11, 20)).split(chr(13))[0].count(chr(9))
17
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from rules.days import end_of_month
from services.demo_habits import working_day
from services.demo_names import FAMILIES, TRADES, dice
from services.demo_story import Move, Size, Story, letters, make_story

__all__ = ["Books", "Size", "make_story"]

HEADER = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip
JOURNALS = {
    "AN": "À-nouveaux", "VE": "Ventes", "BQ": "Banque", "AC": "Achats", "OD": "Opérations diverses",
}  # fmt: skip
ACCOUNTS = {
    "101300": "Capital", "110000": "Report à nouveau", "120000": "Résultat de l'exercice", "401000": "Fournisseurs",
    "411000": "Clients", "421000": "Personnel, rémunérations dues", "431000": "Sécurité sociale",
    "445510": "TVA à décaisser", "445660": "TVA déductible", "445710": "TVA collectée 20 %", "512000": "Banque",
    "601000": "Achats de matières premières", "613000": "Locations", "626000": "Frais postaux et télécommunications",
    "627000": "Services bancaires", "641000": "Rémunérations du personnel", "645000": "Charges de sécurité sociale",
    "654000": "Pertes sur créances irrécouvrables", "658000": "Charges diverses de gestion", "701000": "Ventes de produits finis", "701200": "Ventes intracommunautaires",
}  # fmt: skip
PURCHASES = ("601000", "601000", "601000", "613000", "626000")
SUPPLIERS = 30


class Leg(NamedTuple):
    """One line of an entry; `cents` signed (debit positive). Lettered lines say since when and when their group is whole."""

    account: str
    cents: int
    aux: str = ""
    aux_name: str = ""
    code: str = ""
    lettered_on: date | None = None
    complete_on: date | None = None
    piece: str = ""  # opening entries: of the line they repeat
    document_on: date | None = None
    label: str = ""


class Entry(NamedTuple):
    """A balanced entry; its number is its place in its journal and year."""

    day: date
    journal: str
    piece: str
    document_on: date
    label: str
    legs: tuple[Leg, ...]


class Books:
    """All entries of a story, from before the first year on."""

    def __init__(self, story: Story, other_lines: int | None = None) -> None:
        """`other_lines`: how many lines to add besides the customers' entries (the bench); None: a small firm's own."""
        self.story = story
        first = story.size.first_day - timedelta(days=150)
        entries = [_founding(first), *(self._entry(move) for move in story.moves)]
        if other_lines is None:
            entries += _purchases(story, first, 25 * (story.size.years * 12 + 4))
            entries += _wages(first, story.size.on)
            entries += _taxes(entries, story.size.on)
        else:
            entries += _purchases(story, story.size.first_day, other_lines // 5)
        self.entries = sorted(entries, key=lambda e: e.day)

    @property
    def years(self) -> range:
        """Fiscal years told, the running one last."""
        return range(self.story.size.first_day.year, self.story.size.on.year + 1)

    def fec(self, year: int, until: date) -> str:
        """The FEC of one fiscal year as exported on a day (the whole year when it had ended)."""
        first, last = date(year, 1, 1), min(until, date(year, 12, 31))
        numbers: dict[str, int] = {}
        lines = ["\t".join(HEADER)]
        opening = self._opening(first)
        for entry in (opening, *(e for e in self.entries if first <= e.day <= last)):
            number = numbers[entry.journal] = numbers.get(entry.journal, 0) + 1
            lines += _text(entry, number, last)
        return "\r\n".join(lines) + "\r\n"

    def _entry(self, move: Move) -> Entry:
        party = self.story.parties[move.party]
        customer = Leg("411000", move.cents, party.code, party.name, move.code, move.lettered_on, move.complete_on)
        if move.against in ("512000", "654000", "658000"):
            journal = "BQ" if move.against == "512000" else "OD"
            return Entry(
                move.day, journal, move.piece, move.document_on, move.label, (customer, Leg(move.against, -move.cents))
            )
        net = round(move.cents / 1.2) if move.against == "701000" else move.cents
        tax = (Leg("445710", net - move.cents),) if net != move.cents else ()
        return Entry(move.day, "VE", move.piece, move.document_on, move.label, (customer, Leg(move.against, -net), *tax))

    def _opening(self, first: date) -> Entry:
        """What stands open on the first day: customers line by line, other accounts by their balance."""
        before = first - timedelta(days=1)
        customers: list[Leg] = []
        balances: dict[tuple[str, str, str], int] = {}
        for entry in self.entries:
            if entry.day > before:
                break
            for leg in entry.legs:
                if leg.account == "411000":
                    if leg.complete_on is None or leg.complete_on > before:
                        customers.append(leg._replace(piece=entry.piece, document_on=entry.document_on, label=entry.label))
                    continue
                account = leg.account
                if account[0] in "67":
                    account = "120000" if entry.day.year == before.year else "110000"
                key = (account, leg.aux, leg.aux_name)
                balances[key] = balances.get(key, 0) + leg.cents
        others = [Leg(account, cents, aux, name) for (account, aux, name), cents in sorted(balances.items()) if cents]
        return Entry(first, "AN", "AN", first, "À-nouveaux", (*customers, *others))


def _text(entry: Entry, number: int, until: date) -> Iterator[str]:
    journal, day = entry.journal, f"{entry.day:%Y%m%d}"
    start = f"{journal}\t{JOURNALS[journal]}\t{journal}{number:06d}\t{day}"
    for leg in entry.legs:
        letter, lettered = "", ""
        if leg.lettered_on is not None and leg.lettered_on <= until:
            whole = leg.complete_on is not None and leg.complete_on <= until
            letter = leg.code if whole else leg.code.lower()
            lettered = f"{leg.complete_on if whole else leg.lettered_on:%Y%m%d}"
        debit, credit = (leg.cents, 0) if leg.cents >= 0 else (0, -leg.cents)
        piece, label = leg.piece or entry.piece, leg.label or entry.label
        document = f"{leg.document_on or entry.document_on:%Y%m%d}"
        yield (
            f"{start}\t{leg.account}\t{ACCOUNTS[leg.account]}\t{leg.aux}\t{leg.aux_name}\t{piece}\t{document}\t{label}"
            f"\t{debit // 100},{debit % 100:02d}\t{credit // 100},{credit % 100:02d}\t{letter}\t{lettered}\t{day}\t\t"
        )


# ---- the rest of the books -------------------------------------------------------------------------------------------


def _founding(day: date) -> Entry:
    legs = (Leg("512000", 42_000_000), Leg("101300", -8_000_000), Leg("110000", -34_000_000))
    return Entry(day, "OD", "OD", day, "Reprise des soldes", legs)


def _purchases(story: Story, first: date, count: int) -> list[Entry]:
    """Suppliers' invoices, each paid by a transfer a few weeks later."""
    chance = dice(story.size.seed, "purchases")
    names = [f"{chance.choice(TRADES)} {chance.choice(FAMILIES)}" for _ in range(SUPPLIERS)]
    span = (story.size.on - first).days - 30
    entries: list[Entry] = []
    for number in range(count):
        supplier = number % SUPPLIERS
        aux, name = f"F{supplier + 1:04d}", names[supplier]
        day = working_day(first + timedelta(days=span * number // count))
        net = max(2_000, round(chance.lognormvariate(0, 0.6) * 45_000))
        gross = net + net // 5
        paid_on = working_day(day + timedelta(days=chance.randint(8, 24)))
        letter = (letters(number // SUPPLIERS), paid_on, paid_on)
        piece = f"{number + 1:07d}"
        bought = (Leg(PURCHASES[number % 5], net), Leg("445660", net // 5), Leg("401000", -gross, aux, name, *letter))
        entries.append(Entry(day, "AC", piece, day, f"Facture {name}", bought))
        paid = (Leg("401000", gross, aux, name, *letter), Leg("512000", -gross))
        entries.append(Entry(paid_on, "BQ", piece, paid_on, f"VIR {name}", paid))
    return entries


def _months(first: date, last: date) -> Iterator[date]:
    """The last day of each month that ended in the time."""
    day = end_of_month(first)
    while day <= last:
        yield day
        day = end_of_month(day + timedelta(days=1))


def _wages(first: date, last: date) -> list[Entry]:
    entries: list[Entry] = []
    for day in _months(first, last):
        gross, social = 2_850_000, 1_140_000
        piece = f"PAIE{day:%m%y}"
        legs = (
            Leg("641000", gross),
            Leg("645000", social),
            Leg("421000", -2_200_000),
            Leg("431000", 2_200_000 - gross - social),
        )
        entries.append(Entry(day, "OD", piece, day, f"Paie {day:%m/%Y}", legs))
        due = working_day(day + timedelta(days=12))
        paid = (Leg("421000", 2_200_000), Leg("431000", gross + social - 2_200_000), Leg("512000", -gross - social))
        entries.append(Entry(due, "BQ", piece, due, f"Paie et charges {day:%m/%Y}", paid))
        fees = (Leg("627000", 4_250), Leg("512000", -4_250))
        entries.append(Entry(day, "BQ", "FRAIS", day, "Frais de tenue de compte", fees))
    return entries


def _taxes(entries: list[Entry], last: date) -> list[Entry]:
    """The tax of each month, declared and paid in the next."""
    months: dict[tuple[int, int], list[int]] = {}
    for entry in entries:
        for leg in entry.legs:
            if leg.account in ("445710", "445660"):
                sums = months.setdefault((entry.day.year, entry.day.month), [0, 0])
                sums[leg.account == "445660"] += leg.cents
    made: list[Entry] = []
    for (year, month), (collected, deductible) in sorted(months.items()):
        closed = end_of_month(date(year, month, 1))
        if closed > last:
            continue
        owed = collected + deductible
        legs = (Leg("445710", -collected), Leg("445660", -deductible), Leg("445510", owed))
        made.append(Entry(closed, "OD", f"TVA{month:02d}{year % 100}", closed, f"TVA {month:02d}/{year}", legs))
        day = working_day(closed + timedelta(days=20))
        paid = (Leg("445510", -owed), Leg("512000", owed))
        made.append(Entry(day, "BQ", f"TVA{month:02d}{year % 100}", day, f"Télérèglement TVA {month:02d}/{year}", paid))
    return made
