"""Home: who owes what, what needs attention, what to do today."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from blueprints import web

bp = Blueprint("home", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    return web.render("home/index.html")
