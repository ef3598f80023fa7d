"""The aged balance on any day, and the proof that it adds up to the ledger."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

import config
from blueprints import labels, web
from extensions import db
from models import lists
from models.reports import CustomerAgeing, Filters
from services import aged_balance, tables
from services import language as words

bp = Blueprint("ageing", __name__, url_prefix="/ageing")


def _filters() -> Filters:
    args, reps = request.args, web.scope().reps
    rep = args.get("rep", type=int)
    return Filters(
        sales_rep_ids=reps if rep is None else (rep,) if reps is None or rep in reps else (),
        profile_id=args.get("profile", type=int),
        collector_id=args.get("collector", type=int),
        method=args.get("method", ""),
        currency=args.get("currency") or web.company().currency,
    )


def _sort() -> str:
    sort = request.args.get("sort", "-balance")
    return sort if sort.removeprefix("-") in aged_balance.SORTS else "-balance"


@bp.get("")
def index() -> ResponseReturnValue:
    session, company, today, filters = db.session(), web.company(), config.today(), _filters()
    on = web.day_argument("on", today)
    found = aged_balance.aged_balance(session, company, on, filters, _sort(), web.page_number())
    context = {
        "aged": found,
        "filters": filters,
        "sort": _sort(),
        "today": today,
        "quick": _quick_days(today),
        "choices": lists.choices(session, company.id),
        "currency_choices": [(code, code) for code in lists.currencies(session, company, today)],
        "company": company,
        "labels": labels,
    }
    return web.render("ageing/index.html", "report", **context)


@bp.get("/export.<any(xlsx, csv):kind>")
def export(kind: str) -> ResponseReturnValue:
    on = web.day_argument("on", config.today())
    rows: list[CustomerAgeing] = aged_balance.rows_in_order(db.session(), web.company(), on, _filters(), _sort())
    title = _("Aged balance on %(day)s", day=words.day(on, web.language()))
    return web.table(kind, title, *tables.ageing(rows, web.language()))


def _quick_days(today: date) -> list[date]:
    """The ends of the last two months and of the last year."""
    last = today.replace(day=1) - timedelta(days=1)
    before = last.replace(day=1) - timedelta(days=1)
    return list(dict.fromkeys((last, before, date(today.year - 1, 12, 31))))
