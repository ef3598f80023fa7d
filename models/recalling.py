"""What a database knows of messages that the send journal names: after a restore it may know less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.actions import Action, WorklistEntry
from models.company import Company
from models.customers import Customer
from models.messages import Message
from models.outbox import OPEN
from models.pausing import Pause, open_pause

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Here:
    """What a database says of a message."""

    id: int
    company_id: int
    state: str
    attempts: int
    action_id: int | None


def messages_here(session: Session, guids: Sequence[str]) -> dict[str, Here]:
    """The messages of some Message-IDs; those the database has never seen are not in the answer."""
    found: dict[str, Here] = {}
    for start in range(0, len(guids), CHUNK):
        query = sa.select(
            Message.message_id, Message.id, Message.company_id, Message.state, Message.attempts, Message.action_id
        )
        for row in session.execute(query.where(Message.message_id.in_(guids[start : start + CHUNK]))):
            found[row[0]] = Here(*row[1:])
    return found


def settle_recalled(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Messages take the state that the journal tells: b_id, b_state, b_attempts, b_answer, b_sent, b_data."""
    table = cast(sa.Table, Message.__table__)
    statement = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("b_id"))
        .values(
            state=sa.bindparam("b_state"), attempts=sa.bindparam("b_attempts"), answer=sa.bindparam("b_answer"),
            sent_at=sa.bindparam("b_sent"), data_done_at=sa.bindparam("b_data"), next_try_at=None, lease_until=None,
        )
    )  # fmt: skip
    if rows:
        session.connection().execute(statement, list(rows))


def raise_attempts(session: Session, attempts: Mapping[int, int]) -> None:
    """Attempts are never counted twice: the journal knows a try by its number."""
    table = cast(sa.Table, Message.__table__)
    statement = sa.update(table).where(table.c.id == sa.bindparam("b_id")).values(attempts=sa.bindparam("b_attempts"))
    if attempts:
        session.connection().execute(statement, [{"b_id": i, "b_attempts": n} for i, n in attempts.items()])


def recount(session: Session, action_ids: Sequence[int]) -> None:
    """Actions taken out meanwhile count again: their message has left after all."""
    query = sa.update(Action).where(Action.id.in_(action_ids), Action.state.in_(("dropped", "failed")))
    session.execute(query.values(state="sending", drop_code="").execution_options(synchronize_session=False))


def entries_by_key(session: Session, company_id: int, keys: Sequence[str]) -> dict[int, str]:
    """Worklist entries of these action keys."""
    found: dict[int, str] = {}
    for start in range(0, len(keys), CHUNK):
        query = sa.select(WorklistEntry.id, WorklistEntry.action_key).where(
            WorklistEntry.company_id == company_id, WorklistEntry.action_key.in_(keys[start : start + CHUNK])
        )
        found.update((row[0], row[1]) for row in session.execute(query))
    return found


def customers_here(session: Session, company_id: int, customer_ids: Sequence[int]) -> set[int]:
    """Those of some customers that this company has."""
    query = sa.select(Customer.id).where(Customer.company_id == company_id, Customer.id.in_(customer_ids))
    return set(session.scalars(query))


def companies_since(session: Session) -> dict[int, datetime]:
    """Every company with the moment it was made."""
    return {row[0]: row[1] for row in session.execute(sa.select(Company.id, Company.created_at))}


def action_keys(session: Session, action_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Customer and key of actions, by id."""
    query = sa.select(Action.id, Action.customer_id, Action.key).where(Action.id.in_(action_ids))
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def companies_with_open_mail(session: Session, before: datetime) -> dict[int, int]:
    """Companies that are not paused with messages waiting since before a moment, and how many."""
    query = (
        sa.select(Message.company_id, sa.func.count())
        .where(Message.state.in_(OPEN), Message.queued_at <= before, ~open_pause(Message.company_id))
        .group_by(Message.company_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def any_claimed(session: Session) -> bool:
    """Whether some sender is under way: then the journal holds more than the database."""
    return session.execute(sa.select(Message.id).where(Message.state == "claimed").limit(1)).first() is not None


def add_pause(session: Session, company_id: int, kind: str, facts: dict[str, Any], now: datetime) -> int:
    """A company is held until a person has looked."""
    pause = Pause(company_id=company_id, kind=kind, reason="", facts=facts, started_at=now)
    session.add(pause)
    session.flush()
    return pause.id


STILL = timedelta(hours=36)
"""So long without a worker, and a person looks before anything leaves."""
