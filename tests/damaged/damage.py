"""Ways a file goes bad between a program and us: cut, bytes turned, columns moved, totals wrong, encodings lied about."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Damage = Callable[[bytes, Random], bytes]
ODD = (
    b"", b"-", b"0", b"00000000", b"99999999", b"1e308", b"-0,005", b"NaN", b"9" * 400, b"2026-13-45", b"31/02/2026", b"\x00",
    "é".encode() * 50, b"x" * 20_000, b"&#1;", b"]]>", b"<a/>", b'"', b"=1+1", b"\xff\xfe",
)  # fmt: skip
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "cp1252", "cp850", "utf-8-sig", "cp037")
MARKS = (b"\t", b"|", b";", b",", b"\n", b"\r", b"<", b">", b" ", b"\x1a")


def _cut(data: bytes, dice: Random) -> bytes:
    return data[: dice.randrange(len(data))]


def _beheaded(data: bytes, dice: Random) -> bytes:
    return data[dice.randrange(1, len(data)) :]


def _turned(data: bytes, dice: Random) -> bytes:
    spoilt = bytearray(data)
    for _ in range(dice.randint(1, 9)):
        spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
    return bytes(spoilt)


def _flipped(data: bytes, dice: Random) -> bytes:
    spoilt = bytearray(data)
    spoilt[dice.randrange(len(spoilt))] ^= 1 << dice.randrange(8)
    return bytes(spoilt)


def _lost(data: bytes, dice: Random) -> bytes:
    place = dice.randrange(len(data))
    return data[:place] + data[place + dice.randint(1, 300) :]


def _twice(data: bytes, dice: Random) -> bytes:
    place = dice.randrange(len(data))
    return data[:place] + data[place : place + dice.randint(1, 400)] + data[place:]


def _whole_twice(data: bytes, dice: Random) -> bytes:
    return data + data


def _lines_swapped(data: bytes, dice: Random) -> bytes:
    lines = data.split(b"\n")
    one, other = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _line_lost(data: bytes, dice: Random) -> bytes:
    lines = data.split(b"\n")
    del lines[dice.randrange(len(lines))]
    return b"\n".join(lines)


def _line_twice(data: bytes, dice: Random) -> bytes:
    lines = data.split(b"\n")
    place = dice.randrange(len(lines))
    return b"\n".join([*lines[:place], lines[place], *lines[place:]])


def _columns_moved(data: bytes, dice: Random) -> bytes:
    place = dice.randrange(len(data))
    return data[:place] + dice.choice(MARKS) * dice.randint(1, 3) + data[place:]


def _digit_changed(data: bytes, dice: Random) -> bytes:
    places = [found.start() for found in re.finditer(rb"[0-9]", data)]
    if not places:
        return _turned(data, dice)
    place = dice.choice(places)
    return data[:place] + str(dice.randrange(10)).encode() + data[place + 1 :]


def _odd_value(data: bytes, dice: Random) -> bytes:
    values = list(re.finditer(rb"(?<=[\t|;>])[^\t|;<>\n]+(?=[\t|;<\n])", data)) or list(re.finditer(rb"[0-9A-Za-z]+", data))
    if not values:
        return _turned(data, dice)
    found = dice.choice(values)
    return data[: found.start()] + dice.choice(ODD) + data[found.end() :]


def _huge_field(data: bytes, dice: Random) -> bytes:
    place = dice.randrange(len(data))
    return data[:place] + dice.choice((b"9", b"A", b" ", b"<a>")) * 200_000 + data[place:]


def _encoding_lied(data: bytes, dice: Random) -> bytes:
    return data.decode("cp1252", "replace").encode(dice.choice(ENCODINGS), "replace")


def _line_ends(data: bytes, dice: Random) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", dice.choice((b"\r", b"\r\n", b"", b"\n\n", b"\r\r\n")))


def _marked(data: bytes, dice: Random) -> bytes:
    return dice.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\n\n", b"\x00", b" ")) + data


def _doctype(data: bytes, dice: Random) -> bytes:
    bomb = b'<!DOCTYPE a [<!ENTITY b "cccccccccc"><!ENTITY d "&b;&b;&b;">]>'
    end = data.find(b"?>") + 2 if b"?>" in data[:200] else 0
    return data[:end] + bomb + data[end:]


DAMAGES: dict[str, Damage] = {
    damage.__name__.strip("_"): damage
    for damage in (
        _cut, _beheaded, _turned, _flipped, _lost, _twice, _whole_twice, _lines_swapped, _line_lost, _line_twice, _columns_moved,
        _digit_changed, _odd_value, _huge_field, _encoding_lied, _line_ends, _marked, _doctype,
    )
}  # fmt: skip
