"""What is known of the messages of one customer, for the file that proves them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.actions import Action
from models.inbound import InboundMessage
from models.messages import Message


@dataclass(frozen=True, slots=True)
class ProofRow:
    """One message that left, was kept or printed, or was refused; one that came in has state "received"."""

    id: int
    state: str
    channel: str
    stage: str
    level: int
    currency: str
    amount_cents: int
    recipient: str
    subject: str
    message_id: str
    body_hash: str
    queued_at: datetime
    sent_at: datetime | None
    attempts: int
    answer: str
    reason: str


def proof_rows(session: Session, customer_id: int) -> list[ProofRow]:
    """Every message of a customer that was written, oldest first."""
    query = (
        sa.select(
            Message.id, Message.state, Message.channel, sa.func.coalesce(Action.stage, ""), sa.func.coalesce(Action.level, 0),
            sa.func.coalesce(Action.currency, ""), sa.func.coalesce(Action.amount_cents, 0), Message.recipient, Message.subject,
            Message.message_id, Message.body_hash, Message.queued_at, Message.sent_at, Message.attempts, Message.answer,
            Message.failure_code,
        )
        .outerjoin(Action, Action.id == Message.action_id)
        .where(
            Message.customer_id == customer_id, Message.purpose != "test", Message.state.not_in(("planned", "dropped")),
        )
        .order_by(Message.queued_at, Message.id)
    )  # fmt: skip
    rows: Iterable[Any] = session.execute(query)
    return [ProofRow(*row) for row in rows]


def body_of(session: Session, message_id: int) -> bytes:
    """The exact bytes of a message; empty when they are lost."""
    return session.scalar(sa.select(Message.body).where(Message.id == message_id)) or b""


@dataclass(frozen=True, slots=True)
class CameIn:
    """One mail of the customer, or a server's about one of our messages, as it was read."""

    kind: str
    sender: str
    subject: str
    text: str
    message_id: str
    received_at: datetime
    answers_id: int | None
    diagnostic: str


def came_in(session: Session, customer_id: int) -> list[CameIn]:
    """Replies, returns and automatic answers of a customer, oldest first."""
    m = InboundMessage
    query = sa.select(m.kind, m.sender, m.subject, m.text, m.message_id, m.received_at, m.answers_id, m.diagnostic)
    return [CameIn(*row) for row in session.execute(query.where(m.customer_id == customer_id).order_by(m.received_at, m.id))]
