"""An import the worker takes in: its page follows until it is over."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

import config
from blueprints import sync_pages as pages
from blueprints import web
from extensions import db
from models import Sync
from models.jobs import pending_job

bp = Blueprint("sync_running", __name__, url_prefix="/syncs")
LATE = 90  # seconds after which an import nobody has taken up is said to wait


@bp.get("/<int:sync_id>/running")
def show(sync_id: int) -> ResponseReturnValue:
    """Where the import stands; asked for again every two seconds, it leads on when the import is over."""
    sync = web.row_or_404(Sync, sync_id)
    if sync.state != "running":
        return web.go("syncs.show", sync_id=sync_id)
    job = pending_job(db.session(), f"sync:{sync_id}")
    waiting = job is not None and job.state == "queued"
    return web.render(
        "syncs/running.html",
        "progress",
        sync=sync,
        waiting=waiting,
        late=job is not None and waiting and (config.now() - job.run_at).total_seconds() > LATE,
        again_at=job.run_at if job is not None and job.attempts and waiting else None,
        error=pages.refusal(sync),
    )
