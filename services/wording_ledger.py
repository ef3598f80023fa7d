"""Sentences of the ledger: why a file is refused whole, and what was noticed while reading one or taking it in.

Codes and parameters come from `integrations.ledgers` (`Refused`, `Remark`) and `rules.money`. A remark always has
`line` and `column`, a refusal those its sentence names."""

from __future__ import annotations

from services.language import N_

REFUSED: dict[str, str] = {
    # what the file is
    "not_recognised": N_(
        "This file is nothing we can read. Ledgers come as FEC, SAF-T, XAF, CSV, Excel or OpenDocument files; statements as CODA, CAMT, MT940, CFONB, OFX or lists; invoices as UBL, CII or Factur-X."
    ),
    "file_empty": N_("There is no line to read in this file."),
    "file_too_large": N_("The file is larger than %(limit_mib)s MB."),
    "too_many_lines": N_("Line %(line)s: the file has more than %(value)s lines."),
    "damaged_text": N_("Line %(line)s: the text is damaged (%(value)s). Export the file again."),
    "nul_byte": N_("Line %(line)s: the file is damaged or is not text. Export it again."),
    "line_too_long": N_("Line %(line)s: the line is too long to be an entry."),
    "row_unreadable": N_("Line %(line)s: the row cannot be read (%(value)s)."),
    "workbook_damaged": N_("The workbook is damaged and cannot be opened. Save it again in your spreadsheet program."),
    "workbook_locked": N_("The workbook is protected by a password. Save it without one."),
    "archive_suspect": N_("The workbook unpacks to far more than it should (%(value)s). It was not opened."),
    "sheet_missing": N_("The sheet “%(value)s” is not in this workbook."),
    "sheet_too_large": N_("The sheet “%(value)s” is too large."),
    # an audit file (XAF, SAF-T)
    "doctype_refused": N_("Line %(line)s: the XML file brings a document type of its own. It was not opened."),
    "encoding_unknown": N_("Line %(line)s: the encoding “%(value)s” is not known. Export the file in UTF-8."),
    "xml_damaged": N_("Line %(line)s: the XML file is cut or damaged (%(value)s). Export it again."),
    "xml_unknown": N_("Line %(line)s: an XML file of another kind (“%(value)s”). XAF and SAF-T are read here."),
    "control_totals": N_(
        "Line %(line)s: the file declares %(value)s lines and holds %(expected)s, and its totals differ by "
        "%(difference_cents)s. Export it again."
    ),
    # limits of the reading process
    "reading_too_long": N_("Reading this file took more than %(value)s seconds. It was stopped."),
    "reading_too_large": N_("Reading this file needs more than %(value)s MB of memory. It was stopped."),
    "reader_stopped": N_("Reading this file stopped unexpectedly (%(value)s). Nothing was written."),
    # a FEC that is not whole
    "column_missing": N_("Line %(line)s: the FEC lacks the column %(column)s (missing: %(value)s). Export it again."),
    "column_count": N_("Line %(line)s: %(value)s fields instead of %(expected)s. The line is cut or altered."),
    "line_cut": N_("Line %(line)s, %(column)s: the file stops in the middle of the line (“%(value)s”)."),
    "file_unbalanced": N_(
        "Line %(line)s: debits and credits of the file differ by %(difference_cents)s. It is cut or altered: export it again."
    ),
    # a cell
    "account_unreadable": N_("Line %(line)s, %(column)s: “%(value)s” is not an account."),
    "date_unreadable": N_("Line %(line)s, %(column)s: “%(value)s” is not a date."),
    "date_missing": N_("Line %(line)s: an amount without a date, and it is not a total. Complete or delete the row."),
    "amount_unreadable": N_("Line %(line)s, %(column)s: “%(value)s” is not an amount."),
    "amount_ambiguous": N_("Line %(line)s, %(column)s: “%(value)s” can be read two ways. Choose the decimal sign."),
    "amount_too_large": N_("Line %(line)s, %(column)s: “%(value)s” is too large an amount."),
    "side_unreadable": N_("Line %(line)s, %(column)s: “%(value)s” is neither debit nor credit."),
    "customer_missing": N_("Line %(line)s: an amount without a customer, and it is not a total. Complete or delete the row."),
    # a table that needs to be told
    "mapping_needed": N_("Line %(line)s: some columns are not certain. Say what they are."),
    "mapping_incomplete": N_("A column has not been chosen yet: %(value)s."),
    "header_missing": N_("Line %(line)s: the header is not there. Choose the header row again."),
    "no_rows": N_("There is no row under the header (line %(line)s)."),
    "no_customer_lines": N_("No row is on a customer account (%(value)s). Check the accounts of the company."),
    "day_missing": N_("Line %(line)s: the list does not say its day."),
    # a file that does not fit the ledger
    "list_without_day": N_("The list does not say which day it shows."),
    "older_list": N_("This list shows %(list_on)s; one of %(known_on)s is already loaded. Nothing was changed."),
    "list_before_journal": N_(
        "This list shows %(list_on)s; the journals reach to %(known_on)s. Load a list of that day or later."
    ),
    "sync_not_last": N_("Only the last import can be taken back."),
    "sync_undo_gone": N_("This import is too old to be taken back."),
}

