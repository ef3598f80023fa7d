"""Recognition by content, references in free text, accounts, and the child process."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations import banks, sandbox
from integrations.banks import BankOptions, Refused
from integrations.banks.references import found_in
from integrations.banks.text import cents, iban_of_rib, is_iban, joined
from tests.integrations import bank_files, files

CODA = bank_files.coda([bank_files.coda_old(0), *bank_files.coda_movement(121_000, "F12"), bank_files.coda_new(121_000)])


def test_no_bank_file() -> None:
    for data in (
        b"",
        b"\n",
        b"hello",
        b"%PDF-1.7",
        files.fec(files.little()),
        b"PK\x03\x04rest",
        b"<html></html>",
        b"\0" * 200,
    ):
        assert banks.sniff(data, "statement.cod") is None
        with pytest.raises(Refused):
            banks.read(data, "statement.cod", BankOptions())


def test_too_large() -> None:
    with pytest.raises(Refused) as refused:
        banks.read(CODA, "x", BankOptions(max_bytes=100))
    assert refused.value.code == "file_too_large"


def test_the_child_reads_what_the_reader_reads(tmp_path: Path) -> None:
    path = tmp_path / "statement"
    path.write_bytes(CODA)
    options = BankOptions()
    assert sandbox.ask("banks", "sniff", path, "x") == "coda"
    assert sandbox.ask("banks", "read", path, "x", options) == banks.read(CODA, "x", options)
    sheet = files.csv_file([["Date", "Libellé", "Montant"], ["13/03/2026", "a", "1,00"]])
    assert sandbox.ask("banks", "sniff_sheet", sheet, "x") == banks.sniff_sheet(sheet, "x")
    with pytest.raises(Refused) as refused:
        sandbox.ask("banks", "read", CODA.replace(b"000000000121000020326", b"000000000121010020326", 1), "x", options)
    assert refused.value.code == "statement_gap"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("+++090/9337/55493+++", "090933755493"),
        ("***090/9337/55493***", "090933755493"),
        ("paiement 090933755493 merci", "090933755493"),
        ("090 9337 55493", "090933755493"),
        ("1090933755493", ""),
        ("090933755494", ""),
        ("rf18539007547034", "RF18539007547034"),
        ("RF18 5390 0754 7034 FACTURE 12", "RF18539007547034"),
        ("RF19539007547034", ""),
        ("TRF18539007547034", ""),
    ],
)
def test_references(text: str, reference: str) -> None:
    assert found_in(text) == reference


def test_accounts_and_amounts() -> None:
    assert iban_of_rib("30006", "00001", "12345678901") == "FR7630006000011234567890189"
    assert iban_of_rib("20041", "01005", "0500013M026") == "FR1420041010050500013M02606"
    assert iban_of_rib("30006", "     ", "12345678901").startswith("30006")
    assert is_iban("BE68539007547034") and not is_iban("BE68539007547035")
    assert [cents(text, 1, "x") for text in ("1", "1,5", "0.05", "2,", "1,005")] == [100, 150, 5, 200, 101]
    assert joined(["abc ", "de"], 4) == "abc de" and joined(["abcd", "e"], 4) == "abcde" and joined(["ab", "c"], 4) == "ab c"


@given(st.binary(max_size=400))
def test_anything_is_read_or_refused(data: bytes) -> None:
    try:
        banks.read(data, "x", BankOptions())
    except Refused:
        pass


@given(st.integers(0, len(CODA) - 1), st.integers(0, 255))
def test_a_changed_byte_never_changes_money(at: int, value: int) -> None:
    """Whatever byte of a statement is altered, its balances hold or it is refused."""
    changed = CODA[:at] + bytes([value]) + CODA[at + 1 :]
    try:
        found = banks.read(changed, "x", BankOptions())
    except Refused:
        return
    assert [(one.opening_cents, one.gap_cents) for one in found.statements] in ([(0, 0)], [(0, None)])


@pytest.mark.parametrize(
    "filler", [b"9" * 20_000, b" " * 20_000, b"<" * 5_000, b"?20" * 5_000, b"RF18 " * 5_000, b"+" * 20_000]
)
def test_huge_fields_take_no_time(filler: bytes) -> None:
    """Read or refused, at once: an expression that tries again and again would never end here."""
    sheet = files.csv_file([["Date", "Libellé", "Montant"], ["13/03/2026", "a", "1,00"], ["14/03/2026", "HERE", "HERE"]])
    camt = bank_files.camt(
        bank_files.entry("1.00", bank_files.transaction("<RmtInf><Ustrd>HERE</Ustrd></RmtInf>")), closing="1.00"
    )
    mt940 = bank_files.mt940(":60F:C260301EUR0,", ":61:260302C1,NTRFA", ":86:HERE", ":62F:C260302EUR1,")
    ofx = bank_files.ofx("<STMTTRN><DTPOSTED>20260302<TRNAMT>1.00<FITID>A1<NAME>HERE</STMTTRN>\n")
    for data in (CODA, sheet, camt, mt940, ofx):
        try:
            banks.read(data.replace(b"HERE", filler).replace(b"F12", filler), "x", BankOptions())
        except Refused:
            pass
