"""Jobs: the truth about work to be done in the background. Huey only wakes; this table remembers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

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


LEASE = timedelta(minutes=15)
TRIES = 6


def add_job(session: Session, kind: str, now: datetime, key: str | None = None, **args: Any) -> Job | None:
    """Work to be done after this transaction, in the same transaction as its cause; None when its key is already there."""
    if key is not None and session.scalar(sa.select(Job.id).where(Job.key == key)) is not None:
        return None
    job = Job(kind=kind, key=key, args=args, state="queued", run_at=now, made_at=now)
    session.add(job)
    session.flush()
    return job


def _due(now: datetime) -> sa.ColumnElement[bool]:
    lapsed = sa.and_(Job.state == "running", Job.lease_until < now)
    return sa.and_(Job.run_at <= now, sa.or_(Job.state == "queued", lapsed))


def due_jobs(session: Session, now: datetime) -> list[tuple[int, str]]:
    """Id and kind of the jobs to run now, those whose worker is gone among them, oldest first."""
    return [
        (row[0], row[1]) for row in session.execute(sa.select(Job.id, Job.kind).where(_due(now)).order_by(Job.run_at, Job.id))
    ]


def pending_job(session: Session, prefix: str) -> Job | None:
    """The oldest job not yet over whose key begins so."""
    begins = Job.key.startswith(prefix, autoescape=True)
    return session.scalar(sa.select(Job).where(begins, Job.state.in_(("queued", "running"))).order_by(Job.id).limit(1))


def claim_job(session: Session, job_id: int, now: datetime) -> Job | None:
    """Take a job until its lease ends; None when another worker has it, or it is done."""
    query = (
        sa.update(Job)
        .where(Job.id == job_id, _due(now))
        .values(state="running", attempts=Job.attempts + 1, lease_until=now + LEASE)
        .returning(Job.id)
        .execution_options(synchronize_session=False)
    )
    if session.execute(query).first() is None:
        return None
    return session.get(Job, job_id, populate_existing=True)


def end_job(session: Session, job_id: int, attempt: int, now: datetime, error: str = "") -> str:
    """How an attempt ended: done, queued again after a growing wait, or failed for good. Only the attempt that holds the
    lease may say so; answers the state."""
    job = session.get(Job, job_id, populate_existing=True)
    if job is None or job.attempts != attempt or job.state != "running":
        return job.state if job else "gone"
    job.lease_until, job.error = None, error[:2000]
    if not error:
        job.state, job.finished_at = "done", now
    elif job.attempts >= TRIES:
        job.state, job.finished_at = "failed", now
    else:
        job.state, job.run_at = "queued", now + timedelta(minutes=2**job.attempts)
    session.flush()
    return job.state


def release_leases(session: Session) -> None:
    """At start no other worker can be alive: what was running is due again."""
    query = sa.update(Job).where(Job.state == "running").values(state="queued", lease_until=None)
    session.execute(query.execution_options(synchronize_session=False))


def forget_jobs(session: Session, before: datetime, kinds: Sequence[str]) -> None:
    """Finished jobs of these kinds are only kept for a while."""
    query = sa.delete(Job).where(Job.state == "done", Job.kind.in_(kinds), Job.finished_at < before)
    session.execute(query.execution_options(synchronize_session=False))
