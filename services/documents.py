"""Documents kept below the data folder, named by their hash: the same bytes are kept once per company."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from rules.errors import DomainError


def keep_file(folder: Path, company_id: int, content: bytes) -> tuple[str, str]:
    """Keep bytes; gives their SHA-256 and their path below `folder`. Written aside first, so that a name always means
    whole bytes. Bytes kept by a transaction that is rolled back harm nobody: nothing points to them."""
    digest = hashlib.sha256(content).hexdigest()
    relative = f"documents/{company_id}/{digest}"
    path = folder / relative
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.with_name(f"{digest}.{os.getpid()}.part")
        try:
            with aside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise DomainError("document_not_kept", value=error.strerror or str(error)) from None
    return digest, relative


def kept_file(folder: Path, relative: str, digest: str) -> bytes | None:
    """The bytes of a document; None when they are gone or are not what was kept."""
    path = (folder / relative).resolve()
    if not path.is_relative_to(folder.resolve() / "documents") or not path.is_file():
        return None
    content = path.read_bytes()
    return content if hashlib.sha256(content).hexdigest() == digest else None
