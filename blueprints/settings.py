"""Settings: the page that leads to all of them, and those of the present company: identity, ledger, house rules, mail, profiles."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, current_app, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional, Regexp

import config
from blueprints import web
from blueprints.fields import Form, MoneyField, choices
from blueprints.labels import TERMS_MODES
from extensions import db
from integrations.channels import Outcome, imap, smtp
from models import Profile, SalesRep, settings
from rules.errors import DomainError
from services import companies, syncs
from services.seal import unseal
from services.wording import sentence
from services.wording_messages import fate

bp = Blueprint("settings", __name__, url_prefix="/settings")

CLOCK = Regexp(r"^([01]\d|2[0-3]):[0-5]\d$", message=_l("Write the time like 08:30."))


class CompanyForm(Form):
    name = StringField(_l("Name"), [InputRequired(_l("Enter a name."))])
    street = StringField(_l("Street"))
    postcode = StringField(_l("Postcode"))
    city = StringField(_l("City"))
    phone = StringField(_l("Phone"))
    email = StringField(_l("E-mail"))
    website = StringField(_l("Website"))
    vat_number = StringField(_l("VAT number"))
    company_number = StringField(_l("Company number (SIREN, BCE)"))
    iban = StringField(_l("IBAN"))
    bic = StringField(_l("BIC"))
    signatory = StringField(_l("Signatory of the letters"))
    letter_window = SelectField(
        _l("Window of the envelopes"), choices=choices(("FR", _l("right (France)")), ("BE", _l("left (Belgium)")))
    )
    customer_accounts = StringField(_l("Customer accounts"), [InputRequired(_l("Enter at least one prefix, like 411."))])
    terms_days = IntegerField(_l("Payment terms, in days"), [InputRequired(_l("Enter a number of days.")), NumberRange(0, 365)])
    terms_mode = SelectField(_l("Counted"), choices=choices(*TERMS_MODES))
    stale_after_hours = IntegerField(_l("A ledger is stale after, in hours"), [InputRequired(), NumberRange(1, 720)])
    gap_days = IntegerField(_l("Days between two contacts, at least"), [InputRequired(), NumberRange(0, 90)])
    floor_cents = MoneyField(_l("Not reminded below"))
    ceiling_cents = MoneyField(_l("A person decides above"))
    promise_grace_days = IntegerField(_l("Days of grace after a promise"), [InputRequired(), NumberRange(0, 30)])
    plan_break_days = IntegerField(_l("A plan breaks so many days after an instalment"), [InputRequired(), NumberRange(1, 120)])
    plan_break_missed = IntegerField(_l("or once so many instalments have not come"), [InputRequired(), NumberRange(0, 12)])
    alert_large_cents = MoneyField(_l("Large amount just late, from"))
    alert_late_days = IntegerField(_l("Just late means, in days"), [InputRequired(), NumberRange(1, 60)])
    alert_dispute_days = IntegerField(_l("A dispute is too old after, in days"), [InputRequired(), NumberRange(1, 365)])
    undo_seconds = IntegerField(_l("Seconds to take a sending back"), [InputRequired(), NumberRange(0, 3600)])
    automatic_sending = BooleanField(_l("Send automatic steps without being asked, on working days"))
    window_from = StringField(_l("Sent from"), [InputRequired(), CLOCK])
    window_until = StringField(_l("until"), [InputRequired(), CLOCK])


class MailForm(Form):
    sender_name = StringField(_l("Name of the sender"))
    sender_email = StringField(_l("Sent from the address"))
    reply_to = StringField(_l("Answers go to"))
    smtp_host = StringField(_l("Mail server (SMTP)"))
    smtp_port = IntegerField(_l("Port"), [Optional(), NumberRange(1, 65535)], default=587)
    smtp_security = SelectField(
        _l("Encryption"),
        choices=choices(("starttls", "STARTTLS"), ("tls", "TLS"), ("none", _l("None (only a server on this machine)"))),
    )
    smtp_user = StringField(_l("User name"))
    password = PasswordField(_l("Password"))


class MailboxForm(Form):
    imap_host = StringField(_l("Mailbox server (IMAP)"))
    imap_port = IntegerField(_l("Port"), [Optional(), NumberRange(1, 65535)], default=993)
    imap_security = SelectField(
        _l("Encryption"),
        choices=choices(("tls", "TLS"), ("starttls", "STARTTLS"), ("none", _l("None (only a server on this machine)"))),
    )
    imap_user = StringField(_l("User name"))
    imap_password = PasswordField(_l("Password"))
    imap_folder = StringField(_l("Folder"), default="INBOX")


class Probed(NamedTuple):
    """What a try at the mailbox gave: how many mails lie in it, or why it cannot be read."""

    mails: int = 0
    failure: str = ""
    answer: str = ""


class ProfileForm(Form):
    name = StringField(_l("Name"), [InputRequired(_l("Enter a name."))])
    scenario_id = SelectField(_l("Scenario"), coerce=int)


@bp.get("")
def index() -> ResponseReturnValue:
    return web.render("settings/index.html")


@bp.get("/company")
def company() -> ResponseReturnValue:
    return web.render("settings/company.html", form=CompanyForm(obj=web.company()))


@bp.post("/company")
def company_update() -> ResponseReturnValue:
    form, company = CompanyForm(), web.company()
    if not form.validate():
        return web.render("settings/company.html", form=form, status=422)
    fields = form.values()
    fields["floor_cents"] = fields["floor_cents"] or 0
    try:
        changed = companies.update_company(db.session(), web.user().id, company, config.now(), **fields)
    except DomainError as error:
        db.session.rollback()
        form.refuse(ERROR_FIELDS.get(error.code, "name"), sentence(web.language(), error.code, error.params))
        return web.render("settings/company.html", form=form, status=422)
    if changed.keys() & {"terms_days", "terms_mode"}:
        syncs.recompute_due_dates(db.session(), company, None, config.today())
    db.session.commit()
    flash(_("Settings of %(name)s saved.", name=company.name), "good")
    return web.go("settings.company")


ERROR_FIELDS = {"iban_wrong": "iban", "bic_wrong": "bic", "accounts_wrong": "customer_accounts"}


@bp.get("/mail")
def mail() -> ResponseReturnValue:
    return _mail_page()


def _mail_page(
    form: MailForm | None = None,
    mailbox: MailboxForm | None = None,
    status: int = 200,
    block: str | None = None,
    outcome: Outcome | None = None,
) -> ResponseReturnValue:
    """Both accounts; the one that was not sent is shown as it is stored."""
    company = web.company()
    shown = {
        "form": form or MailForm(formdata=None, obj=company),
        "mailbox": mailbox or MailboxForm(formdata=None, obj=company),
    }
    return web.render("settings/mail.html", block, status, outcome=outcome, probed=None, fate=_fate, **shown)


def _fate(code: str) -> str:
    return fate(web.language(), code)


@bp.post("/mail")
def mail_update() -> ResponseReturnValue:
    form, company = MailForm(), web.company()
    if form.validate():
        try:
            _save_mail(form)
        except DomainError as error:
            form.refuse("sender_email", sentence(web.language(), error.code, error.params))
    if form.errors:
        return _mail_page(form, status=422)
    db.session.commit()
    flash(_("Mail settings of %(name)s saved.", name=company.name), "good")
    return web.go("settings.mail")


@bp.post("/mail/probe")
def mail_probe() -> ResponseReturnValue:
    """Connect with what is typed, save nothing, and say what the server answered."""
    form, company = MailForm(), web.company()
    if not form.validate() or not form.smtp_host.data:
        if not form.smtp_host.data:
            form.refuse("smtp_host", _("Enter the name of the mail server."))
        return _mail_page(form, status=422, block="probe")
    sealed = company.smtp_password_sealed
    db.session.rollback()  # no transaction stays open while the server answers
    outcome = smtp.probe(_account(form, sealed))
    return _mail_page(form, block="probe", outcome=outcome)


@bp.post("/mail/inbox")
def mailbox_update() -> ResponseReturnValue:
    form, company = MailboxForm(), web.company()
    if not form.validate():
        return _mail_page(mailbox=form, status=422)
    fields = form.values() | {"imap_port": form.imap_port.data or 993, "imap_folder": form.imap_folder.data or "INBOX"}
    password, key = fields.pop("imap_password"), current_app.config["SECRET_KEY"]
    companies.set_mailbox(db.session(), web.user().id, company, config.now(), key, password=password, **fields)
    db.session.commit()
    flash(_("Mailbox of %(name)s saved.", name=company.name), "good")
    return web.go("settings.mail", _anchor="mailbox")


@bp.post("/mail/inbox/probe")
def mailbox_probe() -> ResponseReturnValue:
    """Open the mailbox with what is typed, save and change nothing, and say what it answered."""
    form, sealed = MailboxForm(), web.company().imap_password_sealed
    if form.validate() and not form.imap_host.data:
        form.refuse("imap_host", _("Enter the name of the mailbox server."))
    if form.errors:
        return web.render("settings/_mailbox_probe.html", status=422, mailbox=form, probed=None, fate=_fate)
    db.session.rollback()  # no transaction stays open while the server answers
    return web.render("settings/_mailbox_probe.html", mailbox=form, probed=_probe(form, sealed), fate=_fate)


def _probe(form: MailboxForm, sealed: str) -> Probed:
    try:
        password = form.imap_password.data or unseal(sealed, current_app.config["SECRET_KEY"])
        return Probed(
            imap.probe(
                imap.Account(
                    form.imap_host.data or "", form.imap_port.data or 993, form.imap_security.data, form.imap_user.data or "",
                    password, form.imap_folder.data or "INBOX",
                )
            )
        )  # fmt: skip
    except imap.Unreadable as error:
        return Probed(failure=error.failure, answer=error.answer)
    except DomainError as error:
        return Probed(failure=error.code)


def _account(form: MailForm, sealed: str) -> smtp.Account:
    password = form.password.data or unseal(sealed, current_app.config["SECRET_KEY"])
    return smtp.Account(
        host=form.smtp_host.data or "",
        port=form.smtp_port.data or 587,
        security=form.smtp_security.data,
        user=form.smtp_user.data or "",
        password=password,
    )


def _save_mail(form: MailForm) -> None:
    fields = form.values() | {"smtp_port": form.smtp_port.data or 587}
    password = fields.pop("password")
    key = current_app.config["SECRET_KEY"]
    companies.set_mail(db.session(), web.user().id, web.company(), config.now(), key, password=password, **fields)


@bp.get("/profiles")
def profiles() -> ResponseReturnValue:
    return web.render("settings/profiles.html", **_profiles_page())


@bp.post("/profiles")
def profile_create() -> ResponseReturnValue:
    return _save_profile(None)


@bp.post("/profiles/<int:profile_id>")
def profile_update(profile_id: int) -> ResponseReturnValue:
    return _save_profile(web.row_or_404(Profile, profile_id))


@bp.post("/sales-reps/<int:sales_rep_id>")
def sales_rep_update(sales_rep_id: int) -> ResponseReturnValue:
    rep = web.row_or_404(SalesRep, sales_rep_id)
    given = web.whole_number("user_id")
    allowed = {number for number, _name in settings.members(db.session(), web.company().id)}
    if given and given not in allowed:
        web.abort(404)
    companies.bind_rep(db.session(), web.user().id, rep, given or None, config.now())
    db.session.commit()
    flash(_("Saved."), "good")
    return web.go("settings.profiles")


def _profile_form(profile: Profile | None) -> ProfileForm:
    form = ProfileForm(obj=profile, prefix=f"p{profile.id if profile else 0}-")
    names = settings.scenario_names(db.session(), web.company().id)
    form.scenario_id.choices = choices((0, _("No scenario: nobody is reminded")), *names)
    if not form.is_submitted() and profile and profile.scenario_id is None:
        form.scenario_id.data = 0
    return form


def _profiles_page(wrong: ProfileForm | None = None) -> dict[str, object]:
    session, company = db.session(), web.company()
    lines = settings.profiles(session, company.id)
    return {
        "lines": [(line, _profile_form(line.profile)) for line in lines],
        "form": wrong or _profile_form(None),
        "reps": settings.reps(session, company.id),
        "members": settings.members(session, company.id),
    }


def _save_profile(profile: Profile | None) -> ResponseReturnValue:
    form = _profile_form(profile)
    if form.validate():
        try:
            companies.save_profile(
                db.session(),
                web.user().id,
                web.company(),
                config.now(),
                profile,
                name=form.name.data or "",
                scenario_id=form.scenario_id.data or None,
            )
        except DomainError as error:
            db.session.rollback()
            form.refuse("name", sentence(web.language(), error.code, error.params))
    if form.errors:
        return web.render("settings/profiles.html", status=422, **_profiles_page(form))
    db.session.commit()
    flash(_("Profile “%(name)s” saved.", name=form.name.data), "good")
    return web.go("settings.profiles")
