"""Electronic invoices and the documents kept with them: what a sync of invoices and the pages ask and write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import bulk
from models.bulk import Row
from models.documents import Document, EInvoice
from models.items import Item

INVOICE_COLUMNS = (
    "company_id", "customer_id", "item_id", "sync_id", "format", "number", "type_code", "payment_reference", "iban",
    "order_reference", "credited", "total_cents", "prepaid_cents", "is_interest", "made_at",
)  # fmt: skip
DOCUMENT_COLUMNS = (
    "company_id", "customer_id", "item_id", "sync_id", "kind", "name", "media_type", "sha256", "size", "path", "made_at",
)  # fmt: skip


class Announced(NamedTuple):
    """An invoice that is open and not in the ledger yet."""

    item_id: int
    customer_id: int
    currency: str
    piece: str
    document_on: date
    amount_cents: int


class KnownInvoice(NamedTuple):
    """An electronic invoice taken in before."""

    id: int
    customer_id: int
    number: str
    type_code: str
    item_id: int | None
    total_cents: int
    prepaid_cents: int


class Line(NamedTuple):
    """A line of the ledger that an invoice may be."""

    item_id: int
    customer_id: int
    currency: str
    piece: str
    document_on: date
    amount_cents: int


def announced_items(session: Session, company_id: int) -> list[Announced]:
    """The invoices of a company that the ledger does not know yet."""
    rows = bulk.fetch(
        session,
        """SELECT id, customer_id, currency, piece, document_on, amount_cents FROM item
        WHERE company_id = ? AND announced AND state = 'counted' ORDER BY id""",
        [company_id],
    )
    return [Announced(row[0], row[1], row[2], row[3], date.fromisoformat(row[4]), row[5]) for row in rows]


def lines_of_amounts(session: Session, company_id: int, amounts: Iterable[int]) -> list[Line]:
    """The numbered lines of a company's ledger with one of these amounts."""
    rows = bulk.fetch_in(
        session,
        """SELECT id, customer_id, currency, piece, document_on, amount_cents FROM item
        WHERE company_id = ? AND state = 'counted' AND NOT announced AND piece <> '' AND amount_cents IN ({ids})""",
        [company_id],
        set(amounts),
    )
    return [Line(row[0], row[1], row[2], row[3], date.fromisoformat(row[4]), row[5]) for row in rows]


def known_invoices(session: Session, company_id: int, customer_ids: Collection[int]) -> list[KnownInvoice]:
    """The electronic invoices of some customers."""
    rows = bulk.fetch_in(
        session,
        f"SELECT {', '.join(KnownInvoice._fields)} FROM e_invoice WHERE company_id = ? AND customer_id IN ({{ids}})",  # noqa: S608
        [company_id],
        customer_ids,
    )
    return list(map(KnownInvoice._make, rows))


def known_documents(session: Session, company_id: int, customer_ids: Collection[int]) -> set[tuple[int, int | None, str]]:
    """(customer, item, hash) of the documents of some customers."""
    rows = bulk.fetch_in(
        session,
        "SELECT customer_id, item_id, sha256 FROM document WHERE company_id = ? AND customer_id IN ({ids})",
        [company_id],
        customer_ids,
    )
    return {(row[0], row[1], row[2]) for row in rows}


def write(session: Session, invoices: Sequence[Row], documents: Sequence[Row]) -> None:
    """Insert electronic invoices and documents, in the order of their columns."""
    bulk.insert(session, "e_invoice", INVOICE_COLUMNS, invoices)
    bulk.insert(session, "document", DOCUMENT_COLUMNS, documents)


def retotal(session: Session, rows: Sequence[tuple[int, int, int]]) -> None:
    """New totals of invoices that were sent again: (total, prepaid, id)."""
    bulk.update(session, "e_invoice", ("total_cents", "prepaid_cents"), rows)


def forget(session: Session, sync_id: int) -> None:
    """Remove what one sync of invoices brought besides items and customers."""
    for table in ("document", "e_invoice"):
        bulk.run(session, f"DELETE FROM {table} WHERE sync_id = ?", [(sync_id,)])  # noqa: S608


def follow_items(session: Session, company_id: int) -> None:
    """Invoices, documents and commitments belong to the customer their item belongs to: the ledger may have said another."""
    for table in ("e_invoice", "document", "promise", "hold", "dispute"):
        bulk.run(
            session,
            f"""UPDATE {table} SET customer_id = (SELECT customer_id FROM item WHERE item.id = {table}.item_id)
            WHERE company_id = ? AND item_id IS NOT NULL
            AND customer_id <> (SELECT customer_id FROM item WHERE item.id = {table}.item_id)""",  # noqa: S608
            [(company_id,)],
        )


def interest_items(session: Session, item_ids: Collection[int]) -> set[int]:
    """Those items that bill interest themselves: no interest is charged on them."""
    query = sa.select(EInvoice.item_id).where(EInvoice.item_id.in_(item_ids), EInvoice.is_interest)
    return {one for one in session.scalars(query) if one is not None}


class Shown(NamedTuple):
    """A document as a page links to it."""

    id: int
    customer_id: int
    item_id: int | None
    kind: str
    name: str
    size: int
    piece: str


def documents_of_items(session: Session, item_ids: Collection[int]) -> dict[int, list[Shown]]:
    """The documents of items, the invoice as people read it first."""
    found: dict[int, list[Shown]] = {}
    if not item_ids:
        return found
    order = sa.case((Document.kind == "invoice_pdf", 0), (Document.kind == "attachment", 1), else_=2)
    query = (
        sa.select(Document.id, Document.customer_id, Document.item_id, Document.kind, Document.name, Document.size, Item.piece)
        .join(Item, Item.id == Document.item_id)
        .where(Document.item_id.in_(item_ids))
        .order_by(order, Document.id)
    )
    for row in session.execute(query):
        found.setdefault(row.item_id, []).append(Shown(*row))
    return found


def documents_of_customer(session: Session, customer_id: int, limit: int) -> list[Shown]:
    """The latest documents of a customer, newest first."""
    query = (
        sa.select(
            Document.id, Document.customer_id, Document.item_id, Document.kind, Document.name, Document.size,
            sa.func.coalesce(Item.piece, ""),
        )
        .outerjoin(Item, Item.id == Document.item_id)
        .where(Document.customer_id == customer_id)
        .order_by(Document.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [Shown(*row) for row in session.execute(query)]
