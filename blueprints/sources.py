"""Synchronisation without hands: the sources of a company, their state, setting one up, trying it, running it now."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, IntegerField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional

import config
from blueprints import web
from blueprints.fields import Form, choices
from extensions import db
from models import Source
from models.sources import arrivals, sources_of
from rules.errors import DomainError
from services import source_checks, sources
from services.sources import Places
from services.wording import sentence
from tasks.queue import wake

bp = Blueprint("sources", __name__, url_prefix="/sources")
SHOWN = 50
KINDS = {
    "folder": _l("Watched folder"),
    "sftp": _l("SFTP server"),
    "odoo": "Odoo",
    "dolibarr": "Dolibarr",
    "erpnext": "ERPNext",
}
SCHEDULES = {
    "watch": _l("Every minute"),
    "hourly": _l("Every hour"),
    "daily": _l("Every day"),
    "manual": _l("On demand only"),
}
ERROR_FIELDS = {
    "name_missing": "name", "schedule_wrong": "schedule", "clock_wrong": "at", "url_wrong": "url", "port_wrong": "port",
    "secret_missing": "secret", "folder_elsewhere": "path", "folder_taken": "path", "sftp_secret_unreadable": "private_key",
}  # fmt: skip


class SourceForm(Form):
    name = StringField(_l("Name"), [InputRequired(_l("Enter a name."))])
    path = StringField(_l("Folder"))
    host = StringField(_l("Server"))
    port = IntegerField(_l("Port"), [Optional(), NumberRange(1, 65535)], default=22)
    user = StringField(_l("User name"))
    secret = PasswordField(_l("Password"))
    private_key = TextAreaField(_l("Private key"))
    folder = StringField(_l("Folder on the server"))
    after = SelectField(
        _l("Files that were taken in"),
        choices=choices(("keep", _l("stay where they are")), ("move", _l("are moved to done/ or refused/"))),
        validate_choice=False,  # (asked of servers only)
    )
    url = StringField(_l("Address"))
    database = StringField(_l("Database"))
    company = StringField(_l("Company in the program"))
    entity = StringField(_l("Entity"))
    key = StringField(_l("API key"))
    history_months = StringField(_l("Months of history"))
    ca = TextAreaField(_l("Certificate of a house authority"))
    schedule = SelectField(_l("How often"))
    at = StringField(_l("At"), default="06:00")
    active = BooleanField(_l("Runs by itself"), default=True)


@bp.get("")
def index() -> ResponseReturnValue:
    company, now = web.company(), config.now()
    found = [(one, sources.next_run(one, company.time_zone, now), _last(one)) for one in sources_of(db.session(), company.id)]
    return web.render("sources/index.html", sources=found, kinds=KINDS, schedules=SCHEDULES)


@bp.get("/new")
def new() -> ResponseReturnValue:
    kind = _kind(request.args.get("kind", "folder"))
    return _edit(_form(kind, None), kind, None)


@bp.post("")
def create() -> ResponseReturnValue:
    return _save(_kind(request.form.get("kind", "folder")), None)


@bp.get("/<int:source_id>")
def show(source_id: int) -> ResponseReturnValue:
    return _show(web.row_or_404(Source, source_id))


@bp.get("/<int:source_id>/edit")
def edit(source_id: int) -> ResponseReturnValue:
    source = web.row_or_404(Source, source_id)
    return _edit(_form(source.kind, source), source.kind, source)


@bp.post("/<int:source_id>")
def update(source_id: int) -> ResponseReturnValue:
    source = web.row_or_404(Source, source_id)
    return _save(source.kind, source)


@bp.post("/<int:source_id>/remove")
def destroy(source_id: int) -> ResponseReturnValue:
    source = web.row_or_404(Source, source_id)
    name = source.name
    sources.remove_source(db.session(), source, web.user().id, config.now())
    db.session.commit()
    flash(_("Source “%(name)s” removed. What it brought stays.", name=name), "good")
    return web.go("sources.index")


@bp.post("/<int:source_id>/run")
def run(source_id: int) -> ResponseReturnValue:
    """Run it now; clicked twice, it runs once."""
    source = web.row_or_404(Source, source_id)
    sources.order_run(db.session(), source, web.user().id, config.now())
    db.session.commit()
    wake()
    return web.go("sources.show", source_id=source_id)


@bp.post("/<int:source_id>/check")
def check(source_id: int) -> ResponseReturnValue:
    """Try the connection without taking anything in; the first time a server's key is shown and pinned."""
    source = web.row_or_404(Source, source_id)
    plan = source_checks.prepare(source, web.company(), _places(), current_app.config["SECRET_KEY"])
    db.session.rollback()  # no transaction stays open while somebody else answers
    try:
        found = plan()
    except DomainError as error:
        return _show(web.row_or_404(Source, source_id), tried="bad", said=_said(error))
    source = web.row_or_404(Source, source_id)
    if found.host_key and found.host_key != source.settings.get("host_key"):
        sources.pin_key(db.session(), source, found.host_key, web.user().id, config.now())
        db.session.commit()
    if found.error is not None:
        return _show(source, tried="bad", said=_said(found.error))
    return _show(source, tried="good", said=_found(found))


