"""Which movements of two bank files are the same: each is kept once, however often files show it.

A movement is known by what the bank says of it: its own id where it gives one, its day, amount, references, payer and
text; equal ones of a day are told apart by their number among equals. So the same statement twice, or statements whose
periods overlap, give each movement once, and two real equal payments of one day are two.

>>> from datetime import date
>>> day = date(2026, 3, 2)
>>> one, same = Movement(1, day, 5_000, "EUR", uid="A1"), Movement(9, day, 5_000, "EUR", uid="A2")
>>> len(set(keys(Statement("BE1", movements=[one, same])))), len(set(keys(Statement("BE1", movements=[one, one]))))
(2, 2)
>>> keys(Statement("BE1", movements=[one, same])) == keys(Statement("BE1", number="7", movements=[one, same]))
True
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from rules.bank import Movement, Statement

EARLIER, LATER = timedelta(days=2), timedelta(days=5)  # an announced movement is booked so many days about its own
MOST_DETAILS = 5000
_ACCIDENTS = re.compile(r"[\W_]+")
NO_REFERENCE = frozenset({"", "NONREF", "NOTPROVIDED", "NOREF", "0", "000000000000000000000"})


class Stored(NamedTuple):
    """A movement known from an intraday report or an advice, as far as it must be known again."""

    id: int
    booked_on: date
    amount_cents: int
    currency: str
    uid: str = ""
    name: str = ""
    iban: str = ""
    structured: str = ""
    end_to_end: str = ""
    text: str = ""
    batch: str = ""


def keys(statement: Statement) -> list[str]:
    """The identity of each movement of a statement, within its account; the same in every file that shows it."""
    return file_keys([statement])[0]


def file_keys(statements: Sequence[Statement]) -> list[list[str]]:
    """The identities of the movements of all statements of one file, statement by statement.

    Equal movements without an id of the bank in two different statements of days of an account are two; a statement that
    stands in the file twice is one."""
    counts: dict[tuple[str, str], dict[str, int]] = {}
    known: dict[tuple[object, ...], list[str]] = {}
    answers: list[list[str]] = []
    for statement in statements:
        signatures = [signature(movement) for movement in statement.movements]
        itself = (statement.account, statement.currency, statement.kind, statement.number, statement.uid, tuple(signatures))
        if itself not in known:
            # Reports of a day that is not over repeat each other: their equal movements are the same ones.
            seen = counts.setdefault((statement.account, statement.currency), {}) if statement.kind == "day" else {}
            known[itself] = [_numbered(one, seen) for one in signatures]
        answers.append(known[itself])
    return answers


def signature(movement: Movement) -> str:
    """What makes a movement itself, without accidents of writing: spaces, case and punctuation may differ."""
    uid = "" if movement.uid.strip().upper() in NO_REFERENCE else movement.uid.strip()
    told = (
        uid, movement.booked_on.isoformat(), str(movement.amount_cents), movement.currency, movement.iban,
        movement.structured, _plain(movement.end_to_end), _plain_name(movement.name), _plain(movement.text),
    )  # fmt: skip
    return "\x1f".join(told)


def _plain(text: str) -> str:
    return _ACCIDENTS.sub("", text).casefold() if text else ""


_plain_name = lru_cache(20_000)(_plain)  # payers come back


def _numbered(one: str, seen: dict[str, int]) -> str:
    number = seen[one] = seen.get(one, 0) + 1
    return blake2b(f"{one}\x1f{number}".encode(), digest_size=16).hexdigest()


def replaces(announced: Sequence[Stored], booked: Sequence[Movement]) -> list[tuple[int, ...]]:
    """For each booked movement the ids of the announced ones (intraday report, advice) it is: none, one, or the details
    whose total it is.

    The bank's id and the amount decide; else the end-to-end id; else payer, reference or text that agree; amount and day
    alone only where neither says anything more. Each announced movement is used once."""
    answers: list[tuple[int, ...]] = [()] * len(booked)
    free = dict.fromkeys(range(len(announced)))
    index: dict[tuple[object, ...], list[int]] = {}
    for place in reversed(free):
        for kind, handle in _handles(announced[place]):
            index.setdefault((kind, handle), []).append(place)
    for least, kinds in ((4, "u"), (3, "e"), (2, "isnt"), (1, "d")):
        for number, movement in enumerate(booked):
            for kind, handle in _handles(movement) if not answers[number] else ():
                fit = _first(index.get((kind, handle), []), announced, movement, least, free) if kind in kinds else None
                if fit is not None:
                    del free[fit]
                    answers[number] = (announced[fit].id,)
                    break
    _totals(announced, booked, free, answers)
    return answers


def _handles(one: Stored | Movement) -> list[tuple[str, tuple[object, ...]]]:
    """What a movement may be found again by, each with its amount."""
    told = (
        ("u", one.uid), ("e", _plain(one.end_to_end)), ("i", one.iban), ("s", one.structured), ("n", _plain(one.name)[:8]),
        ("t", _plain(one.text)[:12]), ("d", one.booked_on),
    )  # fmt: skip
    return [(kind, (value, one.amount_cents, one.currency)) for kind, value in told if value]


def _first(places: list[int], announced: Sequence[Stored], movement: Movement, least: int, free: dict[int, None]) -> int | None:
    while places and places[-1] not in free:
        places.pop()
    for place in reversed(places):
        if place in free and _agreement(announced[place], movement) == least:
            return place
    return None


def _agreement(one: Stored, movement: Movement) -> int:
    """How surely two are the same: 4 the bank's id, 3 the end-to-end id, 2 payer or reference, 1 nothing said; 0 not."""
    if not movement.booked_on - LATER <= one.booked_on <= movement.booked_on + EARLIER:
        return 0
    if one.uid and one.uid == movement.uid:
        return 4
    if one.end_to_end and movement.end_to_end:
        return 3 if _plain(one.end_to_end) == _plain(movement.end_to_end) else 0
    told = (
        (one.structured, movement.structured), (one.iban, movement.iban), (_plain(one.name), _plain(movement.name)),
        (_plain(one.text), _plain(movement.text)),
    )  # fmt: skip
    both = [(ours, theirs) for ours, theirs in told if ours and theirs]
    if not both:
        silent = not any(ours for ours, _ in told) or not any(theirs for _, theirs in told)
        return 1 if silent and one.booked_on == movement.booked_on and not (one.uid and movement.uid) else 0
    agree = [ours == theirs or _begins(ours, theirs) for ours, theirs in both]
    return 2 if all(agree) or (agree[-1] and sum(agree) >= 2) else 0


