"""Writing what a sync decided, and what takes it back: one compressed picture of the earlier rows."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from models import bulk
from models.ledger import (
    COLUMNS,
    CUSTOMER_FIELDS,
    MOVING,
    RESULT,
    SAID,
    KnownContact,
    Stored,
    StoredAllocation,
    chased_items,
    point_to,
    referring_rows,
    used_customers,
)
from services.ledger_draft import Draft
from services.ledger_settle import Plan
from services.third_parties import CustomerUndo

OUTCOME = COLUMNS[RESULT]
OFTEN_EQUAL = (
    "state", "repeats_id", "listed_cents", "listed", "announced", "opens_on", "account", "currency", "foreign_currency",
    "foreign_cents", "method",
)  # fmt: skip
ALLOCATION = ("company_id", "debit_id", "credit_id", "cents", "made_on", "how")


@dataclass(slots=True)
class Undo:
    """The earlier rows of what a sync changed, and the ranges of what it added."""

    items: list[Stored] = field(default_factory=list)
    allocations: list[StoredAllocation] = field(default_factory=list)  # dropped
    allocation_range: tuple[int, int] = (0, 0)  # added: above the first, up to the second
    moved: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)  # table: (row, old item, new item)
    customers: CustomerUndo | None = None
    customers_until: int = 0
    contacts_until: int = 0
    last_sync_at: str | None = None
    ledger_on: str | None = None
    ids: list[int] = field(default_factory=list)  # item id of every place of the draft; not stored

    def add(self, later: Undo) -> None:
        """What was changed once more afterwards, in the same sync: the earliest rows count."""
        seen = {one.id for one in self.items}
        low, high = self.allocation_range
        self.items += [one for one in later.items if one.id not in seen]
        self.allocations += [one for one in later.allocations if not low < one.id <= high]
        if later.allocation_range != (0, 0):
            self.allocation_range = (low if high else later.allocation_range[0], later.allocation_range[1])
        for table, rows in later.moved.items():
            self.moved.setdefault(table, []).extend(rows)

    def packed(self) -> bytes:
        """As stored with the sync."""
        customers = self.customers or CustomerUndo()
        content = {
            "items": self.items,
            "allocations": self.allocations,
            "allocation_range": self.allocation_range,
            "moved": self.moved,
            "customers": customers.rows,
            "customer_range": (customers.new_from, self.customers_until),
            "contacts": customers.contacts,
            "contact_range": (customers.contacts_new_from, self.contacts_until),
            "company": (self.last_sync_at, self.ledger_on),
        }
        return zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 1)


def write_plan(session: Session, company_id: int, sync_id: int | None, source: str, plan: Plan, today: date) -> Undo:
    """Writes items and allocations of a plan; gives what takes it back."""
    draft = plan.draft
    undo = Undo()
    ids = undo.ids = _write_new(session, company_id, sync_id, source, plan, today)
    _write_changed(session, sync_id, source, plan, ids, undo)
    _write_vanished(session, sync_id, draft, undo)
    undo.allocations = plan.dropped
    bulk.delete(session, "allocation", (one.id for one in plan.dropped))
    _write_allocations(session, company_id, plan, ids, undo)
    _move_references(session, plan, ids, undo)
    return undo


def _write_new(session: Session, company_id: int, sync_id: int | None, source: str, plan: Plan, today: date) -> list[int]:
    """Inserts the new lines; gives the item id of every place of the draft."""
    draft, outcomes = plan.draft, plan.outcomes
    records, lines, repeats = draft.records, draft.source_lines, outcomes.repeats
    ids = [one.id for one in records]
    places = [place for place, before in enumerate(draft.before) if before is None]
    if not places:
        return ids
    customers = [one.customer_id for one in records]
    places.sort(key=customers.__getitem__)  # neighbours in the table, as they are read
    for number, place in enumerate(places, bulk.last_id(session, "item") + 1):
        ids[place] = number
    rest = RESULT.stop
    left, settled, counts = outcomes.open_cents, outcomes.settled_on, outcomes.counts_on
    rows = [
        (ids[place], "counted", left[place], settled[place], counts[place], None, *records[place][rest:], lines[place])
        for place in places
    ]
    if repeats:
        for index, place in enumerate(places):
            if place in repeats:
                rows[index] = (ids[place], "repeat", 0, None, counts[place], ids[repeats[place]], *rows[index][rest:])
    shared = {
        "company_id": company_id, "source": source, "first_sync_id": sync_id, "first_seen_on": today.isoformat(),
    }  # fmt: skip
    bulk.insert_shared(session, "item", (*COLUMNS, "source_line"), rows, shared, OFTEN_EQUAL)
    return ids


def _write_allocations(session: Session, company_id: int, plan: Plan, ids: Sequence[int], undo: Undo) -> None:
    if not plan.added:
        return
    first = bulk.last_id(session, "allocation") + 1
    undo.allocation_range = (first - 1, first - 1 + len(plan.added))
    rows = [
        (None if debit is None else ids[debit], None if credit is None else ids[credit], cents, made_on, how)
        for debit, credit, cents, made_on, how in plan.added
    ]
    rows.sort(key=lambda row: row[0] or row[1] or 0)  # in the order of the items: their rows and indexes are met once
    numbered = [(number, *row) for number, row in enumerate(rows, first)]
    bulk.insert_shared(session, "allocation", ("id", *ALLOCATION[1:]), numbered, {"company_id": company_id}, ("how",))


def _write_changed(session: Session, sync_id: int | None, source: str, plan: Plan, ids: Sequence[int], undo: Undo) -> None:
    draft, outcomes = plan.draft, plan.outcomes

    def result(place: int) -> tuple[Any, ...]:
        original = outcomes.repeats.get(place)
        return (
            outcomes.state(place),
            outcomes.open_cents[place],
            outcomes.settled_on[place],
            outcomes.counts_on[place],
            None if original is None else ids[original],
        )

    bulk.update(
        session,
        "item",
        (*OUTCOME, "last_sync_id"),
        [(*result(place), sync_id, ids[place]) for place in plan.resettled],
    )
    said = ("listed_cents", *COLUMNS[SAID:])
    # A key may pass from one row to another: all leave their keys before any takes its new one.
    bulk.run(
        session,
        "UPDATE item SET key = 'moving ' || id WHERE id = ?",
        [
            (ids[place],)
            for place in plan.rewritten
            if (before := draft.before[place]) is not None and before.key != draft.records[place].key
        ],
    )
    bulk.update(
        session,
        "item",
        (*OUTCOME, *said, "last_sync_id"),
        [
            (*result(place), draft.records[place].listed_cents, *draft.records[place][SAID:], sync_id, ids[place])
            for place in plan.rewritten
        ],
    )
    lines = [(source, line, ids[place]) for place in plan.rewritten if (line := draft.source_lines[place]) is not None]
    bulk.update(session, "item", ("source", "source_line"), lines)
    undo.items += [before for place in (*plan.resettled, *plan.rewritten) if (before := draft.before[place]) is not None]


def _write_vanished(session: Session, sync_id: int | None, draft: Draft, undo: Undo) -> None:
    undo.items += draft.vanished
    bulk.update(
        session,
        "item",
        ("state", "open_cents", "settled_on", "repeats_id", "listed_cents", "last_sync_id"),
        [("vanished", 0, None, None, None, sync_id, one.id) for one in draft.vanished],
    )


def _move_references(session: Session, plan: Plan, ids: Sequence[int], undo: Undo) -> None:
    """Promises, holds, disputes and actions of a line that now repeats an older one follow to the older one."""
    target = {
        before.id: ids[plan.outcomes.repeats[place]]
        for place in plan.repeated
        if (before := plan.draft.before[place]) is not None
    }
    for table, rows in referring_rows(session, target, MOVING).items():
        undo.moved[table] = [(row, item, target[item]) for row, item in rows]
        point_to(session, table, [(target[item], row, item) for row, item in rows])
    bulk.run(
        session,
        """UPDATE item SET (expected_on, expected_by_id, expected_at) =
             (SELECT expected_on, expected_by_id, expected_at FROM item o WHERE o.id = ?)
           WHERE id = ? AND expected_on IS NULL""",
        list(target.items()),
    )


def unpack(packed: bytes) -> dict[str, Any]:
    """What `Undo.packed` stored."""
    content: dict[str, Any] = json.loads(zlib.decompress(packed))
    return content


def take_back(session: Session, sync_id: int, content: dict[str, Any]) -> set[int]:
    """Restores the rows a sync changed and removes those it added; gives the ids of the customers concerned.

    New items that a promise, hold, dispute or action points to stay as vanished; new customers someone has worked
    on stay."""
    for table, rows in content["moved"].items():
        point_to(session, table, [(old, row, new) for row, old, new in rows])
    low, high = content["allocation_range"]
    bulk.run(session, "DELETE FROM allocation WHERE id > ? AND id <= ?", [(low, high)])
    touched = _remove_items(session, sync_id)
    earlier = [Stored._make(row) for row in content["items"]]
    bulk.run(session, "UPDATE item SET key = 'moving ' || id WHERE id = ?", [(one.id,) for one in earlier])
    bulk.update(session, "item", COLUMNS[1:], [(*one[1:], one.id) for one in earlier])
    bulk.insert(session, "allocation", ("id", *ALLOCATION), content["allocations"])
    touched |= {one.customer_id for one in earlier}
    bulk.update(session, "customer", CUSTOMER_FIELDS, [(*row[1:], row[0]) for row in content["customers"]])
    names = ("name", "email", "phone", "email_bad_reason")
    contacts = [KnownContact._make(row) for row in content["contacts"]]
    bulk.update(session, "contact", names, [(*one[2:6], one.id) for one in contacts])
    low, high = content["contact_range"]
    bulk.run(session, "DELETE FROM contact WHERE id > ? AND id <= ? AND from_ledger", [(low, high)])
    return touched - _remove_customers(session, *content["customer_range"])


def _remove_items(session: Session, sync_id: int) -> set[int]:
    rows = bulk.fetch(session, "SELECT id, customer_id FROM item WHERE first_sync_id = ?", [sync_id])
    kept = chased_items(session, (row[0] for row in rows))
    bulk.delete(session, "item", (row[0] for row in rows if row[0] not in kept))
    bulk.run(
        session,
        "UPDATE item SET state = 'vanished', open_cents = 0, settled_on = NULL, listed_cents = NULL WHERE id = ?",
        [(one,) for one in kept],
    )
    return {row[1] for row in rows}


def _remove_customers(session: Session, low: int, high: int) -> set[int]:
    ids = {row[0] for row in bulk.fetch(session, "SELECT id FROM customer WHERE id > ? AND id <= ?", [low, high])}
    unused = ids - used_customers(session, ids)
    bulk.delete(session, "customer", unused)
    return unused


def look_again(session: Session, customer_ids: Iterable[int], today: date) -> None:
    """Facts of these customers changed: they are decided anew today."""
    bulk.update(session, "customer", ("review_on",), [(today.isoformat(), one) for one in customer_ids])
