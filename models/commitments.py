"""What keeps an item from being chased: promises, holds and disputes, each a row with who and when."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Cents, Key, Text


class Promise(Base):
    """A promise to pay. item_id None: for the customer as a whole. state: expected, kept, broken, cancelled (late is a matter of the day)."""

    __tablename__ = "promise"
    __table_args__ = (
        sa.Index("ix_promise_customer", "customer_id", "state"),
        sa.Index("ix_promise_item", "item_id"),
        sa.Index("ix_promise_company", "company_id", "state"),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"))
    promised_on: Mapped[date]  # the day money is promised for
    cents: Mapped[Cents]
    currency: Mapped[str]
    state: Mapped[str] = mapped_column(default="expected")
    made_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    channel: Mapped[Text]  # call, email, portal, letter
    said_by: Mapped[Text]
    remark: Mapped[Text]
    decided_on: Mapped[date | None]  # when it was kept, broken or cancelled


class Hold(Base):
    """Do not remind: scope (customer, or one item), reason, last day, author. Ended early: ended_at."""

    __tablename__ = "hold"
    __table_args__ = (sa.Index("ix_hold_customer", "customer_id"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"))
    reason: Mapped[str]
    until_on: Mapped[date | None]  # last day held; None: until ended
    made_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    ended_at: Mapped[datetime | None]


class Dispute(Base):
    """A contested item (or a whole customer). Open until solved_at; leaves the reminders, stays in the outstanding.

    state: open, waiting (for the customer or a third party), accepted, refused, solved (over; who was right, if it was said)."""

    __tablename__ = "dispute"
    __table_args__ = (
        sa.Index("ix_dispute_customer", "customer_id"),
        sa.Index(
            "ix_dispute_open",
            "company_id",
            sqlite_where=sa.text("solved_at IS NULL"),
            postgresql_where=sa.text("solved_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"))
    reason: Mapped[str]  # quantity, price, quality, not_received, already_paid, wrong_customer, other, or a company's own words
    state: Mapped[str] = mapped_column(default="open", server_default="open")
    cents: Mapped[Cents | None]  # None: the whole item
    remark: Mapped[Text]
    opened_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    deadline_on: Mapped[date | None]
    solved_at: Mapped[datetime | None]
    solution: Mapped[Text]


class DisputeReason(Base):
    """What a company says about a reason: who solves it and how long that takes. `code` is one of ours or its own words."""

    __tablename__ = "dispute_reason"
    __table_args__ = (sa.UniqueConstraint("company_id", "code"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    code: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    days: Mapped[int] = mapped_column(default=30)
    active: Mapped[bool] = mapped_column(sa.Boolean(), default=True, server_default=sa.true())


class DisputeComment(Base):
    """What a colleague wrote about a dispute."""

    __tablename__ = "dispute_comment"

    id: Mapped[Key]
    dispute_id: Mapped[int] = mapped_column(sa.ForeignKey("dispute.id", ondelete="CASCADE"), index=True)
    written_at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    body: Mapped[str]


class DisputeDocument(Base):
    """A document of the customer that belongs to a dispute: delivery note, photograph, letter."""

    __tablename__ = "dispute_document"

    dispute_id: Mapped[int] = mapped_column(sa.ForeignKey("dispute.id", ondelete="CASCADE"), primary_key=True)
    document_id: Mapped[int] = mapped_column(sa.ForeignKey("document.id", ondelete="CASCADE"), primary_key=True, index=True)
