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

from models.actions import Action, ActionItem, WorklistEntry
from models.audit import AuditEntry
from models.company import Company
from models.customers import Contact, Customer
from models.messages import Message, Outbox
from models.pausing import open_pause
from models.syncs import Sync

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


def ledger_gap(session: Session, company_id: int) -> int:
    """By how much the last good sync does not add up; anything but 0 stops all sending."""
    query = sa.select(Sync.gap_cents).where(Sync.company_id == company_id, Sync.state == "done", Sync.kind != "bank")
    return session.scalar(query.order_by(Sync.started_at.desc(), Sync.id.desc()).limit(1)) or 0


def entries_in_writing(
    session: Session, company_id: int, entry_ids: Sequence[int], channels: Sequence[str], held_codes: Sequence[str] = ()
) -> list[int]:
    """Worklist entries of a company among some whose channel is one of these, not held back but for some reasons."""
    found: list[int] = []
    for start in range(0, len(entry_ids), 1000):
        query = sa.select(WorklistEntry.id).where(
            WorklistEntry.id.in_(entry_ids[start : start + 1000]),
            WorklistEntry.company_id == company_id,
            WorklistEntry.channel.in_(channels),
            WorklistEntry.held_code.in_(("", *held_codes)),
        )
        found += session.scalars(query.order_by(WorklistEntry.id))
    return found


def automatic_entries(session: Session, company_id: int, channels: Sequence[str] = ("email", "letter")) -> list[int]:
    """Worklist entries that may leave by themselves: automatic, in writing, nobody needs to confirm, not held back."""
    query = sa.select(WorklistEntry.id).where(
        WorklistEntry.company_id == company_id,
        WorklistEntry.held_code == "",
        WorklistEntry.confirm_code == "",
        WorklistEntry.mode == "automatic",
        WorklistEntry.channel.in_(channels),
    )
    return list(session.scalars(query.order_by(WorklistEntry.since_on, WorklistEntry.id)))


def usual_volume(session: Session, company_id: int, since: datetime) -> int:
    """Messages of the largest batch of the last weeks that left; 0 when there was none."""
    query = sa.select(sa.func.max(Outbox.planned)).where(
        Outbox.company_id == company_id, Outbox.made_at >= since, Outbox.state.in_(("sending", "done"))
    )
    return session.scalar(query) or 0


def customer_names(session: Session, customer_ids: Sequence[int]) -> dict[int, str]:
    """Names of customers by id."""
    names: dict[int, str] = {}
    for start in range(0, len(customer_ids), 1000):
        query = sa.select(Customer.id, Customer.name).where(Customer.id.in_(customer_ids[start : start + 1000]))
        names.update((row[0], row[1]) for row in session.execute(query))
    return names


