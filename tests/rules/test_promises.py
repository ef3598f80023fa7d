"""Promises, kept or broken by what came in."""

from __future__ import annotations

from datetime import date

from rules.promises import Promised, Receipt, judge

MADE, ON = date(2026, 5, 11), date(2026, 5, 27)
GRACE = 3


def decide(promises, receipts, today, settled=(), nothing=False):
    return judge(promises, receipts, frozenset(settled), nothing, GRACE, today)


def receipt(cents: int, on: date, item: int | None = 7) -> Receipt:
    return Receipt(item, "EUR", cents, on)


def test_kept_within_grace_and_broken_after():
    promise = Promised(1, None, "EUR", 1_000, MADE, ON)
    assert decide([promise], [], date(2026, 5, 30)) == {}
    assert decide([promise], [], date(2026, 5, 31)) == {1: "broken"}
    assert decide([promise], [receipt(1_000, date(2026, 5, 30))], date(2026, 5, 31)) == {1: "kept"}
    assert decide([promise], [receipt(1_000, date(2026, 5, 31))], date(2026, 5, 31)) == {1: "broken"}
    assert decide([promise], [receipt(999, ON)], date(2026, 5, 31)) == {1: "broken"}


def test_what_came_before_the_promise_does_not_keep_it():
    assert decide([Promised(1, None, "EUR", 1_000, MADE, ON)], [receipt(1_000, date(2026, 5, 10))], ON) == {}


def test_a_promise_for_an_item_is_kept_by_that_item_only():
    promise = Promised(1, 8, "EUR", 1_000, MADE, ON)
    assert decide([promise], [receipt(1_000, ON)], ON) == {}
    assert decide([promise], [receipt(1_000, ON, 8)], ON) == {1: "kept"}
    assert decide([promise], [], ON, settled=[8]) == {1: "kept"}


def test_one_receipt_keeps_one_promise():
    first = Promised(1, None, "EUR", 1_000, MADE, date(2026, 5, 15))
    second = Promised(2, None, "EUR", 1_000, MADE, ON)
    assert decide([second, first], [receipt(1_000, date(2026, 5, 14))], date(2026, 5, 20)) == {1: "kept"}
    assert decide([second, first], [], date(2026, 5, 20), nothing=True) == {1: "kept", 2: "kept"}


def test_currencies_never_mix():
    assert decide([Promised(1, None, "USD", 1_000, MADE, ON)], [receipt(1_000, ON)], ON) == {}
