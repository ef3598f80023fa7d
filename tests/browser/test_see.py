"""Seeing who owes what, as people do: the list filtered while typing, the card and its dialogs, the search box, addresses repaired row by row."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from models import Company
from tests.browser.conftest import Live
from tests.conftest import NOW
from tests.owing import make_customer, owe, reach

pytestmark = pytest.mark.browser


@pytest.fixture
def vasseur(session: Session, company: Company) -> int:
    """Two customers: one late and reachable, one who cannot be reached."""
    company.last_sync_at = NOW
    first = make_customer(session, company, "Menuiserie Vasseur & Fils", street="1 rue des Lilas", city="Lille")
    owe(session, first, 641_280, late=108, piece="FA-26-0088")
    owe(session, first, 328_750, late=49, piece="FA-26-0301")
    reach(session, first)
    for name, cents in (("Pharmacie du Beffroi", 593_815), ("Textiles Hennebert", 460_971)):
        owe(session, make_customer(session, company, name), cents, late=20)
    number = first.id
    session.commit()
    return number  # not the row: reading it again would take the write lock


def test_the_list_follows_what_is_typed_and_the_address_says_it(live: Live, page: Page, vasseur: int):
    live.sign_in(page).goto("/customers")
    page.locator("#text").press_sequentially("pharm", delay=20)
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("text=pharm"))
    expect(page.locator("#text")).to_be_focused()
    page.locator("#text").fill("")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("link", name="Client", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("Menuiserie")
    expect(page).to_have_url(re.compile("sort=name"))


def test_a_promise_is_recorded_in_a_dialog_and_taken_back(live: Live, page: Page, vasseur: int):
    live.sign_in(page).goto(f"/customers/{vasseur}")
    row = page.locator("tr", has_text="FA-26-0301")
    row.locator("summary").click()
    row.get_by_text("Enregistrer une promesse").click()
    dialog = page.locator("#dialog")
    expect(dialog.get_by_label("Montant")).to_have_value("3\u202f287,50")
    dialog.get_by_role("button", name="Enregistrer la promesse").click()
    expect(dialog.locator(".error").first).to_be_visible()
    dialog.get_by_label("Paiera le").fill("2026-05-29")
    dialog.get_by_role("button", name="Enregistrer la promesse").click()
    expect(dialog).not_to_be_visible()
    expect(row).to_contain_text("Promis le 29 mai")
    toast = page.locator(".toast")
    expect(toast).to_contain_text("29 mai")
    toast.get_by_role("button", name="Annuler").click()
    expect(page.locator("tr", has_text="FA-26-0301")).not_to_contain_text("Promis")


def test_tabs_history_and_notes(live: Live, page: Page, vasseur: int):
    live.sign_in(page).goto(f"/customers/{vasseur}")
    page.get_by_role("link", name=re.compile("Promesses 0|Promesses0")).last.click()
    expect(page.locator("#tab")).to_contain_text("Aucune promesse")
    page.get_by_placeholder("Écrire une note").fill("Toujours appeler le matin.")
    page.get_by_label("Épingler", exact=True).check()
    page.locator("#feed").get_by_role("button", name="Ajouter").click()
    expect(page.locator("#feed .notice-bar")).to_contain_text("Toujours appeler le matin.")
    page.locator("#feed").get_by_role("link", name="Grand livre").click()
    expect(page.locator("#feed")).to_contain_text("FA-26-0088 enregistrée")


def test_the_search_box_from_the_keyboard(live: Live, page: Page, vasseur: int):
    live.sign_in(page).goto("/")
    page.keyboard.press("/")
    page.keyboard.type("vasseur", delay=20)
    expect(page.locator("#found")).to_contain_text("Menuiserie Vasseur")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/customers/{vasseur}"))
    page.keyboard.press("/")
    page.keyboard.type("6 412,80", delay=20)
    expect(page.locator("#found")).to_contain_text("FA-26-0088")


def test_addresses_are_repaired_row_by_row(live: Live, page: Page, vasseur: int):
    live.sign_in(page).goto("/addresses?kind=email")
    first, second = page.locator("tbody tr").nth(0), page.locator("tbody tr").nth(1)
    first.get_by_label(re.compile("E-mail")).fill("pas une adresse")
    page.keyboard.press("Enter")
    expect(first).to_contain_text("n’est pas une adresse")
    first.get_by_label(re.compile("E-mail")).fill("compta@beffroi.example")
    page.keyboard.press("Enter")
    expect(first).to_contain_text("compta@beffroi.example")
    expect(second.get_by_label(re.compile("E-mail"))).to_be_focused()


def test_the_card_on_a_phone(live: Live, phone: Page, vasseur: int):
    live.sign_in(phone).goto(f"/customers/{vasseur}")
    expect(phone.get_by_role("heading", name=re.compile("Menuiserie Vasseur"))).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    phone.get_by_role("link", name="Litige", exact=True).tap()
    phone.locator("#dialog").get_by_label("Raison").select_option("price")
    phone.locator("#dialog").get_by_role("button", name="Ouvrir le litige").tap()
    expect(phone.locator("#dialog")).not_to_be_visible()
    expect(phone.locator("#tab")).to_contain_text("Litige")
