"""Syncs without hands: watched folders, servers, schedules, large imports; also in a real worker process."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from models import AuditEntry, Base, Company, Item, Job, Source, SourceFile, Sync
from services import sources, syncs
from services.sources import Places
from tasks import fetching, jobs, sweeper
from tasks.post import Post
from tests.blueprints.test_syncs import GOOD, UNKNOWN, fec
from tests.integrations.bank_files import coda, coda_movement, coda_new, coda_old
from tests.integrations.invoice_files import ubl
from tests.integrations.remote import serving
from tests.integrations.sftp_server import PASSWORD, RealServer
from tests.integrations.test_connectors_dolibarr import KEY, DolibarrServer
from tests.integrations.test_connectors_dolibarr import books as books  # a fixture
from tests.services.test_syncs_killed import ledger
from tests.tasks.sending_world import NOW, Clock, make_company, make_engine, make_post

ROOT = Path(__file__).resolve().parents[2]
BANK = fec(("9", "20260301", "FA-9", "50,00", "0,00", ""))
DAMAGED = GOOD.replace(b"300,50", b"3x0,50", 1)


@dataclass
class World:
    """A company with a data folder and a worker's way to look at it."""

    post: Post
    clock: Clock
    engine: sa.Engine
    data: Path

    def rows(self, kind: type[Any]) -> list[Any]:
        with Session(self.engine, expire_on_commit=False) as session:
            return list(session.scalars(sa.select(kind).order_by(kind.id)))

    def one(self, kind: type[Any]) -> Any:
        return self.rows(kind)[-1]

    def add(self, kind: str = "folder", schedule: str = "watch", secret: str = PASSWORD, **settings: Any) -> int:
        with Session(self.engine) as session, session.begin():
            company = session.scalars(sa.select(Company)).one()
            made = sources.save_source(
                session, company, None, None, self.clock(), Places(self.data, self.post.inboxes), self.post.key, kind=kind,
                name="Comptabilité", settings=settings, secret="" if kind == "folder" else secret, schedule=schedule, at="06:00",
            )  # fmt: skip
            return made.id

    def look(self) -> None:
        sweeper.sweep(self.post, lambda company_id: None)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(fetching, "SETTLE", timedelta(seconds=0.05))
    data = tmp_path / "data"
    data.mkdir()
    engine, clock = make_engine(data / "encours.db"), Clock(NOW)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        make_company(session, last_sync_at=None)
    post = make_post(data, engine, clock)
    yield World(post, clock, engine, data)
    post.journal.close()
    engine.dispose()


@pytest.fixture
def inbox(world: World) -> Path:
    world.add()
    folder = world.data / "inbox/FLANDRES"
    folder.mkdir(parents=True)
    return folder


def names(folder: Path) -> list[str]:
    return sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())


def open_cents(world: World) -> int:
    return sum(one.open_cents for one in world.rows(Item))


def test_what_is_dropped_is_taken_in_and_put_away_with_a_note(world: World, inbox: Path):
    (inbox / "ledger.txt").write_bytes(GOOD)
    (inbox / "more.txt").write_bytes(DAMAGED)
    for ignored in (".hidden.txt", "half.part", "other.TMP"):
        (inbox / ignored).write_bytes(b"x")
    (inbox / "folder").mkdir()
    (inbox / "link.txt").symlink_to(ROOT / "README.md")
    world.look()
    assert open_cents(world) == 30_050
    assert names(inbox) == sorted(
        [
            ".hidden.txt", "done/ledger.txt", "done/ledger.txt.txt", "half.part", "link.txt", "other.TMP",
            "refused/more.txt", "refused/more.txt.txt",
        ]
    )  # fmt: skip
    note = (inbox / "done/ledger.txt.txt").read_text(encoding="utf-8")
    assert "Écritures nouvelles" in note and "300,50" in note
    why = (inbox / "refused/more.txt.txt").read_text(encoding="utf-8")
    assert "3x0,50" in why and "igne" in why and "Que faire" in why
    assert [one.state for one in world.rows(Sync)] == ["done", "refused"]
    source = world.one(Source)
    assert source.last_good_at == NOW and source.failures == 0 and source.last_error["code"] == "source_refused"
    assert not list((world.data / "uploads").rglob("fetched-*"))


