"""Customers who owe something and cannot be reached: no good e-mail address, no postal address, no phone number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.company import Company
from models.customers import Contact, Customer
from models.paging import PER_PAGE, Page
from models.standing import standings

Reps = tuple[int, ...] | None
KINDS = ("email", "post", "phone")
_BEST = (Contact.role != "billing", Contact.email_bad_reason == "", Contact.id)


class AddressLine(NamedTuple):
    """A customer with what is known to reach them. contact_id: the contact that gets the repair; None: a new one."""

    id: int
    code: str
    name: str
    street: str
    postcode: str
    city: str
    contact_id: int | None
    email: str
    email_bad_reason: str
    phone: str
    phone_bad_reason: str
    lacks: frozenset[str]
    balance_cents: int


@dataclass(frozen=True, slots=True)
class Repairs:
    """One page of customers to repair, and how many lack each thing."""

    page: Page[AddressLine]
    counts: dict[str, int]


def to_repair(session: Session, company: Company, reps: Reps, kind: str, today: date, number: int = 1) -> Repairs:
    """Customers with open items that lack something (`kind`: email, post, phone; empty: anything), largest debt first."""
    balances: dict[int, int] = {}
    for standing in standings(session, company, today).values():
        for customer_id, aged in standing.by_id.items():
            if aged.owed_cents:
                balances[customer_id] = balances.get(customer_id, 0) + aged.balance_cents
    lacking = {i: lacks for i, lacks in _lacking(session, company.id, reps) if i in balances}
    counts = {one: sum(one in lacks for lacks in lacking.values()) for one in KINDS} | {"": len(lacking)}
    ids = [i for i, lacks in lacking.items() if not kind or kind in lacks]
    ids.sort(key=balances.__getitem__, reverse=True)
    start = (number - 1) * PER_PAGE
    rows = lines(session, ids[start : start + PER_PAGE], lacking, balances)
    return Repairs(Page(rows, len(ids), number), counts)


def one_line(session: Session, company: Company, customer_id: int, today: date) -> AddressLine:
    """One customer as the list shows it."""
    standing = standings(session, company, today)[company.currency].by_id.get(customer_id)
    lacking = dict(_lacking(session, company.id, None, customer_id))
    balance = standing.balance_cents if standing else 0
    return lines(session, [customer_id], lacking, {customer_id: balance})[0]


def billing_contact(session: Session, customer_id: int) -> Contact | None:
    """The contact that gets the repair: billing before others, one with a bad address before one with a good."""
    query = sa.select(Contact).where(Contact.customer_id == customer_id).order_by(*_BEST).limit(1)
    return session.scalar(query)


def _lacking(session: Session, company_id: int, reps: Reps, customer_id: int | None = None) -> list[tuple[int, frozenset[str]]]:
    def some(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        return sa.exists().where(Contact.customer_id == Customer.id, *conditions)

    email = some(Contact.email != "", Contact.email_bad_reason == "")
    post = sa.and_(Customer.street != "", Customer.city != "")
    phone = some(sa.or_(Contact.phone != "", Contact.mobile != ""), Contact.phone_bad_reason == "")
    query = sa.select(Customer.id, email, post, phone).where(Customer.company_id == company_id, ~sa.and_(email, post, phone))
    if reps is not None:
        query = query.where(Customer.sales_rep_id.in_(reps))
    if customer_id is not None:
        query = query.where(Customer.id == customer_id)
    return [
        (row[0], frozenset(kind for kind, known in zip(KINDS, row[1:], strict=True) if not known))
        for row in session.execute(query)
    ]


def lines(session: Session, ids: list[int], lacking: dict[int, frozenset[str]], balances: dict[int, int]) -> list[AddressLine]:
    """The lines of some customers, in the order given."""
    best: Any = (
        sa.select(Contact.id)
        .where(Contact.customer_id == Customer.id)
        .order_by(*_BEST)
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )
    query = (
        sa.select(
            Customer.id,
            Customer.code,
            Customer.name,
            Customer.street,
            Customer.postcode,
            Customer.city,
            Contact.id,
            sa.func.coalesce(Contact.email, ""),
            sa.func.coalesce(Contact.email_bad_reason, ""),
            sa.func.coalesce(sa.func.nullif(Contact.phone, ""), Contact.mobile, ""),
            sa.func.coalesce(Contact.phone_bad_reason, ""),
        )
        .outerjoin(Contact, Contact.id == best)
        .where(Customer.id.in_(ids))
    )
    found = {row[0]: row for row in session.execute(query)}
    return [AddressLine._make((*found[i], lacking.get(i, frozenset()), balances.get(i, 0))) for i in ids]
