"""Rows of the result: what was measured, against what, what it must reach, and whether it does."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `value` must be ≤ `limit`, or ≥ it when `at_least`."""

    work: str
    ours: str
    baseline: str
    value: float
    limit: float
    unit: str = "×"
    at_least: bool = False

    @property
    def good(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def show(rows: list[Row]) -> None:
    """Print rows as a table."""
    header = ("work", "ours", "baseline", "reached", "must reach", "")
    lines = [
        (
            row.work, row.ours, row.baseline, _number(row.value, row.unit),
            f"{'≥' if row.at_least else '≤'} {_number(row.limit, row.unit)}", "pass" if row.good else "FAIL",
        )
        for row in rows
    ]  # fmt: skip
    widths = [max(len(line[i]) for line in [header, *lines]) for i in range(6)]
    for line in (header, tuple("-" * w for w in widths), *lines):
        cells = [cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True))]
        print("  ".join(cells).rstrip())


def _number(value: float, unit: str) -> str:
    if unit == "%":
        return f"{value * 100:.0f} %"
    return f"{value:.2f}{unit}" if unit == "×" else f"{value:,.0f} {unit}".replace(",", " ")


def took(work: Callable[[], object]) -> float:
    """Seconds of one run."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def interleaved(times: int, **works: Callable[[], object]) -> dict[str, float]:
    """Median seconds of each work, run turn by turn so that a slow moment hits all alike."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(times):
        for name, work in works.items():
            taken[name].append(took(work))
    return {name: statistics.median(times) for name, times in taken.items()}


def percentile(values: list[float], share: float) -> float:
    """The value below which a share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def seconds(value: float) -> str:
    return f"{value:.2f} s"
