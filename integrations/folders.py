"""A watched folder: which files lie in it, a private copy of one, and putting one away beside a note.

Whoever may drop files there is not trusted with more: only plain files directly in the folder are looked at, links and
folders never followed, and nothing that is already put away is ever overwritten. Every step names the folder by its
handle, so that a link put in its place between two steps leads nowhere."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rules.errors import DomainError

UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".download", ".swp", "~")
"""Names under which programs write what is not complete yet."""

DONE, REFUSED = "done", "refused"
BLOCK = 1024 * 1024
MOST = 10_000  # names tried before giving up


class Found(NamedTuple):
    """A file as a listing shows it; `modified` is only to be compared with itself."""

    modified: int
    name: str
    size: int


class Changed(Exception):
    """The file is still being written, or gone."""


def is_ignored(name: str) -> bool:
    """Hidden files, and those that say by their name that they are not complete."""
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def is_below(path: Path, roots: tuple[Path, ...]) -> bool:
    """Whether a folder, links resolved, is one of the roots or lies below one; the roots are taken as they are."""
    real = path.resolve()
    return any(real.is_relative_to(root) for root in roots)


def prepare(path: Path) -> None:
    """Make the folder and the two that files are put away in. Errors: folder_unusable."""
    try:
        path.mkdir(mode=0o770, parents=True, exist_ok=True)
        with _opened(path) as root:
            for name in (DONE, REFUSED):
                _make(root, name)
    except OSError as error:
        raise DomainError("folder_unusable", path=str(path), answer=error.strerror or "") from error


def listing(path: Path) -> list[Found]:
    """The plain files of a folder that are not ignored, by time and name. Errors: folder_unusable."""
    try:
        with _opened(path) as root:
            found = [_found(root, name) for name in os.listdir(root) if not is_ignored(name)]
    except OSError as error:
        raise DomainError("folder_unusable", path=str(path), answer=error.strerror or "") from error
    return sorted(one for one in found if one is not None)


def _found(root: int, name: str) -> Found | None:
    try:
        known = os.stat(name, dir_fd=root, follow_symlinks=False)
        name.encode()
    except (OSError, UnicodeEncodeError):  # gone meanwhile, or a name no program of ours could show
        return None
    return Found(known.st_mtime_ns, name, known.st_size) if stat.S_ISREG(known.st_mode) else None


def copy(path: Path, file: Found, target: Path) -> str:
    """Copy one file to a private place and give its SHA-256. Raises `Changed` when it is no longer what was listed."""
    digest = hashlib.sha256()
    with _opened(path) as root:
        try:
            handle = os.open(file.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=root)
        except FileNotFoundError as error:
            raise Changed(file.name) from error
        with os.fdopen(handle, "rb") as source, target.open("xb") as copied:
            target.chmod(0o600)
            _same(handle, file)
            while block := source.read(BLOCK):
                digest.update(block)
                copied.write(block)
            _same(handle, file)
    return digest.hexdigest()


def _same(handle: int, file: Found) -> None:
    known = os.fstat(handle)
    if not stat.S_ISREG(known.st_mode) or (known.st_mtime_ns, known.st_size) != (file.modified, file.size):
        raise Changed(file.name)


def put_away(path: Path, file: Found, folder: str, note: str) -> str:
    """Move a file into done/ or refused/ and write the note beside it; the name it has there.

    A name in use gets a number. A file that is gone already (a run was stopped between moving and remembering it) is no
    error: its note is written, the rest is done. Raises `Changed` when another file lies under the name by now: it stays.
    Errors: folder_unusable."""
    try:
        with _opened(path) as root, _inside(root, folder) as target:
            found = _found(root, file.name)
            if found is not None and found != file:
                raise Changed(file.name)
            free = file.name if found is None else _reserve(target, file.name)
            if found is not None:
                os.rename(file.name, free, src_dir_fd=root, dst_dir_fd=target)
            _write(target, f"{free}.txt", note)
            os.fsync(target)
            return free
    except OSError as error:
        raise DomainError("folder_unusable", path=str(path), answer=error.strerror or "") from error


def _reserve(folder: int, name: str) -> str:
    """A free name, taken at once by an empty file of ours: renaming onto it can overwrite nobody's."""
    for number in range(1, MOST):
        free = name if number == 1 else numbered(name, number)
        if _is_there(folder, f"{free}.txt"):
            continue
        try:
            os.close(os.open(free, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660, dir_fd=folder))
        except FileExistsError:
            continue
        return free
    raise FileExistsError(name)


def numbered(name: str, number: int) -> str:
    """`name` with a number before its ending: ledger (2).txt."""
    stem, point, ending = name.rpartition(".")
    return f"{stem} ({number}).{ending}" if point and stem else f"{name} ({number})"


def _is_there(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _write(folder: int, name: str, text: str) -> None:
    """A note; one that is there already was written by the run that was stopped."""
    try:
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660, dir_fd=folder)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="utf-8", newline="\r\n") as file:
        file.write(text)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield handle
    finally:
        os.close(handle)


@contextmanager
def _inside(root: int, name: str) -> Iterator[int]:
    """A folder in the folder, made when it is missing; a link is refused."""
    _make(root, name)
    handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
    try:
        yield handle
    finally:
        os.close(handle)


def _make(root: int, name: str) -> None:
    try:
        os.mkdir(name, 0o770, dir_fd=root)
    except FileExistsError:
        pass
