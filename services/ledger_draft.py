"""What the ledger will be once a file is taken in: every line known again, new, changed or vanished. Nothing is
settled and nothing is written here."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from models.ledger import COLUMNS, SAID, Stored
from rules.errors import DomainError
from rules.invoices import PATIENCE, Numbered, pair
from rules.ledger import Kind, LedgerLine, LedgerSnapshot, Remark
from rules.merge import NEW, journal_keys, list_keys, match
from rules.opening import Openings, read_openings
from rules.settlement import reference
from rules.terms import Terms, due_on

AT_ONCE = frozenset((Kind.PAYMENT, Kind.CREDIT_NOTE, Kind.REJECTED))
"""Kinds without terms: a payment is its own day, a payment that came back is due the day it did."""

STATE, LISTED = COLUMNS.index("state"), COLUMNS.index("listed_cents")
ANOTHER_YEAR = timedelta(days=300)
SAME_START = timedelta(days=31)
SAME_TIME = timedelta(days=45)
SAID_OF_MANY = 20  # numbers named in a remark


@dataclass(slots=True)
class Book:
    """The ledger of a company as it stands, and what is needed to read on."""

    prefixes: tuple[str, ...]  # of customer accounts, longest first
    terms: Terms
    customer_terms: dict[int, Terms]  # only where agreed
    stored: list[Stored]
    journals: list[tuple[date, date]]  # periods read so far
    list_on: date | None  # day of the open-item list that decides; None: the journals decide
    provisional: frozenset[int] = frozenset()  # customers known from electronic invoices only


@dataclass(slots=True)
class Draft:
    """The lines of the touched customers as they will stand; `before[i]` is the stored one of `records[i]`."""

    records: list[Stored] = field(default_factory=list)
    before: list[Stored | None] = field(default_factory=list)
    source_lines: list[int | None] = field(default_factory=list)
    vanished: list[Stored] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    cuts: list[str] = field(default_factory=list)
    earlier: dict[str, bool] = field(default_factory=dict)  # by cut: whether older lines are known
    list_on: date | None = None
    replay: bool = True  # settle anew from the lines; False: keep what is allocated, only follow the list
    remarks: list[Remark] = field(default_factory=list)


class Days:
    """Dates as ISO text and back, each made once."""

    def __init__(self) -> None:
        self.texts: dict[date, str] = {}
        self.dates: dict[str, date] = {}

    def text(self, day: date) -> str:
        """ISO text of a date."""
        found = self.texts.get(day)
        if found is None:
            found = self.texts[day] = day.isoformat()
        return found

    def date(self, text: str) -> date:
        """Date of ISO text."""
        found = self.dates.get(text)
        if found is None:
            found = self.dates[text] = date.fromisoformat(text)
        return found


class DueDates:
    """Due dates by the order: the file, the customer's terms, the company's terms."""

    def __init__(self, book: Book, days: Days) -> None:
        self.book, self.days = book, days
        self.known: dict[tuple[date, Terms], str] = {}

    def of(self, customer_id: int, kind: str, amount: int, document_on: date, file_due: date | None) -> tuple[str, str]:
        """(due date as ISO text, where it comes from)."""
        if file_due is not None:
            return self.days.text(file_due), "file"
        if amount <= 0 or kind in AT_ONCE:
            return self.days.text(document_on), "document"
        terms = self.book.customer_terms.get(customer_id)
        source = "company" if terms is None else "customer"
        key = (document_on, terms or self.book.terms)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = due_on(*key).isoformat()
        return found, source


def draft_journal(book: Book, snapshot: LedgerSnapshot, customer_ids: Mapping[str, int]) -> Draft:
    """A journal is complete for its period: lines of the period it does not hold have vanished.

    An older export of a year already known further changes nothing."""
    lines = snapshot.lines
    if not lines:
        raise DomainError("no_customer_lines", value=", ".join(sorted(book.prefixes)))
    openings = read_openings(lines)
    fresh = _fresh(book, snapshot, journal_keys(lines, openings.opens_on), openings, customer_ids)
    starts_on, ends_on = _period(snapshot, openings)
    found = _recognise(book, fresh, _covered(book.stored, starts_on, ends_on))
    draft = Draft(list_on=book.list_on)
    longer = _longer_export(book, snapshot)
    if longer is not None:
        beyond = _covered(book.stored, starts_on, longer)
        if _is_older(book.stored, fresh, found, beyond):
            draft.remarks.append(Remark("older_export", params={"ends_on": snapshot.ends_on, "known_on": longer}))
            return draft
        draft.remarks.append(Remark("shorter_export", params={"ends_on": snapshot.ends_on, "known_on": longer}))
        ends_on = longer
    if book.list_on is not None:
        if ends_on >= book.list_on - SAME_TIME:
            draft.list_on = None
        else:
            draft.remarks.append(Remark("history_only", params={"ends_on": ends_on, "list_on": book.list_on}))
    gone = set(_covered(book.stored, starts_on, ends_on))
    if book.list_on is not None and draft.list_on is None:
        gone.update(place for place, one in enumerate(book.stored) if one.listed and one.state != "vanished")
    _assemble(draft, book.stored, fresh, found, gone, [one.line for one in lines])
    _remark_openings(draft, book, openings, starts_on)
    _remark_announced(draft, book.stored, fresh, found, starts_on, ends_on)
    return draft


def _fresh(
    book: Book, snapshot: LedgerSnapshot, keys: Sequence[str], openings: Openings, customer_ids: Mapping[str, int]
) -> list[Stored]:
    iso = _iso(snapshot.lines, openings)
    due = DueDates(book, Days()).of
    opens, new = openings.opens_on, tuple.__new__
    kinds = {kind: kind.value for kind in Kind}
    fresh: list[Stored] = []
    for index, one in enumerate(snapshot.lines):
        (_, code, _, account, journal, entry, entry_on, piece, document_on, file_due, label, debit, credit, letter,
         lettered_on, kind, currency, foreign_currency, foreign_cents, method, _) = one  # fmt: skip
        customer_id = customer_ids[code]
        amount = debit - credit
        day, document_day = iso[entry_on], iso[document_on]
        if amount <= 0 and file_due is None:
            due_text, due_source = document_day, "document"
        else:
            due_text, due_source = due(customer_id, kind, amount, document_on, file_due)
        # The tuple is made without the detour by keywords: hundreds of thousands of them.
        fresh.append(
            new(Stored, (
                0, "counted", 0, None, day, None, None, 0, 0, keys[index], due_text, due_source, customer_id,
                kinds[kind], iso[opens.get(index)] if opens else None, account, journal, entry, day, piece,
                document_day, label, currency, debit, credit, amount, foreign_currency, foreign_cents, letter,
                iso[lettered_on], method,
            ))
        )  # fmt: skip
    return fresh


def _iso(lines: Iterable[LedgerLine], openings: Openings) -> dict[date | None, str | None]:
    """ISO text of every day that occurs; of no day, none."""
    days: set[date | None] = {day for one in lines for day in (one[6], one[8], one[14])}
    days.update(openings.opens_on.values())
    return {day: day.isoformat() if day else None for day in (*days, None)}


def _period(snapshot: LedgerSnapshot, openings: Openings) -> tuple[date, date]:
    """What the file is complete for. Openings that keep their original days do not make it reach back to those."""
    days = [one.entry_on for one in snapshot.lines]
    starts_on = snapshot.starts_on or min(days)
    ends_on = max(snapshot.ends_on or date.min, *days)
    if openings.opens_on:
        opens_on = min(openings.opens_on.values())
        others = (one.entry_on for index, one in enumerate(snapshot.lines) if index not in openings.opens_on)
        if min(others, default=opens_on) >= opens_on:
            starts_on = max(starts_on, opens_on)
    return starts_on, ends_on


def _covered(stored: Sequence[Stored], starts_on: date, ends_on: date) -> list[int]:
    """Places of the journal lines a file of this period must hold if they still exist."""
    first, last = starts_on.isoformat(), ends_on.isoformat()
    near = (starts_on - SAME_START).isoformat()
    return [
        place
        for place, one in enumerate(stored)
        if not one.listed
        and not one.announced
        and one.state != "vanished"
        and (first <= one.entry_on <= last if one.opens_on is None else near <= one.opens_on <= last)
    ]


def _loose(one: Stored) -> Hashable:
    return (one.customer_id, reference(one.piece), one.amount_cents, one.document_on, one.opens_on is None)


def _recognise(book: Book, fresh: Sequence[Stored], covered: Iterable[int]) -> list[int]:
    """For each line of the file its place among the stored ones, or NEW."""
    stored = book.stored
    if not stored:
        return [NEW] * len(fresh)
    known = {one.key: place for place, one in enumerate(stored) if not one.listed}
    found = match([one.key for one in fresh], range(len(fresh)), known, {})
    if NEW in found:
        used = set(found)
        spare: dict[Hashable, list[int]] = {}
        for place in covered:
            if place not in used:
                spare.setdefault(_loose(stored[place]), []).append(place)
        _find_more(found, fresh, _loose, spare)
        _find_listed(found, stored, fresh)
        _find_announced(found, book, fresh)
    return found


def _find_more(found: list[int], fresh: Sequence[Stored], key_of: object, spare: dict[Hashable, list[int]]) -> None:
    if not spare:
        return
    places = [index for index, place in enumerate(found) if place == NEW]
    keys = [key_of(fresh[index]) for index in places]  # type: ignore[operator]
    for index, place in zip(places, match([""] * len(places), keys, {}, spare), strict=True):
        found[index] = place


def _find_listed(found: list[int], stored: Sequence[Stored], fresh: Sequence[Stored]) -> None:
    """Lines of a journal that an open-item list had brought before."""
    for key_of in (_by_amount, _by_day):
        used = set(found)
        spare: dict[Hashable, list[int]] = {}
        for place, one in enumerate(stored):
            if one.listed and one.piece and place not in used:
                spare.setdefault(key_of(one), []).append(place)
        _find_more(found, fresh, key_of, spare)


def _find_announced(found: list[int], book: Book, fresh: Sequence[Stored]) -> None:
    """Lines whose electronic invoice had come before: the row of the invoice becomes the ledger's. The invoice of a
    customer the ledger does not know may be a line of any customer."""
    used = set(found)
    known = {
        place: one for place, one in enumerate(book.stored) if one.announced and one.state == "counted" and place not in used
    }
    if not known:
        return
    new = [index for index, place in enumerate(found) if place == NEW and fresh[index].piece]
    owned = {index: _numbered(index, fresh[index], fresh[index].customer_id) for index in new}
    mine = [_numbered(place, one, one.customer_id) for place, one in known.items()]
    for place, (index, _) in pair(mine, owned.values()).items():
        found[index] = place
        del known[place], owned[index]
    strangers = [_numbered(place, one, 0) for place, one in known.items() if one.customer_id in book.provisional]
    anybody = [_numbered(index, fresh[index], 0) for index in owned]
    for place, (index, agree) in pair(strangers, anybody).items() if strangers else ():
        if agree:
            found[index] = place


def _numbered(ref: int, one: Stored, whose: int) -> Numbered:
    return Numbered(ref, (whose, one.currency), one.piece, date.fromisoformat(one.document_on), (one.amount_cents,))


def _remark_announced(
    draft: Draft,
    stored: Sequence[Stored],
    fresh: Sequence[Stored],
    found: Sequence[int],
    starts_on: date,
    ends_on: date,
) -> None:
    """Electronic invoices of days the file covers that it does not hold, and those it holds with another amount."""
    used = {place: index for index, place in enumerate(found) if place != NEW}
    first, last = starts_on.isoformat(), (ends_on - PATIENCE).isoformat() if ends_on > date.min + PATIENCE else ""
    missing = []
    for place, one in enumerate(stored):
        if not one.announced or one.state != "counted":
            continue
        if place not in used:
            if first <= one.document_on <= last:
                missing.append(one.piece)
        elif fresh[used[place]].amount_cents != one.amount_cents:
            cents = fresh[used[place]].amount_cents
            params: dict[str, object] = {"number": one.piece, "invoice_cents": one.amount_cents, "ledger_cents": cents}
            draft.remarks.append(Remark("invoice_amount_differs", params={**params, "currency": one.currency}))
    if missing:
        said = ", ".join(missing[:SAID_OF_MANY]) + (" …" if len(missing) > SAID_OF_MANY else "")
        draft.remarks.append(Remark("invoices_not_in_ledger", params={"count": len(missing), "value": said}))


def _by_amount(one: Stored) -> Hashable:
    return (one.customer_id, one.currency, reference(one.piece), one.amount_cents)


def _by_day(one: Stored) -> Hashable:
    return (one.customer_id, one.currency, reference(one.piece), one.document_on, one.amount_cents < 0)


def _longer_export(book: Book, snapshot: LedgerSnapshot) -> date | None:
    """The end of a known file that starts with this one and goes further."""
    if snapshot.starts_on is None or snapshot.ends_on is None:
        return None
    ends = [end for start, end in book.journals if abs(start - snapshot.starts_on) <= SAME_START]
    return max((end for end in ends if end > snapshot.ends_on), default=None)


def _is_older(stored: Sequence[Stored], fresh: Sequence[Stored], found: Sequence[int], beyond: Iterable[int]) -> bool:
    """Whether a file that ends earlier than a known one of the same year was also made earlier: what it brings is
    less than what it lacks. (A removed entry with a date in the future makes a newer file end earlier.)"""
    used = set(found)
    lacks = sum(place not in used for place in beyond)
    brings = sum(
        place == NEW or (bool(one.letter) and not stored[place].letter) for one, place in zip(fresh, found, strict=True)
    )
    return brings <= lacks


def _assemble(
    draft: Draft,
    stored: Sequence[Stored],
    fresh: Sequence[Stored],
    found: Sequence[int],
    gone: Iterable[int],
    source_lines: Sequence[int],
) -> None:
    """The lines of every customer something changes for."""
    changed: dict[int, tuple[Stored, int]] = {}
    added: list[int] = []
    touched = draft.touched
    list_on = draft.list_on
    for index, place in enumerate(found):
        new = fresh[index]
        if place == NEW:
            added.append(index)
            touched.add(new.customer_id)
            continue
        old = stored[place]
        if old[SAID:] == new[SAID:] and old[LISTED] is None and old[STATE] != "vanished":
            continue  # as nearly always
        if not _same(old, new, list_on):
            changed[place] = (_renewed(old, new, list_on), source_lines[index])
            touched.update((old.customer_id, new.customer_id))
    used = set(found)
    vanished = {place for place in gone if place not in used}
    touched.update(stored[place].customer_id for place in vanished)
    draft.vanished = [stored[place] for place in sorted(vanished)]
    after = [
        changed[place][0] if place in changed else one
        for place, one in enumerate(stored)
        if place not in vanished and (one.state != "vanished" or place in changed)
    ]
    after += [fresh[index] for index in added]
    _set_cuts(draft, after)
    if book_signature(stored) != (draft.cuts, draft.earlier):
        touched.update(one.customer_id for one in after)
    for place, one in enumerate(stored):
        if one.customer_id in touched and place not in vanished and (one.state != "vanished" or place in changed):
            new, line = changed.get(place, (one, None))
            draft.records.append(new)
            draft.before.append(one)
            draft.source_lines.append(line)
    for index in added:
        draft.records.append(fresh[index])
        draft.before.append(None)
        draft.source_lines.append(source_lines[index])


def _same(old: Stored, new: Stored, list_on: date | None) -> bool:
    if keeps_due(old, new):
        new = new._replace(due_on=old.due_on, due_source=old.due_source)
    return old[SAID:] == new[SAID:] and old.state != "vanished" and (old.listed_cents is None or list_on is not None)


def _renewed(old: Stored, new: Stored, list_on: date | None) -> Stored:
    """The stored line with what the file now says."""
    keeps = keeps_due(old, new)
    return new._replace(
        id=old.id,
        open_cents=old.open_cents,
        settled_on=old.settled_on,
        repeats_id=old.repeats_id,
        listed_cents=old.listed_cents if list_on is not None else None,
        due_on=old.due_on if keeps else new.due_on,
        due_source=old.due_source if keeps else new.due_source,
    )


def keeps_due(old: Stored, new: Stored) -> bool:
    """A due date set by hand stays whatever a file says; one an electronic invoice gave stays unless the file says one."""
    return old.due_source == "hand" or (old.due_source == "invoice" and new.due_source != "file")


def book_signature(stored: Iterable[Stored]) -> tuple[list[str], dict[str, bool]]:
    """The openings of a ledger, in order, and for each whether older lines are known."""
    cuts: set[str] = set()
    first = "9999-12-31"
    for one in stored:
        if one.state != "vanished":
            if one.opens_on is not None:
                cuts.add(one.opens_on)
            elif one.entry_on < first and not one.listed and not one.announced:
                first = one.entry_on
    ordered = sorted(cuts)
    return ordered, older_known(ordered, first)


def older_known(cuts: Sequence[str], first: str) -> dict[str, bool]:
    """For each opening, in order, whether older lines are known; `first` is the day of the first other line."""
    return {cut: first < cut or cut != cuts[0] for cut in cuts}


def _set_cuts(draft: Draft, after: Iterable[Stored]) -> None:
    draft.cuts, draft.earlier = book_signature(after)


def era(one: Stored, cuts: Sequence[str]) -> int:
    """How many openings lie before a line; an opening line is in the books it opens."""
    return bisect_right(cuts, one.opens_on or one.entry_on)


def _remark_openings(draft: Draft, book: Book, openings: Openings, starts_on: date) -> None:
    if openings.unclear:
        draft.remarks.append(Remark("openings_unclear", params={"count": openings.unclear}))
    if openings.opens_on or not draft.touched:
        return
    first = (starts_on - ANOTHER_YEAR).isoformat()
    if any(one.entry_on < first and one.state == "counted" and not one.listed and not one.announced for one in book.stored):
        draft.remarks.append(Remark("no_openings", params={"starts_on": starts_on}))


def draft_list(book: Book, snapshot: LedgerSnapshot, customer_ids: Mapping[str, int], today: date) -> Draft:
    """An open-item list is the whole picture of one day: what it does not hold is settled."""
    if not snapshot.lines:
        raise DomainError("no_customer_lines", value=", ".join(sorted(book.prefixes)))
    list_on = snapshot.ends_on
    if list_on is None:
        raise DomainError("list_without_day")
    if book.list_on is not None and list_on < book.list_on:
        raise DomainError("older_list", list_on=list_on, known_on=book.list_on)
    last_journal = min(max((end for _, end in book.journals), default=date.min), today)
    if list_on < last_journal:
        raise DomainError("list_before_journal", list_on=list_on, known_on=last_journal)
    draft = Draft(list_on=list_on, replay=False)
    fresh = _listed(book, snapshot, customer_ids)
    found = _recognise_listed(book, fresh)
    _assemble_list(draft, book.stored, fresh, found, [one.line for one in snapshot.lines])
    draft.cuts, draft.earlier = book_signature(book.stored)
    _remark_announced(draft, book.stored, fresh, found, date.min, list_on)
    return draft


def _listed(book: Book, snapshot: LedgerSnapshot, customer_ids: Mapping[str, int]) -> list[Stored]:
    made = _fresh(book, snapshot, list_keys(snapshot.lines), Openings({}, 0), customer_ids)
    opens = [one.amount_cents if one.open_cents is None else one.open_cents for one in snapshot.lines]
    return [_sound(one._replace(listed=1, listed_cents=left)) for one, left in zip(made, opens, strict=True)]


def _sound(one: Stored) -> Stored:
    """The amount of a listed line is at least what is open of it."""
    left = one.listed_cents or 0
    if abs(left) <= abs(one.amount_cents) and left * one.amount_cents >= 0:
        return one
    return one._replace(amount_cents=left, debit_cents=max(left, 0), credit_cents=max(-left, 0))


def _recognise_listed(book: Book, fresh: Sequence[Stored]) -> list[int]:
    stored = book.stored
    known = {one.key: place for place, one in enumerate(stored) if one.listed}
    found = match([one.key for one in fresh], range(len(fresh)), known, {})
    for key_of in (_by_amount, _by_day):
        used = set(found)
        spare: dict[Hashable, list[int]] = {}
        for place, one in enumerate(stored):
            if not one.listed and not one.announced and one.state == "counted" and one.piece and place not in used:
                spare.setdefault(key_of(one), []).append(place)
        for places in spare.values():
            places.sort(key=lambda place: stored[place].open_cents == 0)  # open ones are likelier than settled ones
        _find_more(found, fresh, key_of, spare)
    if NEW in found:
        _find_announced(found, book, fresh)
    return found


def _assemble_list(
    draft: Draft, stored: Sequence[Stored], fresh: Sequence[Stored], found: Sequence[int], source_lines: Sequence[int]
) -> None:
    after: dict[int, tuple[Stored, int | None]] = {}
    for index, place in enumerate(found):
        if place != NEW:
            after[place] = (_relisted(stored[place], fresh[index]), source_lines[index])
    for place, one in enumerate(stored):
        if place not in after and not one.announced and (one.listed_cents is not None or one.open_cents):
            after[place] = (one._replace(listed_cents=None), None)
    for place, (new, _) in after.items():
        old = stored[place]
        if new != old or old.open_cents != (new.listed_cents or 0):
            draft.touched.update((old.customer_id, new.customer_id))
    draft.touched.update(fresh[index].customer_id for index, place in enumerate(found) if place == NEW)
    for place, one in enumerate(stored):
        if one.customer_id in draft.touched and (one.state == "counted" or place in after):
            new, line = after.get(place, (one, None))
            draft.records.append(one if new == one else new)
            draft.before.append(one)
            draft.source_lines.append(line)
    for index, place in enumerate(found):
        if place == NEW:
            draft.records.append(fresh[index])
            draft.before.append(None)
            draft.source_lines.append(source_lines[index])


def _relisted(old: Stored, new: Stored) -> Stored:
    """A known line with what the list now says. A journal's line keeps the journal's facts; an amount that shrinks
    together with what is open is a part payment, not another amount."""
    left = new.listed_cents or 0
    from_file = new.due_source == "file"
    kept = keeps_due(old, new) or not (from_file or old.listed or old.announced)
    due = (old.due_on, old.due_source) if kept else (new.due_on, new.due_source)
    if not old.listed and not old.announced:
        sound = (
            old
            if abs(left) <= abs(old.amount_cents) and left * old.amount_cents >= 0
            else _sound(old._replace(listed_cents=left))
        )
        return sound._replace(listed_cents=left, due_on=due[0], due_source=due[1])
    same_sign = old.amount_cents * new.amount_cents > 0
    if new.amount_cents == left and same_sign and abs(left) < abs(old.amount_cents):
        new = new._replace(amount_cents=old.amount_cents, debit_cents=old.debit_cents, credit_cents=old.credit_cents)
    return new._replace(
        id=old.id, open_cents=old.open_cents, settled_on=old.settled_on, counts_on=old.counts_on,
        due_on=due[0], due_source=due[1],
    )  # fmt: skip
