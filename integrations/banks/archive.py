"""Zip archives of bank files (CAMT messages mostly): unpacked in memory, within limits, never onto the disk."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace

from integrations.banks.values import BankOptions, Notes, Refused, too_many
from integrations.files import ARCHIVE_FAULTS
from rules.bank import BankFile, Statement

MAX_MEMBERS = 500
MAX_UNPACKED = 256 * 1024 * 1024
MAX_RATIO = 200  # of a member whose packed size says something
_ZIP = b"PK\x03\x04"
_IGNORED = ("__MACOSX/", ".DS_Store", "Thumbs.db")

Read = Callable[[bytes, BankOptions], BankFile | None]


def is_archive(data: bytes) -> bool:
    """Whether the bytes are a zip of files, not a workbook (which is a zip too)."""
    if not data.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except ARCHIVE_FAULTS:
        return False
    return not names & {"[Content_Types].xml", "mimetype", "content.xml"}


def members(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file; `Refused` for what an honest archive has not."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _ignored(entry.filename)]
            if len(entries) > MAX_MEMBERS:
                raise Refused("archive_too_large", value=f"{len(entries)} files")
            total = sum(entry.file_size for entry in entries)
            if total > MAX_UNPACKED:
                raise Refused("archive_too_large", value=f"{total} bytes")
            for entry in entries:
                yield entry.filename, _content(archive, entry)
    except ARCHIVE_FAULTS as error:
        raise Refused("archive_damaged", value=str(error)[:120]) from None
    except RuntimeError:  # zipfile's word for an encrypted entry
        raise Refused("archive_locked") from None


def read(data: bytes, options: BankOptions, read_member: Read) -> BankFile:
    """The statements of all files of the archive together; a refusal names the file it is about."""
    statements: list[Statement] = []
    notes = Notes()
    formats: list[str] = []
    lines = count = 0
    for name, content in members(data):
        try:
            found = read_member(content, options)
        except Refused as refused:
            raise Refused(refused.code, **{**refused.params, "file": name}) from None
        if found is None:
            raise Refused("archive_foreign", value=name[:120])
        statements += found.statements
        notes.remarks += [replace(remark, params={**remark.params, "file": name}) for remark in found.remarks]
        formats.append(found.format)
        lines += found.lines_read
        count += sum(len(one.movements) for one in found.statements)
        if count > options.max_movements:
            raise too_many(1, options.max_movements)
    if not formats:
        raise Refused("file_empty")
    return BankFile(formats[0], statements, notes.remarks, lines)


def _ignored(name: str) -> bool:
    return name.startswith(_IGNORED) or name.rsplit("/", 1)[-1] in _IGNORED


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One file, unpacked piece by piece and stopped when it grows beyond its stated size."""
    parts = entry.filename.replace("\\", "/").split("/")
    if ".." in parts or entry.filename.startswith(("/", "\\")) or ":" in parts[0]:
        raise Refused("archive_path", value=entry.filename[:120])
    if entry.file_size > 1024 * 1024 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        raise Refused("archive_too_large", value=f"{entry.filename[:80]}: {entry.file_size} bytes")
    pieces, size = [], 0
    with archive.open(entry) as stream:
        while piece := stream.read(1024 * 1024):
            size += len(piece)
            if size > entry.file_size:
                raise Refused("archive_too_large", value=entry.filename[:120])
            pieces.append(piece)
    content = b"".join(pieces)
    if content.startswith(_ZIP):
        raise Refused("archive_nested", value=entry.filename[:120])
    return content
