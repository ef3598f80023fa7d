"""What following the ledger reads: provisional matches by customer, and the ledger's side of the same items.

Amounts of the ledger are its own (`open_cents + bank_cents`), whether the bank's part is lifted or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy.orm import Session

from models import bulk
from models.bank_book import Days
from rules.receipts import BEFORE, LedgerPayment, Seen, Settled


@dataclass(slots=True)
class Facts:
    """One customer's provisional matches and what the ledger says, in one currency."""

    customer_id: int
    seen: list[Seen] = field(default_factory=list)
    laid: dict[int, tuple[int, int | None]] = field(default_factory=dict)  # match → laid cents and the ledger's line, as kept
    open_cents: dict[int, int] = field(default_factory=dict)
    payments: list[LedgerPayment] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)


def provisional_facts(session: Session, company_id: int, customer_ids: Collection[int] | None) -> list[Facts]:
    """Facts for judging the provisional matches of a company (None), or of some customers, by customer and currency."""
    found = {} if customer_ids is not None and not customer_ids else _seen(session, company_id, customer_ids)
    if not found:
        return []
    since = min(one.booked_on for facts in found.values() for one in facts.seen) - BEFORE - timedelta(days=1)
    customers = {facts.customer_id for facts in found.values()}
    _add_payments(session, customers, since, found)
    _add_open(session, found)
    _add_settled(session, found)
    return list(found.values())


_IS_PAYMENT = """i.state = 'counted' AND ((i.amount_cents < 0 AND i.kind NOT IN ('credit_note', 'opening'))
  OR (i.amount_cents > 0 AND i.kind = 'rejected'))"""


def paid_since(session: Session, company_id: int, since: date) -> set[int]:
    """Customers of whom the ledger has a payment, or one that came back, of this day or later."""
    rows = bulk.fetch(
        session,
        f"SELECT DISTINCT i.customer_id FROM item i WHERE i.company_id = ? AND i.entry_on >= ? AND {_IS_PAYMENT}",  # noqa: S608
        [company_id, since.isoformat()],
    )
    return {row[0] for row in rows}


def _seen(session: Session, company_id: int, customer_ids: Collection[int] | None) -> dict[tuple[int, str], Facts]:
    rows = bulk.fetch(
        session,
        """SELECT i.customer_id, i.currency, m.id, m.movement_id, m.item_id, m.cents, v.booked_on, v.amount_cents,
             m.difference_cents, v.batch, coalesce(m.ledger_item_id, v.ledger_item_id), i.amount_cents, m.laid_cents,
             m.ledger_item_id
           FROM bank_match m JOIN bank_movement v ON v.id = m.movement_id JOIN item i ON i.id = m.item_id
           WHERE m.company_id = ? AND m.state = 'provisional' ORDER BY m.id""",
        [company_id],
    )
    wanted = None if customer_ids is None else set(customer_ids)
    day, found, new = Days(), dict[tuple[int, str], Facts](), tuple.__new__
    for customer_id, currency, number, movement_id, item_id, cents, booked_on, *rest, laid, line in rows:
        if wanted is not None and customer_id not in wanted:
            continue
        facts = found.get((customer_id, currency))
        if facts is None:
            facts = found[customer_id, currency] = Facts(customer_id)
        facts.seen.append(new(Seen, (number, movement_id, item_id, cents, day[booked_on], *rest)))
        facts.laid[number] = laid, line
    return found


def _add_payments(session: Session, customers: Iterable[int], since: date, found: dict[tuple[int, str], Facts]) -> None:
    """Payments of these customers, and payments that came back, except those that are a movement of no provisional match."""
    rows = bulk.fetch_in(
        session,
        f"""SELECT i.customer_id, i.currency, i.id, i.entry_on, -i.amount_cents, -(i.open_cents + i.bank_cents) FROM item i
           WHERE i.entry_on >= ? AND i.customer_id IN ({{ids}}) AND {_IS_PAYMENT}
             AND NOT EXISTS (SELECT 1 FROM bank_movement v WHERE v.ledger_item_id = i.id AND NOT EXISTS (
               SELECT 1 FROM bank_match m WHERE m.movement_id = v.id AND m.state = 'provisional'))
           ORDER BY i.entry_on, i.id""",  # noqa: S608
        [since.isoformat()],
        customers,
    )
    day = Days()
    for customer_id, currency, item_id, entry_on, cents, open_cents in rows:
        facts = found.get((customer_id, currency))
        if facts is not None:
            facts.payments.append(LedgerPayment(item_id, day[entry_on], cents, open_cents))


def _add_open(session: Session, found: dict[tuple[int, str], Facts]) -> None:
    of_item: dict[int, list[Facts]] = defaultdict(list)
    for facts in found.values():
        for item_id in {one.item_id for one in facts.seen} | {one.item_id for one in facts.payments}:
            of_item[item_id].append(facts)
    rows = bulk.fetch_in(
        session, "SELECT id, open_cents + bank_cents FROM item WHERE state = 'counted' AND id IN ({ids})", [], of_item
    )
    for item_id, cents in rows:
        for facts in of_item[item_id]:
            facts.open_cents[item_id] = cents


def _add_settled(session: Session, found: dict[tuple[int, str], Facts]) -> None:
    of_item: dict[int, Facts] = {}
    for facts in found.values():
        of_item |= dict.fromkeys((*(one.item_id for one in facts.seen), *(one.item_id for one in facts.payments)), facts)
    day, met = Days(), set[int]()
    for column in ("debit_id", "credit_id"):
        rows = bulk.fetch_in(
            session,
            f"SELECT id, debit_id, credit_id, cents, made_on, {column} FROM allocation WHERE {column} IN ({{ids}})",  # noqa: S608
            [],
            of_item,
        )
        for number, debit_id, credit_id, cents, made_on, mine in rows:
            if number not in met:
                met.add(number)
                of_item[mine].settled.append(Settled(debit_id, credit_id, cents, day[made_on]))