def add_messages(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Planned messages, all at once."""
    session.connection().execute(sa.insert(_MESSAGE), list(rows))


def ids_in(session: Session, outbox_id: int, states: Sequence[str], channel: str = "", limit: int = 0) -> list[int]:
    """Messages of a batch in some states, of one channel or all, in order."""
    query = sa.select(Message.id).where(Message.outbox_id == outbox_id, Message.state.in_(states)).order_by(Message.id)
    if channel:
        query = query.where(Message.channel == channel)
    return list(session.scalars(query.limit(limit) if limit else query))


def only_message(session: Session, outbox_id: int) -> Message:
    """The message of a batch of one."""
    return session.scalars(sa.select(Message).where(Message.outbox_id == outbox_id)).one()


def grant(session: Session, periods: Sequence[tuple[int, date | None]]) -> None:
    """The last day granted to the customer (action id, day), as the message says it."""
    table = cast(sa.Table, Action.__table__)
    statement = sa.update(table).where(table.c.id == sa.bindparam("b_id")).values(wait_until_on=sa.bindparam("b_day"))
    if periods:
        session.connection().execute(statement, [{"b_id": i, "b_day": day} for i, day in periods])


def freshen(session: Session, message_ids: Sequence[int], audit_head: int) -> None:
    """These still hold after everything recorded so far."""
    if message_ids:
        query = sa.update(Message).where(Message.id.in_(message_ids)).values(audit_head=audit_head)
        session.execute(query.execution_options(synchronize_session=False))


OWN_NOUNS = ("outbox", "message", "mail_account", "template")
"""What sending itself records: no fact of a customer changes with it."""


def audit_head(session: Session) -> int:
    """The number of the last audit entry: every change of a fact has one, in its own transaction."""
    return session.scalar(sa.select(sa.func.max(AuditEntry.id))) or 0


def changed_since(session: Session, company_id: int, head: int) -> bool:
    """Whether anybody recorded a change of this company's facts after an audit entry."""
    query = sa.select(AuditEntry.id).where(
        AuditEntry.id > head,
        sa.or_(AuditEntry.company_id == company_id, AuditEntry.company_id.is_(None)),
        AuditEntry.noun.not_in(OWN_NOUNS),
    )
    return session.execute(query.limit(1)).first() is not None


class Watch:
    """A cheap look, outside any transaction, at whether somebody recorded a change: asked before every message."""

    def __init__(self, bind: sa.Engine) -> None:
        self._connection = bind.raw_connection()
        self._cursor = self._connection.cursor()

    def head(self) -> int:
        """The number of the last audit entry."""
        self._cursor.execute("SELECT max(id) FROM audit_entry")
        row = self._cursor.fetchone()
        return int(row[0] or 0) if row else 0

    def close(self) -> None:
        """Give the connection back."""
        self._cursor.close()
        self._connection.close()


def queued_at(session: Session, message_ids: Sequence[int]) -> dict[int, datetime]:
    """When messages were queued: retries end two days after."""
    rows = session.execute(sa.select(Message.id, Message.queued_at).where(Message.id.in_(message_ids)))
    return {row[0]: row[1] for row in rows}


def customers_of(session: Session, message_ids: Sequence[int]) -> list[int]:
    """The customers of some messages."""
    query = sa.select(Message.customer_id).where(Message.id.in_(message_ids), Message.customer_id.is_not(None)).distinct()
    return [i for i in session.scalars(query) if i is not None]


@dataclass(frozen=True, slots=True)
class Standing:
    """An action whose message has not been handed over yet."""

    message_id: int
    action_id: int
    customer_id: int
    step_id: int | None
    stage: str
    currency: str
    amount_cents: int
    facts: dict[str, Any]

    @property
    def item_ids(self) -> list[int]:
        return list(self.facts.get("item_ids", ()))

    @property
    def forced(self) -> bool:
        """A person sends it although a rule of the house holds it back."""
        return bool(self.facts.get("forced"))


def standing_of(session: Session, message_ids: Sequence[int]) -> list[Standing]:
    """What messages not handed over yet are about, as it was last decided."""
    query = (
        sa.select(
            Message.id.label("message_id"), Action.id.label("action_id"), Action.customer_id, Action.step_id, Action.stage,
            Action.currency, Action.amount_cents, Message.facts,
        )
        .join(Action, Action.id == Message.action_id)
        .where(Message.id.in_(message_ids), Message.state.in_(("planned", "queued", "retry")))
        .order_by(Message.id)
    )  # fmt: skip
    return [Standing(**row._mapping) for row in session.execute(query)]


def set_aside(session: Session, action_ids: Sequence[int]) -> dict[str, list[int]]:
    """Take actions out of what counts as done, within this transaction, so that the decision can be taken anew."""
    before: dict[str, list[int]] = {}
    for action_id, state in session.execute(sa.select(Action.id, Action.state).where(Action.id.in_(action_ids))):
        before.setdefault(state, []).append(action_id)
    _set_state(session, action_ids, "reviewing")
    return before


def put_back(session: Session, before: Mapping[str, Sequence[int]]) -> None:
    """The actions set aside count again."""
    for state, action_ids in before.items():
        _set_state(session, action_ids, state)


def _set_state(session: Session, action_ids: Sequence[int], state: str) -> None:
    query = sa.update(Action).where(Action.id.in_(action_ids)).values(state=state)
    session.execute(query.execution_options(synchronize_session=False))


def rewrite_action(
    session: Session, standing: Standing, amount_cents: int, item_ids: Sequence[int], chased: Sequence[dict[str, Any]]
) -> None:
    """A planned action follows the decision taken anew: amount, items chased, items named."""
    table = cast(sa.Table, ActionItem.__table__)
    session.execute(sa.delete(table).where(table.c.action_id == standing.action_id))
    session.connection().execute(sa.insert(table), [{"action_id": standing.action_id, **row} for row in chased])
    query = sa.update(Action).where(Action.id == standing.action_id).values(amount_cents=amount_cents)
    session.execute(query.execution_options(synchronize_session=False))
    facts = {**standing.facts, "item_ids": list(item_ids)}
    session.execute(sa.update(_MESSAGE).where(_MESSAGE.c.id == standing.message_id).values(facts=facts))


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


def waiting_outboxes(session: Session, company_id: int) -> list[Outbox]:
    """Batches that may still be taken back, the next to leave first."""
    query = sa.select(Outbox).where(Outbox.company_id == company_id, Outbox.state == "waiting")
    return list(session.scalars(query.order_by(Outbox.leaves_at)))


def due_outboxes(session: Session, now: datetime) -> list[int]:
    """Batches whose undo window has passed, or that were being released when the worker stopped."""
    query = sa.select(Outbox.id).where(
        Outbox.state.in_(("waiting", "releasing")), Outbox.leaves_at <= now, ~open_pause(Outbox.company_id)
    )
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
            Company.smtp_blocked_reason == "", ~open_pause(Message.company_id),
        )
        .distinct()
    )  # fmt: skip
    return list(session.scalars(query))


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


