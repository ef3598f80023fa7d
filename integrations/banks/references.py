"""Structured payment references: OGM/VCS (Belgium) and RF (ISO 11649), given or hidden in free text."""

from __future__ import annotations

import re

from stdnum import iso11649
from stdnum.be import ogm_vcs

_OGM = re.compile(r"(?<![0-9A-Za-z])[+*]{0,3}([0-9]{3})([ /.-]?)([0-9]{4})\2([0-9]{5})[+*]{0,3}(?![0-9])", re.ASCII)
_RF = re.compile(r"(?<![0-9A-Za-z])RF[0-9]{2}(?: ?[0-9A-Za-z]{1,21}){1,6}", re.ASCII | re.IGNORECASE)


def found_in(text: str) -> str:
    """The first reference with right check digits in a free text, bare; "" when there is none."""
    for match in _OGM.finditer(text):
        digits = match[1] + match[3] + match[4]
        if ogm_vcs.is_valid(digits):
            return digits
    if "RF" in text or "rf" in text:
        for match in _RF.finditer(text):
            reference = _creditor_reference(match[0].upper().split())
            if reference:
                return reference
    return ""


def bare(reference: str, text: str = "") -> str:
    """A reference given as structured, without what only groups it; the one in the free text when none is given."""
    given = reference.strip()
    if not given:
        return found_in(text)
    digits = re.sub(r"[+*/ .-]", "", given)
    if len(digits) == 12 and digits.isdecimal():
        return digits
    compact = "".join(given.split()).upper()
    return compact if compact.startswith("RF") and iso11649.is_valid(compact) else given


def _creditor_reference(groups: list[str]) -> str:
    """The longest run of groups that is a valid RF: it may be written in fours, with words after it."""
    for count in range(len(groups), 0, -1):
        compact = "".join(groups[:count])
        if 5 <= len(compact) <= 25 and iso11649.is_valid(compact):
            return str(compact)
    return ""
