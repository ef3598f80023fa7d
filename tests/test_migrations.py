"""Migrations: an empty file becomes today's tables, downwards too, and an existing ledger survives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def flask(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ENCOURS_DATA": str(data), "FLASK_APP": "app:create_app"}
    environment.pop("ENCOURS_SECRET_KEY", None)
    return subprocess.run(
        [sys.executable, "-m", "flask", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )


def test_up_matches_the_models_and_down_leaves_nothing(tmp_path: Path):
    assert flask(tmp_path, "db", "upgrade").returncode == 0
    check = flask(tmp_path, "db", "check")
    assert check.returncode == 0, check.stdout + check.stderr
    assert flask(tmp_path, "db", "downgrade", "base").returncode == 0
    assert flask(tmp_path, "db", "upgrade").returncode == 0


@pytest.mark.parametrize("value", ["short", "x" * 31])
def test_a_weak_key_stops_the_start(tmp_path: Path, value: str):
    environment = {**os.environ, "ENCOURS_DATA": str(tmp_path), "ENCOURS_SECRET_KEY": value}
    done = subprocess.run(
        [sys.executable, "-c", "import config; config.settings()"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode != 0 and "32 characters" in done.stderr


def test_secrets_and_data_are_readable_by_their_owner_only(tmp_path: Path):
    data = tmp_path / "new"
    flask(data, "routes")
    assert (data / "secret.key").stat().st_mode & 0o777 == 0o600
    assert data.stat().st_mode & 0o777 == 0o700
