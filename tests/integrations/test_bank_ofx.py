"""OFX and QFX: open tags, XML, odd amounts and days."""

from __future__ import annotations

from datetime import date

import pytest

from integrations.banks import BankOptions, Refused, read, sniff
from rules.bank import BankFile, Movement
from tests.integrations.bank_files import PAYER, ofx

OPTIONS = BankOptions()
GOOD = "<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260302120000[+1:CET]<TRNAMT>121.00<FITID>A1<NAME>VIR DUPONT<MEMO>Facture F12</STMTTRN>\n"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211"?>\n'


def _file(data: bytes) -> BankFile:
    return read(data, "x", OPTIONS)


def _only(movement: str) -> Movement:
    (found,) = _file(ofx(movement)).statements[0].movements
    return found


def _refused(data: bytes) -> Refused:
    with pytest.raises(Refused) as refused:
        read(data, "x", OPTIONS)
    return refused.value


@pytest.mark.parametrize("head", ["", XML, "\n\nOFXHEADER:100\n", " "])
def test_a_statement(head: str) -> None:
    data = ofx(GOOD, head=head)
    assert sniff(data, "x.txt") == "ofx"
    (statement,) = _file(data).statements
    assert (statement.currency, statement.opening_cents, statement.closing_cents) == ("EUR", None, 10_000)
    assert (statement.account[:2], statement.account[4:25], statement.closing_on) == (
        "FR",
        "300040079412345678901",
        date(2026, 3, 31),
    )
    (movement,) = statement.movements
    assert (movement.booked_on, movement.amount_cents, movement.uid, movement.name, movement.text, movement.code) == (
        date(2026, 3, 2), 12_100, "A1", "VIR DUPONT", "VIR DUPONT Facture F12", "CREDIT",
    )  # fmt: skip


def test_tags_closed_or_not_and_escaped() -> None:
    closed = "<STMTTRN><DTPOSTED>20260302</DTPOSTED><TRNAMT>121.00</TRNAMT><FITID></FITID><NAME>A &amp; B</NAME></STMTTRN>"
    assert (_only(closed).name, _only(closed).uid) == ("A & B", "")
    assert len(_file(ofx(GOOD.replace("</STMTTRN>", "") + GOOD)).statements[0].movements) == 2
    to = GOOD.replace("<MEMO>", f"<BANKACCTTO><BANKID>1<ACCTID>{PAYER}</BANKACCTTO><MEMO>")
    assert (_only(to).iban, _only(to).text) == (PAYER, "VIR DUPONT Facture F12")
    assert _only(GOOD.replace("DUPONT", "DUPRÉ")).name == "VIR DUPRÉ"


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("-2000,00", -200_000),
        ("+12.5", 1_250),
        ("1,234.56", 123_456),
        ("1.234,56", 123_456),
        ("0", 0),
        ("12.345", 1_235),
        (".5", 50),
    ],
)
def test_amounts(text: str, cents: int) -> None:
    assert _only(GOOD.replace("121.00", text)).amount_cents == cents


def test_balances_and_currencies() -> None:
    zero = _file(ofx(GOOD, balance="<LEDGERBAL><BALAMT>-5,20<DTASOF>00000000</LEDGERBAL>"))
    assert (zero.statements[0].closing_cents, zero.statements[0].closing_on) == (-520, date(2026, 3, 31))
    assert [remark.code for remark in zero.remarks] == ["balance_without_day"]
    none = _file(ofx(GOOD, balance="<LEDGERBAL><BALAMT></BALAMT></LEDGERBAL>").replace(b"<CURDEF>EUR", b"<CURDEF></CURDEF>"))
    assert (none.statements[0].closing_cents, [remark.code for remark in none.remarks]) == (None, ["currency_assumed"])


def test_what_is_refused() -> None:
    assert _refused(ofx(GOOD.replace("20260302120000[+1:CET]", ""))).params == {"line": 10, "column": "DTPOSTED", "value": ""}
    assert _refused(ofx(GOOD.replace("20260302120000", "20260231120000"))).code == "date_unreadable"
    assert _refused(ofx(GOOD.replace("121.00", "12I.00"))).code == "amount_unreadable"
    assert _refused(ofx(GOOD.replace("<TRNAMT>121.00", ""))).code == "amount_unreadable"
    assert _refused(ofx(GOOD)[:-40]).code == "file_cut"
    assert _refused(ofx(GOOD).replace(b"12345678901", b"")).code == "account_missing"
    assert _refused(ofx(GOOD, head='<?xml version="1.0"?><!DOCTYPE a>')).code == "xml_doctype"
    assert _refused(b"<OFX></OFX>").code == "no_statement"
