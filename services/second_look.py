"""Just before a message leaves: the decision taken anew, as if its action had not been planned.

The same rule as the morning's (`rules.dunning.decide`), on the facts of this instant: what was paid, disputed, promised or
held meanwhile is found here, whoever recorded it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from models import decisions
from models import outbox as store
from models.company import Company
from models.outbox import Standing
from models.worklist import COURTESIES
from rules.dunning_facts import Decision, PlannedAction
from services.worklist import decisions_of


def look(session: Session, company: Company, message_ids: Sequence[int], today: date, exact: bool = False) -> dict[int, str]:
    """Why messages are no longer wanted (message id → code). The others follow the decision: amount and items are
    rewritten; with `exact` (their bytes are fixed already) a changed one is not wanted any more: changed."""
    standing = store.standing_of(session, message_ids)
    bound = [s for s in standing if s.step_id is not None]
    anew = _decide_anew(session, company, bound, today)
    dropped: dict[int, str] = {}
    for one in bound:
        decision = anew.get(one.customer_id)
        action = _same(_wanted(decision, one), one) if decision else None
        if action is None:
            dropped[one.message_id] = _reason(decision, one)
        elif action.amount_cents != one.amount_cents or set(action.item_ids) != set(one.item_ids):
            if exact:
                dropped[one.message_id] = "changed"
            else:
                _rewrite(session, one, action)
    return dropped


def _decide_anew(session: Session, company: Company, standing: Sequence[Standing], today: date) -> dict[int, Decision]:
    if not standing:
        return {}
    customers = sorted({s.customer_id for s in standing})
    before = store.set_aside(session, [s.action_id for s in standing])
    decisions.set_contacts(session, customers)
    anew = {account.customer_id: decision for account, _, decision in decisions_of(session, company, today, customers)}
    store.put_back(session, before)
    decisions.set_contacts(session, customers)
    return anew


def _wanted(decision: Decision, one: Standing) -> list[PlannedAction]:
    """What is decided now; a message a person sent all the same is wanted against the rules of the house, not against
    what stands on the customer."""
    held = [h.action for h in decision.held if h.action and h.reason.code in COURTESIES] if one.forced else []
    return [*decision.actions, *held]


def _same(actions: Iterable[PlannedAction], one: Standing) -> PlannedAction | None:
    """The action decided now that takes the same step for some of the same items."""
    for action in actions:
        if action.step.id == one.step_id and action.currency == one.currency and set(action.item_ids) & set(one.item_ids):
            return action
    return None


def _reason(decision: Decision | None, one: Standing) -> str:
    """Held back now, replaced by another step, or nothing left to ask for."""
    if decision is None:
        return "gone"
    for held in decision.held:
        if set(held.item_ids) & set(one.item_ids):
            return held.reason.code
    if any(set(action.item_ids) & set(one.item_ids) for action in decision.actions):
        return "changed"
    return "paid"


def _rewrite(session: Session, one: Standing, action: PlannedAction) -> None:
    chased: list[dict[str, Any]] = [
        {
            "item_id": item.item_id,
            "step_id": item.step_id,
            "open_cents": item.open_cents,
            "overtaken_step_ids": list(item.overtaken),
        }
        for item in (*action.chased, *action.coming)
    ]
    chased += [{"item_id": i, "step_id": None, "open_cents": 0, "overtaken_step_ids": []} for i in action.listed]
    store.rewrite_action(session, one, action.amount_cents, action.item_ids, chased)
