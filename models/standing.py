"""How every customer of a company stands on a day, kept in memory until the ledger changes.

The aged balance (`models.reports.ageing`) is asked once per company, day and `ledger_version`; the home page, the customer list and
the aged balance page take their sums, orders and totals from it. Nothing here is a second truth: all can be thrown away."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from models import reports
from models.company import Company
from models.reports import CustomerAgeing, Filters, HomeTotals
from rules.ageing import Ageing

T = TypeVar("T")
KEPT = 12
ORDERS: dict[str, Callable[[Ageing], int]] = {
    "late": lambda a: a.late_cents,
    "coming": lambda a: a.not_due_cents,
    "b1": lambda a: a.late_by_bucket[0],
    "b2": lambda a: a.late_by_bucket[1],
    "b3": lambda a: a.late_by_bucket[2],
    "b4": lambda a: a.late_by_bucket[3],
    "credits": lambda a: -a.credits_cents,
    "owed": lambda a: a.owed_cents,
    "balance": lambda a: a.balance_cents,
    "age": lambda a: max((i * 10**15 + cents for i, cents in enumerate(a.late_by_bucket, 1) if cents), default=0),
}
"""What customers can be ordered by."""

_kept: OrderedDict[Hashable, Any] = OrderedDict()
_lock = threading.Lock()


def remembered(session: Session, company: Company, what: Hashable, make: Callable[[], T]) -> T:
    """The value made once for this state of the company's ledger; `make` is asked again when the ledger has changed."""
    key = (session.get_bind().engine.url.database, company.id, company.ledger_version, company.last_sync_at, what)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]  # type: ignore[no-any-return]
    made = make()
    with _lock:
        _kept[key] = made
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def forget() -> None:
    """Throw everything away."""
    with _lock:
        _kept.clear()


@dataclass(slots=True)
class Standing:
    """The customers with something open, in one currency: sums by id, orders and totals made when first asked for."""

    currency: str
    by_id: dict[int, Ageing] = field(default_factory=dict)
    _orders: dict[str, list[int]] = field(default_factory=dict)
    _totals: HomeTotals | None = None
    _late: HomeTotals | None = None

    def order(self, key: str) -> list[int]:
        """Ids from the largest to the smallest; equal ones by name."""
        if key not in self._orders:
            sums = {i: ORDERS[key](a) for i, a in self.by_id.items()}
            self._orders[key] = sorted(self.by_id, key=sums.__getitem__, reverse=True)
        return self._orders[key]

    def totals(self, ids: Iterable[int] | None = None) -> HomeTotals:
        """The sums over some customers, or all."""
        if ids is not None:
            return total(self.currency, (self.by_id[i] for i in ids if i in self.by_id))
        if self._totals is None:
            self._totals = total(self.currency, self.by_id.values())
        return self._totals

    def late_totals(self) -> HomeTotals:
        """The sums over the customers with something overdue."""
        if self._late is None:
            self._late = total(self.currency, (aged for aged in self.by_id.values() if any(aged.late_by_bucket)))
        return self._late


def total(currency: str, ageings: Iterable[Ageing]) -> HomeTotals:
    """What some customers owe together."""
    late = coming = credits = late_customers = coming_customers = 0
    buckets = [0, 0, 0, 0]
    for one in ageings:
        mine = one.late_by_bucket
        if any(mine):
            late_customers += 1
            for place, cents in enumerate(mine):
                buckets[place] += cents
        if one.not_due_cents:
            coming += one.not_due_cents
            coming_customers += 1
        credits += one.credits_cents
    late = sum(buckets)
    return HomeTotals(currency, late, late_customers, coming, coming_customers, credits, tuple(buckets))


def standings(session: Session, company: Company, today: date) -> dict[str, Standing]:
    """How the customers of a company stand on a day, by currency, the company's own first."""
    return remembered(session, company, ("standing", today), lambda: _standings(session, company, today))


def _standings(session: Session, company: Company, today: date) -> dict[str, Standing]:
    found = {company.currency: Standing(company.currency)}
    for line in ageing_on(session, company, today):
        found.setdefault(line.currency, Standing(line.currency)).by_id[line.customer_id] = line.ageing
    return found


def ageing_on(session: Session, company: Company, on: date, filters: Filters = Filters()) -> list[CustomerAgeing]:
    """The aged balance of a day for some customers, remembered like the rest."""
    return remembered(session, company, ("ageing", on, filters), lambda: reports.ageing(session, company.id, on, filters))
