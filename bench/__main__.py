"""`python -m bench [area …]`: measures, prints the table, fails when a row does.

Each area runs in a process of its own, so that none inherits another's memory or caches."""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from dataclasses import asdict
from importlib import import_module

from bench.ground import ROOT, Ground, Scale, cache_folder, environment, prepare
from bench.table import Row, show

AREAS = ("imports", "pages", "deciding", "prediction", "mail", "letters", "matching", "banks", "memory")
MARK = "rows:"


def main() -> int:
    """Parse, prepare, measure, show."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Speed as ratios against baselines of the same run.")
    parser.add_argument("areas", nargs="*", metavar="area", help=f"of {', '.join(AREAS)}; all when none is named")
    parser.add_argument("--small", action="store_true", help="a tenth of the size: to try the bench itself, not to judge by")
    parser.add_argument("--inside", metavar="AREA", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    scale = Scale(2_000, 20_000, 4_000, 100_000) if chosen.small else Scale()
    if chosen.inside:
        return _inside(chosen.inside, scale)
    unknown = set(chosen.areas) - set(AREAS)
    if unknown:
        parser.error(f"no such area: {', '.join(sorted(unknown))}")
    start = time.monotonic()
    areas = chosen.areas or list(AREAS)
    if areas == ["matching"]:  # stands on no company
        ground = Ground(scale, cache_folder() / scale.name)
    else:
        full = bool(set(areas) - {"imports", "matching", "banks", "memory"})
        ground = prepare(scale, "imports" in areas, full, "memory" in areas, "banks" in areas)
    rows: list[Row] = []
    for area in areas:
        print(f"{area} …", file=sys.stderr, flush=True)
        rows += _outside(area, ground, chosen.small)
    size = f"{scale.customers:,} customers, {scale.items:,} items of which {scale.open_items:,} open".replace(",", " ")
    print(f"\n{size}; Python {platform.python_version()}; {time.monotonic() - start:.0f} s\n")
    show(rows)
    return 0 if all(row.good for row in rows) else 1


def _outside(area: str, ground: Ground, small: bool) -> list[Row]:
    command = [sys.executable, "-m", "bench", "--inside", area, *(["--small"] if small else [])]
    done = subprocess.run(command, env=environment(ground.full), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    found = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    if done.returncode or not found:
        return [Row(f"{area}: did not run (exit code {done.returncode})", "", "", 1, 0, "")]
    return [Row(**values) for values in json.loads(found[-1][len(MARK) :])]


def _inside(area: str, scale: Scale) -> int:
    ground = Ground(scale, cache_folder() / scale.name)
    rows: list[Row] = import_module(f"bench.{area}").measure(ground)
    print(MARK + json.dumps([asdict(row) for row in rows]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
