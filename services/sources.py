"""Where syncs come from by themselves: setting a source up, ordering a run, and what a run leaves behind.

The running itself (files, servers, programs) is `tasks.fetching`'s. Nothing here commits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from integrations import connectors, folders, sftp
from models import audit, jobs
from models import sources as store
from models.company import Company
from models.sources import Source, SourceFile
from rules import schedules
from rules.errors import DomainError
from services.incoming import Taken
from services.seal import seal, unseal

SFTP = ("host", "port", "user", "folder", "after")
KINDS = ("folder", "sftp", *connectors.KINDS)
SCHEDULES = ("manual", "watch", "hourly", "daily")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Places:
    """Where folders may be watched: below the instance's data, or where whoever runs it allows."""

    data: Path
    inboxes: tuple[Path, ...] = ()

    def of(self, code: str, path: str) -> Path:
        """The folder of a company, its own below the data when none is given. Errors: folder_elsewhere."""
        own = (self.data / "inbox").resolve() / code
        found = Path(path) if path else own
        if not found.is_absolute() or not folders.is_below(found, (*self.inboxes, own)):
            raise DomainError("folder_elsewhere", path=str(found), allowed=", ".join(map(str, (own, *self.inboxes))))
        return found


def save_source(
    session: Session,
    company: Company,
    source: Source | None,
    actor_id: int | None,
    now: datetime,
    places: Places,
    key: str,
    *,
    kind: str,
    name: str,
    settings: Mapping[str, Any],
    secret: str,
    schedule: str,
    at: str,
    active: bool = True,
) -> Source:
    """Make a source, or change one; an empty secret keeps the one there is.

    Another server is another key to pin, another program another cursor, and neither gets the secret of the one before.
    Errors: name_missing, source_kind, schedule_wrong, clock_wrong, field_missing, url_wrong, port_wrong, secret_missing,
    folder_elsewhere, folder_taken."""
    kind = source.kind if source else kind
    fields = _fields(kind, settings)
    _check(company, kind, name, fields, schedule, at, places)
    if kind == "folder":
        _alone(session, company, source, fields["path"], places)
    elsewhere = source is None or any(source.settings.get(k) != fields.get(k) for k in ("host", "port", "url", "database"))
    if kind != "folder" and not secret and elsewhere:
        raise DomainError("secret_missing")
    if source is None:
        source = Source(company_id=company.id, kind=kind, made_at=now, name="", settings={}, secret_sealed="")
        session.add(source)
        session.flush()
        verb, before = "create", {}
    else:
        verb, before = "update", _told(source)
    if elsewhere:
        source.cursor = {}
    elif source.settings.get("host_key"):
        fields["host_key"] = source.settings["host_key"]
    source.name, source.settings, source.schedule, source.at, source.active = name.strip(), fields, schedule, at, active
    if secret:
        source.secret_sealed = seal(secret, key)
    source.failures, source.next_try_at = 0, None
    changes: dict[str, Any] = {k: v for k, v in _told(source).items() if before.get(k) != v}
    if secret:
        changes |= {"secret_sealed": "changed"}
    audit.record(session, now, actor_id, company.id, verb, "source", source.id, changes)
    session.flush()
    return source


def fields_of(kind: str) -> dict[str, bool]:
    """What a kind is told besides its secret, each with whether it must be. Errors: source_kind."""
    if kind == "folder":
        return {"path": False}
    if kind == "sftp":
        return {name: name in ("host", "user") for name in SFTP}
    if kind not in connectors.KINDS:
        raise DomainError("source_kind", value=kind)
    return {one.name: one.required for one in connectors.SETTINGS[kind] if not one.secret}


def _fields(kind: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: str(settings.get(name) or "").strip() for name in fields_of(kind)}
    if kind == "sftp":
        port = found["port"] or "22"
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise DomainError("port_wrong", value=port)
        found["port"] = int(port)
        found["after"] = found["after"] if found["after"] in ("move", "keep") else "keep"
    if "url" in found:
        found["url"] = found["url"].rstrip("/")
    return found


def _check(company: Company, kind: str, name: str, fields: Mapping[str, Any], schedule: str, at: str, places: Places) -> None:
    if not name.strip():
        raise DomainError("name_missing")
    if schedule not in SCHEDULES or (schedule == "watch" and kind != "folder"):
        raise DomainError("schedule_wrong", value=schedule)
    if not CLOCK.fullmatch(at):
        raise DomainError("clock_wrong", value=at)
    for field, needed in fields_of(kind).items():
        if needed and not fields[field]:
            raise DomainError("field_missing", field=field)
    if kind == "folder":
        places.of(company.code, fields["path"])
    if "url" in fields:
        address = urlsplit(fields["url"])
        if address.scheme not in ("https", "http") or not address.hostname or address.username or address.query:
            raise DomainError("url_wrong", value=fields["url"])


