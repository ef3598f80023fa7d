"""What is to be done (the worklist, derived and rebuilt at will) and what was done (actions, kept for ever)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Cents, Key, Text

COUNTED = ("queued", "sending", "done", "unknown")
"""States of an action that counts as done: the step is not taken again."""


class WorklistEntry(Base):
    """One standing decision for one customer: an action to do, or what is held back and why. Derived: deleting all loses nothing."""

    __tablename__ = "worklist_entry"
    __table_args__ = (
        sa.Index("ix_worklist_company", "company_id", "step_id", "held_code"),
        sa.Index("ix_worklist_customer", "customer_id"),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    scenario_id: Mapped[int] = mapped_column(sa.ForeignKey("scenario.id", ondelete="CASCADE"))
    step_id: Mapped[int] = mapped_column(sa.ForeignKey("step.id", ondelete="CASCADE"))
    stage: Mapped[str]
    level: Mapped[int]
    channel: Mapped[str]
    mode: Mapped[str]
    currency: Mapped[str]
    amount_cents: Mapped[Cents]  # asked for: overdue items less credits
    planned_cents: Mapped[Cents]  # asked for when this step was first planned
    item_ids: Mapped[list[Any]]
    items: Mapped[int]
    since_on: Mapped[date]  # the action is due since
    action_key: Mapped[str]
    confirm_code: Mapped[Text]  # why a person must confirm; empty: not needed
    confirm_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    held_code: Mapped[Text]  # why it is held back; empty: to do
    held_params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    held_until_on: Mapped[date | None]
    decided_on: Mapped[date]


class Action(Base):
    """Something done (or being done) for one customer: one step, its items, one channel.

    state: queued (message waiting, may be taken back), sending, done, dropped (paid meanwhile or taken back), failed, unknown."""

    __tablename__ = "action"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "key"),
        sa.Index("ix_action_customer", "customer_id", "done_on"),
        sa.Index("ix_action_batch", "batch_id"),
        sa.Index("ix_action_company_done", "company_id", "done_on"),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    scenario_id: Mapped[int | None] = mapped_column(sa.ForeignKey("scenario.id", ondelete="SET NULL"))
    step_id: Mapped[int | None] = mapped_column(sa.ForeignKey("step.id", ondelete="SET NULL"))
    key: Mapped[str]  # customer, step, sorted items, cycle: running twice adds nothing
    stage: Mapped[str]
    level: Mapped[int]
    channel: Mapped[str]
    state: Mapped[str]
    drop_code: Mapped[Text]  # why it was dropped or failed
    isolated: Mapped[bool] = mapped_column(default=False)  # outside the scenario: does not count as a step
    currency: Mapped[str]
    amount_cents: Mapped[Cents]
    planned_at: Mapped[datetime]
    done_on: Mapped[date | None]  # local day it counts for
    done_at: Mapped[datetime | None]
    wait_until_on: Mapped[date | None]  # waiting period granted to the customer
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"))
    batch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("outbox.id", ondelete="SET NULL"))
    outcome: Mapped[Text]  # of calls: reached, voicemail, no_answer, promise, dispute, wrong_number
    remark: Mapped[Text]


class ActionItem(Base):
    """An item of an action, with the step it took and what was open then. step_id None: only listed, it took no step.

    overtaken_step_ids: earlier steps recorded as skipped, not sent."""

    __tablename__ = "action_item"
    __table_args__ = (sa.Index("ix_action_item_item", "item_id", "action_id"),)

    action_id: Mapped[int] = mapped_column(sa.ForeignKey("action.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"), primary_key=True)
    step_id: Mapped[int | None] = mapped_column(sa.ForeignKey("step.id", ondelete="SET NULL"))
    open_cents: Mapped[Cents]
    overtaken_step_ids: Mapped[list[Any]] = mapped_column(default=list)
