"""What the card of one customer asks: its head, contacts, last actions, settled items, promises, documents, group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models.actions import COUNTED, Action
from models.commitments import Hold, Promise
from models.company import Profile, SalesRep
from models.customers import Contact, Customer
from models.items import Item
from models.marks import active_hold
from models.messages import Message
from models.paging import Page
from models.recovery import Handover
from models.users import User

PER_PAGE = 30
STAGES = {"notice": ("notice",), "reminder": ("reminder", "formal_notice", "handover"), "thanks": ("thanks",)}
"""The three stages of a customer's card."""


class Head(NamedTuple):
    """Names and counts around one customer; kept and broken promises of all time, two counts of the last year."""

    profile: str
    sales_rep: str
    collector: str
    parent_id: int | None
    parent: str
    children: int
    promises: int
    promises_kept: int
    promises_broken: int
    broken_in_year: int
    rejected_in_year: int
    paid: int
    documents: int
    handovers: int  # not ended
    seen: int  # items paid at the bank alone
    hold_id: int | None
    hold_reason: str | None
    hold_until_on: date | None


class LastAction(NamedTuple):
    """Something done for the customer; all None when nothing was."""

    stage: str | None
    level: int | None
    channel: str | None
    done_on: date | None
    wait_until_on: date | None


class ContactRow(NamedTuple):
    """A contact as the card shows it."""

    id: int
    name: str
    role: str
    email: str
    phone: str
    mobile: str
    email_bad_reason: str
    email_bad_at: datetime | None
    phone_bad_reason: str
    phone_bad_at: datetime | None


class PaidItem(NamedTuple):
    """A settled invoice."""

    id: int
    piece: str
    label: str
    document_on: date
    due_on: date
    settled_on: date | None
    currency: str
    amount_cents: int


class PromiseRow(NamedTuple):
    """A promise with the number of its item."""

    id: int
    state: str
    promised_on: date
    cents: int
    currency: str
    piece: str
    said_by: str
    remark: str
    made_at: datetime
    who: str


class Document(NamedTuple):
    """A message or letter as it was sent."""

    id: int
    channel: str
    state: str
    subject: str
    recipient: str
    queued_at: datetime
    sent_at: datetime | None
    stage: str
    level: int


def head(session: Session, customer: Customer, today: date) -> tuple[Head, dict[str, LastAction]]:
    """All names and counts, and the last notice, reminder and thanks, in one query."""
    given = {"customer_id": customer.id, "year": today - timedelta(days=365), "today": today}
    row = session.connection().execute(_head(), given).one()
    size = len(Head._fields)
    parts = [row[start : start + 5] for start in range(size, len(row), 5)]
    return Head._make(row[:size]), {name: LastAction._make(part) for name, part in zip(STAGES, parts, strict=True)}


