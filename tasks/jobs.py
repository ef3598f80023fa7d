"""Durable jobs: the table is the truth, Huey only wakes. A job runs under a lease, in transactions of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from models import jobs as store
from models.company import Company
from models.jobs import Job
from services import alerts, automatic, digest, plans, promises, scores, worklist
from tasks import fetching, inbound
from tasks.post import Post, reading, writing

log = logging.getLogger(__name__)


def _new_day(post: Post, company_id: int) -> None:
    """What a new day changes without anybody's doing: promises and plans judged, worklist, scores."""
    with writing(post) as session:
        company = session.get(Company, company_id)
        if company is None:
            return
        promises.judge(session, company, None, post.clock(), post.today())
        plans.judge(session, company, None, post.clock(), post.today())
        scores.refresh(session, company, None, post.today())
        alerts.forget_gone(session, company, post.today())
        worklist.refresh(session, company, None, post.today())


def _automatic(post: Post, company_id: int) -> None:
    """The hourly run of the automatic steps."""
    with writing(post) as session:
        company = session.get(Company, company_id)
        if company is not None:
            automatic.run(session, company, None, post.clock(), post.today())
            automatic.tell_of_plans(session, company, None, post.clock(), post.today())


def _digest(post: Post, company_id: int) -> None:
    """The evening before a working day: what leaves tomorrow, to those who want to know."""
    with writing(post) as session:
        company = session.get(Company, company_id)
        if company is not None:
            digest.send(session, company, post.clock(), post.today())


KINDS: dict[str, Callable[..., None]] = {
    "new_day": _new_day,
    "automatic": _automatic,
    "digest": _digest,
    "sync": fetching.take_upload,
    "source": fetching.run_source,
    "inbound": inbound.read_mailbox,
}
"""What each kind of job does; called with the post and the job's arguments."""

GIVEN_UP: dict[str, Callable[..., None]] = {"sync": fetching.give_up}
"""What is to be said when a job of a kind has failed for the last time; in the transaction that ends it."""

LANES = {"sync": threading.Lock(), "source": threading.Lock(), "inbound": threading.Lock()}
"""Kinds that may take minutes: each in a thread of its own, so that no reminder waits for a slow server."""

_unsaid: dict[int, tuple[str, int, str]] = {}  # how jobs ended that could not be written (disk full): kind, attempt, error


def run_due(post: Post) -> int:
    """Run every job that is due, those of a worker that died among them; how many were run."""
    return sum(run_job(post, job_id) for job_id, _ in _due(post) if not post.stopping.is_set())


def run_short(post: Post) -> int:
    """Those of the jobs that are due which take no lane of their own."""
    due = [job_id for job_id, kind in _due(post) if kind not in LANES]
    return sum(run_job(post, job_id) for job_id in due if not post.stopping.is_set())


def lanes_due(post: Post) -> set[str]:
    """The lanes that have something to do."""
    return {kind for _, kind in _due(post)} & LANES.keys()


def run_lane(post: Post, lane: str) -> int:
    """Run the jobs of one lane one after the other, until none is due; nothing when another thread does."""
    if not LANES[lane].acquire(blocking=False):
        return 0
    ran, tried = 0, set[int]()
    try:
        while not post.stopping.is_set():
            due = [job_id for job_id, kind in _due(post) if kind == lane and job_id not in tried]
            if not due:
                return ran
            tried.add(due[0])
            ran += run_job(post, due[0])
        return ran
    finally:
        LANES[lane].release()


def _due(post: Post) -> list[tuple[int, str]]:
    for job_id, (kind, attempt, error) in list(_unsaid.items()):
        _end(post, job_id, kind, attempt, error)
        del _unsaid[job_id]
    with reading(post) as session:
        return store.due_jobs(session, post.clock())


def run_job(post: Post, job_id: int) -> bool:
    """Claim one job, commit, do it, say how it ended. False when another worker has it."""
    with writing(post) as session:
        job = store.claim_job(session, job_id, post.clock())
        if job is None:
            return False
        kind, args, attempt = job.kind, dict(job.args), job.attempts
    error = _attempt(post, kind, args)
    try:
        state = _end(post, job_id, kind, attempt, error)
    except SQLAlchemyError:  # no room to write even that: said before anything else is begun
        log.exception("job %s (%s): its end could not be written", job_id, kind)
        _unsaid[job_id] = (kind, attempt, error)
        return True
    if error:
        log.error("job %s (%s) failed, now %s: %s", job_id, kind, state, error.splitlines()[-1])
    return True


def _end(post: Post, job_id: int, kind: str, attempt: int, error: str) -> str:
    with writing(post) as session:
        state = store.end_job(session, job_id, attempt, post.clock(), error)
        if state == "failed" and kind in GIVEN_UP:
            _give_up(session, post, job_id, kind)
    return state


def _give_up(session: Session, post: Post, job_id: int, kind: str) -> None:
    GIVEN_UP[kind](session, post, **session.get_one(Job, job_id).args)


def _attempt(post: Post, kind: str, args: dict[str, Any]) -> str:
    work = KINDS.get(kind)
    if work is None:
        return f"no such kind of job: {kind}"
    try:
        work(post, **args)
    except Exception as failure:
        log.exception("job of kind %s", kind)
        return f"{type(failure).__name__}: {failure}"
    return ""


__all__ = ["KINDS", "Job", "lanes_due", "run_due", "run_job", "run_lane", "run_short"]
