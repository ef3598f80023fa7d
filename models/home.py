"""What the home page asks beyond the sums: points of vigilance, the day's actions, the last good sync."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.commitments import Dispute, Promise
from models.company import Company
from models.customers import Contact, Customer
from models.items import Item
from models.reports import HomeTotals
from models.standing import Standing, remembered
from models.syncs import Sync
from rules.vigilance import JUST_LATE_DAYS, large_from


@dataclass(frozen=True, slots=True)
class Alert:
    """One point of vigilance: its kind, how many it concerns and for how much; the customer when it is only one.

    code: broken_promises, just_late, very_late, over_limit, bad_emails, late_disputes."""

    code: str
    count: int
    cents: int = 0
    customer_id: int | None = None
    customer: str = ""
    least_cents: int = 0  # just_late: from this amount


class LastSync(NamedTuple):
    """The last good sync."""

    format: str
    file_name: str
    lines_read: int
    gap_cents: int


def alerts(
    session: Session, company: Company, reps: tuple[int, ...] | None, standing: Standing, totals: HomeTotals, today: date
) -> list[Alert]:
    """The points of vigilance of a company, or of some sales representatives' customers, gravest first."""
    ledger = remembered(
        session, company, ("alerts", today, reps), lambda: _of_ledger(session, company, reps, standing, totals, today)
    )
    broken, emails, disputes = _of_people(session, company, reps, today)
    return [one for one in (broken, *ledger, disputes, emails) if one.count]


def _mine(company_id: int, reps: tuple[int, ...] | None) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [Customer.company_id == company_id]
    return conditions if reps is None else [*conditions, Customer.sales_rep_id.in_(reps)]


def _of_people(session: Session, company: Company, reps: tuple[int, ...] | None, today: date) -> tuple[Alert, Alert, Alert]:
    """Broken promises whose item is still open, bad addresses, disputes past their day: in one query."""
    mine = _mine(company.id, reps)
    still_open = sa.or_(Promise.item_id.is_(None), Item.open_cents > 0)
    broken = (
        sa.select(sa.literal("broken_promises"), sa.func.count(), sa.func.coalesce(sa.func.sum(Promise.cents), 0))
        .select_from(Promise)
        .join(Customer, Customer.id == Promise.customer_id)
        .outerjoin(Item, Item.id == Promise.item_id)
        .where(*mine, Promise.state == "broken", Promise.currency == company.currency, still_open)
    )
    emails = (
        sa.select(sa.literal("bad_emails"), sa.func.count(), sa.literal(0))
        .select_from(Contact)
        .join(Customer, Customer.id == Contact.customer_id)
        .where(*mine, Contact.email_bad_reason != "")
    )
    disputes = (
        sa.select(
            sa.literal("late_disputes"),
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(sa.func.coalesce(Dispute.cents, Item.open_cents)), 0),
        )
        .select_from(Dispute)
        .join(Customer, Customer.id == Dispute.customer_id)
        .outerjoin(Item, Item.id == Dispute.item_id)
        .where(*mine, Dispute.solved_at.is_(None), Dispute.deadline_on < today)
    )
    found = {row[0]: Alert(*row) for row in session.execute(sa.union_all(broken, emails, disputes)).tuples()}
    return found["broken_promises"], found["bad_emails"], found["late_disputes"]


def _of_ledger(
    session: Session, company: Company, reps: tuple[int, ...] | None, standing: Standing, totals: HomeTotals, today: date
) -> list[Alert]:
    mine = _mine(company.id, reps)
    ids = None if reps is None else set(session.scalars(sa.select(Customer.id).where(*mine)))
    old = [i for i, a in standing.by_id.items() if a.late_by_bucket[-1] and (ids is None or i in ids)]
    limits = session.execute(
        sa.select(Customer.id, Customer.credit_limit_cents).where(*mine, Customer.credit_limit_cents.is_not(None))
    )
    above = {
        i: standing.by_id[i].balance_cents - (limit or 0)
        for i, limit in limits
        if i in standing.by_id and standing.by_id[i].balance_cents > (limit or 0)
    }
    very_late = Alert("very_late", len(old), totals.late_by_bucket[-1], *_only(session, old))
    over_limit = Alert("over_limit", len(above), sum(above.values()), *_only(session, list(above)))
    return [_just_late(session, company, mine, totals, today), very_late, over_limit]


def _only(session: Session, ids: Sequence[int]) -> tuple[int | None, str]:
    if len(ids) != 1:
        return None, ""
    return ids[0], session.scalar(sa.select(Customer.name).where(Customer.id == ids[0])) or ""


def _just_late(
    session: Session, company: Company, mine: Sequence[sa.ColumnElement[bool]], totals: HomeTotals, today: date
) -> Alert:
    least = large_from(totals.owed_cents)
    row: Any = session.execute(
        sa.select(
            sa.func.count(Item.customer_id.distinct()),
            sa.func.coalesce(sa.func.sum(Item.open_cents), 0),
            sa.func.min(Item.customer_id),
            sa.func.min(Customer.name),
        )
        .join(Customer, Customer.id == Item.customer_id)
        .where(
            Item.company_id == company.id,
            sa.text("item.open_cents <> 0"),
            Item.currency == company.currency,
            Item.due_on < today,
            Item.due_on >= today - timedelta(days=JUST_LATE_DAYS),
            Item.open_cents >= least,
            *mine,
        )
    ).one()
    count, cents, customer_id, name = row
    return Alert("just_late", count, cents, customer_id if count == 1 else None, name if count == 1 else "", least)


def last_sync(session: Session, company_id: int) -> LastSync | None:
    """What the last good sync read, and its gap to the ledger."""
    row = session.execute(
        sa.select(Sync.format, Sync.file_name, Sync.lines_read, Sync.gap_cents)
        .where(Sync.company_id == company_id, Sync.state == "done", Sync.kind != "third_parties")
        .order_by(Sync.finished_at.desc())
        .limit(1)
    ).first()
    return LastSync(*row) if row else None
