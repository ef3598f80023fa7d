"""Letters of window envelopes: the address lies in the window, the slip on the last page, the pages are counted."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlalchemy.orm import Session

from integrations.letters import render
from models import Action, Company, Customer, Message, Outbox
from services import letters, templates
from tasks import sending
from tests.conftest import TODAY
from tests.tasks.sending_world import add_item, make_customer, states, world
from tests.tasks.sending_world import make_company as make_paid_company

MM = 72 / 25.4


def places(pdf: bytes, page: int = 0) -> list[tuple[float, float, str]]:
    """(mm from the left, mm from the top, text) of every piece of text."""
    found: list[tuple[float, float, str]] = []

    def visit(text: str, cm: Any, tm: Any, *_: object) -> None:
        if text.strip():
            x, y = tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5]
            found.append((x / MM, 297 - y / MM, text.strip()))

    PdfReader(BytesIO(pdf)).pages[page].extract_text(visitor_text=visit)
    return found


@pytest.fixture
def company(session: Session) -> Company:
    return make_paid_company(session, city="Lille", company_number="SIREN 123 456 789")


@pytest.fixture
def customer(session: Session, company: Company) -> Customer:
    return make_customer(session, company, 1, name="Menuiserie Vasseur & Fils", email="")


def page_of(session: Session, company: Company, customer: Customer, code: str = "reminder_2") -> str:
    template = templates.get_template(session, company, code, "letter", "fr")
    assert template is not None
    return letters.preview_letter(session, company, template, customer.id, TODAY)


def test_the_address_lies_in_the_window_of_either_country(session: Session, company: Company, customer: Customer):
    pages = []
    for window in ("FR", "BE"):
        company.letter_window = window
        pages.append(page_of(session, company, customer))
    french, belgian = render(pages)
    assert isinstance(french, bytes) and isinstance(belgian, bytes)
    for pdf, (left, right) in ((french, (100, 190)), (belgian, (25, 110))):
        address = [p for p in places(pdf) if p[2] in ("MENUISERIE VASSEUR & FILS", "48 RUE DES TANNEURS", "59800 LILLE")]
        assert len(address) == 3, places(pdf)
        assert all(left <= x <= right and 55 <= y <= 79 for x, y, _ in address), address
        inside = [p for p in places(pdf) if left - 3 <= p[0] <= right and 52 <= p[1] <= 82]
        assert {p[2] for p in inside} <= {p[2] for p in address} | {"MME VASSEUR"}  # nothing else shows in the window


def test_short_letters_keep_their_slip_and_long_ones_count_their_pages(session: Session, company: Company, customer: Customer):
    short = page_of(session, company, customer, "formal_notice")
    for number in range(60):
        add_item(session, customer, f"FA-X-{number}", TODAY - timedelta(days=20 + number), 1000 + number)
    session.flush()
    one, many = render([short, page_of(session, company, customer)])
    assert isinstance(one, bytes) and isinstance(many, bytes)
    text = PdfReader(BytesIO(one)).pages[0].extract_text()
    assert "Page 1 sur 1" in text and "Talon" in text and "mise en demeure" in text
    pages = [p.extract_text() for p in PdfReader(BytesIO(many)).pages]
    assert len(pages) >= 3 and f"Page {len(pages)} sur {len(pages)}" in pages[-1]
    assert "Talon" in pages[-1] and "Talon" not in pages[0]
    assert sum("Reste dû" in page for page in pages) >= 2  # the head of the table is repeated


def test_addresses_are_written_for_sorting_machines(session: Session, company: Company, customer: Customer):
    customer.name, customer.street, customer.country = "Étienne d’Aÿ, S.à r.l.", "Bât. 3\n12, rue de l’Église", "BE"
    template = templates.get_template(session, company, "reminder_1", "letter", "fr")
    assert template is not None
    draft = templates.sample_draft(session, company, template, customer.id, TODAY)
    lines = letters.address_lines(company, draft)
    assert lines[0] == "ETIENNE D AY S A R L" and lines[-1] == "BELGIQUE" and lines[-2] == "59800 LILLE"
    assert all(line.isascii() and line == line.upper() for line in lines)


def test_a_batch_of_letters_becomes_one_print_file_and_each_keeps_its_bytes(tmp_path: Path):
    with world(tmp_path, customers=2) as (post, _, engine, _company):
        with Session(engine) as session, session.begin():
            for message in session.scalars(sa.select(Message)):
                message.channel = "letter"
            session.execute(sa.update(Action).values(channel="letter"))
            session.execute(sa.text("UPDATE step SET channel = 'letter'"))
        sending.release_due(post)
        with Session(engine) as session:
            assert states(session) == {"printed": 2}
            outbox = session.scalars(sa.select(Outbox)).one()
            assert outbox.state == "done"
            whole = PdfReader(post.data / outbox.print_path)
            bodies = session.scalars(sa.select(Message.body).order_by(Message.id)).all()
            assert len(whole.pages) == sum(len(PdfReader(BytesIO(body)).pages) for body in bodies if body)
            assert {m.recipient for m in session.scalars(sa.select(Message))} == {
                "CLIENT 1, MME VASSEUR, 48 RUE DES TANNEURS, 59800 LILLE", "CLIENT 2, MME VASSEUR, 48 RUE DES TANNEURS, 59800 LILLE",
            }  # fmt: skip
            assert set(session.scalars(sa.select(Action.state))) == {"done"}
