"""Column mappings remembered by the shape of a spreadsheet, company by company."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from integrations.ledgers.sandbox import sniff_in_child
from integrations.ledgers.values import Mapping, Sniffed
from models.ledger import column_mapping
from models.syncs import ColumnMapping


def recall(session: Session, company_id: int, data: bytes, filename: str) -> Mapping | None:
    """The mapping used last for a file of this shape, laid over this file; None when there is none."""
    sniffed = sniff_in_child(data, filename)
    return recall_for(session, company_id, sniffed)


def recall_for(session: Session, company_id: int, sniffed: Sniffed) -> Mapping | None:
    """As `recall`, of a file already looked at."""
    stored = column_mapping(session, company_id, sniffed.shape) if sniffed.shape else None
    return Mapping.from_json(stored.mapping).on(sniffed) if stored else None


def remember(session: Session, company_id: int, shape: str, mapping: Mapping, now: datetime) -> None:
    """Keep the mapping of a shape, in place of the one before."""
    stored = column_mapping(session, company_id, shape)
    if stored is None:
        stored = ColumnMapping(company_id=company_id, shape=shape, mapping={}, used_at=now)
        session.add(stored)
    stored.mapping, stored.used_at = mapping.to_json(), now
    session.flush()
