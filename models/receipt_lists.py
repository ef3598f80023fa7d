"""Questions of the pages of the bank: the list of movements, one of them with what it may pay, the queue of the day's work,
what bank and ledger disagree about, and what of all that shows on home, cards and due items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import search
from models.bank import STANDING, BankAccount, BankMatch, BankMovement, BankStatement
from models.customers import Customer
from models.items import Item
from models.lists import matches
from models.paging import PER_PAGE, Page
from models.users import User
from rules.errors import DomainError
from rules.money import parse_cents
from rules.words import fold

TABS = ("open", "proposed", "matched", "ignored", "differences")
"""Views of the list: nobody knows what it pays; a proposal waits; known; not from a customer; bank and ledger disagree."""
CHUNK = 500
PARTED = ("corrected", "dissolved")
"""Ends of a match by which the ledger says something else than the bank seemed to."""


@dataclass(frozen=True, slots=True)
class ReceiptFilters:
    """Which movements. seen: matched, and the ledger does not show them yet."""

    tab: str = "open"
    text: str = ""  # in the payer's name, the communication, the customer; or an amount
    first: date | None = None
    last: date | None = None
    account_id: int | None = None
    seen: bool = False


class Paying(NamedTuple):
    """What a movement pays, or may pay: one item with the cents it takes."""

    id: int
    movement_id: int
    proposal: int
    state: str
    how: str
    confidence: int
    evidence: list[dict[str, Any]]
    item_id: int
    piece: str
    label: str
    due_on: date
    currency: str
    amount_cents: int
    open_cents: int
    cents: int
    difference_cents: int
    difference_reason: str
    customer_id: int
    customer: str
    code: str


class Movement(NamedTuple):
    """A movement as the list shows it; customer: who paid, as far as it is known."""

    id: int
    booked_on: date
    amount_cents: int
    left_cents: int
    currency: str
    state: str
    name: str
    iban: str
    text: str
    structured: str
    returned: bool
    return_reason: str
    ledger_item_id: int | None
    customer_id: int | None
    customer: str
    code: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A movement and what it pays: rows of the standing match, or of the best proposal."""

    movement: Movement
    paying: Sequence[Paying] = ()

    @property
    def customer(self) -> tuple[int, str, str] | None:
        """(id, name, code) of who paid: known, or likely by the items proposed."""
        if self.movement.customer_id is not None:
            return self.movement.customer_id, self.movement.customer, self.movement.code
        return (self.paying[0].customer_id, self.paying[0].customer, self.paying[0].code) if self.paying else None

    @property
    def confidence(self) -> int:
        """Of the proposal or of the match, per mille; 0: nothing is known."""
        return max((one.confidence for one in self.paying), default=0)

    @property
    def pieces(self) -> str:
        """The numbers of the items, in short."""
        return ", ".join(one.piece or one.label for one in self.paying)


class Difference(NamedTuple):
    """What the bank seemed to pay and the ledger has decided otherwise."""

    match_id: int
    movement_id: int
    state: str  # corrected, dissolved
    booked_on: date
    name: str
    amount_cents: int
    currency: str
    cents: int
    item_id: int
    piece: str
    label: str
    ledger_cents: int  # open in the ledger today
    ended_at: datetime | None
    customer_id: int
    customer: str
    code: str


class Sum(NamedTuple):
    """How many movements of one currency, and their sum (for `seen` that of what they pay)."""

    currency: str
    movements: int
    cents: int


@dataclass(frozen=True, slots=True)
class ReceiptList:
    """One page of the list, the sums of its filter, and how many stand behind each tab."""

    page: Page[Receipt] | Page[Difference]
    sums: Sequence[Sum]
    counts: dict[str, int]


def incoming() -> sa.ColumnElement[bool]:
    """Money that came in, or came back."""
    return sa.or_(BankMovement.amount_cents > 0, BankMovement.returned)


def receipt_list(session: Session, company_id: int, filters: ReceiptFilters, number: int = 1) -> ReceiptList:
    """One page of movements (or of differences) with the sums of the whole filter."""
    counts = tab_counts(session, company_id, filters)
    if filters.tab == "differences":
        query = _differences(company_id, filters).limit(PER_PAGE).offset((number - 1) * PER_PAGE)
        rows = [Difference(*row) for row in session.execute(query)]
        return ReceiptList(Page(rows, counts["differences"], number), _difference_sums(session, company_id, filters), counts)
    query = _movements(company_id, filters).limit(PER_PAGE).offset((number - 1) * PER_PAGE)
    sums = _sums(session, company_id, filters)
    page = Page(_with_paying(session, session.execute(query)), sum(one.movements for one in sums), number)
    return ReceiptList(page, sums, counts)


