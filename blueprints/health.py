"""/healthz: can the database be written, is the worker alive, is the queue moving, is there room on the disk."""

from __future__ import annotations

import shutil

from flask import Blueprint, current_app, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

import config
from extensions import db
from models import health

bp = Blueprint("health", __name__)
ROOM = 64 * 1024 * 1024  # bytes that must be free
WORKER_SILENCE = 15 * 60  # seconds


@bp.get("/healthz")
def show() -> ResponseReturnValue:
    data = current_app.config["SETTINGS"].data
    beat = data / "worker.beat"
    age = config.now().timestamp() - beat.stat().st_mtime if beat.exists() else None
    checks = {
        "database": health.writable(db.engine),
        "disk": shutil.disk_usage(data).free > ROOM,
        "worker": age is not None and age < WORKER_SILENCE,
    }
    good = all(checks.values())
    return jsonify(status="ok" if good else "bad", **checks), 200 if good else 503


@bp.get("/favicon.ico")
def icon() -> ResponseReturnValue:
    """Browsers ask for it by themselves where a document names no icon."""
    return redirect(url_for("static", filename="logo.svg"), 301)
