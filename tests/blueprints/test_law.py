"""Legal rates, legal terms, the statement of interest, and the scenario that the law forbids."""

from __future__ import annotations

from datetime import date

import pytest

from models import AuditEntry, Claim, RateRow, Scenario, Step
from models.users import Role
from services.scenarios import install_defaults
from tests.conftest import NOW, make_company
from tests.owing import make_customer, owe

HTMX = {"HX-Request": "true", "HX-Target": "claims"}


@pytest.fixture
def client(sign_in, company):
    return sign_in(Role.ACCOUNTANT, company)


def page(client, path, status=200, **more):
    answer = client.get(path, **more)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def test_the_tables_show_rates_sources_and_gaps(client):
    text = page(client, "/settings/rates")
    assert "12,15" in text and "L441-10" in text
    assert "provisoire" in page(client, "/settings/rates?country=LU")
    assert "2,4" in page(client, "/settings/rates?country=EU")


def test_a_rate_is_added_and_corrected_and_both_are_kept(client, session):
    form = {"table": "FR-business", "from_on": "2026-07-01", "rate": "12,45", "source": "JO", "provisional": ""}
    assert client.post("/settings/rates", data=form).status_code == 303
    assert client.post("/settings/rates", data={**form, "rate": "12,40"}).status_code == 303
    rows = session.query(RateRow).order_by(RateRow.id).all()
    assert [(row.rate_thousandths, row.replaced_at is None) for row in rows] == [(12_450, False), (12_400, True)]
    assert [entry.verb for entry in session.query(AuditEntry).filter_by(noun="rate").order_by(AuditEntry.id)] == [
        "create",
        "correct",
    ]
    assert "Accountant" in page(client, "/settings/rates")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rate": "abc"}, "n’est pas un taux"),
        ({"rate": "101"}, "n’est pas un taux"),
        ({"from_on": "2026-07-02"}, "1/1, 1/7"),
        ({"source": " "}, "provient"),
        ({"table": "XX-none"}, ""),
    ],
)
def test_a_wrong_rate_is_refused(client, session, changes, said):
    form = {"table": "FR-business", "from_on": "2026-07-01", "rate": "12,45", "source": "JO", **changes}
    answer = client.post("/settings/rates", data=form)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert session.query(RateRow).count() == 0


def test_the_statement_shows_every_segment_and_the_card_its_sum(client, session, company):
    who = make_customer(session, company, "Papeterie du Nord")
    owe(session, who, 100_000, 200, "FA-1")  # due 31 October 2025
    session.commit()
    text = page(client, f"/customers/{who.id}/claims")
    assert "01/11/2025" in text and "L441-10" in text and "40,00" in text
    assert "66,58" in text  # 1,000 × 12.15 % × 200 / 365
    part = page(client, f"/customers/{who.id}/claims", headers=HTMX)
    assert "<html" not in part and "106,58" in part
    assert f"/customers/{who.id}/claims" in page(client, f"/customers/{who.id}")


def test_claim_then_pay_and_give_up(client, session, company):
    who = make_customer(session, company, "Papeterie du Nord")
    owe(session, who, 100_000, 200, "FA-1")
    session.commit()
    assert client.post(f"/customers/{who.id}/claims").status_code == 303
    rows = {row.kind: row for row in session.query(Claim)}
    assert {kind: (row.cents, row.state) for kind, row in rows.items()} == {
        "interest": (6_658, "claimed"), "compensation": (4_000, "claimed"),
    }  # fmt: skip
    assert [s["days"] for s in rows["interest"].segments] == [200]
    assert client.post(f"/customers/{who.id}/claims").status_code == 422  # nothing more today
    assert client.post(f"/claims/{rows['interest'].id}/payment", data={"paid_on": "2026-05-19"}).status_code == 303
    assert client.post(f"/claims/{rows['compensation'].id}/waiver", data={"reason": ""}).status_code == 422
    assert client.post(f"/claims/{rows['compensation'].id}/waiver", data={"reason": "geste commercial"}).status_code == 303
    session.expire_all()
    assert {row.state for row in session.query(Claim)} == {"paid", "waived"}
    assert "geste commercial" in page(client, f"/customers/{who.id}/claims")
    assert client.post(f"/claims/{rows['interest'].id}/payment", data={"paid_on": "2026-05-19"}).status_code == 422


def test_what_has_come_due_can_be_given_up_at_once(client, session, company):
    who = make_customer(session, company, "Papeterie du Nord")
    owe(session, who, 100_000, 200, "FA-1")
    session.commit()
    assert "form" in page(client, f"/customers/{who.id}/claims/waiver", headers={"HX-Request": "true"})
    assert client.post(f"/customers/{who.id}/claims/waiver", data={"reason": "accord"}).status_code == 303
    assert {row.state for row in session.query(Claim)} == {"waived"}
    assert "106,58" not in page(client, f"/customers/{who.id}/claims", headers=HTMX)


def test_legal_terms_want_a_lawful_rate_and_a_whole_mandate(client, session, company):
    company.iban = "FR7630006000011234567890189"
    session.commit()
    low = client.post("/settings/rates/terms", data={"contract_thousandths": "5"})
    assert low.status_code == 422 and "7,86" in low.get_data(as_text=True)
    assert client.post("/settings/rates/terms", data={"agent_name": "Cabinet Leroy"}).status_code == 422
    mandate = {
        "agent_name": "Cabinet Leroy", "agent_address": "2 rue Haute, 59000 Lille", "mandate_on": "2026-01-05",
        "mandate_scope": "toutes les factures", "mandate_iban": "BE71 0961 2345 6769",
    }  # fmt: skip
    assert client.post("/settings/rates/terms", data=mandate).status_code == 422  # money to the client alone
    assert client.post("/settings/rates/terms", data={**mandate, "mandate_iban": company.iban}).status_code == 303
    assert "Cabinet Leroy" in page(client, "/settings/rates/terms")


def test_a_belgian_consumer_scenario_that_charges_at_once_is_refused(session, sign_in):
    company = make_company(session, "BELGE", country="BE")
    install_defaults(session, company, NOW)
    session.commit()
    client = sign_in(Role.ACCOUNTANT, company)
    scenario = session.query(Scenario).filter_by(company_id=company.id, code="consumer").one()
    first = session.query(Step).filter_by(scenario_id=scenario.id, stage="reminder", level=1).one()
    form = {
        "stage": "reminder", "level": "1", "days": "10", "trigger": "due", "channel": "email", "fallback": "letter",
        "mode": "automatic", "template_code": "reminder_1", "wait_days": "14", "charges": "claim",
    }  # fmt: skip
    answer = client.post(f"/steps/{first.id}", data=form)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "XIX.2" in text and "premier rappel" in text
    session.expire_all()
    assert session.get_one(Step, first.id).charges == ""
    free = {**form, "charges": ""}
    assert client.post(f"/steps/{first.id}", data=free).status_code == 303


def test_the_same_invoice_between_professionals(session, sign_in, monkeypatch):
    """Acceptance: 40 € and interest to the cent of the second vector, in Belgium on 21 November 2026."""
    import config

    company = make_company(session, "BELGE", country="BE")
    who = make_customer(session, company, "Houthandel", country="BE")
    owe(session, who, 1_234_567, -12, "FA-9")  # due 31 May
    session.commit()
    client = sign_in(Role.ACCOUNTANT, company)
    monkeypatch.setattr(config, "today", lambda: date(2026, 11, 21))
    text = page(client, f"/customers/{who.id}/claims")
    assert "617,96" in text and "40,00" in text and "2 août 2002" in text
