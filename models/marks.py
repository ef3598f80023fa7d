"""What stands on items: the level reached, promises, disputes and holds. One query for any page of items."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.actions import COUNTED, Action, ActionItem
from models.bank import BankMatch, BankMovement
from models.commitments import Dispute, Hold, Promise
from models.documents import Document
from models.items import Item
from models.plans import Plan, PlanItem
from models.scenarios import Step


@dataclass(slots=True)
class Marks:
    """Of one item. A promise, dispute or hold of the whole customer counts for each of its items."""

    stage: str = ""
    level: int = 0
    done_on: date | None = None
    action_id: int = 0
    promise_id: int | None = None
    promised_on: date | None = None
    promised_cents: int = 0
    broken_on: date | None = None  # day of the last promise that was broken, when none is expected
    dispute_id: int | None = None
    dispute_reason: str = ""
    hold_id: int | None = None
    hold_reason: str = ""
    hold_until_on: date | None = None
    hold_is_whole: bool = False
    seen_on: date | None = None  # a part is paid at the bank since this day, not in the ledger yet
    seen_cents: int = 0
    returned_on: date | None = None  # the bank gave a payment back, not in the ledger yet
    document_id: int | None = None  # the invoice as people read it, else its XML
    document_name: str = ""
    plan_id: int | None = None
    plan_next_on: date | None = None  # the next instalment of the plan in force that covers it
    announced: bool = False  # known from an electronic invoice, not in the ledger yet

    def promise_is_late(self, today: date) -> bool:
        """The day has passed and the ledger has not decided yet."""
        return self.promised_on is not None and self.promised_on < today


def active_hold(today: date | sa.BindParameter[date]) -> sa.ColumnElement[bool]:
    """A hold that still holds on a day."""
    return sa.and_(Hold.ended_at.is_(None), sa.or_(Hold.until_on.is_(None), Hold.until_on >= today))


def marks_of(session: Session, items: Collection[tuple[int, int]], today: date) -> dict[int, Marks]:
    """By item id, for (item id, customer id) pairs of one page."""
    marks = {item_id: Marks() for item_id, _ in items}
    if not marks:
        return marks
    by_customer: dict[int, list[int]] = {}
    for item_id, customer_id in items:
        by_customer.setdefault(customer_id, []).append(item_id)
    given = {"items": list(marks), "customers": list(by_customer), "today": today}
    for kind, row_id, item_id, customer_id, day, number, text in session.connection().execute(_all(), given):
        for one in [item_id] if item_id is not None else by_customer.get(customer_id, ()):
            if one in marks:
                _put(marks[one], kind, row_id, day, number, text, item_id is None)
    return marks


@cache
def _all() -> sa.CompoundSelect[*tuple[Any, ...]]:
    # Built once: building such a statement costs more than running it.
    customers: Any = sa.bindparam("customers", expanding=True)

    def standing(
        table: type[Promise] | type[Dispute] | type[Hold], kind: Any, day: Any, number: Any, text: Any, still: Any
    ) -> Any:
        # By customer alone: their few rows are found by index, the items among them picked afterwards.
        columns = sa.select(kind, table.id, table.item_id, table.customer_id, day, number, text)
        return columns.where(table.customer_id.in_(customers), still)

    nothing = sa.null()
    levels = (
        sa.select(
            sa.literal("level"),
            Action.id,
            ActionItem.item_id,
            Action.customer_id,
            Action.done_on,
            sa.func.coalesce(Step.level, Action.level),
            sa.func.coalesce(Step.stage, Action.stage),
        )
        .join(Action, Action.id == ActionItem.action_id)
        .outerjoin(Step, Step.id == ActionItem.step_id)
        .where(
            ActionItem.item_id.in_(sa.bindparam("items", expanding=True)), Action.state.in_(COUNTED), Action.isolated.is_(False)
        )
    )
    waiting = Promise.state.in_(("expected", "broken"))
    return sa.union_all(
        levels,
        standing(Promise, Promise.state, Promise.promised_on, Promise.cents, sa.literal(""), waiting),
        standing(Dispute, sa.literal("dispute"), Dispute.deadline_on, nothing, Dispute.reason, Dispute.solved_at.is_(None)),
        standing(Hold, sa.literal("hold"), Hold.until_on, nothing, Hold.reason, active_hold(sa.bindparam("today"))),
        _seen(),
        *_papers(),
        _in_plan(),
    )


def _seen() -> Any:
    """What the bank shows and the ledger does not yet; its customer is the item's, so it is not asked for."""
    return (
        sa.select(
            sa.literal("seen"), BankMatch.id, BankMatch.item_id, sa.null(), BankMovement.booked_on, BankMatch.cents,
            sa.cast(BankMovement.returned, sa.Text),
        )
        .join(BankMovement, BankMovement.id == BankMatch.movement_id)
        .where(BankMatch.item_id.in_(sa.bindparam("items", expanding=True)), BankMatch.state == "provisional")
    )  # fmt: skip


def _in_plan() -> Any:
    """The payment plan in force that covers an item, and its next instalment."""
    return (
        sa.select(sa.literal("plan"), Plan.id, PlanItem.item_id, sa.null(), Plan.next_on, sa.null(), Plan.state)
        .join(Plan, Plan.id == PlanItem.plan_id)
        .where(PlanItem.item_id.in_(sa.bindparam("items", expanding=True)), Plan.state.in_(("accepted", "running")))
    )


def _papers() -> tuple[Any, ...]:
    """The document of an item, and that only an electronic invoice brought it; their customers are the items'."""
    items: Any = sa.bindparam("items", expanding=True)
    is_pdf = sa.case((Document.kind == "invoice_pdf", 1), else_=0)
    nothing = sa.null()
    return (
        sa.select(sa.literal("document"), Document.id, Document.item_id, nothing, nothing, is_pdf, Document.name).where(
            Document.item_id.in_(items), Document.kind != "attachment"
        ),
        sa.select(sa.literal("announced"), Item.id, Item.id, nothing, nothing, nothing, sa.literal("")).where(
            Item.id.in_(items), Item.announced
        ),
    )


def _put(mark: Marks, kind: str, row_id: int, day: date | None, number: int, text: str, whole: bool) -> None:
    if kind == "level":
        if (day or date.max, row_id) > (mark.done_on or date.min, mark.action_id):
            mark.action_id, mark.stage, mark.level, mark.done_on = row_id, text, number, day
    elif kind == "expected" and (mark.promised_on is None or (day is not None and day < mark.promised_on)):
        mark.promise_id, mark.promised_on, mark.promised_cents = row_id, day, number
    elif kind == "broken" and (mark.broken_on is None or (day is not None and day > mark.broken_on)):
        mark.broken_on = day
    elif kind == "seen" and text not in ("0", "false"):
        mark.returned_on = max(day or date.min, mark.returned_on or date.min)
    elif kind == "seen":
        mark.seen_on, mark.seen_cents = max(day or date.min, mark.seen_on or date.min), mark.seen_cents + number
    elif kind == "document":
        if number or mark.document_id is None:
            mark.document_id, mark.document_name = row_id, text
    elif kind == "plan":
        mark.plan_id, mark.plan_next_on = row_id, day
    elif kind == "announced":
        mark.announced = True
    elif kind == "dispute":
        mark.dispute_id, mark.dispute_reason = row_id, text
    elif kind == "hold":
        mark.hold_id, mark.hold_reason, mark.hold_until_on, mark.hold_is_whole = row_id, text, day, whole
