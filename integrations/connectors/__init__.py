"""Live connectors: the ledgers of Odoo, Dolibarr and ERPNext read over their own interfaces, never written.

`make(kind, settings, secret)` gives a `Connector` with `check()` and `pull(since, today)`; what it pulls is taken in
by `services.syncs.apply_snapshot`. docs/connectors.md says which interfaces, which rights, and how it was tested."""

from __future__ import annotations

from typing import Any

from integrations.connectors.base import Connector, Cursor, Health, Pull, Setting
from integrations.connectors.dolibarr import Dolibarr
from integrations.connectors.erpnext import ERPNext
from integrations.connectors.odoo import Odoo
from rules.errors import DomainError

__all__ = ["KINDS", "SETTINGS", "Connector", "Cursor", "Health", "Pull", "Setting", "make"]

_MAKERS = {"odoo": Odoo, "dolibarr": Dolibarr, "erpnext": ERPNext}

KINDS = tuple(_MAKERS)

_COMMON = (Setting("history_months", required=False), Setting("ca", required=False))

SETTINGS: dict[str, tuple[Setting, ...]] = {
    "odoo": (
        Setting("url"),
        Setting("database"),
        Setting("user", required=False),
        Setting("company", required=False),
        Setting("secret", secret=True),
        *_COMMON,
    ),
    "dolibarr": (
        Setting("url"),
        Setting("entity", required=False),
        Setting("currency", required=False),
        Setting("secret", secret=True),
        *_COMMON,
    ),
    "erpnext": (Setting("url"), Setting("key"), Setting("company"), Setting("secret", secret=True), *_COMMON),
}
"""What each kind asks for. url: its address. database, user: of Odoo (no user: Odoo 19 and later, key alone). company:
its name there. entity: of Dolibarr's multi-company module. currency: of its amounts (EUR). key: the API key that goes with the secret. history_months:
how far back settled invoices are read at the first pull (12). ca: certificate in PEM of a house authority."""


def make(kind: str, settings: dict[str, Any], secret: str) -> Connector:
    """The connector of a kind; raises connector_setting when something is missing, `KeyError` on an unknown kind.

    Nothing is sent before `check` or `pull`."""
    for setting in SETTINGS[kind]:
        value = secret if setting.secret else str(settings.get(setting.name) or "")
        if setting.required and not value.strip():
            raise DomainError("connector_setting", name=setting.name)
    return _MAKERS[kind](settings, secret)
