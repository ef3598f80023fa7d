"""The worklist kept in step with the facts: decide, keep, preview, and record what was done.

The judgement is `rules.dunning`; reading is `models.facts`, writing `models.decisions`. Every service that changes a
customer's facts calls `touch` in the same transaction; a scenario edit calls `suspect`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models import decisions, facts
from models.company import Company
from models.customers import Customer
from rules.dunning import decide
from rules.dunning_facts import Account, Decision, Held, PlannedAction, Reason, Scenario

NEVER_FORCED = ("covered", "no_channel", "insolvent", "no_scenario")
"""Held for these reasons, an action is not done even when a person asks."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One row of a preview: an action, and why it is held back (None: it would be done)."""

    customer_id: int
    scenario: str
    action: PlannedAction | None
    held: Held | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one worklist entry: the action made from it, or the code why not (gone: no longer wanted as it
    was, done: already done, a held code, or amount_changed)."""

    entry_id: int
    action_id: int | None
    code: str
    action: PlannedAction | None


def decisions_of(
    session: Session, company: Company, on: date, customer_ids: Sequence[int] | None = None, suspects: bool = False
) -> Iterator[tuple[Account, Scenario | None, Decision]]:
    """Each account with its scenario and what is decided for it on a day; nothing is written."""
    policy = facts.policy(company)
    known = facts.scenarios(session, company.id)
    for account in facts.accounts(session, company.id, on, customer_ids, suspects):
        scenario = known.get(account.scenario_id or 0)
        yield account, scenario, decide(account, scenario, policy, on)


def refresh(session: Session, company: Company, customer_ids: Sequence[int] | None, today: date) -> int:
    """Decide for these customers (None: those whose review day has come) and keep the outcome: their worklist entries
    and the next review day. The number of customers looked at."""
    rows: list[tuple[Any, ...]] = []
    reviews: list[tuple[date | None, int]] = []
    for account, scenario, decision in decisions_of(session, company, today, customer_ids, suspects=customer_ids is None):
        reviews.append((decision.review_on, account.customer_id))
        if scenario is not None:
            rows += _rows(company.id, account, scenario, decision, today)
    decisions.replace_entries(session, company.id, [i for _, i in reviews], rows)
    decisions.set_reviews(session, reviews)
    return len(reviews)


def _rows(company_id: int, account: Account, scenario: Scenario, decision: Decision, today: date) -> Iterator[tuple[Any, ...]]:
    for action in decision.actions:
        yield _row(company_id, account, scenario, action, None, today)
    for held in decision.held:
        if held.action is not None:
            yield _row(company_id, account, scenario, held.action, held, today)


def _row(
    company_id: int, account: Account, scenario: Scenario, action: PlannedAction, held: Held | None, today: date
) -> tuple[Any, ...]:
    """One worklist entry in the order of `decisions.ENTRY`."""
    step, confirm, item_ids = action.step, action.confirm or Reason(""), action.item_ids
    return (
        company_id, account.customer_id, scenario.id, step.id, step.stage, step.level, action.channel, step.mode,
        action.currency, action.amount_cents, account.planned.get((step.id, action.currency), action.amount_cents),
        decisions.as_json(item_ids), len(item_ids), action.since_on.isoformat(), action.key,
        confirm.code, decisions.as_json(dict(confirm.params)),
        held.reason.code if held else "", decisions.as_json(dict(held.reason.params) if held else {}),
        held.until.isoformat() if held and held.until else None, today.isoformat(),
    )  # fmt: skip


def touch(session: Session, customer_id: int, today: date) -> None:
    """A customer's facts changed: decide again now, in the same transaction."""
    company = _company_of(session, customer_id)
    if company is not None:
        session.flush()
        refresh(session, company, [customer_id], today)


def _company_of(session: Session, customer_id: int) -> Company | None:
    customer = session.get(Customer, customer_id)
    return session.get(Company, customer.company_id) if customer else None


def suspect(session: Session, company: Company, today: date, customer_ids: Iterable[int] | None = None) -> None:
    """Something all customers (or many) depend on changed: all are looked at again by the next refresh."""
    session.flush()
    decisions.touch(session, company.id, customer_ids, today)


