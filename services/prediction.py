"""Payment dates predicted for a company's open items; and how good that was: on its own last twelve months, or on a plain table of invoices.

Predictions use what was known on their day only (`rules.prediction`). Nothing is stored: both answers come within a second or two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from integrations.payment_history import Columns, History, read_history
from models import habits as store
from models.company import Company
from rules.days import month_index
from rules.errors import DomainError
from rules.prediction import Asked, Forecasts, Habit

if TYPE_CHECKING:
    from rules.prediction_backtest import Accuracy, Backtest

YEARS = 3  # of payments learned from
A_MONTH = 1_000  # open items looked at in each month of the back-test
FEWEST = 30  # items below which nothing is said about accuracy
FAR = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Predicted:
    """The open items of a company with their distributions, in the same order; amounts in cents of each item's currency."""

    items: list[store.OpenItem]
    forecasts: Forecasts


def predict_open(session: Session, company: Company, today: date) -> Predicted:
    """The distribution of every open invoice of a company, from what was paid before today.

    Live promises and open disputes of an item count; promises with how this customer kept earlier ones."""
    habit = _habit(session, company, today)
    items = store.open_items(session, company.id)
    kept = store.promises_kept(session, company.id)
    asked = [
        Asked(i.customer_id, i.due_on, i.cents, i.profile_id, i.promised_on, *kept.get(i.customer_id, (0, 0)), i.dispute_days)
        for i in items
    ]
    return Predicted(items, habit.predict(asked))


def accuracy(session: Session, company: Company, today: date) -> Accuracy | None:
    """How good the prediction was on the company's own last twelve months; None when there were too few invoices to tell.

    On the first day of each month everything open then is predicted from what was paid before that day; an invoice still open today counts
    as paid today at the earliest, and is left out where today is too early to tell. Large ledgers: a fixed sample of each month."""
    from rules.prediction_backtest import judge

    months = _months(today)
    past = store.invoices_open_since(session, company.id, months[0], months[-1])
    asked = [(i, on) for on in months for i in _sample([i for i in past if i.issued_on < on and (i.settled_on or FAR) >= on])]
    if len(asked) < FEWEST:
        return None
    items = [Asked(i.customer_id, i.due_on, i.cents, i.profile_id) for i, _ in asked]
    settled = [i.settled_on for i, _ in asked]
    return judge(_habit(session, company, today), items, [on for _, on in asked], settled, today)


def _months(today: date) -> list[date]:
    """The first days of the last twelve months, oldest first."""
    start = month_index(today)
    return [date((start - back) // 12, (start - back) % 12 + 1, 1) for back in range(11, -1, -1)]


def _sample(items: list[store.PastItem]) -> list[store.PastItem]:
    """At most so many, evenly over what was given."""
    return items[:: -(-len(items) // A_MONTH)] if items else items


def _habit(session: Session, company: Company, today: date) -> Habit:
    """What the company's customers paid in the last years, before today."""
    paid = store.settlements(session, company.id, today - timedelta(days=365 * YEARS), today)
    return Habit.of_columns(today, *paid)


def backtest_file(path: Path, columns: Columns, first_due_on: date, *, max_bytes: int) -> tuple[History, Backtest]:
    """The back-test on a table of paid invoices. Errors: those of `read_history`; history_nothing."""
    from rules.prediction_backtest import backtest

    history = read_history(path.read_bytes(), columns, max_bytes=max_bytes)
    found = backtest(history.rows, first_due_on)
    if found is None:
        raise DomainError("history_nothing", value=first_due_on.isoformat())
    return history, found
