"""The environment, read once into one frozen `Settings`; the only place that knows the clock.

`NAME_FILE` beside `NAME` reads a secret from a file. Refuses to start when something is unsafe."""

from __future__ import annotations

import functools
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

SQLITE_FLOOR = (3, 51, 3)  # below, two writing connections in WAL mode can lose commits


class Unsafe(SystemExit):
    """The environment would make the product unsafe or wrong; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment decides."""

    data: Path
    secret_key: str
    database: str
    host: str
    port: int
    base_url: str
    https: bool
    time_zone: str
    frozen_day: date | None
    upload_limit: int
    session_hours: int
    idle_minutes: int
    server_threads: int
    inboxes: tuple[Path, ...]

    @property
    def sending_journal(self) -> Path:
        return self.data / "send-journal.log"

    @property
    def queue_file(self) -> Path:
        return self.data / "queue.db"


def _read(name: str, default: str = "") -> str:
    path = os.environ.get(f"ENCOURS_{name}_FILE")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(f"ENCOURS_{name}", default).strip()


def _number(name: str, default: int) -> int:
    text = _read(name, str(default))
    if not text.isdigit():
        raise Unsafe(f"ENCOURS_{name} must be a whole number, it is {text!r}.")
    return int(text)


def _day(name: str) -> date | None:
    text = _read(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Unsafe(f"ENCOURS_{name} must be a date like 2026-11-20, it is {text!r}.") from None


def _folders(name: str) -> tuple[Path, ...]:
    folders = [Path(part) for part in _read(name).split(os.pathsep) if part]
    for folder in folders:
        if not folder.is_absolute() or folder == Path("/"):
            raise Unsafe(f"ENCOURS_{name} must be whole paths of folders separated by {os.pathsep}, it has {str(folder)!r}.")
    return tuple(folder.resolve() for folder in folders)


def _secret(data: Path) -> str:
    """The instance's key: from the environment, else made once and kept readable by its owner only."""
    given = _read("SECRET_KEY")
    if given:
        if len(given) < 32:
            raise Unsafe("ENCOURS_SECRET_KEY must have at least 32 characters.")
        return given
    path = data / "secret.key"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="utf-8").strip()


@functools.cache
def settings() -> Settings:
    """The settings of this process; made on first use, the data folder with them."""
    data = Path(_read("DATA", "data")).resolve()
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    host, port = _read("HOST", "127.0.0.1"), _number("PORT", 8000)
    base_url = _read("BASE_URL", f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}").rstrip("/")
    return Settings(
        data=data,
        secret_key=_secret(data),
        database=_read("DATABASE", f"sqlite:///{data / 'encours.db'}"),
        host=host,
        port=port,
        base_url=base_url,
        https=base_url.startswith("https://"),
        time_zone=_read("TIME_ZONE", "Europe/Paris"),
        frozen_day=_day("TODAY"),
        upload_limit=_number("UPLOAD_MIB", 200) * 1024 * 1024,
        session_hours=_number("SESSION_HOURS", 12),
        idle_minutes=_number("IDLE_MINUTES", 240),
        server_threads=_number("THREADS", 4),
        inboxes=_folders("INBOXES"),
    )


def sqlite_library() -> object:
    """The bundled SQLite, checked: the same safe library in web, worker and commands."""
    from pysqlite3 import dbapi2

    version = tuple(int(part) for part in dbapi2.sqlite_version.split("."))
    if version < SQLITE_FLOOR:
        raise Unsafe(
            f"SQLite {dbapi2.sqlite_version} can lose commits in WAL mode; Encours needs "
            f"{'.'.join(map(str, SQLITE_FLOOR))} or newer. Run make setup."
        )
    return dbapi2


def now() -> datetime:
    """This instant in UTC; with ENCOURS_TODAY set, the present time of day on that day."""
    instant = datetime.now(UTC)
    frozen = settings().frozen_day
    return datetime.combine(frozen, instant.time(), UTC) if frozen else instant


def today() -> date:
    """The calendar day where the instance lives."""
    frozen = settings().frozen_day
    return frozen or datetime.now(ZoneInfo(settings().time_zone)).date()


def local_time() -> time:
    """The time of day where the instance lives."""
    return datetime.now(ZoneInfo(settings().time_zone)).time()
