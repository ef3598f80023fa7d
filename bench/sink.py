"""A mail server that accepts everything and keeps nothing, in a process of its own: `python -m bench.sink PORT`."""

from __future__ import annotations

import sys
import threading
from typing import Any

from aiosmtpd.controller import Controller


class Swallow:
    """Accepts."""

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:
        return "250 2.0.0 accepted"


if __name__ == "__main__":
    Controller(Swallow(), hostname="127.0.0.1", port=int(sys.argv[1])).start()
    threading.Event().wait()
