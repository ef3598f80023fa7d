"""Invoice numbers and due dates that programs hide: a PieceRef that says nothing, an "ECH 31/01/2024" in the label."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta

from integrations.ledgers.dates import parse_date
from rules.ledger import Kind, LedgerLine, Remark

MIN_SALES = 4  # below, "more than half of the invoices" says nothing
LONGEST_TERM = timedelta(days=400)

_DUE_WORDS = ("ech", "éch", "due", "vervaldag", "fällig")
_DUE = re.compile(
    r"(?:\b(?:[eé]ch(?:[eé]ance)?|due(?: date)?|vervaldag|fällig(?: am)?)\b)\s*[.:]?\s*(?:le |au |du )?"
    r"([0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[12][0-9])?[0-9]{2}|[12][0-9]{3}-[0-9]{2}-[0-9]{2}|20[0-9]{6})(?![0-9/])",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?:(?:facture|fact|fac|fa|fv|f|avoir|av|inv|n°|no)[ .:°/-]*)?([A-Z]{0,4}-?[0-9]{3,12})(?=[\s:;,-]|$)",
    re.IGNORECASE,
)


def due_in_label(label: str, document_on: date) -> date | None:
    """A due date the label states with its word ("ECH 31/01/2024"), when it can be one: 0 to 400 days after."""
    lower = label.lower()
    if not any(word in lower for word in _DUE_WORDS):
        return None
    found = _DUE.search(label)
    if found is None:
        return None
    try:
        due_on = parse_date(found[1])
    except ValueError:
        return None
    return due_on if document_on <= due_on <= document_on + LONGEST_TERM else None


def number_in_label(label: str) -> str:
    """The invoice number a label begins with ("21549 NAME", "FA 21549"), or ""; a lone year is none."""
    found = _NUMBER.match(label)
    if found is None or re.fullmatch(r"(?:19|20)[0-9]{2}", found[1]):
        return ""
    return found[1]


def mend_pieces(lines: list[LedgerLine]) -> list[Remark]:
    """Blanks piece references that name nothing (in place); where that hits most invoices, their number comes from
    the label, and so does that of opening lines whose label begins with such a number. Remarks say so."""
    sold = [line for line in lines if line.kind in (Kind.INVOICE, Kind.CREDIT_NOTE)]
    useless = _useless(lines, sold)
    from_label = len(sold) >= MIN_SALES and sum(line.piece in useless for line in sold) * 2 > len(sold)
    if not useless:
        return []
    lengths = {len(number_in_label(line.label)) for line in sold if line.piece in useless} - {0} if from_label else set()
    taken = 0
    for index, line in enumerate(lines):
        piece = "" if line.piece in useless else line.piece
        if lengths and ((not piece and line.kind in (Kind.INVOICE, Kind.CREDIT_NOTE)) or line.kind is Kind.OPENING):
            number = number_in_label(line.label)
            if number and len(number) in lengths:
                piece, taken = number, taken + 1
        if piece != line.piece:
            lines[index] = line._replace(piece=piece)
    if not taken:
        return []
    common = Counter(line.piece for line in sold if line.piece in useless).most_common(1)[0][0]
    return [Remark("piece_from_label", column="PieceRef", params={"value": common, "count": taken})]


def _useless(lines: list[LedgerLine], sold: list[LedgerLine]) -> set[str]:
    """References without a digit seen more than once, zeros, and the one that most invoices carry."""
    seen = Counter(line.piece for line in lines)
    useless = {
        piece
        for piece, count in seen.items()
        if not piece.strip("0 ") or (count > 1 and not any(char.isdigit() for char in piece))
    }
    if len(sold) >= MIN_SALES:
        piece, count = Counter(line.piece for line in sold).most_common(1)[0]
        if count * 2 > len(sold):
            useless.add(piece)
    return useless
