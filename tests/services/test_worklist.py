"""The worklist in step with the facts: refreshed, previewed, recorded, taken back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from models import Action, ActionItem, Company, Customer, Dispute, Scenario, WorklistEntry
from models import worklist as lists
from services import companies, worklist
from tests.services.people import NOW, TODAY, at, customer, furnish, owe, pay


@pytest.fixture
def house(session, company) -> Company:
    return furnish(session, company)


def days(n: int) -> date:
    return TODAY + timedelta(days=n)


def rows(session, company, **chosen):
    return lists.entries(session, company.id, **chosen)


def test_refresh_keeps_actions_what_is_held_and_the_next_day(session, house):
    due, held, calm = customer(session, house, "C1"), customer(session, house, "C2"), customer(session, house, "C3")
    late = owe(session, due, days(-10))
    contested = owe(session, held, days(-10))
    session.add(Dispute(company_id=house.id, customer_id=held.id, item_id=contested.id, reason="price", opened_at=NOW))
    owe(session, calm, days(30))
    assert worklist.refresh(session, house, None, TODAY) == 3
    first, second = rows(session, house)
    assert (first.code, first.stage, first.level, first.channel, first.item_ids, first.amount_cents) == (
        "C1",
        "reminder",
        1,
        "email",
        [late.id],
        100_000,
    )
    assert (first.since_on, first.held_code, first.confirm_code) == (days(-2), "", "")
    assert (second.code, second.held_code, second.held_params["reason"]) == ("C2", "dispute", "price")
    assert session.get_one(Customer, calm.id).review_on == days(22)
    assert worklist.refresh(session, house, None, TODAY) == 0  # all looked at, nobody is a suspect any more


def test_refresh_of_some_leaves_the_others_alone(session, house):
    for code in ("C1", "C2"):
        owe(session, customer(session, house, code), days(-10))
    one = session.query(Customer).filter_by(code="C1").one()
    worklist.refresh(session, house, [one.id], TODAY)
    assert [r.code for r in rows(session, house)] == ["C1"]


def test_preview_of_another_day_writes_nothing(session, house):
    owe(session, customer(session, house), days(3))
    before = session.scalar(sa.select(sa.func.max(Customer.review_on)))
    assert [p.action.step.stage for p in worklist.preview(session, house, TODAY)] == ["notice"]
    assert [p.action.step.level for p in worklist.preview(session, house, days(11))] == [1]
    assert rows(session, house) == []
    assert session.scalar(sa.select(sa.func.max(Customer.review_on))) == before


def test_preview_is_what_refresh_keeps_on_that_day(session, house):
    for n in range(-30, 20, 3):
        owe(session, customer(session, house, f"C{n}"), days(n), 1_000 if n % 2 else 90_000)
    keys = sorted((p.held.reason.code if p.held else "", p.action.key) for p in worklist.preview(session, house, days(4)))
    worklist.refresh(session, house, None, days(4))
    kept = session.execute(sa.select(WorklistEntry.held_code, WorklistEntry.action_key)).all()
    assert sorted(map(tuple, kept)) == keys


def record(session, house, on=TODAY, **more):
    ids = [r.id for r in rows(session, house)]
    return worklist.record_done(session, house, ids, None, at(on), on, **more)


def test_recording_makes_the_action_and_twice_adds_nothing(session, house):
    who = customer(session, house)
    item = owe(session, who, days(-20))
    worklist.refresh(session, house, None, TODAY)
    ids = [r.id for r in rows(session, house)]
    (done,) = worklist.record_done(session, house, ids, None, NOW, TODAY)
    action = session.get_one(Action, done.action_id)
    assert (action.state, action.stage, action.level, action.done_on, action.amount_cents) == (
        "queued",
        "reminder",
        2,
        TODAY,
        100_000,
    )
    (chased,) = session.query(ActionItem).all()
    assert (chased.item_id, len(chased.overtaken_step_ids)) == (item.id, 2)
    assert session.get_one(Customer, who.id).last_contact_on == TODAY
    assert rows(session, house) == []
    assert [r.code for r in worklist.record_done(session, house, ids, None, NOW, TODAY)] == []
    worklist.refresh(session, house, [who.id], TODAY)
    assert rows(session, house) == []
    assert session.query(Action).count() == 1


def test_the_next_step_comes_its_days_after(session, house):
    who = customer(session, house)
    owe(session, who, days(-8))
    worklist.refresh(session, house, None, TODAY)
    record(session, house)
    assert session.get_one(Customer, who.id).review_on == days(8)
    worklist.refresh(session, house, None, days(8))
    assert [(r.stage, r.level) for r in rows(session, house)] == [("reminder", 2)]


def test_what_was_paid_since_is_passed_over(session, house):
    item = owe(session, customer(session, house), days(-10))
    worklist.refresh(session, house, None, TODAY)
    pay(session, item, TODAY)
    assert [r.code for r in record(session, house)] == ["gone"]
    assert session.query(Action).count() == 0


def test_a_held_entry_is_done_only_when_a_person_insists(session, house):
    who = customer(session, house, last_contact_on=days(-1))
    owe(session, who, days(-10))
    worklist.refresh(session, house, None, TODAY)
    assert [r.held_code for r in rows(session, house)] == ["gap"]
    assert [r.code for r in record(session, house)] == ["gap"]
    (done,) = record(session, house, forced=True)
    assert done.action_id is not None


def test_an_action_taken_back_can_be_done_after_all(session, house):
    who = customer(session, house)
    owe(session, who, days(-10))
    worklist.refresh(session, house, None, TODAY)
    (done,) = record(session, house)
    worklist.drop_actions(session, house, [done.action_id], "undone", TODAY)
    assert session.get_one(Customer, who.id).last_contact_on is None
    assert [r.level for r in rows(session, house)] == [1]
    (again,) = record(session, house)
    assert again.action_id not in (None, done.action_id)


def test_the_message_lists_every_overdue_item_and_gives_the_notice_along_the_way(session, house):
    who = customer(session, house)
    chased, listed, coming = (
        owe(session, who, days(-10)),
        owe(session, who, days(-2), 50_000),
        owe(session, who, days(5), 70_000),
    )
    owe(session, who, days(-1), -30_000)
    worklist.refresh(session, house, None, TODAY)
    (entry,) = rows(session, house)
    assert (entry.item_ids, entry.amount_cents) == ([chased.id, listed.id], 120_000)
    record(session, house)
    steps = {i.item_id: i.step_id for i in session.query(ActionItem)}
    assert steps[listed.id] is None
    assert steps[chased.id] != steps[coming.id] is not None


def test_an_amount_that_changed_since_it_was_planned_is_confirmed_by_a_person(session, house):
    who = customer(session, house)
    item = owe(session, who, days(-10))
    worklist.refresh(session, house, None, TODAY)
    pay(session, item, TODAY, 30_000)
    for _ in range(2):
        worklist.refresh(session, house, [who.id], TODAY)
        (entry,) = rows(session, house)
        assert (entry.confirm_code, entry.confirm_params["planned_cents"]) == ("amount_changed", 100_000)


def test_thanks_once_for_what_a_later_sync_finds_paid_in_time(session, house):
    who = customer(session, house)
    item = owe(session, who, days(1))
    owe(session, who, days(-40), open_cents=0, settled_on=days(-3), first_sync_id=None)  # known settled from the start
    pay(session, item, days(-1))
    worklist.refresh(session, house, [who.id], TODAY)
    (entry,) = rows(session, house)
    assert (entry.stage, entry.item_ids, entry.amount_cents) == ("thanks", [item.id], 100_000)
    record(session, house, state="done")
    assert rows(session, house) == []
    assert session.get_one(Customer, who.id).last_contact_on is None  # thanks are no contact


def test_no_thanks_to_who_pays_by_debit(session, house):
    who = customer(session, house, method="direct_debit")
    pay(session, owe(session, who, days(1)), days(-1))
    worklist.refresh(session, house, [who.id], TODAY)
    assert rows(session, house) == []


def test_direct_debit_is_held_until_it_is_rejected(session, house):
    who = customer(session, house, profile="direct_debit")
    item = owe(session, who, days(-10))
    worklist.refresh(session, house, None, TODAY)
    assert [r.held_code for r in rows(session, house)] == ["direct_debit"]
    item.direct_debit_rejected = True
    worklist.touch(session, who.id, TODAY)
    assert [(r.held_code, r.level) for r in rows(session, house)] == [("", 1)]


def test_the_scenario_is_the_customers_else_its_profiles_else_the_default_ones(session, house):
    bad = session.query(Scenario).filter_by(code="bad_payer").one()
    for code, fields in (
        ("own", {"scenario_id": bad.id}),
        ("none", {"profile": "nothing of the kind"}),
        ("key", {"profile": "key_account"}),
    ):
        owe(session, customer(session, house, code, **fields), days(-5))
    worklist.refresh(session, house, None, TODAY)
    assert {r.code: r.scenario for r in rows(session, house)} == {"own": bad.name, "key": "Grand compte"}
    found = {p.customer_id: p.scenario for p in worklist.preview(session, house, days(4))}
    names = {c.id: c.code for c in session.query(Customer)}
    assert {names[i]: s for i, s in found.items()}["none"] == "Standard"


def test_unreachable_customers_say_what_is_missing(session, house):
    cases = {
        "letter": {"contact": {"email": ""}},
        "nothing": {"contact": {"email": "", "phone": ""}, "street": ""},
        "refused": {"contact": {"email_bad_reason": "refused", "phone": ""}, "street": ""},
    }
    for code, fields in cases.items():
        owe(session, customer(session, house, code, **fields), days(-10))
    worklist.refresh(session, house, None, TODAY)
    found = {r.code: (r.channel, r.held_code, r.held_params.get("problem")) for r in rows(session, house)}
    assert found == {
        "letter": ("letter", "", None),
        "nothing": ("email", "no_channel", "missing"),
        "refused": ("email", "no_channel", "bad"),
    }


def test_a_new_policy_makes_every_customer_a_suspect(session, house):
    who = customer(session, house, last_contact_on=days(-5))
    owe(session, who, days(-10))
    worklist.refresh(session, house, None, TODAY)
    assert [r.held_code for r in rows(session, house)] == ["gap"]
    companies.update_company(session, None, house, NOW, gap_days=5)
    assert worklist.refresh(session, house, None, TODAY) == 1
    assert [r.held_code for r in rows(session, house)] == [""]
