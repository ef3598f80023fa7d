"""Sums over open items: the aged balance and balances on any day, open items, the totals of the home page.

SQL sums, the judgement (where buckets begin) comes from `rules.ageing`; a test compares both. Sums never mix currencies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from rules.ageing import BOUNDS, Ageing


@dataclass(frozen=True, slots=True)
class Filters:
    """Which customers: all that are given must hold. `sales_rep_ids` None: every one, () : nobody."""

    sales_rep_ids: tuple[int, ...] | None = None
    profile_id: int | None = None
    collector_id: int | None = None
    method: str = ""
    currency: str = ""
    text: str = ""  # in name or code, without case and accents
    customer_ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class CustomerAgeing:
    """One customer's line of the aged balance, in one currency."""

    customer_id: int
    code: str
    name: str
    currency: str
    ageing: Ageing


@dataclass(frozen=True, slots=True)
class Balance:
    """Σ open items of one customer in one currency."""

    customer_id: int
    code: str
    name: str
    currency: str
    balance_cents: int


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One open item as it stood on the day asked for; credits are negative."""

    item_id: int
    customer_id: int
    code: str
    name: str
    piece: str
    label: str
    document_on: date
    due_on: date
    due_source: str
    currency: str
    amount_cents: int
    open_cents: int


@dataclass(frozen=True, slots=True)
class HomeTotals:
    """What a company is owed on one day, in one currency. `credits_cents` ≤ 0; the rest counts debits only."""

    currency: str
    late_cents: int = 0
    late_customers: int = 0
    coming_cents: int = 0
    coming_customers: int = 0
    credits_cents: int = 0
    late_by_bucket: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)

    @property
    def owed_cents(self) -> int:
        """Late and to come."""
        return self.late_cents + self.coming_cents

    @property
    def outstanding_cents(self) -> int:
        """Owed less unallocated credits: the balance of the customer accounts."""
        return self.owed_cents + self.credits_cents


def ageing(
    session: Session, company_id: int, on: date, filters: Filters = Filters(), bounds: tuple[int, ...] = BOUNDS
) -> list[CustomerAgeing]:
    """The aged balance on a day, past or present, one line per customer and currency, by name."""
    raise NotImplementedError


def balances(session: Session, company_id: int, on: date, filters: Filters = Filters()) -> list[Balance]:
    """The balance of each customer with one on a day, by name."""
    raise NotImplementedError


def open_items(session: Session, company_id: int, on: date, filters: Filters = Filters()) -> list[OpenItem]:
    """Every item open on a day, by customer name and due date."""
    raise NotImplementedError


def home_totals(
    session: Session, company_id: int, today: date, scope: tuple[int, ...] | None = None
) -> dict[str, HomeTotals]:
    """The figures of the home page by currency, for the customers of some sales reps (`scope`) or all (None)."""
    raise NotImplementedError
