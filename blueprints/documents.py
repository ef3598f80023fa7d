"""Documents of customers and items: the PDF of an invoice, as it came."""

from __future__ import annotations

from flask import Blueprint, make_response
from flask.typing import ResponseReturnValue

import config
from blueprints import web
from models.documents import Document
from services.documents import kept_file

bp = Blueprint("documents", __name__, url_prefix="/documents")


@bp.get("/<int:document_id>")
def show(document_id: int) -> ResponseReturnValue:
    """The exact bytes, always to be saved and never shown in the page's own name."""
    found = web.row_or_404(Document, document_id)
    content = kept_file(config.settings().data, found.path, found.sha256)
    if content is None:
        web.abort(404)
    answer = make_response(content)
    answer.mimetype = found.media_type
    answer.headers.set("Content-Disposition", "attachment", filename=found.name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
