"""The worker's look of every minute, durable jobs, the queue that only wakes, automatic sending."""

from __future__ import annotations

import itertools
import stat
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Action, AuditEntry, Base, Company, Customer, Job, Message, Outbox, Step
from models import jobs as store
from rules.errors import DomainError
from services import automatic, brakes
from services.seal import seal, unseal
from tasks import jobs, sweeper
from tasks.post import Post
from tests.tasks.sending_world import NOW, TODAY, Clock, make_company, make_customer, make_engine, make_post, states, world

ROOT = Path(__file__).resolve().parent.parent.parent


def run_jobs(post: Post) -> int:
    return jobs.run_due(post)


def test_a_sweep_releases_and_hands_over_and_doing_it_again_changes_nothing(tmp_path: Path):
    with world(tmp_path) as (post, clock, engine, company):
        told: list[int] = []
        for _ in range(3):
            sweeper.sweep(post, told.append)
            clock.pass_by(minutes=1)
        assert told == [company.id] * 3  # still due: nobody has sent
        with Session(engine) as session:
            assert states(session) == {"queued": 3}
            assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == 1  # one new day, however many sweeps
        assert (tmp_path / "worker.beat").exists()


def test_a_new_day_decides_again_and_judges_promises(tmp_path: Path):
    with world(tmp_path) as (post, clock, engine, _company):
        sweeper.sweep(post, lambda company_id: None)
        clock.pass_by(days=1)
        sweeper.sweep(post, lambda company_id: None)
        with Session(engine) as session:
            kinds = session.execute(sa.select(Job.kind, Job.state)).all()
            assert kinds == [("new_day", "done")] * 2
            assert set(session.scalars(sa.select(Customer.score_on))) == {TODAY + timedelta(days=1)}


def test_a_job_key_is_one_job_and_only_one_worker_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    done: list[int] = []
    monkeypatch.setitem(jobs.KINDS, "count", lambda post, number: done.append(number))
    with world(tmp_path) as (post, clock, engine, _company):
        with Session(engine) as session, session.begin():
            assert store.add_job(session, "count", clock(), "once", number=1) is not None
            assert store.add_job(session, "count", clock(), "once", number=1) is None
        with Session(engine) as session, session.begin():
            claimed = store.claim_job(session, 1, clock())
            assert claimed is not None and store.claim_job(session, 1, clock()) is None
        assert run_jobs(post) == 0  # leased
        clock.pass_by(minutes=16)  # its worker died
        assert run_jobs(post) == 1 and done == [1]
        assert run_jobs(post) == 0


def test_a_failing_job_waits_longer_each_time_and_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tried: list[datetime] = []

    def fail(post: Post) -> None:
        tried.append(post.clock())
        raise ValueError("no luck")

    monkeypatch.setitem(jobs.KINDS, "fail", fail)
    with world(tmp_path) as (post, clock, engine, _company):
        with Session(engine) as session, session.begin():
            store.add_job(session, "fail", clock())
        for _ in range(200):
            run_jobs(post)
            clock.pass_by(minutes=1)
        gaps = [round((b - a).total_seconds() / 60) for a, b in itertools.pairwise(tried)]
        assert len(tried) == store.TRIES and gaps == [2, 4, 8, 16, 32]
        with Session(engine) as session:
            job = session.scalars(sa.select(Job).where(Job.kind == "fail")).one()
            assert job.state == "failed" and job.error == "ValueError: no luck"


@pytest.fixture
def ready(tmp_path: Path):
    """A company that sends by itself, three customers with a first reminder due."""
    engine = make_engine(tmp_path / "encours.db")
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        company = make_company(session, automatic_sending=True)
        for number in range(3):
            make_customer(session, company, number)
    post = make_post(tmp_path, engine, Clock(NOW))
    yield post, engine
    post.journal.close()
    engine.dispose()


def run_automatic(post: Post, engine: sa.Engine) -> int:
    with Session(engine) as session, session.begin():
        company = session.scalars(sa.select(Company)).one()
        from services import worklist

        worklist.refresh(session, company, None, post.today())
        outbox = automatic.run(session, company, None, post.clock(), post.today())
        return outbox.planned if outbox else 0


def test_automatic_steps_leave_inside_the_window_and_only_once(ready: tuple[Post, sa.Engine]):
    post, engine = ready
    assert run_automatic(post, engine) == 3
    assert run_automatic(post, engine) == 0
    with Session(engine) as session:
        outbox = session.scalars(sa.select(Outbox)).one()
        assert outbox.by_id is None and outbox.leaves_at == NOW + timedelta(seconds=120)


