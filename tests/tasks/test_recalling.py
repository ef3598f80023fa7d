"""A restored copy sends nothing again: the journal knows what has left (reliability.md R8); a standstill holds what waited (R9)."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from integrations.channels.journal import told_since
from models import Action, Base, Company, Customer, Message, Pause, User
from models.pausing import pause_of
from services import brakes, worklist
from tasks import sending, sweeper
from tests.tasks.sending_world import (
    NOW,
    TODAY,
    Clock,
    ScriptedServer,
    make_company,
    make_customer,
    make_engine,
    make_post,
    queue_all,
    states,
)  # fmt: skip
from tests.tasks.test_sending import send, smtp

MESSAGES = 50


def live_on(folder: Path, server: ScriptedServer, queued_before: bool, clock: Clock) -> None:
    """A company whose database is copied, then sends to everybody, then finds the copy in its place."""
    engine = make_engine(folder / "encours.db")
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        company = make_company(session, created_at=NOW - timedelta(days=300), **smtp(server))
        for number in range(MESSAGES):
            make_customer(session, company, number)
        session.flush()
        worklist.refresh(session, company, None, TODAY)
        if queued_before:
            queue_all(session, company)
    copy(engine, folder / "encours.db", folder / "copy.db")
    if not queued_before:
        with Session(engine) as session, session.begin():
            queue_all(session, session.scalars(sa.select(Company)).one())
    post = make_post(folder, engine, clock)
    send(post)
    post.journal.close()
    with Session(engine) as session:
        assert states(session) == {"sent": MESSAGES}
    engine.dispose()
    for end in ("", "-wal", "-shm"):
        (folder / f"encours.db{end}").unlink(missing_ok=True)
    shutil.copy(folder / "copy.db", folder / "encours.db")


def copy(engine: sa.Engine, path: Path, target: Path) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    shutil.copy(path, target)


@pytest.mark.parametrize("queued_before", [True, False], ids=["queued in the copy", "queued after the copy"])
def test_r8_a_restored_copy_sends_nothing_again(tmp_path: Path, queued_before: bool):
    clock = Clock(NOW + timedelta(seconds=121))
    with ScriptedServer() as server:
        live_on(tmp_path, server, queued_before, clock)
        assert len(server.accepted) == MESSAGES
        clock.pass_by(hours=2)
        engine = make_engine(tmp_path / "encours.db")
        post = make_post(tmp_path, engine, clock)
        sweeper.start(post)
        send(post)
        with Session(engine) as session, session.begin():
            company = session.scalars(sa.select(Company)).one()
            pause = pause_of(session, company.id)
            assert pause is not None and pause.kind == "restored"
            assert pause.facts["marked" if queued_before else "added"] == MESSAGES and pause.facts["strange"] == 0
            assert states(session) == {"sent": MESSAGES}
            assert set(session.scalars(sa.select(Action.state))) == {"done"}
            actor = User(email="a@example.org", name="A", role="accountant", created_at=NOW)
            session.add(actor)
            session.flush()
            brakes.resume(session, company, actor.id, clock())
            worklist.suspect(session, company, TODAY)
            worklist.refresh(session, company, None, TODAY)
            assert not [p for p in worklist.preview(session, company, TODAY) if p.held is None]
        for _ in range(3):
            send(post)
            clock.pass_by(hours=1)
        sweeper.start(post)  # a second start finds nothing more
        with Session(engine) as session:
            assert session.scalar(sa.select(sa.func.count()).select_from(Pause)) == 1
        assert len(server.accepted) == MESSAGES and max(Counter(server.accepted).values()) == 1
        print(f"R8: {MESSAGES} sent after the copy, 0 sent again, {MESSAGES} marked")
        post.journal.close()
        engine.dispose()


def test_r8_what_cannot_be_found_any_more_is_named(tmp_path: Path):
    clock = Clock(NOW + timedelta(seconds=121))
    with ScriptedServer() as server:
        live_on(tmp_path, server, False, clock)
        engine = make_engine(tmp_path / "encours.db")
        with Session(engine) as session, session.begin():
            session.delete(session.scalars(sa.select(Customer).where(Customer.code == "C00007")).one())
        post = make_post(tmp_path, engine, clock)
        found = sending.reconcile(post)
        assert [f.added for f in found.values()] == [MESSAGES - 1]
        assert [f.names for f in found.values()] == [["compta7@client.example"]]
        assert sending.reconcile(post) == {}
        post.journal.close()
        engine.dispose()


def test_a_journal_that_agrees_holds_nothing_and_is_read_once(tmp_path: Path):
    clock = Clock(NOW + timedelta(seconds=121))
    with ScriptedServer() as server:
        engine = make_engine(tmp_path / "encours.db")
        Base.metadata.create_all(engine)
        with Session(engine) as session, session.begin():
            company = make_company(session, **smtp(server))
            make_customer(session, company, 1)
            queue_all(session, company)
        post = make_post(tmp_path, engine, clock)
        send(post)
        told = told_since(post.journal.path, 0)
        assert [(t.state, t.recipient, t.attempt) for t in told] == [("sent", "compta1@client.example", 1)]
        sweeper.sweep(post, lambda company_id: None)
        sweeper.start(post)
        with Session(engine) as session:
            assert session.scalars(sa.select(Pause)).all() == []
            assert told_since(post.journal.path, session.execute(sa.text("SELECT size FROM journal_mark")).scalar_one()) == []
        post.journal.close()
        engine.dispose()


def test_r9_after_a_long_standstill_what_waited_is_held(tmp_path: Path):
    clock = Clock()
    with ScriptedServer() as server:
        engine = make_engine(tmp_path / "encours.db")
        Base.metadata.create_all(engine)
        with Session(engine) as session, session.begin():
            company = make_company(session, **smtp(server))
            make_customer(session, company, 1)
            queue_all(session, company)
        post = make_post(tmp_path, engine, clock)
        sweeper.sweep(post, lambda company_id: sending.send_company(post, company_id))
        clock.pass_by(days=40)
        for _ in range(3):
            sweeper.sweep(post, lambda company_id: sending.send_company(post, company_id))
            clock.pass_by(hours=3)
        with Session(engine) as session:
            assert [(p.kind, p.facts["messages"]) for p in session.scalars(sa.select(Pause))] == [("standstill", 1)]
            assert session.scalars(sa.select(Message.state)).all() == ["planned"]
        assert server.connections == 0
        post.journal.close()
        engine.dispose()
