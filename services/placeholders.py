"""The language of message templates: fixed placeholders by name, optional passages, bold; nothing executable.

    {{ name }}      a placeholder, one of `PLACEHOLDERS`
    [[ … ]]         an optional passage: left out whole when a placeholder in it is empty
    **words**       bold (e-mail and letter)

>>> [f"{p.code} {p.line}:{p.column}" for p in check("Dear {{ nmae }}", "Invoices")]
['placeholder_unknown 1:6']
>>> fill(parse("Pay[[ before {{ wait_until }}]]."), {"wait_until": ""})
'Pay.'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.language import N_

BLOCKS = ("amount_block", "items_table", "pay_block")
"""Placeholders that are a paragraph of their own."""

SAID = ("promised_on", "promised_amount", "plan_total", "plan_schedule", "instalment_on", "instalment_amount")
"""Placeholders that only messages about a promise or a payment plan have a value for."""

PLACEHOLDERS: dict[str, str] = {
    "salutation": N_("How the contact is addressed: “Madame Vasseur”, else “Madame, Monsieur”"),
    "contact_name": N_("Name of the contact who receives the message"),
    "customer_name": N_("Name of the customer"),
    "customer_code": N_("Code of the customer in your accounts"),
    "company_name": N_("Name of your company"),
    "company_address": N_("Postal address of your company"),
    "company_number": N_("Registration number of your company"),
    "items_named": N_("The invoice with its number, or how many there are: “the invoice FA-12”, “three invoices”"),
    "items_count": N_("How many invoices: “1 invoice”, “3 invoices”"),
    "oldest_item": N_("Number of the invoice due for the longest time"),
    "due_date": N_("Due date of the first invoice in the table"),
    "days_late": N_("How late the oldest invoice is: “49 days”"),
    "total_due": N_("Amount asked for, credits deducted"),
    "total_late": N_("Sum of the late invoices, before credits"),
    "wait_days": N_("Time the step grants for paying: “8 days”"),
    "wait_until": N_("Last day of the time granted"),
    "last_reminder_on": N_("Date of the last message to this customer"),
    "interest": N_("Late interest to this day; empty when none may be asked for"),
    "compensation": N_("Fixed compensation for costs of collection; empty when none may be asked for"),
    "total_claimed": N_("Amount asked for with interest and compensation; empty without them"),
    "compensation_later": N_("Compensation a private person owes once the time granted is over"),
    "legal_basis": N_("Legal basis of interest and compensation, in the language of the message"),
    "disputed_items": N_("Sentence naming the disputed invoices left out of the amount"),
    "iban": N_("Your IBAN"),
    "bic": N_("Your BIC"),
    "structured_reference": N_("Reference the customer copies into the transfer"),
    "signatory": N_("Who signs: the collector of the customer, else the signatory of the company"),
    "collector_name": N_("Name of the collector who follows the customer"),
    "phone": N_("Telephone number of your company"),
    "reply_to": N_("Address that answers go to"),
    "today": N_("Day of the message"),
    "promised_on": N_("Day a payment is promised for (confirmation of a promise)"),
    "promised_amount": N_("Amount promised (confirmation of a promise)"),
    "plan_total": N_("Amount of the payment plan"),
    "plan_schedule": N_("Instalments of the payment plan, one a line"),
    "instalment_on": N_("Day of the instalment (messages of a payment plan)"),
    "instalment_amount": N_("Amount of the instalment left to pay (messages of a payment plan)"),
    "amount_block": N_("The amount asked for, in large (a paragraph of its own)"),
    "items_table": N_("Table of the invoices, credits and total (a paragraph of its own)"),
    "pay_block": N_("Bank details, reference and code to scan (a paragraph of its own)"),
}
"""Every placeholder and what it stands for, as the editor shows them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A placeholder."""

    name: str


@dataclass(frozen=True, slots=True)
class Optional:
    """A passage left out when one of its placeholders is empty."""

    pieces: tuple[str | Place, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.pieces if isinstance(p, Place))


Piece = str | Place | Optional


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend in a template: where (`part` subject or body, line and column from 1) and what."""

    code: str
    part: str
    line: int
    column: int
    value: str


_TOKEN = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}|\[\[|\]\]|\{\{|\}\}")
_PRIVATE = re.compile("[\ue000-\uf8ff]")


