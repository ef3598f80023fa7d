"""What people decide about payments: accept, divide, refuse, put aside, say who paid, take back.

Each verb lifts the bank's part off the items, writes, lets the ledger have its say, lays it on again and decides the
customers concerned anew: in the caller's transaction, with an audit row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from models import audit, bank_book, bank_store
from models.bank import BankMovement
from models.bank_book import Proposed, Target
from models.company import Company
from models.customers import Customer
from rules.errors import DomainError
from rules.matching import Book, propose
from rules.matching_facts import Evidence, Part, Payer
from services import bank_ledger
from services.bank_learn import Lesson, learn, unlearn
from services.bank_match import Verdict, match_rows, policy_of
from services.follow_up import follow_up
from services.ledger_store import look_again

DOUBTS = {"several_sets", "several_customers"}


class Share(NamedTuple):
    """What a person gives to an item: cents, and, with a reason, the rest of it is written off (bank_fee, discount, …)."""

    item_id: int
    cents: int
    reason: str = ""


def accept(session: Session, movement: BankMovement, proposal: int, actor_id: int, now: datetime, today: date) -> None:
    """A proposal is right: it counts as received. Errors: match_decided, match_gone, match_outdated."""
    company = _waiting(session, movement)
    rows = [one for one in bank_book.proposals_of(session, company.id, movement.id) if one.proposal == proposal]
    if not rows:
        raise DomainError("match_gone")
    if not _fits(rows, {}):
        raise DomainError("match_outdated")
    customers = _apply(session, company, [rows], actor_id, now)
    said = {"items": [one.item_id for one in rows], "cents": sum(one.cents for one in rows)}
    _done(session, company, movement, "accept", said, customers, actor_id, now, today)


def accept_all_certain(session: Session, company: Company, actor_id: int, now: datetime, today: date) -> int:
    """Accept the best proposal of every movement where it is as sure as the company asks for and nothing is as likely; how
    many. What an earlier one has taken is left alone."""
    by_movement: dict[int, list[Proposed]] = {}
    for one in bank_book.best_proposals(session, company.id, company.match_threshold):
        rows = by_movement.setdefault(one.movement_id, [])
        if not rows or rows[0].proposal == one.proposal:
            rows.append(one)
    taken: dict[int, int] = {}
    chosen = []
    for rows in by_movement.values():
        doubtful = any(said.get("code") in DOUBTS for said in rows[0].evidence)
        if not doubtful and _fits(rows, taken):
            chosen.append(rows)
            for one in rows:
                taken[one.item_id] = taken.get(one.item_id, 0) + one.cents + one.difference_cents
    if not chosen:
        return 0
    customers = _apply(session, company, chosen, actor_id, now)
    for rows in chosen:
        said = {"items": [one.item_id for one in rows], "cents": sum(one.cents for one in rows), "certain": True}
        audit.record(session, now, actor_id, company.id, "accept", "bank_movement", rows[0].movement_id, said)
    _follow(session, company, customers, now, today)
    return len(chosen)


def split(session: Session, movement: BankMovement, shares: Sequence[Share], actor_id: int, now: datetime, today: date) -> None:
    """A movement pays what a person says: cents to items, a small rest written off with its reason.

    Errors: match_decided, split_nothing, split_item, split_currency, split_over_item, split_too_much."""
    company = _waiting(session, movement)
    targets = bank_book.targets(session, company.id, [one.item_id for one in shares])
    parts = _parts(movement, shares, targets)
    bank_ledger.lift(session, company)
    bank_store.end_proposals(session, movement.id, now)
    verdict = Verdict(targets[parts[0].item_id].customer_id, parts, 1000, (), how="automatic")
    rows = match_rows(company.id, movement.id, verdict, now, by_id=actor_id, reasons={s.item_id: s.reason for s in shares})
    bank_store.insert_matches(session, rows)
    customers = {targets[part.item_id].customer_id for part in parts}
    if movement.returned:
        bank_store.mark_rejected(session, [part.item_id for part in parts], by_debit=bool(movement.mandate))
    _mark(session, movement, verdict.customer_id, actor_id, now)
    if len(customers) == 1:
        _teach(session, company, [movement], verdict.customer_id)
    said = {"items": [[one.item_id, one.cents, one.difference_cents] for one in parts]}
    _done(session, company, movement, "split", said, customers, actor_id, now, today)


def _parts(movement: BankMovement, shares: Sequence[Share], targets: dict[int, Target]) -> tuple[Part, ...]:
    """The shares as parts, each within its item, together within the movement."""
    sign = 1 if movement.amount_cents > 0 else -1
    parts = []
    for share in shares:
        item = targets.get(share.item_id)
        if item is None or item.state != "counted":
            raise DomainError("split_item")
        if item.currency != movement.currency:
            raise DomainError("split_currency", piece=item.piece, currency=item.currency)
        difference = item.open_cents - share.cents if share.reason and not movement.returned else 0
        taken = share.cents + difference
        if not taken:
            continue
        if not _within(item.open_cents, item.amount_cents, taken, returned=movement.returned):
            raise DomainError("split_over_item", piece=item.piece, open_cents=item.open_cents, currency=item.currency)
        parts.append(Part(share.item_id, share.cents, difference))
    total = sum(part.cents for part in parts)
    if not parts or total * sign < 0:
        raise DomainError("split_nothing")
    if abs(total) > abs(movement.amount_cents):
        raise DomainError("split_too_much", amount_cents=abs(movement.amount_cents), over_cents=abs(total) - abs(movement.amount_cents),
                          currency=movement.currency)  # fmt: skip
    return tuple(parts)


def _within(open_cents: int, amount_cents: int, taken: int, *, returned: bool) -> bool:
    """Whether so much can be taken from (or, for a returned payment, given back to) an item."""
    after = open_cents - taken
    low, high = min(0, amount_cents), max(0, amount_cents)
    if not low <= after <= high:
        return False
    return returned or abs(after) <= abs(open_cents)


def decline(session: Session, movement: BankMovement, proposal: int, actor_id: int, now: datetime, today: date) -> None:
    """A proposal is wrong; the next one of the movement comes up. Errors: match_decided, match_gone."""
    company = _waiting(session, movement)
    rows = [one for one in bank_book.proposals_of(session, company.id, movement.id) if one.proposal == proposal]
    if not rows:
        raise DomainError("match_gone")
    bank_store.end_matches(session, [("declined", one.id) for one in rows], now)
    bank_store.resettle_movements(session, [movement.id])
    said = {"items": [one.item_id for one in rows]}
    _done(session, company, movement, "decline", said, {one.customer_id for one in rows}, actor_id, now, today)


def ignore(session: Session, movement: BankMovement, actor_id: int, now: datetime, today: date) -> None:
    """The movement is not a customer's. Errors: match_decided."""
    company = _waiting(session, movement)
    customers = {one.customer_id for one in bank_book.proposals_of(session, company.id, movement.id)}
    customers |= {movement.customer_id} if movement.customer_id is not None else set()
    bank_store.end_proposals(session, movement.id, now)
    movement.state, movement.customer_id = "ignored", None
    movement.decided_by_id, movement.decided_at = actor_id, now
    _done(session, company, movement, "ignore", {}, customers, actor_id, now, today)


