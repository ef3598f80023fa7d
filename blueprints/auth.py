"""Signing in and out, the first administrator, one's own profile, the company being looked at."""

from __future__ import annotations

import hmac
import secrets

from flask import Blueprint, current_app, flash, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user, logout_user
from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length

import config
from blueprints import web
from blueprints.fields import LANGUAGE_NAMES, Form, choices
from extensions import db
from models import Company, User, audit
from models.sessions import any_user
from rules.errors import DomainError
from services import accounts
from services.wording import sentence

bp = Blueprint("auth", __name__)


class SignIn(Form):
    email = StringField(_l("E-mail"), [InputRequired(_l("Enter your e-mail address."))])
    password = PasswordField(_l("Password"), [InputRequired(_l("Enter your password."))])
    next = HiddenField()


class Setup(Form):
    token = StringField(_l("Set-up code"), [InputRequired(_l("Enter the code printed when Encours started."))])
    name = StringField(_l("Your name"), [InputRequired(_l("Enter your name."))])
    email = StringField(_l("E-mail"), [InputRequired(_l("Enter your e-mail address."))])
    password = PasswordField(_l("Password"), [InputRequired(_l("Choose a password."))])


class Profile(Form):
    name = StringField(_l("Name"), [InputRequired(_l("Enter your name.")), Length(max=80)])
    language = SelectField(_l("Language"), choices=choices(*LANGUAGE_NAMES))


class Password(Form):
    current = PasswordField(_l("Present password"), [InputRequired(_l("Enter your present password."))])
    new = PasswordField(_l("New password"), [InputRequired(_l("Choose a password."))])


@bp.get("/login")
def login() -> ResponseReturnValue:
    if not any_user(db.session()):
        return web.go("auth.setup")
    if current_user.is_authenticated:
        return web.go("home.index")
    return web.render("auth/login.html", form=SignIn(next=request.args.get("next", "")))


@bp.post("/login")
def create() -> ResponseReturnValue:
    form = SignIn()
    if not form.validate():
        return web.render("auth/login.html", form=form, status=422)
    try:
        user, token = accounts.sign_in(
            db.session(), form.email.data or "", form.password.data or "", config.now(), _hours(), _address(), _agent()
        )
    except DomainError as error:
        db.session.commit()  # the failure counts
        form.refuse("password", sentence(web.language(), error.code, error.params))
        return web.render("auth/login.html", form=form, status=429 if error.code == "sign_in_blocked" else 422)
    _enter(user, token)
    return web.go_to(form.next.data or url_for("home.index"))


@bp.get("/setup")
def setup() -> ResponseReturnValue:
    if any_user(db.session()):
        return web.go("auth.login")
    return web.render("auth/setup.html", form=Setup(token=request.args.get("code", "")))


@bp.post("/setup")
def setup_create() -> ResponseReturnValue:
    form = Setup()
    if any_user(db.session()):
        return web.go("auth.login")
    if form.validate() and not hmac.compare_digest(form.token.data or "", _setup_code()):
        form.refuse("token", _("This is not the code printed when Encours started. Read it again in the window or the log."))
    if form.errors:
        return web.render("auth/setup.html", form=form, status=422)
    try:
        user = accounts.create_first_administrator(
            db.session(),
            config.now(),
            email=form.email.data or "",
            name=form.name.data or "",
            password=form.password.data or "",
        )
    except DomainError as error:
        form.refuse(
            "password" if error.code == "password_too_short" else "email", sentence(web.language(), error.code, error.params)
        )
        return web.render("auth/setup.html", form=form, status=422)
    token = accounts.open_session(db.session(), user, config.now(), _hours(), _address(), _agent())
    _enter(user, token)
    setup_file().unlink(missing_ok=True)
    return web.go("home.index")


@bp.post("/logout")
def destroy() -> ResponseReturnValue:
    accounts.sign_out(db.session(), g.session_row, config.now())
    db.session.commit()
    logout_user()
    web.session.clear()
    return web.go("auth.login")


@bp.get("/profile")
def profile() -> ResponseReturnValue:
    user = web.user()
    return web.render("auth/profile.html", form=Profile(name=user.name, language=user.language), password=Password())


@bp.post("/profile")
def profile_update() -> ResponseReturnValue:
    form, user = Profile(), web.user()
    if not form.validate():
        return web.render("auth/profile.html", form=form, password=Password(formdata=None), status=422)
    user.name, user.language = form.name.data or user.name, form.language.data
    audit.record(
        db.session(), config.now(), user.id, None, "update", "user", user.id, {"name": user.name, "language": user.language}
    )
    db.session.commit()
    flash(_("Profile saved."), "good")
    return web.go("auth.profile")


@bp.post("/profile/password")
def password_update() -> ResponseReturnValue:
    form, user = Password(), web.user()
    if form.validate():
        try:
            accounts.change_password(
                db.session(), user, form.current.data or "", form.new.data or "", config.now(), g.session_row.id
            )
        except DomainError as error:
            form.refuse(
                "current" if error.code == "password_wrong" else "new", sentence(web.language(), error.code, error.params)
            )
    if form.errors:
        shown = Profile(formdata=None, name=user.name, language=user.language)
        return web.render("auth/profile.html", form=shown, password=form, status=422)
    db.session.commit()
    flash(_("Password changed. Your other sessions are signed out."), "good")
    return web.go("auth.profile")


@bp.post("/companies/<int:company_id>/switch")
def switch_company(company_id: int) -> ResponseReturnValue:
    found = db.session.get(Company, company_id)
    if found is None or found.id not in {c.id for c in web.companies()}:
        web.abort(404)
    g.session_row.company_id = found.id
    db.session.commit()
    return web.go("home.index")


def _enter(user: User, token: str) -> None:
    """Commit the session row and give the browser a fresh session: no fixation."""
    db.session.commit()
    web.session.clear()
    user.session_token = token
    login_user(user)


def _hours() -> int:
    return int(current_app.config["SETTINGS"].session_hours)


def _address() -> str:
    return request.remote_addr or ""


def _agent() -> str:
    return request.headers.get("User-Agent", "")


def setup_file() -> config.Path:
    """Where the one-time set-up code waits for the first administrator."""
    return config.Path(current_app.config["SETTINGS"].data) / "setup-code.txt"


def _setup_code() -> str:
    """The code, or one nobody can know when there is none."""
    path = setup_file()
    return path.read_text(encoding="utf-8").strip() if path.exists() else secrets.token_urlsafe(16)
