"""What came in by mail about our messages: returns, replies, automatic answers; and the questions asked of it.

Mail that concerns none of our messages and none of our customers is never kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Key, Text
from models.company import Company
from models.customers import Contact, Customer
from models.lists import matches
from models.messages import Message
from models.paging import PER_PAGE, Page
from models.users import User

TASKS = ("reply", "bounce_hard", "bounce_soft")
"""Kinds that a person looks at; the others are only noted."""
TABS: dict[str, tuple[str, ...]] = {
    "open": TASKS,
    "replies": ("reply",),
    "bounces": ("bounce_hard", "bounce_soft", "delayed"),
    "automatic": ("auto_reply", "receipt"),
}


class InboundMessage(Base):
    """One mail that came in. kind: reply, bounce_hard (the address is bad), bounce_soft (not delivered, the address may be good),
    delayed (still being tried), auto_reply (out of office and the like), receipt (the message was displayed).

    `message_id` is the mail's own, or made of its bytes: read twice, it is one row."""

    __tablename__ = "inbound_message"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "message_id"),
        sa.Index("ix_inbound_customer", "customer_id", "received_at"),
        sa.Index("ix_inbound_company", "company_id", "received_at"),
        sa.Index(
            "ix_inbound_open",
            "company_id",
            "kind",
            sqlite_where=sa.text("handled_at IS NULL"),
            postgresql_where=sa.text("handled_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    answers_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message.id", ondelete="SET NULL"), index=True)
    uid: Mapped[int] = mapped_column(sa.BigInteger)  # in the folder of the mailbox
    message_id: Mapped[str]
    kind: Mapped[str]
    sender: Mapped[Text]
    sender_name: Mapped[Text]
    subject: Mapped[Text]
    text: Mapped[Text]  # without what it quotes
    received_at: Mapped[datetime]
    read_at: Mapped[datetime]  # when it was fetched
    status: Mapped[Text]  # of returns: 5.1.1
    diagnostic: Mapped[Text]  # of returns: the words of the server
    recipient: Mapped[Text]  # of returns: whom it could not reach
    until_on: Mapped[date | None]  # of automatic answers: last day of absence
    handled_at: Mapped[datetime | None]
    handled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))


class InboundRow(NamedTuple):
    """One line of the inbox."""

    id: int
    kind: str
    customer_id: int | None
    code: str
    customer: str
    sender: str
    sender_name: str
    subject: str
    text: str
    received_at: datetime
    status: str
    diagnostic: str
    recipient: str
    until_on: date | None
    answers_id: int | None
    handled_at: datetime | None
    handled_by: str

    @property
    def is_open(self) -> bool:
        """Whether a person should look at it."""
        return self.kind in TASKS and self.handled_at is None


class Ours(NamedTuple):
    """A message of ours that something came in about."""

    id: int
    message_id: str
    customer_id: int | None
    action_id: int | None
    channel: str
    state: str
    recipient: str


def known_already(session: Session, company_id: int, message_ids: Collection[str]) -> set[str]:
    """Those of some mails that were taken in before."""
    query = sa.select(InboundMessage.message_id).where(
        InboundMessage.company_id == company_id, InboundMessage.message_id.in_(message_ids)
    )
    return set(session.scalars(query))


def ours_among(session: Session, company_id: int, message_ids: Collection[str]) -> dict[str, Ours]:
    """Messages of the company by their Message-ID, among some identifiers that a mail speaks of."""
    columns = [getattr(Message, name) for name in Ours._fields]
    query = sa.select(*columns).where(Message.message_id.in_(message_ids), Message.company_id == company_id)
    return {row[1]: Ours._make(row) for row in session.execute(query)}


def customer_writing_from(session: Session, company_id: int, address: str) -> int | None:
    """The only customer one of whose contacts has this address; None when nobody or several have it."""
    query = (
        sa.select(Customer.id)
        .join(Contact, Contact.customer_id == Customer.id)
        .where(Customer.company_id == company_id, sa.func.lower(Contact.email) == address.lower())
        .distinct()
        .limit(2)
    )
    found = session.scalars(query).all()
    return found[0] if len(found) == 1 else None


