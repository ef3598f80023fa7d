"""Questions asked of the worklist by the pages: the counts of the day, one card per step, the rows behind them.

What is held back stays visible with its reason. Amounts of different currencies are never added; `reps` are the sales
representatives whose customers are seen (None: all)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import choosing
from models.actions import WorklistEntry
from models.company import Profile
from models.customers import Contact, Customer
from models.items import Item
from models.scenarios import Scenario, Step
from rules.dunning_facts import rank_of

Reps = tuple[int, ...] | None
ROUTINE = ("", "step_confirm")
"""Confirm codes that the click of whoever sends answers; every other one is decided customer by customer."""
COURTESIES = ("below_floor", "gap", "reply_to_read")
"""Held codes a person may pass over when sending: rules of the house. What stands on a row of its own (promise, dispute, hold)
is ended there, and what cannot be sent (paid, no channel) cannot be forced."""
IN_WRITING = ("email", "letter")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many actions, and their amount in cents of one currency."""

    count: int = 0
    cents: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """The actions of the day by channel (call, letter, email, sms, other); held: customers with something held back."""

    by_channel: dict[str, Tally] = field(default_factory=dict)
    held: Tally = field(default_factory=Tally)
    to_confirm: int = 0

    def of(self, channel: str) -> Tally:
        """The tally of one channel."""
        return self.by_channel.get(channel, Tally())

    @property
    def calls(self) -> int:
        return self.of("call").count

    @property
    def letters(self) -> int:
        return self.of("letter").count

    @property
    def emails(self) -> int:
        return self.of("email").count

    @property
    def total(self) -> int:
        return sum(tally.count for tally in self.by_channel.values())


@dataclass(frozen=True, slots=True)
class StepGroup:
    """One card: a step of a scenario with what is to do and what is held back."""

    step_id: int
    scenario_id: int
    scenario: str
    stage: str
    level: int
    trigger: str
    days: int
    channel: str
    position: int
    template: str
    mode: str
    todo: int
    held: int
    cents: int  # of what is ready, in the currency asked for
    ready: int  # in writing, and the click of whoever sends is decision enough
    letters: int  # of these, on paper
    calls: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: something to do for one customer, or held back (`held_code`) with the reason's parameters."""

    id: int
    customer_id: int
    code: str
    customer: str
    scenario_id: int
    scenario: str
    step_id: int
    stage: str
    level: int
    channel: str
    mode: str
    currency: str
    amount_cents: int
    item_ids: list[int]
    items: int
    since_on: date
    confirm_code: str
    confirm_params: dict[str, Any]
    held_code: str
    held_params: dict[str, Any]
    held_until_on: date | None
    email: str
    phone: str
    contact: str
    score: int | None
    last_contact_on: date | None
    key: str  # the same action has the same key; ids are made anew with every decision

    @property
    def ready(self) -> bool:
        """To do by whoever sends, without a decision of its own."""
        return not self.held_code and self.confirm_code in ROUTINE and self.channel in IN_WRITING

    @property
    def sendable(self) -> bool:
        """A person may send it now: ready, waiting for a decision, or held back by a rule of the house only."""
        return self.channel in IN_WRITING and (not self.held_code or self.held_code in COURTESIES)


def is_ready() -> sa.ColumnElement[bool]:
    """`Entry.ready` in SQL."""
    entry = WorklistEntry
    return (entry.held_code == "") & entry.confirm_code.in_(ROUTINE) & entry.channel.in_(IN_WRITING)


def _mine(reps: Reps) -> sa.ColumnElement[bool]:
    if reps is None:
        return sa.true()
    return WorklistEntry.customer_id.in_(sa.select(Customer.id).where(Customer.sales_rep_id.in_(reps)))


