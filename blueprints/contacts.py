"""Contacts of customers: added, corrected, deleted; and the list of customers who cannot be reached, repaired in place."""

from __future__ import annotations

import json

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField

import config
from blueprints import labels, web
from blueprints.fields import Form, choices
from extensions import db
from models import Contact, Customer, addresses
from rules.errors import DomainError
from services import customers
from services.wording import sentence

bp = Blueprint("contacts", __name__)

ERROR_FIELDS = {"contact_empty": "name", "email_wrong": "email"}


class ContactForm(Form):
    name = StringField(_l("Name"))
    role = SelectField(_l("Role"), choices=choices(*labels.CONTACT_ROLES))
    email = StringField(_l("E-mail"))
    phone = StringField(_l("Phone"))
    mobile = StringField(_l("Mobile"))


@bp.get("/addresses")
def index() -> ResponseReturnValue:
    kind = request.args.get("kind", "")
    kind = kind if kind in addresses.KINDS else ""
    found = addresses.to_repair(db.session(), web.company(), web.scope().reps, kind, config.today(), web.page_number())
    return web.render("contacts/index.html", "list", found=found, kind=kind, company=web.company())


@bp.post("/customers/<int:customer_id>/address")
def repair(customer_id: int) -> ResponseReturnValue:
    customer, form = web.customer_or_404(customer_id), request.form
    typed = {
        name: form.get(name, "").strip()[:200] for name in ("email", "phone", "street", "postcode", "city") if name in form
    }
    try:
        customers.repair_address(db.session(), web.company(), customer, web.user().id, config.now(), config.today(), **typed)
    except DomainError as error:
        db.session.rollback()
        text = sentence(web.language(), error.code, error.params)
        if not request.htmx:
            flash(text, "bad")
            return web.go("contacts.index")
        line = addresses.one_line(db.session(), web.company(), customer_id, config.today())
        context = {"line": line, "typed": typed, "error": text, "next_field": form.get("next", "")[:40]}
        return web.render("contacts/_line.html", status=422, **context)
    db.session.commit()
    if not request.htmx:
        flash(_("Saved."), "good")
        return web.go("contacts.index")
    line = addresses.one_line(db.session(), web.company(), customer_id, config.today())
    answer = web.render("contacts/_line.html", line=line, saved=True, next_field=form.get("next", "")[:40])
    answer.headers["HX-Trigger-After-Swap"] = json.dumps({"focus-on": form.get("next", "")[:40]})
    return answer


@bp.get("/customers/<int:customer_id>/contacts/new")
def new(customer_id: int) -> ResponseReturnValue:
    return _dialog(ContactForm(), web.customer_or_404(customer_id))


@bp.post("/customers/<int:customer_id>/contacts")
def create(customer_id: int) -> ResponseReturnValue:
    return _save(web.customer_or_404(customer_id), None)


@bp.get("/contacts/<int:contact_id>/edit")
def edit(contact_id: int) -> ResponseReturnValue:
    contact, customer = _contact(contact_id)
    return _dialog(ContactForm(obj=contact), customer, contact)


@bp.post("/contacts/<int:contact_id>")
def update(contact_id: int) -> ResponseReturnValue:
    contact, customer = _contact(contact_id)
    return _save(customer, contact)


@bp.post("/contacts/<int:contact_id>/delete")
def destroy(contact_id: int) -> ResponseReturnValue:
    contact, customer = _contact(contact_id)
    customers.remove_contact(db.session(), customer, contact, web.user().id, config.now(), config.today())
    db.session.commit()
    return web.done(_("Contact deleted."), "card-changed", endpoint="customers.show", customer_id=customer.id)


@bp.post("/contacts/<int:contact_id>/good")
def mark_good(contact_id: int) -> ResponseReturnValue:
    contact, customer = _contact(contact_id)
    customers.mark_good(db.session(), customer, contact, web.user().id, config.now(), config.today())
    db.session.commit()
    text = _("Messages go to %(email)s again.", email=contact.email)
    return web.done(text, "card-changed", endpoint="customers.show", customer_id=customer.id)


@bp.post("/contacts/<int:contact_id>/phone/good")
def mark_phone_good(contact_id: int) -> ResponseReturnValue:
    contact, customer = _contact(contact_id)
    customers.mark_phone_good(db.session(), customer, contact, web.user().id, config.now(), config.today())
    db.session.commit()
    text = _("%(number)s is called again.", number=contact.phone or contact.mobile)
    return web.done(text, "card-changed", endpoint="customers.show", customer_id=customer.id)


def _contact(contact_id: int) -> tuple[Contact, Customer]:
    contact = web.row_or_404(Contact, contact_id)
    return contact, web.customer_or_404(contact.customer_id)


def _dialog(form: ContactForm, customer: Customer, contact: Contact | None = None, status: int = 200) -> ResponseReturnValue:
    return web.render("contacts/edit.html", "form", form=form, customer=customer, contact=contact, status=status)


def _save(customer: Customer, contact: Contact | None) -> ResponseReturnValue:
    form = ContactForm()
    if form.validate():
        try:
            customers.save_contact(
                db.session(), customer, contact, web.user().id, config.now(), config.today(), **form.values()
            )
        except DomainError as error:
            form.refuse(ERROR_FIELDS[error.code], sentence(web.language(), error.code, error.params))
    if form.errors:
        return _dialog(form, customer, contact, 422)
    db.session.commit()
    return web.done(_("Contact saved."), "card-changed", endpoint="customers.show", customer_id=customer.id)
