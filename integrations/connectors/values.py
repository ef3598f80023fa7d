"""Values as other programs' interfaces give them → ours: amounts to cents, days, texts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.ledgers.fec import clean
from rules.errors import DomainError
from rules.ledger import LedgerLine, LedgerSnapshot, Remark, ThirdParty
from rules.money import cents_of_number

HALF_DAY = timedelta(hours=12)


class Odd(ValueError):
    """A value that is not what the documented interface gives; the connector says which program gave it."""


def cents(value: Any) -> int:
    """Cents of a JSON number or of its text; nothing (null, false, "") is 0. Raises `Odd`."""
    if value in (None, False, ""):
        return 0
    try:
        return cents_of_number(Decimal(str(value)))
    except (DomainError, InvalidOperation, ValueError):
        raise Odd(f"amount: {str(value)[:50]}") from None


def text(value: Any) -> str:
    """Trimmed text; null and false are "" (Odoo says false where nothing is)."""
    return "" if value is None or value is False else clean(str(value))[:500]


def number(value: Any) -> int:
    """An identifier, 0 when there is none."""
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0


def day(value: Any) -> date | None:
    """A day from "2026-11-20", the same with a time, or seconds since 1970 at local midnight wherever the program
    stands: twelve hours later it is the same day in UTC."""
    if value in (None, False, "", 0, "0"):
        return None
    found = str(value).strip()
    try:
        if found.lstrip("-").isdecimal() and len(found) > 8:
            return (datetime.fromtimestamp(int(found), UTC) + HALF_DAY).date()
        return date.fromisoformat(found[:10])
    except (ValueError, OverflowError, OSError):
        raise Odd(f"date: {found[:50]}") from None


def months_before(today: date, months: int) -> date:
    """The first day of the month so many months ago."""
    place = today.year * 12 + today.month - 1 - max(0, min(months, 120))
    return date(place // 12, place % 12 + 1, 1)


def open_list(
    program: str, lines: list[LedgerLine], parties: list[ThirdParty], remarks: list[Remark], today: date
) -> LedgerSnapshot:
    """A list of what is open today, with settled lines among it (open 0, settled on `lettered_on`)."""
    balance: dict[str, int] = {}
    for line in lines:
        balance[line.currency] = balance.get(line.currency, 0) + line.amount_cents
    return LedgerSnapshot("open_items", program, lines, parties, remarks, len(lines), None, today, balance)
