"""Home: who owes what, what needs attention, what to do today."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

import config
from blueprints import web
from extensions import db
from services.overview import overview

bp = Blueprint("home", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    company = web.company()
    if company.last_sync_at is None:
        return web.render("home/empty.html")
    found = overview(db.session(), company, web.scope().reps, config.today())
    return web.render("home/index.html", home=found, company=company)
