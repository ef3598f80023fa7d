"""Holds: no reminders for a customer or one item, until a day or until somebody resumes them."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField
from wtforms.validators import InputRequired, Optional

import config
from blueprints import web
from blueprints.fields import Form, choices
from extensions import db
from models import Customer, Hold, card
from rules.errors import DomainError
from services import holds
from services.wording import sentence

bp = Blueprint("holds", __name__)

ERROR_FIELDS = {"hold_reason_missing": "reason", "hold_past": "until_on", "item_unknown": "item_id"}


class HoldForm(Form):
    reason = StringField(_l("Reason"), [InputRequired(_l("Give a reason: colleagues will read it."))])
    item_id = SelectField(_l("Concerns"), coerce=int)
    until_on = DateField(_l("Until, included"), [Optional()])


@bp.get("/customers/<int:customer_id>/holds/new")
def new(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    return _dialog(_form(customer), customer)


@bp.post("/customers/<int:customer_id>/holds")
def create(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    form = _form(customer)
    if not form.validate():
        return _dialog(form, customer, 422)
    try:
        holds.place_hold(
            db.session(), customer, form.reason.data or "", form.until_on.data, web.user().id, config.now(), config.today(),
            item_id=form.item_id.data or None,
        )  # fmt: skip
    except DomainError as error:
        form.refuse(ERROR_FIELDS[error.code], sentence(web.language(), error.code, error.params))
        return _dialog(form, customer, 422)
    db.session.commit()
    return web.done(_("Reminders are on hold."), "card-changed", endpoint="customers.show", customer_id=customer_id)


@bp.post("/holds/<int:hold_id>/delete")
def destroy(hold_id: int) -> ResponseReturnValue:
    hold = web.row_or_404(Hold, hold_id)
    customer_id = hold.customer_id
    holds.end_hold(db.session(), hold, web.user().id, config.now(), config.today())
    db.session.commit()
    return web.done(_("Reminders resumed."), "card-changed", endpoint="customers.show", customer_id=customer_id)


def _form(customer: Customer) -> HoldForm:
    form = HoldForm()
    owed = card.open_debits(db.session(), customer)
    form.item_id.choices = choices((0, _("the whole account")), *((row.id, row.piece or row.label) for row in owed))
    if not form.is_submitted():
        form.item_id.data = request.args.get("item_id", 0, type=int)
    return form


def _dialog(form: HoldForm, customer: Customer, status: int = 200) -> ResponseReturnValue:
    return web.render("holds/new.html", "form", form=form, customer=customer, status=status)
