"""What a spreadsheet is taken for: header row, columns in four languages, delimiter, decimal sign, dates, kind."""

from __future__ import annotations

from datetime import date

import pytest

from integrations.files import Refused
from integrations.ledgers import Mapping, Sniffed, sniff
from integrations.ledgers.columns import FIELDS, NAMES, normalise
from integrations.ledgers.guess import guess_decimal, shape_of
from tests.integrations.files import csv_file, ods, xlsx

FRENCH = [
    ["Code client", "Raison sociale", "N° facture", "Date facture", "Échéance", "Montant TTC", "Reste dû"],
    ["C001", "Boulangerie Éloïse", "F2501", "13/01/2026", "12/02/2026", "1 200,00", "1 200,00"],
    ["C002", "Garage Dupré", "F2502", "15/01/2026", "14/02/2026", "360,50", "60,50"],
]


def _columns(found: Sniffed) -> dict[str, str]:
    return {column.header: column.field for column in found.columns if column.field}


def test_a_french_list_is_understood_without_questions() -> None:
    found = sniff(csv_file(FRENCH), "echeancier.csv")
    assert (found.format, found.kind, found.certain, found.missing) == ("spreadsheet", "open_items", True, ())
    assert (found.delimiter, found.encoding) == (";", "utf-8-sig")
    assert _columns(found) == {
        "Code client": "customer",
        "Raison sociale": "name",
        "N° facture": "piece",
        "Date facture": "document_on",
        "Échéance": "due_on",
        "Montant TTC": "amount",
        "Reste dû": "open_amount",
    }
    assert found.mapping is not None
    assert (found.mapping.decimal, found.mapping.date_order, found.mapping.header_row) == (",", "dmy", 1)
    assert found.columns[0].samples == ("C001", "C002")
    assert found.first_rows[1][1] == "Boulangerie Éloïse"


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (
            ["Klantnummer", "Klant", "Factuurnummer", "Factuurdatum", "Vervaldatum", "Bedrag", "Openstaand"],
            ["customer", "name", "piece", "document_on", "due_on", "amount", "open_amount"],
        ),
        (
            ["Customer No", "Customer Name", "Invoice Number", "Invoice Date", "Due Date", "Amount", "Balance Due"],
            ["customer", "name", "piece", "document_on", "due_on", "amount", "open_amount"],
        ),
        (
            ["Kundennummer", "Kunde", "Rechnungsnummer", "Rechnungsdatum", "Fällig am", "Betrag", "Offener Betrag"],
            ["customer", "name", "piece", "document_on", "due_on", "amount", "open_amount"],
        ),
        (
            ["N° client", "Client", "Pièce", "Date", "Date d'échéance", "Débit", "Crédit"],
            ["customer", "name", "piece", "document_on", "due_on", "debit", "credit"],
        ),
        (
            ["Compte tiers", "Intitulé", "Facture", "Date pièce", "Date échéance", "Montant", "Sens"],
            ["customer", "name", "piece", "document_on", "due_on", "amount", "side"],
        ),
    ],
)
def test_headers_in_four_languages(header: list[str], fields: list[str]) -> None:
    row: list[object] = ["C1", "Dupré", "F1", "13/01/2026", "12/02/2026", "1 200,00", "1 200,00"]
    row[6] = "D" if fields[6] == "side" else row[6]
    found = sniff(csv_file([header, row]), "x")
    assert [column.field for column in found.columns] == fields
    assert found.kind == "open_items"
    assert found.certain


def test_client_alone_is_a_name_beside_a_code_and_a_code_beside_a_name() -> None:
    row = ["a", "b", "13/01/2026", "10,00"]
    assert _columns(sniff(csv_file([["Code tiers", "Client", "Date", "Montant"], row]), "x"))["Client"] == "name"
    assert _columns(sniff(csv_file([["Client", "Nom", "Date", "Montant"], row]), "x")) == {
        "Client": "customer",
        "Nom": "name",
        "Date": "document_on",
        "Montant": "amount",
    }


