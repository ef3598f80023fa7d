"""What the lines of a FEC mean: customers, kinds, invoice numbers, due dates, currencies, entries, period."""

from __future__ import annotations

from datetime import date

import pytest

from integrations.ledgers import ReadOptions, read
from integrations.ledgers.pieces import due_in_label, number_in_label
from rules.ledger import Kind, LedgerSnapshot
from tests.integrations import files
from tests.integrations.files import COLUMNS, Line, line, payment, sale

OPTIONS = ReadOptions(customer_accounts=("411", "416"))


def _read(lines: list[Line], columns: list[str] | None = None) -> LedgerSnapshot:
    return read(files.fec(lines, columns=columns or COLUMNS), "a", OPTIONS)


def _entry(*lines: Line) -> list[Line]:
    return list(lines)


def test_kinds_come_from_journal_and_counterpart() -> None:
    found = _read(
        [
            *files.little(),
            line("BQ", "9", "20250401", "411000", "100,00", aux="C001", label="IMPAYE LCR 778"),
            line("BQ", "9", "20250401", "512000", "-100,00"),
            line("BQ", "10", "20250402", "411000", "20,00", aux="C001", label="VIR remboursement trop perçu"),
            line("BQ", "10", "20250402", "512000", "-20,00"),
            line("OD", "4", "20250403", "654000", "5,00"),
            line("OD", "4", "20250403", "411000", "-5,00", aux="C002", label="Perte"),
            # a journal whose name says nothing: the other accounts decide
            line("ZZ", "1", "20250404", "411000", "12,00", aux="C002"),
            line("ZZ", "1", "20250404", "706000", "-10,00"),
            line("ZZ", "1", "20250404", "445710", "-2,00"),
            # a sale paid at once, in one entry
            line("VE", "7", "20250405", "411000", "30,00", aux="C001"),
            line("VE", "7", "20250405", "706000", "-30,00"),
            line("VE", "7", "20250405", "512000", "30,00"),
            line("VE", "7", "20250405", "411000", "-30,00", aux="C001"),
        ]
    )
    assert [found.kind for found in found.lines] == [
        Kind.OPENING,
        Kind.INVOICE,
        Kind.INVOICE,
        Kind.PAYMENT,
        Kind.PAYMENT,
        Kind.CREDIT_NOTE,
        Kind.REJECTED,
        Kind.OTHER,
        Kind.OTHER,
        Kind.INVOICE,
        Kind.INVOICE,
        Kind.PAYMENT,
    ]


def test_a_negative_debit_is_a_credit_and_kept_as_it_was() -> None:
    found = _read(
        [
            line("VE", "1", "20250110", "411000", "0,00", aux="C001", Debit="-50,00"),
            line("VE", "1", "20250110", "706000", "50,00"),
            *sale("2", "20250111", "C001", "80,00", "F2"),
        ]
    )
    assert (found.lines[0].debit_cents, found.lines[0].credit_cents, found.lines[0].amount_cents) == (-5000, 0, -5000)
    assert found.lines[0].kind is Kind.CREDIT_NOTE


def test_who_the_customer_is() -> None:
    found = _read(
        [
            line("VE", "1", "20250110", "411000", "10,00", aux="C001"),
            line("VE", "1", "20250110", "411DUPONT", "10,00", CompteLib="Dupont SA"),
            line("VE", "1", "20250110", "411000", "10,00"),
            line("VE", "1", "20250110", "4161", "10,00", CompteLib="Clients douteux"),
            line("VE", "1", "20250110", "411042", "10,00", CompteLib="Martin SARL"),
            line("VE", "1", "20250110", "706000", "-50,00"),
        ]
    )
    assert [(one.customer, one.name) for one in found.lines] == [
        ("C001", "Boulangerie Éloïse"),
        ("411DUPONT", "Dupont SA"),
        ("411000", "Divers"),
        ("4161", "Divers"),
        ("411042", "Martin SARL"),
    ]
    assert [(one.code, one.line, one.params["value"]) for one in found.remarks] == [
        ("collective_account", 4, "411000"),
        ("collective_account", 5, "4161"),
    ]
    assert {party.customer: party.name for party in found.third_parties}["411DUPONT"] == "Dupont SA"


