"""A payment plan by hand: instalments appear while one types, the plan is made, and its invoices say so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Live
from tests.conftest import NOW, TODAY
from tests.owing import make_customer, owe, reach


@pytest.fixture
def debtor(session, company) -> int:
    made = make_customer(session, company, "Menuiserie Vasseur")
    reach(session, made)
    owe(session, made, 60_000, 40, "FA-1")
    owe(session, made, 30_000, 10, "FA-2")
    company.last_sync_at = NOW
    session.commit()
    return made.id


def test_a_plan_is_made_while_its_instalments_are_seen(live: Live, page: Page, debtor: int, session):
    live.sign_in(page)
    page.goto(f"{live.url}/customers/{debtor}")
    page.get_by_role("link", name="Échéancier").last.click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("300,00")
    page.get_by_label("Nombre d’échéances", exact=True).fill("2")
    expect(preview).to_contain_text("450,00")
    page.get_by_label("FA-2").uncheck()
    expect(preview.locator("dd").last).to_contain_text("600,00")
    page.get_by_label("Première échéance le").fill((TODAY + timedelta(days=10)).isoformat())
    expect(preview).to_contain_text("29/05/2026")
    page.get_by_label("Le client a déjà donné son accord").check()
    page.get_by_role("button", name="Établir l’échéancier").click()
    expect(page.locator("h1")).to_contain_text("Échéancier de 600,00")
    page.goto(f"{live.url}/customers/{debtor}")
    expect(page.locator("#tab")).to_contain_text("prochaine échéance le 29 mai")
    page.goto(f"{live.url}/plans")
    expect(page.locator("#list")).to_contain_text("Menuiserie Vasseur")
