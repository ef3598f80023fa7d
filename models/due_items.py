"""The list of due items: every open item of a company, filtered, ordered, totalled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.commitments import Dispute, Hold, Promise
from models.company import Company
from models.customers import Customer
from models.items import Item
from models.lists import matches
from models.marks import Marks, active_hold, marks_of
from models.paging import PER_PAGE, Page
from models.standing import remembered
from rules.ageing import BOUNDS
from rules.vigilance import JUST_LATE_DAYS
from rules.words import fold

CHUNK = 500
SORTS = ("due", "customer", "piece", "document", "amount", "open", "expected")


@dataclass(frozen=True, slots=True)
class ItemFilters:
    """Which open items, in which order; one currency at a time. `reps` None: of every customer, (): of nobody."""

    currency: str
    reps: tuple[int, ...] | None = None
    text: str = ""  # in the invoice number, the label or the customer's name or code
    state: str = ""  # late, coming, credit, just_late; empty: all
    bucket: int | None = None  # 1 to 4, as days late
    mark: str = ""  # promise, broken, dispute, hold, expected, debit, bank
    profile_id: int | None = None
    sales_rep_id: int | None = None
    least_cents: int | None = None
    sort: str = "due"
    late_days: int = JUST_LATE_DAYS  # what just late means

    @property
    def is_plain(self) -> bool:
        """Only days and the sign of the amount decide: totals can be remembered with the ledger."""
        return self.reps is None and not (self.text or self.mark or self.profile_id or self.sales_rep_id)


class ItemTotals(NamedTuple):
    """Of one filter: how many items and customers, the sums in cents."""

    items: int = 0
    customers: int = 0
    late_cents: int = 0
    coming_cents: int = 0
    credits_cents: int = 0

    @property
    def balance_cents(self) -> int:
        return self.late_cents + self.coming_cents + self.credits_cents


class ItemRow(NamedTuple):
    """One open item with what stands on it."""

    id: int
    customer_id: int
    code: str
    customer: str
    piece: str
    label: str
    kind: str
    document_on: date
    due_on: date
    currency: str
    amount_cents: int
    open_cents: int
    expected_on: date | None
    method: str
    rejected: bool
    marks: Marks


def item_page(
    session: Session, company: Company, filters: ItemFilters, today: date, number: int = 1
) -> tuple[Page[ItemRow], ItemTotals]:
    """One page of due items and the totals of the whole filter."""
    if filters.is_plain:
        unsorted = (filters.currency, filters.state, filters.bucket, filters.least_cents)
        totals = remembered(session, company, ("items", today, unsorted), lambda: _totals(session, company.id, filters, today))
    else:
        totals = _totals(session, company.id, filters, today)
    query = _ordered(_rows(company.id, filters, today), filters.sort).limit(PER_PAGE).offset((number - 1) * PER_PAGE)
    return Page(_with_marks(session, session.execute(query), today), totals.items, number), totals


def items_in_order(session: Session, company_id: int, filters: ItemFilters, today: date) -> Iterable[ItemRow]:
    """Every due item of the filter, in its order: what the files hold."""
    result = session.execute(_ordered(_rows(company_id, filters, today), filters.sort))
    while chunk := result.fetchmany(CHUNK):
        yield from _with_marks(session, chunk, today)


def of_customer(session: Session, customer: Customer, today: date) -> list[ItemRow]:
    """Every open item of one customer, in all currencies, oldest due first."""
    rows = session.connection().execute(_of_customer(), {"company_id": customer.company_id, "customer_id": customer.id})
    return _with_marks(session, rows, today)


@cache
def _of_customer() -> sa.Select[*tuple[Any, ...]]:
    mine = (Item.company_id == sa.bindparam("company_id"), Item.customer_id == sa.bindparam("customer_id"))
    return _columns().where(*mine, sa.text("item.open_cents <> 0")).order_by(Item.due_on, Item.id)


def _with_marks(session: Session, rows: Iterable[Any], today: date) -> list[ItemRow]:
    found = list(rows)
    marks = marks_of(session, [(row.id, row.customer_id) for row in found], today)
    return [ItemRow._make((*row, marks[row.id])) for row in found]


def _rows(company_id: int, filters: ItemFilters, today: date) -> sa.Select[*tuple[Any, ...]]:
    return _columns().where(*_conditions(company_id, filters, today))


def _columns() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        Item.id,
        Item.customer_id,
        Customer.code,
        Customer.name,
        Item.piece,
        Item.label,
        Item.kind,
        Item.document_on,
        Item.due_on,
        Item.currency,
        Item.amount_cents,
        Item.open_cents,
        Item.expected_on,
        sa.func.coalesce(sa.func.nullif(Item.method, ""), Customer.method),
        Item.direct_debit_rejected,
    ).join(Customer, Customer.id == Item.customer_id)


def _ordered(query: sa.Select[*tuple[Any, ...]], sort: str) -> sa.Select[*tuple[Any, ...]]:
    columns: dict[str, Any] = {
        "due": Item.due_on,
        "customer": Customer.name_folded,
        "piece": Item.piece,
        "document": Item.document_on,
        "amount": Item.amount_cents,
        "open": Item.open_cents,
        "expected": sa.func.coalesce(Item.expected_on, Item.due_on),
    }
    column = columns[sort.lstrip("-")]
    if sort.startswith("-"):
        return query.order_by(column.desc(), Item.id.desc())
    return query.order_by(column, Item.id)


def _totals(session: Session, company_id: int, filters: ItemFilters, today: date) -> ItemTotals:
    owed = Item.open_cents > 0
    query = sa.select(
        sa.func.count(),
        sa.func.count(Item.customer_id.distinct()),
        _sum(sa.and_(owed, Item.due_on < today)),
        _sum(sa.and_(owed, Item.due_on >= today)),
        _sum(Item.open_cents < 0),
    ).where(*_conditions(company_id, filters, today))
    if not filters.is_plain:
        query = query.join(Customer, Customer.id == Item.customer_id)
    return ItemTotals(*session.execute(query.select_from(Item)).one())


def _sum(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, Item.open_cents), else_=0)), 0)


def _conditions(company_id: int, filters: ItemFilters, today: date) -> list[sa.ColumnElement[bool]]:
    # "open_cents <> 0" in exactly these words: the partial indexes are chosen by it.
    found: list[sa.ColumnElement[bool]] = [
        Item.company_id == company_id,
        sa.text("item.open_cents <> 0"),  # type: ignore[list-item]
        Item.currency == filters.currency,
        *_of_days(filters, today),
    ]
    if filters.least_cents is not None:
        found.append(Item.open_cents >= filters.least_cents)
    if filters.reps is not None:
        found.append(Customer.sales_rep_id.in_(filters.reps))
    if filters.profile_id is not None:
        found.append(Customer.profile_id == filters.profile_id)
    if filters.sales_rep_id is not None:
        found.append(Customer.sales_rep_id == filters.sales_rep_id)
    if filters.text.strip():
        found.append(_holds_text(filters.text))
    if filters.mark:
        found.append(_marked(filters.mark, today))
    return found


def _of_days(filters: ItemFilters, today: date) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if filters.bucket:
        found += [Item.open_cents > 0, Item.due_on < today - timedelta(days=(0, *BOUNDS)[filters.bucket - 1])]
        if filters.bucket <= len(BOUNDS):
            found.append(Item.due_on >= today - timedelta(days=BOUNDS[filters.bucket - 1]))
    if filters.state == "late":
        found += [Item.open_cents > 0, Item.due_on < today]
    elif filters.state == "just_late":
        found += [Item.open_cents > 0, Item.due_on < today, Item.due_on >= today - timedelta(days=filters.late_days)]
    elif filters.state == "coming":
        found += [Item.open_cents > 0, Item.due_on >= today]
    elif filters.state == "credit":
        found.append(Item.open_cents < 0)
    return found


def _holds_text(text: str) -> sa.ColumnElement[bool]:
    wanted = text.strip().lower()
    return sa.or_(
        sa.func.lower(Item.piece).contains(wanted, autoescape=True),
        sa.func.lower(Item.label).contains(fold(text), autoescape=True),
        matches(text),
    )


def _marked(mark: str, today: date) -> sa.ColumnElement[bool]:
    def on_it(table: type[Promise] | type[Dispute] | type[Hold], *conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        whole = sa.and_(table.item_id.is_(None), table.customer_id == Item.customer_id)
        return sa.exists().where(table.customer_id == Item.customer_id, sa.or_(table.item_id == Item.id, whole), *conditions)

    if mark == "promise":
        return on_it(Promise, Promise.state == "expected")
    if mark == "broken":
        return on_it(Promise, Promise.state == "broken")
    if mark == "dispute":
        return on_it(Dispute, Dispute.solved_at.is_(None))
    if mark == "hold":
        return on_it(Hold, active_hold(today))
    if mark == "expected":
        return Item.expected_on.is_not(None)
    if mark == "bank":
        return Item.bank_cents != 0
    return sa.and_(sa.func.coalesce(sa.func.nullif(Item.method, ""), Customer.method) == "direct_debit", Item.open_cents > 0)
