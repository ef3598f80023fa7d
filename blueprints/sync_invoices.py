"""Importing electronic invoices: the check of what they will add, and taking them in. The file came through the import page."""

from __future__ import annotations

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

import config
from blueprints import web
from extensions import db
from models import Sync
from services import incoming
from services.e_invoices import InvoicesResult, read_file, run_invoices
from services.follow_up import follow_up
from services.wording import remark_sentence, sentence
from tasks.queue import wake

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
    result = _run(_staged(sync_id), dry_run=True)
    sync = web.row_or_404(Sync, sync_id)
    error = sentence(web.language(), result.error.code, result.error.params) if result.error else ""
    return web.render(
        "syncs/invoices.html",
        status=422 if error else 200,
        sync=sync,
        refused=error,
        summary=result,
        outcomes=OUTCOMES,
        items=result.items[:SHOWN],
        remarks=[
            {"line": one.line, "column": one.column, "text": remark_sentence(web.language(), one)}
            for one in result.remarks[:SHOWN]
        ],
        remarks_total=len(result.remarks),
    )


@bp.post("/<int:sync_id>/invoices")
def run(sync_id: int) -> ResponseReturnValue:
    """Take the invoices in, in one transaction, and decide anew what is to be done."""
    sync = _staged(sync_id)
    path = config.settings().data / sync.file_path
    if incoming.hand_over(db.session(), web.company(), sync, path, web.user().id, config.now()):
        db.session.commit()
        wake()
        return web.go("sync_running.show", sync_id=sync_id)
    result = _run(sync, dry_run=False)
    if result.error is None:
        follow_up(db.session(), web.company(), config.now(), config.today())
    db.session.commit()
    return web.go("syncs.show", sync_id=sync_id)


def _staged(sync_id: int) -> Sync:
    """An import of invoices that waits for its check; one that is over shows how it ended."""
    sync = web.row_or_404(Sync, sync_id)
    if sync.state != "staged" or sync.kind != "invoices":
        web.abort(web.go("syncs.show", sync_id=sync.id))
    if not sync.file_path or not (config.settings().data / sync.file_path).is_file():
        flash(_("The file is no longer here. Choose it again."), "bad")
        web.abort(web.go("syncs.index"))
    return sync


def _run(sync: Sync, *, dry_run: bool) -> InvoicesResult:
    setting, number = config.settings(), sync.id
    path, name = setting.data / sync.file_path, sync.file_name
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
        staged=_staged(number),
    )
