"""Rules that choose the scenario: their list in order, one form, places changed by a click."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import NumberRange, Optional

import config
from blueprints import web
from blueprints.fields import LANGUAGE_NAMES, Form, MoneyField, choices
from extensions import db
from models import ScenarioRule, choosing
from rules.errors import DomainError
from services import scenario_rules
from services.wording import sentence

bp = Blueprint("scenario_rules", __name__, url_prefix="/scenarios/rules")

ERROR_FIELDS = {"rule_scores_wrong": "score_until", "rule_amount_wrong": "min_cents", "rule_country_wrong": "country"}


class RuleForm(Form):
    scenario_id = SelectField(_l("They follow"), coerce=int)
    min_cents = MoneyField(_l("Owe at least"))
    score_from = IntegerField(_l("Score from"), [Optional(), NumberRange(0, 100)])
    score_until = IntegerField(_l("Score up to"), [Optional(), NumberRange(0, 100)])
    sales_rep_id = SelectField(_l("Sales representative"), coerce=int, default=0)
    country = StringField(_l("Country"))
    language = SelectField(_l("Language"), choices=choices(("", _l("any")), *LANGUAGE_NAMES), default="")
    profile_id = SelectField(_l("Profile"), coerce=int, default=0)


@bp.get("")
def index() -> ResponseReturnValue:
    rule_id = request.args.get("rule", type=int)
    return _page(web.row_or_404(ScenarioRule, rule_id) if rule_id else None)


@bp.post("")
def create() -> ResponseReturnValue:
    return _save(None)


@bp.post("/<int:rule_id>")
def update(rule_id: int) -> ResponseReturnValue:
    return _save(web.row_or_404(ScenarioRule, rule_id))


@bp.post("/<int:rule_id>/place")
def move(rule_id: int) -> ResponseReturnValue:
    rule = web.row_or_404(ScenarioRule, rule_id)
    step = -1 if request.form.get("to") == "up" else 1
    scenario_rules.move_rule(db.session(), web.company(), rule, step, **_stamps())
    db.session.commit()
    return web.go("scenario_rules.index")


@bp.post("/<int:rule_id>/removal")
def destroy(rule_id: int) -> ResponseReturnValue:
    scenario_rules.remove_rule(db.session(), web.company(), web.row_or_404(ScenarioRule, rule_id), **_stamps())
    db.session.commit()
    flash(_("Rule removed. Its customers were looked at again."), "good")
    return web.go("scenario_rules.index")


def _save(rule: ScenarioRule | None) -> ResponseReturnValue:
    form = _form(rule)
    if form.validate():
        try:
            scenario_rules.save_rule(db.session(), web.company(), rule, form.values(), **_stamps())
        except DomainError as error:
            db.session.rollback()
            form.refuse(ERROR_FIELDS.get(error.code, "scenario_id"), sentence(web.language(), error.code, error.params))
    if form.errors:
        return _page(rule, form, 422)
    db.session.commit()
    flash(_("Rule saved. Its customers were looked at again."), "good")
    return web.go("scenario_rules.index")


def _form(rule: ScenarioRule | None) -> RuleForm:
    form = RuleForm(obj=rule)
    scenarios, reps, profiles = choosing.names(db.session(), web.company().id)
    form.scenario_id.choices = choices(*scenarios.items())
    form.sales_rep_id.choices = choices((0, _("any")), *reps.items())
    form.profile_id.choices = choices((0, _("any")), *profiles.items())
    return form


def _page(rule: ScenarioRule | None, form: RuleForm | None = None, status: int = 200) -> ResponseReturnValue:
    return web.render(
        "scenario_rules/index.html",
        status=status,
        lines=scenario_rules.list_rules(db.session(), web.company(), web.language()),
        rule=rule,
        form=form or _form(rule),
        company=web.company(),
    )


def _stamps() -> dict[str, Any]:
    return {"actor_id": web.user().id, "now": config.now(), "today": config.today()}
