"""A second, independent reading of a FEC for the corpus tests: csv and Decimal, nothing of the product."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

Key = str


def rows(path: Path) -> list[dict[str, str]]:
    """The lines by lower-case column name."""
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    first = text.splitlines()[0]
    separator = max("\t|;,", key=first.count)
    found = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=csv.QUOTE_NONE) if any(row)]
    header = [name.strip().lower() for name in found[0]]
    return [dict(zip(header, [cell.strip() for cell in row], strict=False)) for row in found[1:]]


def amount(text: str) -> Decimal:
    """An amount with either decimal sign; empty is nothing."""
    return Decimal(text.replace(",", ".") or "0")


def signed(row: dict[str, str]) -> Decimal:
    """Debit minus credit."""
    if "montant" in row:
        value = amount(row["montant"])
        return value if row["sens"].upper() in ("D", "+1", "1", "+") else -value
    return amount(row["debit"]) - amount(row["credit"])


def balances(path: Path, prefixes: tuple[str, ...]) -> dict[Key, Decimal]:
    """Σ(debit − credit) per customer: auxiliary account, else the account."""
    found: dict[Key, Decimal] = defaultdict(Decimal)
    for row in rows(path):
        if row["comptenum"].startswith(prefixes):
            found[" ".join(row["compauxnum"].split()) or row["comptenum"]] += signed(row)
    return dict(found)
