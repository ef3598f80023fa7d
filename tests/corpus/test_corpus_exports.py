"""Real exports and data sets: recognised without questions, totals as an independent reading finds them."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from integrations.ledgers import ReadOptions, read, sniff
from rules.ledger import Kind, LedgerSnapshot
from tests.corpus.conftest import real_file

pytestmark = pytest.mark.corpus

TODAY = date(2026, 11, 21)


def _rows(path: Path, delimiter: str = ",", skip: int = 0) -> list[dict[str, str]]:
    lines = path.read_text(encoding="utf-8-sig").splitlines()[skip:]
    return list(csv.DictReader(lines, delimiter=delimiter))


def _read(path: Path, *accounts: str) -> LedgerSnapshot:
    return read(path.read_bytes(), "export", ReadOptions(customer_accounts=accounts or ("411",), today=TODAY))


def _open(snapshot: LedgerSnapshot) -> Decimal:
    return Decimal(sum(line.open_cents or 0 for line in snapshot.lines)) / 100


def _amount(text: str) -> Decimal:
    return Decimal(text.replace(",", "").strip() or "0")


def test_quickbooks_ageing_detail() -> None:
    path = real_file("exports_other/quickbooks_AR_aging_detail_fixture.csv")
    found, snapshot = sniff(path.read_bytes(), "x"), _read(path)
    assert (found.program, found.certain) == ("QuickBooks · A/R Aging Detail", True)
    rows = _rows(path, skip=4)
    assert _open(snapshot) == sum(_amount(row["Open Balance"]) for row in rows)
    assert Decimal(snapshot.balance_cents["EUR"]) / 100 == sum(_amount(row["Amount"]) for row in rows)
    assert snapshot.ends_on == date(2025, 12, 31)
    assert next((line.piece, line.document_on, line.due_on) for line in snapshot.lines) == (
        "1041",
        date(2025, 11, 18),
        date(2025, 12, 18),
    )


def test_my_unisoft_journal() -> None:
    path = real_file("exports_other/MyUnisoft_modele_import_ecritures.csv")
    assert sniff(path.read_bytes(), "x").program == "MyUnisoft · écritures"
    snapshot = _read(path)
    # both layouts of the model, 411 only: 200 + 55 − 56 + 110 − 80 + 70 in each
    assert snapshot.balance_cents == {"EUR": 2 * 29900}
    assert Counter(line.kind for line in snapshot.lines) == {Kind.INVOICE: 8, Kind.PAYMENT: 4}
    assert {line.due_on for line in snapshot.lines} == {None, date(2024, 1, 1), date(2023, 2, 1)}


def test_winbooks_customer_balances() -> None:
    path = real_file("exports_winbooks/PARFILUX_Balance_courante_clients.csv")
    assert sniff(path.read_bytes(), "x").program == "WinBooks · balance courante clients"
    snapshot = _read(path)
    rows = [row for row in _rows(path, "\t") if _amount(row["Solde(balanceN)"])]
    assert {line.customer: line.open_cents for line in snapshot.lines} == {
        row["Référence(Ref)"].strip(): int(_amount(row["Solde(balanceN)"]) * 100) for row in rows
    }
    assert len(snapshot.third_parties) == 45


def test_winbooks_general_balance_gives_the_customer_accounts() -> None:
    path = real_file("exports_winbooks/PARFILUX_Balance_periodique_generale.csv")
    snapshot = _read(path, "400", "407")
    assert [(line.customer, line.name, line.open_cents) for line in snapshot.lines] == [("400000", "Divers", 3546001)]


def test_open_items_of_a_large_firm() -> None:
    path = real_file("ar_datasets/highradius_open_9681.csv")
    snapshot = _read(path)
    assert len(snapshot.lines) == 9681
    cents = Decimal("0.01")  # a few amounts have three decimals
    assert _open(snapshot) == sum(Decimal(row["converted_usd"]).quantize(cents, ROUND_HALF_UP) for row in _rows(path))
    assert {line.currency for line in snapshot.lines} == {"USD"}
    first = snapshot.lines[0]
    assert (first.customer, first.document_on, first.due_on) == ("140105686", date(2020, 3, 30), date(2020, 4, 10))


def test_invoices_with_a_status() -> None:
    path = real_file("ar_datasets/synthetic_partial_Invoices.csv")
    snapshot = _read(path)
    rows = [row for row in _rows(path) if row["Invoice_Amount"]]
    assert Decimal(snapshot.balance_cents["EUR"]) / 100 == sum(Decimal(row["Invoice_Amount"]) for row in rows)
    assert _open(snapshot) == sum(Decimal(row["Invoice_Amount"]) for row in rows if row["Status"] != "Paid")
    assert Counter(remark.code for remark in snapshot.remarks) == {"amount_missing": 6, "part_paid_unknown": 1}


@pytest.mark.parametrize(
    ("name", "amount", "left"),
    [
        ("ibm_ar_invoiced_2012.csv", "InvoiceAmount", None),
        ("highradius_closed_due_before_2019-10.csv", "total_open_amount", None),
        ("cassandra_before_2015.csv", "Amount", "Outstanding"),
    ],
)
def test_histories_of_payments(name: str, amount: str, left: str | None) -> None:
    path = real_file(f"ar_datasets/{name}")
    snapshot, rows = _read(path), _rows(path)
    assert Decimal(sum(snapshot.balance_cents.values())) / 100 == sum(Decimal(row[amount]) for row in rows)
    assert _open(snapshot) == (sum(Decimal(row[left]) for row in rows) if left else 0)


def test_customers_with_terms_and_limits() -> None:
    path = real_file("ar_datasets/synthetic_partial_Customer_Master.csv")
    snapshot = _read(path)
    assert snapshot.kind == "third_parties"
    last = {row["Customer_ID"]: row for row in _rows(path)}
    assert {
        party.customer: (party.name, f"Net {party.terms_days}", party.sales_rep, (party.credit_limit_cents or 0) // 100)
        for party in snapshot.third_parties
    } == {
        customer: (row["Customer_Name"], row["Payment_Terms"], row["Account_Manager"], int(row["Credit_Limit"] or 0))
        for customer, row in last.items()
    }
