"""The send journal: an append-only file outside the database, the last word on what may have left.

One line per event, tab separated: instant, event (about, claim, dot, reply), Message-ID, attempt, state, what was said.
`dot` is written before the final dot goes to the server, so that a killed sender's successor knows what it may have sent.
Claims are on the disk before anything is tried, with the machine's present run: a dot written since survives the death of
every process, but not of the machine, and then a claim of an earlier run is enough to doubt
(docs/decisions/0003-send-journal.md). The journal survives a restored database: `about` says what each message was, so that one
that the database has forgotten is known again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from integrations.channels import Envelope, Outcome

BOOT = Path("/proc/sys/kernel/random/boot_id")


def machine_run() -> str:
    """What names this run of the machine, from its start to its end; "" when it has no name."""
    try:
        return BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Trace:
    """What the journal knows of one attempt that may have reached its final dot, and the answer when there was one."""

    dot_at: datetime
    state: str = ""
    answer: str = ""


class Journal:
    """Appends lines; one object per process, safe between threads. Raises OSError when a line cannot be kept."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self.path = path
        self._clock = clock
        self._run = machine_run()
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")  # a line torn by a crash ends here

    def close(self) -> None:
        os.close(self._file)

    def claims(self, envelopes: Collection[Envelope]) -> None:
        """These are about to be tried: on the disk when this returns."""
        at = self._clock()
        about = [_line(at, "about", e.guid, e.attempt, "", e.about) for e in envelopes if e.about]
        self._write(about + [_line(at, "claim", e.guid, e.attempt, self._run, e.recipient) for e in envelopes])
        os.fdatasync(self._file)

    def dot(self, envelope: Envelope) -> datetime:
        """The final dot of this one follows; whatever kills this process, the next one will know."""
        at = self._clock()
        self._write([_line(at, "dot", envelope.guid, envelope.attempt, "", "")])
        if not self._run:
            os.fdatasync(self._file)  # nothing tells the runs of this machine apart: every dot goes to the disk
        return at

    def reply(self, outcome: Outcome) -> None:
        """What came back; the database keeps it too."""
        e = outcome.envelope
        self._write([_line(self._clock(), "reply", e.guid, e.attempt, outcome.state, outcome.answer)])

    def _write(self, lines: list[bytes]) -> None:
        with self._lock:
            data = b"".join(lines)
            while data:
                data = data[os.write(self._file, data) :]


def _line(at: datetime, event: str, guid: str, attempt: int, state: str, text: str) -> bytes:
    clean = " ".join(text.split())
    return f"{at.isoformat()}\t{event}\t{guid}\t{attempt}\t{state}\t{clean}\n".encode()


def traces(path: Path, wanted: Collection[tuple[str, int]], run: str) -> dict[tuple[str, int], Trace]:
    """What is known of some attempts (Message-ID, attempt) that reached their final dot, or may have: claimed in another
    `run` of the machine, whose last dots may be lost. Others are not in the answer."""
    found: dict[tuple[str, int], Trace] = {}
    if not wanted or not path.exists():
        return found
    chosen = set(wanted)
    with path.open("rb") as file:
        for raw in file:
            parts = raw.decode("utf-8", "replace").rstrip("\n").split("\t")
            if len(parts) != 6 or not raw.endswith(b"\n"):
                continue  # torn by a crash
            key, event = (parts[2], int(parts[3])), parts[1]
            if key not in chosen:
                continue
            at = datetime.fromisoformat(parts[0])
            if event == "dot" or (event == "claim" and run and parts[4] != run):
                found[key] = Trace(at)
            elif event == "reply" and key in found:
                found[key] = Trace(found[key].dot_at, parts[4], parts[5])
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """The last thing the journal says of a message: `state` sent, retry, failed; "" with a `dot_at`: no answer was heard;
    "" without: nothing was handed over."""

    guid: str
    attempt: int
    at: datetime
    recipient: str
    about: str
    dot_at: datetime | None
    state: str
    answer: str


def told_since(path: Path, start: int) -> list[Told]:
    """What the journal says from a position in bytes on, by message, in the order of their first lines there."""
    found: dict[str, dict[str, Any]] = {}
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(start if start <= path.stat().st_size else 0)  # another journal: all of it is new
        for raw in file:
            parts = raw.decode("utf-8", "replace").rstrip("\n").split("\t")
            if len(parts) != 6 or not raw.endswith(b"\n"):
                continue  # torn by a crash
            _take_line(found, parts)
    return [Told(guid, **known) for guid, known in found.items()]


def _take_line(found: dict[str, dict[str, Any]], parts: list[str]) -> None:
    at, event, guid, attempt = datetime.fromisoformat(parts[0]), parts[1], parts[2], int(parts[3])
    blank = {"attempt": 0, "at": at, "recipient": "", "about": "", "dot_at": None, "state": "", "answer": ""}
    known = found.setdefault(guid, blank)
    if attempt > known["attempt"] and known["state"] != "sent" and not (known["dot_at"] and not known["state"]):
        known |= {"attempt": attempt, "dot_at": None, "state": "", "answer": ""}  # a new try forgets a refused one
    known |= {"attempt": max(attempt, known["attempt"]), "at": at}
    if event == "about":
        known["about"] = parts[5]
    elif event == "claim":
        known["recipient"] = parts[5]
    elif event == "dot" and known["state"] != "sent":
        known |= {"dot_at": at, "state": "", "answer": ""}
    elif event == "reply" and known["state"] != "sent":
        known |= {"state": parts[4], "answer": parts[5]}
