"""Every code that rules, readers and services speak in, as a sentence in the reader's language.

Parameters named `…_on` are shown as dates, `…_cents` as amounts (in `currency`, default EUR), the rest as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rules.ledger import Remark
from services import language as words
from services.wording_bank import BANK_SENTENCES
from services.wording_connectors import CONNECTOR_SENTENCES
from services.wording_decision import DECISION_SENTENCES, variant
from services.wording_errors import ERROR_SENTENCES
from services.wording_invoices import INVOICE_SENTENCES
from services.wording_law import LAW_SENTENCES, UNLAWFUL, step_named
from services.wording_ledger import LEDGER_SENTENCES
from services.wording_messages import SENDING_ERRORS
from services.wording_prediction import PREDICTION_ERRORS
from services.wording_sources import SOURCE_ERRORS

SENTENCES: dict[str, str] = {
    **BANK_SENTENCES,
    **CONNECTOR_SENTENCES,
    **DECISION_SENTENCES,
    **ERROR_SENTENCES,
    **LAW_SENTENCES,
    **LEDGER_SENTENCES,
    **PREDICTION_ERRORS,
    **SENDING_ERRORS,
    **SOURCE_ERRORS,
    **INVOICE_SENTENCES,
}


def sentence(language: str, code: str, params: Mapping[str, object] | None = None) -> str:
    """The sentence for a code; an unknown code is shown as it is, so that nothing is hidden."""
    code, fitting = variant(language, code, params or {})
    if code in UNLAWFUL:
        fitting = step_named(language, fitting)
    msgid = SENTENCES.get(code)
    if msgid is None:
        return code
    said = words.translate(language, msgid, **shown(language, fitting))
    return f"{fitting['file']}: {said}" if fitting.get("file") else said  # one file of an archive


def remark_sentence(language: str, remark: Remark) -> str:
    """What a reader noticed, with the line and column it speaks of as parameters too."""
    return sentence(language, remark.code, {"line": remark.line, "column": remark.column, **remark.params})


def shown(language: str, params: Mapping[str, object]) -> dict[str, object]:
    """The parameters as people read them."""
    currency = str(params.get("currency") or "EUR")
    return {name: _shown(language, name, value, currency) for name, value in params.items()}


def _shown(language: str, name: str, value: object, currency: str) -> object:
    if name.endswith("_on") and value:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
        return words.day_short(day, language)
    if name.endswith("_cents") and isinstance(value, int):
        return words.money_with_currency(value, language, currency)
    return value
