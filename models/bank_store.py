"""What a bank file brings, written and taken back in bulk; and the bank's part of items, lifted off and laid on again.

The bank's part of an item is nothing but the sum of its provisional matches (and, on the ledger's own payment line, the
same sum the other way round): it can be taken off and laid on at any time (docs/decisions/0012)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import bulk
from models.bank import BankAccount, BankMovement, BankStatement
from models.bulk import Row
from models.syncs import Sync
from rules.bank import Movement
from rules.bank_identity import Stored

MOVEMENT = (
    "id", "company_id", "account_id", "statement_id", "key", "state", "source_line", "booked_on", "value_on", "amount_cents",
    "left_cents", "currency", "uid", "name", "name_folded", "iban", "bic", "structured", "end_to_end", "text", "invoices",
    "code", "returned", "return_reason", "mandate", "batch", "foreign_currency", "foreign_cents", "customer_id", "returns_id",
    "ledger_item_id",
)  # fmt: skip
OFTEN_EQUAL = frozenset({
    "account_id", "currency", "end_to_end", "invoices", "returned", "return_reason", "mandate", "batch", "foreign_currency",
    "foreign_cents", "returns_id", "ledger_item_id", "proposal", "difference_cents", "difference_reason", "state", "how",
    "made_at", "by_id",
})  # fmt: skip
FACTS = MOVEMENT[4:5] + MOVEMENT[6:10] + MOVEMENT[11:28]
"""What the file says of a movement: a booked one takes the place of the intraday one it was announced by."""

MATCH = (
    "company_id", "movement_id", "item_id", "proposal", "cents", "difference_cents", "difference_reason", "state", "how",
    "confidence", "evidence", "made_at", "by_id", "laid_cents",
)  # fmt: skip


@lru_cache(16)
def instant(at: datetime) -> str:
    """An instant as SQLite keeps it."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def accounts_by_number(session: Session, company_id: int) -> dict[tuple[str, str], BankAccount]:
    """The company's bank accounts by number and currency."""
    found = session.scalars(sa.select(BankAccount).where(BankAccount.company_id == company_id))
    return {(one.number, one.currency): one for one in found}


def known_keys(session: Session, account_id: int, keys: Sequence[str]) -> set[str]:
    """Those of the identities that the account has already, asked for at once."""
    rows = bulk.fetch(
        session,
        "SELECT key FROM bank_movement WHERE account_id = ? AND key IN (SELECT value FROM json_each(?))",
        [account_id, json.dumps(list(keys))],
    )
    return {row[0] for row in rows}


def last_bank_sync(session: Session, company_id: int) -> Sync | None:
    """The latest bank file that stands."""
    return session.scalar(
        sa.select(Sync)
        .where(Sync.company_id == company_id, Sync.state == "done", Sync.kind == "bank")
        .order_by(Sync.finished_at.desc(), Sync.id.desc())
        .limit(1)
    )


def bank_sync_of(session: Session, company_id: int, digest: str) -> Sync | None:
    """The sync that took these very bytes in and stands."""
    return session.scalar(
        sa.select(Sync)
        .where(Sync.company_id == company_id, Sync.file_hash == digest, Sync.state == "done", Sync.kind == "bank")
        .where(sa.exists().where(BankStatement.sync_id == Sync.id))
        .limit(1)
    )


