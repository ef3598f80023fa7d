"""Customers, their contacts and the notes colleagues leave on them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Cents, Flag, Key, Text


class Customer(Base):
    """One customer of one company. Ledger fields follow the sync; everything else is enriched here and never overwritten."""

    __tablename__ = "customer"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "code"),
        sa.Index("ix_customer_review", "company_id", "review_on"),
        sa.Index("ix_customer_name", "company_id", "name_folded"),
        sa.Index("ix_customer_sales_rep", "sales_rep_id"),
        sa.Index(
            "ix_customer_insolvent",
            "company_id",
            sqlite_where=sa.text("insolvent_on IS NOT NULL"),
            postgresql_where=sa.text("insolvent_on IS NOT NULL"),
        ),
        sa.Index(
            "ix_customer_parent",
            "parent_id",
            sqlite_where=sa.text("parent_id IS NOT NULL"),
            postgresql_where=sa.text("parent_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    code: Mapped[str]  # as in the ledger
    account: Mapped[Text]
    ledger_name: Mapped[Text]  # as in the ledger
    name: Mapped[str]  # shown; starts as the ledger's
    name_folded: Mapped[str]  # without case and accents, for search and order
    created_at: Mapped[datetime]

    profile_id: Mapped[int | None] = mapped_column(sa.ForeignKey("profile.id", ondelete="SET NULL"), index=True)
    scenario_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("scenario.id", ondelete="SET NULL")
    )  # overrides the profile's
    sales_rep_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sales_rep.id", ondelete="SET NULL"))
    collector_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("customer.id", ondelete="SET NULL"))
    branch: Mapped[Text]
    tags: Mapped[list[Any]] = mapped_column(default=list)
    language: Mapped[Text]  # empty: the company's
    legal_type: Mapped[str] = mapped_column(default="business")  # business, consumer, public
    method: Mapped[Text]  # transfer, direct_debit, cheque, bill, card; empty: unknown
    terms_days: Mapped[int | None]
    terms_mode: Mapped[Text]
    credit_limit_cents: Mapped[Cents | None]
    insolvent_on: Mapped[date | None]
    score: Mapped[int | None]  # 0..100, None: not enough history
    score_on: Mapped[date | None]

    street: Mapped[Text]
    postcode: Mapped[Text]
    city: Mapped[Text]
    country: Mapped[Text]
    vat_number: Mapped[Text]
    company_number: Mapped[Text]
    edited_fields: Mapped[list[Any]] = mapped_column(default=list)  # enriched by a person: a sync leaves them alone

    review_on: Mapped[date | None]  # nothing can happen for this customer before that day; None: never
    last_contact_on: Mapped[date | None]


class Contact(Base):
    """A person or desk at the customer; the billing contact receives the messages."""

    __tablename__ = "contact"

    id: Mapped[Key]
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    name: Mapped[Text]
    role: Mapped[str] = mapped_column(default="billing")  # billing, approval, payment
    email: Mapped[Text]
    phone: Mapped[Text]
    mobile: Mapped[Text]
    email_bad_reason: Mapped[Text]  # refused by a server, wrong person; empty: good
    email_bad_at: Mapped[datetime | None]
    phone_bad_reason: Mapped[Text]  # wrong_number: nobody of this customer answers there; empty: good
    phone_bad_at: Mapped[datetime | None]
    from_ledger: Mapped[Flag]


class Note(Base):
    """What a colleague wrote on a customer."""

    __tablename__ = "note"

    id: Mapped[Key]
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    written_at: Mapped[datetime]
    body: Mapped[str]
    pinned: Mapped[Flag]


def suspects(session: Session, company_id: int, today: date) -> list[int]:
    """Customers for whom something may happen today."""
    query = sa.select(Customer.id).where(Customer.company_id == company_id, Customer.review_on <= today)
    return list(session.scalars(query))


def contacts_of(session: Session, customer_id: int) -> list[Contact]:
    """The contacts of a customer to be changed, billing first."""
    query = sa.select(Contact).where(Contact.customer_id == customer_id)
    return list(session.scalars(query.order_by(Contact.role != "billing", Contact.id)))
