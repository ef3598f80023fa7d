"""What a litigation file of one customer is made from: its documents and what was sent to it, with the proof of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.actions import Action
from models.documents import Document
from models.items import Item
from models.messages import Message


class Paper(NamedTuple):
    """A document of the customer, of an item or not."""

    name: str
    kind: str
    sha256: str
    path: str
    made_at: datetime
    piece: str


class Sent(NamedTuple):
    """A message that was handed over, with its exact bytes and the server's answer."""

    id: int
    channel: str
    subject: str
    recipient: str
    sent_at: datetime | None
    body: bytes | None
    body_hash: str
    answer: str
    stage: str
    level: int


def papers(session: Session, customer_id: int) -> list[Paper]:
    """Documents of open items and those of the customer itself, by item."""
    query = (
        sa.select(
            Document.name, Document.kind, Document.sha256, Document.path, Document.made_at, sa.func.coalesce(Item.piece, "")
        )
        .outerjoin(Item, Item.id == Document.item_id)
        .where(Document.customer_id == customer_id, sa.or_(Document.item_id.is_(None), Item.open_cents != 0))
        .order_by(Item.due_on, Document.id)
    )
    return [Paper._make(row) for row in session.execute(query)]


def messages(session: Session, customer_id: int) -> Iterator[Sent]:
    """What was sent, oldest first, one at a time: their bytes may be many."""
    query = (
        sa.select(
            Message.id, Message.channel, Message.subject, Message.recipient, Message.sent_at, Message.body, Message.body_hash,
            Message.answer, sa.func.coalesce(Action.stage, ""), sa.func.coalesce(Action.level, 0),
        )
        .outerjoin(Action, Action.id == Message.action_id)
        .where(
            Message.customer_id == customer_id, Message.purpose != "test",
            Message.state.in_(("sent", "kept", "printed", "bounced", "unknown")),
        )
        .order_by(Message.sent_at, Message.id)
        .execution_options(yield_per=20)
    )  # fmt: skip
    for row in session.execute(query):
        yield Sent._make(row)
