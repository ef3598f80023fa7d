"""Reports against the rules: SQL sums what Python judges, on any day; and the figures of the white paper's screen."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import date, timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Company, Customer, Item, SalesRep, reports
from models.reports import Filters
from rules.ageing import Ageing, age
from services.syncs import apply_snapshot, stage_file
from tests.books import Books, entry, journal
from tests.conftest import NOW, TODAY

counter = itertools.count(1)


def take(session: Session, company: Company, lines: list[object]) -> None:
    apply_snapshot(session, company, journal(lines), stage_file(session, company, "", "f", None, NOW), NOW, TODAY)  # type: ignore[arg-type]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), day=st.dates(date(2023, 1, 1), date(2026, 3, 1)))
def test_the_aged_balance_is_that_of_the_rules(session: Session, seed: int, day: date) -> None:
    company = Company(code=f"R{next(counter)}", name="R", created_at=NOW)
    session.add(company)
    session.flush()
    books = Books(seed)
    for year in (2023, 2024, 2025):
        snapshot = books.file(year)
        if snapshot.lines:
            apply_snapshot(session, company, snapshot, stage_file(session, company, "", "f", None, NOW), NOW, TODAY)
    expected: dict[tuple[str, str], list[tuple[date, int]]] = defaultdict(list)
    for one in reports.open_items(session, company.id, day):
        expected[one.code, one.currency].append((one.due_on, one.open_cents))
    found = {(one.code, one.currency): one.ageing for one in reports.ageing(session, company.id, day)}
    # An account whose open debits and credits are all gone has no line; one where they cancel out has.
    assert found == {key: age(items, day) for key, items in expected.items()}
    bounds = (10, 200)
    narrow = {(one.code, one.currency): one.ageing for one in reports.ageing(session, company.id, day, bounds=bounds)}
    assert narrow == {key: age(items, day, bounds) for key, items in expected.items()}
    session.rollback()


def test_the_white_papers_screen(session: Session, company: Company) -> None:
    """74,813 late (33 customers) + 283,310 to come (27 customers) = 358,123; credits −388; outstanding 357,735."""
    lines = []
    for number in range(33):
        cents = 226700 if number else 226700 + 7481300 - 33 * 226700
        lines.append(
            entry(
                f"L{number:02}", cents, TODAY - timedelta(60), due_on=TODAY - timedelta(1 + number * 3), piece=f"L{number:03}"
            )
        )
    for number in range(27):
        cents = 1049000 if number else 1049000 + 28331000 - 27 * 1049000
        customer = f"L{number:02}" if number < 5 else f"N{number:02}"
        lines.append(entry(customer, cents, TODAY - timedelta(5), due_on=TODAY + timedelta(number), piece=f"N{number:03}"))
    lines.append(entry("N26", -38800, TODAY, label="VIREMENT"))
    take(session, company, lines)
    totals = reports.home_totals(session, company.id, TODAY)["EUR"]
    assert (totals.late_cents, totals.late_customers) == (7481300, 33)
    assert (totals.coming_cents, totals.coming_customers) == (28331000, 27)
    assert (totals.owed_cents, totals.credits_cents, totals.outstanding_cents) == (35812300, -38800, 35773500)
    assert sum(totals.late_by_bucket) == totals.late_cents
    aged = [one.ageing for one in reports.ageing(session, company.id, TODAY)]
    assert sum(one.balance_cents for one in aged) == totals.outstanding_cents
    assert tuple(map(sum, zip(*(one.late_by_bucket for one in aged), strict=True))) == totals.late_by_bucket


def test_sums_never_mix_currencies(session: Session, company: Company) -> None:
    take(session, company, [entry("C", 1000, TODAY), entry("C", 500, TODAY, currency="USD")])
    found = [(one.currency, one.ageing) for one in reports.ageing(session, company.id, TODAY)]
    assert found == [("EUR", Ageing(1000)), ("USD", Ageing(500))]
    assert set(reports.home_totals(session, company.id, TODAY)) == {"EUR", "USD"}
    assert [one.ageing for one in reports.ageing(session, company.id, TODAY, Filters(currency="USD"))] == [Ageing(500)]


def test_filters_and_the_scope_of_sales_reps(session: Session, company: Company) -> None:
    take(session, company, [entry("A", 1000, TODAY, name="Société Élan"), entry("B", 500, TODAY)])
    rep = SalesRep(company_id=company.id, code="R", name="R")
    session.add(rep)
    session.flush()
    session.execute(sa.update(Customer).where(Customer.code == "A").values(sales_rep_id=rep.id))

    def codes(filters: Filters) -> list[str]:
        return [one.code for one in reports.balances(session, company.id, TODAY, filters)]

    assert codes(Filters()) == ["B", "A"]  # by name
    assert codes(Filters(text="societe elan")) == codes(Filters(sales_rep_ids=(rep.id,))) == ["A"]
    assert codes(Filters(text="100%")) == codes(Filters(sales_rep_ids=())) == []
    assert reports.home_totals(session, company.id, TODAY, (rep.id,))["EUR"].owed_cents == 1000
    assert reports.home_totals(session, company.id, TODAY, ()) == {}


def test_the_present_is_read_from_the_partial_index(session: Session, company: Company) -> None:
    take(session, company, [entry("A", 1000, TODAY)])
    plan = session.execute(
        sa.text(f"EXPLAIN QUERY PLAN {reports.NOW.format(sums='sum(i.open_cents)', only='').replace('?', '1')}")
    ).all()
    assert any("COVERING INDEX ix_item_open" in row[3] for row in plan), plan
    plan = session.execute(sa.text("EXPLAIN QUERY PLAN SELECT 1 FROM item WHERE repeats_id = 5")).all()
    assert any("ix_item_repeats" in row[3] for row in plan)
    assert session.scalar(sa.select(sa.func.count(Item.id))) == 1
