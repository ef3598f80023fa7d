"""Reading hostile files: the readers run in a child process with a limit on time, memory and size.

The child is `python -m integrations.sandbox` (never a fork of a process with threads). It gets its limits as
arguments, a pickled request on its standard input, and answers on its standard output; the answer is unpickled with
nothing but our own values allowed, should the child ever be taken over by a file."""

from __future__ import annotations

import gc
import importlib
import io
import pickle
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from integrations.files import MAX_BYTES, Refused, too_large
from integrations.ledgers.workbook import unpacked_size
from rules.bank import BankFile, Movement
from rules.ledger import LedgerLine, LedgerSnapshot

Source = bytes | Path

ROOT = Path(__file__).resolve().parents[1]
MIB = 1024 * 1024
CPU_SECONDS, CPU_SECONDS_PER_MIB = 5, 3
MEMORY, MEMORY_PER_BYTE = 256 * MIB, 6

READERS = ("ledgers", "banks", "invoices")
"""Packages of `integrations` whose functions a child may be asked for; each takes the bytes of the file first."""

_ALLOWED = {
    "rules.ledger": {"Kind", "LedgerLine", "LedgerSnapshot", "Remark", "ThirdParty"},
    "rules.bank": {"BankFile", "Movement", "Statement"},
    "rules.invoices": {"Attachment", "Invoice", "Party"},
    "rules.errors": {"_rebuild"},
    "integrations.files": {"Refused"},
    "integrations.ledgers.values": {"ColumnGuess", "Mapping", "Preview", "Sniffed"},
    "datetime": {"date"},
}


def ask(reader: str, verb: str, source: Source, *arguments: object, max_bytes: int = MAX_BYTES) -> Any:
    """What `integrations.<reader>.<verb>(data, *arguments)` answers; raises what it refuses with, and refuses itself
    when the child runs out of time or memory."""
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if size > max_bytes:
        raise too_large(size, max_bytes)
    unpacked = max(size, min(unpacked_size(source), 4 * max_bytes))
    seconds = int(CPU_SECONDS + CPU_SECONDS_PER_MIB * unpacked / MIB)
    memory = MEMORY + MEMORY_PER_BYTE * unpacked
    request = pickle.dumps((reader, verb, source if isinstance(source, Path) else None, arguments))
    body = len(request).to_bytes(4, "big") + request + (b"" if isinstance(source, Path) else source)
    answer = _run([str(seconds), str(memory)], body, 10 + 2 * seconds)
    outcome = _Answer(io.BytesIO(answer)).load()
    if isinstance(outcome, Refused):
        raise outcome
    return _unpack(outcome)


def _run(limits: list[str], body: bytes, patience: int) -> bytes:
    command = [sys.executable, "-m", "integrations.sandbox", *limits]
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment)
    with child:
        try:
            answer, _ = child.communicate(body, timeout=patience)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise Refused("reading_too_long", value=patience) from None
    if child.returncode == 0:
        return answer
    if child.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise Refused("reading_too_long", value=int(limits[0]))
    if child.returncode == -signal.SIGABRT:  # how calamine ends when memory is refused
        raise Refused("reading_too_large", value=int(limits[1]) // MIB)
    raise Refused("reader_stopped", value=child.returncode)


class _Answer(pickle.Unpickler):
    """Unpickles our own values and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if name not in _ALLOWED.get(module, ()):
            raise Refused("reader_stopped", value=f"{module}.{name}")
        return super().find_class(module, name)


def _pack(found: object) -> object:
    """Columns travel three times faster than rows: what repeats in them is sent once."""
    if isinstance(found, LedgerSnapshot):
        return replace(found, lines=[]), list(zip(*found.lines, strict=True))
    if isinstance(found, BankFile):
        bare = [replace(one, movements=[]) for one in found.statements]
        return replace(found, statements=bare), [list(zip(*one.movements, strict=True)) for one in found.statements]
    return found


def _unpack(found: Any) -> Any:
    """What `_pack` made, whole again."""
    if not isinstance(found, tuple) or len(found) != 2:
        return found
    whole, columns = found
    if isinstance(whole, LedgerSnapshot):
        return replace(whole, lines=list(map(partial(tuple.__new__, LedgerLine), zip(*columns, strict=True))))
    if isinstance(whole, BankFile):
        make: Any = partial(tuple.__new__, Movement)
        full = [
            replace(one, movements=list(map(make, zip(*rows, strict=True))))
            for one, rows in zip(whole.statements, columns, strict=True)
        ]
        return replace(whole, statements=full)
    return found


def _serve() -> None:
    """The child: limits first, then one request, one answer."""
    seconds, memory = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 2))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.disable()  # one short life: memory is given back at its end
    try:
        answer = pickle.dumps(_answer(), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        answer = pickle.dumps(Refused("reading_too_large", value=memory // MIB))
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


def _answer() -> object:
    size = int.from_bytes(sys.stdin.buffer.read(4), "big")
    reader, verb, path, arguments = pickle.loads(sys.stdin.buffer.read(size))  # noqa: S301 - from our own parent
    if reader not in READERS:
        return Refused("reader_stopped", value=reader)
    data = path.read_bytes() if path is not None else sys.stdin.buffer.read()
    try:
        return _pack(getattr(importlib.import_module(f"integrations.{reader}"), verb)(data, *arguments))
    except Refused as refused:
        return refused


if __name__ == "__main__":
    _serve()
