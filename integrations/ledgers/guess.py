"""What a spreadsheet seems to be: header row, which column is what, decimal sign, order of dates, program."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from integrations.files import Refused
from integrations.ledgers.columns import AMOUNTS, BUCKETS, DATES, PARTY, REQUIRED, candidates, known_word, normalise
from integrations.ledgers.dates import date_of_cell, date_order, parse_date, plain
from integrations.ledgers.tables import Table, cell_text, filled
from integrations.ledgers.values import IGNORED, RECOGNISED, TO_CHECK, ColumnGuess, Mapping, Sniffed
from rules.errors import DomainError
from rules.money import parse_cents

LOOK_FOR_HEADER, SAMPLE = 60, 2_000
SURE = 95  # penalties below are exact names

_DATE_IN_TEXT = re.compile(
    r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[12][0-9])?[0-9]{2}"
    r"|[0-9]{1,2}(?:er)? [^\W\d_]{3,10}\.? [12][0-9]{3}|[^\W\d_]{3,10}\.? [0-9]{1,2},? [12][0-9]{3}"
)
_CURRENCIES = ("eur", "usd", "gbp", "chf", "cad", "pln", "sek", "dkk", "nok", "mad", "tnd", "xof")
SECTION_TITLES = re.compile(r"current|not due|non echu|[0-9]+ ?(-|a|to) ?[0-9]+|over|older|plus de|jours|days", re.ASCII)
TOTAL = re.compile(
    r"(sous[- ]?)?tota(l|ux)\b|subtotaa?l|totaal|summe|gesamt|zwischensumme|report\b|a reporter|percentage|grand total"
    r"|solde (total|general)|cumul"
)


@dataclass(frozen=True, slots=True)
class Program:
    """An export known by its header: names that must be there, and what they mean."""

    name: str
    kind: str
    headers: frozenset[str]  # normalised
    fields: dict[str, str] = field(default_factory=dict)  # normalised header → field, "" = ignore
    first_column: str = ""  # field of the first column when it has no header
    last: bool = False  # a name that comes twice means its last column


PROGRAMS = (
    Program(
        "WinBooks · balance courante clients",
        "open_items",
        frozenset(("reference ref", "nom name", "report", "solde balance n")),
        {"reference ref": "customer", "nom name": "name", "report": "", "solde balance n": "open_amount"},
    ),
    Program(
        "WinBooks · balance périodique générale",
        "open_items",
        frozenset(("reference ref", "nom name", "rep ext ant amount")),
        {
            "reference ref": "account",
            "nom name": "name",
            "rep ext ant amount": "",
            "debit deb n": "",
            "debit deb1n": "",
            "credit cred n": "",
            "credit cre1n": "",
            "solde solde1n": "open_amount",
            "solde balance n": "",
        },
    ),
    Program(
        "QuickBooks · A/R Aging Detail",
        "open_items",
        frozenset(("num", "date", "due date", "open balance")),
        {"num": "piece", "amount": "amount", "open balance": "open_amount", "customer": "name", "name": "name"},
    ),
    Program(
        "QuickBooks · A/R Aging Summary",
        "open_items",
        frozenset(("current", "1 30", "31 60", "61 90", "91 and over", "total")),
        {"total": ""},
        first_column="name",
    ),
    Program(
        "Xero · Aged Receivables Summary",
        "open_items",
        frozenset(("contact", "current", "lt 1 month", "1 month", "2 months", "3 months", "older")),
        {"contact": "name", "total": ""},
    ),
    Program(
        "MyUnisoft · écritures",
        "journal",
        frozenset(("journal code", "ecriture date", "compte num", "ecriture lib", "piece 1", "piece 2")),
        {
            "piece 1": "piece",
            "piece 2": "entry",
            "libelle compte": "",
            "debit": "debit",
            "credit": "credit",
            "date echeance": "due_on",
            "ecriture date": "entry_on",
        },
    ),
)


def sniff_tables(tables: list[Table]) -> Sniffed:
    """The best table of a file and what it seems to be; `Refused` when none has anything like a header."""
    best: tuple[float, Table, int] | None = None
    for table in tables:
        score, place = find_header(table)
        if place >= 0 and (best is None or score > best[0]):
            best = score, table, place
    if best is None:
        raise Refused("not_recognised", line=1)
    return describe(best[1], best[2])


def find_header(table: Table) -> tuple[float, int]:
    """The row most like a header and its score: exact names count, then texts over data; place −1 when none."""
    best, place = 0.0, -1
    for index, row in enumerate(table.rows[:LOOK_FOR_HEADER]):
        cells = [row[at] for at in filled(row)]
        texts = [cell for cell in cells if isinstance(cell, str) and re.search(r"[^\W\d_]", cell)]
        if len(cells) < 2 or len(texts) * 10 < len(cells) * 6:
            continue
        known = len({candidates(text)[0][1] for text in texts if known_word(text)})
        score = known + (0.3 if len(table.rows) > index + 1 else 0.0)
        if known >= 2 and score > best:
            best, place = score, index
    if place >= 0:
        return best, place
    for index, row in enumerate(table.rows[:LOOK_FOR_HEADER]):
        if len(filled(row)) >= 3 and all(isinstance(row[at], str) for at in filled(row)):
            return 0.1, index
    return 0.0, -1


def shape_of(headers: Iterable[str]) -> str:
    """The fingerprint of a header: the same for every file of one export."""
    spoken = [normalise(header) for header in headers]
    while spoken and not spoken[-1]:
        spoken.pop()
    return hashlib.sha256("\x1f".join(spoken).encode()).hexdigest()[:24]


def describe(table: Table, place: int) -> Sniffed:
    """Everything the header and the rows under it say."""
    headers = [cell_text(cell) for cell in table.rows[place]]
    below = [row for row in table.rows[place + 1 : place + 1 + SAMPLE] if filled(row)]
    program = next((known for known in PROGRAMS if known.headers <= {normalise(header) for header in headers}), None)
    samples = [_samples(below, index) for index in range(len(headers))]
    chosen = choose(headers, samples, program)
    if _running_balance(chosen, below):
        chosen.pop("open_amount", None)
    sections = not {"customer", "name"} & chosen.keys() and _has_sections(below)
    kind = program.kind if program else kind_of({*chosen, "name"} if sections else chosen)
    decimal, decimal_sure = guess_decimal(_texts(below, chosen, AMOUNTS), table.delimiter)
    order = date_order(_texts(table.rows[place + 1 :], chosen, DATES))
    order_sure = bool(order) or not _texts(below, chosen, DATES)
    titles = [cell for row in table.rows[:place] for cell in row if cell]
    mapping = Mapping(
        kind or "open_items",  # what is asked when nothing tells
        {name: index for name, (index, _) in chosen.items()},
        sheet=table.sheet,
        header_row=table.numbers[place],
        delimiter=table.delimiter,
        encoding=table.encoding,
        decimal=decimal,
        date_order=order if order in ("mdy", "dmy") else "dmy",
        currency=_currency(headers, chosen),
        sections=sections,
        program=program.name if program else "",
        as_of=_as_of(titles, order),
    )
    columns = _guesses(headers, samples, chosen, set() if decimal_sure else set(AMOUNTS), set() if order_sure else set(DATES))
    missing = missing_fields(mapping)
    return Sniffed(
        "spreadsheet",
        kind,
        program=mapping.program,
        shape=shape_of(headers),
        encoding=table.encoding,
        delimiter=table.delimiter,
        sheets=table.sheets,
        mapping=mapping,
        columns=columns,
        missing=missing,
        first_rows=tuple(tuple(cell_text(cell) for cell in row) for row in table.rows[place : place + 12] if filled(row)),
        certain=bool(kind) and not missing and not any(column.confidence == TO_CHECK for column in columns),
    )


def missing_fields(mapping: Mapping) -> tuple[str, ...]:
    """The first field of each group that a mapping of its kind must have and has not."""
    have = set(mapping.columns) | ({"name"} if mapping.sections else set())
    if mapping.kind not in REQUIRED:
        return ("kind",)
    return tuple(group[0] for group in REQUIRED[mapping.kind] if not have & set(group))


def choose(headers: list[str], samples: list[list[object]], program: Program | None = None) -> dict[str, tuple[int, int]]:
    """field → (column, penalty): each field at most once, the surest first; cells must look like the field."""
    ranked: list[tuple[int, int, str]] = []
    for index, header in enumerate(headers):
        spoken = normalise(header)
        if program and spoken in program.fields:
            if program.fields[spoken]:
                ranked.append((-1, index, program.fields[spoken]))
            continue
        if program and program.first_column and not spoken and index == 0:
            ranked.append((-1, index, program.first_column))
        ranked += [(penalty, index, name) for penalty, name in candidates(header)]
    chosen: dict[str, tuple[int, int]] = {}
    taken: set[int] = set()
    for penalty, index, name in sorted(ranked):
        if name in chosen or index in taken or not (penalty < 0 or looks_like(name, samples[index])):
            continue
        if penalty >= SURE and not _wanted(name, chosen):
            continue
        chosen[name] = index, penalty
        taken.add(index)
    chosen.pop("account_name", None)  # only known so that it is not taken for the customer's
    buckets = [name for name in chosen if name in BUCKETS]
    if len(buckets) == 1:
        del chosen[buckets[0]]
    elif buckets:
        for name in ("amount", "open_amount"):
            chosen.pop(name, None)
    return chosen


def kind_of(chosen: Iterable[str]) -> str:
    """Journal, open items or third parties, by the fields found; "" when they make none of them."""
    have = set(chosen)
    money = have & {"debit", "credit", "amount", "open_amount", *BUCKETS}
    dated = have & {"entry_on", "document_on"}
    both = {"debit", "credit"} <= have or {"amount", "side"} <= have
    if dated and both and have & {"account", "journal", "letter"} and not have & {"open_amount", *BUCKETS}:
        return "journal"
    if money and have & {"customer", "name", "account"}:
        return "open_items"
    return "third_parties" if have & {"customer", "name"} and have & set(PARTY) else ""


def looks_like(name: str, cells: list[object]) -> bool:
    """Whether four of five cells can be what the field needs; an empty column can be anything."""
    if not cells or (name not in DATES and name not in AMOUNTS):
        return True
    fits = sum(_is_date(cell) if name in DATES else _is_amount(cell) for cell in cells)
    return fits * 5 >= len(cells) * 4


def guess_decimal(texts: list[str], delimiter: str) -> tuple[str, bool]:
    """The decimal sign of a file's amounts and whether it is proven; unproven, a comma except in comma files."""
    proven: set[str] = set()
    doubtful = False
    for text in texts:
        body = re.sub(r"[^0-9.,]", "", text)
        signs = [char for char in body if char in ".,"]
        if len(set(signs)) == 2:
            proven.add(signs[-1])
        elif len(signs) == 1:
            after = body.rpartition(signs[0])[2]
            if len(after) == 3 and len(body) <= 7:
                doubtful = True
            else:
                proven.add(signs[0])
        elif len(signs) > 1:
            proven.add("," if signs[0] == "." else ".")
    if len(proven) == 1:
        return proven.pop(), True
    return ("." if delimiter == "," else ","), not proven and not doubtful


