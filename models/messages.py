"""Messages with their exact bytes and states, and the outbox: one batch sent by one person or task."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key, Text


class Outbox(Base):
    """A batch of messages that leaves together, after its undo window. state: waiting, sending, done, undone."""

    __tablename__ = "outbox"
    __table_args__ = (sa.Index("ix_outbox_company", "company_id", "state"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    state: Mapped[str]
    made_at: Mapped[datetime]
    leaves_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    planned: Mapped[int] = mapped_column(default=0)
    print_path: Mapped[Text]  # merged print file of the letters, below the data folder


class Message(Base):
    """One message. states: planned, queued, claimed, retry, sent, kept (built-in outbox), printed (letter in the print file), failed, unknown, held, dropped, bounced.

    Bytes, Message-ID and hash are fixed when queued. `data_done_at` is committed just before the final dot: a claim lost
    before it is safe to retry, after it the outcome is unknown and a person decides."""

    __tablename__ = "message"
    __table_args__ = (
        sa.UniqueConstraint("message_id"),
        sa.Index("ix_message_state", "state", "company_id", "next_try_at"),
        sa.Index("ix_message_customer", "customer_id", "queued_at"),
        sa.Index("ix_message_outbox", "outbox_id"),
        sa.Index("ix_message_pace", "company_id", "claimed_at", "channel", "recipient"),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    action_id: Mapped[int | None] = mapped_column(sa.ForeignKey("action.id", ondelete="SET NULL"), unique=True)
    outbox_id: Mapped[int | None] = mapped_column(sa.ForeignKey("outbox.id", ondelete="SET NULL"))
    channel: Mapped[str]
    language: Mapped[str]
    state: Mapped[str]
    purpose: Mapped[str] = mapped_column(default="reminder")  # reminder, commitment, single, test, digest
    recipient: Mapped[Text]
    recipient_name: Mapped[Text]
    subject: Mapped[Text]
    message_id: Mapped[str]
    body: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True)  # exact bytes: RFC 5322 or PDF
    body_hash: Mapped[Text]  # SHA-256 of body
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what was said: items, amounts, reference, sender
    audit_head: Mapped[int] = mapped_column(default=0)  # last audit entry when it was last looked at: a later one, look again
    queued_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    data_done_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    answer: Mapped[Text]  # the server's last words
    failure_code: Mapped[Text]