# Built once: building such a statement costs more than running it.
@cache
def _head() -> Any:
    customer_id: Any = sa.bindparam("customer_id")
    year: Any = sa.bindparam("year")
    today: Any = sa.bindparam("today")
    parent, child = aliased(Customer), aliased(Customer)

    def number(table: Any, *conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        return (
            sa.select(sa.func.count()).select_from(table).where(table.customer_id == customer_id, *conditions).scalar_subquery()
        )

    whole = sa.select(sa.func.max(Hold.id)).where(Hold.customer_id == customer_id, Hold.item_id.is_(None), active_hold(today))
    lasts = {name: aliased(Action) for name in STAGES}
    query = (
        sa.select(
            sa.func.coalesce(Profile.name, ""),
            sa.func.coalesce(SalesRep.name, ""),
            sa.func.coalesce(User.name, ""),
            Customer.parent_id,
            sa.func.coalesce(parent.name, ""),
            sa.select(sa.func.count()).select_from(child).where(child.parent_id == customer_id).scalar_subquery(),
            number(Promise, Promise.state != "cancelled"),
            number(Promise, Promise.state == "kept"),
            number(Promise, Promise.state == "broken"),
            number(Promise, Promise.state == "broken", Promise.decided_on >= year),
            number(Item, Item.entry_on >= year, (Item.kind == "rejected") | Item.direct_debit_rejected.is_(True)),
            number(Item, *_paid()),
            number(Message, Message.purpose != "test", Message.state != "planned"),
            number(Handover, Handover.ended_on.is_(None)),
            number(Item, Item.bank_cents != 0, Item.open_cents == 0),
            Hold.id,
            Hold.reason,
            Hold.until_on,
            *(c for a in lasts.values() for c in (a.stage, a.level, a.channel, a.done_on, a.wait_until_on)),
        )
        .outerjoin(Profile, Profile.id == Customer.profile_id)
        .outerjoin(SalesRep, SalesRep.id == Customer.sales_rep_id)
        .outerjoin(User, User.id == Customer.collector_id)
        .outerjoin(parent, parent.id == Customer.parent_id)
        .outerjoin(Hold, Hold.id == whole.scalar_subquery())
        .where(Customer.id == customer_id)
    )
    for name, action in lasts.items():
        query = query.outerjoin(action, action.id == _last(customer_id, STAGES[name]))
    return query


def _last(customer_id: sa.BindParameter[int], stages: Sequence[str]) -> Any:
    return (
        sa.select(Action.id)
        .where(
            Action.customer_id == customer_id,
            Action.stage.in_(stages),
            Action.state.in_(COUNTED),
            Action.isolated.is_(False),
            Action.done_on.is_not(None),
        )
        .order_by(Action.done_on.desc(), Action.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def contacts(session: Session, customer_id: int) -> list[ContactRow]:
    """The contacts of a customer, billing first."""
    return [ContactRow._make(row) for row in session.connection().execute(_contacts(), {"customer_id": customer_id})]


@cache
def _contacts() -> Any:
    rank = sa.case((Contact.role == "billing", 0), (Contact.role == "payment", 1), else_=2)
    columns = [getattr(Contact, name) for name in ContactRow._fields]
    return (
        sa.select(*columns).where(Contact.customer_id == sa.bindparam("customer_id")).order_by(rank, Contact.name, Contact.id)
    )


def _paid() -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Item.open_cents == 0,
        Item.amount_cents > 0,
        Item.state == "counted",
        Item.settled_on.is_not(None),
        Item.kind.in_(("invoice", "opening", "other")),
    )


def paid_items(session: Session, customer_id: int, total: int, number: int = 1) -> Page[PaidItem]:
    """Settled invoices, the last settled first; `total` is known from the head."""
    query = (
        sa.select(
            Item.id, Item.piece, Item.label, Item.document_on, Item.due_on, Item.settled_on, Item.currency, Item.amount_cents
        )
        .where(Item.customer_id == customer_id, *_paid())
        .order_by(Item.settled_on.desc(), Item.id.desc())
        .limit(PER_PAGE)
        .offset((number - 1) * PER_PAGE)
    )
    return Page([PaidItem(*row) for row in session.execute(query)], total, number, PER_PAGE)


def promises(session: Session, customer_id: int) -> list[PromiseRow]:
    """Promises of a customer, those expected first, then the newest."""
    query = (
        sa.select(
            Promise.id,
            Promise.state,
            Promise.promised_on,
            Promise.cents,
            Promise.currency,
            sa.func.coalesce(Item.piece, ""),
            Promise.said_by,
            Promise.remark,
            Promise.made_at,
            sa.func.coalesce(User.name, ""),
        )
        .outerjoin(Item, Item.id == Promise.item_id)
        .outerjoin(User, User.id == Promise.by_id)
        .where(Promise.customer_id == customer_id)
        .order_by((Promise.state != "expected"), Promise.promised_on.desc(), Promise.id.desc())
    )
    return [PromiseRow._make(row) for row in session.execute(query)]


def documents(session: Session, customer_id: int, total: int, number: int = 1) -> Page[Document]:
    """Messages of a customer, newest first; `total` is known from the head."""
    query = (
        sa.select(
            Message.id,
            Message.channel,
            Message.state,
            Message.subject,
            Message.recipient,
            Message.queued_at,
            Message.sent_at,
            sa.func.coalesce(Action.stage, ""),
            sa.func.coalesce(Action.level, 0),
        )
        .outerjoin(Action, Action.id == Message.action_id)
        .where(Message.customer_id == customer_id, Message.purpose != "test", Message.state != "planned")
        .order_by(Message.queued_at.desc(), Message.id.desc())
        .limit(PER_PAGE)
        .offset((number - 1) * PER_PAGE)
    )
    return Page([Document(*row) for row in session.execute(query)], total, number, PER_PAGE)


def group(session: Session, customer: Customer) -> Sequence[tuple[int, str]]:
    """The companies of the customer's group, its head first: (id, name)."""
    root = customer.parent_id or customer.id
    query = (
        sa.select(Customer.id, Customer.name)
        .where(Customer.company_id == customer.company_id, (Customer.id == root) | (Customer.parent_id == root))
        .order_by(Customer.id != root, Customer.name_folded)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


class Debit(NamedTuple):
    """An open item that money is owed for."""

    id: int
    piece: str
    label: str
    due_on: date
    open_cents: int


def open_debits(session: Session, customer: Customer) -> list[Debit]:
    """What a customer owes, item by item, oldest due first: for the choice in a form."""
    query = (
        sa.select(Item.id, Item.piece, Item.label, Item.due_on, Item.open_cents)
        .where(
            Item.company_id == customer.company_id,
            Item.customer_id == customer.id,
            sa.text("item.open_cents <> 0"),
            Item.open_cents > 0,
        )
        .order_by(Item.due_on, Item.id)
    )
    return [Debit(*row) for row in session.execute(query)]
