"""Syncs without hands: imports too large for a page, watched folders, files on servers, live programs.

Files are fetched and read outside any transaction; what one brings is written in one, together with the memory of the
file. Only then is the file put away: a worker that dies between the two finds it known and puts it away."""

from __future__ import annotations

import errno
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from integrations import connectors, folders, sftp
from integrations.files import too_large
from integrations.folders import Changed, Found
from models import jobs as jobs_store
from models import sources as store
from models.company import Company
from models.sources import Source
from models.syncs import Sync
from rules.errors import DomainError
from services import incoming, sources, syncs
from services.arrival_notes import note
from services.incoming import Read, Taken
from services.seal import unseal
from services.sources import Places
from tasks.post import Post, reading, writing

log = logging.getLogger(__name__)
SETTLE = timedelta(seconds=10)
"""A file is complete when it has not changed for so long."""


# ------------------------------------------------------------------ what is due


def plan(post: Post) -> None:
    """A job for every source that is due, once however many ask; a watched folder only when something lies in it."""
    now = post.clock()
    with reading(post) as session:
        due = [
            (one.id, key, _folder_of(post, one, code) if one.schedule == "watch" else None)
            for one, code, zone in store.scheduled(session)
            if (key := sources.due_key(one, zone, now))
        ]
        waiting = {source_id for source_id, _, _ in due if store.not_put_away(session, source_id)}
    wanted = [(i, key) for i, key, folder in due if folder is None or i in waiting or _has_something(folder)]
    if not wanted:
        return
    with writing(post) as session:
        for source_id, key in wanted:
            if jobs_store.pending_job(session, f"source:{source_id}:") is None:
                jobs_store.add_job(session, "source", now, key, source_id=source_id)


def _folder_of(post: Post, source: Source, code: str) -> Path | None:
    try:
        return Places(post.data, post.inboxes).of(code, source.settings.get("path") or "")
    except DomainError:
        return None  # the run says so


def _has_something(folder: Path) -> bool:
    try:
        return bool(folders.listing(folder))
    except DomainError:
        return True


# ------------------------------------------------------------------ an import ordered on the page


def take_upload(post: Post, sync_id: int) -> None:
    """Take in a file somebody chose on the import page; a run that was stopped in its middle left nothing and begins anew."""
    with reading(post) as session:
        sync = session.get(Sync, sync_id)
        if sync is None or sync.state != "running":
            return
        path, name, shape = post.data / sync.file_path, sync.file_name, str(sync.options.get("shape") or "")
        company = session.get_one(Company, sync.company_id)
        stored = sync.options.get("mapping")
        mapping = incoming.Mapping.from_json(stored) if stored else None
        how = incoming.how_of(company, post.today(), post.limit, mapping)
        nature = sync.kind if sync.kind in ("bank", "invoices") else "ledger"
        known = nature == "ledger" and path.is_file() and syncs.is_last_file(session, company, path, how.ledger)
    try:
        if not path.is_file():
            _refuse_upload(post, sync_id, DomainError("import_file_gone"))
            return
        file = None if known else incoming.read(path, name, how, nature)
        with writing(post) as session:
            sync = session.get_one(Sync, sync_id)
            if sync.state != "running":
                return
            company, now = session.get_one(Company, sync.company_id), post.clock()
            incoming.take_in(
                session,
                company,
                path,
                name,
                sync.by_id,
                now,
                post.today(),
                folder=post.data,
                file=file,
                staged=sync,
                how=how,
                shape=shape,
            )
    except Exception as error:
        with suppress(DBAPIError), writing(post) as session:
            _say(session, sync_id, _trouble(error, "import_stopped"))
        raise


def _say(session: Session, sync_id: int, error: DomainError) -> None:
    sync = session.get_one(Sync, sync_id)
    if sync.state == "running":
        sync.error = {"code": error.code, "params": error.params}


def _refuse_upload(post: Post, sync_id: int, error: DomainError) -> None:
    with writing(post) as session:
        give_up(session, post, sync_id, error)


