"""Promises, disputes and holds recorded on the card, and their lists."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from models import Dispute, Hold, Promise
from tests.conftest import NOW, TODAY
from tests.owing import make_customer, owe

HTMX = {"HX-Request": "true"}


@pytest.fixture
def item(session, company):
    """An overdue item."""
    company.last_sync_at = NOW
    made = owe(session, make_customer(session, company, "Pharmacie du Beffroi"), 593_815, late=30, piece="FA-26-0301")
    session.commit()
    return made


def test_the_form_knows_the_amount(client, item):
    text = client.get(f"/customers/{item.customer_id}/promises/new?item_id={item.id}", headers=HTMX).get_data(as_text=True)
    assert "5\u202f938,15" in text and "<html" not in text and "FA-26-0301" in text
    assert "<html" in client.get(f"/customers/{item.customer_id}/promises/new").get_data(as_text=True)


def test_a_promise_is_recorded_listed_and_cancelled(session, client, item):
    form = {
        "promised_on": (TODAY + timedelta(days=10)).isoformat(),
        "cents": "5 938,15",
        "item_id": item.id,
        "said_by": "Mme Vasseur",
        "channel": "call",
    }
    answer = client.post(f"/customers/{item.customer_id}/promises", data=form, headers=HTMX)
    said = json.loads(answer.headers["HX-Trigger"])
    assert answer.status_code == 204 and said["dialog-close"] and said["card-changed"] and "29 mai" in said["toast"]["text"]
    promise = session.query(Promise).one()
    assert (promise.cents, promise.item_id, promise.state, promise.said_by) == (593_815, item.id, "expected", "Mme Vasseur")
    assert "Pharmacie du Beffroi" in client.get("/promises").get_data(as_text=True)
    assert client.post(said["toast"]["undo"]).status_code == 303
    session.expire_all()
    assert session.query(Promise).one().state == "cancelled"
    assert "Aucune promesse ici" in client.get("/promises").get_data(as_text=True)


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"promised_on": "2026-05-18"}, "Cette date est passée"),
        ({"cents": "0"}, "montant"),
        ({"cents": "beaucoup"}, "n’est pas un montant"),
        ({"promised_on": ""}, "Choisissez"),
    ],
)
def test_an_impossible_promise_is_refused_with_a_sentence(session, client, item, change, sentence):
    form = {"promised_on": "2026-05-29", "cents": "10", "item_id": 0, "channel": "call"} | change
    answer = client.post(f"/customers/{item.customer_id}/promises", data=form, headers=HTMX)
    assert answer.status_code == 422 and sentence in answer.get_data(as_text=True).replace("\u00a0", " ")
    assert session.query(Promise).count() == 0


def test_a_broken_promise_leaves_the_list_when_its_item_is_paid(session, company, client, item):
    session.add(
        Promise(
            company_id=company.id, customer_id=item.customer_id, item_id=item.id, promised_on=TODAY, cents=100, currency="EUR", state="broken", made_at=NOW
        )
    )  # fmt: skip
    assert "Pharmacie du Beffroi" in client.get("/promises?state=broken").get_data(as_text=True)
    item.open_cents = 0
    assert "Pharmacie du Beffroi" not in client.get("/promises?state=broken").get_data(as_text=True)


def test_a_dispute_is_opened_listed_and_solved(session, client, item):
    form = {
        "reason": "price",
        "item_id": item.id,
        "cents": "",
        "owner_id": 0,
        "deadline_on": "2026-05-18",
        "remark": "Remise oubliée",
    }
    assert client.post(f"/customers/{item.customer_id}/disputes", data=form, headers=HTMX).status_code == 204
    dispute = session.query(Dispute).one()
    late = client.get("/disputes?state=late").get_data(as_text=True)
    assert "Pharmacie du Beffroi" in late and "5\u202f938,15" in late
    assert "Remise oubliée" in client.get(f"/disputes/{dispute.id}/edit", headers=HTMX).get_data(as_text=True)
    answer = client.post(f"/disputes/{dispute.id}/solve", data={"solution": "Avoir émis", "outcome": "accepted"}, headers=HTMX)
    assert "list-changed" in answer.headers["HX-Trigger"]
    assert "Avoir émis" in client.get("/disputes?state=solved").get_data(as_text=True)
    wrong = client.post(f"/customers/{item.customer_id}/disputes", data={**form, "cents": "-5"}, headers=HTMX)
    assert wrong.status_code == 422


def test_a_hold_is_placed_and_ended(session, client, item):
    form = {"reason": "Avoir en préparation", "item_id": 0, "until_on": "2026-05-30"}
    assert client.post(f"/customers/{item.customer_id}/holds", data=form).status_code == 303
    hold = session.query(Hold).one()
    card = client.get(f"/customers/{item.customer_id}").get_data(as_text=True)
    assert "Suspendu jusqu’au 30 mai" in card and "Reprendre les relances" in card
    client.post(f"/holds/{hold.id}/delete")
    session.expire_all()
    assert session.query(Hold).one().ended_at is not None
    assert client.post(f"/customers/{item.customer_id}/holds", data={**form, "reason": ""}, headers=HTMX).status_code == 422
    assert (
        client.post(f"/customers/{item.customer_id}/holds", data={**form, "until_on": "2026-05-01"}, headers=HTMX).status_code
        == 422
    )
