"""Reading JSON over HTTP from programs that are not ours: only reads, only the host that was typed, nothing endless.

One connection is kept for all requests of a pull. Redirects are never followed: an answer from elsewhere is not the
program the administrator named. TLS certificates are verified always; plain HTTP is only for addresses of the local
network. A request that fails in passing is repeated with growing waits; 429 and Retry-After are obeyed."""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
import socket
import ssl
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from rules.errors import DomainError

TIMEOUT = 30.0  # seconds for each step of a request
WHOLE = 180.0  # seconds for one answer, however slowly it drips
TRIES = 5
LONGEST_WAIT = 60.0  # seconds: a program that asks for more is come back to later
MAX_ANSWER = 32 * 1024 * 1024
MAX_REQUESTS = 20_000

_AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))
_HEADER = re.compile(r"[\x20-\x7e]*")


class Api:
    """One program at one address. `reads` are the paths that may be POSTed to, because the program reads by POST."""

    def __init__(
        self,
        url: str,
        headers: dict[str, str],
        *,
        reads: re.Pattern[str] | None = None,
        ca: str = "",
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.secure, self.host, self.port, self.base = _address(url)
        if not all(_HEADER.fullmatch(value) for value in headers.values()):
            raise DomainError("connector_setting", name="secret")
        self.headers = {"Accept": "application/json", "User-Agent": "Encours", **headers}
        self.reads, self.sleep = reads, sleep
        self.context = _context(ca) if self.secure else None
        self.connection: http.client.HTTPConnection | None = None
        self.requests = 0
        self.answered_at = ""  # the program's own clock, from its last answer: UTC, "2026-11-20 06:00:00"

    def get(self, path: str, params: dict[str, object] | None = None, *, absent: Any = None) -> Any:
        """The JSON behind a path; `absent` instead of an error when the program answers 404 and it is not None."""
        query = urlencode({name: value for name, value in (params or {}).items() if value is not None}, quote_via=quote)
        return self._asked("GET", f"{path}?{query}" if query else path, None, absent)

    def post(self, path: str, body: object, *, absent: Any = None) -> Any:
        """The JSON a reading method answers; only the paths this connector may read by POST."""
        if self.reads is None or not self.reads.fullmatch(path):
            raise ValueError(f"not a reading path: {path}")
        return self._asked("POST", path, json.dumps(body).encode(), absent)

    def close(self) -> None:
        """Ends the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def error(self, code: str, **params: object) -> DomainError:
        """An error that names the host."""
        return DomainError(code, host=self.host, **params)

    # ---- one request ------------------------------------------------------------------------------------------

    def _asked(self, method: str, path: str, body: bytes | None, absent: Any) -> Any:
        try:
            return self._insisted(method, path, body, absent)
        except BaseException:
            self.close()
            raise

    def _insisted(self, method: str, path: str, body: bytes | None, absent: Any) -> Any:
        reason, wait = "", 0.0
        for attempt in range(TRIES):
            if attempt:
                self.sleep(wait or float(2 ** (attempt - 1)))
            wait = 0.0
            try:
                status, headers, data = self._once(method, path, body)
            except ssl.SSLCertVerificationError as error:
                raise self.error("connector_unreachable", reason=f"TLS: {error.verify_message}"[:200]) from None
            except (OSError, http.client.HTTPException) as error:
                self.close()
                reason = _reason(error)
                continue
            if status == 404 and absent is not None:
                return absent
            if status not in _AGAIN:
                return self._understood(status, headers, data)
            reason = f"HTTP {status}"
            wait = _retry_after(headers)
            if status == 429 and (wait > LONGEST_WAIT or attempt == TRIES - 1):
                raise self.error("connector_slow_down", seconds=int(wait or LONGEST_WAIT))
            wait = min(wait, LONGEST_WAIT)
        raise self.error("connector_unreachable", reason=reason)

    def _once(self, method: str, path: str, body: bytes | None) -> tuple[int, http.client.HTTPMessage, bytes]:
        self.requests += 1
        if self.requests > MAX_REQUESTS:
            raise self.error("connector_answer", detail=f"{MAX_REQUESTS} requests")
        connection = self.connection or self._connected()
        headers = {**self.headers, **({"Content-Type": "application/json; charset=utf-8"} if body is not None else {})}
        connection.request(method, self.base + path, body, headers)
        with connection.getresponse() as answer:
            data = self._body(answer)
            if answer.will_close:
                self.close()
            self._note_clock(answer.headers)
            return answer.status, answer.headers, data

    def _connected(self) -> http.client.HTTPConnection:
        if self.secure:
            assert self.context is not None
            made: http.client.HTTPConnection = http.client.HTTPSConnection(
                self.host, self.port, timeout=TIMEOUT, context=self.context
            )
        else:
            _refuse_open_network(self.host, self.port)
            made = http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT)
        self.connection = made
        return made

    def _body(self, answer: http.client.HTTPResponse) -> bytes:
        """The answer's bytes, with a limit on size and on time."""
        parts: list[bytes] = []
        size, end = 0, time.monotonic() + WHOLE
        while part := answer.read1(256 * 1024):
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER:
                raise self.error("connector_answer", detail=f"> {MAX_ANSWER // (1024 * 1024)} MiB")
            if time.monotonic() > end:
                raise TimeoutError("slow")
        expected = answer.headers.get("Content-Length", "")
        if expected.isdecimal() and size < int(expected):
            raise http.client.IncompleteRead(b"", int(expected) - size)
        return b"".join(parts)

    def _note_clock(self, headers: http.client.HTTPMessage) -> None:
        try:
            self.answered_at = parsedate_to_datetime(headers["Date"]).strftime("%Y-%m-%d %H:%M:%S")
        except (TypeError, ValueError):
            pass

    def _understood(self, status: int, headers: http.client.HTTPMessage, data: bytes) -> Any:
        if 300 <= status < 400:
            raise self.error("connector_answer", detail=f"HTTP {status} → {headers.get('Location', '')}"[:200])
        try:
            found = json.loads(data) if data else None
        except (ValueError, RecursionError):
            found = None
            if status < 300:
                raise self.error("connector_answer", detail=f"HTTP {status}, {headers.get_content_type()}") from None
        if status in (401, 403):
            raise self.error("connector_refused", status=status, detail=said(found))
        if status >= 300:
            raise self.error("connector_answer", detail=f"HTTP {status} {said(found)}".strip())
        return found


def said(found: Any) -> str:
    """The one sentence inside an error the program answers, whatever its shape; never a trace."""
    for _ in range(4):
        if isinstance(found, str):
            return " ".join(found.split())[:200]
        if not isinstance(found, dict):
            return ""
        found = next((found[name] for name in ("error", "data", "message", "exception", "name") if found.get(name)), None)
    return ""


def _address(url: str) -> tuple[bool, str, int, str]:
    """(with TLS, host, port, path before every other); raises connector_setting."""
    text = url.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        port = parts.port
    except ValueError:
        raise DomainError("connector_setting", name="url") from None
    host = parts.hostname or ""
    odd = parts.username is not None or parts.query or parts.fragment or re.search(r"[\s\x00-\x1f\x7f\\]", text)
    if parts.scheme not in ("http", "https") or not host or odd:
        raise DomainError("connector_setting", name="url")
    secure = parts.scheme == "https"
    return secure, host, port or (443 if secure else 80), quote(parts.path.rstrip("/"), safe="/%")


def _context(ca: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca.strip():
        try:
            context.load_verify_locations(cadata=ca)
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # authorities made in the house often lack some extension
        except (ssl.SSLError, ValueError):
            raise DomainError("connector_setting", name="ca") from None
    return context


def _refuse_open_network(host: str, port: int) -> None:
    """Without TLS the key would travel readable: allowed inside the local network only."""
    for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not ipaddress.ip_address(str(found[4][0]).partition("%")[0]).is_private:
            raise DomainError("connector_plain", host=host)


def _retry_after(headers: http.client.HTTPMessage) -> float:
    """Seconds the program asks to wait: a number, or a date beside its own Date."""
    text = (headers.get("Retry-After") or "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - parsedate_to_datetime(headers["Date"])).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "time-out"
    if isinstance(error, socket.gaierror):
        return "unknown host"
    return (str(getattr(error, "strerror", "") or "") or type(error).__name__)[:200]
