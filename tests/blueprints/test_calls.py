"""Calls: the list, one customer on the phone, the outcome, the next one; and what was done by another medium."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import Action, Customer, Dispute, Promise
from models.users import Role
from services import worklist
from tests.owing import statements
from tests.services.people import TODAY, customer, furnish, owe, scenario

HTMX = {"HX-Request": "true"}


@pytest.fixture
def house(session, company):
    """Two customers to call: the larger amount first; one that is only written to."""
    furnish(session, company)
    step = next(s for s in scenario(session, company, "standard").steps if s.stage == "reminder")
    step.channel, step.mode, step.fallback, step.floor_cents = "call", "manual", "", 0
    for code, cents in (("BIG", 500_000), ("SMALL", 100_000)):
        owe(session, customer(session, company, code), TODAY - timedelta(days=10), cents)
    session.flush()
    worklist.refresh(session, company, None, TODAY)
    session.commit()
    return company


def page(client, path, **more):
    answer = client.get(path, **more)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def number(session, code):
    return session.query(Customer).filter_by(code=code).one().id


def test_the_list_in_order_with_numbers(app, client, house):
    with statements(app) as asked:
        text = page(client, "/calls")
    assert len(asked) <= 12
    assert text.index("Client BIG") < text.index("Client SMALL")
    assert "2 appels" in text and 'href="tel:0102030405"' in text and "6\u202f000,00" in text
    part = page(client, "/calls", headers=HTMX)
    assert "<html" not in part and part.strip() in text


def test_all_one_needs_on_the_phone(app, session, client, house):
    who = number(session, "BIG")
    with statements(app) as asked:
        text = page(client, f"/customers/{who}/call")
    assert len(asked) <= 13, len(asked)
    assert "1 sur 2" in text and "Que dire" in text and "5\u202f000,00" in text and 'href="tel:0102030405"' in text
    assert "Enregistrer et appeler le suivant" in text and "F1" in text


def test_the_outcome_is_kept_and_the_next_one_opens(session, client, house):
    big, small = number(session, "BIG"), number(session, "SMALL")
    answer = client.post(
        f"/customers/{big}/call", data={"outcome": "voicemail", "counts": "step", "remark": "Message au standard"}
    )
    assert answer.status_code == 303 and answer.location == f"/customers/{small}/call"
    done = session.query(Action).one()
    assert (done.outcome, done.isolated, done.state, done.remark) == ("voicemail", False, "done", "Message au standard")
    answer = client.post(f"/customers/{small}/call", data={"outcome": "reached", "counts": "step"})
    assert answer.location == "/calls"
    assert "Plus rien à faire aujourd’hui" in page(client, "/calls")


def test_a_promise_in_the_same_form(session, client, house):
    who = number(session, "BIG")
    form = {"outcome": "promise", "counts": "step", "promised_on": "2026-05-29", "cents": "5 000,00", "said_by": "Mme Roy"}
    assert client.post(f"/customers/{who}/call", data=form).status_code == 303
    promise = session.query(Promise).one()
    assert (promise.cents, promise.promised_on.isoformat(), promise.channel, promise.said_by) == (
        500_000,
        "2026-05-29",
        "call",
        "Mme Roy",
    )


def test_a_dispute_about_some_invoices(session, client, house):
    who = number(session, "BIG")
    items = [owe(session, session.get_one(Customer, who), TODAY).id for _ in range(2)]
    session.commit()
    assert (
        client.post(
            f"/customers/{who}/call", data={"outcome": "dispute", "counts": "apart", "reason": "price", "items": items}
        ).status_code
        == 303
    )
    assert {d.item_id for d in session.query(Dispute)} == set(items)
    assert session.query(Action).one().isolated


@pytest.mark.parametrize(
    "form, sentence",
    [
        ({}, "Choisissez le résultat"),
        ({"outcome": "promise", "counts": "step", "cents": "10"}, "Saisissez la date promise"),
        ({"outcome": "promise", "counts": "step", "promised_on": "2026-05-29", "cents": ""}, "Saisissez le montant promis"),
        ({"outcome": "promise", "counts": "step", "promised_on": "2026-05-01", "cents": "10"}, "Cette date est passée"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_kept(session, client, house, form, sentence):
    who = number(session, "BIG")
    answer = client.post(f"/customers/{who}/call", data=form)
    assert answer.status_code == 422 and sentence in answer.get_data(as_text=True)
    assert session.query(Action).count() == session.query(Promise).count() == 0


def test_a_call_nobody_asked_for_stands_apart(session, client, house):
    other = customer(session, house, "OTHER")
    owe(session, other, TODAY + timedelta(days=60))
    session.commit()
    assert "hors scénario" in page(client, f"/customers/{other.id}/call")
    answer = client.post(f"/customers/{other.id}/call", data={"outcome": "other", "remark": "A rappelé", "counts": "step"})
    assert answer.location == f"/customers/{other.id}"
    assert session.query(Action).one().isolated


def test_another_medium(session, client, house):
    who = number(session, "SMALL")
    assert client.post(f"/customers/{who}/other", data={"remark": " "}).status_code == 422
    assert client.post(f"/customers/{who}/other", data={"remark": "Visite du 19 mai"}).location == f"/customers/{who}"
    done = session.query(Action).one()
    assert (done.channel, done.isolated, done.remark) == ("other", True, "Visite du 19 mai")


def test_who_may_call(sign_in, session, house):
    who = number(session, "BIG")
    assert sign_in(Role.SUPPORT, house).get(f"/customers/{who}/call").status_code == 403
    assert sign_in(Role.COLLECTOR, house).get(f"/customers/{who}/call").status_code == 200
