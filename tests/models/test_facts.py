"""Facts read in bulk are the facts; few queries whatever the number of customers, each by its index."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from models import Dispute, Hold, Promise, facts
from models import worklist as lists
from rules import dunning_facts as values
from services import worklist
from tests.services.people import NOW, TODAY, customer, furnish, owe, pay
from tests.services.people import scenario as ready


@pytest.fixture
def house(session, company):
    return furnish(session, company)


def days(n: int):
    return TODAY + timedelta(days=n)


def read(session, house, **how) -> dict[int, values.Account]:
    return {a.customer_id: a for a in facts.accounts(session, house.id, TODAY, **how)}


def test_everything_known_of_a_customer(session, house):
    who = customer(session, house, insolvent_on=days(-1), contact={"email_bad_reason": "refused", "phone": ""}, city="")
    first, second, credit = owe(session, who, days(-40)), owe(session, who, days(10), 5_000), owe(session, who, days(-2), -700)
    session.add_all(
        [
            Hold(company_id=house.id, customer_id=who.id, reason="avoir", until_on=days(9), made_at=NOW),
            Hold(company_id=house.id, customer_id=who.id, reason="old", until_on=None, made_at=NOW, ended_at=NOW),
            Promise(company_id=house.id, customer_id=who.id, item_id=first.id, promised_on=days(3), cents=10, currency="EUR", made_at=NOW),
            Promise(
                company_id=house.id, customer_id=who.id, promised_on=days(3), cents=10, currency="EUR", made_at=NOW, state="broken"
            ),
            Dispute(company_id=house.id, customer_id=who.id, item_id=second.id, reason="price", opened_at=NOW),
        ]
    )  # fmt: skip
    session.flush()
    account = read(session, house)[who.id]
    assert [(i.id, i.open_cents) for i in account.items] == [(first.id, 100_000), (credit.id, -700), (second.id, 5_000)]
    assert account.holds == (values.HeldBack(None, "avoir", days(9)),)
    assert account.promises == (values.PromiseMade(first.id, days(3), 10, "EUR"),)
    assert account.disputes == (values.DisputeOpen(second.id, "price", TODAY),)
    assert (account.email, account.post, account.phone) == ("bad", "incomplete", "missing")
    assert (account.insolvent_on, account.scenario_id) == (days(-1), ready(session, house, "standard").id)


def test_steps_done_come_back_and_dropped_ones_do_not(session, house):
    who = customer(session, house)
    owe(session, who, days(-10))
    worklist.refresh(session, house, None, TODAY)
    (done,) = worklist.record_done(session, house, [e.id for e in lists.entries(session, house.id)], None, NOW, TODAY)
    (account,) = read(session, house).values()
    (step,) = account.items[0].done
    assert (step.stage, step.level, step.done_on, step.wait_until_on) == ("reminder", 1, TODAY, None)
    assert account.last_contact_on == TODAY
    worklist.drop_actions(session, house, [done.action_id], "undone", TODAY)
    assert read(session, house)[who.id].items[0].done == ()


def test_who_is_read(session, house):
    known = [customer(session, house, f"C{n}", review_on=days(n)).id for n in (-1, 0, 1)]
    assert list(read(session, house)) == known
    assert list(read(session, house, suspects=True)) == known[:2]
    assert list(read(session, house, customer_ids=[known[2], known[2]])) == [known[2]]
    assert read(session, house, customer_ids=[]) == {}


def test_paid_by_debit_follows_the_item_then_the_customer(session, house):
    debit, plain = customer(session, house, "D", method="direct_debit"), customer(session, house, "P")
    cases = [
        (owe(session, debit, days(1)), True),
        (owe(session, debit, days(2), method="transfer"), False),
        (owe(session, debit, days(3), direct_debit_rejected=True), False),
        (owe(session, debit, days(4), kind="rejected"), False),
        (owe(session, plain, days(1)), False),
        (owe(session, plain, days(2), method="direct_debit"), True),
    ]
    found = {i.id: i.by_debit for a in read(session, house).values() for i in a.items}
    assert found == {item.id: by for item, by in cases}


def test_the_same_for_all_and_for_each(session, house):
    for n in range(12):
        who = customer(session, house, f"C{n}", profile=("sme", "consumer", "direct_debit")[n % 3])
        owe(session, who, days(-n))
        pay(session, owe(session, who, days(n)), days(-1))
    alone = {}
    whole = read(session, house)
    for i in whole:
        alone |= read(session, house, customer_ids=[i])
    assert alone == whole
    assert any(a.settled for a in whole.values())


@pytest.fixture
def queries(session):
    seen: list[tuple[str, object]] = []

    def note(conn, cursor, statement, parameters, context, many):
        seen.append((statement, parameters))

    event.listen(session.get_bind(), "before_cursor_execute", note)
    yield seen
    event.remove(session.get_bind(), "before_cursor_execute", note)


def test_a_handful_of_queries_however_many_customers(session, house, queries):
    for n in range(30):
        owe(session, customer(session, house, f"C{n}"), days(-n))
    queries.clear()
    read(session, house)
    assert len(queries) <= 20
    queries.clear()
    worklist.refresh(session, house, None, TODAY)
    assert len(queries) <= 20


def test_open_items_and_steps_done_are_found_by_their_indexes(session, house, queries):
    owe(session, customer(session, house), days(-1))
    queries.clear()
    read(session, house)
    for statement, parameters in list(queries):
        if not statement.lstrip().upper().startswith(("SELECT", "WITH")):
            continue
        plan = session.connection().exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters).all()
        for row in plan:
            assert not row[3].startswith(("SCAN item", "SCAN action", "SCAN customer")), (statement, row[3])


def test_the_policy_is_the_companys(session, house):
    house.ceiling_cents = 2_000_000
    policy = facts.policy(house)
    assert (policy.gap_days, policy.floor_cents, policy.ceiling_cents, policy.first_contact_cents) == (
        7,
        1_500,
        2_000_000,
        1_000_000,
    )
    house.ceiling_cents = None
    assert facts.policy(house).first_contact_cents == facts.LARGE_FIRST_CONTACT_CENTS
