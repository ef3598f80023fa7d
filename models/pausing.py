"""Pauses: a company from which nothing leaves, since when, why and who said so; and how much of the send journal a database knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Key, Text
from models.users import User


class Pause(Base):
    """Nothing leaves a company from `started_at` to `ended_at`. kind: person (somebody said so), restored (the database is
    older than what the send journal says has left: somebody must look first)."""

    __tablename__ = "pause"
    __table_args__ = (sa.Index("ix_pause_company", "company_id", "ended_at"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    kind: Mapped[str]
    reason: Mapped[Text]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of a restored one: marked, added, unknown
    started_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))


class JournalMark(Base):
    """One row: everything in the send journal up to `size` bytes is known to this database. A restored one knows less."""

    __tablename__ = "journal_mark"

    id: Mapped[Key]
    size: Mapped[int]
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Paused:
    """The pause of a company as every page shows it."""

    id: int
    kind: str
    reason: str
    facts: dict[str, Any]
    started_at: datetime
    by: str


def pause_of(session: Session, company_id: int) -> Paused | None:
    """The pause a company is in; None when messages may leave."""
    query = (
        sa.select(
            Pause.id, Pause.kind, Pause.reason, Pause.facts, Pause.started_at, sa.func.coalesce(User.name, "").label("by")
        )
        .outerjoin(User, User.id == Pause.by_id)
        .where(Pause.company_id == company_id, Pause.ended_at.is_(None))
        .order_by(Pause.id.desc())
    )
    row = session.execute(query.limit(1)).first()
    return Paused(**row._mapping) if row else None


def is_paused(session: Session, company_id: int) -> bool:
    """Whether nothing may leave a company."""
    return bool(session.scalar(sa.select(open_pause(company_id))))


def open_pause(company_id: Any) -> sa.Exists:
    """As a condition of other queries: the company of a column is paused."""
    return sa.exists().where(Pause.company_id == company_id, Pause.ended_at.is_(None))


def end_pauses(session: Session, company_id: int, actor_id: int, now: datetime) -> int:
    """End whatever pause a company is in; how many were ended."""
    found = session.scalars(sa.select(Pause).where(Pause.company_id == company_id, Pause.ended_at.is_(None))).all()
    for pause in found:
        pause.ended_at, pause.ended_by_id = now, actor_id
    return len(found)


def mark_of(session: Session) -> int:
    """Bytes of the journal this database knows of."""
    return session.scalar(sa.select(JournalMark.size).where(JournalMark.id == 1)) or 0


def set_mark(session: Session, size: int, now: datetime) -> None:
    """Everything up to here is known."""
    found = session.get(JournalMark, 1)
    if found is None:
        session.add(JournalMark(id=1, size=size, at=now))
    else:
        found.size, found.at = size, now
