"""Opening entries (à-nouveaux): the books of a new year repeat what was open; the same debt is counted once.

An opening line that agrees with an earlier line still open is a repeat: the earlier line stays, with its document
and due date, and takes over the letter of the opening line. Any other opening line counts, and what was open before
and is not repeated is carried: closed on the opening day, because it stands inside an opening line.

>>> from rules.settlement import line
>>> invoice = line(0, 10000, date(2025, 11, 3), piece="F1")
>>> other = line(1, 700, date(2025, 12, 1), piece="F2")
>>> opening = line(2, 10000, date(2026, 1, 1), piece="F1", letter="AA", era=1, opening=True)
>>> payment = line(3, -10000, date(2026, 1, 20), letter="AA", era=1)
>>> outcome = replay([invoice, other, opening, payment], [date(2026, 1, 1)])
>>> outcome.repeats  # the opening line repeats the invoice
{2: 0}
>>> [(made.debit, made.credit, made.how) for made in outcome.made]
[(1, None, 'carried'), (0, 3, 'letter')]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from rules.days import end_of_month
from rules.ledger import Kind, LedgerLine
from rules.settlement import Line, Made, named_in, oldest, reference, remaining, settle

Agreement = tuple[Line, Line]  # opening line, earlier line


class Outcome(NamedTuple):
    """What became of one customer's lines: allocations, and opening line → the earlier line it repeats (refs)."""

    made: list[Made]
    repeats: dict[int, int]


def replay(lines: Sequence[Line], cuts: Sequence[date]) -> Outcome:
    """Settle all lines of one customer, opening after opening; `cuts` are the opening days of the company, in order.

    The result does not depend on the order in which the files came. Σ open = Σ amounts of the last books."""
    if not cuts:
        return Outcome(settle(lines), {})
    books: dict[int, list[Line]] = {}
    for one in lines:
        books.setdefault(one.era, []).append(one)
    repeats: dict[int, int] = {}
    done: list[Made] = []
    active: list[Line] = []
    made: list[Made] = []
    for era in range(min(books), len(cuts) + 1):
        now = books.get(era, [])
        if active:
            opening = [one for one in now if one.opening]
            agreed, kept = _agree(opening, active, made)
            left = remaining(active, kept)
            repeated = {earlier.ref for _, earlier in agreed}
            carried = [_carry(one, left[one.ref], cuts[era - 1]) for one in active if one.ref not in repeated]
            done += [*kept, *(allocation for allocation in carried if allocation)]
            taken = {}
            for opened, earlier in agreed:
                repeats[opened.ref] = earlier.ref
                taken[opened.ref] = _taken_over(opened, earlier, left[earlier.ref])
            now = [taken.get(one.ref, one) for one in now]
        active = now
        made = settle(active)
    return Outcome(done + made, repeats)


def _taken_over(opened: Line, earlier: Line, left: int) -> Line:
    """The earlier line in the new books: its own dates and reference, the letter and account of the opening line."""
    return earlier._replace(
        amount=left, account_class=opened.account_class, letter=opened.letter, lettered_on=opened.lettered_on,
        year=opened.year, era=opened.era,
    )  # fmt: skip


def _carry(one: Line, left: int, day: date) -> Made | None:
    if not left:
        return None
    return Made(one.ref, None, left, day, "carried") if left > 0 else Made(None, one.ref, -left, day, "carried")


def _agree(opening: list[Line], active: list[Line], made: list[Made]) -> tuple[list[Agreement], list[Made]]:
    """Which opening lines repeat which earlier lines, and which of the earlier allocations stand.

    First the untouched lines; then settled ones that the opening shows unsettled on both sides (they were lettered
    after the year closed: the allocation is taken back); then the residues of partly settled ones."""
    opening, active = sorted(opening, key=oldest), sorted(active, key=oldest)
    left = remaining(active, made)
    untouched = [one for one in active if left[one.ref] == one.amount]
    agreed = _match(opening, untouched)
    if not made or len(agreed) == len(opening):
        return agreed, made
    rest = _without(opening, agreed)
    reopened = _match(rest, [one for one in active if left[one.ref] != one.amount])
    reopened = _only_whole(reopened, made)
    back = {earlier.ref for _, earlier in reopened}
    kept = [one for one in made if one.debit not in back]
    residues = [
        one._replace(amount=left[one.ref]) for one in active if left[one.ref] not in (0, one.amount) and one.ref not in back
    ]
    return agreed + reopened + _match(_without(rest, reopened), residues), kept


def _only_whole(agreed: list[Agreement], made: list[Made]) -> list[Agreement]:
    """Keep the agreements whose counterparts agree as well: half an allocation cannot be taken back."""
    refs = {earlier.ref for _, earlier in agreed}
    while refs:
        halves = {
            ref for one in made if (one.debit in refs) != (one.credit in refs) for ref in (one.debit, one.credit) if ref in refs
        }
        if not halves:
            break
        refs -= halves
    return [pair for pair in agreed if pair[1].ref in refs]


