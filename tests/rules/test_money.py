"""Amounts: every way of writing them, and what must be refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import DomainError
from rules.money import cents_of_number, parse_cents


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("", 0),
        ("   ", 0),
        ("0", 0),
        ("12", 1200),
        ("60,0", 6000),
        ("1234,50", 123450),
        ("1234.50", 123450),
        ("1 234,50", 123450),
        ("1\u00a0234,50", 123450),
        ("1\u202f234\u202f567,89", 123456789),
        ("1'234.50", 123450),
        ("1’234.50", 123450),
        ("6,008.89 ", 600889),
        ("1.234.567,89", 123456789),
        ("1,234,567", 123456700),
        ("000000001234,50", 123450),
        (",5", 50),
        (".05", 5),
        ("-12,50", -1250),
        ("- 12,50", -1250),
        ("−12,50", -1250),
        ("+12,50", 1250),
        ("100,00-", -10000),
        ("100,00 -", -10000),
        ("100,00+", 10000),
        ("(100,00)", -10000),
        ("( 1 100,00 )", -110000),
        ("100,00 CR", -10000),
        ("100,00CR.", -10000),
        ("100,00 DR", 10000),
        ("100,00 D", 10000),
        ("100,00 C", -10000),
        ("-100,00 CR", 10000),
        ("12,50 €", 1250),
        ("€ 12,50", 1250),
        ("-12,50 €", -1250),
        ("€ -12,50", -1250),
        ("12.50 EUR", 1250),
        ("$1,234.50", 123450),
        ("0,125", 13),
        ("-0,125", -13),
        ("1234.567", 123457),
        ("76499.6199999999", 7649962),
        ("9999999999999,99", 999999999999999),
    ],
)
def test_what_is_understood(text: str, cents: int) -> None:
    assert parse_cents(text) == cents


@pytest.mark.parametrize(
    ("text", "decimal", "cents"),
    [
        ("1,234", ",", 123),
        ("1,234", ".", 123400),
        ("1.234", ",", 123400),
        ("1.234", ".", 123),
        ("1.234,5", ",", 123450),
        ("1,234.5", ".", 123450),
        ("12 345", ",", 1234500),
        ("12 345", ".", 1234500),
    ],
)
def test_the_decimal_sign_of_the_file_decides(text: str, decimal: str, cents: int) -> None:
    assert parse_cents(text, decimal) == cents


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.234", "amount_ambiguous"),
        ("12,345", "amount_ambiguous"),
        ("douze", "amount_unreadable"),
        ("12OO,00", "amount_unreadable"),
        ("1,2,3", "amount_unreadable"),
        ("1,23,456", "amount_unreadable"),
        ("1 23", "amount_unreadable"),
        ("12,", "amount_unreadable"),
        ("1 234.567,00", "amount_unreadable"),
        ("--5", "amount_unreadable"),
        ("-5-", "amount_unreadable"),
        ("-(5)", "amount_unreadable"),
        ("(5", "amount_unreadable"),
        ("5)", "amount_unreadable"),
        ("-", "amount_unreadable"),
        ("1e308", "amount_unreadable"),
        ("nan", "amount_unreadable"),
        ("inf", "amount_unreadable"),
        ("1_000", "amount_unreadable"),
        ("٣", "amount_unreadable"),
        ("²", "amount_unreadable"),
        ("12;50", "amount_unreadable"),
        ("=1+1", "amount_unreadable"),
        ("10 000 000 000 000", "amount_too_large"),
        ("1" * 400, "amount_too_large"),
    ],
)
def test_what_is_refused_with_its_text(text: str, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        parse_cents(text)
    assert (refused.value.code, refused.value.params) == (code, {"value": text})


@pytest.mark.parametrize(("text", "decimal"), [("12.50", ","), ("1234.50", ","), ("12,50", ".")])
def test_the_other_sign_groups_thousands_or_is_refused(text: str, decimal: str) -> None:
    with pytest.raises(DomainError):
        parse_cents(text, decimal)


def _written(cents: int, group: str, decimal: str) -> str:
    units, rest = divmod(abs(cents), 100)
    return f"{units:,}".replace(",", group) + f"{decimal}{rest:02}"


@given(
    st.integers(-(10**14), 10**14),
    st.sampled_from([(" ", ","), ("\u00a0", ","), ("\u202f", ","), ("'", "."), (",", "."), (".", ","), ("", ","), ("", ".")]),
    st.sampled_from(["-{}", "{}-", "({})", "{} CR", "-{} €", "{} C"]),
    st.booleans(),
)
def test_written_and_read_again(cents: int, signs: tuple[str, str], minus: str, told: bool) -> None:
    group, decimal = signs
    text = _written(cents, group, decimal)
    assert parse_cents(minus.format(text) if cents < 0 else text, decimal if told else None) == cents


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_a_domain_error(text: str) -> None:
    for decimal in (None, ",", "."):
        try:
            assert abs(parse_cents(text, decimal)) <= 10**15
        except DomainError as refused:
            assert refused.params["value"] == text


@given(st.decimals(-(10**9), 10**9, places=2))
def test_numbers_of_a_workbook(number: Decimal) -> None:
    assert cents_of_number(float(number)) == int(number * 100)


@pytest.mark.parametrize(
    ("number", "cents"), [(0.1 + 0.2, 30), (1234, 123400), (-0.005, -1), (2.675, 268), (Decimal("1.1"), 110)]
)
def test_numbers_are_rounded_away_from_zero(number: float, cents: int) -> None:
    assert cents_of_number(number) == cents


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e20, -1e308])
def test_numbers_that_are_no_amounts(number: float) -> None:
    with pytest.raises(DomainError):
        cents_of_number(number)


@pytest.mark.parametrize("text", ["9" * 100_000, "1 " * 50_000, "1" + " " * 100_000 + "x", "(" * 100_000])
def test_a_long_text_is_no_amount_and_takes_no_time(text: str) -> None:
    with pytest.raises(DomainError) as error:
        parse_cents(text)
    assert error.value.code in ("amount_unreadable", "amount_too_large")
