"""Help: how the figures are made, why somebody is not reminded, the keys."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from blueprints import web

bp = Blueprint("help", __name__)


@bp.get("/help")
def index() -> ResponseReturnValue:
    return web.render("help/index.html")