def summary(session: Session, company_id: int, currency: str = "EUR", reps: Reps = None) -> Summary:
    """The actions of the day: how many by channel, what they ask for in one currency, what is held back."""
    held = WorklistEntry.held_code != ""
    query = (
        sa.select(
            WorklistEntry.channel,
            held.label("held"),
            sa.func.count(),
            sa.func.count(WorklistEntry.customer_id.distinct()),
            sa.func.sum(sa.case((WorklistEntry.currency == currency, WorklistEntry.amount_cents), else_=0)),
            sa.func.sum(sa.case((WorklistEntry.confirm_code != "", 1), else_=0)),
        )
        .where(WorklistEntry.company_id == company_id, _mine(reps))
        .group_by(WorklistEntry.channel, held)
    )
    by_channel: dict[str, Tally] = {}
    held_cents = confirm = 0
    for channel, is_held, count, _, cents, confirmed in session.execute(query):
        if is_held:
            held_cents += int(cents)
        else:
            by_channel[channel] = Tally(count, int(cents))
            confirm += confirmed
    held_customers = session.scalar(
        sa.select(sa.func.count(WorklistEntry.customer_id.distinct())).where(
            WorklistEntry.company_id == company_id, held, _mine(reps)
        )
    )
    return Summary(by_channel, Tally(held_customers or 0, held_cents), confirm)


def groups(session: Session, company_id: int, currency: str = "EUR", reps: Reps = None) -> list[StepGroup]:
    """One card per step that has something to do or held back, gentlest stage first, calls last."""
    todo = WorklistEntry.held_code == ""
    ready = is_ready()
    query = (
        sa.select(
            Step.id, Scenario.id, Scenario.name, Step.stage, Step.level, Step.trigger, Step.days, Step.channel, Step.position,
            Step.template_code, Step.mode,
            sa.func.sum(sa.case((todo, 1), else_=0)),
            sa.func.sum(sa.case((todo, 0), else_=1)),
            sa.func.sum(sa.case((ready & (WorklistEntry.currency == currency), WorklistEntry.amount_cents), else_=0)),
            sa.func.sum(sa.case((ready, 1), else_=0)),
            sa.func.sum(sa.case((ready & (WorklistEntry.channel == "letter"), 1), else_=0)),
            sa.func.sum(sa.case((todo & (WorklistEntry.channel == "call"), 1), else_=0)),
        )
        .select_from(WorklistEntry)
        .join(Step, Step.id == WorklistEntry.step_id)
        .join(Scenario, Scenario.id == Step.scenario_id)
        .where(WorklistEntry.company_id == company_id, _mine(reps))
        .group_by(Step.id)
    )  # fmt: skip
    rows: Sequence[Any] = session.execute(query).all()
    found = [StepGroup(*row) for row in rows]
    return sorted(
        found, key=lambda g: (g.channel == "call", rank_of(g.stage, g.level), g.stage == "thanks", g.scenario, g.step_id)
    )


