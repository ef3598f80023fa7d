"""Every minute: whatever is due and not under way is found here, whoever lost it. Doing it twice changes nothing."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from models import jobs as jobs_store
from models import outbox as store
from models import sweeping
from models.recalling import STILL
from services import recalling
from tasks import fetching, inbound, jobs, sending
from tasks.post import Post, writing

log = logging.getLogger(__name__)
Wake = Callable[[int], object]
Work = Callable[[str], object]
_sweeping = threading.Lock()


def start(post: Post) -> None:
    """Once, when the worker starts and no other can be alive: what the last one left is settled."""
    with writing(post) as session:
        jobs_store.release_leases(session)
    sending.recover(post, everything=True)
    sending.reconcile(post)


def sweep(post: Post, send: Wake, work: Work | None = None) -> None:
    """One look at everything; `send` hands a company over to whoever sends, `work` a lane of jobs to whoever reads files and
    asks servers, so that a slow one stops nobody else. Without `work` the jobs are done here."""
    if not _sweeping.acquire(blocking=False):
        return  # the last look still goes on
    try:
        run_jobs = jobs.run_due if work is None else jobs.run_short
        for step in (_beat, sending.recover, sending.release_due, _plan_jobs, fetching.plan, inbound.plan, run_jobs, _refresh):
            try:
                step(post)
            except Exception:
                log.exception("sweep: %s", step.__name__)
        with writing(post) as session:
            companies = store.companies_to_send(session, post.clock())
            store.close_outboxes(session, post.clock())
            recalling.note_mark(session, post.journal.path.stat().st_size, post.clock())
        for company_id in companies:
            send(company_id)
        for lane in jobs.lanes_due(post) if work is not None else ():
            work(lane)
    finally:
        _sweeping.release()


def _beat(post: Post) -> None:
    """The worker lives; after a long standstill, or when the clock has jumped, what waited is held for a person."""
    path, now = post.data / "worker.beat", post.clock()
    try:
        last = datetime.fromisoformat(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        last = now
    if now - last >= STILL:
        with writing(post) as session:
            recalling.hold_after_standstill(session, last, now)
    with contextlib.suppress(OSError):  # a full disk stops nothing else
        path.write_text(now.isoformat(), encoding="ascii")


def _plan_jobs(post: Post) -> None:
    """A new day's work once a day, the automatic run once an hour, for every company; the key says when."""
    now, today = post.clock(), post.today()
    with writing(post) as session:
        for company_id, zone, by_itself in sweeping.companies(session):
            hour = now.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H")
            jobs_store.add_job(session, "new_day", now, f"new_day:{company_id}:{today}", company_id=company_id)
            if by_itself:
                jobs_store.add_job(session, "automatic", now, f"automatic:{company_id}:{hour}", company_id=company_id)
        for company_id, day in sweeping.digests_due(session, now):
            jobs_store.add_job(session, "digest", now, f"digest:{company_id}:{day}", company_id=company_id)
        jobs_store.forget_jobs(session, now - timedelta(days=30), ("new_day", "automatic", "sync", "digest"))
        jobs_store.forget_jobs(session, now - timedelta(days=2), ("source", "inbound"))


def _refresh(post: Post) -> None:
    """Customers to be looked at again: a scenario was edited, a sync came in, a day has begun."""
    from models.company import Company
    from services import worklist

    with writing(post) as session:
        for company_id in sweeping.companies_with_suspects(session, post.today()):
            worklist.refresh(session, session.get_one(Company, company_id), None, post.today())
