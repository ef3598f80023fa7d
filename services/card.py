"""The card of one customer: figures, next action, stages, behaviour. Everything the page shows but its current tab."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from models import card as store
from models import due_items, habits, timeline, worklist
from models.card import ContactRow, Head
from models.company import Company
from models.customers import Customer
from models.due_items import ItemRow
from models.receipt_lists import SeenItem, seen_items
from models.standing import standings
from models.timeline import Happening
from rules.ageing import Ageing, age
from rules.score import RECENT_DAYS, WINDOW_DAYS, Habit, LateItem, Score, score, weighted_delay
from services.language import N_, translate
from services.next_step import NextStep, StageState, next_step, stages
from services.scenario_rules import Followed, followed_by

PARTS = {
    "on_time": N_("Paid on time: %(found)s %% of the amounts"),
    "delay": N_("Days late on average: %(found)s"),
    "trend": N_("Last three months against before: %(found)s days"),
    "promises": N_("Broken promises: %(found)s"),
    "debits": N_("Rejected direct debits: %(found)s"),
}


@dataclass(frozen=True, slots=True)
class Sums:
    """What the customer owes in one currency."""

    currency: str
    ageing: Ageing
    next_due_on: date | None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the customer pays: delays weighted by amount; `months`: the mean delay of each of the last twelve, None without payment."""

    delay: float | None
    recent_delay: float | None
    months: tuple[float | None, ...]
    paid_cents: int
    paid_count: int
    score: Score


@dataclass(frozen=True, slots=True)
class Card:
    """One customer on one day. `sums`: the company's currency first; credit limits are in that currency."""

    customer: Customer
    day: date
    head: Head
    contacts: Sequence[ContactRow]
    items: Sequence[ItemRow]
    sums: Sequence[Sums]
    behaviour: Behaviour
    step: NextStep
    strip: Sequence[StageState]
    pinned: Sequence[Happening]
    feed: Sequence[Happening]
    has_older: bool
    group: Sequence[tuple[int, str]]
    group_cents: int
    seen: Sequence[SeenItem] = ()  # no longer open because of the bank alone

    @property
    def available_cents(self) -> int | None:
        """What is left of the credit limit; negative when it is exceeded."""
        limit = self.customer.credit_limit_cents
        return None if limit is None else limit - self.sums[0].ageing.balance_cents


def card(
    session: Session, company: Company, customer: Customer, language: str, today: date, view: str = "", pages: int = 1
) -> Card:
    """The card of a customer."""
    head, lasts = store.head(session, customer, today)
    items = due_items.of_customer(session, customer, today)
    entries = worklist.entries(session, company.id, customer_id=customer.id)
    pinned, feed, has_older = timeline.timeline(session, customer.id, view, pages)
    group = store.group(session, customer) if head.parent_id or head.children else []
    sums = _sums(items, company.currency, today)
    return Card(
        customer=customer,
        day=today,
        head=head,
        contacts=store.contacts(session, customer.id),
        items=items,
        sums=sums,
        behaviour=_behaviour(session, company, customer, head, items, today),
        step=next_step(entries, items, lasts, customer.review_on, language, today),
        strip=stages(entries, items, lasts, language, today),
        pinned=pinned,
        feed=feed,
        has_older=has_older,
        group=group,
        group_cents=_group_cents(session, company, group, today),
        seen=seen_items(session, company.id, customer.id) if head.seen else (),
    )


def followed(session: Session, company: Company, customer: Customer, language: str, today: date) -> Followed:
    """Which scenario the customer follows, and why."""
    sums = _sums(due_items.of_customer(session, customer, today), company.currency, today)
    return followed_by(session, company, customer, sums[0].ageing.balance_cents, language)


def _group_cents(session: Session, company: Company, group: Sequence[tuple[int, str]], today: date) -> int:
    if not group:
        return 0
    standing = standings(session, company, today)[company.currency]
    return standing.totals(i for i, _ in group).outstanding_cents


def _sums(items: Sequence[ItemRow], currency: str, today: date) -> list[Sums]:
    found = []
    for code in dict.fromkeys((currency, *(row.currency for row in items))):
        mine = [row for row in items if row.currency == code]
        coming = [row.due_on for row in mine if row.open_cents > 0 and row.due_on >= today]
        aged = age([(row.due_on, row.open_cents) for row in mine], today)
        found.append(Sums(code, aged, min(coming, default=None)))
    return found


def _behaviour(
    session: Session, company: Company, customer: Customer, head: Head, items: Sequence[ItemRow], today: date
) -> Behaviour:
    since = today - timedelta(days=WINDOW_DAYS)
    settled = habits.payment_habits(session, company.id, [customer.id], since).get(customer.id, [])
    late = [LateItem(row.open_cents, row.due_on) for row in items if row.open_cents > 0 and row.due_on < today]
    recent = [h for h in settled if (today - h.settled_on).days < RECENT_DAYS]
    return Behaviour(
        delay=weighted_delay(settled),
        recent_delay=weighted_delay(recent),
        months=_months(settled, today),
        paid_cents=sum(h.cents for h in settled),
        paid_count=len(settled),
        score=score(settled, late, head.broken_in_year, head.rejected_in_year, today=today),
    )


def _months(settled: Sequence[Habit], today: date) -> tuple[float | None, ...]:
    """The mean delay of what was settled in each of the last twelve months, oldest first."""
    last = today.year * 12 + today.month
    by_month: dict[int, list[Habit]] = {}
    for habit in settled:
        by_month.setdefault(habit.settled_on.year * 12 + habit.settled_on.month, []).append(habit)
    return tuple(weighted_delay(by_month.get(last - back, [])) for back in range(11, -1, -1))


def score_reasons(found: Score, language: str) -> list[str]:
    """Each part of a score as a short sentence; one that says why there is none."""
    if found.value is None:
        return [translate(language, N_("Not enough history for a score: fewer than three invoices in a year."))]
    return [translate(language, PARTS[part.code], found=_found(part.code, part.found)) for part in found.parts]


def _found(code: str, value: float) -> str:
    whole = round(value)
    return f"{whole:+d}".replace("-", "−") if code == "trend" and whole else str(whole)


def spark(months: Sequence[float | None]) -> tuple[str, int, int] | None:
    """The curve of delays as an SVG path in a box of 120 × 30, with its first and last value; None for fewer than two points."""
    points = [(place, value) for place, value in enumerate(months) if value is not None]
    if len(points) < 2:
        return None
    low, high = min(v for _, v in points), max(v for _, v in points)
    spread = (high - low) or 1.0
    steps = [f"{120 * place / 11:.1f} {27 - 24 * (value - low) / spread:.1f}" for place, value in points]
    return "M" + " L".join(steps), round(points[0][1]), round(points[-1][1])
