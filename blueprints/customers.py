"""Customers: the list, its files, the card of one customer and the editing of what enriches the ledger."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional

import config
from blueprints import labels, web
from blueprints.fields import LANGUAGE_NAMES, Form, MoneyField, choices
from extensions import db
from models import card as tabs
from models import lists, plans, settings, timeline
from models.customers import Customer
from models.e_invoices import documents_of_customer
from models.lists import CustomerFilters
from models.recovery import Insolvency, open_handover
from rules.errors import DomainError
from services import card as cards
from services import next_step, tables
from services.customers import edit_customer
from services.wording import sentence

bp = Blueprint("customers", __name__, url_prefix="/customers")

STATES = ("open", "late", "coming", "credit", "limit")
PAPERS = 100  # documents shown of a customer
TABS = ("paid", "promises", "documents")
ERROR_FIELDS = {"customer_name_missing": "name", "terms_negative": "terms_days"}


class CustomerForm(Form):
    name = StringField(_l("Name shown"), [InputRequired(_l("Enter the name to show."))])
    profile_id = SelectField(_l("Profile"), coerce=int)
    scenario_id = SelectField(_l("Scenario"), coerce=int)
    legal_type = SelectField(_l("Kind of customer"), choices=choices(*labels.LEGAL_TYPES))
    collector_id = SelectField(_l("Collector"), coerce=int)
    sales_rep_id = SelectField(_l("Sales representative"), coerce=int)
    language = SelectField(_l("Language"), choices=choices(("", _l("The company's")), *LANGUAGE_NAMES))
    method = SelectField(_l("Payment method"), choices=choices(("", _l("Unknown")), *labels.METHODS))
    terms_days = IntegerField(_l("Payment terms, in days"), [Optional(), NumberRange(0, 365, _l("Between 0 and 365 days."))])
    terms_mode = SelectField(_l("Counted"), choices=choices(("", _l("The company's terms")), *labels.TERMS_MODES))
    credit_limit_cents = MoneyField(_l("Credit limit"))
    insolvent_on = DateField(_l("Insolvent since"), [Optional()])
    tags = StringField(_l("Tags"))
    street = StringField(_l("Street"))
    postcode = StringField(_l("Postcode"))
    city = StringField(_l("City"))
    country = StringField(_l("Country (two letters)"))


def _filters() -> CustomerFilters:
    """The filters of the query string; what is not understood counts as not set."""
    args = request.args
    sort, state, bucket = args.get("sort", "-late"), args.get("state", ""), args.get("bucket", type=int)
    return CustomerFilters(
        currency=args.get("currency") or web.company().currency,
        reps=web.scope().reps,
        text=args.get("text", "")[:100],
        profile_id=args.get("profile", type=int),
        sales_rep_id=args.get("rep", type=int),
        collector_id=args.get("collector", type=int),
        method=args.get("method", ""),
        tag=args.get("tag", ""),
        state=state if state in STATES else "",
        bucket=bucket if bucket in (1, 2, 3, 4) else None,
        sort=sort if sort.removeprefix("-") in lists.CUSTOMER_SORTS else "-late",
    )


@bp.get("")
def index() -> ResponseReturnValue:
    filters, session, company = _filters(), db.session(), web.company()
    page, totals = lists.customer_page(session, company, filters, config.today(), web.page_number())
    context = {
        "page": page,
        "totals": totals,
        "filters": filters,
        "choices": lists.choices(session, company.id),
        "currency_choices": [(code, code) for code in lists.currencies(session, company, config.today())],
        "labels": labels,
    }
    return web.render("customers/index.html", "list", **context)


@bp.get("/export.<any(xlsx, csv):kind>")
def export(kind: str) -> ResponseReturnValue:
    rows = lists.customers_in_order(db.session(), web.company(), _filters(), config.today())
    return web.table(kind, _("Customers"), *tables.customers(rows, web.language()))


@bp.get("/<int:customer_id>")
def show(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    target = request.htmx.target if request.htmx else ""
    block = target if target in ("tab", "feed") else "card"
    return web.render("customers/show.html", block, **_card(customer))


def _card(customer: Customer) -> dict[str, Any]:
    view = request.args.get("view", "")
    view = view if view in timeline.VIEWS else ""
    older = min(max(request.args.get("older", 1, type=int) or 1, 1), 50)
    found = cards.card(db.session(), web.company(), customer, web.language(), config.today(), view, older)
    tab = request.args.get("tab", "")
    tab = tab if tab in TABS else "open"
    return {
        "card": found,
        "customer": customer,
        "company": web.company(),
        "today": config.today(),
        "tab": tab,
        "rows": _tab_rows(found, tab),
        "plans": plans.of_customer(db.session(), found.customer.id) if tab == "promises" else (),
        "names": labels.PLAN_STATES,
        "handover": open_handover(db.session(), found.customer.id) if found.head.handovers else None,
        "insolvency": db.session.get(Insolvency, found.customer.id) if found.customer.insolvent_on else None,
        "papers": documents_of_customer(db.session(), found.customer.id, PAPERS) if tab == "documents" else (),
        "view": view,
        "older": older,
        "reasons": cards.score_reasons(found.behaviour.score, web.language()),
        "spark": cards.spark(found.behaviour.months),
        "labels": labels,
    }


def _tab_rows(found: cards.Card, tab: str) -> Any:
    session, customer_id = db.session(), found.customer.id
    if tab == "paid":
        return tabs.paid_items(session, customer_id, found.head.paid, web.page_number())
    if tab == "documents":
        return tabs.documents(session, customer_id, found.head.documents, web.page_number())
    if tab == "promises":
        return tabs.promises(session, customer_id)
    return found.items


@bp.get("/<int:customer_id>/upcoming")
def upcoming(customer_id: int) -> ResponseReturnValue:
    """What comes next and when, and why by that scenario: asked by the card once it is shown, because it takes a decision of
    its own."""
    session, company, today = db.session(), web.company(), config.today()
    customer = web.customer_or_404(customer_id)
    followed = cards.followed(session, company, customer, web.language(), today)
    ahead = bool(request.args.get("ahead"))  # the card knows whether anything may come
    text = next_step.upcoming(session, company, customer, web.language(), today) if ahead else ""
    return web.render("customers/_upcoming.html", text=text, followed=followed)


@bp.get("/<int:customer_id>/edit")
def edit(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    return web.render("customers/edit.html", customer=customer, form=_form(customer))


@bp.post("/<int:customer_id>")
def update(customer_id: int) -> ResponseReturnValue:
    customer = web.customer_or_404(customer_id)
    form = _form(customer)
    if form.validate():
        try:
            edit_customer(db.session(), web.company(), customer, web.user().id, config.now(), config.today(), **_typed(form))
        except DomainError as error:
            form.refuse(ERROR_FIELDS[error.code], sentence(web.language(), error.code, error.params))
    if form.errors:
        db.session.rollback()
        return web.render("customers/edit.html", customer=web.customer_or_404(customer_id), form=form, status=422)
    db.session.commit()
    flash(_("Saved. A synchronisation will not overwrite what you changed."), "good")
    return web.go("customers.show", customer_id=customer_id)


def _form(customer: Customer) -> CustomerForm:
    form = CustomerForm(obj=customer)
    known = lists.choices(db.session(), customer.company_id)
    scenarios = settings.scenario_names(db.session(), customer.company_id)
    form.profile_id.choices = choices((0, _("None")), *known.profiles)
    form.scenario_id.choices = choices((0, _("The profile's")), *scenarios)
    form.collector_id.choices = choices((0, _("Nobody")), *known.collectors)
    form.sales_rep_id.choices = choices((0, _("Nobody")), *known.sales_reps)
    if not form.is_submitted():
        for field in (form.profile_id, form.scenario_id, form.collector_id, form.sales_rep_id):
            field.data = field.data or 0
        form.tags.data = ", ".join(customer.tags)
    return form


def _typed(form: CustomerForm) -> dict[str, Any]:
    """The form as the customer's columns: 0 is nobody, tags a list without doubles."""
    fields = form.values()
    for name in ("profile_id", "scenario_id", "collector_id", "sales_rep_id"):
        fields[name] = fields[name] or None
    fields["tags"] = list(dict.fromkeys(tag.strip() for tag in fields["tags"].split(",") if tag.strip()))
    fields["country"] = fields["country"].upper()[:2]
    return fields
