"""kill -9 at a hundred random points of taking a ledger in, and a hundred of a bank file: all rows or none, nothing between."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from models import Company
from services import incoming
from tests.conftest import NOW, TODAY
from tests.integrations import bank_files
from tests.services.test_syncs_killed import ledger

ROOT = Path(__file__).resolve().parents[2]
KILLS = 100


def _statement(path: Path) -> Path:
    """A CODA file that pays the open invoices of the ledger: 400 movements, every tenth without a word."""
    opening = 1_000_000_000
    records, balance = [bank_files.coda_old(opening)], opening
    for number in range(400):
        name = f"CLIENT C{number * 5 % 200:03}"
        text = f"F{number * 5:05}" if number % 10 else ""
        records += bank_files.coda_movement(120_000, text, sequence=number + 1, name=name, end_to_end=f"E2E-{number}")
        balance += 120_000
    path.write_bytes(bank_files.coda([*records, bank_files.coda_new(balance)]))
    return path


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("kind", ["ledger", "bank"])
def test_all_or_nothing(session: Session, company: Company, data: Path, tmp_path: Path, kind: str) -> None:
    fec = ledger(tmp_path / "FEC.txt")
    if kind == "bank":
        how = incoming.how_of(company, TODAY, 10_000_000)
        read = incoming.read(fec, fec.name, how)
        assert incoming.take_in(session, company, fec, fec.name, None, NOW, TODAY, folder=data, file=read).status == "done"
    session.commit()
    session.close()
    file = fec if kind == "ledger" else _statement(tmp_path / "bank.cod")
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    done = subprocess.run(
        [sys.executable, "-m", "tests.services.killed_sync", str(file), str(KILLS), str(seed)],
        cwd=ROOT, env={**os.environ, "ENCOURS_DATA": str(data)}, capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["between"] == []
    assert found["all"] + found["nothing"] == KILLS
    assert found["nothing"] > KILLS // 4
    assert found["all_is"] != found["nothing_is"]
