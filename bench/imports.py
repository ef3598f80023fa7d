"""A FEC of a million lines, 200,000 of them on customer accounts, into an empty and into a loaded company.

Baseline: the csv module reads the file, executemany puts the same customer lines into a bare table of the same library
with the same durability. Ours: the product's sync, child process, settling, undo and audit included, until committed.
Both in processes of their own, timed inside; the loaded company holds the export of a fortnight before."""

from __future__ import annotations

import csv
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.ground import ROOT, Ground, environment
from bench.table import Row, seconds, took

ROUNDS = 3
COLUMNS = 18


def measure(ground: Ground) -> list[Row]:
    """Both rows of the table."""
    taken: dict[str, list[float]] = {"bare": [], "empty": [], "loaded": []}
    with tempfile.TemporaryDirectory(prefix="encours-bench-") as name:
        folder = Path(name)
        for _ in range(ROUNDS):
            for work, times in taken.items():
                shutil.rmtree(folder / work, ignore_errors=True)
                if work == "bare":
                    (folder / work).mkdir()
                else:
                    shutil.copytree(ground.empty if work == "empty" else ground.loaded, folder / work)
                times.append(_timed(work, folder / work, ground.fec))
    base, empty, loaded = (statistics.median(times) for times in taken.values())
    lines = f"FEC of {ground.scale.fec_lines:,} lines".replace(",", " ")
    return [
        Row(f"{lines}, into an empty company", seconds(empty), seconds(base), empty / base, 3),
        Row(f"{lines}, into a loaded company", seconds(loaded), seconds(base), loaded / base, 4),
    ]


def _timed(work: str, folder: Path, fec: Path) -> float:
    command = [sys.executable, "-m", "bench.imports", work, str(folder), str(fec)]
    done = subprocess.run(command, check=True, env=environment(folder), cwd=ROOT, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def bare(fec: Path, database: Path) -> None:
    """Nothing but reading and writing the customer lines."""
    from pysqlite3 import dbapi2

    connection = dbapi2.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"CREATE TABLE line ({', '.join(f'c{i} TEXT' for i in range(COLUMNS))})")
    with fec.open(encoding="iso-8859-15", newline="") as file:
        reader = csv.reader(file, delimiter="\t")
        next(reader)
        rows = [row for row in reader if row[4].startswith(("411", "413", "416"))]
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(f"INSERT INTO line VALUES ({', '.join('?' * COLUMNS)})", rows)
    connection.execute("COMMIT")
    connection.close()


def main() -> None:
    """One run, in this process; prints the seconds it took."""
    work, folder, fec = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if work == "bare":
        print(took(lambda: bare(fec, folder / "bare.db")))
        return
    from app import create_app
    from bench.build import take

    with create_app().app_context():
        print(took(lambda: take(fec)))


if __name__ == "__main__":
    main()
