"""What holds for any book and any movements."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import chain, combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.matching import Book, match_all, propose
from rules.matching_facts import MatchPolicy, Owed, Paid, Payer
from rules.matching_sets import only_set
from rules.matching_words import close, is_ogm, is_rf, structured_in

START = date(2026, 1, 1)
NAMES = ("dupont et fils", "martin", "delvaux freres", "sa durand")
PAYERS = [Payer(number, f"C{number:04d}", (name,)) for number, name in enumerate(NAMES, 1)]
AMOUNTS = st.sampled_from((1_000, 2_000, 2_500, 3_000, 4_200, 5_000, 7_777, 12_100))
MANY = settings(max_examples=150, deadline=None)


def ogm(number: int) -> str:
    return f"{number:010d}{number % 97 or 97:02d}"


@st.composite
def books(draw: st.DrawFn) -> list[Owed]:
    count = draw(st.integers(1, 12))
    items = []
    for number in range(1, count + 1):
        cents = draw(AMOUNTS) * (-1 if draw(st.integers(0, 6)) == 0 else 1)
        on = START + timedelta(days=draw(st.integers(0, 60)))
        references = (ogm(5_000_000 + number),) if draw(st.booleans()) else ()
        items.append(
            Owed(number, draw(st.integers(1, 4)), f"FA2026-{number:04d}", references, cents, "EUR", on, on + timedelta(days=30))
        )
    return items


@st.composite
def payments(draw: st.DrawFn) -> list[Paid]:
    movements = []
    for number in range(1, draw(st.integers(1, 8)) + 1):
        named = draw(st.lists(st.integers(1, 14), max_size=3))
        text = " ".join(f"FA2026-{one:04d}" for one in named)
        structured = ogm(5_000_000 + draw(st.integers(1, 14))) if draw(st.integers(0, 3)) == 0 else ""
        cents = sum(draw(st.lists(AMOUNTS, min_size=1, max_size=3))) * (-1 if draw(st.integers(0, 8)) == 0 else 1)
        name = draw(st.sampled_from((*NAMES, "inconnu", "")))
        on = START + timedelta(days=draw(st.integers(0, 120)))
        movements.append(Paid(number, on, cents, "EUR", name, "", structured, "", text))
    return movements


@MANY
@given(books(), payments())
def test_parts_never_exceed_item_or_movement_and_nothing_is_paid_twice(items: list[Owed], movements: list[Paid]):
    book = Book(items, PAYERS)
    left = {item.id: item.open_cents for item in items}
    cents = {movement.id: movement.cents for movement in movements}
    whole = dict(left)
    for proposal in match_all(book, movements):
        assert sum(part.cents for part in proposal.parts) + proposal.left_cents == cents[proposal.movement_id]
        assert proposal.left_cents * cents[proposal.movement_id] >= 0
        for part in proposal.parts:
            assert abs(part.cents + part.difference_cents) <= abs(whole[part.item_id])
            assert part.cents * whole[part.item_id] > 0
        if proposal.confidence >= book.policy.threshold and proposal.parts:
            assert not proposal.tie
            for part in proposal.parts:
                left[part.item_id] -= part.cents + part.difference_cents
    assert all(min(0, whole[number]) <= rest <= max(0, whole[number]) for number, rest in left.items())


@MANY
@given(books(), st.integers(1, 12), books())
def test_unrelated_items_never_turn_a_certain_reference_into_another(items: list[Owed], which: int, others: list[Owed]):
    item = items[which % len(items)]
    if not item.references or item.open_cents < 0:
        return
    movement = Paid(1, START + timedelta(days=90), item.open_cents, "EUR", "inconnu", "", item.references[0])
    more = [other._replace(id=other.id + 1000, references=(), piece=f"ZZ9-{other.id}") for other in others]
    alone, among = propose(Book(items, PAYERS), movement)[0], propose(Book(items + more, PAYERS), movement)[0]
    assert alone == among
    assert [part.item_id for part in alone.parts] == [item.id]


@MANY
@given(books(), st.permutations(range(4)))
def test_the_order_of_movements_without_shared_items_does_not_matter(items: list[Owed], order: list[int]):
    """One movement for each customer, all on one day."""
    movements = []
    for customer in range(1, 5):
        theirs = [item.open_cents for item in items if item.customer_id == customer]
        movements.append(Paid(customer, START + timedelta(days=90), sum(theirs) or 999, "EUR", NAMES[customer - 1]))
    straight = {one.movement_id: one for one in match_all(Book(items, PAYERS), movements)}
    mixed = {one.movement_id: one for one in match_all(Book(items, PAYERS), [movements[place] for place in order])}
    assert straight == mixed


@MANY
@given(st.lists(st.integers(-50, 200).filter(bool), max_size=11), st.integers(1, 600))
def test_sets_are_found_as_by_trying_all(cents: list[int], target: int):
    every = chain.from_iterable(combinations(range(len(cents)), size) for size in range(1, len(cents) + 1))
    wanted = [places for places in every if sum(cents[place] for place in places) == target]
    found = only_set(cents, target)
    assert found.complete
    assert len(found.sets) == min(2, len(wanted))
    assert set(found.sets) <= set(wanted)


@MANY
@given(st.integers(1, 10**10 - 1), st.integers(0, 11), st.integers(1, 9))
def test_a_reference_in_free_text_is_found_and_a_wrong_digit_seen(number: int, place: int, more: int):
    reference = ogm(number)
    assert is_ogm(reference)
    assert structured_in(f"paiement {reference[:3]}/{reference[3:7]}/{reference[7:]} merci") == [reference]
    wrong = reference[:place] + str((int(reference[place]) + more) % 10) + reference[place + 1 :]
    assert close(reference, wrong)
    assert not is_ogm(wrong) or {number % 97, int(wrong[:10]) % 97} == {0, 97}


def test_creditor_references():
    assert is_rf("RF18539007547034")
    assert not is_rf("RF18539007547035")
    assert structured_in("RF18539007547034") == ["RF18539007547034"]


def test_the_threshold_is_the_companys():
    item = Owed(1, 1, "FA2026-0001", (), 5_000, "EUR", START, START)
    movement = Paid(1, START, 5_000, "EUR", "dupont fils")
    for level in (900, 1000):
        answer = match_all(Book([item], PAYERS, MatchPolicy(level)), [movement, movement._replace(id=2)])
        assert [bool(one.parts) for one in answer] == ([True, False] if level == 900 else [True, True])
