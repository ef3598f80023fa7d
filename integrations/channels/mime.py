"""RFC 5322 bytes of a message: text and HTML side by side, pictures inline. Cheap: the library's EmailMessage costs
more than all the rest of a reminder.

Header values are refused when they hold a line break or any control character, on every Python alike."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PLAIN = re.compile(r"[ -~]*\Z")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*\Z")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*\Z")
_LONGEST = 2000  # characters of a header value


class Unwritable(ValueError):
    """A header value that must not be written: `code` header_unsafe, header_too_long or address_wrong."""

    def __init__(self, code: str, value: str) -> None:
        super().__init__(code, value)
        self.code, self.value = code, value


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture shown inside the HTML part as cid:`name`."""

    name: str
    data: bytes


def address(email: str) -> str:
    """A bare address fit for an envelope, its domain in ASCII. Raises `Unwritable`."""
    clean = email.strip()
    local, _, domain = clean.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    except UnicodeError:
        raise Unwritable("address_wrong", email) from None
    clean = f"{local}@{ascii_domain}"
    if len(clean) > 254 or not _ADDRESS.fullmatch(clean):
        raise Unwritable("address_wrong", email)
    return clean


def words(value: str) -> str:
    """A free header value: as it is when plain, else in encoded words, folded. Raises `Unwritable`."""
    if _UNSAFE.search(value):
        raise Unwritable("header_unsafe", value)
    if len(value) > _LONGEST:
        raise Unwritable("header_too_long", value[:40])
    if _PLAIN.match(value) and "=?" not in value and len(value) <= 60:
        return value
    return "\r\n ".join(_encoded(value))


def _encoded(value: str) -> list[str]:
    """Encoded words of at most 75 characters, never cutting a character."""
    parts, part = [], b""
    for character in value:
        raw = character.encode()
        if len(part) + len(raw) > 42:  # 56 characters of base64 and the frame
            parts.append(part)
            part = b""
        part += raw
    parts.append(part)
    return [f"=?utf-8?b?{base64.b64encode(p).decode()}?=" for p in parts]


def mailbox(name: str, email: str) -> str:
    """`Name <address>`, the name quoted or encoded as needed. Raises `Unwritable`."""
    bare = address(email)
    name = name.strip()
    if not name:
        return bare
    shown = words(name)
    if shown == name and not _ATOMS.match(name):
        shown = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{shown} <{bare}>"


def build(headers: Sequence[tuple[str, str]], text: str, html: str, pictures: Sequence[Picture] = ()) -> bytes:
    """The whole message, CRLF lines, ASCII only. Header values come from `words` and `mailbox`; `headers` keep their order."""
    lines = [f"{name}: {_checked(value)}\r\n" for name, value in headers]
    seed = hashlib.blake2b("".join(lines).encode(), digest_size=12).hexdigest()
    outer, inner = f"=_a{seed}", f"=_r{seed}"  # quoted-printable text has no bare "=": these occur nowhere else
    lines += ["MIME-Version: 1.0\r\n", f'Content-Type: multipart/alternative; boundary="{outer}"\r\n\r\n']
    chunks = ["".join(lines).encode("ascii"), f"--{outer}\r\n".encode(), _text("plain", text)]
    if pictures:
        chunks.append(f'--{outer}\r\nContent-Type: multipart/related; boundary="{inner}"\r\n\r\n--{inner}\r\n'.encode())
        chunks.append(_text("html", html))
        for picture in pictures:
            chunks += (f"--{inner}\r\n".encode(), _picture(picture))
        chunks.append(f"--{inner}--\r\n".encode())
    else:
        chunks += (f"--{outer}\r\n".encode(), _text("html", html))
    chunks.append(f"--{outer}--\r\n".encode())
    return b"".join(chunks)


def _checked(value: str) -> str:
    # The only line breaks are those of our own folding.
    if _UNSAFE.search(value.replace("\r\n ", "")) or not value.isascii():
        raise Unwritable("header_unsafe", value)
    return value


def _text(kind: str, body: str) -> bytes:
    raw = body.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "replace")
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"  # binascii takes its own line ends from the first one it meets
    return head.encode() + binascii.b2a_qp(raw, istext=True)


def _picture(picture: Picture) -> bytes:
    head = (
        f'Content-Type: image/png; name="{picture.name}.png"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-ID: <{picture.name}>\r\nContent-Disposition: inline; filename="{picture.name}.png"\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(picture.data).replace(b"\n", b"\r\n")
