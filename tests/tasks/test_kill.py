"""kill -9 of the worker, thirty times at random moments of a run of 500 messages (reliability.md R1).

Accepted twice: none. Lost: none. Every message in a state; those whose answer nobody heard are listed as unknown."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Action, Base, Message, Outbox
from models.message_lists import MessageFilters, message_page
from tests.tasks.sending_world import make_company, make_customer, make_engine, queue_all, states

ROOT = Path(__file__).resolve().parent.parent.parent
MESSAGES, KILLS, SEED = 500, 30, 20261120


def prepare(folder: Path, port: int) -> None:
    engine = make_engine(folder / "encours.db")
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        company = make_company(session, smtp_host="127.0.0.1", smtp_port=port, smtp_security="none")
        for number in range(MESSAGES):
            make_customer(session, company, number)
        queue_all(session, company)
    engine.dispose()


def run(folder: Path, seed: int) -> list[str]:
    """The Message-IDs accepted by the server, in order, after thirty deaths and one quiet end."""
    accepted = folder / "accepted.txt"
    python = [sys.executable, "-m"]
    server = subprocess.Popen(
        [*python, "tests.tasks.recording_server", str(accepted), str(seed)], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert server.stdout is not None and server.stdin is not None
        prepare(folder, int(server.stdout.readline()))
        subprocess.run(
            [*python, "tests.tasks.killed_worker", str(folder), str(KILLS), str(seed)], cwd=ROOT, check=True, timeout=240
        )
    finally:
        server.communicate(timeout=20)
    return accepted.read_text().split()


def test_killed_thirty_times_nothing_is_sent_twice_and_nothing_is_lost(tmp_path: Path):
    accepted = run(tmp_path, SEED)
    engine = make_engine(tmp_path / "encours.db")
    with Session(engine) as session:
        rows = {
            m: (state, attempts)
            for m, state, attempts in session.execute(sa.select(Message.message_id, Message.state, Message.attempts))
        }
        assert len(rows) == MESSAGES
        found = states(session)
        assert set(found) <= {"sent", "unknown"}, found
        twice = [name for name, times in Counter(accepted).items() if times > 1]
        assert twice == []
        assert {name for name, (state, _) in rows.items() if state == "sent"} <= set(accepted)  # sent is accepted
        assert {name for name in accepted if rows[name][0] not in ("sent", "unknown")} == set()  # accepted is told
        listed = message_page(session, 1, MessageFilters("unknown")).total
        assert listed == found.get("unknown", 0) <= KILLS  # at most the one under way at each death
        assert found["sent"] + listed == MESSAGES
        assert set(session.scalars(sa.select(Action.state))) <= {"done", "unknown"}
        assert session.scalars(sa.select(Outbox.state)).one() == "done"
    engine.dispose()
