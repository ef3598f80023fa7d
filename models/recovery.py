"""When reminding is over: files handed to a bailiff, a lawyer or an agency, and insolvency proceedings."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Cents, Key, Text

RECIPIENTS = ("bailiff", "lawyer", "agency")
OUTCOMES = ("paid", "partly_paid", "taken_back", "uncollectable")
PROCEEDINGS = ("safeguard", "reorganisation", "liquidation", "other")


class Handover(Base):
    """A customer's file in the hands of somebody else; reminders stop until `ended_on`. `cost_cents`: what it cost so far."""

    __tablename__ = "handover"
    __table_args__ = (
        sa.Index("ix_handover_customer", "customer_id"),
        sa.Index(
            "ix_handover_open",
            "company_id",
            sqlite_where=sa.text("ended_on IS NULL"),
            postgresql_where=sa.text("ended_on IS NULL"),
        ),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    recipient: Mapped[str]  # bailiff, lawyer, agency
    name: Mapped[Text]
    reference: Mapped[Text]
    handed_on: Mapped[date]
    cents: Mapped[Cents]  # what was overdue that day
    currency: Mapped[str]
    cost_cents: Mapped[Cents] = mapped_column(default=0)
    note: Mapped[Text]
    made_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    ended_on: Mapped[date | None]
    outcome: Mapped[Text]  # paid, partly_paid, taken_back, uncollectable


class Insolvency(Base):
    """Proceedings opened against a customer; `customer.insolvent_on` follows. The claim is to be declared by `declare_by_on`."""

    __tablename__ = "insolvency"
    __table_args__ = (sa.Index("ix_insolvency_company", "company_id"),)

    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    proceeding: Mapped[str]
    judgment_on: Mapped[date]
    published_on: Mapped[date | None]
    administrator: Mapped[Text]
    declare_by_on: Mapped[date | None]
    declared_on: Mapped[date | None]
    note: Mapped[Text]
    made_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))


def open_handover(session: Session, customer_id: int) -> Handover | None:
    """The hand-over of a customer that has not ended."""
    query = sa.select(Handover).where(Handover.customer_id == customer_id, Handover.ended_on.is_(None))
    return session.scalar(query.order_by(Handover.id.desc()).limit(1))


def handovers_of(session: Session, customer_id: int) -> list[Handover]:
    """All hand-overs of a customer, the last first."""
    return list(session.scalars(sa.select(Handover).where(Handover.customer_id == customer_id).order_by(Handover.id.desc())))
