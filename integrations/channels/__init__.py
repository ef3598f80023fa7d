"""The ways a message leaves: an `Envelope` goes in, an `Outcome` comes back. One file per way.

States of an outcome: sent, retry (surely not accepted, try later), failed (refused for good), unknown (the answer never
came: never sent again by itself), untried (not attempted: the way itself is closed)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message for one recipient; `data` are the exact bytes, CRLF lines. `guid` and `attempt` name the try."""

    id: int
    guid: str
    attempt: int
    sender: str
    recipient: str
    data: bytes
    about: str = ""  # what it is about, for the journal: company, customer and key of the action


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try ended. `stage`: connect, tls, sign_in, sender, recipient, data, content. `account` True: the account is at
    fault (its sign-in or its encryption), not the message. `data_done_at`: just before the final dot."""

    envelope: Envelope
    state: str
    stage: str = ""
    code: int = 0
    answer: str = ""
    failure: str = ""
    account: bool = False
    data_done_at: datetime | None = None
