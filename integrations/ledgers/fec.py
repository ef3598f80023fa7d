"""FEC (Fichier des écritures comptables, article A47 A-1 LPF) → `LedgerSnapshot`, in every shape seen in the wild.

All or nothing: a line that does not make sense, or a file whose debits and credits differ (a truncated copy), is
refused whole. An entry that does not balance inside a balanced file is only remarked on: programs write such."""

from __future__ import annotations

import gc
import re
from collections.abc import Container, Iterable, Iterator
from datetime import date
from itertools import repeat
from operator import sub
from typing import NamedTuple, NoReturn

from integrations.files import Refused
from integrations.ledgers import kinds
from integrations.ledgers.dates import parse_date
from integrations.ledgers.fec_columns import Layout, encoding_of, find_layout, require
from integrations.ledgers.fec_entries import Entries, Lines
from integrations.ledgers.fec_rows import Block, entry_boundary, text_blocks, workbook_blocks
from integrations.ledgers.later import Later
from integrations.ledgers.pieces import due_in_label, mend_pieces
from integrations.ledgers.text import codec
from integrations.ledgers.values import ReadOptions, Sniffed
from integrations.ledgers.workbook import Workbook
from rules.errors import DomainError
from rules.ledger import Kind, LedgerLine, LedgerSnapshot, Remark, ThirdParty
from rules.money import MAX_DIGITS, parse_cents

FORMAT = "fec"

_POINTS = (",", ".")
_PLAIN_AMOUNTS = re.compile(r"(?:[0-9]{1,13},[0-9]{2}(?:\n|\Z))+")
WORTH_TWO = 8 * 1024 * 1024  # bytes from which a second process pays
MAX_KNOWN = 200_000  # amounts kept as already read
_NO_DATE = frozenset(("", "0", "00000000", "19000101", "18991230", "1900-01-01", "01/01/1900"))
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def sniff(source: bytes | Workbook) -> Sniffed | None:
    """That a file is a FEC, and how it is written; None when it is not."""
    layout = find_layout(source)
    if layout is None:
        return None
    sheets = (layout.sheet,) if layout.sheet else ()
    encoding = "" if isinstance(source, Workbook) else encoding_of(source)[1]
    return Sniffed(
        FORMAT,
        "journal",
        program="FEC",
        encoding=encoding,
        delimiter=layout.separator,
        sheets=sheets,
        missing=layout.missing,
        first_rows=(layout.header,),
        certain=not layout.missing,
    )


def read(source: bytes | Workbook, options: ReadOptions) -> LedgerSnapshot:
    """The lines on customer accounts of a FEC; `Refused` names the line and the column of what does not fit."""
    layout = find_layout(source)
    if layout is None:
        raise Refused("not_recognised", line=1)
    require(layout)
    collecting = gc.isenabled()
    gc.disable()  # a million small values, none in cycles: looking for cycles takes a third of the time
    try:
        return _read(source, layout, options)
    finally:
        if collecting:
            gc.enable()


def _read(source: bytes | Workbook, layout: Layout, options: ReadOptions) -> LedgerSnapshot:
    reader = _Reader(layout, options)
    if isinstance(source, Workbook):
        return reader.read(workbook_blocks(source, layout))
    unwrapped, encoding = encoding_of(source)
    placed = Layout(layout.at, layout.header, layout.line, layout.separator, encoding)
    cut = entry_boundary(unwrapped, placed) if options.processes > 1 and len(unwrapped) > WORTH_TWO else 0
    if cut:
        snapshot = _read_halves(reader, unwrapped, placed, cut)
    else:
        snapshot = reader.read(text_blocks(unwrapped, placed, reader.sound))
    if not unwrapped.endswith((b"\n", b"\r")):
        reader.refuse_cut_end(unwrapped, encoding)
    return snapshot


def _read_halves(reader: _Reader, data: bytes, layout: Layout, cut: int) -> LedgerSnapshot:
    """Both halves of a large file side by side, in two processes; what is refused first in the file is refused."""
    later = Later(lambda: _second_half(reader, data, layout, cut))
    try:
        reader.take(text_blocks(data[:cut], layout, reader.sound))
        second = later.answer()
    finally:
        later.end()
    if isinstance(second, Refused):
        raise second
    reader.join(second)
    return reader.done()


def _second_half(reader: _Reader, data: bytes, layout: Layout, cut: int) -> _Met | Refused:
    before = data.count(b"\n", 0, cut)
    rest = Layout(layout.at, layout.header, 0, layout.separator, layout.encoding)
    try:
        reader.take(text_blocks(data[cut:], rest, reader.sound, before))
    except Refused as refused:
        return refused
    return reader.met


