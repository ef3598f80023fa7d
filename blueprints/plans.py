"""Payment plans: the list of all, proposed on a form that shows the instalments at once, accepted, confirmed, called off."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, IntegerField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Optional

import config
from blueprints import labels, web
from blueprints.fields import Form, MoneyField, choices
from extensions import db
from models import Customer, Plan
from models import plans as store
from rules.errors import DomainError
from rules.plans import Instalment
from services import plans
from services.plans import Acceptance, Terms
from services.wording import sentence

bp = Blueprint("plans", __name__)

FREQUENCIES = (("weekly", _l("every week")), ("monthly", _l("every month")), ("month_end", _l("at the end of each month")))
THROUGH = (*labels.MEDIA, ("signature", _l("By signature")))
ERROR_FIELDS = {
    "plan_past": "first_on", "plan_count": "count", "plan_each": "each_cents", "plan_shape": "count", "plan_frequency": "frequency",
    "plan_accepted_future": "accepted_on", "plan_broken_already": "first_on",
}  # fmt: skip


class PlanForm(Form):
    item_ids = SelectMultipleField(_l("Invoices"), coerce=int)
    first_on = DateField(_l("First instalment on"), [InputRequired(_l("Choose a day."))])
    frequency = SelectField(_l("Then"), choices=choices(*FREQUENCIES), default="monthly")
    by = RadioField(
        _l("Divided by"),
        choices=choices(("count", _l("number of instalments")), ("each", _l("amount of each"))),
        default="count",
    )
    count = IntegerField(_l("Number of instalments"), [Optional()], default=3)
    each_cents = MoneyField(_l("Amount of each"))
    note = StringField(_l("Remark"))
    agreed = BooleanField(_l("The customer has agreed already"))
    accepted_by = StringField(_l("Agreed by"))
    accepted_through = SelectField(_l("How"), choices=choices(*THROUGH))
    confirm = BooleanField(_l("Confirm the plan by e-mail"))


class AcceptForm(Form):
    accepted_on = DateField(_l("Agreed on"), [InputRequired(_l("Choose a day."))])
    accepted_by = StringField(_l("Agreed by"))
    accepted_through = SelectField(_l("How"), choices=choices(*THROUGH))


@bp.get("/plans")
def index() -> ResponseReturnValue:
    state = request.args.get("state", "running")
    state = state if state in store.PLAN_STATES else "running"
    company = web.company()
    page, counts = store.listing(db.session(), company.id, web.scope().reps, state, web.page_number())
    return web.render(
        "plans/index.html",
        "list",
        page=page,
        counts=counts,
        state=state,
        today=config.today(),
        company=company,
        names=labels.PLAN_STATES,
    )


@bp.post("/plans/tell")
def tell() -> ResponseReturnValue:
    """Send now what is to be announced and what is late, instead of waiting for the hourly run."""
    try:
        batch = plans.tell_debtors(db.session(), web.company(), web.user().id, config.now(), config.today())
    except DomainError as error:
        return _refused(error, "plans.index")
    if batch is None:
        flash(_("No instalment is to be announced or asked for."), "")
        return web.go("plans.index")
    db.session.commit()
    return web.go("outboxes.show", outbox_id=batch.id)


@bp.get("/customers/<int:customer_id>/plans/new")
def new(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    return _page(customer, _form(customer))


@bp.get("/customers/<int:customer_id>/plans/preview")
def preview(customer_id: int) -> ResponseReturnValue:
    """The instalments of what is typed; nothing is written."""
    customer = web.customer_or_404(customer_id)
    form = _form(customer, request.args)
    return web.fragment("plans/new.html", "preview", **_preview(customer, form))


@bp.post("/customers/<int:customer_id>/plans")
def create(customer_id: int) -> ResponseReturnValue:
    customer, session, now, today = web.customer_or_404(customer_id), db.session(), config.now(), config.today()
    form = _form(customer)
    if not form.validate():
        return _page(customer, form, 422)
    try:
        plan = plans.propose_plan(
            session, customer, form.item_ids.data or [], _terms(form), web.user().id, now, today, note=form.note.data or ""
        )
        if form.agreed.data:
            said = Acceptance(today, form.accepted_by.data or "", form.accepted_through.data)
            plans.accept_plan(session, plan, said, web.user().id, now, today)
        if form.confirm.data:
            plans.confirm_plan(session, plan, web.user().id, now, today)
    except DomainError as error:
        session.rollback()
        form = _form(web.customer_or_404(customer_id))
        form.validate()
        form.refuse(ERROR_FIELDS.get(error.code, "item_ids"), sentence(web.language(), error.code, error.params))
        return _page(web.customer_or_404(customer_id), form, 422)
    session.commit()
    text = _("Plan in force: its invoices are not reminded.") if form.agreed.data else _("Plan proposed. Record the agreement.")
    flash({"text": text, "undo": url_for("plans.cancel", plan_id=plan.id)}, "good")
    return web.go("plans.show", plan_id=plan.id)


@bp.get("/plans/<int:plan_id>")
def show(plan_id: int) -> ResponseReturnValue:
    return _show(web.row_or_404(Plan, plan_id), AcceptForm())


@bp.post("/plans/<int:plan_id>/accept")
def accept(plan_id: int) -> ResponseReturnValue:
    plan, form = web.row_or_404(Plan, plan_id), AcceptForm()
    if not form.validate():
        return _show(plan, form, 422)
    try:
        said = Acceptance(form.accepted_on.data, form.accepted_by.data or "", form.accepted_through.data)  # type: ignore[arg-type]
        plans.accept_plan(db.session(), plan, said, web.user().id, config.now(), config.today())
    except DomainError as error:
        db.session.rollback()
        form.refuse("accepted_on", sentence(web.language(), error.code, error.params))
        return _show(web.row_or_404(Plan, plan_id), form, 422)
    db.session.commit()
    text = _("Agreement recorded: the invoices of the plan are not reminded.")
    flash({"text": text, "undo": url_for("plans.withdraw", plan_id=plan_id)}, "good")
    return web.go("plans.show", plan_id=plan_id)


@bp.post("/plans/<int:plan_id>/withdraw")
def withdraw(plan_id: int) -> ResponseReturnValue:
    return _change(plan_id, plans.withdraw_acceptance, _("The plan is a proposal again."))


@bp.post("/plans/<int:plan_id>/cancel")
def cancel(plan_id: int) -> ResponseReturnValue:
    return _change(plan_id, plans.cancel_plan, _("Plan called off. Its invoices follow their scenario again."), "plans.revive")


@bp.post("/plans/<int:plan_id>/revive")
def revive(plan_id: int) -> ResponseReturnValue:
    return _change(plan_id, plans.revive_plan, _("The plan stands again."))


@bp.post("/plans/<int:plan_id>/confirm")
def confirm(plan_id: int) -> ResponseReturnValue:
    """Send the plan with its instalments; the batch can be taken back during the undo window."""
    plan = web.row_or_404(Plan, plan_id)
    try:
        batch = plans.confirm_plan(db.session(), plan, web.user().id, config.now(), config.today())
    except DomainError as error:
        return _refused(error, "plans.show", plan_id=plan_id)
    db.session.commit()
    flash({"text": _("The confirmation is about to leave."), "undo": url_for("outboxes.undo", outbox_id=batch.id)}, "good")
    return web.go("plans.show", plan_id=plan_id)


def _change(plan_id: int, act: Any, text: str, undo: str = "") -> ResponseReturnValue:
    plan = web.row_or_404(Plan, plan_id)
    try:
        act(db.session(), plan, web.user().id, config.now(), config.today())
    except DomainError as error:
        return _refused(error, "plans.show", plan_id=plan_id)
    db.session.commit()
    flash({"text": text, "undo": url_for(undo, plan_id=plan_id)} if undo else text, "good")
    return web.go("plans.show", plan_id=plan_id)


def _refused(error: DomainError, endpoint: str, **values: Any) -> ResponseReturnValue:
    db.session.rollback()
    flash(sentence(web.language(), error.code, error.params), "bad")
    return web.go(endpoint, **values)


def _form(customer: Customer, given: Any = None) -> PlanForm:
    """The form with the invoices a plan may cover; those overdue are chosen at first."""
    form, today = PlanForm(given) if given is not None else PlanForm(), config.today()
    rows = plans.eligible(db.session(), customer, today)
    form.item_ids.choices = choices(*((row.id, row.piece or row.label) for row in rows))
    if given is None and not form.is_submitted():
        form.item_ids.data = [row.id for row in rows if row.due_on < today] or [row.id for row in rows]
        form.first_on.data = today
    return form


def _terms(form: PlanForm) -> Terms:
    each = form.by.data == "each"
    return Terms(
        form.first_on.data, form.frequency.data, None if each else form.count.data or 0, form.each_cents.data or 0 if each else None  # type: ignore[arg-type]
    )  # fmt: skip


def _preview(customer: Customer, form: PlanForm) -> dict[str, Any]:
    chosen = set(form.item_ids.data or [])
    rows = [row for row in plans.eligible(db.session(), customer, config.today()) if row.id in chosen]
    made: tuple[Instalment, ...] = ()
    problem, cents = "", sum(row.open_cents for row in rows)
    if rows and form.first_on.data and not form.each_cents.errors:
        try:
            made = plans.schedule(cents, _terms(form), config.today())
        except DomainError as error:
            problem = sentence(web.language(), error.code, error.params)
    currency = rows[0].currency if rows else web.company().currency
    return {"made": made, "problem": problem, "cents": cents, "currency": currency}


def _page(customer: Customer, form: PlanForm, status: int = 200) -> ResponseReturnValue:
    rows = plans.eligible(db.session(), customer, config.today())
    return web.render(
        "plans/new.html",
        form=form,
        customer=customer,
        rows=rows,
        status=status,
        today=config.today(),
        **_preview(customer, form),
    )


def _show(plan: Plan, form: AcceptForm, status: int = 200) -> ResponseReturnValue:
    customer = web.customer_or_404(plan.customer_id)
    if not form.is_submitted():
        form.accepted_on.data = config.today()
    [agreed] = store.agreed(db.session(), [plan])
    return web.render(
        "plans/show.html", plan=plan, agreed=agreed, customer=customer, form=form, names=labels.PLAN_STATES, through=dict(THROUGH),
        author=store.author(db.session(), plan), today=config.today(), status=status,
    )  # fmt: skip
