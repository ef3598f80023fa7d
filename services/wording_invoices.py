"""Sentences of electronic invoices: why a file is refused, and what was noticed while reading it or taking it in."""

from __future__ import annotations

from services.language import N_

REFUSED: dict[str, str] = {
    "not_an_invoice": N_("%(file)s is no electronic invoice (UBL, CII, Factur-X or ZUGFeRD)."),
    "invoice_damaged": N_("%(file)s, line %(line)s: the XML is damaged (%(value)s). Export the invoice again."),
    "invoice_doctype": N_("%(file)s declares a document type. An invoice needs none: the file was not read."),
    "invoice_incomplete": N_("%(file)s, line %(line)s: the invoice lacks %(value)s."),
    "invoice_amount": N_("%(file)s, line %(line)s, %(column)s: “%(value)s” is not an amount."),
    "invoice_date": N_("%(file)s, line %(line)s, %(column)s: “%(value)s” is not a date."),
    "invoice_currency": N_("%(file)s, line %(line)s: “%(value)s” is not a currency."),
    "pdf_without_invoice": N_("%(file)s is a PDF without an invoice inside. Only Factur-X and ZUGFeRD files can be read."),
    "pdf_damaged": N_("%(file)s is a damaged PDF and cannot be opened."),
    "pdf_locked": N_("%(file)s is protected by a password. Save it without one."),
    "zip_too_many": N_("%(file)s holds more than %(value)s files. Import it in parts."),
    "zip_path": N_("%(file)s holds a file with a forbidden path (%(value)s). It was not opened."),
    "zip_locked": N_("%(file)s is protected by a password. Save it without one."),
    "zip_bomb": N_("%(file)s unpacks to far more than it should (%(value)s). It was not opened."),
    "zip_damaged": N_("%(file)s is a damaged archive and cannot be opened."),
    "invoice_to_us": N_("%(file)s: invoice %(number)s was sent to us by %(value)s. Only invoices we issue belong here."),
    "invoice_of_another": N_(
        "%(file)s: invoice %(number)s was issued by %(value)s, not by this company. Check its numbers in the settings."
    ),
    "buyer_unknown": N_("%(file)s: invoice %(number)s does not say who the buyer is."),
    "invoice_twice": N_("%(file)s: invoice %(value)s comes twice in this import."),
    "document_not_kept": N_("The document could not be kept (%(value)s). Nothing was written."),
}

REMARKS: dict[str, str] = {
    "invoice_instalments": N_("Invoice %(number)s has several due dates: the last one, %(due_on)s, was taken."),
    "invoice_sum": N_("Invoice %(number)s: the sums do not add up; the amount payable, %(payable_cents)s, was taken."),
    "credit_written_negative": N_("Credit note %(number)s is written with negative amounts: it counts once, as a credit."),
    "attachment_unreadable": N_("Line %(line)s: the attachment %(value)s cannot be read and was left out."),
    "seller_unchecked": N_(
        "The VAT number of the company is not set: that it issued these invoices (%(count)s) was not checked."
    ),
    "invoice_sent_again": N_(
        "Invoice %(number)s was taken in before with another amount: %(before_cents)s then, %(now_cents)s now."
    ),
    "invoice_amount_differs": N_(
        "Invoice %(number)s: %(invoice_cents)s on the invoice, %(ledger_cents)s in the ledger. The ledger counts."
    ),
    "invoices_not_in_ledger": N_(
        "%(count)s electronic invoices should be in the ledger by now and are not: %(value)s. They still count as open, and are not chased."
    ),
}

INVOICE_SENTENCES: dict[str, str] = {**REFUSED, **REMARKS}
