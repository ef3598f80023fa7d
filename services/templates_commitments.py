"""The words Encours ships for what customers commit themselves to: promises confirmed, payment plans and their instalments."""

from __future__ import annotations

_SIGN_FR = "Bien à vous,\n**{{ signatory }}**[[\n{{ company_name }}]]"
_SIGN_EN = "Kind regards,\n**{{ signatory }}**[[\n{{ company_name }}]]"
_REPLY_FR = "Une question, un imprévu ? Répondez à ce message[[ ou appelez-nous au {{ phone }}]]."
_REPLY_EN = "A question, something unforeseen? Reply to this message[[ or call us on {{ phone }}]]."
_BANK_FR = "[[Par virement : IBAN {{ iban }}, communication {{ structured_reference }}.]]"
_BANK_EN = "[[By transfer: IBAN {{ iban }}, reference {{ structured_reference }}.]]"

Pair = tuple[str, str]


def _text(subject: str, *paragraphs: str) -> Pair:
    return subject, "\n\n".join(paragraphs)


FRENCH: dict[str, Pair] = {
    "promise_confirmation": _text(
        "{{ company_name }} : votre règlement du {{ promised_on }}",
        "{{ salutation }},",
        "Nous vous remercions de votre réponse. Nous avons bien noté votre règlement de **{{ promised_amount }}** "
        "le **{{ promised_on }}**.",
        "{{ items_table }}",
        "{{ pay_block }}",
        "Nous ne vous relancerons pas d’ici là. " + _REPLY_FR,
        _SIGN_FR,
    ),
    "plan_confirmation": _text(
        "{{ company_name }} : votre échéancier",
        "{{ salutation }},",
        "Nous vous confirmons l’échéancier convenu pour le règlement de {{ items_named }}, soit **{{ plan_total }}** :",
        "{{ plan_schedule }}",
        _BANK_FR,
        "{{ items_table }}",
        "Tant que ces dates sont respectées, nous ne vous relançons pas. À défaut de règlement d’une échéance, "
        "l’échéancier prend fin et la somme restant due redevient exigible. Votre accord vaut reconnaissance de cette dette.",
        _REPLY_FR,
        _SIGN_FR,
    ),
    "plan_notice": _text(
        "{{ company_name }} : échéance du {{ instalment_on }}",
        "{{ salutation }},",
        "Pour mémoire, l’échéance de **{{ instalment_amount }}** de votre échéancier est prévue le **{{ instalment_on }}**.",
        "{{ pay_block }}",
        "Si votre règlement est déjà parti, nous vous en remercions.",
        _SIGN_FR,
    ),
    "plan_reminder": _text(
        "{{ company_name }} : échéance du {{ instalment_on }} à régler",
        "{{ salutation }},",
        "Sauf erreur de notre part, l’échéance du **{{ instalment_on }}** de votre échéancier ne nous est pas parvenue : "
        "**{{ instalment_amount }}** restent à régler.",
        "{{ pay_block }}",
        "Merci d’effectuer ce règlement dès maintenant : l’échéancier reste alors en vigueur. En cas de difficulté, "
        "parlez-nous-en[[ au {{ phone }}]].",
        _SIGN_FR,
    ),
}

ENGLISH: dict[str, Pair] = {
    "promise_confirmation": _text(
        "{{ company_name }}: your payment of {{ promised_on }}",
        "{{ salutation }},",
        "Thank you for your answer. We have noted your payment of **{{ promised_amount }}** on **{{ promised_on }}**.",
        "{{ items_table }}",
        "{{ pay_block }}",
        "We shall not remind you until then. " + _REPLY_EN,
        _SIGN_EN,
    ),
    "plan_confirmation": _text(
        "{{ company_name }}: your payment plan",
        "{{ salutation }},",
        "We confirm the payment plan agreed for {{ items_named }}, **{{ plan_total }}** in all:",
        "{{ plan_schedule }}",
        _BANK_EN,
        "{{ items_table }}",
        "As long as these dates are kept we shall not remind you. If an instalment is not paid, the plan ends and what is "
        "left becomes due at once. Your agreement acknowledges this debt.",
        _REPLY_EN,
        _SIGN_EN,
    ),
    "plan_notice": _text(
        "{{ company_name }}: instalment of {{ instalment_on }}",
        "{{ salutation }},",
        "This is a note that the instalment of **{{ instalment_amount }}** of your payment plan falls due on "
        "**{{ instalment_on }}**.",
        "{{ pay_block }}",
        "If your payment has already left, thank you.",
        _SIGN_EN,
    ),
    "plan_reminder": _text(
        "{{ company_name }}: instalment of {{ instalment_on }} to pay",
        "{{ salutation }},",
        "Unless we are mistaken, the instalment of **{{ instalment_on }}** of your payment plan has not reached us: "
        "**{{ instalment_amount }}** is left to pay.",
        "{{ pay_block }}",
        "Please pay it now: the plan then stays in force. If you are in difficulty, talk to us[[ on {{ phone }}]].",
        _SIGN_EN,
    ),
}
