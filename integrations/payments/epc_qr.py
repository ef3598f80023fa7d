"""EPC QR codes (EPC069-12, version 2): scanned, they fill in the transfer.

A code of one size is an affine function of its bytes: Reed–Solomon, placing and a fixed mask are all exclusive-or. So
one code per length is encoded by segno and the others of that length are made from it, bit by bit; a thousand
reminders would else spend most of their time here. Tests compare with segno code by code."""

from __future__ import annotations

import functools
import re
import struct
import zlib
from dataclasses import dataclass

import segno

MASK = 2
QUIET = 4  # modules of white around it
CAPACITY = {1: 14, 2: 26, 3: 42, 4: 62, 5: 84, 6: 106, 7: 122, 8: 152, 9: 180, 10: 213, 11: 251, 12: 287, 13: 331}
"""Bytes a version holds at error level M, the level EPC069-12 asks for; 13 is its largest."""

_known: dict[tuple[int, int], tuple[bytes, int]] = {}
"""By version and length: the code all others of that length are made from."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer in euro cents. `reference` ISO 11649 goes to its own field, any other text to the free one."""

    name: str
    iban: str
    bic: str
    cents: int
    reference: str


def payload(transfer: Transfer) -> bytes:
    """The twelve lines of the standard, UTF-8. Raises ValueError for what no bank would take."""
    iban = re.sub(r"\s", "", transfer.iban).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban):
        raise ValueError("iban")
    if not 1 <= transfer.cents <= 99_999_999_999:
        raise ValueError("amount")
    name = " ".join(transfer.name.split())[:70]
    structured, free = "", " ".join(transfer.reference.split())[:140]
    if free.startswith("RF"):
        structured, free = free.replace(" ", ""), ""
    amount = f"EUR{transfer.cents // 100}.{transfer.cents % 100:02d}"
    lines = ["BCD", "002", "1", "SCT", transfer.bic.replace(" ", ""), name, iban, amount, "", structured, free]
    return "\n".join(lines).rstrip("\n").encode()


def modules(data: bytes) -> tuple[int, int]:
    """The code of some bytes: side in modules, and its modules row by row as one number (dark is 1)."""
    version = next((v for v, most in CAPACITY.items() if len(data) <= most), None)
    if version is None:
        raise ValueError("too long")
    if (version, len(data)) not in _known:
        _known[version, len(data)] = data, _encode(version, data)
    first, code = _known[version, len(data)]
    difference = int.from_bytes(data, "big") ^ int.from_bytes(first, "big")
    last = len(data) * 8 - 1
    while difference:
        bit = difference.bit_length() - 1
        code ^= _flip(version, last - bit)
        difference ^= 1 << bit
    return 17 + 4 * version, code


def png(data: bytes, scale: int = 4) -> bytes:
    """The code as a black and white picture with its quiet zone."""
    side, code = modules(data)
    width = (side + 2 * QUIET) * scale
    table, row_bytes = _table(scale), (width + 7) // 8
    bits = (side + QUIET + 7) // 8 * 8  # a row with its left margin, in whole bytes; beyond it all is white
    same = (b"\2" + bytes(row_bytes)) * (scale - 1)  # "as the row above"
    white = b"\0" + b"\xff" * row_bytes
    margin = [white, same, (b"\2" + bytes(row_bytes)) * ((QUIET - 1) * scale)]
    rows, mask = list(margin), (1 << side) - 1
    for y in range(side - 1, -1, -1):
        row = ((code >> (side * y)) & mask) << (bits - side - QUIET)
        wide = b"".join([table[byte] for byte in row.to_bytes(bits // 8, "big")])
        rows += (b"\0", wide[:row_bytes].ljust(row_bytes, b"\xff"), same)
    pixels = zlib.compress(b"".join(rows + margin), 1)
    head = struct.pack(">IIBBBBB", width, width, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@functools.cache
def _table(scale: int) -> list[bytes]:
    """Each byte of modules as pixels: every bit `scale` times, dark is 0."""
    return [
        (int("".join(bit * scale for bit in f"{byte:08b}"), 2) ^ ((1 << 8 * scale) - 1)).to_bytes(scale, "big")
        for byte in range(256)
    ]


@functools.lru_cache(maxsize=4096)
def _flip(version: int, bit: int) -> int:
    """The modules that change when one bit changes (counted from the first), whatever the others are."""
    plain = bytes(CAPACITY[version])
    flipped = bytearray(plain)
    flipped[bit // 8] ^= 128 >> bit % 8
    return _encode(version, plain) ^ _encode(version, bytes(flipped))


@functools.lru_cache(maxsize=16)
def _encode(version: int, data: bytes) -> int:
    code = segno.make_qr(data, error="m", boost_error=False, version=version, mask=MASK, mode="byte")
    return int("".join("".join("1" if module else "0" for module in row) for row in code.matrix), 2)
