"""XLSX, XLS and ODS → rows of cells, by python-calamine; a zip bomb is refused before it is opened."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, WorksheetNotFound, ZipError

from integrations.files import ARCHIVE_FAULTS, Refused

MAX_ENTRIES = 2_000
MAX_UNPACKED = 1024 * 1024 * 1024
MAX_RATIO = 250  # plain repetitive sheets reach about 100
MAX_CELLS = 60_000_000

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def opened(data: bytes) -> bytes | Workbook:
    """A workbook, opened once for sniffing and reading, when the bytes start as a zip (XLSX, ODS) or OLE file (XLS)."""
    return Workbook(data) if data.startswith((_ZIP, _OLE)) else data


def unpacked_size(source: bytes | Path) -> int:
    """Bytes a workbook unpacks to, as its directory says; 0 when it is not a zip."""
    try:
        with zipfile.ZipFile(source if isinstance(source, Path) else io.BytesIO(source)) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except ARCHIVE_FAULTS:
        return 0


class Workbook:
    """An opened workbook: its sheet names and their rows."""

    def __init__(self, data: bytes) -> None:
        check_archive(data)
        try:
            self._book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        except PasswordError as error:
            raise Refused("workbook_locked") from error
        except (CalamineError, ZipError, OSError, ValueError) as error:
            raise Refused("workbook_damaged", value=str(error)[:200]) from error
        self._rows: dict[str, list[list[object]]] = {}
        self.sheets: tuple[str, ...] = tuple(self._book.sheet_names)
        if not self.sheets:
            raise Refused("file_empty")

    def rows(self, sheet: str) -> list[list[object]]:
        """The rows of a sheet from its row 1, cells as Python values, "" when empty."""
        if sheet not in self._rows:
            self._rows[sheet] = self._read(sheet)
        return self._rows[sheet]

    def _read(self, sheet: str) -> list[list[object]]:
        try:
            found = self._book.get_sheet_by_name(sheet)
        except WorksheetNotFound as error:
            raise Refused("sheet_missing", value=sheet) from error
        except (CalamineError, ZipError, OSError, ValueError) as error:
            raise Refused("workbook_damaged", value=str(error)[:200]) from error
        if found.total_height * found.total_width > MAX_CELLS:
            raise Refused("sheet_too_large", value=sheet)
        rows: list[list[object]] = found.to_python(skip_empty_area=False)  # type: ignore[assignment]
        return rows


def check_archive(data: bytes) -> None:
    """Refuses a zip with too many entries, too large when unpacked, or packed too tightly to be honest.

    What the directory says is checked against what really unpacks."""
    if not data.startswith(_ZIP):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise Refused("archive_suspect", value=f"{len(entries)} entries")
            unpacked = sum(entry.file_size for entry in entries)
            if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(len(data), 20_000):
                raise Refused("archive_suspect", value=f"{unpacked} bytes")
            for entry in entries:
                _check_entry(archive, entry)
    except ARCHIVE_FAULTS as error:
        raise Refused("workbook_damaged", value=str(error)[:200]) from error
    except RuntimeError as error:  # zipfile's word for an encrypted entry
        raise Refused("workbook_locked") from error


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Unpacks an entry chunk by chunk and stops when it grows beyond its stated size."""
    seen = 0
    for chunk in _chunks(archive, entry):
        seen += len(chunk)
        if b"<!DOCTYPE" in chunk or b"<!ENTITY" in chunk:
            raise Refused("archive_suspect", value=f"{entry.filename}: DOCTYPE")
        if seen > entry.file_size:
            raise Refused("archive_suspect", value=entry.filename)


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as stream:
        while chunk := stream.read(1024 * 1024):
            yield chunk