def receipts_in_order(session: Session, company_id: int, filters: ReceiptFilters) -> Iterable[Receipt]:
    """Every movement of the filter, in the order of the list: what the files hold."""
    result = session.execute(_movements(company_id, filters))
    while chunk := result.fetchmany(CHUNK):
        yield from _with_paying(session, chunk)


def differences_in_order(session: Session, company_id: int, filters: ReceiptFilters) -> list[Difference]:
    """Every difference of the filter."""
    return [Difference(*row) for row in session.execute(_differences(company_id, filters))]


def tab_counts(session: Session, company_id: int, filters: ReceiptFilters) -> dict[str, int]:
    """How many stand behind each tab, with the filters other than the tab and `seen`."""
    filters = replace(filters, seen=False)
    counted = [sa.func.count(sa.case((sa.and_(*_of_tab(tab)), 1))).label(tab) for tab in TABS if tab != "differences"]
    query = sa.select(*counted).select_from(BankMovement).outerjoin(Customer, Customer.id == BankMovement.customer_id)
    row = session.execute(query.where(*_conditions(company_id, filters))).one()
    parted = session.scalar(sa.select(sa.func.count()).select_from(_differences(company_id, filters).order_by(None).subquery()))
    return {**row._mapping, "differences": parted or 0}


def _of_tab(tab: str) -> list[sa.ColumnElement[bool]]:
    if tab == "open":
        return [BankMovement.state == "open", incoming()]
    if tab == "ignored":
        return [sa.or_(BankMovement.state == "ignored", sa.and_(BankMovement.state == "open", ~incoming()))]
    return [BankMovement.state == tab]


def _conditions(company_id: int, filters: ReceiptFilters) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [BankMovement.company_id == company_id]
    if filters.first is not None:
        found.append(BankMovement.booked_on >= filters.first)
    if filters.last is not None:
        found.append(BankMovement.booked_on <= filters.last)
    if filters.account_id is not None:
        found.append(BankMovement.account_id == filters.account_id)
    if filters.seen:
        found += [BankMovement.ledger_item_id.is_(None), _stands("provisional")]
    if filters.text.strip():
        found.append(_holds_text(filters.text))
    return found


def _stands(*states: str) -> sa.ColumnElement[bool]:
    one = aliased(BankMatch)
    return sa.exists().where(one.movement_id == BankMovement.id, one.state.in_(states))


def _holds_text(text: str) -> sa.ColumnElement[bool]:
    wanted = text.strip()
    bare = wanted.replace(" ", "").replace("/", "").replace("+", "").upper()
    found = [
        BankMovement.name_folded.contains(fold(wanted), autoescape=True),
        sa.func.lower(BankMovement.text).contains(wanted.lower(), autoescape=True),
        BankMovement.structured.contains(bare, autoescape=True),
        BankMovement.iban.contains(bare, autoescape=True),
        sa.and_(BankMovement.customer_id.is_not(None), matches(wanted)),
    ]
    try:
        cents = parse_cents(wanted)
    except DomainError:
        return sa.or_(*found)
    return sa.or_(*found, BankMovement.amount_cents.in_((cents, -cents)))


_MOVEMENT = (
    BankMovement.id, BankMovement.booked_on, BankMovement.amount_cents, BankMovement.left_cents, BankMovement.currency,
    BankMovement.state, BankMovement.name, BankMovement.iban, BankMovement.text, BankMovement.structured,
    BankMovement.returned, BankMovement.return_reason, BankMovement.ledger_item_id, BankMovement.customer_id,
)  # fmt: skip


def _movements(company_id: int, filters: ReceiptFilters) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(*_MOVEMENT, sa.func.coalesce(Customer.name, ""), sa.func.coalesce(Customer.code, ""))
        .outerjoin(Customer, Customer.id == BankMovement.customer_id)
        .where(*_conditions(company_id, filters), *_of_tab(filters.tab))
        .order_by(BankMovement.booked_on.desc(), BankMovement.id.desc())
    )


def _sums(session: Session, company_id: int, filters: ReceiptFilters) -> list[Sum]:
    if filters.seen:
        return _sums_seen(session, company_id, filters)
    query = (
        sa.select(BankMovement.currency, sa.func.count(), sa.func.sum(BankMovement.amount_cents))
        .outerjoin(Customer, Customer.id == BankMovement.customer_id)
        .where(*_conditions(company_id, filters), *_of_tab(filters.tab))
        .group_by(BankMovement.currency)
        .order_by(sa.func.count().desc())
    )
    return [Sum(*row) for row in session.execute(query)]


