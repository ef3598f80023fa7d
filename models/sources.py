"""Where syncs come from by themselves: watched folders, SFTP servers, live connectors; each with its schedule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Flag, Key, Text


class Source(Base):
    """One place a company's files or ledger are fetched from.

    kind: folder, sftp, odoo, dolibarr, erpnext. settings: what the kind needs, without secrets (host, user, path, url,
    database …). secret_sealed: password, key or token, encrypted with the instance's key. schedule: "manual",
    "hourly", "daily" (at `at` in the company's time zone), folders also "watch" (every minute). cursor: how far the
    last pull came."""

    __tablename__ = "source"
    __table_args__ = (
        sa.CheckConstraint("kind in ('folder', 'sftp', 'odoo', 'dolibarr', 'erpnext')", name="kind"),
        sa.CheckConstraint("schedule in ('manual', 'watch', 'hourly', 'daily')", name="schedule"),
        sa.Index("ix_source_company", "company_id"),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    kind: Mapped[str]
    name: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    secret_sealed: Mapped[Text]
    schedule: Mapped[str] = mapped_column(default="manual")
    at: Mapped[str] = mapped_column(default="06:00")
    active: Mapped[Flag]
    cursor: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_run_at: Mapped[datetime | None]
    last_good_at: Mapped[datetime | None]
    last_error: Mapped[dict[str, Any] | None]  # {code, params}
    made_at: Mapped[datetime]
