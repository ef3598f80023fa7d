"""Batches of messages: queued with an undo window, released after a second look, handed over, settled.

Nothing here sends: `tasks.sending` claims, commits, hands over to `integrations.channels`, and records. Composing the
bytes is `services.composing`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from models.company import Company
from models.messages import Message, Outbox


def queue_batch(
    session: Session,
    company: Company,
    entry_ids: Sequence[int],
    actor_id: int | None,
    now: datetime,
    today: date,
    undo_seconds: int | None = None,
) -> Outbox:
    """Worklist entries become actions and planned messages that leave after the undo window (None: the company's).

    Held entries, calls and entries already done are passed over; `outbox.planned` says how many messages there are.
    Raises `DomainError` nothing_to_send when none is left."""
    raise NotImplementedError


def undo_batch(session: Session, outbox: Outbox, actor_id: int | None, now: datetime, today: date) -> int:
    """Take back a batch that has not left; the number of messages taken back. Raises outbox_left when it is too late."""
    raise NotImplementedError


def hasten_batch(session: Session, outbox: Outbox, now: datetime) -> None:
    """End the undo window now: the batch leaves with the next look of the worker. Raises outbox_left."""
    raise NotImplementedError


def settle_unknown(
    session: Session,
    message: Message,
    arrived: bool,
    actor_id: int,
    now: datetime,
    today: date,
) -> None:
    """A person decides about an uncertain message: it arrived (sent), or goes again with the same Message-ID (queued).

    Raises message_not_unknown."""
    raise NotImplementedError


def release_batch(session: Session, outbox: Outbox, now: datetime, today: date) -> int:
    """Look again, drop what is no longer wanted, write the bytes of the rest; the number of messages queued."""
    raise NotImplementedError


def record_outcomes(
    session: Session,
    company: Company,
    outcomes: Iterable[object],
    now: datetime,
    today: date,
) -> None:
    """What the channel answered becomes the state of messages, actions and contacts."""
    raise NotImplementedError
