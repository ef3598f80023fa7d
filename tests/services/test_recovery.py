"""Disputes to their end, promises confirmed, hand-over, insolvency, the litigation file, alerts one by one."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from datetime import date, timedelta

import pytest

from models import AlertMark, Company, Contact, Customer, Dispute, Document, Item, Message, home
from models import worklist as lists
from models.commitment_lists import disputes as dispute_list
from models.dispute_lists import comments, papers, tallies
from models.standing import standings
from rules.errors import DomainError
from services import alerts, disputes, outbox, plans, promises, recovery, worklist
from services.documents import keep_file
from services.litigation import litigation_file
from services.plans import Acceptance, Terms
from services.wording import sentence
from tests.services.people import NOW, TODAY, at, customer, furnish, owe, pay


def days(n: int) -> date:
    return TODAY + timedelta(days=n)


@pytest.fixture
def house(session, company) -> Company:
    return furnish(session, company)


@pytest.fixture
def late(session, house) -> Customer:
    who = customer(session, house)
    owe(session, who, days(-20))
    worklist.refresh(session, house, None, TODAY)
    return who


def held(session, house) -> list[str]:
    return [e.held_code for e in lists.entries(session, house.id)]


def refused(code: str, act, *given, **more) -> None:
    with pytest.raises(DomainError) as error:
        act(*given, **more)
    assert error.value.code == code and sentence("fr", code, error.value.params) != code


# ------------------------------------------------------------------ disputes


def test_a_reason_brings_owner_and_deadline_and_a_company_has_its_own_words(session, house, late):
    save = disputes.save_reason
    save(session, house.id, "Bon de livraison non signé", None, NOW, owner_id=None, days=12, active=True)
    made = disputes.open_dispute(session, late, "Bon de livraison non signé", None, NOW, TODAY)
    assert made.deadline_on == days(12)
    entry = lists.entries(session, house.id)[0]
    assert "Bon de livraison non signé" in sentence("fr", entry.held_code, entry.held_params)
    save(session, house.id, "Bon de livraison non signé", None, NOW, owner_id=None, days=12, active=True, name="Bon non signé")
    session.refresh(made)
    assert made.reason == "Bon non signé" and disputes.reasons(session, house.id)[-1].code == "Bon non signé"
    save(session, house.id, "price", None, NOW, owner_id=None, days=3, active=False)
    refused("dispute_reason_unknown", disputes.open_dispute, session, late, "price", None, NOW, TODAY)
    refused("reason_days", save, session, house.id, "price", None, NOW, owner_id=None, days=0, active=True)
    refused("reason_name_missing", save, session, house.id, " ", None, NOW, owner_id=None, days=1, active=True)


def test_a_dispute_waits_is_solved_and_opened_again(session, house, late):
    made = disputes.open_dispute(session, late, "price", None, NOW, TODAY, cents=20_000)
    disputes.change_dispute(session, made, None, NOW, state="waiting", owner_id=None, deadline_on=days(5), cents=30_000)
    assert (made.state, made.cents) == ("waiting", 30_000)
    disputes.solve_dispute(session, made, "avoir", None, at(days(4)), days(4), "accepted")
    assert (made.state, held(session, house)) == ("accepted", [""])
    refused(
        "dispute_over",
        disputes.change_dispute,
        session,
        made,
        None,
        NOW,
        state="open",
        owner_id=None,
        deadline_on=None,
        cents=None,
    )
    refused("dispute_outcome", disputes.solve_dispute, session, made, "", None, NOW, TODAY, "perhaps")
    [line] = tallies(session, house.id, "EUR", None, "reason")
    assert (line.name, line.open, line.accepted, line.days, line.cents) == ("price", 0, 1, 4.0, 0)
    disputes.reopen_dispute(session, made, None, NOW, TODAY)
    assert made.state == "open" and set(held(session, house)) == {"dispute"}
    assert tallies(session, house.id, "EUR", None, "rep")[0].cents == 30_000


def test_comments_and_documents_of_a_dispute(session, house, late, tmp_path):
    made = disputes.open_dispute(session, late, "quality", None, NOW, TODAY)
    disputes.add_comment(session, made, "Photo demandée", None, NOW)
    for _ in range(2):
        paper = disputes.attach(session, made, tmp_path, "../../bon de livraison.pdf", b"%PDF-1", None, NOW)
    assert session.query(Document).count() == 1 and paper.name == "bon de livraison.pdf"
    assert [c.body for c in comments(session, made.id)] == ["Photo demandée"]
    assert [p.name for p in papers(session, made.id)] == ["bon de livraison.pdf"]
    refused("note_empty", disputes.add_comment, session, made, "  ", None, NOW)
    refused("document_empty", disputes.attach, session, made, tmp_path, "x", b"", None, NOW)
    assert disputes.detach(session, made, paper.id, None, NOW) and not papers(session, made.id)
    assert not disputes.detach(session, made, paper.id, None, NOW) and session.query(Document).count() == 1


# ------------------------------------------------------------------ promises


def test_a_promise_is_confirmed_for_its_amount_only_and_its_confirmation_goes_with_it(session, house, late):
    house.undo_seconds = 0
    promise = promises.record_promise(session, late, days(8), 40_000, None, NOW, TODAY)
    batch = promises.confirm_promise(session, promise, None, NOW, TODAY)
    assert outbox.release_some(session, batch, NOW, TODAY) == 1
    message = session.query(Message).one()
    assert message.state == "queued" and message.facts["amount_cents"] == 40_000
    promises.cancel_promise(session, promise, None, NOW, TODAY)
    session.refresh(message)
    assert message.state == "dropped"
    refused("promise_decided", promises.confirm_promise, session, promise, None, NOW, TODAY)


def test_several_promises_for_one_item_are_judged_apart(session, house, late):
    item = owe(session, late, days(-3), 90_000)
    made = [promises.record_promise(session, late, days(n), 30_000, None, NOW, TODAY, item_id=item.id) for n in (2, 9, 16)]
    pay(session, item, days(2), 30_000)
    promises.judge(session, house, [late.id], at(days(14)), days(14))
    assert [p.state for p in made] == ["kept", "broken", "expected"]


# ------------------------------------------------------------------ other hands, insolvency


def test_a_file_in_other_hands_stops_reminders_until_it_ends(session, house, late):
    made = recovery.hand_over(session, late, "bailiff", TODAY, None, NOW, TODAY, name="Me Roux", cost_cents=4_500)
    assert made.cents == 100_000 and set(held(session, house)) == {"handed_over"}
    entry = lists.entries(session, house.id)[0]
    assert "commissaire de justice" in sentence("fr", entry.held_code, entry.held_params)
    refused("handover_open", recovery.hand_over, session, late, "lawyer", TODAY, None, NOW, TODAY)
    refused("handover_future", recovery.hand_over, session, late, "lawyer", days(1), None, NOW, TODAY)
    refused("handover_recipient", recovery.hand_over, session, late, "uncle", TODAY, None, NOW, TODAY)
    recovery.follow_handover(session, made, None, NOW, name="Me Roux", reference="R-1", cost_cents=9_000, note="")
    recovery.end_handover(session, made, "partly_paid", None, NOW, TODAY)
    assert (made.outcome, made.cost_cents, held(session, house)) == ("partly_paid", 9_000, [""])
    recovery.resume_handover(session, made, None, NOW, TODAY)
    assert set(held(session, house)) == {"handed_over"}


def test_insolvency_stops_reminders_and_its_deadline_is_watched(session, house, late):
    record = recovery.record_insolvency
    found = record(session, late, None, NOW, TODAY, proceeding="liquidation", judgment_on=days(-30), published_on=days(-20))
    assert late.insolvent_on == days(-30) and found.declare_by_on == date(2026, 6, 29)
    assert set(held(session, house)) == {"insolvent"}
    kinds = [line.alert.kind for line in alerts.standing_lines(session, house, None, TODAY)]
    assert "claim_deadline" in kinds
    record(
        session,
        late,
        None,
        NOW,
        TODAY,
        proceeding="liquidation",
        judgment_on=days(-30),
        published_on=days(-20),
        declared_on=TODAY,
    )
    assert "claim_deadline" not in [line.alert.kind for line in alerts.standing_lines(session, house, None, TODAY)]
    refused("insolvency_future", record, session, late, None, NOW, TODAY, proceeding="liquidation", judgment_on=days(1))
    refused(
        "insolvency_order",
        record,
        session,
        late,
        None,
        NOW,
        TODAY,
        proceeding="other",
        judgment_on=TODAY,
        published_on=days(-1),
    )
    recovery.cancel_insolvency(session, late, None, NOW, TODAY)
    assert late.insolvent_on is None and held(session, house) == [""]


def test_the_litigation_file_holds_statement_documents_messages_and_their_proof(session, house, late, tmp_path):
    item = owe(session, late, days(-60), piece="FA/1")
    digest, path = keep_file(tmp_path, house.id, b"%PDF-invoice")
    kept = {"kind": "invoice_pdf", "media_type": "application/pdf", "size": 12, "made_at": NOW}
    mine = {"company_id": house.id, "customer_id": late.id}
    session.add(Document(**mine, **kept, item_id=item.id, name="f.pdf", sha256=digest, path=path))
    session.add(Document(**mine, **kept, item_id=item.id, name="gone.pdf", sha256="0" * 64, path="documents/none"))
    body = b"Subject: x\r\n\r\nbytes"
    session.add(
        Message(**mine, channel="email", language="fr", state="sent", message_id="<1@x>", subject="Rappel", recipient="a@b.example",
                body=body, queued_at=NOW, sent_at=NOW, answer="250 ok")
    )  # fmt: skip
    session.flush()
    archive = zipfile.ZipFile(litigation_file(session, house, late, tmp_path, "fr", TODAY))
    names = archive.namelist()
    assert archive.testzip() is None and not [n for n in names if n.startswith("/") or ".." in n]
    [invoice] = [n for n in names if n.endswith(".pdf")]
    [mail] = [n for n in names if n.endswith(".eml")]
    assert archive.read(invoice) == b"%PDF-invoice" and archive.read(mail) == body
    rows = list(csv.reader(io.StringIO(archive.read("index.csv").decode("utf-8-sig")), delimiter=";"))
    proof = {row[0]: row[3] for row in rows[1:]}
    assert proof[mail] == hashlib.sha256(body).hexdigest()
    assert any("introuvable" in row[1] for row in rows) and any(n.endswith(".xlsx") for n in names)


# ------------------------------------------------------------------ alerts


def watch(session, house, today=TODAY) -> dict[str, int]:
    own = standings(session, house, today)[house.currency]
    return {one.code: one.count for one in home.watch(session, house, None, own, own.totals(), today).alerts}


def test_an_alert_is_acknowledged_put_off_entrusted_and_shown_again(session, house, late):
    promise = promises.record_promise(session, late, days(1), 100_000, None, NOW, TODAY)
    today = days(6)
    promises.judge(session, house, None, at(today), today)
    assert watch(session, house, today)["broken_promises"] == 1
    at_it = (session, house, "broken_promise", promise.id)
    alerts.acknowledge(*at_it, None, at(today), today)
    assert "broken_promises" not in watch(session, house, today)
    [line] = [one for one in alerts.standing_lines(session, house, None, today) if one.alert.kind == "broken_promise"]
    assert line.hidden(today)
    alerts.show_again(*at_it, None, at(today))
    assert watch(session, house, today)["broken_promises"] == 1
    alerts.put_off(*at_it, days(9), None, at(today), today)
    assert "broken_promises" not in watch(session, house, today) and watch(session, house, days(9))["broken_promises"] == 1
    refused("alert_past", alerts.put_off, *at_it, today, None, at(today), today)
    refused("alert_unknown", alerts.acknowledge, session, house, "broken_promise", 999, None, at(today), today)
    alerts.entrust(*at_it, None, None, at(today), today)
    pay(session, _item(session, late), today)
    promise.state = "cancelled"
    assert alerts.forget_gone(session, house, today) == 1 and session.query(AlertMark).count() == 0


def _item(session, who):
    return session.query(Item).filter(Item.customer_id == who.id, Item.amount_cents > 0).first()


def test_every_kind_is_found_and_home_counts_what_the_list_shows(session, house, late):
    house.alert_large_cents = 50_000
    owe(session, late, days(-3), 60_000)
    old = owe(session, late, days(-1700), 10_000)
    late.credit_limit_cents = 1_000
    session.query(Contact).filter_by(customer_id=late.id).one().email_bad_reason = "refused"
    dispute = disputes.open_dispute(session, customer(session, house, "C2"), "price", None, at(days(-90)), days(-90))
    dispute.deadline_on = None
    plan = plans.propose_plan(session, late, [old.id], Terms(TODAY, "weekly", 2), None, NOW, TODAY)
    house.ledger_version += 1
    session.flush()
    found = [line.alert.kind for line in alerts.standing_lines(session, house, None, TODAY)]
    assert sorted(found) == sorted(["just_late", "very_late", "over_limit", "limitation", "late_dispute", "bad_email"])
    assert watch(session, house) == {
        "just_late": 1, "very_late": 1, "over_limit": 1, "limitation": 1, "late_disputes": 1, "bad_emails": 1,
    }  # fmt: skip
    assert dispute_list(session, house.id, "EUR", None, "late", TODAY, 1, house.alert_dispute_days).counts["late"] == 1
    plans.accept_plan(session, plan, Acceptance(TODAY), None, NOW, TODAY)  # acknowledges the debt: five more years
    assert "limitation" not in [line.alert.kind for line in alerts.standing_lines(session, house, None, TODAY)]
    plans.judge(session, house, None, at(days(30)), days(30))
    assert plan.state == "broken"
    assert "broken_plan" in [line.alert.kind for line in alerts.standing_lines(session, house, None, days(30))]
    assert session.query(Dispute).count() == 1
