"""MT940 and MT942: fields, pages, signs, and the many ways of :86:."""

from __future__ import annotations

from datetime import date

import pytest

from integrations.banks import BankOptions, Refused, read, sniff
from rules.bank import BankFile, Movement
from tests.integrations.bank_files import OWN, PAYER, mt940

OPTIONS = BankOptions()
OPENING, CLOSING = ":60F:C260301EUR0,", ":62F:C260302EUR121,00"


def _file(data: bytes) -> BankFile:
    return read(data, "x", OPTIONS)


def _only(*details: str, movement: str = ":61:2603020302C121,00NTRFNONREF//B1", closing: str = CLOSING) -> Movement:
    (found,) = _file(mt940(":28C:7/1", OPENING, movement, *details, closing)).statements[0].movements
    return found


def _refused(data: bytes) -> Refused:
    with pytest.raises(Refused) as refused:
        read(data, "x", OPTIONS)
    return refused.value


def test_a_statement() -> None:
    data = mt940(":28C:7/1", OPENING, ":61:2603030302CR121,NTRFINV12//B1", ":86:FACTURE F12", CLOSING, ":64:C260302EUR121,00")
    assert sniff(data, "x.sta") == "mt940"
    (statement,) = _file(data).statements
    assert (statement.account, statement.currency, statement.number, statement.uid) == (OWN, "EUR", "7/1", "STARTUMS")
    assert (statement.opening_cents, statement.closing_cents) == (0, 12_100)
    assert statement.movements == [
        Movement(
            5, date(2026, 3, 2), 12_100, "EUR", date(2026, 3, 3), "B1", text="FACTURE F12 INV12", code="NTRF"
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mark", "cents"),
    [("C", 12_100), ("D", -12_100), ("CR", 12_100), ("DR", -12_100), ("RC", -12_100), ("RD", 12_100), ("RCR", -12_100)],
)
def test_signs(mark: str, cents: int) -> None:
    sign = "C" if cents > 0 else "D"
    found = _only(movement=f":61:260302{mark}121,00NTRFNONREF", closing=f":62F:{sign}260302EUR121,00")
    assert (found.amount_cents, found.returned) == (cents, mark.startswith("R"))


def test_days() -> None:
    assert _only(movement=":61:2601021231C121,00NTRFX").booked_on == date(2025, 12, 31)
    assert _only(movement=":61:2512310102C121,00NTRFX").booked_on == date(2026, 1, 2)
    assert _only(movement=":61:2602300302C121,00NTRFX").value_on == date(2026, 2, 28)
    assert _refused(mt940(OPENING, ":61:2613020302C121,00NTRFX", CLOSING)).code == "date_unreadable"


def test_german_fields() -> None:
    found = _only(
        ":86:166?00GUTSCHRIFT?100399?20EREF+E2E-77?21MREF+M-1?22SVWZ+Rechnung F",
        "12 vom?23 1. Maerz?30GEBABEBB?31" + PAYER + "?32Dupont?33 SA?34000",
    )
    assert (found.name, found.iban, found.bic, found.end_to_end, found.mandate) == (
        "Dupont SA",
        PAYER,
        "GEBABEBB",
        "E2E-77",
        "M-1",
    )
    assert (found.text, found.code) == ("Rechnung F12 vom 1. Maerz", "NTRF 166")
    back = _only(
        ":86:109?00RETOURE?20EREF+E2E-77?21SVWZ+RETURN CODE MD06?32Dupont",
        movement=":61:260302D121,00NRTINONREF",
        closing=":62F:D260302EUR121,00",
    )
    assert (back.returned, back.return_reason, back.end_to_end) == (True, "MD06", "E2E-77")


def test_coded_fields() -> None:
    found = _only(
        ":86:/TRTP/SEPA OVERBOEKING/IBAN/" + PAYER + "/BIC/GEBABEBB/NAME/Dupont",
        " SA/REMI/Factuur F12/EREF/E2E-77",
    )
    assert (found.name, found.iban, found.text, found.end_to_end) == ("Dupont SA", PAYER, "Factuur F12", "E2E-77")
    ing = _only(f":86:/EREF/NOTPROVIDED//CNTP/{PAYER}/GEBABEBB/Dupont SA///REMI/STRD/CUR/090933755493/")
    assert (ing.name, ing.iban, ing.bic, ing.structured, ing.end_to_end) == ("Dupont SA", PAYER, "GEBABEBB", "090933755493", "")


def test_free_text() -> None:
    full = "x" * 65
    assert _only(":86:" + full, "yy zz").text == full + "yy zz"
    assert _only(":86:first", "second +++090/9337/55493+++").structured == "090933755493"
    asn = _only(f":86:{PAYER} dupont sa", "", "Facture F12", movement=f":61:2603020302C121,00NOVB{PAYER}")
    assert (asn.iban, asn.name, asn.text) == (PAYER, "dupont sa", "Facture F12")
    assert _only(movement=":61:260302C121,00NTRFREF 9\r\nDUPONT SA").text == "REF 9 DUPONT SA"


def test_pages_of_a_statement_are_put_together() -> None:
    first = mt940(":28C:7/1", OPENING, ":61:260302C21,00NTRFA", ":62M:C260302EUR21,00")
    second = mt940(":28C:7/2", ":60M:C260302EUR21,00", ":61:260302C100,00NTRFB", CLOSING)
    (statement,) = _file(first + second).statements
    assert ([one.amount_cents for one in statement.movements], statement.gap_cents) == ([2_100, 10_000], 0)
    assert [remark.code for remark in _file(first).remarks] == ["page_missing"]


def test_swift_blocks_and_several_statements() -> None:
    one = mt940(":28C:1/1", OPENING, ":61:260302C121,00NTRFA", CLOSING, tail="-}{5:}").decode()
    other = "{1:F01ASNBNL21XXXX0000000000}{2:O940ASNBNL21XXXXN}{3:}{4:\r\n"
    found = _file((other + one + other + one.replace("1/1", "2/1")).encode())
    assert [(statement.number, len(statement.movements)) for statement in found.statements] == [("1/1", 1), ("2/1", 1)]
    glued = (other.strip() + one).encode()
    assert sniff(glued, "x") == "mt940"
    assert len(_file(glued).statements) == 1


def test_mt942() -> None:
    data = mt940(
        ":28C:1/1", ":34F:EUR0,", ":13D:2603021815+0100", ":61:2603020302C0,01NTRFNONREF//B1", ":86:x", ":90C:1EUR0,01"
    )
    assert sniff(data, "x") == "mt942"
    (statement,) = _file(data).statements
    assert (statement.kind, statement.currency, statement.gap_cents, len(statement.movements)) == ("intraday", "EUR", None, 1)


def test_what_is_refused() -> None:
    good = mt940(":28C:7/1", OPENING, ":61:260302C121,00NTRFA", CLOSING)
    gap = _refused(good.replace(b"C121,00", b"C121,01"))
    assert (gap.code, gap.params["line"], gap.params["gap_cents"]) == ("statement_gap", 6, 1)
    assert _refused(good[: good.index(b":62F")]).code == "file_cut"
    assert _refused(good + b":61:260302C5,NTRFA\r\n").code == "record_out_of_place"
    assert _refused(good.replace(b":61:260302C", b":61:260302X")).params == {
        "line": 5,
        "column": ":61:",
        "value": "260302X121,00NTRFA",
    }
    assert _refused(good.replace(b"C260301EUR0,", b"C260301EURO,")).code == "amount_unreadable"
    assert _refused(good.replace(b":62F:C260302EUR", b":62F:C260302USD")).code == "currency_mixed"
    assert _refused(good.replace(OWN.encode(), b"")).code == "account_missing"
    assert (
        _refused(good.replace(CLOSING.encode(), b":86:a" + b"\r\nb" * 500 + b"\r\n" + CLOSING.encode())).code
        == "field_too_long"
    )