@pytest.mark.parametrize(
    ("now", "fields", "code"),
    [
        (NOW, {"automatic_sending": False}, "automatic_off"),
        (NOW.replace(hour=3), {}, "outside_window"),
        (NOW.replace(hour=17), {}, "outside_window"),  # 19:00 in Paris
        (
            datetime(2026, 5, 23, 8, tzinfo=UTC),
            {"last_sync_at": datetime(2026, 5, 23, 7, tzinfo=UTC)},
            "outside_window",
        ),  # Saturday
        (
            datetime(2026, 5, 25, 8, tzinfo=UTC),
            {"last_sync_at": datetime(2026, 5, 25, 7, tzinfo=UTC)},
            "outside_window",
        ),  # Whit Monday
        (NOW, {"last_sync_at": NOW - timedelta(hours=25)}, "ledger_stale"),
        (NOW, {"last_sync_at": None}, "ledger_stale"),
        (NOW, {"smtp_blocked_reason": "sign_in_refused"}, "account_blocked"),
        (NOW, {}, ""),
    ],
)
def test_when_nothing_leaves_by_itself(ready: tuple[Post, sa.Engine], now: datetime, fields: dict[str, object], code: str):
    _, engine = ready
    with Session(engine) as session:
        company = session.scalars(sa.select(Company)).one()
        for name, value in fields.items():
            setattr(company, name, value)
        assert automatic.obstacle(session, company, now) == code


def test_what_needs_a_person_waits_for_one(ready: tuple[Post, sa.Engine]):
    post, engine = ready
    with Session(engine) as session, session.begin():
        session.execute(sa.update(Step).values(mode="confirm"))
    assert run_automatic(post, engine) == 0


def test_a_batch_far_above_the_usual_waits_for_a_person(ready: tuple[Post, sa.Engine]):
    post, engine = ready
    with Session(engine) as session, session.begin():
        company = session.scalars(sa.select(Company)).one()
        session.add(Outbox(company_id=company.id, state="done", made_at=NOW - timedelta(days=3), leaves_at=NOW, planned=5))
        for number in range(10, 40):
            make_customer(session, company, number)
    assert run_automatic(post, engine) == 0
    with Session(engine) as session:
        assert session.scalars(sa.select(AuditEntry.verb)).all() == ["hold_back"]
        assert session.scalars(sa.select(Action)).all() == []


def test_belgian_and_french_holidays():
    assert brakes.is_working_day(date(2026, 7, 21), "FR") and not brakes.is_working_day(date(2026, 7, 21), "BE")
    assert not brakes.is_working_day(date(2026, 7, 14), "FR") and brakes.is_working_day(date(2026, 7, 14), "BE")
    assert brakes.is_working_day(date(2026, 7, 14), "XX")


def test_secrets_are_sealed_with_the_instance_s_key():
    sealed = seal("mot de passe", "key one")
    assert "mot" not in sealed and unseal(sealed, "key one") == "mot de passe" and seal("", "k") == unseal("", "k") == ""
    with pytest.raises(DomainError, match="seal_broken"):
        unseal(sealed, "key two")


WORKER = """
import sys
from app import create_app
from extensions import db
from models import Base
from tasks.queue import run_worker
app = create_app()
with app.app_context():
    Base.metadata.create_all(db.engine)
print("ready", flush=True)
run_worker(app)
print("ended", flush=True)
"""


def test_the_worker_sends_what_is_due_and_ends_when_told(tmp_path: Path):
    with world(tmp_path) as (_post, _, _engine, _company):
        pass
    env = {"ENCOURS_DATA": str(tmp_path), "ENCOURS_TODAY": TODAY.isoformat(), "PATH": "/usr/bin:/bin"}
    with Session(make_engine(tmp_path / "encours.db")) as session, session.begin():
        session.execute(sa.update(Outbox).values(leaves_at=datetime(2026, 5, 19, tzinfo=UTC)))
        session.get_bind().dispose()
    worker = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    try:
        engine = make_engine(tmp_path / "encours.db")
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with Session(engine) as session:
                if states(session) == {"kept": 3}:
                    break
            time.sleep(0.2)
        with Session(engine) as session:
            assert states(session) == {"kept": 3}
            assert set(session.scalars(sa.select(Message.failure_code))) == {""}
        second = subprocess.run([sys.executable, "-c", WORKER], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
        assert second.returncode != 0 and "Another worker" in second.stderr  # one worker per data folder
        assert stat.S_IMODE((tmp_path / "queue.db").stat().st_mode) == 0o600
        engine.dispose()
    finally:
        worker.terminate()
        out, _ = worker.communicate(timeout=40)
    assert worker.returncode == 0 and out.split() == ["ready", "ended"]