def _alone(session: Session, company: Company, source: Source | None, path: str, places: Places) -> None:
    """Two sources in one folder, or one inside the other, would take each other's files."""
    mine = places.of(company.code, path).resolve()
    for code, other in store.folders_in_use(session, source.id if source else None):
        theirs = (Path(other) if other else places.data / "inbox" / code).resolve()
        if mine.is_relative_to(theirs) or theirs.is_relative_to(mine):
            raise DomainError("folder_taken", path=str(mine))


def _told(source: Source) -> dict[str, Any]:
    """What the audit may know of a source."""
    shown = {name: getattr(source, name) for name in ("kind", "name", "schedule", "at", "active")}
    return shown | {f"settings.{name}": value for name, value in source.settings.items()}


def remove_source(session: Session, source: Source, actor_id: int | None, now: datetime) -> None:
    """Take a source away with its secret; what it brought stays."""
    audit.record(session, now, actor_id, source.company_id, "delete", "source", source.id, {"name": source.name})
    session.delete(source)
    session.flush()


def server_of(source: Source, key: str) -> sftp.Server:
    """The SFTP server of a source, its secret opened. Errors: seal_broken."""
    told = source.settings
    return sftp.Server(
        told["host"], told["port"], told["user"], unseal(source.secret_sealed, key), told["folder"] or ".",
        told.get("host_key") or "",
    )  # fmt: skip


def pin_key(session: Session, source: Source, host_key: str, actor_id: int | None, now: datetime) -> None:
    """From now on only this key is taken for the server's; "" forgets it, the next check shows and pins anew."""
    source.settings = {**source.settings, "host_key": host_key}
    shown = sftp.fingerprint(host_key) if host_key else ""
    audit.record(session, now, actor_id, source.company_id, "pin", "source", source.id, {"fingerprint": shown})
    session.flush()


def order_run(session: Session, source: Source, actor_id: int | None, now: datetime) -> bool:
    """Have the worker run a source now; False when it is ordered already (clicked twice)."""
    if jobs.pending_job(session, f"source:{source.id}:"):
        return False
    jobs.add_job(session, "source", now, f"source:{source.id}:hand:{now.isoformat()}", source_id=source.id)
    audit.record(session, now, actor_id, source.company_id, "run", "source", source.id, {"name": source.name})
    return True


def is_under_way(session: Session, source: Source) -> bool:
    """Whether a run of the source waits for the worker or goes on."""
    return jobs.pending_job(session, f"source:{source.id}:") is not None


def due_key(source: Source, zone: str, now: datetime) -> str | None:
    """The key of the run that is due now, the same for every scheduler; None when none is."""
    if source.failures and source.next_try_at is not None:
        return f"source:{source.id}:try:{source.next_try_at.isoformat()}" if source.next_try_at <= now else None
    slot = schedules.current(source.schedule, source.at, zone, now)
    if slot is None or slot.since < source.made_at.replace(second=0, microsecond=0):
        return None
    return f"source:{source.id}:{source.schedule}:{slot.key}"


def next_run(source: Source, zone: str, now: datetime) -> datetime | None:
    """When a source runs the next time by itself."""
    if not source.active or source.schedule == "manual":
        return None
    if source.failures and source.next_try_at is not None:
        return max(source.next_try_at, now)
    return schedules.following(source.schedule, source.at, zone, now)


def note_good(session: Session, source: Source, brought: Sequence[Taken], now: datetime) -> None:
    """A run that came to its end; a refused file is no failure of the source, and yet to be looked at."""
    if source.failures:
        audit.record(session, now, None, source.company_id, "recover", "source", source.id, {"failures": source.failures})
    source.last_run_at = source.last_good_at = now
    source.failures, source.next_try_at = 0, None
    refused = [one for one in brought if one.status == "refused"]
    if refused:
        source.last_error = {"code": "source_refused", "params": {"number": len(refused)}}
    elif brought or (source.last_error or {}).get("code") != "source_refused":
        source.last_error = None


def note_failure(session: Session, source: Source, error: DomainError, now: datetime) -> None:
    """A run that failed: tried again after a wait that grows."""
    source.last_run_at = now
    source.failures += 1
    wait = error.params.get("seconds")  # a program that asks to come back later
    later = now + timedelta(seconds=wait) if isinstance(wait, int) else now
    source.next_try_at = None if source.schedule == "manual" else max(later, schedules.next_try(now, source.failures))
    params = {name: value if isinstance(value, str | int) else str(value) for name, value in error.params.items()}
    source.last_error = {"code": error.code, "params": params}
    changes = {"code": error.code, "failures": source.failures}
    audit.record(session, now, None, source.company_id, "fail", "source", source.id, changes)


def note_file(
    session: Session, source_id: int, name: str, found: tuple[int, int], taken: Taken, now: datetime, note: str, *, over: bool
) -> SourceFile:
    """Remember a file, in the transaction that takes it in; `found`: size and time; `over`: it stays where it is."""
    outcome = {"done": "taken"}.get(taken.status, taken.status)
    row = SourceFile(
        source_id=source_id, sync_id=taken.sync_id, name=name, size=found[0], modified=found[1], outcome=outcome, note=note,
        state="done" if over else "refused" if taken.status == "refused" else "taken", came_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row
