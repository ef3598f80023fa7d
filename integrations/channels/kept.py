"""The built-in outbox: without a mail server messages are kept as .eml files and nothing leaves the house."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

from integrations.channels import Envelope, Outcome


def keep(folder: Path, company_code: str, day: date, envelope: Envelope) -> Outcome:
    """Write the message below `folder`/company/year-month, under a name of our own making; writing twice is one file."""
    place = folder / _plain(company_code) / f"{day:%Y-%m}"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = place / f"{_plain(envelope.guid)}.eml"
    draft = path.with_suffix(".part")
    draft.write_bytes(envelope.data)
    os.replace(draft, path)
    return Outcome(envelope, "kept", answer=str(path.relative_to(folder)))


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", name).strip("-")[:80] or "x"
