"""Records 21, 22, 23 and 3x of a CODA booking → movements.

Types 1 and 2 are totals of several payments, whose details (5–7, 9) are what can be matched; type 3 is one payment with
its parts (gross amount, charges). Details never count beside their total: they take its place when they sum to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from integrations.banks import references
from integrations.banks.text import account, tidy
from integrations.banks.values import MAX_NAME, MAX_TEXT, Notes, Refused
from rules.bank import Movement

Day = Callable[[str, int, str], date | None]

# Family and transaction: what gives an earlier movement back (unpaid, reimbursed, reversed, unexecutable).
_RETURNS = frozenset(["0154", "0254", "0309", "0338", "0503", "0505", "0556", "0558", "0705", "0707", "4307", "4705", "4707"])
_RETURN = re.compile(r"[1-5]([A-Z]{2}[0-9]{2})", re.ASCII)  # kind of R-transaction and its ISO reason
_NO_REFERENCE = frozenset(("", "NOTPROVIDED", "NONREF"))
_EMPTY = " " * 128


@dataclass(slots=True)
class Raw:
    """The records of one movement or detail; amount in thousandths."""

    line: int
    one: str
    amount: int
    two: str = ""
    three: str = ""
    information: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Booking:
    """A movement and its details."""

    total: Raw
    details: list[Raw] = field(default_factory=list)


def movements_of(booking: Booking, currency: str, version: str, day: Day, notes: Notes) -> list[Movement]:
    """The units of a booking that can be matched; they sum to its amount."""
    total = booking.total
    whole = _movement(total, currency, version, day)
    if not booking.details:
        return [whole]
    kind = total.one[53]
    units = _units(booking.details)
    if sum(unit.amount for unit in units) != total.amount:
        if kind in "12":
            notes.add("details_differ", total.line, value=whole.uid)
        return [whole]
    parts = [_movement(unit, currency, version, day) for unit in units]
    if len(parts) == 1:
        return [_completed(parts[0], whole)._replace(line=whole.line, uid=whole.uid, code=whole.code)]
    if kind not in "12":
        gross = [at for at, part in enumerate(parts) if part.amount_cents > 0]
        if whole.amount_cents <= 0 or len(gross) != 1:
            return [whole]
        parts[gross[0]] = _completed(parts[gross[0]], whole)
    batch = whole.uid or f"{total.one[2:6]}/{total.line}"
    return [part._replace(batch=batch) for part in parts]


def _units(details: list[Raw]) -> list[Raw]:
    """Details without those that only break down another: 9s take the place of their 7 when they sum to it."""
    units: list[Raw] = []
    at = 0
    while at < len(details):
        head = details[at]
        at += 1
        below = []
        if head.one[53] == "7":
            while at < len(details) and details[at].one[53] == "9":
                below.append(details[at])
                at += 1
        units += below if below and sum(part.amount for part in below) == head.amount else [head]
    return units


def _completed(part: Movement, whole: Movement) -> Movement:
    """A part with what only its booking says: who, from which account, why."""
    return part._replace(
        name=part.name or whole.name,
        iban=part.iban or whole.iban,
        bic=part.bic or whole.bic,
        structured=part.structured or whole.structured,
        end_to_end=part.end_to_end or whole.end_to_end,
        text=part.text or whole.text,
        mandate=part.mandate or whole.mandate,
        returned=part.returned or whole.returned,
        return_reason=part.return_reason or whole.return_reason,
    )


def _movement(raw: Raw, currency: str, version: str, day: Day) -> Movement:
    one, two, three = raw.one, raw.two or _EMPTY, raw.three or _EMPTY
    if raw.amount % 10:
        raise Refused("amount_unreadable", line=raw.line, column="32–47", value=f"{raw.amount / 1000:.3f}")
    value_on = day(one[47:53], raw.line, "48–53")
    booked_on = day(one[115:121], raw.line, "116–121") or value_on
    if booked_on is None:
        raise Refused("date_unreadable", line=raw.line, column="116–121", value=one[115:121])
    structured = text = mandate = reason = foreign_currency = ""
    foreign = 0
    body = one[62:115] + two[10:63] + (three[82:125] if version == "2" else "")
    if one[61] == "1":
        code, rest = body[:3], body[3:]
        if code in ("101", "102"):
            structured = rest[:12].strip()
        elif code == "100":
            structured = references.bare(rest[:25])
        elif code == "127":
            mandate, text = rest[44:79].strip(), tidy(rest[79:141])
            returned = _RETURN.fullmatch(rest[141:146])
            reason = returned[1] if returned else ""
            structured = references.found_in(text)
        elif code == "105":
            foreign_currency, foreign = _foreign(rest, currency)
        else:
            text = tidy(rest)
    else:
        text = tidy(body)
    name, number, bic = _party(three, two, version)
    if raw.information:
        informed, more = _information(raw.information)
        name = name or informed
        if more and more not in text:
            text = f"{text} {more}".strip()
    if not structured and text:
        structured = references.found_in(text)
    returned = _RETURN.fullmatch(two[112:117])
    reason = reason or (returned[1] if returned else "")
    end_to_end = two[63:98].strip()
    return Movement(
        raw.line,
        booked_on,
        raw.amount // 10,
        currency,
        value_on,
        one[10:31].strip(),
        name[:MAX_NAME],
        number,
        bic,
        structured,
        "" if end_to_end.replace(" ", "").upper() in _NO_REFERENCE else end_to_end,
        text[:MAX_TEXT],
        (),
        one[53:61],
        bool(reason) or one[54:58] in _RETURNS,
        reason,
        mandate,
        "",
        foreign_currency,
        foreign,
    )


def _party(three: str, two: str, version: str) -> tuple[str, str, str]:
    """Name, account and BIC of the counterparty."""
    if version == "1":
        return tidy(three[47:73]), account(three[10:22]), ""
    number = three[10:22] if three[22] == " " and three[23:26].isalpha() else three[10:44]
    return tidy(three[47:82]), account(number), two[98:109].strip()


def _information(records: list[str]) -> tuple[str, str]:
    """Name and free text of the records 3x: structured 001 names the counterparty, free ones continue the message."""
    name, free, keep = "", "", False
    for record in records:
        if record[1] == "1":
            keep = record[39] != "1"
            if keep:
                free += record[40:113]
            elif record[40:43] == "001" and not name:
                name = tidy(record[43:113])
        elif keep:
            free += record[10:115] if record[1] == "2" else record[10:100]
    return name, tidy(free)


def _foreign(rest: str, currency: str) -> tuple[str, int]:
    """Currency and amount of the original order (structured 105), when it is not in the account's own currency."""
    code, amount = rest[42:45], rest[15:30]
    if not code.isalpha() or code == currency or not amount.isdecimal():
        return "", 0
    return code, int(amount) // 10
