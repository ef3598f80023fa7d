"""Who is late in the bench's company."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bench.ground import ON
from models import Item


def late_customers(session: Session, number: int) -> list[int]:
    """Customers with one to three late items and no credit, by id: their letter has one page."""
    debits = sa.func.count()
    query = (
        sa.select(Item.customer_id)
        .where(Item.open_cents != 0)
        .group_by(Item.customer_id)
        .having(sa.func.min(Item.open_cents) > 0, sa.func.max(Item.due_on) < ON, debits <= 3)
        .order_by(Item.customer_id)
    )
    found = list(session.scalars(query.limit(number)))
    if len(found) < number:
        raise SystemExit(f"only {len(found)} customers are late")
    return found
