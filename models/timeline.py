"""All that happened with one customer, newest first: messages, calls, promises, disputes, holds, notes, money, changes of the ledger.

One query over all sources; each source has the same columns, what they mean is said at `Happening`."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models.actions import COUNTED, Action
from models.audit import AuditEntry
from models.bank import STANDING, BankMatch, BankMovement
from models.commitments import Dispute, Hold, Promise
from models.customers import Note
from models.inbound import TASKS, InboundMessage
from models.items import Allocation, Item
from models.messages import Message
from models.users import User

PER_PAGE = 20
VIEWS: dict[str, tuple[str, ...]] = {
    "": (
        "message",
        "inbound",
        "action",
        "promise",
        "dispute",
        "solved",
        "hold",
        "ended",
        "note",
        "money",
        "receipt",
        "vanished",
        "edit",
    ),
    "messages": ("message", "inbound", "action"),
    "money": ("money", "receipt"),
    "notes": ("note",),
    "ledger": ("money", "receipt", "invoice", "vanished", "edit"),
}
"""What each view of the timeline shows."""


class Happening(NamedTuple):
    """One thing that happened. `at` is an instant, or only a day (then `on`).

    kind       code                 one                    two                more            day          cents
    message    channel              state                  recipient          subject
    inbound    kind                 status code        sender             what it says       absent until 1: to look at
    action     channel              outcome                                   remark
    promise    state                who said it            piece              remark          promised for amount
    dispute    reason                                      piece              remark          deadline     amount
    solved     reason                                      piece              solution
    hold                                                   piece              reason          last day
    ended                                                  piece              reason
    note                                                                      body                         1: pinned
    money      kind of the item     its number             matched numbers    label                        amount
    receipt    state (or returned)  payer                  matched numbers    communication                amount
    invoice    kind of the item     its number                                label           due on       amount
    vanished   kind of the item     its number                                label                        amount
    edit                                                                      changes as JSON"""

    kind: str
    id: int
    moment: str
    code: str
    one: str
    two: str
    more: str
    day: date | None
    cents: int
    stage: str
    level: int
    who_id: int | None
    who: str

    @property
    def at(self) -> datetime | None:
        """The instant, when it is known."""
        return datetime.fromisoformat(self.moment).replace(tzinfo=UTC) if len(self.moment) > 10 else None

    @property
    def on(self) -> date:
        """The day (in UTC for instants)."""
        return date.fromisoformat(self.moment[:10])

    @property
    def changes(self) -> dict[str, Any]:
        """Of an edit: what was changed, from what to what."""
        return json.loads(self.more) if self.kind == "edit" else {}


def timeline(
    session: Session, customer_id: int, view: str = "", pages: int = 1
) -> tuple[list[Happening], list[Happening], bool]:
    """The pinned notes, the newest happenings of a view, and whether there are older ones."""
    limit = PER_PAGE * pages
    given = {"customer_id": customer_id, "limit": limit + 10}
    found = [_happening(row) for row in session.connection().execute(_view(view if view in VIEWS else ""), given)]
    top = [one for one in found if one.kind == "note" and one.cents]
    rest = [one for one in found if not (one.kind == "note" and one.cents)]
    return top, rest[:limit], len(rest) > limit


# Built once: building such a statement costs more than running it.
@cache
def _view(view: str) -> Any:
    customer_id: Any = sa.bindparam("customer_id")
    sources = {query.kind: query for query in _sources(customer_id)}
    wanted = [sources[kind].select for kind in VIEWS[view]]
    if "note" not in VIEWS[view]:
        wanted.append(sources["note"].select.where(Note.pinned))
    union = sa.union_all(*wanted).subquery()
    pinned = sa.and_(union.c.kind == "note", union.c.cents == 1)
    return (
        sa.select(*(c for c in union.c), sa.func.coalesce(User.name, ""))
        .outerjoin(User, User.id == union.c.who_id)
        .order_by(pinned.desc(), union.c.moment.desc(), union.c.id.desc())
        .limit(sa.bindparam("limit"))
    )


def _happening(row: Any) -> Happening:
    values = list(row)
    values[7] = date.fromisoformat(values[7]) if values[7] else None
    return Happening(*values)


class _Source(NamedTuple):
    kind: str
    select: Any


def _sources(customer_id: Any) -> list[_Source]:
    return [*_of_people(customer_id), *_of_commitments(customer_id), *_of_ledger(customer_id)]


def _source(kind: str, row_id: Any, moment: Any, **columns: Any) -> Any:
    """The common columns of one source; what it has not is empty."""
    empty = {"code": "", "one": "", "two": "", "more": "", "day": None, "cents": 0, "stage": "", "level": 0, "who_id": None}
    values = [
        sa.literal(kind).label("kind"),
        row_id.label("id"),
        sa.func.substr(sa.cast(moment, sa.Text), 1, 19).label("moment"),
    ]
    for name, nothing in empty.items():
        value = columns.get(name, sa.null() if nothing is None else sa.literal(nothing))
        if name == "day":
            value = sa.cast(value, sa.Text)
        elif nothing is not None:
            value = sa.func.coalesce(value, nothing)
        values.append(value.label(name))
    return sa.select(*values)


def _of_people(customer_id: Any) -> list[_Source]:
    message = (
        _source(
            "message", Message.id, sa.func.coalesce(Message.sent_at, Message.queued_at), code=Message.channel, one=Message.state,
            two=Message.recipient, more=Message.subject, stage=Action.stage, level=Action.level, who_id=Action.by_id,
        )
        .outerjoin(Action, Action.id == Message.action_id)
        .where(Message.customer_id == customer_id, Message.purpose != "test", Message.state != "planned")
    )  # fmt: skip
    told = sa.exists().where(Message.action_id == Action.id)
    action = _source(
        "action", Action.id, sa.func.coalesce(Action.done_at, Action.planned_at), code=Action.channel, one=Action.outcome,
        more=Action.remark, stage=Action.stage, level=Action.level, who_id=Action.by_id,
    ).where(Action.customer_id == customer_id, Action.state.in_(COUNTED), ~told)  # fmt: skip
    note = _source(
        "note", Note.id, Note.written_at, more=Note.body, cents=sa.cast(Note.pinned, sa.Integer), who_id=Note.author_id
    ).where(Note.customer_id == customer_id)
    edit = _source(
        "edit", AuditEntry.id, AuditEntry.at, more=sa.cast(AuditEntry.changes, sa.Text), who_id=AuditEntry.actor_id
    ).where(AuditEntry.noun == "customer", AuditEntry.noun_id == customer_id, AuditEntry.verb == "update")
    return [
        _Source("message", message),
        _Source("inbound", _of_inbox(customer_id)),
        _Source("action", action),
        _Source("note", note),
        _Source("edit", edit),
    ]


def _of_inbox(customer_id: Any) -> Any:
    """Replies, returns and automatic answers; of returns the server's words."""
    one = InboundMessage
    waits = sa.and_(one.kind.in_(TASKS), one.handled_at.is_(None))
    said = sa.func.coalesce(sa.func.nullif(one.diagnostic, ""), one.text)
    sender = sa.case((one.kind.in_(("reply", "auto_reply", "receipt")), one.sender), else_=one.recipient)
    return _source(
        "inbound", one.id, one.received_at, code=one.kind, one=one.status, two=sender, more=sa.func.substr(said, 1, 600),
        day=one.until_on, cents=sa.case((waits, 1), else_=0),
    ).where(one.customer_id == customer_id)  # fmt: skip


