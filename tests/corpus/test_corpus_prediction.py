"""Payment dates predicted on real receivables, the last third in time: better than the customer's median, in ranges that hold."""

from __future__ import annotations

import csv
from datetime import date, datetime
from statistics import mean, median

import pytest

from integrations.payment_history import Columns, read_history
from rules.prediction_backtest import Backtest, backtest, third_from
from tests.corpus.conftest import real_file

pytestmark = pytest.mark.corpus

HIGHRADIUS = (
    "highradius_closed_due_before_2019-10.csv",
    Columns("cust_number", "due_in_date", "clear_date", "", "total_open_amount"),
)
IBM = ("ibm_ar_invoiced_2012.csv", Columns("customerID", "DueDate", "SettledDate", "InvoiceDate", "InvoiceAmount"))
CASSANDRA = (
    "cassandra_before_2015.csv",
    Columns("Vendor_Name", "Due_Date", "Number_of_Days_until_Payment", "Invoice_Date", "Amount"),
)


def last_third(name: str, columns: Columns) -> Backtest:
    history = read_history(real_file(f"ar_datasets/{name}").read_bytes(), columns)
    found = backtest(history.rows, third_from([row.due_on for row in history.rows]))
    assert found is not None
    return found


@pytest.mark.parametrize(("file", "gain"), [(HIGHRADIUS, 0.06), (IBM, 0.02)], ids=["highradius", "ibm"])
def test_better_than_the_median_of_the_customer(file: tuple[str, Columns], gain: float) -> None:
    found = last_third(*file)
    assert found.ours.mae_days <= (1 - gain) * found.customer_median.mae_days
    assert found.ours.mae_days < min(found.customer_mean.mae_days, found.due_date.mae_days)
    assert 0.77 <= found.coverage_80 <= 0.83
    assert 0.44 <= found.coverage_50 <= 0.58


def test_a_ledger_of_customers_who_hardly_come_back() -> None:
    found = last_third(*CASSANDRA)
    assert found.ours.mae_days < 0.8 * found.due_date.mae_days
    assert found.ours.mae_days < 1.02 * found.customer_median.mae_days
    assert 0.75 <= found.coverage_80 <= 0.85


def test_the_baseline_is_that_of_a_plain_reading() -> None:
    """IBM, read and judged anew in a few lines: US dates, predicted on the invoice date."""
    path = real_file(f"ar_datasets/{IBM[0]}")

    def day(text: str) -> date:
        return datetime.strptime(text, "%m/%d/%Y").date()

    with path.open(encoding="utf-8", newline="") as source:
        rows = [
            (r["customerID"], day(r["InvoiceDate"]), day(r["DueDate"]), day(r["SettledDate"])) for r in csv.DictReader(source)
        ]
    first = sorted(due for _, _, due, _ in rows)[len(rows) * 2 // 3]
    off = []
    for who, issued, due, paid in rows:
        if due >= first:
            known = [(p - d).days for w, _, d, p in rows if w == who and p < min(issued, paid)]
            off.append(abs((paid - due).days - median(known)))
    found = last_third(*IBM)
    assert len(found.guesses) == len(off)
    assert found.customer_median.mae_days == pytest.approx(mean(off))
