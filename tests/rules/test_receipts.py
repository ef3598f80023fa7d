"""Days later the ledger speaks of what the bank showed: it always wins, and nothing counts twice meanwhile."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.receipts import Judgement, LedgerPayment, Seen, Settled, judge

DAY = date(2026, 3, 2)
LINE = 80


def seen(item: int, cents: int, match: int = 1, movement: int = 11, **more: object) -> Seen:
    values: dict[str, object] = {"booked_on": DAY, "movement_cents": cents}
    return Seen(match, movement, item, cents, **(values | more))  # type: ignore[arg-type]


def line(cents: int, left: int, days: int = 2, item: int = LINE) -> LedgerPayment:
    return LedgerPayment(item, DAY + timedelta(days=days), cents, left)


def told(
    matches: list[Seen], opens: dict[int, int], payments: list[LedgerPayment] | None = None,
    settled: list[Settled] | None = None, after: int = 4,
) -> Judgement:  # fmt: skip
    on = DAY + timedelta(days=after)
    return judge(matches, opens, payments or [], settled or [], on, on)


def states(judgement: Judgement) -> dict[int, tuple[str, int]]:
    return {one.match_id: (one.state, one.bank_cents) for one in judgement.verdicts}


def test_not_in_the_ledger_yet():
    assert states(told([seen(7, 10_000)], {7: 10_000})) == {1: ("provisional", 10_000)}


@pytest.mark.parametrize(("days", "found"), [(-6, False), (-5, True), (0, True), (15, True), (16, False)])
def test_the_window_of_the_ledgers_day(days: int, found: bool):
    answer = told([seen(7, 10_000)], {7: 10_000}, [line(10_000, 10_000, days)])
    assert bool(answer.lines) == found
    assert answer.neutral == ({LINE: -10_000} if found else {})


def test_lettered_as_the_bank_said():
    answer = told([seen(7, 10_000)], {7: 0}, [line(10_000, 0)], [Settled(7, LINE, 10_000, DAY + timedelta(days=2))])
    assert states(answer) == {1: ("confirmed", 0)}
    assert not answer.differences
    assert answer.verdicts[0].ledger_item_id == LINE


def test_lettered_with_another_invoice():
    answer = told([seen(7, 10_000)], {7: 10_000, 8: 0}, [line(10_000, 0)], [Settled(8, LINE, 10_000, DAY)])
    assert states(answer) == {1: ("corrected", 0)}
    assert [(one.code, one.ledger_items) for one in answer.differences] == [("settled_otherwise", ((8, 10_000),))]


def test_the_item_was_settled_by_something_else():
    answer = told([seen(7, 10_000)], {7: 0}, [line(10_000, 10_000)], [Settled(7, 99, 10_000, DAY - timedelta(days=40))])
    assert states(answer) == {1: ("corrected", 0)}
    assert [one.code for one in answer.differences] == ["item_settled"]
    assert answer.neutral == {}


def test_booked_and_half_lettered():
    """One payment for two invoices; the ledger has lettered the first only."""
    matches = [seen(7, 6_000, 1, movement_cents=10_000), seen(8, 4_000, 2, movement_cents=10_000)]
    answer = told(matches, {7: 0, 8: 4_000, LINE: -4_000}, [line(10_000, 4_000)], [Settled(7, LINE, 6_000, DAY)])
    assert states(answer) == {1: ("confirmed", 0), 2: ("provisional", 4_000)}
    assert answer.neutral == {LINE: -4_000}


def test_credits_used_up_in_a_set():
    matches = [seen(7, 10_000, 1, movement_cents=8_000), seen(9, -2_000, 2, movement_cents=8_000)]
    waiting = told(matches, {7: 10_000, 9: -2_000, LINE: -8_000}, [line(8_000, 8_000)])
    assert states(waiting) == {1: ("provisional", 10_000), 2: ("provisional", -2_000)}
    assert waiting.neutral == {LINE: -8_000}
    lettered = [Settled(7, LINE, 8_000, DAY), Settled(7, 9, 2_000, DAY)]
    assert states(told(matches, {7: 0, 9: 0}, [line(8_000, 0)], lettered)) == {1: ("confirmed", 0), 2: ("confirmed", 0)}


def test_a_difference_written_off_stays_with_the_match():
    answer = told([seen(7, 9_900, difference_cents=100)], {7: 10_000, LINE: -9_900}, [line(9_900, 9_900)])
    assert states(answer) == {1: ("provisional", 10_000)}
    assert answer.neutral == {LINE: -9_900}


def test_a_batch_booked_as_one_sum():
    matches = [seen(7, 6_000, 1, 11, batch="B"), seen(8, 4_000, 2, 12, batch="B")]
    settled = [Settled(7, LINE, 6_000, DAY), Settled(8, LINE, 4_000, DAY)]
    answer = told(matches, {7: 0, 8: 0}, [line(10_000, 0)], settled)
    assert states(answer) == {1: ("confirmed", 0), 2: ("confirmed", 0)}
    assert answer.lines == {11: LINE, 12: LINE}


def test_two_equal_payments_are_two_lines_of_the_ledger():
    matches = [seen(7, 5_000, 1, 11), seen(8, 5_000, 2, 12, booked_on=DAY + timedelta(days=1))]
    one = told(matches, {7: 5_000, 8: 5_000}, [line(5_000, 5_000, 0)])
    assert one.lines == {11: LINE}
    both = told(matches, {7: 0, 8: 5_000}, [line(5_000, 5_000, 0), line(5_000, 0, 1, 81)], [Settled(7, 81, 5_000, DAY)])
    assert both.lines == {11: 81, 12: LINE}  # who settles the same item goes before who is nearer


def test_dissolved_when_the_ledger_is_past_it_without_a_trace():
    assert states(told([seen(7, 10_000)], {7: 10_000}, after=15)) == {1: ("provisional", 10_000)}
    answer = told([seen(7, 10_000)], {7: 10_000}, after=16)
    assert states(answer) == {1: ("dissolved", 0)}
    assert [one.code for one in answer.differences] == ["never_booked"]


def test_a_ledger_dated_in_the_future_is_past_nothing():
    answer = judge([seen(7, 10_000)], {7: 10_000}, [], [], DAY + timedelta(days=300), DAY + timedelta(days=3))
    assert states(answer) == {1: ("provisional", 10_000)}
    assert states(judge([seen(7, 10_000)], {7: 10_000}, [], [], None, DAY + timedelta(days=99)))[1][0] == "provisional"


def test_a_list_of_open_items_shows_no_payments():
    gone = told([seen(7, 10_000)], {7: 0}, [], [Settled(7, None, 10_000, DAY + timedelta(days=3))])
    assert states(gone) == {1: ("confirmed", 0)}
    long_ago = told([seen(7, 10_000)], {7: 0}, [], [Settled(7, None, 10_000, DAY - timedelta(days=30))])
    assert states(long_ago) == {1: ("corrected", 0)}


def test_an_item_that_is_no_longer_there():
    assert states(told([seen(7, 10_000)], {})) == {1: ("corrected", 0)}


def test_a_payment_given_back_reopens_until_the_ledger_does():
    back = seen(7, -10_000, movement_cents=-10_000, item_cents=10_000)
    assert states(told([back], {7: 0})) == {1: ("provisional", -10_000)}
    assert states(told([back], {7: 0}, [line(-10_000, -10_000)])) == {1: ("confirmed", 0)}  # the ledger's own debit
    assert states(told([back], {7: 10_000})) == {1: ("confirmed", 0)}  # lettering taken back: open again already
    assert states(told([back], {7: 0}, after=16)) == {1: ("dissolved", 0)}


def test_paid_and_given_back_before_the_ledger_has_either():
    matches = [seen(7, 10_000, 1, 11, item_cents=10_000), seen(7, -10_000, 2, 12, movement_cents=-10_000, item_cents=10_000)]
    answer = told(matches, {7: 10_000})
    assert states(answer) == {1: ("provisional", 10_000), 2: ("provisional", -10_000)}


def test_several_payments_to_one_item_never_beyond_it():
    matches = [seen(7, 6_000, 1, 11), seen(7, 4_000, 2, 12)]
    assert states(told(matches, {7: 10_000})) == {1: ("provisional", 6_000), 2: ("provisional", 4_000)}
    first_lettered = told(matches, {7: 4_000}, [line(6_000, 0)], [Settled(7, LINE, 6_000, DAY)])
    assert states(first_lettered) == {1: ("confirmed", 0), 2: ("provisional", 4_000)}


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(0, 5), st.booleans()), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(1, 9), st.integers(-8, 20), st.integers(0, 9)), max_size=5),
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4), st.integers(1, 9)), max_size=6),
    st.integers(0, 40),
)
def test_whatever_the_ledger_says_the_bank_part_fits_into_it(
    matches: list[tuple[int, int, int, bool]],
    payments: list[tuple[int, int, int]],
    settled: list[tuple[int, int, int]],
    after: int,
):
    """Every match gets one verdict; what lies on an item or a line is never more than the ledger leaves open there."""
    opens = {item: 12 - 2 * item for item in range(1, 5)}
    rows = [
        seen(item, cents, number, number, booked_on=DAY + timedelta(days=day), batch="B" if batch else "")
        for number, (item, cents, day, batch) in enumerate(matches, 1)
    ]
    lines = [line(cents, min(left, cents), days, LINE + number) for number, (cents, days, left) in enumerate(payments)]
    answer = told(rows, opens, lines, [Settled(item, LINE + other, cents, DAY) for item, other, cents in settled], after)
    assert sorted(one.match_id for one in answer.verdicts) == list(range(1, len(rows) + 1))
    laid = dict.fromkeys(opens, 0)
    for row, verdict in zip(sorted(rows, key=lambda one: one.match_id), sorted(answer.verdicts), strict=True):
        laid[row.item_id] += verdict.bank_cents
        assert (verdict.bank_cents != 0) <= (verdict.state == "provisional")
    assert all(0 <= cents <= opens[item] for item, cents in laid.items())
    left = {one.item_id: one.open_cents for one in lines}
    assert all(0 <= -cents <= left[item] for item, cents in answer.neutral.items())
