"""CODA: accounts, communications, details of totals, controls."""

from __future__ import annotations

from datetime import date

import pytest

from integrations.banks import BankOptions, Refused, read, sniff
from rules.bank import Movement, Statement
from tests.integrations.bank_files import OWN, PAYER, coda, coda_movement, coda_new, coda_old

OPTIONS = BankOptions()


def _statement(*records: list[str], old: int = 0, new: int = 0) -> list[str]:
    return [coda_old(old), *(line for group in records for line in group), coda_new(new)]


def _read(data: bytes) -> Statement:
    (statement,) = read(data, "x", OPTIONS).statements
    return statement


def _only(*records: list[str], new: int = 121_000) -> Movement:
    (movement,) = _read(coda(_statement(*records, new=new))).movements
    return movement


def _refused(data: bytes) -> Refused:
    with pytest.raises(Refused) as refused:
        read(data, "x", OPTIONS)
    return refused.value


def test_a_statement() -> None:
    data = coda(_statement(coda_movement(121_000, "facture F12", end_to_end="E2E-1"), old=-50_000, new=71_000))
    assert sniff(data, "whatever.pdf") == "coda"
    statement = _read(data)
    assert (statement.account, statement.currency, statement.number, statement.holder) == (OWN, "EUR", "001", "ENCOURS SA")
    assert (statement.opening_cents, statement.closing_cents, statement.gap_cents) == (-5_000, 7_100, 0)
    assert (statement.opening_on, statement.closing_on) == (date(2026, 3, 1), date(2026, 3, 2))
    (movement,) = statement.movements
    assert movement == Movement(
        3, date(2026, 3, 2), 12_100, "EUR", date(2026, 3, 2), "REF1-0", "DUPONT SA", PAYER, "GEBABEBB", "", "E2E-1",
        "facture F12", (), "00150000",
    )  # fmt: skip


@pytest.mark.parametrize("breaks", ["\n", "\r\n", ""])
@pytest.mark.parametrize("encoding", ["cp1252", "cp850"])
def test_line_breaks_and_encodings(breaks: str, encoding: str) -> None:
    data = coda(_statement(coda_movement(121_000, "réglé été", name="HÔTEL DUPRÉ"), new=121_000)).decode("cp1252")
    movement = _read(breaks.join(data.split("\n")).encode(encoding)).movements[0]
    assert (movement.text, movement.name) == ("réglé été", "HÔTEL DUPRÉ")


@pytest.mark.parametrize(
    ("record", "number", "currency"),
    [
        ("0001" + "539007547034 EUR0BE".ljust(37), "539007547034", "EUR"),
        ("1001" + "12345FOREIGN".ljust(34) + "USD", "12345FOREIGN", "USD"),
        ("2001" + OWN.ljust(34) + "EUR", OWN, "EUR"),
        ("3001" + "LU280019400644750000".ljust(34) + "CHF", "LU280019400644750000", "CHF"),
    ],
)
def test_structures_of_accounts(record: str, number: str, currency: str) -> None:
    for version in "12":
        statement = _read(coda([coda_old(0, record), coda_new(0, record[4:])], version=version))
        assert (statement.account, statement.currency) == (number, currency)
        assert not read(coda([coda_old(0, record), coda_new(0, record[4:])]), "x", OPTIONS).remarks


def test_structured_communications() -> None:
    assert _only(coda_movement(121_000, "101090933755493", structured=True)).structured == "090933755493"
    assert _only(coda_movement(121_000, "102090933755493", structured=True)).structured == "090933755493"
    assert _only(coda_movement(121_000, "100RF18539007547034", structured=True)).structured == "RF18539007547034"
    assert _only(coda_movement(121_000, "FACT +++090/9337/55493+++ MERCI")).structured == "090933755493"
    assert _only(coda_movement(121_000, "FACT 090/9337/55494")).structured == ""
    assert _only(coda_movement(121_000, "REF RF18 5390 0754 7034 MERCI")).structured == "RF18539007547034"


def test_direct_debit_and_its_return() -> None:
    body = "127020326113" + "BE69ZZZ0403170701".ljust(35) + "MANDATE-7".ljust(35) + "FACTURE F9".ljust(62)
    paid = _only(coda_movement(121_000, body + "0", structured=True, code="00550000"))
    assert (paid.mandate, paid.text, paid.returned) == ("MANDATE-7", "FACTURE F9", False)
    back = _only(coda_movement(-121_000, body + "2MD06", structured=True, code="00503000"), new=-121_000)
    assert (back.amount_cents, back.returned, back.return_reason) == (-12_100, True, "MD06")
    transfer = _only(coda_movement(121_000, "RETOUR", code="00154000", returned="2AC04"))
    assert (transfer.returned, transfer.return_reason) == (True, "AC04")


