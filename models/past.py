"""SQL → what the ledger's past looked like: items with the days they were settled, for a scenario run over it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import bulk
from models.choosing import Chooser
from models.customers import Customer
from models.facts import accounts
from models.items import Item
from rules.back_test import Past, PastItem


def customers_of_then(session: Session, company_id: int, since: date, until: date) -> list[int]:
    """Customers who had something open between two days."""
    query = sa.select(Item.customer_id).where(
        Item.company_id == company_id, Item.state == "counted", Item.amount_cents > 0, Item.counts_on <= until,
        (Item.open_cents > 0) | (Item.settled_on >= since),
    )  # fmt: skip
    return list(session.scalars(query.distinct().order_by(Item.customer_id)))


def pasts(session: Session, company_id: int, customer_ids: Sequence[int], since: date, until: date) -> list[Past]:
    """These customers with their items from a day on and what became of them; how they can be reached is as today."""
    paid = _paid(session, customer_ids)
    chooser = Chooser(session, company_id)
    sql = (
        "SELECT i.customer_id, i.id, i.currency, i.amount_cents, i.counts_on, i.document_on, i.due_on, i.method, c.method,"
        " c.profile_id, i.direct_debit_rejected OR i.kind = 'rejected', i.open_cents"
        " FROM item i JOIN customer c ON c.id = i.customer_id WHERE i.company_id = ? AND i.state = 'counted'"
        " AND i.counts_on <= ? AND i.amount_cents <> 0 AND (i.open_cents <> 0 OR i.settled_on >= ?) AND i.customer_id IN ({ids})"
    )
    items: dict[int, list[PastItem]] = defaultdict(list)
    for row in bulk.fetch_in(session, sql, [company_id, until.isoformat(), since.isoformat()], customer_ids):
        customer_id, item_id, currency, cents, counts_on, document_on, due_on, method, habit, profile_id, rejected, left = row
        known = paid.get(item_id, [])
        settled = sum(amount for _, amount in known)
        gone = abs(cents) - abs(left) - settled
        if gone:  # settled otherwise than by an allocation (carried over): never open as far as we know
            cents = cents - gone if cents > 0 else cents + gone
        debit = not rejected and (method == "direct_debit" or (not method and chooser.by_debit(habit, profile_id)))
        days = (date.fromisoformat(counts_on), date.fromisoformat(document_on), date.fromisoformat(due_on))
        items[customer_id].append(PastItem(item_id, currency, cents, *days, debit, tuple(known)))
    reach = {a.customer_id: (a.email, a.post, a.phone) for a in accounts(session, company_id, until, list(items))}
    return [Past(customer_id, tuple(found), *reach[customer_id]) for customer_id, found in sorted(items.items())]


def _paid(session: Session, customer_ids: Sequence[int]) -> dict[int, list[tuple[date, int]]]:
    """Days and cents that settled the items of these customers, by item, oldest first."""
    found: dict[int, list[tuple[Any, int]]] = defaultdict(list)
    for side in ("debit_id", "credit_id"):
        sql = (
            f"SELECT a.{side}, a.made_on, a.cents FROM allocation a JOIN item i ON i.id = a.{side}"  # noqa: S608
            " WHERE i.customer_id IN ({ids}) ORDER BY a.made_on, a.id"
        )
        for item_id, made_on, cents in bulk.fetch_in(session, sql, [], customer_ids):
            found[item_id].append((date.fromisoformat(made_on), cents))
    return found


def names(session: Session, customer_ids: Sequence[int]) -> dict[int, str]:
    """Names of customers, by id."""
    query = sa.select(Customer.id, Customer.name).where(Customer.id.in_(customer_ids))
    return {row[0]: row[1] for row in session.execute(query)}