def set_customer(
    session: Session, movement: BankMovement, customer: Customer, actor_id: int, now: datetime, today: date
) -> None:
    """Say who paid; what their open items suggest is proposed instead of what was. Errors: match_decided."""
    company = _waiting(session, movement)
    before = {movement.customer_id} if movement.customer_id is not None else set()
    before |= {one.customer_id for one in bank_book.proposals_of(session, company.id, movement.id)}
    bank_store.end_proposals(session, movement.id, now)
    movement.customer_id = customer.id
    movement.decided_by_id, movement.decided_at = actor_id, now
    session.flush()
    if not movement.returned:
        rows = _proposed_for(session, company, movement, customer, now)
        bank_store.insert_matches(session, rows)
    bank_store.resettle_movements(session, [movement.id])
    said = {"customer": customer.id}
    _done(session, company, movement, "set_customer", said, before | {customer.id}, actor_id, now, today)


def _proposed_for(
    session: Session, company: Company, movement: BankMovement, customer: Customer, now: datetime
) -> list[tuple[object, ...]]:
    """Proposals when a person has said who paid."""
    paid = bank_book.movement_as_paid(session, movement.id)
    names = tuple(name for name in (customer.name_folded, movement.name_folded) if name)
    payer = Payer(customer.id, customer.code, names, (movement.iban,) if movement.iban else ())
    references = bank_book.item_references(session, company.id)
    book = Book(bank_book.owed_items(session, company.id, references, [customer.id]), [payer], policy_of(company))
    said = Evidence("said_by_person", {"name": customer.name})
    rows: list[tuple[object, ...]] = []
    for number, one in enumerate((one for one in propose(book, paid) if one.parts), 1):
        verdict = Verdict(customer.id, one.parts, one.confidence, (said, *one.evidence), one.difference_reason, tie=one.tie)
        rows += match_rows(company.id, movement.id, verdict, now, proposal=number)
    return rows


