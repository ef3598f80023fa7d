"""What the demo's people look up: their customers by code, the items they talk about by piece."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.customers import Contact, Customer
from models.items import Item


def customers_by_code(session: Session, company_id: int) -> dict[str, Customer]:
    """Every customer of a (small) company."""
    return {one.code: one for one in session.scalars(sa.select(Customer).where(Customer.company_id == company_id))}


def open_debits(session: Session, company_id: int) -> dict[tuple[int, str], Item]:
    """Open debits by customer and piece."""
    query = sa.select(Item).where(Item.company_id == company_id, Item.open_cents > 0)
    return {(one.customer_id, one.piece): one for one in session.scalars(query.order_by(Item.id))}


def billing_contacts(session: Session, customer_ids: list[int]) -> list[Contact]:
    """Contacts with an e-mail address, in the order of their customers."""
    query = sa.select(Contact).where(Contact.customer_id.in_(customer_ids), Contact.email != "")
    return list(session.scalars(query.order_by(Contact.customer_id)))
