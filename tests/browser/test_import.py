"""A stranger brings a ledger in: a FEC in three clicks, an unknown spreadsheet through its columns."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from models.users import Role
from tests.blueprints.test_syncs import GOOD, UNKNOWN


def drop(page: Page, name: str, data: bytes) -> None:
    page.goto("/syncs")
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": data})
    page.get_by_role("button", name="Lire le fichier").click()


@pytest.mark.browser
@pytest.mark.parametrize("window", ["page", "phone"])
def test_a_fec_in_three_clicks(live, company, request, window):
    page = live.sign_in(request.getfixturevalue(window), Role.ACCOUNTANT)
    drop(page, "FEC20251231.txt", GOOD)
    expect(page.get_by_text("Rien n’est encore enregistré")).to_be_visible()
    page.get_by_role("button", name="Importer le grand livre").click()
    expect(page.get_by_text("Échéances ouvertes et comptes clients concordent")).to_be_visible()
    page.get_by_role("link", name="Voir qui doit quoi").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("301")


@pytest.mark.browser
def test_an_unknown_spreadsheet_is_explained_column_by_column(live, company, page):
    live.sign_in(page, Role.ACCOUNTANT)
    drop(page, "liste.csv", UNKNOWN)
    go_on = page.get_by_role("button", name="Continuer vers le contrôle")
    page.locator("select[name=kind]").select_option("open_items")
    for column, meaning in (("c0", "name"), ("c1", "open_amount"), ("c2", "due_on"), ("c3", "piece")):
        page.locator(f"select[name={column}]").select_option(meaning)
        expect(page.locator(f"select[name={column}]")).to_have_value(meaning)
    expect(page.get_by_text("1 299,50").first).to_be_visible()
    expect(go_on).to_be_enabled()
    go_on.click()
    page.get_by_role("button", name="Importer le grand livre").click()
    expect(page.get_by_text("Delombaerde").first).to_be_visible()


@pytest.mark.browser
def test_a_damaged_file_says_where(live, company, page):
    live.sign_in(page, Role.ACCOUNTANT)
    drop(page, "FEC.txt", GOOD[:-20])
    expect(page.get_by_role("alert")).to_contain_text("igne")
