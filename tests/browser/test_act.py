"""What a collector does in the morning: send all and watch it leave, take it back, call and go on to the next, by mouse and by phone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

import config
from models import Action, Company, Customer, Message, Outbox, Promise, WorklistEntry
from services import worklist
from tasks import queue, sending
from tests.browser.conftest import Live
from tests.services.people import TODAY, customer, furnish, owe
from tests.tasks.sending_world import ScriptedServer

pytestmark = pytest.mark.browser


@pytest.fixture
def house(session: Session, company: Company) -> Company:
    """Twelve customers ten days late, one of them disputed by its size, two of them to be called."""
    furnish(session, company)
    company.last_sync_at, company.undo_seconds = config.now(), 120
    company.sender_email = "compta@cartonnerie.example"
    for number in range(12):
        owe(session, customer(session, company, f"C{number:02}"), TODAY - timedelta(days=10), 100_000 + number)
    owe(session, customer(session, company, "SMALL"), TODAY - timedelta(days=10), 900)
    worklist.refresh(session, company, None, TODAY)
    session.commit()
    return company


@pytest.fixture
def worker(live: Live) -> Iterator[Callable[[], None]]:
    """The sending, one look at a time: what the worker does every minute and whenever it is woken."""
    post = queue.make_post(live.app)

    def look() -> None:
        thread = threading.Thread(target=lambda: (sending.release_due(post), sending.send_due(post)))
        thread.start()
        thread.join(30)

    yield look
    post.journal.close()


def to_call(session: Session, *codes: str) -> None:
    """These customers are to be called instead."""
    ids = [number for (number,) in session.query(Customer.id).filter(Customer.code.in_(codes))]
    session.query(WorklistEntry).filter(WorklistEntry.customer_id.in_(ids)).update({"channel": "call", "mode": "manual"})
    session.commit()


def states(session: Session) -> list[str]:
    session.expire_all()
    found = sorted(state for (state,) in session.query(Message.state))
    session.commit()
    return found


def test_send_all_with_its_progress(
    live: Live, page: Page, session: Session, house: Company, worker: Callable[[], None]
) -> None:
    live.sign_in(page).goto("/actions")
    bar = page.locator(".actionbar")
    expect(bar).to_contain_text("12 e-mails prêts")
    page.get_by_label("Envoyer à Client C03").uncheck()
    page.get_by_label("Envoyer quand même à Client SMALL").check()
    expect(bar).to_contain_text("12 e-mails prêts")
    expect(bar).to_contain_text("11\u202f009,63")
    page.get_by_role("link", name="Exclus").click()
    expect(page.get_by_role("heading", name="Exclus")).to_be_visible()
    expect(bar).to_contain_text("12 e-mails prêts")  # the choice survives the way through other cards
    page.get_by_role("button", name="Tout envoyer").dblclick()
    page.wait_for_url("**/outboxes/*")
    expect(page.get_by_text("Le premier message part dans")).to_be_visible()
    first = page.locator("[role=timer]").inner_text()
    expect(page.locator("[role=timer]")).not_to_have_text(first)  # it counts down without a script of its own
    assert states(session) == ["planned"] * 12
    assert {m.recipient for m in session.query(Message)} >= {"small@example.org"}
    assert "c03@example.org" not in {m.recipient for m in session.query(Message)}
    session.commit()
    page.get_by_role("button", name="Envoyer maintenant").click()
    expect(page.get_by_role("heading", name="Envoi en cours")).to_be_visible()
    worker()
    expect(page.get_by_role("heading", name="Envoi terminé")).to_be_visible()
    expect(page.get_by_text("Gardé à").first).to_be_visible()
    assert page.locator("#progress").get_attribute("hx-trigger") is None  # the page has stopped asking
    assert states(session) == ["kept"] * 12
    page.go_back()
    page.goto("/actions")
    expect(bar).to_contain_text("1 e-mail prêt")


def test_failures_are_shown_and_corrected(
    live: Live, page: Page, session: Session, house: Company, worker: Callable[[], None]
) -> None:
    def script(stage: str, address: str, times: int) -> str:
        refused = stage == "rcpt" and "c05@" in address
        return "550 5.1.1 no such user" if refused else "drop" if stage == "dot" and "c07@" in address else ""

    with ScriptedServer(script) as server:
        house.smtp_host, house.smtp_port, house.smtp_security, house.undo_seconds = "127.0.0.1", server.port, "none", 0
        session.commit()
        live.sign_in(page).goto("/actions")
        page.get_by_role("button", name="Tout envoyer").click()
        page.wait_for_url("**/outboxes/*")
        worker()
    expect(page.get_by_role("heading", name="Envoi terminé")).to_be_visible()
    expect(page.get_by_text("Adresse refusée par le serveur")).to_be_visible()
    expect(page.get_by_text("À vérifier : la réponse s’est perdue")).to_be_visible()
    page.get_by_role("link", name="Corriger Client C05").click()
    page.get_by_label("E-mail").fill("right@example.org")
    page.get_by_role("button", name="Enregistrer l’adresse").click()
    page.wait_for_url("**/actions")
    expect(page.locator(".actionbar")).to_contain_text("1 e-mail prêt")
    page.goto("/messages")
    page.get_by_role("link", name="Décider Client C07").click()
    page.get_by_role("button", name="Il est arrivé").click()
    expect(page.get_by_text("Aucun message n’est incertain.")).to_be_visible()
    assert states(session).count("sent") == 11


def test_taken_back_before_it_left(live: Live, page: Page, session: Session, house: Company) -> None:
    live.sign_in(page).goto("/actions")
    page.get_by_role("link", name="Aperçu Client C00").click()
    frame = page.frame_locator("dialog iframe")
    expect(frame.get_by_text("1\u202f000,00").first).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Tout envoyer").click()
    page.wait_for_url("**/outboxes/*")
    page.get_by_role("button", name="Annuler l’envoi").click()
    expect(page.get_by_role("heading", name="Envoi annulé")).to_be_visible()
    assert states(session) == ["dropped"] * 12


def test_one_click_for_one_customer_and_undo(live: Live, page: Page, session: Session, house: Company) -> None:
    live.sign_in(page).goto("/actions/customers")
    row = page.get_by_role("row").filter(has_text="Client C11")
    row.get_by_role("button", name="Envoyer").click()
    expect(row).to_have_count(0)
    expect(page.locator("#tabs [aria-current]")).to_contain_text("11")
    expect(page.locator(".toast")).to_contain_text("Départ dans 2 minutes")
    page.locator(".toast").get_by_role("button", name="Annuler").click()
    expect(page.get_by_role("row").filter(has_text="Client C11")).to_be_visible()
    assert states(session) == ["dropped"]
    page.get_by_role("row").filter(has_text="Client C10").get_by_role("button", name="à la semaine prochaine").click()
    expect(page.locator(".toast").filter(has_text="26 mai")).to_be_visible()


def test_calls_one_after_the_other(live: Live, page: Page, session: Session, house: Company) -> None:
    to_call(session, "C00", "C01")
    live.sign_in(page).goto("/calls")
    page.get_by_role("link", name="Appeler le premier").click()
    expect(page.get_by_role("heading", name="Client C01")).to_be_visible()
    expect(page.get_by_label("Paiera le")).to_be_hidden()
    page.get_by_label("Promet de payer").check()
    page.get_by_label("Paiera le").fill("2026-05-29")
    page.get_by_label("Note").fill("Paiera après la paie")
    page.get_by_role("button", name="Enregistrer et appeler le suivant").click()
    expect(page.get_by_role("heading", name="Client C00")).to_be_visible()
    page.get_by_role("button", name="Enregistrer l’appel").click()
    expect(page.get_by_text("Choisissez le résultat de l’appel.")).to_be_visible()
    page.get_by_label("Message laissé").check()
    page.get_by_role("button", name="Enregistrer l’appel").click()
    expect(page.get_by_role("heading", name="Plus rien à faire aujourd’hui")).to_be_visible()
    assert sorted(a.outcome for a in session.query(Action)) == ["promise", "voicemail"]
    assert session.query(Promise).one().cents == 100_001
    session.commit()


def test_words_of_ones_own_from_the_card(live: Live, page: Page, session: Session, house: Company) -> None:
    who = session.query(Customer.id).filter_by(code="C02").scalar()
    session.commit()
    live.sign_in(page).goto(f"/customers/{who}")
    page.get_by_role("main").get_by_role("link", name="E-mail").first.click()
    page.get_by_label("Modèle").select_option("reminder_2")
    expect(page.get_by_label("Objet")).to_have_value("Rappel : 1 facture à régler, Cartonnerie des Flandres")
    page.get_by_label("Objet").fill("Un mot au sujet de votre facture")
    page.get_by_label("Texte").fill("Bonjour,\n\nSans façon.\n\n{{ items_table }}")
    page.get_by_role("button", name="Voir").click()
    expect(page.frame_locator("iframe[name=preview]").get_by_text("Sans façon.")).to_be_visible()
    page.get_by_role("button", name="Envoyer l’e-mail").click()
    page.wait_for_url("**/outboxes/*")
    expect(page.get_by_text("1 message prêt à partir")).to_be_visible()
    assert session.query(Message).one().facts["words"]["subject"] == "Un mot au sujet de votre facture"
    session.commit()


def test_the_same_morning_on_a_telephone(
    live: Live, phone: Page, session: Session, house: Company, worker: Callable[[], None]
) -> None:
    to_call(session, "C00")
    live.sign_in(phone).goto("/actions")
    phone.get_by_role("button", name="Tout envoyer").tap()
    phone.wait_for_url("**/outboxes/*")
    phone.get_by_role("button", name="Envoyer maintenant").tap()
    expect(phone.get_by_role("heading", name="Envoi en cours")).to_be_visible()
    worker()
    expect(phone.get_by_role("heading", name="Envoi terminé")).to_be_visible()
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width == 390
    phone.goto("/calls")
    phone.get_by_role("link", name="Client C00").tap()
    expect(phone.locator("a[href='tel:0102030405']")).to_be_visible()
    phone.get_by_label("Sans réponse").tap()
    phone.get_by_role("button", name="Enregistrer l’appel").tap()
    expect(phone.get_by_role("heading", name="Plus rien à faire aujourd’hui")).to_be_visible()
    assert session.query(Outbox).count() == 1
    session.commit()
