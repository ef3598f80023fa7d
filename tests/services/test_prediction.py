"""Predictions of a company's open items, and how good they would have been on its own last year."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from models import Company, Dispute, Promise
from models import habits as store
from services import prediction
from tests.conftest import NOW, TODAY
from tests.owing import make_customer, owe, paid

DAY = timedelta(days=1)


@pytest.fixture
def slow(session, company: Company):
    """A customer who paid a weekly invoice 20 days late for two years."""
    customer = make_customer(session, company, "Dupont")
    for week in range(4, 104):
        due = TODAY - timedelta(days=7 * week)
        paid(session, customer, 100_000, due, due + 20 * DAY)
    return customer


def test_open_items_are_predicted_from_the_habit(session, company, slow):
    late, coming = owe(session, slow, 100_000, late=5), owe(session, slow, 100_000, late=-7)
    owe(session, slow, -5_000, late=2)
    new = make_customer(session, company, "Durand")
    unknown = owe(session, new, 100_000, late=-7)
    found = prediction.predict_open(session, company, TODAY)
    by_item = {item.item_id: found.forecasts[n] for n, item in enumerate(found.items)}
    assert set(by_item) == {late.id, coming.id, unknown.id}
    assert abs((by_item[late.id].p50 - (late.due_on + 20 * DAY)).days) <= 3
    assert abs((by_item[coming.id].p50 - (coming.due_on + 20 * DAY)).days) <= 3
    assert by_item[coming.id].enough and not by_item[unknown.id].enough


def test_a_promise_and_a_dispute_count(session, company, slow):
    promised, disputed, plain = (owe(session, slow, 100_000, late=0) for _ in range(3))
    session.add(
        Promise(
            company_id=company.id, customer_id=slow.id, item_id=promised.id, promised_on=TODAY + 45 * DAY, cents=100_000,
            currency="EUR", made_at=NOW,
        )
    )  # fmt: skip
    session.add(Dispute(company_id=company.id, customer_id=slow.id, item_id=disputed.id, reason="price", opened_at=NOW))
    session.flush()
    found = prediction.predict_open(session, company, TODAY)
    medians = {item.item_id: found.forecasts[n].p50 for n, item in enumerate(found.items)}
    assert abs((medians[promised.id] - (TODAY + 45 * DAY)).days) <= 2
    assert (medians[disputed.id] - medians[plain.id]).days == store.DISPUTE_DAYS


def test_how_good_it_was_on_the_own_ledger(session, company, slow):
    found = prediction.accuracy(session, company, TODAY)
    assert found is not None
    assert found.items >= 30
    assert found.median_error_days <= 3 < 10 < found.due_date_median_error_days
    assert 0 <= found.held_50 <= found.held_80 <= 1


def test_accuracy_knows_only_what_was_paid_before_each_month(session, company, slow):
    before = prediction.accuracy(session, company, TODAY)
    assert before is not None
    items = store.invoices_open_since(session, company.id, TODAY - 365 * DAY, TODAY)
    assert all(i.settled_on is None or i.settled_on >= TODAY - 365 * DAY for i in items)
    assert prediction._months(TODAY)[-1] == TODAY.replace(day=1)
    assert len(prediction._months(TODAY)) == 12
    assert prediction._months(datetime(2026, 1, 31).date())[0].isoformat() == "2025-02-01"


def test_too_few_invoices_say_nothing(session, company):
    customer = make_customer(session, company, "Durand")
    for n in range(3):
        paid(session, customer, 100_000, TODAY - timedelta(days=40 + n), TODAY - timedelta(days=30))
    assert prediction.accuracy(session, company, TODAY) is None
    assert prediction.predict_open(session, company, TODAY).items == []
