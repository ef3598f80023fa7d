"""What a payer wrote, taken apart: numbers, structured references with their check digits, and names.

>>> [number.digits for number in numbers("Fact. FA2024-0012 et 13")]
['2024', '0012', '13']
>>> structured_in("votre ref +++090/9337/55493+++"), structured_in("RF18 5390 0754 7034 merci")
(['090933755493'], ['RF18539007547034'])
>>> name_words("S.A.R.L. Dupont et Fils"), name_words("DUPONT & FILS")
(('dupont', 'fils'), ('dupont', 'fils'))
"""

from __future__ import annotations

import re
from typing import NamedTuple

from rules.words import fold

_NUMBER = re.compile(r"(?<![A-Z])([A-Z]*)[ .:/_°#-]{0,2}([0-9]+)", re.ASCII)
_ASIDE = re.compile(
    r"(?<![0-9])(?:[0-9]{1,2}([./-])[0-9]{1,2}\1(?:[0-9]{4}|[0-9]{2})|[0-9]{1,3}(?:[ .]?[0-9]{3})*,[0-9]{2})(?![0-9])", re.ASCII
)
_OGM = re.compile(r"(?<![0-9])([0-9]{3})[ /.-]{0,3}([0-9]{4})[ /.-]{0,3}([0-9]{5})(?![0-9])", re.ASCII)
_RF = re.compile(r"(?<![A-Z0-9])RF[0-9]{2}[A-Z0-9 ]{1,30}", re.ASCII)
_NOT_BARE = re.compile(r"[^A-Z0-9]+")
_WORD = re.compile(r"[^\W_]+")
_DOTTED = re.compile(r"(?<![^\W_])(?:[^\W_]\.){2,}(?:[^\W_](?![^\W_]))?")

NOISE = frozenset(
    [
        "sa",
        "sas",
        "sasu",
        "sarl",
        "eurl",
        "snc",
        "sci",
        "scp",
        "scm",
        "selarl",
        "selas",
        "gie",
        "gaec",
        "earl",
        "ei",
        "eirl",
        "sc",
        "scs",
        "sca",
        "scop",
        "scrl",
        "scrlfs",
        "sprl",
        "srl",
        "bv",
        "bvba",
        "nv",
        "cv",
        "cvba",
        "vof",
        "asbl",
        "vzw",
        "aisbl",
        "ag",
        "gmbh",
        "kg",
        "ohg",
        "mbh",
        "ltd",
        "limited",
        "plc",
        "llc",
        "inc",
        "co",
        "corp",
        "spa",
        "bhv",
        "sl",
        "ab",
        "as",
        "oy",
        "ste",
        "societe",
        "soc",
        "ets",
        "etablissement",
        "etablissements",
        "entreprise",
        "m",
        "mr",
        "mme",
        "mlle",
        "monsieur",
        "madame",
        "ou",
        "et",
        "en",
        "und",
        "and",
        "le",
        "la",
        "les",
        "de",
        "du",
        "des",
        "d",
        "l",
        "van",
        "der",
        "den",
        "the",
    ]
)
"""Legal forms, titles and small words: they come and go in a name without making another of it."""


class Number(NamedTuple):
    """A run of digits in a text, with the letters before it and where it stands."""

    letters: str
    digits: str
    start: int  # of the digits
    end: int


def bare(reference: str) -> str:
    """A reference as it is compared: capital letters and digits only."""
    return _NOT_BARE.sub("", reference.upper())


def numbers(text: str) -> list[Number]:
    """Every run of digits of a text, in order."""
    return [Number(found[1], found[2], *found.span(2)) for found in _NUMBER.finditer(text.upper())]


def pairs(text: str) -> list[tuple[str, str]]:
    """The letters and digits of `numbers` without their places, of a text in capitals."""
    return _NUMBER.findall(text)


def aside(text: str) -> list[tuple[int, int]]:
    """Where dates and amounts stand in a text: numbers that name nothing."""
    return [found.span() for found in _ASIDE.finditer(text)]


def is_ogm(digits: str) -> bool:
    """Whether twelve digits are a Belgian structured communication: the last two are the rest modulo 97 (97 for 0)."""
    return len(digits) == 12 and digits.isdigit() and (int(digits[:10]) % 97 or 97) == int(digits[10:])


def is_rf(reference: str) -> bool:
    """Whether a bare reference is an ISO 11649 creditor reference: RF, check digits modulo 97, up to 21 signs."""
    if not 5 <= len(reference) <= 25 or not reference.startswith("RF") or not reference.isalnum():
        return False
    return int("".join(str(int(sign, 36)) for sign in reference[4:] + reference[:4])) % 97 == 1


def structured_in(text: str) -> list[str]:
    """Structured references in free text whose check digits are right, bare. A longer RF comes before a shorter one."""
    found: list[str] = []
    upper = text.upper()
    for match in _OGM.finditer(upper):
        digits = match[1] + match[2] + match[3]
        if is_ogm(digits):
            found.append(digits)
    for match in _RF.finditer(upper) if "RF" in upper else ():
        words = match[0].split()
        for count in range(len(words), 0, -1):
            reference = "".join(words[:count])[:25]
            if is_rf(reference):
                found.append(reference)
    return found


def close(one: str, other: str) -> bool:
    """Whether two numbers differ by one slip: a digit wrong, missing or doubled, or two neighbours swapped."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    if len(one) == len(other):
        wrong = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        if len(wrong) == 1:
            return True
        return (
            len(wrong) == 2
            and wrong[1] == wrong[0] + 1
            and one[wrong[0]] == other[wrong[1]]
            and one[wrong[1]] == other[wrong[0]]
        )
    short, long = (one, other) if len(one) < len(other) else (other, one)
    place = next((place for place, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return short[place:] == long[place + 1 :]


def name_words(name: str) -> tuple[str, ...]:
    """The words that make a name, folded, in order; legal forms and small words are left out unless nothing else is there."""
    folded = fold(name)
    if "." in folded:
        folded = _DOTTED.sub(lambda found: found[0].replace(".", ""), folded)
    words = _WORD.findall(folded)
    kept = tuple(word for word in words if word not in NOISE)
    return kept or tuple(words)
