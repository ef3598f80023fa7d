"""The audit log: one row for every change a person or a task makes, in the same transaction, chained by hash."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Key, Text


class AuditEntry(Base):
    """Who did what to which row, and the hash that chains it to the entry before."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("ix_audit_noun", "noun", "noun_id"), sa.Index("ix_audit_company", "company_id", "at"))

    id: Mapped[Key]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))  # None: a task
    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id", ondelete="SET NULL"))
    verb: Mapped[str]
    noun: Mapped[str]
    noun_id: Mapped[int | None]
    changes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    previous_hash: Mapped[Text]
    hash: Mapped[Text]


def record(
    session: Session,
    at: datetime,
    actor_id: int | None,
    company_id: int | None,
    verb: str,
    noun: str,
    noun_id: int | None = None,
    changes: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add the audit row of one change to the running transaction; secrets must not be among the changes."""
    previous = session.scalar(sa.select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)) or ""
    changes = changes or {}
    facts = [at.isoformat(), actor_id, company_id, verb, noun, noun_id, changes]
    digest = hashlib.sha256((previous + json.dumps(facts, sort_keys=True, default=str)).encode()).hexdigest()
    entry = AuditEntry(
        at=at,
        actor_id=actor_id,
        company_id=company_id,
        verb=verb,
        noun=noun,
        noun_id=noun_id,
        changes=json.loads(json.dumps(changes, default=str)),
        previous_hash=previous,
        hash=digest,
    )
    session.add(entry)
    session.flush()
    return entry
