"""Days sales outstanding and its relatives. Amounts are integer cents, tax included; months are given newest first.

1.5 M€ owed for 12 M€ of sales are 45 days; brought down to 35 days they free 333,333 €:

>>> simple_dso(150_000_000, 1_200_000_000)
45.0
>>> cash_freed(150_000_000, 1_200_000_000, 35)
33333333
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

YEAR = 360


def simple_dso(outstanding_cents: int, sales_cents: int, days: int = YEAR) -> float | None:
    """Outstanding / sales × days of the period (360 for a year); None without sales."""
    return outstanding_cents * days / sales_cents if sales_cents > 0 else None


def outstanding_at(dso_days: float, sales_cents: int, days: int = YEAR) -> int:
    """What is outstanding at a given DSO, to the cent below."""
    return int(dso_days * sales_cents / days)


def cash_freed(outstanding_cents: int, sales_cents: int, target_days: float, days: int = YEAR) -> int:
    """Cents freed by bringing the DSO to a target, to the cent below."""
    return int(outstanding_cents - target_days * sales_cents / days)


def count_back_dso(outstanding_cents: int, months: Iterable[tuple[int, int]]) -> float:
    """Take each month's (sales, days) off the outstanding, newest first, adding its days; the last one in proportion.

    With the not-overdue part only it is the best possible DSO. Outstanding older than all months adds nothing."""
    left, days = outstanding_cents, 0.0
    for sales, length in months:
        if left <= 0:
            break
        days += length if sales <= left else length * left / sales
        left -= max(sales, 0)
    return days


def average_days_delinquent(dso: float, best_possible: float) -> float:
    """Days of the DSO that lateness alone explains."""
    return dso - best_possible


def collection_effectiveness(
    opening_cents: int, sales_cents: int, closing_cents: int, closing_not_due_cents: int
) -> float | None:
    """CEI: what was collected of what could be, in percent; None when nothing could be."""
    possible = opening_cents + sales_cents - closing_not_due_cents
    return 100 * (opening_cents + sales_cents - closing_cents) / possible if possible > 0 else None


def mean_gain(before: Sequence[int], after: Sequence[int]) -> tuple[float, float, list[int]]:
    """Mean days before and after over the same customers, and the gain of each of them."""
    gains = [b - a for b, a in zip(before, after, strict=True)]
    return sum(before) / len(before), sum(after) / len(after), gains


@dataclass(frozen=True, slots=True)
class Savings:
    """What faster payment saves, in cents a month; `cash_cents` once."""

    cash_cents: int
    work_cents: int
    overdraft_cents: int
    bad_debts_cents: int

    @property
    def month_cents(self) -> int:
        return self.work_cents + self.overdraft_cents + self.bad_debts_cents


def simulate(
    sales_excl_tax_cents: int = 1_000_000_000,
    outstanding_cents: int = 150_000_000,
    cash_percent: float = 20,
    work_cents: int = 150_000,
    overdraft_percent: float = 6,
    bad_debt_percent: float = 1.7,
    bad_debt_saved_percent: float = 15,
) -> Savings:
    """The simulator of the white paper: cash freed, half a job, overdraft interest and bad debts avoided each month."""
    cash = round(outstanding_cents * cash_percent / 100)
    overdraft = round(cash * overdraft_percent / 100 / 12)
    bad_debts = round(sales_excl_tax_cents * bad_debt_percent / 100 * bad_debt_saved_percent / 100 / 12)
    return Savings(cash, work_cents, overdraft, bad_debts)
