"""What slows messages down: the pause of a company, sending hours at hand-over, messages an hour by domain."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Base, Company, Job, Message, User
from services import brakes
from tasks import sweeper
from tests.tasks.sending_world import (
    NOW,
    Clock,
    ScriptedServer,
    make_company,
    make_customer,
    make_engine,
    make_post,
    queue_all,
    states,
    world,
)  # fmt: skip
from tests.tasks.test_sending import send, smtp


def person(session: Session) -> int:
    made = User(email="claire@example.org", name="Claire", role="accountant", created_at=NOW)
    session.add(made)
    session.flush()
    return made.id


def test_paused_nothing_leaves_and_nothing_is_lost(tmp_path: Path):
    with ScriptedServer() as server, world(tmp_path, customers=4, **smtp(server)) as (post, clock, engine, _company):
        with Session(engine) as session, session.begin():
            actor = person(session)
            brakes.pause(session, session.scalars(sa.select(Company)).one(), "Inventaire", actor, clock())
        for _ in range(3):
            send(post)
            clock.pass_by(hours=1)
        with Session(engine) as session, session.begin():
            assert server.connections == 0 and states(session) == {"planned": 4}
            brakes.resume(session, session.scalars(sa.select(Company)).one(), actor, clock())
        send(post)
        with Session(engine) as session:
            assert states(session) == {"sent": 4} and len(server.accepted) == 4


def test_a_pause_during_the_sending_stops_before_the_next_message(tmp_path: Path):
    actor = [0]

    def script(stage: str, address: str, times: int) -> str:
        if stage == "rcpt" and address == "compta3@client.example" and times == 1:
            with Session(engine) as session, session.begin():
                brakes.pause(session, session.scalars(sa.select(Company)).one(), "Litige général", actor[0], NOW)
        return ""

    with ScriptedServer(script) as server, world(tmp_path, customers=8, **smtp(server)) as (post, clock, engine, _company):
        with Session(engine) as session, session.begin():
            actor[0] = person(session)
        send(post)
        assert len(server.accepted) == 3  # the one under way is finished, none is begun
        with Session(engine) as session, session.begin():
            assert states(session) == {"sent": 3, "queued": 5}
            brakes.resume(session, session.scalars(sa.select(Company)).one(), actor[0], clock())
        clock.pass_by(minutes=2)
        again = make_post(tmp_path, engine, clock)  # another worker, after a restart
        sweeper.start(again)
        send(again)
        again.journal.close()
        assert Counter(server.accepted).total() == len(set(server.accepted)) == 8


def test_m7_a_domain_gets_no_more_an_hour_than_it_takes_and_all_leave_in_order(tmp_path: Path):
    engine = make_engine(tmp_path / "encours.db")
    Base.metadata.create_all(engine)
    clock = Clock(NOW + timedelta(seconds=121))
    with ScriptedServer() as server:
        with Session(engine) as session, session.begin():
            company = make_company(
                session, domain_per_hour=0, domain_limits={"orange.example": 5, "free.example": 3}, **smtp(server)
            )
            for number in range(30):
                where = ("orange.example", "free.example", "client.example")[number % 3]
                make_customer(session, company, number, email=f"c{number:02}@{where}")
            queue_all(session, company)
        post = make_post(tmp_path, engine, clock)
        gone: list[str] = []
        for hour in range(1, 5):
            send(post)
            send(post)
            rcpts = [line for line in server.lines if line.upper().startswith("RCPT")]
            by_domain = Counter(line.partition("@")[2].partition(">")[0] for line in rcpts)
            assert by_domain["client.example"] == 10  # the others do not wait for the slow ones
            assert by_domain["orange.example"] == min(5 * hour, 10) and by_domain["free.example"] == min(3 * hour, 10)
            gone = [line.partition("<")[2].partition(">")[0] for line in rcpts]
            clock.pass_by(minutes=61)
        assert [a for a in gone if a.endswith("orange.example")] == sorted(a for a in gone if a.endswith("orange.example"))
        assert len(gone) == len(set(gone)) == 30
        post.journal.close()
    engine.dispose()


def test_m7_outside_the_hours_only_what_a_person_sent_that_day_leaves(tmp_path: Path):
    with ScriptedServer() as server, world(tmp_path, customers=2, **smtp(server)) as (post, clock, engine, _company):
        clock.now = datetime(2026, 5, 19, 20, 0, tzinfo=UTC)  # ten in the evening in Paris
        send(post)
        clock.now = datetime(2026, 5, 23, 9, 0, tzinfo=UTC)  # a Saturday
        send(post)
        clock.now = datetime(2026, 5, 25, 9, 0, tzinfo=UTC)  # Whit Monday
        send(post)
        assert server.connections == 0
        with Session(engine) as session, session.begin():
            company = session.scalars(sa.select(Company)).one()
            make_customer(session, company, 9)
            actor = person(session)
            session.flush()
            outbox_id = queue_all(session, company, actor).id
        clock.now = datetime(2026, 5, 19, 20, 10, tzinfo=UTC)
        send(post)
        with Session(engine) as session:
            sent = session.scalars(sa.select(Message).where(Message.state == "sent")).all()
            assert [m.outbox_id for m in sent] == [outbox_id]
        clock.now = datetime(2026, 5, 20, 7, 0, tzinfo=UTC)
        send(post)
        assert len(server.accepted) == 3


def test_the_digest_is_asked_for_once_an_evening(tmp_path: Path):
    with world(tmp_path, customers=1) as (post, clock, engine, _company):
        with Session(engine) as session, session.begin():
            session.scalars(sa.select(Company)).one().digest_user_ids = [person(session)]
        for hour in (14, 15, 16):  # 16:00, 17:00, 18:00 in Paris
            clock.now = datetime(2026, 5, 19, hour, 5, tzinfo=UTC)
            sweeper.sweep(post, lambda company_id: None)
        with Session(engine) as session:
            assert [j.state for j in session.scalars(sa.select(Job).where(Job.kind == "digest"))] == ["done"]
