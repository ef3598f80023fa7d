"""Text made comparable for people: without case, accents and accidental spaces.

>>> fold("  Société  ŒUVRÉE & Fils ")
'societe oeuvree & fils'
"""

from __future__ import annotations

import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})


def fold(text: str) -> str:
    """Case folded, accents and ligatures resolved, runs of spaces made one: for search and order."""
    if text.isascii():
        return " ".join(text.lower().split())
    spread = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    return " ".join("".join(sign for sign in spread if not unicodedata.combining(sign)).split())
