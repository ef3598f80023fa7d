"""Handing messages to a mail server, one connection for many, knowing at each moment what the server can have accepted.

`smtplib` sends body and final dot in one call; here they are apart, and `before_dot` is called between them: a
connection lost before it is surely not accepted, after it unknown (RFC 5321 4.5.3.2, RFC 1047). Credentials and mail
never travel in clear except to this machine itself."""

from __future__ import annotations

import ipaddress
import select
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

from integrations.channels import Envelope, Outcome

REUSE = 100  # messages per connection
BareAnswer = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait at each stage; the final dot ten minutes, as an early end makes duplicates."""

    connect: float = 60
    command: float = 300
    dot: float = 600


@dataclass(frozen=True, slots=True)
class Account:
    """How to reach a mail server. security: starttls, tls, or none (this machine only). `ca_file`: a private authority."""

    host: str
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password: str = ""
    ca_file: str | None = None


class _Client(smtplib.SMTP):
    """smtplib with the final dot apart from the body."""

    def open_data(self) -> BareAnswer:
        self.putcmd("data")
        return self.getreply()

    def send_body(self, data: bytes) -> None:
        quoted = smtplib._quote_periods(data)  # type: ignore[attr-defined]
        self.send(quoted if quoted.endswith(b"\r\n") else quoted + b"\r\n")
        sock = self.sock  # (TLS speaks on its own account)
        if (
            sock and not isinstance(sock, ssl.SSLSocket) and select.select([sock.fileno()], [], [], 0)[0]
        ):  # it spoke, or hung up, before the end
            raise smtplib.SMTPServerDisconnected("the server broke off")

    def send_dot(self) -> None:
        self.send(b".\r\n")


class Withheld(Exception):
    """Raised by `before_dot`: the message must not be completed; nothing was accepted."""


class _Stop(Exception):
    """This connection cannot be used any further."""

    def __init__(self, stage: str, code: int, answer: str, failure: str, account: bool = False) -> None:
        super().__init__(stage, code, answer)
        self.stage, self.code, self.answer, self.failure, self.account = stage, code, answer, failure, account


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "localhost.localdomain")


def _words(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:500]


def _context(account: Account) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=account.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _connect(account: Account, timeouts: Timeouts) -> _Client:
    """A signed-in connection, or `_Stop` saying at which stage it failed."""
    if account.security == "none" and not is_loopback(account.host):
        raise _Stop("tls", 0, "", "clear_text_refused", account=True)
    try:
        client = _greet(account, timeouts)
    except smtplib.SMTPResponseException as error:
        raise _Stop("connect", error.smtp_code, _words(error.smtp_error), "server_unavailable") from error
    except ssl.SSLError as error:
        raise _Stop("tls", 0, _words(str(error)), "encryption_refused", account=True) from error
    except (OSError, smtplib.SMTPException) as error:
        raise _Stop("connect", 0, _words(str(error)), "server_unavailable") from error
    try:
        _secure(client, account)
        _sign_in(client, account)
    except _Stop:
        client.close()
        raise
    except (OSError, smtplib.SMTPServerDisconnected) as error:
        client.close()
        raise _Stop("connect", 0, _words(str(error)), "connection_lost") from error
    client.sock.settimeout(timeouts.command)  # type: ignore[union-attr]
    return client


def _greet(account: Account, timeouts: Timeouts) -> _Client:
    name = socket.gethostname()  # never a name lookup: it may take longer than the sending
    client = _Client(timeout=timeouts.connect, local_hostname=name if "." in name else "[127.0.0.1]")
    client._host = account.host  # type: ignore[attr-defined]  # smtplib checks the certificate against it
    plain = socket.create_connection((account.host, account.port), timeouts.connect)
    try:
        # The dot goes alone: it must not wait for the acknowledgement of the body.
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls = account.security == "tls"
        client.sock = _context(account).wrap_socket(plain, server_hostname=account.host) if tls else plain
    except OSError:
        plain.close()
        raise
    client.file = None
    code, answer = client.getreply()
    if code != 220:
        client.close()
        raise smtplib.SMTPConnectError(code, answer)
    client.ehlo_or_helo_if_needed()
    return client


def _secure(client: _Client, account: Account) -> None:
    if account.security != "starttls":
        return
    if not client.has_extn("starttls"):
        raise _Stop("tls", 0, "STARTTLS", "encryption_missing", account=True)
    try:
        code, answer = client.starttls(context=_context(account))
    except ssl.SSLError as error:
        raise _Stop("tls", 0, _words(str(error)), "encryption_refused", account=True) from error
    except smtplib.SMTPResponseException as error:
        raise _Stop("tls", error.smtp_code, _words(error.smtp_error), "encryption_refused", account=True) from error
    if code != 220:
        raise _Stop("tls", code, _words(answer), "encryption_refused", account=True)
    client.ehlo()


def _sign_in(client: _Client, account: Account) -> None:
    if not account.user:
        return
    try:
        client.login(account.user, account.password)
    except smtplib.SMTPAuthenticationError as error:
        refused = error.smtp_code >= 500
        failure = "sign_in_refused" if refused else "sign_in_delayed"
        raise _Stop("sign_in", error.smtp_code, _words(error.smtp_error), failure, account=refused) from error
    except smtplib.SMTPNotSupportedError as error:
        raise _Stop("sign_in", 0, _words(str(error)), "sign_in_not_offered", account=True) from error
    except smtplib.SMTPException as error:
        code = getattr(error, "smtp_code", 0)
        raise _Stop("sign_in", code, _words(str(error)), "sign_in_refused", account=code >= 500) from error


class Sending:
    """One run over one account. `before_dot` is called (and must have kept its word durably) before each final dot."""

    def __init__(self, account: Account, timeouts: Timeouts, before_dot: Callable[[Envelope], datetime]) -> None:
        self._account, self._timeouts, self._before_dot = account, timeouts, before_dot
        self._client: _Client | None = None
        self._handed = 0
        self.closed: _Stop | None = None  # why this run cannot go on

    def __enter__(self) -> Sending:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._leave()

    def hand_over(self, envelopes: Iterable[Envelope]) -> Iterator[Outcome]:
        """Each envelope tried once, in order; once the way is closed the rest comes back untried."""
        for envelope in envelopes:
            if self.closed is not None:
                yield Outcome(envelope, "untried", failure=self.closed.failure)
                continue
            try:
                yield self._one(envelope)
            except _Stop as stop:
                self.closed = stop
                self._leave()
                yield Outcome(envelope, "retry", stop.stage, stop.code, stop.answer, stop.failure, account=stop.account)

    def _leave(self) -> None:
        client, self._client = self._client, None
        if client is None or client.sock is None:
            return
        try:
            client.sock.settimeout(5)
            client.quit()
        except (OSError, smtplib.SMTPException):
            client.close()

    def _connection(self) -> _Client:
        if self._handed >= REUSE:
            self._leave()
        if self._client is None:
            self._client, self._handed = _connect(self._account, self._timeouts), 0
        self._handed += 1
        return self._client

    def _one(self, envelope: Envelope) -> Outcome:
        client = self._connection()
        try:
            refusal = _offer(client, envelope)
            if refusal is not None and refusal.code == 421 and self._handed > 1:
                raise smtplib.SMTPServerDisconnected(refusal.answer)  # enough for this connection, says the server
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            self._drop()
            if self._handed == 1:
                return Outcome(envelope, "retry", "sender", 0, _words(str(error)), "connection_lost")
            return self._one(envelope)  # a connection used before may have been closed meanwhile: once more, anew
        except smtplib.SMTPException as error:
            self._drop()
            return Outcome(envelope, "retry", "sender", 0, _words(str(error)), "connection_lost")
        if refusal is not None:
            return self._refused(client, refusal)
        try:
            client.send_body(envelope.data)
        except (OSError, smtplib.SMTPException) as error:
            # Nothing accepted yet: safe to try again, on a new connection.
            self._drop()
            return Outcome(envelope, "retry", "data", 0, _words(str(error)), "connection_lost")
        try:
            at = self._before_dot(envelope)
        except BaseException as error:
            self._drop()  # without its dot the server throws the message away
            if not isinstance(error, Withheld):
                raise
            self.closed = _Stop("content", 0, str(error), "withheld")
            return Outcome(envelope, "untried", "content", failure="withheld", answer=_words(str(error)))
        return self._dot(client, envelope, at)

    def _dot(self, client: _Client, envelope: Envelope, at: datetime) -> Outcome:
        try:
            client.sock.settimeout(self._timeouts.dot)  # type: ignore[union-attr]
            client.send_dot()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()  # the dot itself could not be sent: the server cannot have taken the message
            return Outcome(envelope, "retry", "data", 0, _words(str(error)), "connection_lost")
        try:
            code, answer = client.getreply()
            if client.sock is not None:
                client.sock.settimeout(self._timeouts.command)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Outcome(envelope, "unknown", "content", 0, _words(str(error)), "answer_lost", data_done_at=at)
        words = _words(answer)
        if 200 <= code < 300:
            return Outcome(envelope, "sent", "content", code, words, data_done_at=at)
        if 400 <= code < 600:
            state, failure = ("retry", "content_delayed") if code < 500 else ("failed", "content_refused")
            outcome = Outcome(envelope, state, "content", code, words, failure, data_done_at=at)
            return self._refused(client, outcome)
        self._drop()
        return Outcome(envelope, "unknown", "content", code, words, "answer_lost", data_done_at=at)

    def _refused(self, client: _Client, outcome: Outcome) -> Outcome:
        """421 closes the house; a missing sign-in is the account's fault; else the next message may be tried."""
        if outcome.code == 421:
            self._drop()
            self.closed = _Stop(outcome.stage, 421, outcome.answer, "server_unavailable")
        elif outcome.code == 530:
            self._leave()
            self.closed = _Stop(outcome.stage, 530, outcome.answer, "sign_in_refused", account=True)
        else:
            try:
                client.rset()
            except (OSError, smtplib.SMTPException):
                self._drop()
        return outcome

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _offer(client: _Client, envelope: Envelope) -> Outcome | None:
    """MAIL, RCPT, DATA: None when the server waits for the body, else what it refused.

    Addresses are bare and checked (`mime.address`): smtplib would take them apart again for every message."""
    size = [f"size={len(envelope.data)}"] if client.does_esmtp and client.has_extn("size") else []
    code, answer = client.docmd("MAIL", " ".join([f"FROM:<{envelope.sender}>", *size]))
    if code == 530:
        return Outcome(envelope, "retry", "sender", code, _words(answer), "sign_in_refused", account=True)
    if code != 250:
        return _refusal(envelope, "sender", code, answer)
    code, answer = client.docmd("RCPT", f"TO:<{envelope.recipient}>")
    if code not in (250, 251):
        return _refusal(envelope, "recipient", code, answer)
    code, answer = client.open_data()
    return None if code == 354 else _refusal(envelope, "data", code, answer)


