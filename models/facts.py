"""SQL → the values the rules judge: accounts with their open items, scenarios, the company's policy.

A handful of set-based queries for any number of customers, read as tuples; nothing is judged here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models.actions import COUNTED, Action, ActionItem, WorklistEntry
from models.bank import BankMovement, BankStatement
from models.base import Instant
from models.choosing import TRAITS, Chooser
from models.commitments import Dispute, Hold, Promise
from models.company import Company
from models.customers import Contact, Customer
from models.inbound import InboundMessage
from models.items import Allocation, Item
from models.plans import Plan, covering
from models.recovery import Handover
from models.scenarios import Scenario, Step
from models.syncs import Sync
from rules import dunning_facts as facts
from rules.invoices import PATIENCE

Query = sa.Select[*tuple[Any, ...]]
CHUNK = 2_000  # customers read at a time: few queries, little memory
LARGE_FIRST_CONTACT_CENTS = 1_000_000  # when the company sets no ceiling
OLD_NEWS_DAYS = 30  # a payment read in so long after it was booked holds nothing back
LONGEST_HOLD_DAYS = 90
DEBIT_TEMPLATE = "notice_debit"
GOOD_EMAIL, ANY_EMAIL, ANY_PHONE, PHONE, ADDRESS = 1, 2, 4, 8, 16


def policy(company: Company) -> facts.Policy:
    """The company's rules of the house. A first contact is large from half the ceiling."""
    ceiling = company.ceiling_cents
    return facts.Policy(
        gap_days=company.gap_days,
        floor_cents=company.floor_cents,
        ceiling_cents=ceiling,
        first_contact_cents=LARGE_FIRST_CONTACT_CENTS if ceiling is None else ceiling // 2,
        grace_days=company.promise_grace_days,
        change_percent=company.amount_change_percent,
    )


def scenarios(session: Session, company_id: int, also_id: int = 0) -> dict[int, facts.Scenario]:
    """The active scenarios of a company, and one more even when not in use, with the steps that are not retired, by id."""
    query = (
        sa.select(Scenario.id, Scenario.name, Scenario.by_item, *_step_columns())
        .join(Step, (Step.scenario_id == Scenario.id) & ~Step.retired)
        .where(Scenario.company_id == company_id, Scenario.active | (Scenario.id == also_id))
        .order_by(Scenario.id, Step.position, Step.id)
    )
    steps: dict[tuple[int, str, bool], list[facts.Step]] = {}
    for scenario_id, name, by_item, *row in session.connection().execute(query).all():
        *fields, position, template = row
        values: list[Any] = [*fields, template == DEBIT_TEMPLATE, position, template]
        steps.setdefault((scenario_id, name, by_item), []).append(facts.Step(*values))
    return {key[0]: facts.Scenario(key[0], key[1], tuple(line), key[2]) for key, line in steps.items()}


def _step_columns() -> tuple[sa.ColumnElement[Any] | Any, ...]:
    return (
        Step.id, Step.stage, Step.level, Step.trigger, Step.days, Step.channel, Step.fallback, Step.mode, Step.floor_cents,
        Step.ceiling_cents, Step.wait_days, Step.may_be_overtaken, Step.repeat_days, Step.repeat_max, Step.position,
        Step.template_code,
    )  # fmt: skip


def accounts(
    session: Session,
    company_id: int,
    on: date,
    customer_ids: Sequence[int] | None = None,
    suspects: bool = False,
) -> Iterator[facts.Account]:
    """Accounts of all customers of a company, of some, or of the suspects (review_on ≤ the day), for a decision on a day."""
    if customer_ids is None:
        query = sa.select(Customer.id).where(Customer.company_id == company_id)
        customer_ids = session.scalars(query.where(Customer.review_on <= on) if suspects else query).all()
    wanted = sorted(set(customer_ids))
    chooser = Chooser(session, company_id)
    settled = _settled(session, company_id, on, wanted if len(wanted) <= CHUNK else None) if wanted else {}
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        if len(part) * 2 < part[-1] - part[0]:
            yield from _read(session, _Scope(company_id, ids=part), chooser, settled, on)
            continue
        chosen = set(part)  # close together: reading all from the first to the last is cheaper than naming each
        for account in _read(session, _Scope(company_id, between=(part[0], part[-1])), chooser, settled, on):
            if account.customer_id in chosen:
                yield account


