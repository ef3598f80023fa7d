"""Scenarios and templates through the pages."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest

import config
from models import Contact, Customer, Message, MessageTemplate, Scenario, ScenarioRule, Step
from services.scenarios import active_steps, install_defaults
from tests.conftest import NOW
from tests.rows import make_rows
from tests.services.people import owe

STEP = {"stage": "reminder", "level": "2", "days": "10", "trigger": "previous", "channel": "email", "fallback": "letter", "mode": "confirm", "template_code": "", "floor_cents": "", "ceiling_cents": "5 000,00", "wait_days": "8", "repeat_days": "0", "repeat_max": "0", "may_be_overtaken": "y"}  # fmt: skip


@pytest.fixture
def standard(session, company) -> Scenario:
    install_defaults(session, company, NOW)
    session.commit()
    return session.query(Scenario).filter_by(company_id=company.id, code="standard").one()


def test_the_list_and_the_line_of_time(client, standard):
    text = client.get("/scenarios").get_data(as_text=True)
    assert standard.name in text and "Mise en demeure" in text
    page = client.get(f"/scenarios/{standard.id}").get_data(as_text=True)
    assert "J−8" in page and "rien n’est envoyé" in page


def reminder_2(scenario: Scenario) -> Step:
    return next(one for one in active_steps(scenario) if one.stage == "reminder" and one.level == 2 and one.channel == "email")


def test_a_step_is_changed_and_its_customers_are_looked_at_again(client, session, company, standard):
    session.add(Customer(company_id=company.id, code="A", name="A", name_folded="a", created_at=NOW, scenario_id=standard.id))
    step = reminder_2(standard)
    version = standard.version
    session.commit()
    assert client.post(f"/steps/{step.id}", data=STEP).status_code == 303
    session.expire_all()
    assert (step.days, step.ceiling_cents, step.wait_days) == (10, 500_000, 8)
    assert standard.version == version + 1


@pytest.mark.parametrize(
    "change",
    [
        {"days": "900"},
        {"days": ""},
        {"fallback": "email"},
        {"trigger": "payment"},
        {"ceiling_cents": "1,00", "floor_cents": "2,00"},
    ],
)
def test_a_step_that_cannot_be_is_refused_with_a_sentence(client, session, standard, change):
    step = reminder_2(standard)
    before = step.days
    answer = client.post(f"/steps/{step.id}", data={**STEP, **change})
    assert answer.status_code == 422 and 'class="error"' in answer.get_data(as_text=True)
    session.expire_all()
    assert step.days == before


def test_a_step_is_added_and_removed_and_one_always_stays(client, session, standard):
    count = len(active_steps(standard))
    added = client.post(f"/scenarios/{standard.id}/steps", data={**STEP, "level": "3"})
    assert added.status_code == 303
    session.expire_all()
    assert len(active_steps(standard)) == count + 1
    for _ in range(count + 3):
        session.expire_all()
        client.post(f"/steps/{active_steps(standard)[0].id}/removal")
    session.expire_all()
    assert len(active_steps(standard)) >= 1


def test_a_copy_has_the_same_steps_under_another_name(client, session, standard):
    assert client.post(f"/scenarios/{standard.id}/copies", data={"name": "Export"}).status_code == 303
    made = session.query(Scenario).filter_by(name="Export").one()
    assert len(active_steps(made)) == len(active_steps(standard))
    assert "existe déjà" in client.post(
        f"/scenarios/{standard.id}/copies", data={"name": "Export"}, follow_redirects=True
    ).get_data(as_text=True)


def test_templates_are_listed_changed_and_reset(client, session, company):
    page = "/templates/reminder_1/email/fr"
    assert client.get("/templates").status_code == 200
    assert "items_table" in client.get(page).get_data(as_text=True)
    words = {"subject": "Facture {{ oldest_item }}", "body": "Bonjour,\n\n{{ items_table }}\n\n**Merci**"}
    assert client.post(page, data=words).status_code == 303
    assert session.query(MessageTemplate).filter_by(code="reminder_1", body=words["body"]).count() == 1
    assert client.post(page + "/reset").status_code == 303
    assert session.query(MessageTemplate).filter_by(code="reminder_1", body=words["body"]).count() == 0


@pytest.mark.parametrize(
    "body, said", [("{{ nmae }}", "nmae"), ("Texte [[ ouvert", "[["), ("", "Écrivez"), ("{% for x in y %}{{ 7*7 }}", "{{")]
)
def test_an_unknown_placeholder_is_refused_with_its_place(client, session, company, body, said):
    answer = client.post("/templates/reminder_1/email/fr", data={"subject": "x", "body": body})
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert session.query(MessageTemplate).count() == 0


@pytest.fixture
def debtor(session, company) -> Customer:
    rows = make_rows(session, company, None)
    session.commit()
    return rows["customer_id"]


def test_the_preview_shows_real_figures_in_a_frame_that_can_do_nothing(client, session, debtor):
    answer = client.post(
        "/templates/reminder_1/email/fr/preview",
        data={"subject": "s", "body": "<script>x</script> {{ total_due }}\n\n{{ items_table }}", "customer_id": debtor.id},
    )
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "100,00" in text and "<script>" not in text
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_test_goes_to_oneself_only(client, session, debtor):
    before = session.query(Message).count()
    assert (
        client.post(
            "/templates/reminder_1/email/fr/test", data={"subject": "s", "body": "b", "customer_id": debtor.id}
        ).status_code
        == 303
    )
    made = session.query(Message).filter_by(purpose="test").one()
    assert session.query(Message).count() == before + 1
    assert made.recipient == "accountant@example.org" and made.customer_id is None


RULE = {"min_cents": "10 000,00", "score_from": "", "score_until": "", "sales_rep_id": "0", "country": "", "language": "", "profile_id": "0"}  # fmt: skip


def test_rules_are_made_ordered_changed_and_removed_on_their_page(client, session, company, standard):
    assert "Pas encore de règle" in client.get("/scenarios/rules").get_data(as_text=True)
    chosen = {**RULE, "scenario_id": str(standard.id)}
    assert client.post("/scenarios/rules", data=chosen).status_code == 303
    assert client.post("/scenarios/rules", data={**chosen, "min_cents": "", "country": "be"}).status_code == 303
    first, second = session.query(ScenarioRule).order_by(ScenarioRule.position)
    page = client.get(f"/scenarios/rules?rule={first.id}").get_data(as_text=True)
    assert "doit au moins" in page and "pays Belgique" in page
    assert client.post(f"/scenarios/rules/{second.id}/place", data={"to": "up"}).status_code == 303
    session.expire_all()
    assert (second.position, first.position) == (1, 2)
    assert client.post(f"/scenarios/rules/{first.id}", data={**chosen, "score_until": "40"}).status_code == 303
    session.expire_all()
    assert first.score_until == 40
    answer = client.post("/scenarios/rules", data={**chosen, "min_cents": ""})
    assert answer.status_code == 422 and "Indiquez au moins une condition" in answer.get_data(as_text=True)
    assert client.post(f"/scenarios/rules/{first.id}/removal").status_code == 303
    assert session.query(ScenarioRule).count() == 1


def test_a_scenario_is_tried_on_the_past_from_its_page(client, session, company, standard):
    who = Customer(company_id=company.id, code="A", name="Atelier", name_folded="atelier", created_at=NOW)
    session.add(who)
    session.flush()
    session.add(Contact(customer_id=who.id, email="a@example.org"))
    owe(session, who, config.today() - timedelta(days=90))
    session.commit()
    assert "Essayer sur le passé" in client.get(f"/scenarios/{standard.id}").get_data(as_text=True)
    page = client.get(f"/scenarios/{standard.id}/past?months=12&who=all").get_data(as_text=True)
    assert "essayé sur le passé" in page and "Atelier" in page and "Payé dans les 3 jours" in page


def test_an_edit_that_changes_who_is_reminded_is_shown_before_it_is_saved(client, session, company, standard):
    who = Customer(company_id=company.id, code="A", name="Atelier", name_folded="atelier", created_at=NOW)
    session.add(who)
    session.flush()
    session.add(Contact(customer_id=who.id, email="a@example.org"))
    owe(session, who, config.today() - timedelta(days=2))
    session.commit()
    step = active_steps(standard)[1]
    data = {**STEP, "level": "1", "trigger": "due", "days": "5", "ceiling_cents": ""}
    answer = client.post(f"/steps/{step.id}", data=data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "Ce changement concerne 1 client" in page and "au lieu de" in page
    session.expire_all()
    assert step.days == 8
    assert client.post(f"/steps/{step.id}", data={**data, "sure": "1"}).status_code == 303
    session.expire_all()
    assert step.days == 5
    answer = client.post(f"/steps/{step.id}/removal")
    assert answer.status_code == 200 and "Rien n’est encore enregistré" in answer.get_data(as_text=True)
    assert client.post(f"/steps/{step.id}/removal", data={"sure": "1"}).status_code == 303
    session.expire_all()
    assert step not in active_steps(session.get(Scenario, standard.id))


def test_a_scenario_goes_out_and_comes_in_through_the_pages(client, session, company, standard):
    answer = client.get(f"/scenarios/{standard.id}/file")
    assert answer.mimetype == "application/json" and "Standard.json" in answer.headers["Content-Disposition"]
    content = answer.get_data().replace(b'"name": "Standard"', b'"name": "Repris"')
    sent = client.post("/scenarios/files", data={"file": (BytesIO(content), "s.json")}, content_type="multipart/form-data")
    made = session.query(Scenario).filter_by(name="Repris").one()
    assert sent.status_code == 303 and sent.location.endswith(f"/scenarios/{made.id}")
    client.post("/scenarios/files", data={"file": (BytesIO(b"{"), "s.json")}, content_type="multipart/form-data")
    assert "ligne 1" in client.get("/scenarios").get_data(as_text=True)


def test_a_pack_is_added_by_one_click(client, session, company, standard):
    assert "Particuliers, France" in client.get("/scenarios").get_data(as_text=True)
    assert client.post("/scenarios/packs", data={"pack": "fr_consumer"}).status_code == 303
    assert session.query(Scenario).filter_by(name="Particuliers, France").one().legal_type == "consumer"
    assert client.post("/scenarios/packs", data={"pack": "x"}).status_code == 303
