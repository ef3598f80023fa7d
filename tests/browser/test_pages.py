"""Every page of the product on a lived-in company: no accessibility fault, no sideways scroll, nothing in the console, both themes."""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from blueprints.permissions import MATRIX
from models import Customer, Item, Message, Outbox, Scenario, Step, Sync, User, WorklistEntry
from models.users import Role

AXE = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
NOT_PAGES = ("static", "health.show", "health.icon", "auth.login", "auth.setup")
FIRST = {
    "customer_id": Customer, "item_id": Item, "message_id": Message, "outbox_id": Outbox, "scenario_id": Scenario, "step_id": Step,
    "sync_id": Sync, "user_id": User, "entry_id": WorklistEntry,
}  # fmt: skip
WORDS = {"code": "reminder_1", "channel": "email", "language": "fr"}


@pytest.fixture
def lived_in(app: Flask, session: Session) -> Session:
    """A small demo company, made by the command."""
    done = app.test_cli_runner().invoke(args=["demo", "--customers", "30", "--years", "1", "--on", "2026-05-19"])
    assert done.exit_code == 0, done.output
    return session


def addresses(app: Flask, session: Session) -> Iterator[str]:
    """One address for every page a person can open."""
    own = session.query(Sync.company_id).order_by(Sync.id).limit(1).scalar()
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
        for endpoint, method in sorted(MATRIX):
            if method != "GET" or endpoint in NOT_PAGES:
                continue
            values = {}
            for name in next(app.url_map.iter_rules(endpoint)).arguments:
                kind = FIRST.get(name)
                if kind is None:
                    values[name] = WORDS.get(name)
                    continue
                query = session.query(kind.id)
                if hasattr(kind, "company_id"):
                    query = query.filter(kind.company_id == own)
                values[name] = query.order_by(kind.id).limit(1).scalar()
            if all(values.values()):
                yield adapter.build(endpoint, values)


def faults(page: Page) -> list[str]:
    """What axe finds, one line each."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{v['id']}: {n['target']} {n['failureSummary'][:160]}" for v in found["violations"] for n in v["nodes"][:3]]


def walk(page: Page, app: Flask, session: Session, theme: str) -> list[str]:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    wrong: list[str] = []
    page.on("response", lambda r: wrong.append(f"{r.url}: {r.status}") if r.status >= 400 else None)
    found = list(addresses(app, session))
    session.commit()
    assert len(found) > 25
    for address in found:
        with page.context.expect_event("response", lambda r, a=address: r.url.endswith(a)) as seen:
            try:
                page.goto(address)
            except Exception as error:
                if "Download is starting" not in str(error):
                    raise
                continue
        answer = seen.value
        if 300 <= answer.status < 400 or "text/html" not in answer.headers.get("content-type", ""):
            continue
        if answer.status >= 400:
            continue  # noted already
        if "sandbox" in answer.headers.get("content-security-policy", "") or "<html" not in answer.text():
            continue  # a message in its frame, or a part that a page asks for later
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wrong += [f"{address}: scrolls sideways by {width}"] if width > 0 else []
        wrong += [f"{address}: {fault}" for fault in faults(page)]
    return wrong


@pytest.mark.browser
def test_desktop_pages_light(live, page, lived_in, app):
    assert walk(live.sign_in(page, Role.ADMINISTRATOR), app, lived_in, "light") == []


@pytest.mark.browser
def test_phone_pages_dark(live, phone, lived_in, app):
    assert walk(live.sign_in(phone, Role.ADMINISTRATOR), app, lived_in, "dark") == []
