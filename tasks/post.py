"""What the sending needs of the world around it, and its transactions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from integrations.channels.journal import Journal
from integrations.channels.smtp import Timeouts
from integrations.files import MAX_BYTES
from models.base import write_intent


@dataclass
class Post:
    """What the sending needs of the world around it; made by the task from the settings, by a test from a folder."""

    sessions: Callable[[], Session]
    clock: Callable[[], datetime]
    today: Callable[[], date]
    journal: Journal
    data: Path
    key: str
    timeouts: Timeouts = field(default_factory=Timeouts)
    stopping: threading.Event = field(default_factory=threading.Event)
    ca_file: str | None = None
    inboxes: tuple[Path, ...] = ()  # folders below which others may be watched, besides our own
    limit: int = MAX_BYTES  # bytes of a file

    @property
    def outbox_folder(self) -> Path:
        return self.data / "outbox"


def post_of(
    engine: Engine, clock: Callable[[], datetime], today: Callable[[], date], journal: Journal, data: Path, key: str
) -> Post:
    """The sending's world on a database, with a clock that may be another day's (the demo company has a past)."""
    return Post(sessionmaker(engine), clock, today, journal, data, key)


@contextmanager
def writing(post: Post) -> Iterator[Session]:
    """One transaction that takes the write lock at its start; committed at the end, rolled back on error."""
    mark = write_intent.set(True)
    try:
        with post.sessions() as session, session.begin():
            yield session
    finally:
        write_intent.reset(mark)


@contextmanager
def reading(post: Post) -> Iterator[Session]:
    """A look at the database that takes no lock; nothing written in it is kept."""
    mark = write_intent.set(False)
    try:
        with post.sessions() as session:
            yield session
            session.rollback()
    finally:
        write_intent.reset(mark)
