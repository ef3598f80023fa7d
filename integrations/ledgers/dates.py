"""Dates as programs write them; nothing is guessed: the order of day and month is given or visible."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta

FIRST_YEAR, LAST_YEAR = 1970, 2100

_COMPACT = re.compile(r"([12][0-9]{3})([01][0-9])([0-3][0-9])")
_YEAR_FIRST = re.compile(r"([12][0-9]{3})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[T ].*)?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/. ])([0-9]{1,2})\2((?:[12][0-9])?[0-9]{2})(?: .*)?")
_NAMED = re.compile(r"([0-9]{1,2})(?:er)?[-/. ]+([^\W\d_]{3,10})\.?[-/., ]+((?:[12][0-9])?[0-9]{2})")
_NAMED_FIRST = re.compile(r"([^\W\d_]{3,10})\.? ([0-9]{1,2}),? ((?:[12][0-9])?[0-9]{2})")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janv janvier januari januar jaenner",
            "feb february fev fevr fevrier februari februar",
            "mar march mars maart mrt marz maerz mrz",
            "apr april avr avril",
            "may mai mei",
            "jun june juin juni",
            "jul july juil juillet juli",
            "aug august aou aout augustus",
            "sep sept september septembre",
            "oct october octobre okt oktober",
            "nov november novembre",
            "dec december decembre dez dezember",
        ),
        1,
    )
    for name in names.split()
}
_EPOCH = date(1899, 12, 30)  # day 0 of Excel's serial dates


def parse_date(text: str, order: str = "dmy") -> date:
    """A day from text; `order` (dmy, mdy) says what 01/02/2026 means. Raises ValueError."""
    text = text.strip()
    if match := _COMPACT.fullmatch(text):
        return _day(int(match[1]), int(match[2]), int(match[3]))
    if match := _YEAR_FIRST.fullmatch(text):
        return _day(int(match[1]), int(match[3]), int(match[4]))
    if match := _YEAR_LAST.fullmatch(text):
        first, second, year = int(match[1]), int(match[3]), _full_year(match[4])
        return _day(year, first, second) if order == "mdy" else _day(year, second, first)
    if match := _NAMED.fullmatch(text):
        return _day(_full_year(match[3]), _month(match[2]), int(match[1]))
    if match := _NAMED_FIRST.fullmatch(text):
        return _day(_full_year(match[3]), _month(match[1]), int(match[2]))
    raise ValueError(text)


def date_of_cell(cell: object, order: str = "dmy") -> date:
    """A day from a cell: a date, Excel's serial number, or text. Raises ValueError."""
    if isinstance(cell, datetime):
        return _sane(cell.date())
    if isinstance(cell, date):
        return _sane(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if 10_000_000 < cell < 99_999_999:
            return parse_date(str(int(cell)))
        return date_of_serial(cell)
    text = str(cell).strip()
    if re.fullmatch(r"[2-7][0-9]{4}(?:\.[0-9]+)?", text):
        return date_of_serial(float(text))
    return parse_date(text, order)


def date_of_serial(serial: float) -> date:
    """A day from Excel's serial number (1900 system), between 1970 and 2100. Raises ValueError."""
    if not 25_569 <= serial < 73_415:
        raise ValueError(str(serial))
    return _EPOCH + timedelta(days=int(serial))


def date_order(texts: list[str]) -> str:
    """ "dmy" or "mdy" when one of the dates proves it, "" when none does; "ymd" when all start with the year."""
    proven = set()
    year_first = 0
    for text in texts:
        stripped = text.strip()
        if _COMPACT.fullmatch(stripped) or _YEAR_FIRST.fullmatch(stripped):
            year_first += 1
        elif match := _YEAR_LAST.fullmatch(stripped):
            if int(match[1]) > 12:
                proven.add("dmy")
            elif int(match[3]) > 12:
                proven.add("mdy")
        elif _NAMED.fullmatch(stripped) or _NAMED_FIRST.fullmatch(stripped):
            year_first += 1
    if len(proven) == 1:
        return proven.pop()
    return "ymd" if not proven and year_first and year_first == len(texts) else ""


def plain(text: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _month(name: str) -> int:
    try:
        return _MONTHS[plain(name)]
    except KeyError:
        raise ValueError(name) from None


def _full_year(text: str) -> int:
    year = int(text)
    return year if year > 99 else (2000 + year if year < 70 else 1900 + year)


def _day(year: int, month: int, day: int) -> date:
    return _sane(date(year, month, day))


def _sane(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(day.isoformat())
    return day