class _Met:
    """What a reading has met so far; two readings of one file's halves make one."""

    def __init__(self) -> None:
        self.count = self.total = self.last = 0
        self.rounded = 0  # amounts with more than two decimals: so many cents may be missing
        self.dates: dict[str, date] = {}
        self.undated: dict[str, None] = dict.fromkeys(_NO_DATE)
        self.journals: dict[str, str] = {}  # code → name
        self.customers: dict[tuple[str, str], str] = {}  # account and auxiliary → key
        self.unnamed: dict[str, str] = {}  # customers without auxiliary: their name
        self.collective: list[Remark] = []
        self.entries = Entries()
        self.parts: list[_Part] = []

    def join(self, later: _Met) -> None:
        """Go on where `later`, which began at the first line of an entry, ended."""
        self.count += later.count
        self.total += later.total
        self.last = later.last or self.last
        self.rounded += later.rounded
        self.dates |= later.dates
        self.undated |= later.undated
        self.journals = later.journals | self.journals
        renamed = {one: name for one, name in self.unnamed.items() if later.unnamed.get(one, name) != name}
        self.customers |= later.customers
        self.collective += [one for one in later.collective if str(one.params["value"]) not in self.unnamed]
        self.unnamed = later.unnamed | self.unnamed
        self.entries.join(later.entries)
        for part in later.parts:
            if renamed:
                names = zip(part.customers, part.names, strict=True)
                part = part._replace(names=[renamed.get(customer, name) for customer, name in names])
            self.parts.append(part)


