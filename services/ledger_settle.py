"""From a draft of the ledger to what is open: settles the touched customers and compares with what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from models.ledger import FACTS, RESULT, SAID, Stored, StoredAllocation
from rules.opening import replay
from rules.settlement import Line
from services.ledger_draft import Days, Draft, era


class Pair(NamedTuple):
    """An allocation between places of the draft."""

    debit: int | None
    credit: int | None
    cents: int
    made_on: str
    how: str


@dataclass(slots=True)
class Outcomes:
    """What settling makes of the lines, by place of the draft; days are ISO text."""

    open_cents: list[int]
    settled_on: list[str | None]  # None too when what was open is now inside an opening
    counts_on: list[str]
    repeats: dict[int, int]  # a line that repeats an earlier one: place → place
    carried: set[int]  # closed, at least in part, because an opening holds them

    def state(self, place: int) -> str:
        """As stored with the item."""
        return "repeat" if place in self.repeats else "counted"


@dataclass(slots=True)
class Plan:
    """Everything a sync is about to write about items and allocations, by places of the draft."""

    draft: Draft
    outcomes: Outcomes
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
    plan = Plan(draft, _outcomes(draft, made, repeats))
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
    opened = draft.cuts[-1] if cuts else ""
    lines_of = _Lines(draft, prefixes, start_month, days)
    records, text = draft.records, days.text
    made: list[Pair] = []
    repeats: dict[int, int] = {}
    for mine in places.values():
        mine = [place for place in mine if not records[place].listed and not records[place].announced]
        if all((records[place].opens_on or records[place].entry_on) >= opened for place in mine):
            mine = lines_of.settle_twos(mine, made)
            cuts_of = []
        else:
            cuts_of = cuts
        if mine:
            outcome = replay(lines_of.of(mine), cuts_of)
            made += [Pair(*one[:3], text(one.made_on), one.how) for one in outcome.made]
            repeats.update(outcome.repeats)
    return made, repeats


class _Lines:
    """The lines of the draft as the rules want them."""

    def __init__(self, draft: Draft, prefixes: Sequence[str], start_month: int, days: Days) -> None:
        self.draft, self.prefixes, self.start_month, self.days = draft, prefixes, start_month, days
        self.classes: dict[str, str] = {}
        self.years: dict[str, int] = {}

    def settle_twos(self, places: Sequence[int], made: list[Pair]) -> list[int]:
        """Letters of exactly two lines that cancel out need no rule and are most of any ledger: they are settled on
        the later day. Gives the places that do need one; none when there is nothing to match."""
        records = self.draft.records
        groups: dict[tuple[str, str, str], list[int]] = {}
        loose: list[int] = []
        for place in places:
            one = records[place]
            if one.letter:
                groups.setdefault((one.letter, self._class_of(one.account), one.currency), []).append(place)
            else:
                loose.append(place)
        signs = {records[place].amount_cents > 0 for place in loose}
        rest = loose if len(signs) == 2 else []
        for group in groups.values():
            if len(group) == 1:
                continue
            if len(group) == 2:
                one, other = records[group[0]], records[group[1]]
                cents = one.amount_cents
                if cents and cents == -other.amount_cents:
                    debit, credit = group if cents > 0 else reversed(group)
                    earlier = self.draft.earlier
                    made_on = max(_counts_on(one, earlier), _counts_on(other, earlier))
                    made.append(tuple.__new__(Pair, (debit, credit, abs(cents), made_on, "letter")))
                    continue
            rest = rest + group
        return rest

    def of(self, places: Sequence[int]) -> list[Line]:
        """Made without the detour by keywords: hundreds of thousands of them."""
        cuts, earlier, date_of, new = self.draft.cuts, self.draft.earlier, self.days.date, tuple.__new__
        lines: list[Line] = []
        for place in places:
            one = self.draft.records[place]
            lettered_on = date_of(one.lettered_on) if one.lettered_on else None
            lines.append(
                new(Line, (
                    place, one.amount_cents, self._class_of(one.account), one.currency,
                    date_of(_counts_on(one, earlier)), date_of(one.document_on), date_of(one.due_on), one.piece,
                    one.label, one.letter, lettered_on, self._year_of(one.entry_on),
                    era(one, cuts) if cuts else 0, one.opens_on is not None,
                ))
            )  # fmt: skip
        return lines

    def _class_of(self, account: str) -> str:
        """The prefix of customer accounts it stands on."""
        found = self.classes.get(account)
        if found is None:
            found = next((prefix for prefix in self.prefixes if account.startswith(prefix)), account)
            self.classes[account] = found
        return found

    def _year_of(self, entry_on: str) -> int:
        found = self.years.get(entry_on)
        if found is None:
            found = (int(entry_on[:4]) * 12 + int(entry_on[5:7]) - self.start_month) // 12
            self.years[entry_on] = found
        return found


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
    close the rest, without counterpart, on the day the list says it was settled or else on the list's day."""
    left = {place: one.amount_cents for place, one in enumerate(draft.records) if place not in repeats and not one.announced}
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
            day = _closed_on(draft.records[place], list_on, draft.earlier)
            debit, credit = (place, None) if rest > 0 else (None, place)
            kept.append(Pair(debit, credit, abs(rest), day, "listed"))
    return kept


