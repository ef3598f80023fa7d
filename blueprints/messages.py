"""Messages."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from blueprints import web

bp = Blueprint("messages", __name__)


@bp.get("/messages")
def index() -> ResponseReturnValue:
    return web.render("home/index.html")
