"""A mail server in a process of its own: writes down every message it accepts, then answers, each after a moment.

python -m tests.tasks.recording_server FILE → prints its port, serves until its standard input ends."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP


class Recorder:
    """Accepted means: the line is in the file. The client may die before or after."""

    def __init__(self, path: Path, seed: int) -> None:
        self.file = path.open("ab", buffering=0)
        self.chance = random.Random(seed)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await asyncio.sleep(self.chance.uniform(0, 0.004))
        name = next(line for line in envelope.content.split(b"\r\n") if line.lower().startswith(b"message-id:"))
        self.file.write(name.split(b":", 1)[1].strip() + b"\n")
        await asyncio.sleep(self.chance.uniform(0, 0.006))
        return "250 accepted"


async def serve(path: Path, seed: int) -> None:
    loop = asyncio.get_running_loop()
    recorder = Recorder(path, seed)
    server = await loop.create_server(lambda: SMTP(recorder, hostname="test", loop=loop), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