def undo_match(session: Session, movement: BankMovement, actor_id: int, now: datetime, today: date) -> None:
    """Take a decision back: the movement waits again, its items are open as before.

    Errors: match_in_ledger (the ledger shows the payment already), match_not_decided."""
    company = session.get_one(Company, movement.company_id)
    if movement.state not in ("matched", "ignored"):
        raise DomainError("match_not_decided")
    standing = bank_store.standing_of(session, movement.id)
    if movement.state == "matched" and not standing and not movement.returned:
        raise DomainError("match_in_ledger")
    bank_ledger.lift(session, company)
    bank_store.end_matches(session, [("undone", one.id) for one in standing], now)
    customers = {one.customer_id for one in standing}
    if movement.returned:
        bank_store.unmark_rejected(session, [one.item_id for one in standing])
        if movement.returns_id is not None:
            bank_store.resettle_movements(session, [movement.returns_id])
    elif movement.customer_id is not None and standing:
        unlearn(session, company, [(movement.customer_id, movement.iban, movement.name_folded)])
    movement.state, movement.ledger_item_id, movement.returns_id = "open", None, None
    movement.decided_by_id, movement.decided_at = actor_id, now
    session.flush()
    bank_store.resettle_movements(session, [movement.id])
    customers |= {movement.customer_id} if movement.customer_id is not None else set()
    _done(session, company, movement, "undo", {"items": [one.item_id for one in standing]}, customers, actor_id, now, today)


def _waiting(session: Session, movement: BankMovement) -> Company:
    """The company of a movement that nobody has decided about."""
    session.flush()
    session.refresh(movement)
    if movement.state not in ("open", "proposed"):
        raise DomainError("match_decided")
    return session.get_one(Company, movement.company_id)


def _fits(rows: Iterable[Proposed], taken: dict[int, int]) -> bool:
    """Whether a proposal's items still have open what it takes, and the movement the cents."""
    given = list(rows)
    for one in given:
        left = one.open_cents - taken.get(one.item_id, 0)
        if not _within(left, one.amount_cents, one.cents + one.difference_cents, returned=one.left_cents < 0):
            return False
    return abs(sum(one.cents for one in given)) <= abs(given[0].left_cents)


def _apply(session: Session, company: Company, chosen: Sequence[Sequence[Proposed]], actor_id: int, now: datetime) -> set[int]:
    """Proposals become matches by hand; the others of their movements end, and what they teach is learned."""
    bank_ledger.lift(session, company)
    bank_store.accept_rows(session, [one.id for rows in chosen for one in rows], actor_id, now)
    movements = bank_store.movements_by_id(session, [rows[0].movement_id for rows in chosen])
    customers: set[int] = set()
    lessons = []
    for rows in chosen:
        movement = movements[rows[0].movement_id]
        bank_store.end_proposals(session, movement.id, now)
        whose = {one.customer_id for one in rows}
        customers |= whose | ({movement.customer_id} if movement.customer_id is not None else set())
        if movement.returned:
            bank_store.mark_rejected(session, [one.item_id for one in rows], by_debit=bool(movement.mandate))
        elif len(whose) == 1:
            lessons.append(Lesson(rows[0].customer_id, movement.iban, movement.name_folded, movement.booked_on))
        _mark(session, movement, rows[0].customer_id, actor_id, now)
    learn(session, company, lessons)
    return customers


def _mark(session: Session, movement: BankMovement, customer_id: int | None, actor_id: int, now: datetime) -> None:
    movement.customer_id = customer_id
    movement.decided_by_id, movement.decided_at = actor_id, now
    session.flush()
    bank_store.resettle_movements(session, [movement.id])


def _teach(session: Session, company: Company, movements: Iterable[BankMovement], customer_id: int | None) -> None:
    if customer_id is not None:
        lessons = [Lesson(customer_id, one.iban, one.name_folded, one.booked_on) for one in movements if not one.returned]
        learn(session, company, lessons)


def _done(
    session: Session, company: Company, movement: BankMovement, verb: str, said: Mapping[str, object], customers: set[int],
    actor_id: int, now: datetime, today: date,
) -> None:  # fmt: skip
    audit.record(session, now, actor_id, company.id, verb, "bank_movement", movement.id, dict(said))
    _follow(session, company, customers, now, today)


def _follow(session: Session, company: Company, customers: set[int], now: datetime, today: date) -> None:
    """The ledger has its say, the bank's part is laid on, the customers are decided anew."""
    session.flush()
    bank_ledger.lift(session, company)
    customers = customers | bank_ledger.follow(session, company, customers, now, today, rematch=False)
    company.ledger_version += 1
    look_again(session, customers, today)
    session.flush()
    session.expire_all()
    follow_up(session, company, now, today)
