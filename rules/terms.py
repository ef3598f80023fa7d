"""Payment terms: the due date of an invoice that does not say its own.

"45 days end of month" may be counted both ways (DGCCRF on C. com. L441-10): the days first, or the end of month first.

>>> due_on(date(2026, 1, 10), Terms(45, Mode.DAYS_MONTH_END)), due_on(date(2026, 1, 10), Terms(45, Mode.MONTH_END_DAYS))
(datetime.date(2026, 2, 28), datetime.date(2026, 3, 17))
>>> due_on(date(2026, 1, 10), Terms(30, Mode.DAYS_MONTH_END_TENTH))  # 30 days end of month the 10th
datetime.date(2026, 3, 10)
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from rules.days import end_of_month


class Mode(StrEnum):
    """How the days are counted from the date of the document."""

    NET = "net"  # date + n days
    DAYS_MONTH_END = "days_month_end"  # date + n days, then the end of that month
    MONTH_END_DAYS = "month_end_days"  # end of the month of the date, then + n days
    DAYS_MONTH_END_TENTH = "days_month_end_tenth"  # date + n days, end of that month, then the 10th


MODES = tuple(mode.value for mode in Mode)


class Terms(NamedTuple):
    """n days counted in one way; what a customer or a company agreed."""

    days: int
    mode: str = Mode.NET.value


def due_on(document_on: date, terms: Terms) -> date:
    """The last day on which a document of that day is paid on time; an unknown mode counts as net."""
    days = timedelta(days=terms.days)
    if terms.mode == Mode.DAYS_MONTH_END:
        return end_of_month(document_on + days)
    if terms.mode == Mode.MONTH_END_DAYS:
        return end_of_month(document_on) + days
    if terms.mode == Mode.DAYS_MONTH_END_TENTH:
        return end_of_month(document_on + days) + timedelta(days=10)
    return document_on + days


class Ceiling(NamedTuple):
    """Why terms are longer than the law allows: the code of the rule, and the last lawful day for a document of that day."""

    code: str
    last_on: date


PUBLIC_DAYS, SUPPLY_DAYS = 30, 60
CEILING_COUNTRIES = ("FR", "BE", "LU", "NL", "DE")


def last_lawful_on(
    country: str, legal_type: str, document_on: date, mode: str = Mode.NET.value, *, periodic: bool = False
) -> date:
    """The latest due date the law allows to agree on for a document of a day, between professionals or with a public body.

    France (C. com. L441-10 I): 60 days, or 45 days end of month counted either way when agreed so; 45 days for periodic
    invoices. Belgium (law of 2 August 2002): 60 days. Public bodies: 30. Elsewhere 60 (directive 2011/7/EU, where longer terms
    must be agreed expressly and not be grossly unfair).

    >>> last_lawful_on("FR", "business", date(2026, 1, 17), "days_month_end"), last_lawful_on("FR", "business", date(2026, 1, 17), "month_end_days")
    (datetime.date(2026, 3, 31), datetime.date(2026, 3, 17))
    """
    if legal_type == "public":
        return document_on + timedelta(days=PUBLIC_DAYS)
    if country == "FR" and periodic:
        return document_on + timedelta(days=45)
    if country == "FR" and mode in (Mode.DAYS_MONTH_END, Mode.MONTH_END_DAYS):
        return due_on(document_on, Terms(45, mode))
    return document_on + timedelta(days=SUPPLY_DAYS)


def ceiling(country: str, legal_type: str, terms: Terms, document_on: date, *, periodic: bool = False) -> Ceiling | None:
    """The rule that terms break for a document of a day; None when they may be agreed, or where no ceiling is known.

    >>> ceiling("BE", "business", Terms(90), date(2026, 1, 10))
    Ceiling(code='terms_be_60', last_on=datetime.date(2026, 3, 11))
    >>> ceiling("FR", "business", Terms(60), date(2026, 1, 10)) is None
    True
    """
    if country not in CEILING_COUNTRIES or legal_type == "consumer":
        return None
    last = last_lawful_on(country, legal_type, document_on, terms.mode, periodic=periodic)
    if due_on(document_on, terms) <= last:
        return None
    if legal_type == "public":
        return Ceiling("terms_public_30", last)
    if country == "FR":
        mode = terms.mode in (Mode.DAYS_MONTH_END, Mode.MONTH_END_DAYS)
        return Ceiling("terms_fr_45_periodic" if periodic else "terms_fr_45_month_end" if mode else "terms_fr_60", last)
    return Ceiling("terms_be_60" if country == "BE" else "terms_eu_60", last)


def without_terms(document_on: date) -> date:
    """The due date where nothing was agreed: 30 days (FR L441-10, BE law of 2002 art. 4, directive art. 3); in Belgium also
    where a longer term than 60 days was agreed, which counts as unwritten."""
    return document_on + timedelta(days=30)
