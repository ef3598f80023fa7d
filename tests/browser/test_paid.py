"""Nobody is chased who has paid: a payment in a CODA file stops the reminder in one sync; two days later the ledger says so too."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

import config
from models import Company, Contact, Customer
from services.follow_up import follow_up
from tests.browser.conftest import Live
from tests.browser.test_import import drop
from tests.integrations import bank_files, files
from tests.services.people import furnish

LATER = date(2026, 5, 21)


def _books(*, paid: bool) -> bytes:
    """Two invoices of March; the first paid and lettered once the accountant has seen the bank."""
    lettered = {"EcritureLet": "AA", "DateLet": "20260521"} if paid else {}
    lines = [
        *files.sale("1", "20260302", "C001", "1234,50", "F26001", **lettered),
        *files.sale("2", "20260303", "C002", "500,00", "F26002"),
    ]
    if paid:
        lines += files.payment("3", "20260518", "C001", "1234,50", "VIR F26001", **lettered)
    return files.fec(lines)


def _statement() -> bytes:
    paid = bank_files.coda_movement(1_234_500, "FACTURE F26001", name=files.NAMES["C001"].upper())
    made = bank_files.coda([bank_files.coda_old(10_000_000), *paid, bank_files.coda_new(11_234_500)])
    return made.replace(b"010326", b"170526").replace(b"020326", b"180526")


def _reachable(session: Session, company: Company) -> None:
    """Both customers have an address to be reminded at; today's reminders are decided."""
    for customer in session.query(Customer):
        session.add(Contact(customer_id=customer.id, name="Comptabilité", email=f"{customer.code.lower()}@example.org"))
        customer.review_on = config.today()
    session.flush()
    follow_up(session, company, config.now(), config.today())
    session.commit()


@pytest.mark.browser
def test_a_payment_seen_at_the_bank_stops_the_reminder(
    live: Live, page: Page, session: Session, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(session, company)
    session.commit()
    live.sign_in(page)
    drop(page, "FEC.txt", _books(paid=False))
    page.get_by_role("button", name="Importer le grand livre").click()
    expect(page.get_by_text("Échéances ouvertes et comptes clients concordent")).to_be_visible()
    _reachable(session, company)
    payer, other = files.NAMES["C001"], files.NAMES["C002"]
    page.goto("/actions/customers")
    expect(page.get_by_role("link", name=payer, exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=other, exact=True)).to_be_visible()

    drop(page, "releve.cod", _statement())
    page.get_by_role("button", name="Enregistrer 1 mouvement").click()
    expect(page.locator("dl.figures")).to_contain_text("Rapprochés d’office")
    page.goto("/actions/customers")
    expect(page.get_by_role("link", name=other, exact=True)).to_be_visible()
    expect(page.get_by_role("link", name=payer, exact=True)).to_have_count(0)
    page.goto("/")
    expect(page.get_by_text("vus en banque, pas encore en comptabilité")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("500")

    monkeypatch.setattr(config, "today", lambda: LATER)
    now = config.now() + timedelta(days=2)
    monkeypatch.setattr(config, "now", lambda: now)
    live.sign_in(page, email="later@example.org")  # the session of two days ago has ended
    drop(page, "FEC.txt", _books(paid=True))
    page.get_by_role("button", name="Importer le grand livre").click()
    expect(page.get_by_text("Échéances ouvertes et comptes clients concordent")).to_be_visible()
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("500")
    expect(page.get_by_text("vus en banque, pas encore en comptabilité")).to_have_count(0)
    page.goto("/receipts?tab=matched")
    expect(page.get_by_role("row", name=payer)).to_contain_text("En comptabilité")
    page.goto("/actions/customers")
    expect(page.get_by_role("link", name=payer, exact=True)).to_have_count(0)
