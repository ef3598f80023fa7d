"""Knowing a line again: the identity of ledger lines over syncs, although programs number them anew.

First the exact identity, then, among what was not found, a looser one: same customer, reference, amount and date.

>>> match(["a", "b"], [("C1", 5), ("C1", 7)], {"a": 10}, {("C1", 7): [11]})
[10, 11]
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from hashlib import blake2b

from rules.ledger import LedgerLine
from rules.settlement import reference

NEW = -1


def journal_keys(lines: Sequence[LedgerLine], opens_on: Mapping[int, date]) -> list[str]:
    """The exact identity of each line of a journal: where it stands, whose it is, reference and signed amount, and its
    number among equal ones; an opening line belongs to the books it opens."""
    days = {day: day.isoformat() for day in {one[6] for one in lines}}
    texts = [
        f"{one[4]}\t{one[5]}\t{days[one[6]]}\t{one[3]}\t{one[1]}\t{one[7]}\t{one[11] - one[12]}\t{one[16]}" for one in lines
    ]
    for index, day in opens_on.items():
        texts[index] += f"\t{day}"
    return _numbered(lines, texts)


def list_keys(lines: Sequence[LedgerLine]) -> list[str]:
    """The identity of each line of an open-item list. A line with a reference is known by it although its amount
    shrinks; one without by its day, due date and amount."""
    return _numbered(
        lines,
        [
            f"list\t{one.customer}\t{one.currency}\t{reference(one.piece)}\t{one.document_on}\t{one.amount_cents < 0}"
            if one.piece
            else f"list\t{one.customer}\t{one.currency}\t\t{one.document_on}\t{one.due_on}\t{one.amount_cents}"
            for one in lines
        ],
    )


def customer_part(code: str) -> str:
    """The part of a key that all lines of one customer share: their keys are neighbours in any index."""
    return blake2b(code.encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()


def _numbered(lines: Sequence[LedgerLine], texts: list[str]) -> list[str]:
    """Short hashes of texts, made distinct by their number among equal ones: the customer's part, then the line's."""
    if len(set(texts)) < len(texts):
        seen: dict[str, int] = {}
        for index, text in enumerate(texts):
            number = seen.get(text, 0)
            seen[text] = number + 1
            if number:
                texts[index] = f"{text}\t{number}"
    parts = {code: customer_part(code) for code in {one[1] for one in lines}}
    return [
        parts[one[1]] + blake2b(text.encode("utf-8", "surrogatepass"), digest_size=7).hexdigest()
        for one, text in zip(lines, texts, strict=True)
    ]


def match(
    keys: Sequence[str],
    looser: Sequence[Hashable],
    known: Mapping[str, int],
    spare: Mapping[Hashable, Sequence[int]],
) -> list[int]:
    """For each new line the stored one it is, or NEW. `known`: stored lines by exact key; `spare`: those that may be
    found by the looser key (in order), used once and only when nothing knew them exactly."""
    found = [known.get(key, NEW) for key in keys]
    used = set(found)
    left: dict[Hashable, list[int]] = {}
    for index, place in enumerate(found):
        if place != NEW:
            continue
        key = looser[index]
        if key not in left:
            left[key] = [one for one in reversed(spare.get(key, ())) if one not in used]
        if left[key]:
            found[index] = left[key].pop()
    return found
