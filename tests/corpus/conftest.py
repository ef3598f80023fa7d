"""The real files beside the checkout: `ENCOURS_SHARED`, else the folder `shared` next to the checkout.

They are not part of the project; without them these tests are skipped, saying so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


def shared() -> Path:
    """The folder of real files, which may not be there."""
    return Path(os.environ.get("ENCOURS_SHARED") or CHECKOUT.parent / "shared") / "data"


def real_files(folder: str) -> list[object]:
    """Parameters for one folder of real files: their paths, or one test skipped with the reason."""
    found = sorted(path for path in (shared() / folder).glob("*") if path.is_file())
    if found:
        return [pytest.param(path, id=path.name) for path in found]
    reason = f"no real files in {shared() / folder}: set ENCOURS_SHARED to the folder that holds data/"
    return [pytest.param(None, id="no-files", marks=pytest.mark.skip(reason=reason))]


def real_file(name: str) -> Path:
    """One real file, or the test is skipped with the reason."""
    path = shared() / name
    if not path.is_file():
        pytest.skip(f"{path} is not there: set ENCOURS_SHARED to the folder that holds data/")
    return path