def _refusal(envelope: Envelope, stage: str, code: int, answer: bytes) -> Outcome:
    if code >= 500:
        return Outcome(envelope, "failed", stage, code, _words(answer), f"{stage}_refused")
    return Outcome(envelope, "retry", stage, code, _words(answer), f"{stage}_delayed")


def address_is_bad(outcome: Outcome) -> bool:
    """Whether a refusal is about the address itself, not about a full mailbox, a policy or our reputation."""
    if outcome.state != "failed" or outcome.stage != "recipient":
        return False
    enhanced = outcome.answer.split(" ", 1)[0]
    if enhanced.count(".") == 2 and enhanced[0] == "5":
        return enhanced.startswith("5.1.") or enhanced == "5.2.1"
    return outcome.code in (550, 551, 553)


def probe(account: Account, timeouts: Timeouts | None = None) -> Outcome:
    """Connect, encrypt, sign in, leave: sent when all of it works; else where it failed."""
    envelope = Envelope(0, "", 0, "", "", b"")
    try:
        client = _connect(account, timeouts or Timeouts(connect=15, command=15))
    except _Stop as stop:
        return Outcome(envelope, "failed", stop.stage, stop.code, stop.answer, stop.failure, account=stop.account)
    try:
        code, answer = client.noop()
        client.quit()
    except (OSError, smtplib.SMTPException) as error:
        client.close()
        return Outcome(envelope, "failed", "connect", 0, _words(str(error)), "connection_lost")
    return Outcome(envelope, "sent", "connect", code, _words(answer))
