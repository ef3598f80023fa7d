"""What matching reads: open items, customers as a bank may show them, movements that wait, payments the ledger has.

Core tuples only, a handful of queries for any number of rows; days come as ISO text and are made dates once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from models import bulk
from models.bulk import Row
from rules.matching_facts import Owed, Paid, Payer
from rules.words import fold


class Days(dict[str, date]):
    """Days by their ISO text, each made once: a ledger has few different ones."""

    def __missing__(self, text: str) -> date:
        self[text] = found = date.fromisoformat(text)
        return found


_OWED = """
SELECT i.id, i.customer_id, i.piece, i.open_cents, i.currency, i.document_on, i.due_on, i.label,
  CASE WHEN i.direct_debit_rejected OR i.kind = 'rejected' THEN 0 WHEN i.method = 'direct_debit' THEN 1 WHEN i.method <> '' THEN 0
    WHEN c.method = 'direct_debit' OR (c.method = '' AND p.code = 'direct_debit') THEN 1 ELSE 0 END
FROM item i JOIN customer c ON c.id = i.customer_id LEFT JOIN profile p ON p.id = c.profile_id
WHERE i.company_id = ? AND i.open_cents <> 0 {only}
"""


def owed_items(
    session: Session, company_id: int, references: dict[int, tuple[str, ...]], customer_ids: Collection[int] | None = None
) -> list[Owed]:
    """Open items of a company (or some customers) after ledger and bank; `references` by item id name one item alone."""
    if customer_ids is None:
        rows = bulk.fetch(session, _OWED.format(only=""), [company_id])
    else:
        rows = bulk.fetch_in(session, _OWED.format(only="AND i.customer_id IN ({ids})"), [company_id], customer_ids)
    day, none, new = Days(), (), tuple.__new__
    return [
        new(Owed, (
            number, customer_id, piece, references.get(number, none), cents, currency, day[document_on], day[due_on], label,
            bool(by_debit),
        ))
        for number, customer_id, piece, cents, currency, document_on, due_on, label, by_debit in rows
    ]  # fmt: skip


def item_references(session: Session, company_id: int) -> dict[int, tuple[str, ...]]:
    """Payment references that electronic invoices gave, by item."""
    rows = bulk.fetch(
        session,
        """SELECT item_id, payment_reference FROM e_invoice
           WHERE company_id = ? AND item_id IS NOT NULL AND payment_reference <> ''""",
        [company_id],
    )
    return {item_id: (reference,) for item_id, reference in rows}


def chased_by_action(session: Session, company_id: int, action_ids: Iterable[int]) -> dict[int, tuple[int, list[int]]]:
    """What messages asked for: action → (customer, its items)."""
    found: dict[int, tuple[int, list[int]]] = {}
    rows = bulk.fetch_in(
        session,
        """SELECT a.id, a.customer_id, ai.item_id FROM action a LEFT JOIN action_item ai ON ai.action_id = a.id
           WHERE a.company_id = ? AND a.id IN ({ids})""",
        [company_id],
        set(action_ids),
    )
    for action_id, customer_id, item_id in rows:
        items = found.setdefault(action_id, (customer_id, []))[1]
        if item_id is not None:
            items.append(item_id)
    return found


def payers(session: Session, company_id: int, references: dict[int, tuple[str, ...]]) -> list[Payer]:
    """Every customer with its own names, then those it paid under, and the accounts it paid from; `references` by
    customer name the customer, not one item."""
    names: dict[int, list[str]] = defaultdict(list)
    for customer_id, name in bulk.fetch(
        session, "SELECT customer_id, name_folded FROM payer_name WHERE company_id = ? ORDER BY times DESC, id", [company_id]
    ):
        names[customer_id].append(name)
    ibans: dict[int, list[str]] = defaultdict(list)
    for customer_id, iban in bulk.fetch(
        session, "SELECT customer_id, iban FROM payer_account WHERE company_id = ? ORDER BY times DESC, id", [company_id]
    ):
        ibans[customer_id].append(iban)
    rows = bulk.fetch(
        session, "SELECT id, code, name_folded, name, ledger_name, vat_number FROM customer WHERE company_id = ?", [company_id]
    )
    found = []
    for number, code, folded, name, ledger_name, vat_number in rows:
        own = (folded,) if ledger_name in ("", name) else (folded, fold(ledger_name))
        found.append(
            Payer(
                number,
                code,
                (*own, *names.get(number, ())),
                tuple(ibans.get(number, ())),
                vat_number,
                references.get(number, ()),
            )
        )
    return found


_WAITING = """
SELECT id, booked_on, left_cents, currency, name, iban, structured, end_to_end, text, invoices, returned
FROM bank_movement WHERE company_id = ? AND state IN ('open', 'proposed') AND booked_on >= ? AND NOT returned AND left_cents > 0
"""


def waiting_movements(session: Session, company_id: int, since: date) -> list[Paid]:
    """Money that came in since a day and that is not matched yet, as matching reads it."""
    rows = bulk.fetch(session, _WAITING + " ORDER BY booked_on, id", [company_id, since.isoformat()])
    return [paid_of(row) for row in rows]


def movement_as_paid(session: Session, movement_id: int) -> Paid:
    """One movement as matching reads it, whatever its state."""
    columns = "id, booked_on, left_cents, currency, name, iban, structured, end_to_end, text, invoices, returned"
    return paid_of(bulk.fetch(session, f"SELECT {columns} FROM bank_movement WHERE id = ?", [movement_id])[0])  # noqa: S608


def paid_of(row: Row) -> Paid:
    """A row of the columns above."""
    return Paid._make((row[0], date.fromisoformat(row[1]), *row[2:9], tuple(json.loads(row[9])), bool(row[10]), False))


class LedgerPayment(NamedTuple):
    """A credit line of the ledger that may be a payment, with what the ledger leaves open of it (bank part lifted or not:
    `open_cents` is the ledger's). `cents` is positive."""

    item_id: int
    customer_id: int
    currency: str
    cents: int
    open_cents: int
    entry_on: date
    label: str


def ledger_payments(session: Session, company_id: int, since: date, until: date) -> list[LedgerPayment]:
    """Payments the ledger has between two days that no movement is known to be."""
    rows = bulk.fetch(
        session,
        """SELECT i.id, i.customer_id, i.currency, -i.amount_cents, i.open_cents + i.bank_cents, i.entry_on, i.label FROM item i
           WHERE i.company_id = ? AND i.state = 'counted' AND i.amount_cents < 0 AND i.kind NOT IN ('credit_note', 'opening')
             AND i.entry_on BETWEEN ? AND ?
             AND NOT EXISTS (SELECT 1 FROM bank_movement v WHERE v.ledger_item_id = i.id)
           ORDER BY i.entry_on, i.id""",
        [company_id, since.isoformat(), until.isoformat()],
    )
    day = Days()
    return [LedgerPayment._make((*row[:5], day[row[5]], row[6])) for row in rows]


def settled_by(session: Session, payment_ids: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
    """What the ledger settled with payments: payment → (item, cents)."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for payment_id, item_id, cents in bulk.fetch_in(
        session,
        "SELECT credit_id, debit_id, cents FROM allocation WHERE credit_id IN ({ids}) AND debit_id IS NOT NULL ORDER BY id",
        [],
        set(payment_ids),
    ):
        found[payment_id].append((item_id, cents))
    return found


class Earlier(NamedTuple):
    """A movement that a returned one may give back."""

    id: int
    booked_on: date
    cents: int
    customer_id: int | None
    name_folded: str
    iban: str
    end_to_end: str
    mandate: str
    uid: str


def earlier_movements(session: Session, company_id: int, cents: Collection[int], since: date) -> list[Earlier]:
    """Money that came in since a day in one of these amounts and was not given back yet, latest first."""
    rows = bulk.fetch(
        session,
        """SELECT id, booked_on, amount_cents, customer_id, name_folded, iban, end_to_end, mandate, uid FROM bank_movement v
           WHERE company_id = ? AND booked_on >= ? AND NOT returned AND state <> 'ignored'
             AND amount_cents IN (SELECT value FROM json_each(?))
             AND NOT EXISTS (SELECT 1 FROM bank_movement r WHERE r.returns_id = v.id)
           ORDER BY booked_on DESC, id DESC""",
        [company_id, since.isoformat(), json.dumps(sorted(cents))],
    )
    return [Earlier(row[0], date.fromisoformat(row[1]), *row[2:]) for row in rows]


class Paidback(NamedTuple):
    """An item that was settled and whose payment may have come back. `open_cents` is what is open after ledger and bank."""

    item_id: int
    customer_id: int
    piece: str
    currency: str
    amount_cents: int
    open_cents: int
    settled_on: date


def paid_items(session: Session, company_id: int, cents: Collection[int], on: date, days: int) -> list[Paidback]:
    """Invoices of one of these amounts that were settled in the days before one, latest first."""
    rows = bulk.fetch(
        session,
        """SELECT id, customer_id, piece, currency, amount_cents, open_cents, settled_on FROM item
           WHERE company_id = ? AND state = 'counted' AND settled_on >= ? AND open_cents + bank_cents = 0
             AND amount_cents IN (SELECT value FROM json_each(?)) ORDER BY settled_on DESC, id DESC""",
        [company_id, (on - timedelta(days=days)).isoformat(), json.dumps(sorted(cents))],
    )
    return [Paidback._make((*row[:6], date.fromisoformat(row[6]))) for row in rows]


def parts_of(session: Session, movement_ids: Iterable[int]) -> dict[int, list[tuple[int, int, int]]]:
    """What movements are known to have paid: movement → (item, cents, difference)."""
    found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for movement_id, item_id, cents, difference in bulk.fetch_in(
        session,
        """SELECT movement_id, item_id, cents, difference_cents FROM bank_match
           WHERE state IN ('provisional', 'confirmed', 'corrected') AND movement_id IN ({ids}) ORDER BY id""",
        [],
        set(movement_ids),
    ):
        found[movement_id].append((item_id, cents, difference))
    return found


def own_names(session: Session, company_id: int) -> dict[int, set[str]]:
    """The names each customer has by itself, folded."""
    rows = bulk.fetch(session, "SELECT id, name_folded, ledger_name FROM customer WHERE company_id = ?", [company_id])
    return {number: {folded, fold(ledger_name)} for number, folded, ledger_name in rows}


def brought_by(session: Session, sync_id: int) -> tuple[set[int], list[tuple[int, str, str]]]:
    """Whom the movements a sync brought concern, and what they taught: (customer, account, folded name)."""
    brought = "FROM bank_movement v JOIN bank_statement s ON s.id = v.statement_id"
    customers = bulk.fetch(
        session,
        f"""SELECT v.customer_id {brought} WHERE s.sync_id = ? AND v.customer_id IS NOT NULL
            UNION SELECT i.customer_id {brought} JOIN bank_match m ON m.movement_id = v.id JOIN item i ON i.id = m.item_id
            WHERE s.sync_id = ?""",
        [sync_id, sync_id],
    )
    taught = bulk.fetch(
        session,
        f"""SELECT v.customer_id, v.iban, v.name_folded {brought}
            WHERE s.sync_id = ? AND v.customer_id IS NOT NULL AND v.state = 'matched' AND NOT v.returned""",
        [sync_id],
    )
    return {row[0] for row in customers}, [(row[0], row[1], row[2]) for row in taught]


class Returned(NamedTuple):
    """A movement that gives a payment back."""

    id: int
    booked_on: date
    cents: int
    currency: str
    name: str
    name_folded: str
    iban: str
    structured: str
    end_to_end: str
    text: str
    mandate: str


def returned_movements(session: Session, ids: Iterable[int]) -> list[Returned]:
    """Movements of payments given back, oldest first."""
    rows = bulk.fetch_in(
        session,
        """SELECT id, booked_on, amount_cents, currency, name, name_folded, iban, structured, end_to_end, text, mandate
           FROM bank_movement WHERE id IN ({ids}) AND returned AND amount_cents < 0""",
        [],
        ids,
    )
    return sorted(
        (Returned(row[0], date.fromisoformat(row[1]), *row[2:]) for row in rows), key=lambda one: (one.booked_on, one.id)
    )


class Proposed(NamedTuple):
    """A row of a proposal that waits, with what its item has open now after ledger and bank."""

    id: int
    movement_id: int
    proposal: int
    item_id: int
    customer_id: int
    cents: int
    difference_cents: int
    confidence: int
    evidence: list[dict[str, object]]
    open_cents: int
    amount_cents: int
    left_cents: int  # of the movement


_PROPOSED = """
SELECT m.id, m.movement_id, m.proposal, m.item_id, i.customer_id, m.cents, m.difference_cents, m.confidence, m.evidence,
  i.open_cents, i.amount_cents, v.left_cents
FROM bank_match m JOIN item i ON i.id = m.item_id JOIN bank_movement v ON v.id = m.movement_id
WHERE m.company_id = ? AND m.state = 'proposed' AND {only} ORDER BY m.confidence DESC, v.booked_on, m.movement_id, m.proposal, m.id
"""


def proposals_of(session: Session, company_id: int, movement_id: int) -> list[Proposed]:
    """The proposals of one movement that wait."""
    return _proposed(bulk.fetch(session, _PROPOSED.format(only="m.movement_id = ?"), [company_id, movement_id]))


def best_proposals(session: Session, company_id: int, confidence: int) -> list[Proposed]:
    """The rows of every proposal that is as sure as asked for, the surest and oldest first; below each other per movement."""
    return _proposed(bulk.fetch(session, _PROPOSED.format(only="m.confidence >= ?"), [company_id, confidence]))


def _proposed(rows: Iterable[Row]) -> list[Proposed]:
    return [Proposed._make((*row[:8], json.loads(row[8]), *row[9:])) for row in rows]


class Target(NamedTuple):
    """An item a person gives a part of a payment to. `open_cents` after ledger and bank."""

    id: int
    customer_id: int
    piece: str
    currency: str
    state: str
    open_cents: int
    amount_cents: int


def targets(session: Session, company_id: int, item_ids: Iterable[int]) -> dict[int, Target]:
    """Items of a company by id."""
    rows = bulk.fetch_in(
        session,
        "SELECT id, customer_id, piece, currency, state, open_cents, amount_cents FROM item WHERE company_id = ? AND id IN ({ids})",
        [company_id],
        set(item_ids),
    )
    return {row[0]: Target._make(row) for row in rows}


@dataclass(slots=True)
class Said:
    """What was said of a movement that waits: whether a person named the payer, the items of its best proposal with their
    cents, and sets of items a person (or the ledger, by never showing it) refused."""

    by_person: bool = False
    customer_id: int | None = None
    proposed: set[tuple[int, int]] = field(default_factory=set)
    refused: dict[tuple[str, int], set[int]] = field(default_factory=dict)


def said_of_waiting(session: Session, company_id: int) -> dict[int, Said]:
    """What was said of every movement that waits."""
    rows = bulk.fetch(
        session,
        """SELECT v.id, v.decided_by_id, v.customer_id, m.state, m.proposal, m.made_at, m.item_id, m.cents
           FROM bank_movement v LEFT JOIN bank_match m ON m.movement_id = v.id
             AND m.state IN ('proposed', 'declined', 'undone', 'dissolved')
           WHERE v.company_id = ? AND v.state IN ('open', 'proposed')""",
        [company_id],
    )
    found: dict[int, Said] = {}
    for number, person, customer_id, state, proposal, made_at, item_id, cents in rows:
        one = found.setdefault(number, Said(person is not None, customer_id))
        if state == "proposed" and proposal == 1:
            one.proposed.add((item_id, cents))
        elif state is not None and state != "proposed":
            one.refused.setdefault((made_at, proposal), set()).add(item_id)
    return found
