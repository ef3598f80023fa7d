"""When reminding is over: hand-over of a file, insolvency proceedings, and the litigation file."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField
from wtforms.validators import InputRequired, Optional

import config
from blueprints import labels, web
from blueprints.fields import Form, MoneyField, choices
from extensions import db
from models import Customer, Handover, Insolvency
from rules.errors import DomainError
from services import recovery
from services.litigation import litigation_file
from services.wording import sentence

bp = Blueprint("recovery", __name__)

ERROR_FIELDS = {
    "handover_recipient": "recipient", "handover_future": "handed_on", "handover_open": "recipient",
    "insolvency_kind": "proceeding", "insolvency_future": "judgment_on", "insolvency_order": "published_on",
}  # fmt: skip


class HandoverForm(Form):
    recipient = SelectField(_l("To whom"), choices=choices(*labels.RECIPIENTS.items()))
    handed_on = DateField(_l("Handed over on"), [InputRequired(_l("Choose a day."))])
    name = StringField(_l("Name"))
    reference = StringField(_l("Their reference"))
    cost_cents = MoneyField(_l("Cost so far"))
    note = StringField(_l("Remark"))


class FollowForm(Form):
    name = StringField(_l("Name"))
    reference = StringField(_l("Their reference"))
    cost_cents = MoneyField(_l("Cost so far"))
    note = StringField(_l("Remark"))


class EndForm(Form):
    outcome = SelectField(_l("How it ended"), choices=choices(*labels.OUTCOMES_OF_HANDOVER.items()))


class InsolvencyForm(Form):
    proceeding = SelectField(_l("Proceedings"), choices=choices(*labels.PROCEEDINGS.items()))
    judgment_on = DateField(_l("Judgment of"), [InputRequired(_l("Choose a day."))])
    published_on = DateField(_l("Published on (BODACC, Moniteur)"), [Optional()])
    declare_by_on = DateField(_l("Claim to declare by"), [Optional()])
    declared_on = DateField(_l("Claim declared on"), [Optional()])
    administrator = StringField(_l("Administrator or liquidator"))
    note = StringField(_l("Remark"))


@bp.get("/customers/<int:customer_id>/handover/new")
def new(customer_id: int) -> ResponseReturnValue:
    customer, form = web.customer_or_404(customer_id), HandoverForm()
    form.handed_on.data = config.today()
    return _handover(form, customer)


@bp.post("/customers/<int:customer_id>/handover")
def create(customer_id: int) -> ResponseReturnValue:
    customer, form = web.customer_or_404(customer_id), HandoverForm()
    if not form.validate():
        return _handover(form, customer, 422)
    fields = form.values()
    recipient, day, fields["cost_cents"] = fields.pop("recipient"), fields.pop("handed_on"), fields["cost_cents"] or 0
    try:
        recovery.hand_over(db.session(), customer, recipient, day, web.user().id, config.now(), config.today(), **fields)
    except DomainError as error:
        return _handover(_wrong(form, error), web.customer_or_404(customer_id), 422)
    db.session.commit()
    return web.done(_("File handed over: reminders stop."), "card-changed", endpoint="customers.show", customer_id=customer_id)


@bp.get("/handovers/<int:handover_id>/edit")
def edit(handover_id: int) -> ResponseReturnValue:
    found = web.row_or_404(Handover, handover_id)
    return _followed(found, FollowForm(obj=found))


@bp.post("/handovers/<int:handover_id>")
def update(handover_id: int) -> ResponseReturnValue:
    found, form = web.row_or_404(Handover, handover_id), FollowForm()
    if not form.validate():
        return _followed(found, form, 422)
    fields = form.values()
    recovery.follow_handover(
        db.session(), found, web.user().id, config.now(), **fields | {"cost_cents": fields["cost_cents"] or 0}
    )
    customer_id = found.customer_id
    db.session.commit()
    return web.done(_("Saved."), "card-changed", endpoint="customers.show", customer_id=customer_id)


@bp.get("/handovers/<int:handover_id>/end")
def ending(handover_id: int) -> ResponseReturnValue:
    found = web.row_or_404(Handover, handover_id)
    return web.render("recovery/end.html", "form", form=EndForm(), handover=found)


@bp.post("/handovers/<int:handover_id>/end")
def end(handover_id: int) -> ResponseReturnValue:
    found, form = web.row_or_404(Handover, handover_id), EndForm()
    customer_id = found.customer_id
    try:
        recovery.end_handover(db.session(), found, form.outcome.data or "", web.user().id, config.now(), config.today())
    except DomainError as error:
        db.session.rollback()
        form.refuse("outcome", sentence(web.language(), error.code, error.params))
        found = web.row_or_404(Handover, handover_id)
        return web.render("recovery/end.html", "form", form=form, handover=found, status=422)
    db.session.commit()
    back = url_for("recovery.resume", handover_id=handover_id)
    text = _("The file is over. What is left follows its scenario again.")
    return web.done(text, "card-changed", undo=back, endpoint="customers.show", customer_id=customer_id)


@bp.post("/handovers/<int:handover_id>/resume")
def resume(handover_id: int) -> ResponseReturnValue:
    found = web.row_or_404(Handover, handover_id)
    customer_id = found.customer_id
    try:
        recovery.resume_handover(db.session(), found, web.user().id, config.now(), config.today())
    except DomainError as error:
        db.session.rollback()
        flash(sentence(web.language(), error.code, error.params), "bad")
        return web.go("customers.show", customer_id=customer_id)
    db.session.commit()
    return web.done(_("The file is in their hands again."), "card-changed", endpoint="customers.show", customer_id=customer_id)


@bp.get("/customers/<int:customer_id>/insolvency")
def insolvency(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    found = db.session.get(Insolvency, customer_id)
    form = InsolvencyForm(obj=found)
    if found is None:
        form.judgment_on.data = customer.insolvent_on
    return _insolvency(form, customer)


@bp.post("/customers/<int:customer_id>/insolvency")
def insolvency_update(customer_id: int) -> ResponseReturnValue:
    customer, form = web.customer_or_404(customer_id), InsolvencyForm()
    if not form.validate():
        return _insolvency(form, customer, 422)
    try:
        recovery.record_insolvency(db.session(), customer, web.user().id, config.now(), config.today(), **form.values())
    except DomainError as error:
        return _insolvency(_wrong(form, error), web.customer_or_404(customer_id), 422)
    db.session.commit()
    text = _("Insolvency recorded: no more reminders, nor interest from the judgment on.")
    back = url_for("recovery.insolvency_destroy", customer_id=customer_id)
    return web.done(text, "card-changed", undo=back, endpoint="customers.show", customer_id=customer_id)


@bp.post("/customers/<int:customer_id>/insolvency/delete")
def insolvency_destroy(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    recovery.cancel_insolvency(db.session(), customer, web.user().id, config.now(), config.today())
    db.session.commit()
    return web.done(_("No longer insolvent."), "card-changed", endpoint="customers.show", customer_id=customer_id)


@bp.get("/customers/<int:customer_id>/litigation.zip")
def litigation(customer_id: int) -> ResponseReturnValue:
    """Statement, documents and messages with their proofs, in one file."""
    customer = web.customer_or_404(customer_id)
    made = litigation_file(db.session(), web.company(), customer, config.settings().data, web.language(), config.today())
    name = _("litigation file %(code)s %(day)s", code=customer.code.replace("/", "-"), day=config.today().isoformat())
    return send_file(made, mimetype="application/zip", as_attachment=True, download_name=f"{name}.zip")


def _wrong(form: Any, error: DomainError) -> Any:
    db.session.rollback()
    form.refuse(ERROR_FIELDS[error.code], sentence(web.language(), error.code, error.params))
    return form


def _handover(form: HandoverForm, customer: Customer, status: int = 200) -> ResponseReturnValue:
    return web.render("recovery/new.html", "form", form=form, customer=customer, today=config.today(), status=status)


def _followed(found: Handover, form: FollowForm, status: int = 200) -> ResponseReturnValue:
    return web.render("recovery/edit.html", "form", form=form, handover=found, status=status)


def _insolvency(form: InsolvencyForm, customer: Customer, status: int = 200) -> ResponseReturnValue:
    known = db.session.get(Insolvency, customer.id)
    return web.render("recovery/insolvency.html", "form", form=form, customer=customer, known=known, status=status)
