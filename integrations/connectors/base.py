"""What every live connector is: a check and a pull, and the values they give.

A connector reads the ledger of another program over its own interface and never writes there. It knows no database
and no clock: the cursor of the last pull and today's date are given to it. Errors are `DomainError`:

- connector_refused (host, status, detail): the program does not let us in, or not see what is needed
- connector_unreachable (host, reason): no connection, time-out, or the program keeps failing
- connector_slow_down (host, seconds): it asks to come back after so many seconds
- connector_answer (host, detail): it answers something that is not the documented interface
- connector_setting (name): a setting is missing or cannot be right
- connector_plain (host): plain HTTP to an address outside the local network
- connector_company (choices): the company of the settings is not there, or none is named and there are several
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from rules.errors import DomainError
from rules.ledger import LedgerSnapshot

Cursor = dict[str, Any]
"""How far the last pull came: plain values for a JSON column; {} before the first."""


@dataclass(frozen=True, slots=True)
class Health:
    """What a check found: the program, its version, who we are there, and which company will be read."""

    program: str
    version: str = ""
    user: str = ""
    company: str = ""
    companies: tuple[str, ...] = ()  # to choose from, when the program has several


@dataclass(frozen=True, slots=True)
class Pull:
    """A ledger read over the wire. `cursor` is kept and handed to the next pull, in the transaction that takes the
    snapshot in. `complete` is False when older history was left out: the snapshot itself is always whole."""

    snapshot: LedgerSnapshot
    cursor: Cursor = field(default_factory=dict)
    complete: bool = True
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting a kind of connector has; `secret` marks the one that is kept sealed, apart from the others."""

    name: str
    required: bool = True
    secret: bool = False


class Connector(Protocol):
    """The small interface of every connector."""

    def check(self) -> Health:
        """That the program can be reached, lets us in and shows what is needed; raises `DomainError`."""

    def pull(self, since: Cursor, today: date) -> Pull:
        """The ledger as it is now, complete for what is open `today`; raises `DomainError` and then gives nothing."""


def required(settings: dict[str, Any], name: str) -> str:
    """A setting that must be there, trimmed; raises connector_setting."""
    value = str(settings.get(name) or "").strip()
    if not value:
        raise DomainError("connector_setting", name=name)
    return value
