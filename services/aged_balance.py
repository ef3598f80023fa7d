"""The aged balance as a page: ordered, paged, totalled, and held against the ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from models import lists
from models.accounts import account_balance
from models.company import Company
from models.paging import PER_PAGE, Page
from models.reports import CustomerAgeing, Filters, HomeTotals
from models.standing import ORDERS, ageing_on, remembered, total

SORTS = ("name", "coming", "b1", "b2", "b3", "b4", "credits", "balance")


@dataclass(frozen=True, slots=True)
class AgedBalance:
    """One page of the aged balance of a day with the totals of all pages. `ledger_cents`: what the customer accounts say."""

    on: date
    page: Page[CustomerAgeing]
    totals: HomeTotals
    credit_customers: int
    ledger_cents: int

    @property
    def largest(self) -> list[int]:
        """The largest amount of each bucket on the page: the strongest tint."""
        return [max(column) for column in zip(*(row.ageing.late_by_bucket for row in self.page.rows), strict=True)]

    @property
    def gap_cents(self) -> int:
        """Anything but 0 is an error, and blocks sending."""
        return self.ledger_cents - self.totals.outstanding_cents


@dataclass(frozen=True, slots=True)
class _Whole:
    """All pages together, remembered with the ledger."""

    rows: list[CustomerAgeing]
    totals: HomeTotals
    credit_customers: int


def rows_in_order(session: Session, company: Company, on: date, filters: Filters, sort: str) -> list[CustomerAgeing]:
    """Every line of the filter, in one currency; by name when the sums are equal."""
    return _whole(session, company, on, filters, sort).rows


def _whole(session: Session, company: Company, on: date, filters: Filters, sort: str) -> _Whole:
    return remembered(session, company, ("aged", on, filters, sort), lambda: _ordered(session, company, on, filters, sort))


def _ordered(session: Session, company: Company, on: date, filters: Filters, sort: str) -> _Whole:
    everyone = replace(filters, currency="")  # the same lines serve all currencies, and the home page when nothing narrows
    rows = [row for row in ageing_on(session, company, on, everyone) if row.currency == filters.currency]
    key, descending = sort.removeprefix("-"), sort.startswith("-")
    if key != "name":
        rows.sort(key=lambda row: ORDERS[key](row.ageing), reverse=descending)
    elif descending:
        rows.reverse()
    return _Whole(
        rows, total(filters.currency, (row.ageing for row in rows)), sum(row.ageing.credits_cents < 0 for row in rows)
    )


def aged_balance(session: Session, company: Company, on: date, filters: Filters, sort: str, number: int = 1) -> AgedBalance:
    """One page of the aged balance of a day, with its proof."""
    whole = _whole(session, company, on, filters, sort)
    start = (number - 1) * PER_PAGE
    ids = lists.ids_of(session, company.id, filters)
    return AgedBalance(
        on=on,
        page=Page(whole.rows[start : start + PER_PAGE], len(whole.rows), number),
        totals=whole.totals,
        credit_customers=whole.credit_customers,
        ledger_cents=account_balance(session, company, on, filters.currency, ids),
    )
