"""Calls: the list of the day, one customer on the phone, the outcome, the next one. And what was done by another medium."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

import config
from blueprints import labels, web
from blueprints.fields import Form, MoneyField, choices
from extensions import db
from models import Customer, card, due_items, timeline, worklist
from models.card import ContactRow
from models.due_items import ItemRow
from models.outbox import LEFT
from models.paging import Page
from models.timeline import Happening
from models.worklist import Entry
from rules.errors import DomainError
from services import calls, disputes, single
from services.previews import call_script
from services.wording import sentence

bp = Blueprint("calls", __name__)

RECENT = 8
ROWS = 100
WRITTEN = ("reminder", "formal_notice")
OUTCOMES = (
    ("reached", _l("Reached")),
    ("promise", _l("Promises to pay")),
    ("dispute", _l("Contests")),
    ("voicemail", _l("Message left")),
    ("no_answer", _l("No answer")),
    ("wrong_number", _l("Wrong number")),
    ("other", _l("Something else")),
)


class CallForm(Form):
    outcome = RadioField(
        _l("What came of it"),
        [InputRequired(_l("Choose what came of the call."))],
        choices=choices(*OUTCOMES),
    )
    promised_on = DateField(_l("Will pay on"), [Optional()])
    cents = MoneyField(_l("Amount"))
    contact_id = SelectField(_l("Number called"), coerce=int, choices=[], validate_choice=False)
    said_by = StringField(_l("Who promised"), [Length(max=100)])
    reason = SelectField(_l("Reason"), choices=choices(*labels.DISPUTE_REASON_NAMES.items()), validate_choice=False)
    items = SelectMultipleField(_l("Invoices disputed"), coerce=int, choices=[])
    remark = TextAreaField(_l("Note"), [Length(max=4000)])
    counts = RadioField(
        _l("In the scenario"),
        choices=choices(("step", _l("counts as the step")), ("apart", _l("stands apart, the step stays to be done"))),
        default="step",
        validate_choice=False,
    )


class OtherForm(Form):
    remark = TextAreaField(_l("What was done"), [DataRequired(_l("Say in a few words what was done.")), Length(max=4000)])


@bp.get("/calls")
def index() -> ResponseReturnValue:
    session, company, number = db.session(), web.company(), web.page_number()
    tally = worklist.summary(session, company.id, company.currency).of("call")
    todo = worklist.entries(session, company.id, channel="call", held=False, limit=ROWS, offset=(number - 1) * ROWS)
    held = worklist.entries(session, company.id, channel="call", held=True, limit=ROWS)
    page = Page(todo, tally.count, number, ROWS)
    return web.render("calls/index.html", "list", page=page, held=held, tally=tally, company=company, why=_why)


def _why(code: str, params: dict[str, object]) -> str:
    return sentence(web.language(), code, params)


@bp.get("/customers/<int:customer_id>/call")
def show(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    items = due_items.of_customer(db.session(), customer, config.today())
    form = _form(items, card.contacts(db.session(), customer_id))
    if not request.args.get("outcome"):
        form.cents.data = sum(i.open_cents for i in items if i.due_on < config.today() and i.currency == web.company().currency)
    return _page(customer, items, form)


def _form(items: list[ItemRow], contacts: list[ContactRow]) -> CallForm:
    form = CallForm()
    numbered = [c for c in contacts if (c.phone or c.mobile) and not c.phone_bad_reason]
    form.contact_id.choices = choices(*((c.id, " · ".join(p for p in (c.name, c.phone or c.mobile) if p)) for c in numbered))
    form.reason.choices = choices(*labels.reason_choices(disputes.reasons(db.session(), web.company().id)))
    form.items.choices = choices(*((i.id, i.piece or i.label) for i in items if i.open_cents > 0))
    return form


def _page(customer: Customer, items: list[ItemRow], form: CallForm, status: int = 200) -> ResponseReturnValue:
    session, company, today = db.session(), web.company(), config.today()
    entries = worklist.entries(session, company.id, channel="call")
    mine = next((e for e in entries if e.customer_id == customer.id), None)
    _pinned, feed, _more = timeline.timeline(session, customer.id)
    todo = list(dict.fromkeys(e.customer_id for e in entries if not e.held_code))
    return web.render(
        "calls/show.html", "form", status, customer=customer, rows=items, form=form, entry=mine, feed=feed[:RECENT],
        contacts=card.contacts(session, customer.id), today=today, company=company, labels=labels, why=_why,
        script=call_script(session, company, customer.id, items, mine, _written_on(feed), today), place=todo.index(customer.id) + 1 if customer.id in todo else 0,
        total=len(todo),
    )  # fmt: skip


def _written_on(feed: list[Happening]) -> date | None:
    """The day of the last reminder in writing."""
    return next((it.on for it in feed if it.kind == "message" and it.stage in WRITTEN and it.one in LEFT), None)


@bp.post("/customers/<int:customer_id>/call")
def create(customer_id: int) -> ResponseReturnValue:
    """Keep the outcome, then open the next customer of the list."""
    customer, session, company = web.customer_or_404(customer_id), db.session(), web.company()
    items = due_items.of_customer(session, customer, config.today())
    form = _form(items, card.contacts(db.session(), customer_id))
    if not form.validate() or not _is_complete(form):
        return _page(customer, items, form, 422)
    following = worklist.call_after(session, company.id, customer_id)
    mine = _entry_of(customer_id)
    try:
        calls.record_outcome(
            session, company, customer, form.outcome.data, web.user().id, config.now(), config.today(),
            entry_id=mine.id if mine else None, counts=form.counts.data != "apart", remark=form.values()["remark"],
            promise=_promise(form), dispute=_dispute(form), contact_id=form.contact_id.data,
        )  # fmt: skip
    except DomainError as error:
        session.rollback()
        form.refuse(FIELDS.get(error.code, "outcome"), _why(error.code, error.params))
        return _page(web.customer_or_404(customer_id), items, form, 422)
    session.commit()
    flash(_("Call to %(name)s noted.", name=customer.name), "good")
    if mine is None:
        return web.go("customers.show", customer_id=customer_id)
    return web.go("calls.show", customer_id=following) if following else web.go("calls.index")


FIELDS = {"promise_past": "promised_on", "promise_amount": "cents", "promise_over": "cents", "item_unknown": "items"}


def _is_complete(form: CallForm) -> bool:
    if form.outcome.data == "promise":
        if form.promised_on.data is None:
            form.refuse("promised_on", _("Enter the day promised."))
        if not form.cents.data:
            form.refuse("cents", _("Enter the amount promised."))
    return not form.errors and not form.promised_on.errors and not form.cents.errors


def _entry_of(customer_id: int) -> Entry | None:
    found = worklist.entries(db.session(), web.company().id, channel="call", customer_id=customer_id)
    return next((e for e in found if not e.held_code), found[0] if found else None)


def _promise(form: CallForm) -> calls.PromiseSaid | None:
    if form.outcome.data != "promise":
        return None
    return calls.PromiseSaid(form.promised_on.data, form.cents.data, said_by=form.values()["said_by"])


def _dispute(form: CallForm) -> calls.DisputeSaid | None:
    return calls.DisputeSaid(form.reason.data, form.items.data or ()) if form.outcome.data == "dispute" else None


@bp.get("/customers/<int:customer_id>/other")
def other(customer_id: int) -> ResponseReturnValue:
    return web.render("calls/other.html", "form", customer=web.customer_or_404(customer_id), form=OtherForm())


@bp.post("/customers/<int:customer_id>/other")
def other_create(customer_id: int) -> ResponseReturnValue:
    """A visit, a text message, a meeting: kept in words, apart from the scenario."""
    customer, form = web.customer_or_404(customer_id), OtherForm()
    if not form.validate():
        return web.render("calls/other.html", "form", status=422, customer=customer, form=form)
    single.record_other(
        db.session(), web.company(), customer, form.values()["remark"], web.user().id, config.now(), config.today()
    )
    db.session.commit()
    flash(_("Noted for %(name)s.", name=customer.name), "good")
    return web.go("customers.show", customer_id=customer_id)
