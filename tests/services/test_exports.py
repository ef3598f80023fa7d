"""Files of lists: real amounts and dates, never a formula."""

from __future__ import annotations

import io
from datetime import date

import openpyxl
import pytest

from services.exports import Column, csv_text, xlsx

COLUMNS = (Column("Client", width=30), Column("Échéance", "day"), Column("Reste dû", "money"), Column("Jours", "number"))
ROWS = [("Menuiserie Vasseur & Fils", date(2026, 1, 31), 641280, 108), ("=HYPERLINK(0)", None, -18815, None)]


def test_csv_opens_in_a_french_excel():
    text = csv_text(COLUMNS, ROWS, "fr")
    assert text == (
        "\ufeffClient;Échéance;Reste dû;Jours\r\nMenuiserie Vasseur & Fils;31/01/2026;6412,80;108\r\n'=HYPERLINK(0);;-188,15;\r\n"
    )
    assert csv_text(COLUMNS, ROWS[:1], "en").splitlines()[1] == "Menuiserie Vasseur & Fils,31/01/2026,6412.80,108"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_text_never_becomes_a_formula(start):
    assert f"'{start}cmd" in csv_text((Column("A"),), [(start + "cmd",)])


def test_xlsx_has_real_amounts_dates_and_totals():
    book = openpyxl.load_workbook(
        io.BytesIO(xlsx("Balance âgée au 19/05: [tout]", COLUMNS, ROWS, ("Total", None, 622465, None)))
    )
    sheet = book.active
    assert sheet.title == "Balance âgée au 19 05   tout"
    values = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert values[0] == ["Client", "Échéance", "Reste dû", "Jours"]
    assert values[1][0] == "Menuiserie Vasseur & Fils" and values[1][1].date() == date(2026, 1, 31)
    assert values[1][2:] == [6412.8, 108] and values[2][2] == -188.15 and values[3][2] == 6224.65
    assert sheet["A3"].data_type == "s" and sheet["A3"].value == "=HYPERLINK(0)"
    assert sheet.freeze_panes == "A2"


def test_xlsx_of_an_empty_list_is_a_file_with_headings():
    book = openpyxl.load_workbook(io.BytesIO(xlsx("", COLUMNS, [])))
    assert [cell.value for cell in book.active[1]] == [c.title for c in COLUMNS]
