"""Reading a mailbox over IMAP4rev1 (RFC 3501) without leaving a trace in it: the folder is opened read only (EXAMINE), mails are
peeked at (BODY.PEEK), nothing is deleted or marked.

How far it was read is a `Cursor`: UIDVALIDITY and the last UID. When the server changed UIDVALIDITY, numbers mean nothing any
more and the recent mails are read again (whoever keeps them knows them by their Message-ID)."""

from __future__ import annotations

import base64
import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import TracebackType

from integrations.channels.smtp import is_loopback

BEGINNING = 512 * 1024  # bytes of a mail that are read: words and reports stand first
AT_ONCE = 20  # mails per transaction of whoever keeps them
TIMEOUT = 60.0
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID = re.compile(rb"\bUID (\d+)")
_DATE = re.compile(rb'INTERNALDATE "([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d\d)(\d\d)"')


@dataclass(frozen=True, slots=True)
class Account:
    """How to reach a mailbox. security: tls, starttls, or none (this machine only). `ca_file`: a private authority."""

    host: str
    port: int = 993
    security: str = "tls"
    user: str = ""
    password: str = ""
    folder: str = "INBOX"
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder was read; validity 0: never."""

    validity: int = 0
    uid: int = 0


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail: its number in the folder, when the server got it (None: it does not say), its first bytes."""

    uid: int
    received_at: datetime | None
    data: bytes


class Unreadable(Exception):
    """The mailbox cannot be read. `failure`: server_unavailable, encryption_refused, clear_text_refused, sign_in_refused,
    folder_missing, connection_lost; `answer`: the server's words."""

    def __init__(self, failure: str, answer: str = "") -> None:
        super().__init__(failure, answer)
        self.failure, self.answer = failure, answer


def _words(error: object) -> str:
    raw = error.args[0] if isinstance(error, Exception) and error.args else error
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]


def _context(account: Account) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=account.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def folder_name(name: str) -> str:
    """The name of a folder as the protocol writes it: modified UTF-7 (RFC 3501 5.1.3), quoted.

    >>> folder_name("Réponses & retours")
    '"R&AOk-ponses &- retours"'
    """
    parts: list[str] = []
    for run in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", name):
        if run.isascii() and run.isprintable():
            parts.append(run.replace("&", "&-"))
        else:
            coded = base64.b64encode(run.encode("utf-16-be")).rstrip(b"=").replace(b"/", b",").decode()
            parts.append(f"&{coded}-")
    return '"' + "".join(parts).replace("\\", "\\\\").replace('"', '\\"') + '"'


