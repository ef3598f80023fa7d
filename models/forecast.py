"""The sums and the few single debits a forecast grid is made from; where they belong is judged by `rules.forecast`.

Most debits are expected on their due date: SQL sums them, by due date and customer, over the partial indexes of open items, and what
depends on the ledger alone is kept until it changes (`models.standing`). Only debits with a better date (set by hand, promised, disputed)
or of an insolvent customer are read one by one. Nothing here mixes currencies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import bulk
from models.audit import AuditEntry
from models.commitments import Dispute, Promise
from models.company import Company
from models.customers import Customer
from models.items import Allocation, Item
from models.lists import matches
from models.paging import PER_PAGE
from models.standing import remembered
from rules.forecast import Contest, CustomerLine, Debit, Facts, Pledge, Receipt, Week, weeks
from rules.ledger import Kind

PROMISED = ("expected", "broken")
SORTS = ("name", "-name", "owed", "-owed")
MOVED = "plan"  # the audit verb of an expected date


@dataclass(frozen=True, slots=True)
class Filters:
    """Which customers, in which order. `reps` None: every one the company has, (): nobody."""

    currency: str
    reps: tuple[int, ...] | None = None
    text: str = ""
    profile_id: int | None = None
    sales_rep_id: int | None = None
    sort: str = "-owed"

    @property
    def narrows(self) -> bool:
        """Whether some customers are left out."""
        return self.reps is not None or bool(self.text.strip()) or self.profile_id is not None or self.sales_rep_id is not None


@dataclass(frozen=True, slots=True)
class Slice:
    """Which customers get a line: a page of so many, or these; the totals are those of the whole filter."""

    number: int = 1
    size: int = PER_PAGE
    customer_ids: tuple[int, ...] | None = None


EVERYBODY = Slice(size=1_000_000)


def facts(session: Session, company: Company, filters: Filters, today: date, part: Slice = Slice()) -> Facts:
    """What a grid is made from: totals of every customer of the filter, lines of those asked for.

    Customers who owe come in the order of the filter, then those who paid within the week and owe nothing more."""
    chosen = _chosen(company.id, filters)
    owing, due, credits_cents, others = _sums(session, company, filters, chosen)
    receipts = _receipts(session, company.id, filters.currency, weeks(today, 1)[0], chosen)
    settled = sorted({r.customer_id for r in receipts if r.customer_id not in owing})
    ids = part.customer_ids
    if ids is None:
        start = (part.number - 1) * part.size
        ids = tuple(owing)[start : start + part.size] if start < len(owing) else ()
        ids += tuple(settled[max(start - len(owing), 0) : max(start + part.size - len(owing), 0)])
    pledges, contests = _commitments(session, company.id, filters.currency)
    unplanned, planned = _planned(session, company.id, filters.currency, today, chosen)
    return Facts(
        currency=filters.currency,
        customers=_customers(session, ids, owing),
        customer_count=len(owing) + len(settled),
        owed=due,
        unplanned=unplanned,
        planned=planned,
        lines=_lines(session, company.id, filters.currency, ids),
        debits=_debits(session, company.id, filters.currency, chosen),
        pledges=pledges,
        contests=contests,
        receipts=receipts,
        credits_cents=credits_cents,
        other_currencies=others,
    )


def facts_of(session: Session, company_id: int, customer_id: int, currency: str) -> Facts:
    """Every debit of one customer and what is known about it: the items behind its chips."""
    pledges, contests = _commitments(session, company_id, currency, customer_id)
    every = sa.select(Item.id).where(Item.company_id == company_id, Item.customer_id == customer_id, Item.open_cents != 0)
    debits = _read_debits(session, currency, every, None)
    return Facts(currency, (), 0, (), (), (), (), debits, pledges, contests, ())


class ItemLine(NamedTuple):
    """How an item is named to people."""

    piece: str
    label: str
    document_on: date


def item_lines(session: Session, item_ids: Collection[int]) -> dict[int, ItemLine]:
    """Number, label and date of some items, by id."""
    query = sa.select(Item.id, Item.piece, Item.label, Item.document_on).where(Item.id.in_(item_ids))
    return {row[0]: ItemLine(row[1], row[2], row[3]) for row in session.execute(query)}


def currencies(session: Session, company_id: int) -> list[str]:
    """The currencies something is owed in."""
    query = sa.select(Item.currency).distinct().where(Item.company_id == company_id, Item.open_cents != 0, Item.open_cents > 0)
    return sorted(session.scalars(query))


# ------------------------------------------------------------------ expected dates


class Standing(NamedTuple):
    """What a move needs to know of an item."""

    item_id: int
    customer_id: int
    open_cents: int
    expected_on: date | None


def standing_of(session: Session, company_id: int, item_ids: Collection[int]) -> dict[int, Standing]:
    """The items of a company among some ids, by id."""
    query = sa.select(Item.id, Item.customer_id, Item.open_cents, Item.expected_on).where(
        Item.company_id == company_id, Item.id.in_(item_ids)
    )
    return {row[0]: Standing(*row) for row in session.execute(query)}


def write_expected(session: Session, dates: Iterable[tuple[int, date | None]], by_id: int, at: datetime) -> None:
    """Set the expected date of items, with who and when; without a date all three are cleared."""
    rows = [
        {"item": item_id, "expected_on": on, "expected_by_id": by_id if on else None, "expected_at": at if on else None}
        for item_id, on in dates
    ]
    if rows:
        table = Item.__table__
        change = sa.update(table).where(table.c.id == sa.bindparam("item"))  # type: ignore[arg-type]
        session.connection().execute(
            change.values({name: sa.bindparam(name) for name in ("expected_on", "expected_by_id", "expected_at")}), rows
        )
        session.expire_all()


def move_made(session: Session, company_id: int, customer_id: int, move_id: int, actor_id: int) -> dict[str, Any] | None:
    """The changes of a person's own move of a customer's dates, if the audit log knows it."""
    return session.scalar(
        sa.select(AuditEntry.changes).where(
            AuditEntry.id == move_id,
            AuditEntry.company_id == company_id,
            AuditEntry.actor_id == actor_id,
            AuditEntry.verb == MOVED,
            AuditEntry.noun == "customer",
            AuditEntry.noun_id == customer_id,
        )
    )


def promises(session: Session, customer_id: int, ids: Collection[int]) -> list[Promise]:
    """Some promises of a customer, in the order they were made."""
    query = sa.select(Promise).where(Promise.customer_id == customer_id, Promise.id.in_(ids)).order_by(Promise.id)
    return list(session.scalars(query))


def live_promises_of(session: Session, item_ids: Collection[int]) -> list[Promise]:
    """The promises still expected for some items."""
    query = sa.select(Promise).where(Promise.item_id.in_(item_ids), Promise.state == "expected").order_by(Promise.id)
    return list(session.scalars(query))


# ------------------------------------------------------------------ the queries behind


def _chosen(company_id: int, filters: Filters) -> sa.Select[int] | None:
    """The customers of a filter, None for all."""
    if not filters.narrows:
        return None
    query = sa.select(Customer.id).where(Customer.company_id == company_id)
    if filters.reps is not None:
        query = query.where(Customer.sales_rep_id.in_(filters.reps))
    if filters.sales_rep_id is not None:
        query = query.where(Customer.sales_rep_id == filters.sales_rep_id)
    if filters.profile_id is not None:
        query = query.where(Customer.profile_id == filters.profile_id)
    if filters.text.strip():
        query = query.where(matches(filters.text))
    return query


def _open_debits(company_id: int, currency: str, chosen: sa.Select[int] | None) -> list[sa.ColumnElement[bool]]:
    found = [Item.company_id == company_id, Item.open_cents != 0, Item.open_cents > 0, Item.currency == currency]
    return found if chosen is None else [*found, Item.customer_id.in_(chosen)]


_Sums = tuple[dict[int, int], Sequence[tuple[date, int]], int, bool]


def _sums(session: Session, company: Company, filters: Filters, chosen: sa.Select[int] | None) -> _Sums:
    """Who owes how much, in order; what falls due when; credits; whether another currency is owed too."""
    if chosen is not None or filters.sort != "-owed":
        return _read_sums(session, company.id, filters, chosen)
    what = ("forecast", filters.currency)
    return remembered(session, company, what, lambda: _read_sums(session, company.id, filters, None))


def _read_sums(session: Session, company_id: int, filters: Filters, chosen: sa.Select[int] | None) -> _Sums:
    cents = sa.func.sum(Item.open_cents)
    debits = _open_debits(company_id, filters.currency, chosen)
    owing = sa.select(Item.customer_id, cents).where(*debits).group_by(Item.customer_id)
    if filters.sort.endswith("name"):
        name = Customer.name_folded.desc() if filters.sort.startswith("-") else Customer.name_folded
        owing = owing.join(Customer, Customer.id == Item.customer_id).order_by(name, Item.customer_id)
    else:
        owing = owing.order_by(cents.desc() if filters.sort.startswith("-") else cents, Item.customer_id)
    due = sa.select(Item.due_on, cents).where(*debits).group_by(Item.due_on)
    rest = sa.select(
        sa.func.coalesce(sa.func.sum(Item.open_cents).filter(Item.open_cents < 0, Item.currency == filters.currency), 0),
        sa.func.coalesce(sa.func.max(Item.currency != filters.currency), 0),
    ).where(Item.company_id == company_id, Item.open_cents != 0)
    if chosen is not None:
        rest = rest.where(Item.customer_id.in_(chosen))
    connection = session.connection()
    credits_cents, others = connection.execute(rest).one()
    return (
        {row[0]: row[1] for row in connection.execute(owing)},
        [(row[0], row[1]) for row in connection.execute(due)],
        credits_cents,
        bool(others),
    )


def _planned(
    session: Session, company_id: int, currency: str, today: date, chosen: sa.Select[int] | None
) -> tuple[list[tuple[date, int]], list[tuple[bool, date, int]]]:
    """Debits with a date set by hand, by due date; and again by lateness and that date."""
    cents, where = sa.func.sum(Item.open_cents), [*_open_debits(company_id, currency, chosen), Item.expected_on.is_not(None)]
    late = Item.due_on < today
    by_due = sa.select(sa.null().label("late"), Item.due_on, cents).where(*where).group_by(Item.due_on)
    by_hand = sa.select(late, Item.expected_on, cents).where(*where).group_by(late, Item.expected_on)
    unplanned: list[tuple[date, int]] = []
    planned: list[tuple[bool, date, int]] = []
    rows: Any = session.connection().execute(sa.union_all(by_due, by_hand))
    for is_late, on, total in rows:
        if is_late is None:
            unplanned.append((on, total))
        else:
            planned.append((bool(is_late), on, total))
    return unplanned, planned


def _lines(
    session: Session, company_id: int, currency: str, ids: Sequence[int]
) -> Sequence[tuple[int, date, date | None, int]]:
    """What the customers of the page owe, by due date and date set by hand; everybody's at once when there are too many to name."""
    by = (Item.customer_id, Item.due_on, Item.expected_on)
    query = sa.select(*by, sa.func.sum(Item.open_cents)).group_by(*by).where(*_open_debits(company_id, currency, None))
    few = len(ids) <= bulk.CHUNK
    wanted = set(ids)
    rows: Any = session.connection().execute(query.where(Item.customer_id.in_(ids)) if few else query)
    return [tuple(row) for row in rows if few or row[0] in wanted]


