"""`flask sync bank`, `flask report receipts`: shapes of the JSON, exit codes, nothing but JSON on standard output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from models import Company
from tests.integrations.bank_files import OWN, PAYER, coda, coda_movement, coda_new, coda_old
from tests.services.test_syncs import fec

KEYS = ["status", "format", "statements", "movements", "new", "matched", "proposed", "unknown", "ignored", "remarks"]


@pytest.fixture
def call(app: Flask, company: Company) -> Any:
    def invoke(*args: str) -> Result:
        return app.test_cli_runner().invoke(args=list(args), catch_exceptions=False)

    return invoke


def statement(tmp_path: Path, *, closing: int = 2_045_000) -> Path:
    """Dupont pays 1,000.00 of what it owes, somebody 50.00, and 5.00 goes out."""
    records = [
        coda_old(1_000_000),
        *coda_movement(1_000_000, "FACTURE F1", name="DUPONT"),
        *coda_movement(50_000, "MERCI", sequence=2, name="INCONNU", iban="BE43068999999501"),
        *coda_movement(-5_000, "FRAIS", sequence=3, name="", iban=""),
        coda_new(closing),
    ]
    path = tmp_path / "statement.cod"
    path.write_bytes(coda(records))
    return path


def test_sync_bank(call: Any, tmp_path: Path) -> None:
    call("sync", "ledger", str(fec(tmp_path, 100000, 50000)), "--company", "FLANDRES")
    path = str(statement(tmp_path))
    dry = json.loads(call("sync", "bank", path, "--company", "FLANDRES", "--dry-run", "--json").stdout)
    assert list(dry) == KEYS
    assert (dry["status"], dry["new"], dry["matched"], dry["unknown"], dry["ignored"]) == ("dry_run", 3, 1, 1, 1)
    first = call("sync", "bank", path, "--company", "flandres", "--json")
    done = json.loads(first.stdout)
    assert (first.exit_code, done["status"], done["format"], done["movements"]) == (0, "done", "coda", 3)
    assert done["statements"] == [
        {
            "account": OWN, "currency": "EUR", "number": done["statements"][0]["number"], "kind": "day",
            "opening_cents": 100_000, "closing_cents": 204_500, "from": "2026-03-01", "to": "2026-03-02", "movements": 3, "new": 3,
        }
    ]  # fmt: skip
    again = json.loads(call("sync", "bank", path, "--company", "FLANDRES", "--json").stdout)
    assert (again["status"], again["movements"], again["new"], again["matched"]) == ("done", 3, 0, 0)
    text = call("sync", "bank", path, "--company", "FLANDRES").stdout.replace("\u202f", " ").replace("\xa0", " ")
    assert "2 045,00 €" in text
    left = json.loads(call("report", "open-items", "--company", "FLANDRES", "--json").stdout)
    assert [(one["piece"], one["open_cents"]) for one in left] == [("F2", 50_000)]


def test_report_receipts(call: Any, tmp_path: Path) -> None:
    call("sync", "ledger", str(fec(tmp_path, 100000, 50000)), "--company", "FLANDRES")
    call("sync", "bank", str(statement(tmp_path)), "--company", "FLANDRES")
    first, second, _ = json.loads(call("report", "receipts", "--company", "FLANDRES", "--json").stdout)
    assert (first["amount_cents"], first["left_cents"], first["iban"], first["state"]) == (100_000, 0, PAYER, "matched")
    assert (first["customer"], first["confidence"] >= 950) == ("DUPONT", True)
    assert first["allocations"] == [
        {
            "piece": "F1", "customer": "DUPONT", "cents": 100_000, "difference_cents": 0, "difference_reason": "",
            "state": "provisional", "how": "automatic",
        }
    ]  # fmt: skip
    assert first["evidence"] and all(one["message"] for one in first["evidence"])
    assert (second["state"], second["allocations"], second["confidence"]) == ("open", [], 0)
    assert json.loads(call("report", "receipts", "--company", "FLANDRES", "--from", "2026-03-03", "--json").stdout) == []
    assert call("report", "receipts", "--company", "FLANDRES").stdout.count("\n") == 3
    assert json.loads(call("report", "bank-differences", "--company", "FLANDRES", "--json").stdout) == []


def test_a_refused_file_exits_with_2(call: Any, tmp_path: Path) -> None:
    result = call("sync", "bank", str(statement(tmp_path, closing=9)), "--company", "FLANDRES", "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["status"], said["new"], said["statements"]) == (2, "refused", 0, [])
    assert said["remarks"][0]["line"] and result.stderr.strip()
    assert call("sync", "bank", str(statement(tmp_path)), "--company", "NOWHERE").exit_code == 2
