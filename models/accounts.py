"""The balance of the customer accounts as the ledger itself gives it, beside what Encours has open: the two must be equal."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy.orm import Session

from models import bulk, ledger
from models.company import Company
from models.standing import remembered

_THEN = """
SELECT customer_id, currency, sum(amount_cents) FROM item
WHERE company_id = ? AND state = 'counted' AND counts_on <= ? GROUP BY customer_id, currency
"""


def account_balance(session: Session, company: Company, on: date, currency: str, ids: Collection[int] | None = None) -> int:
    """Σ(debit − credit) on the customer accounts on a day, in cents of one currency, of some customers or all (None)."""
    if ids is None:
        return remembered(session, company, ("accounts", on, currency), lambda: _sum(session, company, on, currency))
    wanted = set(ids)
    found = _balances(session, company, on)
    return sum(cents for (customer_id, code), cents in found.items() if code == currency and customer_id in wanted)


def _sum(session: Session, company: Company, on: date, currency: str) -> int:
    return sum(cents for (_, code), cents in _balances(session, company, on).items() if code == currency)


def _balances(session: Session, company: Company, on: date) -> dict[tuple[int, str], int]:
    return remembered(session, company, ("accounts", on), lambda: _ask(session, company, on))


def _ask(session: Session, company: Company, on: date) -> dict[tuple[int, str], int]:
    if company.ledger_on is None or on >= company.ledger_on:
        # From the raw debits and credits of the last books, not from what was settled.
        return {(one.customer_id, one.currency): one.ledger_cents for one in ledger.checks(session, company.id)}
    rows = bulk.fetch(session, _THEN, [company.id, on.isoformat()])
    return {(customer_id, currency): cents for customer_id, currency, cents in rows}
