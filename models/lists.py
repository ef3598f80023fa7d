"""The customer list: which customers, in which order, with which totals; and what lists can be filtered by.

Filters are one frozen value per list; the page and the file of a list are the same question with and without a limit.
Customers take their sums from `models.standing`; attributes are asked of SQL for one page at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import bulk
from models.actions import COUNTED, Action
from models.commitments import Hold
from models.company import Company, Profile, SalesRep
from models.customers import Customer
from models.marks import active_hold
from models.paging import PER_PAGE, Page
from models.reports import Filters, HomeTotals
from models.standing import ORDERS, Standing, standings
from models.users import Membership, User
from rules.ageing import Ageing
from rules.words import fold

CHUNK = 500
REMINDED = ("notice", "reminder", "formal_notice", "handover")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters of lists can be set to: (id, name) by name."""

    profiles: Sequence[tuple[int, str]]
    sales_reps: Sequence[tuple[int, str]]
    collectors: Sequence[tuple[int, str]]


def choices(session: Session, company_id: int) -> Choices:
    """Profiles, sales representatives and colleagues of a company, in one query."""
    found: dict[str, list[tuple[int, str]]] = {"profile": [], "rep": [], "user": []}
    for kind, row_id, name in session.connection().execute(_choices(), {"company_id": company_id}):
        found[kind].append((row_id, name))
    by_name = [sorted(rows, key=lambda row: fold(row[1])) for rows in found.values()]
    return Choices(*by_name)


# Statements of the hot pages are built once: building one costs more than running it.
@cache
def _choices() -> Any:
    company_id: Any = sa.bindparam("company_id")
    return sa.union_all(
        sa.select(sa.literal("profile"), Profile.id, Profile.name).where(Profile.company_id == company_id),
        sa.select(sa.literal("rep"), SalesRep.id, SalesRep.name).where(SalesRep.company_id == company_id),
        sa.select(sa.literal("user"), User.id, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.company_id == company_id, User.disabled_at.is_(None)),
    )


# ------------------------------------------------------------------ customers


@dataclass(frozen=True, slots=True)
class CustomerFilters:
    """Which customers, in which order. `reps` None: every one the company has, (): nobody."""

    currency: str
    reps: tuple[int, ...] | None = None
    text: str = ""
    profile_id: int | None = None
    sales_rep_id: int | None = None
    collector_id: int | None = None
    method: str = ""
    tag: str = ""
    state: str = ""  # open, late, coming, credit, limit; empty: all
    bucket: int | None = None  # 1 to 4: something late by 1–30, 31–60, 61–90, 91 and more days
    sort: str = "-late"

    @property
    def narrows(self) -> bool:
        """Whether anything but sums decides."""
        attributes = (self.text, self.profile_id, self.sales_rep_id, self.collector_id, self.method, self.tag)
        return self.reps is not None or any(attributes) or self.state == "limit"


CUSTOMER_SORTS = ("name", "profile", "rep", "score", "reminded", *ORDERS)


class CustomerRow(NamedTuple):
    """One line of the customer list. stage, level, reminded_on: of the last reminder; held: a hold on the whole customer."""

    id: int
    code: str
    name: str
    profile: str
    sales_rep: str
    score: int | None
    credit_limit_cents: int | None
    stage: str
    level: int
    reminded_on: date | None
    held: bool
    ageing: Ageing


