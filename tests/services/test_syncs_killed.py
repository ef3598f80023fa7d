"""kill -9 in the middle of an import: all of it or nothing, and the file can simply be taken again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Allocation, Company, Customer, Item
from tests.services.test_syncs import HEADER

ROOT = Path(__file__).resolve().parents[2]
LINES = 4000
KILLS = 3


def ledger(path: Path, more: int = 0) -> Path:
    """A FEC of invoices, all but each fifth paid and lettered, of 200 customers."""
    rows = [HEADER]
    for number in range(LINES // 2 + more):
        customer, paid = f"C{number % 200:03}", number % 5 and number < LINES // 2
        letter = f"L{number // 200}" if paid else ""
        for journal, day, account, debit, credit, matched in (
            ("VE", "20260105", "411000", "120,00", "0,00", letter),
            ("VE", "20260105", "707000", "0,00", "120,00", ""),
            ("BQ", "20260205", "512000", "120,00", "0,00", ""),
            ("BQ", "20260205", "411000", "0,00", "120,00", letter),
        ):
            if journal == "BQ" and not paid:
                continue
            auxiliary = [customer, f"Client {customer}"] if account == "411000" else ["", ""]
            head = [journal, "Ventes" if journal == "VE" else "Banque", f"{journal}{number}", day, account, "Compte"]
            rows.append(
                "\t".join(
                    [*head, *auxiliary, f"F{number:05}", day, f"Facture F{number:05}", debit, credit, matched, "", day, "", ""]
                )
            )
    path.write_text("\r\n".join(rows) + "\r\n", encoding="utf-8")
    return path


def start(file: Path, data: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "flask", "sync", "ledger", str(file), "--company", "FLANDRES", "--json"]
    environment = {**os.environ, "ENCOURS_DATA": str(data)}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )


def taken(file: Path, data: Path) -> dict[str, object]:
    output, _ = start(file, data).communicate(timeout=120)
    return dict(json.loads(output))


def counts(session: Session) -> tuple[int, ...]:
    session.rollback()
    found = tuple(session.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in (Customer, Item, Allocation))
    session.rollback()
    return found


@pytest.mark.usefixtures("app")
def test_all_or_nothing(session: Session, company: Company, app: Flask, data: Path, tmp_path: Path) -> None:
    session.commit()
    file = ledger(tmp_path / "FEC.txt")
    whole = (200, 2000 + 1600, 1600)
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for _ in range(KILLS):
        process = start(file, data)
        time.sleep(dice.uniform(0.5, 4))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert counts(session) in ((0, 0, 0), whole)
    first = taken(file, data)
    assert (first["status"], counts(session), first["balance_cents"]) == ("done", whole, 400 * 12000)
    again = taken(file, data)
    assert [again[name] for name in ("items_new", "items_changed", "items_settled", "items_vanished")] == [0, 0, 0, 0]
    more = taken(ledger(tmp_path / "FEC.txt", more=1), data)
    assert [more[name] for name in ("items_new", "items_changed", "items_settled", "items_vanished")] == [1, 0, 0, 0]
    assert more["balance_cents"] == 401 * 12000
