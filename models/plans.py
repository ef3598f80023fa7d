"""Payment plans: what was agreed, which items it covers, its instalments; and what the rules and pages ask about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.actions import Action
from models.base import Base, Cents, Key, Text
from models.commitments import Dispute, Hold
from models.customers import Customer
from models.items import Item
from models.messages import Message
from models.paging import PER_PAGE, Page
from models.recovery import Handover
from models.users import User
from rules.plans import LIVE, Instalment

PLAN_STATES = ("proposed", "running", "broken", "kept", "cancelled")


class Plan(Base):
    """A debt to be paid in instalments. state: proposed, accepted, running, kept, broken, cancelled.

    Accepting it acknowledges the debt: `accepted_on` interrupts limitation for the items covered. `breaks_on`: the first day
    it is broken if nothing more comes, `next_on`: its next unpaid instalment; both kept by every judgement."""

    __tablename__ = "plan"
    __table_args__ = (
        sa.Index("ix_plan_customer", "customer_id"),
        sa.Index("ix_plan_company", "company_id", "state"),
        sa.CheckConstraint("cents > 0", name="positive"),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    currency: Mapped[str]
    cents: Mapped[Cents]
    state: Mapped[str] = mapped_column(default="proposed")
    frequency: Mapped[str]
    note: Mapped[Text]
    made_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    accepted_on: Mapped[date | None]
    accepted_at: Mapped[datetime | None]  # when it was recorded
    accepted_by: Mapped[Text]  # who at the customer
    accepted_through: Mapped[Text]  # call, email, letter, visit, signature
    next_on: Mapped[date | None]
    breaks_on: Mapped[date | None]
    decided_on: Mapped[date | None]  # when it was kept, broken or cancelled


class PlanItem(Base):
    """An item covered by a plan, and what was open on it when the plan was made."""

    __tablename__ = "plan_item"

    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True, index=True)
    cents: Mapped[Cents]


class PlanInstalment(Base):
    """What is to be paid on one day of a plan. state: expected, paid, late."""

    __tablename__ = "plan_instalment"
    __table_args__ = (sa.UniqueConstraint("plan_id", "number"), sa.CheckConstraint("cents > 0", name="positive"))

    id: Mapped[Key]
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("plan.id", ondelete="CASCADE"))
    number: Mapped[int]
    due_on: Mapped[date]
    cents: Mapped[Cents]
    paid_cents: Mapped[Cents] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default="expected")
    noticed_on: Mapped[date | None]  # announced to the debtor
    chased_on: Mapped[date | None]  # asked for after its day


class CoveredItem(NamedTuple):
    """An item of a plan: covered when it was made, and still open."""

    item_id: int
    piece: str
    due_on: date
    cents: int
    open_cents: int


@dataclass(slots=True)
class Agreed:
    """A plan with all its judgement needs; `received_cents`: what came in for it since it was made."""

    plan: Plan
    items: list[CoveredItem] = field(default_factory=list)
    instalments: list[PlanInstalment] = field(default_factory=list)
    received_cents: int = 0

    @property
    def schedule(self) -> list[Instalment]:
        return [Instalment(one.due_on, one.cents) for one in self.instalments]


class PlanLine(NamedTuple):
    """A plan in the list of all."""

    id: int
    customer_id: int
    code: str
    customer: str
    state: str
    cents: int
    currency: str
    paid_cents: int
    instalments: int
    late_cents: int
    next_on: date | None
    breaks_on: date | None
    decided_on: date | None


class Covering(NamedTuple):
    """A live plan as the decision needs it: one row per item."""

    customer_id: int
    plan_id: int
    item_id: int
    next_on: date
    breaks_on: date
    next_cents: int
    currency: str


def agreed(session: Session, plans: Sequence[Plan]) -> list[Agreed]:
    """Plans with items, instalments and what came in for them: what left the items, and payments of the customer not
    allocated yet that were booked since (each counted once, for the oldest plan)."""
    found = {plan.id: Agreed(plan) for plan in sorted(plans, key=lambda p: p.id)}
    if not found:
        return []
    items = (
        sa.select(PlanItem.plan_id, PlanItem.item_id, Item.piece, Item.due_on, PlanItem.cents, Item.open_cents)
        .join(Item, Item.id == PlanItem.item_id)
        .where(PlanItem.plan_id.in_(found))
        .order_by(Item.due_on, Item.id)
    )
    for row in session.execute(items):
        plan_id, one = row[0], CoveredItem._make(row[1:])
        found[plan_id].items.append(one)
        found[plan_id].received_cents += max(0, one.cents - max(0, one.open_cents))
    rows = sa.select(PlanInstalment).where(PlanInstalment.plan_id.in_(found)).order_by(PlanInstalment.number)
    for instalment in session.scalars(rows):
        found[instalment.plan_id].instalments.append(instalment)
    _add_unallocated(session, found)
    return list(found.values())


def _add_unallocated(session: Session, found: dict[int, Agreed]) -> None:
    customers = sorted({one.plan.customer_id for one in found.values()})
    query = sa.select(Item.customer_id, Item.currency, Item.entry_on, -Item.open_cents).where(
        Item.customer_id.in_(customers), Item.open_cents < 0, Item.kind == "payment", Item.state == "counted"
    )
    pool: dict[tuple[int, str], list[list[Any]]] = defaultdict(list)
    for customer_id, currency, on, cents in session.execute(query):
        pool[customer_id, currency].append([on, cents])
    for one in found.values():
        since = one.plan.made_at.date()
        for credit in pool[one.plan.customer_id, one.plan.currency]:
            left = one.plan.cents - one.received_cents
            if credit[0] >= since and left > 0:
                used = min(left, credit[1])
                credit[1] -= used
                one.received_cents += used


def live_plans(session: Session, company_id: int, customer_ids: Sequence[int] | None = None) -> list[Plan]:
    """Plans that hold their items back: of some customers or of all."""
    query = sa.select(Plan).where(Plan.company_id == company_id, Plan.state.in_(LIVE)).order_by(Plan.id)
    wanted = None if customer_ids is None else set(customer_ids)
    return [plan for plan in session.scalars(query) if wanted is None or plan.customer_id in wanted]


def covered_by_others(session: Session, item_ids: Collection[int], but_id: int = 0) -> list[int]:
    """Items of these that another proposed or live plan covers already."""
    query = (
        sa.select(PlanItem.item_id)
        .join(Plan, Plan.id == PlanItem.plan_id)
        .where(PlanItem.item_id.in_(item_ids), Plan.state.in_(("proposed", *LIVE)), Plan.id != but_id)
    )
    return sorted(session.scalars(query))


def covering(condition: Any) -> sa.Select[*tuple[Any, ...]]:
    """The items held back by live plans: customer, plan, item, next instalment, first day it is broken, currency."""
    rest = (
        sa.select(sa.func.sum(PlanInstalment.cents - PlanInstalment.paid_cents))
        .where(PlanInstalment.plan_id == Plan.id, PlanInstalment.due_on <= Plan.next_on)
        .correlate(Plan)
        .scalar_subquery()
    )
    return (
        sa.select(Plan.customer_id, Plan.id, PlanItem.item_id, Plan.next_on, Plan.breaks_on, rest, Plan.currency)
        .join(PlanItem, PlanItem.plan_id == Plan.id)
        .where(Plan.state.in_(LIVE), Plan.next_on.is_not(None), Plan.breaks_on.is_not(None), condition)
    )


def owed_by_plan(session: Session, plan_ids: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    """(item, open cents) of the items of plans, oldest due first."""
    query = (
        sa.select(PlanItem.plan_id, PlanItem.item_id, Item.open_cents)
        .join(Item, Item.id == PlanItem.item_id)
        .where(PlanItem.plan_id.in_(plan_ids), Item.open_cents > 0)
        .order_by(Item.due_on, Item.id)
    )
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for plan_id, item_id, cents in session.execute(query):
        found[plan_id].append((item_id, cents))
    return found


def listing(
    session: Session, company_id: int, reps: tuple[int, ...] | None, state: str, number: int
) -> tuple[Page[PlanLine], dict[str, int]]:
    """Plans of one state (running: those accepted too), the next instalment first, and how many each state has."""
    mine = sa.true() if reps is None else Customer.sales_rep_id.in_(reps)
    paid = sa.func.coalesce(sa.func.sum(PlanInstalment.paid_cents), 0)
    unpaid_late = sa.case((PlanInstalment.state == "late", PlanInstalment.cents - PlanInstalment.paid_cents), else_=0)
    base = (
        sa.select(Plan)
        .join(Customer, Customer.id == Plan.customer_id)
        .join(PlanInstalment, PlanInstalment.plan_id == Plan.id)
        .where(Plan.company_id == company_id, mine)
    )
    counted = sa.select(Plan.state, sa.func.count()).join(Customer, Customer.id == Plan.customer_id)
    counts = dict.fromkeys(PLAN_STATES, 0)
    for name, count in session.execute(counted.where(Plan.company_id == company_id, mine).group_by(Plan.state)):
        counts["running" if name == "accepted" else name] += count
    columns = (
        Plan.id, Plan.customer_id, Customer.code, Customer.name, Plan.state, Plan.cents, Plan.currency, paid, sa.func.count(),
        sa.func.sum(unpaid_late), Plan.next_on, Plan.breaks_on, Plan.decided_on,
    )  # fmt: skip
    wanted = LIVE if state == "running" else (state,)
    rows = (
        base.with_only_columns(*columns)
        .where(Plan.state.in_(wanted))
        .group_by(Plan.id, Customer.id)
        .order_by(Plan.next_on, Plan.id.desc())
        .limit(PER_PAGE)
        .offset((number - 1) * PER_PAGE)
    )
    return Page([PlanLine._make(row) for row in session.execute(rows)], counts[state], number), counts


def of_customer(session: Session, customer_id: int) -> list[Plan]:
    """Plans of a customer, the newest first."""
    return list(session.scalars(sa.select(Plan).where(Plan.customer_id == customer_id).order_by(Plan.id.desc())))


def author(session: Session, plan: Plan) -> str:
    """Who recorded a plan."""
    return session.scalar(sa.select(User.name).where(User.id == plan.by_id)) or ""


def acknowledged(session: Session, item_ids: Collection[int]) -> dict[int, list[date]]:
    """The days on which debtors accepted a plan for these items: each acknowledges the debt (FR civil code 2240)."""
    query = (
        sa.select(PlanItem.item_id, Plan.accepted_on)
        .join(Plan, Plan.id == PlanItem.plan_id)
        .where(PlanItem.item_id.in_(item_ids), Plan.accepted_on.is_not(None))
    )
    found: dict[int, list[date]] = defaultdict(list)
    for item_id, on in session.execute(query):
        if on is not None:
            found[item_id].append(on)
    return found


def to_tell(
    session: Session, company_id: int, notice_until: date, chase_until: date, today: date
) -> list[tuple[PlanInstalment, Plan]]:
    """Instalments of live plans to announce (due until a day) or to ask for (late, due until a day), not told yet."""
    query = (
        sa.select(PlanInstalment, Plan)
        .join(Plan, Plan.id == PlanInstalment.plan_id)
        .where(
            Plan.company_id == company_id, Plan.state.in_(LIVE), PlanInstalment.state != "paid", ~left_alone(today),
            sa.or_(
                sa.and_(PlanInstalment.state == "expected", PlanInstalment.noticed_on.is_(None), PlanInstalment.due_on <= notice_until),
                sa.and_(PlanInstalment.state == "late", PlanInstalment.chased_on.is_(None), PlanInstalment.due_on <= chase_until),
            ),
        )
        .order_by(Plan.customer_id, PlanInstalment.due_on)
    )  # fmt: skip
    return [(row[0], row[1]) for row in session.execute(query)]


def free_key(session: Session, company_id: int, key: str) -> str:
    """The key of a message, numbered when the same was sent before (a person sends it again)."""
    found = sa.select(sa.func.count()).where(Action.company_id == company_id, Action.key.startswith(key, autoescape=True))
    count = session.scalar(found) or 0
    return f"{key}#{count}" if count else key


def waiting_messages(session: Session, company_id: int, keys: Collection[str]) -> list[int]:
    """Messages of these keys that have not been handed over."""
    query = (
        sa.select(Message.id)
        .join(Action, Action.id == Message.action_id)
        .where(
            Action.company_id == company_id, sa.or_(*(Action.key.startswith(key, autoescape=True) for key in keys)),
            Message.state.in_(("planned", "queued", "retry")),
        )
    )  # fmt: skip
    return list(session.scalars(query)) if keys else []


def left_alone(today: date) -> sa.ColumnElement[bool]:
    """Customers nobody writes to by himself: insolvent, in other hands, on hold, in dispute."""

    def stands(table: Any, *conditions: Any) -> sa.ColumnElement[bool]:
        return sa.exists().where(table.customer_id == Plan.customer_id, *conditions)

    return sa.or_(
        sa.exists().where(Customer.id == Plan.customer_id, Customer.insolvent_on.is_not(None)),
        stands(Handover, Handover.ended_on.is_(None)),
        stands(Hold, Hold.item_id.is_(None), Hold.ended_at.is_(None), sa.or_(Hold.until_on.is_(None), Hold.until_on >= today)),
        stands(Dispute, Dispute.solved_at.is_(None)),
    )
