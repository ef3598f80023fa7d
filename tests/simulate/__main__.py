"""python -m tests.simulate LIVES SEED: so many years of 200 customers; the seeds of those with a breach, exit code 1."""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.simulate.world import Size, simulate


def main(lives: int, first: int) -> int:
    logging.disable(logging.ERROR)  # deaths are said loudly
    broken = 0
    for seed in range(first, first + lives):
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            world = simulate(Path(folder), seed, Size())
        spent = time.monotonic() - started
        found = f"{len(world.guids)} accepted, {world.fate.deaths} deaths, {world.states}, {spent:.0f} s"
        print(f"seed {seed}: {found}", flush=True)
        for breach in world.breaches[:20]:
            print(f"  BREACH {breach}", flush=True)
        broken += bool(world.breaches)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
