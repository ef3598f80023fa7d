"""Scenarios, their steps, and the templates of the messages they send."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Cents, Flag, Key, Text


class Scenario(Base):
    """An ordered set of steps followed by the customers whose profile (or who themselves) point to it."""

    __tablename__ = "scenario"
    __table_args__ = (sa.UniqueConstraint("company_id", "name"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    code: Mapped[Text]  # of the ready-made pack it came from
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    by_item: Mapped[Flag]  # one message per item instead of one per customer
    legal_type: Mapped[Text]  # written for business, consumer or public debtors; empty: for those who follow it
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    steps: Mapped[list[Step]] = relationship(order_by="Step.position", cascade="all, delete-orphan", passive_deletes=True)


class Step(Base):
    """One step: when, to whom by which channel, with which template. Offsets are calendar days."""

    __tablename__ = "step"

    id: Mapped[Key]
    scenario_id: Mapped[int] = mapped_column(sa.ForeignKey("scenario.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    stage: Mapped[str]  # notice, reminder, formal_notice, handover, thanks
    level: Mapped[int] = mapped_column(default=0)  # of reminders: 1, 2, 3
    trigger: Mapped[str]  # due, document, previous, payment
    days: Mapped[int]  # signed for due (−8 is eight days before); ≥ 0 for the others
    channel: Mapped[str]  # email, letter, call, sms, other
    fallback: Mapped[Text]  # channel for customers without the first one; empty: held, no channel
    mode: Mapped[str] = mapped_column(default="confirm")  # automatic, confirm, manual
    template_code: Mapped[Text]
    floor_cents: Mapped[Cents | None]  # None: the company's
    ceiling_cents: Mapped[Cents | None]
    wait_days: Mapped[int] = mapped_column(default=0)  # granted to the customer, printed, locks the next step
    may_be_overtaken: Mapped[bool] = mapped_column(default=True)
    repeat_days: Mapped[int] = mapped_column(default=0)  # last step only; 0: once
    repeat_max: Mapped[int] = mapped_column(default=0)
    charges: Mapped[Text]  # interest and compensation: announce, claim; empty: not spoken of
    retired: Mapped[Flag]  # no longer part of the scenario, kept for what it sent


class ScenarioRule(Base):
    """Customers like this follow that scenario (see `rules.choosing`); NULL and empty ask for nothing."""

    __tablename__ = "scenario_rule"

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    scenario_id: Mapped[int] = mapped_column(sa.ForeignKey("scenario.id", ondelete="CASCADE"))
    min_cents: Mapped[Cents | None]  # owes at least, in the company's currency, credits deducted
    score_from: Mapped[int | None]
    score_until: Mapped[int | None]  # included
    sales_rep_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sales_rep.id", ondelete="CASCADE"))
    country: Mapped[Text]
    language: Mapped[Text]
    profile_id: Mapped[int | None] = mapped_column(sa.ForeignKey("profile.id", ondelete="CASCADE"))


class MessageTemplate(Base):
    """Words of a message, per company, code, channel and language; fixed placeholders by name, nothing executable."""

    __tablename__ = "message_template"
    __table_args__ = (sa.UniqueConstraint("company_id", "code", "channel", "language"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    code: Mapped[str]  # notice, reminder_1, reminder_2, reminder_3, formal_notice, thanks, call, direct_debit_notice…
    channel: Mapped[str]
    language: Mapped[str]
    subject: Mapped[Text]
    body: Mapped[str]
    changed_at: Mapped[datetime]
