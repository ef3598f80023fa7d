"""The lists of messages a person looks at: uncertain, failed, waiting, gone; and one message with all that is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.actions import Action
from models.customers import Customer
from models.lists import matches
from models.messages import Message, Outbox
from models.paging import PER_PAGE, Page
from models.users import User

Reps = tuple[int, ...] | None
TABS: Mapping[str, tuple[str, ...]] = {
    "unknown": ("unknown",),
    "failed": ("failed", "bounced"),
    "waiting": ("planned", "queued", "claimed", "retry", "held"),
    "gone": ("sent", "kept", "printed"),
    "dropped": ("dropped",),
}
"""The tabs of the page and the states behind each."""


@dataclass(frozen=True, slots=True)
class MessageFilters:
    """Which messages; `reps` None: of every customer."""

    tab: str
    reps: Reps = None
    channel: str = ""
    state: str = ""
    text: str = ""  # in the customer's name or code, the address or the subject


class MessageRow(NamedTuple):
    """One line of the lists."""

    id: int
    customer_id: int | None
    code: str
    customer: str
    channel: str
    purpose: str
    recipient: str
    subject: str
    state: str
    reason: str  # code: why failed, dropped, tried again
    answer: str
    attempts: int
    message_id: str
    queued_at: datetime
    sent_at: datetime | None
    data_done_at: datetime | None
    next_try_at: datetime | None
    outbox_id: int | None
    stage: str
    level: int
    currency: str
    amount_cents: int

    @property
    def at(self) -> datetime:
        """When it left, else when it was made ready."""
        return self.sent_at or self.queued_at


def _rows(company_id: int, reps: Reps) -> sa.Select[*tuple[Any, ...]]:
    reason = sa.func.coalesce(sa.func.nullif(Message.failure_code, ""), Action.drop_code, "")
    query = (
        sa.select(
            Message.id, Message.customer_id, sa.func.coalesce(Customer.code, ""),
            sa.func.coalesce(Customer.name, Message.recipient_name), Message.channel, Message.purpose, Message.recipient,
            Message.subject, Message.state, reason, Message.answer, Message.attempts, Message.message_id, Message.queued_at,
            Message.sent_at, Message.data_done_at, Message.next_try_at, Message.outbox_id, sa.func.coalesce(Action.stage, ""),
            sa.func.coalesce(Action.level, 0), sa.func.coalesce(Action.currency, ""), sa.func.coalesce(Action.amount_cents, 0),
        )
        .outerjoin(Action, Action.id == Message.action_id)
        .outerjoin(Customer, Customer.id == Message.customer_id)
        .where(Message.company_id == company_id)
    )  # fmt: skip
    return query if reps is None else query.where(Customer.sales_rep_id.in_(reps))


def message_page(session: Session, company_id: int, filters: MessageFilters, number: int = 1) -> Page[MessageRow]:
    """One page of a tab, newest first."""
    query = _rows(company_id, filters.reps).where(Message.state.in_(TABS[filters.tab]))
    if filters.channel:
        query = query.where(Message.channel == filters.channel)
    if filters.state:
        query = query.where(Message.state == filters.state)
    if filters.text.strip():
        query = query.where(
            matches(filters.text)
            | Message.recipient.contains(filters.text.strip(), autoescape=True)
            | Message.subject.contains(filters.text.strip(), autoescape=True)
        )
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    rows = session.execute(query.order_by(Message.id.desc()).limit(PER_PAGE).offset((number - 1) * PER_PAGE))
    return Page([MessageRow(*row) for row in rows], total, number)


def tab_counts(session: Session, company_id: int, reps: Reps = None) -> dict[str, int]:
    """How many messages stand behind each tab."""
    query = sa.select(Message.state, sa.func.count()).where(Message.company_id == company_id).group_by(Message.state)
    if reps is not None:
        query = query.join(Customer, Customer.id == Message.customer_id).where(Customer.sales_rep_id.in_(reps))
    counted: dict[str, int] = {row[0]: row[1] for row in session.execute(query)}
    return {tab: sum(counted.get(state, 0) for state in states) for tab, states in TABS.items()}


@dataclass(frozen=True, slots=True)
class Known:
    """One message with its action, its customer and who sent it."""

    message: Message
    body: bytes
    action: Action | None
    customer: Customer | None
    sender: str  # name of the person; empty: by itself


def known(session: Session, message: Message) -> Known:
    """All there is to show of a message, in two queries."""
    row = session.execute(
        sa.select(Message.body, Action, Customer, User.name)
        .select_from(Message)
        .outerjoin(Action, Action.id == Message.action_id)
        .outerjoin(Customer, Customer.id == Message.customer_id)
        .outerjoin(Outbox, Outbox.id == Message.outbox_id)
        .outerjoin(User, User.id == Outbox.by_id)
        .where(Message.id == message.id)
    ).one()
    return Known(message, row[0] or b"", row[1], row[2], row[3] or "")


def last_outbox(session: Session, company_id: int, user_id: int, after: datetime) -> Outbox | None:
    """The batch this person prepared last, if it is no older than that."""
    query = sa.select(Outbox).where(Outbox.company_id == company_id, Outbox.by_id == user_id, Outbox.made_at >= after)
    return session.scalars(query.order_by(Outbox.id.desc()).limit(1)).first()
