"""Act: by scenario, by customer, the preview of a message, sending, and the batch on its way."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

import config
from models import Action, Customer, Dispute, Hold, Message, Outbox, Promise, Sync, WorklistEntry
from models.users import Role
from services import worklist
from tests.owing import statements
from tests.services.people import NOW, TODAY, customer, furnish, owe

HTMX = {"HX-Request": "true"}


@pytest.fixture
def house(session, company):
    """Five customers late by ten days: two plain, one below the floor, one disputed, one without address; one much above the ceiling."""
    furnish(session, company)
    company.ceiling_cents = 2_000_000
    company.last_sync_at = config.now()
    for code in ("C1", "C2"):
        owe(session, customer(session, company, code), TODAY - timedelta(days=10))
    owe(session, customer(session, company, "SMALL"), TODAY - timedelta(days=10), 900)
    contested = customer(session, company, "CONTEST")
    item = owe(session, contested, TODAY - timedelta(days=10))
    session.add(Dispute(company_id=company.id, customer_id=contested.id, item_id=item.id, reason="price", opened_at=NOW))
    owe(
        session, customer(session, company, "NOMAIL", contact={"email": ""}, street="", postcode=""), TODAY - timedelta(days=10)
    )
    owe(session, customer(session, company, "LARGE"), TODAY - timedelta(days=10), 2_500_000)
    worklist.refresh(session, company, None, TODAY)
    session.commit()
    return company


def page(client, path, **more):
    answer = client.get(path, **more)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def seen(client):
    found = re.search(r'name="seen" value="([^"]*)"', page(client, "/actions"))
    return found[1] if found else ""


def keys(session, code):
    query = session.query(WorklistEntry.action_key).join(Customer, Customer.id == WorklistEntry.customer_id)
    return [key for (key,) in query.filter(Customer.code == code)]


def test_counts_cards_rows_and_reasons(client, house):
    text = page(client, "/actions")
    assert "3 e-mails" in text and "à envoyer" in text
    assert text.count('aria-current="true"') >= 1 and "Relance 1" in text
    assert "2 e-mails prêts" in text and "2\u202f000,00\u00a0€" in text
    assert "Au-dessus du plafond" in text and "À décider par une personne" in text
    assert "3 clients exclus : cochez pour envoyer quand même" in text
    assert "Sous le seuil de relance" in text and "Litige ouvert" in text and "Adresse e-mail manquante" in text
    assert text.count('name="entry"') == 4  # two ready, one to decide, one held by a rule of the house
    assert text.count(" checked data-pick") == 2
    assert text.count('type="checkbox" disabled') == 2
    assert "boîte d’envoi intégrée" in text


def test_the_fragment_is_a_part_of_the_page(client, house):
    part = page(client, "/actions", headers=HTMX)
    assert "<html" not in part and part.strip() in page(client, "/actions")
    part = page(client, "/actions/customers", headers=HTMX)
    assert "<html" not in part and part.strip() in page(client, "/actions/customers")


def test_pages_ask_few_questions(app, session, client, house):
    for number in range(150):
        owe(session, customer(session, house, f"M{number}"), TODAY - timedelta(days=10))
    worklist.refresh(session, house, None, TODAY)
    session.commit()
    for path in ("/actions", "/actions?page=2", "/actions?held=1", "/actions/customers", "/actions/customers?tab=held"):
        with statements(app) as asked:
            page(client, path)
        assert len(asked) <= 12, (path, len(asked))
    assert "1 à 100 sur 156" in page(client, "/actions")


def test_another_day_can_be_looked_at_and_nothing_sent(session, client, house):
    owe(session, customer(session, house, "LATER"), TODAY + timedelta(days=8 + 3))
    session.commit()
    on = (TODAY + timedelta(days=7)).isoformat()
    text = page(client, f"/actions?on={on}")
    assert "Prévision pour le mardi 26 mai 2026" in text and "Client C1" in text
    assert "Tout envoyer" not in text and 'name="entry"' not in text and "Aperçu" not in text
    notice = re.search(
        rf'href="(/actions\?step=\d+&amp;on={on})"[^>]*><span class="n">1</span><span class="what">Prévenance', text
    )
    assert notice and "Client LATER" in page(client, notice[1].replace("&amp;", "&"))
    assert session.query(Action).count() == 0
    assert client.get("/actions?on=soon").status_code == 400


def test_all_at_once(session, client, house):
    answer = client.post("/actions/send", data={"seen": seen(client)})
    batch = session.query(Outbox).one()
    assert answer.status_code == 303 and answer.location == f"/outboxes/{batch.id}"
    assert (batch.planned, batch.state) == (2, "waiting")
    assert {m.recipient for m in session.query(Message)} == {"c1@example.org", "c2@example.org"}
    text = page(client, answer.location)
    assert "2 messages prêts à partir" in text and "Le premier message part dans" in text
    assert 'hx-trigger="every 1s"' in text and "Annuler l’envoi" in text
    part = page(client, answer.location, headers=HTMX)
    assert part.lstrip().startswith('<div id="progress"') and "<html" not in part


def test_sending_twice_sends_once(session, client, house):
    form = {"seen": seen(client)}
    first = client.post("/actions/send", data=form)
    second = client.post("/actions/send", data=form)
    assert second.status_code == 303 and second.location == first.location
    assert session.query(Message).count() == 2 and session.query(Outbox).count() == 1


def test_a_list_that_changed_is_looked_at_again(session, client, house):
    form = {"seen": seen(client)}
    owe(session, customer(session, house, "NEW"), TODAY - timedelta(days=10))
    worklist.refresh(session, house, None, TODAY)
    session.commit()
    answer = client.post("/actions/send", data=form)
    assert answer.status_code == 303 and answer.location.startswith("/actions")
    assert session.query(Message).count() == 0
    assert "La liste a changé" in page(client, answer.location)


def test_unticked_ticked_and_remembered_from_other_pages(session, client, house):
    one, two, small, large = (keys(session, code)[0] for code in ("C1", "C2", "SMALL", "LARGE"))
    client.post("/actions/send", data={"seen": seen(client), "shown": [one, two], "entry": [two], "also": [small, large]})
    sent = {m.recipient for m in session.query(Message)}
    assert sent == {"c2@example.org", "small@example.org", "large@example.org"}
    forced = session.query(Message).filter_by(recipient="small@example.org").one()
    assert forced.facts["forced"] is True


def test_what_stands_on_a_customer_cannot_be_forced(session, client, house):
    contested, without = keys(session, "CONTEST")[0], keys(session, "NOMAIL")[0]
    client.post("/actions/send", data={"seen": seen(client), "also": [contested, without]})
    assert {m.recipient for m in session.query(Message)} == {"c1@example.org", "c2@example.org"}


def test_one_step_alone(session, client, house):
    notice = customer(session, house, "SOON")
    owe(session, notice, TODAY + timedelta(days=3))
    worklist.refresh(session, house, None, TODAY)
    session.commit()
    step = session.query(WorklistEntry.step_id).filter_by(customer_id=notice.id).scalar()
    client.post("/actions/send", data={"seen": seen(client), "step": step})
    assert [m.recipient for m in session.query(Message)] == ["soon@example.org"]


def test_a_gap_stops_everything(session, client, house):
    session.add(Sync(company_id=house.id, state="done", started_at=NOW, kind="journal", format="fec", gap_cents=18_815))
    session.commit()
    text = page(client, "/actions")
    assert "Écart de 188,15\u00a0€" in text and "Rien ne sera envoyé tant que l’écart demeure" in text
    assert re.search(r"<button class=\"btn primary\"[^>]* disabled", text)
    answer = client.post("/actions/send", data={"seen": "2.200000"})
    assert session.query(Message).count() == 0
    assert "Rien ne sera envoyé" in page(client, answer.location)


def test_a_stale_ledger_warns(session, client, house):
    house.last_sync_at = config.now() - timedelta(days=3)
    session.commit()
    assert "importez d’abord le grand livre" in page(client, "/actions")


def test_the_message_as_it_would_be(session, client, house):
    entry = session.query(WorklistEntry).filter_by(action_key=keys(session, "C1")[0]).one()
    text = page(client, f"/actions/{entry.id}", headers=HTMX)
    assert "c1@example.org" in text and "<iframe" in text and "<html" not in text
    body = client.get(f"/actions/{entry.id}/html")
    policy = body.headers["Content-Security-Policy"]
    assert "sandbox" in policy and "default-src 'none'" in policy and "script" not in policy
    assert body.headers["X-Frame-Options"] == "SAMEORIGIN" and "F1" in body.get_data(as_text=True)
    assert session.query(Message).count() == 0


def test_the_letter_as_it_would_be_printed(session, client, house):
    session.query(WorklistEntry).update({"channel": "letter"})
    session.commit()
    entry = session.query(WorklistEntry).filter_by(action_key=keys(session, "C1")[0]).one()
    assert "Voir le courrier (PDF)" in page(client, f"/actions/{entry.id}")
    answer = client.get(f"/actions/{entry.id}/letter")
    assert answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF")


def test_taken_back_within_the_window(session, client, house):
    client.post("/actions/send", data={"seen": seen(client)})
    batch = session.query(Outbox).one()
    assert client.post(f"/outboxes/{batch.id}/undo").status_code == 303
    session.expire_all()
    assert batch.state == "undone" and {m.state for m in session.query(Message)} == {"dropped"}
    assert "2 e-mails prêts" in page(client, "/actions")
    text = page(client, f"/outboxes/{batch.id}")
    assert "Envoi annulé" in text and "hx-trigger" not in text.split('id="progress"')[1][:300]
    client.post(f"/outboxes/{batch.id}/undo")
    assert "ne peut plus être annulé" in page(client, f"/outboxes/{batch.id}")


def test_hastened_and_stopped(session, client, house):
    client.post("/actions/send", data={"seen": seen(client)})
    batch = session.query(Outbox).one()
    client.post(f"/outboxes/{batch.id}/hasten")
    session.expire_all()
    assert batch.leaves_at <= config.now()
    assert "Envoi en cours" in page(client, f"/outboxes/{batch.id}")
    client.post(f"/outboxes/{batch.id}/stop")
    session.expire_all()
    assert {(m.state, m.failure_code) for m in session.query(Message)} == {("dropped", "stopped")}
    assert "Arrêté avant l’envoi" in page(client, f"/outboxes/{batch.id}")


def test_fates_in_words(session, client, house):
    client.post("/actions/send", data={"seen": seen(client)})
    batch = session.query(Outbox).one()
    one, two = session.query(Message).order_by(Message.id)
    one.state, one.failure_code, one.answer = "failed", "recipient_refused", "550 5.1.1 unknown"
    two.state, two.failure_code = "dropped", "paid"
    batch.state, batch.leaves_at = "done", config.now()
    session.commit()
    text = page(client, f"/outboxes/{batch.id}")
    assert "Adresse refusée par le serveur" in text and f"/messages/{one.id}/address" in text
    assert "Payé entre-temps, retiré" in text and "1 message n’a pas pu être remis" in text
    assert "Envoi terminé" in text


def test_by_customer_in_the_order_of_the_morning(session, client, house):
    formal, broken, called = (customer(session, house, code) for code in ("FORMAL", "BROKEN", "CALLED"))
    for who in (formal, broken, called):
        owe(session, who, TODAY - timedelta(days=10), 50_000)
    session.add(
        Promise(
            company_id=house.id, customer_id=broken.id, promised_on=TODAY - timedelta(days=9), cents=50_000, currency="EUR",
            state="broken", made_at=NOW, decided_on=TODAY - timedelta(days=5),
        )
    )  # fmt: skip
    worklist.refresh(session, house, None, TODAY)
    session.query(WorklistEntry).filter_by(customer_id=formal.id).update(
        {"stage": "formal_notice", "confirm_code": "formal_notice"}
    )
    session.query(WorklistEntry).filter_by(customer_id=called.id).update({"channel": "call", "confirm_code": "step_manual"})
    session.commit()
    text = page(client, "/actions/customers")
    order = [text.index(f">Client {code}<") for code in ("BROKEN", "FORMAL", "CALLED", "LARGE", "C1")]
    assert order == sorted(order)
    assert "Promesse du 10 mai non tenue" in text and f"/customers/{called.id}/call" in text
    assert "Client NOMAIL" in page(client, "/actions/customers?tab=errors")
    assert "Client CONTEST" in page(client, "/actions/customers?tab=held")
    assert "Client C1" not in page(client, "/actions/customers?text=C2")
    assert "Personne ici" in page(client, "/actions/customers?mine=1")


def test_one_customer_one_click(session, client, house):
    answer = client.post("/actions/send/one", data={"entry": keys(session, "C1")[0]}, headers=HTMX)
    told = json.loads(answer.headers["HX-Trigger"])
    assert answer.status_code == 200 and not answer.data and told["worklist-changed"]
    assert "2 minutes" in told["toast"]["text"] and told["toast"]["undo"].startswith("/outboxes/")
    assert [m.recipient for m in session.query(Message)] == ["c1@example.org"]
    again = client.post("/actions/send/one", data={"entry": "no such key"}, headers=HTMX)
    assert again.status_code == 204 and json.loads(again.headers["HX-Trigger"])["toast"]["kind"] == "bad"
    assert client.post(told["toast"]["undo"]).location == "/actions/customers"
    session.expire_all()
    assert session.query(Message).one().state == "dropped"


def test_later(session, client, house):
    entry = session.query(WorklistEntry).filter_by(action_key=keys(session, "C1")[0]).one()
    assert client.post(f"/actions/{entry.id}/skip", data={"key": "another"}, headers=HTMX).status_code == 204
    told = json.loads(
        client.post(f"/actions/{entry.id}/skip", data={"key": entry.action_key}, headers=HTMX).headers["HX-Trigger"]
    )
    hold = session.query(Hold).one()
    assert hold.until_on == TODAY + timedelta(days=7) and "26 mai" in told["toast"]["text"]
    client.post(told["toast"]["undo"])
    session.expire_all()
    assert hold.ended_at is not None


def test_readers_see_and_do_not_send(sign_in, house):
    reader = sign_in(Role.SUPPORT, house)
    text = page(reader, "/actions")
    assert "Client C1" in text and "Tout envoyer" not in text and 'type="checkbox"' not in text
    assert "Envoyer" not in page(reader, "/actions/customers").split("<main")[1]
    assert reader.post("/actions/send", data={"seen": "x"}).status_code == 403
    assert sign_in(Role.SALES_REP, house).get("/actions").status_code == 403


def test_nothing_left(client, company):
    assert "Plus rien à faire aujourd’hui" in page(client, "/actions")
    assert "Plus rien à faire aujourd’hui" in page(client, "/actions/customers")
