"""The words of a mail: decoded whatever its character set, HTML as text, and without what it quotes."""

from __future__ import annotations

import re
from email.header import decode_header
from email.message import Message
from html.parser import HTMLParser

LONGEST = 200_000  # characters looked at
_BLOCKS = {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "hr", "blockquote"}
_QUOTED = re.compile(
    r"gmail_quote|yahoo_quoted|moz-cite-prefix|divRplyFwdMsg|appendonsend|protonmail_quote|OLK_SRC_BODY_SECTION", re.IGNORECASE
)
_VOID = {"br", "hr", "img", "meta", "link", "input", "col", "area", "base", "wbr", "source"}


def decoded(value: str) -> str:
    """A header value with its encoded words decoded; what cannot be decoded stays readable."""
    try:
        parts = decode_header(value)
    except (ValueError, LookupError):
        return value
    words = []
    for raw, charset in parts:
        words.append(_decode(raw, charset or "utf-8") if isinstance(raw, bytes) else raw)
    return "".join(words)


def _decode(raw: bytes, charset: str) -> str:
    for name in (charset, "utf-8", "cp1252"):
        try:
            return raw.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return raw.decode("latin-1")


def readable(value: object) -> str:
    """A header value on one line: encoded words decoded, raw 8-bit characters too."""
    text = str(value)
    if not text.isascii():
        text = _decode(text.encode("utf-8", "surrogateescape"), "utf-8")
    return clean(decoded(text))


def clean(text: str) -> str:
    """One line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def body_text(message: Message) -> str:
    """What a mail says: its first plain text, else its HTML as text. Messages it encloses are not looked into."""
    plain, html = "", ""
    for part in _own_parts(message):
        kind = part.get_content_type()
        if kind == "text/plain" and not plain.strip():
            plain = _content(part)
        elif kind == "text/html" and not html.strip():
            html = _content(part)
    return _tidy(plain) if plain.strip() else _tidy(html_as_text(html))


def _own_parts(message: Message) -> list[Message]:
    """The parts of this mail itself, attached files and enclosed messages apart."""
    found: list[Message] = []
    waiting = [message]
    while waiting and len(found) < 100:
        part = waiting.pop(0)
        kind = part.get_content_maintype()
        if kind == "multipart":
            inner = part.get_payload()
            waiting[:0] = [p for p in inner if isinstance(p, Message)] if isinstance(inner, list) else []
        elif kind == "text" and part.get_content_disposition() != "attachment":
            found.append(part)
    return found


def _content(part: Message) -> str:
    try:
        raw = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        raw = None
    if not isinstance(raw, bytes):
        return str(part.get_payload())[:LONGEST]
    charset = part.get_content_charset() or "utf-8"
    return _decode(raw[: LONGEST * 2], charset)[:LONGEST]


def _tidy(text: str) -> str:
    lines = ("".join(c if c.isprintable() or c == "\t" else " " for c in line).rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Words(HTMLParser):
    """HTML as lines of text; what is quoted, and what is not shown, is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._open: list[tuple[str, bool]] = []  # tag, whether it hides what it holds
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
        if tag in _VOID:
            return
        names = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        hides = tag in ("style", "script", "head", "title") or (tag == "blockquote") or bool(_QUOTED.search(names))
        self._open.append((tag, hides))
        self.hidden += hides

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
        if any(name == tag for name, _ in self._open):
            while self._open:
                name, hides = self._open.pop()
                self.hidden -= hides
                if name == tag:
                    break

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(re.sub(r"\s+", " ", data))


def html_as_text(html: str) -> str:
    """HTML as people read it, line by line."""
    parser = _Words()
    try:
        parser.feed(html[:LONGEST])
        parser.close()
    except (AssertionError, ValueError):
        pass
    return "\n".join(line.strip() for line in "".join(parser.parts).splitlines())


_WROTE = re.compile(
    r"^\s*(?:(?:le|on|am|op|el|il)\b.{4,200}?(?:a écrit|a ecrit|wrote|schrieb|schreef|escribió|ha scritto)\b[^\n]{0,80}:?"
    r"|.{3,120}(?:a écrit|wrote|schrieb|schreef het volgende op|schreef op)\b.{0,80}:)\s*$",
    re.IGNORECASE,
)
_OUTLOOK = re.compile(
    r"^\s*-{2,}\s*(?:message d.origine|original message|ursprüngliche nachricht|oorspronkelijk bericht|message transféré|forwarded message)\s*-{0,}",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\s*\*?(?:de|from|von|van)\s*\*?\s*:\s*\S", re.IGNORECASE)
_SENT = re.compile(r"^\s*\*?(?:envoyé|date|sent|gesendet|datum|verzonden)\s*(?:le)?\*?\s*:", re.IGNORECASE)


def without_quotes(text: str) -> str:
    """What the person wrote: without quoted lines and the message below. When nothing else is there, all of it."""
    lines = text.splitlines()
    kept: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        two = f"{line} {lines[place + 1].strip()}" if place + 1 < len(lines) else line
        if _OUTLOOK.match(line) or (_FROM.match(line) and any(_SENT.match(below) for below in lines[place + 1 : place + 5])):
            break
        if (taken := 1 if _WROTE.match(line[:400]) else 2 if _WROTE.match(two[:400]) and line.strip() else 0) > 0:
            below = next((rest for rest in lines[place + taken :] if rest.strip()), "")
            if not below.lstrip().startswith(">"):
                break
            place += taken
            continue
        if not line.lstrip().startswith(">"):
            kept.append(line)
        place += 1
    said = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip(" \n_")
    return said or text.strip()
