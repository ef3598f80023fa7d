"""Where an open debit is expected, and that nothing is lost on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import DomainError
from rules.forecast import (
    LATER,
    MISSED,
    OUTSIDE,
    TO_PLAN,
    Contest,
    Debit,
    Pledge,
    column,
    day_in,
    parts,
    tone,
    week_named,
    weeks,
)  # fmt: skip
from rules.forecast_grid import CustomerLine, Facts, chip_parts, grid

TODAY = date(2026, 5, 19)  # a Tuesday, ISO week 21
SHOWN = weeks(TODAY, 6)


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def placed(debit: Debit, *known: Pledge | Contest) -> dict[str, int]:
    pledges = [k for k in known if isinstance(k, Pledge)]
    contests = [k for k in known if isinstance(k, Contest)]
    found: Counter[str] = Counter()
    for part in parts([debit], pledges, contests, TODAY):
        found[column(part.on, part.why, TODAY, SHOWN)] += part.cents
    return dict(found)


LATE, COMING = Debit(1, 7, days(-19), 1000), Debit(1, 7, days(9), 1000)


@pytest.mark.parametrize(
    "debit, known, expected",
    [
        (LATE, [], {TO_PLAN: 1000}),
        (COMING, [], {"2026-W22": 1000}),
        (COMING._replace(due_on=TODAY), [], {"2026-W21": 1000}),  # due today is not late
        (COMING._replace(due_on=days(-1)), [], {TO_PLAN: 1000}),
        (COMING._replace(due_on=date(2026, 6, 28)), [], {"2026-W26": 1000}),  # the last Sunday
        (COMING._replace(due_on=date(2026, 6, 29)), [], {LATER: 1000}),
        (LATE._replace(expected_on=days(0)), [], {"2026-W21": 1000}),
        (LATE._replace(expected_on=days(-1)), [], {MISSED: 1000}),  # Monday of this very week, and yet missed
        (COMING._replace(expected_on=days(30)), [], {"2026-W25": 1000}),
        (LATE, [Pledge(7, 1, days(10), 1000)], {"2026-W22": 1000}),
        (LATE, [Pledge(7, 1, days(-2), 1000)], {MISSED: 1000}),
        (LATE, [Pledge(7, 1, days(10), 1000, broken=True)], {MISSED: 1000}),
        (LATE._replace(expected_on=days(16)), [Pledge(7, 1, days(10), 1000)], {"2026-W22": 1000}),  # the promise goes before
        (LATE._replace(expected_on=days(16)), [Pledge(7, 1, days(-9), 1000, broken=True)], {"2026-W23": 1000}),
        (LATE, [Pledge(7, 1, days(10), 400)], {"2026-W22": 400, TO_PLAN: 600}),
        (LATE, [Pledge(7, 1, days(10), 400), Pledge(7, 1, days(17), 900)], {"2026-W22": 400, "2026-W23": 600}),
        (LATE, [Pledge(7, None, days(10), 400)], {"2026-W22": 400, TO_PLAN: 600}),
        (LATE, [Pledge(7, 2, days(10), 400)], {TO_PLAN: 1000}),  # of another item
        (LATE, [Contest(7, 1)], {"2026-W22": 1000}),  # due + 30 days
        (LATE._replace(due_on=days(-40)), [Contest(7, 1)], {OUTSIDE: 1000}),
        (LATE._replace(due_on=days(-40)), [Contest(7, None, 300)], {OUTSIDE: 300, TO_PLAN: 700}),
        (LATE, [Contest(7, 1), Pledge(7, 1, days(3), 200)], {"2026-W21": 200, "2026-W22": 800}),
        (LATE._replace(expected_on=days(23)), [Contest(7, 1)], {"2026-W24": 1000}),
        (LATE._replace(insolvent=True), [Pledge(7, 1, days(3), 1000)], {OUTSIDE: 1000}),
    ],
)  # fmt: skip
def test_the_date_used(debit: Debit, known: list[Pledge | Contest], expected: dict[str, int]):
    assert placed(debit, *known) == expected


def test_a_promise_of_the_customer_goes_to_the_oldest_debits_and_broken_leaves_newer_ones_alone():
    old, new = Debit(1, 7, days(-30), 500), Debit(2, 7, days(-2), 500)
    made = parts([new, old], [Pledge(7, None, days(8), 700)], [], TODAY)
    assert [(p.debit.item_id, p.cents, p.why) for p in made] == [(1, 500, "promise"), (2, 200, "promise"), (2, 300, "due")]
    made = parts([new, old], [Pledge(7, None, days(-10), 700, broken=True)], [], TODAY)
    assert [(p.debit.item_id, p.cents, p.why) for p in made] == [(1, 500, "broken"), (2, 500, "due")]


@pytest.mark.parametrize(
    "today, number, first, key",
    [
        (date(2026, 5, 19), 21, date(2026, 5, 18), "2026-W21"),
        (date(2026, 5, 24), 21, date(2026, 5, 18), "2026-W21"),
        (date(2026, 12, 31), 53, date(2026, 12, 28), "2026-W53"),
        (date(2027, 1, 3), 53, date(2026, 12, 28), "2026-W53"),
        (date(2027, 1, 4), 1, date(2027, 1, 4), "2027-W01"),
        (date(2024, 12, 30), 1, date(2024, 12, 30), "2025-W01"),
    ],
)
def test_weeks_are_iso_weeks(today: date, number: int, first: date, key: str):
    week = weeks(today, 1)[0]
    assert (week.number, week.first, week.key) == (number, first, key)
    assert week_named(week.key) == week


@pytest.mark.parametrize(
    "key, today, day",
    [
        ("2026-W23", date(2026, 5, 19), date(2026, 6, 5)),  # its Friday
        ("2026-W21", date(2026, 5, 19), date(2026, 5, 22)),
        ("2026-W21", date(2026, 5, 23), date(2026, 5, 23)),  # on Saturday: today
    ],
)
def test_the_day_set_by_dropping_on_a_week(key: str, today: date, day: date):
    assert day_in(week_named(key), today) == day


def test_no_week_gone_by_and_no_nonsense():
    with pytest.raises(DomainError, match="expected_past"):
        day_in(week_named("2026-W20"), TODAY)
    for key in ("2026-W54", "missed", "2026", ""):
        with pytest.raises(DomainError, match="day_wrong"):
            week_named(key)


# ------------------------------------------------------------------ whatever happens, the sum stays

cents = st.integers(1, 10_000_00)
offsets = st.integers(-80, 80).map(days)
debits_of_one = st.lists(
    st.builds(Debit, st.just(0), st.just(7), offsets, cents, st.none() | offsets, st.booleans()), min_size=1, max_size=5
).map(lambda found: [d._replace(item_id=n) for n, d in enumerate(found)])
items = st.none() | st.integers(0, 5)
pledges_of_one = st.lists(st.builds(Pledge, st.just(7), items, offsets, cents, st.booleans()), max_size=4)
contests_of_one = st.lists(st.builds(Contest, st.just(7), items, st.none() | cents), max_size=3)


def facts_of(debits: Sequence[Debit], pledges: Sequence[Pledge], contests: Sequence[Contest], special: set[int]) -> Facts:
    """As SQL would give them: sums of everything, single debits only where more is known."""
    return Facts(
        currency="EUR",
        customers=[CustomerLine(7, "C7", "Seven", sum(d.open_cents for d in debits))],
        customer_count=1,
        owed=[(d.due_on, d.open_cents) for d in debits],
        unplanned=[(d.due_on, d.open_cents) for d in debits if d.expected_on],
        planned=[(d.due_on < TODAY, d.expected_on, d.open_cents) for d in debits if d.expected_on],
        lines=[(7, d.due_on, d.expected_on, d.open_cents) for d in debits],
        debits=[d for d in debits if d.item_id in special or d.insolvent],
        pledges=pledges,
        contests=contests,
        received={7: 300},
        received_by_day={TODAY: 300},
    )


@given(debits_of_one, pledges_of_one, contests_of_one)
def test_parts_add_up_to_what_is_open(debits, pledges, contests):
    made = parts(debits, pledges, contests, TODAY)
    assert all(p.cents > 0 for p in made)
    for debit in debits:
        assert sum(p.cents for p in made if p.debit.item_id == debit.item_id) == debit.open_cents


@given(debits_of_one, pledges_of_one, contests_of_one)
def test_the_grid_of_sums_is_the_grid_of_single_debits(debits, pledges, contests):
    """Only debits that promises and disputes concern are looked at one by one; the result is as if all were."""
    concerned = {k.item_id for k in [*pledges, *contests]}
    special = {d.item_id for d in debits} if None in concerned else concerned
    shown = grid(facts_of(debits, pledges, contests, special), TODAY)
    naive: Counter[tuple[str, str]] = Counter()
    for part in parts(debits, pledges, contests, TODAY):
        naive[column(part.on, part.why, TODAY, shown.weeks), tone(part.debit.due_on, TODAY)] += part.cents
    assert {(k, c.tone): c.cents for k, chips in shown.rows[0].cells.items() for c in chips} == dict(naive)
    totals = {(k, "late"): t.late_cents for k, t in shown.totals.items()} | {
        (k, "come"): t.come_cents for k, t in shown.totals.items()
    }
    assert {key: sum_ for key, sum_ in totals.items() if sum_} == dict(naive)
    assert shown.owed_cents == sum(d.open_cents for d in debits)
    assert shown.coming_cents == 300 + sum(shown.expected_by_day.values())


@given(debits_of_one, pledges_of_one, contests_of_one, st.data())
def test_any_move_leaves_the_total_and_the_other_items_alone(debits, pledges, contests, data):
    every = {d.item_id for d in debits}
    before = grid(facts_of(debits, pledges, contests, every), TODAY)
    key, chips = data.draw(st.sampled_from(sorted(before.rows[0].cells.items())))
    chip = data.draw(st.sampled_from(chips))
    moved = {p.debit.item_id for p in chip_parts(facts_of(debits, pledges, contests, every), TODAY, 6, key, chip.tone)}
    to = data.draw(st.none() | st.sampled_from(SHOWN).map(lambda week: day_in(week, TODAY)))
    changed = [d._replace(expected_on=to) if d.item_id in moved else d for d in debits]
    after = grid(facts_of(changed, pledges, contests, every), TODAY)
    assert after.owed_cents == before.owed_cents == sum(c.cents for chips in after.rows[0].cells.values() for c in chips)
    assert {d.due_on for d in changed} == {d.due_on for d in debits}
    late = (sum(t.late_cents for t in before.totals.values()), sum(t.late_cents for t in after.totals.values()))
    assert late[0] == late[1]  # what is late stays late, wherever it is expected


def test_the_worked_grid():
    debits = [LATE, Debit(2, 7, days(9), 500), Debit(3, 7, days(90), 70)]
    shown = grid(facts_of(debits, [Pledge(7, 1, days(10), 400)], [], {1}), TODAY)
    cells = {key: [(c.tone, c.cents, c.mark) for c in chips] for key, chips in shown.rows[0].cells.items()}
    assert cells == {
        TO_PLAN: [("late", 600, "")],
        "2026-W22": [("late", 400, "promise"), ("come", 500, "")],
        LATER: [("come", 70, "")],
    }
    assert shown.owed_cents == 1570 and shown.coming_cents == 1200 and shown.received_cents == 300
    assert shown.expected_by_day == {days(9): 500, days(10): 400} and not shown.has_outside