def test_title_rows_are_passed_and_give_the_day() -> None:
    rows = [["Ma Société SARL"], ["Échéancier clients arrêté au 30/11/2026"], [], *FRENCH]
    found = sniff(csv_file(rows), "x")
    assert found.mapping is not None
    assert (found.mapping.header_row, found.mapping.as_of) == (4, date(2026, 11, 30))
    assert found.certain


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "cp850"])
def test_delimiters_and_encodings(delimiter: str, encoding: str) -> None:
    found = sniff(csv_file(FRENCH, delimiter, encoding), "x")
    assert found.delimiter == delimiter
    assert found.first_rows[1][1] == "Boulangerie Éloïse"
    assert found.certain


def test_excel_says_its_separator() -> None:
    found = sniff(b"sep=;\r\n" + csv_file(FRENCH, encoding="cp1252"), "x")
    assert found.mapping is not None
    assert (found.delimiter, found.mapping.header_row, found.certain) == (";", 2, True)


def test_workbooks_of_any_kind() -> None:
    rows: list[list[object]] = [
        list(FRENCH[0]),
        ["C001", "Boulangerie Éloïse", "F2501", date(2026, 1, 3), date(2026, 2, 2), 1200.0, 1200.0],
    ]
    for data in (xlsx(rows, "Clients", before=2), ods(rows)):
        found = sniff(data, "x")
        assert found.certain
        assert found.mapping is not None
        assert len(found.mapping.columns) == 7
    assert sniff(xlsx(rows, "Clients", before=2), "x").sheets == ("Notes 0", "Notes 1", "Clients")
    assert sniff(xlsx(rows, "Clients", before=2), "x").mapping.sheet == "Clients"  # type: ignore[union-attr]


def test_dates_that_can_be_read_two_ways_are_to_be_checked() -> None:
    rows = [FRENCH[0], ["C1", "Dupré", "F1", "03/01/2026", "04/02/2026", "10,00", "10,00"]]
    found = sniff(csv_file(rows), "x")
    assert not found.certain
    assert {column.field for column in found.columns if column.confidence == "to_check"} == {"document_on", "due_on"}
    us = sniff(csv_file([FRENCH[0], ["C1", "D", "F1", "01/13/2026", "02/04/2026", "10,00", "10,00"]]), "x")
    assert us.mapping is not None
    assert (us.mapping.date_order, us.certain) == ("mdy", True)


def test_amounts_that_can_be_read_two_ways_are_to_be_checked() -> None:
    found = sniff(csv_file([FRENCH[0], ["C1", "Dupré", "F1", "13/01/2026", "13/02/2026", "1.234", "1.234"]]), "x")
    assert {column.field for column in found.columns if column.confidence == "to_check"} == {"amount", "open_amount"}


@pytest.mark.parametrize(
    ("texts", "delimiter", "expected"),
    [
        (["12,50", "1 200,00"], ";", (",", True)),
        (["1,234.50", "12"], ",", (".", True)),
        (["1,234", "12.5"], ",", (".", True)),
        (["1.234.567"], ";", (",", True)),
        (["1,234"], ";", (",", False)),
        (["12,50", "12.50"], ";", (",", False)),
        (["12", "13"], ";", (",", True)),
        (["12", "13"], ",", (".", True)),
    ],
)
def test_the_decimal_sign_of_a_file(texts: list[str], delimiter: str, expected: tuple[str, bool]) -> None:
    assert guess_decimal(texts, delimiter) == expected


def test_a_column_that_does_not_look_like_its_name_is_left_out() -> None:
    rows = [["Client", "Facture", "Date", "Montant", "Solde"], ["Dupré", "F1", "13/01/2026", "10,00", "voir compta"]]
    found = sniff(csv_file(rows), "x")
    assert found.columns[4].confidence == "ignored"


