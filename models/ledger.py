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
    """An item as a sync sees it; days are ISO text. First what settling made of it, then, from `listed` on, what was
    said of it, then, from `kind` on, the facts of the ledger's line."""

    id: int  # 0: not stored yet
    state: str
    open_cents: int
    settled_on: str | None
    counts_on: str
    repeats_id: int | None
    listed_cents: int | None
    listed: int
    announced: int  # by an electronic invoice, and not in the ledger yet: stands apart from all that the ledger says
    key: str
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
RESULT = slice(1, COLUMNS.index("listed_cents"))
SAID = COLUMNS.index("listed")
FACTS = COLUMNS.index("kind")
_SELECTED = ", ".join("open_cents + bank_cents" if name == "open_cents" else name for name in COLUMNS)
"""The ledger's open amount: what a bank file shows as paid is not the ledger's (services.bank_ledger)."""


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
    select = f"SELECT {_SELECTED} FROM item WHERE "  # noqa: S608
    if customer_ids is None:
        rows = bulk.fetch(session, select + "company_id = ? ORDER BY id", [company_id])
    else:
        rows = bulk.fetch_in(session, select + "customer_id IN ({ids}) ORDER BY id", [], customer_ids)
    return list(map(Stored._make, rows))


class Shape(NamedTuple):
    """What the whole ledger of a company says about each of its parts."""

    cuts: list[str]  # days its books were opened, in order
    first: str  # day of the first line that is no opening
    listed: bool  # an open-item list decides what is open


def ledger_shape(session: Session, company_id: int) -> Shape:
    """The openings of a company's ledger and whether a list decides, without reading its items."""
    rows = bulk.fetch(
        session,
        """SELECT opens_on, min(CASE WHEN listed OR announced THEN NULL ELSE entry_on END), max(listed_cents IS NOT NULL) FROM item
        WHERE company_id = ? AND state <> 'vanished' GROUP BY opens_on ORDER BY opens_on""",
        [company_id],
    )
    first = next((row[1] for row in rows if row[0] is None), None)
    return Shape([row[0] for row in rows if row[0]], first or "9999-12-31", any(row[2] for row in rows))


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


def company_opens(session: Session, company_id: int, currency: str) -> int:
    """Σ open items in one currency, signed cents, without the bank's part."""
    row = bulk.fetch(
        session,
        """SELECT (SELECT coalesce(sum(open_cents), 0) FROM item WHERE company_id = ? AND currency = ? AND open_cents <> 0)
        + (SELECT coalesce(sum(bank_cents), 0) FROM item WHERE company_id = ? AND currency = ? AND bank_cents <> 0)""",
        [company_id, currency, company_id, currency],
    )
    return int(row[0][0])


class Check(NamedTuple):
    """The invariant for one customer and currency: what the ledger's lines sum to, and what Encours has open."""

    customer_id: int
    code: str
    name: str
    currency: str
    ledger_cents: int
    open_cents: int  # of what the ledger knows
    announced_cents: int = 0  # open beside it: electronic invoices that are not in the ledger yet

    @property
    def gap_cents(self) -> int:
        """Anything but 0 is an error of ours."""
        return self.ledger_cents - self.open_cents


def checks(session: Session, company_id: int) -> list[Check]:
    """The invariant per customer, from the raw debits and credits of the last opened books (or the last open-item
    list), independent of how anything was settled."""
    sums: dict[tuple[int, str], list[int]] = {}
    for customer_id, currency, cents in bulk.fetch(session, *_ledger_side(session, company_id)):
        key = (customer_id, currency)
        if key in sums:
            sums[key][0] += cents
        else:
            sums[key] = [cents, 0]
    for key, cents in opens_by_customer(session, company_id).items():
        sums.setdefault(key, [0, 0])[1] = cents
    names = bulk.fetch(
        session, "SELECT id, code, name FROM customer WHERE company_id = ? ORDER BY name_folded, id", [company_id]
    )
    announced = announced_by_customer(session, company_id)
    for key in announced:
        sums.setdefault(key, [0, 0])
    currencies: dict[int, list[str]] = {}
    for (customer_id, currency), both in sums.items():
        if both != [0, 0] or (customer_id, currency) in announced:
            currencies.setdefault(customer_id, []).append(currency)
    return [
        Check(
            number, code, name, currency, sums[number, currency][0], sums[number, currency][1],
            announced.get((number, currency), 0),
        )
        for number, code, name in names
        for currency in sorted(currencies.get(number, ()))
    ]  # fmt: skip


def opens_by_customer(session: Session, company_id: int) -> dict[tuple[int, str], int]:
    """Σ open items of the ledger by customer and currency; electronic invoices it does not know yet stand apart."""
    rows = bulk.fetch(
        session,
        """SELECT customer_id, currency, sum(cents) FROM (
          SELECT customer_id, currency, sum(open_cents) AS cents FROM item WHERE company_id = ? AND open_cents <> 0
          GROUP BY customer_id, currency
          UNION ALL
          SELECT customer_id, currency, sum(bank_cents) FROM item WHERE company_id = ? AND bank_cents <> 0
          GROUP BY customer_id, currency
        ) GROUP BY customer_id, currency""",
        [company_id, company_id],
    )
    opens = {(row[0], row[1]): row[2] for row in rows}
    for key, cents in announced_by_customer(session, company_id).items():
        opens[key] = opens.get(key, 0) - cents
    return opens


