"""What the bench stands on: generated once, kept in the user's cache folder, found again by what it was made from.

Files depend on the generator only; databases on every module that reads, writes or decides."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ON = date(2026, 11, 20)
EARLIER = ON - timedelta(days=14)
NOW = datetime.combine(ON, time(7, 0), UTC)
COMPANY = "BENCH"
PASSWORD_HOURS = 24


@dataclass(frozen=True, slots=True)
class Scale:
    """How large the company is."""

    customers: int = 20_000
    items: int = 200_000
    open_items: int = 40_000
    fec_lines: int = 1_000_000

    @property
    def mails(self) -> int:
        return min(1000, self.customers // 8)

    @property
    def letters(self) -> int:
        return min(100, self.customers // 50)

    @property
    def name(self) -> str:
        return f"{self.customers}-{self.items}-{self.open_items}-{self.fec_lines}"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where things are: the two exports, the third parties, and the data folders made from them."""

    scale: Scale
    folder: Path

    @property
    def fec(self) -> Path:
        """The FEC of the running year on the last day."""
        return self.folder / "files" / "000000000FEC20261120.txt"

    @property
    def earlier(self) -> Path:
        """The same FEC a fortnight before."""
        return self.folder / "files" / "000000000FEC20261106.txt"

    @property
    def parties(self) -> Path:
        return self.folder / "files" / "tiers.xlsx"

    @property
    def empty(self) -> Path:
        """An instance with the company and no customers."""
        return self.folder / "empty"

    @property
    def loaded(self) -> Path:
        """The same after the earlier export."""
        return self.folder / "loaded"

    @property
    def full(self) -> Path:
        """The company with its third parties, the last export, its worklist, and a signed-in accountant."""
        return self.folder / "full"

    @property
    def bank(self) -> Path:
        """A company with the open items of a generated year, and beside it the statements of its bank."""
        return self.folder / "bank"

    @property
    def demo(self) -> Path:
        """An instance with the demo companies, as `make run` makes them."""
        return self.folder / "demo"

    @property
    def cookie(self) -> str:
        return (self.full / "cookie.txt").read_text(encoding="utf-8").strip()


def cache_folder() -> Path:
    """Outside the checkout: nothing is written into the repository."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "encours-bench"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def environment(data: Path, port: int = 7890) -> dict[str, str]:
    """How a process of the bench sees the world: one instance, the bench's day."""
    return {
        **os.environ,
        "ENCOURS_DATA": str(data),
        "ENCOURS_TODAY": ON.isoformat(),
        "ENCOURS_PORT": str(port),
        "ENCOURS_SECRET_KEY": "the bench needs no secret, but a long one",
        "ENCOURS_SESSION_HOURS": "240",
        "ENCOURS_IDLE_MINUTES": "100000",
        "FLASK_APP": "app:create_app",
        "PYTHONPATH": str(ROOT),
    }


def digest(*patterns: str) -> str:
    """A short name for the present text of some source files."""
    found = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            found.update(path.read_bytes())
    return found.hexdigest()[:12]


def prepare(scale: Scale, loaded: bool = True, full: bool = True, demo: bool = True, bank: bool = True) -> Ground:
    """What the areas need, made where it is missing or out of date."""
    ground = Ground(scale, cache_folder() / scale.name)
    ground.folder.mkdir(mode=0o700, exist_ok=True)
    _step(ground, "files", digest("services/demo_*.py", "rules/terms.py"), "two exports of a million lines")
    code = digest("models/*.py", "services/*.py", "rules/*.py", "integrations/ledgers/*.py", "migrations/versions/*.py")
    _step(ground, "empty", code, "an empty instance")
    if loaded:
        _step(ground, "loaded", code, "an instance with the earlier export")
    if full:
        _step(ground, "full", code, "the company of the bench")
    if bank:
        _step(ground, "bank", code + digest("bench/bank_*.py", "bench/build.py"), "a company and its bank")
    if demo:
        _step(ground, "demo", code, "the demo company")
    return ground


def _step(ground: Ground, name: str, made_from: str, what: str) -> None:
    folder, mark = ground.folder / name, ground.folder / f"{name}.json"
    if mark.exists() and json.loads(mark.read_text(encoding="utf-8")) == made_from and folder.exists():
        return
    print(f"making {what} …", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    scale = ground.scale
    arguments = [scale.customers, scale.items, scale.open_items, scale.fec_lines]
    command = [sys.executable, "-m", "bench.build", name, *map(str, arguments)]
    subprocess.run(command, check=True, env=environment(folder), cwd=ROOT, stdout=subprocess.DEVNULL)
    mark.write_text(json.dumps(made_from), encoding="utf-8")
