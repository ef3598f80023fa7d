"""Trying a source without taking anything in: what is prepared from its row, what is asked outside any transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from integrations import connectors, folders, sftp
from models.company import Company
from models.sources import Source
from rules.errors import DomainError
from services.seal import unseal
from services.sources import Places, server_of


@dataclass(frozen=True, slots=True)
class Found:
    """What a try found. `host_key`: what a server shows; `error`: why it did not work although the key was seen."""

    files: int = 0
    host_key: str = ""
    program: str = ""
    user: str = ""
    company: str = ""
    error: DomainError | None = None


def prepare(source: Source, company: Company, places: Places, key: str) -> Callable[[], Found]:
    """The try of a source, to be called without a transaction; errors as its kind has them."""
    if source.kind == "folder":
        path, code = str(source.settings.get("path") or ""), company.code
        return lambda: _folder(places, code, path)
    if source.kind == "sftp":
        try:
            server = server_of(source, key)
        except DomainError as error:
            return _failing(error)
        return lambda: _server(server)
    kind, settings, sealed = source.kind, dict(source.settings), source.secret_sealed
    return lambda: _program(kind, settings, unseal(sealed, key))


def _failing(error: DomainError) -> Callable[[], Found]:
    def fail() -> Found:
        raise error

    return fail


def _folder(places: Places, code: str, path: str) -> Found:
    place = places.of(code, path)
    folders.prepare(place)
    return Found(len(folders.listing(place)))


def _server(server: sftp.Server) -> Found:
    """The first time, the key the server shows is the one to pin; it is known to the caller even if the rest fails."""
    seen = server.host_key or sftp.host_key(server)
    try:
        return Found(len(sftp.listing(replace(server, host_key=seen))), seen)
    except DomainError as error:
        return Found(0, seen, error=error)


def _program(kind: str, settings: dict[str, object], secret: str) -> Found:
    health = connectors.make(kind, settings, secret).check()
    return Found(0, "", " ".join(part for part in (health.program, health.version) if part), health.user, health.company)


def fingerprint_of(source: Source) -> str:
    """The pinned key of a server as people compare it; "" when none is pinned."""
    key = str(source.settings.get("host_key") or "") if source.kind == "sftp" else ""
    return sftp.fingerprint(key) if key else ""


def place_of(source: Source, company: Company, places: Places) -> str:
    """Where the source fetches from, for people."""
    told = source.settings
    if source.kind == "sftp":
        return f"{told['user']}@{told['host']}:{told['port']}/{told['folder']}"
    if source.kind != "folder":
        return str(told.get("url") or "")
    try:
        return str(places.of(company.code, str(told.get("path") or "")))
    except DomainError:
        return str(told.get("path") or "")
