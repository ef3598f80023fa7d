"""Openings: the same debt is counted once, and the original line is kept where it can be."""

from __future__ import annotations

from datetime import date

import pytest

from rules.ledger import Kind
from rules.opening import read_openings, replay
from rules.settlement import Line, line, remaining
from tests.books import entry

CUT = date(2026, 1, 1)
OCT, NOV, FEB = date(2025, 10, 1), date(2025, 11, 1), date(2026, 2, 1)


def opened(ref: int, amount: int, **more: object) -> Line:
    return line(ref, amount, CUT, **({"era": 1, "opening": True} | more))


def left(lines: list[Line], cuts: list[date] | None = None) -> dict[int, int]:
    """Open by ref; repeats left out."""
    outcome = replay(lines, [CUT] if cuts is None else cuts)
    return {ref: cents for ref, cents in remaining(lines, outcome.made).items() if ref not in outcome.repeats}


def test_the_original_stays_where_piece_and_amount_agree() -> None:
    lines = [line(0, 5000, OCT, piece="F1"), opened(1, 5000, piece="F1")]
    assert replay(lines, [CUT]).repeats == {1: 0}
    assert left(lines) == {0: 5000}


def test_the_opening_line_counts_where_they_do_not() -> None:
    lines = [line(0, 5000, OCT, piece="F1"), line(1, 700, NOV, piece="F2"), opened(2, 5700, piece="RAN")]
    assert left(lines) == {0: 0, 1: 0, 2: 5700}


def test_what_the_opening_does_not_hold_is_carried() -> None:
    lines = [line(0, 5000, OCT, piece="F1"), line(1, -700, NOV), opened(2, 5000, piece="F1")]
    assert left(lines) == {0: 5000, 1: 0}
    carried = [one for one in replay(lines, [CUT]).made if one.how == "carried"]
    assert [(one.debit, one.credit, one.cents, one.made_on) for one in carried] == [(None, 1, 700, CUT)]


def test_a_customer_without_opening_line_is_carried_whole() -> None:
    assert left([line(0, 5000, OCT)]) == {0: 0}


def test_a_residue_is_repeated_by_its_rest() -> None:
    lines = [
        line(0, 5000, OCT, piece="F1", letter="a"),
        line(1, -2000, NOV, letter="a"),
        opened(2, 3000, piece="F1", letter="B"),
        line(3, -3000, FEB, letter="B", era=1),
    ]
    assert left(lines) == {0: 0, 1: 0, 3: 0}


def test_what_was_lettered_after_the_close_is_open_again_on_both_sides() -> None:
    # The file of 2025 was exported late: its letter AA was set in 2026, when the openings had already been written.
    lines = [
        line(0, 5000, OCT, piece="F1", letter="AA"),
        line(1, -5000, NOV, piece="B7", letter="AA"),
        opened(2, 5000, piece="F1", letter="ZZ"),
        opened(3, -5000, piece="B7", letter="ZZ"),
    ]
    outcome = replay(lines, [CUT])
    assert outcome.repeats == {2: 0, 3: 1}
    assert [(one.debit, one.credit, one.made_on) for one in outcome.made] == [(0, 1, NOV)]


def test_half_an_allocation_is_not_taken_back() -> None:
    lines = [
        line(0, 5000, OCT, piece="F1", letter="AA"),
        line(1, -5000, NOV, letter="AA"),
        opened(2, 5000, piece="F1"),
    ]
    assert left(lines) == {0: 0, 1: 0, 2: 5000}


def test_an_opening_repeats_an_opening() -> None:
    next_cut = date(2027, 1, 1)
    lines = [
        opened(0, 5000, piece="F1", document_on=OCT),
        line(1, 5000, next_cut, piece="F1", document_on=OCT, era=2, opening=True),
    ]
    assert replay(lines, [CUT, next_cut]).repeats == {1: 0}
    assert left(lines, [CUT, next_cut]) == {0: 5000}


def test_programs_that_number_openings_anew_keep_the_number_in_the_label() -> None:
    lines = [line(0, 5000, OCT, piece="F1001"), opened(1, 5000, piece="SAN12", label="F1001 DUPONT")]
    assert replay(lines, [CUT]).repeats == {1: 0}


def test_of_two_equal_ones_each_is_repeated_once() -> None:
    lines = [line(0, 5000, OCT, piece="F1"), line(1, 5000, NOV, piece="F1"), opened(2, 5000, piece="F1", document_on=NOV)]
    assert replay(lines, [CUT]).repeats == {2: 1}
    assert left(lines) == {0: 0, 1: 5000}


OPEN = Kind.OPENING


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([("2024-01-01", OPEN), ("2024-01-03", Kind.INVOICE)], {0: "2024-01-01"}),
        ([("2023-12-31", OPEN), ("2024-01-03", Kind.INVOICE)], {0: "2024-01-01"}),  # on the last day of the closed year
        ([("2023-06-30", OPEN), ("2023-11-02", OPEN), ("2024-01-04", Kind.INVOICE)], {0: "2024-01-01", 1: "2024-01-01"}),
        ([("2024-01-01", Kind.INVOICE), ("2024-01-02", OPEN)], {1: "2024-01-01"}),
        ([("2024-01-01", OPEN)], {0: "2024-01-01"}),
        ([("2024-01-02", Kind.INVOICE)], {}),
    ],
)
def test_the_day_openings_open_the_books(days: list[tuple[str, Kind]], expected: dict[int, str]) -> None:
    lines = [entry("C", 100, date.fromisoformat(day), kind=kind) for day, kind in days]
    found = read_openings(lines)
    assert {index: day.isoformat() for index, day in found.opens_on.items()} == expected
    assert found.unclear == 0


def test_openings_inside_a_file_of_two_years_repeat_the_balance_or_count() -> None:
    lines = [
        entry("C", 100, date(2024, 5, 1)),
        entry("C", 100, date(2025, 1, 1), kind=OPEN),
        entry("C", -100, date(2025, 2, 1)),
    ]
    assert read_openings(lines).opens_on == {1: date(2025, 1, 1)}
    lines[1] = lines[1]._replace(debit_cents=90)
    assert read_openings(lines) == ({}, 1)
