"""Companies of the instance: the list and making a new one."""

from __future__ import annotations

from flask import Blueprint, flash, g
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired

import config
from blueprints import web
from blueprints.fields import Form, choices
from extensions import db
from rules.errors import DomainError
from services import companies
from services.wording import sentence

bp = Blueprint("companies", __name__, url_prefix="/companies")

COUNTRY_NAMES = (
    ("FR", _l("France")),
    ("BE", _l("Belgium")),
    ("LU", _l("Luxembourg")),
    ("NL", _l("Netherlands")),
    ("DE", _l("Germany")),
    ("CH", _l("Switzerland")),
    ("MC", _l("Monaco")),
)


class CompanyForm(Form):
    name = StringField(_l("Name"), [InputRequired(_l("Enter a name."))])
    country = SelectField(_l("Country"), choices=choices(*COUNTRY_NAMES))
    customer_accounts = StringField(_l("Customer accounts"))


@bp.get("")
def index() -> ResponseReturnValue:
    return web.render("companies/index.html", companies=web.companies())


@bp.get("/new")
def new() -> ResponseReturnValue:
    return web.render("companies/new.html", form=CompanyForm())


@bp.post("")
def create() -> ResponseReturnValue:
    form = CompanyForm()
    session = db.session()
    made = None
    if form.validate():
        try:
            made = companies.create_company(
                session,
                web.user(),
                config.now(),
                code=companies.code_from_name(session, form.name.data or ""),
                name=form.name.data or "",
                country=form.country.data,
                customer_accounts=form.customer_accounts.data or "",
            )
        except DomainError as error:
            session.rollback()
            field = "customer_accounts" if error.code == "accounts_wrong" else "name"
            form.refuse(field, sentence(web.language(), error.code, error.params))
    if made is None:
        return web.render("companies/new.html", form=form, status=422)
    g.session_row.company_id = made.id
    db.session.commit()
    flash(_("%(name)s is ready. Bring in its ledger.", name=made.name), "good")
    return web.go("syncs.index")
