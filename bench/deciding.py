"""Deciding for all customers of the company, against one ordered read of the same items.

Ours: accounts read and judged as `services.worklist.preview` does, for the bench's day, nothing written."""

from __future__ import annotations

import sqlalchemy as sa

from bench.ground import ON, Ground
from bench.table import Row, interleaved, ms

ROUNDS = 5


def measure(ground: Ground) -> list[Row]:
    """One row of the table."""
    from app import create_app
    from extensions import db
    from models import Company, Item
    from models.base import write_intent
    from services import worklist

    with create_app().app_context():
        write_intent.set(False)
        session = db.session()
        company = session.query(Company).one()
        query = (
            sa.select(Item.customer_id, Item.id, Item.currency, Item.open_cents, Item.document_on, Item.due_on, Item.first_seen_on)
            .where(Item.company_id == company.id, Item.open_cents != 0)
            .order_by(Item.customer_id, Item.due_on)
        )  # fmt: skip
        found = len(session.connection().execute(query).all())
        if found != ground.scale.open_items:
            raise SystemExit(f"{found} open items, not {ground.scale.open_items}")
        taken = interleaved(
            ROUNDS,
            read=lambda: session.connection().execute(query).all(),
            decide=lambda: worklist.preview(session, company, ON),
        )
        db.session.remove()
        db.engine.dispose()
    what = f"Decide {ground.scale.customers:,} customers".replace(",", " ")
    return [Row(what, ms(taken["decide"]), f"one ordered read {ms(taken['read'])}", taken["decide"] / taken["read"], 4)]
