"""Questions of the import pages: earlier runs, what one of them changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from models.customers import Customer
from models.items import Item
from models.paging import PER_PAGE, Page
from models.syncs import Sync


class ItemLine(NamedTuple):
    """An item as the page of a sync shows it."""

    id: int
    customer_id: int
    customer: str
    code: str
    piece: str
    label: str
    document_on: date
    due_on: date
    currency: str
    amount_cents: int
    open_cents: int


def runs(session: Session, company_id: int, number: int) -> Page[Sync]:
    """The runs of a company, newest first."""
    mine = Sync.company_id == company_id
    total = session.scalar(sa.select(sa.func.count()).select_from(Sync).where(mine)) or 0
    query = sa.select(Sync).where(mine).options(defer(Sync.undo), defer(Sync.remarks), defer(Sync.changes), defer(Sync.options))
    rows = session.scalars(
        query.order_by(Sync.started_at.desc(), Sync.id.desc()).limit(PER_PAGE).offset((number - 1) * PER_PAGE)
    )
    return Page(list(rows), total, number)


def items(session: Session, company_id: int, ids: Sequence[int]) -> list[ItemLine]:
    """Some items with their customers, by customer and date."""
    query = (
        sa.select(
            Item.id, Item.customer_id, Customer.name, Customer.code, Item.piece, Item.label, Item.document_on, Item.due_on,
            Item.currency, Item.amount_cents, Item.open_cents,
        )
        .join(Customer, Customer.id == Item.customer_id)
        .where(Item.company_id == company_id, Item.id.in_(ids))
        .order_by(Customer.name_folded, Item.document_on, Item.id)
    )  # fmt: skip
    return [ItemLine(*row) for row in session.execute(query)]