def _sums_seen(session: Session, company_id: int, filters: ReceiptFilters) -> list[Sum]:
    """What movements pay that the ledger does not show yet: what home says is deducted."""
    query = (
        sa.select(BankMovement.currency, sa.func.count(BankMovement.id.distinct()), sa.func.sum(BankMatch.cents))
        .join(BankMatch, BankMatch.movement_id == BankMovement.id)
        .outerjoin(Customer, Customer.id == BankMovement.customer_id)
        .where(*_conditions(company_id, filters), *_of_tab(filters.tab), BankMatch.state == "provisional")
        .group_by(BankMovement.currency)
        .order_by(sa.func.count().desc())
    )
    return [Sum(*row) for row in session.execute(query)]


def _differences(company_id: int, filters: ReceiptFilters) -> sa.Select[*tuple[Any, ...]]:
    owner = aliased(Customer)
    query = (
        sa.select(
            BankMatch.id, BankMovement.id, BankMatch.state, BankMovement.booked_on, BankMovement.name, BankMovement.amount_cents,
            BankMovement.currency, BankMatch.cents + BankMatch.difference_cents, Item.id, Item.piece, Item.label,
            Item.open_cents + Item.bank_cents, BankMatch.ended_at, owner.id, owner.name, owner.code,
        )
        .join(BankMovement, BankMovement.id == BankMatch.movement_id)
        .join(Item, Item.id == BankMatch.item_id)
        .join(owner, owner.id == Item.customer_id)
        .outerjoin(Customer, Customer.id == BankMovement.customer_id)
        .where(*_conditions(company_id, filters), BankMatch.company_id == company_id, BankMatch.state.in_(PARTED))
    )  # fmt: skip
    return query.order_by(BankMatch.ended_at.desc(), BankMatch.id.desc())


def _difference_sums(session: Session, company_id: int, filters: ReceiptFilters) -> list[Sum]:
    rows = _differences(company_id, filters).order_by(None).subquery()
    columns = list(rows.c)
    query = sa.select(columns[6], sa.func.count(), sa.func.sum(columns[7])).group_by(columns[6])
    return [Sum(*row) for row in session.execute(query)]


_PAYING = (
    BankMatch.id, BankMatch.movement_id, BankMatch.proposal, BankMatch.state, BankMatch.how, BankMatch.confidence,
    BankMatch.evidence, Item.id, Item.piece, Item.label, Item.due_on, Item.currency, Item.amount_cents, Item.open_cents,
    BankMatch.cents, BankMatch.difference_cents, BankMatch.difference_reason, Customer.id, Customer.name, Customer.code,
)  # fmt: skip


def paying_of(session: Session, movement_ids: Sequence[int]) -> dict[int, list[Paying]]:
    """What movements pay or may pay, by movement: standing rows, else every proposal, the best first."""
    query = (
        sa.select(*_PAYING)
        .join(Item, Item.id == BankMatch.item_id)
        .join(Customer, Customer.id == Item.customer_id)
        .where(BankMatch.movement_id.in_(movement_ids), BankMatch.state.in_((*STANDING, "proposed")))
        .order_by(BankMatch.movement_id, BankMatch.proposal, Item.due_on, BankMatch.id)
    )
    found: dict[int, list[Paying]] = {}
    for row in session.execute(query):
        found.setdefault(row[1], []).append(Paying(*row))
    for rows in found.values():
        if any(one.state != "proposed" for one in rows):
            rows[:] = [one for one in rows if one.state != "proposed"]
    return found


def _with_paying(session: Session, rows: Iterable[Any]) -> list[Receipt]:
    movements = [Movement(*row) for row in rows]
    found = paying_of(session, [one.id for one in movements])
    return [Receipt(one, _best(found.get(one.id, ()))) for one in movements]


def _best(rows: Sequence[Paying]) -> Sequence[Paying]:
    """The standing match, or the first of the proposals."""
    return [one for one in rows if one.state != "proposed" or one.proposal == rows[0].proposal]


# ------------------------------------------------------------------ one movement


@dataclass(frozen=True, slots=True)
class Sheet:
    """One movement with all that is known of it, and its proposals, the best first (or what it was matched to)."""

    movement: Movement
    account: str
    account_name: str
    statement: str
    value_on: date | None
    code: str
    end_to_end: str
    invoices: Sequence[str]
    foreign_currency: str
    foreign_cents: int
    decided_by: str
    decided_at: datetime | None
    proposals: Sequence[Sequence[Paying]] = field(default_factory=list)