@dataclass(frozen=True, slots=True)
class Lost:
    """A claim whose sender is gone."""

    id: int
    company_id: int
    message_id: str
    recipient: str
    attempts: int


def lapsed_claims(session: Session, now: datetime | None) -> list[Lost]:
    """Claims whose lease has ended; all claims with now=None (at start, when no other worker can be alive)."""
    query = sa.select(Message.id, Message.company_id, Message.message_id, Message.recipient, Message.attempts)
    query = query.where(Message.state == "claimed")
    if now is not None:
        query = query.where(Message.lease_until < now)
    return [Lost(*row) for row in session.execute(query)]


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
            (table.c.state == "claimed") | (table.c.state == "unknown"),  # IN cannot be executed for many
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


def follow_actions(session: Session, message_ids: Sequence[int], day: date, now: datetime) -> list[int]:
    """Actions follow their messages: done when it left, unknown with it (it counts: never sent again by itself), sending
    while it is tried again. Answers the customers whose action counts for another day than planned."""
    moved: set[int] = set()
    for state, states in (("done", LEFT), ("unknown", ("unknown",)), ("sending", ("retry",))):
        chosen = sa.select(Message.action_id).where(
            Message.id.in_(message_ids), Message.state.in_(states), Message.action_id.is_not(None)
        )
        followers = sa.and_(Action.id.in_(chosen), Action.state.in_(("queued", "sending", "unknown")))
        moved |= set(session.scalars(sa.select(Action.customer_id).where(followers, Action.done_on != day)))
        values: dict[str, Any] = {"state": state} if state == "sending" else {"state": state, "done_on": day, "done_at": now}
        session.execute(sa.update(Action).where(followers).values(values).execution_options(synchronize_session=False))
    return sorted(moved)


def failed_actions(session: Session, message_ids: Sequence[int]) -> dict[str, list[int]]:
    """Actions whose message was refused, by reason code."""
    query = (
        sa.select(Message.failure_code, Action.id)
        .join(Action, Action.id == Message.action_id)
        .where(Message.id.in_(message_ids), Message.state == "failed", Action.state.in_(("queued", "sending", "unknown")))
    )
    found: dict[str, list[int]] = {}
    for code, action_id in session.execute(query):
        found.setdefault(code, []).append(action_id)
    return found


def drop_messages(session: Session, reasons: Mapping[int, str]) -> dict[str, list[int]]:
    """Messages (id → reason code) that will not leave; only those not yet claimed. Answers their actions by reason."""
    by_reason: dict[str, list[int]] = {}
    for message_id, code in reasons.items():
        by_reason.setdefault(code, []).append(message_id)
    actions: dict[str, list[int]] = {code: [] for code in by_reason}
    parts = [(code, ids[start : start + 1000]) for code, ids in by_reason.items() for start in range(0, len(ids), 1000)]
    for code, part in parts:
        query = (
            sa.update(_MESSAGE)
            .where(_MESSAGE.c.id.in_(part), _MESSAGE.c.state.in_(("planned", "queued", "retry")))
            .values(state="dropped", failure_code=code, next_try_at=None)
            .returning(_MESSAGE.c.action_id)
        )
        actions[code] += [i for i in session.scalars(query) if i is not None]
    session.expire_all()
    return actions


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
