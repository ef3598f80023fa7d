"""Memory at rest: what web, worker and the process above them hold (PSS) with the demo company, after some pages were asked."""

from __future__ import annotations

import http.client
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.ground import ROOT, Ground, environment
from bench.table import Row

PORT = 7831
LIMIT_MIB = 200
REST = 12  # seconds


def measure(ground: Ground) -> list[Row]:
    """One row of the table."""
    with tempfile.TemporaryDirectory(prefix="encours-bench-") as name:
        data = Path(name) / "data"
        shutil.copytree(ground.demo, data)
        log = (Path(name) / "log").open("w", encoding="utf-8")
        child = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment(data, PORT), stdout=log, stderr=log)
        try:
            _visit()
            time.sleep(REST)
            held = {pid: _pss(pid) for pid in [child.pid, *_children(child.pid)]}
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(60)
            log.close()
    total = sum(held.values()) / 1024
    parts = " + ".join(f"{kib / 1024:.0f}" for kib in held.values())
    return [Row("Memory at rest, run.py + web + worker (PSS)", f"{parts} MiB", "", total, LIMIT_MIB, "MiB")]


def _visit() -> None:
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
            for path in ("/login", "/health", "/static/app.css"):
                connection.request("GET", path)
                connection.getresponse().read()
            connection.close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("run.py did not start")


def _children(pid: int) -> list[int]:
    """All processes below one."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found += [int(entry.name), *_children(int(entry.name))]
    return found


def _pss(pid: int) -> int:
    """KiB of a process, shared pages divided among those who share them."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    match = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
    assert match is not None
    return int(match[1])