def _wanted(name: str, chosen: dict[str, tuple[int, int]]) -> bool:
    """A field only hinted at is taken when its question has no sure answer yet."""
    groups = (
        {"customer", "name", "account"},
        {"amount", "open_amount", "debit", "credit", *BUCKETS},
        {"document_on", "entry_on"},
    )
    for group in groups:
        if name in group and group & chosen.keys():
            # The other half of a pair is still welcome.
            return (name == "customer" and "name" in chosen) or (name, *chosen) == ("name", "customer")
    return name not in BUCKETS


def _guesses(
    headers: list[str],
    samples: list[list[object]],
    chosen: dict[str, tuple[int, int]],
    *doubtful: set[str],
) -> tuple[ColumnGuess, ...]:
    by_column = {index: (name, penalty) for name, (index, penalty) in chosen.items()}
    found = []
    for index, header in enumerate(headers):
        examples = tuple(cell_text(cell) for cell in samples[index][:3])
        if index not in by_column:
            found.append(ColumnGuess(index, header, "", IGNORED, examples))
            continue
        name, penalty = by_column[index]
        sure = penalty < SURE and not any(name in names for names in doubtful)
        found.append(ColumnGuess(index, header, name, RECOGNISED if sure else TO_CHECK, examples))
    return tuple(found)


