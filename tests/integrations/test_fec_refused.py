"""A damaged or cut FEC is refused whole, naming line and column; it is never read into something else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.files import Refused
from integrations.ledgers import ReadOptions, read
from rules.ledger import LedgerSnapshot
from tests.integrations import files
from tests.integrations.files import COLUMNS

OPTIONS = ReadOptions(customer_accounts=("411",))
WHOLE = files.fec(files.little())


def _changed(number: int, **cells: str) -> bytes:
    lines = files.little()
    lines[number] |= cells
    return files.fec(lines)


def _without(*names: str) -> bytes:
    return files.fec(files.little(), columns=[name for name in COLUMNS if name not in names])


CASES: dict[str, tuple[bytes, str, int, str | None]] = {
    "bad entry date": (_changed(3, EcritureDate="20251340"), "date_unreadable", 5, "EcritureDate"),
    "no entry date": (_changed(3, EcritureDate=""), "date_unreadable", 5, "EcritureDate"),
    "zero entry date": (_changed(3, EcritureDate="00000000"), "date_unreadable", 5, "EcritureDate"),
    "bad document date": (_changed(3, PieceDate="2025011"), "date_unreadable", 5, "PieceDate"),
    "bad lettering date": (_changed(2, DateLet="30/02/2025"), "date_unreadable", 4, "DateLet"),
    "a year out of reason": (_changed(3, EcritureDate="29250110"), "date_unreadable", 5, "EcritureDate"),
    "bad debit": (_changed(2, Debit="12OO,00"), "amount_unreadable", 4, "Debit"),
    "bad credit": (_changed(3, Credit="1200,,00"), "amount_unreadable", 5, "Credit"),
    "an exponent": (_changed(2, Debit="1e308"), "amount_unreadable", 4, "Debit"),
    "too large": (_changed(2, Debit="99999999999999,00"), "amount_too_large", 4, "Debit"),
    "no account": (_changed(2, CompteNum=""), "account_unreadable", 4, "CompteNum"),
    "an account of letters": (_changed(2, CompteNum="CLIENT"), "account_unreadable", 4, "CompteNum"),
    "one digit changed": (_changed(4, Debit="460,50"), "file_unbalanced", 6, "Debit"),
    "a line missing": (
        b"".join(WHOLE.splitlines(keepends=True)[:5] + WHOLE.splitlines(keepends=True)[6:]),
        "file_unbalanced",
        6,
        "Debit",
    ),
    "a field missing": (WHOLE.replace(b"\tF2502\t20250115", b"\tF250220250115", 1), "column_count", 6, None),
    "a field too many": (WHOLE.replace(b"\tF2502\t", b"\tF25\t02\t", 1), "column_count", 6, None),
    "a column missing": (_without("EcritureLet"), "column_missing", 1, "EcritureLet"),
    "amounts missing": (_without("Debit", "Credit"), "column_missing", 1, "Debit"),
    "a NUL": (WHOLE.replace(b"F2502", b"F2\x0002", 1), "nul_byte", 6, None),
    "broken UTF-8": (WHOLE.replace("é".encode(), b"\xc3", 1), "damaged_text", 6, None),
    "BOM and not UTF-8": (b"\xef\xbb\xbf" + files.fec(files.little(), encoding="cp1252"), "damaged_text", 2, None),
    "only a header": (files.fec([]), "file_empty", 1, None),
}


@pytest.mark.parametrize("case", CASES)
def test_damage_is_refused_naming_line_and_column(case: str) -> None:
    data, code, line, column = CASES[case]
    with pytest.raises(Refused) as refused:
        read(data, "a", OPTIONS)
    assert refused.value.code == code
    assert refused.value.params.get("line") == line
    assert refused.value.params.get("column") == column


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02", b"%PDF-1.7 whatever", b"bonjour", b"{}", b"<xml/>"])
def test_what_is_no_ledger_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        read(data, "a.txt", OPTIONS)


def test_a_file_larger_than_allowed_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        read(WHOLE, "a", replace(OPTIONS, max_bytes=100))
    assert refused.value.code == "file_too_large"
    with pytest.raises(Refused) as refused:
        read(WHOLE, "a", replace(OPTIONS, max_rows=10))
    assert refused.value.code == "too_many_lines"


def test_a_currency_cut_off_at_the_end_is_noticed() -> None:
    lines = [line | {"Montantdevise": "10,00", "Idevise": "USD"} for line in files.little()]
    data = files.fec(lines, end=False)
    assert read(data, "a", OPTIONS).lines[0].foreign_currency == "USD"
    for cut in (1, 2, 3):
        with pytest.raises(Refused) as refused:
            read(data[:-cut], "a", OPTIONS)
        assert refused.value.code == "line_cut"
        assert refused.value.params["line"] == 15


def _sense(snapshot: LedgerSnapshot) -> object:
    return [line[1:] for line in snapshot.lines], snapshot.balance_cents


@pytest.mark.parametrize("end", [WHOLE, files.fec(files.little(), eol="\r\n"), files.fec(files.little(), separator="|")])
def test_a_copy_cut_anywhere_is_refused_unless_what_is_left_is_whole_entries(end: bytes) -> None:
    whole = _sense(read(end, "a", OPTIONS))
    mark = b"\r\n" if b"\r\n" in end else b"\n"
    rows = end.split(mark)[:-1]
    for cut in range(len(rows[0]), len(end)):
        copy = end[:cut]
        left = copy.count(mark)
        try:
            found = read(copy, "a", OPTIONS)
        except Refused as refused:
            assert "line" in refused.params
            continue
        complete = left + (copy.removesuffix(b"\r").endswith(rows[min(left, len(rows) - 1)]))
        # The only copies that can be read end exactly where an entry ends: they are a shorter ledger, not a damaged one.
        assert complete in (3, 5, 7, 9, 11, 13, 15), cut
        assert _sense(found)[0] == whole[0][: len(found.lines)]  # type: ignore[index]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_bytes_come_the_answer_is_a_ledger_or_a_refusal(data: st.DataObject) -> None:
    body = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "insert"])):
            case "flip":
                body[at] = data.draw(st.integers(0, 255))
            case "cut":
                del body[at : at + data.draw(st.integers(1, 40))]
            case _:
                body[at:at] = data.draw(st.binary(max_size=10) | st.sampled_from([b"\t", b"\n", b'"', b"\r", b"\xef\xbb\xbf"]))
        if not body:
            return
    try:
        found = read(bytes(body), "a", OPTIONS)
    except Refused:
        return
    assert sum(line.amount_cents for line in found.lines) == sum(found.balance_cents.values())
