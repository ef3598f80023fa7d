"""Syncs: one run of reading a ledger, what it changed and how to take it back; remembered column mappings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Cents, Key, Text


class Sync(Base):
    """One run. state: staged (file kept, nothing written), running (the worker reads it), done, refused, undone.
    kind: journal, open_items, third_parties (ledgers), invoices, bank."""

    __tablename__ = "sync"
    __table_args__ = (sa.Index("ix_sync_company", "company_id", "started_at"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    state: Mapped[str]
    kind: Mapped[Text]  # journal, open_items, third_parties
    format: Mapped[Text]
    file_name: Mapped[Text]
    file_hash: Mapped[Text]  # SHA-256
    file_path: Mapped[Text]  # below the data folder
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)  # the mapping used
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    lines_read: Mapped[int] = mapped_column(default=0)
    customers: Mapped[int] = mapped_column(default=0)
    customers_new: Mapped[int] = mapped_column(default=0)
    items_new: Mapped[int] = mapped_column(default=0)
    items_changed: Mapped[int] = mapped_column(default=0)
    items_settled: Mapped[int] = mapped_column(default=0)
    items_vanished: Mapped[int] = mapped_column(default=0)
    balance_cents: Mapped[Cents] = mapped_column(default=0)  # company currency
    gap_cents: Mapped[Cents] = mapped_column(default=0)  # ledger balance − Σ open; anything but 0 blocks sending
    remarks: Mapped[list[Any]] = mapped_column(default=list)  # [{code, line, column, params}]
    error: Mapped[dict[str, Any] | None]  # of a refused one: {code, params}
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)  # ids by kind of change, for the page
    undo: Mapped[bytes | None] = mapped_column(sa.LargeBinary)  # compressed earlier rows


class ColumnMapping(Base):
    """How a spreadsheet of a known shape is understood in one company."""

    __tablename__ = "column_mapping"
    __table_args__ = (sa.UniqueConstraint("company_id", "shape"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    shape: Mapped[str]
    mapping: Mapped[dict[str, Any]]
    used_at: Mapped[datetime]
