"""HTML → PDF by WeasyPrint, in child processes: it takes time and memory, and must not read what it is not given.

A child loads WeasyPrint, the font and the sheet once and answers letters one by one; long batches go to two children.
One letter may take 20 seconds, one child a gigabyte of address space. Only data: addresses are ever fetched."""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeVar

ROOT = Path(__file__).resolve().parent.parent.parent
PROCESSES = 2
WORTH_A_SECOND = 8  # letters: below, starting another child takes longer than it saves
SECONDS = 20.0
START_SECONDS = 60.0
T = TypeVar("T")


class RenderFailed(Exception):
    """A letter could not be rendered; the reason as the renderer gave it."""


def render(pages: Sequence[str], seconds: float = SECONDS) -> list[bytes | RenderFailed]:
    """The PDF of each page, in order; in place of one that cannot be rendered, why not. Raises `RenderFailed` when none can:
    then the renderer itself is at fault."""
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in range(len(pages)):
        waiting.put(number)
    done: dict[int, bytes | RenderFailed] = {}

    def work() -> None:
        child: _Child | None = None
        try:
            while (number := _next(waiting)) is not None:
                child = child or _Child(seconds)
                try:
                    done[number] = child.render(pages[number])
                except RenderFailed as error:
                    done[number] = error
                    child.close()
                    child = None
        finally:
            if child is not None:
                child.close()

    children = PROCESSES if len(pages) >= WORTH_A_SECOND else min(len(pages), 1)
    with ThreadPoolExecutor(max(children, 1)) as pool:
        for result in [pool.submit(work) for _ in range(children)]:
            result.result()
    answers = [done[number] for number in range(len(pages))]
    failures = [answer for answer in answers if isinstance(answer, RenderFailed)]
    if failures and len(failures) == len(answers):
        raise failures[0]
    return answers


def _next(waiting: SimpleQueue[int]) -> int | None:
    try:
        return waiting.get_nowait()
    except Empty:
        return None


class _Child:
    """One renderer; frames of a length and that many bytes go in and come out."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ready = False
        command = [sys.executable, "-m", "integrations.letters.child"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self) -> None:
        """End it; it is not asked again."""
        process = self._process
        if process.stdin:
            process.stdin.close()
        if process.stdout:
            process.stdout.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def render(self, html: str) -> bytes:
        """One letter, in the time that letters have; the renderer's own start has its own."""
        if not self._ready:
            self._ready = self._within(START_SECONDS, self._wait_for_start)
        return self._within(self._seconds, lambda: self._exchange(html.encode()))

    def _within(self, seconds: float, work: Callable[[], T]) -> T:
        watchdog = threading.Timer(seconds, self._process.kill)
        watchdog.start()
        try:
            return work()
        finally:
            watchdog.cancel()

    def _wait_for_start(self) -> bool:
        assert self._process.stdout
        if self._process.stdout.read(1) != b"+":
            raise RenderFailed("the renderer did not start: are the libraries of WeasyPrint installed?")
        return True

    def _exchange(self, data: bytes) -> bytes:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin and stdout
        try:
            stdin.write(struct.pack(">Q", len(data)) + data)
            stdin.flush()
        except OSError as error:
            raise RenderFailed("the renderer stopped") from error
        head = stdout.read(9)
        if len(head) < 9:
            raise RenderFailed("the renderer stopped or took too long")
        good, length = struct.unpack(">?Q", head)
        answer = stdout.read(length)
        if len(answer) < length:
            raise RenderFailed("the renderer stopped or took too long")
        if not good:
            raise RenderFailed(answer.decode("utf-8", "replace"))
        return answer


def merge(pdfs: Sequence[bytes]) -> bytes:
    """One print file of all letters, in order."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    for pdf in pdfs:
        writer.append(PdfReader(BytesIO(pdf)), import_outline=False)
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
