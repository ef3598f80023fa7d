"""The bank beside the ledger: provisional matches count as received until the ledger shows them, and the ledger always wins.

Before the ledger is written the bank's part is lifted off the items, so that ledger code sees ledger amounts only;
afterwards the matches are judged by what the ledger now says and laid on again (docs/decisions/0012)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models import bank_book, bank_store
from models.bank_follow import paid_since, provisional_facts
from models.company import Company
from rules.receipts import AFTER, BEFORE, judge
from services.bank_match import Verdict, judge_movements, match_rows, movement_outcome

WAITING_DAYS = 90  # payments that wait are matched again with what a new ledger has open


def lift(session: Session, company: Company) -> None:
    """Items show what the ledger says, nothing of the bank: to be called before ledger code reads or writes them."""
    session.flush()
    bank_store.lift(session, company.id)


def follow(
    session: Session, company: Company, touched: Collection[int] | None, now: datetime | None, today: date, *,
    rematch: bool = True,
) -> set[int]:  # fmt: skip
    """After the ledger or the bank has changed: what the ledger now shows of provisional matches (of the customers
    touched; None: of all) is confirmed, corrected or dissolved, payments that waited are matched with what is open now,
    and the bank's part is laid on. Only after `lift`. Gives the customers whose matters changed by it."""
    bank_store.leave_vanished(session, company.id)
    changed = _judge(session, company, touched, now, today)
    bank_store.lay(session, company.id)
    if rematch and now is not None and (concerned := _match_waiting(session, company, now, today)):
        bank_store.lift(session, company.id)
        changed |= concerned | _judge(session, company, concerned, now, today)
        bank_store.lay(session, company.id)
    return changed


def uncertain_after(session: Session, company: Company, first_on: date, customer_ids: Collection[int]) -> Collection[int]:
    """Of customers whose items new movements (the earliest of a day) pay: those of whom the ledger may say something about
    them already. What the others owe was open and is as it was, so their matches stand as they were made."""
    if company.ledger_on is None or company.ledger_on <= first_on + AFTER:
        return paid_since(session, company.id, first_on - BEFORE).intersection(customer_ids)
    return customer_ids


def _judge(
    session: Session, company: Company, customer_ids: Collection[int] | None, now: datetime | None, today: date
) -> set[int]:
    """What the ledger says of the provisional matches, kept; gives the customers for whom that is another than before."""
    standing: list[tuple[int, int | None, int]] = []
    ended: list[tuple[str, int | None, int]] = []
    lines: list[tuple[int | None, int]] = []
    changed: set[int] = set()
    movements: set[int] = set()
    for facts in provisional_facts(session, company.id, customer_ids):
        said = judge(facts.seen, facts.open_cents, facts.payments, facts.settled, company.ledger_on, today)
        lines += [(line, movement_id) for movement_id, line in said.lines.items()]
        of_movement = {one.match_id: one.movement_id for one in facts.seen}
        for verdict in said.verdicts:
            if verdict.state != "provisional":
                ended.append((verdict.state, verdict.ledger_item_id, verdict.match_id))
                movements.add(of_movement[verdict.match_id])
                changed.add(facts.customer_id)
            elif facts.laid[verdict.match_id] != (verdict.bank_cents, verdict.ledger_item_id):
                standing.append((verdict.bank_cents, verdict.ledger_item_id, verdict.match_id))
                changed.add(facts.customer_id)
    bank_store.keep_judgement(session, standing, ended, lines, now)
    bank_store.resettle_movements(session, movements)
    return changed


def _match_waiting(session: Session, company: Company, now: datetime, today: date) -> set[int]:
    """Payments nobody has decided about, matched once more with what is open now; what a person or the
    ledger refused is not proposed again. Only while the bank's part is laid on, and it is to be laid on anew afterwards. Gives the customers concerned."""
    waiting = bank_book.waiting_movements(session, company.id, today - timedelta(days=WAITING_DAYS))
    said = bank_book.said_of_waiting(session, company.id) if waiting else {}
    waiting = [paid for paid in waiting if not said[paid.id].by_person]
    verdicts = judge_movements(session, company, waiting)
    customers: set[int] = set()
    rows, movements, replaced = [], [], []
    for paid in waiting:
        verdict, before = verdicts.by_id.get(paid.id, Verdict()), said[paid.id]
        if verdict.how != "ledger" and {part.item_id for part in verdict.parts} in before.refused.values():
            verdict = Verdict(verdict.customer_id)
        parts = {(part.item_id, part.cents) for part in verdict.parts}
        if not verdict.how and parts == before.proposed and verdict.customer_id == before.customer_id:
            continue
        customers |= {one for one in (before.customer_id, verdict.customer_id) if one is not None}
        customers |= {verdicts.customers[item_id] for item_id, _ in parts if item_id in verdicts.customers}
        replaced.append(paid.id)
        rows += match_rows(company.id, paid.id, verdict, now)
        others = [
            one for one in verdicts.others.get(paid.id, ()) if {p.item_id for p in one.parts} not in before.refused.values()
        ]
        for number, other in enumerate(others if verdict.parts else (), 2):
            rows += match_rows(company.id, paid.id, other, now, proposal=number)
        movements.append((*movement_outcome(verdict, paid.cents), paid.id))
    bank_store.forget_proposals(session, replaced)
    bank_store.insert_matches(session, rows)
    bank_store.decide_movements(session, movements)
    return customers
