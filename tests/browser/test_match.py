"""Matching payments by keyboard and by thumb: accept, undo, divide, ignore, choose; the next one opens, the focus stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

import config
from models import BankMovement, Company, Item
from tests.banking import open_account, propose, receive
from tests.browser.conftest import Live
from tests.browser.test_pages import faults
from tests.owing import make_customer, owe
from tests.services.people import furnish

pytestmark = pytest.mark.browser


@pytest.fixture
def bank(session: Session, company: Company) -> Company:
    """Three proposals, the surest first, and one payment nobody knows."""
    furnish(session, company)
    company.last_sync_at = config.now()
    statement = open_account(session, company)
    for number, name in enumerate(("Alpha", "Beta", "Gamma")):
        who = make_customer(session, company, name)
        item = owe(session, who, 10_000 * (number + 1), late=10, piece=f"FA-{number}")
        owe(session, who, 5_000, late=40, piece=f"FB-{number}")
        movement = receive(session, statement, 10_000 * (number + 1), name.upper(), text=f"FACTURE FA-{number}")
        propose(session, movement, item, confidence=900 - number)
    receive(session, statement, 88_800, "MUTUELLE")
    session.commit()
    return company


def state_of(session: Session, name: str) -> str:
    session.expire_all()
    found = session.query(BankMovement).filter_by(name=name).one().state
    session.commit()
    return found


def open_of(session: Session, piece: str) -> int:
    session.expire_all()
    found = session.query(Item).filter_by(piece=piece).one().open_cents
    session.commit()
    return found


def test_a_morning_by_keyboard(live: Live, page: Page, session: Session, bank: Company) -> None:
    live.sign_in(page).goto("/receipts")
    page.get_by_role("link", name="Rapprocher 4 paiements").click()
    came = page.locator(".came")
    expect(came).to_contain_text("ALPHA")
    assert faults(page) == []
    page.keyboard.press("Enter")  # accept: the next one opens by itself
    expect(came).to_contain_text("BETA")
    expect(page.get_by_text("Rapproché : ALPHA")).to_be_visible()
    expect(page.get_by_role("button", name="Accepter")).to_be_focused()
    assert state_of(session, "ALPHA") == "matched" and open_of(session, "FA-0") == 0
    page.keyboard.press("u")
    expect(came).to_contain_text("ALPHA")
    expect(page.get_by_role("button", name="Rapprocher ainsi")).to_be_focused()  # as it was, to be corrected or kept
    expect(page.get_by_label("Payé sur FA-0")).to_have_value("100,00")
    assert open_of(session, "FA-0") == 10_000
    page.keyboard.press("Enter")
    expect(came).to_contain_text("BETA")
    assert open_of(session, "FA-0") == 0
    page.keyboard.press("j")
    expect(came).to_contain_text("GAMMA")
    page.keyboard.press("k")
    expect(came).to_contain_text("BETA")
    page.keyboard.press("i")
    expect(came).to_contain_text("GAMMA")
    assert state_of(session, "BETA") == "ignored"
    page.keyboard.press("d")  # not this one: the same payment, without a proposal
    expect(came).to_contain_text("GAMMA")
    expect(page.get_by_role("button", name="Accepter", exact=False)).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("répartir sur les échéances")
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_payment_is_divided_live(live: Live, page: Page, session: Session, bank: Company) -> None:
    live.sign_in(page).goto("/receipts/match")
    page.keyboard.press("s")
    first, second = page.get_by_label("Payé sur FA-0"), page.get_by_label("Payé sur FB-0")
    expect(first).to_be_focused()
    assert faults(page) == []
    first.fill("60")
    left = page.locator("[data-left]")
    expect(left).to_have_text("40,00")
    second.fill("55")
    expect(page.get_by_role("button", name="Rapprocher ainsi")).to_be_disabled()  # more than came in
    page.locator("tr", has=second).get_by_role("button", name="tout").click()
    expect(second).to_have_value("40,00")
    expect(left).to_have_text("–")
    page.get_by_label("Que devient le reste de FB-0").select_option(label="escompte")
    page.keyboard.press("Escape")
    second.press("Enter")
    expect(page.locator(".came")).to_contain_text("BETA")
    assert (open_of(session, "FA-0"), open_of(session, "FB-0")) == (4_000, 0)


def test_another_customer_is_chosen(live: Live, page: Page, session: Session, bank: Company) -> None:
    live.sign_in(page).goto("/receipts/match")
    page.keyboard.press("c")
    page.keyboard.type("gam")
    page.get_by_role("link", name="Gamma").click()
    expect(page.locator(".owing")).to_contain_text("FA-2")
    page.get_by_label("Payé sur FA-2").fill("100")
    page.get_by_role("button", name="Rapprocher ainsi").click()
    expect(page.locator(".came")).to_contain_text("BETA")
    assert open_of(session, "FA-2") == 20_000


def test_the_list_is_walked_with_j_and_k(live: Live, page: Page, session: Session, bank: Company) -> None:
    live.sign_in(page).goto("/receipts/match?view=list")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="ALPHA")).to_be_focused()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="BETA")).to_be_focused()
    page.locator("tr", has=page.get_by_role("link", name="BETA")).get_by_role("button", name="Accepter").press("Enter")
    expect(page.get_by_role("link", name="BETA")).to_have_count(0)
    expect(page.get_by_role("link", name="GAMMA")).to_be_focused()  # the row that took its place
    assert state_of(session, "BETA") == "matched"
    page.keyboard.press("u")
    expect(page.locator(".came")).to_contain_text("BETA")


def test_all_done(live: Live, page: Page, session: Session, bank: Company) -> None:
    bank.match_threshold = 890
    session.commit()
    live.sign_in(page).goto("/receipts/match")
    page.get_by_role("button", name="Accepter les 3 certains").click()
    expect(page.locator(".came")).to_contain_text("MUTUELLE")
    page.keyboard.press("i")
    expect(page.get_by_role("heading", name="Tout est rapproché")).to_be_visible()
    assert faults(page) == []


def test_on_the_phone(live: Live, phone: Page, session: Session, bank: Company) -> None:
    live.sign_in(phone).goto("/receipts/match")
    for address in ("/receipts/match", "/receipts/match?split=1", "/receipts/match?view=list", "/receipts?tab=proposed"):
        phone.goto(address)
        assert phone.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, address
        assert faults(phone) == [], address
    phone.goto("/receipts/match")
    phone.get_by_role("button", name="Accepter", exact=False).tap()
    expect(phone.locator(".came")).to_contain_text("BETA")


def test_a_bank_file_dropped_on_the_import_page(
    live: Live, page: Page, session: Session, company: Company, tmp_path: Path
) -> None:
    """From a payment in a bank file to a customer who is no longer late, in one import; and back."""
    furnish(session, company)
    company.last_sync_at, company.iban = config.now(), "FR7630006000011234567890189"
    who = make_customer(session, company, "Menuiserie Vasseur")
    owe(session, who, 123_450, late=12, piece="FA260012")
    session.commit()
    path = tmp_path / "releve.csv"
    path.write_text(
        "Date;Libellé;Contrepartie;Montant;Solde\n"
        "18/05/2026;FACTURE FA260012;MENUISERIE VASSEUR;1234,50;5234,50\n"
        "19/05/2026;FRAIS DE GESTION;;-12,00;5222,50\n",
        encoding="utf-8",
    )
    live.sign_in(page).goto("/syncs")
    page.set_input_files("input[type=file]", path)
    page.get_by_role("button", name="Lire le fichier").click()
    if "/columns" in page.url:
        page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Rien n’est encore enregistré.")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("button", name="Enregistrer 2 mouvements").click()
    expect(page.get_by_role("heading", name="releve.csv")).to_be_visible()
    expect(page.locator("dl.figures")).to_contain_text("Rapprochés d’office")
    assert faults(page) == []
    assert open_of(session, "FA260012") == 0
    page.get_by_role("button", name="Annuler cet import").click()
    page.get_by_role("button", name="L’annuler").or_(page.locator("dialog[open] .btn.danger")).first.click()
    expect(page.get_by_text("plus rien n’en est compté").first).to_be_visible()
    assert open_of(session, "FA260012") == 123_450