def _samples(rows: list[list[object]], index: int) -> list[object]:
    """Cells under a header, without those of a header that comes again."""
    cells = [row[index] for row in rows[:300] if index < len(row) and str(row[index]).strip()]
    return [cell for cell in cells if not (isinstance(cell, str) and known_word(cell))]


def _texts(rows: list[list[object]], chosen: dict[str, tuple[int, int]], names: Iterable[str]) -> list[str]:
    """The cells of some fields that are text, dates and amounts in numbers left out."""
    indexes = [chosen[name][0] for name in names if name in chosen]
    found = []
    for row in rows:
        for index in indexes:
            if index < len(row) and isinstance(row[index], str) and re.search(r"[0-9]", str(row[index])):
                found.append(str(row[index]))
    return found


def _is_date(cell: object) -> bool:
    for order in ("dmy", "mdy"):
        try:
            date_of_cell(cell, order)
        except ValueError:
            continue
        return True
    return False


def _is_amount(cell: object) -> bool:
    if isinstance(cell, bool | date | datetime):
        return False
    if isinstance(cell, int | float):
        return True
    text = str(cell).strip()
    for decimal in (",", "."):
        try:
            parse_cents(text, decimal)
        except DomainError:
            continue
        return True
    return text in ("-", "–", "—")


