"""From a draft of the ledger to what is open: settles the touched customers and compares with what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from models.ledger import FACTS, RESULT, SAID, Stored, StoredAllocation
from rules.opening import replay
from rules.settlement import Line
from services.ledger_draft import Days, Draft, era


class Result(NamedTuple):
    """What settling makes of a line; days are ISO text, `repeats` is a place in the draft."""

    state: str
    open_cents: int
    settled_on: str | None
    counts_on: str
    repeats: int | None
    carried: bool


class Pair(NamedTuple):
    """An allocation between places of the draft."""

    debit: int | None
    credit: int | None
    cents: int
    made_on: str
    how: str


@dataclass(slots=True)
class Plan:
    """Everything a sync is about to write about items and allocations, by places of the draft."""

    draft: Draft
    results: list[Result] = field(default_factory=list)
    added: list[Pair] = field(default_factory=list)
    dropped: list[StoredAllocation] = field(default_factory=list)
    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)  # facts or what is open, without the two below
    settled: list[int] = field(default_factory=list)
    carried: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    rewritten: list[int] = field(default_factory=list)  # stored lines with other facts
    resettled: list[int] = field(default_factory=list)  # stored lines whose facts stay


def settle_draft(draft: Draft, prefixes: Sequence[str], allocations: Iterable[StoredAllocation], start_month: int) -> Plan:
    """The plan of a draft. `allocations` are those stored between the touched customers' items."""
    places: dict[int, list[int]] = {}
    for place, one in enumerate(draft.records):
        places.setdefault(one.customer_id, []).append(place)
    stored = list(allocations)
    days = Days()
    made, repeats = _replayed(draft, places, prefixes, start_month, days)
    made += _kept(draft, stored)
    if draft.list_on is not None:
        made = _follow_list(draft, made, repeats, days.text(draft.list_on))
    plan = Plan(draft)
    plan.results = _results(draft, made, repeats, days)
    _compare_allocations(plan, made, stored)
    _compare_lines(plan)
    return plan


def _replayed(
    draft: Draft, places: Mapping[int, Sequence[int]], prefixes: Sequence[str], start_month: int, days: Days
) -> tuple[list[Pair], dict[int, int]]:
    """Allocations and repeats of the journals' lines, customer by customer."""
    if not draft.replay:
        return [], {}
    cuts = [days.date(cut) for cut in draft.cuts]
    classes: dict[str, str] = {}
    years: dict[str, int] = {}
    made: list[Pair] = []
    repeats: dict[int, int] = {}
    records, text, date_of, earlier, new = draft.records, days.text, days.date, draft.earlier, tuple.__new__
    for mine in places.values():
        lines: list[Line] = []
        for place in mine:
            one = records[place]
            if one.listed:
                continue
            account, entry_on, lettered_on = one.account, one.entry_on, one.lettered_on
            account_class = classes.get(account)
            if account_class is None:
                account_class = classes[account] = _class_of(account, prefixes)
            year = years.get(entry_on)
            if year is None:
                year = years[entry_on] = (int(entry_on[:4]) * 12 + int(entry_on[5:7]) - start_month) // 12
            lines.append(
                new(Line, (
                    place, one.amount_cents, account_class, one.currency, date_of(_counts_on(one, earlier)),
                    date_of(one.document_on), date_of(one.due_on), one.piece, one.label, one.letter,
                    date_of(lettered_on) if lettered_on else None, year, era(one, draft.cuts) if cuts else 0,
                    one.opens_on is not None,
                ))
            )  # fmt: skip
        if len(lines) == 1 and not cuts:
            continue
        if lines:
            outcome = replay(lines, cuts)
            made += [Pair(*one[:3], text(one.made_on), one.how) for one in outcome.made]
            repeats.update(outcome.repeats)
    return made, repeats


def _class_of(account: str, prefixes: Sequence[str]) -> str:
    return next((prefix for prefix in prefixes if account.startswith(prefix)), account)


def _counts_on(one: Stored, earlier: Mapping[str, bool]) -> str:
    """An opening line that keeps an older day counts from the opening when the older lines are known themselves."""
    if one.opens_on is not None and one.opens_on > one.entry_on and earlier.get(one.opens_on):
        return one.opens_on
    return one.entry_on


def _kept(draft: Draft, stored: Iterable[StoredAllocation]) -> list[Pair]:
    """Stored allocations that stand as they are: all when only a list is followed, else those of listed lines."""
    kept = {one.id: place for place, one in enumerate(draft.records) if one.id and (one.listed or not draft.replay)}
    if draft.list_on is None:
        return []
    return [
        Pair(kept.get(one.debit_id or 0), kept.get(one.credit_id or 0), one.cents, one.made_on, one.how)
        for one in stored
        if (one.debit_id is None or one.debit_id in kept) and (one.credit_id is None or one.credit_id in kept)
    ]


