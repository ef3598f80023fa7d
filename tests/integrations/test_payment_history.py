"""Tables of paid invoices: dates of several countries, open rows, what is refused and where."""

from __future__ import annotations

from datetime import date

import pytest

from integrations.files import Refused
from integrations.payment_history import Columns, read_history

NAMES = Columns("Customer", "Due", "Paid", "Issued", "Amount")
HEADER = "Customer;Issued;Due;Paid;Amount\n"


def read(text: str, columns: Columns = NAMES):
    return read_history(text.encode(), columns)


@pytest.mark.parametrize(
    ("issued", "due", "paid"),
    [
        ("2026-03-01", "2026-03-31", "2026-04-13"),
        ("01/03/2026", "31/03/2026", "13/04/2026"),
        ("3/1/2026", "3/31/2026", "4/13/2026"),
        ("01-Mar-26", "31-Mar-26", "13-Apr-26"),
        ("20260301", "20260331", "20260413"),
        ("01.03.2026", "31.03.2026", "13.04.2026"),
        ("2026-03-01", "2026-03-31", "43"),
    ],
)
def test_dates_as_programs_write_them(issued: str, due: str, paid: str):
    [row] = read(f"{HEADER}Dupont;{issued};{due};{paid};1 234,56\n").rows
    assert row == ("Dupont", date(2026, 3, 31), date(2026, 4, 13), 123_456, date(2026, 3, 1), "")


def test_a_column_that_does_not_show_its_order_follows_the_others():
    [row] = read(f"{HEADER}Dupont;1/2/2026;3/31/2026;4/5/2026;1,234.56\n").rows
    assert (row.issued_on, row.paid_on, row.cents) == (date(2026, 1, 2), date(2026, 4, 5), 123_456)


def test_open_rows_are_left_out_and_lines_are_kept():
    found = read(
        f'{HEADER}Dupont;2026-03-01;2026-03-31;;10\n\n"Du\nrand";2026-03-01;2026-03-31;2026-04-02;\nD;2026-03-01;2026-03-31;2026-04-03;7\n'
    )
    assert (found.lines, found.open_rows) == ([4, 6], 1)
    assert [row.cents for row in found.rows] == [0, 700]


def test_headers_are_found_whatever_their_case_and_without_the_optional_ones():
    found = read("customer,DUE ,paid\nDupont,2026-03-31,2026-04-02\n", Columns("Customer", "Due", "Paid"))
    assert found.rows[0].issued_on is None


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("Customer;Due\n", "history_column", 1),
        ("", "history_column", 1),
        (f"{HEADER};2026-03-01;2026-03-31;2026-04-02;1\n", "history_customer", 2),
        (f"{HEADER}A;2026-03-01;2026-03-31;2026-04-02;1\nB;2026-03-01;;2026-04-02;1\n", "history_date_missing", 3),
        (f"{HEADER}A;2026-03-01;2026-03-31;2026-04-02;1\nB;2026-03-01;2026-02-30;2026-04-02;1\n", "date_unreadable", 3),
        (f"{HEADER}A;2026-03-01;2026-03-31;soon;1\n", "date_unreadable", 2),
        (f"{HEADER}A;01/02/2026;03/02/2026;04/02/2026;1\n", "history_date_unclear", 2),
        (f"{HEADER}A;2026-03-01;2026-03-31;2026-04-02;ten\n", "history_amount", 2),
        (f"{HEADER}A;;2026-03-31;12;1\n", "history_days", 2),
        (f'{HEADER}A;2026-03-01;2026-03-31;"2026-04-02;1\n', "damaged_text", 2),
    ],
)
def test_what_cannot_be_read_is_refused_naming_the_line(text: str, code: str, line: int):
    with pytest.raises(Refused) as refused:
        read(text)
    assert (refused.value.code, refused.value.params["line"]) == (code, line)


def test_too_large():
    with pytest.raises(Refused) as refused:
        read_history(b"x" * 11, NAMES, max_bytes=10)
    assert refused.value.code == "file_too_large"
