"""Points of vigilance one by one, and what people did about each: acknowledged it, put it off, entrusted it.

An alert is a kind and the number of its object (a promise, an item, a customer…). A mark is kept while the alert stands: once its
cause is gone the mark goes too, so that the same trouble next year is said again."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key


class AlertMark(Base):
    """What was done about one alert. Hidden while acknowledged, or until the day it was put off to."""

    __tablename__ = "alert_mark"
    __table_args__ = (sa.UniqueConstraint("company_id", "kind", "object_id"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    kind: Mapped[str]
    object_id: Mapped[int]
    acknowledged_at: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    until_on: Mapped[date | None]  # put off: shown again from this day
    assigned_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
