"""The desk where payments are matched: one movement, what is open of its probable customer, why they belong together, and
its place in the queue. Only reads; the verbs are in `services.bank`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from models import due_items, receipt_lists
from models.company import Company
from models.customers import Customer
from models.marks import Marks
from models.receipt_lists import Movement, Paying, Sheet, Waiting
from services.wording_receipts import STRENGTHS, evidence_sentence


class Reason(NamedTuple):
    """One piece of evidence in words; strength 3 names the item, 2 points at it, 1 fits, 0 speaks against it."""

    text: str
    strength: int


@dataclass(frozen=True, slots=True)
class Line:
    """An item of the customer: what is open, and what of the payment is meant for it."""

    item_id: int
    piece: str
    label: str
    due_on: date
    amount_cents: int
    open_cents: int  # before this payment
    cents: int = 0
    difference_cents: int = 0
    difference_reason: str = ""
    marks: Marks = field(default_factory=Marks)

    @property
    def left_cents(self) -> int:
        """What stays open after it."""
        return self.open_cents - self.cents - self.difference_cents


@dataclass(frozen=True, slots=True)
class Desk:
    """What the page of one movement shows. `chosen`: place of the proposal shown among them, from 0; -1: none.

    decided: it is matched or ignored, there is nothing to decide but to take it back."""

    sheet: Sheet
    chosen: int
    customer: Customer | None
    lines: Sequence[Line]
    reasons: Sequence[Reason]
    others: Sequence[Movement]
    place: int  # in the queue, from 1; 0: not in it
    waiting: int
    before: int | None
    after: int | None

    @property
    def movement(self) -> Movement:
        return self.sheet.movement

    @property
    def decided(self) -> bool:
        return self.movement.state in ("matched", "ignored")

    @property
    def paying(self) -> Sequence[Paying]:
        return self.sheet.proposals[self.chosen] if self.chosen >= 0 else ()

    @property
    def confidence(self) -> int:
        return max((one.confidence for one in self.paying), default=0)

    @property
    def left_cents(self) -> int:
        """Of the movement, not meant for an item."""
        return self.movement.amount_cents - sum(line.cents for line in self.lines)


def desk(
    session: Session,
    company: Company,
    found: Sheet,
    queue: Sequence[Waiting],
    language: str,
    today: date,
    *,
    proposal: int = 0,
    customer_id: int | None = None,
    typed: Mapping[int, Line] | None = None,
) -> Desk:
    """The desk of one movement. `proposal`: which one, from 0; `customer_id`: another customer than the probable one;
    `typed`: amounts as a person has entered them, by item."""
    chosen = min(proposal, len(found.proposals) - 1)
    likely = found.proposals[chosen][0].customer_id if chosen >= 0 else found.movement.customer_id
    if customer_id is not None and customer_id != likely:
        chosen, likely = -1, customer_id
    customer = session.get(Customer, likely) if likely is not None else None
    paying = found.proposals[chosen] if chosen >= 0 else ()
    if typed is None and customer is not None and not paying and found.movement.state == "open":
        typed = _again(session, found.movement.id, customer.id)
    others = receipt_lists.waiting_of_customer(session, company.id, customer.id, found.movement.id) if customer else []
    ids = [one.id for one in queue]
    place = ids.index(found.movement.id) if found.movement.id in ids else -1
    return Desk(
        sheet=found,
        chosen=chosen,
        customer=customer,
        lines=_lines(session, customer, found, paying, typed or {}, today),
        reasons=_reasons(paying, found.movement.currency, language),
        others=others,
        place=place + 1,
        waiting=len(ids),
        before=ids[place - 1] if place > 0 else None,
        after=following(ids, found.movement.id),
    )


def _again(session: Session, movement_id: int, customer_id: int) -> dict[int, Line]:
    """What was taken back stands in the form, to be corrected or confirmed anew."""
    rows = receipt_lists.taken_back(session, movement_id, customer_id)
    return {
        item_id: Line(item_id, "", "", date.min, 0, 0, cents, difference, reason) for item_id, cents, difference, reason in rows
    }


def following(ids: Sequence[int], movement_id: int) -> int | None:
    """The next one of the queue, round to its beginning; None when there is no other."""
    if movement_id not in ids:
        return ids[0] if ids else None
    place = ids.index(movement_id)
    rest = [*ids[place + 1 :], *ids[:place]]
    return rest[0] if rest else None


def _lines(
    session: Session,
    customer: Customer | None,
    found: Sheet,
    paying: Sequence[Paying],
    typed: Mapping[int, Line],
    today: date,
) -> list[Line]:
    """The proposed items, then what else is open, oldest due first; only items that are paid already for what is decided."""
    standing = any(one.state != "proposed" for one in paying)
    proposed = {one.item_id: one for one in paying}
    lines = [_proposed(one, standing) for one in paying]
    if customer is None or standing or found.movement.state in ("matched", "ignored"):
        return lines
    open_rows = due_items.of_customer(session, customer, today)
    marks = {row.id: row.marks for row in open_rows}
    lines = [_marked(line, marks.get(line.item_id)) for line in lines]
    lines += [
        Line(row.id, row.piece, row.label, row.due_on, row.amount_cents, row.open_cents, marks=row.marks)
        for row in open_rows
        if row.id not in proposed and row.currency == found.movement.currency
    ]
    return [_typed(line, typed[line.item_id]) if line.item_id in typed else line for line in lines]


def _proposed(one: Paying, standing: bool) -> Line:
    taken = one.cents + one.difference_cents if standing else 0
    return Line(
        one.item_id, one.piece, one.label, one.due_on, one.amount_cents, one.open_cents + taken, one.cents,
        one.difference_cents, one.difference_reason,
    )  # fmt: skip


def _marked(line: Line, marks: Marks | None) -> Line:
    return line if marks is None else replace(line, marks=marks)


def _typed(line: Line, said: Line) -> Line:
    return replace(line, cents=said.cents, difference_cents=said.difference_cents, difference_reason=said.difference_reason)


def _reasons(paying: Sequence[Paying], currency: str, language: str) -> list[Reason]:
    """The evidence of a proposal; it is the same on each of its rows."""
    found = paying[0].evidence if paying else []
    return [reason(language, one, currency) for one in found]


def reason(language: str, evidence: Mapping[str, object], currency: str) -> Reason:
    """One stored piece of evidence ({code, params}) in words."""
    code, params = str(evidence["code"]), evidence.get("params")
    given = params if isinstance(params, Mapping) else {}
    return Reason(evidence_sentence(language, code, given, currency), STRENGTHS.get(code, 1))
