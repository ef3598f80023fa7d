"""Small bank statements for tests, movement by movement; and the same as a CODA file where a whole path is tried."""

from __future__ import annotations

from datetime import date
from typing import Any

from rules.bank import BankFile, Movement, Statement

ACCOUNT = "FR7630004000031234567890143"


def money_in(cents: int, on: date, name: str = "", text: str = "", **said: Any) -> Movement:
    """Money that came in (negative cents: went out) on a day."""
    return Movement(1, on, cents, said.pop("currency", "EUR"), name=name, text=text, **said)


def bank_file(*movements: Movement, opening: int = 100_000, account: str = ACCOUNT, kind: str = "day", **said: Any) -> BankFile:
    """One statement that adds up."""
    days = [one.booked_on for one in movements]
    balances = {} if kind == "advice" else {
        "opening_cents": opening, "closing_cents": opening + sum(one.amount_cents for one in movements),
        "opening_on": min(days), "closing_on": max(days),
    }  # fmt: skip
    lines = [one._replace(line=number) for number, one in enumerate(movements, 2)]
    return BankFile("coda", [Statement(account, kind=kind, movements=lines, **balances, **said)], [], len(lines))
