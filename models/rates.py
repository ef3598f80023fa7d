"""Rates of late interest as dated rows: who entered each, when, and from which source. A correction replaces a row, never changes it."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Flag, Key, Text
from models.users import User


class RateRow(Base):
    """A rate of one country and kind from a day on, in thousandths of a percent; the law's, so the same for all companies.

    Those of `rules.rates_known` come with the program and have no row here; a row for the same day goes before them.
    replaced_at: a later row for the same day took its place."""

    __tablename__ = "rate_row"
    __table_args__ = (
        sa.CheckConstraint("rate_thousandths between 0 and 100000", name="range"),
        sa.Index(
            "ix_rate_row_current",
            "country",
            "kind",
            "from_on",
            unique=True,
            sqlite_where=sa.text("replaced_at IS NULL"),
            postgresql_where=sa.text("replaced_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    country: Mapped[str]  # EU: the European Central Bank
    kind: Mapped[str]  # business, public, consumer, legal, reference
    from_on: Mapped[date]
    rate_thousandths: Mapped[int]
    source: Mapped[Text]
    provisional: Mapped[Flag]  # announced or worked out, not published
    entered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    entered_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]


class RateLine(NamedTuple):
    """A row in use. who empty: came with the program, and entered_at is None."""

    country: str
    kind: str
    from_on: date
    rate_thousandths: int
    source: str
    provisional: bool
    who: str = ""
    entered_at: datetime | None = None


def entered_rates(session: Session) -> list[RateLine]:
    """The rates people entered that are in use, by country and kind, oldest first."""
    query = (
        sa.select(
            RateRow.country, RateRow.kind, RateRow.from_on, RateRow.rate_thousandths, RateRow.source, RateRow.provisional,
            sa.func.coalesce(User.name, ""), RateRow.entered_at,
        )
        .outerjoin(User, User.id == RateRow.entered_by_id)
        .where(RateRow.replaced_at.is_(None))
        .order_by(RateRow.country, RateRow.kind, RateRow.from_on)
    )  # fmt: skip
    return [RateLine(*row) for row in session.execute(query)]


def current_rate(session: Session, country: str, kind: str, from_on: date) -> RateRow | None:
    """The row in use that starts on a day."""
    return session.scalar(
        sa.select(RateRow).where(
            RateRow.country == country, RateRow.kind == kind, RateRow.from_on == from_on, RateRow.replaced_at.is_(None)
        )
    )
