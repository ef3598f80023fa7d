"""Lists made from the worklist: what may be sent by key, customers in the order of a morning's work, the calls of the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.actions import WorklistEntry
from models.commitments import Promise
from models.customers import Customer
from models.inbound import waiting_customers
from models.lists import matches
from models.paging import PER_PAGE, Page
from models.worklist import COURTESIES, IN_WRITING, ROUTINE, Entry, entries, is_ready
from rules.dunning_facts import LEGAL

BROKEN_FOR = timedelta(days=60)
"""A broken promise leads the list for so long."""
GROUPS = ("errors", "broken", "legal", "calls", "letters", "others", "decide", "routine", "held")
"""Groups of the list by customer, what needs a person first (the rank of each is its place)."""
HELD = GROUPS.index("held")
TABS: Mapping[str, tuple[int, ...]] = {
    "todo": tuple(i for i in range(len(GROUPS)) if i not in (0, HELD)),
    "errors": (0,),
    "held": (HELD,),
}


class Choice(NamedTuple):
    """One entry that may be sent now: by itself (`ready`), or because a person ticks it."""

    id: int
    key: str
    step_id: int
    ready: bool
    held_code: str
    currency: str
    amount_cents: int


def sendable(session: Session, company_id: int) -> list[Choice]:
    """Every entry in writing that a person may send now."""
    query = sa.select(
        WorklistEntry.id, WorklistEntry.action_key, WorklistEntry.step_id, is_ready(), WorklistEntry.held_code,
        WorklistEntry.currency, WorklistEntry.amount_cents,
    ).where(
        WorklistEntry.company_id == company_id,
        WorklistEntry.channel.in_(IN_WRITING),
        WorklistEntry.held_code.in_(("", *COURTESIES)),
    )  # fmt: skip
    return [Choice(*row) for row in session.execute(query.order_by(WorklistEntry.id))]


@dataclass(frozen=True, slots=True)
class Line:
    """One customer of the list: the group it stands in, what to do first, and the rest of what stands for it."""

    group: str
    entry: Entry
    others: Sequence[Entry]
    broken_on: date | None  # day of a promise broken lately

    @property
    def cents(self) -> int:
        """What is asked for, in the currency of the first entry."""
        return sum(e.amount_cents for e in (self.entry, *self.others) if e.currency == self.entry.currency)


def _ranked(company_id: int, today: date, collector_id: int | None, text: str) -> sa.Select[*tuple[Any, ...]]:
    """(customer, rank, amount) of everybody on the worklist."""
    entry = WorklistEntry
    broken = sa.exists().where(
        Promise.customer_id == entry.customer_id, Promise.state == "broken", Promise.decided_on >= today - BROKEN_FOR
    )
    rank = sa.case(
        (entry.held_code == "no_channel", 0),
        (entry.held_code != "", HELD),
        (broken, 1),
        (entry.stage.in_(LEGAL), 2),
        (entry.channel == "call", 3),
        (entry.channel == "letter", 4),
        (entry.channel != "email", 5),
        (entry.confirm_code.not_in(ROUTINE), 6),
        else_=7,
    )
    query = (
        sa.select(entry.customer_id, sa.func.min(rank).label("rank"), sa.func.max(entry.amount_cents).label("amount"))
        .join(Customer, Customer.id == entry.customer_id)
        .where(entry.company_id == company_id)
        .group_by(entry.customer_id)
    )
    if collector_id is not None:
        query = query.where(Customer.collector_id == collector_id)
    return query.where(matches(text)) if text.strip() else query


def customer_counts(session: Session, company_id: int, today: date, collector_id: int | None = None) -> dict[str, int]:
    """How many customers stand behind each tab."""
    ranked = _ranked(company_id, today, collector_id, "").subquery()
    counted: dict[int, int] = {
        row[0]: row[1] for row in session.execute(sa.select(ranked.c.rank, sa.func.count()).group_by(ranked.c.rank))
    }
    counts = {tab: sum(counted.get(rank, 0) for rank in ranks) for tab, ranks in TABS.items()}
    counts["errors"] += _only_in_inbox(
        session, company_id, sa.select(ranked.c.customer_id).where(ranked.c.rank == 0), collector_id
    )
    return counts


def _only_in_inbox(session: Session, company_id: int, others: sa.Select[int], collector_id: int | None) -> int:
    """Customers with mail to look at who are not among the others to correct."""
    query = sa.select(sa.func.count()).select_from(Customer)
    query = query.where(Customer.id.in_(waiting_customers(company_id)), Customer.id.not_in(others))
    if collector_id is not None:
        query = query.where(Customer.collector_id == collector_id)
    return session.scalar(query) or 0


def customer_lines(
    session: Session, company_id: int, tab: str, today: date, number: int = 1, collector_id: int | None = None, text: str = ""
) -> Page[Line]:
    """One page of customers with something to do or held back: errors, broken promises, formal notices, calls, letters,
    messages to decide, routine; the largest amount first in each group (ux: worklist order)."""
    ranked = _ranked(company_id, today, collector_id, text).subquery()
    chosen = sa.select(ranked).where(ranked.c.rank.in_(TABS[tab]))
    total = session.scalar(sa.select(sa.func.count()).select_from(chosen.subquery())) or 0
    order = (ranked.c.rank, ranked.c.amount.desc(), ranked.c.customer_id)
    found = session.execute(chosen.order_by(*order).limit(PER_PAGE).offset((number - 1) * PER_PAGE)).all()
    ids = [row[0] for row in found]
    by_customer: dict[int, list[Entry]] = {}
    for entry in entries(session, company_id, customer_ids=ids):
        by_customer.setdefault(entry.customer_id, []).append(entry)
    broken = _broken(session, ids, today)
    lines = [_line(GROUPS[row[1]], by_customer[row[0]], broken.get(row[0])) for row in found if row[0] in by_customer]
    return Page(lines, total, number)


def _line(group: str, found: Sequence[Entry], broken_on: date | None) -> Line:
    def place(entry: Entry) -> tuple[bool, bool, bool]:
        return (
            entry.held_code != "no_channel" if group == "errors" else bool(entry.held_code),
            entry.stage not in LEGAL,
            False,
        )

    first = min(found, key=place)
    return Line(group, first, [e for e in found if e is not first], broken_on)


def _broken(session: Session, customer_ids: Sequence[int], today: date) -> dict[int, date]:
    query = sa.select(Promise.customer_id, sa.func.max(Promise.promised_on)).where(
        Promise.customer_id.in_(customer_ids), Promise.state == "broken", Promise.decided_on >= today - BROKEN_FOR
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(Promise.customer_id))}
