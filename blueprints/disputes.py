"""Disputes: the list of all with its figures, opened from a customer's card, followed with comments and documents, solved; the
company's reasons."""

from __future__ import annotations

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional

import config
from blueprints import labels, web
from blueprints.fields import Form, MoneyField, choices
from extensions import db
from models import Customer, Dispute, Item, card, commitment_lists, dispute_lists, lists
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
    outcome = RadioField(
        _l("The customer was"),
        choices=choices(("accepted", _l("right: accepted")), ("refused", _l("wrong: refused"))),
        validators=[InputRequired(_l("Say whether the dispute was accepted or refused."))],
    )
    solution = StringField(_l("How it was solved"))


class FollowForm(Form):
    state = SelectField(_l("State"), choices=choices(("open", _l("Dispute open")), ("waiting", _l("Waiting for others"))))
    owner_id = SelectField(_l("Entrusted to"), coerce=int)
    deadline_on = DateField(_l("To solve before"), [Optional()])
    cents = MoneyField(_l("Amount contested"))


class CommentForm(Form):
    body = TextAreaField(_l("Your comment"), [InputRequired(_l("Write something first."))])


class PaperForm(Form):
    file = FileField(_l("Choose a file"))


class ReasonForm(Form):
    code = StringField(_l("Reason"))
    name = StringField(_l("Reason"))
    owner_id = SelectField(_l("Entrusted to"), coerce=int)
    days = IntegerField(_l("Days to solve"), [InputRequired(_l("Enter a number of days."))], default=disputes.USUAL_DAYS)
    active = BooleanField(_l("In use"), default=True)


@bp.get("/disputes")
def index() -> ResponseReturnValue:
    state = request.args.get("state", "open")
    state = state if state in commitment_lists.DISPUTE_STATES else "open"
    company, today = web.company(), config.today()
    found = commitment_lists.disputes(
        db.session(),
        company.id,
        company.currency,
        web.scope().reps,
        state,
        today,
        web.page_number(),
        company.alert_dispute_days,
    )
    by = {
        name: dispute_lists.tallies(db.session(), company.id, company.currency, web.scope().reps, name)
        for name in ("reason", "rep")
    }
    return web.render(
        "disputes/index.html", "list", found=found, state=state, today=today, company=company, labels=labels, by=by
    )


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


@bp.get("/disputes/<int:dispute_id>")
def show(dispute_id: int) -> ResponseReturnValue:
    return _page(web.row_or_404(Dispute, dispute_id))


@bp.post("/disputes/<int:dispute_id>")
def update(dispute_id: int) -> ResponseReturnValue:
    dispute, form = web.row_or_404(Dispute, dispute_id), _follow_form()
    if not form.validate():
        return _page(dispute, 422, follow=form)
    fields = form.values()
    fields["owner_id"] = fields["owner_id"] or None
    try:
        disputes.change_dispute(db.session(), dispute, web.user().id, config.now(), **fields)
    except DomainError as error:
        form.refuse("cents", sentence(web.language(), error.code, error.params))
        return _page(dispute, 422, follow=form)
    db.session.commit()
    flash(_("Saved."), "good")
    return web.go("disputes.show", dispute_id=dispute_id)


@bp.get("/disputes/<int:dispute_id>/edit")
def edit(dispute_id: int) -> ResponseReturnValue:
    return _solving(web.row_or_404(Dispute, dispute_id), SolutionForm())


@bp.post("/disputes/<int:dispute_id>/solve")
def solve(dispute_id: int) -> ResponseReturnValue:
    dispute, form = web.row_or_404(Dispute, dispute_id), SolutionForm()
    if not form.validate():
        return _solving(dispute, form, 422)
    customer_id, said = dispute.customer_id, form.solution.data or ""
    disputes.solve_dispute(db.session(), dispute, said, web.user().id, config.now(), config.today(), form.outcome.data)
    db.session.commit()
    text = _("Dispute solved. What it held back follows its scenario again.")
    back = url_for("disputes.reopen", dispute_id=dispute_id)
    return web.done(text, "card-changed", "list-changed", undo=back, endpoint="customers.show", customer_id=customer_id)


@bp.post("/disputes/<int:dispute_id>/reopen")
def reopen(dispute_id: int) -> ResponseReturnValue:
    dispute = web.row_or_404(Dispute, dispute_id)
    disputes.reopen_dispute(db.session(), dispute, web.user().id, config.now(), config.today())
    db.session.commit()
    return web.done(
        _("The dispute is open again."), "card-changed", "list-changed", endpoint="disputes.show", dispute_id=dispute_id
    )


@bp.post("/disputes/<int:dispute_id>/comments")
def comment(dispute_id: int) -> ResponseReturnValue:
    dispute, form = web.row_or_404(Dispute, dispute_id), CommentForm()
    if not form.validate():
        return _page(dispute, 422, comment=form)
    disputes.add_comment(db.session(), dispute, form.body.data or " ", web.user().id, config.now())
    db.session.commit()
    return web.go("disputes.show", dispute_id=dispute_id)