class _Scope:
    """Which customers are read, as a condition on any table's customer column: some ids, or all from one to another."""

    def __init__(self, company_id: int, ids: list[int] | None = None, between: tuple[int, int] = (0, 0)) -> None:
        self.company_id, self.ids, self.between = company_id, ids, between

    def __call__(self, column: Any, company: Any) -> sa.ColumnElement[bool]:
        narrow = column.between(*self.between) if self.ids is None else column.in_(self.ids)
        return sa.and_(company == self.company_id, narrow)


def _read(
    session: Session, scope: _Scope, chooser: Chooser, settled: dict[int, list[facts.SettledItem]], on: date
) -> Iterator[facts.Account]:
    connection = session.connection()
    holds = _by_customer(session, _holds(scope), facts.HeldBack)
    promises = _by_customer(session, _promises(scope), facts.PromiseMade)
    disputes: dict[int, list[facts.DisputeOpen]] = defaultdict(list)
    for customer_id, item_id, reason, opened_at in connection.execute(_disputes(scope)):
        disputes[customer_id].append(facts.DisputeOpen(item_id, reason, opened_at.date()))
    planned: dict[int, dict[tuple[int, str], int]] = defaultdict(dict)
    for customer_id, step_id, currency, cents in connection.execute(_planned(scope)):
        planned[customer_id][step_id, currency] = cents
    plans, handed = _plans(session, scope), _handed(session, scope)
    seen = _payments_seen(session, scope, on)
    unbooked = _unbooked(session, scope)
    replied = _replied(session, scope, on)
    customers, day = _raw(session, _customers(scope)), _Calendar()
    debit = {row[0] for row in customers if chooser.by_debit(row[1], row[5])}
    items = _items(session, scope, debit, _done(session, scope, day), day)
    none: tuple[Any, ...] = ()
    nothing: dict[tuple[int, str], int] = {}
    no_plans: dict[int, facts.PlanCover] = {}
    for customer_id, _, insolvent_on, last_contact_on, *traits, flags in customers:
        mine = items.get(customer_id, none)
        yield facts.Account(
            customer_id,
            tuple(mine),
            tuple(holds.get(customer_id, none)),
            tuple(promises.get(customer_id, none)),
            tuple(disputes.get(customer_id, none)),
            tuple(settled.get(customer_id, none)),
            day[insolvent_on],
            "" if flags & GOOD_EMAIL else ("bad" if flags & ANY_EMAIL else "missing"),
            "" if flags & ADDRESS else "incomplete",
            "" if flags & PHONE else ("bad" if flags & ANY_PHONE else "missing"),
            day[last_contact_on],
            chooser.scenario(traits, _owed(mine, chooser.currency) if chooser.by_amount else 0),
            planned.get(customer_id, nothing),
            tuple(seen.get(customer_id, none)),
            plans.get(customer_id, no_plans),
            handed.get(customer_id),
            frozenset(unbooked.get(customer_id, none)),
            replied.get(customer_id),
        )


def _owed(items: Sequence[facts.OpenItem], currency: str) -> int:
    return sum(item.open_cents for item in items if item.currency == currency)


