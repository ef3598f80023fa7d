"""SQL around promises, holds and disputes: what came in since a promise, what stands for a customer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.bank import BankMatch, BankMovement
from models.commitments import Promise
from models.customers import Customer
from models.items import Allocation, Item
from rules.promises import Promised, Receipt


@dataclass(slots=True)
class Keeping:
    """One customer with promises still expected, and what decides them."""

    promises: list[Promised] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    open_item_ids: set[int] = field(default_factory=set)


def expected(session: Session, company_id: int, customer_ids: Sequence[int] | None) -> dict[int, Keeping]:
    """Customers (of some, or of all) with promises still expected, what came in since the first of them, what is open."""
    query = sa.select(Promise).where(Promise.company_id == company_id, Promise.state == "expected")
    wanted = None if customer_ids is None else set(customer_ids)
    found: dict[int, Keeping] = defaultdict(Keeping)
    for p in session.scalars(query):
        if wanted is None or p.customer_id in wanted:
            found[p.customer_id].promises.append(
                Promised(p.id, p.item_id, p.currency, p.cents, p.made_at.date(), p.promised_on)
            )
    ids = sorted(found)
    if not ids:
        return {}
    since = min(p.made_on for k in found.values() for p in k.promises)
    allocated = (
        sa.select(Item.customer_id, Item.id, Item.currency, Allocation.cents, Allocation.made_on)
        .join(Allocation, Allocation.debit_id == Item.id)
        .where(Item.customer_id.in_(ids), Allocation.made_on >= since)
    )
    for customer_id, item_id, currency, cents, on in session.execute(allocated):
        found[customer_id].receipts.append(Receipt(item_id, currency, cents, on))
    at_bank = (  # not in the ledger yet; where it is, unallocated, its line is not open beside it
        sa.select(Item.customer_id, Item.id, Item.currency, BankMatch.laid_cents, BankMovement.booked_on)
        .join(BankMatch, BankMatch.item_id == Item.id)
        .join(BankMovement, BankMovement.id == BankMatch.movement_id)
        .where(
            BankMatch.company_id == company_id,
            BankMatch.state == "provisional",
            BankMatch.laid_cents > 0,
            BankMovement.booked_on >= since,
            Item.customer_id.in_(ids),
        )
    )
    for customer_id, item_id, currency, cents, on in session.execute(at_bank):
        found[customer_id].receipts.append(Receipt(item_id, currency, cents, on))
    still_open = sa.select(Item.customer_id, Item.id, Item.currency, Item.open_cents, Item.entry_on, Item.kind).where(
        Item.company_id == company_id, Item.customer_id.in_(ids), Item.open_cents != 0
    )
    for customer_id, item_id, currency, cents, on, kind in session.execute(still_open):
        if cents > 0:
            found[customer_id].open_item_ids.add(item_id)
        elif kind == "payment" and on >= since:
            found[customer_id].receipts.append(Receipt(None, currency, -cents, on))
    return dict(found)


def promises_by_id(session: Session, ids: Sequence[int]) -> list[Promise]:
    """Promises by id."""
    return list(session.scalars(sa.select(Promise).where(Promise.id.in_(ids)))) if ids else []


def item_of(session: Session, customer: Customer, item_id: int) -> Item | None:
    """An item of this customer; None when it is another's."""
    return session.scalar(sa.select(Item).where(Item.id == item_id, Item.customer_id == customer.id))
