"""Each movement once, however many files show it, and two real equal ones twice."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.bank import Movement, Statement
from rules.bank_identity import Stored, file_keys, keys, replaces

DAY = date(2026, 3, 2)


def moved(cents: int = 5_000, **more: object) -> Movement:
    values: dict[str, object] = {"line": 1, "booked_on": DAY, "amount_cents": cents, "currency": "EUR"}
    return Movement(**(values | more))  # type: ignore[arg-type]


def stored(number: int, cents: int = 5_000, **more: object) -> Stored:
    values: dict[str, object] = {"booked_on": DAY, "amount_cents": cents, "currency": "EUR"}
    return Stored(number, **(values | more))  # type: ignore[arg-type]


def test_the_same_statement_again_wherever_its_lines_stand():
    rows = [moved(uid="A"), moved(uid="B"), moved(text="loyer", name="Dupont")]
    later = [row._replace(line=row.line + 40) for row in rows]
    assert keys(Statement("BE1", movements=rows)) == keys(Statement("BE1", number="2", uid="other", movements=later))


def test_periods_that_overlap():
    rows = [moved(100 * n % 700, booked_on=DAY + timedelta(days=n // 3), name=f"N{n % 2}") for n in range(30)]
    first, second = keys(Statement("BE1", movements=rows[:21])), keys(Statement("BE1", movements=rows[9:]))
    assert len({*first, *second}) == 30
    assert len({*first} & {*second}) == 12


def test_two_real_equal_payments_of_a_day():
    assert len(set(keys(Statement("BE1", movements=[moved(name="Dupont"), moved(name="Dupont")])))) == 2
    assert len(set(keys(Statement("BE1", movements=[moved(uid="A"), moved(uid="B")])))) == 2
    # The bank's id is not to be trusted as unique: details of a batch share that of their booking.
    assert len(set(keys(Statement("BE1", movements=[moved(uid="A", name="Dupont"), moved(uid="A", name="Martin")])))) == 2


def test_equal_ones_in_two_statements_of_a_file_are_two_and_a_statement_twice_is_one():
    morning, evening = Statement("BE1", number="12", movements=[moved()]), Statement("BE1", number="13", movements=[moved()])
    told = file_keys([morning, evening, morning])
    assert told[0] == told[2] != told[1]


def test_an_intraday_report_beside_its_day_in_one_file_is_the_same_movement():
    told = file_keys(
        [Statement("BE1", kind="intraday", movements=[moved(name="X")]), Statement("BE1", movements=[moved(name="X")])]
    )
    assert told[0] == told[1]


def test_intraday_reports_that_repeat_each_other():
    morning = Statement("BE1", kind="intraday", number="1", movements=[moved(name="X")])
    noon = Statement("BE1", kind="intraday", number="2", movements=[moved(name="X"), moved(name="Y")])
    told = file_keys([morning, noon])
    assert told[1][0] == told[0][0]


def test_other_accounts_count_by_themselves():
    told = file_keys([Statement("BE1", movements=[moved()]), Statement("BE2", movements=[moved()])])
    assert told[0] == told[1]  # unique within an account


def test_accidents_of_writing_do_not_matter():
    one, other = moved(text="FACT 12  du 3/2", name="Dupont & Fils"), moved(text="Fact. 12 du 3-2", name="DUPONT & FILS")
    assert keys(Statement("BE1", movements=[one])) == keys(Statement("BE1", movements=[other]))


def test_no_reference_is_no_id():
    assert keys(Statement("BE1", movements=[moved(uid="NONREF")])) == keys(Statement("BE1", movements=[moved()]))


def test_an_announced_movement_is_found_in_the_statement_of_the_day():
    announced = [stored(1, uid="A"), stored(2, uid="B"), stored(3, end_to_end="E2E-9"), stored(4, name="DUPONT ET FILS")]
    booked = [
        moved(uid="B", name="Y"), moved(uid="A", name="X"), moved(end_to_end="E2E-9", booked_on=DAY + timedelta(days=1)),
        moved(name="Dupont et Fils SA", iban="BE5"), moved(uid="C", name="Autre"),
    ]  # fmt: skip
    assert replaces(announced, booked) == [(2,), (1,), (3,), (4,), ()]


def test_two_equal_real_payments_and_one_announced():
    assert replaces([stored(1, uid="A")], [moved(uid="B", name="X"), moved(uid="A", name="X")]) == [(), (1,)]
    assert replaces([stored(1, name="X")], [moved(name="X"), moved(name="X")]) == [(1,), ()]


def test_amount_and_day_alone_only_where_nothing_else_is_said():
    assert replaces([stored(1)], [moved(name="Dupont", uid="A")]) == [(1,)]
    assert replaces([stored(1)], [moved(booked_on=DAY + timedelta(days=1))]) == [()]
    assert replaces([stored(1, uid="A")], [moved(uid="B")]) == [()]
    assert replaces([stored(1, name="Martin")], [moved(name="Dupont")]) == [()]
    assert replaces([stored(1, end_to_end="E1")], [moved(end_to_end="E2")]) == [()]


def test_the_total_of_a_batch_whose_details_are_known():
    details = [stored(n, 1_000 * n, uid="B77", batch="B77", name=f"Debtor {n}") for n in (1, 2, 3)]
    assert replaces(details, [moved(6_000, uid="B77"), moved(500, uid="X")]) == [(1, 2, 3), ()]
    assert replaces(details, [moved(6_000, name="Payer", iban="BE5")]) == [()]


def test_thousands_of_equal_amounts_do_not_take_long():
    announced = [stored(n, uid=f"U{n}", name=f"Debtor {n}") for n in range(4_000)]
    booked = [moved(uid=f"U{n}", name=f"Debtor {n}") for n in reversed(range(4_000))]
    assert [found[0] for found in replaces(announced, booked)] == list(reversed(range(4_000)))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from((100, 200)), st.sampled_from(("", "A", "B"))), max_size=25), st.data()
)
def test_any_two_windows_over_one_history_give_each_movement_once(rows: list[tuple[int, int, str]], data: st.DataObject):
    history = [moved(cents, booked_on=DAY + timedelta(days=day), name=name) for day, cents, name in sorted(rows)]
    days = st.integers(0, 3)
    windows = [sorted((data.draw(days), data.draw(days))) for _ in range(3)]
    found: set[str] = set()
    covered: set[int] = set()
    for first, last in windows:
        inside = [row for row in history if first <= (row.booked_on - DAY).days <= last]
        found |= set(keys(Statement("BE1", movements=inside)))
        covered |= set(range(first, last + 1))
    assert len(found) == sum(Counter((row.booked_on - DAY).days for row in history)[day] for day in covered)
