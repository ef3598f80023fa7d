"""A reply read where it came in: from the list of work, by mouse, the promise in the same place; nothing scrolls on a phone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from models import Company, InboundMessage
from tests.blueprints.test_inbox import customer, receive  # noqa: F401
from tests.conftest import TODAY

pytestmark = pytest.mark.browser


def fill(session, customer) -> None:  # noqa: F811
    receive(session, customer, text="Bonjour,\n\nle virement part vendredi, merci de patienter jusque-là.")
    receive(session, customer, "auto_reply", until_on=TODAY + timedelta(days=10), message_id="<a@x>", text="Je suis absente.")
    receive(
        session,
        customer,
        "bounce_soft",
        recipient="compta@client.example",
        status="5.2.2",
        diagnostic="552 5.2.2 mailbox full",
        message_id="<c@x>",
    )


def test_a_reply_is_dealt_with_where_it_is_listed(live, page: Page, session, customer):  # noqa: F811
    fill(session, customer)
    live.sign_in(page, company=session.get_one(Company, customer.company_id))
    page.goto(live.url + "/actions/customers?tab=errors")
    row = page.get_by_role("row").filter(has_text="le virement part vendredi")
    row.get_by_role("link", name="Promesse").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    row.get_by_role("button", name="Traité").click()
    expect(row).to_have_count(0)
    expect(page.get_by_text("Réponse traitée : les relances reprennent.")).to_be_visible()
    session.expire_all()
    assert session.query(InboundMessage).filter_by(kind="reply").one().handled_at is not None
    session.commit()


@pytest.mark.parametrize(
    "path",
    ["/messages/inbox", "/messages/inbox?tab=automatic", "/messages/inbox/1", "/actions/customers?tab=errors", "/customers/1"],
)
def test_the_pages_of_the_inbox_fit_a_phone(live, phone: Page, session, customer, path: str):  # noqa: F811
    fill(session, customer)
    live.sign_in(phone, company=session.get_one(Company, customer.company_id))
    phone.goto(live.url + path)
    expect(phone.get_by_role("heading", level=1)).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
