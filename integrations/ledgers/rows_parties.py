"""Rows of a list of customers → what it says of each: addresses, terms, profiles, representatives."""

from __future__ import annotations

from integrations.files import Refused
from integrations.ledgers import kinds, words
from integrations.ledgers.columns import PARTY
from integrations.ledgers.sheet import Row, Sheet
from rules.ledger import LedgerSnapshot, ThirdParty

_PLAIN = ("email", "phone", "street", "postcode", "city", "vat_number", "company_number", "contact_name", "profile")


def read_third_parties(sheet: Sheet) -> LedgerSnapshot:
    """One third party per customer; a customer that comes twice keeps its last row, and is remarked on."""
    found: dict[str, ThirdParty] = {}
    for row in sheet.rows():
        name = sheet.text(row, "name")
        customer = sheet.text(row, "customer") or name
        if not any(sheet.text(row, field) for field in ("name", *PARTY)):
            continue
        if customer in found:
            sheet.remark("customer_twice", row, sheet.header("customer") or sheet.header("name"), value=customer)
        found[customer] = party_of(sheet, row, customer, name)
    if not found:
        raise Refused("no_rows", line=sheet.mapping.header_row)
    return LedgerSnapshot(
        "third_parties", "spreadsheet", [], list(found.values()), sheet.remarks, sheet.lines_read, None, sheet.day
    )


def party_of(sheet: Sheet, row: Row, customer: str, name: str) -> ThirdParty:
    """What a row says of its customer; terms that say nothing known are remarked on."""
    said = sheet.text(row, "terms")
    terms = words.terms_of(said) if said else None
    if said and terms is None and sheet.mapping.kind == "third_parties":
        sheet.remark("terms_unreadable", row, sheet.header("terms"), value=said)
    texts = {field: sheet.text(row, field) for field in _PLAIN}
    return ThirdParty(
        customer,
        name,
        **texts,
        country=words.country_of(sheet.text(row, "country")),
        language=words.language_of(sheet.text(row, "language")),
        sales_rep=sheet.text(row, "sales_rep"),
        method=kinds.payment_method(sheet.text(row, "method")),
        terms_days=terms[0] if terms else None,
        terms_mode=terms[1] if terms else "",
        credit_limit_cents=sheet.cents(row, "credit_limit"),
        legal_type=words.legal_type_of(sheet.text(row, "legal_type")),
    )
