"""Whose invoice it is: that the company is the seller, and which customer is the buyer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from integrations.files import Refused
from models.company import Company
from models.e_invoices import Line
from models.ledger import Known, KnownContact
from rules.invoices import Invoice, Numbered, Party, bare_name, identities, pair
from rules.ledger import Remark, ThirdParty
from rules.words import fold
from services.third_parties import PROVISIONAL


def check_seller(company: Company, invoices: Sequence[Invoice], remarks: list[Remark]) -> None:
    """The company must be the seller, by VAT or company number, IBAN or name.

    Refused: invoice_to_us (the company is the buyer), invoice_of_another. A company whose own numbers are not set accepts
    what it cannot check, with a remark."""
    ours = identities(company.vat_number, company.company_number)
    iban, name = "".join(company.iban.split()).upper(), bare_name(company.name)
    unsure = 0
    for one in invoices:
        seller = identities(one.seller.vat_number, one.seller.company_number, one.seller.endpoint)
        buyer = identities(one.buyer.vat_number, one.buyer.company_number, one.buyer.endpoint)
        if ours & seller or (iban and one.iban == iban):
            continue
        called = bare_name(one.seller.name)
        if ours & buyer or (name == bare_name(one.buyer.name) and name != called):
            raise Refused("invoice_to_us", file=one.file, number=one.number, value=one.seller.name)
        if name == called:
            continue
        if ours or iban:
            raise Refused("invoice_of_another", file=one.file, number=one.number, value=one.seller.name)
        unsure += 1
    if unsure:
        remarks.append(Remark("seller_unchecked", params={"count": unsure}))


class Buyers:
    """Finds customers by what invoices say of the buyer. `lines`: numbered ledger lines of the invoices' amounts, asked
    for only when nothing else tells."""

    def __init__(self, known: Iterable[Known], lines: Callable[[], Sequence[Line]]) -> None:
        self._codes: dict[str, str] = {}
        self._numbers: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        self._code_by_id: dict[int, str] = {}
        self._ask = lines
        self._lines: list[Line] | None = None
        for one in known:
            self._codes[fold(one.code)] = one.code
            self._code_by_id[one.id] = one.code
            self._learn(one.code, identities(one.vat_number, one.company_number), (one.name, one.ledger_name))

    def _learn(self, code: str, numbers: Iterable[str], names: Iterable[str]) -> None:
        for number in numbers:
            self._numbers.setdefault(number, set()).add(code)
        for name in filter(None, map(bare_name, names)):
            self._names.setdefault(name, set()).add(code)

    def code_of(self, invoice: Invoice) -> str:
        """The customer's code: by our number of them, VAT, company number, electronic address, the ledger's line of this
        very invoice, or the name; else a provisional one, until the ledger says its own.

        Refused: buyer_unknown, when the invoice names nobody."""
        buyer = invoice.buyer
        ours = self._codes.get(fold(buyer.own_number)) if buyer.own_number else None
        if ours is not None:
            return ours
        numbers = identities(buyer.vat_number, buyer.company_number, buyer.endpoint)
        by_number = {code for number in numbers for code in self._numbers.get(number, ())}
        if len(by_number) == 1:
            return by_number.pop()
        by_line = self._by_line(invoice)
        if by_line is not None and (not by_number or by_line in by_number):
            return by_line
        named = self._names.get(bare_name(buyer.name), set()) if buyer.name else set()
        named = named & by_number or named
        if len(named) == 1 or by_number:
            return min(named & by_number or by_number or named)
        code = self._provisional(invoice)
        self._learn(code, numbers, (buyer.name,))
        return code

    def _by_line(self, invoice: Invoice) -> str | None:
        """Whose line of the ledger has this number, amount and currency, when it is one customer's only."""
        if self._lines is None:
            self._lines = list(self._ask())
        others = [
            Numbered(place, one.currency, one.piece, one.document_on, (one.amount_cents,))
            for place, one in enumerate(self._lines)
            if one.currency == invoice.currency and one.amount_cents in (invoice.payable_cents, invoice.total_cents)
        ]
        amounts = invoice.payable_cents, invoice.total_cents
        whose: set[int] = set()
        while others:
            found = pair([Numbered(0, invoice.currency, invoice.number, invoice.issued_on, amounts)], others).get(0)
            if found is None or not found[1]:
                break
            whose.add(self._lines[found[0]].customer_id)
            others = [one for one in others if one.ref != found[0]]
        return self._code_by_id.get(whose.pop()) if len(whose) == 1 else None

    def _provisional(self, invoice: Invoice) -> str:
        buyer = invoice.buyer
        bare = "".join(sign for sign in (buyer.vat_number or buyer.company_number).upper() if sign.isalnum())
        bare = bare or "".join(sign for sign in fold(buyer.name).upper() if sign.isalnum())[:30]
        if not bare:
            raise Refused("buyer_unknown", file=invoice.file, number=invoice.number)
        return PROVISIONAL + bare


def third_party(
    code: str, buyer: Party, before: Known | None, contact: KnownContact | None, earlier: ThirdParty | None
) -> ThirdParty:
    """What the invoice adds to a customer: only fields that are empty and that nobody edited here, address as a whole."""
    edited = set(json.loads(before.edited_fields)) if before is not None else set()

    def fills(column: str) -> bool:
        return before is None or (not getattr(before, column) and column not in edited)

    found = ThirdParty(
        code,
        name="" if before is not None else buyer.name,
        vat_number=buyer.vat_number if fills("vat_number") else "",
        company_number=buyer.company_number if fills("company_number") else "",
    )
    if all(map(fills, ("street", "postcode", "city"))):
        found = replace(found, street=buyer.street, postcode=buyer.postcode, city=buyer.city)
    if fills("country"):
        found = replace(found, country=buyer.country)
    if contact is None or (contact.from_ledger and not contact.email):
        found = replace(found, email=_address(buyer.email), contact_name=buyer.contact_name)
    if contact is None or (contact.from_ledger and not contact.phone):
        found = replace(found, phone=buyer.phone if any(map(str.isdigit, buyer.phone)) else "")
    if earlier is None:
        return found
    kept = {name: getattr(earlier, name) or getattr(found, name) for name in ThirdParty.__dataclass_fields__}
    return ThirdParty(**kept)


def _address(email: str) -> str:
    """An e-mail address that looks like one."""
    name, _, host = email.partition("@")
    return email if name and "." in host and " " not in email else ""
