"""Payment plans: what they hold back, how the ledger judges them, what debtors are told, and that all of it can be taken back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from models import Action, AuditEntry, Company, Customer, Item, Message, Outbox
from models import forecast as grid_facts
from models import worklist as lists
from models.plans import PlanInstalment, agreed
from rules.errors import DomainError
from rules.forecast_grid import grid
from services import follow_up, outbox, plans, worklist
from services.plans import Acceptance, Terms
from services.wording import sentence
from tests.services.people import NOW, TODAY, at, customer, furnish, owe, owe_credit, pay


def days(n: int) -> date:
    return TODAY + timedelta(days=n)


@pytest.fixture
def house(session, company) -> Company:
    return furnish(session, company)


@pytest.fixture
def late(session, house) -> Customer:
    who = customer(session, house)
    owe(session, who, days(-40), 60_000)
    owe(session, who, days(-20), 30_000)
    worklist.refresh(session, house, None, TODAY)
    return who


def held(session, house) -> list[str]:
    return [e.held_code for e in lists.entries(session, house.id)]


def ids(session, who) -> list[int]:
    return [row.id for row in plans.eligible(session, who, TODAY)]


def propose(session, who, count=3, first=7, frequency="weekly", **more):
    return plans.propose_plan(session, who, ids(session, who), Terms(days(first), frequency, count), None, NOW, TODAY, **more)


def running(session, who, **more):
    plan = propose(session, who, **more)
    plans.accept_plan(session, plan, Acceptance(TODAY, "Mme Vasseur", "call"), None, NOW, TODAY)
    return plan


def states(session, plan) -> list[str]:
    rows = session.query(PlanInstalment).filter_by(plan_id=plan.id).order_by(PlanInstalment.number)
    return [row.state for row in rows]


def test_a_proposal_changes_nothing_and_an_accepted_plan_holds_back(session, house, late):
    assert held(session, house) == [""]
    plan = propose(session, late)
    assert (plan.state, plan.cents, held(session, house)) == ("proposed", 90_000, [""])
    plans.accept_plan(session, plan, Acceptance(TODAY, "Mme Vasseur", "call"), None, NOW, TODAY)
    assert (plan.state, plan.accepted_on, plan.accepted_by) == ("accepted", TODAY, "Mme Vasseur")
    assert set(held(session, house)) == {"plan"}
    entry = lists.entries(session, house.id)[0]
    said = sentence("fr", entry.held_code, entry.held_params)
    assert "300,00" in said and "26 mai" in said


def test_kept_by_the_ledger_instalment_by_instalment(session, house, late):
    plan = running(session, late)
    first, second = _items(session, late)
    pay(session, first, days(7), 30_000)
    plans.judge(session, house, [late.id], at(days(8)), days(8))
    assert (plan.state, states(session, plan), plan.next_on) == ("running", ["paid", "expected", "expected"], days(14))
    pay(session, first, days(14))
    pay(session, second, days(20))
    follow_up.worklist.suspect(session, house, days(21), [late.id])
    follow_up.follow_up(session, house, at(days(21)), days(21))
    assert (plan.state, plan.next_on, plan.decided_on) == ("kept", None, days(21))


def _items(session, who):
    return session.query(Item).filter(Item.customer_id == who.id, Item.amount_cents > 0).order_by(Item.due_on).all()


def test_a_payment_not_allocated_yet_counts_and_an_older_one_does_not(session, house, late):
    owe_credit(session, _items(session, late)[0], days(-2), 50_000).open_cents = -50_000
    plan = running(session, late)
    plans.judge(session, house, None, at(days(8)), days(8))
    assert states(session, plan)[0] == "late"
    owe_credit(session, _items(session, late)[0], days(8), 30_000).open_cents = -30_000
    plans.judge(session, house, None, at(days(9)), days(9))
    assert states(session, plan) == ["paid", "expected", "expected"]


def test_an_instalment_that_does_not_come_is_asked_for_then_the_plan_breaks_and_the_scenario_goes_on(session, house, late):
    plan = running(session, late)
    plans.judge(session, house, None, at(days(10)), days(10))
    worklist.refresh(session, house, None, days(10))
    assert set(held(session, house)) == {"plan_late"}
    batch = plans.tell_debtors(session, house, None, at(days(10)), days(10))
    message = session.query(Message).one()
    assert batch.planned == 1 and message.facts["parts"] == {str(_items(session, late)[0].id): 30_000}
    assert plans.tell_debtors(session, house, None, at(days(10)), days(10)) is None  # once
    plans.judge(session, house, None, at(days(15)), days(15))  # the second has not come either
    assert plan.state == "broken" and set(held(session, house)) <= {"", "gap"}
    assert session.query(Message).one().state == "dropped"
    plans.judge(session, house, None, at(days(16)), days(16))
    assert [a.verb for a in session.query(AuditEntry).filter_by(noun="plan")] == ["create", "accept", "begin", "broken"]


def test_what_is_written_asks_for_the_instalment_only(session, house, late):
    house.undo_seconds = 0
    running(session, late)
    plans.judge(session, house, None, at(days(10)), days(10))
    batch = plans.tell_debtors(session, house, None, at(days(10)), days(10))
    assert outbox.release_some(session, batch, at(days(10)), days(10)) == 1
    message = session.query(Message).one()
    text = message.body.decode("utf-8", "replace")
    assert message.state == "queued" and message.facts["amount_cents"] == 30_000
    assert "900,00" not in text and "300,00" in text.replace("=E2=80=AF", "")


def test_paid_in_between_the_message_does_not_leave(session, house, late):
    running(session, late)
    plans.judge(session, house, None, at(days(10)), days(10))
    plans.tell_debtors(session, house, None, at(days(10)), days(10))
    pay(session, _items(session, late)[0], days(10), 30_000)
    plans.judge(session, house, None, at(days(11)), days(11))
    assert session.query(Message).one().state == "dropped"


def test_notice_before_and_confirmation(session, house, late):
    plan = running(session, late)
    assert plans.tell_debtors(session, house, None, NOW, TODAY) is None
    assert plans.tell_debtors(session, house, None, at(days(4)), days(4)).planned == 1
    batch = plans.confirm_plan(session, plan, None, NOW, TODAY)
    body = session.query(Message).filter_by(outbox_id=batch.id).one().facts["words"]["body"]
    assert body.count("300,00") == 3 and "26 mai 2026" in body and "reconnaissance" in body
    assert {a.isolated for a in session.query(Action)} == {True}


def test_a_customer_to_be_left_alone_is_told_nothing(session, house, late):
    running(session, late)
    late.insolvent_on = TODAY
    session.flush()
    assert plans.tell_debtors(session, house, None, at(days(4)), days(4)) is None
    assert session.query(Outbox).count() == 0


def test_every_act_can_be_taken_back(session, house, late):
    plan = running(session, late)
    plans.withdraw_acceptance(session, plan, None, NOW, TODAY)
    assert (plan.state, plan.accepted_on, held(session, house)) == ("proposed", None, [""])
    plans.accept_plan(session, plan, Acceptance(TODAY), None, NOW, TODAY)
    plans.cancel_plan(session, plan, None, NOW, TODAY)
    assert (plan.state, held(session, house)) == ("cancelled", [""])
    plans.revive_plan(session, plan, None, NOW, TODAY)
    assert plan.state == "accepted" and set(held(session, house)) == {"plan"}
    plans.judge(session, house, None, at(days(40)), days(40))
    with pytest.raises(DomainError) as error:
        plans.revive_plan(session, plan, None, at(days(40)), days(40))
    assert error.value.code == "plan_broken_already"


def test_what_cannot_be(session, house, late):
    stranger = owe(session, customer(session, house, "C2"), days(-3))
    pounds = owe(session, late, days(-3), currency="GBP")
    mine = ids(session, late)
    for code, items, terms in (
        ("plan_items", [], Terms(TODAY, "weekly", 2)),
        ("plan_item_taken", [stranger.id], Terms(TODAY, "weekly", 2)),
        ("plan_currencies", mine, Terms(TODAY, "weekly", 2)),
        ("plan_past", [pounds.id], Terms(days(-1), "weekly", 2)),
        ("plan_shape", [pounds.id], Terms(TODAY, "weekly")),
    ):
        with pytest.raises(DomainError) as error:
            plans.propose_plan(session, late, items, terms, None, NOW, TODAY)
        assert error.value.code == code
        assert sentence("fr", code, error.value.params) not in (code, sentence("en", code, error.value.params))
    plans.propose_plan(session, late, [pounds.id], Terms(TODAY, "weekly", 2), None, NOW, TODAY)
    assert pounds.id not in ids(session, late)


def test_the_forecast_expects_each_instalment_on_its_day_and_loses_nothing(session, house, late):
    before = grid(grid_facts.facts(session, house, grid_facts.Filters("EUR"), TODAY), TODAY)
    plan = running(session, late)
    session.flush()
    shown = grid(grid_facts.facts(session, house, grid_facts.Filters("EUR"), TODAY), TODAY)
    assert shown.owed_cents == before.owed_cents == 90_000
    assert {day: cents for day, cents in shown.expected_by_day.items() if cents} == {
        days(7): 30_000, days(14): 30_000, days(21): 30_000,
    }  # fmt: skip
    pay(session, _items(session, late)[0], days(7), 30_000)
    plans.judge(session, house, None, at(days(7)), days(7))
    house.ledger_version += 1
    session.flush()
    later = grid(grid_facts.facts(session, house, grid_facts.Filters("EUR"), days(7)), days(7))
    assert {day: cents for day, cents in later.expected_by_day.items() if cents} == {days(14): 30_000, days(21): 30_000}
    assert agreed(session, [plan])[0].received_cents == 30_000
