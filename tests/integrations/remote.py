"""A real HTTP server on this machine that answers as another program's documented interface does."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

NOW = "Sat, 21 Nov 2026 09:30:00 GMT"


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Answer:
    """One answer; `cut` ends the connection in the middle of the body."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    raw: bytes | None = None


Replies = Callable[[Asked], Answer | Any]


@dataclass
class Remote:
    """A running server: where it is, what it was asked, and faults to answer with before anything else."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    faults: dict[int, Answer] = field(default_factory=dict)  # by the number of the request, from 1


@contextmanager
def serving(replies: Replies, tls: ssl.SSLContext | None = None) -> Iterator[Remote]:
    """The server, for the time of a test."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(
                self.command,
                unquote(parts.path),
                dict(parse_qsl(parts.query)),
                {name.lower(): value for name, value in self.headers.items()},
                json.loads(body) if body else None,
            )
            remote.asked.append(asked)
            found = remote.faults.get(len(remote.asked)) or replies(asked)
            answer = found if isinstance(found, Answer) else Answer(found)
            data = answer.raw if answer.raw is not None else json.dumps(answer.body).encode()
            usual = {"Date": NOW, "Content-Type": "application/json", "Content-Length": str(len(data))}
            self.send_response_only(answer.status)
            for name, value in {**usual, **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if answer.cut else data)
            self.close_connection = answer.cut

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that goes away in the middle is part of the tests."""

    server = Quiet(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    remote = Remote(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield remote
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