def sheet(session: Session, company_id: int, movement_id: int) -> Sheet | None:
    """One movement of a company; None when there is none."""
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            *_MOVEMENT, sa.func.coalesce(Customer.name, ""), sa.func.coalesce(Customer.code, ""), BankAccount.number,
            BankAccount.name, BankStatement.number, BankMovement.value_on, BankMovement.code, BankMovement.end_to_end,
            BankMovement.invoices, BankMovement.foreign_currency, BankMovement.foreign_cents,
            sa.func.coalesce(User.name, ""), BankMovement.decided_at,
        )
        .join(BankAccount, BankAccount.id == BankMovement.account_id)
        .join(BankStatement, BankStatement.id == BankMovement.statement_id)
        .outerjoin(Customer, Customer.id == BankMovement.customer_id)
        .outerjoin(User, User.id == BankMovement.decided_by_id)
        .where(BankMovement.company_id == company_id, BankMovement.id == movement_id)
    )  # fmt: skip
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    values: list[Any] = list(row)
    known = len(Movement._fields)
    by_number: dict[int, list[Paying]] = {}
    for one in paying_of(session, [movement_id]).get(movement_id, ()):
        by_number.setdefault(one.proposal if one.state == "proposed" else 0, []).append(one)
    found = Sheet(Movement._make(values[:known]), *values[known:])
    return replace(found, proposals=list(by_number.values()))


