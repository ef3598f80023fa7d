"""`flask forecast backtest`: the JSON, the file of predictions, and refusals, as other programs see them."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

KEYS = [
    "n", "mae_days", "median_ae_days", "within_3_days", "coverage_50", "coverage_80",
    "baseline_due_date", "baseline_customer_mean", "baseline_customer_median",
]  # fmt: skip
START = date(2025, 1, 6)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two customers, an item a week each for a year: one pays on the day, the other ten days after."""
    lines = ["who,due,paid,amount"]
    for week in range(52):
        for who, late in (("Dupont", 0), ("Durand", 10)):
            due = START + timedelta(days=7 * week)
            lines.append(f"{who},{due:%d/%m/%Y},{due + timedelta(days=late):%d/%m/%Y},100.50")
    lines.insert(3, "Dupont,31/12/2025,,50")  # open
    path = tmp_path / "paid.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def call(app: Flask) -> Any:
    def invoke(path: Path, *more: str) -> Result:
        command = [
            "forecast",
            "backtest",
            "--csv",
            str(path),
            "--customer-column",
            "who",
            "--due-column",
            "due",
            "--paid-column",
            "paid",
        ]
        return app.test_cli_runner().invoke(args=[*command, *more])

    return invoke


def test_json_and_predictions(call: Any, table: Path, tmp_path: Path):
    out = tmp_path / "out.csv"
    done = call(table, "--amount-column", "amount", "--from", "2025-10-06", "--out", str(out), "--json")
    assert done.exit_code == 0
    shown = json.loads(done.stdout)
    assert list(shown) == KEYS
    assert list(shown["baseline_due_date"]) == ["mae_days", "median_ae_days", "within_3_days"]
    assert (shown["n"], shown["baseline_due_date"]["mae_days"], shown["baseline_customer_median"]["mae_days"]) == (26, 5.0, 0.0)
    assert shown["mae_days"] < 1
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == ["row", "predicted_on", "p10", "p25", "p50", "p75", "p90"]
    lines = table.read_text(encoding="utf-8").splitlines()
    off = []
    for row in rows:
        _, due, paid, _ = lines[int(row["row"]) - 1].split(",")
        due_on, paid_on = (date(int(text[6:]), int(text[3:5]), int(text[:2])) for text in (due, paid))
        assert date.fromisoformat(row["predicted_on"]) == due_on - timedelta(days=15)
        assert row["predicted_on"] <= row["p10"] <= row["p25"] <= row["p50"] <= row["p75"] <= row["p90"]
        off.append(abs((date.fromisoformat(row["p50"]) - paid_on).days))
    assert sum(off) / len(off) == pytest.approx(shown["mae_days"], abs=1e-4)


def test_the_table_for_people(call: Any, table: Path):
    done = call(table, "--from", "2025-10-06")
    assert done.exit_code == 0
    assert "26 predicted, 104 paid rows, 1 open rows left out" in done.stdout


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--from", "2030-01-01"], "2030"),
        (["--from", "2025-10-06", "--issued-column", "issued"], "issued"),
        (["--from", "2025-10-06", "--amount-column", "who"], "2"),
    ],
)
def test_refusals(call: Any, table: Path, more: list[str], said: str):
    done = call(table, *more, "--json", "--lang", "en")
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_bad_row_is_named(call: Any, table: Path):
    table.write_text(table.read_text(encoding="utf-8") + "Dupont,soon,,1\n", encoding="utf-8")
    done = call(table, "--from", "2025-10-06", "--lang", "en")
    assert done.exit_code == 2
    assert "Line 107" in done.stderr
