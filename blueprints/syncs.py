"""Syncs."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from blueprints import web

bp = Blueprint("syncs", __name__)


@bp.get("/syncs")
def index() -> ResponseReturnValue:
    return web.render("home/index.html")
