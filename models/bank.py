"""The bank as files show it: accounts, statements, movements, and what each movement was matched to."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Cents, Flag, Key, Text

STANDING = ("provisional", "confirmed")
"""States of a match that say money came in; the others are proposals or history."""


class BankAccount(Base):
    """One of the company's own accounts, made when its first statement is read."""

    __tablename__ = "bank_account"
    __table_args__ = (sa.UniqueConstraint("company_id", "number", "currency"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    number: Mapped[str]  # IBAN or number, without spaces
    currency: Mapped[str]
    name: Mapped[Text]
    bic: Mapped[Text]
    balance_cents: Mapped[Cents | None]  # closing balance of the latest statement of a day
    balance_on: Mapped[date | None]


class BankStatement(Base):
    """One statement that was read. kind: day, intraday, advice (rules.bank.Statement)."""

    __tablename__ = "bank_statement"
    __table_args__ = (sa.Index("ix_bank_statement_account", "account_id", "closing_on"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("bank_account.id", ondelete="CASCADE"))
    sync_id: Mapped[int] = mapped_column(sa.ForeignKey("sync.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    number: Mapped[Text]
    uid: Mapped[Text]
    opening_cents: Mapped[Cents | None]
    closing_cents: Mapped[Cents | None]
    opening_on: Mapped[date | None]
    closing_on: Mapped[date | None]
    movements: Mapped[int] = mapped_column(default=0)
    movements_new: Mapped[int] = mapped_column(default=0)


class BankMovement(Base):
    """One movement on an account, kept once however often files show it.

    state: open (nobody knows what it pays), proposed (at least one proposal waits), matched (what it pays is known,
    left_cents may remain unallocated), ignored (a person said: not from a customer), gone (taken back with its sync)."""

    __tablename__ = "bank_movement"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "key"),
        sa.CheckConstraint("state in ('open', 'proposed', 'matched', 'ignored')", name="state"),
        sa.Index("ix_bank_movement_company", "company_id", "booked_on"),
        sa.Index("ix_bank_movement_state", "company_id", "state", "booked_on"),
        sa.Index("ix_bank_movement_customer", "customer_id", "booked_on"),
        sa.Index("ix_bank_movement_statement", "statement_id"),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("bank_account.id", ondelete="CASCADE"))
    statement_id: Mapped[int] = mapped_column(sa.ForeignKey("bank_statement.id", ondelete="CASCADE"))
    key: Mapped[str]  # identity over files (rules.bank_identity)
    state: Mapped[str] = mapped_column(default="open")
    source_line: Mapped[int | None]
    booked_on: Mapped[date]
    value_on: Mapped[date | None]
    amount_cents: Mapped[Cents]
    left_cents: Mapped[Cents]  # signed: not matched to an item yet
    currency: Mapped[str]
    uid: Mapped[Text]
    name: Mapped[Text]
    name_folded: Mapped[Text]
    iban: Mapped[Text]
    bic: Mapped[Text]
    structured: Mapped[Text]
    end_to_end: Mapped[Text]
    text: Mapped[Text]
    invoices: Mapped[list[Any]] = mapped_column(default=list)
    code: Mapped[Text]
    returned: Mapped[Flag]
    return_reason: Mapped[Text]
    mandate: Mapped[Text]
    batch: Mapped[Text]
    foreign_currency: Mapped[Text]
    foreign_cents: Mapped[Cents] = mapped_column(default=0)
    customer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("customer.id", ondelete="SET NULL"))  # who paid
    returns_id: Mapped[int | None] = mapped_column(sa.ForeignKey("bank_movement.id", ondelete="SET NULL"))  # gives back
    ledger_item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="SET NULL"), index=True)
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None]


class BankMatch(Base):
    """Cents of a movement that pay an item; one row per movement and item of one proposal.

    cents has the sign of the item's side: positive takes from a debit; negative gives back (a returned payment reopens
    the item) or uses up a credit. difference_cents is written off beside it with a reason (bank fee, discount), the
    item being settled by cents + difference_cents.

    state: proposed (waits for a person), provisional (counts as received until the ledger shows it), confirmed (the
    ledger settles the item the same way), corrected (the ledger lettered it otherwise), dissolved (the ledger never
    showed it), undone (by a person, or its sync was taken back), declined (a proposal a person refused)."""

    __tablename__ = "bank_match"
    __table_args__ = (
        sa.CheckConstraint(
            "state in ('proposed', 'provisional', 'confirmed', 'corrected', 'dissolved', 'undone', 'declined')", name="state"
        ),
        sa.Index("ix_bank_match_movement", "movement_id"),
        sa.Index("ix_bank_match_item", "item_id"),
        sa.Index("ix_bank_match_state", "company_id", "state"),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    movement_id: Mapped[int] = mapped_column(sa.ForeignKey("bank_movement.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"))
    proposal: Mapped[int] = mapped_column(default=1)  # 1 the best of the movement; rows of one proposal stand together
    cents: Mapped[Cents]
    difference_cents: Mapped[Cents] = mapped_column(default=0)
    difference_reason: Mapped[Text]  # bank_fee, discount, rounding, other
    # Of a provisional one: what of it stands on the item beside the ledger, and the ledger's own line of the payment, on
    # which the same cents stand the other way round (rules.receipts).
    laid_cents: Mapped[Cents] = mapped_column(default=0, server_default="0")
    ledger_item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="SET NULL"), index=True)
    state: Mapped[str]
    how: Mapped[str]  # automatic, hand
    confidence: Mapped[int]  # 0–1000, of the whole proposal (rules.matching)
    evidence: Mapped[list[Any]] = mapped_column(default=list)  # [{code, params}], strongest first
    made_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    ended_at: Mapped[datetime | None]  # confirmed, corrected, dissolved, undone or declined


class PayerAccount(Base):
    """An account a customer pays from: learned from matches a person accepted or that were certain, or entered."""

    __tablename__ = "payer_account"
    __table_args__ = (sa.UniqueConstraint("company_id", "iban", "customer_id"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    iban: Mapped[str]
    times: Mapped[int] = mapped_column(default=1)
    last_on: Mapped[date]


class PayerName(Base):
    """A name a customer pays under that is not the customer's own, folded; learned from accepted matches."""

    __tablename__ = "payer_name"
    __table_args__ = (sa.UniqueConstraint("company_id", "name_folded", "customer_id"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"), index=True)
    name_folded: Mapped[str]
    times: Mapped[int] = mapped_column(default=1)
    last_on: Mapped[date]
