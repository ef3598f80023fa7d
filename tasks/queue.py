"""Huey on SQLite, used as an alarm clock: it wakes the sweeper every minute and senders when there is something to send.

It holds no truth: what it loses when it is killed, the next look finds in the tables. The queue file is private and its
messages are signed, as they are unpickled when read. One worker per data folder: a lock file sees to it."""

from __future__ import annotations

import fcntl
import functools
import logging
import os
import signal
import threading
from pathlib import Path
from typing import IO, Any

import pysqlite3.dbapi2 as sqlite
from flask import Flask
from huey import Huey, crontab
from huey.consumer import Consumer
from huey.serializer import SignedSerializer
from huey.storage import SqliteStorage

import config
from extensions import db
from integrations.channels.journal import Journal
from tasks import jobs, sending, sweeper
from tasks.post import Post, post_of

log = logging.getLogger(__name__)
WORKERS = 6  # one for the sweep, one for each lane of jobs, the others for mail servers that take their time
GRACE = 20  # seconds to finish what is under way


class BundledStorage(SqliteStorage):  # type: ignore[misc]
    """Huey's storage on the bundled SQLite: the system's own may lose commits in WAL mode."""

    integrity_error = sqlite.IntegrityError
    operational_error = sqlite.OperationalError

    def _create_connection(self) -> Any:
        connection = sqlite.connect(self.filename, timeout=self._timeout, check_same_thread=False)
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA cache_size=-1000")
        return connection


class EmbeddedConsumer(Consumer):  # type: ignore[misc]
    """Huey's consumer as a part of our own process, which takes the signals itself."""

    def _set_signal_handlers(self) -> None:
        pass


class Alarm:
    """The queue of one data folder and what it wakes. `post` is only there in the worker."""

    def __init__(self, path: Path, key: str) -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self.post: Post | None = None
        self.huey = Huey(
            "encours", results=False, storage_class=BundledStorage, filename=str(path),
            serializer=SignedSerializer(key, "encours queue"),
        )  # fmt: skip
        self.send = self.huey.task(name="send", expires=50)(self._send)
        self.work = self.huey.task(name="work", expires=50)(self._work)
        self.look = self.huey.task(name="look", expires=50)(self._look)
        self.huey.periodic_task(crontab(), name="sweep", expires=50)(self._look)

    def _look(self) -> None:
        if self.post is not None:
            sweeper.sweep(self.post, self.send, self.work)

    def _send(self, company_id: int) -> None:
        if self.post is not None:
            sending.send_company(self.post, company_id)

    def _work(self, lane: str) -> None:
        if self.post is not None:
            jobs.run_lane(self.post, lane)


@functools.cache
def alarm() -> Alarm:
    """The alarm of this process's settings; made on first use."""
    setting = config.settings()
    return Alarm(setting.queue_file, setting.secret_key)


def wake(delay: int = 0) -> None:
    """Ask the worker to look now, or in some seconds; called after a commit. Harmless when it fails: it looks every minute
    anyway."""
    try:
        alarm().look.schedule(delay=delay, expires=delay + 50)
    except Exception:
        log.warning("the worker could not be woken", exc_info=True)


def make_post(app: Flask) -> Post:
    """The sending's world, from the application's settings."""
    setting = app.config["SETTINGS"]
    with app.app_context():
        engine = db.engine
    journal = Journal(setting.sending_journal, config.now)
    post = post_of(engine, config.now, config.today, journal, setting.data, setting.secret_key)
    post.inboxes, post.limit = setting.inboxes, setting.upload_limit
    return post


def _lock(data: Path) -> IO[str]:
    """Held as long as this worker lives. Exits when another worker has it."""
    file = (data / "worker.lock").open("w", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit(f"Another worker uses {data}.") from None
    return file


def start_consumer(post: Post) -> EmbeddedConsumer:
    """Settle what the last worker left, then start the threads; returns at once."""
    sweeper.start(post)
    clock = alarm()
    clock.post = post
    consumer = EmbeddedConsumer(clock.huey, workers=WORKERS, max_delay=1, flush_locks=True, shutdown_timeout=GRACE)
    consumer.start()
    clock.look()
    return consumer


def run_worker(app: Flask) -> None:
    """Work until SIGTERM or SIGINT, then finish what is under way and return."""
    lock = _lock(app.config["SETTINGS"].data)
    post = make_post(app)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    consumer = start_consumer(post)
    try:
        while not ended.wait(10):
            consumer.check_worker_health()
    finally:
        post.stopping.set()
        consumer.stop(graceful=True)
        post.journal.close()
        lock.close()
