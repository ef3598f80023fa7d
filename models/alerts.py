"""Points of vigilance one by one, and what people did about each: acknowledged it, put it off, entrusted it.

An alert is a kind and the number of its object (a promise, an item, a customer…). A mark is kept while the alert stands: once its
cause is gone the mark goes too, so that the same trouble next year is said again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.base import Base, Key
from models.commitments import Dispute, Promise
from models.company import Company
from models.customers import Contact, Customer
from models.items import Allocation, Item
from models.plans import Plan, PlanItem, acknowledged
from models.recovery import Insolvency
from models.sources import Source
from models.users import User
from rules.ageing import Ageing
from rules.insolvency import WARN_DAYS
from rules.limitation import ALARM_MONTHS, PERIODS, Event, add_months, limitation
from rules.vigilance import SOURCE_FAILURES


class AlertMark(Base):
    """What was done about one alert. Hidden while acknowledged, or until the day it was put off to."""

    __tablename__ = "alert_mark"
    __table_args__ = (sa.UniqueConstraint("company_id", "kind", "object_id"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    kind: Mapped[str]
    object_id: Mapped[int]
    acknowledged_at: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    until_on: Mapped[date | None]  # put off: shown again from this day
    assigned_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))


class Standing(NamedTuple):
    """One alert as it stands today: what it is about, whose, how much, and since or until when."""

    kind: str
    object_id: int
    customer_id: int | None
    customer: str
    text: str
    cents: int
    currency: str
    on: date | None


class Line(NamedTuple):
    """An alert with what was done about it."""

    alert: Standing
    acknowledged_at: datetime | None
    by: str
    until_on: date | None
    assigned_id: int | None
    assigned: str

    def hidden(self, today: date) -> bool:
        """Acknowledged, or put off to a later day."""
        return self.acknowledged_at is not None or (self.until_on is not None and self.until_on > today)


KINDS = (
    "failing_source", "claim_deadline", "broken_promise", "broken_plan", "just_late", "very_late", "over_limit", "limitation",
    "late_dispute", "bad_email",
)  # fmt: skip
"""The gravest first."""
CANDIDATES = 2_000  # old items looked at for limitation, the oldest first


def is_hidden(kind: str, object_id: Any, today: Any) -> sa.ColumnElement[bool]:
    """Whether an alert was acknowledged or put off, in SQL."""
    mark = aliased(AlertMark)
    return sa.exists().where(
        mark.kind == kind, mark.object_id == object_id, sa.or_(mark.acknowledged_at.is_not(None), mark.until_on > today)
    )


def hidden_ids(session: Session, company_id: int, today: date) -> dict[str, set[int]]:
    """Alerts acknowledged or put off, by kind."""
    query = sa.select(AlertMark.kind, AlertMark.object_id).where(
        AlertMark.company_id == company_id, sa.or_(AlertMark.acknowledged_at.is_not(None), AlertMark.until_on > today)
    )
    found: dict[str, set[int]] = {kind: set() for kind in KINDS}
    for kind, object_id in session.execute(query):
        found.setdefault(kind, set()).add(object_id)
    return found


def late_dispute(today: Any, days: int) -> sa.ColumnElement[bool]:
    """A dispute open past its deadline, or for longer than the company finds right."""
    old = sa.func.substr(sa.cast(Dispute.opened_at, sa.Text), 1, 10) < (today - timedelta(days=days)).isoformat()
    return sa.and_(Dispute.solved_at.is_(None), sa.or_(Dispute.deadline_on < today, old))


def standing_alerts(
    session: Session, company: Company, reps: tuple[int, ...] | None, aged: Mapping[int, Ageing], least_cents: int, today: date
) -> list[Standing]:
    """Every alert that stands today, the gravest kind first, then the largest; `aged`: how the customers stand in the company's
    currency, `least_cents`: from which amount an item just late is large."""
    mine = [Customer.company_id == company.id]
    if reps is not None:
        mine.append(Customer.sales_rep_id.in_(reps))
    found = [Standing._make(row) for query in _queries(company, mine, least_cents, today) for row in session.execute(query)]
    found += _of_customers(session, company, mine, aged)
    found += near_limitation(session, company, reps, today)
    if reps is None:
        found += [Standing._make(row) for row in session.execute(_sources(company))]
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(found, key=lambda one: (order[one.kind], -one.cents, one.object_id))


def _queries(company: Company, mine: list[Any], least: int, today: date) -> Iterator[Any]:
    piece, money = sa.func.coalesce(Item.piece, ""), sa.func.coalesce(Item.currency, company.currency)
    open_still = sa.or_(Promise.item_id.is_(None), Item.open_cents > 0)

    def row(kind: str, key: Any, text: Any, cents: Any, currency: Any, on: Any) -> Any:
        return sa.select(sa.literal(kind), key, Customer.id, Customer.name, text, cents, currency, on)

    yield (
        row("broken_promise", Promise.id, piece, Promise.cents, Promise.currency, Promise.promised_on)
        .join(Customer, Customer.id == Promise.customer_id)
        .outerjoin(Item, Item.id == Promise.item_id)
        .where(*mine, Promise.state == "broken", open_still)
    )
    yield (
        row("broken_plan", Plan.id, sa.literal(""), Plan.cents, Plan.currency, Plan.decided_on)
        .join(Customer, Customer.id == Plan.customer_id)
        .where(*mine, Plan.state == "broken", plan_still_open())
    )
    yield (
        row("late_dispute", Dispute.id, piece, sa.func.coalesce(Dispute.cents, Item.open_cents, 0), money, Dispute.deadline_on)
        .join(Customer, Customer.id == Dispute.customer_id)
        .outerjoin(Item, Item.id == Dispute.item_id)
        .where(*mine, late_dispute(today, company.alert_dispute_days))
    )
    yield (
        row("claim_deadline", Insolvency.customer_id, sa.literal(""), sa.literal(0), sa.literal(company.currency), Insolvency.declare_by_on)
        .join(Customer, Customer.id == Insolvency.customer_id)
        .where(*mine, *claim_due(today))
    )  # fmt: skip
    yield (
        row("bad_email", Contact.id, Contact.email, sa.literal(0), sa.literal(company.currency), sa.null())
        .join(Customer, Customer.id == Contact.customer_id)
        .where(*mine, Contact.email_bad_reason != "")
    )
    yield (
        row("just_late", Item.id, Item.piece, Item.open_cents, Item.currency, Item.due_on)
        .join(Customer, Customer.id == Item.customer_id)
        .where(*mine, *just_late(company, least, today))
    )


def plan_still_open() -> sa.ColumnElement[bool]:
    """Something of a plan is still owed."""
    return sa.exists().where(PlanItem.plan_id == Plan.id, Item.id == PlanItem.item_id, Item.open_cents > 0)


def claim_due(today: Any) -> tuple[sa.ColumnElement[bool], ...]:
    """Claims of insolvency proceedings to be declared soon, or that should have been."""
    return Insolvency.declared_on.is_(None), Insolvency.declare_by_on <= today + timedelta(days=WARN_DAYS)


def just_late(company: Company, least: int, today: date) -> tuple[sa.ColumnElement[bool], ...]:
    """Large items that became late within the company's days."""
    return (
        Item.company_id == company.id,
        sa.text("item.open_cents <> 0"),  # type: ignore[return-value]
        Item.currency == company.currency,
        Item.due_on < today,
        Item.due_on >= today - timedelta(days=company.alert_late_days),
        Item.open_cents >= least,
    )