def _follow_list(draft: Draft, made: list[Pair], repeats: Mapping[int, int], list_on: str) -> list[Pair]:
    """Make each line as open as the open-item list says: take back the latest allocations of what is open again,
    close the rest on the list's day, without counterpart."""
    left = {place: one.amount_cents for place, one in enumerate(draft.records) if place not in repeats}
    wanted = {place: draft.records[place].listed_cents or 0 for place in left}
    for one in made:
        _apply(left, one, 1)
    kept = []
    for one in sorted(made, key=lambda pair: pair.made_on, reverse=True):
        if any(place is not None and abs(left[place]) < abs(wanted[place]) for place in (one.debit, one.credit)):
            _apply(left, one, -1)
        else:
            kept.append(one)
    for place, cents in left.items():
        rest = cents - wanted[place]
        if rest:
            day = max(list_on, _counts_on(draft.records[place], draft.earlier))
            debit, credit = (place, None) if rest > 0 else (None, place)
            kept.append(Pair(debit, credit, abs(rest), day, "listed"))
    return kept


def _apply(left: dict[int, int], one: Pair, sign: int) -> None:
    if one.debit is not None:
        left[one.debit] -= sign * one.cents
    if one.credit is not None:
        left[one.credit] += sign * one.cents


def _results(draft: Draft, made: Iterable[Pair], repeats: Mapping[int, int], days: Days) -> list[Result]:
    records = draft.records
    left = [one.amount_cents for one in records]
    settled: dict[int, str] = {}
    carried: set[int] = set()
    for debit, credit, cents, made_on, how in made:
        if debit is not None:
            left[debit] -= cents
            if settled.get(debit, "") < made_on:
                settled[debit] = made_on
        if credit is not None:
            left[credit] += cents
            if settled.get(credit, "") < made_on:
                settled[credit] = made_on
        if how == "carried":
            carried.add(credit if debit is None else debit)  # type: ignore[arg-type]
    earlier = draft.earlier
    results = []
    for place, one in enumerate(records):
        if place in repeats:
            results.append(Result("repeat", 0, None, _counts_on(one, earlier), repeats[place], False))
            continue
        closed = place in carried
        settled_on = None if left[place] or closed else settled.get(place)
        results.append(Result("counted", left[place], settled_on, _counts_on(one, earlier), None, closed))
    return results


def _compare_allocations(plan: Plan, made: Iterable[Pair], stored: Iterable[StoredAllocation]) -> None:
    """What is new, and what no longer holds; equal ones keep their rows."""
    ids = [one.id for one in plan.draft.records]
    known: dict[tuple[object, ...], list[StoredAllocation]] = {}
    for one in stored:
        known.setdefault(one[2:], []).append(one)
    added = plan.added
    if not known:
        added += made
        return
    for pair in made:
        debit = None if pair.debit is None else ids[pair.debit]
        credit = None if pair.credit is None else ids[pair.credit]
        same = known.get((debit, credit, *pair[2:]))
        if same:
            same.pop()
        else:
            added.append(pair)
    plan.dropped = [one for same in known.values() for one in same]


def _compare_lines(plan: Plan) -> None:
    draft = plan.draft
    ids = [one.id for one in draft.records]
    for place, (one, before, result) in enumerate(zip(draft.records, draft.before, plan.results, strict=True)):
        if before is None:
            (plan.repeated if result.state == "repeat" else plan.new).append(place)
            continue
        repeats_id = None if result.repeats is None else ids[result.repeats] or -1
        facts = one is not before and _facts_differ(one, before)
        outcome = (result.state, result.open_cents, result.settled_on, result.counts_on, repeats_id)
        if facts:
            plan.rewritten.append(place)
        elif outcome != tuple(before)[RESULT]:
            plan.resettled.append(place)
        else:
            continue
        _sort_change(plan, place, before, result)


def _facts_differ(one: Stored, before: Stored) -> bool:
    return one[SAID:] != before[SAID:] or one.listed_cents != before.listed_cents or before.state == "vanished"


def _sort_change(plan: Plan, place: int, before: Stored, result: Result) -> None:
    """Under which heading a reader looks for it."""
    one = plan.draft.records[place]
    if result.state == "repeat" and before.state != "repeat":
        plan.repeated.append(place)
    elif before.open_cents and not result.open_cents:
        (plan.carried if result.carried else plan.settled).append(place)
    elif (
        one[FACTS:] != before[FACTS:]
        or (one.due_on, one.due_source) != (before.due_on, before.due_source)
        or result.open_cents != before.open_cents
        or result.state != before.state
    ):
        plan.changed.append(place)


def ledger_side(draft: Draft) -> dict[tuple[int, str], int]:
    """What the touched customers' accounts sum to, by customer and currency, from the raw debits and credits of the
    last opened books (or the list): independent of how anything was settled."""
    sums: dict[tuple[int, str], int] = {}
    opened = draft.cuts[-1] if draft.cuts else ""
    for one in draft.records:
        if draft.list_on is not None:
            cents = one.listed_cents or 0
        elif (one.opens_on or one.entry_on) >= opened:
            cents = one.debit_cents - one.credit_cents
        else:
            continue
        key = (one.customer_id, one.currency)
        sums[key] = sums.get(key, 0) + cents
    return sums