@bp.post("/<int:source_id>/key/forget")
def forget_key(source_id: int) -> ResponseReturnValue:
    """The server has a new key, and whoever runs it has said so."""
    source = web.row_or_404(Source, source_id)
    if source.kind == "sftp":
        sources.pin_key(db.session(), source, "", web.user().id, config.now())
        db.session.commit()
        flash(_("The key is forgotten. Try the connection to see and pin the new one."), "info")
    return web.go("sources.show", source_id=source_id)


# ------------------------------------------------------------------ behind


def _places() -> Places:
    setting = current_app.config["SETTINGS"]
    return Places(setting.data, setting.inboxes)


def _kind(text: str) -> str:
    if text not in sources.KINDS:
        web.abort(404)
    return text


def _said(error: DomainError) -> str:
    return sentence(web.language(), error.code, error.params)


def _last(source: Source) -> str:
    """What went wrong last, as a sentence."""
    error = source.last_error
    return sentence(web.language(), error["code"], error["params"]) if error else ""


def _found(found: source_checks.Found) -> str:
    if found.program:
        parts = [found.program, found.user, found.company]
        return _("The connection works: %(found)s.", found=" · ".join(part for part in parts if part))
    return ngettext("The connection works: %(num)s file waits.", "The connection works: %(num)s files wait.", found.files)


def _form(kind: str, source: Source | None) -> SourceForm:
    kept = dict(source.settings) if source else {}
    told = {"name": source.name, "schedule": source.schedule, "at": source.at, "active": source.active} if source else {}
    form = SourceForm(data={**kept, **told})
    allowed = [name for name in SCHEDULES if name != "watch" or kind == "folder"]
    form.schedule.choices = choices(*((name, SCHEDULES[name]) for name in allowed))
    if kind in ("dolibarr", "erpnext", "odoo"):
        form.secret.label.text = _("API secret") if kind == "erpnext" else _("API key or password")
    return form


def _edit(form: SourceForm, kind: str, source: Source | None, status: int = 200) -> ResponseReturnValue:
    own = _places().of(web.company().code, "")
    return web.render(
        "sources/edit.html", status=status, form=form, kind=kind, source=source, kinds=KINDS, own=own,
        fields=[name for name in sources.fields_of(kind) if name in form],
    )  # fmt: skip


def _save(kind: str, source: Source | None) -> ResponseReturnValue:
    form = _form(kind, source)
    if not form.validate():
        return _edit(form, kind, source, 422)
    told = form.values()
    try:
        saved = sources.save_source(
            db.session(), web.company(), source, web.user().id, config.now(), _places(), current_app.config["SECRET_KEY"],
            kind=kind, name=told["name"], settings=told, secret=(told["private_key"] if kind == "sftp" else "") or told["secret"] or "",
            schedule=told["schedule"], at=told["at"] or "06:00", active=told["active"],
        )  # fmt: skip
    except DomainError as error:
        db.session.rollback()
        form.refuse(str(error.params.get("field") or ERROR_FIELDS.get(error.code, "name")), _said(error))
        return _edit(form, kind, source, 422)
    db.session.commit()
    flash(_("Source “%(name)s” saved.", name=saved.name), "good")
    return web.go("sources.show", source_id=saved.id)


def _show(source: Source, tried: str = "", said: str = "") -> ResponseReturnValue:
    company, now = web.company(), config.now()
    return web.render(
        "sources/show.html", "state", source=source, kinds=KINDS, schedules=SCHEDULES, tried=tried, said=said,
        running=sources.is_under_way(db.session(), source), last=_last(source), zone=company.time_zone,
        next_run=sources.next_run(source, company.time_zone, now), fingerprint=source_checks.fingerprint_of(source),
        place=source_checks.place_of(source, company, _places()),
        came=[(one, _why(one.error)) for one in arrivals(db.session(), source.id, SHOWN)],
    )  # fmt: skip


def _why(error: dict[str, object] | None) -> str:
    return sentence(web.language(), str(error["code"]), error["params"]) if error else ""  # type: ignore[arg-type]
