"""The claims sub-ledger: interest, compensation and costs asked for on top of invoices, apart from the ledger's items; and the
facts the law needs to say what may be asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.actions import Action, ActionItem
from models.bank import BankMatch, BankMovement
from models.base import Base, Cents, Key, Text
from models.customers import Customer
from models.items import Allocation, Item
from models.messages import Message
from models.plans import acknowledged
from models.users import User
from rules.belgium import WAIT_DAYS
from rules.claimable import FirstReminder
from rules.interest import Paid

STANDING = ("claimed", "paid", "waived")
"""States of what is settled or asked for: it is not asked for again. Announced claims follow the calculation."""
_NEVER = date(1, 1, 1)
DEBITS = ("invoice", "opening", "other", "rejected")


class Claim(Base):
    """One claim on one item. state: announced (named in a message), claimed (asked for), paid, waived (given up, with a reason).

    segments: how interest was worked out, day by day of rate (`rules.interest.Segment` as a list of objects)."""

    __tablename__ = "claim"
    __table_args__ = (
        sa.CheckConstraint("kind in ('interest', 'compensation', 'cost')", name="kind"),
        sa.CheckConstraint("state in ('announced', 'claimed', 'paid', 'waived')", name="state"),
        sa.CheckConstraint("cents > 0", name="positive"),
        sa.Index("ix_claim_customer", "customer_id", "state"),
        sa.Index("ix_claim_item", "item_id", "kind"),
        sa.Index("ix_claim_company", "company_id", "state"),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"))
    kind: Mapped[str]
    state: Mapped[str]
    cents: Mapped[Cents]
    currency: Mapped[str]
    until_on: Mapped[date]  # interest: last day counted; compensation: day it was worked out
    basis: Mapped[str]  # code of the legal basis
    segments: Mapped[list[Any]] = mapped_column(default=list)
    message_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message.id", ondelete="SET NULL"))
    made_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None]  # paid or waived
    decided_on: Mapped[date | None]  # day of the payment
    reason: Mapped[Text]


class ClaimRow(NamedTuple):
    """A claim as the card lists it."""

    id: int
    item_id: int
    piece: str
    kind: str
    state: str
    cents: int
    currency: str
    until_on: date
    made_at: datetime
    who: str
    reason: str


@dataclass(slots=True)
class DebtRow:
    """A late item with what the law asks about it."""

    item_id: int
    customer_id: int
    piece: str
    currency: str
    amount_cents: int
    open_cents: int
    document_on: date
    due_on: date
    customer_country: str
    legal_type: str
    insolvent_on: date | None
    payments: list[Paid] = field(default_factory=list)
    reminders: list[FirstReminder] = field(default_factory=list)
    formal_notice_on: date | None = None
    acknowledged: list[date] = field(default_factory=list)  # days on which the debtor accepted a payment plan for it
    standing: dict[str, int] = field(default_factory=dict)  # claimed, paid or waived cents by kind


def late_debts(
    session: Session,
    company_id: int,
    today: date,
    customer_ids: Collection[int] | None = None,
    item_ids: Collection[int] | None = None,
) -> list[DebtRow]:
    """Items still open in part or whole after their due date, oldest due first, with payments, reminders and what was claimed."""
    query = sa.select(
        Item.id, Item.customer_id, Item.piece, Item.currency, Item.amount_cents, Item.open_cents, Item.document_on, Item.due_on,
        Customer.country, Customer.legal_type, Customer.insolvent_on,
    ).join(Customer, Customer.id == Item.customer_id)  # fmt: skip
    query = query.where(
        Item.company_id == company_id, Item.state == "counted", Item.amount_cents > 0, Item.open_cents > 0, Item.due_on < today,
        Item.kind.in_(DEBITS),
    )  # fmt: skip
    if customer_ids is not None:
        query = query.where(Item.customer_id.in_(customer_ids))
    if item_ids is not None:
        query = query.where(Item.id.in_(item_ids))
    found = [DebtRow(*row) for row in session.execute(query.order_by(Item.due_on, Item.id))]
    by_item = {one.item_id: one for one in found}
    ids = list(by_item)
    for start in range(0, len(ids), 1000):
        _complete(session, by_item, ids[start : start + 1000])
    return found


def _complete(session: Session, debts: dict[int, DebtRow], ids: Sequence[int]) -> None:
    paid = sa.select(sa.func.coalesce(Allocation.debit_id, 0), Allocation.made_on, Allocation.cents).where(
        Allocation.debit_id.in_(ids)
    )
    for item_id, on, cents in session.execute(paid.order_by(Allocation.made_on)):
        debts[item_id].payments.append(Paid(on, cents))
    seen = (
        sa.select(BankMatch.item_id, BankMovement.booked_on, BankMatch.laid_cents)
        .join(BankMovement, BankMovement.id == BankMatch.movement_id)
        .where(BankMatch.item_id.in_(ids), BankMatch.state == "provisional", BankMatch.laid_cents > 0)
    )
    for item_id, on, cents in session.execute(seen):
        debts[item_id].payments.append(Paid(on, cents))
    for item_id, days in acknowledged(session, ids).items():
        debts[item_id].acknowledged += days
    _read_letters(session, debts, ids)
    claims = (
        sa.select(Claim.item_id, Claim.kind, sa.func.sum(Claim.cents))
        .where(Claim.item_id.in_(ids), Claim.state.in_(STANDING))
        .group_by(Claim.item_id, Claim.kind)
    )
    for item_id, kind, cents in session.execute(claims):
        debts[item_id].standing[kind] = int(cents)


def _read_letters(session: Session, debts: dict[int, DebtRow], ids: Sequence[int]) -> None:
    """Reminders and formal notices sent for the items; only a reminder that granted 14 days at least opens a gate."""
    query = (
        sa.select(
            ActionItem.item_id, Action.stage, Action.channel, sa.func.coalesce(Action.done_on, _NEVER, type_=sa.Date()),
            Action.wait_until_on,
        )
        .join(Action, Action.id == ActionItem.action_id)
        .where(
            ActionItem.item_id.in_(ids), Action.state == "done", Action.channel.in_(("email", "letter")),
            Action.stage.in_(("reminder", "formal_notice")), Action.done_on.is_not(None),
        )
        .order_by(Action.done_on)
    )  # fmt: skip
    for item_id, stage, channel, on, wait_until_on in session.execute(query):
        debt = debts[item_id]
        if stage == "formal_notice":
            debt.formal_notice_on = debt.formal_notice_on or on
        if wait_until_on is not None and (wait_until_on - on).days >= WAIT_DAYS:
            debt.reminders.append(FirstReminder(on, channel == "email"))


def claims_of(session: Session, customer_id: int) -> list[ClaimRow]:
    """The claims on a customer, newest first."""
    query = (
        sa.select(
            Claim.id, Claim.item_id, Item.piece, Claim.kind, Claim.state, Claim.cents, Claim.currency, Claim.until_on,
            Claim.made_at, sa.func.coalesce(User.name, ""), Claim.reason,
        )
        .join(Item, Item.id == Claim.item_id)
        .outerjoin(User, User.id == Claim.by_id)
        .where(Claim.customer_id == customer_id)
        .order_by(Claim.made_at.desc(), Claim.id.desc())
    )  # fmt: skip
    return [ClaimRow(*row) for row in session.execute(query)]


def drop_announced(session: Session, item_ids: Collection[int]) -> None:
    """Announced claims of some items give way to newer ones."""
    session.execute(sa.delete(Claim).where(Claim.item_id.in_(item_ids), Claim.state == "announced"))


class SentRow(NamedTuple):
    """A message that left, with what it said."""

    id: int
    company_id: int
    customer_id: int
    facts: dict[str, Any]


def sent_with_claims(session: Session, message_ids: Collection[int]) -> list[SentRow]:
    """Messages among some that left, name claims, and whose claims are not recorded yet."""
    recorded = sa.select(Claim.message_id).where(Claim.message_id.in_(message_ids))
    query = sa.select(Message.id, Message.company_id, sa.func.coalesce(Message.customer_id, 0), Message.facts).where(
        Message.id.in_(message_ids), Message.state.in_(("sent", "kept", "printed")), Message.purpose != "test",
        sa.cast(Message.facts, sa.Text).like('%"claims":%'), Message.id.not_in(recorded),
    )  # fmt: skip
    return [SentRow(*row) for row in session.execute(query.order_by(Message.id))]
