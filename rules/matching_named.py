"""Which open items a payer named: structured references, own ids that came back, invoice numbers as people and banks
write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from rules.matching_book import LONGEST_JOIN, SHORT, Book
from rules.matching_facts import Evidence, Paid
from rules.matching_payers import Found
from rules.matching_words import Number, bare, close, numbers, pairs, structured_in

LONGEST_RANGE = 60
_RANGE = re.compile(r"(?:-|\.\.+|(?:A|AU|À|TOT|T/M|TM|BIS|TO)(?![A-Z]))\s*(?:[A-Z]{1,4}[ .:/_°#-]{0,2})?")


class Named(NamedTuple):
    """Places of named items in the order they were written, and those between the ends of what may be a range.
    sure: each number has our letters, or is long; `used`: which runs of digits named them."""

    places: tuple[int, ...]
    between: tuple[int, ...]
    sure: bool
    used: frozenset[int]


NOBODY = Named((), (), False, frozenset())


def by_reference(book: Book, paid: Paid) -> tuple[list[int], tuple[Evidence, ...], list[str]]:
    """Items whose own structured reference or id the movement carries; and references with right check digits that
    name none of them."""
    places: list[int] = []
    evidence: list[Evidence] = []
    unknown: list[str] = []
    if paid.structured:
        reference = paid.structured if paid.structured.isdigit() else bare(paid.structured)
        known = book.by_reference.get(reference)
        if known:
            places += known
            evidence.append(Evidence("structured_reference", {"reference": reference, "piece": book.items[known[0]].piece}))
        else:
            unknown.append(reference)
    if paid.end_to_end and (known := book.by_reference.get(bare(paid.end_to_end))):
        places += (place for place in known if place not in places)
        evidence.append(Evidence("end_to_end", {"reference": paid.end_to_end, "piece": book.items[known[0]].piece}))
    if not places and (len(paid.text) >= 12 or "RF" in paid.text.upper()):
        for reference in structured_in(paid.text):
            known = book.by_reference.get(reference)
            if known is None:
                unknown.append(reference)
                continue
            places += (place for place in known if place not in places)
            evidence.append(Evidence("structured_reference", {"reference": reference, "piece": book.items[known[0]].piece}))
    return places, tuple(evidence), unknown


def exactly_named(book: Book, text: str, cents: int, left: list[int]) -> tuple[list[int], bool] | None:
    """The quick answer for most payments: numbers that each name one item only, long enough to do so, together the
    amount; and whether they are sure. No places when it is not that plain, None when no number here is one of ours."""
    runs = pairs(text)
    known, longest = book.by_number, book.longest
    amount = str(cents)
    places: list[int] = []
    total, position, count, sure, any_hit = 0, 0, len(runs), True, False
    while position < count:
        letters, digits = runs[position]
        hits = known.get(digits.lstrip("0"))
        used = 1
        for after in range(position + 1, min(position + LONGEST_JOIN, count)):
            if len(runs[after][0]) > 2:
                break
            digits += runs[after][1]
            if len(digits) > longest:
                break
            longer = known.get(digits.lstrip("0"))
            if longer is not None:
                hits, used = longer, after - position + 1
        if hits is None:
            position += 1
            continue
        any_hit = True
        place = hits[0]
        core = book.plain[place]
        if len(hits) > 1 or len(core) < SHORT or core == amount:
            return [], False
        if place not in places:
            places.append(place)
            total += left[place]
            sure = sure and (len(core) > SHORT or (letters != "" and letters == book.letters[place]))
        position += used
    if not any_hit:
        return None
    return (places, sure) if total == cents else ([], False)


def by_number(book: Book, paid: Paid, text: str, left: list[int], found: list[Number], who: Found) -> Named:
    """Items whose number stands in the text (in capitals). A number that several items have is theirs whose letters it has, then the
    payer's, then that of the amount; else nobody's."""
    places: list[int] = []
    inside: list[int] = []
    used: set[int] = set()
    sure = True
    last_place = -1
    position = 0
    while position < len(found):
        hit, runs, exact = _longest(book, paid, found, position, left, who)
        if hit is None:
            position += 1
            continue
        between = text[found[position - 1].end : found[position].start] if position else ""
        if last_place >= 0 and _is_range(between):
            inside += _within(book, left, last_place, hit)
        if hit not in places:
            places.append(hit)
            sure = sure and exact
        used.update(range(position, position + runs))
        last_place = hit
        position += runs
    for number in paid.invoices:
        for place in _of(book, number, who):
            if place not in places:
                places.append(place)
    return (
        Named(tuple(places), tuple(place for place in inside if place not in places), sure, frozenset(used))
        if places
        else NOBODY
    )


def _of(book: Book, number: str, who: Found) -> list[int]:
    runs = numbers(number)
    places = book.by_number.get("".join(run.digits for run in runs).lstrip("0"), [])
    theirs = places if len(places) == 1 else [place for place in places if book.items[place].customer_id in who]
    return theirs if len(theirs) == 1 else []


def _longest(
    book: Book, paid: Paid, found: list[Number], position: int, left: list[int], who: Found
) -> tuple[int | None, int, bool]:
    """The item of the longest join of neighbouring runs of digits, how many runs it took, and whether it is surely meant."""
    first = found[position]
    best: tuple[int | None, int, bool] = (None, 1, False)
    for count, joined in enumerate(joins(found, position, book.longest), 1):
        digits = joined.digits
        key = digits.lstrip("0")
        places = book.by_number.get(key)
        if places is None or (paid.cents > 0 and key == str(paid.cents)):
            continue
        place = _choose(book, paid, places, first.letters, left, who)
        if place is not None:
            lettered = bool(first.letters) and first.letters == book.letters[place]
            theirs = len(key) >= SHORT and book.items[place].customer_id in who
            best = (place, count, theirs or len(key) >= 6 or (lettered and len(digits) >= 4))
    return best


def joins(found: list[Number], position: int, longest: int) -> Iterator[Number]:
    """A run of digits by itself and with the next ones, as long as they may be one number (of so many digits, and one too
    many): FA 2024-00 12."""
    first = joined = found[position]
    yield first
    for number in found[position + 1 : position + LONGEST_JOIN]:
        if len(number.letters) > 2 or number.start - joined.end > 3 + len(number.letters):
            return
        joined = Number(first.letters, joined.digits + number.digits, first.start, number.end)
        if len(joined.digits) > longest + 1:
            return
        yield joined


def _choose(book: Book, paid: Paid, places: list[int], letters: str, left: list[int], who: Found) -> int | None:
    items = book.items
    if len(places) > 1:
        same = [place for place in places if book.letters[place] == letters] if letters else []
        places = same or places
    if len(places) > 1:
        places = [place for place in places if items[place].customer_id in who] or places
    if len(places) > 1:
        places = [place for place in places if left[place]] or places
    if len(places) > 1:
        places = [place for place in places if left[place] == paid.cents]
    if len(places) != 1:
        return None
    place = places[0]
    if len(book.core[place].lstrip("0")) < SHORT and items[place].customer_id not in who:
        return None
    return place


def _is_range(between: str) -> bool:
    """Whether what stands between two numbers means all from one to the other; the second may have letters before it."""
    return _RANGE.fullmatch(between.strip()) is not None


def _within(book: Book, left: list[int], first: int, last: int) -> list[int]:
    """Open items of one customer with numbers between two of theirs, in order; none when the two are not alike."""
    if book.items[first].customer_id != book.items[last].customer_id or len(book.core[first]) != len(book.core[last]):
        return []
    low, high = int(book.core[first]), int(book.core[last])
    if not high - low > 1:
        return []
    inside = [
        place
        for place in book.by_customer[book.items[first].customer_id]
        if left[place] and book.letters[place] == book.letters[first] and len(book.core[place]) == len(book.core[first])
        and low < int(book.core[place]) < high
    ]  # fmt: skip
    return inside if len(inside) <= LONGEST_RANGE else []


def likeness(book: Book, place: int, number: Number, at_end: bool) -> tuple[int, str]:
    """How well a number fits an item of a payer already known: 3 the same, 2 cut or shortened, 1 one slip, 0 not at all."""
    core, digits = book.core[place], number.digits
    stripped = digits.lstrip("0")
    alike = core.endswith(stripped) or core.startswith(digits) or -1 <= len(core) - len(digits) <= 1
    if not alike or not core or not stripped:
        return 0, ""
    if stripped == core.lstrip("0"):
        return 3, "invoice_number"
    if stripped == book.last[place] and (len(stripped) >= 2 or number.letters):
        return 2, "invoice_number_short"
    if len(digits) >= 3 and core.endswith(digits) and len(digits) >= len(core) - 5:
        return 2, "invoice_number_short"
    if at_end and len(digits) >= 4 and len(digits) >= len(core) - 3 and core.startswith(digits):
        return 2, "invoice_number_short"
    if len(core) >= 4 and len(digits) >= 4 and close(digits, core) and not book.beyond(number):
        return 1, "invoice_number_close"
    return 0, ""
