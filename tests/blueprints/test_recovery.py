"""Pages of what follows reminders: disputes followed, alerts handled, files handed over, insolvency, the zip."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest

from models import AlertMark, Dispute, Document, Handover, Insolvency, Message, Promise
from models.commitments import DisputeReason
from models.users import Role
from services.disputes import open_dispute
from tests.conftest import NOW, TODAY
from tests.owing import make_customer, owe, reach

HTMX = {"HX-Request": "true"}


@pytest.fixture
def debtor(session, company):
    made = make_customer(session, company, "Menuiserie Vasseur")
    reach(session, made)
    owe(session, made, 60_000, 40, "FA-1")
    company.last_sync_at = NOW
    session.commit()
    return made


@pytest.fixture
def client(company, debtor, sign_in):
    return sign_in(Role.ACCOUNTANT, company)


def test_a_dispute_is_followed_with_comments_and_documents_and_opened_again(session, client, debtor, company):
    made = open_dispute(session, debtor, "price", None, NOW, TODAY)
    session.commit()
    at = f"/disputes/{made.id}"
    assert client.post(f"{at}/comments", data={"body": "Photo demandée"}).status_code == 303
    paper = {"file": (io.BytesIO(b"%PDF-1"), "bon.pdf")}
    assert client.post(f"{at}/documents", data=paper, content_type="multipart/form-data").status_code == 303
    page = client.get(at).text
    assert "Photo demandée" in page and "bon.pdf" in page and "Prix contesté" in page
    for path, data in (
        (f"{at}/comments", {"body": ""}),
        (f"{at}/documents", {}),
        (at, {"state": "open", "owner_id": 0, "cents": "-5"}),
    ):
        assert client.post(path, data=data).status_code == 422
    assert client.post(at, data={"state": "waiting", "owner_id": 0, "deadline_on": "", "cents": "200"}).status_code == 303
    assert client.post(f"{at}/solve", data={"solution": "x"}, headers=HTMX).status_code == 422
    answer = client.post(f"{at}/solve", data={"solution": "avoir", "outcome": "refused"}, headers=HTMX)
    assert f"{at}/reopen" in answer.headers["HX-Trigger"]
    assert "Par motif" in client.get("/disputes?state=solved").text
    client.post(f"{at}/reopen")
    document = session.query(Document).one().id
    client.post(f"{at}/documents/{document}/delete")
    session.expire_all()
    assert session.get_one(Dispute, made.id).state == "open" and "bon.pdf" not in client.get(at).text


def test_reasons_of_disputes_are_edited(session, client):
    assert "Prix contesté" in client.get("/settings/dispute-reasons").text
    new = {"name": "Bon non signé", "owner_id": 0, "days": "12", "active": "y"}
    assert client.post("/settings/dispute-reasons", data=new).status_code == 303
    assert client.post("/settings/dispute-reasons", data={**new, "days": "0"}).status_code == 422
    assert client.post("/settings/dispute-reasons", data={**new, "name": ""}).status_code == 422
    assert session.query(DisputeReason).one().days == 12


def test_a_promise_is_confirmed_by_mail_when_wanted(session, client, debtor):
    day = (TODAY + timedelta(days=7)).isoformat()
    form = {"promised_on": day, "cents": "600", "item_id": 0, "channel": "call", "confirm": "y"}
    assert client.post(f"/customers/{debtor.id}/promises", data=form, headers=HTMX).status_code == 204
    assert session.query(Message).one().facts["parts"]
    debtor_mail = session.query(Message).one()
    client.post(f"/promises/{session.query(Promise).one().id}/delete")
    session.refresh(debtor_mail)
    assert debtor_mail.state == "dropped"


def test_handed_over_and_ended_from_the_card(session, client, debtor):
    form = {"recipient": "lawyer", "handed_on": TODAY.isoformat(), "name": "Me Roux", "cost_cents": "45"}
    assert "Confier le dossier" in client.get(f"/customers/{debtor.id}").text
    assert client.get(f"/customers/{debtor.id}/handover/new", headers=HTMX).status_code == 200
    assert client.post(f"/customers/{debtor.id}/handover", data={**form, "handed_on": "2030-01-01"}).status_code == 422
    assert client.post(f"/customers/{debtor.id}/handover", data=form, headers=HTMX).status_code == 204
    made = session.query(Handover).one()
    assert "Me Roux" in client.get(f"/customers/{debtor.id}").text
    assert client.get(f"/handovers/{made.id}/edit").status_code == client.get(f"/handovers/{made.id}/end").status_code == 200
    client.post(f"/handovers/{made.id}", data={"name": "Me Roux", "reference": "R-1", "cost_cents": "90"})
    assert client.post(f"/handovers/{made.id}/end", data={"outcome": "uncle"}).status_code == 422
    client.post(f"/handovers/{made.id}/end", data={"outcome": "paid"})
    session.refresh(made)
    assert (made.reference, made.cost_cents, made.outcome) == ("R-1", 9_000, "paid")
    client.post(f"/handovers/{made.id}/resume")
    session.refresh(made)
    assert made.ended_on is None


def test_insolvency_from_the_card_and_the_way_back(session, client, debtor):
    form = {"proceeding": "liquidation", "judgment_on": "2026-05-04", "published_on": "2026-05-12"}
    at = f"/customers/{debtor.id}/insolvency"
    assert client.get(at, headers=HTMX).status_code == 200
    assert client.post(at, data={**form, "published_on": "2026-05-01"}).status_code == 422
    assert client.post(at, data=form, headers=HTMX).status_code == 204
    assert session.query(Insolvency).one().declare_by_on.isoformat() == "2026-07-12"
    page = client.get(f"/customers/{debtor.id}").text
    assert "12/07/2026" in page and "Liquidation" in page
    client.post(f"{at}/delete")
    session.refresh(debtor)
    assert debtor.insolvent_on is None and session.query(Insolvency).count() == 0


def test_the_litigation_file_is_a_zip(client, debtor):
    answer = client.get(f"/customers/{debtor.id}/litigation.zip")
    assert answer.mimetype == "application/zip" and "dossier contentieux" in answer.headers["Content-Disposition"]
    assert "index.csv" in zipfile.ZipFile(io.BytesIO(answer.data)).namelist()


def test_alerts_one_by_one(session, client, debtor, company):
    debtor.credit_limit_cents = 1_000
    company.ledger_version += 1
    session.commit()
    assert "/alerts" in client.get("/").text
    page = client.get("/alerts").text
    assert "Plafond de crédit dépassé" in page and "Menuiserie Vasseur" in page
    at = f"/alerts/over_limit/{debtor.id}"
    client.post(f"{at}/acknowledge")
    assert "Menuiserie Vasseur" not in client.get("/alerts?what=over_limit", headers=HTMX).text
    assert "Menuiserie Vasseur" in client.get("/alerts?state=hidden").text
    client.post(f"{at}/restore")
    client.post(f"{at}/put-off", data={"until_on": "2026-06-01"})
    client.post(f"{at}/put-off", data={"until_on": "nonsense"})
    client.post(f"{at}/entrust", data={"user_id": "0"})
    session.expire_all()
    assert session.query(AlertMark).one().until_on.isoformat() == "2026-06-01"
    assert client.post(f"/alerts/nothing/{debtor.id}/acknowledge").status_code == 404
    assert client.post("/alerts/over_limit/999/acknowledge").status_code == 404