def _customers(session: Session, ids: Sequence[int], owing: dict[int, int]) -> list[CustomerLine]:
    found: dict[int, tuple[str, str]] = {}
    for start in range(0, len(ids), bulk.CHUNK):
        query = sa.select(Customer.id, Customer.code, Customer.name).where(Customer.id.in_(ids[start : start + bulk.CHUNK]))
        found.update((row[0], (row[1], row[2])) for row in session.execute(query))
    return [CustomerLine(i, *found[i], owing.get(i, 0)) for i in ids if i in found]


def _receipts(session: Session, company_id: int, currency: str, week: Week, chosen: sa.Select[int] | None) -> list[Receipt]:
    """Money that settled debits within a week: payments, and debits gone from an open-item list. Credit notes are no money."""
    debit, credit = sa.orm.aliased(Item), sa.orm.aliased(Item)
    customer_id = sa.func.coalesce(debit.customer_id, credit.customer_id)
    money = sa.or_(credit.kind == Kind.PAYMENT, sa.and_(Allocation.credit_id.is_(None), Allocation.how == "listed"))
    query = (
        sa.select(customer_id, Allocation.made_on, sa.func.sum(Allocation.cents))
        .outerjoin(debit, debit.id == Allocation.debit_id)
        .outerjoin(credit, credit.id == Allocation.credit_id)
        .where(Allocation.company_id == company_id, Allocation.made_on.between(week.first, week.last), money)
        .where(sa.func.coalesce(debit.currency, credit.currency) == currency)
        .group_by(customer_id, Allocation.made_on)
    )
    if chosen is not None:
        query = query.where(customer_id.in_(chosen))
    return [Receipt(*row) for row in session.execute(query)]