def mark_bounced(session: Session, message_id: int, states: Sequence[str], answer: str) -> bool:
    """A message that had left came back; False when it is in none of these states (any more)."""
    query = (
        sa.update(Message)
        .where(Message.id == message_id, Message.state.in_(states))
        .values(state="bounced", failure_code="bounced", answer=answer)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    return session.execute(query).first() is not None


def handle_bounces(session: Session, customer_id: int, actor_id: int | None, at: datetime) -> None:
    """The address of a customer was repaired: the returns that asked for it are done."""
    query = sa.update(InboundMessage).where(
        InboundMessage.customer_id == customer_id, InboundMessage.kind == "bounce_hard", InboundMessage.handled_at.is_(None)
    )
    session.execute(query.values(handled_at=at, handled_by_id=actor_id).execution_options(synchronize_session=False))


def _rows(company_id: int) -> sa.Select[*tuple[Any, ...]]:
    one = InboundMessage
    return (
        sa.select(
            one.id, one.kind, one.customer_id, sa.func.coalesce(Customer.code, ""), sa.func.coalesce(Customer.name, ""),
            one.sender, one.sender_name, one.subject, one.text, one.received_at, one.status, one.diagnostic, one.recipient,
            one.until_on, one.answers_id, one.handled_at, sa.func.coalesce(User.name, ""),
        )
        .outerjoin(Customer, Customer.id == one.customer_id)
        .outerjoin(User, User.id == one.handled_by_id)
        .where(one.company_id == company_id)
    )  # fmt: skip


def _in_tab(tab: str) -> sa.ColumnElement[bool]:
    kinds = InboundMessage.kind.in_(TABS[tab])
    return sa.and_(kinds, InboundMessage.handled_at.is_(None)) if tab == "open" else kinds


def inbox(session: Session, company_id: int, tab: str, text: str = "", number: int = 1) -> Page[InboundRow]:
    """One page of what came in, newest first."""
    query = _rows(company_id).where(_in_tab(tab))
    if text.strip():
        words = text.strip()
        query = query.where(
            matches(words)
            | InboundMessage.sender.contains(words, autoescape=True)
            | InboundMessage.subject.contains(words, autoescape=True)
        )
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    order = (InboundMessage.received_at.desc(), InboundMessage.id.desc())
    rows = session.execute(query.order_by(*order).limit(PER_PAGE).offset((number - 1) * PER_PAGE))
    return Page([InboundRow._make(row) for row in rows], total, number)


def one_row(session: Session, company_id: int, inbound_id: int) -> InboundRow:
    """One mail as the list shows it."""
    return InboundRow._make(session.execute(_rows(company_id).where(InboundMessage.id == inbound_id)).one())


def inbox_counts(session: Session, company_id: int) -> dict[str, int]:
    """How many mails stand behind each tab."""
    waits = InboundMessage.handled_at.is_(None)
    query = (
        sa.select(InboundMessage.kind, waits.label("waits"), sa.func.count())
        .where(InboundMessage.company_id == company_id)
        .group_by(InboundMessage.kind, "waits")
    )
    counts = dict.fromkeys(TABS, 0)
    for kind, open_, count in session.execute(query):
        for tab, kinds in TABS.items():
            if kind in kinds and (tab != "open" or open_):
                counts[tab] += count
    return counts


def to_look_at(
    session: Session, company_id: int, collector_id: int | None = None, text: str = "", limit: int = 50
) -> list[InboundRow]:
    """Replies to read and returns to look at of customers, replies first, the oldest first in each."""
    query = _rows(company_id).where(_in_tab("open"), InboundMessage.customer_id.is_not(None))
    if collector_id is not None:
        query = query.where(Customer.collector_id == collector_id)
    if text.strip():
        query = query.where(matches(text))
    order = (InboundMessage.kind != "reply", InboundMessage.received_at, InboundMessage.id)
    return [InboundRow._make(row) for row in session.execute(query.order_by(*order).limit(limit))]


def waiting_customers(company_id: int) -> sa.Select[int | None]:
    """The customers something of whom waits to be looked at; a part of other questions."""
    return sa.select(InboundMessage.customer_id).where(
        InboundMessage.company_id == company_id,
        InboundMessage.kind.in_(TASKS),
        InboundMessage.handled_at.is_(None),
        InboundMessage.customer_id.is_not(None),
    )


def companies_with_mailbox(session: Session) -> list[int]:
    """Companies whose mailbox is to be read."""
    return list(session.scalars(sa.select(Company.id).where(Company.imap_host != "").order_by(Company.id)))
