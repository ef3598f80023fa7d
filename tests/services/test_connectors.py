"""What a live connector pulls, taken into the books: open items that follow the other program pull after pull."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from integrations.connectors import make
from models import Company, Customer, Item
from models.ledger import checks
from services.syncs import SyncResult, apply_snapshot, stage_file
from services.wording import sentence
from services.wording_connectors import CONNECTOR_SENTENCES
from tests.conftest import NOW, TODAY
from tests.integrations.odoo_server import KEY, OdooServer
from tests.integrations.remote import serving


class Books:
    """A company here that follows one there."""

    def __init__(self, session: Session, company: Company, server: OdooServer) -> None:
        self.session, self.company, self.server = session, company, server
        self.cursor: dict[str, Any] = {}

    def sync(self, today: date = TODAY) -> SyncResult:
        """One pull, taken in."""
        with serving(self.server) as remote:
            settings = {"url": remote.url, "database": "books", "user": "robot", "company": "1"}
            pull = make("odoo", settings, KEY).pull(self.cursor, today)
        sync = stage_file(self.session, self.company, "", "Odoo", None, NOW)
        result = apply_snapshot(self.session, self.company, pull.snapshot, sync, NOW, today)
        assert result.gap_cents == 0
        assert all(one.gap_cents == 0 for one in checks(self.session, self.company.id))
        self.cursor = pull.cursor
        return result

    def items(self) -> dict[str, Item]:
        """Items by invoice number."""
        return {one.piece: one for one in self.session.scalars(sa.select(Item))}


def some_books() -> OdooServer:
    """Two customers, three invoices, one of them part paid."""
    server = OdooServer()
    server.partner(11, "Zoé & Fils", ref="C011", email="compta@zoe.example", property_payment_term_id=[3, "30 Days"])
    server.partner(12, "Marc")
    server.line(1, 11, 1210.5, 1210.5, date="2026-03-01", invoice_date="2026-03-01", date_maturity="2026-03-31")
    server.line(2, 11, 500.0, 120.25, date="2026-03-02", invoice_date="2026-03-02", date_maturity="2026-04-01")
    server.line(3, 12, 80.0, 80.0, date="2026-04-01", invoice_date="2026-04-01", date_maturity="2026-05-01")
    return server


def test_the_first_pull_fills_the_books(session: Session, company: Company) -> None:
    books = Books(session, company, some_books())
    result = books.sync()
    assert (result.kind, result.format, result.items_new, result.customers_new) == ("open_items", "odoo", 3, 2)
    assert result.balance_cents == 121050 + 12025 + 8000
    assert {piece: (one.open_cents, one.due_on) for piece, one in books.items().items()} == {
        "FAC/2026/0001": (121050, date(2026, 3, 31)),
        "FAC/2026/0002": (12025, date(2026, 4, 1)),
        "FAC/2026/0003": (8000, date(2026, 5, 1)),
    }
    zoe = session.scalars(sa.select(Customer).where(Customer.code == "C011")).one()
    assert (zoe.name, zoe.terms_days) == ("Zoé & Fils", 30)


def test_the_same_again_changes_nothing(session: Session, company: Company) -> None:
    books = Books(session, company, some_books())
    books.sync()
    ids = {piece: one.id for piece, one in books.items().items()}
    again = books.sync()
    assert (again.items_new, again.items_changed, again.items_settled, again.items_vanished) == (0, 0, 0, 0)
    assert {piece: one.id for piece, one in books.items().items()} == ids


def test_what_is_settled_there_is_settled_here_on_its_day_and_stays_so(session: Session, company: Company) -> None:
    server = some_books()
    books = Books(session, company, server)
    books.sync(date(2026, 5, 18))
    server.line(4, 11, -1210.5, -1210.5, journal_id=[2, "Banque"], move_type="entry", date="2026-05-04", ref="VIR 1")
    server.match(1, 4, "2026-05-04", "2026-11-21 09:20:00", full=5)
    result = books.sync()
    assert result.items_settled == 1
    assert result.balance_cents == 12025 + 8000
    paid = books.items()["FAC/2026/0001"]
    assert (paid.open_cents, paid.settled_on) == (0, date(2026, 5, 4))
    books.cursor = {"seen": "2026-11-22 09:00:00"}  # what was settled is not told again
    assert books.sync().items_changed == 0
    assert books.items()["FAC/2026/0001"].settled_on == date(2026, 5, 4)


def test_history_of_settled_invoices_is_kept_with_its_days(session: Session, company: Company) -> None:
    server = some_books()
    server.line(8, 12, 60.0, 60.0, date="2026-01-10", invoice_date="2026-01-10", date_maturity="2026-02-09")
    server.line(9, 12, -60.0, -60.0, journal_id=[2, "Banque"], move_type="entry", date="2026-02-20", ref="VIR 0")
    server.match(8, 9, "2026-02-20", "2026-02-20 10:00:00", full=4)
    books = Books(session, company, server)
    books.sync()
    paid = books.items()["FAC/2026/0008"]
    assert (paid.open_cents, paid.settled_on, paid.due_on) == (0, date(2026, 2, 20), date(2026, 2, 9))


def test_what_is_opened_again_there_is_open_here(session: Session, company: Company) -> None:
    server = some_books()
    books = Books(session, company, server)
    books.sync(date(2026, 5, 17))
    server.line(4, 11, -1210.5, -1210.5, journal_id=[2, "Banque"], move_type="entry", date="2026-05-04", ref="VIR 1")
    server.match(1, 4, "2026-05-04", "2026-11-21 09:20:00", full=5)
    books.sync(date(2026, 5, 18))
    server.tables["account.partial.reconcile"].clear()
    for row in server.tables["account.move.line"]:
        if row["id"] in (1, 4):
            row.update(amount_residual=row["debit"] - row["credit"], reconciled=False, matching_number=False)
    assert books.sync().balance_cents == 12025 + 8000
    assert books.items()["FAC/2026/0001"].open_cents == 121050


def test_every_error_has_a_sentence_in_every_language() -> None:
    params = {
        "name": "url",
        "host": "erp.example",
        "choices": "A, B",
        "status": 401,
        "detail": "no",
        "reason": "time-out",
        "seconds": 60,
    }
    for code in CONNECTOR_SENTENCES:
        french, english = (sentence(language, code, params) for language in ("fr", "en"))
        assert french != english
        assert "%" not in french + english
