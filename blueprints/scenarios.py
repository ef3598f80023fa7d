"""Scenarios: the list, one of them as a line of time, its steps, copies."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Any

from flask import Blueprint, flash, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf.file import FileField
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional

import config
from blueprints import web
from blueprints.fields import Form, MoneyField, choices
from blueprints.labels import CHANNEL_ICONS, CHANNELS, LEGAL_TYPES, STAGES, STEP_MODES, TRIGGERS
from extensions import db
from models import Scenario, Step, followers
from rules.back_test import SOON_DAYS
from rules.errors import DomainError
from services import back_test, scenario_files, scenarios, scenarios_ready, templates
from services.effects import Effects, effects_of
from services.language import translate
from services.wording import sentence

bp = Blueprint("scenarios", __name__)

ERROR_FIELDS = {
    "step_days_wrong": "days",
    "step_trigger_wrong": "trigger",
    "step_notice_late": "days",
    "step_legal_automatic": "mode",
    "step_fallback_same": "fallback",
    "step_amounts_wrong": "ceiling_cents",
    "step_repeat_wrong": "repeat_days",
    "step_first_previous": "trigger",
}


class ScenarioForm(Form):
    name = StringField(_l("Name"), [InputRequired(_l("Enter a name."))])
    by_item = BooleanField(_l("One message per item instead of one per customer"))
    legal_type = SelectField(_l("Written for"), choices=choices(("", _l("those who follow it")), *LEGAL_TYPES))
    active = BooleanField(_l("In use: its customers are reminded"))


class ImportForm(Form):
    file = FileField(_l("Choose a file"))


class StepForm(Form):
    stage = SelectField(_l("Stage"), choices=choices(*STAGES))
    level = IntegerField(_l("Level"), [Optional(), NumberRange(0, 9)], default=1)
    days = IntegerField(_l("Days"), [InputRequired(_l("Enter a number of days.")), NumberRange(-730, 730)])
    trigger = SelectField(_l("Counted"), choices=choices(*TRIGGERS))
    channel = SelectField(_l("Channel"), choices=choices(*CHANNELS))
    fallback = SelectField(_l("Otherwise"), choices=choices(("", _l("held back, no channel")), *CHANNELS))
    mode = SelectField(_l("Sending"), choices=choices(*STEP_MODES))
    template_code = SelectField(_l("Template"), validate_choice=False)
    floor_cents = MoneyField(_l("Not sent below"))
    ceiling_cents = MoneyField(_l("A person decides above"))
    wait_days = IntegerField(_l("Time granted to the customer, in days"), [Optional(), NumberRange(0, 90)], default=0)
    may_be_overtaken = BooleanField(_l("May be skipped when a later step is due already"))
    repeat_days = IntegerField(_l("Repeated every, in days"), [Optional(), NumberRange(0, 365)], default=0)
    repeat_max = IntegerField(_l("At most, times"), [Optional(), NumberRange(0, 50)], default=0)
    charges = SelectField(
        _l("Interest and compensation"),
        choices=choices(("", _l("not spoken of")), ("announce", _l("announced")), ("claim", _l("claimed"))),
        default="",
    )


@bp.get("/scenarios")
def index() -> ResponseReturnValue:
    company = web.company()
    return web.render(
        "scenarios/index.html",
        scenarios=[(one, scenarios.active_steps(one)) for one in followers.scenarios(db.session(), company.id)],
        counts=followers.counts(db.session(), company.id),
        icons=CHANNEL_ICONS,
        packs=scenarios_ready.packs_for(company.country),
        words=partial(translate, web.language()),
        form=ImportForm(formdata=None),
    )


@bp.post("/scenarios/packs")
def add_pack() -> ResponseReturnValue:
    code = request.form.get("pack", "")
    try:
        made = scenarios.add_pack(db.session(), web.company(), code, web.user().id, config.now())
    except DomainError as error:
        return _refused(error)
    db.session.commit()
    flash(_("Scenario “%(name)s” made. Choose who follows it.", name=made.name), "good")
    return web.go("scenarios.show", scenario_id=made.id)


@bp.post("/scenarios/files")
def take_file() -> ResponseReturnValue:
    given = ImportForm().file.data
    content = given.read(scenario_files.MOST_BYTES + 1) if given else b""
    try:
        made, brought = scenario_files.import_scenario(db.session(), web.company(), content, web.user().id, config.now())
    except DomainError as error:
        return _refused(error)
    db.session.commit()
    templates_said = ngettext("%(num)s template came along", "%(num)s templates came along", brought)
    flash(_("Scenario “%(name)s” imported, not in use yet (%(templates)s).", name=made.name, templates=templates_said), "good")
    return web.go("scenarios.show", scenario_id=made.id)


def _refused(error: DomainError) -> ResponseReturnValue:
    db.session.rollback()
    flash(sentence(web.language(), error.code, error.params), "bad")
    return web.go("scenarios.index")


@bp.get("/scenarios/<int:scenario_id>/file")
def file(scenario_id: int) -> ResponseReturnValue:
    scenario = web.row_or_404(Scenario, scenario_id)
    content = scenario_files.export_scenario(db.session(), web.company(), scenario)
    name = re.sub(r"\W+", "-", scenario.name).strip("-") or "scenario"
    return send_file(BytesIO(content.encode()), "application/json", as_attachment=True, download_name=f"{name}.json")


@bp.get("/scenarios/<int:scenario_id>")
def show(scenario_id: int) -> ResponseReturnValue:
    scenario = web.row_or_404(Scenario, scenario_id)
    steps = scenarios.active_steps(scenario)
    if request.args.get("step") == "new":
        return _page(scenario, None, _step_form(None))
    wanted = request.args.get("step", 0, type=int)
    step = next((one for one in steps if one.id == wanted), steps[0] if steps else None)
    return _page(scenario, step, _step_form(step))


@bp.get("/scenarios/<int:scenario_id>/past")
def past(scenario_id: int) -> ResponseReturnValue:
    scenario, session, company = web.row_or_404(Scenario, scenario_id), db.session(), web.company()
    followed = bool(followers.counts(session, company.id).get(scenario.id))
    who = request.args.get("who", "followers" if followed else "all")
    months = request.args.get("months", back_test.MONTHS[0], type=int)
    months = months if months in back_test.MONTHS else back_test.MONTHS[0]
    return web.render(
        "scenarios/past.html",
        scenario=scenario,
        found=back_test.back_test(session, company, scenario, months, who == "all", config.today()),
        months=months,
        who="all" if who == "all" else "followers",
        periods=back_test.MONTHS,
        soon=SOON_DAYS,
    )


@bp.post("/scenarios/<int:scenario_id>")
def update(scenario_id: int) -> ResponseReturnValue:
    scenario = web.row_or_404(Scenario, scenario_id)
    form = ScenarioForm()
    if form.validate():
        try:
            scenarios.save_scenario(db.session(), web.company(), scenario, **form.values(), **_stamps())
        except DomainError as error:
            db.session.rollback()
            form.refuse("name", sentence(web.language(), error.code, error.params))
    if form.errors:
        return _page(scenario, None, None, head=form, status=422)
    db.session.commit()
    flash(_("Scenario “%(name)s” saved.", name=scenario.name), "good")
    return web.go("scenarios.show", scenario_id=scenario.id)


@bp.post("/scenarios/<int:scenario_id>/copies")
def copy(scenario_id: int) -> ResponseReturnValue:
    scenario = web.row_or_404(Scenario, scenario_id)
    name = request.form.get("name", "").strip() or _("%(name)s, copy", name=scenario.name)
    try:
        made = scenarios.copy_scenario(db.session(), web.company(), scenario, name, web.user().id, config.now())
    except DomainError as error:
        db.session.rollback()
        flash(sentence(web.language(), error.code, error.params), "bad")
        return web.go("scenarios.show", scenario_id=scenario_id)
    db.session.commit()
    flash(_("Scenario “%(name)s” made.", name=made.name), "good")
    return web.go("scenarios.show", scenario_id=made.id)


@bp.post("/scenarios/<int:scenario_id>/steps")
def step_create(scenario_id: int) -> ResponseReturnValue:
    scenario = web.row_or_404(Scenario, scenario_id)
    return _save_step(scenario, None)


@bp.post("/steps/<int:step_id>")
def step_update(step_id: int) -> ResponseReturnValue:
    step = _step_or_404(step_id)
    return _save_step(web.row_or_404(Scenario, step.scenario_id), step)


@bp.post("/steps/<int:step_id>/removal")
def step_destroy(step_id: int) -> ResponseReturnValue:
    step = _step_or_404(step_id)
    scenario = web.row_or_404(Scenario, step.scenario_id)
    try:
        found = _effects(scenario, lambda: scenarios.remove_step(db.session(), web.company(), step, **_stamps()))
    except DomainError as error:
        db.session.rollback()
        flash(sentence(web.language(), error.code, error.params), "bad")
        return web.go("scenarios.show", scenario_id=scenario.id)
    if found:
        return _page(scenario, step, _step_form(step, fresh=True), effects=found)
    db.session.commit()
    flash(_("Step removed. What it sent stays in the history."), "good")
    return web.go("scenarios.show", scenario_id=scenario.id)


def _effects(scenario: Scenario, edit: Callable[[], object]) -> Effects | None:
    """Make the edit; when it changes what customers get and this was not shown yet, take it back and answer what it changes."""
    if request.form.get("sure"):
        edit()
        return None
    found = effects_of(db.session(), web.company(), scenario, edit, web.language(), config.today())
    if not found.customers:
        return None
    db.session.rollback()
    return found


def _stamps() -> dict[str, Any]:
    return {"actor_id": web.user().id, "now": config.now(), "today": config.today()}


def _step_or_404(step_id: int) -> Step:
    step = db.session.get(Step, step_id)
    if step is None:
        web.abort(404)
    web.row_or_404(Scenario, step.scenario_id)
    return step


def _step_form(step: Step | None, fresh: bool = False) -> StepForm:
    form = StepForm(formdata=None, obj=step) if fresh else StepForm(obj=step)
    codes = dict.fromkeys(
        one.code for one in templates.list_templates(db.session(), web.company()) if not one.code.endswith("_consumer")
    )
    form.template_code.choices = choices(("", _("the one of the stage")), *((code, _template_name(code)) for code in codes))
    if step is None and not form.is_submitted():
        form.may_be_overtaken.data = True
    return form


def _template_name(code: str) -> str:
    stage, _sep, level = code.partition("_")
    names = {name: str(label) for name, label in STAGES} | {"call": _("Call"), "notice_debit": _("Notice of a direct debit")}
    return names.get(code) or (f"{names[stage]} {level}" if stage in names else code)


def _save_step(scenario: Scenario, step: Step | None) -> ResponseReturnValue:
    form = _step_form(step)
    saved = [step] if step else []
    if form.validate():
        try:
            found = _effects(scenario, lambda: saved.append(_write_step(scenario, step, form)))
            if found:
                return _page(scenario, step, form, effects=found)
        except DomainError as error:
            db.session.rollback()
            form.refuse(_field_of(error.code), sentence(web.language(), error.code, error.params))
    if form.errors:
        return _page(scenario, step, form, status=422)
    db.session.commit()
    flash(_("Step saved. Its customers were looked at again."), "good")
    return web.go("scenarios.show", scenario_id=scenario.id, step=saved[-1].id)


def _field_of(code: str) -> str:
    return "charges" if code.startswith("lawful_") else ERROR_FIELDS.get(code, "stage")


def _write_step(scenario: Scenario, step: Step | None, form: StepForm) -> Step:
    fields = form.values()
    for name in ("level", "wait_days", "repeat_days", "repeat_max"):
        fields[name] = fields[name] or 0
    if fields["stage"] != "reminder":
        fields["level"] = 0
    if step is None:
        return scenarios.add_step(db.session(), web.company(), scenario, fields, **_stamps())
    scenarios.save_step(db.session(), web.company(), step, fields, **_stamps())
    return step


def _page(
    scenario: Scenario,
    step: Step | None,
    form: StepForm | None,
    head: ScenarioForm | None = None,
    status: int = 200,
    effects: Effects | None = None,
) -> ResponseReturnValue:
    company = web.company()
    return web.render(
        "scenarios/show.html",
        status=status,
        scenario=scenario,
        steps=scenarios.active_steps(scenario),
        step=step,
        form=form,
        head=head or ScenarioForm(formdata=None, obj=scenario),
        followed_by=followers.counts(db.session(), company.id).get(scenario.id, 0),
        profiles=[one.name for one in followers.profiles(db.session(), company.id) if one.scenario_id == scenario.id],
        company=company,
        icons=CHANNEL_ICONS,
        modes=dict(STEP_MODES),
        effects=effects,
        answers=[(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "sure")],
    )
