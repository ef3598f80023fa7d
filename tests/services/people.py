"""A company with the ready-made scenarios, and short ways to give it customers and items."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models import Allocation, Company, Contact, Customer, Item, Profile, Scenario, Sync
from services.scenarios import install_defaults

TODAY = date(2026, 5, 19)  # a Tuesday


def at(day: date, hour: int = 8) -> datetime:
    """An instant of a day, in UTC."""
    return datetime.combine(day, time(hour), UTC)


NOW = at(TODAY)


def furnish(session: Session, company: Company) -> Company:
    """The ready-made scenarios, and a ledger read this morning."""
    install_defaults(session, company, NOW)
    company.last_sync_at = NOW - timedelta(hours=2)
    session.flush()
    return company


def scenario(session: Session, company: Company, code: str) -> Scenario:
    """One of the ready-made scenarios."""
    return session.query(Scenario).filter_by(company_id=company.id, code=code).one()


def customer(session: Session, company: Company, code: str = "C1", profile: str = "sme", **fields: Any) -> Customer:
    """A customer with a good e-mail address, a phone number and a postal address."""
    contact = {"email": f"{code.lower()}@example.org", "phone": "01 02 03 04 05", **fields.pop("contact", {})}
    made = Customer(
        **{
            "company_id": company.id, "code": code, "name": f"Client {code}", "name_folded": f"client {code}".lower(),
            "created_at": NOW, "profile_id": session.query(Profile.id).filter_by(company_id=company.id, code=profile).scalar(),
            "street": "1 rue des Lys", "postcode": "59000", "city": "Lille", "country": "FR", "review_on": TODAY, **fields,
        }
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add(Contact(customer_id=made.id, name="Comptabilité", **contact))
    session.flush()
    return made


def owe(session: Session, who: Customer, due: date, cents: int = 100_000, **fields: Any) -> Item:
    """An open item of a customer, seen since its document, 30 days before it is due."""
    document = due - timedelta(days=30)
    number = session.query(Item).count() + 1
    made = Item(
        **{
            "company_id": who.company_id, "customer_id": who.id, "key": f"k{number}", "kind": "invoice" if cents > 0 else "payment",
            "entry_on": document, "document_on": document, "due_on": due, "due_source": "file", "piece": f"F{number}",
            "currency": "EUR", "debit_cents": max(cents, 0), "credit_cents": max(-cents, 0), "amount_cents": cents,
            "open_cents": cents, "first_seen_on": document, **fields,
        }
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def pay(session: Session, item: Item, on: date, cents: int | None = None) -> None:
    """The ledger of a later sync shows a payment of an item."""
    paid = item.open_cents if cents is None else cents
    syncs = [Sync(company_id=item.company_id, state="done", started_at=at(on), file_name="f") for _ in range(2)]
    session.add_all(syncs)
    session.flush()
    credit = owe_credit(session, item, on, paid)
    session.add(
        Allocation(company_id=item.company_id, debit_id=item.id, credit_id=credit.id, cents=paid, made_on=on, how="letter")
    )
    item.open_cents -= paid
    item.settled_on = on if item.open_cents == 0 else None
    item.first_sync_id = item.first_sync_id or syncs[0].id
    item.last_sync_id = syncs[1].id
    session.flush()


def owe_credit(session: Session, item: Item, on: date, cents: int) -> Item:
    """The payment itself, fully used."""
    who = session.get_one(Customer, item.customer_id)
    return owe(session, who, on, -cents, open_cents=0, document_on=on, entry_on=on, settled_on=on)
