"""Interest and compensation of one customer: the statement with every segment, claiming, giving up, payments of claims."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField
from wtforms.validators import InputRequired

import config
from blueprints import web
from blueprints.fields import Form
from extensions import db
from models import Claim, Customer
from models.claims import claims_of
from rules.errors import DomainError
from services import claims
from services.language import money_with_currency
from services.wording import sentence
from services.wording_law import basis, limitation_basis

bp = Blueprint("claims", __name__)

STATES = {"announced": _l("announced"), "claimed": _l("claimed"), "paid": _l("paid"), "waived": _l("given up")}
KINDS = {"interest": _l("Interest"), "compensation": _l("Compensation"), "cost": _l("Cost")}


class WaiveForm(Form):
    reason = StringField(_l("Reason"), [InputRequired(_l("Say why it is given up."))])


class PayForm(Form):
    paid_on = DateField(_l("Paid on"), [InputRequired(_l("Enter the day of the payment."))])


@bp.get("/customers/<int:customer_id>/claims")
def index(customer_id: int) -> ResponseReturnValue:
    """The statement of interest; asked by the card for its sums alone."""
    customer = web.customer_or_404(customer_id)
    found = claims.statement(db.session(), web.company(), customer, config.today())
    if request.htmx and request.htmx.target == "claims":
        return web.fragment("claims/_sums.html", "sums", customer=customer, statement=found, say=_say)
    return _page(customer, found)


@bp.post("/customers/<int:customer_id>/claims")
def create(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    try:
        made = claims.claim_due(db.session(), web.company(), customer, web.user().id, config.now(), config.today())
    except DomainError as error:
        return _refused(customer_id, error)
    db.session.commit()
    sums = sum(claim.cents for claim in made)
    text = _("%(amount)s claimed.", amount=money_with_currency(sums, web.language(), made[0].currency))
    return web.done(text, "card-changed", endpoint="claims.index", customer_id=customer_id)


@bp.get("/customers/<int:customer_id>/claims/waiver")
def waiver(customer_id: int) -> ResponseReturnValue:
    return _waive_dialog(WaiveForm(), web.customer_or_404(customer_id), None)


@bp.post("/customers/<int:customer_id>/claims/waiver")
def waive_due(customer_id: int) -> ResponseReturnValue:
    """Give up all that has come due and was not claimed."""
    customer, form = web.customer_or_404(customer_id), WaiveForm()
    if not form.validate():
        return _waive_dialog(form, customer, None, 422)
    actor = web.user().id
    try:
        claims.waive_due(db.session(), web.company(), customer, form.reason.data or "", actor, config.now(), config.today())
    except DomainError as error:
        form.refuse("reason", sentence(web.language(), error.code, error.params))
        return _waive_dialog(form, customer, None, 422)
    db.session.commit()
    return web.done(
        _("Given up. Interest from tomorrow on still counts."), "card-changed", endpoint="claims.index", customer_id=customer_id
    )


@bp.get("/claims/<int:claim_id>/waiver")
def edit(claim_id: int) -> ResponseReturnValue:
    claim = web.row_or_404(Claim, claim_id)
    return _waive_dialog(WaiveForm(), web.customer_or_404(claim.customer_id), claim)


@bp.post("/claims/<int:claim_id>/waiver")
def waive(claim_id: int) -> ResponseReturnValue:
    claim, form = web.row_or_404(Claim, claim_id), WaiveForm()
    customer = web.customer_or_404(claim.customer_id)
    if form.validate():
        try:
            claims.waive(db.session(), claim, form.reason.data or "", web.user().id, config.now())
        except DomainError as error:
            form.refuse("reason", sentence(web.language(), error.code, error.params))
    if form.errors:
        return _waive_dialog(form, customer, claim, 422)
    db.session.commit()
    return web.done(_("Given up."), "card-changed", endpoint="claims.index", customer_id=customer.id)


@bp.post("/claims/<int:claim_id>/payment")
def pay(claim_id: int) -> ResponseReturnValue:
    claim, form = web.row_or_404(Claim, claim_id), PayForm()
    customer_id = claim.customer_id
    if not form.validate():
        return _page(web.customer_or_404(customer_id), None, 422)
    try:
        claims.pay(db.session(), claim, form.paid_on.data, web.user().id, config.now(), config.today())
    except DomainError as error:
        return _refused(customer_id, error)
    db.session.commit()
    return web.done(_("Payment of the claim recorded."), "card-changed", endpoint="claims.index", customer_id=customer_id)


def _refused(customer_id: int, error: DomainError) -> ResponseReturnValue:
    db.session.rollback()
    return _page(web.customer_or_404(customer_id), None, 422, sentence(web.language(), error.code, error.params))


def _say(code: str, **params: object) -> str:
    return sentence(web.language(), code, params)


def _page(customer: Customer, found: claims.Statement | None, status: int = 200, wrong: str = "") -> ResponseReturnValue:
    session, company = db.session(), web.company()
    language = web.language()
    return web.render(
        "claims/index.html", status=status, customer=customer, wrong=wrong, today=config.today(), kinds=KINDS, states=STATES,
        statement=found or claims.statement(session, company, customer, config.today()), rows=claims_of(session, customer.id),
        say=_say, basis=lambda code: basis(language, code), limitation_basis=lambda code: limitation_basis(language, code),
        rate_text=lambda rate: claims.rate_text(rate, language),
    )  # fmt: skip


def _waive_dialog(form: WaiveForm, customer: Customer, claim: Claim | None, status: int = 200) -> ResponseReturnValue:
    return web.render("claims/waiver.html", "form", form=form, customer=customer, claim=claim, status=status)
