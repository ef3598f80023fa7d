"""What bank files showed, for other programs: each movement with what it pays and why, and where bank and ledger disagree."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from models import bulk


class Allocated(NamedTuple):
    """Cents of a movement on an item. state: proposed, provisional, confirmed, corrected, dissolved."""

    piece: str
    customer: str
    cents: int
    difference_cents: int
    difference_reason: str
    state: str
    how: str


@dataclass(slots=True)
class ReportedMovement:
    """A movement with what it pays, or, while it waits, its best proposal."""

    id: int
    account: str
    booked_on: date
    value_on: date | None
    amount_cents: int
    left_cents: int
    currency: str
    name: str
    iban: str
    text: str
    structured: str
    end_to_end: str
    returned: bool
    state: str
    customer: str  # code of who paid, "" when not known
    customer_name: str
    allocations: list[Allocated] = field(default_factory=list)
    evidence: Sequence[dict[str, Any]] = ()
    confidence: int = 0


_MOVEMENTS = """
SELECT v.id, a.number, v.booked_on, v.value_on, v.amount_cents, v.left_cents, v.currency, v.name, v.iban, v.text, v.structured,
  v.end_to_end, v.returned, v.state, coalesce(c.code, ''), coalesce(c.name, '')
FROM bank_movement v JOIN bank_account a ON a.id = v.account_id LEFT JOIN customer c ON c.id = v.customer_id
WHERE v.company_id = ? AND v.booked_on BETWEEN ? AND ? ORDER BY v.booked_on, v.id
"""

_MATCHES = """
SELECT m.movement_id, i.piece, c.code, m.cents, m.difference_cents, m.difference_reason, m.state, m.how, m.evidence, m.confidence,
  m.proposal
FROM bank_match m JOIN bank_movement v ON v.id = m.movement_id JOIN item i ON i.id = m.item_id JOIN customer c ON c.id = i.customer_id
WHERE m.company_id = ? AND v.booked_on BETWEEN ? AND ? AND m.state IN ('provisional', 'confirmed', 'corrected', 'dissolved', 'proposed')
ORDER BY m.movement_id, m.state = 'proposed', m.proposal, m.id
"""


def movements(session: Session, company_id: int, first: date | None, last: date | None) -> list[ReportedMovement]:
    """Every movement booked between two days (None: from the first, to the last), oldest first."""
    values = [company_id, (first or date.min).isoformat(), (last or date.max).isoformat()]
    found: dict[int, ReportedMovement] = {}
    for number, account, booked_on, value_on, *row in bulk.fetch(session, _MOVEMENTS, values):
        days: tuple[Any, ...] = date.fromisoformat(booked_on), date.fromisoformat(value_on) if value_on else None
        found[number] = ReportedMovement(*(number, account, *days, *row))
        found[number].returned = bool(found[number].returned)
    best: dict[int, int] = {}
    for movement_id, *paid, evidence, confidence, proposal in bulk.fetch(session, _MATCHES, values):
        movement = found[movement_id]
        allocated = Allocated._make(paid)
        if allocated.state == "proposed" and best.setdefault(movement_id, proposal) != proposal:
            continue
        movement.allocations.append(allocated)
        if not movement.confidence:
            movement.evidence, movement.confidence = json.loads(evidence), confidence
    return list(found.values())


class Difference(NamedTuple):
    """A payment that bank and ledger tell differently. state: corrected (the ledger used it for something else, or settled
    the item with something else), dissolved (the ledger never showed it)."""

    match_id: int
    movement_id: int
    state: str
    booked_on: date
    name: str
    currency: str
    cents: int
    item_id: int
    customer_id: int
    piece: str
    ledger_open_cents: int  # of the item, today
    ledger_pieces: str  # what the ledger gave the payment to, comma separated
    ended_on: date | None


def differences(session: Session, company_id: int) -> list[Difference]:
    """What bank and ledger disagree about, the latest first."""
    rows = bulk.fetch(
        session,
        """SELECT m.id, m.movement_id, m.state, v.booked_on, v.name, v.currency, m.cents + m.difference_cents, i.id, i.customer_id,
             i.piece, i.open_cents + i.bank_cents,
             coalesce((SELECT group_concat(d.piece, ', ') FROM allocation al JOIN item d ON d.id = al.debit_id
                       WHERE al.credit_id = m.ledger_item_id), ''),
             substr(m.ended_at, 1, 10)
           FROM bank_match m JOIN bank_movement v ON v.id = m.movement_id JOIN item i ON i.id = m.item_id
           WHERE m.company_id = ? AND m.state IN ('corrected', 'dissolved') ORDER BY m.ended_at DESC, m.id DESC""",
        [company_id],
    )
    return [
        Difference._make((*row[:3], date.fromisoformat(row[3]), *row[4:12], date.fromisoformat(row[12]) if row[12] else None))
        for row in rows
    ]
