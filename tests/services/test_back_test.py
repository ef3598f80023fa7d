"""A scenario tried on the ledger's past, from the tables."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from models import Action, Message
from services import back_test, scenarios
from services.back_test import back_test as run
from tests.services.people import NOW, TODAY, customer, furnish, owe, pay
from tests.services.people import scenario as ready


@pytest.fixture
def house(session, company):
    return furnish(session, company)


def test_counts_by_step_and_month_and_who_paid_anyway(session, house):
    late, soon = customer(session, house), customer(session, house, "C2")
    owe(session, late, date(2026, 2, 2))
    quick = owe(session, soon, date(2026, 3, 2))
    pay(session, quick, date(2026, 3, 12))
    found = run(session, house, ready(session, house, "standard"), 6, False, TODAY)
    assert (found.since, found.until, found.tried, found.of) == (date(2025, 11, 1), date(2026, 5, 18), 2, 2)
    lines = {(line.step.stage, line.step.level): line for line in found.lines}
    assert lines["reminder", 1].months == (0, 0, 0, 1, 1, 0, 0) and lines["reminder", 1].anyway == 1
    assert lines["reminder", 2].months == (0, 0, 0, 1, 0, 0, 0)
    assert lines["formal_notice", 0].total == 1 and lines["handover", 0].total == 1
    assert found.messages == sum(found.by_month) and found.anyway == 1 and found.reached == 2
    assert found.customers[0].customer_id == late.id and found.customers[0].step.stage == "handover"
    assert session.query(Action).count() == 0 and session.query(Message).count() == 0


def test_a_scenario_not_in_use_is_tried_on_everybody(session, house):
    owe(session, customer(session, house), date(2026, 2, 2))
    made = scenarios.copy_scenario(session, house, ready(session, house, "bad_payer"), "Essai", None, NOW)
    made.active = False
    session.flush()
    assert run(session, house, made, 12, False, TODAY).of == 0
    found = run(session, house, made, 12, True, TODAY)
    assert found.of == 1 and found.messages > 3


def test_a_large_company_is_tried_on_an_even_sample(session, house, monkeypatch):
    monkeypatch.setattr(back_test, "SAMPLE", 4)
    people = [customer(session, house, f"C{n}") for n in range(10)]
    for who in people:
        owe(session, who, TODAY - timedelta(days=40))
    found = run(session, house, ready(session, house, "standard"), 6, False, TODAY)
    assert (found.tried, found.of) == (4, 10)


def test_a_credit_of_then_is_deducted_until_it_was_used(session, house):
    who = customer(session, house)
    owe(session, who, date(2026, 2, 2), 10_000)
    owe(session, who, date(2026, 2, 1), -10_000)
    assert run(session, house, ready(session, house, "standard"), 6, False, TODAY).reminders == 0
