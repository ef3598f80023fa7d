"""Files of any kind: recognised by what they contain, read before any transaction, taken in by the service that knows them.

Import page, watched folders and servers all come through here. `read` asks nothing of the database (the file is read in a
child process, which takes seconds); `take_in` writes, all or nothing, and leaves the committing to its caller."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from integrations.banks.values import BankOptions
from integrations.files import Refused, digest_of
from integrations.ledgers.values import Mapping, ReadOptions
from integrations.ledgers.workbook import unpacked_size
from models import audit
from models.company import Company
from models.ledger import last_done_sync
from models.sources import taken_before
from models.syncs import Sync
from rules.errors import DomainError
from rules.ledger import LedgerSnapshot, Remark
from services import bank, bank_files, e_invoices, mappings, syncs
from services.follow_up import follow_up

LARGE_BYTES, LARGE_LINES = 2 * 1024 * 1024, 20_000
"""From here on a file is taken in by the worker, not inside a web request."""

BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class How:
    """How files of a company are read."""

    ledger: ReadOptions
    bank: BankOptions

    def knowing(self, mapping: Mapping) -> How:
        """The same for a table whose columns are known."""
        return How(replace(self.ledger, mapping=mapping), replace(self.bank, mapping=mapping))


def how_of(company: Company, today: date, max_bytes: int, mapping: Mapping | None = None) -> How:
    """How files of this company are read."""
    ledger = replace(syncs.read_options(company, today), mapping=mapping, max_bytes=max_bytes)
    return How(ledger, bank_files.options_for(company, mapping, max_bytes))


@dataclass(frozen=True, slots=True)
class Read:
    """A file read, or refused, before any transaction was begun; one of ledger, bank and invoices is there, none when it
    need not be read."""

    digest: str  # SHA-256 of its bytes
    ledger: syncs.ReadFile | None = None
    bank: bank.BankRead | None = None
    invoices: e_invoices.InvoiceFile | None = None
    refused: DomainError | None = None

    @property
    def nature(self) -> str:
        """ledger, bank, invoices; "" when it was not read."""
        return "ledger" if self.ledger else "bank" if self.bank else "invoices" if self.invoices else ""

    @property
    def asks(self) -> bool:
        """Whether it is a table whose columns must be told."""
        found = self.ledger or self.bank
        return found is not None and found.refused is not None and found.refused.code == "mapping_needed"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file. status: done, refused, known (taken in before: no effect)."""

    status: str
    sync_id: int | None = None
    nature: str = ""  # ledger, bank, invoices
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


def recognise(path: Path, filename: str, max_bytes: int) -> str:
    """ledger, bank or invoices, by what a file contains; what nobody knows goes to the ledger's readers, who say why not."""
    if bank_files.recognise(path, filename, max_bytes) is not None:
        return "bank"
    return "invoices" if e_invoices.recognises(path) else "ledger"


def read(path: Path, filename: str, how: How, nature: str = "") -> Read:
    """Read a file as what it is (recognised when not given); asks nothing of the database."""
    limit = how.ledger.max_bytes
    nature = nature or recognise(path, filename, limit)
    if nature == "bank":
        statements = bank.read_file(path, filename, how.bank, max_bytes=limit)
        return Read(statements.digest, bank=statements)
    if nature == "invoices":
        papers = e_invoices.read_file(path, filename, limit)
        return Read(papers.digest, invoices=papers)
    found = syncs.read_file(path, filename, how.ledger)
    return Read(found.digest, ledger=found)


def known_mapping(session: Session, company: Company, path: Path, filename: str, nature: str) -> Mapping | None:
    """How a table of this shape was understood the last time."""
    try:
        if nature != "bank":
            return mappings.recall(session, company.id, path.read_bytes(), filename)
        layout = bank_files.layout_of(path, filename)
        return mappings.recall_for(session, company.id, layout) if layout else None
    except Refused:
        return None


def is_known(session: Session, company: Company, path: Path, how: How, digest: str) -> bool:
    """Whether these bytes were taken in before: they need not be read again."""
    return syncs.is_last_file(session, company, path, how.ledger) or _is_old(session, company, digest)


def hand_over(session: Session, company: Company, sync: Sync, path: Path, actor_id: int, now: datetime) -> bool:
    """Leave a large staged file to the worker; False when it is small enough to be taken in at once."""
    if not is_large(path):
        return False
    if syncs.order_import(session, sync, now):
        audit.record(session, now, actor_id, company.id, "order", "sync", sync.id, {"file": sync.file_name})
    return True


def take_in(
    session: Session,
    company: Company,
    path: Path,
    filename: str,
    actor_id: int | None,
    now: datetime,
    today: date,
    *,
    folder: Path,
    file: Read | None = None,
    staged: Sync | None = None,
    how: How | None = None,
    shape: str = "",
) -> Taken:
    """Take a file in by the service that knows its kind, then bring everything derived from the books up to date.

    `folder` is the data folder, where documents are kept. A refused file leaves a Sync row with the reason and nothing
    else. A file that is not the last one and was taken in before changes nothing and leaves no row, unless one was staged."""
    digest = file.digest if file else digest_of(path)
    if staged is None and _is_old(session, company, digest):
        return Taken("known", taken_before(session, company.id, digest))
    if file is not None and file.refused is not None:
        return refuse(session, company, filename, file.refused, actor_id, now, digest=digest, staged=staged)
    if file is not None and file.bank is not None:
        statements = bank.run_bank_sync(session, company, file.bank, filename, actor_id, now, today, staged=staged)
        if statements.error is None and shape and how is not None and how.bank.mapping is not None:
            mappings.remember(session, company.id, shape, how.bank.mapping, now)
        return _of_bank(statements)
    if file is not None and file.invoices is not None:
        papers = e_invoices.run_invoices(session, company, file.invoices, actor_id, now, today, folder=folder, staged=staged)
        if papers.error is None:
            follow_up(session, company, now, today)
        return _of_invoices(papers)
    ledger = file.ledger if file else None
    options = ledger.options if ledger else how.ledger if how else syncs.read_options(company, today)
    done = syncs.run_sync(
        session, company, path, filename, options, actor_id, now, today, staged=staged, shape=shape, file=ledger
    )
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


def _of_bank(done: bank.BankResult) -> Taken:
    counts = {name: getattr(done, name) for name in ("movements", "new", "matched", "proposed", "unknown")}
    starts = [one.starts_on for one in done.statements if one.starts_on]
    ends = [one.ends_on for one in done.statements if one.ends_on]
    return Taken(
        done.status, done.sync_id, "bank", done.error, 0, counts, min(starts, default=None), max(ends, default=None),
        remarks=tuple(done.remarks),
    )  # fmt: skip


def _of_invoices(done: e_invoices.InvoicesResult) -> Taken:
    counts = {name: getattr(done, name) for name in ("invoices", "items_new", "items_changed")}
    return Taken(
        done.status, done.sync_id, "invoices", done.error, 0, counts, balance_cents=done.balance_cents,
        remarks=tuple(done.remarks),
    )  # fmt: skip


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
