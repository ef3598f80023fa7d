"""Documents kept with an item or a customer (the PDF of an invoice): rows here, bytes below the data folder."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key, Text


class Document(Base):
    """A file of a customer. kind: invoice_pdf, invoice_xml, attachment. The same bytes are kept once per company."""

    __tablename__ = "document"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "customer_id", "item_id", "sha256"),
        sa.Index("ix_document_item", "item_id"),
        sa.Index("ix_document_customer", "customer_id"),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="SET NULL"))
    sync_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sync.id", ondelete="SET NULL"))
    kind: Mapped[str]
    name: Mapped[str]  # file name shown and downloaded under
    media_type: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    path: Mapped[Text]  # below the data folder
    made_at: Mapped[datetime]


class EInvoice(Base):
    """What an electronic invoice said that its item cannot hold; the item is the one the ledger has or will have."""

    __tablename__ = "e_invoice"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number", "customer_id", "type_code"),
        sa.Index("ix_e_invoice_item", "item_id"),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customer.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="SET NULL"))
    sync_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sync.id", ondelete="SET NULL"))
    format: Mapped[str]
    number: Mapped[str]
    type_code: Mapped[str]
    payment_reference: Mapped[Text]
    iban: Mapped[Text]
    order_reference: Mapped[Text]
    credited: Mapped[Text]  # numbers of the invoices it credits, comma separated
    total_cents: Mapped[int] = mapped_column(sa.BigInteger)
    prepaid_cents: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    is_interest: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
