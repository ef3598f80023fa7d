"""What the home page asks beyond the sums: points of vigilance, the day's actions, the last good sync."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.actions import WorklistEntry
from models.alerts import hidden_ids, is_hidden, just_late, near_limitation, plan_still_open
from models.audit import AuditEntry
from models.commitments import Dispute, Promise
from models.company import Company
from models.customers import Contact, Customer
from models.items import Item
from models.plans import Plan
from models.recovery import Insolvency
from models.reports import HomeTotals
from models.sources import Source
from models.standing import Standing, remembered
from models.syncs import Sync
from rules.insolvency import WARN_DAYS
from rules.vigilance import SOURCE_FAILURES, large_from


@dataclass(frozen=True, slots=True)
class Alert:
    """One point of vigilance: its kind, how many it concerns and for how much; the customer when it is only one.

    code: failing_sources, claim_deadlines, broken_promises, broken_plans, just_late, very_late, over_limit, limitation, bad_emails,
    late_disputes. Alerts acknowledged or put off are not counted."""

    code: str
    count: int
    cents: int = 0
    customer_id: int | None = None
    customer: str = ""
    least_cents: int = 0  # just_late: from this amount


class LastSync(NamedTuple):
    """The last good sync."""

    name: str
    lines_read: int
    gap_cents: int


@dataclass(frozen=True, slots=True)
class Watch:
    """The points of vigilance, gravest first; the last good sync; `worklist`: changes whenever the worklist may have."""

    alerts: list[Alert]
    sync: LastSync | None
    worklist: tuple[int, ...]


def watch(
    session: Session, company: Company, reps: tuple[int, ...] | None, standing: Standing, totals: HomeTotals, today: date
) -> Watch:
    """What deserves attention among the customers of `standing`."""
    make = partial(_of_ledger, session, company, reps, standing, totals, today)
    ledger = remembered(session, company, ("alerts", today, reps), make)
    given = {
        "company_id": company.id, "currency": company.currency, "today": today, "reps": list(reps or ()),
        "soon": today + timedelta(days=WARN_DAYS), "old": (today - timedelta(days=company.alert_dispute_days)).isoformat(),
    }  # fmt: skip
    rows = {row[0]: row for row in session.connection().execute(_people(reps is not None), given)}
    sync, version = rows.pop("sync", None), rows.pop("worklist")
    people = {code: Alert(code, count, cents) for code, count, cents, _ in rows.values()}
    first = ("failing_sources", "claim_deadlines", "broken_promises", "broken_plans")
    found = [*(people[code] for code in first), *ledger, people["late_disputes"], people["bad_emails"]]
    last = LastSync(sync[3], sync[1], sync[2]) if sync else None
    return Watch([one for one in found if one.count], last, (version[1], version[2], int(version[3])))


def _mine(company_id: int, reps: tuple[int, ...] | None) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [Customer.company_id == company_id]
    return conditions if reps is None else [*conditions, Customer.sales_rep_id.in_(reps)]


# Built once: building such a statement costs more than running it.
@cache
def _people(narrow: bool) -> Any:
    """Broken promises whose item is still open, bad addresses, disputes past their day, the last sync, and how far the
    worklist and the audit log have come: whatever changes the worklist writes an audit row, a sync, or begins a day."""
    company_id: Any = sa.bindparam("company_id")
    mine = [Customer.company_id == company_id]
    if narrow:
        mine.append(Customer.sales_rep_id.in_(sa.bindparam("reps", expanding=True)))
    nothing, today = sa.literal(""), sa.bindparam("today", type_=sa.Date())
    still_open = sa.or_(Promise.item_id.is_(None), Item.open_cents > 0)
    broken = (
        sa.select(sa.literal("broken_promises"), sa.func.count(), sa.func.coalesce(sa.func.sum(Promise.cents), 0), nothing)
        .select_from(Promise)
        .join(Customer, Customer.id == Promise.customer_id)
        .outerjoin(Item, Item.id == Promise.item_id)
        .where(*mine, Promise.state == "broken", Promise.currency == sa.bindparam("currency"), still_open)
        .where(~is_hidden("broken_promise", Promise.id, today))
    )
    plans = (
        sa.select(sa.literal("broken_plans"), sa.func.count(), sa.func.coalesce(sa.func.sum(Plan.cents), 0), nothing)
        .select_from(Plan)
        .join(Customer, Customer.id == Plan.customer_id)
        .where(*mine, Plan.state == "broken", Plan.currency == sa.bindparam("currency"), plan_still_open())
        .where(~is_hidden("broken_plan", Plan.id, today))
    )
    claims = (
        sa.select(sa.literal("claim_deadlines"), sa.func.count(), sa.literal(0), nothing)
        .select_from(Insolvency)
        .join(Customer, Customer.id == Insolvency.customer_id)
        .where(*mine, Insolvency.declared_on.is_(None), Insolvency.declare_by_on <= sa.bindparam("soon"))
        .where(~is_hidden("claim_deadline", Insolvency.customer_id, today))
    )
    emails = (
        sa.select(sa.literal("bad_emails"), sa.func.count(), sa.literal(0), nothing)
        .select_from(Contact)
        .join(Customer, Customer.id == Contact.customer_id)
        .where(*mine, Contact.email_bad_reason != "", ~is_hidden("bad_email", Contact.id, today))
    )
    opened_on = sa.func.substr(sa.cast(Dispute.opened_at, sa.Text), 1, 10)
    contested = sa.func.coalesce(sa.func.sum(sa.func.coalesce(Dispute.cents, Item.open_cents)), 0)
    disputes = (
        sa.select(sa.literal("late_disputes"), sa.func.count(), contested, nothing)
        .select_from(Dispute)
        .join(Customer, Customer.id == Dispute.customer_id)
        .outerjoin(Item, Item.id == Dispute.item_id)
        .where(*mine, Dispute.solved_at.is_(None), sa.or_(Dispute.deadline_on < today, opened_on < sa.bindparam("old")))
        .where(~is_hidden("late_dispute", Dispute.id, today))
    )
    last = (
        sa.select(sa.func.max(Sync.id))
        .where(Sync.company_id == company_id, Sync.state == "done", Sync.kind.not_in(("third_parties", "bank")))
        .scalar_subquery()
    )
    name = sa.func.coalesce(sa.func.nullif(Sync.file_name, ""), Sync.format)
    sync = sa.select(sa.literal("sync"), Sync.lines_read, Sync.gap_cents, name).where(Sync.id == last)
    entries = sa.select(sa.func.count()).select_from(WorklistEntry).where(WorklistEntry.company_id == company_id)
    version = sa.select(
        sa.literal("worklist"),
        sa.func.coalesce(sa.select(sa.func.max(AuditEntry.id)).scalar_subquery(), 0),
        sa.func.coalesce(sa.select(sa.func.max(WorklistEntry.id)).scalar_subquery(), 0),
        sa.cast(entries.scalar_subquery(), sa.Text),
    )
    sources = (
        sa.select(sa.literal("failing_sources"), sa.func.count(), sa.literal(0), nothing)
        .select_from(Source)
        .where(Source.company_id == company_id, Source.active, Source.failures >= SOURCE_FAILURES)
        .where(~is_hidden("failing_source", Source.id, today))
    )
    return sa.union_all(broken, plans, claims, emails, disputes, sync, version, sources)


def _of_ledger(
    session: Session, company: Company, reps: tuple[int, ...] | None, standing: Standing, totals: HomeTotals, today: date
) -> list[Alert]:
    mine = _mine(company.id, reps)
    least, hidden = large_from(totals.owed_cents, company.alert_large_cents), hidden_ids(session, company.id, today)
    limits = sa.select(sa.literal("limit"), Customer.id, Customer.credit_limit_cents, sa.literal(0), Customer.name).where(
        *mine, Customer.credit_limit_cents.is_not(None)
    )
    rows = session.execute(sa.union_all(limits, _just_late(company, mine, least, today)))
    above: dict[int, tuple[int, str]] = {}
    just_late = Alert("just_late", 0)
    for kind, customer_id, cents, count, name in rows:
        if kind == "limit":
            aged = standing.by_id.get(customer_id)
            if aged is not None and aged.balance_cents > cents and customer_id not in hidden["over_limit"]:
                above[customer_id] = (aged.balance_cents - cents, name)
        else:
            one = count == 1
            just_late = Alert("just_late", count, cents, customer_id if one else None, name if one else "", least)
    old = [i for i, aged in standing.by_id.items() if aged.late_by_bucket[-1] and i not in hidden["very_late"]]
    barred = [one for one in near_limitation(session, company, reps, today) if one.object_id not in hidden["limitation"]]
    one_above = next(((i, name) for i, (_, name) in above.items()), (None, "")) if len(above) == 1 else (None, "")
    return [
        just_late,
        Alert("very_late", len(old), sum(standing.by_id[i].late_by_bucket[-1] for i in old), *_only(session, old)),
        Alert("over_limit", len(above), sum(cents for cents, _ in above.values()), *one_above),
        Alert("limitation", len(barred), sum(one.cents for one in barred if one.currency == company.currency)),
    ]


def _only(session: Session, ids: Sequence[int]) -> tuple[int | None, str]:
    if len(ids) != 1:
        return None, ""
    return ids[0], session.scalar(sa.select(Customer.name).where(Customer.id == ids[0])) or ""


def _just_late(company: Company, mine: Sequence[sa.ColumnElement[bool]], least: int, today: date) -> Any:
    return (
        sa.select(
            sa.literal("just_late"),
            sa.func.min(Item.customer_id),
            sa.func.coalesce(sa.func.sum(Item.open_cents), 0),
            sa.func.count(Item.customer_id.distinct()),
            sa.func.min(Customer.name),
        )
        .join(Customer, Customer.id == Item.customer_id)
        .where(*just_late(company, least, today), *mine, ~is_hidden("just_late", Item.id, today))
    )
