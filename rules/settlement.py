"""Lettering: which credits settled which debits, for the lines of one customer within one set of books.

A group of lines with the same letter that sums to zero is settled; one that does not keeps its residue open. Without
a letter only what is certain is matched. Whatever happens, Σ open = Σ amounts.

>>> invoice = line(0, 10000, date(2026, 1, 5), piece="F1", letter="AA", due_on=date(2026, 2, 4))
>>> later = line(1, 5000, date(2026, 1, 20), piece="F2", letter="AA", due_on=date(2026, 2, 19))
>>> payment = line(2, -12000, date(2026, 2, 10), letter="AA")
>>> for made in settle([invoice, later, payment]):  # 150 owed, 120 paid: the oldest first, 30 stay open
...     print(made.debit, made.credit, made.cents, made.made_on, made.how)
0 2 10000 2026-02-10 letter
1 2 2000 2026-02-10 letter
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple


class Line(NamedTuple):
    """One line as far as settling needs it. `amount` is signed cents still to settle; `ref` is the caller's."""

    ref: int
    amount: int
    account_class: str  # the prefix of customer accounts it stands on: letters are unique within it
    currency: str
    counts_on: date  # from this day part of the balance
    document_on: date
    due_on: date
    piece: str
    label: str
    letter: str
    lettered_on: date | None
    year: int  # fiscal year, any numbering
    era: int  # number of openings before it; an opening line belongs to the books it opens
    opening: bool


class Made(NamedTuple):
    """Cents of a debit settled by a credit on a day; one side is None when no counterpart exists."""

    debit: int | None
    credit: int | None
    cents: int
    made_on: date
    how: str  # letter, piece, label, carried, listed


oldest = attrgetter("due_on", "document_on", "piece", "amount", "ref")
_TOKEN = re.compile(r"[^\W_](?:[\w./-]*\w)?")
_YEAR = re.compile(r"(?:19|20)\d\d")


def line(ref: int, amount: int, counts_on: date, **more: object) -> Line:
    """A line with the usual defaults, for examples and tests."""
    values: dict[str, object] = {
        "account_class": "411", "currency": "EUR", "document_on": counts_on, "due_on": counts_on, "piece": "",
        "label": "", "letter": "", "lettered_on": None, "year": counts_on.year, "era": 0, "opening": False,
    }  # fmt: skip
    return Line(ref, amount, counts_on=counts_on, **(values | more))  # type: ignore[arg-type]


def settle(lines: Iterable[Line]) -> list[Made]:
    """Settle the lines of one customer that stand in the same books; Σ amounts is left untouched.

    Letters are case-sensitive and count within an account class and a currency."""
    groups: dict[tuple[str, str, str], list[Line]] = {}
    loose: dict[tuple[str, str], list[Line]] = {}
    for one in lines:
        if one.letter:
            groups.setdefault((one.account_class, one.currency, one.letter), []).append(one)
        elif one.amount:
            loose.setdefault((one.account_class, one.currency), []).append(one)
    made: list[Made] = []
    for group in groups.values():
        if len(group) > 1:
            _settle_group(group, made)
    for group in loose.values():
        if len(group) > 1:
            _settle_loose(group, made)
    return made


def remaining(lines: Iterable[Line], made: Iterable[Made]) -> dict[int, int]:
    """Signed cents left open by ref after the allocations."""
    left = {one.ref: one.amount for one in lines}
    for allocation in made:
        if allocation.debit is not None:
            left[allocation.debit] -= allocation.cents
        if allocation.credit is not None:
            left[allocation.credit] += allocation.cents
    return left


def _settle_group(group: list[Line], made: list[Made]) -> None:
    """One letter. A letter used again (another lettering day, another year) is first tried part by part."""
    if sum(one.amount for one in group) == 0:
        _pair(group, made)
        return
    for part_of in (attrgetter("lettered_on"), attrgetter("year")):
        parts: dict[object, list[Line]] = {}
        for one in group:
            parts.setdefault(part_of(one), []).append(one)
        if len(parts) == 1:
            continue
        rest: list[Line] = []
        for part in parts.values():
            if len(part) > 1 and sum(one.amount for one in part) == 0:
                _pair(part, made)
            else:
                rest += part
        group = rest
    _reduce(group, made)