def _of_commitments(customer_id: Any) -> list[_Source]:
    promise = _source(
        "promise", Promise.id, Promise.made_at, code=Promise.state, one=Promise.said_by, two=Item.piece, more=Promise.remark,
        day=Promise.promised_on, cents=Promise.cents, who_id=Promise.by_id,
    ).outerjoin(Item, Item.id == Promise.item_id).where(Promise.customer_id == customer_id)  # fmt: skip

    def of_dispute(kind: str, moment: Any, text: Any, **more: Any) -> Any:
        columns = _source(kind, Dispute.id, moment, code=Dispute.reason, two=Item.piece, more=text, **more)
        return columns.outerjoin(Item, Item.id == Dispute.item_id).where(Dispute.customer_id == customer_id)

    def of_hold(kind: str, moment: Any, **more: Any) -> Any:
        columns = _source(kind, Hold.id, moment, two=Item.piece, more=Hold.reason, **more)
        return columns.outerjoin(Item, Item.id == Hold.item_id).where(Hold.customer_id == customer_id)

    opened = of_dispute(
        "dispute", Dispute.opened_at, Dispute.remark, day=Dispute.deadline_on, cents=Dispute.cents, who_id=Dispute.by_id
    )
    solved = of_dispute("solved", Dispute.solved_at, Dispute.solution).where(Dispute.solved_at.is_not(None))
    held = of_hold("hold", Hold.made_at, day=Hold.until_on, who_id=Hold.by_id)
    ended = of_hold("ended", Hold.ended_at).where(Hold.ended_at.is_not(None))
    return [
        _Source("promise", promise), _Source("dispute", opened), _Source("solved", solved), _Source("hold", held), _Source("ended", ended),
    ]  # fmt: skip


def _of_ledger(customer_id: Any) -> list[_Source]:
    debit = aliased(Item)
    matched = (
        sa.select(sa.func.aggregate_strings(debit.piece, ", "))
        .join(Allocation, Allocation.debit_id == debit.id)
        .where(Allocation.credit_id == Item.id)
        .correlate(Item)
        .scalar_subquery()
    )
    common = {"code": Item.kind, "one": Item.piece, "more": Item.label, "cents": Item.amount_cents}
    mine = (Item.customer_id == customer_id, Item.state == "counted")
    came = Item.kind.in_(("payment", "credit_note", "rejected"))
    money = _source("money", Item.id, Item.entry_on, two=matched, **common).where(*mine, came)
    invoice = _source("invoice", Item.id, Item.document_on, day=Item.due_on, **common).where(*mine, ~came)
    vanished = _source("vanished", Item.id, Item.entry_on, **common).where(
        Item.customer_id == customer_id, Item.state == "vanished"
    )
    return [
        _Source("money", money), _Source("receipt", _of_bank(customer_id)), _Source("invoice", invoice), _Source("vanished", vanished),
    ]  # fmt: skip


def _of_bank(customer_id: Any) -> Any:
    """What the bank shows and the ledger does not yet."""
    standing = BankMatch.movement_id == BankMovement.id
    pieces = (
        sa.select(sa.func.aggregate_strings(Item.piece, ", "))
        .join(BankMatch, BankMatch.item_id == Item.id)
        .where(standing, BankMatch.state.in_(STANDING))
        .correlate(BankMovement)
        .scalar_subquery()
    )
    confirmed = sa.exists().where(standing, BankMatch.state == "confirmed")
    return _source(
        "receipt", BankMovement.id, BankMovement.booked_on, code=sa.case((BankMovement.returned, "returned"), else_=BankMovement.state),
        one=BankMovement.name, two=pieces, more=BankMovement.text, cents=BankMovement.amount_cents, who_id=BankMovement.decided_by_id,
    ).where(
        BankMovement.customer_id == customer_id, BankMovement.state != "ignored", BankMovement.ledger_item_id.is_(None), ~confirmed
    )  # fmt: skip
