"""Templates of messages: the list, the editor with its placeholders, the preview with a real customer, the test."""

from __future__ import annotations

import base64

from flask import Blueprint, flash, make_response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import escape
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

import config
from blueprints import web
from blueprints.fields import LANGUAGE_NAMES, Form, choices
from blueprints.labels import CHANNELS, problem_said
from extensions import db
from models import settings
from rules.errors import DomainError
from services import templates
from services.placeholders import PLACEHOLDERS
from services.templates import Template
from services.wording import sentence

bp = Blueprint("templates", __name__, url_prefix="/templates")
ADDRESS = "/<code>/<channel>/<language>"


class TemplateForm(Form):
    subject = StringField(_l("Subject"))
    body = TextAreaField(_l("Text"), [InputRequired(_l("Write a text."))])
    customer_id = SelectField(_l("With the figures of"), coerce=int, validate_choice=False)


@bp.get("")
def index() -> ResponseReturnValue:
    return web.render(
        "templates/index.html",
        templates=templates.list_templates(db.session(), web.company()),
        channels=dict(CHANNELS),
        languages=dict(LANGUAGE_NAMES),
    )


@bp.get(ADDRESS)
def edit(code: str, channel: str, language: str) -> ResponseReturnValue:
    template = _template(code, channel, language)
    return _page(template, _form(template))


@bp.post(ADDRESS)
def update(code: str, channel: str, language: str) -> ResponseReturnValue:
    template = _template(code, channel, language)
    form = _form(template)
    if form.validate():
        try:
            templates.save_template(
                db.session(),
                web.company(),
                code,
                channel,
                language,
                form.subject.data or "",
                form.body.data or "",
                web.user().id,
                config.now(),
            )
        except templates.TemplateProblems as found:
            db.session.rollback()
            for problem in found.problems:
                form.refuse("subject" if problem.part == "subject" else "body", problem_said(problem))
    if form.errors:
        return _page(template, form, status=422)
    db.session.commit()
    flash(_("Template saved."), "good")
    return web.go("templates.edit", code=code, channel=channel, language=language)


@bp.post(ADDRESS + "/preview")
def preview(code: str, channel: str, language: str) -> ResponseReturnValue:
    """The message as it would leave, with what is typed and a real customer, in a frame that can do nothing."""
    template = _typed(_template(code, channel, language))
    if not web.whole_number("customer_id"):
        return make_response(_("Choose a customer first."), 422)
    customer = web.customer_or_404(web.whole_number("customer_id"))
    try:
        shown = templates.preview(db.session(), web.company(), template, customer.id, config.today())
        html = shown.html or f"<pre>{escape(shown.text)}</pre>"
    except DomainError as error:
        html = f"<p>{escape(sentence(web.language(), error.code, error.params))}</p>"
        shown = None
    if shown is not None and shown.picture:
        html = html.replace("cid:pay", "data:image/png;base64," + base64.b64encode(shown.picture).decode())
    return web.sealed(html)


@bp.post(ADDRESS + "/test")
def test(code: str, channel: str, language: str) -> ResponseReturnValue:
    """Send what is typed to oneself."""
    template = _typed(_template(code, channel, language))
    if not web.whole_number("customer_id"):
        flash(_("Choose a customer first."), "bad")
        return web.go("templates.edit", code=code, channel=channel, language=language)
    customer = web.customer_or_404(web.whole_number("customer_id"))
    me = web.user()
    try:
        templates.send_test(db.session(), web.company(), template, customer.id, me.email, me.id, config.now(), config.today())
    except DomainError as error:
        db.session.rollback()
        flash(sentence(web.language(), error.code, error.params), "bad")
        return web.go("templates.edit", code=code, channel=channel, language=language)
    db.session.commit()
    flash(_("A test is on its way to %(address)s.", address=me.email), "good")
    return web.go("templates.edit", code=code, channel=channel, language=language)


@bp.post(ADDRESS + "/reset")
def reset(code: str, channel: str, language: str) -> ResponseReturnValue:
    _template(code, channel, language)
    templates.reset_template(db.session(), web.company(), code, channel, language, web.user().id, config.now())
    db.session.commit()
    flash(_("The words Encours ships are used again."), "good")
    return web.go("templates.edit", code=code, channel=channel, language=language)


def _template(code: str, channel: str, language: str) -> Template:
    found = templates.get_template(db.session(), web.company(), code, channel, language)
    if found is None:
        web.abort(404)
    return found


def _typed(template: Template) -> Template:
    """The template with the words of the form, saved or not."""
    words = {
        "subject": request.form.get("subject", template.subject),
        "body": request.form.get("body", template.body).replace("\r\n", "\n"),
    }
    return Template(
        template.code, template.channel, template.language, words["subject"], words["body"], template.own, template.changed_at
    )


def _form(template: Template) -> TemplateForm:
    form = TemplateForm(obj=template)
    form.customer_id.choices = choices(*settings.sample_customers(db.session(), web.company().id))
    return form


def _page(template: Template, form: TemplateForm, status: int = 200) -> ResponseReturnValue:
    return web.render(
        "templates/edit.html",
        status=status,
        template=template,
        form=form,
        channel=dict(CHANNELS)[template.channel],
        language_name=dict(LANGUAGE_NAMES)[template.language],
        placeholders=PLACEHOLDERS,
        address={"code": template.code, "channel": template.channel, "language": template.language},
    )
