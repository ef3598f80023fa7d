"""Due items: every open item of the company, and its files."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

import config
from blueprints import web
from extensions import db
from models import due_items, lists
from models.due_items import ItemFilters
from services import tables

bp = Blueprint("items", __name__, url_prefix="/items")

STATES = ("late", "just_late", "coming", "credit")
MARKS = ("promise", "broken", "dispute", "hold", "expected", "debit", "bank")


def _filters() -> ItemFilters:
    """The filters of the query string; what is not understood counts as not set."""
    args = request.args
    sort, state, mark, bucket = (
        args.get("sort", "due"),
        args.get("state", ""),
        args.get("mark", ""),
        args.get("bucket", type=int),
    )
    least = args.get("least", type=int)
    return ItemFilters(
        currency=args.get("currency") or web.company().currency,
        reps=web.scope().reps,
        text=args.get("text", "")[:100],
        state=state if state in STATES else "",
        bucket=bucket if bucket in (1, 2, 3, 4) else None,
        mark=mark if mark in MARKS else "",
        profile_id=args.get("profile", type=int),
        sales_rep_id=args.get("rep", type=int),
        least_cents=None if least is None else min(abs(least), 10**12) * 100,
        sort=sort if sort.removeprefix("-") in due_items.SORTS else "due",
        late_days=web.company().alert_late_days,
    )


@bp.get("")
def index() -> ResponseReturnValue:
    filters, session, company, today = _filters(), db.session(), web.company(), config.today()
    page, totals = due_items.item_page(session, company, filters, today, web.page_number())
    context = {
        "page": page,
        "totals": totals,
        "filters": filters,
        "today": today,
        "choices": lists.choices(session, company.id),
        "currency_choices": [(code, code) for code in lists.currencies(session, company, today)],
    }
    return web.render("items/index.html", "list", **context)


@bp.get("/export.<any(xlsx, csv):kind>")
def export(kind: str) -> ResponseReturnValue:
    rows = due_items.items_in_order(db.session(), web.company().id, _filters(), config.today())
    return web.table(kind, _("Due items"), *tables.items(rows, web.language()))
