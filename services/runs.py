"""One run of the automatic actions: what stands in the way, what is queued, what is left to people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models import outbox as store
from models import pausing, worklist
from models.company import Company
from models.messages import Outbox
from rules.dunning_facts import Reason
from rules.errors import DomainError
from services.brakes import in_window, is_working_day
from services.follow_up import follow_up
from services.outbox import queue_batch


@dataclass(frozen=True, slots=True)
class Run:
    """What a run found: why nothing left (empty: it might), the batch queued (None: nothing to send), and what people do."""

    blocked: tuple[Reason, ...]
    outbox: Outbox | None
    left: worklist.Summary


def blocks(session: Session, company: Company, now: datetime, on: date, today: date) -> tuple[Reason, ...]:
    """Why nothing may leave by itself: no ledger, or an old one; a ledger that does not add up; outside the sending
    window. Asked for another day than today, only the day is judged, not the hour."""
    reasons = []
    if company.last_sync_at is None:
        reasons.append(Reason("no_sync"))
    elif now - company.last_sync_at > timedelta(hours=company.stale_after_hours):
        reasons.append(Reason("ledger_stale", {"hours": int((now - company.last_sync_at).total_seconds() // 3600)}))
    if paused := pausing.pause_of(session, company.id):
        reasons.append(Reason("paused", {"reason": paused.reason}))
    if gap := store.ledger_gap(session, company.id):
        reasons.append(Reason("ledger_gap", {"gap_cents": gap, "currency": company.currency}))
    if not (in_window(company, now) if on == today else is_working_day(on, company.country)):
        reasons.append(Reason("outside_window", {"opens": company.window_from, "closes": company.window_until}))
    return tuple(reasons)


def run(session: Session, company: Company, now: datetime, on: date, today: date) -> Run:
    """Decide for a day all whose time has come, then queue the automatic e-mails unless something stands in the way.

    Calls, letters and what a person confirms stay on the worklist. Running twice adds nothing."""
    follow_up(session, company, now, on)
    blocked = blocks(session, company, now, on, today)
    outbox = None
    if not blocked and (ids := store.automatic_entries(session, company.id, ("email",))):
        try:
            with session.begin_nested():
                outbox = queue_batch(session, company, ids, None, now, on, undo_seconds=0)
        except DomainError as error:
            if error.code != "nothing_to_send":
                raise
    return Run(blocked, outbox, worklist.summary(session, company.id, company.currency))
