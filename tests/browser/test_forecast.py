"""Moving expected cash as people do: by mouse, by touch, from the keyboard, by date; promising; taking it back."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy.orm import Session

from models import Company, Customer, Item, Promise
from tests.browser.conftest import Live
from tests.ledger import add_customer, add_debit

pytestmark = pytest.mark.browser


@pytest.fixture
def dupont(session: Session, company: Company) -> Customer:
    """1,000 late without a date, 500 due on Thursday of the next week."""
    customer = add_customer(session, company, "C1", "Dupont SA")
    add_debit(session, customer, 100_000, date(2026, 4, 30), piece="F1")
    add_debit(session, customer, 50_000, date(2026, 5, 28), piece="F2")
    return customer


def chip(page: Page, place: str, tone: str = "late") -> Locator:
    return page.locator(f'tbody td[data-place="{place}"] button.{tone}')


def total(page: Page, place: str) -> Locator:
    return page.locator("#totals td").nth(
        1 + ["to_plan", "missed", *(f"2026-W{n}" for n in range(21, 27)), "later"].index(place)
    )


def open_grid(live: Live, page: Page) -> None:
    live.sign_in(page).goto("/forecast")


def drag(page: Page, start: Locator, end: Locator) -> None:
    a, b = start.bounding_box(), end.bounding_box()
    assert a and b
    page.mouse.move(a["x"] + a["width"] / 2, a["y"] + a["height"] / 2)
    page.mouse.down()
    for step in range(1, 9):
        share = step / 8
        page.mouse.move(
            a["x"] + a["width"] / 2 + (b["x"] + b["width"] / 2 - a["x"] - a["width"] / 2) * share,
            a["y"] + a["height"] / 2 + (b["y"] + b["height"] / 2 - a["y"] - a["height"] / 2) * share,
        )
        page.wait_for_timeout(30)
    page.mouse.up()


def expected_on(session: Session, piece: str) -> date | None:
    found = session.query(Item.expected_on).filter_by(piece=piece).scalar()
    session.commit()  # or the test would keep the only write lock
    return found


def test_by_mouse_then_undone(live, page, session, dupont):
    open_grid(live, page)
    drag(page, chip(page, "to_plan"), page.locator('tbody td[data-place="2026-W23"]'))
    expect(chip(page, "2026-W23")).to_have_text("1 000")
    expect(chip(page, "to_plan")).to_have_count(0)
    expect(total(page, "2026-W23")).to_have_text("1 000")
    expect(total(page, "to_plan")).to_have_text("–")
    expect(page.locator("#expected")).to_contain_text("1 500 € attendus d’ici au 28 juin")
    expect(page.locator("#curve desc")).to_contain_text("à 1 500 €")
    assert expected_on(session, "F1") == date(2026, 6, 5)
    page.get_by_role("button", name="Annuler").click()
    expect(chip(page, "to_plan")).to_have_text("1 000")
    assert expected_on(session, "F1") is None


def test_dropped_where_nothing_can_be(live, page, session, dupont):
    """A missed date is no place to put money; the amount returns."""
    open_grid(live, page)
    drag(page, chip(page, "to_plan"), page.locator('tbody td[data-place="missed"]'))
    expect(chip(page, "to_plan")).to_have_text("1 000")
    assert expected_on(session, "F1") is None


def test_from_the_keyboard(live, page, session, dupont):
    open_grid(live, page)
    chip(page, "2026-W22", "come").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#moves")).to_have_text("Sem 23, 1–7 juin. Entrée pour garder, Échap pour remettre.")
    page.keyboard.press("Escape")
    expect(chip(page, "2026-W22", "come")).to_be_focused()
    expect(page.locator("#moves")).to_have_text("Remis à sa place.")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(total(page, "2026-W24")).to_have_text("500")
    expect(chip(page, "2026-W24", "come")).to_be_focused()
    assert expected_on(session, "F2") == date(2026, 6, 12)


def test_by_long_press_on_the_phone(live, phone, session, dupont):
    open_grid(live, phone)
    phone.locator(".tablebox").evaluate("box => { box.scrollLeft = 330 }")
    start, end = (phone.locator(f'tbody td[data-place="2026-W{n}"]').bounding_box() for n in (22, 21))
    assert start and end
    y = start["y"] + start["height"] / 2
    touch = phone.context.new_cdp_session(phone)

    def send(kind: str, x: float | None) -> None:
        points = [] if x is None else [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    from_x, to_x = start["x"] + start["width"] / 2, end["x"] + end["width"] / 2
    send("touchStart", from_x)
    phone.wait_for_timeout(300)
    for step in range(1, 9):
        send("touchMove", from_x + (to_x - from_x) * step / 8)
        phone.wait_for_timeout(40)
    send("touchEnd", None)
    expect(total(phone, "2026-W21")).to_have_text("500")
    assert expected_on(session, "F2") == date(2026, 5, 22)


def test_by_tap_and_date_on_the_phone(live, phone, session, dupont):
    open_grid(live, phone)
    chip(phone, "to_plan").tap()
    dialog = phone.get_by_role("dialog")
    expect(dialog).to_contain_text("Dupont SA, 1 000,00 €")
    dialog.get_by_label("Date prévue").fill("2026-05-12")
    dialog.get_by_role("button", name="Déplacer").tap()
    expect(dialog.locator(".error")).to_contain_text("Cette date est passée. Choisissez le 19 mai ou après.")
    dialog.get_by_label("Date prévue").fill("2026-06-10")
    dialog.get_by_role("button", name="Déplacer").tap()
    expect(dialog).to_be_hidden()
    expect(total(phone, "2026-W24")).to_have_text("1 000")
    assert expected_on(session, "F1") == date(2026, 6, 10)


def test_a_promise_goes_before_and_can_be_changed(live, page, session, dupont):
    open_grid(live, page)
    chip(page, "to_plan").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Enregistrer une promesse").click()
    dialog.get_by_label("Promis pour le").fill("2026-05-29")
    dialog.get_by_label("Montant").fill("400,00")
    dialog.get_by_role("button", name="Enregistrer la promesse").click()
    expect(chip(page, "2026-W22", "late")).to_have_text("400")
    expect(chip(page, "to_plan")).to_have_text("600")
    drag(page, chip(page, "2026-W22", "late"), page.locator('tbody td[data-place="2026-W24"]'))
    expect(dialog).to_contain_text("400,00 € sont promis pour le 29 mai")
    expect(chip(page, "2026-W22", "late")).to_have_text("400")
    dialog.get_by_role("button", name="Déplacer").click()
    expect(chip(page, "2026-W24", "late")).to_have_text("400")
    session.expire_all()
    assert {(p.state, p.promised_on) for p in session.query(Promise)} == {
        ("cancelled", date(2026, 5, 29)),
        ("expected", date(2026, 6, 12)),
    }


def test_search_keeps_the_field_and_narrows_the_totals(live, page, session, company, dupont):
    other = add_customer(session, company, "C2", "Martin SARL")
    add_debit(session, other, 7_000, date(2026, 5, 30), piece="F3")
    open_grid(live, page)
    page.locator("#text").press_sequentially("dup")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#totals td").first).to_have_text("1 500")
    drag(page, chip(page, "to_plan"), page.locator('tbody td[data-place="2026-W23"]'))
    expect(total(page, "2026-W23")).to_have_text("1 000")
    expect(page.locator("#totals td").first).to_have_text("1 500")
