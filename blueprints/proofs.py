"""The proof file of a customer, as one zip."""

from __future__ import annotations

import io
import re

from flask import Blueprint, send_file
from flask.typing import ResponseReturnValue

import config
from blueprints import web
from extensions import db
from services import proofs

bp = Blueprint("proofs", __name__, url_prefix="/customers")


@bp.get("/<int:customer_id>/proof")
def show(customer_id: int) -> ResponseReturnValue:
    """Every message with its bytes, fingerprint and answers."""
    customer = web.customer_or_404(customer_id)
    target = io.BytesIO()
    proofs.write_file(db.session(), web.company(), customer, config.now(), web.language(), target)
    target.seek(0)
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", customer.code).strip("-") or str(customer.id)
    return send_file(target, "application/zip", as_attachment=True, download_name=f"proof-{name}-{config.today()}.zip")
