"""Error pages: what happened and what to do, never a stack, SQL or a secret."""

from __future__ import annotations

import logging

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

bp = Blueprint("errors", __name__)
log = logging.getLogger("encours")
SHOWN = {400, 403, 404, 413, 429, 500}


@bp.app_errorhandler(CSRFError)
def csrf_refused(error: CSRFError) -> ResponseReturnValue:
    return make_response(render_template("errors/400.html", expired=True), 400)


@bp.app_errorhandler(HTTPException)
def http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error.get_response()
    page = code if code in SHOWN else (500 if code >= 500 else 400)
    said = error.description if code == 400 and type(error).description != error.description else ""
    return make_response(render_template(f"errors/{page}.html", said=said), code)


@bp.app_errorhandler(Exception)
def crashed(error: Exception) -> ResponseReturnValue:
    log.exception("%s %s failed", request.method, request.path.replace("\n", " ").replace("\r", " "))
    return make_response(render_template("errors/500.html"), 500)
