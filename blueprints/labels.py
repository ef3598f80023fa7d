"""The words for codes that several pages choose from and show: lazily in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l

from services.disputes import Reason
from services.placeholders import Problem
from services.wording_decision import DISPUTE_REASONS as SAID_REASONS

METHODS = (
    ("transfer", _l("Transfer")),
    ("direct_debit", _l("Direct debit")),
    ("cheque", _l("Cheque")),
    ("bill", _l("Bill of exchange")),
    ("card", _l("Card")),
    ("cash", _l("Cash")),
)
LEGAL_TYPES = (("business", _l("Business")), ("consumer", _l("Consumer")), ("public", _l("Public body")))
CONTACT_ROLES = (("billing", _l("Billing")), ("approval", _l("Approval")), ("payment", _l("Payment")))
MEDIA = (("call", _l("On the phone")), ("email", _l("By e-mail")), ("letter", _l("By letter")), ("visit", _l("Face to face")))
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
PLAN_STATES = {
    "proposed": _l("Proposed"),
    "accepted": _l("Accepted"),
    "running": _l("In force"),
    "kept": _l("Kept plan"),
    "broken": _l("Broken plan"),
    "cancelled": _l("Called off"),
}
RECIPIENTS = {"bailiff": _l("Bailiff"), "lawyer": _l("Lawyer"), "agency": _l("Collection agency")}
OUTCOMES_OF_HANDOVER = {
    "paid": _l("paid in full"),
    "partly_paid": _l("paid in part"),
    "taken_back": _l("given back to us"),
    "uncollectable": _l("cannot be collected"),
}
PROCEEDINGS = {
    "safeguard": _l("Safeguard"),
    "reorganisation": _l("Reorganisation"),
    "liquidation": _l("Liquidation"),
    "other": _l("Other proceedings"),
}
CONTACT_ROLE_NAMES = dict(CONTACT_ROLES)
DISPUTE_REASON_NAMES = {code: _l(text) for code, text in SAID_REASONS.items()}
DISPUTE_STATES = {
    "open": _l("Dispute open"),
    "waiting": _l("Waiting for others"),
    "accepted": _l("Solved, accepted"),
    "refused": _l("Solved, refused"),
    "solved": _l("Dispute solved"),
}
MESSAGE_STATES = {
    "queued": _l("about to leave"),
    "claimed": _l("being sent"),
    "retry": _l("to be tried again"),
    "sent": _l("handed over"),
    "kept": _l("kept in the built-in outbox"),
    "printed": _l("printed"),
    "failed": _l("refused"),
    "unknown": _l("uncertain"),
    "held": _l("held back"),
    "dropped": _l("taken back"),
    "bounced": _l("returned"),
}
OUTCOMES = {
    "reached": _l("reached"),
    "voicemail": _l("message left"),
    "no_answer": _l("no answer"),
    "promise": _l("promise to pay"),
    "dispute": _l("dispute"),
    "wrong_number": _l("wrong number"),
    "other": _l("other outcome"),
}
FIELDS = {
    "name": _l("name"),
    "profile_id": _l("profile"),
    "scenario_id": _l("scenario"),
    "legal_type": _l("kind of customer"),
    "collector_id": _l("collector"),
    "sales_rep_id": _l("sales representative"),
    "language": _l("language"),
    "method": _l("payment method"),
    "terms_days": _l("payment terms"),
    "terms_mode": _l("payment terms"),
    "credit_limit_cents": _l("credit limit"),
    "insolvent_on": _l("insolvency"),
    "tags": _l("tags"),
    "street": _l("address"),
    "postcode": _l("address"),
    "city": _l("address"),
    "country": _l("address"),
}


def reason_choices(reasons: Iterable[Reason]) -> list[tuple[str, str]]:
    """The reasons of disputes in use, as people choose them: a company's own are in its own words."""
    return [(one.code, str(DISPUTE_REASON_NAMES.get(one.code, one.code)).capitalize()) for one in reasons if one.active]


def field_names(changes: dict[str, object]) -> str:
    """What was edited, each word once."""
    return ", ".join(dict.fromkeys(str(FIELDS.get(name, name)) for name in changes))


TEMPLATE_PROBLEMS = {
    "placeholder_unknown": _l("Line %(line)s, place %(column)s: “%(value)s” is not a placeholder. Choose one from the list."),
    "subject_too_long": _l("The subject is too long: at most %(value)s characters."),
    "body_too_long": _l("The text is too long: at most %(value)s characters."),
    "body_empty": _l("Write a text."),
}
OTHER_PROBLEM = _l("Line %(line)s, place %(column)s: “%(value)s” is not closed or not in its place.")


def problem_said(problem: Problem) -> str:
    """What is to be mended in the words of a message, and where."""
    said = TEMPLATE_PROBLEMS.get(problem.code, OTHER_PROBLEM)
    return str(said) % {"line": problem.line, "column": problem.column, "value": problem.value}
