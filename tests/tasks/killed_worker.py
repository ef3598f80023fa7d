"""Starts the sending again and again and kills it at random moments; the last one may finish.

python -m tests.tasks.killed_worker FOLDER KILLS SEED. Everything is loaded once; each worker is a fork of a process that
has opened neither database nor connection, so that thirty deaths take seconds."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tasks import sending, sweeper
from tests.tasks.sending_world import NOW, Clock, make_engine, make_post


def work(folder: Path, tries: int) -> None:
    """What the worker does when it starts: settle what the last one left, release, send; once more a little later."""
    engine = make_engine(folder / "encours.db")
    clock = Clock(NOW + timedelta(minutes=3 + 10 * tries))
    post = make_post(folder, engine, clock)
    sweeper.start(post)
    for _ in range(3):
        sending.release_due(post)
        sending.send_due(post)
        clock.pass_by(minutes=2)


def release(folder: Path, tries: int) -> None:
    """Only write the messages, so that the deaths after it find them being sent."""
    engine = make_engine(folder / "encours.db")
    sending.release_due(make_post(folder, engine, Clock(NOW + timedelta(minutes=3))))


def fork(job: Callable[[Path, int], None], folder: Path, tries: int) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            job(folder, tries)
        finally:
            os._exit(0)
    return pid


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def wait_for_growth(journal: Path, lines: int) -> None:
    """Until the worker has done some more, whatever the speed of the machine."""
    before, end = journal.stat().st_size, time.monotonic() + 10
    while journal.stat().st_size < before + lines * 120 and time.monotonic() < end:
        time.sleep(0.0005)


def main(folder: Path, kills: int, seed: int) -> None:
    """A fifth of the deaths while messages are written, the others while they are sent."""
    chance = random.Random(seed)
    early = kills // 5
    for tries in range(early):
        pid = fork(release, folder, tries)
        time.sleep(chance.uniform(0.01, 0.3))
        kill(pid)
    os.waitpid(fork(release, folder, 0), 0)
    for tries in range(early, kills):
        pid = fork(work, folder, tries)
        wait_for_growth(folder / "send-journal.log", chance.randint(1, 40))
        time.sleep(chance.uniform(0, 0.012))
        kill(pid)
    os.waitpid(fork(work, folder, kills), 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
