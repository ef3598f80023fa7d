"""Points of vigilance one by one: acknowledged, put off until a day, entrusted to a colleague."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

import config
from blueprints import web
from extensions import db
from models import Contact, Customer, Dispute, Item, Plan, Promise, Source, lists
from models.alerts import KINDS
from rules.errors import DomainError
from services import alerts
from services.wording import sentence

bp = Blueprint("alerts", __name__)

NAMES = {
    "failing_source": _l("Source that fails"),
    "claim_deadline": _l("Claim to declare"),
    "broken_promise": _l("Broken promise"),
    "broken_plan": _l("Broken payment plan"),
    "just_late": _l("Large amount just late"),
    "very_late": _l("More than 90 days late"),
    "over_limit": _l("Credit limit exceeded"),
    "limitation": _l("Limitation near"),
    "late_dispute": _l("Dispute too old"),
    "bad_email": _l("E-mail address refused"),
}
OBJECTS: dict[str, Any] = {
    "failing_source": Source, "claim_deadline": Customer, "broken_promise": Promise, "broken_plan": Plan, "just_late": Item,
    "very_late": Customer, "over_limit": Customer, "limitation": Item, "late_dispute": Dispute, "bad_email": Contact,
}  # fmt: skip


@bp.get("/alerts")
def index() -> ResponseReturnValue:
    company, today = web.company(), config.today()
    every = alerts.standing_lines(db.session(), company, web.scope().reps, today)
    hidden = request.args.get("state") == "hidden"
    kind = request.args.get("what", "")
    wanted = [one for one in every if one.hidden(today) == hidden]
    shown = [one for one in wanted if kind not in KINDS or one.alert.kind == kind]
    known = [(code, NAMES[code]) for code in KINDS if any(one.alert.kind == code for one in wanted)]
    return web.render(
        "alerts/index.html", "list", rows=shown[:500], total=len(shown), counts=(len(every), sum(o.hidden(today) for o in every)),
        hidden=hidden, what=kind if kind in KINDS else "", kinds=known, names=NAMES, today=today,
        colleagues=lists.choices(db.session(), company.id).collectors, company=company,
    )  # fmt: skip


@bp.post("/alerts/<what>/<int:object_id>/acknowledge")
def acknowledge(what: str, object_id: int) -> ResponseReturnValue:
    return _act(what, object_id, _("Acknowledged."), alerts.acknowledge)


@bp.post("/alerts/<what>/<int:object_id>/put-off")
def put_off(what: str, object_id: int) -> ResponseReturnValue:
    try:
        until_on = date.fromisoformat(request.form.get("until_on", ""))
    except ValueError:
        until_on = None
    return _act(what, object_id, _("Put off."), alerts.put_off, until_on)


@bp.post("/alerts/<what>/<int:object_id>/entrust")
def entrust(what: str, object_id: int) -> ResponseReturnValue:
    given = web.whole_number("user_id")
    if given and given not in {number for number, _name in lists.choices(db.session(), web.company().id).collectors}:
        web.abort(404)
    return _act(what, object_id, _("Saved."), alerts.entrust, given or None, undo=False)


@bp.post("/alerts/<what>/<int:object_id>/restore")
def restore(what: str, object_id: int) -> ResponseReturnValue:
    _own(what, object_id)
    alerts.show_again(db.session(), web.company(), what, object_id, web.user().id, config.now())
    db.session.commit()
    flash(_("Shown again."), "good")
    return web.go("alerts.index")


def _act(what: str, object_id: int, text: str, act: Any, *given: Any, undo: bool = True) -> ResponseReturnValue:
    _own(what, object_id)
    try:
        act(db.session(), web.company(), what, object_id, *given, web.user().id, config.now(), config.today())
    except DomainError as error:
        db.session.rollback()
        flash(sentence(web.language(), error.code, error.params), "bad")
        return web.go("alerts.index")
    db.session.commit()
    back = url_for("alerts.restore", what=what, object_id=object_id)
    flash({"text": text, "undo": back} if undo else text, "good")
    return web.go("alerts.index")


def _own(what: str, object_id: int) -> None:
    """404 for what is not an alert of a row that the user may see."""
    kind = OBJECTS.get(what)
    if kind is None:
        web.abort(404)
    if kind is Customer:
        web.customer_or_404(object_id)
    else:
        web.row_or_404(kind, object_id)