def _without(opening: list[Line], agreed: list[Agreement]) -> list[Line]:
    matched = {opened.ref for opened, _ in agreed}
    return [one for one in opening if one.ref not in matched]


def _by_piece_and_day(one: Line) -> object:
    return (one.currency, one.amount, reference(one.piece), one.document_on) if one.piece else None


def _by_piece(one: Line) -> object:
    return (one.currency, one.amount, reference(one.piece)) if one.piece else None


def _by_day_and_label(one: Line) -> object:
    return (one.currency, one.amount, one.document_on, reference(one.label)) if one.label else None


AGREEMENTS: tuple[Callable[[Line], object], ...] = (_by_piece_and_day, _by_piece, _by_day_and_label)


def _match(opening: list[Line], earlier: list[Line]) -> list[Agreement]:
    """Pairs that agree in amount and: reference and day; reference; day and label; reference named in the label."""
    agreed: list[Agreement] = []
    for key_of in AGREEMENTS:
        if not opening or not earlier:
            return agreed
        waiting: dict[object, list[Line]] = {}
        for one in reversed(earlier):
            waiting.setdefault(key_of(one), []).append(one)
        waiting.pop(None, None)
        found = [(one, waiting[key_of(one)].pop()) for one in opening if waiting.get(key_of(one))]
        agreed += found
        opening = _without(opening, found)
        used = {one.ref for _, one in found}
        earlier = [one for one in earlier if one.ref not in used]
    return agreed + _match_named(opening, earlier)


def _match_named(opening: list[Line], earlier: list[Line]) -> list[Agreement]:
    """Programs that number openings anew keep the invoice's number in the label."""
    agreed: list[Agreement] = []
    waiting: dict[tuple[str, int, str], Line] = {}
    for one in reversed(earlier):
        if any(sign.isdigit() for sign in one.piece) and len(one.piece) >= 3:
            waiting[(one.currency, one.amount, reference(one.piece))] = one
    if not waiting:
        return agreed
    for one in opening:
        for name in sorted(named_in(one.label)):
            found = waiting.pop((one.currency, one.amount, name), None)
            if found is not None:
                agreed.append((one, found))
                break
    return agreed


class Openings(NamedTuple):
    """What one journal file says about openings: opening day of each opening line (by its place), how sure.

    `unclear` counts opening lines in the middle of a file whose sums do not repeat the balance before them: they
    count as ordinary lines."""

    opens_on: dict[int, date]
    unclear: int


def read_openings(lines: Sequence[LedgerLine]) -> Openings:
    """The day each opening line opens the books of, by index; lines that open nothing are left out.

    The openings of a file come before its other lines: on one day, or on the original days of what they repeat
    (then the books open on the first of the month of the first other line). Openings further inside a file of
    several years are taken as such when they repeat, customer by customer, the balance before them."""
    openings = [index for index, one in enumerate(lines) if one.kind == Kind.OPENING]
    if not openings:
        return Openings({}, 0)
    days = sorted({lines[index].entry_on for index in openings})
    body = min((one.entry_on for one in lines if one.kind != Kind.OPENING), default=None)
    if body is None or days[-1] <= body:
        return Openings(dict.fromkeys(openings, _books_open(days, body)), 0)
    opens: dict[int, date] = {}
    unclear = 0
    if days[0] <= body or (days[0] - body).days <= 31:
        start = min(days[0], body)
        opens = {index: start for index in openings if lines[index].entry_on == days[0]}
        days = days[1:]
    for day in days:
        on_day = [index for index in openings if lines[index].entry_on == day]
        if _repeats_balance(lines, on_day, day, opens):
            opens |= dict.fromkeys(on_day, day)
        else:
            unclear += len(on_day)
    return Openings(opens, unclear)


def _books_open(days: list[date], body: date | None) -> date:
    """The first day of the new books: the day of the openings; when they keep their original days, or stand on the
    last day of the closed year, the first of the month of the first other line."""
    last = days[-1]
    if body is None or (len(days) == 1 and last != end_of_month(last)) or body == last:
        return last
    first = body.replace(day=1)
    return first if first > last else body


def _repeats_balance(lines: Sequence[LedgerLine], on_day: list[int], day: date, opens: dict[int, date]) -> bool:
    start = max((opened for opened in opens.values() if opened < day), default=date.min)
    sums: dict[tuple[str, str], int] = {}
    inside = set(on_day)
    for index, one in enumerate(lines):
        opened = opens.get(index)
        if index in inside:
            amount = -one.amount_cents
        elif opened == start or (opened is None and start <= one.entry_on < day):
            amount = one.amount_cents
        else:
            continue
        key = (one.customer, one.currency)
        sums[key] = sums.get(key, 0) + amount
    return not any(sums.values())
