"""Matching payments: how often it is right on years whose truth is known, and how long a large book takes.

Precision and recall count what would be applied by itself at the usual threshold; recall counts every payment of an
invoice, those nobody could tell too."""

from __future__ import annotations

import time

from bench.bank_year import STYLES, judge, make_year
from bench.ground import Ground
from bench.table import Row
from rules.matching import Book, match_all
from rules.matching_facts import MatchPolicy

SEEDS = (21, 22, 23)
CUSTOMERS = 1_500
ROUNDS = 3
OPEN_ITEMS, MOVEMENTS = 40_000, 50_000
MOST_SECONDS = 2.0


def measure(ground: Ground) -> list[Row]:
    """Four rows of the table."""
    return [*_right(ground.scale.open_items < OPEN_ITEMS), _fast(ground.scale.open_items)]


def _right(small: bool) -> list[Row]:
    applied = right = payments = ties = 0
    for style in STYLES:
        for seed in SEEDS:
            year = make_year(seed, CUSTOMERS // 5 if small else CUSTOMERS, style)
            result = judge(year, match_all(Book(year.owed, year.payers), year.movements), MatchPolicy().threshold)
            applied, right = applied + result.applied, right + result.right
            payments, ties = payments + result.payments, ties + result.ties_applied
    many = f"{applied:,} applied, {applied - right} wrong".replace(",", " ", 1)
    return [
        Row("Matching, generated years: right of what is applied", many, "", 1000 * right / applied, 999, "‰", at_least=True),
        Row("Matching, applied of all payments", f"{right:,}".replace(",", " "), f"{payments:,} payments".replace(",", " "),
            1000 * right / payments, 900, "‰", at_least=True),
        Row("Matching, ties applied", str(ties), "", ties, 0, ""),
    ]  # fmt: skip


def _fast(open_items: int) -> Row:
    """Seconds of one core, indexes included, at the size asked for."""
    movements = MOVEMENTS * open_items // OPEN_ITEMS
    year = make_year(31, open_items * 100 // 928, movements=movements)
    owed = year.owed[:open_items]
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        match_all(Book(owed, year.payers), year.movements)
        taken.append(time.process_time() - start)
    reached = min(taken)  # the others waited for the machine
    what = f"Match {len(year.movements):,} movements, {len(owed):,} open items".replace(",", " ")
    return Row(what, f"{reached:.2f} s of a core", "", reached * 1000, MOST_SECONDS * 1000, "ms")
