"""Real SAF-T and XAF files, read a second time with plain text searching: the same lines, the same balances."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from integrations.files import Refused
from integrations.ledgers import ReadOptions, read, sniff
from integrations.ledgers.sandbox import read_in_child, sniff_in_child
from rules.ledger import Kind, LedgerSnapshot
from tests.corpus.conftest import real_file, real_files

pytestmark = pytest.mark.corpus

SAFT = "saft/ExampleFile SAF-T Financial_888888888_20180228235959.xml"
EXACT = "xaf/ExactOnline_V32_2016.xml"


def _read(path: Path) -> LedgerSnapshot:
    return read(path.read_bytes(), path.name, ReadOptions(customer_accounts=("411",)))


def _balances(snapshot: LedgerSnapshot) -> dict[str, Decimal]:
    found: Counter[str] = Counter()
    for line in snapshot.lines:
        found[line.customer] += line.amount_cents
    return {customer: Decimal(cents) / 100 for customer, cents in found.items()}


def _one(name: str, text: str) -> str:
    found = re.search(rf"<(?:\w+:)?{name}>([^<]*)<", text)
    return found[1] if found else ""


def _all(name: str, text: str) -> list[str]:
    return re.findall(rf"<(?:\w+:)?{name}>.*?</(?:\w+:)?{name}>", text, re.DOTALL)


@pytest.mark.parametrize("path", [*real_files("saft"), *real_files("xaf")])
def test_every_audit_file_is_recognised_and_read_or_refused_with_a_place(path: Path) -> None:
    data = path.read_bytes()
    found = sniff_in_child(data, "x")
    assert found.format in ("saft", "xaf")
    assert found.certain
    try:
        snapshot = read_in_child(data, "x", ReadOptions())
    except Refused as refused:
        assert isinstance(refused.params["line"], int)
    else:
        assert snapshot.lines
        assert sum(_balances(snapshot).values()) * 100 == sum(snapshot.balance_cents.values())


def test_the_norwegian_example() -> None:
    path = real_file(SAFT)
    snapshot, text = _read(path), path.read_text(encoding="utf-8-sig")
    customers = _all("Customer", text)
    wanted = {_one("CustomerID", one): Decimal(_one("OpeningDebitBalance", one) or "0") for one in customers}
    lines = [line for line in _all("Line", text) if _one("CustomerID", line)]
    for line in lines:
        for side, sign in (("DebitAmount", 1), ("CreditAmount", -1)):
            for amount in _all(side, line):
                wanted[_one("CustomerID", line)] += sign * Decimal(_one("Amount", amount))
    assert {code: cents for code, cents in wanted.items() if cents} == {
        code: cents for code, cents in _balances(snapshot).items() if cents
    }
    closing = {
        _one("CustomerID", one): Decimal(_one("ClosingDebitBalance", one) or "0")
        - Decimal(_one("ClosingCreditBalance", one) or "0")
        for one in customers
    }
    assert {code: cents for code, cents in closing.items() if cents} == {code: cents for code, cents in wanted.items() if cents}
    assert (len(customers), len(lines)) == (6, 25)
    assert Counter(line.kind for line in snapshot.lines) == {Kind.INVOICE: 12, Kind.PAYMENT: 13, Kind.OPENING: 4}
    assert (snapshot.lines_read, len(_all("Transaction", text))) == (170, 53)
    assert (snapshot.starts_on, snapshot.ends_on) == (date(2017, 1, 1), date(2017, 4, 30))
    assert set(snapshot.balance_cents) == {"NOK"}
    assert not snapshot.remarks


def test_the_books_of_exact_online() -> None:
    """The reader finds the debtors' account; here the sub-ledger of customers is added up instead."""
    path = real_file(EXACT)
    snapshot, text = _read(path), path.read_text(encoding="utf-8-sig")
    (debtors,) = (one for one in _all("subledger", text) if _one("sbType", one) == "CU")
    wanted: Counter[str] = Counter()
    for line in _all("sbLine", debtors):
        wanted[_one("custSupID", line)] += (1 if _one("amntTp", line) == "D" else -1) * Decimal(_one("amnt", line))
    assert _balances(snapshot) == wanted
    assert len(snapshot.lines) == int(_one("linesCount", debtors)) == 14
    debit, credit = (sum(getattr(line, side) for line in snapshot.lines) for side in ("debit_cents", "credit_cents"))
    assert (Decimal(debit) / 100, Decimal(credit) / 100) == (
        Decimal(_one("totalDebit", debtors)),
        Decimal(_one("totalCredit", debtors)),
    )
    assert {line.account for line in snapshot.lines} == {"1300"}
    assert snapshot.lines_read == len(_all("trLine", text)) == 167
    types = Counter(re.findall(r"<custSupTp>(\w)", text))
    assert len(snapshot.third_parties) == types["C"] + types["B"]
    assert not snapshot.remarks


def test_the_sample_of_the_standard_is_one_sided() -> None:
    """One line on the credit side: it cannot be anybody's books."""
    data = real_file("xaf/XmlAuditfileFinancieel3.2_test.xml").read_bytes()
    assert sniff(data, "x").program == "XAF · Boekhoudsoftware"
    with pytest.raises(Refused) as caught:
        read(data, "x", ReadOptions())
    assert (caught.value.code, caught.value.params["difference_cents"]) == ("file_unbalanced", -314)


def test_latin_bytes_under_a_utf_8_declaration() -> None:
    """The same books as some programs write them."""
    path = real_file(EXACT)
    whole = _read(path)
    latin = path.read_bytes().removeprefix(b"\xef\xbb\xbf").decode("utf-8").encode("cp1252")
    assert b'encoding="utf-8"' in latin[:100]
    snapshot = read(latin, "x", ReadOptions())
    assert [remark.code for remark in snapshot.remarks] == ["encoding_mended"]
    assert (snapshot.lines, snapshot.third_parties) == (whole.lines, whole.third_parties)


@pytest.mark.parametrize("name", [SAFT, EXACT])
def test_a_cut_copy_is_refused(name: str) -> None:
    data = real_file(name).read_bytes()
    for end in range(3000, len(data) - 30, len(data) // 40):
        with pytest.raises(Refused) as caught:
            read(data[:end], "x", ReadOptions())
        assert caught.value.code in ("xml_damaged", "damaged_text")
