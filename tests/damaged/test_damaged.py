"""Two thousand damaged files of every kind: no crash, no hang, no partial rows, and the message names the place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from models import AuditEntry, Base, Sync
from services import incoming
from tests.conftest import NOW, TODAY
from tests.damaged.damage import DAMAGES
from tests.damaged.originals import originals

ROOT = Path(__file__).resolve().parents[2]
ORIGINALS = originals()
SAID = (Sync.__table__, AuditEntry.__table__)  # where a refusal is remembered


@pytest.mark.parametrize("seed", [1, 100_001])
def test_a_thousand_damaged_files_are_read_or_refused(seed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.damaged", "1000", str(seed)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _rows(session) -> dict[str, int]:
    """How many rows each table has, without those that say a file was refused."""
    session.flush()
    tables = [table for table in Base.metadata.sorted_tables if table not in SAID]
    return {table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables}


@pytest.mark.parametrize("kind", sorted(ORIGINALS))
def test_a_refused_file_leaves_no_row(session, company, tmp_path: Path, kind: str) -> None:
    """Through the child process and the services, as the import page and the watched folder do it."""
    how = incoming.how_of(company, TODAY, 10_000_000)
    good, _ = ORIGINALS[kind]
    dice = Random(kind)
    path = tmp_path / "damaged"
    path.write_bytes(DAMAGES[dice.choice(("cut", "lost", "odd_value", "columns_moved"))](good, dice) or b"\n")
    before = _rows(session)
    read = incoming.read(path, path.name, how)
    taken = incoming.take_in(session, company, path, path.name, None, NOW, TODAY, folder=tmp_path, file=read, how=how)
    if taken.status == "refused":
        assert taken.error is not None
        assert _rows(session) == before
    else:
        assert taken.status == "done"