REMARKS: dict[str, str] = {
    "collective_account": N_(
        "Account %(value)s has lines without an auxiliary account: they are together under the customer “Divers”."
    ),
    "entry_unbalanced": N_("Entry %(journal)s %(entry)s does not balance: %(difference_cents)s."),
    "entries_unbalanced_more": N_("%(count)s more entries do not balance."),
    "journal_unbalanced": N_("Debits and credits of the file differ by %(difference_cents)s."),
    "piece_from_label": N_(
        "%(column)s says “%(value)s” on most invoices: the invoice number was taken from the label (%(count)s lines)."
    ),
    "part_paid_unknown": N_("%(count)s rows are part paid without saying how much: they count as open in full."),
    "credits_turned": N_("%(count)s credits are written without a minus: they were counted as credits."),
    "due_from_bucket": N_("%(column)s: the file gives no due dates; the last day its columns allow was taken."),
    "amount_missing": N_("Line %(line)s: no amount. The row was left out."),
    "customer_twice": N_("Line %(line)s: the customer %(value)s comes twice; the last row counts."),
    "encoding_mended": N_("The file says %(declared)s and is written in %(value)s: it was read as the latter."),
    "opening_unexplained": N_(
        "Line %(line)s: the opening balance of account %(value)s is not given by customer; the rest (%(difference_cents)s) is "
        "under the customer “Divers”."
    ),
    "closing_differs": N_(
        "Line %(line)s: the closing balance of customer %(value)s differs from its entries by %(difference_cents)s."
    ),
    "closing_differs_more": N_("%(count)s more closing balances differ."),
    "terms_unreadable": N_("Line %(line)s, %(column)s: the terms “%(value)s” are not known and were left out."),
}

# What taking a file into the ledger noticed (`services.ledger_draft`, `services.syncs`).
TAKEN_IN: dict[str, str] = {
    "older_export": N_(
        "This file ends on %(ends_on)s; a newer export of the same year, up to %(known_on)s, is already loaded. "
        "Nothing was changed."
    ),
    "shorter_export": N_(
        "This file ends on %(ends_on)s, the one before on %(known_on)s; it knows more, so it replaces it entirely."
    ),
    "history_only": N_(
        "This journal ends on %(ends_on)s, before the list of %(list_on)s: it adds history, the list still says what is open."
    ),
    "openings_unclear": N_(
        "%(count)s opening lines inside the file do not repeat the balance before them: they count as ordinary lines."
    ),
    "no_openings": N_("No opening entries, although earlier years are loaded: what was open before %(starts_on)s stays open."),
    "openings_read": N_(
        "Openings: %(repeated)s repeat items already known, which keep their dates; %(counted)s count by themselves; "
        "%(carried)s earlier items are now inside an opening."
    ),
}

LEDGER_SENTENCES: dict[str, str] = {**REFUSED, **REMARKS, **TAKEN_IN}
