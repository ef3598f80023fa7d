"""Amounts as people and programs write them → integer cents.

>>> parse_cents("1 234,50"), parse_cents("6,008.89 "), parse_cents("100,00-"), parse_cents("(100,00)")
(123450, 600889, -10000, -10000)
>>> parse_cents("1.234", decimal=","), parse_cents("1.234", decimal=".")
(123400, 123)
>>> parse_cents("1.234")  # a thousand or one and a bit: never guessed
Traceback (most recent call last):
...
rules.errors.DomainError: amount_ambiguous {'value': '1.234'}
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from rules.errors import DomainError

MAX_LENGTH = 60  # signs of an amount: a longer text is none, and is not searched for one
MAX_DIGITS = 13  # before the decimal sign: sums of a million such amounts still fit SQLite's integers

# Spaces and apostrophes that group digits, and the minus signs of typesetters.
_SIGNS = str.maketrans(
    {
        "\u00a0": " ",
        "\u202f": " ",
        "\u2007": " ",
        "\u2009": " ",
        "\t": " ",
        "\u2019": "'",
        "\u02bc": "'",
        "\u2212": "-",
        "\u2013": "-",
        "\u2011": "-",
    }
)
_SHAPE = re.compile(
    r"""(?P<open>\()?\s*
    (?P<sign>[+-])?\s*
    (?:€|\$|£|EUR|USD|GBP|CHF)?\s*
    (?P<inner>[+-])?
    (?P<body>[0-9.,'][0-9 .,']*?)\s*
    (?:€|\$|£|EUR|USD|GBP|CHF)?\s*
    (?P<close>\))?\s*
    (?P<trail>[+-])?\s*
    (?P<side>DR|CR|DB|D|C)?\.?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_GROUPED = re.compile(r"[0-9]{1,3}(?P<mark>[ .,'])[0-9]{3}(?:(?P=mark)[0-9]{3})*", re.ASCII)


def parse_cents(text: str, decimal: str | None = None) -> int:
    """Cents of an amount; "" is 0. `decimal` is the file's decimal sign, None = by the amount's own shape.

    Credit (CR, C), a trailing minus and brackets are negative. More than two decimals are rounded half away from
    zero. Raises `DomainError` amount_unreadable, amount_ambiguous or amount_too_large with the text as `value`."""
    trimmed = text.translate(_SIGNS).strip()
    if not trimmed:
        return 0
    if len(trimmed) > MAX_LENGTH:
        raise DomainError("amount_too_large" if trimmed.isdecimal() else "amount_unreadable", value=text)
    shape = _SHAPE.fullmatch(trimmed)
    if shape is None or bool(shape["open"]) != bool(shape["close"]):
        raise DomainError("amount_unreadable", value=text)
    marks = [mark for mark in (shape["open"], shape["sign"], shape["inner"], shape["trail"]) if mark]
    side = (shape["side"] or "").upper()
    if len(marks) > 1:
        raise DomainError("amount_unreadable", value=text)
    negative = bool(marks) and marks[0] != "+"
    if side in ("CR", "C"):
        negative = not negative
    cents = _unsigned(shape["body"].strip(), decimal, text)
    return -cents if negative else cents


def cents_of_number(number: float | int | Decimal) -> int:
    """Cents of a spreadsheet's number, rounded half away from zero; 0.1 + 0.2 is 30 cents."""
    try:
        exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
        if abs(exact) >= 10**MAX_DIGITS:
            raise DomainError("amount_too_large", value=str(number))
        return int((exact * 100).quantize(Decimal(1), ROUND_HALF_UP))
    except ArithmeticError:  # nan and infinities
        raise DomainError("amount_unreadable", value=str(number)) from None


def _unsigned(body: str, decimal: str | None, text: str) -> int:
    point = _decimal_sign(body, decimal, text)
    whole, _, decimals = body.rpartition(point) if point and point in body else (body, "", "")
    if point and point in body and not decimals:
        raise DomainError("amount_unreadable", value=text)
    if whole and not whole.isdigit():
        grouped = _GROUPED.fullmatch(whole)
        if grouped is None or grouped["mark"] == point:
            raise DomainError("amount_unreadable", value=text)
        whole = whole.replace(grouped["mark"], "")
    if decimals and not decimals.isdigit():
        raise DomainError("amount_unreadable", value=text)
    if len(whole.lstrip("0")) > MAX_DIGITS:
        raise DomainError("amount_too_large", value=text)
    cents = int(whole or "0") * 100 + int((decimals + "00")[:2])
    return cents + 1 if decimals[2:3] >= "5" else cents


def _decimal_sign(body: str, decimal: str | None, text: str) -> str:
    """The decimal sign of one amount: given, or the last of two different signs, or the only one."""
    if decimal is not None:
        return decimal
    commas, points = body.count(","), body.count(".")
    if commas and points:
        return "," if body.rindex(",") > body.rindex(".") else "."
    if commas + points != 1:
        return ""  # none, or a thousands sign repeated
    sign = "," if commas else "."
    before, after = body.split(sign)
    if len(after) == 3 and before.isdigit() and len(before) <= 3 and before != "0":
        raise DomainError("amount_ambiguous", value=text)
    return sign
