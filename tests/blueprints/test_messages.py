"""Messages: the lists, one message with its proof, the decision about an uncertain one, a refused address, and one written by hand."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy

import pytest

import config
from models import Action, Company, Contact, Customer, Message, Outbox, WorklistEntry
from models.base import write_intent
from models.users import Role
from services import outbox, worklist
from tests.owing import statements
from tests.rows import make_world
from tests.services.people import TODAY, customer, furnish, owe

HTMX = {"HX-Request": "true"}


@pytest.fixture
def house(session, company):
    """One customer to remind, in a company with an IBAN."""
    furnish(session, company)
    company.iban, company.bic, company.email = "FR7630006000011234567890189", "AGRIFRPP", "compta@cartonnerie.example"
    owe(session, customer(session, company, "C1"), TODAY - timedelta(days=10))
    worklist.refresh(session, company, None, TODAY)
    session.commit()
    return company


@pytest.fixture
def message(session, house) -> Message:
    """The reminder, written, kept in the built-in outbox."""
    now = config.now()
    ids = [entry.id for entry in session.query(WorklistEntry)]
    batch = outbox.queue_batch(session, house, ids, None, now, TODAY, 0)
    outbox.release_some(session, batch, now, TODAY)
    made = session.query(Message).one()
    made.state, made.sent_at, made.answer = "kept", now, "FLANDRES/2026-05/x.eml"
    session.commit()
    return made


def page(client, path, **more):
    answer = client.get(path, **more)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def test_lists_and_their_filters(app, session, client, message):
    with statements(app) as asked:
        text = page(client, "/messages")
    assert len(asked) <= 12
    assert "Client C1" in text and "Gardé à" in text and "gardés ici, complets et lisibles" in text
    part = page(client, "/messages?tab=gone", headers=HTMX)
    assert "<html" not in part and part.strip() in page(client, "/messages?tab=gone")
    assert "Client C1" in page(client, "/messages?tab=gone&text=c1@example&channel=email&state=kept")
    assert "Aucun message ici" in page(client, "/messages?tab=gone&channel=letter")
    for tab in ("unknown", "failed", "waiting", "dropped"):
        assert "Aucun message ici" in page(client, f"/messages?tab={tab}")


def test_a_message_with_its_proof(app, session, client, message):
    with statements(app) as asked:
        text = page(client, f"/messages/{message.id}")
    assert len(asked) <= 12
    for proof in (message.body_hash, "c1@example.org", "Version texte", "FLANDRES/2026-05/x.eml"):
        assert proof in text
    body = client.get(f"/messages/{message.id}/html")
    policy_ = body.headers["Content-Security-Policy"]
    assert "sandbox" in policy_ and "script-src" not in policy_ and "default-src 'none'" in policy_
    assert body.headers["X-Frame-Options"] == "SAMEORIGIN" and body.headers["X-Content-Type-Options"] == "nosniff"
    html = body.get_data(as_text=True)
    assert "data:image/png;base64," in html and "cid:" not in html


def test_the_exact_bytes(session, client, message):
    answer = client.get(f"/messages/{message.id}/file")
    assert answer.mimetype == "message/rfc822" and answer.data == message.body
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert message_from_bytes(answer.data, policy=policy.default)["Message-ID"] == message.message_id
    message.channel, message.body = "letter", b"%PDF-1.7"
    session.commit()
    assert client.get(f"/messages/{message.id}/file").mimetype == "application/pdf"
    assert "Télécharger le courrier" in page(client, f"/messages/{message.id}")
    message.body = None
    session.commit()
    assert (
        client.get(f"/messages/{message.id}/file").status_code == client.get(f"/messages/{message.id}/html").status_code == 404
    )


@pytest.mark.parametrize("decision, state", [("arrived", "sent"), ("again", "queued"), ("", "unknown")])
def test_an_uncertain_message_is_decided_by_a_person(session, client, message, decision, state):
    message.state, message.failure_code, message.data_done_at = "unknown", "answer_lost", config.now()
    session.commit()
    before = message.message_id
    text = page(client, "/messages")
    assert "À vérifier" in text and "Décider" in text
    assert "Il est arrivé" in page(client, f"/messages/{message.id}") and before.strip("<>") in page(
        client, f"/messages/{message.id}"
    )
    assert client.post(f"/messages/{message.id}/settle", data={"decision": decision}).status_code == 303
    session.expire_all()
    assert (message.state, message.message_id) == (state, before)
    client.post(f"/messages/{message.id}/settle", data={"decision": "arrived"})
    if decision == "again":
        assert "déjà tranché" in page(client, f"/messages/{message.id}")


def test_a_refused_address_is_corrected_and_the_reminder_due_again(session, client, message):
    contact, action = session.query(Contact).one(), session.query(Action).one()
    contact.email_bad_reason = message.failure_code = "recipient_refused"
    message.state = "failed"
    house = session.query(Company).one()
    worklist.drop_actions(session, house, [action.id], "recipient_refused", TODAY, state="failed")
    session.commit()
    assert "Corriger" in page(client, "/messages?tab=failed")
    form = page(client, f"/messages/{message.id}/address", headers=HTMX)
    assert "c1@example.org" in form and "<html" not in form
    wrong = client.post(f"/messages/{message.id}/address", data={"email": "not an address"}, headers=HTMX)
    assert wrong.status_code == 422 and "n’est pas une adresse e-mail" in wrong.get_data(as_text=True)
    assert client.post(f"/messages/{message.id}/address", data={"email": "new@example.org"}).location == "/actions"
    session.expire_all()
    assert (contact.email, contact.email_bad_reason) == ("new@example.org", "")
    assert session.query(WorklistEntry).one().held_code == ""


def test_sales_reps_read_the_messages_of_their_own_customers(session, sign_in):
    world = make_world(session)
    bob = sign_in(Role.SALES_REP, world.company, "sales_rep@example.org")
    world.give_portfolio(session, Role.SALES_REP)
    assert bob.get(f"/messages/{world.own['message_id']}").status_code == 200
    assert bob.get(f"/messages/{world.others['message_id']}").status_code == 404
    assert bob.get("/messages").status_code == 403
    session.get_one(Message, world.own["message_id"]).customer_id = None
    session.commit()
    assert bob.get(f"/messages/{world.own['message_id']}").status_code == 404


# ------------------------------------------------------------------ one message from the card


@pytest.fixture
def who(session, house) -> Customer:
    return session.query(Customer).one()


def form_of(session, **more):
    item = session.query(Customer).one().id and session.query(WorklistEntry.item_ids).scalar()
    return {"channel": "email", "language": "fr", "template": "reminder_1", "items": item, "subject": "Votre facture", **more}


BODY = "Bonjour,\n\nVoici ce qui reste ouvert.\n\n{{ items_table }}\n\nMerci."


def test_the_proposal_is_filled_in(app, client, who):
    with statements(app) as asked:
        text = page(client, f"/customers/{who.id}/messages/new?channel=email")
    assert len(asked) <= 13
    assert "{{ items_table }}" in text and "1 facture à régler" in text and "la facture F1" in text
    assert 'name="as_step"' in text
    part = page(client, f"/customers/{who.id}/messages/new?channel=email&template=formal_notice&items=1", headers=HTMX)
    assert "<html" not in part and "mise en demeure" in part
    assert "Aucune facture ouverte" in page(client, "/customers/1/messages/new") or who.id == 1


def test_what_is_typed_can_be_seen_first(session, client, who):
    answer = client.post(f"/customers/{who.id}/messages/preview", data=form_of(session, body=BODY))
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "Voici ce qui reste ouvert" in answer.get_data(as_text=True) and "F1" in answer.get_data(as_text=True)
    assert "Madame" in client.get(f"/customers/{who.id}/messages/preview?channel=email").get_data(as_text=True)
    letter = client.post(f"/customers/{who.id}/messages/preview", data=form_of(session, channel="letter", body=BODY))
    assert letter.data.startswith(b"%PDF")
    assert session.query(Message).count() == 0


@pytest.mark.parametrize("as_step", ["y", ""])
def test_sent_with_ones_own_words(app, session, client, house, who, as_step):
    answer = client.post(f"/customers/{who.id}/messages", data=form_of(session, body=BODY, as_step=as_step))
    batch = session.query(Outbox).one()
    assert answer.location == f"/outboxes/{batch.id}"
    action = session.query(Action).one()
    assert action.isolated is (not as_step) and (action.step_id is None) is (not as_step)
    batch.leaves_at = config.now()
    write_intent.set(True)
    assert outbox.release_some(session, batch, config.now(), TODAY) == 1
    session.commit()
    made = session.query(Message).one()
    text = message_from_bytes(made.body, policy=policy.default).get_body(("plain",)).get_content()
    assert (made.state, made.subject, made.purpose) == ("queued", "Votre facture", "single")
    assert "Voici ce qui reste ouvert." in text and "F1" in text
    assert (session.query(WorklistEntry).filter_by(held_code="").count() == 0) is True


def test_what_is_wrong_is_said_and_nothing_is_kept(session, client, who):
    for change, sentence in (
        ({"body": "{{ nmae }}"}, "n’est pas un"),
        ({"body": BODY, "items": []}, "Choisissez au moins une facture"),
        ({"body": "", "subject": ""}, "Écrivez un texte"),
    ):
        answer = client.post(f"/customers/{who.id}/messages", data=form_of(session, **change))
        assert answer.status_code == 422 and sentence in answer.get_data(as_text=True), change
    assert session.query(Message).count() == 0 == session.query(Outbox).count()


def test_without_an_address(session, client, who):
    session.query(Contact).update({"email": ""})
    session.commit()
    answer = client.post(f"/customers/{who.id}/messages", data=form_of(session, body=BODY))
    assert answer.status_code == 422 and "pas d’adresse e-mail valable" in answer.get_data(as_text=True)
