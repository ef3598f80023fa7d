"""The hot questions of the lists use their indexes: no scan of the items, whatever the filter."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from models import bulk, card, due_items, home, lists, marks, reports, search, standing, timeline
from models.due_items import ItemFilters
from models.lists import CustomerFilters
from models.standing import standings
from tests.conftest import NOW, TODAY
from tests.owing import make_customer, owe, paid


@pytest.fixture
def ledger(session, company):
    """A few customers with open and settled items."""
    company.last_sync_at = NOW
    for n in range(6):
        customer = make_customer(session, company, f"Client {n}")
        owe(session, customer, 10_000 + n, late=10 * n)
        paid(session, customer, 5_000, TODAY - timedelta(days=60), TODAY - timedelta(days=50))
    session.commit()
    return company


@pytest.fixture
def plans(session):
    """Collects how SQLite answers each statement run meanwhile."""
    found: list[tuple[str, str]] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            own = connection.connection.cursor()
            own.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            found.extend((row[3], statement) for row in own.fetchall())
            own.close()

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def no_scan_of_items(plans: list[tuple[str, str]]) -> None:
    assert plans
    for plan, statement in plans:
        assert not plan.startswith("SCAN item"), f"{plan}\n{statement}"


@pytest.mark.parametrize(
    "filters",
    [
        ItemFilters("EUR"),
        ItemFilters("EUR", state="late", sort="-open"),
        ItemFilters("EUR", bucket=2),
        ItemFilters("EUR", mark="promise"),
        ItemFilters("EUR", text="fa-0001"),
        ItemFilters("EUR", reps=(1, 2)),
        ItemFilters("EUR", profile_id=1, sort="customer"),
    ],
)
def test_due_items(session, ledger, plans, filters):
    due_items.item_page(session, ledger, filters, TODAY)
    no_scan_of_items(plans)


def test_the_first_page_of_due_items_is_read_in_order(session, ledger, plans):
    session.connection().execute(due_items._ordered(due_items._rows(ledger.id, ItemFilters("EUR"), TODAY), "due").limit(50))
    text = "\n".join(plan for plan, _ in plans)
    assert "ix_item_open_due" in text and "TEMP B-TREE FOR ORDER BY" not in text, text


def test_the_card_reads_by_customer(session, ledger, plans):
    customer = session.scalar(sa.select(lists.Customer).limit(1))
    plans.clear()
    card.head(session, customer, TODAY)
    card.contacts(session, customer.id)
    items = due_items.of_customer(session, customer, TODAY)
    marks.marks_of(session, [(row.id, row.customer_id) for row in items], TODAY)
    for view in timeline.VIEWS:
        timeline.timeline(session, customer.id, view)
    card.paid_items(session, customer.id, 1)
    no_scan_of_items(plans)
    for plan, _ in plans:
        assert not plan.startswith(
            ("SCAN customer", "SCAN action", "SCAN message", "SCAN note", "SCAN promise", "SCAN audit")
        ), plan


def test_lists_of_customers_and_points_of_vigilance(session, ledger, plans):
    for query in ({}, {"text": "client"}, {"state": "late"}, {"sort": "name"}, {"sort": "reminded"}, {"reps": (1,)}):
        lists.customer_page(session, ledger, CustomerFilters("EUR", **query), TODAY)
    own = standings(session, ledger, TODAY)["EUR"]
    home.watch(session, ledger, None, own, own.totals(), TODAY)
    no_scan_of_items(plans)


def test_search_by_number_uses_the_index(session, ledger, plans):
    search.items(session, ledger.id, None, "FA-00", 6)
    assert any("ix_item_piece" in plan for plan, _ in plans)
    no_scan_of_items(plans)


# ------------------------------------------------------------------ parity: what pages remember is what the reports say


def test_what_is_remembered_is_what_the_reports_say(session, ledger):
    owe(session, make_customer(session, ledger, "Créditeur"), -700)
    session.commit()
    standing.forget()
    own = standings(session, ledger, TODAY)["EUR"]
    assert own.totals() == reports.home_totals(session, ledger.id, TODAY)["EUR"]
    assert [own.by_id[i].late_cents for i in own.order("late")] == sorted(
        (a.late_cents for a in own.by_id.values()), reverse=True
    )
    page, totals = lists.customer_page(session, ledger, CustomerFilters("EUR"), TODAY)
    assert sum(row.ageing.balance_cents for row in page.rows) == totals.outstanding_cents
    items, sums = due_items.item_page(session, ledger, ItemFilters("EUR"), TODAY)
    assert sum(row.open_cents for row in items.rows) == sums.balance_cents == totals.outstanding_cents


def test_a_new_version_of_the_ledger_is_looked_at_again(session, ledger):
    before = standings(session, ledger, TODAY)["EUR"].totals()
    bulk.run(session, "UPDATE item SET open_cents = open_cents + 1 WHERE open_cents > ?", [(0,)])
    assert standings(session, ledger, TODAY)["EUR"].totals() == before
    ledger.ledger_version += 1
    assert standings(session, ledger, TODAY)["EUR"].totals().owed_cents == before.owed_cents + 6
