"""Insolvency of a debtor: until when the claim must be declared, counted from the publication of the judgment.

France: two months from the publication in the BODACC (R622-24 of the commercial code), four for a creditor abroad. Belgium: the
judgment names the day, at most thirty days after it (XX.155 of the code of economic law).

>>> declare_by("FR", date(2026, 3, 2), date(2026, 3, 12)), declare_by("BE", date(2026, 3, 2), None)
(datetime.date(2026, 5, 12), datetime.date(2026, 4, 1))
"""

from __future__ import annotations

from datetime import date, timedelta

from rules.limitation import add_months

WARN_DAYS = 45
"""The deadline calls for attention so many days ahead."""
MONTHS = {"FR": 2}
DAYS = {"BE": 30}


def declare_by(country: str, judgment_on: date, published_on: date | None) -> date | None:
    """Last day to declare the claim; from the judgment while its publication is not known (never too late). None where we
    do not have the rule: the judgment says it."""
    if country in DAYS:
        return judgment_on + timedelta(days=DAYS[country])
    months = MONTHS.get(country)
    return None if months is None else add_months(published_on or judgment_on, months)