def test_the_same_file_again_has_no_effect_and_overwrites_nothing(world: World, inbox: Path):
    for number in range(3):
        (inbox / "ledger.txt").write_bytes(GOOD if number != 1 else GOOD + BANK[BANK.index(b"VE") :])
        world.look()
        world.clock.pass_by(minutes=1)
    assert {"done/ledger.txt", "done/ledger (2).txt", "done/ledger (3).txt"} <= set(names(inbox))
    assert [one.state for one in world.rows(Sync)] == ["done", "done"]  # the third was taken in before
    assert [one.outcome for one in world.rows(SourceFile)] == ["taken", "taken", "known"]
    assert open_cents(world) == 35_050
    assert "déjà" in (inbox / "done/ledger (3).txt.txt").read_text(encoding="utf-8")


def test_a_file_still_being_written_is_left_until_it_is_whole(world: World, inbox: Path, monkeypatch: pytest.MonkeyPatch):
    path = inbox / "ledger.txt"
    path.write_bytes(GOOD[:200])
    grown = iter([GOOD])

    def wait(seconds: float) -> bool:
        for content in grown:
            path.write_bytes(content)
        return False

    with monkeypatch.context() as patch:
        patch.setattr(world.post.stopping, "wait", wait)
        world.look()
    assert names(inbox) == ["ledger.txt"] and world.rows(Sync) == []
    world.clock.pass_by(minutes=1)
    world.look()
    assert open_cents(world) == 30_050


def test_a_run_stopped_between_the_books_and_the_putting_away_ends_later(
    world: World, inbox: Path, monkeypatch: pytest.MonkeyPatch
):
    (inbox / "ledger.txt").write_bytes(GOOD)

    class Killed(BaseException):
        pass

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "_put_away", die)
        with pytest.raises(Killed):
            world.look()
    assert names(inbox)[-1] == "ledger.txt" and open_cents(world) == 30_050
    sweeper.start(world.post)
    world.clock.pass_by(minutes=1)
    world.look()
    assert names(inbox) == ["done/ledger.txt", "done/ledger.txt.txt"]
    assert len(world.rows(Sync)) == 1
    # and another file that took the name meanwhile is not mistaken for it
    with Session(world.engine) as session, session.begin():
        session.scalars(sa.select(SourceFile)).one().state = "taken"
    (inbox / "ledger.txt").write_bytes(GOOD + BANK[BANK.index(b"VE") :])
    world.clock.pass_by(minutes=1)
    world.look()
    assert open_cents(world) == 35_050 and len(world.rows(Sync)) == 2


def test_a_table_nobody_explained_says_what_to_do(world: World, inbox: Path):
    (inbox / "liste.csv").write_bytes(UNKNOWN)
    world.look()
    assert "Importer" in (inbox / "refused/liste.csv.txt").read_text(encoding="utf-8")
    assert world.rows(Item) == []


