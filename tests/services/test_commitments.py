"""Promises, holds, disputes and calls: recorded, judged, and what they change in the worklist at once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from models import Action, AuditEntry, Company, Customer, Dispute, Promise
from models import worklist as lists
from rules.errors import DomainError
from services import calls, disputes, follow_up, holds, promises, worklist
from services.wording import sentence
from tests.services.people import NOW, TODAY, at, customer, furnish, owe, pay


@pytest.fixture
def house(session, company) -> Company:
    return furnish(session, company)


def days(n: int) -> date:
    return TODAY + timedelta(days=n)


@pytest.fixture
def late(session, house) -> Customer:
    """A customer 20 days late with one item, decided today."""
    who = customer(session, house)
    owe(session, who, days(-20))
    worklist.refresh(session, house, None, TODAY)
    return who


def held(session, house) -> list[str]:
    return [e.held_code for e in lists.entries(session, house.id)]


def audited(session) -> list[tuple[str, str]]:
    return [(a.verb, a.noun) for a in session.query(AuditEntry).order_by(AuditEntry.id)]


def test_a_promise_pauses_reminders_and_a_broken_one_resumes_them(session, house, late):
    promise = promises.record_promise(session, late, days(8), 100_000, None, NOW, TODAY, channel="call", said_by="Mme Vasseur")
    (entry,) = lists.entries(session, house.id)
    assert (entry.held_code, entry.held_until_on) == ("promise", days(11))
    assert sentence("fr", entry.held_code, entry.held_params) == "Promesse de 1\u202f000,00\xa0€ pour le 27 mai"
    assert promises.judge(session, house, None, at(days(11)), days(11)) == {"kept": 0, "broken": 0}
    assert promises.judge(session, house, None, at(days(12)), days(12)) == {"kept": 0, "broken": 1}
    assert (promise.state, promise.decided_on) == ("broken", days(12))
    assert held(session, house) == [""]
    assert audited(session) == [("create", "promise"), ("broken", "promise")]


def test_a_promise_kept_is_found_by_the_ledger(session, house, late):
    item = owe(session, late, days(-3), 50_000)
    promise = promises.record_promise(session, late, days(8), 50_000, None, NOW, TODAY, item_id=item.id)
    pay(session, item, days(5))
    follow_up.follow_up(session, house, at(days(6)), days(6))
    assert promise.state == "kept"


def test_part_of_what_was_promised_does_not_keep_it(session, house, late):
    item = session.get_one(Customer, late.id) and owe(session, late, days(-3), 50_000)
    promise = promises.record_promise(session, late, days(1), 150_000, None, NOW, TODAY)
    pay(session, item, days(1))
    promises.judge(session, house, [late.id], at(days(6)), days(6))
    assert promise.state == "broken"


def test_promises_that_cannot_be(session, house, late):
    stranger = owe(session, customer(session, house, "C2"), days(-3))
    for code, on, cents, item_id in (
        ("promise_past", days(-1), 1, None),
        ("promise_amount", days(1), 0, None),
        ("item_unknown", days(1), 1, stranger.id),
    ):
        with pytest.raises(DomainError) as error:
            promises.record_promise(session, late, on, cents, None, NOW, TODAY, item_id=item_id)
        assert error.value.code == code
    assert session.query(Promise).count() == 0
    assert sentence("fr", "promise_past", {"today_on": TODAY}) == "Cette date est passée. Choisissez le 19 mai ou après."


def test_a_promise_taken_back_no_longer_holds(session, house, late):
    promise = promises.record_promise(session, late, days(8), 100_000, None, NOW, TODAY)
    promises.cancel_promise(session, promise, None, NOW, TODAY)
    assert (promise.state, held(session, house)) == ("cancelled", [""])
    with pytest.raises(DomainError):
        promises.cancel_promise(session, promise, None, NOW, TODAY)


def test_a_hold_says_why_and_until_when_and_ends(session, house, late):
    hold = holds.place_hold(session, late, "avoir en préparation", date(2026, 5, 30), None, NOW, TODAY)
    (entry,) = lists.entries(session, house.id)
    assert sentence("fr", entry.held_code, entry.held_params) == "Suspendu jusqu’au 30 mai : avoir en préparation"
    assert session.get_one(Customer, late.id).review_on <= date(2026, 5, 31)
    holds.end_hold(session, hold, None, NOW, TODAY)
    holds.end_hold(session, hold, None, NOW, TODAY)
    assert held(session, house) == [""]
    assert audited(session) == [("create", "hold"), ("end", "hold")]
    for code, reason, until in (("hold_reason_missing", " ", None), ("hold_past", "x", days(-1))):
        with pytest.raises(DomainError) as error:
            holds.place_hold(session, late, reason, until, None, NOW, TODAY)
        assert error.value.code == code


def test_a_dispute_leaves_the_reminders_until_it_is_solved(session, house, late):
    dispute = disputes.open_dispute(session, late, "quantity", None, NOW, TODAY)
    (entry,) = lists.entries(session, house.id)
    assert sentence("fr", entry.held_code, entry.held_params) == "Litige ouvert le 19 mai : quantité livrée contestée"
    disputes.solve_dispute(session, dispute, "avoir émis", None, NOW, TODAY)
    assert held(session, house) == [""]
    with pytest.raises(DomainError):
        disputes.open_dispute(session, late, "no such reason", None, NOW, TODAY)


@pytest.fixture
def call(session, house) -> lists.Entry:
    """The call a key account gets three days after the due date."""
    owe(session, customer(session, house, profile="key_account"), days(-4))
    worklist.refresh(session, house, None, TODAY)
    (entry,) = lists.entries(session, house.id)
    assert (entry.channel, entry.phone) == ("call", "01 02 03 04 05")
    return entry


def outcome(session, house, call, word, hour=8, **more):
    who = session.get_one(Customer, call.customer_id)
    return calls.record_outcome(session, house, who, word, None, at(TODAY, hour), TODAY, entry_id=call.id, **more)


def test_a_call_with_a_promise_is_the_step_and_pauses_the_rest(session, house, call):
    said = calls.PromiseSaid(days(10), 100_000, said_by="Mme Vasseur")
    action = outcome(session, house, call, "promise", promise=said, remark="virement le 29")
    assert (action.state, action.outcome, action.isolated, action.level) == ("done", "promise", False, 1)
    assert session.query(Promise).one().channel == "call"
    assert lists.entries(session, house.id) == []
    assert session.get_one(Customer, call.customer_id).last_contact_on == TODAY


def test_a_dispute_said_on_the_phone_is_opened(session, house, call):
    outcome(session, house, call, "dispute", dispute=calls.DisputeSaid("price"))
    assert session.query(Dispute).one().reason == "price"


def test_an_isolated_call_leaves_the_step_to_do(session, house, call):
    action = outcome(session, house, call, "no_answer", counts=False)
    assert (action.isolated, action.outcome) == (True, "no_answer")
    assert [e.held_code for e in lists.entries(session, house.id)] == [""]  # nobody answered: no contact, no gap
    outcome(session, house, call, "voicemail", 9, counts=False)
    assert [e.held_code for e in lists.entries(session, house.id)] == ["gap"]


def test_a_call_that_is_no_longer_wanted_is_refused(session, house, call):
    outcome(session, house, call, "reached")
    with pytest.raises(DomainError) as error:
        outcome(session, house, call, "reached")
    assert error.value.code == "nothing_to_record"
    assert session.query(Action).count() == 1
