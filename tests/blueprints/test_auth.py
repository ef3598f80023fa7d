"""Signing in: the door and what closes it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

import config
from models import AuditEntry, Company, UserSession
from models.users import Role
from services import accounts
from tests.conftest import NOW, PASSWORD, make_user


def with_password(session: Session, company: Company, role: Role = Role.ACCOUNTANT):
    user = make_user(session, role, [company], "alice@example.org")
    user.password_hash = accounts.hash_password(PASSWORD)
    session.commit()
    return user


def enter(app: Flask, password: str = PASSWORD, **extra: str):
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    return client, client.post("/login", data={"email": "Alice@example.org", "password": password, **extra})


def test_the_right_password_opens_and_a_new_session_is_made(app, session, company):
    with_password(session, company)
    client, answer = enter(app)
    assert answer.status_code == 303 and answer.location == "/"
    assert client.get("/").status_code == 200
    assert session.query(AuditEntry).filter_by(verb="sign_in").count() == 1
    assert client.post("/logout").status_code == 303
    assert client.get("/").location.startswith("/login")


def test_a_dead_session_is_refused_at_once(app, session, company):
    with_password(session, company)
    client, _ = enter(app)
    session.query(UserSession).update({"revoked_at": config.now()})
    session.commit()
    assert client.get("/").status_code == 303


@pytest.mark.parametrize("column, value", [("ends_at", NOW - timedelta(days=1)), ("seen_at", NOW - timedelta(days=1))])
def test_sessions_end(app, session, company, column, value):
    with_password(session, company)
    client, _ = enter(app)
    session.query(UserSession).update({column: value})
    session.commit()
    assert client.get("/").status_code == 303


def test_five_wrong_passwords_close_the_door_for_this_address_only(app, session, company):
    with_password(session, company)
    for left in (4, 3, 2, 1, 0):
        _, answer = enter(app, "wrong")
        assert answer.status_code == 422 and f"{left}" in answer.get_data(as_text=True)
    assert enter(app)[1].status_code == 429
    client = app.test_client()
    answer = client.post(
        "/login", data={"email": "alice@example.org", "password": PASSWORD}, environ_base={"REMOTE_ADDR": "127.0.0.9"}
    )
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/ok\r\nX: y", "evil", "/\t/evil"],
)
def test_next_never_leaves_the_site(app, session, company, target):
    with_password(session, company)
    _, answer = enter(app, next=target)
    assert answer.location == "/"


def test_next_brings_back_to_the_page_asked_for(app, session, company):
    with_password(session, company)
    asked = app.test_client().get("/profile")
    assert asked.location == "/login?next=/profile"
    assert enter(app, next="/profile")[1].location == "/profile"


def test_htmx_is_sent_to_the_sign_in_page_and_never_swaps_it_in(app):
    answer = app.test_client().get("/", headers={"HX-Request": "true"})
    assert answer.status_code == 401 and answer.headers["HX-Redirect"].startswith("/login")


def test_every_unsafe_request_needs_the_token(app, session, company):
    with_password(session, company)
    app.config["WTF_CSRF_ENABLED"] = True
    answer = app.test_client().post("/login", data={"email": "alice@example.org", "password": PASSWORD})
    assert answer.status_code == 400


def test_the_first_administrator_needs_the_printed_code(app, session, data):
    app.config["WTF_CSRF_ENABLED"] = False
    (data / "setup-code.txt").write_text("abc-123")
    client = app.test_client()
    assert client.get("/login").location == "/setup"
    form = {"token": "wrong", "name": "Ada", "email": "ada@example.org", "password": PASSWORD}
    assert client.post("/setup", data=form).status_code == 422
    assert client.post("/setup", data={**form, "token": "abc-123"}).status_code == 303
    assert not (data / "setup-code.txt").exists()
    assert client.post("/setup", data={**form, "token": "abc-123"}).location == "/login"


def test_changing_the_password_ends_the_other_sessions(app, session, company):
    with_password(session, company)
    here, _ = enter(app)
    there, _ = enter(app)
    answer = here.post("/profile/password", data={"current": PASSWORD, "new": "another good password"})
    assert answer.status_code == 303
    assert here.get("/profile").status_code == 200
    assert there.get("/profile").status_code == 303


def test_pages_carry_the_headers(app):
    answer = app.test_client().get("/login", follow_redirects=True)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe-inline" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "HX-Request" in answer.headers["Vary"]
