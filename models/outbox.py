"""SQL of the messages on their way: claims, outcomes, progress and what a person must look at.

States and who moves them: `models.messages`. Every move is a compare-and-swap on state (and attempt), so that
two tasks doing the same work change nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.actions import Action
from models.company import Company
from models.customers import Contact, Customer
from models.messages import Message, Outbox

_MESSAGE = cast(sa.Table, Message.__table__)

OPEN = ("planned", "queued", "claimed", "retry")  # still on their way
LEFT = ("sent", "kept", "printed")  # done, each in its manner


@dataclass(frozen=True, slots=True)
class Fate:
    """One row of the progress page: what became of one message."""

    id: int
    customer_id: int | None
    customer: str
    channel: str
    recipient: str
    state: str
    reason: str  # code: why dropped, failed, retried
    answer: str  # the server's last words
    stage: str
    level: int
    currency: str
    amount_cents: int
    next_try_at: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is. `counts` by message state; `left` still on their way; `done` left the house, kept or printed."""

    outbox: Outbox
    counts: dict[str, int]
    rows: list[Fate]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def left(self) -> int:
        return sum(self.counts.get(state, 0) for state in OPEN)

    @property
    def done(self) -> int:
        return sum(self.counts.get(state, 0) for state in LEFT)


def _fates() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Message.id, Message.customer_id, sa.func.coalesce(Customer.name, Message.recipient_name).label("customer"),
            Message.channel, Message.recipient, Message.state,
            sa.func.coalesce(sa.func.nullif(Message.failure_code, ""), Action.drop_code, "").label("reason"),
            Message.answer, sa.func.coalesce(Action.stage, "").label("stage"),
            sa.func.coalesce(Action.level, 0).label("level"), sa.func.coalesce(Action.currency, "").label("currency"),
            sa.func.coalesce(Action.amount_cents, 0).label("amount_cents"), Message.next_try_at, Message.sent_at,
        )
        .outerjoin(Action, Action.id == Message.action_id)
        .outerjoin(Customer, Customer.id == Message.customer_id)
    )  # fmt: skip


def _changed(session: Session, query: sa.Update) -> int:
    result = session.execute(query.execution_options(synchronize_session=False))
    return cast("sa.CursorResult[Any]", result).rowcount


def progress(session: Session, outbox_id: int, limit: int = 0) -> Progress:
    """Counts per state and each row's fate, those a person must look at first; `limit` 0 = all rows."""
    outbox = session.get_one(Outbox, outbox_id)
    counted = session.execute(
        sa.select(Message.state, sa.func.count()).where(Message.outbox_id == outbox_id).group_by(Message.state)
    )
    counts: dict[str, int] = {row[0]: row[1] for row in counted}
    trouble = sa.case(
        (Message.state.in_(("failed", "unknown")), 0),
        (Message.state == "retry", 1),
        else_=2,
    )
    query = _fates().where(Message.outbox_id == outbox_id).order_by(trouble, Message.id)
    rows = session.execute(query.limit(limit) if limit else query)
    return Progress(outbox, counts, [Fate(**row._mapping) for row in rows])


def messages_in(
    session: Session,
    company_id: int,
    states: Sequence[str],
    limit: int = 50,
    offset: int = 0,
) -> list[Fate]:
    """Messages of a company in some states, newest first: the unknown, the failed, the built-in outbox."""
    query = _fates().where(Message.company_id == company_id, Message.state.in_(states))
    rows = session.execute(query.order_by(Message.id.desc()).limit(limit).offset(offset))
    return [Fate(**row._mapping) for row in rows]


def count_in(session: Session, company_id: int, states: Sequence[str]) -> int:
    """How many messages of a company are in some states."""
    query = sa.select(sa.func.count()).select_from(Message)
    return session.scalar(query.where(Message.company_id == company_id, Message.state.in_(states))) or 0


def body_of(session: Session, message_id: int) -> bytes:
    """The exact bytes of a message; empty while it is only planned."""
    return session.scalar(sa.select(Message.body).where(Message.id == message_id)) or b""


def waiting_outboxes(session: Session, company_id: int) -> list[Outbox]:
    """Batches that may still be taken back, the next to leave first."""
    query = sa.select(Outbox).where(Outbox.company_id == company_id, Outbox.state == "waiting")
    return list(session.scalars(query.order_by(Outbox.leaves_at)))


