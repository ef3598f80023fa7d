"""The columns of the forecast grid in the reader's language, and the grid as a file."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from babel.dates import format_interval
from babel.numbers import get_currency_symbol

from rules.forecast import LATER, MISSED, OUTSIDE, TO_PLAN, Week
from rules.forecast_grid import Grid
from services import language as words
from services.exports import Column
from services.language import N_, translate

Table = tuple[list[Column], list[Sequence[Any]], Sequence[Any]]


class Heading(NamedTuple):
    """One column: its key, two lines of title, whether it is the current week, what may be put there.

    takes: late (late amounts only: they become without a date again), any, or empty for nothing."""

    key: str
    title: str
    sub: str
    current: bool = False
    takes: str = ""


def headings(weeks: Sequence[Week], language: str, outside: bool) -> list[Heading]:
    """The columns after the sum due, in order; the one outside the forecast only when asked for."""

    def say(text: str) -> str:
        return translate(language, text)

    after = words.day_short(weeks[-1].last + timedelta(days=1), language)
    found = [
        Heading(TO_PLAN, say(N_("To plan")), say(N_("without a date")), takes="late"),
        Heading(MISSED, say(N_("Missed")), say(N_("date has passed"))),
    ]
    for place, week in enumerate(weeks):
        found.append(Heading(week.key, week_name(week, language), span(week, language), place == 0, "any"))
    found.append(Heading(LATER, say(N_("Later")), translate(language, N_("from %(day)s"), day=after), takes="any"))
    if outside:
        found.append(Heading(OUTSIDE, say(N_("Not forecast")), say(N_("dispute, insolvent"))))
    return found


def unit(currency: str, language: str) -> str:
    """The sign of a currency, €."""
    return str(get_currency_symbol(currency, locale=words.locale(language)))


@functools.cache
def whole(language: str) -> Callable[[int], str]:
    """Writes cents, zero or more, as whole units, 12 480: a grid shows hundreds of them."""
    group = words.locale(language).number_symbols["latn"]["group"]
    return lambda cents: f"{(cents + 50) // 100:,}".replace(",", group)


def week_name(week: Week, language: str) -> str:
    """Sem 21."""
    return translate(language, N_("Wk %(number)s"), number=week.number)


@functools.lru_cache(maxsize=512)
def span(week: Week, language: str) -> str:
    """18–24 mai."""
    return str(format_interval(week.first, week.last, "MMMd", locale=words.locale(language))).replace("\u2009", "")


def table(grid: Grid, language: str, outside: bool) -> Table:
    """The grid as columns, rows and totals for a file: every customer of the filter, cents and all."""
    shown = headings(grid.weeks, language, outside)
    columns = [
        Column(translate(language, N_("Code")), width=12),
        Column(translate(language, N_("Customer")), width=32),
        Column(translate(language, N_("Sum due")), "money"),
    ]
    columns += [Column(f"{h.title} ({h.sub})", "money", 16) for h in shown]
    columns.append(Column(translate(language, N_("Received this week")), "money"))
    rows: list[Sequence[Any]] = []
    for row in grid.rows:
        sums = [sum(chip.cents for chip in row.cells.get(h.key, ())) for h in shown]
        rows.append([row.customer.code, row.customer.name, row.customer.owed_cents, *sums, row.received_cents])
    totals = [grid.totals[h.key].cents for h in shown]
    return columns, rows, ["", translate(language, N_("Total")), grid.owed_cents, *totals, grid.received_cents]
