"""Why a payment belongs to an invoice, in sentences: the evidence of `rules.matching` with its strength, reasons of
differences, and what else is said of a movement of the bank.

Codes and their parameters stand in `rules.matching_facts.EVIDENCE`."""

from __future__ import annotations

from collections.abc import Mapping

from rules.matching_facts import EVIDENCE
from services import language as words
from services.language import N_
from services.wording import shown

EVIDENCE_SENTENCES: dict[str, str] = {
    "structured_reference": N_("The structured communication %(reference)s is that of %(piece)s."),
    "end_to_end": N_("Our own reference %(reference)s came back: it is that of %(piece)s."),
    "invoice_number": N_("The communication names %(numbers)s."),
    "invoice_number_short": N_("“%(written)s” in the communication is a short form of %(number)s."),
    "invoice_number_close": N_("“%(written)s” in the communication is %(number)s but for one character."),
    "invoice_range": N_("The communication names the invoices from %(first)s to %(last)s (%(count)s)."),
    "exact_amount": N_("The amount is exactly the one due: %(cents)s."),
    "exact_set": N_("These %(count)s items alone make exactly %(cents)s."),
    "all_open": N_("It is exactly all that is open: %(count)s items, %(cents)s."),
    "credits_used": N_("Credits are used up with it: %(count)s, %(cents)s."),
    "customer_reference": N_("The reference %(reference)s is that of this customer."),
    "iban": N_("The account %(iban)s is known to be this customer’s."),
    "name": N_("The payer’s name is the customer’s: %(name)s."),
    "name_close": N_("The payer’s name looks like the customer’s: %(name)s."),
    "name_in_text": N_("The customer’s name is in the communication: %(name)s."),
    "vat_number": N_("The customer’s VAT number is in the communication: %(number)s."),
    "customer_code": N_("The customer’s code is in the communication: %(code)s."),
    "other_payer": N_("Somebody else pays for the customer: %(name)s."),
    "part_payment": N_("It is a part: %(left_cents)s stays open."),
    "over_payment": N_("It is %(left_cents)s more than is due."),
    "short_by": N_("%(cents)s is missing: %(reason)s perhaps."),
    "already_paid": N_("%(number)s is named, but it is paid already."),
    "number_not_known": N_("%(number)s is named, but it is not an open item."),
    "several_sets": N_("Other items make the same amount."),
    "several_customers": N_("%(count)s customers fit as well."),
    "said_by_person": N_("A colleague said that it is from %(name)s."),
    "gives_back": N_("It gives back the payment of %(booked_on)s: %(cents)s."),
    "gives_back_item": N_("It gives back the payment of %(piece)s, settled on %(settled_on)s."),
    "in_ledger": N_("The ledger has this payment already, entered on %(entry_on)s."),
    "amount_only": N_("Only the amount agrees: %(cents)s. That is not enough."),
}

STRENGTHS: dict[str, int] = {
    "in_ledger": 3, "said_by_person": 3, "gives_back": 3, "gives_back_item": 2, "structured_reference": 3, "end_to_end": 3, "invoice_number": 3, "invoice_range": 3, "exact_set": 2, "all_open": 2,
    "exact_amount": 2, "invoice_number_short": 2, "invoice_number_close": 2, "iban": 2, "customer_reference": 2, "name": 2,
    "vat_number": 2, "customer_code": 2, "credits_used": 1, "name_close": 1, "name_in_text": 1, "other_payer": 1,
    "part_payment": 1, "over_payment": 1, "short_by": 1, "amount_only": 1, "already_paid": 0, "number_not_known": 0,
    "several_sets": 0, "several_customers": 0,
}  # fmt: skip
"""How much a reason weighs: 3 names the item itself, 2 points at it, 1 fits with it, 0 speaks against it."""

DIFFERENCE_REASONS: dict[str, str] = {
    "bank_fee": N_("bank fee"),
    "discount": N_("cash discount"),
    "rounding": N_("rounding"),
    "other": N_("another reason"),
}

RETURN_REASONS: dict[str, str] = {
    "AC01": N_("account number wrong"),
    "AC04": N_("account closed"),
    "AC06": N_("account blocked"),
    "AG01": N_("transfer not allowed on this account"),
    "AM04": N_("insufficient funds"),
    "AM05": N_("presented twice"),
    "BE05": N_("creditor not known to the payer"),
    "MD01": N_("no mandate"),
    "MD06": N_("the payer asked for the money back"),
    "MD07": N_("payer deceased"),
    "MS02": N_("refused by the payer"),
    "MS03": N_("reason not given"),
    "RR01": N_("refused for legal reasons"),
    "SL01": N_("refused by an instruction of the payer"),
}
"""Reasons of a returned payment (ISO 20022 external code list), in words."""


def evidence_sentence(language: str, code: str, params: Mapping[str, object] | None = None, currency: str = "EUR") -> str:
    """One reason as a sentence; an unknown code is shown as it is, so that nothing is hidden."""
    msgid = EVIDENCE_SENTENCES.get(code)
    if msgid is None:
        return code
    known = {name: value for name, value in (params or {}).items() if value is not None}
    given = {name: _written(language, name, value, currency) for name, value in known.items()}
    return words.translate(language, msgid, **(dict.fromkeys(EVIDENCE.get(code, ()), "…") | given))


def _written(language: str, name: str, value: object, currency: str) -> object:
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    if name == "reason":
        return difference_reason(language, str(value))
    if name == "cents" and isinstance(value, int):
        return words.money_with_currency(value, language, currency)
    return shown(language, {name: value, "currency": currency})[name]


def difference_reason(language: str, code: str) -> str:
    """The word for why an amount was written off beside a payment."""
    return words.translate(language, DIFFERENCE_REASONS[code]) if code in DIFFERENCE_REASONS else code


def return_reason(language: str, code: str) -> str:
    """Why a payment came back, with its code; the code alone when it is not one we know."""
    said = RETURN_REASONS.get(code.strip().upper())
    return f"{words.translate(language, said)} ({code})" if said else code
