"""Whole years with the truth known: what is applied by itself is right, and most of what can be is applied."""

from __future__ import annotations

import pytest

from bench.bank_year import STYLES, judge, make_year
from rules.matching import Book, match_all
from rules.matching_facts import MatchPolicy


@pytest.mark.parametrize("style", STYLES)
def test_a_generated_year(style: str):
    applied = right = payments = ties = 0
    for seed in (1, 2):
        year = make_year(seed, 300, style)
        result = judge(year, match_all(Book(year.owed, year.payers), year.movements), MatchPolicy().threshold)
        applied, right, payments = applied + result.applied, right + result.right, payments + result.payments
        ties += result.ties_applied
    assert ties == 0
    assert right / applied >= 0.999
    assert right / payments >= 0.9


def test_nothing_is_paid_beyond_what_is_open_in_a_year():
    year = make_year(3, 200)
    proposals = match_all(Book(year.owed, year.payers), year.movements)
    cents = {movement.id: movement.cents for movement in year.movements}
    left = {item.id: item.open_cents for item in year.owed}
    for proposal in proposals:
        assert sum(part.cents for part in proposal.parts) + proposal.left_cents == cents[proposal.movement_id]
        if proposal.confidence >= MatchPolicy().threshold and not proposal.tie:
            for part in proposal.parts:
                left[part.item_id] -= part.cents + part.difference_cents
    for item in year.owed:
        assert min(0, item.open_cents) <= left[item.id] <= max(0, item.open_cents)


def test_a_lower_threshold_applies_more_and_is_less_often_right():
    year = make_year(4, 200)
    book = Book(year.owed, year.payers)
    careful, bold = (
        judge(year, match_all(Book(year.owed, year.payers, MatchPolicy(level)), year.movements), level) for level in (950, 850)
    )
    assert bold.applied > careful.applied
    assert book.policy.threshold == 950
