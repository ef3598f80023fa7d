"""Rates of late interest: those that come with the program and those people entered, which go before them for the same day.

A half-year without a published rate is named here; until somebody enters it, what is worked out with it is provisional."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy.orm import Session

from models import audit
from models import rates as store
from models.rates import RateLine
from models.rates import RateRow as Entered
from rules.errors import DomainError
from rules.rates import FORMULAS, REFERENCE, RateRow, RateTable, completed, derived, missing_periods, period_start
from rules.rates_known import KNOWN

TABLES = (REFERENCE, *FORMULAS)
MOST = 100_000

Tables = dict[tuple[str, str], RateTable]


@dataclass(frozen=True, slots=True)
class Missing:
    """A period without a published rate. proposed: worked out from the central bank's, None where the law does not."""

    country: str
    kind: str
    from_on: date
    proposed: int | None


def rate_lines(session: Session) -> list[RateLine]:
    """All rates in use, by country and kind, oldest first."""
    lines = {
        (country, kind, known.from_on): RateLine(country, kind, known.from_on, known.thousandths, known.source, False)
        for (country, kind), rows in KNOWN.items()
        for known in rows
    }
    lines |= {(line.country, line.kind, line.from_on): line for line in store.entered_rates(session)}
    return [lines[key] for key in sorted(lines)]


def tables(session: Session, until_on: date) -> Tables:
    """Every table, completed through a day with provisional rates where the central bank's allows to work them out."""
    rows = _rows(session)
    bank = rows.get(REFERENCE, [])
    return {key: completed(*key, rows.get(key, []), bank, until_on) for key in FORMULAS}


def missing(session: Session, today: date) -> list[Missing]:
    """The present and past periods without a published rate, newest first in each table."""
    rows = _rows(session)
    bank = RateTable(tuple(rows.get(REFERENCE, [])), 0)
    found = []
    for (country, kind), formula in FORMULAS.items():
        table = RateTable(tuple(rows.get((country, kind), [])), formula.months)
        days = missing_periods(table, today) or ([] if table.rows else [period_start(today, formula.months)])
        for day in reversed(days):
            base = bank.in_force(day)
            found.append(Missing(country, kind, day, derived(country, kind, base.thousandths) if base else None))
    return found


def _rows(session: Session) -> dict[tuple[str, str], list[RateRow]]:
    rows: dict[tuple[str, str], list[RateRow]] = {}
    for line in rate_lines(session):
        rows.setdefault((line.country, line.kind), []).append(RateRow(line.from_on, line.rate_thousandths, line.provisional))
    return rows


def parse_rate(text: str) -> int:
    """Thousandths of a percent of a rate as people write it: 12,40 → 12400. Raises `DomainError` rate_wrong."""
    try:
        rate = Decimal(text.strip().removesuffix("%").strip().replace(",", ".")) * 1000
    except InvalidOperation:
        raise DomainError("rate_wrong", value=text) from None
    if not rate.is_finite() or rate != rate.to_integral_value() or not 0 <= rate <= MOST:
        raise DomainError("rate_wrong", value=text)
    return int(rate)


def enter_rate(
    session: Session, company_id: int, country: str, kind: str, from_on: date, thousandths: int, source: str, provisional: bool,
    actor_id: int, now: datetime,
) -> Entered:  # fmt: skip
    """Add a rate, or correct the one of that day: the earlier row is kept, replaced.

    Errors: rate_table_unknown, rate_day_wrong (not the first day of a period), rate_source_missing, rate_wrong."""
    if (country, kind) not in TABLES:
        raise DomainError("rate_table_unknown")
    months = 0 if (country, kind) == REFERENCE else FORMULAS[country, kind].months
    if months and from_on != period_start(from_on, months):
        raise DomainError("rate_day_wrong", days="1/1, 1/7" if months == 6 else "1/1")
    if not source.strip():
        raise DomainError("rate_source_missing")
    if not 0 <= thousandths <= MOST:
        raise DomainError("rate_wrong", value=thousandths)
    before = store.current_rate(session, country, kind, from_on)
    if before is not None:
        before.replaced_at = now
        session.flush()
    made = Entered(
        country=country, kind=kind, from_on=from_on, rate_thousandths=thousandths, source=source.strip(), provisional=provisional,
        entered_by_id=actor_id, entered_at=now,
    )  # fmt: skip
    session.add(made)
    session.flush()
    changes = {
        "country": country, "kind": kind, "from_on": from_on, "rate": thousandths, "source": made.source,
        "before": before.rate_thousandths if before else None,
    }  # fmt: skip
    audit.record(session, now, actor_id, company_id, "correct" if before else "create", "rate", made.id, changes)
    return made
