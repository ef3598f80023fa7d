"""Who is written to when a person sends: everything that is ready, less what was unticked, plus what was ticked on purpose.

Rows are named by the key of their action: ids are made anew whenever a customer is decided again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from models.company import Company
from models.worklist_lists import Choice, sendable


@dataclass(frozen=True, slots=True)
class Selection:
    """Entries to send; `forced_ids` are held back by a rule of the house only. `seen` stands for all that is ready: when a page showed another one, the
    list has changed since."""

    ids: list[int]
    forced_ids: list[int]
    seen: str


def select(
    session: Session, company: Company, step_id: int | None, without: Collection[str], also: Collection[str]
) -> Selection:
    """What is ready (of one step, or of all), with a person's changes."""
    known = sendable(session, company.id)
    inside = [c for c in known if step_id in (None, c.step_id) and c.key not in without]
    return _selection(company, known, [c for c in inside if c.ready or c.key in also])


def select_only(session: Session, company: Company, keys: Collection[str]) -> Selection:
    """Exactly these, as far as they may be sent."""
    known = sendable(session, company.id)
    return _selection(company, known, [c for c in known if c.key in keys])


def _selection(company: Company, known: Collection[Choice], chosen: Collection[Choice]) -> Selection:
    free, held = [c.id for c in chosen if not c.held_code], [c.id for c in chosen if c.held_code]
    ready = [c for c in known if c.ready]
    cents = sum(c.amount_cents for c in ready if c.currency == company.currency)
    return Selection(free, held, f"{len(ready)}.{cents}")