def give_up(session: Session, post: Post, sync_id: int, error: DomainError | None = None) -> None:
    """An import that failed for the last time is refused."""
    sync = session.get_one(Sync, sync_id)
    if sync.state == "running":
        syncs.refuse(session, sync, error or DomainError("import_failed"), sync.by_id, post.clock())


def _trouble(error: Exception, otherwise: str) -> DomainError:
    """What an unexpected error is called: people can do something about a full disk."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    if isinstance(error, DBAPIError):
        full = "full" in str(error.orig) or "disk I/O" in str(error.orig)
    return DomainError("disk_full" if full else otherwise)


# ------------------------------------------------------------------ a run of a source


@dataclass(frozen=True, slots=True)
class Fetching:
    """A source as its run needs it, apart from any session."""

    source_id: int
    company_id: int
    code: str
    kind: str
    name: str
    settings: dict[str, Any]
    sealed: str
    cursor: dict[str, Any]


def run_source(post: Post, source_id: int) -> None:
    """Fetch what a source has and take it in; how it went stands in its row."""
    with reading(post) as session:
        source = session.get(Source, source_id)
        if source is None:
            return
        company = session.get_one(Company, source.company_id)
        one = Fetching(
            source.id, company.id, company.code, source.kind, source.name, dict(source.settings), source.secret_sealed,
            dict(source.cursor),
        )  # fmt: skip
    brought: list[Taken] = []
    error: DomainError | None = None
    try:
        for taken in RUNS.get(one.kind, _pull)(post, one):
            brought.append(taken)
    except DomainError as known:
        error = known
    except Exception as unexpected:
        log.exception("source %s", source_id)
        error = _trouble(unexpected, "source_stopped")
    with writing(post) as session:
        found = session.get(Source, source_id)
        if found is None:
            return
        if error is None:
            sources.note_good(session, found, brought, post.clock())
        else:
            sources.note_failure(session, found, error, post.clock())


def _complete(post: Post, look: Callable[[], list[Found]], known: set[tuple[str, int, int]]) -> Iterator[Found]:
    """The files that two looks show alike: nobody writes them any more."""
    first = [one for one in look() if (one.name, one.size, one.modified) not in known]
    if not first or post.stopping.wait(SETTLE.total_seconds()):
        return
    again = set(look())
    for one in first:
        if one in again and not post.stopping.is_set():
            yield one


@contextmanager
def _private_copy(post: Post, one: Fetching) -> Iterator[Path]:
    """A name for a copy nobody else reads or changes; gone at the end."""
    folder = post.data / "uploads" / str(one.company_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"fetched-{uuid.uuid4().hex}"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _watch_folder(post: Post, one: Fetching) -> Iterator[Taken]:
    place = Places(post.data, post.inboxes).of(one.code, one.settings.get("path") or "")
    folders.prepare(place)

    def away(file: Found, refused: bool, text: str) -> str:
        folder = folders.REFUSED if refused else folders.DONE
        return f"{folder}/{folders.put_away(place, file, folder, text)}"

    _finish_put_away(post, one, away)
    yield from _take_all(post, one, _complete(post, partial(folders.listing, place), set()), partial(folders.copy, place), away)


def _ask_server(post: Post, one: Fetching) -> Iterator[Taken]:
    with reading(post) as session:
        server = sources.server_of(session.get_one(Source, one.source_id), post.key)
        known = store.fetched(session, one.source_id)
    moves = one.settings.get("after") == "move"

    def away(file: Found, refused: bool, _text: str) -> str:
        folder = folders.REFUSED if refused else folders.DONE
        return f"{folder}/{sftp.move(server, file, folder)}"

    def fetch(file: Found, target: Path) -> str:
        return sftp.fetch(server, file, target, post.limit)

    if moves:
        _finish_put_away(post, one, away)
        known = set()  # what is put away lies elsewhere: the same name is a new file
    look = _complete(post, partial(sftp.listing, server), known)
    yield from _take_all(post, one, look, fetch, away if moves else None)


Fetch = Callable[[Found, Path], str]
Away = Callable[[Found, bool, str], str]


def _take_all(post: Post, one: Fetching, files: Iterator[Found], fetch: Fetch, away: Away | None) -> Iterator[Taken]:
    """One file after the other; one that makes our own program stumble does not keep the next ones out."""
    stumbled: Exception | None = None
    for file in files:
        try:
            taken = _take_one(post, one, file, fetch, away)
        except Changed:
            continue
        except DomainError:
            raise
        except Exception as error:
            if _trouble(error, "").code:
                raise
            log.exception("source %s, file %s", one.source_id, file.name)
            stumbled = stumbled or error
            continue
        yield taken
    if stumbled is not None:
        raise stumbled


def _take_one(post: Post, one: Fetching, file: Found, fetch: Fetch, away: Away | None) -> Taken:
    with _private_copy(post, one) as path:
        if file.size > post.limit:
            read = Read("", refused=too_large(file.size, post.limit))
        else:
            read = Read(fetch(file, path))
            read = _read(post, one, path, file.name, read)
        with writing(post) as session:
            company, now = session.get_one(Company, one.company_id), post.clock()
            taken = incoming.take_in(session, company, path, file.name, None, now, post.today(), folder=post.data, file=read)
            text = note(company, file.name, taken, now) if away else ""
            row = sources.note_file(
                session, one.source_id, file.name, (file.size, file.modified), taken, now, text, over=away is None
            )
            number = row.id
    if away is not None:
        _put_away(post, away, number, file, taken.status == "refused", text)
    return taken


def _read(post: Post, one: Fetching, path: Path, name: str, fetched: Read) -> Read:
    """Read a fetched file, a table of a shape seen before as it was understood then; a known file is not read again."""
    with reading(post) as session:
        company = session.get_one(Company, one.company_id)
        how = incoming.how_of(company, post.today(), post.limit)
        if incoming.is_known(session, company, path, how, fetched.digest):
            return fetched
    read = incoming.read(path, name, how)
    if not read.asks:
        return read
    with reading(post) as session:
        company = session.get_one(Company, one.company_id)
        mapping = incoming.known_mapping(session, company, path, name, read.nature)
    return incoming.read(path, name, how.knowing(mapping), read.nature) if mapping else read


def _put_away(post: Post, away: Away, number: int, file: Found, refused: bool, text: str) -> None:
    """Another file under the name by now stays where it is: the next run takes it."""
    target = ""
    with suppress(Changed):
        target = away(file, refused, text)
    with writing(post) as session:
        row = session.get_one(store.SourceFile, number)
        row.state, row.target = "done", target


def _finish_put_away(post: Post, one: Fetching, away: Away) -> None:
    """Files whose run was stopped between the books and the putting away."""
    with reading(post) as session:
        left = [
            (row.id, Found(row.modified, row.name, row.size), row.state == "refused", row.note)
            for row in store.not_put_away(session, one.source_id)
        ]
    for number, file, refused, text in left:
        _put_away(post, away, number, file, refused, text)


def _pull(post: Post, one: Fetching) -> Iterator[Taken]:
    """Ask a live program; its answer is taken in together with how far it came."""
    connector = connectors.make(one.kind, one.settings, unseal(one.sealed, post.key))
    pull = connector.pull(one.cursor, post.today())
    with writing(post) as session:
        company, source, now = session.get_one(Company, one.company_id), session.get_one(Source, one.source_id), post.clock()
        taken = incoming.take_snapshot(session, company, pull.snapshot, one.name, now, post.today())
        if taken.status == "done":
            source.cursor = pull.cursor
        sources.note_file(session, one.source_id, "", (0, 0), taken, now, "", over=True)
    yield taken


RUNS: dict[str, Callable[[Post, Fetching], Iterator[Taken]]] = {"folder": _watch_folder, "sftp": _ask_server}

__all__: Sequence[str] = ("give_up", "plan", "run_source", "take_upload")