def _of_customers(session: Session, company: Company, mine: list[Any], aged: Mapping[int, Ageing]) -> Iterator[Standing]:
    query = sa.select(Customer.id, Customer.name, Customer.credit_limit_cents).where(*mine)
    for customer_id, name, limit in session.execute(query):
        one = aged.get(customer_id)
        if one is None:
            continue
        if one.late_by_bucket[-1]:
            yield Standing("very_late", customer_id, customer_id, name, "", one.late_by_bucket[-1], company.currency, None)
        if limit is not None and one.balance_cents > limit:
            above = one.balance_cents - limit
            yield Standing("over_limit", customer_id, customer_id, name, "", above, company.currency, None)


def _sources(company: Company) -> Any:
    return sa.select(
        sa.literal("failing_source"), Source.id, sa.null(), sa.literal(""), Source.name, sa.literal(0), sa.literal(company.currency), sa.null(),
    ).where(Source.company_id == company.id, Source.active, Source.failures >= SOURCE_FAILURES)  # fmt: skip


def near_limitation(session: Session, company: Company, reps: tuple[int, ...] | None, today: date) -> list[Standing]:
    """Open items whose limitation ends within six months or is over: counted from the earliest candidate date, started anew by
    part payments and accepted plans."""
    old = [
        sa.and_(Customer.legal_type == kind, Item.document_on <= add_months(today, ALARM_MONTHS - months))
        for (country, kind), (months, _) in PERIODS.items()
        if country == company.country
    ]
    if not old:
        return []
    query = (
        sa.select(
            Item.id, Customer.id, Customer.name, Item.piece, Item.open_cents, Item.currency, Item.document_on, Item.due_on,
            Customer.legal_type,
        )
        .join(Customer, Customer.id == Item.customer_id)
        .where(Item.company_id == company.id, sa.text("item.open_cents <> 0"), Item.open_cents > 0, sa.or_(*old))
        .where(sa.true() if reps is None else Customer.sales_rep_id.in_(reps), Customer.insolvent_on.is_(None))
        .order_by(Item.document_on, Item.id)
        .limit(CANDIDATES)
    )  # fmt: skip
    rows = session.execute(query).all()
    ids = [row[0] for row in rows]
    events = _interruptions(session, ids)
    found = []
    for item_id, customer_id, name, piece, cents, currency, document_on, due_on, legal_type in rows:
        ends = limitation(company.country, legal_type, min(document_on, due_on), events.get(item_id, ()))
        if ends is not None and ends.near(today):
            found.append(Standing("limitation", item_id, customer_id, name, piece, cents, currency, ends.ends_on))
    return found


