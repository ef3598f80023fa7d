"""Where syncs come from by themselves: watched folders, SFTP servers, live connectors; each with its schedule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Flag, Key, Text
from models.company import Company
from models.syncs import Sync


class Source(Base):
    """One place a company's files or ledger are fetched from.

    kind: folder, sftp, odoo, dolibarr, erpnext. settings: what the kind needs, without secrets (host, user, path, url,
    database …). secret_sealed: password, key or token, encrypted with the instance's key. schedule: "manual",
    "hourly", "daily" (at `at` in the company's time zone), folders also "watch" (every minute). cursor: how far the
    last pull came. failures: runs that failed since the last good one; next_try_at: when the next attempt comes after a
    failure (None: with the schedule). last_error stays until a run brings something good."""

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
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    next_try_at: Mapped[datetime | None]
    made_at: Mapped[datetime]


class SourceFile(Base):
    """A file that came by a folder or a server, or one pull of a connector (name empty).

    state: taken or refused (the books are written, the file is not put away yet), done (put away; of a server that keeps
    its files: never fetched again while size and time stay)."""

    __tablename__ = "source_file"
    __table_args__ = (
        sa.CheckConstraint("state in ('taken', 'refused', 'done')", name="state"),
        sa.Index("ix_source_file_source", "source_id", "name"),
    )

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(sa.ForeignKey("source.id", ondelete="CASCADE"))
    sync_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sync.id", ondelete="SET NULL"), index=True)
    name: Mapped[Text]
    size: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    modified: Mapped[int] = mapped_column(sa.BigInteger, default=0)  # as the file system counts it, only to be compared
    state: Mapped[str]
    sha256: Mapped[Text]
    outcome: Mapped[Text]  # taken, known (taken in before: no effect), refused
    target: Mapped[Text]  # where it was put away: done/NAME or refused/NAME
    note: Mapped[Text]  # what is written beside it
    came_at: Mapped[datetime]


class Arrival(NamedTuple):
    """What a source brought, as its page shows it."""

    name: str
    outcome: str
    came_at: datetime
    sync_id: int | None
    state: str  # of the sync
    items_new: int
    items_settled: int
    error: dict[str, Any] | None


def sources_of(session: Session, company_id: int) -> Sequence[Source]:
    """All sources of a company by name."""
    return session.scalars(sa.select(Source).where(Source.company_id == company_id).order_by(Source.name, Source.id)).all()


def scheduled(session: Session) -> list[tuple[Source, str, str]]:
    """Every source that runs by itself, with the code and the time zone of its company."""
    query = (
        sa.select(Source, Company.code, Company.time_zone)
        .join(Company, Company.id == Source.company_id)
        .where(Source.active, Source.schedule != "manual")
        .order_by(Source.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def folders_in_use(session: Session, but: int | None) -> list[tuple[str, str]]:
    """(code of the company, path of the settings) of every folder watched by another source."""
    query = sa.select(Company.code, Source.settings).join(Company, Company.id == Source.company_id)
    query = query.where(Source.kind == "folder", Source.id != (but or 0))
    return [(code, str(settings.get("path") or "")) for code, settings in session.execute(query)]


def not_put_away(session: Session, source_id: int) -> Sequence[SourceFile]:
    """Files whose run was stopped after the books were written and before they were put away."""
    query = sa.select(SourceFile).where(SourceFile.source_id == source_id, SourceFile.state != "done")
    return session.scalars(query.order_by(SourceFile.id)).all()


def fetched(session: Session, source_id: int) -> set[tuple[str, int, int]]:
    """Name, size and time of every file already fetched from a server."""
    query = sa.select(SourceFile.name, SourceFile.size, SourceFile.modified)
    query = query.where(SourceFile.source_id == source_id, SourceFile.state == "done")
    return {(row[0], row[1], row[2]) for row in session.execute(query)}


def taken_before(session: Session, company_id: int, sha256: str) -> int | None:
    """The sync that took these very bytes in and still stands; None when there is none."""
    mine = sa.and_(Sync.company_id == company_id, Sync.file_hash == sha256, Sync.state == "done")
    return session.scalar(sa.select(sa.func.max(Sync.id)).where(mine))


def arrivals(session: Session, source_id: int, limit: int) -> list[Arrival]:
    """What a source brought last, newest first."""
    query = (
        sa.select(
            SourceFile.name, SourceFile.outcome, SourceFile.came_at, SourceFile.sync_id, sa.func.coalesce(Sync.state, ""),
            sa.func.coalesce(Sync.items_new, 0), sa.func.coalesce(Sync.items_settled, 0), Sync.error,
        )
        .outerjoin(Sync, Sync.id == SourceFile.sync_id)
        .where(SourceFile.source_id == source_id)
        .order_by(SourceFile.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [Arrival(*row) for row in session.execute(query)]
