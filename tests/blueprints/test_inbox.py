"""What came in: listed, read, dealt with; the mailbox in the settings; wrong numbers and bad addresses repaired."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import AuditEntry, Company, Contact, Customer, InboundMessage, Item, Message
from models.users import Role
from services import customers, worklist
from services.scenarios import install_defaults
from tests.conftest import NOW, TODAY
from tests.tasks.mailbox_server import MailboxServer


@pytest.fixture
def customer(session, company) -> Customer:
    """A customer with an invoice late enough for a reminder."""
    install_defaults(session, company, NOW)
    made = Customer(
        company_id=company.id,
        code="C1",
        name="Brasserie du Nord",
        name_folded="brasserie du nord",
        created_at=NOW,
        review_on=TODAY,
    )
    session.add(made)
    session.flush()
    session.add(Contact(customer_id=made.id, name="Mme Vasseur", email="compta@client.example", phone="03 20 00 00 01"))
    due_on = TODAY - timedelta(days=10)
    session.add(
        Item(
            company_id=company.id, customer_id=made.id, key="F1", kind="invoice", entry_on=due_on, document_on=due_on, due_on=due_on, due_source="file",
            piece="F1", currency="EUR", debit_cents=90_000, credit_cents=0, amount_cents=90_000, open_cents=90_000, first_seen_on=due_on,
        )
    )  # fmt: skip
    session.commit()
    return made


def receive(session, customer: Customer, kind: str = "reply", **fields) -> InboundMessage:
    row = InboundMessage(
        **{
            "company_id": customer.company_id, "customer_id": customer.id, "uid": 1, "message_id": f"<{kind}@client.example>", "kind": kind,
            "sender": "compta@client.example", "sender_name": "Mme Vasseur", "subject": "Re: Relance", "text": "Le virement part <b>vendredi</b>.",
            "received_at": NOW, "read_at": NOW, **fields,
        }
    )  # fmt: skip
    session.add(row)
    session.flush()
    worklist.touch(session, customer.id, TODAY)
    session.commit()
    return row


def test_a_reply_is_listed_read_and_dealt_with(client, session, customer):
    row = receive(session, customer)
    page = client.get("/messages/inbox").get_data(as_text=True)
    assert "Brasserie du Nord" in page and "Le virement part &lt;b&gt;vendredi" in page
    assert f"/customers/{customer.id}/promises/new" in page and f"/customers/{customer.id}/disputes/new" in page
    shown = client.get(f"/messages/inbox/{row.id}").get_data(as_text=True)
    assert "Mme Vasseur" in shown and "Traité" in shown
    assert client.post(f"/messages/inbox/{row.id}/handled").status_code == 303
    session.refresh(row)
    assert row.handled_at is not None and row.handled_by_id is not None
    assert "Brasserie du Nord" not in client.get("/messages/inbox").get_data(as_text=True)
    assert "Brasserie du Nord" in client.get("/messages/inbox?tab=replies").get_data(as_text=True)
    assert session.query(AuditEntry).filter_by(noun="inbound_message", verb="handle").count() == 1


def test_dealing_twice_is_said_and_reopening_holds_again(client, session, customer):
    row = receive(session, customer)
    client.post(f"/messages/inbox/{row.id}/handled")
    again = client.post(f"/messages/inbox/{row.id}/handled", headers={"HX-Request": "true"})
    assert again.status_code == 204 and "bad" in again.headers["HX-Trigger"]
    assert client.post(f"/messages/inbox/{row.id}/reopen").status_code == 303
    session.refresh(row)
    assert row.handled_at is None
    assert "Réponse du 19 mai à lire" in client.get("/actions/customers?tab=held").get_data(as_text=True)


def test_a_reply_stands_in_the_work_list_to_correct_and_holds_the_reminder(client, session, customer):
    row = receive(session, customer)
    page = client.get("/actions/customers?tab=errors").get_data(as_text=True)
    assert "Le virement part" in page and f"/messages/inbox/{row.id}/handled" in page
    answer = client.post(f"/messages/inbox/{row.id}/handled", headers={"HX-Request": "true"})
    assert answer.status_code == 200 and "worklist-changed" in answer.headers["HX-Trigger"]
    assert "Le virement part" not in client.get("/actions/customers?tab=errors").get_data(as_text=True)
    assert "Réponse du" not in client.get("/actions/customers?tab=held").get_data(as_text=True)


def test_what_came_in_stands_on_the_timeline(client, session, customer):
    receive(session, customer)
    receive(session, customer, "auto_reply", until_on=TODAY + timedelta(days=10), message_id="<a@x>")
    receive(
        session,
        customer,
        "bounce_hard",
        recipient="compta@client.example",
        diagnostic="550 5.1.1 User unknown",
        message_id="<b@x>",
    )
    receive(session, customer, "bounce_soft", recipient="compta@client.example", message_id="<c@x>")
    receive(session, customer, "delayed", recipient="compta@client.example", message_id="<d@x>")
    receive(session, customer, "receipt", message_id="<e@x>")
    page = client.get(f"/customers/{customer.id}").get_data(as_text=True)
    for words in (
        "Réponse de compta@client.example", "absence jusqu’au 29/05/2026", "Retourné, adresse erronée : compta@client.example", "User unknown",
        "Non remis à compta@client.example", "retardée", "accusé de lecture",
    ):  # fmt: skip
        assert words in page, words


def test_repairing_the_address_deals_with_its_return(client, session, customer):
    message = Message(
        company_id=customer.company_id, customer_id=customer.id, channel="email", language="fr", state="bounced", message_id="<m@x>",
        recipient="compta@client.example", queued_at=NOW,
    )  # fmt: skip
    session.add(message)
    session.flush()
    row = receive(session, customer, "bounce_hard", answers_id=message.id)
    contact = session.query(Contact).one()
    contact.email_bad_reason, contact.email_bad_at = "bounced", NOW
    session.commit()
    assert f"/messages/{message.id}/address" in client.get("/messages/inbox").get_data(as_text=True)
    assert client.post(f"/messages/{message.id}/address", data={"email": "facture@client.example"}).status_code == 303
    session.expire_all()
    assert row.handled_at is not None and session.query(Contact).one().email_bad_reason == ""


MAILBOX = {"imap_security": "none", "imap_folder": "INBOX"}


def test_the_mailbox_is_set_tried_and_its_password_sealed(sign_in, session, company):
    admin = sign_in(Role.ADMINISTRATOR, company)
    with MailboxServer(password="hunter2hunter2") as box:
        box.deliver(b"Subject: x\r\n\r\ny", NOW)
        form = {
            **MAILBOX,
            "imap_host": "127.0.0.1",
            "imap_port": str(box.port),
            "imap_user": box.user,
            "imap_password": "hunter2hunter2",
        }
        tried = admin.post("/settings/mail/inbox/probe", data=form, headers={"HX-Request": "true"}).get_data(as_text=True)
        assert "1 message" in tried and "<html" not in tried
        wrong = admin.post("/settings/mail/inbox/probe", data={**form, "imap_password": "no"}).get_data(as_text=True)
        assert "wrong name or password" in wrong
        assert admin.post("/settings/mail/inbox", data=form).status_code == 303
        stored = admin.post("/settings/mail/inbox/probe", data={**form, "imap_password": ""}).get_data(as_text=True)
        assert "1 message" in stored
    session.refresh(company)
    assert company.imap_password_sealed and "hunter2" not in company.imap_password_sealed
    assert "hunter2" not in admin.get("/settings/mail").get_data(as_text=True)
    assert "hunter2" not in str([e.changes for e in session.query(AuditEntry)])


def test_another_mailbox_is_read_from_its_beginning(sign_in, session, company):
    admin = sign_in(Role.ADMINISTRATOR, company)
    form = {**MAILBOX, "imap_host": "127.0.0.1", "imap_port": "143", "imap_user": "a"}
    admin.post("/settings/mail/inbox", data=form)
    session.refresh(company)
    company.imap_cursor = {"validity": 1, "uid": 9}
    session.commit()
    admin.post("/settings/mail/inbox", data={**form, "imap_port": "993"})
    session.refresh(company)
    assert company.imap_cursor == {"validity": 1, "uid": 9}
    admin.post("/settings/mail/inbox", data={**form, "imap_user": "b"})
    session.refresh(company)
    assert company.imap_cursor == {}
    admin.post("/settings/mail/inbox", data={**form, "imap_host": ""})
    session.refresh(company)
    assert (company.imap_host, company.imap_user, company.imap_password_sealed) == ("", "", "")


def test_a_wrong_port_is_said_beside_its_field(sign_in, company):
    admin = sign_in(Role.ADMINISTRATOR, company)
    assert admin.post("/settings/mail/inbox", data={**MAILBOX, "imap_host": "x", "imap_port": "70000"}).status_code == 422
    assert admin.post("/settings/mail/inbox/probe", data=MAILBOX).status_code == 422


def test_a_wrong_number_is_not_called_again_until_it_is_corrected(client, session, company, customer):
    second = Contact(customer_id=customer.id, name="M. Leroy", phone="03 20 00 00 02", role="payment")
    session.add(second)
    session.commit()
    page = client.get(f"/customers/{customer.id}/call").get_data(as_text=True)
    assert "03 20 00 00 01" in page and "03 20 00 00 02" in page
    answer = client.post(
        f"/customers/{customer.id}/call", data={"outcome": "wrong_number", "contact_id": str(second.id), "counts": "apart"}
    )
    assert answer.status_code == 303
    session.expire_all()
    assert second.phone_bad_reason == "wrong_number" and second.phone_bad_at is not None
    page = client.get(f"/customers/{customer.id}/call").get_data(as_text=True)
    assert "03 20 00 00 01" in page and "03 20 00 00 02" not in page
    client.post(f"/customers/{customer.id}/call", data={"outcome": "wrong_number", "counts": "apart"})
    listed = client.get("/addresses?kind=phone").get_data(as_text=True)
    assert "Brasserie du Nord" in listed and "03 20 00 00 01 n’est pas le bon numéro" in listed
    assert "Mauvais numéro, constaté le" in client.get(f"/customers/{customer.id}").get_data(as_text=True)
    client.post(f"/customers/{customer.id}/address", data={"phone": "03 20 00 00 09"})
    assert "Brasserie du Nord" not in client.get("/addresses?kind=phone").get_data(as_text=True)


def test_somebody_vouches_for_a_number(client, session, customer):
    contact = session.query(Contact).one()
    contact.phone_bad_reason, contact.phone_bad_at = "wrong_number", NOW
    session.commit()
    assert client.post(f"/contacts/{contact.id}/phone/good").status_code == 303
    session.refresh(contact)
    assert contact.phone_bad_reason == ""


def test_the_same_number_written_otherwise_stays_wrong(session, customer):
    contact = session.query(Contact).one()
    contact.phone_bad_reason = "wrong_number"
    customers.save_contact(
        session, customer, contact, None, NOW, TODAY, name="Mme Vasseur", email=contact.email, phone="0320000001", mobile=""
    )
    assert contact.phone_bad_reason == "wrong_number"
    customers.save_contact(
        session, customer, contact, None, NOW, TODAY, name="Mme Vasseur", email=contact.email, phone="0320000003", mobile=""
    )
    assert contact.phone_bad_reason == ""


def test_other_companies_and_representatives_see_nothing(sign_in, session, customer):
    row = receive(session, customer)
    elsewhere = Company(code="AILLEURS", name="Ailleurs", country="FR", created_at=NOW)
    session.add(elsewhere)
    session.commit()
    stranger = sign_in(Role.ACCOUNTANT, elsewhere, "charlie@example.org")
    assert stranger.get(f"/messages/inbox/{row.id}").status_code == 404
    assert "Brasserie" not in stranger.get("/messages/inbox").get_data(as_text=True)
    bob = sign_in(Role.SALES_REP, session.get_one(Company, customer.company_id), "bob@example.org")
    assert bob.get("/messages/inbox").status_code == 403