def test_a_folder_that_cannot_be_used_waits_longer_each_time_and_is_an_alert(world: World, inbox: Path):
    inbox.rmdir()
    inbox.write_text("a file where the folder was")
    tried = []
    for _ in range(120):
        before = world.one(Source).failures
        world.look()
        if world.one(Source).failures > before:
            tried.append(world.clock())
        world.clock.pass_by(minutes=1)
    gaps = [int((b - a).total_seconds() // 60) for a, b in itertools.pairwise(tried)]
    assert gaps == [2, 10, 30, 60]
    source = world.one(Source)
    assert source.failures == 5 and source.last_error["code"] == "folder_unusable"
    inbox.unlink()
    (world.data / "inbox/FLANDRES").mkdir()
    (inbox / "ledger.txt").write_bytes(GOOD)
    world.clock.pass_by(hours=5)
    world.look()
    assert open_cents(world) == 30_050
    source = world.one(Source)
    assert (source.failures, source.last_error, source.next_try_at) == (0, None, None)
    assert "recover" in [one.verb for one in world.rows(AuditEntry)]


def test_a_folder_leading_elsewhere_is_refused(world: World, inbox: Path, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "ledger.txt").write_bytes(GOOD)
    inbox.rmdir()
    inbox.symlink_to(secret)
    world.look()
    assert world.one(Source).last_error["code"] == "folder_elsewhere" and names(secret) == ["ledger.txt"]


def test_put_away_never_follows_a_link(world: World, inbox: Path, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    (inbox / "done").symlink_to(tmp_path / "elsewhere")
    (inbox / "ledger.txt").write_bytes(GOOD)
    world.look()
    assert names(tmp_path / "elsewhere") == [] and world.one(Source).last_error["code"] == "folder_unusable"


def test_a_daily_source_runs_once_a_day_whoever_asks(world: World, inbox: Path):
    with Session(world.engine) as session, session.begin():
        source = session.scalars(sa.select(Source)).one()
        source.schedule, source.at = "daily", "06:00"
        source.made_at = NOW - timedelta(days=3)
    (inbox / "ledger.txt").write_bytes(GOOD)
    for _ in range(5):  # five schedulers, or five looks
        fetching.plan(world.post)
    world.look()
    world.look()
    keys = [one.key for one in world.rows(Job) if one.kind == "source"]
    assert keys == ["source:1:daily:2026-05-19"] and open_cents(world) == 30_050
    world.clock.pass_by(hours=19, minutes=59)  # 03:59 in UTC, 05:59 in Paris
    world.look()
    assert len([one for one in world.rows(Job) if one.kind == "source"]) == 1
    world.clock.pass_by(minutes=1)
    world.look()
    assert [one.key for one in world.rows(Job) if one.kind == "source"][-1] == "source:1:daily:2026-05-20"


def test_an_ordered_run_comes_once_however_often_it_is_clicked(world: World, inbox: Path):
    with Session(world.engine) as session, session.begin():
        source = session.scalars(sa.select(Source)).one()
        source.schedule = "manual"
        assert sources.order_run(session, source, None, NOW) and not sources.order_run(session, source, None, NOW)
    (inbox / "ledger.txt").write_bytes(GOOD)
    world.look()
    assert open_cents(world) == 30_050


def test_an_empty_folder_costs_no_job(world: World, inbox: Path):
    for _ in range(3):
        world.look()
        world.clock.pass_by(minutes=1)
    assert [one for one in world.rows(Job) if one.kind == "source"] == []


def test_bank_files_and_invoices_come_the_same_way(world: World, inbox: Path):
    record = [coda_old(0), *coda_movement(121_000, "facture F12"), coda_new(121_000)]
    (inbox / "1.cod").write_bytes(coda(record))
    (inbox / "2.xml").write_bytes(ubl())
    world.look()
    assert [(one.kind, one.state) for one in world.rows(Sync)] == [("bank", "done"), ("invoices", "done")]
    assert "Mouvements bancaires : 1" in (inbox / "done/1.cod.txt").read_text(encoding="utf-8")
    assert "Factures : 1" in (inbox / "done/2.xml.txt").read_text(encoding="utf-8")
    (inbox / "again.cod").write_bytes(coda(record))
    world.clock.pass_by(minutes=1)
    world.look()
    assert [one.outcome for one in world.rows(SourceFile)] == ["taken", "taken", "known"]


# ------------------------------------------------------------------ a live program


def test_a_live_program_is_asked_and_how_far_it_came_is_kept_with_the_books(world: World, books: DolibarrServer):
    with serving(books) as remote:
        number = world.add("dolibarr", "hourly", KEY, url=f"{remote.url}/erp")
        with Session(world.engine) as session, session.begin():
            session.get_one(Source, number).made_at = NOW - timedelta(hours=2)
        world.look()
        source = world.one(Source)
        assert (source.last_error, source.failures) == (None, 0) and world.one(Sync).state == "done"
        assert source.cursor and world.rows(Item) and world.one(SourceFile).sync_id == world.one(Sync).id
        before = [(one.id, one.key, one.open_cents) for one in world.rows(Item)]
        world.clock.pass_by(hours=1)
        world.look()
        assert [(one.id, one.key, one.open_cents) for one in world.rows(Item)] == before
    world.clock.pass_by(hours=1)
    world.look()  # nobody answers any more
    source = world.one(Source)
    assert source.last_error["code"] == "connector_unreachable" and source.failures == 1
    assert [(one.id, one.key, one.open_cents) for one in world.rows(Item)] == before


# ------------------------------------------------------------------ files on a server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RealServer]:
    (tmp_path / "remote/out").mkdir(parents=True)
    with RealServer(tmp_path / "remote") as running:
        yield running


def reach(world: World, server: RealServer, after: str) -> None:
    number = world.add("sftp", "hourly", host="127.0.0.1", port=str(server.port), user="encours", folder="out", after=after)
    with Session(world.engine) as session, session.begin():
        source = session.get_one(Source, number)
        source.made_at = NOW - timedelta(hours=2)
        from integrations import sftp

        sources.pin_key(session, source, sftp.host_key(sources.server_of(source, world.post.key)), None, NOW)


def test_files_of_a_server_are_fetched_once_and_stay(world: World, server: RealServer):
    reach(world, server, "keep")
    out = server.root / "out"
    (out / "a.txt").write_bytes(GOOD)
    (out / "b.txt").write_bytes(DAMAGED)
    for _ in range(3):
        world.look()
        world.clock.pass_by(hours=1)
    assert open_cents(world) == 30_050 and names(out) == ["a.txt", "b.txt"]
    assert [(one.name, one.outcome, one.state) for one in world.rows(SourceFile)] == [
        ("a.txt", "taken", "done"),
        ("b.txt", "refused", "done"),
    ]
    (out / "a.txt").write_bytes(GOOD + BANK[BANK.index(b"VE") :])
    world.look()
    assert open_cents(world) == 35_050


def test_files_of_a_server_are_moved_when_they_are_taken_in(world: World, server: RealServer):
    reach(world, server, "move")
    out = server.root / "out"
    (out / "a.txt").write_bytes(GOOD)
    (out / "b.txt").write_bytes(DAMAGED)
    world.look()
    assert names(out) == ["done/a.txt", "refused/b.txt"] and open_cents(world) == 30_050


def test_a_server_that_is_down_fails_with_what_to_do(world: World, server: RealServer):
    reach(world, server, "keep")
    with Session(world.engine) as session, session.begin():
        source = session.scalars(sa.select(Source)).one()
        source.settings = {**source.settings, "port": 1}
    world.look()
    source = world.one(Source)
    assert source.last_error["code"] == "sftp_unreachable" and source.failures == 1
    assert source.next_try_at == NOW + timedelta(minutes=2)


# ------------------------------------------------------------------ a large import


def order(world: World, content: bytes, name: str = "FEC.txt") -> int:
    path = world.data / "uploads/1/abc"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with Session(world.engine) as session, session.begin():
        company = session.scalars(sa.select(Company)).one()
        sync = syncs.stage_file(session, company, "uploads/1/abc", name, None, NOW)
        assert syncs.order_import(session, sync, NOW)
        assert not syncs.order_import(session, sync, NOW)
        return sync.id


def test_an_import_is_taken_in_by_the_worker(world: World):
    order(world, GOOD)
    assert world.one(Sync).state == "running"
    world.look()
    assert world.one(Sync).state == "done" and open_cents(world) == 30_050


def test_an_import_that_is_refused_says_why(world: World):
    order(world, DAMAGED)
    world.look()
    sync = world.one(Sync)
    assert sync.state == "refused" and sync.error["code"] == "amount_unreadable" and world.rows(Item) == []


def test_an_import_that_stumbles_is_tried_again_and_given_up_with_a_sentence(world: World, monkeypatch: pytest.MonkeyPatch):
    order(world, GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(fetching.incoming, "read", lambda *_: 1 / 0)
        world.look()
        assert (world.one(Sync).state, world.one(Sync).error["code"]) == ("running", "import_stopped")
        for _ in range(70):
            world.clock.pass_by(minutes=1)
            world.look()
    assert (world.one(Sync).state, world.one(Sync).error["code"]) == ("refused", "import_failed")
    assert {one.state for one in world.rows(Job) if one.kind == "sync"} == {"failed"}


def test_lanes_do_not_run_twice_at_once(world: World):
    order(world, GOOD)
    with jobs.LANES["sync"]:
        assert jobs.run_lane(world.post, "sync") == 0
    assert jobs.run_lane(world.post, "sync") == 1 and jobs.lanes_due(world.post) == set()


# ------------------------------------------------------------------ the disk is full

FULL = """
import resource, signal, sys
from datetime import timedelta
from pathlib import Path
from tasks import fetching, sweeper
from tests.tasks.sending_world import NOW, Clock, make_engine, make_post
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing beyond the limit is an error, not a death
fetching.SETTLE = timedelta(seconds=0.05)
data = Path(sys.argv[1])
engine, clock = make_engine(data / "encours.db"), Clock(NOW)
post = make_post(data, engine, clock)
def look():
    sweeper.sweep(post, lambda company_id: None)
    clock.pass_by(minutes=3)
    print("looked", flush=True)
    sys.stdin.readline()
def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
limit(int(sys.argv[2]))
look()
limit(resource.RLIM_INFINITY)
look()
post.journal.close()
"""


def test_a_full_disk_loses_nothing_and_it_goes_on_without_a_restart(world: World, inbox: Path, tmp_path: Path):
    content = ledger(tmp_path / "FEC.txt").read_bytes()
    order(world, content)
    more = ledger(inbox / "more.txt", more=2000)
    world.engine.dispose()
    room = (world.data / "encours.db").stat().st_size + 50_000  # of one file: not enough for an import or the copy of one
    assert room < more.stat().st_size
    command = [sys.executable, "-c", FULL, str(world.data), str(room)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin and child.stdout
        assert child.stdout.readline() == "looked\n"
        assert (world.one(Sync).state, world.one(Sync).error["code"]) == ("running", "disk_full")
        assert world.one(Source).last_error["code"] == "disk_full" and names(inbox) == ["more.txt"]
        assert world.rows(Item) == [] and not list((world.data / "uploads").rglob("fetched-*"))
        with world.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "looked\n"
        child.communicate("\n", timeout=30)
    assert child.returncode == 0
    assert open_cents(world) == 2400 * 12000 and {one.state for one in world.rows(Sync)} == {"done"}
    assert world.one(Source).last_error is None or world.one(Source).failures == 0


# ------------------------------------------------------------------ the real worker

WORKER = """
import datetime
from app import create_app
from tasks import fetching
from tasks.queue import run_worker
fetching.SETTLE = datetime.timedelta(seconds=1)
run_worker(create_app())
"""


class Worker:
    """The worker in a process of its own on the data folder of a world."""

    def __init__(self, data: Path, **settings: str) -> None:
        key = "a key for tests only, long enough to be one"
        env = {"ENCOURS_DATA": str(data), "PATH": "/usr/bin:/bin", "ENCOURS_SECRET_KEY": key, **settings}
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER], cwd=ROOT, env=env, stderr=subprocess.PIPE, start_new_session=True
        )

    def __enter__(self) -> Worker:
        return self

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def until(self, true: Callable[[], bool], seconds: float = 45) -> bool:
        """Wait for something the worker does; not for one that has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            if true():
                return True
            time.sleep(0.1)
        return False

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        _, said = self.process.communicate(timeout=40)
        print(said.decode(errors="replace")[-3000:])


def test_a_real_worker_takes_in_what_is_dropped_and_what_the_clock_says(world: World, tmp_path: Path):
    """Acceptance 5: the watched folder and the schedule, by the worker process as it is started in earnest."""
    world.clock.now = config.now() - timedelta(days=2)
    world.add()
    scheduled = tmp_path / "daily"
    scheduled.mkdir()
    world.post.inboxes = (tmp_path,)
    world.add(schedule="hourly", path=str(scheduled))
    inbox = world.data / "inbox/FLANDRES"
    inbox.mkdir(parents=True)
    (inbox / "ledger.txt").write_bytes(GOOD)
    (scheduled / "more.txt").write_bytes(GOOD + BANK[BANK.index(b"VE") :])
    with Worker(world.data, ENCOURS_INBOXES=str(tmp_path)) as worker:
        assert worker.until(lambda: len(names(inbox)) == 2 and len(names(scheduled)) == 2)
    assert names(inbox) == ["done/ledger.txt", "done/ledger.txt.txt"]
    assert open_cents(world) == 35_050


@pytest.mark.parametrize("wait", [0.0, 1.0])
def test_a_worker_killed_in_an_import_leaves_all_or_nothing_and_the_next_takes_it_up(world: World, tmp_path: Path, wait: float):
    content = ledger(tmp_path / "FEC.txt").read_bytes()
    order(world, content)
    with Worker(world.data) as first:
        first.until(lambda: any(one.state == "running" for one in world.rows(Job) if one.kind == "sync"), 30)
        time.sleep(wait)
        first.kill()
    count = len(world.rows(Item))
    assert count == (3600 if world.one(Sync).state == "done" else 0)
    with Worker(world.data) as second:
        assert second.until(lambda: world.one(Sync).state == "done")
    assert len(world.rows(Item)) == 3600 and open_cents(world) == 400 * 12000
    assert len(world.rows(Sync)) == 1
