"""The columns of the files of lists, in the reader's language: the same words as on the pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from models.due_items import ItemRow
from models.lists import CustomerRow
from models.receipt_lists import Difference, Receipt
from models.reports import CustomerAgeing
from rules.ageing import BOUNDS, Ageing
from services.exports import Column
from services.language import N_, translate

Table = tuple[list[Column], list[Sequence[Any]], Sequence[Any]]

STAGES = {
    "notice": N_("Notice"),
    "reminder": N_("Reminder %(level)s"),
    "formal_notice": N_("Formal notice"),
    "handover": N_("Handover"),
    "thanks": N_("Thanks"),
}


def stage_name(language: str, stage: str, level: int) -> str:
    """The word for a stage and level; empty for none."""
    return translate(language, STAGES[stage], level=level or 1) if stage in STAGES else ""


def bucket_names(language: str) -> list[str]:
    """The headings of the ageing buckets."""
    names = [
        translate(language, N_("%(first)s–%(last)s d"), first=a + 1, last=b) for a, b in zip((0, *BOUNDS), BOUNDS, strict=False)
    ]
    return [*names, translate(language, N_("%(last)s+ d"), last=BOUNDS[-1])]


def _money_columns(language: str) -> list[Column]:
    texts = [
        translate(language, N_("To come")),
        *bucket_names(language),
        translate(language, N_("Credits")),
        translate(language, N_("Balance")),
    ]
    return [Column(text, "money") for text in texts]


def _money(ageing: Ageing) -> tuple[int, ...]:
    return (ageing.not_due_cents, *ageing.late_by_bucket, ageing.credits_cents, ageing.balance_cents)


def _sums(rows: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True))) or (0,) * (len(BOUNDS) + 4)


def customers(rows: Iterable[CustomerRow], language: str) -> Table:
    """The customer list: who they are, the last reminder, and the aged balance of each."""
    columns = [
        Column(translate(language, N_("Code")), width=12),
        Column(translate(language, N_("Customer")), width=34),
        Column(translate(language, N_("Profile")), width=16),
        Column(translate(language, N_("Sales representative")), width=20),
        Column(translate(language, N_("Score out of 100")), "number", 10),
        Column(translate(language, N_("Last reminder")), width=18),
        Column(translate(language, N_("Reminded on")), "day", 12),
        *_money_columns(language),
    ]
    lines: list[Sequence[Any]] = []
    sums = []
    for row in rows:
        money = _money(row.ageing)
        last = stage_name(language, row.stage, row.level)
        lines.append((row.code, row.name, row.profile, row.sales_rep, row.score, last, row.reminded_on, *money))
        sums.append(money)
    return columns, lines, (translate(language, N_("Total")), *[None] * 6, *_sums(sums))


def ageing(rows: Iterable[CustomerAgeing], language: str) -> Table:
    """The aged balance by customer; the columns add up to the balance of the customer accounts."""
    columns = [
        Column(translate(language, N_("Code")), width=12),
        Column(translate(language, N_("Customer")), width=34),
        Column(translate(language, N_("Currency")), width=8),
        *_money_columns(language),
    ]
    found = list(rows)
    lines: list[Sequence[Any]] = [(row.code, row.name, row.currency, *_money(row.ageing)) for row in found]
    return columns, lines, (translate(language, N_("Total")), None, None, *_sums(_money(row.ageing) for row in found))


def items(rows: Iterable[ItemRow], language: str) -> Table:
    """The due items with what stands on them."""
    columns = [
        Column(translate(language, N_("Code")), width=12),
        Column(translate(language, N_("Customer")), width=34),
        Column(translate(language, N_("Invoice")), width=18),
        Column(translate(language, N_("Label")), width=30),
        Column(translate(language, N_("Invoiced on")), "day", 12),
        Column(translate(language, N_("Due on")), "day", 12),
        Column(translate(language, N_("Level")), width=18),
        Column(translate(language, N_("Promised for")), "day", 12),
        Column(translate(language, N_("Expected on")), "day", 12),
        Column(translate(language, N_("Currency")), width=8),
        Column(translate(language, N_("Amount")), "money"),
        Column(translate(language, N_("Left to pay")), "money"),
    ]
    lines: list[Sequence[Any]] = []
    total = 0
    for row in rows:
        level = stage_name(language, row.marks.stage, row.marks.level)
        days = (row.document_on, row.due_on, level, row.marks.promised_on, row.expected_on)
        lines.append((row.code, row.customer, row.piece, row.label, *days, row.currency, row.amount_cents, row.open_cents))
        total += row.open_cents
    return columns, lines, (translate(language, N_("Total")), *[None] * 10, total)


MOVEMENT_STATES = {
    "open": N_("To be matched"),
    "proposed": N_("Proposed"),
    "matched": N_("Matched"),
    "ignored": N_("Ignored"),
}
DIFFERENCE_STATES = {"corrected": N_("lettered otherwise"), "dissolved": N_("payment never entered")}


def receipts(rows: Iterable[Receipt], language: str) -> Table:
    """The movements of the bank with whom they are from and what they pay."""
    columns = [
        Column(translate(language, N_("Date")), "day", 12),
        Column(translate(language, N_("Payer")), width=30),
        Column(translate(language, N_("Account of the payer")), width=24),
        Column(translate(language, N_("Structured communication")), width=20),
        Column(translate(language, N_("Communication")), width=40),
        Column(translate(language, N_("Code")), width=12),
        Column(translate(language, N_("Customer")), width=30),
        Column(translate(language, N_("Invoices")), width=24),
        Column(translate(language, N_("State")), width=16),
        Column(translate(language, N_("Confidence in %%")), "number", 10),
        Column(translate(language, N_("Currency")), width=8),
        Column(translate(language, N_("Amount")), "money"),
        Column(translate(language, N_("Not allocated")), "money"),
    ]
    lines: list[Sequence[Any]] = []
    total = left = 0
    for row in rows:
        one, who = row.movement, row.customer or (0, "", "")
        state = translate(language, MOVEMENT_STATES.get(one.state, one.state))
        lines.append((
            one.booked_on, one.name, one.iban, one.structured, one.text, who[2], who[1], row.pieces, state,
            row.confidence // 10 if row.paying else None, one.currency, one.amount_cents, one.left_cents,
        ))  # fmt: skip
        total, left = total + one.amount_cents, left + one.left_cents
    return columns, lines, (translate(language, N_("Total")), *[None] * 10, total, left)


def differences(rows: Iterable[Difference], language: str) -> Table:
    """What bank and ledger disagree about."""
    columns = [
        Column(translate(language, N_("Date")), "day", 12),
        Column(translate(language, N_("Payer")), width=30),
        Column(translate(language, N_("Code")), width=12),
        Column(translate(language, N_("Customer")), width=30),
        Column(translate(language, N_("Invoice")), width=18),
        Column(translate(language, N_("What the ledger says")), width=24),
        Column(translate(language, N_("Currency")), width=8),
        Column(translate(language, N_("Matched to it")), "money"),
        Column(translate(language, N_("Open in the ledger")), "money"),
    ]
    found = list(rows)
    lines: list[Sequence[Any]] = [
        (
            one.booked_on, one.name, one.code, one.customer, one.piece or one.label,
            translate(language, DIFFERENCE_STATES.get(one.state, one.state)), one.currency, one.cents, one.ledger_cents,
        )
        for one in found
    ]  # fmt: skip
    sums = sum(one.cents for one in found), sum(one.ledger_cents for one in found)
    return columns, lines, (translate(language, N_("Total")), *[None] * 6, *sums)
