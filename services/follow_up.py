"""What follows a change of the ledger: promises and payment plans are judged, scores renewed, the worklist decided again. In the same transaction."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from models.company import Company
from models.customers import suspects
from services import plans, promises, scores, worklist


def follow_up(session: Session, company: Company, now: datetime, today: date) -> None:
    """Bring everything that is derived from the ledger up to date for the customers that a change marked for today."""
    customer_ids = suspects(session, company.id, today)
    promises.judge(session, company, customer_ids, now, today)
    plans.judge(session, company, customer_ids, now, today)
    scores.refresh(session, company, customer_ids, today)
    worklist.refresh(session, company, customer_ids, today)