def _interruptions(session: Session, ids: Sequence[int]) -> dict[int, list[Event]]:
    found: dict[int, list[Event]] = defaultdict(list)
    for start in range(0, len(ids), 1000):
        part = ids[start : start + 1000]
        paid = sa.select(Allocation.debit_id, Allocation.made_on).where(Allocation.debit_id.in_(part))
        for item_id, on in session.execute(paid):
            found[item_id or 0].append(Event(on, "part_payment"))
        for item_id, days in acknowledged(session, part).items():
            found[item_id] += [Event(on, "plan") for on in days]
    return found


def lines(session: Session, company_id: int, alerts: Sequence[Standing]) -> list[Line]:
    """Alerts with their marks."""
    by, to = aliased(User), aliased(User)
    query = (
        sa.select(AlertMark, sa.func.coalesce(by.name, ""), sa.func.coalesce(to.name, ""))
        .outerjoin(by, by.id == AlertMark.by_id)
        .outerjoin(to, to.id == AlertMark.assigned_id)
        .where(AlertMark.company_id == company_id)
    )
    marks = {(row[0].kind, row[0].object_id): row for row in session.execute(query)}
    found = []
    for alert in alerts:
        if (row := marks.get((alert.kind, alert.object_id))) is None:
            found.append(Line(alert, None, "", None, None, ""))
        else:
            mark: AlertMark = row[0]
            found.append(Line(alert, mark.acknowledged_at, row[1], mark.until_on, mark.assigned_id, row[2]))
    return found


def mark_of(session: Session, company_id: int, kind: str, object_id: int) -> AlertMark | None:
    """What was done about an alert."""
    return session.scalar(
        sa.select(AlertMark).where(AlertMark.company_id == company_id, AlertMark.kind == kind, AlertMark.object_id == object_id)
    )


def forget_gone(session: Session, company_id: int, alerts: Sequence[Standing]) -> int:
    """Marks of alerts whose cause is gone go too; how many."""
    standing = {(one.kind, one.object_id) for one in alerts}
    marks = session.scalars(sa.select(AlertMark).where(AlertMark.company_id == company_id)).all()
    gone = [mark for mark in marks if (mark.kind, mark.object_id) not in standing]
    for mark in gone:
        session.delete(mark)
    session.flush()
    return len(gone)
