"""Contacts, and addresses repaired in place."""

from __future__ import annotations

import json

import pytest

from models import AuditEntry, Contact, Customer
from tests.conftest import NOW
from tests.owing import make_customer, owe, reach

HTMX = {"HX-Request": "true"}


@pytest.fixture
def customer(session, company):
    """One who owes and has neither address nor number."""
    company.last_sync_at = NOW
    made = make_customer(session, company, "Verger & Saveurs")
    owe(session, made, 525_825, late=20)
    session.commit()
    return made


def test_who_owes_nothing_is_not_in_the_list(session, company, client, customer):
    make_customer(session, company, "Soldé depuis longtemps")
    text = client.get("/addresses").get_data(as_text=True)
    assert "Verger &amp; Saveurs" in text and "Soldé" not in text


def test_repaired_in_place_and_the_next_row_gets_the_focus(session, client, customer):
    address = f"/customers/{customer.id}/address"
    answer = client.post(address, data={"email": "compta@verger.example", "phone": "", "next": "first-9"}, headers=HTMX)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200 and text.lstrip().startswith("<tr") and "compta@verger.example" in text
    assert json.loads(answer.headers["HX-Trigger-After-Swap"]) == {"focus-on": "first-9"}
    contact = session.query(Contact).one()
    assert (contact.email, contact.role, contact.from_ledger) == ("compta@verger.example", "billing", False)
    client.post(address, data={"phone": "03 20", "street": "1 rue", "postcode": "59000", "city": "Lille"}, headers=HTMX)
    session.expire_all()
    assert session.query(Contact).one().phone == "03 20"
    found = session.get_one(Customer, customer.id)
    assert found.street == "1 rue" and set(found.edited_fields) == {"street", "postcode", "city"}
    assert "Tout le monde est joignable" in client.get("/addresses").get_data(as_text=True)


def test_a_wrong_address_is_refused_where_it_was_typed(session, client, customer):
    answer = client.post(f"/customers/{customer.id}/address", data={"email": "pas une adresse"}, headers=HTMX)
    assert answer.status_code == 422 and "pas une adresse" in answer.get_data(as_text=True)
    assert session.query(Contact).count() == 0


def test_a_refused_address_is_listed_until_changed_or_vouched_for(session, client, customer):
    contact = reach(session, customer, email_bad_reason="refused", email_bad_at=NOW)
    assert "compta@client.example est refusée" in client.get("/addresses?kind=email").get_data(as_text=True)
    assert client.post(f"/contacts/{contact.id}/good").status_code == 303
    session.expire_all()
    assert session.query(Contact).one().email_bad_reason == ""
    contact.email_bad_reason = "refused"
    form = {"name": "Hélène", "role": "billing", "email": "autre@client.example", "phone": "", "mobile": ""}
    answer = client.post(f"/contacts/{contact.id}", data=form, headers=HTMX)
    assert answer.status_code == 204 and "card-changed" in answer.headers["HX-Trigger"]
    session.expire_all()
    assert session.query(Contact).one().email_bad_reason == ""


def test_contacts_are_added_and_deleted(session, client, customer):
    empty = {"name": "", "role": "billing", "email": "", "phone": "", "mobile": ""}
    assert client.post(f"/customers/{customer.id}/contacts", data=empty, headers=HTMX).status_code == 422
    assert client.post(f"/customers/{customer.id}/contacts", data={**empty, "name": "Paul"}).status_code == 303
    contact = session.query(Contact).one()
    assert client.post(f"/contacts/{contact.id}/delete").status_code == 303
    assert session.query(Contact).count() == 0
    verbs = [entry.verb for entry in session.query(AuditEntry).filter_by(noun="contact")]
    assert verbs == ["create", "delete"]
