"""A scenario tried on the ledger's past: how many messages, when, to whom, and how many for nothing.

The judgement is `rules.back_test`, which asks the same decision as every morning; nothing is written or sent. Large companies are tried on an even
sample of their customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from models import facts, followers, past
from models.company import Company
from models.scenarios import Scenario
from rules.back_test import WARM_UP_DAYS, Sent, replay
from rules.dunning_facts import Step

SAMPLE = 400
MONTHS = (6, 12)
TOP = 30


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step: messages of each month and in all, and how many of them to people who paid within days anyway."""

    step: Step
    months: tuple[int, ...]
    total: int
    anyway: int


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """One customer: messages in all, the furthest step, the last day."""

    customer_id: int
    name: str
    messages: int
    step: Step
    last_on: date


@dataclass(frozen=True, slots=True)
class BackTest:
    """What a scenario would have sent from one day to another. `of`: customers with something open then; `tried`: those played."""

    since: date
    until: date
    months: tuple[date, ...]
    lines: tuple[StepLine, ...]
    by_month: tuple[int, ...]
    messages: int
    reminders: int
    anyway: int
    reached: int
    tried: int
    of: int
    customers: tuple[CustomerLine, ...]


def back_test(session: Session, company: Company, scenario: Scenario, months: int, everybody: bool, today: date) -> BackTest:
    """Run a scenario over the last months until yesterday, for its customers of today or for everybody."""
    until = today - timedelta(days=1)
    since = _months_back(today, months)
    from_day = since - timedelta(days=WARM_UP_DAYS)
    who = past.customers_of_then(session, company.id, from_day, until)
    if not everybody:
        mine = set(followers.following(session, scenario))
        who = [customer_id for customer_id in who if customer_id in mine]
    tried = _even_sample(who, SAMPLE)
    judged = facts.scenarios(session, company.id, scenario.id)[scenario.id]
    policy = facts.policy(company)
    sent = [
        one for found in past.pasts(session, company.id, tried, from_day, until) for one in replay(found, judged, policy, since, until)
    ]  # fmt: skip
    return _result(session, sent, judged.steps, since, until, len(tried), len(who))


def _even_sample(who: Sequence[int], most: int) -> list[int]:
    """At most so many, evenly spread: the same ones every time."""
    if len(who) <= most:
        return list(who)
    return [who[n * len(who) // most] for n in range(most)]


def _months_back(today: date, months: int) -> date:
    index = today.year * 12 + today.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def _result(
    session: Session, sent: list[Sent], steps: Sequence[Step], since: date, until: date, tried: int, of: int
) -> BackTest:
    months = _months(since, until)
    counts = Counter((one.step.id, one.on.year, one.on.month) for one in sent)
    anyway = Counter(one.step.id for one in sent if one.paid_anyway)
    lines = []
    for step in steps:
        row = tuple(counts[step.id, month.year, month.month] for month in months)
        lines.append(StepLine(step, row, sum(row), anyway[step.id]))
    return BackTest(
        since=since,
        until=until,
        months=months,
        lines=tuple(lines),
        by_month=tuple(sum(line.months[n] for line in lines) for n in range(len(months))),
        messages=len(sent),
        reminders=sum(one.step.stage not in ("notice", "thanks") for one in sent),
        anyway=sum(anyway.values()),
        reached=len({one.customer_id for one in sent}),
        tried=tried,
        of=of,
        customers=_customers(session, sent),
    )


def _months(since: date, until: date) -> tuple[date, ...]:
    first, last = since.year * 12 + since.month - 1, until.year * 12 + until.month - 1
    return tuple(date(index // 12, index % 12 + 1, 1) for index in range(first, last + 1))


def _customers(session: Session, sent: list[Sent]) -> tuple[CustomerLine, ...]:
    by_customer: dict[int, list[Sent]] = {}
    for one in sent:
        if one.step.stage != "thanks":
            by_customer.setdefault(one.customer_id, []).append(one)
    most = sorted(by_customer, key=lambda i: (-max(s.step.rank for s in by_customer[i]), -len(by_customer[i]), i))[:TOP]
    names = past.names(session, most)
    return tuple(
        CustomerLine(
            i, names[i], len(by_customer[i]), max((s.step for s in by_customer[i]), key=lambda s: s.rank), by_customer[i][-1].on
        )
        for i in most
    )
