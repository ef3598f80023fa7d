"""Jobs: the truth about work to be done in the background. Huey only wakes; this table remembers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key, Text


class Job(Base):
    """One piece of background work. state: queued, running (leased), done, failed. A unique key makes adding it twice one job."""

    __tablename__ = "job"
    __table_args__ = (sa.Index("ix_job_due", "state", "run_at"),)

    id: Mapped[Key]
    kind: Mapped[str]
    key: Mapped[str | None] = mapped_column(unique=True)
    args: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    run_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    made_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[Text]
