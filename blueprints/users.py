"""Users of the instance: who signs in, with which role, for which companies."""

from __future__ import annotations

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

import config
from blueprints import web
from blueprints.fields import Form, choices
from extensions import db
from models import User, settings
from models.users import Role
from rules.errors import DomainError
from services import accounts
from services.wording import sentence

bp = Blueprint("users", __name__, url_prefix="/users")

ROLE_NAMES = {
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.DIRECTOR: _l("Director"),
    Role.ACCOUNTANT: _l("Accountant"),
    Role.COLLECTOR: _l("Collector"),
    Role.SALES_REP: _l("Sales representative"),
    Role.CUSTOMER_SERVICE: _l("Customer service"),
    Role.SUPPORT: _l("Support (reads only)"),
}
ERROR_FIELDS = {"password_too_short": "password", "own_access": "role"}


class UserForm(Form):
    name = StringField(_l("Name"), [InputRequired(_l("Enter a name."))])
    email = StringField(_l("E-mail"), [InputRequired(_l("Enter an e-mail address."))])
    role = SelectField(_l("Role"), choices=choices(*((role.value, name) for role, name in ROLE_NAMES.items())))
    company_ids = SelectMultipleField(
        _l("Companies"), coerce=int, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    password = PasswordField(_l("Password"))
    disabled = BooleanField(_l("May no longer sign in"))


@bp.get("")
def index() -> ResponseReturnValue:
    return web.render("users/index.html", users=settings.users(db.session()), roles=ROLE_NAMES)


@bp.get("/new")
def new() -> ResponseReturnValue:
    form = _form(None)
    form.company_ids.data = [company.id for company in settings.all_companies(db.session())]
    return web.render("users/edit.html", form=form, user=None)


@bp.post("")
def create() -> ResponseReturnValue:
    return _save(None)


@bp.get("/<int:user_id>")
def edit(user_id: int) -> ResponseReturnValue:
    user = _user(user_id)
    form = _form(user)
    form.company_ids.data = settings.company_ids_of(db.session(), user.id)
    form.disabled.data = not user.is_active
    return web.render("users/edit.html", form=form, user=user)


@bp.post("/<int:user_id>")
def update(user_id: int) -> ResponseReturnValue:
    return _save(_user(user_id))


def _user(user_id: int) -> User:
    found = db.session.get(User, user_id)
    if found is None:
        web.abort(404)
    return found


def _form(user: User | None) -> UserForm:
    form = UserForm(obj=user)
    form.company_ids.choices = choices(*((c.id, c.name) for c in settings.all_companies(db.session())))
    return form


def _save(user: User | None) -> ResponseReturnValue:
    form = _form(user)
    if form.validate():
        try:
            _write(form, user)
        except DomainError as error:
            db.session.rollback()
            form.refuse(ERROR_FIELDS.get(error.code, "email"), sentence(web.language(), error.code, error.params))
    if form.errors:
        return web.render("users/edit.html", form=form, user=user, status=422)
    db.session.commit()
    flash(_("%(name)s saved.", name=form.name.data), "good")
    return web.go("users.index")


def _write(form: UserForm, user: User | None) -> None:
    common = {"name": form.name.data or "", "role": Role(form.role.data), "company_ids": form.company_ids.data or []}
    password = form.password.data or ""
    if user is None:
        accounts.create_user(
            db.session(), web.user().id, config.now(), email=form.email.data or "", password=password, **common
        )
    else:
        accounts.update_user(
            db.session(), web.user().id, user, config.now(), disabled=form.disabled.data, password=password, **common
        )
