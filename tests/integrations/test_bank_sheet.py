"""Lists of movements (CSV, XLSX): recognised without questions, balances checked, never taken for a ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from integrations.banks import BankOptions, Refused, read, sniff, sniff_sheet
from rules.bank import BankFile
from tests.integrations.bank_files import OWN
from tests.integrations.files import csv_file, xlsx

OPTIONS = BankOptions()
HEAD = ["Date opération", "Date valeur", "Libellé", "Débit", "Crédit", "Solde"]
ROWS = [
    ["31/03/2026", "31/03/2026", '"VIR DUPONT\nFACTURE F12"', "", "1 234,56", "1 724,56"],
    ["15/03/2026", "16/03/2026", "PRLV EDF", "10,00", "", "490,00"],
]


def _file(rows: list[list[object]], options: BankOptions = OPTIONS) -> BankFile:
    return read(csv_file(rows), "x", options)


def _refused(rows: list[list[object]], options: BankOptions = OPTIONS) -> Refused:
    with pytest.raises(Refused) as refused:
        _file(rows, options)
    return refused.value


def test_a_french_list_newest_first() -> None:
    data = csv_file([["Compte courant", f"IBAN {OWN}"], [], HEAD, *ROWS])
    assert sniff(data, "x") == "sheet"
    sniffed = sniff_sheet(data, "x")
    assert sniffed is not None
    assert (sniffed.kind, sniffed.certain, sniffed.missing) == ("bank", True, ())
    found = read(data, "x", OPTIONS)
    (statement,) = found.statements
    assert (statement.account, statement.opening_cents, statement.closing_cents) == (OWN, 50_000, 172_456)
    first, second = statement.movements
    assert (first.booked_on, first.value_on, first.amount_cents, first.text) == (
        date(2026, 3, 31), date(2026, 3, 31), 123_456, "VIR DUPONT FACTURE F12",
    )  # fmt: skip
    assert second.amount_cents == -1_000
    assert read(data, "x", replace(OPTIONS, mapping=sniffed.mapping)) == found


def test_a_workbook_with_signed_amounts() -> None:
    data = xlsx(
        [
            ["Date", "Amount", "Currency", "Counterparty name", "Counterparty account", "Description", "Reference"],
            [date(2026, 3, 2), 121.0, "EUR", "Dupont", "BE71 0961 2345 6769", "Facture", "+++090/9337/55493+++"],
            [date(2026, 3, 3), -12.5, "EUR", "EDF", "", "x", "R2"],
            [date(2026, 3, 3), 5, "USD", "ACME", "", "y", "R3"],
        ]
    )
    assert sniff(data, "x") == "sheet"
    euros, dollars = read(data, "x", OPTIONS).statements
    assert [one.amount_cents for one in euros.movements] == [12_100, -1_250]
    assert (euros.movements[0].iban, euros.movements[0].structured, euros.movements[1].uid) == (
        "BE71096123456769", "090933755493", "R2",
    )  # fmt: skip
    assert (dollars.currency, dollars.movements[0].amount_cents) == ("USD", 500)


@pytest.mark.parametrize(
    ("rows", "cents"),
    [
        ([["Date", "Libellé", "Montant"], ["02/03/2026", "a", "100,00-"]], [-10_000]),
        (
            [["Date", "Libellé", "Montant", "Sens"], ["02/03/2026", "a", "100,00", "D"], ["03/03/2026", "b", "5,00", "C"]],
            [-10_000, 500],
        ),
        (
            [["Date", "Libellé", "Débit", "Crédit"], ["13/03/2026", "a", "-100,00", ""], ["13/03/2026", "b", "", "5,00"]],
            [-10_000, 500],
        ),
        ([["Datum", "Omschrijving", "Bedrag"], ["2026-03-02", "a", "1.234,50"]], [123_450]),
    ],
)
def test_signs(rows: list[list[object]], cents: list[int]) -> None:
    last = ["2026-03-31" if rows[0][0] == "Datum" else "31/03/2026", "z", *["1,00"] * (len(rows[0]) == 3), "", "1,00"]
    order = [one.amount_cents for one in _file([*rows, last[: len(rows[0])]]).statements[0].movements]
    assert order[: len(cents)] == cents


def test_own_account_and_the_other_side() -> None:
    rows = [
        ["Numéro de compte", "Date", "Montant", "Compte contrepartie", "Nom contrepartie", "Communication"],
        [OWN, "13/03/2026", "1,00", "BE71096123456769", "A", "x"],
        [OWN, "14/03/2026", "2,00", "BE62510007547061", "B", "y"],
    ]
    (statement,) = _file(rows).statements
    assert (statement.account, [one.name for one in statement.movements]) == (OWN, ["A", "B"])
    assert statement.movements[1].iban == "BE62510007547061"


def test_a_balance_that_breaks_is_refused_and_one_that_does_not_run_left_out() -> None:
    rows = [HEAD, *([f"{day:02d}/03/2026", "", "x", "", "1,00", f"{day},00"] for day in range(13, 20))]
    rows[4][5] = "999,00"
    broken = _refused(rows)
    assert (broken.code, broken.params["line"], broken.params["column"], broken.params["gap_cents"]) == (
        "balance_breaks", 5, "Solde", 98_300,
    )  # fmt: skip
    same = [HEAD, *([f"{day:02d}/03/2026", "", "x", "", "1,00", "50,00"] for day in range(13, 20))]
    found = _file(same)
    assert (found.statements[0].closing_cents, "balance_not_running" in [one.code for one in found.remarks]) == (None, True)


def test_questions_and_refusals() -> None:
    assert (
        _refused([["Date", "Libellé", "Montant"], ["02/03/2026", "a", "1,00"]]).code == "mapping_needed"
    )  # 2 March or 3 February
    sure: list[list[object]] = [["Date", "Libellé", "Montant"], *(["13/03/2026", "a", "1,00"] for _ in range(8))]
    assert _refused([*sure, ["14/03/2026", "b", "1O,00"]]).params == {"line": 10, "column": "Montant", "value": "1O,00"}
    assert _refused([*sure, ["34/03/2026", "b", "10,00"]]).code == "date_unreadable"
    assert _refused([*sure, ["", "b", "10,00"]]).code == "date_missing"
    assert _refused([*sure, ["14/03/2026", "b", "10,00"]], replace(OPTIONS, max_movements=1)).code == "too_many_movements"


@pytest.mark.parametrize(
    "header",
    [
        ["Client", "Facture", "Date", "Échéance", "Montant"],
        ["Journal", "Date", "Compte", "Libellé", "Débit", "Crédit"],
        ["Code client", "Nom", "Date", "Montant"],
        ["Date", "Libellé"],
    ],
)
def test_a_ledger_is_no_bank_list(header: list[object]) -> None:
    assert sniff(csv_file([header, ["13/03/2026"] * len(header)]), "x") is None
