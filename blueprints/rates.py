"""Legal rates: the tables by country with their sources, adding and correcting a row; the legal terms of a company."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, Field, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional, ValidationError
from wtforms.widgets import TextInput

import config
from blueprints import web
from blueprints.fields import Form, choices
from extensions import db
from models.legal import legal_terms
from rules.errors import DomainError
from services import claims, rates
from services.rates import TABLES
from services.wording import sentence

bp = Blueprint("rates", __name__, url_prefix="/settings/rates")

COUNTRIES = (("FR", _l("France")), ("BE", _l("Belgium")), ("LU", _l("Luxembourg")), ("NL", _l("Netherlands")), ("DE", _l("Germany")),
             ("EU", _l("European Central Bank")))  # fmt: skip
KINDS = {
    "business": _l("Between professionals"),
    "public": _l("Public bodies"),
    "legal": _l("Legal rate (private persons, floor of contractual rates)"),
    "consumer": _l("Private persons"),
    "reference": _l("Main refinancing operations"),
}
ERROR_FIELDS = {
    "rate_day_wrong": "from_on",
    "rate_source_missing": "source",
    "rate_wrong": "rate",
    "rate_table_unknown": "table",
}
TERMS_FIELDS = {
    "contract_rate_low": "contract_thousandths",
    "agent_incomplete": "agent_name",
    "mandate_iban_differs": "mandate_iban",
}


class RateField(Field):
    """A percentage as people write it; its data is thousandths of a percent, None when left empty."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.written = valuelist[0].strip() if valuelist else ""
        self.data = None
        if self.written:
            try:
                self.data = rates.parse_rate(self.written)
            except DomainError as error:
                raise ValidationError(sentence(web.language(), error.code, error.params)) from error

    def _value(self) -> str:
        return getattr(self, "written", "") if self.data is None else claims.rate_text(self.data, web.language())


class RateForm(Form):
    table = SelectField(_l("Table"))
    from_on = DateField(_l("In force from"), [InputRequired(_l("Enter the first day."))])
    rate = RateField(_l("Yearly rate"), [InputRequired(_l("Enter the rate."))])
    source = StringField(_l("Source"), [InputRequired(_l("Say where it comes from."))])
    provisional = BooleanField(_l("Announced or worked out, not published yet"))


class TermsForm(Form):
    contract_thousandths = RateField(_l("Agreed yearly rate"), [Optional()])
    actual_days = BooleanField(_l("Divide by the days of the year (366 in leap years) instead of 365"))
    consumer_clause = BooleanField(_l("Our contracts with private persons provide for interest and compensation"))
    agent_name = StringField(_l("Written by (fiduciary, agency)"))
    agent_address = TextAreaField(_l("Address"))
    mandate_on = DateField(_l("Mandate signed on"), [Optional()])
    mandate_ended_on = DateField(_l("Ended on"), [Optional()])
    mandate_scope = StringField(_l("Scope of the mandate"))
    mandate_iban = StringField(_l("IBAN of the client in the mandate"))
    mandate_document = StringField(_l("Where the signed mandate is kept"))
    registration = StringField(_l("Number at the SPF Economie (Belgium)"))


@bp.get("")
def index() -> ResponseReturnValue:
    return _page(_rate_form())


@bp.post("")
def create() -> ResponseReturnValue:
    form = _rate_form()
    if form.validate():
        country, _sep, kind = form.table.data.partition("-")
        try:
            rates.enter_rate(
                db.session(), web.company().id, country, kind, form.from_on.data, form.rate.data, form.source.data or "",
                form.provisional.data, web.user().id, config.now(),
            )  # fmt: skip
        except DomainError as error:
            db.session.rollback()
            form.refuse(ERROR_FIELDS[error.code], sentence(web.language(), error.code, error.params))
    if form.errors:
        return _page(form, country=(form.table.data or "").partition("-")[0], status=422)
    db.session.commit()
    flash(_("Rate saved. Whatever was provisional is worked out anew."), "good")
    return web.go("rates.index", country=country)


@bp.get("/terms")
def terms() -> ResponseReturnValue:
    return web.render(
        "rates/terms.html", form=TermsForm(obj=legal_terms(db.session(), web.company().id)), company=web.company()
    )


@bp.post("/terms")
def terms_update() -> ResponseReturnValue:
    form, company = TermsForm(), web.company()
    if form.validate():
        try:
            claims.save_terms(db.session(), company, form.values(), web.user().id, config.now(), config.today())
        except DomainError as error:
            db.session.rollback()
            form.refuse(TERMS_FIELDS[error.code], sentence(web.language(), error.code, error.params))
    if form.errors:
        return web.render("rates/terms.html", form=form, company=web.company(), status=422)
    db.session.commit()
    flash(_("Legal terms of %(name)s saved.", name=company.name), "good")
    return web.go("rates.terms")


def _rate_form() -> RateForm:
    form = RateForm()
    names = dict(COUNTRIES)
    form.table.choices = choices(*((f"{c}-{k}", f"{names[c]} · {KINDS[k]}") for c, k in TABLES))
    if not form.is_submitted():
        asked = request.args
        form.table.data = asked.get("table") or f"{_country()}-{'reference' if _country() == 'EU' else 'business'}"
        form.from_on.process_formdata([asked["from_on"]] if asked.get("from_on") else [])
        form.rate.process_formdata([asked["rate"]] if asked.get("rate") else [])
    return form


def _country() -> str:
    asked = request.args.get("country", web.company().country)
    return asked if asked in dict(COUNTRIES) else "FR"


def _page(form: RateForm, *, country: str = "", status: int = 200) -> ResponseReturnValue:
    session = db.session()
    country = country if country in dict(COUNTRIES) else _country()
    lines = [line for line in rates.rate_lines(session) if line.country == country]
    kinds = [kind for code, kind in TABLES if code == country]
    missing = rates.missing(session, config.today())
    return web.render(
        "rates/index.html", status=status, form=form, country=country, countries=COUNTRIES, kinds=KINDS,
        tables=[(kind, [line for line in reversed(lines) if line.kind == kind]) for kind in kinds],
        missing=[gap for gap in missing if gap.country == country], elsewhere={gap.country for gap in missing},
        rate_text=lambda rate: claims.rate_text(rate, web.language()),
    )  # fmt: skip
