"""What all readers of files share: how large a file may be, and how one is refused."""

from __future__ import annotations

import hashlib
import lzma
import struct
import zipfile
import zlib
from pathlib import Path

from rules.errors import DomainError

MAX_BYTES = 64 * 1024 * 1024

ARCHIVE_FAULTS = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error, NotImplementedError, EOFError, OSError,
    ValueError,
)  # fmt: skip
"""What the standard library says of zips that are none, or no longer; of an encrypted entry it says RuntimeError."""


class Refused(DomainError):
    """The file is refused whole. `params` has `line` (from 1), `column` (its header) and `value` where known."""


def too_large(size: int, limit: int) -> Refused:
    """The refusal of a file of `size` bytes where `limit` are allowed."""
    return Refused("file_too_large", value=size, limit_mib=limit // (1024 * 1024))


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
