"""A small IMAP4rev1 server on loopback: one account, one folder, real sockets. It refuses to change anything and remembers
what it was asked, so that a test can tell a reader from a meddler."""

from __future__ import annotations

import re
import socketserver
import threading
from datetime import UTC, datetime
from typing import Any

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class MailboxServer:
    """`mails` by UID with the instant of their arrival; `validity` may be changed, as a restored server does."""

    def __init__(self, user: str = "recouvrement", password: str = 'pa"ss wörd'.encode("ascii", "ignore").decode()) -> None:
        self.user, self.password, self.folder = user, password, "INBOX"
        self.validity, self.mails = 7, dict[int, tuple[datetime, bytes]]()
        self.asked: list[str] = []
        self.drop_at = ""  # a command at which the connection breaks
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                try:
                    outer._talk(self)
                except (OSError, ValueError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]

    def __enter__(self) -> MailboxServer:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def deliver(self, data: bytes, at: datetime) -> int:
        """A mail arrives; its UID."""
        uid = max(self.mails, default=0) + 1
        self.mails[uid] = (at, data)
        return uid

    def _talk(self, handler: Any) -> None:
        def say(text: str) -> None:
            handler.wfile.write(text.encode() + b"\r\n")

        say("* OK ready")
        signed_in = opened = False
        while raw := handler.rfile.readline():
            tag, _, line = raw.decode().strip().partition(" ")
            self.asked.append(line if not line.upper().startswith("LOGIN") else "LOGIN")
            word, _, rest = line.partition(" ")
            if self.drop_at and line.upper().startswith(self.drop_at):
                return
            match word.upper():
                case "CAPABILITY":
                    say("* CAPABILITY IMAP4rev1")
                    say(f"{tag} OK done")
                case "LOGIN":
                    given = [re.sub(r"\\(.)", r"\1", one) for one in re.findall(r'"((?:[^"\\]|\\.)*)"', rest)]
                    signed_in = given == [self.user, self.password]
                    say(f"{tag} OK welcome" if signed_in else f"{tag} NO [AUTHENTICATIONFAILED] wrong name or password")
                case "EXAMINE" if signed_in:
                    opened = rest.strip().strip('"') == self.folder
                    if opened:
                        say(f"* {len(self.mails)} EXISTS")
                        say(f"* OK [UIDVALIDITY {self.validity}] numbers")
                    say(f"{tag} OK [READ-ONLY] open" if opened else f"{tag} NO no such folder")
                case "UID" if opened and rest.upper().startswith("SEARCH"):
                    say("* SEARCH" + "".join(f" {uid}" for uid in self._found(rest[6:].strip())))
                    say(f"{tag} OK done")
                case "UID" if opened and rest.upper().startswith("FETCH"):
                    self._fetch(handler, rest)
                    say(f"{tag} OK done")
                case "LOGOUT":
                    say("* BYE")
                    say(f"{tag} OK bye")
                    return
                case _:
                    say(f"{tag} BAD not here: {word}")

    def _found(self, terms: str) -> list[int]:
        if found := re.match(r"UID (\d+):\*", terms):
            from_uid = min(int(found.group(1)), max(self.mails, default=0))  # `n:*` always names the last one
            return sorted(uid for uid in self.mails if uid >= from_uid)
        day, month, year = terms.removeprefix("SINCE ").split("-")
        since = datetime(int(year), MONTHS.index(month) + 1, int(day), tzinfo=UTC)
        return sorted(uid for uid, (at, _) in self.mails.items() if at >= since)

    def _fetch(self, handler: Any, rest: str) -> None:
        wanted = {int(uid) for uid in rest.split()[1].split(",")}
        limit = re.search(r"BODY\.PEEK\[\]<0\.(\d+)>", rest)
        assert limit, rest
        for place, (uid, (at, data)) in enumerate(sorted(self.mails.items()), 1):
            if uid in wanted:
                part = data[: int(limit.group(1))]
                day = f"{at.day:2}-{MONTHS[at.month - 1]}-{at.year} {at:%H:%M:%S} +0000"
                handler.wfile.write(
                    f'* {place} FETCH (UID {uid} INTERNALDATE "{day}" BODY[]<0> {{{len(part)}}}\r\n'.encode() + part + b")\r\n"
                )
