"""The ledger as a sync reads and writes it: customers, items and allocations in bulk, and the balance they must keep."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import bulk
from models.bulk import Row
from models.company import Profile, SalesRep
from models.syncs import ColumnMapping, Sync


class Stored(NamedTuple):
    """An item as a sync sees it; days are ISO text. From `kind` on: the facts, what the ledger itself says."""

    id: int  # 0: not stored yet
    key: str
    state: str
    open_cents: int
    settled_on: str | None
    counts_on: str
    repeats_id: int | None
    listed: int
    listed_cents: int | None
    due_on: str
    due_source: str
    customer_id: int
    kind: str
    opens_on: str | None
    account: str
    journal: str
    entry: str
    entry_on: str
    piece: str
    document_on: str
    label: str
    currency: str
    debit_cents: int
    credit_cents: int
    amount_cents: int
    foreign_currency: str
    foreign_cents: int
    letter: str
    lettered_on: str | None
    method: str


COLUMNS = Stored._fields
FACTS = COLUMNS.index("kind")


class StoredAllocation(NamedTuple):
    """An allocation as stored; days are ISO text."""

    id: int
    company_id: int
    debit_id: int | None
    credit_id: int | None
    cents: int
    made_on: str
    how: str


class Known(NamedTuple):
    """A customer as a sync reads and writes it."""

    id: int  # below 0: not stored yet
    code: str
    account: str
    ledger_name: str
    name: str
    name_folded: str
    profile_id: int | None
    sales_rep_id: int | None
    language: str
    legal_type: str
    method: str
    terms_days: int | None
    terms_mode: str
    credit_limit_cents: int | None
    street: str
    postcode: str
    city: str
    country: str
    vat_number: str
    company_number: str
    edited_fields: str  # JSON

    @classmethod
    def new(cls, temporary_id: int, code: str, account: str, profile_id: int | None) -> Known:
        """A customer of whom nothing is known but the code."""
        return cls(
            temporary_id, code, account, "", code, "", profile_id, None, "", "business", "", None, "", None,
            "", "", "", "", "", "", "[]",
        )  # fmt: skip


CUSTOMER_FIELDS = Known._fields[1:]


class KnownContact(NamedTuple):
    """A contact as a sync reads and writes it."""

    id: int
    customer_id: int
    name: str
    email: str
    phone: str
    email_bad_reason: str
    from_ledger: int


def known_customers(session: Session, company_id: int) -> dict[str, Known]:
    """The customers of a company by code."""
    rows = bulk.fetch(session, f"SELECT {', '.join(Known._fields)} FROM customer WHERE company_id = ?", [company_id])  # noqa: S608
    return {row[1]: Known._make(row) for row in rows}


def stored_items(session: Session, company_id: int, customer_ids: Collection[int] | None = None) -> list[Stored]:
    """Every item ever seen of a company, or of some of its customers."""
    select = f"SELECT {', '.join(COLUMNS)} FROM item WHERE "  # noqa: S608
    if customer_ids is None:
        rows = bulk.fetch(session, select + "company_id = ? ORDER BY id", [company_id])
    else:
        rows = bulk.fetch_in(session, select + "customer_id IN ({ids}) ORDER BY id", [], customer_ids)
    return list(map(Stored._make, rows))


def stored_allocations(session: Session, company_id: int, items: dict[int, int] | None) -> list[StoredAllocation]:
    """The allocations of a company, or only those of some items (a dictionary by id)."""
    select = f"SELECT {', '.join(StoredAllocation._fields)} FROM allocation WHERE "  # noqa: S608
    if items is None or len(items) > 20_000:
        rows = bulk.fetch(session, select + "company_id = ?", [company_id])
    else:
        found = bulk.fetch_in(session, select + "debit_id IN ({ids})", [], items)
        found += bulk.fetch_in(session, select + "debit_id IS NULL AND credit_id IN ({ids})", [], items)
        return list(map(StoredAllocation._make, found))
    made = map(StoredAllocation._make, rows)
    return list(made) if items is None else [one for one in made if one.debit_id in items or one.credit_id in items]


def last_allocation_id(session: Session) -> int:
    """The highest id given so far."""
    return int(bulk.fetch(session, "SELECT coalesce(max(id), 0) FROM allocation")[0][0])


def new_item_ids(session: Session, sync_id: int) -> dict[str, int]:
    """Ids by key of the items a sync has brought."""
    return dict(bulk.fetch(session, "SELECT key, id FROM item WHERE first_sync_id = ?", [sync_id]))  # type: ignore[arg-type]


def company_opens(session: Session, company_id: int, currency: str) -> int:
    """Σ open items in one currency, signed cents."""
    row = bulk.fetch(
        session,
        "SELECT coalesce(sum(open_cents), 0) FROM item WHERE company_id = ? AND currency = ? AND open_cents <> 0",
        [company_id, currency],
    )
    return int(row[0][0])


class Check(NamedTuple):
    """The invariant for one customer and currency: what the ledger's lines sum to, and what Encours has open."""

    customer_id: int
    code: str
    name: str
    currency: str
    ledger_cents: int
    open_cents: int

    @property
    def gap_cents(self) -> int:
        """Anything but 0 is an error of ours."""
        return self.ledger_cents - self.open_cents


