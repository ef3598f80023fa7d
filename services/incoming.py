"""Files of any kind: recognised by what they contain, read before any transaction, taken in by the service that knows them.

Import page, watched folders and servers all come through here. `read` asks nothing of the database (the file is read in a
child process, which takes seconds); `take_in` writes, all or nothing, and leaves the committing to its caller."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from integrations.files import Refused
from integrations.ledgers.values import Mapping, ReadOptions
from integrations.ledgers.workbook import unpacked_size
from models import audit
from models.company import Company
from models.ledger import last_done_sync
from models.sources import taken_before
from models.syncs import Sync
from rules.errors import DomainError
from rules.ledger import LedgerSnapshot, Remark
from services import mappings, syncs
from services.follow_up import follow_up

LARGE_BYTES, LARGE_LINES = 2 * 1024 * 1024, 20_000
"""From here on a file is taken in by the worker, not inside a web request."""

BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Read:
    """A file read, or refused, before any transaction was begun."""

    digest: str  # SHA-256 of its bytes
    ledger: syncs.ReadFile | None = None
    refused: DomainError | None = None

    @property
    def asks(self) -> bool:
        """Whether it is a table whose columns must be told."""
        return self.ledger is not None and self.ledger.refused is not None and self.ledger.refused.code == "mapping_needed"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file. status: done, refused, known (taken in before: no effect)."""

    status: str
    sync_id: int | None = None
    nature: str = ""  # ledger
    error: DomainError | None = None
    lines_read: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    starts_on: date | None = None
    ends_on: date | None = None
    balance_cents: int | None = None
    remarks: tuple[Remark, ...] = ()


def is_large(path: Path) -> bool:
    """Whether taking the file in takes longer than a page may: by its size, its lines, what a workbook unpacks to."""
    size = path.stat().st_size
    if size > LARGE_BYTES or unpacked_size(path) > 4 * LARGE_BYTES:
        return True
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(BLOCK), b"")) > LARGE_LINES


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(path: Path, filename: str, options: ReadOptions) -> Read:
    """Recognise and read a file; asks nothing of the database."""
    found = syncs.read_file(path, filename, options)
    return Read(found.digest, ledger=found)


def known_mapping(session: Session, company: Company, path: Path, filename: str) -> Mapping | None:
    """How a table of this shape was understood the last time."""
    try:
        return mappings.recall(session, company.id, path.read_bytes(), filename)
    except Refused:
        return None


def with_mapping(path: Path, filename: str, before: Read, mapping: Mapping) -> Read:
    """The table read anew with its columns known."""
    assert before.ledger is not None
    return read(path, filename, replace(before.ledger.options, mapping=mapping))


def is_known(session: Session, company: Company, path: Path, options: ReadOptions, digest: str) -> bool:
    """Whether these bytes were taken in before: they need not be read again."""
    return syncs.is_last_file(session, company, path, options) or _is_old(session, company, digest)


def take_in(
    session: Session,
    company: Company,
    path: Path,
    filename: str,
    actor_id: int | None,
    now: datetime,
    today: date,
    *,
    file: Read | None = None,
    staged: Sync | None = None,
    options: ReadOptions | None = None,
    shape: str = "",
) -> Taken:
    """Take a file in by the service that knows its kind, then bring everything derived from the books up to date.

    A refused file leaves a Sync row with the reason and nothing else. A file that is not the last one and was taken in
    before changes nothing and leaves no row, unless one was staged for it."""
    options = options or syncs.read_options(company, today)
    digest = file.digest if file else digest_of(path)
    if staged is None and _is_old(session, company, digest):
        return Taken("known", taken_before(session, company.id, digest))
    if file is not None and file.refused is not None:
        return refuse(session, company, filename, file.refused, actor_id, now, digest=digest, staged=staged)
    done = syncs.run_sync(
        session, company, path, filename, file.ledger.options if file and file.ledger else options, actor_id, now, today,
        staged=staged, shape=shape, file=file.ledger if file else None,
    )  # fmt: skip
    if done.error is None:
        follow_up(session, company, now, today)
    return _of_ledger(done)


def _is_old(session: Session, company: Company, digest: str) -> bool:
    """Taken in before and not the last ledger: that one once more says that the ledger is as fresh as today."""
    last = last_done_sync(session, company.id)
    if last is not None and last.file_hash == digest:
        return False
    return taken_before(session, company.id, digest) is not None


def refuse(
    session: Session,
    company: Company,
    filename: str,
    error: DomainError,
    actor_id: int | None,
    now: datetime,
    *,
    digest: str = "",
    staged: Sync | None = None,
) -> Taken:
    """Remember why a file is not taken in."""
    sync = staged or syncs.stage_file(session, company, "", filename, actor_id, now)
    sync.file_hash = digest
    syncs.refuse(session, sync, error, actor_id, now)
    return Taken("refused", sync.id, error=error)


def _of_ledger(done: syncs.SyncResult) -> Taken:
    names = ("customers", "customers_new", "items_new", "items_changed", "items_settled", "items_vanished")
    return Taken(
        done.status,
        done.sync_id,
        "ledger",
        done.error,
        done.lines_read,
        {name: getattr(done, name) for name in names},
        done.starts_on,
        done.ends_on,
        done.balance_cents,
        tuple(done.remarks),
    )


def take_snapshot(session: Session, company: Company, snapshot: LedgerSnapshot, name: str, now: datetime, today: date) -> Taken:
    """Take in what a live program answered, as if it were a file called `name`."""
    sync = syncs.stage_file(session, company, "", name, None, now)
    try:
        with session.begin_nested():
            done = syncs.apply_snapshot(session, company, snapshot, sync, now, today)
    except DomainError as error:
        return refuse(session, company, name, error, None, now, staged=sync)
    counts = {name: getattr(done, name) for name in ("items_new", "items_changed", "items_settled", "items_vanished")}
    audit.record(session, now, None, company.id, "run", "sync", sync.id, {"file": name, **counts})
    follow_up(session, company, now, today)
    return _of_ledger(done)