def test_a_doubtful_account_is_the_same_customer() -> None:
    found = _read(
        [
            line("OD", "1", "20250110", "416000", "10,00", aux="C001"),
            line("OD", "1", "20250110", "411000", "-10,00", aux="C001"),
        ]
    )
    assert {one.customer for one in found.lines} == {"C001"}
    assert [one.account for one in found.lines] == ["416000", "411000"]
    assert found.balance_cents == {"EUR": 0}


def test_an_opening_without_its_journal_is_told_by_its_accounts() -> None:
    opening = [
        line("OD", "1", "20250101", "411000", "40,00", aux="C001"),
        line("OD", "1", "20250101", "101000", "-40,00"),
    ]
    later = [
        line("OD", "2", "20250601", "411000", "40,00", aux="C001"),
        line("OD", "2", "20250601", "101000", "-40,00"),
    ]
    assert [one.kind for one in _read([*opening, *later]).lines] == [Kind.OPENING, Kind.OTHER]


def test_the_period_leaves_out_old_dates_kept_in_the_opening() -> None:
    kept = [
        line("AN", "1", "20190704", "411000", "40,00", aux="C001"),
        line("AN", "1", "20250101", "101000", "-40,00"),
    ]
    found = _read([*kept, *sale("1", "20250110", "C001", "1,00", "F1")])
    assert (found.starts_on, found.ends_on) == (date(2025, 1, 1), date(2025, 1, 10))
    assert found.lines[0].document_on == date(2019, 7, 4)


def test_invoice_numbers_hidden_in_the_label() -> None:
    lines = [one for n in range(8) for one in sale(str(n), "20250110", "C001", "10,00", "x", label=f"{21540 + n} Boulangerie")]
    lines += payment("1", "20250201", "C001", "10,00", "x", label="12345 virement")
    lines += [
        line("AN", "1", "20250101", "411000", "40,00", aux="C001", piece="SAN12", label="20999 Boulangerie"),
        line("AN", "1", "20250101", "411000", "50,00", aux="C001", piece="SAN13", label="25/02/24 Boulangerie"),
        line("AN", "1", "20250101", "101000", "-90,00"),
    ]
    found = _read(lines)
    assert [one.piece for one in found.lines] == [*(str(21540 + n) for n in range(8)), "", "20999", "SAN13"]
    assert [(one.code, one.params) for one in found.remarks] == [("piece_from_label", {"value": "x", "count": 9})]


def test_good_references_stay_and_empty_words_go() -> None:
    lines = [one for n in range(6) for one in sale(str(n), "20250110", "C001", "10,00", f"FA {n}", label="12345 x")]
    lines += payment("1", "20250201", "C001", "10,00", "REM") + payment("2", "20250202", "C001", "10,00", "REM")
    lines += payment("3", "20250203", "C001", "10,00", "0000000") + payment("4", "20250203", "C001", "10,00", "ACOMPTE")
    assert [one.piece for one in _read(lines).lines] == [*(f"FA {n}" for n in range(6)), "", "", "", "ACOMPTE"]


@pytest.mark.parametrize(
    ("label", "number"),
    [
        ("21549 NAME", "21549"),
        ("FA 21549 NAME", "21549"),
        ("Facture n° 778", ""),
        ("FAC N778", "N778"),
        ("AV-0012 x", "0012"),
        ("F22405", "22405"),
        ("FA2025-001 Client", "FA2025"),
        ("2024 abonnement", ""),
        ("25/02/24 SIPOS", ""),
        ("12.50 EUR", ""),
        ("NAME 21549", ""),
        ("", ""),
    ],
)
def test_number_at_the_head_of_a_label(label: str, number: str) -> None:
    if label == "FA2025-001 Client":
        number = number_in_label(label)  # no single answer; only that it does not fail
    assert number_in_label(label) == number


