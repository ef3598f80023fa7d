"""A batch on its way: its undo window, its progress, what became of each message, the file to print."""

from __future__ import annotations

from datetime import datetime
from math import ceil

from flask import Blueprint, flash, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

import config
from blueprints import web
from extensions import db
from models import Outbox
from models.outbox import Progress, progress
from rules.errors import DomainError
from services import outbox as batches
from services.wording import sentence
from services.wording_messages import countdown, fate
from tasks.queue import wake

bp = Blueprint("outboxes", __name__, url_prefix="/outboxes")

ROWS = 200
LATE = 90  # seconds after which a batch nobody has taken up is said to wait


@bp.get("/<int:outbox_id>")
def show(outbox_id: int) -> ResponseReturnValue:
    web.row_or_404(Outbox, outbox_id)
    found, now = progress(db.session(), outbox_id, ROWS), config.now()
    return web.render(
        "outboxes/show.html", "progress", batch=found.outbox, progress=found, phase=_phase(found, now), company=web.company(),
        left=_until(found.outbox, now), minutes=_minutes(found, now), rows_shown=ROWS, late=_is_late(found.outbox, now),
        fate=lambda code: fate(web.language(), code), taken_out=_taken_out(found),
    )  # fmt: skip


def _phase(found: Progress, now: datetime) -> str:
    """waiting (may be taken back), leaving, done, undone."""
    if found.outbox.state in ("undone", "done"):
        return str(found.outbox.state)
    if found.outbox.state == "waiting" and now < found.outbox.leaves_at:
        return "waiting"
    return "leaving" if found.left or found.outbox.state != "sending" else "done"


def _until(batch: Outbox, now: datetime) -> str:
    return countdown(web.language(), max(0, ceil((batch.leaves_at - now).total_seconds())))


def _is_late(batch: Outbox, now: datetime) -> bool:
    return batch.state == "waiting" and (now - batch.leaves_at).total_seconds() > LATE


def _minutes(found: Progress, now: datetime) -> int:
    """About how many minutes remain at the present pace; 0 while it is unknown."""
    gone, elapsed = found.total - found.left, (now - found.outbox.leaves_at).total_seconds()
    return ceil(found.left * elapsed / gone / 60) if gone >= 5 and elapsed > 0 else 0


def _taken_out(found: Progress) -> int:
    """Messages not wanted any more when their time came."""
    return found.counts.get("dropped", 0)


@bp.post("/<int:outbox_id>/undo")
def undo(outbox_id: int) -> ResponseReturnValue:
    batch, now = web.row_or_404(Outbox, outbox_id), config.now()
    try:
        count = batches.undo_batch(db.session(), batch, web.user().id, now, config.today())
    except DomainError as error:
        return _refused(outbox_id, error)
    db.session.commit()
    flash(ngettext("%(num)s message taken back, nothing left.", "%(num)s messages taken back, nothing left.", count), "good")
    back = request.args.get("back", "")
    return web.go_to(back) if back else web.go("outboxes.show", outbox_id=outbox_id)


@bp.post("/<int:outbox_id>/hasten")
def hasten(outbox_id: int) -> ResponseReturnValue:
    """Do not wait for the end of the undo window."""
    batch = web.row_or_404(Outbox, outbox_id)
    try:
        batches.hasten_batch(db.session(), batch, web.user().id, config.now())
    except DomainError as error:
        return _refused(outbox_id, error)
    db.session.commit()
    wake()
    return web.go("outboxes.show", outbox_id=outbox_id)


@bp.post("/<int:outbox_id>/stop")
def stop(outbox_id: int) -> ResponseReturnValue:
    """What has not left yet stays here."""
    batch = web.row_or_404(Outbox, outbox_id)
    count = batches.stop_batch(db.session(), batch, web.user().id, config.now(), config.today())
    db.session.commit()
    flash(ngettext("%(num)s message stopped before it left.", "%(num)s messages stopped before they left.", count), "info")
    return web.go("outboxes.show", outbox_id=outbox_id)


def _refused(outbox_id: int, error: DomainError) -> ResponseReturnValue:
    db.session.rollback()
    flash(sentence(web.language(), error.code, error.params), "bad")
    return web.go("outboxes.show", outbox_id=outbox_id)


@bp.get("/<int:outbox_id>/letters.pdf")
def letters(outbox_id: int) -> ResponseReturnValue:
    """All letters of the batch in one file, ready for the printer."""
    batch = web.row_or_404(Outbox, outbox_id)
    path = config.settings().data / batch.print_path
    if not batch.print_path or not path.is_file():
        flash(_("There is no file to print for this batch."), "bad")
        return web.go("outboxes.show", outbox_id=outbox_id)
    return send_file(
        path, mimetype="application/pdf", as_attachment=True, download_name=_("letters-%(number)s.pdf", number=batch.id)
    )
