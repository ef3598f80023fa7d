"""`python -m tests.services.killed_sync KIND FILE KILLS SEED`: takes a file in and is killed (-9), again and again.

The application is loaded and the file read once; then every attempt is a fork that writes into a fresh copy of the data
folder's database and is killed at a random point of its time. Prints, as JSON, how often all rows were there afterwards,
how often none, and what else was found (which must be nothing)."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

import config
from app import create_app
from extensions import db
from models import Company
from services import incoming
from tests.conftest import NOW, TODAY

TABLES = (
    "customer", "item", "allocation", "bank_account", "bank_statement", "bank_movement", "bank_match", "payer_account", "sync",
    "audit_entry",
)  # fmt: skip


def _counts() -> list[int]:
    from pysqlite3 import dbapi2

    connection = dbapi2.connect(config.settings().data / "encours.db")
    found = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert not connection.execute("PRAGMA foreign_key_check").fetchall()
    connection.close()
    return found


def _checkpoint(database: Path) -> None:
    """Everything in the one file that is copied."""
    from pysqlite3 import dbapi2

    connection = dbapi2.connect(database)
    assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    connection.close()


def _take(file: Path, read: incoming.Read) -> None:
    session = db.session()
    company = session.query(Company).one()
    incoming.take_in(session, company, file, file.name, None, NOW, TODAY, folder=config.settings().data, file=read)
    session.commit()


def _forked(file: Path, read: incoming.Read, patience: float) -> float:
    """Seconds until the fork ended or was killed."""
    began = time.perf_counter()
    child = os.fork()
    if not child:
        try:
            _take(file, read)
            os._exit(0)
        finally:
            os._exit(1)
    deadline = began + patience
    while not os.waitpid(child, os.WNOHANG)[0]:
        if time.perf_counter() >= deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            break
        time.sleep(0.001)
    return time.perf_counter() - began


def main() -> None:
    """Measure one whole run, then kill as many as asked."""
    file, kills, dice = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    database = config.settings().data / "encours.db"
    kept = database.with_name("kept.db")
    with create_app().app_context():
        company = db.session().query(Company).one()
        how = incoming.how_of(company, TODAY, 10_000_000)
        db.session.remove()
        db.engine.dispose()
        read = incoming.read(file, file.name, how)
        _checkpoint(database)
        shutil.copy(database, kept)
        nothing = _counts()
        whole_time = _forked(file, read, 120)
        whole = _counts()
        ends = {"all": 0, "nothing": 0}
        between = []
        for _ in range(kills):
            for end in ("-wal", "-shm"):
                database.with_name(database.name + end).unlink(missing_ok=True)
            shutil.copy(kept, database)
            _forked(file, read, dice.uniform(0, 1.05 * whole_time))
            found = _counts()
            if found == whole:
                ends["all"] += 1
            elif found == nothing:
                ends["nothing"] += 1
            else:
                between.append(found)
    print(json.dumps({**ends, "between": between, "nothing_is": nothing, "all_is": whole}))


if __name__ == "__main__":
    main()
