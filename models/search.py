"""Finding customers and invoices from what people type: a name, a code, an invoice number, an amount."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.customers import Customer
from models.items import Item
from models.lists import matches
from rules.errors import DomainError
from rules.money import parse_cents
from rules.words import fold

Reps = tuple[int, ...] | None
LAST = "\U0010ffff"


class FoundCustomer(NamedTuple):
    """A customer whose name or code fits."""

    id: int
    code: str
    name: str
    city: str


class FoundItem(NamedTuple):
    """An item whose number or amount fits; open_cents 0: settled."""

    id: int
    customer_id: int
    customer: str
    piece: str
    kind: str
    document_on: date
    due_on: date
    currency: str
    amount_cents: int
    open_cents: int


def customers(session: Session, company_id: int, reps: Reps, text: str, limit: int) -> list[FoundCustomer]:
    """Customers by name or code: an exact code first, then names that begin with the text, then the others."""
    wanted = fold(text)
    if not wanted:
        return []
    query = sa.select(Customer.id, Customer.code, Customer.name, Customer.city).where(
        Customer.company_id == company_id, _mine(reps), *(matches(word) for word in wanted.split())
    )
    rank = sa.case(
        (sa.func.lower(Customer.code) == wanted, 0), (Customer.name_folded.startswith(wanted, autoescape=True), 1), else_=2
    )
    return [FoundCustomer(*row) for row in session.execute(query.order_by(rank, Customer.name_folded).limit(limit))]


def items(session: Session, company_id: int, reps: Reps, text: str, limit: int) -> list[FoundItem]:
    """Items by the beginning of their number, else by any part of it; and by amount, open ones first."""
    typed = text.strip()
    if len(typed) < 2:
        return []
    found = _by_beginning(session, company_id, reps, typed, limit) or _by_part(session, company_id, reps, typed, limit)
    amounts = amounts_of(typed)
    if amounts and len(found) < limit:
        known = {one.id for one in found}
        found += [one for one in _by_amount(session, company_id, reps, amounts, limit) if one.id not in known]
    return found[:limit]


def amounts_of(text: str) -> list[int]:
    """Cents that the text may mean: none, one, or two when its only sign may group or divide (1.234)."""
    readings = set()
    for decimal in (None, ",", "."):
        try:
            readings.add(parse_cents(text, decimal))
        except DomainError:
            continue
    return sorted(abs(cents) for cents in readings if cents)


def _mine(reps: Reps) -> sa.ColumnElement[bool]:
    return sa.true() if reps is None else Customer.sales_rep_id.in_(reps)


def _by_beginning(session: Session, company_id: int, reps: Reps, typed: str, limit: int) -> list[FoundItem]:
    spellings = dict.fromkeys((typed, typed.upper(), typed.lower()))
    begins = sa.or_(*(Item.piece.between(one, one + LAST) for one in spellings))
    return _run(session, _items(company_id, reps).where(begins).order_by(Item.piece, Item.due_on.desc()).limit(limit))


def _by_part(session: Session, company_id: int, reps: Reps, typed: str, limit: int) -> list[FoundItem]:
    if len(typed) < 3:
        return []
    # Ids first, from the index on numbers alone; the rows of the few found afterwards.
    ids = sa.select(Item.id).where(Item.company_id == company_id, Item.piece.contains(typed, autoescape=True)).limit(10 * limit)
    query = _items(company_id, reps).where(Item.id.in_(ids)).order_by((Item.open_cents == 0), Item.due_on.desc()).limit(limit)
    return _run(session, query)


def _by_amount(session: Session, company_id: int, reps: Reps, amounts: list[int], limit: int) -> list[FoundItem]:
    signed = [*amounts, *(-cents for cents in amounts)]
    still_open = _items(company_id, reps).where(sa.text("item.open_cents <> 0"), Item.open_cents.in_(signed))
    found = _run(session, still_open.order_by(Item.due_on).limit(limit))
    if len(found) < limit:
        whole = _items(company_id, reps).where(Item.amount_cents.in_(signed)).order_by(Item.document_on.desc()).limit(limit)
        known = {one.id for one in found}
        found += [one for one in _run(session, whole) if one.id not in known]
    return found


def _items(company_id: int, reps: Reps) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Item.id,
            Item.customer_id,
            Customer.name,
            Item.piece,
            Item.kind,
            Item.document_on,
            Item.due_on,
            Item.currency,
            Item.amount_cents,
            Item.open_cents,
        )
        .join(Customer, Customer.id == Item.customer_id)
        .where(Item.company_id == company_id, Item.state == "counted", _mine(reps))
    )


def _run(session: Session, query: Any) -> list[FoundItem]:
    rows: Iterable[Any] = session.execute(query)
    return [FoundItem(*row) for row in rows]
