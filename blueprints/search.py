"""Search from every page: suggestions while typing, and a page with all that was found."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

import config
from blueprints import web
from extensions import db
from models import search
from models.standing import standings

bp = Blueprint("search", __name__)

SUGGESTED, LISTED = 6, 50


@bp.get("/search")
def index() -> ResponseReturnValue:
    text = request.args.get("q", "")[:100].strip()
    session, company, reps = db.session(), web.company(), web.scope().reps
    suggesting = bool(request.htmx) and request.htmx.target == "found"
    limit = SUGGESTED if suggesting else LISTED
    found = search.customers(session, company.id, reps, text, limit)
    context = {
        "text": text,
        "customers": found,
        "items": search.items(session, company.id, reps, text, limit),
        "sums": standings(session, company, config.today())[company.currency].by_id if found else {},
        "company": company,
    }
    return web.render("search/_suggestions.html" if suggesting else "search/index.html", **context)
