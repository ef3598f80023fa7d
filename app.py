"""create_app(): the table of contents. Extensions, blueprints by name, commands, error pages."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

import models
from config import Settings, settings, sqlite_library
from extensions import babel, csrf, db, htmx, login, migrate
from models.base import listen

BLUEPRINTS = (
    "auth",
    "home",
    "customers",
    "items",
    "ageing",
    "contacts",
    "notes",
    "promises",
    "plans",
    "alerts",
    "recovery",
    "disputes",
    "holds",
    "claims",
    "search",
    "receipts",
    "sync_banks",
    "syncs",
    "sync_invoices",
    "sync_running",
    "sources",
    "documents",
    "forecast",
    "actions",
    "calls",
    "outboxes",
    "pauses",
    "proofs",
    "messages",
    "inbox",
    "single",
    "settings",
    "templates",
    "scenarios",
    "scenario_rules",
    "rates",
    "companies",
    "users",
    "help",
    "errors",
    "health",
)
COMMANDS = ("cli",)


def create_app(chosen: Settings | None = None) -> Flask:
    """The product as one WSGI application; `chosen` replaces the environment in tests."""
    setting = chosen or settings()
    app = Flask("encours", root_path=__file__.rpartition("/")[0])
    app.config.update(
        SECRET_KEY=setting.secret_key,
        SQLALCHEMY_DATABASE_URI=setting.database,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(setting),
        MAX_CONTENT_LENGTH=setting.upload_limit,
        MAX_FORM_PARTS=20_000,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        SESSION_COOKIE_NAME="__Host-encours" if setting.https else "encours",
        SESSION_COOKIE_SECURE=setting.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="fr",
        SETTINGS=setting,
    )
    _bind_extensions(app)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(f"blueprints.{name}").bp)
    for name in COMMANDS:
        import_module(f"blueprints.{name}").register(app)
    return app


def _engine_options(setting: Settings) -> dict[str, object]:
    return {"module": sqlite_library()} if setting.database.startswith("sqlite") else {"pool_pre_ping": True}


def _bind_extensions(app: Flask) -> None:
    from blueprints import web

    web.first(app)  # before anything touches the session
    db.init_app(app)
    with app.app_context():
        listen(db.engine)
    migrate.init_app(app, db, render_as_batch=True)
    csrf.init_app(app)
    login.init_app(app)
    htmx.init_app(app)
    babel.init_app(app, locale_selector=web.language, default_translation_directories=f"{app.root_path}/translations")
    web.last(app)


__all__ = ["create_app", "models"]
