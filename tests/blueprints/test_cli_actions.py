"""`flask actions` as other programs call it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from models import Action, Company, Message
from tests.services.people import NOW, TODAY, customer, furnish, owe


@pytest.fixture
def house(session, company) -> Company:
    furnish(session, company)
    owe(session, customer(session, company, "C1"), TODAY - timedelta(days=10))
    owe(session, customer(session, company, "C2"), TODAY - timedelta(days=9), 840)
    owe(session, customer(session, company, "C3", profile="key_account"), TODAY - timedelta(days=5))
    company.last_sync_at = NOW - timedelta(hours=1)
    session.commit()
    return company


@pytest.fixture
def flask(app, session, monkeypatch):
    """flask("actions", …) → exit code and what was printed, as JSON when asked for."""
    monkeypatch.setattr("config.now", lambda: NOW)

    def call(*args: str):
        session.commit()  # the test's own transaction would keep the write lock
        result = app.test_cli_runner().invoke(args=[*args])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, json.loads(result.stdout) if "--json" in args else result.output

    return call


def test_preview_says_what_goes_and_what_is_held(flask, house, session):
    code, rows = flask("actions", "preview", "--company", "flandres", "--on", TODAY.isoformat(), "--json")
    assert code == 0
    first, second, third = rows
    assert first == {
        "customer": "C1", "scenario": "Standard", "step": 2, "stage": "reminder", "level": 1, "channel": "email",
        "items": ["F1"], "currency": "EUR", "amount_cents": 100_000, "due_since": "2026-05-17", "mode": "automatic",
        "confirm": None, "held": None, "held_code": None, "held_until": None,
    }  # fmt: skip
    assert (second["customer"], second["held"], second["held_code"]) == (
        "C2",
        "Sous le seuil de relance (15,00\xa0€)",
        "below_floor",
    )
    assert (third["channel"], third["confirm"]) == ("call", "À faire par une personne")
    assert session.query(Action).count() == 0


def test_preview_of_a_later_day_and_as_text(flask, house):
    _, rows = flask("actions", "preview", "--company", "FLANDRES", "--on", (TODAY + timedelta(days=30)).isoformat(), "--json")
    assert {r["customer"]: r["level"] for r in rows if not r["held"]} == {"C1": 3, "C3": 3}
    code, text = flask("actions", "preview", "--company", "FLANDRES")
    assert code == 0
    assert "C1\treminder 1\temail\t1000.00" in text


def test_run_sends_the_automatic_ones_once(flask, house, session):
    code, result = flask("actions", "run", "--company", "FLANDRES", "--on", TODAY.isoformat(), "--json")
    assert (code, result["blocked"], result["messages"]) == (0, [], {"kept": 1})
    assert result["left"] == {"to_confirm": 1, "calls": 1, "letters": 0, "held": 1}
    assert [m.state for m in session.query(Message)] == ["kept"]
    code, again = flask("actions", "run", "--company", "FLANDRES", "--on", TODAY.isoformat(), "--json")
    assert (code, again["messages"]) == (0, {})
    session.expire_all()
    assert session.query(Message).count() == 1


@pytest.mark.parametrize(
    ("change", "on", "expected"),
    [
        ({"last_sync_at": None}, TODAY, "no_sync"),
        ({"last_sync_at": NOW - timedelta(hours=30)}, TODAY, "ledger_stale"),
        ({"window_from": "14:00"}, TODAY, "outside_window"),
        ({}, TODAY - timedelta(days=2), "outside_window"),  # a Sunday
    ],
)
def test_run_is_blocked_and_says_why(flask, house, session, change, on, expected):
    for name, value in change.items():
        setattr(house, name, value)
    session.commit()
    code, result = flask("actions", "run", "--company", "FLANDRES", "--on", on.isoformat(), "--json")
    assert (code, [b["code"] for b in result["blocked"]]) == (2, [expected])
    assert session.query(Message).count() == 0


def test_an_unknown_company_is_said(flask, house):
    code, text = flask("actions", "preview", "--company", "NOBODY")
    assert code == 2
    assert "NOBODY" in text
