"""The menu as data: groups and entries in the order users of this kind of tool know, each shown to those who may open it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import current_app, url_for
from flask_babel import lazy_gettext as _l

from extensions import db
from models.shell import counts_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu; count 0 is not shown."""

    label: str
    url: str
    icon: str
    key: str
    count: int = 0
    tab: str = ""  # short label in the phone's bar; empty: not there


@dataclass(frozen=True, slots=True)
class Group:
    """A titled group of entries; the first has no title."""

    title: str
    entries: list[Entry]


TABS = {"home": _l("Home"), "customers": _l("Customers"), "forecast": _l("Forecast"), "actions": _l("Act")}

# (group, label, endpoint, icon, key of the count)
LINES = (
    ("", _l("Home"), "home.index", "house", ""),
    (_l("Follow"), _l("Customers"), "customers.index", "users", ""),
    (_l("Follow"), _l("Due items"), "items.index", "receipt-text", ""),
    (_l("Follow"), _l("Forecast"), "forecast.index", "calendar-range", ""),
    (_l("Follow"), _l("Promises"), "promises.index", "handshake", "promises"),
    (_l("Follow"), _l("Payment plans"), "plans.index", "calendar-range", ""),
    (_l("Follow"), _l("Points of vigilance"), "alerts.index", "bell-ring", ""),
    (_l("Follow"), _l("Disputes"), "disputes.index", "message-square-warning", "disputes"),
    (_l("Follow"), _l("Receipts"), "receipts.index", "banknote-arrow-down", "receipts"),
    (_l("Follow"), _l("Addresses to repair"), "contacts.index", "mail-warning", ""),
    (_l("Act"), _l("By scenario"), "actions.index", "list-checks", "actions"),
    (_l("Act"), _l("By customer"), "actions.customers", "user-check", ""),
    (_l("Act"), _l("Calls"), "calls.index", "phone", "calls"),
    (_l("Act"), _l("Messages"), "messages.index", "mail", "attention"),
    (_l("Act"), _l("Incoming mail"), "inbox.index", "inbox", "inbox"),
    (_l("Analyse"), _l("Aged balance"), "ageing.index", "chart-column", ""),
    (_l("Set up"), _l("Import"), "syncs.index", "refresh-cw", ""),
    (_l("Set up"), _l("Synchronisation"), "sources.index", "calendar-clock", ""),
    (_l("Set up"), _l("Settings"), "settings.index", "settings", ""),
    (_l("Set up"), _l("Help"), "help.index", "circle-question-mark", ""),
)


def groups(may: Callable[[str], bool], counts: dict[str, Any]) -> list[Group]:
    """The menu of the signed-in user."""
    shown: dict[str, list[Entry]] = {}
    for group, label, endpoint, icon, count in LINES:
        if endpoint in current_app.view_functions and may(endpoint):
            key = endpoint.removesuffix(".index")
            tab = str(TABS.get(key, ""))
            entry = Entry(str(label), url_for(endpoint), icon, key, counts.get(count, 0), tab)
            shown.setdefault(str(group), []).append(entry)
    return [Group(title, entries) for title, entries in shown.items()]


def counts(company_id: int, reps: tuple[int, ...] | None, today: date) -> dict[str, Any]:
    """How many promises, disputes, actions, calls and payments wait, and the day of the bank, in one query."""
    return counts_of(db.session(), company_id, reps, today)
