"""The pace of sending: hours, limits of domains, the digest of the evening before; and the pause that stops everything."""

from __future__ import annotations

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

import config
from blueprints import web
from blueprints.fields import Form, choices
from extensions import db
from models import settings
from rules.errors import DomainError
from services import brakes, companies
from services.language import day
from services.wording import sentence
from tasks.queue import wake

bp = Blueprint("pauses", __name__, url_prefix="/settings/sending")

CLOCK = Regexp(r"^([01]\d|2[0-3]):[0-5]\d$", message=_l("Write the time like 08:30."))


class PauseForm(Form):
    reason = StringField(_l("Why"))


class PaceForm(Form):
    domain_per_hour = IntegerField(_l("Messages an hour, every domain"), [InputRequired(), NumberRange(0, 1_000_000)])
    limits = TextAreaField(_l("Other limits for some domains"))
    digest_user_ids = SelectMultipleField(
        _l("Who is told"), coerce=int, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    digest_at = StringField(_l("At"), [InputRequired(), CLOCK])


@bp.get("")
def index() -> ResponseReturnValue:
    return _page(PauseForm(), _pace_form())


@bp.post("")
def update() -> ResponseReturnValue:
    form, company = _pace_form(), web.company()
    if form.validate():
        fields = form.values()
        try:
            fields["domain_limits"] = brakes.read_limits(fields.pop("limits"))
            companies.update_company(db.session(), web.user().id, company, config.now(), **fields)
        except DomainError as error:
            form.refuse("limits", sentence(web.language(), error.code, error.params))
    if form.errors:
        return _page(PauseForm(), form, 422)
    db.session.commit()
    flash(_("Pace of sending saved."), "good")
    return web.go("pauses.index")


@bp.post("/pause")
def create() -> ResponseReturnValue:
    form = PauseForm()
    try:
        brakes.pause(db.session(), web.company(), form.reason.data or "", web.user().id, config.now())
    except DomainError as error:
        form.refuse("reason", sentence(web.language(), error.code, error.params))
        return _page(form, _pace_form(), 422)
    db.session.commit()
    flash(_("All sending is paused."), "good")
    return web.go("pauses.index")


@bp.post("/resume")
def destroy() -> ResponseReturnValue:
    try:
        brakes.resume(db.session(), web.company(), web.user().id, config.now())
    except DomainError as error:
        flash(sentence(web.language(), error.code, error.params), "bad")
        return web.go("pauses.index")
    db.session.commit()
    wake()
    flash(_("Messages leave again."), "good")
    return web.go("pauses.index")


def _pace_form() -> PaceForm:
    company = web.company()
    form = PaceForm(obj=company)
    people = settings.readers(db.session(), company.id)
    form.digest_user_ids.choices = choices(*people)
    if not form.is_submitted():
        form.limits.data = brakes.write_limits(company.domain_limits)
        form.digest_user_ids.data = [i for i in company.digest_user_ids if i in {number for number, _name in people}]
    return form


def _page(pausing: PauseForm, form: PaceForm, status: int = 200) -> ResponseReturnValue:
    shown = form if web.may("pauses.update", "POST") else None
    coming = ", ".join(day(on, web.language()) for on in brakes.next_holidays(web.company().country, config.today(), 4))
    return web.render("pauses/index.html", status=status, pausing=pausing, form=shown, coming=coming, company=web.company())