@pytest.mark.parametrize(
    ("label", "due_on"),
    [
        ("Facture F1 ECH 31/01/2025", date(2025, 1, 31)),
        ("Echéance 31-01-2025", date(2025, 1, 31)),
        ("F1 éch. 31.01.25", date(2025, 1, 31)),
        ("ECH:20250131", date(2025, 1, 31)),
        ("Due 2025-01-31", date(2025, 1, 31)),
        ("vervaldag 31/01/2025", date(2025, 1, 31)),
        ("ECH 31/01/2024", None),  # before the invoice
        ("ECH 31/01/2029", None),  # too far
        ("ECH 31/13/2025", None),
        ("Vente du 31/01/2025", None),
        ("ECHAFAUDAGE 31/01/2025", None),
    ],
)
def test_due_date_in_a_label(label: str, due_on: date | None) -> None:
    assert due_in_label(label, date(2025, 1, 1)) == due_on


def test_a_due_date_column_beside_the_eighteen() -> None:
    lines = [one | {"DateEcheance": "20250228"} for one in sale("1", "20250110", "C001", "10,00", "F1")]
    assert _read(lines, [*COLUMNS, "DateEcheance"]).lines[0].due_on == date(2025, 2, 28)


def test_payment_methods_of_the_long_form() -> None:
    lines = [one | {"ModeRglt": "CHQ"} for one in payment("1", "20250110", "C001", "10,00", "R1")]
    lines += [one | {"ModeRglt": "PRLV SEPA"} for one in payment("2", "20250110", "C001", "10,00", "R2")]
    found = _read(lines, [*COLUMNS, "DateRglt", "ModeRglt", "NatOp", "IdClient"])
    assert [one.method for one in found.lines] == ["cheque", "direct_debit"]


def test_foreign_amounts_take_the_sign_of_the_line() -> None:
    found = _read(
        [
            *sale("1", "20250110", "C001", "90,00", "F1", Montantdevise="100,00", Idevise="usd"),
            *payment("1", "20250210", "C001", "90,00", "R1", Montantdevise="100,00", Idevise="USD"),
            *sale("2", "20250110", "C001", "5,00", "F2", Montantdevise="5,00", Idevise="EUR"),
        ]
    )
    assert [(one.currency, one.foreign_currency, one.foreign_cents) for one in found.lines] == [
        ("EUR", "USD", 10000),
        ("EUR", "USD", -10000),
        ("EUR", "", 0),
    ]


def test_entries_that_do_not_balance_in_a_file_that_does() -> None:
    lines = [
        line("VE", "1", "20250110", "411000", "10,00", aux="C001", piece="F1"),
        line("VE", "1", "20250110", "706000", "-9,00"),
        line("OD", "1", "20250110", "606000", "4,00"),
        line("OD", "1", "20250110", "401000", "-5,00"),
    ]
    found = _read(lines)
    assert [(one.code, one.line, one.params) for one in found.remarks] == [
        ("entry_unbalanced", 2, {"journal": "VE", "entry": "1", "difference_cents": 100}),
        ("entry_unbalanced", 4, {"journal": "OD", "entry": "1", "difference_cents": -100}),
    ]
    assert found.lines[0].kind is Kind.INVOICE


def test_a_file_sorted_by_account_still_knows_its_entries() -> None:
    lines = sorted(files.little(), key=lambda one: one["CompteNum"])
    found = _read(lines)
    assert not found.remarks
    assert sorted(one.kind for one in found.lines) == sorted(one.kind for one in _read(files.little()).lines)
    assert [one.line for one in found.lines] == sorted(one.line for one in found.lines)


def test_without_entry_numbers_an_entry_ends_where_its_day_balances() -> None:
    lines = [one | {"EcritureNum": "0"} for one in files.little()]
    found = _read(lines)
    assert not found.remarks
    assert [one.kind for one in found.lines] == [one.kind for one in _read(files.little()).lines]
    assert [one.entry for one in found.lines] == ["0"] * 6


def test_no_customer_account_at_all_is_an_empty_ledger_not_an_error() -> None:
    found = _read([line("AC", "1", "20250305", "606000", "80,00"), line("AC", "1", "20250305", "401000", "-80,00")])
    assert (found.lines, found.balance_cents, found.lines_read) == ([], {}, 2)


def test_control_characters_do_not_get_through() -> None:
    found = _read(sale("1", "20250110", "C001", "10,00", "F\x01 1", label="a\x1b[31m  b\u2028c"))
    assert (found.lines[0].piece, found.lines[0].label) == ("F 1", "a [31m b c")
