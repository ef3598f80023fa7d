"""Items (one line of the customer ledger each) and the allocations between them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Cents, Flag, Key, Text


def _entry_on(context: Any) -> date:
    return context.get_current_parameters()["entry_on"]  # type: ignore[no-any-return]


class Item(Base):
    """One line on a customer account. Amounts are signed cents of `currency`: positive is owed to us.

    state: counted (part of the balance), repeat (an opening line that repeats a known item), vanished (no longer in the ledger).
    The ledger's open amount is open_cents + bank_cents; it is amount_cents less what allocations took for counted items, 0 for
    the others. bank_cents is signed like it: what a bank file shows as paid before the ledger does (services.bank)."""

    __tablename__ = "item"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "key"),
        sa.CheckConstraint("state in ('counted', 'repeat', 'vanished')", name="state"),
        sa.Index(
            "ix_item_open_customer",
            "company_id",
            "customer_id",
            "currency",
            "due_on",
            "open_cents",
            "expected_on",
            sqlite_where=sa.text("open_cents <> 0"),
            postgresql_where=sa.text("open_cents <> 0"),
        ),
        sa.Index(
            "ix_item_open_due",
            "company_id",
            "due_on",
            "open_cents",
            "customer_id",
            "currency",
            sqlite_where=sa.text("open_cents <> 0"),
            postgresql_where=sa.text("open_cents <> 0"),
        ),
        sa.Index(
            "ix_item_expected",
            "company_id",
            "expected_on",
            "due_on",
            "currency",
            "open_cents",
            "customer_id",
            sqlite_where=sa.text("open_cents <> 0 AND expected_on IS NOT NULL"),
            postgresql_where=sa.text("open_cents <> 0 AND expected_on IS NOT NULL"),
        ),
        sa.Index(
            "ix_item_bank",
            "company_id",
            "customer_id",
            sqlite_where=sa.text("bank_cents <> 0"),
            postgresql_where=sa.text("bank_cents <> 0"),
        ),
        sa.Index("ix_item_customer_entry", "customer_id", "entry_on"),
        sa.Index("ix_item_piece", "company_id", "piece"),
        sa.Index(
            "ix_item_announced",
            "company_id",
            "customer_id",
            sqlite_where=sa.text("announced"),
            postgresql_where=sa.text("announced"),
        ),
        sa.Index(
            "ix_item_repeats",
            "repeats_id",
            sqlite_where=sa.text("repeats_id IS NOT NULL"),
            postgresql_where=sa.text("repeats_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    key: Mapped[str]  # stable identity over syncs
    state: Mapped[str] = mapped_column(default="counted")
    kind: Mapped[str]  # rules.ledger.Kind
    source: Mapped[Text]  # format that brought it: fec, spreadsheet, …
    source_line: Mapped[int | None]

    account: Mapped[Text]
    journal: Mapped[Text]
    entry: Mapped[Text]
    entry_on: Mapped[date]
    # Part of the balance from this day: entry_on, or the opening day of an opening line when earlier years are known.
    counts_on: Mapped[date] = mapped_column(default=_entry_on)
    opens_on: Mapped[date | None]  # opening lines only: first day of the books they open
    piece: Mapped[Text]
    document_on: Mapped[date]
    due_on: Mapped[date]
    due_source: Mapped[str]  # file, invoice, customer, company, document (credits and payments: their own day), hand
    label: Mapped[Text]
    currency: Mapped[str]
    debit_cents: Mapped[Cents]  # as in the file
    credit_cents: Mapped[Cents]
    amount_cents: Mapped[Cents]
    open_cents: Mapped[Cents]  # left after the ledger and the bank
    bank_cents: Mapped[Cents] = mapped_column(default=0, server_default="0")  # seen at the bank, not in the ledger yet
    foreign_currency: Mapped[Text]
    foreign_cents: Mapped[Cents] = mapped_column(default=0)
    listed: Mapped[Flag]  # known from an open-item list only, not from a journal
    announced: Mapped[Flag]  # known from an electronic invoice only: open, but not in the ledger yet
    listed_cents: Mapped[Cents | None]  # open in the last open-item list; None: not in it, or a journal has come since
    letter: Mapped[Text]
    lettered_on: Mapped[date | None]
    settled_on: Mapped[date | None]  # day the last cent was settled
    method: Mapped[Text]
    repeats_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="SET NULL"))

    first_sync_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sync.id", ondelete="SET NULL"))
    last_sync_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("sync.id", ondelete="SET NULL")
    )  # changed it last; None: none since the first
    first_seen_on: Mapped[date]

    expected_on: Mapped[date | None]  # set by hand on the forecast grid; never the due date
    expected_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    expected_at: Mapped[datetime | None]
    direct_debit_rejected: Mapped[Flag]


class Allocation(Base):
    """Cents of a debit settled by a credit on a day. One side may be absent: carried by an opening, gone from an open-item list."""

    __tablename__ = "allocation"
    __table_args__ = (
        sa.CheckConstraint("cents > 0", name="positive"),
        sa.CheckConstraint("debit_id is not null or credit_id is not null", name="side"),
        sa.Index("ix_allocation_debit", "debit_id", "made_on", "cents"),
        sa.Index("ix_allocation_credit", "credit_id", "made_on", "cents"),
        sa.Index("ix_allocation_company", "company_id", "made_on"),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    debit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"))
    credit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"))
    cents: Mapped[Cents]
    made_on: Mapped[date]
    how: Mapped[str]  # letter, piece, label, carried, listed
