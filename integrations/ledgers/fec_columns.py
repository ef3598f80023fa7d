"""The header of a FEC (article A47 A-1 LPF): which column is which, whatever the separator, case or spelling."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from integrations.files import Refused
from integrations.ledgers import text
from integrations.ledgers.workbook import Workbook

COLUMNS = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)
OPTIONAL = ("DateLet", "ValidDate", "Montantdevise", "Idevise")
EXTRA = ("Montant", "Sens", "DateRglt", "ModeRglt", "NatOp", "IdClient", "DateEcheance")
SEPARATORS = ("\t", "|", ";", ",")

_SPELLINGS = {
    **{name.lower(): name for name in (*COLUMNS, *EXTRA)},
    "ecrturelet": "EcritureLet",
    "ecritureletr": "EcritureLet",
    "datelettrage": "DateLet",
    "montantdev": "Montantdevise",
    "iddevise": "Idevise",
    "devise": "Idevise",
    "comptauxnum": "CompAuxNum",
    "comptauxlib": "CompAuxLib",
    "echeance": "DateEcheance",
}
_ENOUGH = 10  # of the eighteen names: less is some other journal, for the spreadsheet reader


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of one FEC are. `separator` and `encoding` are "" in a workbook."""

    at: dict[str, int]
    header: tuple[str, ...]
    line: int  # of the header, from 1
    separator: str = ""
    encoding: str = ""
    sheet: str = ""

    @property
    def named(self) -> int:
        """Fields a line must have: up to the last column with a name."""
        return max(self.at.values()) + 1

    @property
    def missing(self) -> tuple[str, ...]:
        """Columns the law asks for and the readers need, absent from the header."""
        absent = [name for name in COLUMNS if name not in self.at and name not in OPTIONAL]
        if "Montant" in self.at and "Sens" in self.at:
            absent = [name for name in absent if name not in ("Debit", "Credit")]
        return tuple(absent)


def find_layout(source: bytes | Workbook) -> Layout | None:
    """The layout of a FEC, text or workbook; None when it is something else."""
    return _workbook_layout(source) if isinstance(source, Workbook) else _text_layout(source[:65_536])


def require(layout: Layout) -> None:
    """Refuses a header that lacks a column whose absence would change who owes what."""
    if layout.missing:
        raise Refused("column_missing", line=layout.line, column=layout.missing[0], value=", ".join(layout.missing))


def _text_layout(start: bytes) -> Layout | None:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        decoded = start[: len(start) // 2 * 2].decode("utf-16", errors="replace")
    else:
        decoded = start.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    for number, line in enumerate(re.split(r"\r\n|\n|\r", decoded), 1):
        if not line.strip():
            continue
        for separator in SEPARATORS:
            cells = next(csv.reader([line], delimiter=separator), [])
            if at := _places(cells):
                return Layout(at, tuple(cells), number, separator)
        return None
    return None


def _workbook_layout(book: Workbook) -> Layout | None:
    for sheet in book.sheets:
        for number, row in enumerate(book.rows(sheet)[:10], 1):
            cells = [str(cell) for cell in row]
            if at := _places(cells):
                return Layout(at, tuple(cells), number, sheet=sheet)
    return None


def _places(cells: list[str]) -> dict[str, int]:
    """Column by name; the official spelling wins over another one, the first of two equals over the second."""
    official: dict[str, int] = {}
    spelt: dict[str, int] = {}
    for index, cell in enumerate(cells):
        letters = re.sub(r"[^a-z]", "", cell.lower().replace("é", "e").replace("\xc3\xa9", "e"))
        name = _SPELLINGS.get(letters)
        if name is not None:
            (official if letters == name.lower() else spelt).setdefault(name, index)
    at = spelt | official
    known = sum(name in at for name in COLUMNS) + ("Montant" in at) + ("Sens" in at)
    return at if known >= _ENOUGH and "EcritureNum" in at else {}


def encoding_of(data: bytes) -> tuple[bytes, str]:
    """The FEC's text without BOM or end-of-file mark, and its encoding."""
    unwrapped, encoding = text.unwrap(data)
    return unwrapped.rstrip(b"\x1a"), encoding