def entries(
    session: Session,
    company_id: int,
    *,
    ids: Sequence[int] | None = None,
    step_id: int | None = None,
    channel: str = "",
    customer_id: int | None = None,
    customer_ids: Sequence[int] | None = None,
    held: bool | None = None,
    text: str = "",
    reps: Reps = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[Entry]:
    """Rows of the worklist: what is ready, what a person decides, what is held back; the longest due first, then the largest."""
    query = _entries(company_id, reps)
    if ids is not None:
        query = query.where(WorklistEntry.id.in_(ids))
    if step_id is not None:
        query = query.where(WorklistEntry.step_id == step_id)
    if channel:
        query = query.where(WorklistEntry.channel == channel)
    if customer_id is not None:
        query = query.where(WorklistEntry.customer_id == customer_id)
    if customer_ids is not None:
        query = query.where(WorklistEntry.customer_id.in_(customer_ids))
    if held is not None:
        query = query.where((WorklistEntry.held_code != "") == held)
    if text:
        query = query.where(
            Customer.name_folded.contains(text, autoescape=True) | Customer.code.contains(text, autoescape=True)
        )
    decide = WorklistEntry.confirm_code.not_in(ROUTINE)
    order = (WorklistEntry.held_code != "", decide, WorklistEntry.since_on, WorklistEntry.amount_cents.desc(), WorklistEntry.id)
    rows = session.execute(query.order_by(*order).limit(limit).offset(offset))
    return [Entry(*row) for row in rows]


def _entries(company_id: int, reps: Reps) -> sa.Select[*tuple[Any, ...]]:
    def contact(column: Any, *order: sa.ColumnElement[Any]) -> sa.ScalarSelect[str]:
        best = sa.select(column).where(Contact.customer_id == Customer.id, column != "")
        return best.order_by(*order, Contact.role != "billing", Contact.id).limit(1).correlate(Customer).scalar_subquery()

    bad = Contact.phone_bad_reason != ""
    phone = sa.func.coalesce(contact(Contact.phone, bad), contact(Contact.mobile, bad), "")
    return (
        sa.select(
            WorklistEntry.id, Customer.id, Customer.code, Customer.name, Scenario.id, Scenario.name, WorklistEntry.step_id,
            WorklistEntry.stage, WorklistEntry.level, WorklistEntry.channel, WorklistEntry.mode, WorklistEntry.currency,
            WorklistEntry.amount_cents, WorklistEntry.item_ids, WorklistEntry.items, WorklistEntry.since_on,
            WorklistEntry.confirm_code, WorklistEntry.confirm_params, WorklistEntry.held_code, WorklistEntry.held_params,
            WorklistEntry.held_until_on, sa.func.coalesce(contact(Contact.email, Contact.email_bad_reason != ""), ""), phone,
            sa.func.coalesce(contact(Contact.name), ""), Customer.score, Customer.last_contact_on,
            WorklistEntry.action_key,
        )
        .select_from(WorklistEntry)
        .join(Customer, Customer.id == WorklistEntry.customer_id)
        .join(Scenario, Scenario.id == WorklistEntry.scenario_id)
        .where(WorklistEntry.company_id == company_id, _mine(reps))
    )  # fmt: skip


def call_after(session: Session, company_id: int, customer_id: int) -> int | None:
    """The customer to call after this one, in the order of the call list; None at its end. Somebody who is not on the
    list stands before its beginning."""
    called = list(dict.fromkeys(e.customer_id for e in entries(session, company_id, channel="call", held=False)))
    place = called.index(customer_id) + 1 if customer_id in called else 0
    return called[place] if place < len(called) else None


def without_scenario(session: Session, company_id: int, today: date) -> int:
    """How many customers are late whom no active scenario follows: neither their own, nor their profile's, nor that of
    the default profile. They are never reminded, and nothing else on the worklist says so."""
    default = sa.select(Profile.scenario_id).where(Profile.company_id == company_id, Profile.is_default)
    rows = session.execute(sa.select(Scenario.id, Scenario.active).where(Scenario.company_id == company_id))
    standing = {row.id: row.active for row in rows}
    followed = session.scalar(default.order_by(Profile.id).limit(1))
    if followed and all(standing.values()):
        return 0
    if choosing.rules(session, company_id):
        late = sa.select(Item.customer_id).where(Item.company_id == company_id, Item.open_cents > 0, Item.due_on < today)
        found = choosing.choices(session, company_id, session.scalars(late.distinct()))
        return sum(not standing.get(choice.scenario_id or 0, False) for choice in found.values())
    resolved = sa.func.coalesce(Customer.scenario_id, Profile.scenario_id, followed or 0)
    query = (
        sa.select(sa.func.count(sa.distinct(Customer.id)))
        .join(Item, Item.customer_id == Customer.id)
        .outerjoin(Profile, Profile.id == Customer.profile_id)
        .where(
            Item.company_id == company_id, Item.open_cents > 0, Item.due_on < today,
            resolved.not_in([number for number, active in standing.items() if active]),
        )
    )  # fmt: skip
    return session.scalar(query) or 0


def names(session: Session, company_id: int, customer_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Code and name of customers, by id."""
    query = sa.select(Customer.id, Customer.code, Customer.name).where(Customer.company_id == company_id)
    if len(customer_ids) < 500:
        query = query.where(Customer.id.in_(customer_ids))
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def pieces(session: Session, company_id: int, item_ids: Sequence[int]) -> dict[int, str]:
    """What the customer knows an item by (its piece, else its label), by id."""
    found: dict[int, str] = {}
    for start in range(0, len(item_ids), 5_000):
        part = item_ids[start : start + 5_000]
        query = sa.select(Item.id, Item.piece, Item.label).where(Item.company_id == company_id, Item.id.in_(part))
        found.update((row[0], row[1] or row[2]) for row in session.execute(query))
    return found
