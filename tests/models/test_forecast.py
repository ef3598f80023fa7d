"""The grid from SQL is the grid of single items, adds up to what the home page says, and uses its indexes."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from models import Company, Customer, Dispute, Item, Profile, Promise, SalesRep, reports
from models.forecast import EVERYBODY, Filters, Slice, currencies, facts, facts_of
from rules.forecast import Contest, Debit, Pledge, column, parts, tone
from rules.forecast_grid import Grid, grid
from tests.conftest import NOW, TODAY, make_company
from tests.ledger import add_customer, add_debit, add_receipt


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def make_ledger(session: Session, company: Company, seed: int) -> None:
    """Some thirty customers with everything that can happen to their items."""
    rnd = random.Random(seed)
    rep = SalesRep(company_id=company.id, code="BOB", name="Bob")
    profile = Profile(company_id=company.id, code="sme", name="SME")
    session.add_all([rep, profile])
    session.flush()
    for number in range(30):
        customer = add_customer(
            session, company, f"C{number:02}", rnd.choice(("Éts Dupont", "Martin", "Société Œuvre")) + f" {number}",
            sales_rep_id=rep.id if number % 3 else None, profile_id=profile.id if number % 2 else None,
            insolvent_on=TODAY if number % 10 == 9 else None,
        )  # fmt: skip
        items = [
            add_debit(
                session, customer, rnd.choice((1, 1, 1, 1, -1)) * rnd.randint(100, 90_000), days(rnd.randint(-60, 60)),
                currency="USD" if rnd.random() < 0.1 else "EUR",
                expected_on=days(rnd.randint(-20, 60)) if rnd.random() < 0.3 else None,
            )
            for _ in range(rnd.randint(0, 5))
        ]  # fmt: skip
        common = {"company_id": company.id, "customer_id": customer.id}
        for item in items:
            target = item.id if rnd.random() < 0.8 else None
            if rnd.random() < 0.3:
                session.add(
                    Promise(
                        **common, item_id=target, promised_on=days(rnd.randint(-20, 40)), cents=rnd.randint(1, 90_000),
                        currency=item.currency, state=rnd.choice(("expected", "expected", "broken", "kept", "cancelled")), made_at=NOW,
                    )
                )  # fmt: skip
            if rnd.random() < 0.2:
                solved = NOW if rnd.random() < 0.3 else None
                cents = rnd.choice((None, 500))
                session.add(Dispute(**common, item_id=target, reason="price", cents=cents, opened_at=NOW, solved_at=solved))
        if number % 4 == 0:
            add_receipt(session, customer, 1000 + number, days(-number % 2))
    session.commit()


def naive(session: Session, company: Company, currency: str) -> Counter[tuple[int, str, str]]:
    """Cents by customer, column and tone, from the rows themselves."""
    shown = grid(facts(session, company, Filters(currency), TODAY), TODAY).weeks
    found: Counter[tuple[int, str, str]] = Counter()
    for customer in session.query(Customer).filter_by(company_id=company.id):
        debits = [
            Debit(i.id, customer.id, i.due_on, i.open_cents, i.expected_on, customer.insolvent_on is not None)
            for i in session.query(Item).filter_by(customer_id=customer.id, currency=currency)
            if i.open_cents > 0
        ]
        promises = session.query(Promise).filter_by(customer_id=customer.id, currency=currency)
        pledges = [
            Pledge(customer.id, p.item_id, p.promised_on, p.cents, p.state == "broken")
            for p in promises
            if p.state in ("expected", "broken")
        ]
        disputes = session.query(Dispute).filter_by(customer_id=customer.id, solved_at=None)
        contests = [Contest(customer.id, d.item_id, d.cents) for d in disputes]
        for part in parts(debits, pledges, contests, TODAY):
            found[customer.id, column(part.on, part.why, TODAY, shown), tone(part.debit.due_on, TODAY)] += part.cents
    return found


def cells(shown: Grid) -> Counter[tuple[int, str, str]]:
    return Counter({(r.customer.id, key, c.tone): c.cents for r in shown.rows for key, chips in r.cells.items() for c in chips})


@pytest.mark.parametrize("seed", range(4))
def test_sql_and_single_items_agree(session, company, seed):
    make_ledger(session, company, seed)
    make_ledger(session, make_company(session, "AUTRE"), seed + 100)
    for currency in ("EUR", "USD"):
        expected = naive(session, company, currency)
        shown = grid(facts(session, company, Filters(currency), TODAY, EVERYBODY), TODAY)
        assert cells(shown) == expected
        assert shown.owed_cents == sum(expected.values()) == sum(r.customer.owed_cents for r in shown.rows)
        by_column: Counter[str] = Counter()
        for (_, key, _tone), cents in expected.items():
            by_column[key] += cents
        assert {k: t.cents for k, t in shown.totals.items() if t.cents} == dict(by_column)
        assert currencies(session, company.id) == ["EUR", "USD"] and shown.other_currencies


@pytest.mark.parametrize("seed", range(4))
def test_the_grid_adds_up_to_what_the_home_page_says(session, company, seed):
    make_ledger(session, company, seed)
    home = reports.home_totals(session, company.id, TODAY)
    for currency in ("EUR", "USD"):
        shown = grid(facts(session, company, Filters(currency), TODAY), TODAY)
        assert shown.owed_cents == home[currency].owed_cents
        assert shown.credits_cents == home[currency].credits_cents


def test_filters_narrow_rows_and_totals_alike(session, company):
    make_ledger(session, company, 1)
    every = grid(facts(session, company, Filters("EUR"), TODAY, EVERYBODY), TODAY)
    customers = {c.id: c for c in session.query(Customer)}
    rep = session.query(SalesRep.id).scalar()
    profile = session.query(Profile.id).scalar()
    for filters, wanted in (
        (Filters("EUR", reps=(rep,)), lambda c: c.sales_rep_id == rep),
        (Filters("EUR", reps=()), lambda c: False),
        (Filters("EUR", sales_rep_id=rep), lambda c: c.sales_rep_id == rep),
        (Filters("EUR", profile_id=profile), lambda c: c.profile_id == profile),
        (Filters("EUR", text="ETS dup"), lambda c: "Dupont" in c.name),
        (Filters("EUR", text="c07"), lambda c: c.code == "C07"),
        (Filters("EUR", text="%"), lambda c: False),
    ):
        shown = grid(facts(session, company, filters, TODAY, EVERYBODY), TODAY)
        mine = {i for i, c in customers.items() if wanted(c)}
        assert cells(shown) == Counter({k: v for k, v in cells(every).items() if k[0] in mine}), filters
        assert shown.owed_cents == sum(r.customer.owed_cents for r in every.rows if r.customer.id in mine)
        assert shown.received_cents == sum(r.received_cents for r in every.rows if r.customer.id in mine)
        assert shown.customer_count == len(shown.rows)


def test_pages_follow_each_other_and_those_who_only_paid_come_last(session, company):
    for number in range(5):
        add_debit(session, add_customer(session, company, f"C{number}"), 1000 * (5 - number), days(3))
    payer = add_customer(session, company, "P")
    add_receipt(session, payer, 700, TODAY)
    pages = [grid(facts(session, company, Filters("EUR"), TODAY, Slice(n, 2)), TODAY) for n in (1, 2, 3, 4)]
    assert [[r.customer.code for r in p.rows] for p in pages] == [["C0", "C1"], ["C2", "C3"], ["C4", "P"], []]
    assert {p.customer_count for p in pages} == {6} and {p.owed_cents for p in pages} == {15_000}
    assert pages[2].rows[1].received_cents == 700
    by_name = grid(facts(session, company, Filters("EUR", sort="-name"), TODAY, Slice(1, 3)), TODAY)
    assert [r.customer.code for r in by_name.rows] == ["C4", "C3", "C2"]


def test_received_is_money_of_this_week(session, company):
    customer = add_customer(session, company, "C")
    add_receipt(session, customer, 100, days(-1))  # Monday
    add_receipt(session, customer, 10, days(-2))  # Sunday before
    add_receipt(session, customer, 1, TODAY, kind="credit_note")  # no money
    shown = grid(facts(session, company, Filters("EUR"), TODAY), TODAY)
    assert shown.received_cents == 100 and shown.received_by_day == {days(-1): 100}


def test_a_sync_is_seen_at_once(session, company):
    """What is kept in memory hangs on the version of the ledger."""
    customer = add_customer(session, company, "C")
    add_debit(session, customer, 100, days(3))
    assert grid(facts(session, company, Filters("EUR"), TODAY), TODAY).owed_cents == 100
    add_debit(session, customer, 50, days(3))
    company.ledger_version += 1
    session.commit()
    assert grid(facts(session, company, Filters("EUR"), TODAY), TODAY).owed_cents == 150


def test_the_items_of_one_customer(session, company):
    make_ledger(session, company, 2)
    for customer in session.query(Customer):
        found = facts_of(session, company.id, customer.id, "EUR")
        wanted = {i.id for i in session.query(Item).filter_by(customer_id=customer.id, currency="EUR") if i.open_cents > 0}
        assert {d.item_id for d in found.debits} == wanted
        assert {p.customer_id for p in found.pledges} <= {customer.id}


def test_hot_queries_stay_on_partial_indexes(session, company):
    make_ledger(session, company, 3)
    driver = session.connection().connection.dbapi_connection
    seen: list[str] = []
    driver.set_trace_callback(seen.append)
    facts(session, company, Filters("EUR"), TODAY)
    driver.set_trace_callback(None)
    seen = [statement for statement in seen if statement.strip().startswith(("SELECT", "WITH"))]
    assert len(seen) <= 10, seen  # one of them the company itself
    plans = [row[3] for statement in seen for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
    assert not [p for p in plans if p in ("SCAN i", "SCAN c", "SCAN p", "SCAN d", "SCAN item", "SCAN customer")], plans
    for index in ("ix_item_open_customer", "ix_item_open_due", "ix_item_expected", "ix_promise_company", "ix_dispute_open"):
        assert any(index in p for p in plans), (index, plans)
