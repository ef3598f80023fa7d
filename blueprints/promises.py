"""Promises to pay: the list of all, recorded from a customer's card, cancelled."""

from __future__ import annotations

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.validators import InputRequired

import config
from blueprints import labels, web
from blueprints.fields import Form, MoneyField, choices
from extensions import db
from models import Customer, Promise, card, commitment_lists
from rules.errors import DomainError
from services import language as words
from services import promises
from services.wording import sentence

bp = Blueprint("promises", __name__)

ERROR_FIELDS = {"promise_past": "promised_on", "promise_amount": "cents", "item_unknown": "item_id"}


class PromiseForm(Form):
    promised_on = DateField(_l("Will pay on"), [InputRequired(_l("Choose a day."))])
    cents = MoneyField(_l("Amount"), [InputRequired(_l("Enter an amount."))])
    item_id = SelectField(_l("Concerns"), coerce=int)
    said_by = StringField(_l("Told by"))
    channel = SelectField(_l("How"), choices=choices(*labels.MEDIA))
    remark = StringField(_l("Remark"))
    confirm = BooleanField(_l("Confirm the promise by e-mail"))


@bp.get("/promises")
def index() -> ResponseReturnValue:
    state = request.args.get("state", "expected")
    state = state if state in commitment_lists.PROMISE_STATES else "expected"
    company, today = web.company(), config.today()
    found = commitment_lists.promises(
        db.session(), company.id, company.currency, web.scope().reps, state, today, web.page_number()
    )
    return web.render("promises/index.html", "list", found=found, state=state, today=today, company=company)


@bp.get("/customers/<int:customer_id>/promises/new")
def new(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    return _dialog(_form(customer), customer)


@bp.post("/customers/<int:customer_id>/promises")
def create(customer_id: int) -> ResponseReturnValue:
    customer, today = web.customer_or_404(customer_id), config.today()
    form = _form(customer)
    if not form.validate():
        return _dialog(form, customer, 422)
    fields = form.values()
    day, item_id, confirm = fields.pop("promised_on"), fields.pop("item_id") or None, fields.pop("confirm")
    try:
        made = promises.record_promise(
            db.session(), customer, day, fields.pop("cents") or 0, web.user().id, config.now(), today, item_id=item_id, **fields
        )
        if confirm:
            promises.confirm_promise(db.session(), made, web.user().id, config.now(), today)
    except DomainError as error:
        db.session.rollback()
        form.refuse(ERROR_FIELDS.get(error.code, "confirm"), sentence(web.language(), error.code, error.params))
        return _dialog(form, web.customer_or_404(customer_id), 422)
    db.session.commit()
    text = _("Promise recorded for %(day)s.", day=words.day_short(day, web.language()))
    back = url_for("promises.destroy", promise_id=made.id)
    return web.done(text, "card-changed", undo=back, endpoint="customers.show", customer_id=customer_id)


@bp.post("/promises/<int:promise_id>/delete")
def destroy(promise_id: int) -> ResponseReturnValue:
    promise = web.row_or_404(Promise, promise_id)
    customer_id = promise.customer_id
    try:
        promises.cancel_promise(db.session(), promise, web.user().id, config.now(), config.today())
    except DomainError as error:
        flash(sentence(web.language(), error.code, error.params), "bad")
        return web.go("customers.show", customer_id=customer_id)
    db.session.commit()
    return web.done(_("Promise cancelled."), "card-changed", endpoint="customers.show", customer_id=customer_id)


def _form(customer: Customer) -> PromiseForm:
    """The form with the customer's open items; a chosen item brings its amount, the whole brings what is overdue."""
    form, today = PromiseForm(), config.today()
    owed = card.open_debits(db.session(), customer)
    form.item_id.choices = choices((0, _("everything that is overdue")), *((row.id, row.piece or row.label) for row in owed))
    if not form.is_submitted():
        item_id = request.args.get("item_id", 0, type=int)
        chosen = [row for row in owed if row.id == item_id] or [row for row in owed if row.due_on < today] or owed
        form.item_id.data = item_id if any(row.id == item_id for row in owed) else 0
        form.cents.data = sum(row.open_cents for row in chosen) or None
    return form


def _dialog(form: PromiseForm, customer: Customer, status: int = 200) -> ResponseReturnValue:
    names = [one.name for one in card.contacts(db.session(), customer.id) if one.name]
    return web.render(
        "promises/new.html", "form", form=form, customer=customer, names=names, today=config.today(), status=status
    )
