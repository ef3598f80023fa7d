"""The lists of promises and disputes of a company."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models.alerts import late_dispute
from models.commitments import Dispute, Promise
from models.customers import Customer
from models.items import Item
from models.paging import PER_PAGE, Page
from models.users import User

Reps = tuple[int, ...] | None
PROMISE_STATES = ("expected", "late", "broken", "kept")
DISPUTE_STATES = ("open", "late", "solved")


class PromiseLine(NamedTuple):
    """A promise in the list of all."""

    id: int
    customer_id: int
    code: str
    customer: str
    piece: str
    state: str
    promised_on: date
    cents: int
    currency: str
    said_by: str
    made_at: datetime
    who: str


class DisputeLine(NamedTuple):
    """A dispute in the list of all; cents: what is contested, the whole item when nothing else was said."""

    id: int
    customer_id: int
    code: str
    customer: str
    piece: str
    reason: str
    state: str
    cents: int | None
    currency: str
    opened_at: datetime
    deadline_on: date | None
    solved_at: datetime | None
    solution: str
    owner: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One page, how many rows each state has, and the sum of the state shown in the company's currency."""

    page: Page[Any]
    counts: dict[str, int]
    cents: int


def promises(session: Session, company_id: int, currency: str, reps: Reps, state: str, today: date, number: int) -> Listing:
    """Promises of one state: expected (the day is to come), late (it passed, the ledger has not decided), broken (and
    still unpaid), kept. The next or the latest day first."""
    still_open = sa.or_(Promise.item_id.is_(None), Item.open_cents > 0)
    states = {
        "expected": sa.and_(Promise.state == "expected", Promise.promised_on >= today),
        "late": sa.and_(Promise.state == "expected", Promise.promised_on < today),
        "broken": sa.and_(Promise.state == "broken", still_open),
        "kept": Promise.state == "kept",
    }
    base = (
        sa.select(
            Promise.id,
            Promise.customer_id,
            Customer.code,
            Customer.name,
            sa.func.coalesce(Item.piece, ""),
            Promise.state,
            Promise.promised_on,
            Promise.cents,
            Promise.currency,
            Promise.said_by,
            Promise.made_at,
            sa.func.coalesce(User.name, ""),
        )
        .join(Customer, Customer.id == Promise.customer_id)
        .outerjoin(Item, Item.id == Promise.item_id)
        .outerjoin(User, User.id == Promise.by_id)
        .where(Promise.company_id == company_id, _mine(reps))
    )
    amount = sa.case((Promise.currency == currency, Promise.cents), else_=0)
    order = (Promise.promised_on, Promise.id) if state == "expected" else (Promise.promised_on.desc(), Promise.id.desc())
    return _listing(session, base, states, state, amount, order, number, PromiseLine)


def disputes(
    session: Session, company_id: int, currency: str, reps: Reps, state: str, today: date, number: int, old_days: int = 60
) -> Listing:
    """Disputes of one state: open, late (open past the deadline, or for more than `old_days`), solved. The nearest deadline or the latest first."""
    unsolved = Dispute.solved_at.is_(None)
    states = {
        "open": unsolved,
        "late": late_dispute(today, old_days),
        "solved": Dispute.solved_at.is_not(None),
    }
    contested = sa.func.coalesce(Dispute.cents, Item.open_cents)
    owner = aliased(User)
    base = (
        sa.select(
            Dispute.id,
            Dispute.customer_id,
            Customer.code,
            Customer.name,
            sa.func.coalesce(Item.piece, ""),
            Dispute.reason,
            Dispute.state,
            contested,
            sa.func.coalesce(Item.currency, currency),
            Dispute.opened_at,
            Dispute.deadline_on,
            Dispute.solved_at,
            Dispute.solution,
            sa.func.coalesce(owner.name, ""),
        )
        .join(Customer, Customer.id == Dispute.customer_id)
        .outerjoin(Item, Item.id == Dispute.item_id)
        .outerjoin(owner, owner.id == Dispute.owner_id)
        .where(Dispute.company_id == company_id, _mine(reps))
    )
    amount = sa.case((sa.func.coalesce(Item.currency, currency) == currency, contested), else_=0)
    order: tuple[Any, ...] = (Dispute.deadline_on.is_(None), Dispute.deadline_on, Dispute.id)
    if state == "solved":
        order = (Dispute.solved_at.desc(), Dispute.id.desc())
    return _listing(session, base, states, state, amount, order, number, DisputeLine)


def _mine(reps: Reps) -> sa.ColumnElement[bool]:
    return sa.true() if reps is None else Customer.sales_rep_id.in_(reps)


def _listing(
    session: Session, base: Any, states: dict[str, Any], state: str, amount: Any, order: Any, number: int, make: Any
) -> Listing:
    counted = [sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0) for condition in states.values()]
    shown = sa.func.coalesce(sa.func.sum(sa.case((states[state], amount), else_=0)), 0)
    *counts, cents = session.execute(base.with_only_columns(*counted, shown)).one()
    query = base.where(states[state]).order_by(*order).limit(PER_PAGE).offset((number - 1) * PER_PAGE)
    found = dict(zip(states, counts, strict=True))
    return Listing(Page([make._make(row) for row in session.execute(query)], found[state], number), found, cents)