def test_only_hints_ask_to_be_checked() -> None:
    rows = [["Mon client préféré", "Le montant dû", "Jour"], ["Dupré", "10,00", "13/01/2026"]]
    found = sniff(csv_file(rows), "x")
    assert not found.certain
    assert [(column.field, column.confidence) for column in found.columns] == [
        ("name", "to_check"),
        ("amount", "to_check"),
        ("", "ignored"),
    ]


def test_kinds() -> None:
    journal = [["Date", "Journal", "Compte", "Libellé", "Débit", "Crédit"], ["13/01/2026", "VE", "411DUP", "F1", "10,00", ""]]
    assert sniff(csv_file(journal), "x").kind == "journal"
    people = [["Code client", "Nom", "E-mail", "Téléphone", "Délai de paiement"], ["C1", "Dupré", "a@b.fr", "01", "30 jours"]]
    assert sniff(csv_file(people), "x").kind == "third_parties"
    other = [["Produit", "Couleur", "Taille"], ["Chaise", "rouge", "grande"]]
    found = sniff(csv_file(other), "x")
    assert (found.kind, found.certain, found.missing) == ("", False, ("customer", "amount"))


def test_a_running_balance_is_not_what_is_open() -> None:
    rows = [
        ["Client", "Date", "Pièce", "Débit", "Crédit", "Solde"],
        ["Dupré", "13/01/2026", "F1", "100,00", "", "100,00"],
        ["Dupré", "14/01/2026", "F2", "50,00", "", "150,00"],
        ["Dupré", "15/01/2026", "R1", "", "100,00", "50,00"],
    ]
    assert "open_amount" not in _columns(sniff(csv_file(rows), "x")).values()


def test_the_shape_is_that_of_the_header() -> None:
    one, two = sniff(csv_file(FRENCH), "x"), sniff(csv_file([["Titre"], *FRENCH[:2]], ",", "cp1252"), "y")
    assert one.shape == two.shape != ""
    assert one.shape != sniff(csv_file([[*FRENCH[0], "Notes"], *FRENCH[1:]]), "x").shape
    assert shape_of(["Due Date", ""]) == shape_of([" DUE date"])


def test_a_saved_mapping_fits_another_file_of_its_shape() -> None:
    first = sniff(csv_file(FRENCH), "x").mapping
    assert first is not None
    saved = Mapping.from_json(first.to_json())
    assert saved == first
    later = sniff(csv_file([["Au 30/11/2026"], *FRENCH], ",", "cp1252"), "y")
    moved = saved.on(later)
    assert (moved.header_row, moved.delimiter, moved.encoding, moved.as_of) == (2, ",", "iso-8859-15", date(2026, 11, 30))
    assert moved.columns == first.columns


def test_known_programs() -> None:
    summary = [
        ["Firm"],
        ["A/R Aging Summary"],
        ["", "Current", "1 - 30", "31 - 60", "61 - 90", "91 and over", "Total"],
        ["Dana", "1", "2", "", "", "", "3"],
    ]
    assert sniff(csv_file(summary, ","), "x").program == "QuickBooks · A/R Aging Summary"
    xero = [
        ["Aged Receivables Summary"],
        ["Demo Company"],
        ["As at 30 November 2026"],
        ["Contact", "Current", "< 1 Month", "1 Month", "2 Months", "3 Months", "Older", "Total"],
        ["Dana", 1.5, 2, "", "", "", "", 0.0],
    ]
    found = sniff(xlsx(xero), "x")
    assert (found.program, found.certain) == ("Xero · Aged Receivables Summary", True)
    assert found.mapping is not None
    assert found.mapping.as_of == date(2026, 11, 30)


@pytest.mark.parametrize("data", [b"", b"bonjour", b"%PDF-1.4\n1;2;3\n", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04broken"])
def test_what_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        sniff(data, "x.csv")


def test_the_vocabulary_is_normalised_and_says_each_word_once() -> None:
    seen: dict[str, str] = {}
    for name, words in NAMES.items():
        for word in words:
            assert normalise(word) == word, word
            assert word not in seen, (word, name, seen.get(word))
            seen[word] = name
    assert set(FIELDS) <= set(NAMES)
