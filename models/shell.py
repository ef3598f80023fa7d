"""The counts beside the menu, in one query."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.actions import WorklistEntry
from models.bank import BankAccount, BankMovement, BankStatement
from models.commitments import Dispute, Promise
from models.customers import Customer
from models.inbound import TASKS, InboundMessage
from models.messages import Message
from models.pausing import open_pause


def counts_of(session: Session, company_id: int, reps: tuple[int, ...] | None, today: date) -> dict[str, Any]:
    """Expected promises, open disputes, actions to do, calls to make, messages a person must look at, payments to
    match; and `bank_on`, the last day that a bank statement speaks of."""

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
            number(InboundMessage, InboundMessage.kind.in_(TASKS), InboundMessage.handled_at.is_(None)).label("inbox"),
            _receipts(company_id).label("receipts"),
            _bank_on(company_id).label("bank_on"),
            sa.select(open_pause(company_id)).scalar_subquery().label("paused"),
        )
    ).one()
    return dict(row._mapping)


def _receipts(company_id: int) -> sa.ScalarSelect[int]:
    waits = BankMovement.state.in_(("open", "proposed")), sa.or_(BankMovement.amount_cents > 0, BankMovement.returned)
    query = sa.select(sa.func.count()).select_from(BankMovement).where(BankMovement.company_id == company_id, *waits)
    return query.scalar_subquery()


def _bank_on(company_id: int) -> sa.ScalarSelect[date | None]:
    mine = sa.select(BankAccount.id).where(BankAccount.company_id == company_id)
    query = sa.select(sa.func.max(BankStatement.closing_on)).where(BankStatement.account_id.in_(mine))
    return query.scalar_subquery()