def customer_page(
    session: Session, company: Company, filters: CustomerFilters, today: date, number: int = 1
) -> tuple[Page[CustomerRow], HomeTotals]:
    """One page of the customer list and the totals of the whole filter."""
    standing = standings(session, company, today).get(filters.currency) or Standing(filters.currency)
    start = (number - 1) * PER_PAGE
    plain = not (filters.narrows or filters.state or filters.bucket)
    if plain and filters.sort.startswith("-") and filters.sort[1:] in ORDERS and start + PER_PAGE <= len(standing.by_id):
        # The usual page: nobody else need be looked at.
        total = int(bulk.fetch(session, "SELECT count(*) FROM customer WHERE company_id = ?", [company.id])[0][0])
        ids: Sequence[int] = standing.order(filters.sort[1:])[start : start + PER_PAGE]
        totals = standing.totals()
    else:
        every = customer_ids(session, company, filters, standing, today)
        total, ids, totals = len(every), every[start : start + PER_PAGE], standing.totals(None if plain else every)
    return Page(customer_rows(session, ids, standing, today), total, number), totals


def customers_in_order(session: Session, company: Company, filters: CustomerFilters, today: date) -> Iterable[CustomerRow]:
    """Every customer of the filter, in its order: what the files hold."""
    standing = standings(session, company, today).get(filters.currency) or Standing(filters.currency)
    ids = customer_ids(session, company, filters, standing, today)
    for start in range(0, len(ids), CHUNK):
        yield from customer_rows(session, ids[start : start + CHUNK], standing, today)


def currencies(session: Session, company: Company, today: date) -> list[str]:
    """The currencies in which something is open, the company's own first."""
    return [code for code, one in standings(session, company, today).items() if code == company.currency or one.by_id]


def customer_ids(session: Session, company: Company, filters: CustomerFilters, standing: Standing, today: date) -> list[int]:
    """Ids of all customers of the filter, in its order."""
    key, descending = filters.sort.lstrip("-"), filters.sort.startswith("-")
    if key in ORDERS and not filters.narrows and (filters.state or filters.bucket):
        order = standing.order(key)  # sums alone decide
        return [i for i in (order if descending else reversed(order)) if _stands(standing.by_id[i], filters)]
    named = _ids_by_attribute(session, company.id, filters, "name" if key in ORDERS else key, descending and key not in ORDERS)
    ids = [i for i in named if _stands(standing.by_id.get(i), filters)]
    if key in ORDERS:
        # Who has nothing open comes last either way, by name: the usual page (above) relies on it.
        standing_ids = [i for i in ids if i in standing.by_id]
        standing_ids.sort(key=lambda i: ORDERS[key](standing.by_id[i]), reverse=descending)
        ids = standing_ids + [i for i in ids if i not in standing.by_id]
    if filters.state == "limit":
        limits = {
            row[0]: row[1]
            for row in session.execute(sa.select(Customer.id, Customer.credit_limit_cents).where(*_over(company.id)))
        }
        ids = [i for i in ids if i in standing.by_id and i in limits and standing.by_id[i].balance_cents > (limits[i] or 0)]
    return ids


def portfolio_ids(session: Session, company_id: int, reps: tuple[int, ...]) -> set[int]:
    """The customers of some sales representatives."""
    query = sa.select(Customer.id).where(Customer.company_id == company_id, Customer.sales_rep_id.in_(reps))
    return set(session.scalars(query))


def ids_of(session: Session, company_id: int, filters: Filters) -> list[int] | None:
    """The customers that the filters of a report mean; None: all."""
    everyone = replace(filters, currency="") == Filters()
    if everyone:
        return None
    wanted = CustomerFilters(
        "", filters.sales_rep_ids, filters.text, filters.profile_id, None, filters.collector_id, filters.method, sort="name"
    )
    return list(session.scalars(sa.select(Customer.id).where(*attribute_conditions(company_id, wanted))))