def due_outboxes(session: Session, now: datetime) -> list[int]:
    """Batches whose undo window has passed, or that were being released when the worker stopped."""
    query = sa.select(Outbox.id).where(Outbox.state.in_(("waiting", "releasing")), Outbox.leaves_at <= now)
    return list(session.scalars(query.order_by(Outbox.leaves_at)))


def move_outbox(session: Session, outbox_id: int, states: Sequence[str], state: str) -> bool:
    """Compare and swap the state of a batch; False when somebody else was first."""
    query = sa.update(Outbox).where(Outbox.id == outbox_id, Outbox.state.in_(states)).values(state=state)
    return _changed(session, query) == 1


def close_outboxes(session: Session, now: datetime) -> int:
    """Batches with nothing left on its way are done."""
    on_its_way = sa.exists().where(Message.outbox_id == Outbox.id, Message.state.in_(OPEN))
    query = sa.update(Outbox).where(Outbox.state == "sending", ~on_its_way).values(state="done", finished_at=now)
    return _changed(session, query)


def companies_to_send(session: Session, now: datetime) -> list[int]:
    """Companies with e-mail due and an account that may be used."""
    query = (
        sa.select(Message.company_id)
        .join(Company, Company.id == Message.company_id)
        .where(
            Message.state.in_(("queued", "retry")), Message.channel == "email", Message.next_try_at <= now,
            Company.smtp_blocked_reason == "",
        )
        .distinct()
    )  # fmt: skip
    return list(session.scalars(query))


def due_ids(session: Session, company_id: int, now: datetime, limit: int) -> list[tuple[int, int]]:
    """(id, ledger version when written) of the e-mails to send next, oldest first."""
    query = sa.select(Message.id, Message.ledger_version).where(
        Message.state.in_(("queued", "retry")),
        Message.company_id == company_id,
        Message.channel == "email",
        Message.next_try_at <= now,
    )
    return [(i, v) for i, v in session.execute(query.order_by(Message.next_try_at, Message.id).limit(limit))]


@dataclass(frozen=True, slots=True)
class Claim:
    """A message one task may now hand over, with the attempt that answers for it."""

    id: int
    message_id: str
    recipient: str
    attempts: int
    body: bytes
    facts: dict[str, Any]


def claim(session: Session, ids: Sequence[int], now: datetime, until: datetime) -> list[Claim]:
    """Take messages for this task until the lease ends; those another task took are not among the answers."""
    query = (
        sa.update(Message)
        .where(Message.id.in_(ids), Message.state.in_(("queued", "retry")))
        .values(
            state="claimed",
            attempts=Message.attempts + 1,
            claimed_at=now,
            lease_until=until,
            data_done_at=None,
        )
        .returning(
            Message.id,
            Message.message_id,
            Message.recipient,
            Message.attempts,
            Message.body,
            Message.facts,
        )
        .execution_options(synchronize_session=False)
    )
    return sorted((Claim(*row) for row in session.execute(query)), key=lambda c: ids.index(c.id))


def lapsed_claims(session: Session, now: datetime | None) -> list[Claim]:
    """Claims whose lease has ended; all claims with now=None (at start, when no other worker can be alive)."""
    query = sa.select(
        Message.id,
        Message.message_id,
        Message.recipient,
        Message.attempts,
        sa.literal(b""),
        Message.facts,
    )
    query = query.where(Message.state == "claimed")
    if now is not None:
        query = query.where(Message.lease_until < now)
    return [Claim(*row) for row in session.execute(query)]


@dataclass(frozen=True, slots=True)
class Move:
    """The end of one attempt of one message."""

    id: int
    attempt: int
    state: str
    answer: str = ""
    failure_code: str = ""
    sent_at: datetime | None = None
    data_done_at: datetime | None = None
    next_try_at: datetime | None = None


def settle_claims(session: Session, moves: Iterable[Move]) -> None:
    """Write the end of attempts; only the attempt that holds the claim (or left it unknown) may speak."""
    table = _MESSAGE
    statement = (
        sa.update(table)
        .where(
            table.c.id == sa.bindparam("b_id"),
            table.c.attempts == sa.bindparam("b_attempt"),
            table.c.state.in_(("claimed", "unknown")),
        )
        .values(
            state=sa.bindparam("b_state"), answer=sa.bindparam("b_answer"), failure_code=sa.bindparam("b_code"),
            sent_at=sa.bindparam("b_sent"), data_done_at=sa.bindparam("b_data"), next_try_at=sa.bindparam("b_next"),
            lease_until=None,
        )
    )  # fmt: skip
    rows = [
        {
            "b_id": m.id, "b_attempt": m.attempt, "b_state": m.state, "b_answer": m.answer, "b_code": m.failure_code,
            "b_sent": m.sent_at, "b_data": m.data_done_at, "b_next": m.next_try_at,
        }
        for m in moves
    ]  # fmt: skip
    if rows:
        session.connection().execute(statement, rows)


