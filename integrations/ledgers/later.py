"""Work done meanwhile in a process of its own, forked from this one: only where there are no threads, as in the child that
reads files (`integrations.sandbox`)."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from typing import Generic, TypeVar

from integrations.files import Refused

Answer = TypeVar("Answer")


class Later(Generic[Answer]):
    """A forked process that works out one answer and sends it back."""

    def __init__(self, work: Callable[[], Answer]) -> None:
        """Begins to work at once."""
        reading, writing = os.pipe()
        self._child = os.fork()
        if not self._child:
            os.close(reading)
            _answer(writing, work)
        os.close(writing)
        self._pipe = os.fdopen(reading, "rb")

    def answer(self) -> Answer:
        """What it found; `Refused` when it ended without an answer (out of time or memory)."""
        try:
            return pickle.load(self._pipe)  # type: ignore[no-any-return]  # noqa: S301 - from our own fork
        except EOFError:
            raise Refused("reading_too_large", value=os.getpid()) from None

    def end(self) -> None:
        """Nothing of it is left behind, whether it was asked or not."""
        self._pipe.close()
        if self._child:
            os.kill(self._child, 9)
            os.waitpid(self._child, 0)
            self._child = 0


def _answer(pipe: int, work: Callable[[], object]) -> None:
    """In the fork: work, answer, and leave without running anything of the parent's end."""
    try:
        with os.fdopen(pipe, "wb") as file:
            pickle.dump(work(), file, pickle.HIGHEST_PROTOCOL)
        os._exit(0)
    finally:
        os._exit(1)