def announced_by_customer(session: Session, company_id: int) -> dict[tuple[int, str], int]:
    """Σ open of electronic invoices that are not in the ledger yet, by customer and currency."""
    rows = bulk.fetch(
        session,
        """SELECT customer_id, currency, sum(open_cents + bank_cents) FROM item WHERE company_id = ? AND announced
        AND state = 'counted' GROUP BY customer_id, currency""",
        [company_id],
    )
    return {(row[0], row[1]): row[2] for row in rows if row[2]}


def _ledger_side(session: Session, company_id: int) -> tuple[str, list[Any]]:
    """The query for (customer, currency, cents) of every line the balance consists of."""
    opened, listed = bulk.fetch(
        session,
        """SELECT max(CASE WHEN state <> 'vanished' THEN opens_on END), max(listed_cents IS NOT NULL) FROM item
        WHERE company_id = ?""",
        [company_id],
    )[0]
    if listed:
        return (
            "SELECT customer_id, currency, listed_cents FROM item WHERE company_id = ? AND listed_cents IS NOT NULL",
            [company_id],
        )
    return (
        """SELECT customer_id, currency, debit_cents - credit_cents FROM item
        WHERE company_id = ? AND state <> 'vanished' AND NOT announced AND coalesce(opens_on, entry_on) >= ?""",
        [company_id, opened or ""],
    )


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
    """The latest sync of the ledger that stands; bank files are none."""
    return session.scalar(
        sa.select(Sync)
        .where(Sync.company_id == company_id, Sync.state == "done", Sync.kind != "bank")
        .order_by(Sync.finished_at.desc(), Sync.id.desc())
        .limit(1)
    )


def last_entry_on(session: Session, company_id: int) -> date | None:
    """The latest day a line of the ledger counts from."""
    text = bulk.fetch(
        session, "SELECT max(counts_on) FROM item WHERE company_id = ? AND state = 'counted' AND NOT announced", [company_id]
    )[0][0]
    return date.fromisoformat(text) if text else None


def forget_old_undo(session: Session, company_id: int, kept: int) -> None:
    """Only the latest syncs of the ledger keep what takes them back."""
    mine = Sync.company_id == company_id, Sync.undo.is_not(None), Sync.kind != "bank"
    latest = sa.select(Sync.id).where(*mine).order_by(Sync.id.desc()).limit(kept)
    session.execute(
        sa.update(Sync).where(*mine, Sync.id.not_in(latest)).values(undo=None).execution_options(synchronize_session=False)
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


def known_contacts(session: Session, company_id: int) -> dict[int, KnownContact]:
    """By customer: the ledger's own contact, else any a person made."""
    rows = bulk.fetch(
        session,
        f"""SELECT {", ".join(KnownContact._fields)} FROM contact
        WHERE customer_id IN (SELECT id FROM customer WHERE company_id = ?) ORDER BY from_ledger, id DESC""",  # noqa: S608
        [company_id],
    )
    return {row[1]: KnownContact._make(row) for row in rows}


REFERRING = ("promise", "hold", "dispute", "action_item", "bank_match")
"""Tables whose rows point to an item and follow it when an older line turns out to be the original."""


MOVING = (*REFERRING, "e_invoice", "document")
"""These too follow an item; they do not keep it from being deleted."""


def referring_rows(session: Session, item_ids: Iterable[int], tables: Sequence[str] = REFERRING) -> dict[str, list[Row]]:
    """Rows that point to items, by table: (row id, item id); of action_item (action id, item id)."""
    ids = list(item_ids)
    found = {}
    for table in tables:
        key = "action_id" if table == "action_item" else "id"
        rows = bulk.fetch_in(session, f"SELECT {key}, item_id FROM {table} WHERE item_id IN ({{ids}})", [], ids)  # noqa: S608
        if rows:
            found[table] = rows
    return found


def point_to(session: Session, table: str, rows: Sequence[tuple[int, int, int]]) -> None:
    """Make rows point to another item: (new item, row id, old item)."""
    key = "action_id" if table == "action_item" else "id"
    again = ("action_item", "document")  # where the other item may have the same row already
    verb = "UPDATE OR IGNORE" if table in again and session.get_bind().dialect.name == "sqlite" else "UPDATE"
    bulk.run(session, f"{verb} {table} SET item_id = ? WHERE {key} = ? AND item_id = ?", rows)


def chased_items(session: Session, item_ids: Iterable[int]) -> set[int]:
    """Those items that a promise, hold, dispute or action points to: they are never deleted."""
    return {row[1] for rows in referring_rows(session, item_ids).values() for row in rows}


def used_customers(session: Session, customer_ids: Iterable[int]) -> set[int]:
    """Those customers that anything but items and the ledger's own contacts points to."""
    ids = list(customer_ids)
    used: set[int] = set()
    for table in ("note", "promise", "hold", "dispute", "action", "message", "bank_movement", "item"):
        used |= {
            row[0]
            for row in bulk.fetch_in(session, f"SELECT customer_id FROM {table} WHERE customer_id IN ({{ids}})", [], ids)  # noqa: S608
        }
    return used