class _Reader:
    """One reading: what was met so far, and the way from fields to values.

    Works column by column over blocks of lines: a million lines would each pay for every call in a loop."""

    def __init__(self, layout: Layout, options: ReadOptions) -> None:
        self.layout, self.options = layout, options
        self.at = layout.at
        self.signed = "Debit" not in layout.at
        self.met = _Met()
        self.dates, self.undated = self.met.dates, self.met.undated
        self.journals, self.customers, self.unnamed = self.met.journals, self.met.customers, self.met.unnamed
        self.cents: dict[str, int] = {}
        self.accounts: dict[str, int] = {}
        self.cleaned = _Cleaned()
        self.roles: dict[str, str] = {}
        self.methods = _Methods()

    def read(self, blocks: Iterable[Block]) -> LedgerSnapshot:
        """Every line counted and checked; customer lines kept."""
        self.take(blocks)
        return self.done()

    def take(self, blocks: Iterable[Block]) -> None:
        """Some lines, in the order of the file."""
        met = self.met
        for block in blocks:
            met.count += len(block.numbers)
            if met.count > self.options.max_rows:
                self._refuse_count(block.numbers[-1])
            if block.numbers:
                met.total += self._take(block, met.entries)
                met.last = block.numbers[-1]

    def join(self, later: _Met) -> None:
        """The lines that another process has read."""
        self.met.join(later)
        self.dates, self.undated, self.journals = self.met.dates, self.met.undated, self.met.journals
        if self.met.count > self.options.max_rows:
            self._refuse_count(self.met.last)

    def _refuse_count(self, line: int) -> NoReturn:
        raise Refused("too_many_lines", line=line, value=self.options.max_rows)

    def done(self) -> LedgerSnapshot:
        """The file is at its end: what must hold for the whole is checked."""
        met = self.met
        if not met.count:
            raise Refused("file_empty", line=self.layout.line)
        met.entries.close()
        if abs(met.total) > met.rounded:
            self._refuse_unbalanced(met.total, met.last, met.entries)
        return self._snapshot(met.count, met.entries)

    def _take(self, block: Block, entries: Entries) -> int:
        """Checks a block column by column and hands its lines to the entries; gives Σ(debit − credit)."""
        days = self._column(block, "EcritureDate")
        for text in _new(days, self.dates):
            self._date(text, block.numbers[days.index(text)], "EcritureDate")
        documents = self._column(block, "PieceDate")
        for text in _new(documents, self.dates):
            if text not in self.undated:
                self._document_date(text, block.numbers[documents.index(text)])
        debits, credits = self._signed_amounts(block) if self.signed else self._amounts(block)
        accounts = self._column(block, "CompteNum")
        for account in _new(accounts, self.accounts):
            self._account(account, block.numbers[accounts.index(account)])
        journals = self._column(block, "JournalCode")
        for journal in _new(journals, self.journals):
            self.journals[journal] = self._column(block, "JournalLib")[journals.index(journal)]
        flags = list(map(self.accounts.__getitem__, accounts))
        balances = list(map(sub, debits, credits))
        numbers = self._column(block, "EcritureNum")
        customers = [place for place, flag in enumerate(flags) if flag & kinds.CUSTOMER]
        entries.take(Lines(block.numbers, journals, numbers, days, flags, balances), customers)
        if customers:
            self.met.parts.append(self._part(block, customers, debits, credits))
        return sum(balances)

    def _column(self, block: Block, name: str) -> list[str]:
        return block.cells[self.at[name] :: block.stride]

    def _amounts(self, block: Block) -> tuple[list[int], list[int]]:
        columns = []
        for name in ("Debit", "Credit"):
            texts = self._column(block, name)
            joined = "\n".join(texts)
            if _PLAIN_AMOUNTS.fullmatch(joined):
                columns.append(list(map(int, joined.replace(",", "").split("\n"))))
            else:
                columns.append(self._mixed_amounts(texts, block, name))
        return columns[0], columns[1]

    def _mixed_amounts(self, texts: list[str], block: Block, name: str) -> list[int]:
        known = self.cents
        if len(known) > MAX_KNOWN:
            known.clear()
        for text in _new(texts, known):
            known[text] = self._amount(text, block.numbers[texts.index(text)], name)
        return list(map(known.__getitem__, texts))

    def _signed_amounts(self, block: Block) -> tuple[list[int], list[int]]:
        amounts = self._mixed_amounts(self._column(block, "Montant"), block, "Montant")
        sides = self._column(block, "Sens")
        debit = {text: self._is_debit(text, block.numbers[sides.index(text)]) for text in set(sides)}
        debits = [cents if debit[side] else 0 for cents, side in zip(amounts, sides, strict=True)]
        return debits, list(map(sub, amounts, debits))

    def _part(self, block: Block, places: list[int], debits: list[int], credits: list[int]) -> _Part:
        """The customer lines of a block, column by column; their kind must wait for the end of their entry."""

        def column(name: str) -> list[str]:
            index, stride, cells = self.at.get(name), block.stride, block.cells
            return [""] * len(places) if index is None else [cells[place * stride + index] for place in places]

        numbers = [block.numbers[place] for place in places]
        accounts, auxiliaries, names = column("CompteNum"), column("CompAuxNum"), column("CompAuxLib")
        pairs = list(zip(accounts, auxiliaries, strict=True))
        unknown = [place for place, pair in enumerate(pairs) if pair not in self.customers]
        for place in unknown:
            name = block.cells[places[place] * block.stride + self.at["CompteLib"]]
            self._customer(pairs[place], name, numbers[place])
        customers = list(map(self.customers.__getitem__, pairs))
        cleaned, unnamed, dates = self.cleaned, self.unnamed, self.dates
        entry_on = list(map(dates.__getitem__, column("EcritureDate")))
        signed = [debits[place] - credits[place] for place in places]
        letters = list(map(cleaned.__getitem__, column("EcritureLet")))
        foreign = self._foreign(column("Idevise"), column("Montantdevise"), numbers, signed)
        return _Part(
            numbers,
            customers,
            [unnamed.get(customer) or cleaned[name] or customer for customer, name in zip(customers, names, strict=True)],
            list(map(cleaned.__getitem__, accounts)),
            list(map(cleaned.__getitem__, column("JournalCode"))),
            [entry.strip() for entry in column("EcritureNum")],
            entry_on,
            [clean(piece) for piece in column("PieceRef")],
            [dates.get(text) or entry for text, entry in zip(column("PieceDate"), entry_on, strict=True)],
            self._optional_dates("DateEcheance", column("DateEcheance"), numbers),
            [clean(label) for label in column("EcritureLib")],
            [debits[place] for place in places],
            [credits[place] for place in places],
            letters,
            [
                day if letter else None
                for day, letter in zip(self._optional_dates("DateLet", column("DateLet"), numbers), letters, strict=True)
            ],
            [self._role(journal) for journal in column("JournalCode")],
            foreign[0],
            foreign[1],
            list(map(self.methods.__getitem__, column("ModeRglt"))),
        )

    def sound(self, fields: list[str]) -> bool:
        """Whether fields make an entry line: dates, account and amounts where the header says."""
        try:
            self._date(fields[self.at["EcritureDate"]], 0, "EcritureDate")
            self._document_date(fields[self.at["PieceDate"]], 0)
            self._account(fields[self.at["CompteNum"]], 0)
            for column in ("Montant",) if self.signed else ("Debit", "Credit"):
                self._amount(fields[self.at[column]], 0, column)
        except Refused:
            return False
        return True

    def refuse_cut_end(self, data: bytes, encoding: str) -> None:
        """Refuses a last line without line end that stops inside its last field, the currency of an amount."""
        last = re.split(rb"[\r\n]", data)[-1].decode(codec(encoding), "replace")
        fields = last.split(self.layout.separator)
        if self.at.get("Idevise") != len(self.layout.header) - 1 or len(fields) != len(self.layout.header):
            return
        amount, currency = fields[self.at.get("Montantdevise", 0)].strip(), fields[-1].strip()
        if amount.strip("0,. ") and not re.fullmatch(r"[A-Za-z]{3,4}", currency):
            raise Refused("line_cut", line=data.count(b"\n") + 1, column="Idevise", value=currency)

    # ---- from text to values -------------------------------------------------------------------------------------

    def _date(self, text: str, number: int, column: str) -> date:
        try:
            day = parse_date(text)
        except ValueError:
            raise self._refused("date_unreadable", number, column, text) from None
        self.dates[text] = day
        return day

    def _document_date(self, text: str, number: int) -> None:
        if text.strip() in _NO_DATE:
            self.undated[text] = None
        else:
            self._date(text, number, "PieceDate")

    def _amount(self, text: str, number: int, column: str) -> int:
        text = text.strip()
        digits = text[:-3] + text[-2:]
        if text[-3:-2] in _POINTS and digits.isdecimal() and len(digits) <= MAX_DIGITS:
            return int(digits)
        # No thousands in a FEC: a lone sign is the decimal sign, even before three digits.
        decimal = "," if text.rfind(",") > text.rfind(".") else "."
        try:
            cents = parse_cents(text, decimal)
        except DomainError as error:
            raise self._refused(error.code, number, column, text) from None
        if decimal in text and len(text.rpartition(decimal)[2].rstrip("0")) > 2:
            self.met.rounded += 1
        return cents

    def _is_debit(self, text: str, number: int) -> bool:
        side = text.strip().upper()
        if side not in ("D", "DEBIT", "DÉBIT", "+1", "1", "+", "C", "CREDIT", "CRÉDIT", "-1", "-"):
            raise self._refused("side_unreadable", number, "Sens", text)
        return side[0] in "D+1"

    def _account(self, text: str, number: int) -> int:
        account = text.strip()
        if not account[:1].isdecimal() or not account[:3].isalnum() or not account.isascii():
            raise self._refused("account_unreadable", number, "CompteNum", text)
        flags = kinds.account_flags(account)
        if account.startswith(self.options.customer_accounts):
            flags |= kinds.CUSTOMER
        self.accounts[text] = flags
        return flags

    def _customer(self, pair: tuple[str, str], account_name: str, number: int) -> None:
        if pair in self.customers:
            return
        account, auxiliary = pair[0].strip(), clean(pair[1])
        customer = self.customers[pair] = auxiliary or account
        if auxiliary:
            return
        if kinds.is_collective(account, account_name, self.options.customer_accounts):
            self.unnamed[customer] = kinds.DIVERS
            self.met.collective.append(Remark("collective_account", number, "CompAuxNum", {"value": account}))
        else:
            self.unnamed[customer] = clean(account_name) or customer

    def _role(self, journal: str) -> str:
        if journal not in self.roles:
            self.roles[journal] = kinds.journal_role(journal, self.journals[journal])
        return self.roles[journal]

    def _optional_dates(self, column: str, texts: list[str], numbers: list[int]) -> list[date | None]:
        for text in _new(texts, self.dates):
            if text not in self.undated:
                if text.strip() in _NO_DATE:
                    self.undated[text] = None
                else:
                    self._date(text, numbers[texts.index(text)], column)
        return list(map(self.dates.get, texts))

    def _foreign(
        self, currencies: list[str], amounts: list[str], numbers: list[int], signed: list[int]
    ) -> tuple[list[str], list[int]]:
        """Currency and signed cents of amounts abroad: the sign is that of debit − credit, whatever the program."""
        names = {text: text.strip().upper() for text in set(currencies)}
        if not any(name not in ("", self.options.currency, "EURO", "€") for name in names.values()):
            return [""] * len(currencies), [0] * len(currencies)
        found, cents = [], []
        for text, amount, number, owed in zip(currencies, amounts, numbers, signed, strict=True):
            name = names[text]
            if name in ("", self.options.currency, "EURO", "€"):
                found.append("")
                cents.append(0)
            else:
                size = abs(self._amount(amount, number, "Montantdevise"))
                found.append(name)
                cents.append(-size if owed < 0 else size)
        return found, cents

    def _refused(self, code: str, number: int, column: str, value: object) -> Refused:
        return Refused(code, line=number, column=self.layout.header[self.at[column]].strip(), value=value)

    # ---- the whole ---------------------------------------------------------------------------------------------

    def _refuse_unbalanced(self, total: int, number: int, entries: Entries) -> None:
        """A file whose debits and credits differ was cut or altered; names the entry when only one can be it."""
        guilty = [entry for entry in entries.unbalanced if entry.balance == total]
        line = guilty[0].line if len(guilty) == 1 else number
        raise Refused(
            "file_unbalanced",
            line=line,
            column=self.layout.header[-1 if self.signed else self.at["Debit"]],
            value=total,
            difference_cents=total,
        )

    def _period(self, entries: Entries) -> tuple[date, date]:
        """First and last day the file covers. Opening lines that keep the dates of older invoices do not count."""
        opening: set[date] = set()
        ordinary: set[date] = set()
        for journal, texts in entries.days.items():
            (opening if self._role(journal) == "opening" else ordinary).update(self.dates[text] for text in texts)
        if not ordinary:
            return min(opening), max(opening)
        first = min(ordinary)
        return max((day for day in opening if day <= first), default=first), max(ordinary | opening)

    def _snapshot(self, count: int, entries: Entries) -> LedgerSnapshot:
        first, last = self._period(entries)
        lines: list[LedgerLine] = []
        done = 0
        for part in self.met.parts:
            flags = entries.flags[done : done + len(part.numbers)]
            done += len(part.numbers)
            lines += part.lines(flags, first, self.options.currency)
        names = {line.customer: line.name for line in lines}
        balance = {self.options.currency: sum(line.debit_cents - line.credit_cents for line in lines)} if lines else {}
        remarks = [*self.met.collective, *entries.remarks(), *mend_pieces(lines)]
        parties = [ThirdParty(customer, name) for customer, name in names.items()]
        return LedgerSnapshot("journal", FORMAT, lines, parties, remarks, count, first, last, balance)