_CHECK = """
SELECT c.id, c.code, c.name, s.currency, s.ledger, s.open
FROM (
  SELECT customer_id, currency,
    sum(CASE WHEN {counts} THEN {amount} ELSE 0 END) AS ledger,
    sum(open_cents) AS open
  FROM item WHERE company_id = ? GROUP BY customer_id, currency
) s JOIN customer c ON c.id = s.customer_id
WHERE s.ledger <> 0 OR s.open <> 0
ORDER BY c.name_folded, c.id
"""


def checks(session: Session, company_id: int) -> list[Check]:
    """The invariant per customer, from the raw debits and credits of the last opened books (or the last open-item
    list), independent of how anything was settled."""
    listed = bulk.fetch(session, "SELECT 1 FROM item WHERE company_id = ? AND listed_cents IS NOT NULL LIMIT 1", [company_id])
    if listed:
        sql = _CHECK.format(counts="listed_cents IS NOT NULL", amount="listed_cents")
        return [Check._make(row) for row in bulk.fetch(session, sql, [company_id])]
    opened = bulk.fetch(session, "SELECT max(opens_on) FROM item WHERE company_id = ? AND state <> 'vanished'", [company_id])[
        0
    ][0]
    counts = "state <> 'vanished'"
    params: list[Any] = [company_id]
    if opened:
        counts += " AND coalesce(opens_on, entry_on) >= ?"
        params.insert(0, opened)
    sql = _CHECK.format(counts=counts, amount="debit_cents - credit_cents")
    return [Check._make(row) for row in bulk.fetch(session, sql, params)]


def journal_days(session: Session, company_id: int) -> list[tuple[date, date]]:
    """The periods of the journals read so far (done, not undone)."""
    rows = session.execute(
        sa.select(Sync.starts_on, Sync.ends_on).where(
            Sync.company_id == company_id,
            Sync.state == "done",
            Sync.kind == "journal",
            Sync.starts_on.is_not(None),
            Sync.ends_on.is_not(None),
        )
    )
    return [(row.starts_on, row.ends_on) for row in rows]


def last_list_on(session: Session, company_id: int) -> date | None:
    """The day of the latest open-item list."""
    return session.scalar(
        sa.select(sa.func.max(Sync.ends_on)).where(
            Sync.company_id == company_id, Sync.state == "done", Sync.kind == "open_items"
        )
    )


def last_done_sync(session: Session, company_id: int) -> Sync | None:
    """The latest sync that stands."""
    return session.scalar(
        sa.select(Sync)
        .where(Sync.company_id == company_id, Sync.state == "done")
        .order_by(Sync.finished_at.desc(), Sync.id.desc())
        .limit(1)
    )


def last_entry_on(session: Session, company_id: int) -> date | None:
    """The latest day on which anything happened in the ledger: a line, or an allocation."""
    text = bulk.fetch(
        session,
        """SELECT max(day) FROM (
             SELECT max(counts_on) AS day FROM item WHERE company_id = ? AND state = 'counted'
             UNION ALL SELECT max(made_on) FROM allocation WHERE company_id = ?) days""",
        [company_id, company_id],
    )[0][0]
    return date.fromisoformat(text) if text else None