def _pair(group: list[Line], made: list[Made]) -> None:
    """A balanced group: equal amounts of the same reference, then equal amounts, then oldest due first."""
    if len(group) == 2:
        one, other = group
        if one.amount:
            _take(made, one, other, abs(one.amount), "letter")
        return
    debits = sorted((one for one in group if one.amount > 0), key=oldest)
    credits = sorted((one for one in group if one.amount < 0), key=oldest)
    if len(debits) > 1 and len(credits) > 1:
        by_amount: dict[int, list[Line]] = {}
        for credit in credits:
            by_amount.setdefault(-credit.amount, []).append(credit)
        for same_reference in (True, False):
            debits = [one for one in debits if not _take_equal(one, by_amount, same_reference, made)]
        left = {credit.ref for equals in by_amount.values() for credit in equals}
        credits = [credit for credit in credits if credit.ref in left]
    _fifo(debits, credits, made)


def _take_equal(debit: Line, by_amount: dict[int, list[Line]], same_reference: bool, made: list[Made]) -> bool:
    for credit in by_amount.get(debit.amount, ()):
        if not same_reference or (debit.piece and (credit.piece == debit.piece or debit.piece in credit.label)):
            _take(made, debit, credit, debit.amount, "letter")
            by_amount[debit.amount].remove(credit)
            return True
    return False


def _reduce(group: list[Line], made: list[Made]) -> None:
    """A group that does not balance: its credits reduce its debits, oldest due first; the residue stays open."""
    debits = sorted((one for one in group if one.amount > 0), key=oldest)
    credits = sorted((one for one in group if one.amount < 0), key=oldest)
    _fifo(debits, credits, made)


def _fifo(debits: list[Line], credits: list[Line], made: list[Made]) -> None:
    waiting = iter(credits)
    credit: Line | None = None
    left = 0
    for debit in debits:
        owed = debit.amount
        while owed:
            if not left:
                credit = next(waiting, None)
                if credit is None:
                    return
                left = -credit.amount
            assert credit is not None
            cents = min(owed, left)
            _take(made, debit, credit, cents, "letter")
            owed -= cents
            left -= cents


def _take(made: list[Made], one: Line, other: Line, cents: int, how: str) -> None:
    """Made on the later of the two entry days: neither can have been settled before both existed."""
    debit, credit = (one, other) if one.amount > 0 else (other, one)
    made_on = debit.counts_on if debit.counts_on >= credit.counts_on else credit.counts_on
    made.append(Made(debit.ref, credit.ref, cents, made_on, how))


def meaningful(piece: str) -> bool:
    """Whether a reference can name one document: at least three characters, one of them a digit."""
    return len(piece) >= 3 and any(sign.isdigit() for sign in piece)


def reference(piece: str) -> str:
    """A reference without the accidents of writing: case and runs of spaces."""
    return " ".join(piece.split()).casefold()


def _nameable(piece: str) -> bool:
    """Whether a reference may be looked for in free text: not a bare year, nor digits as short as an amount."""
    return meaningful(piece) and not (piece.isdigit() and (len(piece) < 4 or _YEAR.fullmatch(piece)))


def named_in(label: str) -> set[str]:
    """Every run of text in a label that could be a reference: its words and its pairs of words."""
    words = [word.casefold() for word in _TOKEN.findall(label)]
    return {*words, *(f"{one} {two}" for one, two in pairwise(words))}


def _settle_loose(group: list[Line], made: list[Made]) -> None:
    """Lines without a letter: only the certain. Same reference, one debit, one credit, opposite amounts; then a
    credit whose label names exactly one open debit of at least its amount."""
    debits: dict[str, list[Line]] = {}
    credits: list[Line] = []
    for one in group:
        if one.amount < 0:
            credits.append(one)
        elif meaningful(one.piece):
            debits.setdefault(reference(one.piece), []).append(one)
    if not credits or not debits:
        return
    by_piece: dict[str, list[Line]] = {}
    for credit in credits:
        by_piece.setdefault(reference(credit.piece), []).append(credit)
    done: set[int] = set()
    for piece, equals in debits.items():
        opposite = by_piece.get(piece, ())
        if len(equals) == 1 and len(opposite) == 1 and equals[0].amount == -opposite[0].amount:
            _take(made, equals[0], opposite[0], equals[0].amount, "piece")
            done |= {equals[0].ref, opposite[0].ref}
    _settle_named(debits, [credit for credit in credits if credit.ref not in done], done, made)


def _settle_named(debits: dict[str, list[Line]], credits: list[Line], done: set[int], made: list[Made]) -> None:
    left = {
        piece: equals[0].amount
        for piece, equals in debits.items()
        if len(equals) == 1 and equals[0].ref not in done and _nameable(equals[0].piece)
    }
    if not left:
        return
    for credit in sorted(credits, key=attrgetter("counts_on", "ref")):
        named = [piece for piece in named_in(credit.label) & left.keys() if left[piece]]
        if len(named) == 1 and -credit.amount <= left[named[0]]:
            left[named[0]] += credit.amount
            _take(made, debits[named[0]][0], credit, -credit.amount, "label")
