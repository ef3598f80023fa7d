"""Bytes of a bank file → lines, days, amounts: strict where money is, tolerant where only words are."""

from __future__ import annotations

import calendar
import re
from datetime import date

from integrations.files import Refused
from integrations.ledgers import text

_AMOUNT = re.compile(r"[0-9]{1,15}(?:[.,][0-9]*)?", re.ASCII)
_HIGH = re.compile(rb"[\x80-\xff]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f\ufffd]+")
_EIGHT_BITS = frozenset(("cp1252", "cp850", "iso-8859-15"))
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}", re.ASCII)
_GIVEN_BACK = re.compile(
    r"\b(?:impay[eé]e?s?|rejets?|rejet[eé]e?s?|retours? (?:de )?(?:prlv|prel|vir|cheque)\w*)\b", re.IGNORECASE
)
_FEE = re.compile(r"\b(?:frais|commissions?|comm?|agios|fees?)\b", re.IGNORECASE)
_NOTHING = frozenset(("", "NOTPROVIDED", "NONREF", "NOREF", "NONE", "NOTAVAILABLE"))


def decoded(data: bytes) -> str:
    """The text of a file in whatever encoding banks use (ASCII, UTF-8/16, CP850, CP1252), CRLF or CR as "\\n"."""
    try:
        plain, encoding = text.unwrap(data)
        if encoding in _EIGHT_BITS:
            encoding = _western(data)
    except Refused as refused:
        if refused.code != "damaged_text" or _mostly_utf8(data):
            raise
        plain, encoding = data, _western(data)
    found = plain.decode(text.codec(encoding), errors="replace")
    if "\r" in found:
        found = found.replace("\r\n", "\n").replace("\r", "\n")
    return found.rstrip("\x1a\x00")


def _mostly_utf8(data: bytes) -> bool:
    """Whether more characters beyond ASCII read as UTF-8 than bytes that do not: a damaged UTF-8 file."""
    found = data.decode("utf-8", errors="replace")
    return sum(map(len, _BEYOND_ASCII.findall(found))) > found.count("\ufffd")


def _western(data: bytes) -> str:
    """CP850 or CP1252, whichever makes letters of more of the bytes that are not ASCII."""
    high = b"".join(_HIGH.findall(data))
    letters = {name: sum(map(str.isalpha, high.decode(name, "replace"))) for name in ("cp1252", "cp850")}
    return "cp850" if letters["cp850"] > letters["cp1252"] else "cp1252"


def records(data: bytes, width: int) -> list[tuple[int, str]]:
    """(line number, record) of a file of fixed records, padded to their width; blank lines left out.

    A file without line breaks is cut every `width` characters; a longer line is refused."""
    text_of_file = decoded(data)
    whole = text_of_file.lstrip("\n")
    first = len(text_of_file) - len(whole) + 1
    if "\n" not in whole.strip():
        lines = [whole[at : at + width] for at in range(0, len(whole), width)]
        return [(at, line.ljust(width)) for at, line in enumerate(lines, 1) if line.strip()]
    found = []
    for number, line in enumerate(whole.split("\n"), first):
        if len(line) != width:
            bare = line.rstrip()
            if not bare:
                continue
            if len(bare) > width:
                raise Refused("record_too_long", line=number, value=len(bare), expected=width)
            line = bare.ljust(width)
        elif line.isspace():
            continue
        found.append((number, line))
    return found


def tidy(words: str) -> str:
    """Words with single spaces between them."""
    return " ".join(words.split())


def joined(parts: list[str], width: int) -> str:
    """Parts of a text that was cut into pieces of `width`: a full piece runs on, a shorter one ended at a word."""
    whole = ""
    for part in parts:
        whole += part if len(part) >= width else part.rstrip() + " "
    return tidy(whole)


def reference(words: str) -> str:
    """A reference as given, "" when it only says that there is none."""
    bare = words.strip()
    return "" if bare.upper().replace(" ", "") in _NOTHING else bare


def gives_back(label: str) -> bool:
    """Whether a label of a French bank says that an earlier movement is given back; the fee for it is not."""
    return bool(_GIVEN_BACK.search(label)) and not _FEE.search(label)


def account(number: str) -> str:
    """An account number without spaces, upper case."""
    return "".join(number.split()).upper()


def like_iban(number: str) -> bool:
    """Whether a text has the shape of an IBAN; its check digits may be masked."""
    return bool(_IBAN.fullmatch(number))


def is_iban(number: str) -> bool:
    """Whether a text has the shape of an IBAN and its check digits fit."""
    if not _IBAN.fullmatch(number):
        return False
    return int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1


def iban_of_rib(bank: str, branch: str, number: str) -> str:
    """The French IBAN of bank (5), branch (5) and account (11 signs); the three as they are when they make none."""
    bare = bank + branch + number
    if not re.fullmatch(r"[0-9]{10}[0-9A-Z]{11}", bare, re.ASCII):
        return bare.strip()
    digits = "".join(sign if sign.isdigit() else _RIB_LETTERS[sign] for sign in number)
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(digits)) % 97
    bban = f"{bare}{key:02d}"
    check = 98 - int("".join(str(int(sign, 36)) for sign in bban + "FR00")) % 97
    return f"FR{check:02d}{bban}"


_RIB_LETTERS = {sign: str(at % 9 + 1) for at, sign in enumerate("ABCDEFGHIJKLMNOPQR")} | {
    sign: str(at + 2) for at, sign in enumerate("STUVWXYZ")
}


def cents(words: str, line: int, column: str) -> int:
    """Cents of an unsigned amount with a comma or a point and no thousands signs; refused otherwise."""
    bare = words.strip()
    if not _AMOUNT.fullmatch(bare):
        raise Refused("amount_unreadable", line=line, column=column, value=words[:40])
    whole, _, decimals = bare.replace(",", ".").partition(".")
    if len(decimals) <= 2:
        return int(whole) * 100 + int((decimals + "00")[:2])
    return int(whole) * 100 + int(decimals[:2]) + (decimals[2] >= "5")


def day(year: str, month: str, of_month: str, line: int, column: str) -> date:
    """A day of two-digit year, month and day. 30 February, which banks that count 30 days a month write, is its last day."""
    try:
        number = int(year)
        full = number + (2000 if number < 80 else 1900)
        last = int(of_month)
        if int(month) == 2 and 28 < last <= 30:
            last = min(last, calendar.monthrange(full, 2)[1])
        return date(full, int(month), last)
    except ValueError:
        raise Refused("date_unreadable", line=line, column=column, value=f"{of_month}{month}{year}") from None