def _begins(ours: str, theirs: str) -> bool:
    """One is the other cut short."""
    short, long = sorted((ours, theirs), key=len)
    return len(short) >= 8 and long.startswith(short)


def _totals(
    announced: Sequence[Stored], booked: Sequence[Movement], free: dict[int, None], answers: list[tuple[int, ...]]
) -> None:
    """A booking that is the total of details known already: same batch, and the same sum to the cent."""
    batches: dict[str, list[int]] = {}
    for place in free:
        if announced[place].batch:
            batches.setdefault(announced[place].batch, []).append(place)
    sums: dict[tuple[int, str], list[str]] = {}
    for batch, places in batches.items():
        if 1 < len(places) <= MOST_DETAILS:
            total = sum(announced[place].amount_cents for place in places), announced[places[0]].currency
            sums.setdefault(total, []).append(batch)
    for number, movement in enumerate(booked):
        if answers[number] or movement.batch:
            continue
        named = [
            batch for batch in sums.get((movement.amount_cents, movement.currency), ())
            if _same_days(announced[batches[batch][0]], movement)
        ]  # fmt: skip
        fit = next((batch for batch in named if batch in (movement.uid, movement.end_to_end)), None)
        if fit is None and len(named) == 1 and not movement.iban and not movement.structured:
            fit = named[0]
        if fit is not None:
            answers[number] = tuple(announced[place].id for place in batches[fit])
            sums[movement.amount_cents, movement.currency].remove(fit)


def _same_days(one: Stored, movement: Movement) -> bool:
    return movement.booked_on - LATER <= one.booked_on <= movement.booked_on + EARLIER
