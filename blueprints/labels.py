"""The words for codes that several pages choose from and show: lazily in the reader's language."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

METHODS = (
    ("transfer", _l("Transfer")),
    ("direct_debit", _l("Direct debit")),
    ("cheque", _l("Cheque")),
    ("bill", _l("Bill of exchange")),
    ("card", _l("Card")),
)
LEGAL_TYPES = (("business", _l("Business")), ("consumer", _l("Consumer")), ("public", _l("Public body")))
CONTACT_ROLES = (("billing", _l("Billing")), ("approval", _l("Approval")), ("payment", _l("Payment")))
DISPUTE_REASONS = (
    ("quantity", _l("Quantity contested")),
    ("price", _l("Price contested")),
    ("quality", _l("Quality contested")),
    ("not_received", _l("Not received")),
    ("already_paid", _l("Already paid, says the customer")),
    ("wrong_customer", _l("Wrong customer")),
    ("other", _l("Other reason")),
)
MEDIA = (("call", _l("Call")), ("email", _l("E-mail")), ("letter", _l("Letter")), ("visit", _l("Visit")))
BAD_ADDRESS = {"refused": _l("refused by the server"), "bounced": _l("returned"), "wrong_person": _l("wrong person")}
TERMS_MODES = (
    ("net", _l("from the date of the document")),
    ("days_month_end", _l("then the end of that month")),
    ("month_end_days", _l("from the end of the month")),
    ("days_month_end_tenth", _l("end of that month, then the 10th")),
)
STAGES = (
    ("notice", _l("Notice")),
    ("reminder", _l("Reminder")),
    ("formal_notice", _l("Formal notice")),
    ("handover", _l("Handover")),
    ("thanks", _l("Thanks")),
)
CHANNELS = (
    ("email", _l("E-mail")),
    ("letter", _l("Letter")),
    ("call", _l("Call")),
    ("sms", _l("Text message")),
    ("other", _l("Other medium")),
)
CHANNEL_ICONS = {"email": "mail", "letter": "file-text", "call": "phone", "sms": "message-square", "other": "gavel"}
STEP_MODES = (("automatic", _l("automatic")), ("confirm", _l("to be confirmed")), ("manual", _l("manual")))
TRIGGERS = (
    ("due", _l("days after the due date (before: negative)")),
    ("document", _l("days after the invoice date")),
    ("previous", _l("days after the previous step")),
    ("payment", _l("days after the payment, at most")),
)
