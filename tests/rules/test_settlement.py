"""Lettering: tables of cases, and what holds for any lines."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.settlement import Line, Made, line, meaningful, named_in, remaining, settle

JAN, FEB, MAR = date(2026, 1, 10), date(2026, 2, 10), date(2026, 3, 10)


def taken(lines: list[Line]) -> list[tuple[int | None, int | None, int, str]]:
    return [(one.debit, one.credit, one.cents, one.how) for one in settle(lines)]


def test_a_balanced_letter_settles_on_the_later_day() -> None:
    made = settle([line(0, 5000, JAN, letter="A"), line(1, -5000, FEB, letter="A")])
    assert made == [Made(0, 1, 5000, FEB, "letter")]


def test_a_payment_in_advance_settles_when_the_invoice_comes() -> None:
    assert settle([line(0, 5000, FEB, letter="A"), line(1, -5000, JAN, letter="A")])[0].made_on == FEB


def test_equal_amounts_of_one_group_find_each_other_by_reference_then_by_age() -> None:
    lines = [
        line(0, 5000, JAN, letter="A", piece="F1"),
        line(1, 5000, JAN, letter="A", piece="F2"),
        line(2, -5000, FEB, letter="A", label="VIR F2"),
        line(3, -5000, MAR, letter="A"),
    ]
    assert sorted(taken(lines), key=str) == [(0, 3, 5000, "letter"), (1, 2, 5000, "letter")]


def test_a_residue_stays_open_oldest_due_first() -> None:
    lines = [
        line(0, 3000, JAN, letter="a", due_on=MAR),
        line(1, 3000, JAN, letter="a", due_on=FEB),
        line(2, -4000, FEB, letter="a"),
    ]
    made = settle(lines)
    assert [(one.debit, one.cents) for one in made] == [(1, 3000), (0, 1000)]
    assert remaining(lines, made) == {0: 2000, 1: 0, 2: 0}


def test_too_much_paid_leaves_a_credit() -> None:
    lines = [line(0, 3000, JAN, letter="A"), line(1, -4000, FEB, letter="A")]
    assert remaining(lines, settle(lines)) == {0: 0, 1: -1000}


def test_letters_are_case_sensitive() -> None:
    assert settle([line(0, 3000, JAN, letter="A"), line(1, -3000, FEB, letter="a")]) == []


@pytest.mark.parametrize("field", ["account_class", "currency"])
def test_letters_count_within_an_account_class_and_a_currency(field: str) -> None:
    other = {"account_class": "416", "currency": "USD"}[field]
    assert settle([line(0, 3000, JAN, letter="A"), line(1, -3000, FEB, letter="A", **{field: other})]) == []


def test_a_letter_used_again_the_next_year_is_settled_year_by_year() -> None:
    lines = [
        line(0, 3000, date(2024, 3, 1), letter="A"),
        line(1, -3000, date(2024, 4, 1), letter="A"),
        line(2, 7000, date(2025, 3, 1), letter="A"),
        line(3, -2000, date(2025, 4, 1), letter="A"),
    ]
    assert remaining(lines, settle(lines)) == {0: 0, 1: 0, 2: 5000, 3: 0}


def test_a_letter_across_two_years_is_settled_as_a_whole() -> None:
    lines = [line(0, 3000, date(2024, 12, 1), letter="A"), line(1, -3000, date(2025, 1, 9), letter="A")]
    assert remaining(lines, settle(lines)) == {0: 0, 1: 0}


def test_a_letter_of_another_lettering_day_is_another_group() -> None:
    lines = [
        line(0, 3000, JAN, letter="A", lettered_on=FEB),
        line(1, -3000, FEB, letter="A", lettered_on=FEB),
        line(2, 500, JAN, letter="A", due_on=date(2025, 1, 1)),
    ]
    assert remaining(lines, settle(lines)) == {0: 0, 1: 0, 2: 500}


def test_a_negative_debit_is_a_credit() -> None:
    assert taken([line(0, 3000, JAN, letter="A"), line(1, -3000, JAN, letter="A")]) == [(0, 1, 3000, "letter")]


LOOSE = [
    ("same reference, opposite amount", "F1001", "F1001", "", -5000, "piece"),
    ("same reference, other amount", "F1001", "F1001", "", -4999, None),
    ("a reference that means nothing", "x", "x", "", -5000, None),
    ("named in the label", "F1001", "", "VIR SEPA F1001 MERCI", -5000, "label"),
    ("part payment named in the label", "F1001", "", "VIR SEPA F1001", -2000, "label"),
    ("named in the label, in another case", "F1001", "", "vir sepa f1001", -2000, "label"),
    ("more than is open", "F1001", "", "VIR F1001", -5001, None),
    ("part of a longer word", "F1001", "", "VIR XF10012", -5000, None),
    ("a bare year", "2025", "", "COTISATION 2025", -5000, None),
    ("short digits", "123", "", "CHEQUE 123", -5000, None),
    ("two words", "FA 220394", "", "REGLT FA 220394", -5000, "label"),
    ("amount alone", "F1001", "", "VIREMENT", -5000, None),
]


@pytest.mark.parametrize(("_case", "piece", "credit_piece", "label", "amount", "how"), LOOSE, ids=[case[0] for case in LOOSE])
def test_without_a_letter_only_the_certain(
    _case: str, piece: str, credit_piece: str, label: str, amount: int, how: str | None
) -> None:
    lines = [line(0, 5000, JAN, piece=piece), line(1, amount, FEB, piece=credit_piece, label=label)]
    assert [one.how for one in settle(lines)] == ([how] if how else [])


def test_a_label_that_names_two_open_invoices_is_left_to_a_person() -> None:
    lines = [
        line(0, 5000, JAN, piece="F1001"),
        line(1, 5000, JAN, piece="F1002"),
        line(2, -5000, FEB, label="VIR F1001 F1002"),
    ]
    assert settle(lines) == []


def test_two_debits_of_one_reference_are_not_certain() -> None:
    lines = [line(0, 5000, JAN, piece="F1001"), line(1, 5000, JAN, piece="F1001"), line(2, -5000, FEB, piece="F1001")]
    assert settle(lines) == []


def test_what_can_name_a_document() -> None:
    assert [meaningful(piece) for piece in ("F12", "x", "12", "RAN", "")] == [True, False, False, False, False]
    assert {"f-12/3", "vir f-12/3"} <= named_in("VIR F-12/3, merci")


amounts = st.integers(-300, 300).map(lambda n: n * 100)
letters = st.sampled_from(["", "", "A", "B", "a"])
pieces = st.sampled_from(["", "F100", "F101", "F102", "x"])
labels = st.sampled_from(["", "VIR F100", "F101 F102", "F102"])
days = st.dates(date(2024, 1, 1), date(2026, 12, 31))


@given(st.lists(st.tuples(amounts, days, letters, pieces, labels), max_size=14))
def test_nothing_is_lost_or_paid_twice(drawn: list[tuple[int, date, str, str, str]]) -> None:
    lines = [
        line(ref, amount, day, letter=letter, piece=piece, label=label)
        for ref, (amount, day, letter, piece, label) in enumerate(drawn)
    ]
    made = settle(lines)
    left = remaining(lines, made)
    assert sum(left.values()) == sum(one.amount for one in lines)
    by_ref = {one.ref: one for one in lines}
    assert all(0 <= left[ref] * (1 if one.amount > 0 else -1) <= abs(one.amount) for ref, one in by_ref.items())
    for one in made:
        assert one.debit is not None and one.credit is not None and one.cents > 0
        debit, credit = by_ref[one.debit], by_ref[one.credit]
        assert one.made_on == max(debit.counts_on, credit.counts_on)
        assert debit.letter == credit.letter and debit.amount > 0 > credit.amount
    for letter in {one.letter for one in lines if one.letter}:
        group = [one for one in lines if one.letter == letter]
        if sum(one.amount for one in group) == 0:
            assert not any(left[one.ref] for one in group)
        assert not (any(left[one.ref] > 0 for one in group) and any(left[one.ref] < 0 for one in group))