def parse(text: str) -> tuple[Piece, ...]:
    """The pieces of a text; what does not follow the rules stays as it is written (`check` names it)."""
    pieces: list[Piece] = []
    inner: list[str | Place] | None = None
    for mark, name in _tokens(_PRIVATE.sub("", text)):
        target: list[str | Place] | list[Piece] = pieces if inner is None else inner
        if name in PLACEHOLDERS:
            target.append(Place(name))
        elif mark == "[[" and inner is None:
            inner = []
        elif mark == "]]" and inner is not None:
            pieces.append(Optional(tuple(inner)))
            inner = None
        else:
            target.append(mark)
    if inner:
        pieces += ["[[", *inner]
    return tuple(pieces)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    end = 0
    for match in _TOKEN.finditer(text):
        if match.start() > end:
            yield text[end : match.start()], ""
        yield match.group(), match.group(1) or ""
        end = match.end()
    if end < len(text):
        yield text[end:], ""


def fill(pieces: Sequence[Piece], values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced, as they stand: the values are not looked into."""
    words: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            words.append(piece)
        elif isinstance(piece, Place):
            words.append(values[piece.name])
        elif all(values[name] for name in piece.names):
            words.append(fill(piece.pieces, values))
    return "".join(words)


_SAID = re.compile(r"\{\{\s*(" + "|".join(SAID) + r")\s*\}\}")


def spell(text: str, said: Mapping[str, str]) -> str:
    """The text with what a promise or a plan says written out; the other placeholders stay."""
    return _SAID.sub(lambda match: said.get(match[1], ""), text)


def names_in(pieces: Sequence[Piece], outside_optional: bool = False) -> set[str]:
    """Placeholders used; `outside_optional` leaves out those that may be empty without harm."""
    names = {p.name for p in pieces if isinstance(p, Place)}
    if not outside_optional:
        names |= {name for p in pieces if isinstance(p, Optional) for name in p.names}
    return names


def check(body: str, subject: str) -> list[Problem]:
    """All that keeps a template from being saved, in the order it is read."""
    return [*_problems("subject", subject), *_problems("body", body)]


def _problems(part: str, text: str) -> list[Problem]:
    found: list[Problem] = []

    def add(code: str, at: int, value: str) -> None:
        line = text.count("\n", 0, at) + 1
        found.append(Problem(code, part, line, at - (text.rfind("\n", 0, at) + 1) + 1, value))

    opened: int | None = None
    for match in _TOKEN.finditer(text):
        mark, name = match.group(), match.group(1)
        if name is not None and name not in PLACEHOLDERS:
            add("placeholder_unknown", match.start(), name)
        elif name in BLOCKS and (part == "subject" or not _alone(text, match)):
            add("placeholder_not_alone", match.start(), name)
        elif mark in ("{{", "}}"):
            add("placeholder_malformed", match.start(), text[match.start() : match.start() + 20].split("\n")[0])
        elif mark == "[[":
            if opened is not None:
                add("optional_nested", match.start(), mark)
            opened = match.start()
        elif mark == "]]":
            if opened is None:
                add("optional_not_opened", match.start(), mark)
            opened = None
    if opened is not None:
        add("optional_not_closed", opened, "[[")
    if part == "subject" and not text.strip():
        add("subject_empty", 0, "")
    if part == "subject" and "\n" in text.strip():
        add("subject_of_several_lines", text.index("\n"), "")
    return found


def _alone(text: str, match: re.Match[str]) -> bool:
    before, after = text[: match.start()].rpartition("\n")[2], text[match.end() :].partition("\n")[0]
    return not before.strip() and not after.strip()


def paragraphs(body: str) -> list[str]:
    """Paragraphs of a body: parted by blank lines; a block placeholder is one even without them."""
    parts: list[str] = []
    for part in re.split(r"\n(?:[ \t]*\n)+", body.replace("\r\n", "\n").strip()):
        lines: list[str] = []
        for line in part.split("\n"):
            match = _TOKEN.fullmatch(line.strip())
            if match and match.group(1) in BLOCKS:
                parts += ["\n".join(lines), line.strip()]
                lines = []
            else:
                lines.append(line)
        parts.append("\n".join(lines))
    return [part for part in parts if part.strip()]