def preview(session: Session, company: Company, on: date) -> list[Planned]:
    """What would be to do, and held back, on any day if nothing else happens until then; nothing is written."""
    found = []
    for account, scenario, decision in decisions_of(session, company, on):
        name = scenario.name if scenario else ""
        found += [Planned(account.customer_id, name, action, None) for action in decision.actions]
        found += [Planned(account.customer_id, name, held.action, held) for held in decision.held]
    return found


def record_done(
    session: Session,
    company: Company,
    entry_ids: Sequence[int],
    actor_id: int | None,
    now: datetime,
    today: date,
    *,
    state: str = "queued",
    batch_id: int | None = None,
    forced: bool = False,
    outcome: str = "",
    remark: str = "",
) -> list[Recorded]:
    """Worklist entries become actions, decided anew on the facts of this moment: what is no longer wanted is passed over.

    `forced`: a person chose them, so reasons of courtesy do not hold them back (see NEVER_FORCED). Doing the same
    twice adds nothing. The customers concerned are decided again and their last contact is kept."""
    entries = decisions.entry_keys(session, company.id, entry_ids)
    wanted = {key: entry_id for entry_id, (_, key) in entries.items()}
    customers = sorted({customer_id for customer_id, _ in entries.values()})
    found: dict[str, tuple[Scenario, PlannedAction, str]] = {}
    for _, scenario, decision in decisions_of(session, company, today, customers):
        if scenario is None:
            continue
        found |= {a.key: (scenario, a, "") for a in decision.actions if a.key in wanted}
        found |= {
            h.action.key: (scenario, h.action, h.reason.code)
            for h in decision.held
            if h.action is not None and h.action.key in wanted
        }
    free = {k: v for k, v in found.items() if not v[2] or (forced and v[2] not in NEVER_FORCED)}
    decisions.free_keys(session, company.id, free)
    ids = decisions.insert_actions(
        session,
        company.id,
        {
            k: _action_row(company.id, s, a, actor_id, now, today, state, batch_id, outcome, remark)
            for k, (s, a, _) in free.items()
        },
        {k: list(_item_rows(a)) for k, (_, a, _) in free.items()},
    )
    decisions.set_contacts(session, [free[key][1].customer_id for key in ids])
    refresh(session, company, customers, today)
    return [_recorded(entry_id, key, found, ids) for key, entry_id in wanted.items()]


def _recorded(entry_id: int, key: str, found: dict[str, tuple[Scenario, PlannedAction, str]], ids: dict[str, int]) -> Recorded:
    if key not in found:
        return Recorded(entry_id, None, "gone", None)
    _, action, held = found[key]
    if key in ids:
        return Recorded(entry_id, ids[key], "", action)
    return Recorded(entry_id, None, held or "done", action)


def _action_row(
    company_id: int, scenario: Scenario, action: PlannedAction, actor_id: int | None, now: datetime, today: date, state: str,
    batch_id: int | None, outcome: str, remark: str,
) -> tuple[Any, ...]:  # fmt: skip
    """One action in the order of `decisions.ACTION`; the waiting period starts today."""
    step = action.step
    instant = now.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    wait = (today + timedelta(days=step.wait_days)).isoformat() if step.wait_days else None
    return (
        company_id, action.customer_id, scenario.id, step.id, action.key, step.stage, step.level, action.channel, state, "",
        False, action.currency, action.amount_cents, instant, today.isoformat(), instant if state == "done" else None, wait,
        actor_id, batch_id, outcome, remark,
    )  # fmt: skip


def _item_rows(action: PlannedAction) -> Iterator[tuple[Any, ...]]:
    """Items of an action in the order of `decisions.ACTION_ITEM`: with their step, or only listed."""
    for item in (*action.chased, *action.coming):
        yield item.item_id, item.step_id, item.open_cents, decisions.as_json(item.overtaken)
    for item_id in action.listed:
        yield item_id, None, 0, "[]"


def drop_actions(
    session: Session, company: Company, action_ids: Iterable[int], code: str, today: date, *, state: str = "dropped"
) -> None:
    """Actions that did not happen after all (taken back, paid meanwhile, refused) leave the history; what they held up
    is decided again. `state`: dropped or failed."""
    customers = decisions.drop_actions(session, action_ids, code, state)
    decisions.set_contacts(session, customers)
    refresh(session, company, customers, today)
