"""The commands other programs call: shapes of the JSON, exit codes, nothing but JSON on standard output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from models import Company
from tests.services.test_syncs import fec

SYNC_KEYS = [
    "status", "format", "lines_read", "customers", "items_new", "items_changed", "items_settled", "items_vanished",
    "warnings", "balance_cents",
]  # fmt: skip
COUNTS = SYNC_KEYS[4:8]


@pytest.fixture
def call(app: Flask, company: Company) -> Any:
    def invoke(*args: str) -> Result:
        return app.test_cli_runner().invoke(args=list(args))

    return invoke


def test_sync_ledger(call: Any, tmp_path: Path) -> None:
    path = str(fec(tmp_path, 100000, 50000))
    dry = json.loads(call("sync", "ledger", path, "--company", "FLANDRES", "--dry-run", "--json").stdout)
    assert list(dry) == SYNC_KEYS
    assert (dry["status"], dry["items_new"], dry["balance_cents"]) == ("dry_run", 2, 150000)
    first = call("sync", "ledger", path, "--company", "flandres", "--json")
    done = json.loads(first.stdout)
    assert first.exit_code == 0
    assert (done["status"], done["format"], done["lines_read"], done["customers"]) == ("done", "fec", 4, 1)
    assert [done[name] for name in COUNTS] == [2, 0, 0, 0]
    again = json.loads(call("sync", "ledger", path, "--company", "FLANDRES", "--json").stdout)
    assert [again[name] for name in COUNTS] == [0, 0, 0, 0]
    assert again["balance_cents"] == 150000
    assert "1 500,00" in call("sync", "ledger", path, "--company", "FLANDRES").stdout.replace("\u202f", " ")


def test_a_refused_file_exits_with_2_and_names_the_line(call: Any, tmp_path: Path) -> None:
    path = fec(tmp_path, 100000)
    path.write_text(path.read_text(encoding="utf-8").replace("20260105\t411000", "20261305\t411000"), encoding="utf-8")
    result = call("sync", "ledger", str(path), "--company", "FLANDRES", "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["status"], said["balance_cents"]) == (2, "refused", 0)
    assert (said["warnings"][0]["line"], said["warnings"][0]["column"]) == (2, "EcritureDate")
    assert "20261305" in said["warnings"][0]["message"] and "date" in result.stderr
    english = call("sync", "ledger", str(path), "--company", "FLANDRES", "--lang", "en")
    assert english.exit_code == 2 and "is not a date" in english.stderr


@pytest.mark.parametrize("args", [("report", "balances"), ("report", "open-items"), ("report", "ageing")])
def test_an_unknown_company_exits_with_2(call: Any, args: tuple[str, ...]) -> None:
    result = call(*args, "--company", "NOWHERE", "--json")
    assert result.exit_code == 2
    assert result.stdout == "" and "NOWHERE" in result.stderr


def test_reports(call: Any, tmp_path: Path) -> None:
    call("sync", "ledger", str(fec(tmp_path, 100000, -50000)), "--company", "FLANDRES")

    def report(*args: str) -> Any:
        return json.loads(call("report", *args, "--company", "FLANDRES", "--json").stdout)

    assert report("balances") == [{"customer": "DUPONT", "name": "Dupont", "currency": "EUR", "balance_cents": 50000}]
    assert report("balances", "--on", "2026-01-04") == []
    first, second = report("open-items")
    assert second == {
        "customer": "DUPONT", "name": "Dupont", "piece": "F1", "label": "Facture F1", "document_on": "2026-01-05",
        "due_on": "2026-02-04", "due_source": "company", "currency": "EUR", "amount_cents": 100000, "open_cents": 100000,
    }  # fmt: skip
    assert (first["due_source"], first["open_cents"]) == ("document", -50000)
    aged = report("ageing", "--on", "2026-03-01")
    sums = {"not_due": 0, "1_30": 100000, "31_60": 0, "61_90": 0, "91_plus": 0, "credits": 50000, "balance": 50000}
    assert aged == {
        "customers": [{"customer": "DUPONT", "name": "Dupont", "currency": "EUR", **sums}],
        "total": {"currency": "EUR", **sums},
    }
    text = call("report", "ageing", "--company", "FLANDRES").stdout
    assert text.count("\n") == 2 and text.startswith("DUPONT\tDupont\tEUR")


def test_company_create(call: Any, session: Session) -> None:
    made = call("company", "create", "neuve", "--name", "Neuve SA", "--country", "BE", "--customer-accounts", "400,416")
    assert (made.exit_code, made.stdout) == (0, "NEUVE\n")
    assert session.query(Company).filter_by(code="NEUVE").one().account_prefixes == ("400", "416")
    session.rollback()  # the test's own write lock
    assert call("company", "create", "NEUVE", "--name", "x", "--country", "FR").exit_code == 2