def _over(company_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return Customer.company_id == company_id, Customer.credit_limit_cents.is_not(None)


def _stands(ageing: Ageing | None, filters: CustomerFilters) -> bool:
    if ageing is None:
        return not filters.state and not filters.bucket
    if filters.bucket and not ageing.late_by_bucket[filters.bucket - 1]:
        return False
    if filters.state == "late":
        return any(ageing.late_by_bucket)
    if filters.state == "coming":
        return ageing.not_due_cents > 0
    if filters.state == "credit":
        return ageing.credits_cents < 0
    return True


def attribute_conditions(company_id: int, filters: CustomerFilters) -> list[sa.ColumnElement[bool]]:
    """The part of a filter that the customers' own columns decide."""
    found: list[sa.ColumnElement[bool]] = [Customer.company_id == company_id]
    if filters.reps is not None:
        found.append(Customer.sales_rep_id.in_(filters.reps))
    for column, value in (
        (Customer.profile_id, filters.profile_id),
        (Customer.sales_rep_id, filters.sales_rep_id),
        (Customer.collector_id, filters.collector_id),
    ):
        if value is not None:
            found.append(column == value)
    if filters.method:
        found.append(Customer.method == ("" if filters.method == "unknown" else filters.method))
    if filters.tag:
        found.append(sa.cast(Customer.tags, sa.Text).contains(f'"{filters.tag}"', autoescape=True))
    if filters.text.strip():
        found.append(matches(filters.text))
    return found


def matches(text: str) -> sa.ColumnElement[bool]:
    """A customer whose name or code holds the text, whatever its case and accents."""
    wanted = fold(text)
    return sa.or_(
        Customer.name_folded.contains(wanted, autoescape=True), sa.func.lower(Customer.code).contains(wanted, autoescape=True)
    )


def _ids_by_attribute(session: Session, company_id: int, filters: CustomerFilters, key: str, descending: bool) -> list[int]:
    query = sa.select(Customer.id).where(*attribute_conditions(company_id, filters))
    column: Any = Customer.name_folded
    if key == "profile":
        query, column = query.outerjoin(Profile, Profile.id == Customer.profile_id), sa.func.coalesce(Profile.name, "")
    elif key == "rep":
        query, column = query.outerjoin(SalesRep, SalesRep.id == Customer.sales_rep_id), sa.func.coalesce(SalesRep.name, "")
    elif key == "score":
        column = sa.func.coalesce(Customer.score, -1)
    elif key == "reminded":
        column = sa.func.coalesce(_last_reminder(Action.done_on), date(1, 1, 1))
    query = query.order_by(column.desc() if descending else column, Customer.name_folded, Customer.id)
    return [row[0] for row in session.connection().execute(query)]


def _last_reminder(column: Any) -> Any:
    return (
        sa.select(column)
        .where(
            Action.customer_id == Customer.id,
            Action.state.in_(COUNTED),
            Action.stage.in_(REMINDED),
            Action.done_on.is_not(None),
        )
        .order_by(Action.done_on.desc(), Action.id.desc())
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )


def customer_rows(session: Session, ids: Sequence[int], standing: Standing, today: date) -> list[CustomerRow]:
    """The lines of some customers, in the order given."""
    if not ids:
        return []
    rows = session.connection().execute(_customer_rows(), {"ids": ids, "today": today})
    found = {row[0]: row for row in rows}
    nothing = Ageing()
    return [CustomerRow._make((*found[i], standing.by_id.get(i, nothing))) for i in ids if i in found]


@cache
def _customer_rows() -> Any:
    held = sa.exists().where(Hold.customer_id == Customer.id, Hold.item_id.is_(None), active_hold(sa.bindparam("today")))
    action = aliased(Action)
    return (
        sa.select(
            Customer.id,
            Customer.code,
            Customer.name,
            sa.func.coalesce(Profile.name, ""),
            sa.func.coalesce(SalesRep.name, ""),
            Customer.score,
            Customer.credit_limit_cents,
            sa.func.coalesce(action.stage, ""),
            sa.func.coalesce(action.level, 0),
            action.done_on,
            held,
        )
        .outerjoin(Profile, Profile.id == Customer.profile_id)
        .outerjoin(SalesRep, SalesRep.id == Customer.sales_rep_id)
        .outerjoin(action, action.id == _last_reminder(Action.id))
        .where(Customer.id.in_(sa.bindparam("ids", expanding=True)))
    )
