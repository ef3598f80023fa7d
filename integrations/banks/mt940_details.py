"""What MT940's :86: says of a movement: German ?NN fields with SEPA keys, /EREF/ codes, or free text."""

from __future__ import annotations

import re

from integrations.banks import references
from integrations.banks.text import account, is_iban, joined, reference, tidy
from rules.bank import Movement

LINE = 65  # a full line runs on in the next

_FIELDS = re.compile(r"\?([0-9]{2})")
_SEPA = re.compile(r"(?:^|(?<=[\s+]))?(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|RREF|SQTP)\+")
_CODES = re.compile(
    r"/(EREF|REMI|NAME|IBAN|BIC|TRTP|CSID|MARF|ORDP|BENM|CNTP|PREF|RTRN|ISDT|SVCL|PURP|ULTC|ULTD|KREF|MREF|ADDR|ACCW|INIT|CRED"
    r"|OCMT|CHGS|EXCH|IREF|OAMT|ORDA|ID|SVWZ)/"
)
_REASON = re.compile(r"\b((?:AC|AG|AM|BE|CN|CU|DN|DT|DU|ED|FF|FO|MD|MS|RC|RR|SL|TM|TD)[0-9]{2})\b")
_IBAN_FIRST = re.compile(r"([A-Z]{2}[0-9]{2}[A-Z0-9]{10,30})(?: +(\S.*))?", re.ASCII)
_RETURN_CODES = frozenset(("108", "109", "159", "181", "183", "184"))  # German business transaction codes


def joined_text(*parts: str) -> str:
    """Parts that are not empty, joined."""
    return tidy(" ".join(part for part in parts if part))


def told(movement: Movement, lines: list[str], own: str) -> Movement:
    """The movement with everything its :86: says; `own` are the words of its :61:, kept when they add something."""
    lines = [line.rstrip() for line in lines]
    whole = "".join(lines)
    if re.match(r"\s?[0-9]{3}\?[0-9]{2}", whole) or whole.startswith("?20") or "?20" in whole[:40]:
        found = _german(movement, whole)
    elif len(_CODES.findall(whole)) >= 2:
        found = _coded(movement, whole)
    else:
        found = _free(movement, lines)
    if own and own not in found.text:
        found = found._replace(text=joined_text(found.text, own))
    if not found.structured and found.text:
        found = found._replace(structured=references.found_in(found.text))
    if found.returned and not found.return_reason and (reason := _REASON.search(found.text)):
        found = found._replace(return_reason=reason[1])
    return found


def _german(movement: Movement, whole: str) -> Movement:
    """`166?00GUTSCHRIFT?20EREF+…?21SVWZ+…?30BIC?31IBAN?32NAME?33NAME`: 20–29 and 60–69 are one text cut in pieces."""
    head, *rest = _FIELDS.split(whole)
    fields = list(zip(rest[0::2], rest[1::2], strict=True))
    said = dict(reversed(fields))
    code = head.strip()[:3]
    if not code.isdecimal():
        code = ""
    purpose = "".join(words for number, words in fields if "20" <= number <= "29" or "60" <= number <= "65")
    keys = _keyed(_SEPA, purpose)
    free = keys.get("SVWZ", "") or keys.get("", "")
    if "SVWZ" not in keys and len(keys) > 1 and keys.get(""):
        free = keys[""]
    text = tidy(free) or tidy(said.get("00", ""))
    number = account(said.get("31", "") or said.get("38", ""))
    if not is_iban(number) and is_iban(account(said.get("38", ""))):
        number = account(said["38"])
    returned = movement.returned or code in _RETURN_CODES
    return movement._replace(
        name=tidy(said.get("32", "") + said.get("33", "")),
        iban=number[:40] or movement.iban,
        bic=tidy(said.get("30", ""))[:11],
        end_to_end=reference(keys.get("EREF", ""))[:140],
        mandate=reference(keys.get("MREF", ""))[:140],
        text=text,
        code=f"{movement.code} {code}".strip(),
        returned=returned,
    )


def _coded(movement: Movement, whole: str) -> Movement:
    """`/TRTP/SEPA OVERBOEKING/IBAN/…/BIC/…/NAME/…/REMI/…/EREF/…`, as Dutch banks write it."""
    keys = _keyed(_CODES, whole)
    party = keys.get("CNTP", "").split("/")  # IBAN/BIC/name/city
    number = account(keys.get("IBAN", "").strip("/ ") or (party[0] if len(party) > 1 else ""))
    name = keys.get("NAME", "").strip("/ ") or (party[2] if len(party) > 2 else "")
    if not name:
        name = keys.get("ORDP", "").strip("/ ") or keys.get("BENM", "").strip("/ ")
    remittance = keys.get("REMI", "").strip()
    kind, _, rest = remittance.lstrip("/").partition("/")
    structured = ""
    if kind == "USTD":
        remittance = rest.strip("/")
    elif kind == "STRD":
        structured = references.bare(rest.strip("/").rpartition("/")[2])
        remittance = rest.strip("/")
    reason = keys.get("RTRN", "").strip("/ ")
    return movement._replace(
        name=tidy(name),
        iban=number[:40] or movement.iban,
        bic=keys.get("BIC", "").strip("/ ")[:11] or (party[1][:11] if len(party) > 1 else ""),
        end_to_end=reference(keys.get("EREF", "").strip("/ "))[:140],
        mandate=reference((keys.get("MARF", "") or keys.get("MREF", "")).strip("/ "))[:140],
        text=tidy(remittance.strip("/ ") or keys.get("", "")),
        structured=structured,
        returned=movement.returned or bool(reason),
        return_reason=reason[:140],
    )


def _free(movement: Movement, lines: list[str]) -> Movement:
    """Free text; an IBAN and a name on its first line are the other side's."""
    lines = [line for line in lines if line.strip()]
    if not lines:
        return movement
    first = _IBAN_FIRST.fullmatch(lines[0].strip())
    if (first and is_iban(first[1])) or (first and first[1] == movement.iban):
        return movement._replace(iban=first[1], name=tidy(first[2] or ""), text=joined(lines[1:], LINE))
    text = joined(lines, LINE)
    number = movement.iban or next((word for word in re.findall(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}", text) if is_iban(word)), "")
    return movement._replace(text=text, iban=number)


def _keyed(keys: re.Pattern[str], words: str) -> dict[str, str]:
    """What stands behind each key, the first time it comes; "" is what stands before all."""
    found: dict[str, str] = {}
    name, at = "", 0
    for match in keys.finditer(words):
        found.setdefault(name, words[at : match.start()])
        name, at = match[1], match.end()
    found.setdefault(name, words[at:])
    return found