def _running_balance(chosen: dict[str, tuple[int, int]], rows: list[list[object]]) -> bool:
    """Whether the balance column only adds up debits and credits line by line: then nothing is open in it."""
    if not {"debit", "credit", "open_amount"} <= chosen.keys() or not {"document_on", "entry_on"} & chosen.keys():
        return False
    own = running = 0
    before: int | None = None
    for row in rows[:300]:
        try:
            debit, credit, balance = (_loose_cents(row[chosen[name][0]]) for name in ("debit", "credit", "open_amount"))
        except (DomainError, IndexError):
            continue
        own += balance == debit - credit
        running += before is not None and balance - before == debit - credit
        before = balance
    return running > own


def _loose_cents(cell: object) -> int:
    if isinstance(cell, int | float):
        return round(float(cell) * 100)
    text = str(cell)
    return parse_cents(text, "," if text.rfind(",") > text.rfind(".") else ".")


def _currency(headers: list[str], chosen: dict[str, tuple[int, int]]) -> str:
    if "currency" in chosen:
        return ""
    for name in AMOUNTS:
        if name in chosen:
            for word in normalise(headers[chosen[name][0]]).split():
                if word in _CURRENCIES:
                    return word.upper()
    return ""


def _has_sections(rows: list[list[object]]) -> bool:
    """Whether rows of one text alone stand between the others, as customers' names do in grouped reports."""
    alone = [row for row in rows if len(filled(row)) == 1 and isinstance(row[filled(row)[0]], str)]
    titles = [row for row in alone if not SECTION_TITLES.search(plain(cell_text(row[filled(row)[0]])))]
    return len(titles) > 0 and len(titles) < len(rows)


def _as_of(titles: list[object], order: str) -> date | None:
    """The day in the title rows ("As of 31 December 2025", "Arrêté au 31/12/2025"): the last date found."""
    found = None
    for cell in titles:
        if isinstance(cell, datetime | date):
            found = cell.date() if isinstance(cell, datetime) else cell
            continue
        for text in _DATE_IN_TEXT.findall(str(cell)):
            try:
                found = parse_date(text, "mdy" if order == "mdy" else "dmy")
            except ValueError:
                continue
    return found
