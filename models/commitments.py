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
    """A contested item (or a whole customer). Open until solved_at; leaves the reminders, stays in the outstanding."""

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
    reason: Mapped[str]  # quantity, price, quality, not_received, already_paid, wrong_customer, other
    cents: Mapped[Cents | None]  # None: the whole item
    remark: Mapped[Text]
    opened_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    deadline_on: Mapped[date | None]
    solved_at: Mapped[datetime | None]
    solution: Mapped[Text]