def taken_back(session: Session, movement_id: int, customer_id: int) -> list[tuple[int, int, int, str]]:
    """What a movement paid before that was taken back last, of one customer: (item, cents, difference, its reason)."""
    last = sa.select(sa.func.max(BankMatch.ended_at)).where(BankMatch.movement_id == movement_id, BankMatch.state == "undone")
    query = (
        sa.select(BankMatch.item_id, BankMatch.cents, BankMatch.difference_cents, BankMatch.difference_reason)
        .join(Item, Item.id == BankMatch.item_id)
        .where(
            BankMatch.movement_id == movement_id,
            BankMatch.state == "undone",
            BankMatch.ended_at == last.scalar_subquery(),
            Item.customer_id == customer_id,
        )
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def waiting_of_customer(session: Session, company_id: int, customer_id: int, but: int) -> list[Movement]:
    """Other payments of a customer that are not wholly allocated."""
    query = (
        sa.select(*_MOVEMENT, Customer.name, Customer.code)
        .join(Customer, Customer.id == BankMovement.customer_id)
        .where(
            BankMovement.company_id == company_id,
            BankMovement.customer_id == customer_id,
            BankMovement.id != but,
            BankMovement.state.in_(("open", "proposed")),
        )
        .order_by(BankMovement.booked_on, BankMovement.id)
        .limit(20)
    )
    return [Movement._make(row) for row in session.execute(query)]


class Waiting(NamedTuple):
    """A movement in the queue of the work; confidence 0: nothing is proposed. doubtful: something else is as likely."""

    id: int
    state: str
    confidence: int
    doubtful: bool


def queue(session: Session, company_id: int) -> list[Waiting]:
    """What waits for a person: proposals first, the surest first, then what nobody knows, the largest first."""
    best = (
        sa.select(
            BankMatch.movement_id,
            sa.func.max(BankMatch.confidence).label("confidence"),
            sa.func.max(sa.case((sa.cast(BankMatch.evidence, sa.Text).contains('"several_'), 1), else_=0)).label("doubtful"),
        )
        .where(BankMatch.company_id == company_id, BankMatch.state == "proposed")
        .group_by(BankMatch.movement_id)
        .subquery()
    )
    sure = sa.func.coalesce(best.c.confidence, 0)
    query = (
        sa.select(BankMovement.id, BankMovement.state, sure, sa.func.coalesce(best.c.doubtful, 0))
        .outerjoin(best, best.c.movement_id == BankMovement.id)
        .where(BankMovement.company_id == company_id, BankMovement.state.in_(("open", "proposed")), incoming())
        .order_by(BankMovement.state.desc(), sure.desc(), BankMovement.amount_cents.desc(), BankMovement.id)
    )
    return [Waiting(row[0], row[1], row[2], bool(row[3])) for row in session.execute(query)]


def certain(waiting: Iterable[Waiting], threshold: int) -> int:
    """How many of the queue are as sure as the company asks for."""
    return sum(one.confidence >= threshold and not one.doubtful for one in waiting)


def receipts(session: Session, company_id: int, ids: Sequence[int]) -> list[Receipt]:
    """Some movements in the order of the ids given."""
    query = (
        sa.select(*_MOVEMENT, sa.func.coalesce(Customer.name, ""), sa.func.coalesce(Customer.code, ""))
        .outerjoin(Customer, Customer.id == BankMovement.customer_id)
        .where(BankMovement.company_id == company_id, BankMovement.id.in_(ids))
    )
    found = {one.movement.id: one for one in _with_paying(session, session.execute(query))}
    return [found[one] for one in ids if one in found]


class Account(NamedTuple):
    """A bank account of the company, with its latest balance."""

    id: int
    number: str
    currency: str
    name: str
    balance_cents: int | None
    balance_on: date | None


def bank_accounts(session: Session, company_id: int) -> list[Account]:
    """The accounts whose statements have been read."""
    columns = [getattr(BankAccount, name) for name in Account._fields]
    query = sa.select(*columns).where(BankAccount.company_id == company_id).order_by(BankAccount.number)
    return [Account(*row) for row in session.execute(query)]


def last_bank_day(session: Session, company_id: int) -> date | None:
    """The last day that a statement speaks of; None before the first."""
    return session.scalar(sa.select(sa.func.max(BankStatement.closing_on)).where(BankStatement.company_id == company_id))


class PayerHit(NamedTuple):
    """A customer that may have paid; piece: the invoice by which it was found."""

    id: int
    name: str
    code: str
    piece: str
    open_cents: int


def payers_like(session: Session, company_id: int, text: str, limit: int) -> list[PayerHit]:
    """Customers by name, code, or the number of an invoice, with what they owe."""
    found = {one.id: (one.name, one.code, "") for one in search.customers(session, company_id, None, text, limit)}
    for item in search.items(session, company_id, None, text, limit):
        found.setdefault(item.customer_id, (item.customer, "", item.piece))
    query = (
        sa.select(Item.customer_id, sa.func.sum(Item.open_cents))
        .where(Item.company_id == company_id, sa.text("item.open_cents <> 0"), Item.customer_id.in_(found))
        .group_by(Item.customer_id)
    )
    owed: dict[int, int] = {row[0]: row[1] for row in session.execute(query)}
    return [PayerHit(number, *said, owed.get(number, 0)) for number, said in list(found.items())[:limit]]


# ------------------------------------------------------------------ marks elsewhere


def seen_at_bank(session: Session, company_id: int, currency: str, reps: tuple[int, ...] | None = None) -> int:
    """What movements pay that the ledger does not show yet, in cents of one currency: the sum of the list with `seen`."""
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(BankMatch.cents), 0))
        .join(BankMovement, BankMovement.id == BankMatch.movement_id)
        .where(
            BankMatch.company_id == company_id,
            BankMatch.state == "provisional",
            BankMovement.state == "matched",
            BankMovement.ledger_item_id.is_(None),
            BankMovement.currency == currency,
        )
    )
    if reps is not None:
        query = query.join(Item, Item.id == BankMatch.item_id).join(Customer, Customer.id == Item.customer_id)
        query = query.where(Customer.sales_rep_id.in_(reps))
    return session.scalar(query) or 0


class SeenItem(NamedTuple):
    """An item that the bank shows as wholly paid and the ledger does not yet."""

    id: int
    piece: str
    label: str
    due_on: date
    currency: str
    amount_cents: int
    bank_cents: int
    booked_on: date | None
    movement_id: int | None


def seen_items(session: Session, company_id: int, customer_id: int) -> list[SeenItem]:
    """The items of a customer that are no longer open because of the bank alone, with the day of the last payment."""
    last = (
        sa.select(
            BankMatch.item_id, sa.func.max(BankMovement.booked_on).label("booked_on"), sa.func.max(BankMovement.id).label("id")
        )
        .join(BankMovement, BankMovement.id == BankMatch.movement_id)
        .where(BankMatch.company_id == company_id, BankMatch.state == "provisional")
        .group_by(BankMatch.item_id)
        .subquery()
    )
    query = (
        sa.select(
            Item.id, Item.piece, Item.label, Item.due_on, Item.currency, Item.amount_cents, Item.bank_cents, last.c.booked_on,
            last.c.id,
        )
        .outerjoin(last, last.c.item_id == Item.id)
        .where(
            Item.company_id == company_id, Item.customer_id == customer_id, sa.text("item.bank_cents <> 0"), Item.open_cents == 0
        )
        .order_by(Item.due_on, Item.id)
    )  # fmt: skip
    return [SeenItem(*row) for row in session.execute(query)]