@bp.post("/disputes/<int:dispute_id>/documents")
def attach(dispute_id: int) -> ResponseReturnValue:
    dispute, form = web.row_or_404(Dispute, dispute_id), PaperForm()
    upload = request.files.get("file")
    content = upload.stream.read(disputes.MOST_BYTES + 1) if upload else b""
    name = upload.filename or "" if upload else ""
    try:
        disputes.attach(db.session(), dispute, config.settings().data, name, content, web.user().id, config.now())
    except DomainError as error:
        form.refuse("file", sentence(web.language(), error.code, error.params))
        return _page(dispute, 422, paper=form)
    db.session.commit()
    return web.go("disputes.show", dispute_id=dispute_id)


@bp.post("/disputes/<int:dispute_id>/documents/<int:document_id>/delete")
def detach(dispute_id: int, document_id: int) -> ResponseReturnValue:
    dispute = web.row_or_404(Dispute, dispute_id)
    if not disputes.detach(db.session(), dispute, document_id, web.user().id, config.now()):
        flash(_("This document is not part of the dispute."), "bad")
    db.session.commit()
    return web.go("disputes.show", dispute_id=dispute_id)


@bp.get("/settings/dispute-reasons")
def reasons() -> ResponseReturnValue:
    return _reasons_page(_reason_form())


@bp.post("/settings/dispute-reasons")
def reason_update() -> ResponseReturnValue:
    form = _reason_form()
    if not form.validate():
        return _reasons_page(form, 422)
    fields = form.values()
    code = fields.pop("code") or fields["name"]
    fields["owner_id"] = fields["owner_id"] or None
    try:
        disputes.save_reason(db.session(), web.company().id, code, web.user().id, config.now(), **fields)
    except DomainError as error:
        db.session.rollback()
        form.refuse("days" if error.code == "reason_days" else "name", sentence(web.language(), error.code, error.params))
        return _reasons_page(form, 422)
    db.session.commit()
    flash(_("Saved."), "good")
    return web.go("disputes.reasons")


def _reason_form() -> ReasonForm:
    form = ReasonForm()
    form.owner_id.choices = choices((0, _("Nobody yet")), *lists.choices(db.session(), web.company().id).collectors)
    return form


def _reasons_page(form: ReasonForm, status: int = 200) -> ResponseReturnValue:
    known = disputes.reasons(db.session(), web.company().id)
    return web.render("disputes/reasons.html", form=form, reasons=known, labels=labels, status=status)


def _solving(dispute: Dispute, form: SolutionForm, status: int = 200) -> ResponseReturnValue:
    return web.render("disputes/edit.html", "form", form=form, dispute=dispute, labels=labels, status=status)


def _follow_form(dispute: Dispute | None = None) -> FollowForm:
    form = FollowForm(obj=dispute)
    form.owner_id.choices = choices((0, _("Nobody yet")), *lists.choices(db.session(), web.company().id).collectors)
    if dispute is not None and not form.is_submitted():
        form.owner_id.data = dispute.owner_id or 0
    return form


def _page(
    dispute: Dispute, status: int = 200, *, follow: FollowForm | None = None, comment: CommentForm | None = None,
    paper: PaperForm | None = None,
) -> ResponseReturnValue:  # fmt: skip
    session, customer = db.session(), web.customer_or_404(dispute.customer_id)
    return web.render(
        "disputes/show.html", dispute=dispute, customer=customer, item=session.get(Item, dispute.item_id) if dispute.item_id else None, status=status,
        follow=follow or _follow_form(dispute), comment=comment or CommentForm(formdata=None), paper=paper or PaperForm(formdata=None),
        comments=dispute_lists.comments(session, dispute.id), papers=dispute_lists.papers(session, dispute.id),
        labels=labels, today=config.today(), company=web.company(),
    )  # fmt: skip


def _form(customer: Customer) -> DisputeForm:
    form = DisputeForm()
    owed = card.open_debits(db.session(), customer)
    colleagues = lists.choices(db.session(), customer.company_id).collectors
    form.reason.choices = choices(*labels.reason_choices(disputes.reasons(db.session(), customer.company_id)))
    form.item_id.choices = choices((0, _("the whole account")), *((row.id, row.piece or row.label) for row in owed))
    form.owner_id.choices = choices((0, _("Nobody yet")), *colleagues)
    if not form.is_submitted():
        form.item_id.data = request.args.get("item_id", 0, type=int)
    return form


def _dialog(form: DisputeForm, customer: Customer, status: int = 200) -> ResponseReturnValue:
    return web.render("disputes/new.html", "form", form=form, customer=customer, status=status)
