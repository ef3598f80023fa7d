"""The worklist of another day, in the shape of today's: what would be to do if nothing happened until then. Nothing is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from models import worklist as store
from models.company import Company
from models.worklist import Entry, StepGroup, Summary, Tally
from rules.dunning_facts import PlannedAction, rank_of
from services.worklist import Planned, preview


@dataclass(frozen=True, slots=True)
class Outlook:
    """Counts, cards and rows of a day."""

    summary: Summary
    groups: list[StepGroup]
    entries: list[Entry]


def outlook(session: Session, company: Company, on: date) -> Outlook:
    """What would go out on a day, and what would be held back then."""
    planned = [p for p in preview(session, company, on) if p.action is not None]
    names = store.names(session, company.id, sorted({p.customer_id for p in planned}))
    entries = [_entry(number, p, p.action, names) for number, p in enumerate(planned, 1) if p.action]
    entries.sort(key=lambda e: (bool(e.held_code), not e.ready, e.since_on, -e.amount_cents, e.customer_id))
    return Outlook(_summary(entries, company.currency), _groups(planned, entries, company.currency), entries)


def _entry(number: int, planned: Planned, action: PlannedAction, names: dict[int, tuple[str, str]]) -> Entry:
    code, name = names.get(planned.customer_id, ("", ""))
    step, held, confirm = action.step, planned.held, action.confirm
    return Entry(
        id=number, customer_id=planned.customer_id, code=code, customer=name, scenario_id=0, scenario=planned.scenario,
        step_id=step.id, stage=step.stage, level=step.level, channel=action.channel, mode=step.mode, currency=action.currency,
        amount_cents=action.amount_cents, item_ids=list(action.item_ids), items=len(action.item_ids), since_on=action.since_on,
        confirm_code=confirm.code if confirm else "", confirm_params=dict(confirm.params) if confirm else {},
        held_code=held.reason.code if held else "", held_params=dict(held.reason.params) if held else {},
        held_until_on=held.until if held else None, email="", phone="", contact="", score=None, last_contact_on=None,
        key=action.key,
    )  # fmt: skip


def _summary(entries: Iterable[Entry], currency: str) -> Summary:
    found: dict[str, list[Entry]] = {}
    held, confirm = set(), 0
    for entry in entries:
        if entry.held_code:
            held.add(entry.customer_id)
        else:
            found.setdefault(entry.channel, []).append(entry)
            confirm += bool(entry.confirm_code)
    tallies = {channel: Tally(len(rows), _cents(rows, currency)) for channel, rows in found.items()}
    return Summary(tallies, Tally(len(held)), confirm)


def _groups(planned: Sequence[Planned], entries: Sequence[Entry], currency: str) -> list[StepGroup]:
    steps = {p.action.step.id: (p.scenario, p.action.step) for p in planned if p.action}
    rows: dict[int, list[Entry]] = {}
    for entry in entries:
        rows.setdefault(entry.step_id, []).append(entry)
    found = []
    for step_id, mine in rows.items():
        scenario, step = steps[step_id]
        ready = [e for e in mine if e.ready]
        todo = [e for e in mine if not e.held_code]
        found.append(
            StepGroup(
                step_id=step_id, scenario_id=0, scenario=scenario, stage=step.stage, level=step.level, trigger=step.trigger,
                days=step.days, channel=step.channel, position=step.position, template=step.template, mode=step.mode,
                todo=len(todo), held=len(mine) - len(todo), cents=_cents(ready, currency), ready=len(ready),
                letters=sum(e.channel == "letter" for e in ready), calls=sum(e.channel == "call" for e in todo),
            )
        )  # fmt: skip
    return sorted(found, key=lambda g: (g.channel == "call", rank_of(g.stage, g.level), g.stage == "thanks", g.scenario))


def _cents(entries: Iterable[Entry], currency: str) -> int:
    return sum(e.amount_cents for e in entries if e.currency == currency)
