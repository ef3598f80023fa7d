"""The counts beside the menu, in one query."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.actions import WorklistEntry
from models.commitments import Dispute, Promise
from models.customers import Customer
from models.messages import Message


def counts_of(session: Session, company_id: int, reps: tuple[int, ...] | None, today: date) -> dict[str, int]:
    """Expected promises, open disputes, actions to do, calls to make, messages a person must look at."""

    def mine(column: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        if reps is None:
            return sa.true()
        return column.in_(sa.select(Customer.id).where(Customer.sales_rep_id.in_(reps)))

    def number(table: type, *conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        owner = table.customer_id  # type: ignore[attr-defined]
        query = sa.select(sa.func.count()).select_from(table).where(table.company_id == company_id, mine(owner), *conditions)  # type: ignore[attr-defined]
        return query.scalar_subquery()

    todo = WorklistEntry.held_code == ""
    row = session.execute(
        sa.select(
            number(Promise, Promise.state == "expected").label("promises"),
            number(Dispute, Dispute.solved_at.is_(None)).label("disputes"),
            number(WorklistEntry, todo).label("actions"),
            number(WorklistEntry, todo, WorklistEntry.channel == "call").label("calls"),
            number(Message, Message.state.in_(("unknown", "failed"))).label("attention"),
        )
    ).one()
    return dict(row._mapping)