def test_text_runs_over_its_records_and_information() -> None:
    words = "A" * 53 + "B" * 53 + "C" * 43
    movement = _only(coda_movement(121_000, words))
    assert movement.text == words
    information = ["3100010001" + "REF".ljust(21) + "00150000" + "0" + "suite du message".ljust(73)]
    movement = _only(coda_movement(121_000, "debut"), [line.ljust(128) for line in information])
    assert movement.text == "debut suite du message"
    named = ["3100010001" + "REF".ljust(21) + "00150000" + "1001" + "MARTIN SPRL".ljust(70)]
    assert _only(coda_movement(121_000, name=""), [line.ljust(128) for line in named]).name == "MARTIN SPRL"


def test_details_take_the_place_of_their_total() -> None:
    group = [
        *coda_movement(100_000, "TOTAL", code="10550000"),
        *coda_movement(40_000, "facture 1", detail=1, code="50550000", name="A"),
        *coda_movement(60_000, "facture 2", detail=2, code="50550000", name="B"),
    ]
    statement = _read(coda(_statement(group, new=100_000)))
    assert [(one.amount_cents, one.name, one.batch, one.line) for one in statement.movements] == [
        (4_000, "A", "REF1-0", 6),
        (6_000, "B", "REF1-0", 9),
    ]
    wrong = [*group[:6], *coda_movement(59_990, "facture 2", detail=2, code="50550000")]
    found = read(coda(_statement(wrong, new=100_000)), "x", OPTIONS)
    assert [one.amount_cents for one in found.statements[0].movements] == [10_000]
    assert [remark.code for remark in found.remarks] == ["details_differ"]


def test_nested_details() -> None:
    group = [
        *coda_movement(100_000, code="20450000"),
        *coda_movement(30_000, detail=1, code="60450000"),
        *coda_movement(70_000, detail=2, code="70450000"),
        *coda_movement(20_000, detail=3, code="90450000"),
        *coda_movement(50_000, detail=4, code="90450000"),
    ]
    assert [one.amount_cents for one in _read(coda(_statement(group, new=100_000))).movements] == [3_000, 2_000, 5_000]


def test_one_payment_with_charges() -> None:
    group = [
        *coda_movement(95_000, "facture 7", code="34150000"),
        *coda_movement(100_000, detail=1, code="84150100", name=""),
        *coda_movement(-5_000, detail=2, code="84150013", name="", iban=""),
    ]
    gross, charge = _read(coda(_statement(group, new=95_000))).movements
    assert (gross.amount_cents, gross.name, gross.text) == (10_000, "DUPONT SA", "facture 7")
    assert (charge.amount_cents, charge.name) == (-500, "")
    alone = [*group[:3], *coda_movement(95_000, "105" + "0" * 57, structured=True, detail=1, code="84150100", name="")]
    (whole,) = _read(coda(_statement(alone, new=95_000))).movements
    assert (whole.amount_cents, whole.name, whole.batch) == (9_500, "DUPONT SA", "")


def test_several_statements_and_a_copy() -> None:
    one = _statement(coda_movement(121_000), new=121_000)
    found = read(coda(one, _statement(old=121_000, new=121_000), copy="D"), "x", OPTIONS)
    assert [(len(statement.movements), statement.line) for statement in found.statements] == [(1, 2), (0, 9)]
    assert [remark.code for remark in found.remarks] == ["duplicate_copy", "duplicate_copy"]


def test_a_statement_without_new_balance_is_whole_when_the_totals_agree() -> None:
    found = read(coda([coda_old(0), *coda_movement(121_000)]), "x", OPTIONS)
    assert (found.statements[0].closing_cents, [one.code for one in found.remarks]) == (None, ["closing_missing"])


def test_what_is_refused() -> None:
    good = coda(_statement(coda_movement(121_000), new=121_000))
    lines = good.decode().split("\n")
    gap = _refused(coda(_statement(coda_movement(121_000), new=121_010)))
    assert (gap.code, gap.params["line"], gap.params["gap_cents"]) == ("statement_gap", 6, -1)
    assert _refused(good.replace(b"2\n1", b"5\n1", 1)).code == "coda_version"
    assert _refused("\n".join(lines[:5]).encode()).code == "file_cut"
    assert _refused("\n".join(lines[:6]).encode()).code == "file_cut"
    assert _refused("\n".join(lines[:4] + lines[5:]).encode()).params["line"] == 6  # a record less than 9 says
    assert _refused("\n".join([lines[0], lines[2]]).encode()).code == "record_out_of_place"
    assert _refused("\n".join([*lines[:2], "7" + lines[2][1:], *lines[3:]]).encode()).code == "record_unknown"
    assert _refused(good.replace(b"000000000121000020326", b"00000000012100O020326", 1)).code == "amount_unreadable"
    assert _refused(good.replace(b"020326001", b"310226001", 1)).code == "date_unreadable"
    assert _refused(good.replace(b"REF1-0", b"REF1-0X", 1)).code == "record_too_long"
    assert _refused(good.replace(b"000000000121000", b"000000000121005")).code == "amount_unreadable"


def test_limits() -> None:
    with pytest.raises(Refused) as refused:
        read(coda(_statement(coda_movement(1_000), coda_movement(1_000), new=2_000)), "x", BankOptions(max_movements=1))
    assert (refused.value.code, refused.value.params["line"]) == ("too_many_movements", 6)
