"""Messages: what waits for a decision, what failed, what waits to leave, what left; and one message with its proof."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

import config
from blueprints import web
from blueprints.fields import Form
from extensions import db
from models import Message
from models.message_lists import TABS, MessageFilters, known, message_page, tab_counts
from models.worklist import IN_WRITING
from rules.errors import DomainError
from services import addresses, outbox
from services.reading import read_mail
from services.wording import sentence
from services.wording_messages import fate

bp = Blueprint("messages", __name__, url_prefix="/messages")


class AddressForm(Form):
    email = StringField(_l("E-mail"))


@bp.get("")
def index() -> ResponseReturnValue:
    session, company, reps = db.session(), web.company(), web.scope().reps
    counts, args = tab_counts(session, company.id, reps), request.args
    tab = args.get("tab", "")
    if tab not in TABS:
        tab = next((name for name in ("unknown", "failed", "waiting") if counts[name]), "gone")
    state, channel = args.get("state", ""), args.get("channel", "")
    filters = MessageFilters(
        tab,
        reps,
        channel=channel if channel in IN_WRITING else "",
        state=state if state in TABS[tab] else "",
        text=args.get("text", "")[:100],
    )
    page = message_page(session, company.id, filters, web.page_number())
    return web.render("messages/index.html", "list", page=page, counts=counts, filters=filters, company=company, fate=_fate)


def _fate(code: str) -> str:
    return fate(web.language(), code)


def _message(message_id: int) -> Message:
    """A message the user may read; those of no customer (tests) are no business of sales representatives."""
    found = web.row_or_404(Message, message_id)
    if found.customer_id is None and web.scope().reps is not None:
        web.abort(404)
    return found


@bp.get("/<int:message_id>")
def show(message_id: int) -> ResponseReturnValue:
    one = known(db.session(), _message(message_id))
    parts = read_mail(one.body) if one.body and one.message.channel == "email" else None
    return web.render("messages/show.html", one=one, message=one.message, parts=parts, company=web.company(), fate=_fate)


@bp.get("/<int:message_id>/html")
def body(message_id: int) -> ResponseReturnValue:
    """The HTML of an e-mail, sealed off from the page that frames it."""
    found = _message(message_id)
    if found.channel != "email" or not found.body:
        web.abort(404)
    parts = read_mail(found.body)
    return web.sealed(parts.html or parts.text, "text/html" if parts.html else "text/plain")


@bp.get("/<int:message_id>/file")
def download(message_id: int) -> ResponseReturnValue:
    """The exact bytes: an .eml file, or the PDF of a letter."""
    found = _message(message_id)
    if not found.body:
        web.abort(404)
    letter = found.channel == "letter"
    answer = make_response(found.body)
    answer.mimetype = "application/pdf" if letter else "message/rfc822"
    name = f"message-{found.id}.{'pdf' if letter else 'eml'}"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


@bp.post("/<int:message_id>/settle")
def settle(message_id: int) -> ResponseReturnValue:
    """A person decides about an uncertain message: it arrived, or it goes again with the same Message-ID."""
    found, decision = _message(message_id), request.form.get("decision", "")
    if decision not in ("arrived", "again"):
        flash(_("Choose what to do with this message."), "bad")
        return web.go("messages.show", message_id=message_id)
    try:
        outbox.settle_unknown(db.session(), found, decision == "arrived", web.user().id, config.now(), config.today())
    except DomainError as error:
        flash(sentence(web.language(), error.code, error.params), "bad")
        return web.go("messages.show", message_id=message_id)
    db.session.commit()
    flash(_("Noted as arrived.") if decision == "arrived" else _("It leaves again, with the same identifier."), "good")
    return web.go("messages.index", tab="unknown")


@bp.get("/<int:message_id>/address")
def edit(message_id: int) -> ResponseReturnValue:
    form = AddressForm()
    form.email.data = _message(message_id).recipient
    return web.render("messages/edit.html", "form", form=form, message=_message(message_id))


@bp.post("/<int:message_id>/address")
def update(message_id: int) -> ResponseReturnValue:
    """The address a server refused is corrected; what it held up is due again."""
    found, form = _message(message_id), AddressForm()
    if found.customer_id is None:
        web.abort(404)
    customer = web.customer_or_404(found.customer_id)
    now, today = config.now(), config.today()
    try:
        addresses.correct_email(db.session(), customer, found.recipient, form.email.data or "", web.user().id, now, today)
    except DomainError as error:
        form.refuse("email", sentence(web.language(), error.code, error.params))
        return web.render("messages/edit.html", "form", form=form, message=found, status=422)
    db.session.commit()
    flash(_("Address of %(name)s corrected. The reminder is due again.", name=customer.name), "good")
    return web.go("actions.index")
