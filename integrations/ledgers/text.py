"""Bytes of a text file → encoding and lines, in chunks, so that a file of any size needs little memory.

Encoding ladder: BOM → strict UTF-8 → CP850 / CP1252 / ISO-8859-15. A UTF-8 file with a broken byte is damaged,
not CP1252: it is refused, naming the line."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from integrations.files import Refused

CHUNK = 128 * 1024  # and the longest line

SAMPLE = 8 * 1024 * 1024  # enough to see in which of two code pages the letters make words

_ASCII = bytes(range(128))
_DOS_LETTERS = re.compile(rb"(?<=[A-Za-z])[\x82\x85\x87\x88\x8a\x8b\x93\x96\x97](?=[A-Za-z])")
_WINDOWS_ONLY = re.compile(rb"[\x80-\x9f]")
_LATIN_LETTERS = re.compile(rb"(?<=[A-Za-z])[\xe0-\xff](?=[A-Za-z])")


def unwrap(data: bytes) -> tuple[bytes, str]:
    """The text without BOM, and its encoding; UTF-16 comes back as UTF-8. Refuses NUL bytes and broken UTF-8."""
    if data.startswith(codecs.BOM_UTF8):
        data = data[3:]
        _check_utf8(data)
        return data, "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16").encode("utf-8"), "utf-16"
        except UnicodeError as error:
            raise Refused("damaged_text", line=1, value="UTF-16") from error
    nul = data.find(b"\0")
    if nul >= 0:
        raise Refused("nul_byte", line=line_at(data, nul))
    return data, _encoding(data)


def codec(encoding: str) -> str:
    """The Python codec of text already unwrapped."""
    return "utf-8" if encoding in ("utf-8-sig", "utf-16") else encoding


def chunks(data: bytes, encoding: str, lines: int = 0) -> Iterator[str]:
    """Unwrapped text in pieces of 128 KiB that end where a line ends; CRLF, LF or CR alone becomes "\\n".

    A CR inside the lines of an LF file stays in the field as a space. Refuses a longer line (`lines`: how many of the file
    came before)."""
    mark = b"\n" if b"\n" in data else b"\r"
    name = codec(encoding)
    start, size = 0, len(data)
    while start < size:
        end = size
        if start + CHUNK < size:
            end = data.rfind(mark, start, start + CHUNK) + 1
            if not end:
                raise Refused("line_too_long", line=lines + 1)
        chunk = data[start:end]
        if mark == b"\r":
            chunk = chunk.replace(b"\r", b"\n")
        elif b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n")
            if b"\r" in chunk:
                chunk = chunk.replace(b"\r", b" ")
        lines += chunk.count(b"\n")
        yield chunk.decode(name)
        start = end


def line_at(data: bytes, position: int) -> int:
    """The number, from 1, of the line that holds a byte."""
    return data.count(b"\n" if b"\n" in data else b"\r", 0, position) + 1


def _encoding(data: bytes) -> str:
    if data.isascii():
        return "ascii"
    try:
        _check_utf8(data)
    except Refused as damaged:
        some = data if data[:SAMPLE].isascii() else data[:SAMPLE]
        if _mostly_utf8(some, len(some.translate(None, _ASCII))):
            raise
        if not _WINDOWS_ONLY.search(data.translate(None, _ASCII)):
            return "iso-8859-15"
        if len(_DOS_LETTERS.findall(some)) > len(_LATIN_LETTERS.findall(some)):
            return "cp850"
        try:
            data.decode("cp1252")
        except UnicodeDecodeError:
            raise damaged from None
        return "cp1252"
    return "utf-8"


def _check_utf8(data: bytes) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    start = 0
    try:
        for start in range(0, len(data), CHUNK):
            decoder.decode(data[start : start + CHUNK], final=start + CHUNK >= len(data))
    except UnicodeDecodeError as error:
        # `start` of the error counts from the bytes kept from the block before.
        at = start + min(error.start, len(data) - start - 1)
        raise Refused("damaged_text", line=line_at(data, at), value=f"0x{error.object[error.start]:02X}") from error


def _mostly_utf8(data: bytes, beyond: int) -> bool:
    """Whether more non-ASCII characters read as UTF-8 than bytes that do not: accents do not pair by accident.
    `beyond`: how many of the bytes are not ASCII."""
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    return len(text) - broken - (len(data) - beyond) > broken
