"""Real bank files: read with the movements an independent reading counts, or refused with the reason they deserve.

The independent readings slice lines, count tags by XPath or match expressions; they share nothing with the readers."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from integrations.banks import BankOptions, Refused, read, sniff
from rules.bank import BankFile
from tests.corpus.conftest import real_file, real_files

pytestmark = pytest.mark.corpus

OPTIONS = BankOptions()


def _read(path: Path) -> BankFile:
    return read(path.read_bytes(), "statement", OPTIONS)


def _cents(found: BankFile) -> list[list[int]]:
    return [[one.amount_cents for one in statement.movements] for statement in found.statements]


def _sound(found: BankFile) -> None:
    """Balances add up, every movement has a day, an amount and a line of the file."""
    for statement in found.statements:
        assert statement.gap_cents in (None, 0)
        for one in statement.movements:
            assert one.line >= statement.line
            assert one.currency == statement.currency


# CODA


def _coda_lines(path: Path) -> list[str]:
    return [line.ljust(128) for line in path.read_bytes().decode("latin-1").splitlines() if line.strip()]


def _coda_amount(line: str, sign: int, start: int) -> Decimal:
    return (-1 if line[sign] == "1" else 1) * Decimal(line[start : start + 15]) / 1000


@pytest.mark.parametrize("path", real_files("coda"))
def test_coda(path: Path) -> None:
    assert sniff(path.read_bytes(), "x") == "coda"
    lines = _coda_lines(path)
    masters = [line for line in lines if line[:2] == "21" and line[6:10] == "0000"]
    moved = sum((_coda_amount(line, 31, 32) for line in masters), Decimal(0))
    opening = [_coda_amount(line, 42, 43) for line in lines if line[0] == "1"]
    closing = [_coda_amount(line, 41, 42) for line in lines if line[0] == "8"]
    try:
        found = _read(path)
    except Refused as refused:
        if lines[0][127] not in "12":
            assert refused.code == "coda_version"
        else:
            assert refused.code == "statement_gap"
            assert sum(opening) + moved != sum(closing)
            assert lines[refused.params["line"] - 1][0] == "8"  # type: ignore[operator]
        return
    _sound(found)
    (cents,) = _cents(found)
    assert sum(opening) + moved == sum(closing)
    assert Decimal(sum(cents)) / 100 == moved
    # each booking is one movement, or as many as its details when they sum to it
    bookings = {(one.batch or one.uid, one.line if not one.batch else 0) for one in found.statements[0].movements}
    assert len(bookings) == len(masters)
    details = Counter(line[2:6] for line in lines if line[:2] == "21" and line[6:10] != "0000")
    singles = sum(1 for line in masters if details[line[2:6]] <= 1)
    assert sum(1 for one in found.statements[0].movements if not one.batch) >= singles
    structured = [line[65:77] for line in lines if line[:2] == "21" and line[61:65] in ("1101", "1102")]
    assert structured == [one.structured for one in found.statements[0].movements if one.structured in structured]


def test_coda_details_are_not_added_again() -> None:
    found = _read(real_file("coda/php_sample10.cod")).statements[0]
    assert [one.amount_cents for one in found.movements] == [25_000, 75_000]
    assert [(one.mandate, one.end_to_end) for one in found.movements] == [
        ("SEPA-000000001", "243690000141"),
        ("SEPA-00000002", "243690000142"),
    ]
    assert len(_read(real_file("coda/Coda_v2_3_globalisation.txt")).statements[0].movements) == 4
    single = _read(real_file("coda/Coda_v2_3_single_statement.txt")).statements[0]
    assert Counter(one.batch for one in single.movements if one.batch) == {"TPIA01170YBHKDSODSTOC": 14}


# CAMT


@pytest.mark.parametrize("path", real_files("camt"))
def test_camt(path: Path) -> None:
    tree = etree.parse(str(path))
    statements = tree.xpath("//*[local-name()='Stmt' or local-name()='Rpt' or local-name()='Ntfctn']")
    wanted, gaps = [], []
    for statement in statements:
        entries = statement.xpath("./*[local-name()='Ntry']")
        amounts = []
        for entry in entries:
            sign = -1 if entry.xpath("string(./*[local-name()='CdtDbtInd'])") == "DBIT" else 1
            amounts.append(sign * Decimal(entry.xpath("string(./*[local-name()='Amt'])")))
        wanted.append(amounts)
        balances: dict[str, Decimal] = {}
        for balance in statement.xpath("./*[local-name()='Bal']"):
            code = balance.xpath("string(.//*[local-name()='CdOrPrtry']/*[local-name()='Cd'])")
            sign = -1 if balance.xpath("string(./*[local-name()='CdtDbtInd'])") == "DBIT" else 1
            balances.setdefault(code, sign * Decimal(balance.xpath("string(./*[local-name()='Amt'])")))
        opening = balances.get("OPBD", balances.get("PRCD"))
        gaps.append(opening is not None and "CLBD" in balances and opening + sum(amounts) != balances["CLBD"])
    try:
        found = _read(path)
    except Refused as refused:
        assert (refused.code, any(gaps)) == ("statement_gap", True)
        return
    assert not any(gaps)
    _sound(found)
    assert [sum(amounts) * 100 for amounts in wanted] == [sum(cents) for cents in _cents(found)]
    assert [len(amounts) for amounts in wanted] == [
        len({one.batch or str(one.line) for one in statement.movements}) for statement in found.statements
    ]
    numbers = tree.xpath(
        "//*[local-name()='Acct']/*[local-name()='Id']//*[local-name()='IBAN' or local-name()='Id'][not(*)]/text()"
    )
    assert [statement.account for statement in found.statements] == [number.strip() for number in numbers]


def test_two_equal_movements_of_a_day_are_two() -> None:
    found = _read(real_file("camt/camt053_duplicate_same_day.xml"))
    assert _cents(found) == [[-450, -450]]


# MT940


@pytest.mark.parametrize("path", real_files("mt940"))
def test_mt940(path: Path) -> None:
    text = path.read_bytes().decode("latin-1").replace("\r", "")
    wanted = re.findall(r"^:61:\d{6}(?:\d{4})?(R?[CD])[A-Z]?([\d,]+)", text, re.MULTILINE)
    pages = text.split(":20:")[1:]

    def amount(sign: str, digits: str) -> Decimal:
        return (1 if sign in ("C", "RD") else -1) * Decimal(digits.rstrip(",").replace(",", "."))

    def sums(page: str) -> bool:
        ends = re.findall(r"^:6[02][FM]:([CD])\d{6}[A-Z]{3}([\d,]+)", page, re.MULTILINE)
        inside = page[: page.rindex(":62")] if ":62" in page else page
        moves = re.findall(r"^:61:\d{6}(?:\d{4})?(R?[CD])[A-Z]?([\d,]+)", inside, re.MULTILINE)
        return len(ends) != 2 or amount(*ends[0]) + sum(amount(*move) for move in moves) == amount(*ends[1])

    orphans = any(re.search(r"^-.*^:61:", page, re.MULTILINE | re.DOTALL) for page in pages)
    try:
        found = _read(path)
    except Refused as refused:
        assert refused.code == ("record_out_of_place" if orphans else "statement_gap")
        assert orphans or not all(sums(page) for page in pages)
        return
    assert all(sums(page) for page in pages) and not orphans
    _sound(found)
    assert [cents for statement in _cents(found) for cents in statement] == [int(amount(*move) * 100) for move in wanted]
    assert len(found.statements) == len(pages)


# CFONB


@pytest.mark.parametrize("path", real_files("cfonb"))
def test_cfonb(path: Path) -> None:
    lines = [line for line in path.read_bytes().decode("latin-1").splitlines() if line.strip()]
    try:
        found = _read(path)
    except Refused as refused:
        deserved = {
            "cfonb.240-complex-test.txt": "cfonb_240",
            "pennylane_invalid_date.txt": "date_unreadable",
            "pennylane_operation_out_of_statement.txt": "record_out_of_place",
            "pennylane_end_of_statement_without_beginning.txt": "record_out_of_place",
        }
        assert refused.code == deserved.get(path.name)
        return
    _sound(found)
    digits = {
        **{sign: str(at) for at, sign in enumerate("{ABCDEFGHI")},
        **{sign: str(at) for at, sign in enumerate("}JKLMNOPQR")},
    }
    wanted = [
        int(line[90:103].replace(" ", "0") + digits[line[103]]) * (-1 if line[103] in "}JKLMNOPQR" else 1)
        for line in lines
        if line[:2] == "04"
    ]
    assert [cents for statement in _cents(found) for cents in statement] == wanted
    assert len(found.statements) == sum(line[:2] == "01" for line in lines)


# OFX


@pytest.mark.parametrize("path", real_files("ofx"))
def test_ofx(path: Path) -> None:
    text = path.read_bytes().decode("latin-1")
    movements = re.findall(r"<STMTTRN>(.*?)</STMTTRN>", text, re.DOTALL)
    days = [re.search(r"<DTPOSTED>\s*(\d{8})", movement) for movement in movements]
    try:
        found = _read(path)
    except Refused as refused:
        assert (refused.code, refused.params["column"], None in days) == ("date_unreadable", "DTPOSTED", True)
        return
    _sound(found)
    amounts = [re.search(r"<TRNAMT>\s*([-+\d.,]+)", movement) for movement in movements]
    wanted = [int(Decimal(amount[1].replace(",", ".")) * 100) for amount in amounts if amount]
    assert [cents for statement in _cents(found) for cents in statement] == wanted
    assert [one.booked_on.strftime("%Y%m%d") for statement in found.statements for one in statement.movements] == [
        on[1] for on in days if on
    ]
    assert len(found.statements) == len(re.findall(r"<(?:CC)?STMTRS>", text))


# Lists


@pytest.mark.parametrize("path", real_files("bank_csv"))
def test_lists(path: Path) -> None:
    assert sniff(path.read_bytes(), "x") == "sheet"
    found = _read(path)
    _sound(found)
    if path.suffix == ".xlsx":
        assert _cents(found) == [[-3_350], [152_500]]
        return
    data = path.read_bytes()
    text = data.decode("utf-8" if path.name.startswith("csv_french") else "cp1252")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";" if ";" in text.split("\n")[0] else ","))
    wanted = []
    for row in rows:
        values = {name.split(" ")[0]: value or "" for name, value in row.items()}
        if not values["Date"].strip():
            continue
        if "Amount" in values:
            wanted.append(abs(Decimal(values["Amount"].replace(",", ""))) * (-1 if values["D/C"] == "D" else 1))
        else:
            debit, credit = (Decimal((values[name] or "0").replace(",", ".")) for name in ("Débit", "Crédit"))
            wanted.append(credit - debit)
    assert _cents(found) == [[int(value * 100) for value in wanted]]


@pytest.mark.parametrize(
    "folder", ["fec", "ubl", "cii", "xrechnung", "facturx_pdf", "saft", "xaf", "exports_other", "exports_winbooks"]
)
def test_nothing_else_is_taken_for_a_bank_file(folder: str) -> None:
    for parameter in real_files(folder):
        (path,) = parameter.values  # type: ignore[attr-defined]
        if path is None:
            pytest.skip("no real files")
        if path.stat().st_size < 2_000_000:
            assert sniff(path.read_bytes(), "x") is None, path.name