def _closed_on(one: Stored, list_on: str, earlier: Mapping[str, bool]) -> str:
    said = one.lettered_on if one.listed_cents == 0 else None
    return max(min(said, list_on) if said else list_on, _counts_on(one, earlier))


def _apply(left: dict[int, int], one: Pair, sign: int) -> None:
    if one.debit is not None:
        left[one.debit] -= sign * one.cents
    if one.credit is not None:
        left[one.credit] += sign * one.cents


def _outcomes(draft: Draft, made: Iterable[Pair], repeats: dict[int, int]) -> Outcomes:
    records, earlier = draft.records, draft.earlier
    left = [one.amount_cents for one in records]
    settled: list[str | None] = [None] * len(records)
    carried: set[int] = set()
    for debit, credit, cents, made_on, how in made:
        if debit is not None:
            left[debit] -= cents
            settled[debit] = max(settled[debit] or "", made_on)
        if credit is not None:
            left[credit] += cents
            settled[credit] = max(settled[credit] or "", made_on)
        if how == "carried":
            carried.add(credit if debit is None else debit)  # type: ignore[arg-type]
    for place in repeats:
        left[place], settled[place] = 0, None
    for place in carried:
        settled[place] = None
    settled = [None if cents else day for cents, day in zip(left, settled, strict=True)]
    counts = [_counts_on(one, earlier) for one in records] if earlier else [one.entry_on for one in records]
    return Outcomes(left, settled, counts, repeats, carried)


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
    draft, outcomes = plan.draft, plan.outcomes
    records, repeats = draft.records, outcomes.repeats
    plan.new = [place for place, before in enumerate(draft.before) if before is None and place not in repeats]
    plan.repeated = [place for place in repeats if draft.before[place] is None]
    for place, before in enumerate(draft.before):
        if before is None:
            continue
        one = records[place]
        original = repeats.get(place)
        now = (
            outcomes.state(place),
            outcomes.open_cents[place],
            outcomes.settled_on[place],
            outcomes.counts_on[place],
            None if original is None else records[original].id or -1,
        )
        if one is not before and _facts_differ(one, before):
            plan.rewritten.append(place)
        elif now != tuple(before)[RESULT]:
            plan.resettled.append(place)
        else:
            continue
        _sort_change(plan, place, before)


def _facts_differ(one: Stored, before: Stored) -> bool:
    return one[SAID:] != before[SAID:] or one.listed_cents != before.listed_cents or before.state == "vanished"


def _sort_change(plan: Plan, place: int, before: Stored) -> None:
    """Under which heading a reader looks for it."""
    one, outcomes = plan.draft.records[place], plan.outcomes
    left, state = outcomes.open_cents[place], outcomes.state(place)
    if state == "repeat" and before.state != "repeat":
        plan.repeated.append(place)
    elif before.open_cents and not left:
        (plan.carried if place in outcomes.carried else plan.settled).append(place)
    elif (
        one[FACTS:] != before[FACTS:]
        or (one.due_on, one.due_source) != (before.due_on, before.due_source)
        or (left, state) != (before.open_cents, before.state)
    ):
        plan.changed.append(place)


def ledger_side(draft: Draft) -> dict[tuple[int, str], int]:
    """What the touched customers' accounts sum to, by customer and currency, from the raw debits and credits of the
    last opened books (or the list): independent of how anything was settled."""
    sums: dict[tuple[int, str], int] = {}
    opened = draft.cuts[-1] if draft.cuts else ""
    for one in draft.records:
        if one.announced:
            continue
        if draft.list_on is not None:
            cents = one.listed_cents or 0
        elif (one.opens_on or one.entry_on) >= opened:
            cents = one.debit_cents - one.credit_cents
        else:
            continue
        key = (one.customer_id, one.currency)
        sums[key] = sums.get(key, 0) + cents
    return sums
