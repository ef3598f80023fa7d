"""The rates known when this version was made, by country and kind, with where each comes from; editable afterwards.

Thousandths of a percent. Rates the law works out from the central bank's stand here as published where they are, and are
worked out for the half-years between.

>>> KNOWN["BE", "business"][-1].thousandths, KNOWN["FR", "legal"][-1].source[:3]
(10500, 'arr')
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from rules.rates import REFERENCE, RateRow, RateTable, derived

_ECB = (
    "2008-12-10 2500, 2009-01-21 2000, 2009-03-11 1500, 2009-04-08 1250, 2009-05-13 1000, 2011-04-13 1250, 2011-07-13 1500, "
    "2011-11-09 1250, 2011-12-14 1000, 2012-07-11 750, 2013-05-08 500, 2013-11-13 250, 2014-06-11 150, 2014-09-10 50, "
    "2016-03-16 0, 2022-07-27 500, 2022-09-14 1250, 2022-11-02 2000, 2022-12-21 2500, 2023-02-08 3000, 2023-03-22 3500, "
    "2023-05-10 3750, 2023-06-21 4000, 2023-08-02 4250, 2023-09-20 4500, 2024-06-12 4250, 2024-09-18 3650, 2024-10-23 3400, "
    "2024-12-18 3150, 2025-02-05 2900, 2025-03-12 2650, 2025-04-23 2400, 2025-06-11 2150, 2026-06-17 2400, 2026-09-16 2650"
)
# Half-years from 2013: first and second of each year, as published (Moniteur belge).
_BE = (
    "2013 9000 8500, 2014 8500 8500, 2015 8500 8500, 2016 8500 8000, 2017 8000 8000, 2018 8000 8000, 2019 8000 8000, "
    "2020 8000 8000, 2021 8000 8000, 2022 8000 8000, 2023 10500 12000, 2024 12500 12500, 2025 11500 10500, 2026 10500 10500"
)
_FR_LEGAL = (
    "2015 930 990, 2016 1010 930, 2017 900 900, 2018 880 880, 2019 860 870, 2020 870 840, 2021 790 760, 2022 760 770, "
    "2023 2060 4220, 2024 5070 4920, 2025 3710 2760, 2026 2620"
)
_BE_CIVIL = "2015 2500, 2016 2250, 2017 2000, 2018 2000, 2021 1750, 2022 1500, 2023 5250, 2025 4500, 2026 4500"
FIRST_YEAR, LAST = 2013, date(2026, 7, 1)
"""Directive 2011/7/EU applies since 16 March 2013; the last half-year known."""


class KnownRate(NamedTuple):
    """A rate, its first day and its source."""

    from_on: date
    thousandths: int
    source: str


def _dated(text: str, source: str) -> tuple[KnownRate, ...]:
    pairs = (part.split() for part in text.split(", "))
    return tuple(KnownRate(date.fromisoformat(day), int(rate), source) for day, rate in pairs)


def _halves(text: str, source: str) -> tuple[KnownRate, ...]:
    found = []
    for part in text.split(", "):
        year, *rates = part.split()
        found += [KnownRate(date(int(year), month, 1), int(rate), source) for month, rate in zip((1, 7), rates, strict=False)]
    return tuple(found)


def _worked_out(country: str, kind: str, source: str) -> tuple[KnownRate, ...]:
    bank = RateTable(tuple(RateRow(row.from_on, row.thousandths) for row in _BANK), 0)
    found = []
    for year in range(FIRST_YEAR, LAST.year + 1):
        for month in (1, 7):
            day = date(year, month, 1)
            base = bank.in_force(day)
            rate = derived(country, kind, base.thousandths) if base else None
            if rate is not None and day <= LAST:
                found.append(KnownRate(day, rate, source))
    return tuple(found)


_BANK = _dated(_ECB, "ECB, series FM.D.U2.EUR.4F.KR.MRR_FR.LEV")
_BE_ROWS = _halves(_BE, "Moniteur belge")
_TO_CONFIRM = {
    date(2025, 1, 1): "3.15 + 8, up to the half point; notice in the Moniteur belge not seen",
    date(2026, 7, 1): "2.40 + 8, up to the half point; notice in the Moniteur belge not seen",
}

KNOWN: dict[tuple[str, str], tuple[KnownRate, ...]] = {
    REFERENCE: _BANK,
    ("FR", "business"): _worked_out("FR", "business", "C. com. L441-10 II: ECB + 10"),
    ("FR", "public"): _worked_out("FR", "public", "CCP R2192-31: ECB + 8"),
    ("FR", "legal"): _halves(_FR_LEGAL, "arrêté, CMF L313-2 (professional creditors)"),
    ("BE", "business"): tuple(row._replace(source=_TO_CONFIRM.get(row.from_on, row.source)) for row in _BE_ROWS),
    ("BE", "consumer"): tuple(
        KnownRate(row.from_on, row.thousandths, "SPF Finances") for row in _halves(_BE_CIVIL, "") if row.from_on.month == 1
    ),
    ("LU", "business"): _worked_out("LU", "business", "law of 18 April 2004, art. 5: ECB + 8"),
    ("LU", "consumer"): (KnownRate(date(2024, 1, 1), 4_500, "règlement grand-ducal"),),
    ("NL", "business"): _worked_out("NL", "business", "BW 6:120 lid 2: ECB + 8"),
    ("DE", "business"): _worked_out("DE", "business", "BGB 288 II: base rate + 9"),
    ("DE", "consumer"): _worked_out("DE", "consumer", "BGB 288 I: base rate + 5"),
}
"""By country and kind. Nothing is known of the Dutch rate for consumers: its table starts empty, and says so."""