def give_back(session: Session, claims: Iterable[tuple[int, int]], next_try_at: datetime) -> None:
    """Claims (id, attempt) never tried return to the queue; the attempt does not count."""
    table = _MESSAGE
    statement = (
        sa.update(table)
        .where(
            table.c.id == sa.bindparam("b_id"), table.c.attempts == sa.bindparam("b_attempt"), table.c.state == "claimed"
        )
        .values(
            state=sa.case((table.c.attempts > 1, "retry"), else_="queued"), attempts=table.c.attempts - 1,
            lease_until=None, next_try_at=next_try_at,
        )
    )  # fmt: skip
    rows = [{"b_id": i, "b_attempt": attempt} for i, attempt in claims]
    if rows:
        session.connection().execute(statement, rows)


def follow_actions(session: Session, message_ids: Sequence[int], day: date, now: datetime) -> None:
    """Actions follow their messages: done when it left, failed or unknown with it; customers were contacted."""
    for state, states in (
        ("done", LEFT),
        ("failed", ("failed",)),
        ("unknown", ("unknown",)),
    ):
        chosen = sa.select(Message.action_id).where(
            Message.id.in_(message_ids),
            Message.state.in_(states),
            Message.action_id.is_not(None),
        )
        values: dict[str, Any] = {"state": state}
        if state != "failed":  # an uncertain message counts: it must not be sent again by itself
            values |= {"done_on": day, "done_at": now}
        else:
            values |= {"drop_code": "failed", "key": _freed_key()}
        session.execute(
            sa.update(Action)
            .where(
                Action.id.in_(chosen),
                Action.state.in_(("queued", "sending", "unknown")),
            )
            .values(values)
            .execution_options(synchronize_session=False)
        )
    reached = sa.select(Message.customer_id).where(Message.id.in_(message_ids), Message.state.in_((*LEFT, "unknown")))
    session.execute(
        sa.update(Customer)
        .where(Customer.id.in_(reached))
        .values(last_contact_on=day)
        .execution_options(synchronize_session=False)
    )


def _freed_key() -> sa.ColumnElement[str]:
    # The same action may be due again: the unique key belongs to what may still happen or has happened.
    return Action.key + sa.literal("/") + sa.cast(Action.id, sa.Text)


def drop_messages(session: Session, reasons: Mapping[int, str]) -> None:
    """Messages (id → reason code) that will not leave, with their actions; only those not yet claimed."""
    by_reason: dict[str, list[int]] = {}
    for message_id, code in reasons.items():
        by_reason.setdefault(code, []).append(message_id)
    for code, ids in by_reason.items():
        session.execute(
            sa.update(Message)
            .where(Message.id.in_(ids), Message.state.in_(("planned", "queued", "retry")))
            .values(state="dropped", failure_code=code)
            .execution_options(synchronize_session=False)
        )
        dropped = sa.select(Message.action_id).where(Message.id.in_(ids), Message.state == "dropped")
        session.execute(
            sa.update(Action)
            .where(Action.id.in_(dropped), Action.state.in_(("queued", "sending")))
            .values(state="dropped", drop_code=code, key=_freed_key())
            .execution_options(synchronize_session=False)
        )


def mark_bad_addresses(session: Session, reasons: Mapping[int, str], now: datetime) -> None:
    """The address a server refused (message id → reason code) is bad wherever this customer's contacts use it."""
    for message_id, code in reasons.items():
        owner = sa.select(Message.customer_id).where(Message.id == message_id).scalar_subquery()
        address = sa.select(sa.func.lower(Message.recipient)).where(Message.id == message_id).scalar_subquery()
        session.execute(
            sa.update(Contact)
            .where(Contact.customer_id == owner, sa.func.lower(Contact.email) == address)
            .values(email_bad_reason=code, email_bad_at=now)
            .execution_options(synchronize_session=False)
        )
