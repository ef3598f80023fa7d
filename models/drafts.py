"""What the messages of a batch are about, read in bulk: customers, items, contacts, what was said before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.actions import Action
from models.commitments import Dispute
from models.customers import Contact, Customer
from models.items import Item
from models.messages import Message
from models.scenarios import MessageTemplate, Step
from models.users import User
from rules.third_party import Agent


class Line(NamedTuple):
    """An item as a message shows it: `cents` still open, or paid when it was settled."""

    item_id: int
    piece: str
    label: str
    kind: str
    document_on: date
    due_on: date
    currency: str
    cents: int
    settled_on: date | None = None


@dataclass(frozen=True, slots=True)
class LegalNote:
    """What the law adds to a message: sums due on top (cents), their legal basis as a code, and the claims to be recorded.

    later_cents: compensation a private person would owe after this reminder. wait_least_on: the law's own end of the time
    granted. agent: who writes in the company's name; the mentions this asks for cannot be removed by a template."""

    interest_cents: int = 0
    compensation_cents: int = 0
    provisional: bool = False
    basis: str = ""
    later_cents: int = 0
    wait_least_on: date | None = None
    claims: tuple[dict[str, Any], ...] = ()
    agent: Agent | None = None


@dataclass(slots=True)
class Draft:
    """One message to be written. `chosen` are the items it is about, `others` the customer's other open items."""

    customer_id: int
    code: str
    name: str
    street: str
    postcode: str
    city: str
    country: str
    language: str
    legal_type: str
    collector_name: str
    collector_email: str
    stage: str
    level: int
    currency: str
    amount_cents: int
    wait_days: int
    template_code: str
    channel: str
    id: int = 0
    guid: str = ""
    action_id: int = 0
    forced: bool = False  # sent although a rule of the house held it back
    parts: dict[str, int] = field(default_factory=dict)  # by item: about so many cents of it only (promises, instalments)
    parts_on: str = ""  # day of the instalment it is about
    words: dict[str, str] = field(default_factory=dict)  # language, subject and body a person wrote for this one message
    recipient: str = ""
    contact_name: str = ""
    item_ids: list[int] = field(default_factory=list)
    chosen: list[Line] = field(default_factory=list)
    others: list[Line] = field(default_factory=list)
    disputed: list[str] = field(default_factory=list)
    last_on: date | None = None
    charges: str = ""  # of its step: announce, claim
    law: LegalNote = LegalNote()


_CUSTOMER = (
    Customer.id.label("customer_id"), Customer.code, Customer.name, Customer.street, Customer.postcode, Customer.city,
    Customer.country, Customer.language, Customer.legal_type, sa.func.coalesce(User.name, "").label("collector_name"),
    sa.func.coalesce(User.email, "").label("collector_email"),
)  # fmt: skip


def drafts_of(session: Session, message_ids: Collection[int]) -> list[Draft]:
    """The messages still planned among some, with all they are about, in the order of their ids."""
    ids = sorted(message_ids)
    query = (
        sa.select(
            *_CUSTOMER, Action.stage, Action.level, Action.currency, Action.amount_cents,
            sa.func.coalesce(Step.wait_days, 0).label("wait_days"),
            sa.func.coalesce(Step.template_code, "").label("template_code"),
            sa.func.coalesce(Step.charges, "").label("charges"),
            Message.channel, Message.id, Message.message_id.label("guid"), Action.id.label("action_id"),
            Message.recipient, Message.recipient_name.label("contact_name"), Message.facts,
        )
        .join(Action, Action.id == Message.action_id)
        .join(Customer, Customer.id == Message.customer_id)
        .outerjoin(Step, Step.id == Action.step_id)
        .outerjoin(User, User.id == Customer.collector_id)
        .where(Message.id.in_(ids), Message.state == "planned")
        .order_by(Message.id)
    )  # fmt: skip
    drafts = []
    for row in session.execute(query):
        values: dict[str, Any] = dict(row._mapping)
        known = values.pop("facts")
        chosen = {name: known[name] for name in ("item_ids", "forced", "words", "parts", "parts_on") if name in known}
        drafts.append(Draft(**values, **chosen))
    _complete(session, drafts)
    return drafts


def draft_for(
    session: Session, customer_id: int, *, stage: str, level: int, currency: str, template_code: str, channel: str,
    wait_days: int, item_ids: Sequence[int], amount_cents: int, recipient: str = "", contact_name: str = "",
    lines: Sequence[Line] | None = None,
) -> Draft:  # fmt: skip
    """A message that was not planned: previews, tests, call scripts. `lines`: the customer's open items where they are known
    already; then disputes and earlier messages are not asked for."""
    query = sa.select(*_CUSTOMER).outerjoin(User, User.id == Customer.collector_id).where(Customer.id == customer_id)
    draft = Draft(
        **session.execute(query).one()._mapping, stage=stage, level=level, currency=currency, template_code=template_code,
        channel=channel, wait_days=wait_days, amount_cents=amount_cents, item_ids=list(item_ids), recipient=recipient,
        contact_name=contact_name,
    )  # fmt: skip
    if lines is None:
        _complete(session, [draft])
    else:
        _choose(draft, lines)
    return draft


