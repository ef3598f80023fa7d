"""The pages people open all day: 200 requests by 8 clients against the server as run.py starts it, at rest and while
another process takes in one export after the other. Baseline: a signed-in hello page on the same base template."""

from __future__ import annotations

import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.ground import ON, ROOT, Ground, environment
from bench.load import Answers, ask
from bench.table import Row, ms, percentile

PORT = 7811
ROUNDS = 3
MOST_QUERIES = 12
WORST_RATIO, WORST_SLOWDOWN = 4.0, 3.0
PAGES = {
    "Home": ("home.index", {}),
    "Customer list": ("customers.index", {}),
    "Customer card": ("customers.show", {"customer_id": 0}),
    "Aged balance": ("ageing.index", {}),
    "Forecast grid": ("forecast.index", {}),
}


def measure(ground: Ground) -> list[Row]:
    """Rows for each page: against hello with a sync running, against itself at rest; queries; locks."""
    paths, queries = _look(ground)
    paths = {"Hello": "/bench/hello", **paths}
    with tempfile.TemporaryDirectory(prefix="encours-bench-") as name:
        data = Path(name) / "data"
        shutil.copytree(ground.full, data)
        log = Path(name) / "server.log"
        with _running([sys.executable, "-m", "bench.server"], data, log):
            _wait()
            rest, wrong = _rounds(paths, ground.cookie)
            with _running(
                [sys.executable, "-m", "bench.syncing", str(ground.earlier), str(ground.fec)], data, Path(name) / "sync.log"
            ):
                time.sleep(2)
                busy, more = _rounds(paths, ground.cookie)
        said = log.read_text(encoding="utf-8", errors="replace") + (Path(name) / "sync.log").read_text(encoding="utf-8")
    wrong += more
    locked = said.count("database is locked") + sum("database is locked" in text for text in wrong)
    for text in wrong[:3]:
        print(text, file=sys.stderr)
    rows = [
        Row(
            f"{page}, p95, 8 clients, a sync running",
            ms(busy[page]),
            f"hello {ms(busy['Hello'])}",
            busy[page] / busy["Hello"],
            WORST_RATIO,
        )
        for page in PAGES
    ]
    rows += [
        Row(
            f"{page}, p95 while a sync runs",
            ms(busy[page]),
            f"at rest {ms(rest[page])}",
            busy[page] / rest[page],
            WORST_SLOWDOWN,
        )
        for page in PAGES
    ]
    for page, count in queries.items():
        rows.append(Row(f"{page}, queries", str(count), "", count, MOST_QUERIES, "queries"))
    rows.append(Row("Answers that were no page", str(len(wrong)), "", len(wrong), 0, ""))
    rows.append(Row("“database is locked”", str(locked), "", locked, 0, ""))
    return rows


def _rounds(paths: dict[str, str], cookie: str) -> tuple[dict[str, float], list[str]]:
    """Median over the rounds of the p95 of each page; what was not a page."""
    found: dict[str, list[float]] = {page: [] for page in paths}
    wrong: list[str] = []
    for path in paths.values():  # once for caches and compiled templates
        wrong += ask(PORT, path, cookie, requests=8).wrong
    for _ in range(ROUNDS):
        for page, path in paths.items():
            answers: Answers = ask(PORT, path, cookie)
            found[page].append(percentile(answers.times, 0.95))
            wrong += answers.wrong
    return {page: statistics.median(values) for page, values in found.items()}, wrong


def _look(ground: Ground) -> tuple[dict[str, str], dict[str, int]]:
    """The path of each page, and how many statements it takes, counted in this process."""
    from app import create_app
    from bench.server import add_hello
    from extensions import db
    from models import Item

    app = add_hello(create_app())
    counted: list[str] = []

    def count(*arguments: Any) -> None:
        statement = str(arguments[2])
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            counted.append(statement)

    with app.app_context():
        sa.event.listen(db.engine, "before_cursor_execute", count)
        owes = sa.func.sum(Item.open_cents)
        largest = sa.select(Item.customer_id).where(Item.open_cents > 0, Item.due_on < ON).group_by(Item.customer_id)
        customer_id = db.session().scalar(largest.order_by(owes.desc()).limit(1))
        db.session.remove()
    with app.test_request_context():
        from flask import url_for

        paths = {page: url_for(endpoint, **dict.fromkeys(values, customer_id)) for page, (endpoint, values) in PAGES.items()}
    client = app.test_client()
    name, _, value = ground.cookie.partition("=")
    client.set_cookie(name, value)
    queries: dict[str, int] = {}
    for page, path in paths.items():
        for _ in range(2):
            counted.clear()
            answer = client.get(path)
        queries[page] = len(counted)
        if answer.status_code != 200:
            print(f"{page}: {answer.status}", file=sys.stderr)
    with app.app_context():
        db.engine.dispose()
    return paths, queries


@contextmanager
def _running(command: list[str], data: Path, log: Path) -> Iterator[None]:
    """A process of the bench's own, stopped at the end."""
    with log.open("w", encoding="utf-8") as file:
        child = subprocess.Popen(command, env=environment(data, PORT), cwd=ROOT, stdout=file, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            child.terminate()
            child.wait(60)


def _wait() -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the server did not start")
