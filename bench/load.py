"""Clients that ask pages over kept connections, as browsers do; times in seconds as the clients see them."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Answers:
    """What came back: time of each request, and everything that was not a page."""

    times: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    size: int = 0


def ask(port: int, path: str, cookie: str, requests: int = 200, clients: int = 8) -> Answers:
    """`requests` GETs of one path by `clients` threads, each over its own connection."""
    answers = Answers()
    ready = threading.Barrier(clients)
    threads = [
        threading.Thread(target=_client, args=(port, path, cookie, requests // clients, ready, answers)) for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def _client(port: int, path: str, cookie: str, requests: int, ready: threading.Barrier, answers: Answers) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.connect()
    headers = {"Cookie": cookie, "Accept-Language": "fr"}
    ready.wait()
    for _ in range(requests):
        start = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        answers.times.append(time.perf_counter() - start)
        answers.size = len(body)
        if answer.status != 200:
            answers.wrong.append(f"{answer.status} {path} {answer.headers.get('Location', '')} {body[-300:]!r}")
    connection.close()
