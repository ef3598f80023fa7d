"""Rows of the bank in one line each: an account with a statement, movements, proposals; and the demo's ways to make them true."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from models import BankAccount, BankMatch, BankMovement, BankStatement, Company, Customer, Item, Sync
from rules.words import fold
from tests.conftest import NOW, TODAY


def open_account(session: Session, company: Company, on: date = TODAY) -> BankStatement:
    """The statement of a day on the company's account."""
    sync = Sync(company_id=company.id, state="done", kind="bank", format="camt053", started_at=NOW, finished_at=NOW)
    account = BankAccount(
        company_id=company.id, number="FR7630006000011234567890189", currency="EUR", balance_cents=1_000_00, balance_on=on
    )
    session.add_all([sync, account])
    session.flush()
    made = BankStatement(
        company_id=company.id, account_id=account.id, sync_id=sync.id, kind="day", number="97", opening_on=on, closing_on=on
    )
    session.add(made)
    session.flush()
    return made


def receive(session: Session, statement: BankStatement, cents: int, name: str = "Payeur", **fields: Any) -> BankMovement:
    """A movement of the statement, waiting."""
    number = session.query(BankMovement).count() + 1
    made = BankMovement(
        **{
            "company_id": statement.company_id, "account_id": statement.account_id, "statement_id": statement.id,
            "key": f"m{number}", "booked_on": TODAY, "amount_cents": cents, "left_cents": cents, "currency": "EUR",
            "name": name, "name_folded": fold(name), "iban": "BE68539007547034", **fields,
        }
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


NAMED = [{"code": "invoice_number", "params": {"numbers": "FA-0001"}}, {"code": "name", "params": {"name": "Alpha"}}]


def propose(
    session: Session, movement: BankMovement, item: Item, cents: int | None = None, confidence: int = 900, **fields: Any
) -> BankMatch:
    """A proposal of one item for the movement."""
    movement.state = "proposed"
    made = BankMatch(
        **{
            "company_id": movement.company_id, "movement_id": movement.id, "item_id": item.id, "state": "proposed",
            "cents": movement.amount_cents if cents is None else cents, "how": "automatic", "confidence": confidence,
            "evidence": NAMED, "made_at": NOW, **fields,
        }
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def see_paid(session: Session, movement: BankMovement, item: Item, customer: Customer) -> BankMatch:
    """The movement pays the item, and the ledger does not show it yet: what a sync of the bank leaves behind."""
    made = propose(session, movement, item, state="provisional", confidence=990)
    movement.state, movement.customer_id, movement.left_cents = "matched", customer.id, 0
    item.open_cents -= made.cents
    item.bank_cents += made.cents
    session.flush()
    return made