def _customers(scope: _Scope) -> Query:
    """Customers with what their scenario and way of paying depend on, and what they can be reached by (flags)."""
    good = (Contact.email != "") & (Contact.email_bad_reason == "")
    numbered = (Contact.phone != "") | (Contact.mobile != "")
    reachable = numbered & (Contact.phone_bad_reason == "")
    flags = (
        sa.select(
            sa.func.max(sa.case((good, GOOD_EMAIL | ANY_EMAIL), (Contact.email != "", ANY_EMAIL), else_=0))
            + sa.func.max(sa.case((reachable, PHONE), (numbered, ANY_PHONE), else_=0))
        )
        .where(Contact.customer_id == Customer.id)
        .correlate(Customer)
        .scalar_subquery()
    )
    address = sa.case(((Customer.street != "") & (Customer.postcode != "") & (Customer.city != ""), ADDRESS), else_=0)
    return sa.select(
        Customer.id,
        Customer.method,
        Customer.insolvent_on,
        Customer.last_contact_on,
        *TRAITS,
        sa.func.coalesce(flags, 0) + address,
    ).where(scope(Customer.id, Customer.company_id))


class _Calendar(dict[Any, Any]):
    """Days by what the driver gives for them: ISO text from SQLite, dates from others. A ledger has few different days."""

    def __missing__(self, given: Any) -> Any:
        self[given] = found = date.fromisoformat(given) if isinstance(given, str) else given
        return found


def _raw(session: Session, query: Query) -> list[tuple[Any, ...]]:
    """Rows as the driver gives them: making each a row object would cost more than the query."""
    result = session.connection().execute(query)
    rows = result.cursor.fetchall()
    result.close()
    return rows  # type: ignore[return-value]


def _items(
    session: Session, scope: _Scope, debit: set[int], done: dict[int, list[facts.StepDone]], day: _Calendar
) -> dict[int, list[facts.OpenItem]]:
    """Open items by customer, oldest due first."""
    by_debit = sa.case(
        (Item.direct_debit_rejected | (Item.kind == "rejected"), 0),
        (Item.method == "direct_debit", 2),
        (Item.method != "", 0),
        else_=1,
    )
    query = (
        sa.select(
            Item.customer_id, Item.id, Item.currency, Item.open_cents, Item.document_on, Item.due_on, Item.first_seen_on, by_debit
        )
        .where(scope(Item.customer_id, Item.company_id), Item.open_cents != 0)
        .order_by(Item.customer_id, Item.due_on)
    )  # fmt: skip
    found: dict[int, list[facts.OpenItem]] = {}
    make, get, none = facts.OpenItem, done.get, ()
    chain: list[facts.OpenItem] = []
    current = 0
    for customer_id, item_id, currency, cents, document_on, due_on, seen_on, method in _raw(session, query):
        if customer_id != current:
            current, chain = customer_id, []
            found[customer_id] = chain
        by = method == 2 or (method == 1 and customer_id in debit)
        steps = get(item_id)
        chain.append(
            make(item_id, currency, cents, day[document_on], day[due_on], day[seen_on], by, tuple(steps) if steps else none)
        )
    return found


def _done(session: Session, scope: _Scope, day: _Calendar) -> dict[int, list[facts.StepDone]]:
    """Steps done by item, of open items: not isolated, not dropped, thanks apart."""
    kinds = {row[0]: (row[1], row[2]) for row in session.connection().execute(_all_steps(scope.company_id))}
    query = (
        sa.select(ActionItem.item_id, ActionItem.step_id, Action.done_on, Action.wait_until_on)
        .join(Action, Action.id == ActionItem.action_id)
        .join(Item, Item.id == ActionItem.item_id)
        .where(
            scope(Item.customer_id, Item.company_id),
            Item.open_cents != 0,
            ActionItem.step_id.is_not(None),
            Action.state.in_(COUNTED),
            ~Action.isolated,
            Action.stage != "thanks",
            Action.done_on.is_not(None),
        )
    )
    done: dict[int, list[facts.StepDone]] = defaultdict(list)
    for item_id, step_id, done_on, wait_until_on in _raw(session, query):
        done[item_id].append(facts.StepDone(step_id, *kinds[step_id], day[done_on], day[wait_until_on]))
    return done


def _all_steps(company_id: int) -> Query:
    return (
        sa.select(Step.id, Step.stage, Step.level)
        .join(Scenario, Scenario.id == Step.scenario_id)
        .where(Scenario.company_id == company_id)
    )


