"""XML messages as texts by path, without building a tree: a year of a bank in a fraction of its memory and time.

The message is proven well-formed by expat, which opens nothing and expands nothing; a DOCTYPE is refused before. Then its
tags are split from its texts. A piece whose tags were seen before (entries of one bank are all alike) needs only its texts:
where each stands is remembered by `Shapes`."""

from __future__ import annotations

import codecs
import html
import re
import xml.parsers.expat as expat

from integrations.banks.values import Refused

MAX_DEPTH = 40
MAX_SHAPES = 2_000

_DECLARED = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,30})[\"']")
_ENCODINGS = frozenset(("utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252", "latin-1"))
_TOKENS = re.compile(r"<([^>]*)>")
_NAME = re.compile(r"(/?)(?:[^\s/:\"']+:)?([^\s/:\"']+)")
_CURRENCY = re.compile(r"\sCcy\s*=\s*[\"']([A-Za-z]{3})[\"']")
_NOT_TEXT = re.compile(r"<!--.*?-->|<!\[CDATA\[(.*?)\]\]>|<\?.*?\?>", re.DOTALL)
_TAG = re.compile(r"<(/?)(?:[^\s/>:\"']+:)?([^\s/>:\"']+)((?:[^<>\"'/]|\"[^\"]*\"|'[^']*')*)(/?)>")
_SKIPPED = "Pty"  # a level that version 8 put between a party and its name
_RENAMED = {"BICFI": "BIC"}


class NotPlain(Exception):
    """An element the message is to be cut at is written with a prefix, attributes or spaces: `plainly` is needed first."""


def checked(data: bytes) -> str:
    """The text of a well-formed message without comments. Lines stay where they are. Refuses a DOCTYPE, damaged XML and
    unknown encodings."""
    text = _decoded(data)
    marked = "<!" in text
    for forbidden in ("<!DOCTYPE", "<!ENTITY") if marked else ():
        at = text.find(forbidden)
        if at >= 0:
            raise Refused("xml_doctype", line=text.count("\n", 0, at) + 1)
    parser = expat.ParserCreate("utf-8")
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise Refused("xml_damaged", line=error.lineno, value=expat.ErrorString(error.code)) from None
    if text.startswith("<?xml"):
        start = text.index("?>") + 2
        text = "\n" * text.count("\n", 0, start) + text[start:]
    if marked or "<?" in text:
        text = _NOT_TEXT.sub(_plain, text)
    return text


def plainly(text: str) -> str:
    """The text with all its tags written plainly: no prefixes, no attributes but the currency."""
    return _TAG.sub(_plain_tag, text)


class Shape:
    """Where the texts of a piece with these tags stand."""

    __slots__ = ("currencies", "every", "first")

    def __init__(self, tags: list[str], line: int, marks: frozenset[str]) -> None:
        self.first: dict[str, int] = {}
        self.every: dict[str, list[int]] = {}
        self.currencies: dict[str, str] = {}
        stack: list[tuple[str, str]] = []
        path = ""
        for at, tag in enumerate(tags):
            found = _NAME.match(tag)
            if found is None or tag.count('"') % 2 or (tag.count("'") % 2 and '"' not in tag):
                raise _damaged(tag, line, marks)
            name = _RENAMED.get(found[2], found[2])
            if name in marks:
                raise NotPlain
            if found[1]:
                if not stack or stack[-1][0] != name:
                    raise _damaged(tag, line, marks)
                path = stack.pop()[1]
                continue
            if tag.endswith("/"):
                continue
            if len(stack) >= MAX_DEPTH:
                raise Refused("xml_too_deep", line=line, value=MAX_DEPTH)
            stack.append((name, path))
            if name != _SKIPPED:
                path = f"{path}/{name}" if path else name
                self.first.setdefault(path, at)
                self.every.setdefault(path, []).append(at)
                if " " in tag and (currency := _CURRENCY.search(tag)):
                    self.currencies.setdefault(path, currency[1].upper())


def _damaged(tag: str, line: int, marks: frozenset[str]) -> Exception:
    """Why a piece cannot be read: before all tags are plain it may be that one of them is not."""
    return NotPlain() if marks else Refused("xml_damaged", line=line, value=tag[:40])


class Part:
    """One piece: its texts by path ("RltdPties/Dbtr/Nm")."""

    __slots__ = ("_cells", "_shape")

    def __init__(self, shape: Shape, cells: list[str]) -> None:
        self._shape, self._cells = shape, cells

    def get(self, path: str) -> str:
        """The first text at a path, "" when there is none."""
        at = self._shape.first.get(path)
        if at is None:
            return ""
        text = self._cells[at]
        return (html.unescape(text) if "&" in text else text).strip()

    def all(self, path: str) -> list[str]:
        """Every text at a path that is not empty."""
        found = self._shape.every.get(path)
        if found is None:
            return []
        texts = [self._cells[at].strip() for at in found]
        return [html.unescape(text) for text in texts if text]

    def has(self, path: str) -> bool:
        """Whether there is such an element."""
        return path in self._shape.first

    def currency(self, path: str) -> str:
        """The Ccy of the first element at a path."""
        return self._shape.currencies.get(path, "")


class Shapes:
    """Pieces of one message, and the shapes they had so far. `marks`: elements the message is cut at, so that none is left in
    a piece; one that is was not written plainly (`NotPlain`)."""

    def __init__(self, marks: tuple[str, ...] = ()) -> None:
        self._marks = frozenset(marks)
        self._known: dict[str, Shape] = {}

    def part(self, text: str, line: int) -> Part:
        """A piece of the message with balanced tags."""
        plain = text.count("<") == text.count(">")  # no ">" but at the end of tags
        tokens = text.replace(">", "<").split("<") if plain else _TOKENS.split(text)
        tags = tokens[1::2]
        key = "<".join(tags)
        shape = self._known.get(key)
        if shape is None:
            shape = Shape(tags, line, self._marks)
            if len(self._known) < MAX_SHAPES and len(key) < 20_000:
                self._known[key] = shape
        return Part(shape, tokens[2::2])


def _decoded(data: bytes) -> str:
    """The text as its byte order mark or its declaration says; a message without either is UTF-8."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        name = "utf-16"
    else:
        data = data.removeprefix(codecs.BOM_UTF8)
        declared = _DECLARED.match(data[:1_000])
        name = declared[1].decode() if declared else "utf-8"
        try:
            name = codecs.lookup(name).name
        except LookupError:
            name = ""
        if name not in _ENCODINGS:
            raise Refused("encoding_unknown", line=1, value=declared[1].decode() if declared else "")
    try:
        text = data.decode(name)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Refused("damaged_text", line=line, value=f"0x{error.object[error.start]:02X}") from None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.lstrip(" ") if text[:1] == " " else text


def _plain(found: re.Match[str]) -> str:
    """A comment or instruction as the lines it took, CDATA as the text it holds."""
    if found[1] is None:
        return "\n" * found[0].count("\n")
    return html.escape(found[1], quote=False)


def _plain_tag(found: re.Match[str]) -> str:
    """A tag without prefix and attributes, but for the currency."""
    close, name, attributes, empty = found.groups()
    currency = _CURRENCY.search(attributes) if attributes else None
    kept = f' Ccy="{currency[1]}"' if currency else ""
    return f"<{close}{name}{kept}{empty}>" + "\n" * attributes.count("\n")
