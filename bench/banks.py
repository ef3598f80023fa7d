"""Bank files of 50,000 movements into a company with 40,000 open items: CAMT.053 and CODA.

Baseline: the same CAMT parsed by lxml; the lines of the same CODA cut into their fields. Ours: the product's command as a
person types it: read and matched (with --dry-run); then the same with all that follows, writing, learning and the decision
about all customers concerned, until committed. Then the same file once more, and once more with other bytes that say the
same.

Each run is a process of its own on a fresh copy of the company and says how much of the processor it and its children
used: what else runs on the machine lengthens every clock, this least."""

from __future__ import annotations

import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.bank_world import LAST
from bench.ground import COMPANY, ROOT, Ground, environment
from bench.table import Row, seconds

ROUNDS = 3
MATCHING = 2.0  # seconds of matching granted beside the multiple of the baseline
READ_AGAIN = 0.5  # of the first import: other bytes must be read to be known again, but nothing is matched or written
FIELDS = {
    "0": (1, 5, 11, 14, 16, 17, 24, 34, 60, 71, 82, 83, 88, 104, 120, 127),
    "1": (1, 2, 5, 42, 43, 58, 64, 90, 125),
    "21": (2, 6, 10, 31, 32, 47, 53, 54, 56, 58, 61, 62, 115, 121, 124, 125, 127),
    "22": (2, 6, 10, 63, 98, 109, 112, 113, 117, 121, 125, 127),
    "23": (2, 6, 10, 44, 47, 82, 125, 127),
    "8": (1, 4, 41, 42, 57, 63, 127),
    "9": (1, 16, 22, 37, 52, 127),
}
"""Where the fields of CODA records end (Febelfin, version 2)."""


def measure(ground: Ground) -> list[Row]:
    """Four rows for each of the two formats."""
    return [row for name in ("camt", "coda") for row in _format(ground, name)]


def _format(ground: Ground, name: str) -> list[Row]:
    taken: dict[str, list[float]] = {"bare": [], "read": [], "first": [], "same": [], "other": []}
    counts: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="encours-bench-") as folder:
        data, other = Path(folder) / "data", Path(folder) / f"other.{name}"
        file = ground.bank / f"bank.{name}"
        other.write_bytes(_rewritten(file.read_bytes(), name))
        for _ in range(ROUNDS):
            taken["bare"].append(_run("bare", data, file)["seconds"])
            shutil.rmtree(data, ignore_errors=True)
            shutil.copytree(ground.bank, data)
            for work, path in (("read", file), ("first", file), ("same", file), ("other", other)):
                said = _run("read" if work == "read" else "take", data, path)
                if said["new"] != (said["movements"] if work in ("read", "first") else 0):
                    raise SystemExit(f"{path.name}, {work}: {said}")
                taken[work].append(said["seconds"])
                counts = said if work == "first" else counts
    base, read, first, same, again = (statistics.median(times) for times in taken.values())
    many = f"{counts['movements']:,}".replace(",", " ")
    shown = f"{'CAMT.053' if name == 'camt' else 'CODA'} of {many} movements"
    applied = f"{seconds(first)} − 2 s, {counts['matched']:,} applied".replace(",", " ")
    return [
        Row(f"{shown}, read and matched", f"{seconds(read)} − 2 s", seconds(base), (read - MATCHING) / base, 5),
        Row(f"{shown}, until committed", applied, seconds(base), (first - MATCHING) / base, 5),
        Row(f"{shown}, the same file again", seconds(same), seconds(first), same / first, 0.2),
        Row(f"{shown}, again in other bytes", seconds(again), seconds(first), again / first, READ_AGAIN),
    ]


def _rewritten(data: bytes, name: str) -> bytes:
    """The same statements in other bytes: with a remark, with an empty line."""
    if name == "coda":
        return data + b"\r\n"
    head, mark, rest = data.partition(b"?>\n")
    return head + mark + b"<!-- printed once more -->\n" + rest


def _run(work: str, folder: Path, file: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.banks", work, str(file)]
    surroundings = {**environment(folder), "ENCOURS_TODAY": LAST.isoformat()}
    done = subprocess.run(command, check=True, env=surroundings, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


def bare(file: Path) -> object:
    """Nothing but parsing, or cutting lines into fields."""
    if file.suffix == ".camt":
        from lxml import etree

        return etree.parse(file)
    cuts = {kind: [slice(a, b) for a, b in zip((0, *ends), ends, strict=False)] for kind, ends in FIELDS.items()}
    records = []
    for line in file.read_text(encoding="cp1252").splitlines():
        fields = cuts.get(line[0]) or cuts[line[:2]]
        records.append([line[field] for field in fields])
    return records


def _take(file: Path, *more: str) -> dict[str, float]:
    """The command, as it is typed; its counts."""
    from app import create_app

    runner = create_app().test_cli_runner()
    told: dict[str, float] = {}

    def typed() -> None:
        done = runner.invoke(args=["sync", "bank", str(file), "--company", COMPANY, "--json", *more])
        if done.exit_code:
            raise SystemExit(f"{file.name}: {done.output}") from done.exception
        told.update({name: value for name, value in json.loads(done.stdout).items() if isinstance(value, int)})

    spent = processor(typed)
    return told | {"seconds": spent}


def processor(work: Callable[[], object]) -> float:
    """Seconds of the processor one run used, in this process and its children."""
    before = _used()
    work()
    return _used() - before


def _used() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def main() -> None:
    """One run, in this process; prints what it used."""
    work, file = sys.argv[1], Path(sys.argv[2])
    if work == "bare":
        if file.suffix == ".camt":
            import lxml.etree  # noqa: F401 - before the clock starts
        print(json.dumps({"seconds": processor(lambda: bare(file))}))
    else:
        print(json.dumps(_take(file, *(["--dry-run"] if work == "read" else []))))


if __name__ == "__main__":
    main()
