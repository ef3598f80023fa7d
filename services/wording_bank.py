"""Sentences of bank files: why one is refused whole, and what was noticed while reading one.

Codes and parameters come from `integrations.banks`; codes it shares with the ledger readers stand in `wording_ledger`."""

from __future__ import annotations

from services.language import N_

REFUSED: dict[str, str] = {
    # controls
    "statement_gap": N_(
        "Line %(line)s: statement %(value)s does not add up. %(opening_cents)s and movements of %(movements_cents)s do not give "
        "%(closing_cents)s (difference %(gap_cents)s). The file is cut or altered: export it again."
    ),
    "balance_breaks": N_(
        "Line %(line)s, %(column)s: the balance %(balance_cents)s does not follow from the rows before it (difference "
        "%(gap_cents)s). A row is missing or altered: export the list again."
    ),
    "control_count": N_(
        "Line %(line)s: the file says it has %(value)s records, %(expected)s are there. It is cut or altered: export it again."
    ),
    "control_total": N_(
        "Line %(line)s, %(column)s: the file says its movements sum to %(stated_cents)s, they sum to %(found_cents)s. It is cut "
        "or altered: export it again."
    ),
    "control_unreadable": N_("Line %(line)s, %(column)s: “%(value)s” is not a control total."),
    "file_cut": N_("Line %(line)s: a statement has no end. The file is cut: export it again."),
    # what the file is
    "coda_version": N_("Line %(line)s: version “%(value)s” of CODA is not known (1 and 2 are)."),
    "cfonb_240": N_(
        "This is a CFONB 240 file (orders and rejects), not an account statement. Ask the bank for CFONB 120 statements."
    ),
    "no_statement": N_("There is no account statement in this file."),
    "account_missing": N_("Line %(line)s: the statement does not say whose account it is."),
    "currency_mixed": N_("Line %(line)s: an amount in %(value)s on an account in %(expected)s."),
    "currency_unreadable": N_("Line %(line)s, %(column)s: “%(value)s” is not a currency."),
    "too_many_movements": N_("Line %(line)s: the file has more than %(value)s movements."),
    "too_many_statements": N_("Line %(line)s: the file has more than %(value)s statements."),
    # records and fields
    "record_too_long": N_("Line %(line)s: %(value)s characters instead of %(expected)s. The file is altered: export it again."),
    "record_unknown": N_("Line %(line)s: “%(value)s” is not a kind of record of this format."),
    "record_out_of_place": N_(
        "Line %(line)s: the record “%(value)s” stands outside a statement. The file is cut: export it again."
    ),
    "movement_unreadable": N_("Line %(line)s, %(column)s: “%(value)s” is not a movement."),
    "field_too_long": N_("Line %(line)s: the field %(value)s is too long."),
    "xml_doctype": N_("Line %(line)s: the file holds a DOCTYPE, which no bank or invoice has. It was not read."),
    "xml_too_deep": N_("Line %(line)s: elements are nested more than %(value)s deep. The file was not read."),
    "encoding_unknown": N_("Line %(line)s: the encoding “%(value)s” is not known. Export the file in UTF-8."),
    # archives
    "archive_damaged": N_("The archive is damaged and cannot be opened."),
    "archive_locked": N_("The archive is protected by a password. Send it without one."),
    "archive_too_large": N_("The archive unpacks to far more than it should (%(value)s). It was not opened."),
    "archive_foreign": N_("The archive holds “%(value)s”, which is not a bank file. Nothing was read."),
    "archive_path": N_("The archive wants to write outside its folder (“%(value)s”). It was not opened."),
    "archive_nested": N_("The archive holds another archive (“%(value)s”). Unpack it first."),
}

REMARKS: dict[str, str] = {
    "duplicate_copy": N_("Line %(line)s: the bank marks this file as a copy; movements already known count once."),
    "account_differs": N_(
        "Line %(line)s: the new balance names the account %(value)s, the statement %(expected)s; the latter counts."
    ),
    "closing_missing": N_("Line %(line)s: statement %(value)s has no new balance; the totals of the file agree."),
    "details_differ": N_("Line %(line)s: the details of movement %(value)s do not sum to it; it counts as one."),
    "entry_not_booked": N_("Line %(line)s: a movement that is not booked yet (%(value)s) was left out."),
    "day_of_message": N_("Line %(line)s: the movement has no date; the day of the message was taken."),
    "page_missing": N_("Line %(line)s: the last page announces another one."),
    "currency_assumed": N_("Line %(line)s: the statement names no currency; %(value)s was taken."),
    "balance_without_day": N_("Line %(line)s: the balance has no date."),
    "balance_not_running": N_("Line %(line)s: the column of balances does not follow the rows and was left out."),
    "account_unknown": N_("Line %(line)s: the list does not say whose account it is."),
}

BANK_SENTENCES: dict[str, str] = {**REFUSED, **REMARKS}