def _commitments(
    session: Session, company_id: int, currency: str, customer_id: int | None = None
) -> tuple[list[Pledge], list[Contest]]:
    """Promises expected or broken, and open disputes, in one query."""
    promises = sa.select(
        Promise.state.label("state"), Promise.id, Promise.customer_id, Promise.item_id, Promise.promised_on, Promise.cents
    ).where(Promise.company_id == company_id, Promise.state.in_(PROMISED), Promise.currency == currency)
    disputes = sa.select(
        sa.literal("dispute"), Dispute.id, Dispute.customer_id, Dispute.item_id, sa.null(), Dispute.cents
    ).where(Dispute.company_id == company_id, Dispute.solved_at.is_(None))
    if customer_id is not None:
        promises, disputes = (
            promises.where(Promise.customer_id == customer_id),
            disputes.where(Dispute.customer_id == customer_id),
        )
    pledges: list[Pledge] = []
    contests: list[Contest] = []
    rows: Any = session.execute(sa.union_all(promises, disputes))
    for state, row_id, customer, item, on, cents in rows:
        if state == "dispute":
            contests.append(Contest(customer, item, cents))
        else:
            pledges.append(Pledge(customer, item, on, cents, state == "broken", row_id))
    return pledges, contests


def _debits(session: Session, company_id: int, currency: str, chosen: sa.Select[int] | None) -> list[Debit]:
    """Debits that a promise, a dispute or the insolvency of their customer concerns."""
    promised = [Promise.company_id == company_id, Promise.state.in_(PROMISED)]
    disputed = [Dispute.company_id == company_id, Dispute.solved_at.is_(None)]
    whole = sa.union(
        sa.select(Promise.customer_id).where(*promised, Promise.item_id.is_(None)),
        sa.select(Dispute.customer_id).where(*disputed, Dispute.item_id.is_(None)),
        sa.select(Customer.id).where(Customer.company_id == company_id, Customer.insolvent_on.is_not(None)),
    )
    special: sa.CompoundSelect[Any] = sa.union(
        sa.select(Promise.item_id).where(*promised, Promise.item_id.is_not(None)),
        sa.select(Dispute.item_id).where(*disputed, Dispute.item_id.is_not(None)),
        sa.select(Item.id).where(Item.company_id == company_id, Item.open_cents != 0, Item.customer_id.in_(whole)),
    )
    return _read_debits(session, currency, special, chosen)


def _read_debits(
    session: Session, currency: str, ids: sa.Select[Any] | sa.CompoundSelect[Any], chosen: sa.Select[int] | None
) -> list[Debit]:
    query = (
        sa.select(Item.id, Item.customer_id, Item.due_on, Item.open_cents, Item.expected_on, Customer.insolvent_on.is_not(None))
        .join(Customer, Customer.id == Item.customer_id)
        .where(Item.id.in_(ids), Item.open_cents > 0, Item.currency == currency)
    )
    if chosen is not None:
        query = query.where(Item.customer_id.in_(chosen))
    return [Debit(*row) for row in session.execute(query)]
