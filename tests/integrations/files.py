"""Small files made for the tests of the readers: FEC in every shape, CSV, XLSX and ODS."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from xml.sax.saxutils import escape

import xlsxwriter

COLUMNS = [
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
]

JOURNALS = {"AN": "A nouveaux", "VE": "Ventes", "BQ": "Banque", "OD": "Opérations diverses", "AC": "Achats"}
ACCOUNTS = {
    "101000": "Capital",
    "401000": "Fournisseurs",
    "411000": "Clients",
    "445710": "TVA collectée",
    "512000": "Banque",
    "606000": "Achats",
    "654000": "Pertes",
    "706000": "Prestations",
}
NAMES = {"C001": "Boulangerie Éloïse", "C002": "Garage Dupré & Fils", "C003": "Hôtel de l’Œuvre"}

Line = dict[str, str]


def line(
    journal: str,
    entry: str,
    day: str,
    account: str,
    amount: str,
    *,
    aux: str = "",
    piece: str = "",
    label: str = "",
    **more: str,
) -> Line:
    """One FEC line by column; `amount` is "12,00" in debit or "-12,00" in credit."""
    made = dict.fromkeys(COLUMNS, "")
    made |= {
        "JournalCode": journal,
        "JournalLib": JOURNALS.get(journal, journal),
        "EcritureNum": entry,
        "EcritureDate": day,
        "CompteNum": account,
        "CompteLib": ACCOUNTS.get(account, account),
        "CompAuxNum": aux,
        "CompAuxLib": NAMES.get(aux, aux),
        "PieceRef": piece,
        "PieceDate": day,
        "EcritureLib": label or piece,
        "Debit": "0,00" if amount.startswith("-") else amount,
        "Credit": amount[1:] if amount.startswith("-") else "0,00",
        "ValidDate": day,
    }
    return made | more


def sale(entry: str, day: str, aux: str, amount: str, piece: str, **more: str) -> list[Line]:
    """An invoice: customer and sales account."""
    return [
        line("VE", entry, day, "411000", amount, aux=aux, piece=piece, **more),
        line("VE", entry, day, "706000", f"-{amount}", piece=piece),
    ]


def payment(entry: str, day: str, aux: str, amount: str, piece: str, **more: str) -> list[Line]:
    """Money in: bank and customer."""
    return [
        line("BQ", entry, day, "512000", amount, piece=piece),
        line("BQ", entry, day, "411000", f"-{amount}", aux=aux, piece=piece, **more),
    ]


def little() -> list[Line]:
    """A small ledger: three customers, an opening, a lettered pair, a part payment, a credit note, a purchase."""
    return [
        line("AN", "1", "20250101", "411000", "250,40", aux="C003", piece="RAN"),
        line("AN", "1", "20250101", "101000", "-250,40", piece="RAN"),
        *sale("1", "20250110", "C001", "1200,00", "F2501", EcritureLet="A", DateLet="20250212"),
        *sale("2", "20250115", "C002", "360,50", "F2502", label="Facture F2502 ECH 15/03/2025"),
        *payment("1", "20250212", "C001", "1200,00", "VIR 12/02", EcritureLet="A", DateLet="20250212"),
        *payment("2", "20250220", "C002", "100,00", "CHQ 778"),
        line("VE", "3", "20250301", "706000", "60,00", piece="AV2501"),
        line("VE", "3", "20250301", "411000", "-60,00", aux="C002", piece="AV2501"),
        line("AC", "1", "20250305", "606000", "80,00", piece="A1"),
        line("AC", "1", "20250305", "401000", "-80,00", piece="A1"),
    ]


def fec(
    lines: Iterable[Line],
    *,
    separator: str = "\t",
    encoding: str = "utf-8",
    eol: str = "\n",
    columns: Sequence[str] = COLUMNS,
    quote: bool = False,
    end: bool = True,
) -> bytes:
    """A FEC as text."""
    rows = [list(columns), *([made.get(name, "") for name in columns] for made in lines)]
    if quote:
        rows = [['"' + cell.replace('"', '""') + '"' for cell in row] for row in rows]
    return (eol.join(separator.join(row) for row in rows) + (eol if end else "")).encode(encoding)


def csv_file(rows: Iterable[Sequence[object]], delimiter: str = ";", encoding: str = "utf-8-sig") -> bytes:
    """A CSV file; cells with the delimiter are quoted."""
    text = "\r\n".join(delimiter.join(f'"{cell}"' if delimiter in str(cell) else str(cell) for cell in row) for row in rows)
    return (text + "\r\n").encode(encoding)


def xlsx(rows: Iterable[Sequence[object]], sheet: str = "Feuil1", before: int = 0) -> bytes:
    """A workbook: numbers as numbers, dates as Excel's serial numbers with a date format; `before` = other sheets."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        as_date = book.add_format({"num_format": "dd/mm/yyyy"})
        for number in range(before):
            book.add_worksheet(f"Notes {number}").write_string(0, 0, "rien")
        page = book.add_worksheet(sheet)
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    page.write_datetime(at, column, cell, as_date)  # type: ignore[arg-type]
                elif isinstance(cell, int | float):
                    page.write_number(at, column, cell)
                elif cell != "":
                    page.write_string(at, column, str(cell))
    return made.getvalue()


def ods(rows: Iterable[Sequence[object]]) -> bytes:
    """An OpenDocument spreadsheet with one sheet."""
    cells = []
    for row in rows:
        made = []
        for cell in row:
            if isinstance(cell, date):
                made.append(f'<table:table-cell office:value-type="date" office:date-value="{cell.isoformat()}"/>')
            elif isinstance(cell, int | float):
                made.append(f'<table:table-cell office:value-type="float" office:value="{cell}"/>')
            else:
                made.append(
                    f'<table:table-cell office:value-type="string"><text:p>{escape(str(cell))}</text:p></table:table-cell>'
                )
        cells.append(f"<table:table-row>{''.join(made)}</table:table-row>")
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
        '<office:body><office:spreadsheet><table:table table:name="Feuille1">'
        f"{''.join(cells)}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    made_file = io.BytesIO()
    with zipfile.ZipFile(made_file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return made_file.getvalue()
