"""Rows for tests of the pages that show who owes what: customers and items in one line each; a count of SQL statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from extensions import db
from models import Allocation, Company, Contact, Customer, Item
from tests.conftest import TODAY
from tests.ledger import add_customer, add_debit


def make_customer(session: Session, company: Company, name: str, **fields: Any) -> Customer:
    """A customer with the next code."""
    return add_customer(session, company, f"C{session.query(Customer).count() + 1:05}", name, **fields)


def owe(session: Session, customer: Customer, cents: int, late: int = 0, piece: str = "", **fields: Any) -> Item:
    """An open item, `late` days overdue today (negative: to come); a credit when cents are negative."""
    day = min(TODAY - timedelta(days=late + 30), TODAY)
    days = {"entry_on": day, "counts_on": day, "document_on": day}
    piece = piece or f"FA-{session.query(Item).count() + 1:04}"
    return add_debit(session, customer, cents, TODAY - timedelta(days=late), **{"piece": piece, **days, **fields})


def paid(session: Session, customer: Customer, cents: int, due_on: date, on: date, piece: str = "") -> Item:
    """An invoice settled on a day by a payment of that day."""
    invoice = owe(session, customer, cents, (TODAY - due_on).days, piece, open_cents=0, settled_on=on)
    payment = owe(
        session, customer, -cents, (TODAY - on).days, open_cents=0, settled_on=on, entry_on=on, counts_on=on, document_on=on
    )
    session.add(
        Allocation(
            company_id=customer.company_id, debit_id=invoice.id, credit_id=payment.id, cents=cents, made_on=on, how="letter"
        )
    )
    session.flush()
    return invoice


def reach(session: Session, customer: Customer, **fields: Any) -> Contact:
    """A billing contact."""
    made = Contact(
        **{
            "customer_id": customer.id,
            "name": "Hélène Vasseur",
            "email": "compta@client.example",
            "phone": "03 20 00 00 41",
            **fields,
        }
    )
    session.add(made)
    session.flush()
    return made


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL statements that requests run, those past the ORM too; beginnings and ends of transactions do not count."""
    found: list[str] = []

    def note(text: str) -> None:
        if not text.lstrip().upper().startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "--")):
            found.append(text)

    def listen(connection: Any, *_: Any) -> None:
        connection.set_trace_callback(note)

    own = app.extensions.get("own_session")
    if own is not None:
        own.commit()  # a connection still in use would outlive its pool
    with app.app_context():
        engine = db.engine
        engine.dispose()
    event.listen(engine, "checkout", listen)
    try:
        yield found
    finally:
        event.remove(engine, "checkout", listen)
        with app.app_context():
            engine.dispose()
