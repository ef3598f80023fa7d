"""Sentences of the prediction: why a table of paid invoices cannot be read."""

from __future__ import annotations

from services.language import N_

PREDICTION_ERRORS: dict[str, str] = {
    "history_column": N_("There is no single column “%(value)s” in the header. Known: %(known)s."),
    "history_customer": N_("Line %(line)s, %(column)s: no customer. Complete or delete the row."),
    "history_date_missing": N_("Line %(line)s, %(column)s: no date. Complete or delete the row."),
    "history_date_unclear": N_(
        "Line %(line)s, %(column)s: “%(value)s” may be two days, and no date of the file shows which. Write dates as YYYY-MM-DD."
    ),
    "history_days": N_("Line %(line)s, %(column)s: “%(value)s” days after an invoice date that is not there. Name its column."),
    "history_amount": N_("Line %(line)s, %(column)s: “%(value)s” is not an amount."),
    "history_nothing": N_("No paid item of the file is due on %(value)s or later."),
}
