"""Five short lives of a company with a misbehaving mail server and a dying worker (reliability.md R1, R9, R11, L6); `make simulate`
lives long ones."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.simulate.world import Size, simulate


@pytest.mark.parametrize("seed", range(1, 6))
def test_r1_r9_r11_l6_no_promise_is_broken(tmp_path: Path, seed: int):
    logging.disable(logging.CRITICAL)
    try:
        world = simulate(tmp_path, seed, Size(customers=60, days=8, invoices=0.3))
    finally:
        logging.disable(logging.NOTSET)
    assert world.breaches == [] and world.guids
    print(f"seed {seed}: {len(world.guids)} accepted, {world.fate.deaths} deaths, {world.states}")
