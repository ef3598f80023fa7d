"""The pages of payment plans: a live preview, a proposal, its acceptance, the confirmation, and the way back from each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import Message, Outbox, Plan
from models.users import Role
from tests.conftest import TODAY
from tests.owing import make_customer, owe, reach


@pytest.fixture
def debtor(session, company):
    made = make_customer(session, company, "Menuiserie Vasseur")
    reach(session, made)
    owe(session, made, 60_000, 40, "FA-1")
    owe(session, made, 30_000, -10, "FA-2")
    company.last_sync_at = company.created_at
    session.commit()
    return made


def fields(session, debtor, **more):
    from models import Item

    ids = [i.id for i in session.query(Item).filter_by(customer_id=debtor.id)]
    day = (TODAY + timedelta(days=7)).isoformat()
    return {
        "item_ids": ids,
        "first_on": day,
        "frequency": "monthly",
        "by": "count",
        "count": "3",
        "accepted_through": "call",
        **more,
    }


def test_the_form_shows_the_instalments_while_one_types(session, company, debtor, sign_in):
    client = sign_in(Role.COLLECTOR, company)
    page = client.get(f"/customers/{debtor.id}/plans/new").text
    assert "FA-1" in page and "FA-2" in page and "200,00" in page  # 600,00 overdue in three
    typed = fields(session, debtor, by="each", each_cents="400")
    part = client.get(f"/customers/{debtor.id}/plans/preview", query_string=typed, headers={"HX-Request": "true"}).text
    assert "<html" not in part and part.count("400,00") == 2 and "100,00" in part
    wrong = client.get(f"/customers/{debtor.id}/plans/preview", query_string=fields(session, debtor, count="99")).text
    assert "60" in wrong and "<dl" not in wrong


def test_proposed_accepted_confirmed_and_called_off(session, company, debtor, sign_in):
    client = sign_in(Role.COLLECTOR, company)
    answer = client.post(f"/customers/{debtor.id}/plans", data=fields(session, debtor))
    plan = session.query(Plan).one()
    assert answer.status_code == 303 and answer.location == f"/plans/{plan.id}" and plan.state == "proposed"
    assert client.post(f"/plans/{plan.id}/accept", data={"accepted_on": "", "accepted_through": "call"}).status_code == 422
    said = {"accepted_on": TODAY.isoformat(), "accepted_by": "Mme Vasseur", "accepted_through": "signature"}
    assert client.post(f"/plans/{plan.id}/accept", data=said).status_code == 303
    page = client.get(f"/plans/{plan.id}").text
    assert "Mme Vasseur" in page and "300,00" in page and "prescription" in page.lower()
    client.post(f"/plans/{plan.id}/confirm")
    assert session.query(Message).one().purpose == "commitment" and session.query(Outbox).one().planned == 1
    for state in ("running", "proposed", "broken", "kept", "cancelled"):
        assert client.get(f"/plans?state={state}").status_code == 200
    assert "Menuiserie Vasseur" in client.get("/plans").text
    assert f"/plans/{plan.id}" in client.get(f"/customers/{debtor.id}?tab=promises").text
    assert "chéancier" in client.get(f"/customers/{debtor.id}").text
    for verb, state in (("withdraw", "proposed"), ("cancel", "cancelled"), ("revive", "proposed")):
        client.post(f"/plans/{plan.id}/{verb}")
        session.expire_all()
        assert session.get_one(Plan, plan.id).state == state


def test_in_one_go_with_agreement_and_confirmation(session, company, debtor, sign_in):
    client = sign_in(Role.COLLECTOR, company)
    answer = client.post(f"/customers/{debtor.id}/plans", data=fields(session, debtor, agreed="y", confirm="y"))
    assert answer.status_code == 303
    assert session.query(Plan).one().state == "accepted" and session.query(Message).count() == 1


def test_wrong_forms_say_where_and_write_nothing(session, company, debtor, sign_in):
    client = sign_in(Role.COLLECTOR, company)
    for wrong in ({"item_ids": []}, {"first_on": "2020-01-01"}, {"count": "0"}, {"first_on": ""}):
        answer = client.post(f"/customers/{debtor.id}/plans", data=fields(session, debtor, **wrong))
        assert answer.status_code == 422 and 'class="error"' in answer.text
    assert session.query(Plan).count() == 0


def test_writing_about_instalments_now(session, company, debtor, sign_in):
    client = sign_in(Role.COLLECTOR, company)
    assert client.post("/plans/tell").location == "/plans"
    soon = (TODAY + timedelta(days=2)).isoformat()
    client.post(f"/customers/{debtor.id}/plans", data=fields(session, debtor, first_on=soon, agreed="y"))
    answer = client.post("/plans/tell")
    assert answer.location.startswith("/outboxes/") or "outbox" in answer.location
    assert session.query(Message).one().facts["words"]["subject"].endswith("échéance du 21 mai 2026")
