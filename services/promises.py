"""Promises to pay: recorded, cancelled, and judged by what the ledger shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from models import audit, drafts, keeping, plans
from models.commitments import Promise
from models.company import Company
from models.customers import Customer
from models.messages import Outbox
from rules.errors import DomainError
from rules.promises import judge as judge_one
from services import commitment_mail, outbox, worklist
from services.writing import full_money, written_day


def record_promise(
    session: Session, customer: Customer, promised_on: date, cents: int, actor_id: int | None, now: datetime, today: date, *,
    item_id: int | None = None, currency: str = "", channel: str = "", said_by: str = "", remark: str = "",
) -> Promise:  # fmt: skip
    """A promise for one item or (None) for the customer; reminders pause until its day plus grace.

    Errors: promise_past, promise_amount, item_unknown."""
    if promised_on < today:
        raise DomainError("promise_past", today_on=today)
    if cents <= 0:
        raise DomainError("promise_amount")
    item = keeping.item_of(session, customer, item_id) if item_id is not None else None
    if item_id is not None and item is None:
        raise DomainError("item_unknown")
    company = session.get_one(Company, customer.company_id)
    promise = Promise(
        company_id=company.id, customer_id=customer.id, item_id=item_id, promised_on=promised_on, cents=cents,
        currency=item.currency if item else currency or company.currency, state="expected", made_at=now, by_id=actor_id,
        channel=channel, said_by=said_by, remark=remark,
    )  # fmt: skip
    session.add(promise)
    session.flush()
    words = {"customer": customer.id, "item": item_id, "promised_on": promised_on, "cents": cents}
    audit.record(session, now, actor_id, company.id, "create", "promise", promise.id, words)
    worklist.touch(session, customer.id, today)
    return promise


def cancel_promise(session: Session, promise: Promise, actor_id: int | None, now: datetime, today: date) -> None:
    """Take a promise back. Errors: promise_decided when it is no longer expected."""
    if promise.state != "expected":
        raise DomainError("promise_decided")
    promise.state, promise.decided_on = "cancelled", today
    if ids := plans.waiting_messages(session, promise.company_id, [_key(promise)]):
        outbox.drop(session, session.get_one(Company, promise.company_id), dict.fromkeys(ids, "undone"), today)
    audit.record(session, now, actor_id, promise.company_id, "cancel", "promise", promise.id)
    worklist.touch(session, promise.customer_id, today)


def confirm_promise(session: Session, promise: Promise, actor_id: int | None, now: datetime, today: date) -> Outbox:
    """The confirmation of a promise, by e-mail: what was promised, for which invoices, how to pay exactly that.

    Errors: promise_decided, no_address, ledger_gap, paid (nothing is open any more)."""
    if promise.state != "expected":
        raise DomainError("promise_decided")
    company, customer = session.get_one(Company, promise.company_id), session.get_one(Customer, promise.customer_id)
    parts: dict[int, int] = {}
    left = promise.cents
    for line in drafts.open_lines(session, customer.id):
        if line.cents > 0 and line.currency == promise.currency and promise.item_id in (None, line.item_id) and left > 0:
            parts[line.item_id] = min(line.cents, left)
            left -= parts[line.item_id]
    if not parts:
        raise DomainError("promise_nothing_open")
    language = commitment_mail.language_of(company, customer)
    said = {
        "promised_on": written_day(promise.promised_on, language),
        "promised_amount": full_money(promise.cents, language, promise.currency),
    }
    batch = commitment_mail.open_batch(session, company, actor_id, now)
    commitment_mail.queue(
        session, company, customer, batch, "promise_confirmation", said, parts, promise.currency, actor_id, now, today,
        key=_key(promise),
    )  # fmt: skip
    worklist.touch(session, customer.id, today)
    return batch


def _key(promise: Promise) -> str:
    return f"promise-{promise.id}-confirmation"


def judge(session: Session, company: Company, customer_ids: Sequence[int] | None, now: datetime, today: date) -> dict[str, int]:
    """Promises kept or broken, as the ledger shows after the grace of the company; how many of each.

    Called after every sync (for its customers) and every night (None: for all)."""
    session.flush()
    decided: dict[int, str] = {}
    for known in keeping.expected(session, company.id, customer_ids).values():
        items = frozenset(p.item_id for p in known.promises if p.item_id is not None) - known.open_item_ids
        decided |= judge_one(
            known.promises, known.receipts, frozenset(items), not known.open_item_ids, company.promise_grace_days, today
        )
    changed = keeping.promises_by_id(session, sorted(decided))
    for promise in changed:
        promise.state, promise.decided_on = decided[promise.id], today
        audit.record(session, now, None, company.id, promise.state, "promise", promise.id)
    if changed:
        worklist.refresh(session, company, sorted({p.customer_id for p in changed}), today)
    states = list(decided.values())
    return {"kept": states.count("kept"), "broken": states.count("broken")}
