"""Importing electronic invoices: the check of what they will add, and taking them in. The file came through the import page."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

import config
from blueprints import sync_pages as pages
from blueprints import web
from extensions import db
from models import Sync
from services.e_invoices import InvoicesResult, read_file, run_invoices
from services.follow_up import follow_up

bp = Blueprint("sync_invoices", __name__, url_prefix="/syncs")
SHOWN = 200
OUTCOMES = {
    "new": _l("New"),
    "known": _l("Already in the ledger"),
    "again": _l("Already taken in"),
    "changed": _l("Changed"),
    "paid": _l("Nothing to pay"),
}


@bp.get("/<int:sync_id>/invoices")
def check(sync_id: int) -> ResponseReturnValue:
    """What taking the invoices in would do; nothing is written."""
    result = _run(pages.staged(sync_id, "invoices"), dry_run=True)
    sync = web.row_or_404(Sync, sync_id)
    error = pages.said(result.error) if result.error else ""
    return web.render(
        "syncs/invoices.html",
        status=422 if error else 200,
        sync=sync,
        refused=error,
        summary=result,
        outcomes=OUTCOMES,
        items=result.items[:SHOWN],
        **pages.remarks(result.remarks, SHOWN),
    )


@bp.post("/<int:sync_id>/invoices")
def run(sync_id: int) -> ResponseReturnValue:
    """Take the invoices in, in one transaction, and decide anew what is to be done."""
    sync = pages.staged(sync_id, "invoices")
    if pages.handed_over(sync):
        return web.go("sync_running.show", sync_id=sync_id)
    result = _run(sync, dry_run=False)
    if result.error is None:
        follow_up(db.session(), web.company(), config.now(), config.today())
    db.session.commit()
    return web.go("syncs.show", sync_id=sync_id)


def _run(sync: Sync, *, dry_run: bool) -> InvoicesResult:
    setting, number = config.settings(), sync.id
    path, name = pages.file_of(sync), sync.file_name
    db.session.rollback()  # no transaction stays open while the file is read
    file = read_file(path, name, setting.upload_limit)
    return run_invoices(
        db.session(),
        web.company(),
        file,
        web.user().id,
        config.now(),
        config.today(),
        folder=setting.data,
        dry_run=dry_run,
        staged=pages.staged(number, "invoices"),
    )
