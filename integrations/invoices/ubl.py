"""UBL 2.1 invoices and credit notes: Peppol BIS Billing 3, XRechnung, EN 16931."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from integrations.invoices import xml
from integrations.invoices.common import Amounts, Terms, assembled
from integrations.invoices.xml import Node, cents, day, every, first, local, text, texts
from rules.invoices import Invoice, Party

REGISTERS = ("0002", "0009", "0208", "0007", "0106", "0183", "0184", "0190", "0192", "0204", "9930", "0060", "0088")


def read(root: Node, filename: str) -> Invoice:
    """The invoice or credit note of a UBL document."""
    is_credit_note = local(root) == "CreditNote"
    total = first(root, "LegalMonetaryTotal")
    if total is None:
        raise xml.refused("invoice_incomplete", root, filename, value="LegalMonetaryTotal")
    supplier, customer = first(root, "AccountingSupplierParty"), first(root, "AccountingCustomerParty")
    buyer = _party(customer)
    own_number = text(customer, "SupplierAssignedAccountID", "CustomerAssignedAccountID") if customer is not None else ""
    means = list(every(root, "PaymentMeans"))
    return assembled(
        root,
        filename,
        format="ubl",
        number=text(root, "ID"),
        type_code=text(root, "InvoiceTypeCode", "CreditNoteTypeCode") or ("381" if is_credit_note else "380"),
        issued_on=day(first(root, "IssueDate"), filename),
        currency=text(root, "DocumentCurrencyCode"),
        amounts=Amounts(
            total=cents(first(total, "TaxInclusiveAmount"), filename),
            prepaid=cents(first(total, "PrepaidAmount"), filename),
            payable=cents(first(total, "PayableAmount"), filename),
            rounding=cents(first(total, "PayableRoundingAmount"), filename),
            is_credit_note=is_credit_note,
        ),
        seller=_party(supplier),
        buyer=replace(buyer, own_number=own_number) if own_number else buyer,
        terms=Terms(_due_days(root, filename), texts(root, "PaymentTerms/Note")),
        payment_reference=next((one for node in means if (one := text(node, "PaymentID"))), ""),
        iban=next((one for node in means if (one := text(node, "PayeeFinancialAccount/ID"))), ""),
        means_code=next((one for node in means if (one := text(node, "PaymentMeansCode"))), ""),
        order_reference=text(root, "OrderReference/ID"),
        credited=texts(root, "BillingReference/InvoiceDocumentReference/ID"),
        lines=_lines(root, filename),
        titles=texts(root, "Note"),
        files=every(root, "AdditionalDocumentReference/Attachment/EmbeddedDocumentBinaryObject"),
    )


def _due_days(root: Node, filename: str) -> list[date]:
    paths = (
        "DueDate", "PaymentMeans/PaymentDueDate", "PaymentTerms/PaymentDueDate", "PaymentTerms/InstallmentDueDate",
    )  # fmt: skip
    for path in paths:
        found = [one for node in every(root, path) if (one := day(node, filename))]
        if found:
            return found
    return []


def _lines(root: Node, filename: str) -> list[tuple[str, int]]:
    return [
        (
            " ".join(
                [*texts(node, "Item/Name"), *texts(node, "Item/Description"), *texts(node, "Note")],
            ),
            cents(first(node, "LineExtensionAmount"), filename) or 0,
        )
        for name in ("InvoiceLine", "CreditNoteLine")
        for node in every(root, name)
    ]


def _party(holder: Node | None) -> Party:
    party = first(holder, "Party") if holder is not None else None
    if party is None:
        return Party()
    endpoint = first(party, "EndpointID")
    scheme = (endpoint.get("schemeID") or "") if endpoint is not None else ""
    ids = [(node.get("schemeID") or "", xml.words(node)) for node in every(party, "PartyIdentification/ID")]
    registered = text(party, "PartyLegalEntity/CompanyID")
    return Party(
        name=text(party, "PartyLegalEntity/RegistrationName", "PartyName/Name"),
        company_number=registered or next((value for code, value in ids if code in REGISTERS), ""),
        vat_number=next(
            (
                number
                for node in every(party, "PartyTaxScheme")
                if text(node, "TaxScheme/ID").upper() in ("VAT", "")
                if re.search(r"\d", number := text(node, "CompanyID"))
            ),
            "",
        ),
        endpoint=f"{scheme}:{xml.words(endpoint)}" if xml.words(endpoint) else "",
        own_number=next((value for code, value in ids if not code or code.upper() in ("SELLER", "91", "ZZZ")), ""),
        street=", ".join([*texts(party, "PostalAddress/StreetName"), *texts(party, "PostalAddress/AdditionalStreetName")]),
        postcode=text(party, "PostalAddress/PostalZone"),
        city=text(party, "PostalAddress/CityName"),
        country=text(party, "PostalAddress/Country/IdentificationCode").upper()[:2],
        contact_name=text(party, "Contact/Name"),
        email=text(party, "Contact/ElectronicMail") or (xml.words(endpoint) if scheme == "EM" else ""),
        phone=text(party, "Contact/Telephone"),
    )