def _holds(scope: _Scope) -> Query:
    return sa.select(Hold.customer_id, Hold.item_id, Hold.reason, Hold.until_on).where(
        scope(Hold.customer_id, Hold.company_id), Hold.ended_at.is_(None)
    )


def _promises(scope: _Scope) -> Query:
    return sa.select(Promise.customer_id, Promise.item_id, Promise.promised_on, Promise.cents, Promise.currency).where(
        scope(Promise.customer_id, Promise.company_id), Promise.state == "expected"
    )


def _plans(session: Session, scope: _Scope) -> dict[int, dict[int, facts.PlanCover]]:
    """Items of payment plans in force, by customer and item."""
    found: dict[int, dict[int, facts.PlanCover]] = defaultdict(dict)
    query = covering(scope(Plan.customer_id, Plan.company_id))
    for customer_id, _, item_id, next_on, breaks_on, cents, currency in session.connection().execute(query):
        found[customer_id][item_id] = facts.PlanCover(item_id, next_on, cents or 0, currency, breaks_on)
    return found


def _handed(session: Session, scope: _Scope) -> dict[int, tuple[date, str]]:
    """Customers whose file is in the hands of somebody else, since when and whose."""
    query = sa.select(Handover.customer_id, Handover.handed_on, Handover.recipient).where(
        scope(Handover.customer_id, Handover.company_id), Handover.ended_on.is_(None)
    )
    return {row[0]: (row[1], row[2]) for row in session.connection().execute(query)}


def _disputes(scope: _Scope) -> Query:
    return sa.select(Dispute.customer_id, Dispute.item_id, Dispute.reason, Dispute.opened_at).where(
        scope(Dispute.customer_id, Dispute.company_id), Dispute.solved_at.is_(None)
    )


def _planned(scope: _Scope) -> Query:
    return sa.select(
        WorklistEntry.customer_id, WorklistEntry.step_id, WorklistEntry.currency, WorklistEntry.planned_cents
    ).where(scope(WorklistEntry.customer_id, WorklistEntry.company_id), WorklistEntry.held_code == "")


def _payments_seen(session: Session, scope: _Scope, on: date) -> dict[int, list[facts.PaymentSeen]]:
    """Payments of a customer that wait for somebody to allocate them: they hold reminders for the company's days from the
    day they were booked, or first read when that was later (but not when it is long ago: old files are no news)."""
    query = (
        sa.select(
            BankMovement.customer_id, BankMovement.left_cents, BankMovement.currency, BankMovement.booked_on,
            Sync.started_at, Company.payment_hold_days,
        )
        .join(BankStatement, BankStatement.id == BankMovement.statement_id)
        .join(Sync, Sync.id == BankStatement.sync_id)
        .join(Company, Company.id == BankMovement.company_id)
        .where(
            scope(BankMovement.customer_id + 0, BankMovement.company_id),  # by state and day: those that wait are few
            BankMovement.state.in_(("open", "proposed")),
            BankMovement.booked_on >= on - timedelta(days=OLD_NEWS_DAYS + LONGEST_HOLD_DAYS),
            BankMovement.left_cents > 0,
            BankMovement.ledger_item_id.is_(None),
            Company.payment_hold_days > 0,
        )
    )  # fmt: skip
    found: dict[Any, list[facts.PaymentSeen]] = defaultdict(list)
    for customer_id, cents, currency, booked_on, read_at, days in session.connection().execute(query).all():
        read_on = read_at.date()
        if read_on - booked_on <= timedelta(days=OLD_NEWS_DAYS):
            until = max(read_on, booked_on) + timedelta(days=days - 1)
            found[customer_id].append(facts.PaymentSeen(cents, currency, booked_on, until))
    return found


