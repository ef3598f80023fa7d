"""Sending by itself: the automatic steps of a company, inside its sending window, after a good sync, and not when
something looks out of the ordinary: then a person looks first."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models import audit, pausing
from models import outbox as store
from models.company import Company
from models.messages import Outbox
from rules.errors import DomainError
from services import plans
from services.brakes import in_window
from services.outbox import queue_batch

USUAL_TIMES = 3  # more than so many times the usual volume waits for a person
SMALL = 20  # messages that never look out of the ordinary


def obstacle(session: Session, company: Company, now: datetime) -> str:
    """Why nothing may leave by itself now, as a code; "" when it may."""
    if not company.automatic_sending:
        return "automatic_off"
    if pausing.is_paused(session, company.id):
        return "paused"
    if not in_window(company, now):
        return "outside_window"
    if company.smtp_blocked_reason:
        return "account_blocked"
    if company.last_sync_at is None or now - company.last_sync_at > timedelta(hours=company.stale_after_hours):
        return "ledger_stale"
    if store.ledger_gap(session, company.id):
        return "ledger_gap"
    return ""


def tell_of_plans(session: Session, company: Company, actor_id: int | None, now: datetime, today: date) -> Outbox | None:
    """Announce instalments and ask for late ones, under the same conditions as the automatic steps."""
    return None if obstacle(session, company, now) else plans.tell_debtors(session, company, actor_id, now, today)


def run(session: Session, company: Company, actor_id: int | None, now: datetime, today: date) -> Outbox | None:
    """Queue the automatic messages of now, with the undo window; None when nothing may or has to leave.

    A batch far above the usual volume is not queued: it stays on the worklist, and the audit says why."""
    if obstacle(session, company, now):
        return None
    entry_ids = store.automatic_entries(session, company.id)
    usual = store.usual_volume(session, company.id, now - timedelta(days=30))
    if usual and len(entry_ids) > max(SMALL, USUAL_TIMES * usual):
        changes = {"messages": len(entry_ids), "usual": usual}
        audit.record(session, now, actor_id, company.id, "hold_back", "outbox", None, changes)
        return None
    if not entry_ids:
        return None
    try:
        with session.begin_nested():
            return queue_batch(session, company, entry_ids, actor_id, now, today)
    except DomainError as error:
        if error.code != "nothing_to_send":
            raise
        return None
