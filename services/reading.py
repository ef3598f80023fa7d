"""A message as it left, taken apart for people to read: headers, text, and HTML whose pictures stand inside it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from email import message_from_bytes, policy


@dataclass(frozen=True, slots=True)
class Parts:
    """`headers` as written, decoded; `text` and `html` empty when the message has no such part."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str


def read_mail(body: bytes) -> Parts:
    """The parts of an e-mail kept as RFC 5322 bytes."""
    message = message_from_bytes(body, policy=policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    shown = str(html.get_content()) if html is not None else ""
    for part in message.walk():
        name = str(part.get("Content-ID", "")).strip("<> ")
        if name and part.get_content_maintype() == "image":
            data = part.get_payload(decode=True)
            shown = with_picture(shown, name, part.get_content_type(), data if isinstance(data, bytes) else b"")
    headers = tuple((name, " ".join(str(value).split())) for name, value in message.items())
    return Parts(headers, str(text.get_content()).rstrip() if text is not None else "", shown)


def with_picture(html: str, name: str, kind: str, data: bytes) -> str:
    """HTML that carries a picture itself instead of pointing to another part of its message."""
    return html.replace(f"cid:{name}", f"data:{kind};base64,{base64.b64encode(data).decode()}")
