"""The home page's content: what is owed, what deserves attention, what to do today, who owes what. Also the middle of the digest e-mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy.orm import Session

from models import home, lists, receipt_lists, worklist
from models.company import Company
from models.reports import HomeTotals
from models.standing import Standing, remembered, standings

TOP = 50


@dataclass(frozen=True, slots=True)
class Overview:
    """One company on one day, for all customers or one portfolio. `rest`: the late customers below the rows shown."""

    day: date
    totals: HomeTotals
    others: Sequence[HomeTotals]  # in further currencies
    alerts: Sequence[home.Alert]
    todo: worklist.Summary
    rows: Sequence[lists.CustomerRow]
    rest: HomeTotals
    shown: HomeTotals
    sync: home.LastSync | None
    seen_cents: int = 0  # paid at the bank, not in the ledger yet: deducted already

    @property
    def largest_cents(self) -> int:
        """The overdue sum of the first customer: the full width of the ageing bars."""
        return self.rows[0].ageing.late_cents if self.rows else 0


def overview(session: Session, company: Company, reps: tuple[int, ...] | None, today: date) -> Overview:
    """What a company is owed and by whom; `reps` narrows it to the customers of some sales representatives."""
    mine = remembered(session, company, ("portfolio", today, reps), partial(_portfolio, session, company, reps, today))
    own = mine[company.currency]
    late = [i for i in own.order("late")[: TOP + 1] if own.by_id[i].late_cents]
    top = late[:TOP]
    totals, shown = own.totals(), own.totals(top)
    watch = home.watch(session, company, reps, own, totals, today)
    make = partial(worklist.summary, session, company.id, company.currency, reps)
    return Overview(
        day=today,
        totals=totals,
        others=[one.totals() for code, one in mine.items() if code != company.currency and one.by_id],
        alerts=watch.alerts,
        todo=remembered(session, company, ("todo", today, reps, watch.worklist), make),
        rows=lists.customer_rows(session, top, own, today),
        rest=_rest(own.late_totals(), shown) if len(late) > TOP else HomeTotals(own.currency),
        shown=shown,
        sync=watch.sync,
        seen_cents=remembered(
            session, company, ("seen", reps), partial(receipt_lists.seen_at_bank, session, company.id, company.currency, reps)
        ),
    )


def _portfolio(session: Session, company: Company, reps: tuple[int, ...] | None, today: date) -> dict[str, Standing]:
    everything = standings(session, company, today)
    if reps is None:
        return everything
    ids = lists.portfolio_ids(session, company.id, reps)
    return {code: _within(one, ids) for code, one in everything.items()}


def _within(standing: Standing, ids: set[int]) -> Standing:
    return Standing(standing.currency, {i: a for i, a in standing.by_id.items() if i in ids})


def _rest(late: HomeTotals, shown: HomeTotals) -> HomeTotals:
    """The late customers that are not shown, and what they owe besides."""
    return HomeTotals(
        late.currency,
        late.late_cents - shown.late_cents,
        late.late_customers - shown.late_customers,
        late.coming_cents - shown.coming_cents,
        late.coming_customers - shown.coming_customers,
        late.credits_cents - shown.credits_cents,
    )