def statements_of(session: Session, sync_id: int) -> list[tuple[BankStatement, BankAccount]]:
    """The statements a sync read, in the order of the file."""
    query = (
        sa.select(BankStatement, BankAccount)
        .join(BankAccount, BankAccount.id == BankStatement.account_id)
        .where(BankStatement.sync_id == sync_id)
        .order_by(BankStatement.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def insert_movements(session: Session, rows: Sequence[Row]) -> None:
    """Insert movements of one company in the order of `MOVEMENT`."""
    if rows:
        bulk.insert_shared(session, "bank_movement", MOVEMENT, rows, {"company_id": rows[0][1]}, OFTEN_EQUAL)


def insert_matches(session: Session, rows: Sequence[Row]) -> None:
    """Insert matches of one company in the order of `MATCH`."""
    if rows:
        bulk.insert_shared(session, "bank_match", MATCH, rows, {"company_id": rows[0][0]}, OFTEN_EQUAL)


def refresh_balances(session: Session, company_id: int) -> None:
    """Each account shows the closing balance of its latest statement of a day."""
    bulk.run(
        session,
        """UPDATE bank_account SET (balance_cents, balance_on) = (
             SELECT closing_cents, closing_on FROM bank_statement s
             WHERE s.account_id = bank_account.id AND s.kind = 'day' AND closing_cents IS NOT NULL AND closing_on IS NOT NULL
             ORDER BY closing_on DESC, s.id DESC LIMIT 1)
           WHERE company_id = ?""",
        [(company_id,)],
    )


def take_out(session: Session, sync_id: int) -> None:
    """Remove what a sync brought: its statements, their movements and matches."""
    bulk.run(session, "DELETE FROM bank_statement WHERE sync_id = ?", [(sync_id,)])


def remove_empty_accounts(session: Session, company_id: int) -> None:
    """Accounts that no statement speaks of any more."""
    bulk.run(
        session,
        """DELETE FROM bank_account WHERE company_id = ?
           AND NOT EXISTS (SELECT 1 FROM bank_statement s WHERE s.account_id = bank_account.id)""",
        [(company_id,)],
    )


# The bank's part of items


def lift(session: Session, company_id: int) -> None:
    """Take the bank's part off every item: what stays open is what the ledger says."""
    bulk.run(
        session,
        "UPDATE item SET open_cents = open_cents + bank_cents, bank_cents = 0 WHERE company_id = ? AND bank_cents <> 0",
        [(company_id,)],
    )


PARTS = """
  SELECT m.item_id AS id, m.laid_cents AS cents, v.booked_on AS seen_on
  FROM bank_match m JOIN bank_movement v ON v.id = m.movement_id
  WHERE m.company_id = ? AND m.state = 'provisional'
  UNION ALL
  SELECT m.ledger_item_id, m.difference_cents - m.laid_cents, v.booked_on
  FROM bank_match m JOIN bank_movement v ON v.id = m.movement_id
  WHERE m.company_id = ? AND m.state = 'provisional' AND m.ledger_item_id IS NOT NULL
"""
"""The bank's parts of items one by one, with the day they were seen: an item's own, and the ledger's line of the same
payment the other way round. Two places, both the company's id."""


def lay(session: Session, company_id: int) -> None:
    """Lay the bank's part on the items of every provisional match. Only after `lift`."""
    bulk.run(
        session,
        f"""UPDATE item SET bank_cents = part.cents, open_cents = open_cents - part.cents
            FROM (SELECT id, sum(cents) AS cents FROM ({PARTS}) GROUP BY id HAVING sum(cents) <> 0) part
            WHERE item.id = part.id""",  # noqa: S608
        [(company_id, company_id)],
    )


class Standing(NamedTuple):
    """A provisional match."""

    id: int
    movement_id: int
    item_id: int
    customer_id: int


def standing_of(session: Session, movement_id: int) -> list[Standing]:
    """The provisional matches of a movement."""
    rows = bulk.fetch(
        session,
        """SELECT m.id, m.movement_id, m.item_id, i.customer_id FROM bank_match m JOIN item i ON i.id = m.item_id
           WHERE m.movement_id = ? AND m.state = 'provisional' ORDER BY m.id""",
        [movement_id],
    )
    return list(map(Standing._make, rows))


def end_matches(session: Session, rows: Iterable[tuple[str, int]], now: datetime | None) -> None:
    """Matches end in a state: (state, id)."""
    at = instant(now) if now else None
    bulk.update(session, "bank_match", ("state", "ended_at", "laid_cents"), [(state, at, 0, number) for state, number in rows])


def keep_judgement(
    session: Session,
    standing: Sequence[tuple[int, int | None, int]],
    ended: Sequence[tuple[str, int | None, int]],
    lines: Sequence[tuple[int | None, int]],
    now: datetime | None,
) -> None:
    """What the ledger says of provisional matches: still standing (laid cents, ledger's line, match), ended (state,
    ledger's line, match), and the ledger's line of movements (line, movement)."""
    bulk.update(session, "bank_match", ("laid_cents", "ledger_item_id"), standing)
    at = instant(now) if now else None
    bulk.update(
        session,
        "bank_match",
        ("state", "ledger_item_id", "ended_at", "laid_cents"),
        [(state, line, at, 0, number) for state, line, number in ended],
    )
    bulk.update(session, "bank_movement", ("ledger_item_id",), lines)


def leave_vanished(session: Session, company_id: int) -> None:
    """Payments of items that are no longer in the ledger wait again, as if the items had never been there."""
    rows = bulk.fetch(
        session,
        """SELECT m.id, m.movement_id FROM bank_match m JOIN item i ON i.id = m.item_id
           WHERE m.company_id = ? AND m.state IN ('provisional', 'proposed') AND i.state <> 'counted'""",
        [company_id],
    )
    bulk.delete(session, "bank_match", (row[0] for row in rows))
    resettle_movements(session, (row[1] for row in rows))


def resettle_movements(session: Session, movement_ids: Iterable[int]) -> None:
    """What is left of movements, and their state, after their matches changed; ignored ones stay so."""
    ids = sorted(set(movement_ids))
    bulk.run(
        session,
        """UPDATE bank_movement SET
             left_cents = amount_cents - coalesce((SELECT sum(cents) FROM bank_match m WHERE m.movement_id = bank_movement.id
                                                   AND m.state IN ('provisional', 'confirmed', 'corrected')), 0),
             state = CASE
               WHEN EXISTS (SELECT 1 FROM bank_match m WHERE m.movement_id = bank_movement.id
                            AND m.state IN ('provisional', 'confirmed', 'corrected')) THEN 'matched'
               WHEN EXISTS (SELECT 1 FROM bank_match m WHERE m.movement_id = bank_movement.id AND m.state = 'proposed')
                 THEN 'proposed'
               ELSE 'open' END
           WHERE id = ? AND state <> 'ignored'""",
        [(one,) for one in ids],
    )


def learn_accounts(session: Session, company_id: int, rows: Iterable[tuple[int, str, date]]) -> None:
    """Accounts customers paid from: (customer, IBAN, day)."""
    _learn(session, company_id, "payer_account", "iban", rows)


def learn_names(session: Session, company_id: int, rows: Iterable[tuple[int, str, date]]) -> None:
    """Names customers paid under that are not their own: (customer, folded name, day)."""
    _learn(session, company_id, "payer_name", "name_folded", rows)


def _learn(session: Session, company_id: int, table: str, column: str, rows: Iterable[tuple[int, str, date]]) -> None:
    """Who paid how, each time counted."""
    times: dict[tuple[int, str], tuple[int, date]] = {}
    for customer_id, value, on in rows:
        before = times.get((customer_id, value), (0, on))
        times[customer_id, value] = before[0] + 1, max(before[1], on)
    bulk.run(
        session,
        f"""INSERT INTO {table} (company_id, customer_id, {column}, times, last_on) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (company_id, {column}, customer_id)
           DO UPDATE SET times = times + excluded.times, last_on = max(last_on, excluded.last_on)""",  # noqa: S608
        [(company_id, customer_id, value, many, on.isoformat()) for (customer_id, value), (many, on) in times.items()],
    )


def unlearn(session: Session, company_id: int, rows: Iterable[tuple[int, str, str]]) -> None:
    """What was learned from a match that was taken back: (customer, IBAN, folded name)."""
    given = list(rows)
    for table, column, place in (("payer_account", "iban", 1), ("payer_name", "name_folded", 2)):
        values = [(company_id, row[0], row[place]) for row in given if row[place]]
        where = f"WHERE company_id = ? AND customer_id = ? AND {column} = ?"
        bulk.run(session, f"UPDATE {table} SET times = times - 1 {where}", values)  # noqa: S608
        bulk.run(session, f"DELETE FROM {table} {where} AND times <= 0", values)  # noqa: S608


# Payments given back


def known_customer(session: Session, movement_id: int, customer_id: int | None, *, returns_id: int | None = None) -> None:
    """Who a movement is of, and which one it gives back."""
    bulk.update(session, "bank_movement", ("customer_id", "returns_id"), [(customer_id, returns_id, movement_id)])


def cancel_out(session: Session, original_id: int, returned_id: int, customer_id: int | None) -> None:
    """A payment nobody had allocated and the movement that gives it back: neither waits for anybody."""
    known_customer(session, returned_id, customer_id, returns_id=original_id)
    bulk.run(session, "UPDATE bank_match SET state = 'declined' WHERE movement_id = ? AND state = 'proposed'", [(original_id,)])
    bulk.update(session, "bank_movement", ("state", "left_cents"), [("matched", 0, original_id), ("matched", 0, returned_id)])


_BY_DEBIT = """(item.method = 'direct_debit' OR (item.method = '' AND EXISTS (
  SELECT 1 FROM customer c LEFT JOIN profile p ON p.id = c.profile_id WHERE c.id = item.customer_id
  AND (c.method = 'direct_debit' OR (c.method = '' AND p.code = 'direct_debit')))))"""


def mark_rejected(session: Session, item_ids: Iterable[int], *, by_debit: bool) -> None:
    """The direct debit of items came back: they may be reminded like any other. `by_debit` False: it is not known to have
    been one, so only items that are collected so."""
    only = "" if by_debit else f" AND {_BY_DEBIT}"
    bulk.run(session, f"UPDATE item SET direct_debit_rejected = 1 WHERE id = ?{only}", [(one,) for one in item_ids])  # noqa: S608


def unmark_rejected(session: Session, item_ids: Iterable[int]) -> None:
    """What a returned movement said of items is taken back."""
    bulk.run(session, "UPDATE item SET direct_debit_rejected = 0 WHERE id = ?", [(one,) for one in item_ids])


def reopened_by_sync(session: Session, sync_id: int) -> list[int]:
    """Items that returned movements of a sync opened again."""
    rows = bulk.fetch(
        session,
        """SELECT m.item_id FROM bank_match m JOIN bank_movement v ON v.id = m.movement_id
           JOIN bank_statement s ON s.id = v.statement_id
           WHERE s.sync_id = ? AND v.returned AND m.state IN ('provisional', 'confirmed', 'corrected')""",
        [sync_id],
    )
    return [row[0] for row in rows]


def wait_again(session: Session, sync_id: int) -> None:
    """Payments of other syncs that a returned movement of this one cancelled out wait for somebody again."""
    rows = bulk.fetch(
        session,
        """SELECT o.id FROM bank_movement o JOIN bank_movement v ON v.returns_id = o.id
           JOIN bank_statement s ON s.id = v.statement_id
           WHERE s.sync_id = ? AND NOT EXISTS (SELECT 1 FROM bank_match m WHERE m.movement_id = o.id
             AND m.state IN ('provisional', 'confirmed', 'corrected'))""",
        [sync_id],
    )
    resettle_movements(session, [row[0] for row in rows])


# What people decide


def accept_rows(session: Session, match_ids: Iterable[int], actor_id: int, now: datetime) -> None:
    """Rows of proposals count as received from now on, by a person's word."""
    at = instant(now)
    bulk.run(
        session,
        """UPDATE bank_match SET state = 'provisional', how = 'hand', by_id = ?, made_at = ?,
           laid_cents = cents + difference_cents WHERE id = ?""",
        [(actor_id, at, one) for one in match_ids],
    )


def end_proposals(session: Session, movement_id: int, now: datetime) -> None:
    """The proposals of a movement that still wait are refused with what was decided instead."""
    bulk.run(
        session,
        "UPDATE bank_match SET state = 'declined', ended_at = ? WHERE movement_id = ? AND state = 'proposed'",
        [(instant(now), movement_id)],
    )


def movements_by_id(session: Session, ids: Iterable[int]) -> dict[int, BankMovement]:
    """Movements to be changed, by id."""
    wanted = sorted(set(ids))
    found: dict[int, BankMovement] = {}
    for start in range(0, len(wanted), bulk.CHUNK):
        query = sa.select(BankMovement).where(BankMovement.id.in_(wanted[start : start + bulk.CHUNK]))
        found |= {one.id: one for one in session.scalars(query)}
    return found


# Announced and booked


def announced(session: Session, account_id: int, since: date, until: date) -> list[Stored]:
    """Movements of an account known only from an intraday report or an advice, booked between two days."""
    rows = bulk.fetch(
        session,
        """SELECT v.id, v.booked_on, v.amount_cents, v.currency, v.uid, v.name, v.iban, v.structured, v.end_to_end, v.text, v.batch
           FROM bank_statement s JOIN bank_movement v ON v.statement_id = s.id
           WHERE s.account_id = ? AND s.kind <> 'day' AND v.booked_on BETWEEN ? AND ? ORDER BY v.id""",
        [account_id, since.isoformat(), until.isoformat()],
    )
    return [Stored(row[0], date.fromisoformat(row[1]), *row[2:]) for row in rows]


def booked(session: Session, account_id: int, since: date, until: date) -> list[tuple[int, bool, Movement]]:
    """Movements of an account that a statement of a day has booked: id, whether nobody has decided about it, and itself."""
    rows = bulk.fetch(
        session,
        """SELECT v.id, v.state IN ('open', 'proposed'), v.booked_on, v.amount_cents, v.currency, v.uid, v.name, v.iban,
             v.structured, v.end_to_end, v.text, v.batch
           FROM bank_movement v JOIN bank_statement s ON s.id = v.statement_id
           WHERE v.account_id = ? AND s.kind = 'day' AND v.booked_on BETWEEN ? AND ? ORDER BY v.id""",
        [account_id, since.isoformat(), until.isoformat()],
    )
    return [
        (row[0], bool(row[1]), Movement(
            0, date.fromisoformat(row[2]), row[3], row[4], uid=row[5], name=row[6], iban=row[7], structured=row[8],
            end_to_end=row[9], text=row[10], batch=row[11],
        ))
        for row in rows
    ]  # fmt: skip


def facts_of(session: Session, movement_ids: Iterable[int]) -> list[Row]:
    """What files said of movements, their statement and their id: what `write_facts` takes."""
    return bulk.fetch_in(
        session,
        f"SELECT {', '.join(FACTS)}, statement_id, id FROM bank_movement WHERE id IN ({{ids}})",  # noqa: S608
        [],
        movement_ids,
    )


def write_facts(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write what files say of movements: the columns of `FACTS`, their statement, and last their id."""
    bulk.update(session, "bank_movement", (*FACTS, "statement_id"), rows)


def remove_movements(session: Session, ids: Iterable[int]) -> None:
    """Remove movements with their matches."""
    bulk.delete(session, "bank_movement", ids)


def forget_proposals(session: Session, movement_ids: Iterable[int]) -> None:
    """Proposals that newer ones take the place of; nobody has decided about them."""
    bulk.run(
        session,
        "DELETE FROM bank_match WHERE movement_id = ? AND state = 'proposed'",
        [(one,) for one in movement_ids],
    )


def decide_movements(session: Session, rows: Iterable[Row]) -> None:
    """Movements after a verdict: (state, left, customer, ledger's line, id)."""
    bulk.update(session, "bank_movement", ("state", "left_cents", "customer_id", "ledger_item_id"), rows)