class Mailbox:
    """One signed-in connection with its folder open. Raises `Unreadable` on entering and reading."""

    def __init__(self, account: Account, timeout: float = TIMEOUT) -> None:
        self._account, self._timeout = account, timeout
        self._client: imaplib.IMAP4 | None = None
        self.validity = 0

    def __enter__(self) -> Mailbox:
        try:
            self._client = self._connect()
            self._sign_in()
            self._open()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._leave()

    def _connect(self) -> imaplib.IMAP4:
        account = self._account
        if account.security == "none" and not is_loopback(account.host):
            raise Unreadable("clear_text_refused")
        try:
            if account.security == "tls":
                return imaplib.IMAP4_SSL(account.host, account.port, ssl_context=_context(account), timeout=self._timeout)
            client = imaplib.IMAP4(account.host, account.port, timeout=self._timeout)
        except ssl.SSLError as error:
            raise Unreadable("encryption_refused", _words(error.reason or str(error))) from error
        except (OSError, imaplib.IMAP4.error) as error:
            raise Unreadable("server_unavailable", _words(str(error))) from error
        if account.security == "starttls":
            self._client = client
            try:
                client.starttls(_context(account))
            except (ssl.SSLError, imaplib.IMAP4.error) as error:
                raise Unreadable("encryption_refused", _words(str(error))) from error
            except OSError as error:
                raise Unreadable("connection_lost", _words(str(error))) from error
        return client

    @property
    def _open_client(self) -> imaplib.IMAP4:
        if self._client is None:
            raise Unreadable("connection_lost")
        return self._client

    def _sign_in(self) -> None:
        account, client = self._account, self._open_client
        if not (account.user + account.password).isprintable():
            raise Unreadable("sign_in_refused")
        try:
            if not account.user.isascii() or not account.password.isascii():
                secret = f"\0{account.user}\0{account.password}".encode()
                client.authenticate("PLAIN", lambda _: secret)
            else:
                client.login(_quoted(account.user), account.password)
        except imaplib.IMAP4.abort as error:
            raise Unreadable("connection_lost", _words(error)) from error
        except imaplib.IMAP4.error as error:
            raise Unreadable("sign_in_refused", _words(error)) from error
        except OSError as error:
            raise Unreadable("connection_lost", _words(str(error))) from error

    def _open(self) -> None:
        client = self._open_client
        try:
            state, said = client.select(folder_name(self._account.folder or "INBOX"), readonly=True)
        except imaplib.IMAP4.abort as error:
            raise Unreadable("connection_lost", _words(error)) from error
        except imaplib.IMAP4.error as error:
            raise Unreadable("folder_missing", _words(error)) from error
        except OSError as error:
            raise Unreadable("connection_lost", _words(str(error))) from error
        if state != "OK":
            raise Unreadable("folder_missing", _words(said[0] if said else ""))
        answer = client.response("UIDVALIDITY")[1]
        number = answer[0] if answer else None
        self.validity = int(number) if isinstance(number, bytes) and number.isdigit() else 1

    def after(self, cursor: Cursor, since: date) -> list[int]:
        """Numbers of the mails not read yet, in order; for a folder never read (or numbered anew) those since a day."""
        if cursor.validity == self.validity:
            found = self._search("UID", f"{cursor.uid + 1}:*")
            return [uid for uid in found if uid > cursor.uid]  # `n:*` always names the last one
        return self._search("SINCE", f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}")

    def _search(self, *terms: str) -> list[int]:
        state, said = self._ask("SEARCH", *terms)
        if state != "OK":
            raise Unreadable("connection_lost", _words(said[0] if said else ""))
        numbers = b" ".join(line for line in said if isinstance(line, bytes)).split()
        return sorted({int(number) for number in numbers if number.isdigit()})

    def read(self, uids: Sequence[int]) -> Iterator[list[Mail]]:
        """The mails of these numbers, some at a time; those that went meanwhile are not among them."""
        for start in range(0, len(uids), AT_ONCE):
            part = uids[start : start + AT_ONCE]
            wanted = ",".join(map(str, part))
            state, said = self._ask("FETCH", wanted, f"(UID INTERNALDATE BODY.PEEK[]<0.{BEGINNING}>)")
            if state != "OK":
                raise Unreadable("connection_lost", _words(said[0] if said else ""))
            found = {mail.uid: mail for mail in _mails(said)}
            yield [found[uid] for uid in part if uid in found]

    def _ask(self, command: str, *arguments: str) -> tuple[str, list[object]]:
        try:
            state, said = self._open_client.uid(command, *arguments)
        except imaplib.IMAP4.error as error:
            raise Unreadable("connection_lost", _words(error)) from error
        except OSError as error:
            raise Unreadable("connection_lost", _words(str(error))) from error
        return str(state), list(said)

    def _leave(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        with suppress(OSError, imaplib.IMAP4.error, AttributeError):
            client.sock.settimeout(5)
            client.logout()
        with suppress(OSError, imaplib.IMAP4.error, AttributeError):
            client.shutdown()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mails(said: Sequence[object]) -> Iterator[Mail]:
    """The answers of a FETCH: (what stands before the bytes, the bytes), then what stands after them."""
    for place, one in enumerate(said):
        if not isinstance(one, tuple) or len(one) < 2:
            continue
        after = said[place + 1] if place + 1 < len(said) else b""
        around = bytes(one[0]) + b" " + (after if isinstance(after, bytes) else b"")
        number = _UID.search(around)
        if number:
            yield Mail(int(number.group(1)), _instant(around), bytes(one[1]))


def _instant(text: bytes) -> datetime | None:
    found = _DATE.search(text)
    if found is None:
        return None
    day, name, year, hour, minute, second, zone, rest = (part.decode() for part in found.groups())
    if name.title() not in _MONTHS:
        return None
    iso = f"{year}-{_MONTHS.index(name.title()) + 1:02}-{int(day):02}T{hour}:{minute}:{second}{zone}:{rest}"
    try:
        return datetime.fromisoformat(iso).astimezone(UTC)
    except ValueError:
        return None


def probe(account: Account, timeout: float = 15.0) -> int:
    """Connect, encrypt, sign in, open the folder, leave: how many mails lie in it. Raises `Unreadable`."""
    with Mailbox(account, timeout) as box:
        return len(box.after(Cursor(box.validity, 0), date(2000, 1, 1)))
