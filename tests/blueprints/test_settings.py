"""Settings: companies, mail, profiles, users."""

from __future__ import annotations

import pytest

from models import AuditEntry, Company, Customer, Membership, Profile, SalesRep, User
from models.users import Role
from services import accounts
from tests.conftest import NOW, PASSWORD, TODAY, make_user

COMPANY = {
    "name": "Cartonnerie", "customer_accounts": "411", "terms_days": "30", "terms_mode": "net", "letter_window": "FR", "stale_after_hours": "24",
    "gap_days": "7", "floor_cents": "15,00", "ceiling_cents": "", "promise_grace_days": "3", "undo_seconds": "120", "window_from": "08:00",
    "plan_break_days": "15", "plan_break_missed": "2", "alert_late_days": "7", "alert_dispute_days": "60",
    "window_until": "18:00",
}  # fmt: skip


def test_a_company_is_changed_and_the_change_is_audited(client, session, company):
    answer = client.post(
        "/settings/company", data={**COMPANY, "iban": "FR76 3000 6000 0112 3456 7890 189", "floor_cents": "1 234,50"}
    )
    assert answer.status_code == 303
    session.refresh(company)
    assert company.iban == "FR7630006000011234567890189"
    assert company.floor_cents == 123_450 and company.ceiling_cents is None
    changes = session.query(AuditEntry).filter_by(noun="company", verb="update").one().changes
    assert changes["floor_cents"] == [1500, 123_450]


@pytest.mark.parametrize(
    "field, value, said",
    [
        ("iban", "FR7630006000011234567890188", "IBAN"),
        ("customer_accounts", "411,4*6", "4*6"),
        ("floor_cents", "douze", "douze"),
        ("window_from", "25:00", "08:30"),
        ("terms_days", "-1", ""),
    ],
)
def test_a_wrong_field_is_said_and_nothing_is_saved(client, session, company, field, value, said):
    answer = client.post("/settings/company", data={**COMPANY, "name": "Autre", field: value})
    assert answer.status_code == 422 and said in answer.get_data(as_text=True)
    session.refresh(company)
    assert company.name != "Autre"


def test_the_mail_password_is_sealed_and_never_shown(sign_in, session, company):
    admin = sign_in(Role.ADMINISTRATOR, company)
    form = {
        "smtp_host": "localhost",
        "smtp_port": "25",
        "smtp_security": "none",
        "sender_email": "a@flandres.example",
        "password": "hunter2hunter2",
    }
    assert admin.post("/settings/mail", data=form).status_code == 303
    session.refresh(company)
    assert company.smtp_password_sealed and "hunter2" not in company.smtp_password_sealed
    assert "hunter2" not in admin.get("/settings/mail").get_data(as_text=True)
    assert "hunter2" not in str([e.changes for e in session.query(AuditEntry)])


def test_mail_needs_a_sender(sign_in, session, company):
    admin = sign_in(Role.ADMINISTRATOR, company)
    assert (
        admin.post("/settings/mail", data={"smtp_host": "localhost", "smtp_port": "25", "smtp_security": "none"}).status_code
        == 422
    )


def test_a_server_that_does_not_answer_is_said(sign_in, company):
    admin = sign_in(Role.ADMINISTRATOR, company)
    form = {"smtp_host": "127.0.0.1", "smtp_port": "9", "smtp_security": "none", "sender_email": "a@flandres.example"}
    answer = admin.post("/settings/mail/probe", data=form, headers={"HX-Request": "true"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "Échec" in text and "<html" not in text


def test_a_profile_brings_its_customers_back_for_review(client, session, company):
    profile = Profile(company_id=company.id, code="sme", name="PME")
    session.add(profile)
    session.flush()
    session.add(Customer(company_id=company.id, code="A", name="A", name_folded="a", created_at=NOW, profile_id=profile.id))
    answer = client.post(
        f"/settings/profiles/{profile.id}", data={f"p{profile.id}-name": "Moyennes", f"p{profile.id}-scenario_id": "0"}
    )
    assert answer.status_code == 303
    session.expire_all()
    assert session.get(Profile, profile.id).name == "Moyennes"
    assert session.query(Customer).one().review_on == TODAY


def test_a_representative_is_bound_to_a_member_only(client, session, company):
    bob = make_user(session, Role.SALES_REP, [company], "bob@example.org")
    stranger = make_user(session, Role.SALES_REP, [], "stranger@example.org")
    rep = SalesRep(company_id=company.id, code="B", name="Bob")
    session.add(rep)
    session.commit()
    assert client.post(f"/settings/sales-reps/{rep.id}", data={"user_id": bob.id}).status_code == 303
    assert client.post(f"/settings/sales-reps/{rep.id}", data={"user_id": stranger.id}).status_code == 404
    session.refresh(rep)
    assert rep.user_id == bob.id


def test_a_new_company_belongs_to_its_maker_and_opens(client, session, company):
    answer = client.post("/companies", data={"name": "Brasserie du Nord", "country": "BE", "customer_accounts": ""})
    assert answer.status_code == 303
    made = session.query(Company).filter_by(name="Brasserie du Nord").one()
    assert made.customer_accounts == "400,401,407" and made.letter_window == "BE"
    assert session.query(Profile).filter_by(company_id=made.id).count() >= 6
    assert session.query(Membership).filter_by(company_id=made.id).count() == 1
    assert "Brasserie du Nord" in client.get("/settings").get_data(as_text=True)


def test_an_administrator_makes_changes_and_disables_users(sign_in, session, company):
    admin = sign_in(Role.ADMINISTRATOR, company)
    form = {"name": "Zoé", "email": "zoe@example.org", "role": "collector", "password": PASSWORD, "company_ids": [company.id]}
    assert admin.post("/users", data=form).status_code == 303
    zoe = session.query(User).filter_by(email="zoe@example.org").one()
    token = accounts.open_session(session, zoe, NOW, 12, "", "")
    session.commit()
    assert token
    assert admin.post(f"/users/{zoe.id}", data={**form, "password": "", "disabled": "y"}).status_code == 303
    session.refresh(zoe)
    assert not zoe.is_active


def test_nobody_takes_their_own_access(sign_in, session, company):
    admin = sign_in(Role.ADMINISTRATOR, company)
    me = session.query(User).filter_by(role="administrator").one()
    form = {"name": "A", "email": me.email, "role": "support", "company_ids": []}
    assert admin.post(f"/users/{me.id}", data=form).status_code == 422
