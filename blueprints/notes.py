"""Notes on a customer: written, pinned, deleted by their author."""

from __future__ import annotations

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

import config
from blueprints import web
from extensions import db
from models import Customer, Note
from rules.errors import DomainError
from services import customers
from services.wording import sentence

bp = Blueprint("notes", __name__)


@bp.post("/customers/<int:customer_id>/notes")
def create(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    body, pinned = request.form.get("body", "")[:4000], bool(request.form.get("pinned"))
    try:
        customers.write_note(db.session(), customer, body, pinned, web.user().id, config.now())
    except DomainError as error:
        flash(sentence(web.language(), error.code, error.params), "bad")
        return web.go("customers.show", customer_id=customer_id)
    db.session.commit()
    return web.go("customers.show", customer_id=customer_id, _anchor="feed")


@bp.post("/notes/<int:note_id>/pin")
def pin(note_id: int) -> ResponseReturnValue:
    note, customer = _note(note_id)
    customers.pin_note(db.session(), customer, note, not note.pinned, web.user().id, config.now())
    db.session.commit()
    return web.go("customers.show", customer_id=customer.id, _anchor="feed")


@bp.post("/notes/<int:note_id>/delete")
def destroy(note_id: int) -> ResponseReturnValue:
    note, customer = _note(note_id)
    try:
        customers.remove_note(db.session(), customer, note, web.user().id, config.now())
    except DomainError as error:
        flash(sentence(web.language(), error.code, error.params), "bad")
        return web.go("customers.show", customer_id=customer.id, _anchor="feed")
    db.session.commit()
    flash(_("Note deleted."), "good")
    return web.go("customers.show", customer_id=customer.id, _anchor="feed")


def _note(note_id: int) -> tuple[Note, Customer]:
    note = web.row_or_404(Note, note_id)
    return note, web.customer_or_404(note.customer_id)
