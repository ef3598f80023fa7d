"""What is asked about disputes beyond their list: reasons of a company, comments, documents, how many and how long by reason and rep."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.commitments import Dispute, DisputeComment, DisputeDocument, DisputeReason
from models.company import SalesRep
from models.customers import Customer
from models.documents import Document
from models.items import Item
from models.users import User


class Comment(NamedTuple):
    """What a colleague wrote."""

    id: int
    written_at: datetime
    author_id: int | None
    author: str
    body: str


class Paper(NamedTuple):
    """A document of a dispute."""

    id: int
    name: str
    size: int
    made_at: datetime


class Tally(NamedTuple):
    """Disputes of one reason or sales representative: how many open and solved, in whose favour, days to solve on average,
    cents still contested in the company's currency."""

    name: str
    open: int
    accepted: int
    refused: int
    solved: int
    days: float | None
    cents: int


def reasons(session: Session, company_id: int) -> list[DisputeReason]:
    """What the company has said about reasons."""
    query = sa.select(DisputeReason).where(DisputeReason.company_id == company_id)
    return list(session.scalars(query.order_by(DisputeReason.id)))


def comments(session: Session, dispute_id: int) -> list[Comment]:
    """The thread of a dispute, oldest first."""
    query = (
        sa.select(
            DisputeComment.id, DisputeComment.written_at, DisputeComment.author_id, sa.func.coalesce(User.name, ""),
            DisputeComment.body,
        )
        .outerjoin(User, User.id == DisputeComment.author_id)
        .where(DisputeComment.dispute_id == dispute_id)
        .order_by(DisputeComment.written_at, DisputeComment.id)
    )  # fmt: skip
    return [Comment._make(row) for row in session.execute(query)]


def papers(session: Session, dispute_id: int) -> list[Paper]:
    """The documents of a dispute, oldest first."""
    query = (
        sa.select(Document.id, Document.name, Document.size, Document.made_at)
        .join(DisputeDocument, DisputeDocument.document_id == Document.id)
        .where(DisputeDocument.dispute_id == dispute_id)
        .order_by(Document.id)
    )
    return [Paper._make(row) for row in session.execute(query)]


def same_document(session: Session, company_id: int, customer_id: int, item_id: int | None, sha256: str) -> Document | None:
    """A document of the customer with the same bytes, kept for the same item."""
    query = sa.select(Document).where(
        Document.company_id == company_id, Document.customer_id == customer_id, Document.sha256 == sha256,
        Document.item_id.is_(None) if item_id is None else Document.item_id == item_id,
    )  # fmt: skip
    return session.scalar(query.limit(1))


def tallies(session: Session, company_id: int, currency: str, reps: tuple[int, ...] | None, by: str) -> list[Tally]:
    """Disputes by reason or by sales representative (`by`), those with most still contested first."""
    name = Dispute.reason if by == "reason" else sa.func.coalesce(SalesRep.name, "")
    unsolved = Dispute.solved_at.is_(None)
    contested = sa.func.coalesce(Dispute.cents, Item.open_cents, 0)
    same = sa.func.coalesce(Item.currency, currency) == currency

    def number(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0))

    open_cents = sa.func.sum(sa.case((sa.and_(unsolved, same), contested), else_=0))
    query = (
        sa.select(
            name, number(unsolved), number(~unsolved, Dispute.state == "accepted"), number(~unsolved, Dispute.state == "refused"),
            number(~unsolved), open_cents,
        )
        .join(Customer, Customer.id == Dispute.customer_id)
        .outerjoin(SalesRep, SalesRep.id == Customer.sales_rep_id)
        .outerjoin(Item, Item.id == Dispute.item_id)
        .where(Dispute.company_id == company_id, sa.true() if reps is None else Customer.sales_rep_id.in_(reps))
        .group_by(name)
        .order_by(open_cents.desc(), name)
    )  # fmt: skip
    days = _days(session, company_id, reps, name)
    return [Tally(row[0], row[1], row[2], row[3], row[4], days.get(row[0]), row[5]) for row in session.execute(query)]


def _days(session: Session, company_id: int, reps: tuple[int, ...] | None, name: Any) -> dict[str, float]:
    """The average days from opening to solving, by name; counted here, because engines count days differently."""
    query = (
        sa.select(name, Dispute.opened_at, Dispute.solved_at)
        .join(Customer, Customer.id == Dispute.customer_id)
        .outerjoin(SalesRep, SalesRep.id == Customer.sales_rep_id)
        .where(
            Dispute.company_id == company_id, Dispute.solved_at.is_not(None),
            sa.true() if reps is None else Customer.sales_rep_id.in_(reps),
        )
    )  # fmt: skip
    found: dict[str, list[int]] = {}
    for key, opened_at, solved_at in session.execute(query).all():
        found.setdefault(key, []).append((solved_at.date() - opened_at.date()).days)
    return {key: sum(days) / len(days) for key, days in found.items()}


def rename_reason(session: Session, company_id: int, before: str, after: str) -> None:
    """Disputes follow the words of their reason."""
    session.execute(
        sa.update(Dispute).where(Dispute.company_id == company_id, Dispute.reason == before).values(reason=after),
        execution_options={"synchronize_session": False},
    )
    session.expire_all()