class _Part(NamedTuple):
    """Customer lines column by column, in the order of `LedgerLine`; the journal's role where the kind will be."""

    numbers: list[int]
    customers: list[str]
    names: list[str]
    accounts: list[str]
    journals: list[str]
    entries: list[str]
    entry_on: list[date]
    pieces: list[str]
    document_on: list[date]
    due_on: list[date | None]
    labels: list[str]
    debits: list[int]
    credits: list[int]
    letters: list[str]
    lettered_on: list[date | None]
    roles: list[str]
    foreign: list[str]
    foreign_cents: list[int]
    methods: list[str]

    def lines(self, flags: list[int], first_day: date, currency: str) -> Iterator[LedgerLine]:
        """The lines, now that the accounts of their entries are known.

        An entry of balance-sheet accounts with capital or reserves on the first day is an opening, whatever its
        journal."""
        found = [
            Kind.OPENING
            if flag & kinds.EQUITY and not flag & kinds.RESULT and day == first_day
            else kinds.line_kind(role, flag, debit - credit, label)
            for role, flag, debit, credit, label, day in zip(
                self.roles, flags, self.debits, self.credits, self.labels, self.entry_on, strict=True
            )
        ]
        due_on = [
            due or (due_in_label(label, document_on) if kind is Kind.INVOICE else None)
            for due, label, document_on, kind in zip(self.due_on, self.labels, self.document_on, found, strict=True)
        ]
        before, after = self[:9], self[10:15]
        columns = (*before, due_on, *after, found, repeat(currency), *self[16:])
        return map(LedgerLine, *columns)


class _Cleaned(dict[str, str]):
    """Texts that come back, cleaned once."""

    def __missing__(self, text: str) -> str:
        found = self[text] = clean(text)
        return found


class _Methods(dict[str, str]):
    def __missing__(self, text: str) -> str:
        found = self[text] = kinds.payment_method(text)
        return found


def _new(texts: list[str], known: Container[str]) -> list[str]:
    """The different texts not met before."""
    return [text for text in set(texts) if text not in known]


def clean(text: str) -> str:
    """Trimmed, single spaces, no control characters."""
    if not text.isprintable():
        text = _UNPRINTABLE.sub(" ", text)
    return " ".join(text.split())
