"""Small ledgers for tests, row by row: customers, what they owe, what they paid.

Flushed, not committed: the test clients and `live.sign_in` commit what a test has made."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models import Allocation, Company, Customer, Item
from rules.words import fold
from tests.conftest import NOW


def add_customer(session: Session, company: Company, code: str, name: str = "", **fields: Any) -> Customer:
    """A customer, flushed."""
    name = name or f"Client {code}"
    made = Customer(company_id=company.id, code=code, name=name, name_folded=fold(name), created_at=NOW, **fields)
    session.add(made)
    session.flush()
    return made


def add_debit(session: Session, customer: Customer, cents: int, due_on: date, **fields: Any) -> Item:
    """An invoice of which all is open (or `open_cents` of it); negative cents make an unallocated payment. Flushed."""
    made = Item(
        **{
            "company_id": customer.company_id, "customer_id": customer.id, "key": f"{customer.id}-{session.query(Item).count()}",
            "kind": "invoice" if cents > 0 else "payment", "account": "411", "entry_on": due_on - timedelta(days=30), "piece": "",
            "document_on": due_on - timedelta(days=30), "due_on": due_on, "due_source": "file", "currency": "EUR",
            "debit_cents": max(cents, 0), "credit_cents": max(-cents, 0), "amount_cents": cents, "open_cents": cents,
            "first_seen_on": due_on - timedelta(days=30), **fields,
        }
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def add_receipt(session: Session, customer: Customer, cents: int, on: date, kind: str = "payment") -> Allocation:
    """A settled invoice and what settled it on a day. Flushed."""
    invoice = add_debit(session, customer, cents, on, open_cents=0)
    payment = add_debit(session, customer, -cents, on, open_cents=0, kind=kind)
    made = Allocation(
        company_id=customer.company_id, debit_id=invoice.id, credit_id=payment.id, cents=cents, made_on=on, how="letter"
    )
    session.add(made)
    session.flush()
    return made
