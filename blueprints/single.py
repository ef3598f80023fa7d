"""One message to one customer, from the card: template, invoices, words that can be changed, preview, then a batch of one."""

from __future__ import annotations

from flask import Blueprint, make_response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField

import config
from blueprints import web
from blueprints.fields import Form, choices
from blueprints.labels import problem_said
from extensions import db
from integrations.letters import RenderFailed, render
from models import Customer, WorklistEntry, drafts, worklist
from models.drafts import Line
from models.worklist import IN_WRITING, Entry
from rules.errors import DomainError
from services import single
from services import templates as words
from services.previews import Shown, show
from services.single import Wording
from services.wording import sentence
from tasks.queue import wake

bp = Blueprint("single", __name__, url_prefix="/customers/<int:customer_id>/messages")

FIELDS = {"items_missing": "items", "no_address": "subject", "template_missing": "template"}


class SingleForm(Form):
    channel = HiddenField()
    language = HiddenField()
    template = SelectField(_l("Template"))
    items = SelectMultipleField(_l("Invoices"), coerce=int, choices=[])
    as_step = BooleanField(_l("Counts as the step that is due"))
    subject = StringField(_l("Subject"))
    body = TextAreaField(_l("Text"))


@bp.get("/new")
def new(customer_id: int) -> ResponseReturnValue:
    """The words proposed for the template and the invoices chosen."""
    customer = web.customer_or_404(customer_id)
    lines, entry = drafts.open_lines(db.session(), customer_id), _entry(customer)
    form = _form(lines, entry)
    _propose(customer, form, lines)
    return _page(customer, form, lines, entry)


def _channel() -> str:
    channel = request.values.get("channel", "email")
    return channel if channel in IN_WRITING else "email"


def _owed(lines: list[Line]) -> list[Line]:
    """What can be written about: debts in the company's currency."""
    return [line for line in lines if line.cents > 0 and line.currency == web.company().currency]


def _entry(customer: Customer) -> Entry | None:
    """The step due in this way of writing, if there is one a person may send."""
    found = worklist.entries(db.session(), web.company().id, customer_id=customer.id, channel=_channel())
    return next((e for e in found if e.sendable), None)


def _form(lines: list[Line], entry: Entry | None) -> SingleForm:
    """What was typed (POST), chosen (GET with items), or what is best: the step that is due, else what is late."""
    form = SingleForm(formdata=request.form if request.method == "POST" else request.args)
    form.channel.data, rows = _channel(), _owed(lines)
    form.template.choices = choices(*((code, _(words.CODES[code])) for code in single.ASKS))
    form.items.choices = choices(*((row.item_id, row.piece or row.label) for row in rows))
    if request.method == "GET" and "template" not in request.args:
        late = [row.item_id for row in rows if row.due_on < config.today()]
        form.template.data = words.code_of(entry.stage, entry.level) if entry else "reminder_1"
        form.items.data = list(entry.item_ids) if entry else late or [row.item_id for row in rows]
        form.as_step.data = entry is not None
    if form.template.data not in single.ASKS:
        form.template.data = "reminder_1"
    form.items.data = [i for i in form.items.data or [] if i in {row.item_id for row in rows}]
    return form


def _propose(customer: Customer, form: SingleForm, lines: list[Line]) -> None:
    session, company = db.session(), web.company()
    draft = single.draft_single(
        session, company, customer, form.channel.data, form.template.data, form.items.data, lines, config.today()
    )
    try:
        proposed = single.proposed(session, company, draft, config.today())
    except DomainError as error:
        form.refuse("template", sentence(web.language(), error.code, error.params))
        return
    form.language.data, form.subject.data, form.body.data = proposed.language, proposed.subject, proposed.body


def _page(
    customer: Customer, form: SingleForm, lines: list[Line], entry: Entry | None, status: int = 200
) -> ResponseReturnValue:
    return web.render(
        "single/new.html", "form", status, customer=customer, form=form, rows=_owed(lines), entry=entry,
        company=web.company(), today=config.today(), channel=form.channel.data,
    )  # fmt: skip


@bp.route("/preview", methods=["GET", "POST"])
def preview(customer_id: int) -> ResponseReturnValue:
    """What is proposed (GET) or typed, as the customer would read it: sealed HTML of an e-mail, PDF of a letter; nothing is
    kept."""
    customer = web.customer_or_404(customer_id)
    lines = drafts.open_lines(db.session(), customer_id)
    form = _form(lines, _entry(customer))
    if request.method == "GET":
        _propose(customer, form, lines)
    shown = _shown(customer, form, lines)
    if not shown.page:
        return web.sealed(shown.html)
    db.session.rollback()
    [made] = render([shown.page])
    if isinstance(made, RenderFailed):
        web.abort(500)
    answer = make_response(made)
    answer.mimetype = "application/pdf"
    return answer


def _shown(customer: Customer, form: SingleForm, lines: list[Line]) -> Shown:
    company = web.company()
    chosen = form.channel.data, form.template.data, form.items.data
    draft = single.draft_single(db.session(), company, customer, *chosen, lines, config.today())
    wording = _wording(form)
    draft.words = {"language": wording.language, "subject": wording.subject, "body": wording.body}
    return show(company, draft, words.template_for({}, company, draft), config.today())


def _wording(form: SingleForm) -> Wording:
    language = form.language.data if form.language.data in words.LANGUAGES else web.company().language
    return Wording(language, (form.subject.data or "").strip(), (form.body.data or "").replace("\r\n", "\n").strip())


@bp.post("")
def create(customer_id: int) -> ResponseReturnValue:
    customer, session, company = web.customer_or_404(customer_id), db.session(), web.company()
    lines, entry = drafts.open_lines(session, customer_id), _entry(customer)
    form = _form(lines, entry)
    step = session.get(WorklistEntry, entry.id) if entry and form.as_step.data else None
    try:
        batch = single.queue_single(
            session, company, customer, form.channel.data, form.template.data, form.items.data, _wording(form), web.user().id,
            config.now(), config.today(), entry=step,
        )  # fmt: skip
    except words.TemplateProblems as error:
        for problem in error.problems:
            form.refuse("subject" if problem.part == "subject" else "body", problem_said(problem))
    except DomainError as error:
        form.refuse(FIELDS.get(error.code, "subject"), sentence(web.language(), error.code, error.params))
    if form.errors:
        session.rollback()
        return _page(web.customer_or_404(customer_id), form, lines, entry, 422)
    session.commit()
    wake(company.undo_seconds + 1)
    return web.go("outboxes.show", outbox_id=batch.id)
