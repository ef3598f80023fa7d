"""SQL that keeps decisions and what was done: worklist entries replaced in bulk, review days, actions and their items.

Rows are tuples in the order of the column lists; days are ISO text, JSON is text (see `models.bulk`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import bulk
from models.actions import COUNTED, Action, WorklistEntry
from models.customers import Customer

ENTRY = (
    "company_id", "customer_id", "scenario_id", "step_id", "stage", "level", "channel", "mode", "currency", "amount_cents",
    "planned_cents", "item_ids", "items", "since_on", "action_key", "confirm_code", "confirm_params", "held_code",
    "held_params", "held_until_on", "decided_on",
)  # fmt: skip
ACTION = (
    "company_id", "customer_id", "scenario_id", "step_id", "key", "stage", "level", "channel", "state", "drop_code",
    "isolated", "currency", "amount_cents", "planned_at", "done_on", "done_at", "wait_until_on", "by_id", "batch_id",
    "outcome", "remark",
)  # fmt: skip
ACTION_ITEM = ("action_id", "item_id", "step_id", "open_cents", "overtaken_step_ids")


def as_json(value: object) -> str:
    """JSON text as the columns keep it; days as ISO text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_iso)


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"not JSON: {value!r}")


def replace_entries(
    session: Session, company_id: int, customer_ids: Sequence[int] | None, rows: Sequence[Sequence[Any]]
) -> None:
    """The worklist entries of some customers (None: of all) become these rows, in the order of `ENTRY`."""
    if customer_ids is None:
        session.execute(sa.delete(WorklistEntry).where(WorklistEntry.company_id == company_id))
    else:
        bulk.run(session, "DELETE FROM worklist_entry WHERE customer_id = ?", [(i,) for i in customer_ids])
    bulk.insert(session, "worklist_entry", ENTRY, rows)
    session.expire_all()


def set_reviews(session: Session, reviews: Iterable[tuple[date | None, int]]) -> None:
    """Write the first day on which something may happen, by customer id."""
    bulk.update(session, "customer", ("review_on",), [(day.isoformat() if day else None, i) for day, i in reviews])


def touch(session: Session, company_id: int, customer_ids: Iterable[int] | None, today: date) -> None:
    """These customers (None: all) are suspects from today."""
    if customer_ids is None:
        session.execute(sa.update(Customer).where(Customer.company_id == company_id).values(review_on=today))
    else:
        bulk.update(session, "customer", ("review_on",), [(today.isoformat(), i) for i in customer_ids])


def entry_keys(session: Session, company_id: int, entry_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """Customer and action key of worklist entries, by id."""
    sql = "SELECT id, customer_id, action_key FROM worklist_entry WHERE company_id = ? AND id IN ({ids})"
    return {row[0]: (row[1], row[2]) for row in bulk.fetch_in(session, sql, [company_id], entry_ids)}


def free_keys(session: Session, company_id: int, keys: Iterable[str]) -> None:
    """Actions dropped or failed give their key back, so that the same action can be done after all."""
    bulk.run(
        session,
        "UPDATE action SET key = key || '~' || id WHERE company_id = ? AND key = ? AND state IN ('dropped', 'failed')",
        [(company_id, key) for key in keys],
    )


def insert_actions(
    session: Session, company_id: int, rows: Mapping[str, Sequence[Any]], items: Mapping[str, Iterable[Sequence[Any]]]
) -> dict[str, int]:
    """Insert actions by key, in the order of `ACTION`, with their items (`ACTION_ITEM` less the action); ids by key.

    A key that is already taken adds nothing and is not in the answer: it was done before."""
    taken = _ids(session, company_id, rows)
    new = {key: row for key, row in rows.items() if key not in taken}
    bulk.insert(session, "action", ACTION, list(new.values()))
    ids = _ids(session, company_id, new)
    bulk.insert(session, "action_item", ACTION_ITEM, [(ids[key], *row) for key in new for row in items[key]])
    return ids


def _ids(session: Session, company_id: int, keys: Iterable[str]) -> dict[str, int]:
    wanted = sorted(keys)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), bulk.CHUNK):
        part = wanted[start : start + bulk.CHUNK]
        query = sa.select(Action.key, Action.id).where(Action.company_id == company_id, Action.key.in_(part))
        found.update((row[0], row[1]) for row in session.execute(query))
    return found


def drop_actions(session: Session, action_ids: Iterable[int], code: str, state: str) -> list[int]:
    """Actions leave the history of what was done (dropped or failed); the customers concerned."""
    ids = sorted(set(action_ids))
    rows = bulk.fetch_in(session, "SELECT DISTINCT customer_id FROM action WHERE id IN ({ids})", [], ids)
    bulk.update(session, "action", ("state", "drop_code"), [(state, code, i) for i in ids])
    session.expire_all()
    return sorted({row[0] for row in rows})


def set_contacts(session: Session, customer_ids: Iterable[int]) -> None:
    """Last contact of customers from what was done: reminders of every kind, and calls that reached somebody."""
    last = (
        sa.select(sa.func.max(Action.done_on))
        .where(
            Action.customer_id == Customer.id,
            Action.state.in_(COUNTED),
            Action.stage != "thanks",
            Action.outcome.not_in(("no_answer", "wrong_number")),
        )
        .scalar_subquery()
    )
    wanted = sorted(set(customer_ids))
    for start in range(0, len(wanted), bulk.CHUNK):
        part = wanted[start : start + bulk.CHUNK]
        session.execute(
            sa.update(Customer).where(Customer.id.in_(part)).values(last_contact_on=last),
            execution_options={"synchronize_session": False},
        )
    session.expire_all()
