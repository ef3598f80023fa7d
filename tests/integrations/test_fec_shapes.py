"""One small ledger in every shape a FEC comes in: each reads to the same lines."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.files import Refused
from integrations.ledgers import ReadOptions, read, sniff
from rules.ledger import LedgerLine
from tests.integrations import files
from tests.integrations.files import COLUMNS, Line

OPTIONS = ReadOptions(customer_accounts=("411",))


def _with(change: Callable[[Line], Line]) -> list[Line]:
    return [change(dict(line)) for line in files.little()]


def _iso(line: Line) -> Line:
    def dashed(day: str) -> str:
        return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else ""

    return line | {name: dashed(line[name]) for name in ("EcritureDate", "PieceDate", "DateLet", "ValidDate")}


def _slashes(line: Line) -> Line:
    def slashed(day: str) -> str:
        return f"{day[6:]}/{day[4:6]}/{day[:4]}" if day else ""

    return line | {name: slashed(line[name]) for name in ("EcritureDate", "PieceDate", "DateLet", "ValidDate")}


def _dots(line: Line) -> Line:
    return line | {name: line[name].replace(",", ".") for name in ("Debit", "Credit")}


def _padded(line: Line) -> Line:
    return line | {name: line[name].zfill(13) for name in ("Debit", "Credit")}


def _spaced(line: Line) -> Line:
    return {name: f"{text}  " for name, text in line.items()}


def _short(line: Line) -> Line:
    """Empty instead of 0,00; whole numbers; 60,0."""

    def shortened(text: str) -> str:
        if text == "0,00":
            return ""
        return text.removesuffix(",00") if text.endswith(",00") else text.removesuffix("0")

    return line | {name: shortened(line[name]) for name in ("Debit", "Credit")}


def _montant_sens(line: Line) -> Line:
    credit = line["Debit"] == "0,00"
    return line | {"Montant": line["Credit"] if credit else line["Debit"], "Sens": "C" if credit else "D"}


def _plus_minus(line: Line) -> Line:
    return _montant_sens(line) | {"Sens": "-1" if line["Debit"] == "0,00" else "+1"}


SIGNED = [{"Debit": "Montant", "Credit": "Sens"}.get(name, name) for name in COLUMNS]
LONG = [*COLUMNS, "DateRglt", "ModeRglt", "NatOp", "IdClient"]
MISSPELT = [{"EcritureLet": "EcrtureLet", "Montantdevise": "MontantDevise", "Idevise": "IdDevise"}.get(n, n) for n in COLUMNS]


def _renamed(line: Line) -> Line:
    return line | {"EcrtureLet": line["EcritureLet"]}


def _workbook(lines: list[Line]) -> bytes:
    return files.xlsx([COLUMNS, *([line[name] for name in COLUMNS] for line in lines)], before=1)


def _numeric_workbook(lines: list[Line]) -> bytes:
    def cell(line: Line, name: str) -> object:
        if name in ("Debit", "Credit"):
            return float(line[name].replace(",", "."))
        return int(line[name]) if name in ("EcritureDate", "CompteNum", "EcritureNum") else line[name]

    return files.xlsx([COLUMNS, *([cell(line, name) for name in COLUMNS] for line in lines)])


def _extra_columns(lines: list[Line]) -> bytes:
    rows = files.fec(lines).decode().splitlines()
    return "\n".join(f"{row}\t\t" for row in rows).encode()


def _short_header(lines: list[Line]) -> bytes:
    """Lines longer than their header by empty fields."""
    header, *rows = files.fec(lines).decode().splitlines()
    return "\n".join([header, *(f"{row}\t" for row in rows)]).encode() + b"\n"


SHAPES: dict[str, bytes] = {
    "tab, utf-8, LF": files.fec(files.little()),
    "CRLF": files.fec(files.little(), eol="\r\n"),
    "CR": files.fec(files.little(), eol="\r"),
    "no end of line at the end": files.fec(files.little(), end=False),
    "blank lines at the end": files.fec(files.little()) + b"\r\n\r\n",
    "end-of-file mark of DOS": files.fec(files.little()) + b"\x1a",
    "BOM": files.fec(files.little(), encoding="utf-8-sig"),
    "UTF-16": files.fec(files.little(), encoding="utf-16"),
    "CP1252": files.fec(files.little(), encoding="cp1252"),
    "pipe": files.fec(files.little(), separator="|"),
    "semicolon": files.fec(files.little(), separator=";"),
    "comma, quoted": files.fec(files.little(), separator=",", quote=True),
    "quoted": files.fec(files.little(), quote=True),
    "ISO dates": files.fec(_with(_iso)),
    "JJ/MM/AAAA": files.fec(_with(_slashes)),
    "decimal points": files.fec(_with(_dots)),
    "ISO dates and points": files.fec([_dots(line) for line in _with(_iso)]),
    "padded with zeros": files.fec(_with(_padded)),
    "padded with spaces": files.fec(_with(_spaced)),
    "empty amounts, integers, 60,0": files.fec(_with(_short)),
    "Montant and Sens": files.fec(_with(_montant_sens), columns=SIGNED),
    "Montant and +1/-1": files.fec(_with(_plus_minus), columns=SIGNED),
    "22 columns": files.fec(files.little(), columns=LONG),
    "spelt otherwise": files.fec(_with(_renamed), columns=MISSPELT),
    "header in capitals": files.fec(files.little()).replace(b"JournalCode", b"JOURNALCODE").replace(b"Debit", b"DEBIT"),
    "two empty columns more": _extra_columns(files.little()),
    "an empty field more than the header": _short_header(files.little()),
    "workbook of texts": _workbook(files.little()),
    "workbook of numbers": _numeric_workbook(files.little()),
}


def _told(lines: list[LedgerLine]) -> list[tuple[object, ...]]:
    """What must be the same in every shape; workbooks lose nothing of it."""
    return [
        (
            line.customer,
            line.name,
            line.account,
            line.journal,
            line.entry,
            line.entry_on,
            line.piece,
            line.document_on,
            line.due_on,
            line.amount_cents,
            line.letter,
            line.lettered_on,
            line.kind,
        )
        for line in lines
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_reads_to_the_same_lines(shape: str) -> None:
    expected = read(SHAPES["tab, utf-8, LF"], "a.txt", OPTIONS)
    assert len(expected.lines) == 6
    found = read(SHAPES[shape], "whatever.bin", OPTIONS)
    assert _told(found.lines) == _told(expected.lines)
    assert (found.starts_on, found.ends_on) == (expected.starts_on, expected.ends_on)
    assert found.balance_cents == expected.balance_cents == {"EUR": 45090}
    assert found.lines_read == 14


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_recognised_by_its_content(shape: str) -> None:
    found = sniff(SHAPES[shape], "comptes.pdf")
    assert (found.format, found.kind, found.certain) == ("fec", "journal", True)


def test_latin_9_has_its_own_letters() -> None:
    found = read(files.fec(files.little(), encoding="cp1252").replace(b"\x92", b"'"), "a", OPTIONS)
    assert {line.name for line in found.lines} >= {"Boulangerie Éloïse"}
    latin = files.fec(files.little()).decode().replace("’", "'").encode("iso-8859-15")
    assert {line.name for line in read(latin, "a", OPTIONS).lines} >= {"Hôtel de l'Œuvre"}


def test_a_pipe_inside_a_label_stays_in_the_label() -> None:
    lines = files.little()
    lines[4]["EcritureLib"] = "Vente | chantier | Lyon"
    found = read(files.fec(lines, separator="|"), "a", OPTIONS)
    assert [line.label for line in found.lines][2] == "Vente | chantier | Lyon"
    assert found.balance_cents == {"EUR": 45090}


def test_quotes_may_hold_separators_and_line_ends_or_be_only_quotes() -> None:
    lines = files.little()
    lines[2]["EcritureLib"] = '"Vente\tà ""crédit"""'
    lines[4]["EcritureLib"] = 'Ecran 24" HP'
    lines[6]["EcritureLib"] = '"deux\nlignes"'
    found = read(files.fec(lines), "a", OPTIONS)
    assert [line.label for line in found.lines][1:3] == ['Vente à "crédit"', 'Ecran 24" HP']
    assert found.lines[-1].line == 14  # physical lines are still counted
    assert found.balance_cents == {"EUR": 45090}


def test_line_numbers_are_those_of_the_file() -> None:
    assert [line.line for line in read(SHAPES["tab, utf-8, LF"], "a", OPTIONS).lines] == [2, 4, 6, 9, 11, 13]


def test_a_long_ledger_is_read_over_many_blocks() -> None:
    lines = [line for number in range(6_000) for line in files.sale(str(number + 1), "20250110", "C001", "10,01", f"F{number}")]
    data = files.fec(lines)
    assert len(data) > 1_000_000
    found = read(data, "a", OPTIONS)
    assert len(found.lines) == 6_000
    assert [line.line for line in found.lines] == list(range(2, 12_002, 2))
    assert found.balance_cents == {"EUR": 6_006_000}
    assert {line.kind for line in found.lines} == {"invoice"}
    broken = data.replace(b"F5999\t20250110\tF5999\t10,01", b"F5999\t20250110\tF5999\t10,0x")
    with pytest.raises(Refused) as refused:
        read(broken, "a", OPTIONS)
    assert refused.value.params["line"] == 12_000
