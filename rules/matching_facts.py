"""What matching reads and what it answers: plain values, no behaviour.

Cents are signed: an item's open amount is positive when owed to us, a movement's when money came in. Confidence is per
mille: 1000 is certain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple


class Owed(NamedTuple):
    """An open item that a movement may pay (positive) or a credit that may be used up with it (negative)."""

    id: int
    customer_id: int
    piece: str  # invoice number as the customer knows it
    references: tuple[str, ...]  # bare structured references and end-to-end ids that name this item alone
    open_cents: int
    currency: str
    document_on: date
    due_on: date
    label: str = ""
    by_debit: bool = False


class Payer(NamedTuple):
    """A customer as the bank may show it: names folded (rules.words.fold), its own first, then learned ones."""

    customer_id: int
    code: str
    names: tuple[str, ...]
    ibans: tuple[str, ...] = ()
    vat_number: str = ""
    references: tuple[str, ...] = ()  # bare structured references that name the customer, not one item


class Paid(NamedTuple):
    """A movement to be matched, or what is left of one."""

    id: int
    booked_on: date
    cents: int
    currency: str
    name: str = ""
    iban: str = ""
    structured: str = ""
    end_to_end: str = ""
    text: str = ""
    invoices: tuple[str, ...] = ()
    returned: bool = False
    by_debit: bool = False


EVIDENCE: Mapping[str, tuple[str, ...]] = {
    "structured_reference": ("reference", "piece"),  # its check digits are right and it names one item
    "end_to_end": ("reference", "piece"),  # our own id came back
    "invoice_number": ("numbers",),
    "invoice_number_short": ("written", "number"),  # cut, or without its prefix or year
    "invoice_number_close": ("written", "number"),  # one digit wrong, missing, doubled or two swapped
    "invoice_range": ("first", "last", "count"),
    "exact_amount": ("cents",),
    "exact_set": ("count", "cents"),  # the only set of open items with this sum
    "all_open": ("count", "cents"),  # and it is all that is open
    "credits_used": ("count", "cents"),
    "customer_reference": ("reference",),
    "iban": ("iban",),
    "name": ("name",),
    "name_close": ("name",),
    "name_in_text": ("name",),
    "vat_number": ("number",),
    "customer_code": ("code",),
    "other_payer": ("name",),  # somebody else paid for the customer
    "part_payment": ("cents", "left_cents"),
    "over_payment": ("left_cents",),
    "short_by": ("cents", "reason"),  # what is missing may be a bank fee or a discount: for a person to write off
    "already_paid": ("number",),
    "number_not_known": ("number",),  # the text names an invoice that is not open
    "several_sets": (),
    "several_customers": ("count",),
    "amount_only": ("cents",),
    "in_ledger": ("entry_on", "cents"),  # the ledger has the payment already
    "gives_back": ("booked_on", "cents"),  # of a returned movement: the payment it gives back
    "gives_back_item": ("piece", "cents", "settled_on"),  # … or the settled item whose payment it may be
    "said_by_person": ("name",),
}
"""Codes of evidence and the names of their values."""


class Part(NamedTuple):
    """Cents of the movement that go to an item; `difference_cents` is written off beside them."""

    item_id: int
    cents: int
    difference_cents: int = 0


class Evidence(NamedTuple):
    """One reason, as a code with its values; `services.wording` makes the sentence. The codes stand in `EVIDENCE`."""

    code: str
    params: Mapping[str, object] = {}


class Proposal(NamedTuple):
    """What a movement may pay. No parts: only who paid is known. tie: another set is as likely, so it is never applied.

    The cents of its parts and `left_cents` sum to the movement's; a credit that is used up is a negative part."""

    movement_id: int
    customer_id: int | None
    parts: tuple[Part, ...]
    confidence: int
    evidence: tuple[Evidence, ...]
    left_cents: int = 0  # of the movement, not allocated
    difference_reason: str = ""
    tie: bool = False


@dataclass(frozen=True, slots=True)
class MatchPolicy:
    """The company's rules of matching. threshold: applied by itself from this confidence on."""

    threshold: int = 950
    tolerance_cents: int = 500  # largest difference written off as bank fee or discount, proposed, never silent
    tolerance_per_mille: int = 50  # of the amount owed: 2.50 of 50.00 may be a fee, 2.50 of 10.00 may not
    discount_per_mille: int = 30  # largest early payment discount looked for
    most_items: int = 12  # largest set of items looked for without being named
    days_before: int = 45  # a named item may be issued so much later than its payment; one that is not named, not at all
    reasons: Mapping[str, int] = field(default_factory=dict)
