"""SQL around expected dates: the items a move is about, writing their dates, what a move of the audit log changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEntry
from models.commitments import Promise
from models.items import Item

MOVED = "plan"  # the audit verb of an expected date


class ItemLine(NamedTuple):
    """How an item is named to people."""

    piece: str
    label: str
    document_on: date


def item_lines(session: Session, item_ids: Collection[int]) -> dict[int, ItemLine]:
    """Number, label and date of some items, by id."""
    query = sa.select(Item.id, Item.piece, Item.label, Item.document_on).where(Item.id.in_(item_ids))
    return {row[0]: ItemLine(row[1], row[2], row[3]) for row in session.execute(query)}


class Standing(NamedTuple):
    """What a move needs to know of an item."""

    item_id: int
    customer_id: int
    open_cents: int
    expected_on: date | None


def standing_of(session: Session, company_id: int, item_ids: Collection[int]) -> dict[int, Standing]:
    """The items of a company among some ids, by id."""
    query = sa.select(Item.id, Item.customer_id, Item.open_cents, Item.expected_on).where(
        Item.company_id == company_id, Item.id.in_(item_ids)
    )
    return {row[0]: Standing(*row) for row in session.execute(query)}


def write_expected(session: Session, dates: Iterable[tuple[int, date | None]], by_id: int, at: datetime) -> None:
    """Set the expected date of items, with who and when; without a date all three are cleared."""
    rows = [
        {"item": item_id, "expected_on": on, "expected_by_id": by_id if on else None, "expected_at": at if on else None}
        for item_id, on in dates
    ]
    if rows:
        table = Item.__table__
        change = sa.update(table).where(table.c.id == sa.bindparam("item"))  # type: ignore[arg-type]
        session.connection().execute(
            change.values({name: sa.bindparam(name) for name in ("expected_on", "expected_by_id", "expected_at")}), rows
        )
        session.expire_all()


def move_made(session: Session, company_id: int, customer_id: int, move_id: int, actor_id: int) -> dict[str, Any] | None:
    """The changes of a person's own move of a customer's dates, if the audit log knows it."""
    return session.scalar(
        sa.select(AuditEntry.changes).where(
            AuditEntry.id == move_id,
            AuditEntry.company_id == company_id,
            AuditEntry.actor_id == actor_id,
            AuditEntry.verb == MOVED,
            AuditEntry.noun == "customer",
            AuditEntry.noun_id == customer_id,
        )
    )


def promises(session: Session, customer_id: int, ids: Collection[int]) -> list[Promise]:
    """Some promises of a customer, in the order they were made."""
    query = sa.select(Promise).where(Promise.customer_id == customer_id, Promise.id.in_(ids)).order_by(Promise.id)
    return list(session.scalars(query))


def live_promises_of(session: Session, item_ids: Collection[int]) -> list[Promise]:
    """The promises still expected for some items."""
    query = sa.select(Promise).where(Promise.item_id.in_(item_ids), Promise.state == "expected").order_by(Promise.id)
    return list(session.scalars(query))
