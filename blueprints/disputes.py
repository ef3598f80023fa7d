"""Disputes: the list of all, opened from a customer's card, solved."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField
from wtforms.validators import Optional

import config
from blueprints import labels, web
from blueprints.fields import Form, MoneyField, choices
from extensions import db
from models import Customer, Dispute, card, commitment_lists, lists
from rules.errors import DomainError
from services import disputes
from services.wording import sentence

bp = Blueprint("disputes", __name__)

ERROR_FIELDS = {"dispute_reason_unknown": "reason", "dispute_amount": "cents", "item_unknown": "item_id"}


class DisputeForm(Form):
    reason = SelectField(_l("Reason"))
    item_id = SelectField(_l("Concerns"), coerce=int)
    cents = MoneyField(_l("Amount contested"))
    owner_id = SelectField(_l("Entrusted to"), coerce=int)
    deadline_on = DateField(_l("To solve before"), [Optional()])
    remark = StringField(_l("What the customer says"))


class SolutionForm(Form):
    solution = StringField(_l("How it was solved"))


@bp.get("/disputes")
def index() -> ResponseReturnValue:
    state = request.args.get("state", "open")
    state = state if state in commitment_lists.DISPUTE_STATES else "open"
    company, today = web.company(), config.today()
    found = commitment_lists.disputes(
        db.session(), company.id, company.currency, web.scope().reps, state, today, web.page_number()
    )
    return web.render("disputes/index.html", "list", found=found, state=state, today=today, company=company, labels=labels)


@bp.get("/customers/<int:customer_id>/disputes/new")
def new(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    return _dialog(_form(customer), customer)


@bp.post("/customers/<int:customer_id>/disputes")
def create(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    form = _form(customer)
    if not form.validate():
        return _dialog(form, customer, 422)
    fields = form.values()
    reason = fields.pop("reason")
    fields |= {"item_id": fields["item_id"] or None, "owner_id": fields["owner_id"] or None}
    try:
        disputes.open_dispute(db.session(), customer, reason, web.user().id, config.now(), config.today(), **fields)
    except DomainError as error:
        form.refuse(ERROR_FIELDS[error.code], sentence(web.language(), error.code, error.params))
        return _dialog(form, customer, 422)
    db.session.commit()
    text = _("Dispute opened. The reminders leave it out until it is solved.")
    return web.done(text, "card-changed", endpoint="customers.show", customer_id=customer_id)


@bp.get("/disputes/<int:dispute_id>/edit")
def edit(dispute_id: int) -> ResponseReturnValue:
    dispute = web.row_or_404(Dispute, dispute_id)
    return web.render("disputes/edit.html", "form", form=SolutionForm(), dispute=dispute, labels=labels)


@bp.post("/disputes/<int:dispute_id>/solve")
def solve(dispute_id: int) -> ResponseReturnValue:
    dispute, form = web.row_or_404(Dispute, dispute_id), SolutionForm()
    customer_id = dispute.customer_id
    disputes.solve_dispute(db.session(), dispute, form.solution.data or "", web.user().id, config.now(), config.today())
    db.session.commit()
    text = _("Dispute solved. What it held back follows its scenario again.")
    return web.done(text, "card-changed", "list-changed", endpoint="customers.show", customer_id=customer_id)


def _form(customer: Customer) -> DisputeForm:
    form = DisputeForm()
    owed = card.open_debits(db.session(), customer)
    colleagues = lists.choices(db.session(), customer.company_id).collectors
    form.reason.choices = choices(*((code, str(name).capitalize()) for code, name in labels.DISPUTE_REASON_NAMES.items()))
    form.item_id.choices = choices((0, _("the whole account")), *((row.id, row.piece or row.label) for row in owed))
    form.owner_id.choices = choices((0, _("Nobody yet")), *colleagues)
    if not form.is_submitted():
        form.item_id.data = request.args.get("item_id", 0, type=int)
    return form


def _dialog(form: DisputeForm, customer: Customer, status: int = 200) -> ResponseReturnValue:
    return web.render("disputes/new.html", "form", form=form, customer=customer, status=status)
