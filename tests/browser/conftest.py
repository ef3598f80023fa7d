"""A real Chromium against the real application: served by waitress on a free port, the clock and database of the tests.

`live` is the server (its address, and signing a page in), `page` a desktop, `phone` a telephone with touch. A page that logs an error,
breaks the content security policy or throws fails its test. Without Chromium the tests are skipped, and say so.
A test that reads through its own session commits before the page goes on: it holds SQLite's only write lock until then."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import waitress
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from sqlalchemy.orm import Session
from waitress import wasyncore

import config
from models import Company
from models.users import Role
from services import accounts
from tests.conftest import make_user

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
# The browser's own line about a form refused or a session ended; htmx's about a request that a newer one replaced.
EXPECTED = ("status of 422", "status of 401", "htmx:sendAbort", "htmx:afterRequest")

expect.set_options(timeout=15_000)


@dataclass(slots=True)
class Live:
    """The running server."""

    app: Flask
    session: Session
    url: str
    troubles: list[str] = field(default_factory=list)

    def sign_in(self, page: Page, role: Role = Role.ACCOUNTANT, company: Company | None = None, email: str = "") -> Page:
        """The page, signed in by the cookie of a new session."""
        companies = [company] if company else list(self.session.query(Company))
        user = make_user(self.session, role, companies, email)
        token = accounts.open_session(self.session, user, config.now(), 12, "127.0.0.1", "tests")
        self.session.commit()
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        value = signer.dumps({"_user_id": token, "_fresh": True})
        page.context.add_cookies([{"name": self.app.config["SESSION_COOKIE_NAME"], "value": value, "url": self.url}])
        return page

    def note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(text in message.text for text in EXPECTED):
            self.troubles.append(message.text)


@pytest.fixture
def live(app: Flask, session: Session) -> Iterator[Live]:
    """The application on a port of its own; stopped after the test."""
    app.config["WTF_CSRF_ENABLED"] = True
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    made = Live(app, session, f"http://127.0.0.1:{server.effective_port}")
    yield made

    def stop() -> None:
        server.close()
        wasyncore.close_all(server._map)

    server.task_dispatcher.shutdown()
    server.trigger.pull_trigger(stop)
    thread.join(10)
    assert made.troubles == []


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser, live: Live) -> Iterator[Page]:
    """A desktop window, not signed in."""
    yield from _page(
        live, lambda: browser.new_context(viewport={"width": 1440, "height": 900}, locale="fr-FR", base_url=live.url)
    )


@pytest.fixture
def phone(browser: Browser, live: Live) -> Iterator[Page]:
    """A telephone with a touch screen, not signed in."""
    size = {"width": 390, "height": 844}
    yield from _page(
        live,
        lambda: browser.new_context(viewport=size, locale="fr-FR", base_url=live.url, has_touch=True, is_mobile=True),  # type: ignore[arg-type]
    )


def _page(live: Live, make: Callable[[], BrowserContext]) -> Iterator[Page]:
    context = make()
    context.set_default_timeout(20_000)  # two busy cores
    page = context.new_page()
    page.on("console", lambda message: live.note(message))
    page.on("pageerror", lambda error: live.troubles.append(str(error)))
    yield page
    context.close()
