"""CFONB 120: overpunched amounts, details, several accounts, and files cut."""

from __future__ import annotations

from datetime import date

import pytest

from integrations.banks import BankOptions, Refused, read, sniff
from rules.bank import Movement
from tests.integrations.bank_files import cfonb, cfonb_detail

OPTIONS = BankOptions()
IBAN = "FR2430004007941234567890107"


def _made(*records: str, breaks: str = "\n") -> bytes:
    assert {len(record) for record in records} == {120}
    return breaks.join(records).encode("cp1252")


def _refused(data: bytes) -> Refused:
    with pytest.raises(Refused) as refused:
        read(data, "x", OPTIONS)
    return refused.value


def _only(*details: str, cents: int = 12_100, label: str = "VIR SEPA DUPONT SA", **how: str) -> Movement:
    data = _made(cfonb("01", 0), cfonb("04", cents, label, **how), *details, cfonb("07", cents))
    return read(data, "x", OPTIONS).statements[0].movements[0]


@pytest.mark.parametrize("breaks", ["\n", "\r\n", "", "\n\n"])
def test_a_statement(breaks: str) -> None:
    data = _made(
        cfonb("01", -19_040, day="010326"),
        cfonb("04", 12_100, "VIR SEPA DUPONT SA"),
        cfonb_detail("NPY", "DUPONT SA"),
        cfonb_detail("LCC", "FACTURE F12"),
        cfonb_detail("RCN", "E2E-77".ljust(35) + "PURPOSE"),
        cfonb("04", -3_221, "PRLV ÉNERGIE"),
        cfonb("07", -10_161),
        breaks=breaks,
    )
    assert sniff(data, "x.csv") == "cfonb120"
    (statement,) = read(data, "x", OPTIONS).statements
    assert (statement.currency, statement.opening_cents, statement.closing_cents) == ("EUR", -19_040, -10_161)
    assert (statement.opening_on, statement.closing_on) == (date(2026, 3, 1), date(2026, 3, 2))
    assert statement.account.startswith("FR") and statement.account[4:] == "3000400794123456789" + statement.account[23:]
    paid, debit = statement.movements
    assert (paid.amount_cents, paid.name, paid.text, paid.end_to_end, paid.uid, paid.code) == (
        12_100, "DUPONT SA", "VIR SEPA DUPONT SA FACTURE F12", "E2E-77", "1234567", "18",
    )  # fmt: skip
    assert (debit.amount_cents, debit.text) == (-3_221, "PRLV ÉNERGIE")


@pytest.mark.parametrize("cents", [*range(-10, 11), 123_456_789, -123_456_789])
def test_overpunched_signs(cents: int) -> None:
    assert _only(cents=cents, label="x").amount_cents == cents


def test_details() -> None:
    assert _only().name == "DUPONT SA"  # of the label, when nothing else names the payer
    assert _only(label="VIR INST DE MARTIN").name == "MARTIN"
    assert _only(label="FRAIS DE TENUE").name == ""
    assert _only(cfonb_detail("RUM", "MANDATE-7")).mandate == "MANDATE-7"
    assert _only(cfonb_detail("LCC", "F12 +++090/9337/55493+++")).structured == "090933755493"
    foreign = _only(cfonb_detail("MMO", "USD2" + "00000000013000"))
    assert (foreign.foreign_currency, foreign.foreign_cents) == ("USD", 13_000)
    back = _only(cents=-500, label="IMPAYE DUPONT", reject="AB")
    assert (back.returned, back.return_reason) == (True, "AB")
    assert not _only(cents=-500, label="FRAIS REJET PRLV").returned


def test_several_accounts() -> None:
    data = _made(cfonb("01", 5), cfonb("07", 5), cfonb("01", 7, account="00000000001"), cfonb("07", 7, account="00000000001"))
    assert [one.closing_cents for one in read(data, "x", OPTIONS).statements] == [5, 7]


def test_what_is_refused() -> None:
    start, move, end = cfonb("01", 0), cfonb("04", 12_100), cfonb("07", 12_100)
    assert _refused(_made(start, move, cfonb("07", 12_101))).params["gap_cents"] == -1
    assert _refused(_made(start, move)).code == "file_cut"
    assert _refused(_made(start, start)).code == "file_cut"
    assert _refused(_made(move, start, end)).params == {"line": 1, "value": "04"}
    assert _refused(_made(start, move, end, end)).params == {"line": 4, "value": "07"}
    assert _refused(_made(start, cfonb("04", 1, account="00000000001"), end)).code == "record_out_of_place"
    assert _refused(_made(start, cfonb_detail("LCC", "x"), end)).code == "record_out_of_place"
    wrong = _refused(_made(start, cfonb("04", 12_100, day="  CART"), end))
    assert wrong.params == {"line": 2, "column": "35–40", "value": "  CART"}
    assert _refused(_made(start, move.replace("1210{", "1210?"), end)).code == "amount_unreadable"
    assert _refused(_made(start, "09" + move[2:], end)).code == "record_unknown"
    assert _refused(_made(start, move, end) + b"X").code == "record_too_long"


def test_cfonb_240_is_named() -> None:
    line = "3100000120181220E".ljust(240)
    assert sniff(line.encode(), "x") == "cfonb240"
    assert _refused(line.encode()).code == "cfonb_240"
