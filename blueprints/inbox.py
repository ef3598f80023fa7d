"""Mail that came in about our messages: replies to read, returns, automatic answers; one of them with its words."""

from __future__ import annotations

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

import config
from blueprints import web
from extensions import db
from models import InboundMessage
from models.inbound import TABS, InboundRow, inbox, inbox_counts, one_row
from rules.errors import DomainError
from services import inbound
from services.wording import sentence
from services.wording_messages import fate

bp = Blueprint("inbox", __name__, url_prefix="/messages/inbox")


@bp.get("")
def index() -> ResponseReturnValue:
    session, company, args = db.session(), web.company(), request.args
    tab = args.get("tab", "")
    tab, text = tab if tab in TABS else "open", args.get("text", "")[:100]
    page = inbox(session, company.id, tab, text, web.page_number())
    counts = inbox_counts(session, company.id)
    return web.render(
        "inbox/index.html",
        "list",
        page=page,
        counts=counts,
        tab=tab,
        text=text,
        company=company,
        today=config.today(),
        fate=_fate,
    )


def _fate(code: str) -> str:
    return fate(web.language(), code)


@bp.get("/<int:inbound_id>")
def show(inbound_id: int) -> ResponseReturnValue:
    row = _row(inbound_id)
    return web.render("inbox/show.html", "mail", row=row, today=config.today())


def _row(inbound_id: int) -> InboundRow:
    found = web.row_or_404(InboundMessage, inbound_id)
    return one_row(db.session(), found.company_id, found.id)


@bp.post("/<int:inbound_id>/handled")
def handle(inbound_id: int) -> ResponseReturnValue:
    """Somebody has read it and done what was to be done: reminders go on."""
    found = web.row_or_404(InboundMessage, inbound_id)
    try:
        inbound.handle(db.session(), found, web.user().id, config.now(), config.today())
    except DomainError as error:
        db.session.rollback()
        return _said(sentence(web.language(), error.code, error.params), "bad")
    db.session.commit()
    return _said(_("Dealt with.") if found.kind != "reply" else _("Reply dealt with: reminders go on."), "good")


@bp.post("/<int:inbound_id>/reopen")
def reopen(inbound_id: int) -> ResponseReturnValue:
    inbound.reopen(db.session(), web.row_or_404(InboundMessage, inbound_id), web.user().id, config.now(), config.today())
    db.session.commit()
    return web.go("inbox.show", inbound_id=inbound_id)


def _said(text: str, kind: str) -> ResponseReturnValue:
    """From a list, the row goes; else back to what is left to read."""
    if request.htmx:
        return web.toast(kind, text, "", *(() if kind == "bad" else ("worklist-changed",)))
    flash(text, kind)
    return web.go("inbox.index")
