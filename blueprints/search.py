"""Search."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from blueprints import web

bp = Blueprint("search", __name__)


@bp.get("/search")
def index() -> ResponseReturnValue:
    return web.render("home/index.html")