def _complete(session: Session, drafts: Sequence[Draft]) -> None:
    """Items, disputes and earlier messages of all drafts, one query each per thousand customers."""
    customer_ids = sorted({d.customer_id for d in drafts})
    lines: dict[int, list[Line]] = {}
    settled: dict[int, Line] = {}
    disputed: dict[int, list[str]] = {}
    last: dict[int, datetime] = {}
    for some in _thousands(customer_ids):
        _read_open(session, some, lines)
        _read_disputes(session, some, disputed)
        last.update(_last_messages(session, some))
    thanked = sorted({i for d in drafts if d.stage == "thanks" for i in d.item_ids})
    for some in _thousands(thanked):
        settled.update((line.item_id, line) for line in _settled(session, some))
    for draft in drafts:
        _choose(draft, lines.get(draft.customer_id, []))
        if draft.stage == "thanks":
            draft.chosen = [settled[i] for i in draft.item_ids if i in settled]
        draft.disputed = disputed.get(draft.customer_id, [])
        when = last.get(draft.customer_id)
        draft.last_on = when.date() if when else None


def _choose(draft: Draft, lines: Sequence[Line]) -> None:
    """Part the open items of a customer into what the message is about and the rest, in its currency."""
    own, wanted = [line for line in lines if line.currency == draft.currency], set(draft.item_ids)
    draft.chosen = [line for line in own if line.item_id in wanted]
    draft.others = [line for line in own if line.item_id not in wanted]
    if draft.parts:
        draft.chosen, draft.others = [_part(line, draft) for line in draft.chosen if line.cents > 0], []


def _part(line: Line, draft: Draft) -> Line:
    """The part of an item that a promise or an instalment is about, never more than is open."""
    on = date.fromisoformat(draft.parts_on) if draft.parts_on else line.due_on
    return line._replace(cents=min(line.cents, draft.parts.get(str(line.item_id), line.cents)), due_on=on)


def open_lines(session: Session, customer_id: int) -> list[Line]:
    """All open items of a customer, oldest due first; credits are negative."""
    found: dict[int, list[Line]] = {}
    _read_open(session, [customer_id], found)
    return found.get(customer_id, [])


def add_history(session: Session, draft: Draft) -> None:
    """Disputes and the last reminder of a draft whose items were known already."""
    disputed: dict[int, list[str]] = {}
    _read_disputes(session, [draft.customer_id], disputed)
    draft.disputed = disputed.get(draft.customer_id, [])
    when = _last_messages(session, [draft.customer_id]).get(draft.customer_id)
    draft.last_on = when.date() if when else None


def _thousands(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + 1000] for start in range(0, len(ids), 1000))


_LINE = (Item.id, Item.piece, Item.label, Item.kind, Item.document_on, Item.due_on, Item.currency)


def _read_open(session: Session, customer_ids: Sequence[int], into: dict[int, list[Line]]) -> None:
    query = sa.select(*_LINE, Item.open_cents, sa.null(), Item.customer_id).where(
        Item.customer_id.in_(customer_ids), Item.state == "counted", Item.open_cents != 0
    )
    for row in session.execute(query.order_by(Item.due_on, Item.id)):
        into.setdefault(row[9], []).append(Line(*row[:9]))


def _settled(session: Session, item_ids: Sequence[int]) -> list[Line]:
    query = sa.select(*_LINE, Item.amount_cents, Item.settled_on).where(Item.id.in_(item_ids))
    return [Line(*row) for row in session.execute(query.order_by(Item.due_on, Item.id))]


def _read_disputes(session: Session, customer_ids: Sequence[int], into: dict[int, list[str]]) -> None:
    query = (
        sa.select(Dispute.customer_id, Item.piece)
        .join(Item, Item.id == Dispute.item_id)
        .where(Dispute.customer_id.in_(customer_ids), Dispute.solved_at.is_(None), Item.open_cents > 0, Item.piece != "")
    )
    for customer_id, piece in session.execute(query.order_by(Item.due_on, Item.id)):
        into.setdefault(customer_id, []).append(piece)


def _last_messages(session: Session, customer_ids: Sequence[int]) -> dict[int, datetime]:
    """When the last reminder or notice in writing left, by customer."""
    query = (
        sa.select(Action.customer_id, sa.func.max(Action.done_at, type_=Action.done_at.type))
        .where(
            Action.customer_id.in_(customer_ids), Action.state == "done", Action.channel.in_(("email", "letter")),
            Action.stage.in_(("reminder", "formal_notice")),
        )
        .group_by(Action.customer_id)
    )  # fmt: skip
    return {customer_id: at for customer_id, at in session.execute(query) if at}


def recipients(session: Session, customer_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Address and name of who receives a customer's e-mail: the billing contact, else payment, else approval."""
    role = sa.case((Contact.role == "billing", 0), (Contact.role == "payment", 1), else_=2)
    chosen: dict[int, tuple[str, str]] = {}
    for some in _thousands(customer_ids):
        query = sa.select(Contact.customer_id, Contact.email, Contact.name).where(
            Contact.customer_id.in_(some), Contact.email != "", Contact.email_bad_reason == ""
        )
        for customer_id, email, name in session.execute(query.order_by(role, Contact.id)):
            chosen.setdefault(customer_id, (email.strip(), name))
    return chosen


def own_templates(session: Session, company_id: int) -> dict[tuple[str, str, str], MessageTemplate]:
    """The words a company wrote itself, by code, channel and language."""
    rows = session.scalars(sa.select(MessageTemplate).where(MessageTemplate.company_id == company_id))
    return {(t.code, t.channel, t.language): t for t in rows}


def write_bodies(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Fix bytes, hash, subject and facts of planned messages: rows with b_id and the columns' values."""
    table = cast(sa.Table, Message.__table__)
    columns = [name for name in rows[0] if name != "b_id"]
    statement = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("b_id"), table.c.state == "planned")
        .values({name: sa.bindparam(name) for name in columns})
    )
    session.connection().execute(statement, list(rows))
