"""Durable jobs: the table is the truth, Huey only wakes. A job runs under a lease, in transactions of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from models import jobs as store
from models.company import Company
from models.jobs import Job
from services import automatic, promises, scores, worklist
from tasks.post import Post, writing

log = logging.getLogger(__name__)


def _new_day(post: Post, company_id: int) -> None:
    """What a new day changes without anybody's doing: promises judged, worklist, scores."""
    with writing(post) as session:
        company = session.get(Company, company_id)
        if company is None:
            return
        promises.judge(session, company, None, post.clock(), post.today())
        worklist.refresh(session, company, None, post.today())
        scores.refresh(session, company, None, post.today())


def _automatic(post: Post, company_id: int) -> None:
    """The hourly run of the automatic steps."""
    with writing(post) as session:
        company = session.get(Company, company_id)
        if company is not None:
            automatic.run(session, company, None, post.clock(), post.today())


KINDS: dict[str, Callable[..., None]] = {"new_day": _new_day, "automatic": _automatic}
"""What each kind of job does; called with the post and the job's arguments."""


def run_due(post: Post) -> int:
    """Run every job that is due, those of a worker that died among them; how many were run."""
    with writing(post) as session:
        due = store.due_jobs(session, post.clock())
    return sum(run_job(post, job_id) for job_id in due if not post.stopping.is_set())


def run_job(post: Post, job_id: int) -> bool:
    """Claim one job, commit, do it, say how it ended. False when another worker has it."""
    with writing(post) as session:
        job = store.claim_job(session, job_id, post.clock())
        if job is None:
            return False
        kind, args, attempt = job.kind, dict(job.args), job.attempts
    error = _attempt(post, kind, args)
    with writing(post) as session:
        state = store.end_job(session, job_id, attempt, post.clock(), error)
    if error:
        log.error("job %s (%s) failed, now %s: %s", job_id, kind, state, error.splitlines()[-1])
    return True


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


__all__ = ["KINDS", "Job", "run_due", "run_job"]