def _unbooked(session: Session, scope: _Scope) -> dict[int, list[int]]:
    """Items of electronic invoices that the ledger has passed without holding them: it may know them under another
    number, and as paid."""
    query = (
        sa.select(Item.customer_id, Item.id, Item.document_on, Company.ledger_on)
        .join(Company, Company.id == Item.company_id)
        .where(
            sa.text("item.announced"),
            scope(Item.customer_id, Item.company_id),
            Item.open_cents > 0,
            Company.ledger_on.is_not(None),
        )
    )
    found: dict[int, list[int]] = defaultdict(list)
    for customer_id, item_id, document_on, ledger_on in session.connection().execute(query).all():
        if ledger_on is not None and document_on + PATIENCE <= ledger_on:
            found[customer_id].append(item_id)
    return found


def _replied(session: Session, scope: _Scope, on: date) -> dict[int, date]:
    """Day of the last reply of a customer that nobody has read yet; older ones hold nothing back any more."""
    query = (
        sa.select(InboundMessage.customer_id, sa.func.max(InboundMessage.received_at, type_=Instant))
        .where(
            InboundMessage.company_id == scope.company_id,
            InboundMessage.kind == "reply",
            InboundMessage.handled_at.is_(None),
            InboundMessage.customer_id.is_not(None),
            InboundMessage.received_at >= datetime.combine(on - timedelta(days=facts.REPLY_DAYS + 1), time.min, UTC),
        )
        .group_by(InboundMessage.customer_id)
    )
    return {row[0]: row[1].date() for row in session.connection().execute(query) if row[0] is not None}


def _by_customer(session: Session, query: Query, make: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for customer_id, *rest in session.connection().execute(query).all():
        found[customer_id].append(make(*rest))
    return found


def _settled(
    session: Session, company_id: int, on: date, customer_ids: Sequence[int] | None = None
) -> dict[int, list[facts.SettledItem]]:
    """Items to thank for: found settled, by a payment of the last weeks, by a sync after the one that brought them;
    not by direct debit; not thanked for yet."""
    connection = session.connection()
    thanking = sa.select(Step.id).join(Scenario, Scenario.id == Step.scenario_id)
    thanking = thanking.where(Scenario.company_id == company_id, Step.stage == "thanks", ~Step.retired)
    if not connection.execute(thanking).first():
        return {}
    credit, mine = aliased(Item), aliased(Item)
    of_some: sa.ColumnElement[bool] = sa.true()
    if customer_ids is not None:  # a few customers' items, not all that was paid in the last weeks
        theirs = sa.select(mine.id).where(
            mine.customer_id.in_(customer_ids), mine.open_cents == 0, mine.settled_on.is_not(None)
        )
        of_some = Allocation.debit_id.in_(theirs)
    paid = (
        sa.select(Allocation.debit_id)
        .outerjoin(credit, credit.id == Allocation.credit_id)
        .where(
            Allocation.company_id == company_id,
            Allocation.made_on > on - timedelta(days=facts.Policy().thanks_days),
            Allocation.made_on <= on,
            of_some,
            sa.func.coalesce(credit.kind, "payment") == "payment",
        )
        .distinct()
        .cte("paid")
    )
    taken = (
        sa.select(ActionItem.item_id)
        .join(Action, Action.id == ActionItem.action_id)
        .where(ActionItem.item_id == Item.id, Action.state.in_(COUNTED))
        .correlate(Item)
    )
    query = (
        sa.select(
            Item.customer_id, Item.id, Item.currency, Item.amount_cents, Item.due_on, Item.settled_on,
            taken.where(Action.stage == "formal_notice").exists().label("formal"),
        )
        .select_from(paid)
        .join(Item, Item.id == paid.c.debit_id)
        .join(Customer, Customer.id == Item.customer_id)
        .where(
            Item.open_cents == 0,
            Item.amount_cents > 0,
            Item.settled_on.is_not(None),
            Item.first_sync_id != Item.last_sync_id,
            sa.func.coalesce(sa.func.nullif(Item.method, ""), Customer.method) != "direct_debit",
            ~taken.where(Action.stage == "thanks").exists(),
        )
        .order_by(Item.settled_on, Item.id)
    )  # fmt: skip
    if customer_ids is not None:
        query = query.where(Item.customer_id.in_(customer_ids))
    return _by_customer(session, query, facts.SettledItem)
