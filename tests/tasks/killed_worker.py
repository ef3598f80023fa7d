"""Starts the sending again and again and kills it at random moments; the last one may finish.

python -m tests.tasks.killed_worker FOLDER KILLS SEED. Everything is loaded once; each worker is a fork of a process that
has opened neither database nor connection, so that thirty deaths take seconds."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
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


def fork(folder: Path, tries: int) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            work(folder, tries)
        finally:
            os._exit(0)
    return pid


def main(folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    for tries in range(kills):
        pid = fork(folder, tries)
        time.sleep(chance.uniform(0.02, 0.35))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    os.waitpid(fork(folder, kills), 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
