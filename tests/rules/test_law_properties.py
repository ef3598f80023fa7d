"""L2: a second implementation, day by day. L3: what interest can never do. L4: the Belgian consumer, over random histories."""

from __future__ import annotations

import random
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.claimable import REGIMES, Debt, FirstReminder, claimable
from rules.compensation import fixed
from rules.interest import Paid, half_up, interest
from rules.rates import RateRow, RateTable, agreed

DAY = timedelta(days=1)
days = st.dates(date(2015, 1, 1), date(2030, 12, 31))


@st.composite
def tables(draw: st.DrawFn) -> RateTable:
    starts = sorted(draw(st.sets(days, min_size=1, max_size=8)) | {date(2010, 1, 1)})
    months = draw(st.sampled_from([0, 6, 12]))
    return RateTable(tuple(RateRow(day, draw(st.integers(0, 20_000)), draw(st.booleans())) for day in starts), months)


payments = st.lists(st.builds(Paid, days, st.integers(1, 60_000)), max_size=4).map(tuple)


def by_the_day(
    principal: int, due: date, until: date, table: RateTable, paid: tuple[Paid, ...], actual: bool, compound: bool
) -> Fraction:
    """The same, one day after the other."""
    first = due + DAY
    total, capital, of_year, day = Fraction(0), Fraction(0), Fraction(0), first
    while day <= until:
        if compound and day > first and _anniversary(first, day):
            capital, of_year = capital + of_year, Fraction(0)
        left = principal - sum(p.cents for p in paid if p.paid_on < day)
        if left <= 0:
            break
        rate = max((row for row in table.rows if row.from_on <= day), key=lambda row: row.from_on).thousandths
        year = 366 if actual and _leap(day.year) else 365
        one = (left + capital) * Fraction(rate, 100_000 * year)
        total, of_year, day = total + one, of_year + one, day + DAY
    return total


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _anniversary(first: date, day: date) -> bool:
    if (first.month, first.day) == (2, 29) and not _leap(day.year):
        return (day.month, day.day) == (3, 1)
    return (day.month, day.day) == (first.month, first.day)


@settings(max_examples=120, deadline=None)
@given(st.integers(1, 200_000), days, st.integers(0, 800), tables(), payments, st.booleans(), st.booleans())
def test_L2_segments_and_days_agree(
    principal: int, due: date, late: int, table: RateTable, paid: tuple[Paid, ...], actual: bool, compound: bool
) -> None:
    until = due + late * DAY
    found = interest(principal, due, until, table, payments=paid, actual_days=actual, compound=compound)
    expected = by_the_day(principal, due, until, table, paid, actual, compound)
    assert found.exact == expected
    assert found.cents == half_up(expected) == sum(s.cents for s in found.segments)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 10**9), days, st.integers(-30, 900), st.integers(0, 900), tables(), payments)
def test_L3_interest_grows_is_additive_and_never_negative(
    principal: int, due: date, late: int, more: int, table: RateTable, paid: tuple[Paid, ...]
) -> None:
    until = due + late * DAY
    found = interest(principal, due, until, table, payments=paid)
    later = interest(principal, due, until + more * DAY, table, payments=paid)
    assert later.exact >= found.exact >= 0
    assert found.cents == 0 or until > due
    rest = interest(principal, due, until + more * DAY, table, payments=paid, start_on=until + DAY)
    assert found.exact + rest.exact == later.exact
    unpaid = interest(principal, due, until, table)
    assert found.exact <= unpaid.exact
    assert [s.from_on for s in found.segments][1:] == [s.to_on + DAY for s in found.segments][:-1]


@given(st.integers(0, 10**11))
def test_L3_caps_are_never_passed(cents: int) -> None:
    assert fixed("BE", "consumer", cents) <= 200_000
    assert fixed("NL", "consumer", cents) <= 677_500
    assert fixed("FR", "business", cents) in (0, 4_000)
    assert fixed("BE", "consumer", cents) <= fixed("BE", "consumer", cents + 1)


def test_L4_belgian_consumer_over_ten_thousand_histories() -> None:
    """No line of cost or interest before a recorded free first reminder and its whole period, whatever happened before."""
    seed = 20_261_121
    chance = random.Random(seed)
    opened = 0
    for _ in range(10_000):
        due = date(2026, 1, 1) + chance.randrange(365) * DAY
        sent = tuple(
            FirstReminder(due + chance.randrange(-20, 60) * DAY, chance.random() < 0.6) for _ in range(chance.randrange(4))
        )
        paid = tuple(Paid(due + chance.randrange(1, 60) * DAY, chance.randrange(1, 40_000)) for _ in range(chance.randrange(3)))
        debt = Debt(
            chance.randrange(1, 400_000), due, due - 30 * DAY, paid, REGIMES["BE", "consumer"], clause=chance.random() < 0.8,
            insolvent_on=due + chance.randrange(80) * DAY if chance.random() < 0.1 else None,
            formal_notice_on=due + chance.randrange(80) * DAY if chance.random() < 0.3 else None, reminders=sent,
        )  # fmt: skip
        today = due + chance.randrange(-10, 100) * DAY
        found = claimable(debt, agreed(10_500), today)
        if not found.cents:
            continue
        opened += 1
        assert not found.refused, seed
        assert debt.clause, seed
        good = [r for r in sent if due < r.sent_on and _period_over(r, today)]
        assert good, (seed, debt, today)
        assert found.interest.segments == () or found.interest.segments[0].from_on > min(r.sent_on for r in good) + 14 * DAY
        assert found.compensation_cents <= 200_000
    assert opened > 1_000


def _period_over(reminder: FirstReminder, today: date) -> bool:
    """Counted apart from the rule: 14 whole days after sending, or after three days that are no weekend at least."""
    day = reminder.sent_on
    if not reminder.electronic:
        for _ in range(3):
            day += DAY
            while day.weekday() > 4:
                day += DAY
        day -= DAY  # the third working day is the first of the fourteen
    return today > day + 14 * DAY