def forget_old_undo(session: Session, company_id: int, kept: int) -> None:
    """Only the latest syncs keep what takes them back."""
    latest = (
        sa.select(Sync.id).where(Sync.company_id == company_id, Sync.undo.is_not(None)).order_by(Sync.id.desc()).limit(kept)
    )
    session.execute(
        sa.update(Sync)
        .where(Sync.company_id == company_id, Sync.undo.is_not(None), Sync.id.not_in(latest))
        .values(undo=None)
        .execution_options(synchronize_session=False)
    )


def column_mapping(session: Session, company_id: int, shape: str) -> ColumnMapping | None:
    """The mapping kept for spreadsheets of a shape."""
    return session.scalar(sa.select(ColumnMapping).where(ColumnMapping.company_id == company_id, ColumnMapping.shape == shape))


def profiles_by_word(session: Session, company_id: int) -> dict[str, int]:
    """Ids of profiles by code and by name, in lower case."""
    rows = session.execute(sa.select(Profile.id, Profile.code, Profile.name).where(Profile.company_id == company_id))
    return {word.casefold(): row.id for row in rows for word in (row.name, row.code)}


def default_profile_id(session: Session, company_id: int) -> int | None:
    """The profile of customers whose file says none."""
    return session.scalar(sa.select(Profile.id).where(Profile.company_id == company_id, Profile.is_default).limit(1))


def sales_reps_by_word(session: Session, company_id: int) -> dict[str, int]:
    """Ids of sales representatives by code and by name, in lower case."""
    rows = session.execute(sa.select(SalesRep.id, SalesRep.code, SalesRep.name).where(SalesRep.company_id == company_id))
    return {word.casefold(): row.id for row in rows for word in (row.name, row.code)}


def known_contacts(session: Session, company_id: int) -> tuple[dict[int, KnownContact], int]:
    """By customer: the ledger's own contact, else any a person made; and the highest contact id given so far."""
    rows = bulk.fetch(
        session,
        f"""SELECT {", ".join(KnownContact._fields)} FROM contact
        WHERE customer_id IN (SELECT id FROM customer WHERE company_id = ?) ORDER BY from_ledger, id DESC""",  # noqa: S608
        [company_id],
    )
    last = bulk.fetch(session, "SELECT coalesce(max(id), 0) FROM contact")[0][0]
    return {row[1]: KnownContact._make(row) for row in rows}, last


def last_customer_id(session: Session) -> int:
    """The highest id given so far."""
    return int(bulk.fetch(session, "SELECT coalesce(max(id), 0) FROM customer")[0][0])


REFERRING = ("promise", "hold", "dispute", "action_item")
"""Tables whose rows point to an item and follow it when an older line turns out to be the original."""


def referring_rows(session: Session, item_ids: Iterable[int]) -> dict[str, list[Row]]:
    """Rows that point to items, by table: (row id, item id); of action_item (action id, item id)."""
    ids = list(item_ids)
    found = {}
    for table in REFERRING:
        key = "action_id" if table == "action_item" else "id"
        rows = bulk.fetch_in(session, f"SELECT {key}, item_id FROM {table} WHERE item_id IN ({{ids}})", [], ids)  # noqa: S608
        if rows:
            found[table] = rows
    return found


def point_to(session: Session, table: str, rows: Sequence[tuple[int, int, int]]) -> None:
    """Make rows point to another item: (new item, row id, old item)."""
    key = "action_id" if table == "action_item" else "id"
    verb = "UPDATE OR IGNORE" if table == "action_item" and session.get_bind().dialect.name == "sqlite" else "UPDATE"
    bulk.run(session, f"{verb} {table} SET item_id = ? WHERE {key} = ? AND item_id = ?", rows)


def chased_items(session: Session, item_ids: Iterable[int]) -> set[int]:
    """Those items that a promise, hold, dispute or action points to: they are never deleted."""
    return {row[1] for rows in referring_rows(session, item_ids).values() for row in rows}


def used_customers(session: Session, customer_ids: Iterable[int]) -> set[int]:
    """Those customers that anything but items and the ledger's own contacts points to."""
    ids = list(customer_ids)
    used: set[int] = set()
    for table in ("note", "promise", "hold", "dispute", "action", "message", "item"):
        used |= {
            row[0]
            for row in bulk.fetch_in(session, f"SELECT customer_id FROM {table} WHERE customer_id IN ({{ids}})", [], ids)  # noqa: S608
        }
    return used
