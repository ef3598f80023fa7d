"""The words Encours ships for every stage, per channel and language; a company's own words take their place.

Placeholders, optional passages in [[ ]] and ** for bold are explained in `services.templates`. A code ending in
_consumer is taken for private persons where it exists: no amount, no debt in the subject line, nothing claimed on top."""

from __future__ import annotations

from typing import NamedTuple

from services import templates_commitments


class Words(NamedTuple):
    """Subject and body of one template."""

    subject: str
    body: str


def _mail(subject: str, *paragraphs: str) -> Words:
    return Words(subject, "\n\n".join(paragraphs))


_ASK_FR = ("{{ amount_block }}", "{{ items_table }}", "{{ pay_block }}")
_REPLY_FR = (
    "Votre règlement est déjà parti, une facture vous paraît inexacte, vous n’êtes pas la bonne personne ? "
    "Répondez à ce message[[ ou appelez-nous au {{ phone }}]], nous mettrons votre compte à jour."
)
_SIGN_FR = "Bien à vous,\n**{{ signatory }}**[[\n{{ company_name }}]]"
_CLOSE_FR = "Nous vous prions d’agréer, {{ salutation }}, nos salutations distinguées."
_SIGN_LETTER_FR = "**{{ signatory }}**[[\n{{ company_name }}]]"

_NOTICE_FR = (
    "{{ salutation }},",
    "Pour vous aider à préparer vos règlements, voici le rappel de {{ items_named }} arrivant à échéance"
    "[[ à partir du **{{ due_date }}**]].",
)
_NOTICE_END_FR = (
    "Si un élément vous manque ou vous paraît inexact, dites-le-nous dès maintenant : "
    "nous nous en occuperons avant l’échéance. Si votre règlement est déjà parti, nous vous en remercions."
)
_R1_FR = (
    "{{ salutation }},",
    "Sauf erreur de notre part, le règlement de {{ items_named }} ne nous est pas encore parvenu. "
    "Il s’agit sans doute d’un oubli : merci de l’effectuer[[ avant le **{{ wait_until }}**]].",
)
_R2_FR = (
    "{{ salutation }},",
    "Sauf erreur de notre part, le règlement de {{ items_named }} ne nous est toujours pas parvenu"
    "[[, malgré notre message du {{ last_reminder_on }}]]. "
    "Merci de l’effectuer[[ avant le **{{ wait_until }}**]], ou de nous dire ce qui le retarde.",
)
_R3_FR = (
    "{{ salutation }},",
    "Nous restons sans règlement ni réponse de votre part au sujet de {{ items_named }}"
    "[[, malgré notre message du {{ last_reminder_on }}]]. La plus ancienne échéance est dépassée de {{ days_late }}.",
    "Nous vous demandons de régler cette somme[[ avant le **{{ wait_until }}**]]. À défaut, nous devrons vous adresser "
    "une mise en demeure. En cas de difficulté, parlez-nous-en[[ au {{ phone }}]] : un échéancier reste possible.",
)
_FORMAL_FR = (
    "{{ salutation }},",
    "Malgré nos demandes[[, dont la dernière date du {{ last_reminder_on }}]], {{ customer_name }} "
    "(client {{ customer_code }}) reste redevable envers {{ company_name }} de la somme de **{{ total_due }}**, "
    "détaillée ci-dessous par facture.",
    "Par la présente, valant **mise en demeure**, nous vous demandons de payer cette somme dans un délai de "
    "**{{ wait_days }}** à compter de la réception de ce courrier.",
)
_CLAIMS_FR = (
    "[[Somme due à ce jour : principal {{ total_due }}, intérêts de retard {{ interest }}, indemnité forfaitaire de "
    "recouvrement {{ compensation }} ; au total **{{ total_claimed }}**.]][[ {{ legal_basis }}]]",
)
_CLAIMS_CONSUMER_FR = (
    "[[S’y ajoutent une indemnité de {{ compensation }} et des intérêts de {{ interest }}, soit au total "
    "**{{ total_claimed }}**. {{ legal_basis }}]]",
)
_FORMAL_END_FR = (
    "À défaut de paiement complet dans ce délai, nous nous réservons le droit de saisir la juridiction compétente sans "
    "autre avis. Les intérêts continuent de courir jusqu’au paiement complet."
)
_FORMAL_END_CONSUMER_FR = (
    "À défaut de paiement complet dans ce délai, nous nous réservons le droit de saisir la juridiction compétente. "
    "Si vous rencontrez une difficulté, parlez-nous-en[[ au {{ phone }}]] : un échéancier reste possible."
)
_R1_CONSUMER_FR = (
    "{{ salutation }},",
    "Sauf erreur de notre part, le règlement de {{ items_named }} ne nous est pas encore parvenu. Il s’agit sans doute d’un "
    "oubli : merci de l’effectuer[[ au plus tard le **{{ wait_until }}**]]. Ce premier rappel est gratuit.",
)
_R1_CONSUMER_END_FR = (
    "[[Sans paiement à l’issue de ce délai, une indemnité de {{ compensation_later }} et des intérêts de retard pourront vous "
    "être demandés. {{ legal_basis }}]]",
    "Créancier : {{ company_name }}[[, {{ company_address }}]][[, n° d’entreprise {{ company_number }}]].",
)
_HANDOVER_FR = (
    "{{ salutation }},",
    "Nos demandes successives[[, dont la dernière date du {{ last_reminder_on }}]], sont restées sans effet. "
    "Nous transmettons donc à un professionnel du recouvrement le dossier de {{ customer_name }} "
    "(client {{ customer_code }}), pour la somme de **{{ total_due }}**.",
    "Un paiement complet dès réception de ce message arrête cette démarche.",
)
_THANKS_FR = (
    "{{ salutation }},",
    "Nous avons bien reçu le règlement de {{ items_named }} et nous vous en remercions.",
    "{{ items_table }}",
    "C’est un plaisir de travailler avec vous.",
)
_DEBIT_FR = (
    "{{ salutation }},",
    "Le montant de {{ items_named }} sera prélevé sur votre compte[[ à partir du **{{ due_date }}**]], "
    "comme convenu. Vous n’avez rien à faire.",
    "{{ items_table }}",
    "Si un élément vous paraît inexact ou si vos coordonnées bancaires ont changé, dites-le-nous avant cette date.",
)

FRENCH: dict[tuple[str, str], Words] = {
    ("notice", "email"): _mail(
        "{{ company_name }} : votre prochaine échéance", *_NOTICE_FR, *_ASK_FR, _NOTICE_END_FR, _SIGN_FR
    ),
    ("notice_debit", "email"): _mail("{{ company_name }} : votre prochain prélèvement", *_DEBIT_FR, _SIGN_FR),
    ("reminder_1", "email"): _mail(
        "{{ items_count }} à régler, {{ company_name }}", *_R1_FR, *_ASK_FR, _REPLY_FR, _SIGN_FR
    ),
    ("reminder_1_consumer", "email"): _mail(
        "{{ company_name }} : votre compte client {{ customer_code }}",
        *_R1_CONSUMER_FR, *_ASK_FR, *_R1_CONSUMER_END_FR, _REPLY_FR, _SIGN_FR,
    ),
    ("reminder_2", "email"): _mail(
        "Rappel : {{ items_count }} à régler, {{ company_name }}", *_R2_FR, *_ASK_FR, _REPLY_FR, _SIGN_FR
    ),
    ("reminder_3", "email"): _mail(
        "Dernier rappel : {{ items_count }} à régler, {{ company_name }}", *_R3_FR, *_ASK_FR, _REPLY_FR, _SIGN_FR
    ),
    ("formal_notice", "email"): _mail(
        "Mise en demeure, {{ company_name }}", *_FORMAL_FR, *_ASK_FR, *_CLAIMS_FR, _FORMAL_END_FR, _CLOSE_FR, _SIGN_LETTER_FR
    ),
    ("formal_notice_consumer", "email"): _mail(
        "{{ company_name }} : votre compte client {{ customer_code }}",
        *_FORMAL_FR, *_ASK_FR, *_CLAIMS_CONSUMER_FR, _FORMAL_END_CONSUMER_FR, _CLOSE_FR, _SIGN_LETTER_FR,
    ),
    ("handover", "email"): _mail(
        "Transmission de votre dossier, {{ company_name }}", *_HANDOVER_FR, *_ASK_FR, _CLOSE_FR, _SIGN_LETTER_FR
    ),
    ("thanks", "email"): _mail("{{ company_name }} : merci pour votre règlement", *_THANKS_FR, _SIGN_FR),
    ("notice", "letter"): _mail(
        "Votre prochaine échéance", *_NOTICE_FR, "{{ items_table }}", _NOTICE_END_FR, _CLOSE_FR, _SIGN_LETTER_FR
    ),
    ("notice_debit", "letter"): _mail("Votre prochain prélèvement", *_DEBIT_FR, _CLOSE_FR, _SIGN_LETTER_FR),
    ("reminder_1", "letter"): _mail(
        "{{ items_count }} à régler, {{ total_due }}", *_R1_FR, "{{ items_table }}",
        "Si votre règlement est déjà parti, nous vous en remercions. Si une facture vous paraît inexacte, "
        "écrivez-nous[[ à {{ reply_to }}]][[ ou appelez-nous au {{ phone }}]].",
        _CLOSE_FR, _SIGN_LETTER_FR,
    ),
    ("reminder_1_consumer", "letter"): _mail(
        "{{ items_count }} à régler, {{ total_due }}", *_R1_CONSUMER_FR, "{{ items_table }}", *_R1_CONSUMER_END_FR,
        "Si votre règlement est déjà parti, nous vous en remercions. Si une facture vous paraît inexacte, "
        "écrivez-nous[[ à {{ reply_to }}]][[ ou appelez-nous au {{ phone }}]].",
        _CLOSE_FR, _SIGN_LETTER_FR,
    ),
    ("reminder_2", "letter"): _mail(
        "Rappel : {{ items_count }} à régler, {{ total_due }}", *_R2_FR, "{{ items_table }}",
        "Si votre règlement est déjà parti, merci de nous en indiquer la date. En cas de difficulté, "
        "parlez-nous-en[[ au {{ phone }}]] : un échéancier reste possible.",
        _CLOSE_FR, _SIGN_LETTER_FR,
    ),
    ("reminder_3", "letter"): _mail(
        "Dernier rappel : {{ items_count }} à régler, {{ total_due }}", *_R3_FR, "{{ items_table }}",
        "Si votre règlement est déjà parti, merci de nous en indiquer la date.",
        _CLOSE_FR, _SIGN_LETTER_FR,
    ),
    ("formal_notice", "letter"): _mail(
        "Mise en demeure de payer la somme de {{ total_due }}",
        *_FORMAL_FR, "{{ items_table }}",
        *_CLAIMS_FR, "Le paiement se fait par virement, aux coordonnées du talon ci-dessous.",
        _FORMAL_END_FR, _CLOSE_FR, _SIGN_LETTER_FR,
    ),
    ("formal_notice_consumer", "letter"): _mail(
        "Mise en demeure de payer la somme de {{ total_due }}",
        *_FORMAL_FR, "{{ items_table }}",
        *_CLAIMS_CONSUMER_FR, "Le paiement se fait par virement, aux coordonnées du talon ci-dessous.",
        _FORMAL_END_CONSUMER_FR, _CLOSE_FR, _SIGN_LETTER_FR,
    ),
    ("handover", "letter"): _mail(
        "Transmission de votre dossier", *_HANDOVER_FR, "{{ items_table }}", _CLOSE_FR, _SIGN_LETTER_FR
    ),
    ("thanks", "letter"): _mail("Merci pour votre règlement", *_THANKS_FR, _CLOSE_FR, _SIGN_LETTER_FR),
    ("call", "call"): Words(
        "Appel à {{ customer_name }}",
        "Bonjour, {{ collector_name }} de {{ company_name }}. Puis-je parler à la personne qui suit les règlements"
        "[[, {{ contact_name }}]] ?\n\n"
        "Je vous appelle au sujet de {{ items_named }}, {{ total_due }} au total. "
        "La plus ancienne échéance est dépassée de {{ days_late }}[[ ; nous vous avons écrit le {{ last_reminder_on }}]].\n\n"
        "Avez-vous bien reçu ces factures, et sont-elles en ordre chez vous ?\n\n"
        "À quelle date pouvons-nous compter sur votre règlement, et pour quel montant ?\n\n"
        "Je note cette date et je vous la confirme. Merci, et bonne journée.",
    ),
}  # fmt: skip

_ASK_EN = _ASK_FR
_REPLY_EN = (
    "Has your payment already left, is an invoice wrong, are you not the right person? "
    "Reply to this message[[ or call us on {{ phone }}]] and we will put your account right."
)
_SIGN_EN = "Kind regards,\n**{{ signatory }}**[[\n{{ company_name }}]]"
_SIGN_LETTER_EN = "Yours faithfully,\n\n**{{ signatory }}**[[\n{{ company_name }}]]"

_NOTICE_EN = (
    "{{ salutation }},",
    "To help you plan your payments, this is a note of {{ items_named }} falling due[[ from **{{ due_date }}**]].",
)
_NOTICE_END_EN = (
    "If anything is missing or looks wrong, tell us now and we will see to it before the due date. "
    "If your payment has already left, thank you."
)
_R1_EN = (
    "{{ salutation }},",
    "Unless we are mistaken, we have not yet received payment of {{ items_named }}. "
    "This is probably an oversight: please arrange it[[ before **{{ wait_until }}**]].",
)
_R2_EN = (
    "{{ salutation }},",
    "Unless we are mistaken, we have still not received payment of {{ items_named }}"
    "[[, in spite of our message of {{ last_reminder_on }}]]. "
    "Please arrange it[[ before **{{ wait_until }}**]], or tell us what is holding it up.",
)
_R3_EN = (
    "{{ salutation }},",
    "We have received neither payment nor answer about {{ items_named }}"
    "[[, in spite of our message of {{ last_reminder_on }}]]. The oldest due date passed {{ days_late }} ago.",
    "We ask you to pay this sum[[ before **{{ wait_until }}**]]. Otherwise we shall have to send you a formal notice. "
    "If you are in difficulty, talk to us[[ on {{ phone }}]]: instalments remain possible.",
)
_FORMAL_EN = (
    "{{ salutation }},",
    "In spite of our requests[[, the last of {{ last_reminder_on }}]], {{ customer_name }} "
    "(customer {{ customer_code }}) still owes {{ company_name }} "
    "the sum of **{{ total_due }}**, set out below by invoice.",
    "This is a **formal notice** (mise en demeure): we require payment of this sum within **{{ wait_days }}** "
    "of receipt of this letter.",
)
_CLAIMS_EN = (
    "[[Sum due to this day: principal {{ total_due }}, late interest {{ interest }}, fixed compensation for costs of "
    "collection {{ compensation }}; in all **{{ total_claimed }}**.]][[ {{ legal_basis }}]]",
)
_CLAIMS_CONSUMER_EN = (
    "[[Compensation of {{ compensation }} and interest of {{ interest }} are added, in all **{{ total_claimed }}**. "
    "{{ legal_basis }}]]",
)
_FORMAL_END_EN = (
    "Failing full payment within this period, we reserve the right to go to court without further notice. "
    "Interest continues to run until full payment."
)
_FORMAL_END_CONSUMER_EN = (
    "Failing full payment within this period, we reserve the right to go to court. "
    "If you are in difficulty, talk to us[[ on {{ phone }}]]: instalments remain possible."
)
_R1_CONSUMER_EN = (
    "{{ salutation }},",
    "Unless we are mistaken, we have not yet received payment of {{ items_named }}. This is probably an oversight: please "
    "arrange it[[ by **{{ wait_until }}** at the latest]]. This first reminder is free of charge.",
)
_R1_CONSUMER_END_EN = (
    "[[Without payment by the end of this period, compensation of {{ compensation_later }} and late interest may be asked of "
    "you. {{ legal_basis }}]]",
    "Creditor: {{ company_name }}[[, {{ company_address }}]][[, company number {{ company_number }}]].",
)
_HANDOVER_EN = (
    "{{ salutation }},",
    "Our repeated requests[[, the last of {{ last_reminder_on }}]], have had no effect. We are therefore handing the file "
    "of {{ customer_name }} (customer {{ customer_code }}), for the sum of **{{ total_due }}**, to a professional.",
    "Full payment on receipt of this message stops this step.",
)
_THANKS_EN = (
    "{{ salutation }},",
    "We have received payment of {{ items_named }}. Thank you.",
    "{{ items_table }}",
    "It is a pleasure to work with you.",
)
_DEBIT_EN = (
    "{{ salutation }},",
    "The amount of {{ items_named }} will be debited from your account[[ from **{{ due_date }}**]], as agreed. "
    "There is nothing for you to do.",
    "{{ items_table }}",
    "If anything looks wrong or your bank details have changed, tell us before that date.",
)
_PAY_LETTER_EN = "Payment is by transfer, to the details on the slip below."

ENGLISH: dict[tuple[str, str], Words] = {
    ("notice", "email"): _mail(
        "{{ company_name }}: your next due date", *_NOTICE_EN, *_ASK_EN, _NOTICE_END_EN, _SIGN_EN
    ),
    ("notice_debit", "email"): _mail("{{ company_name }}: your next direct debit", *_DEBIT_EN, _SIGN_EN),
    ("reminder_1", "email"): _mail(
        "{{ items_count }} to pay, {{ company_name }}", *_R1_EN, *_ASK_EN, _REPLY_EN, _SIGN_EN
    ),
    ("reminder_1_consumer", "email"): _mail(
        "{{ company_name }}: your customer account {{ customer_code }}",
        *_R1_CONSUMER_EN, *_ASK_EN, *_R1_CONSUMER_END_EN, _REPLY_EN, _SIGN_EN,
    ),
    ("reminder_2", "email"): _mail(
        "Reminder: {{ items_count }} to pay, {{ company_name }}", *_R2_EN, *_ASK_EN, _REPLY_EN, _SIGN_EN
    ),
    ("reminder_3", "email"): _mail(
        "Last reminder: {{ items_count }} to pay, {{ company_name }}", *_R3_EN, *_ASK_EN, _REPLY_EN, _SIGN_EN
    ),
    ("formal_notice", "email"): _mail(
        "Formal notice, {{ company_name }}", *_FORMAL_EN, *_ASK_EN, *_CLAIMS_EN, _FORMAL_END_EN, _SIGN_LETTER_EN
    ),
    ("formal_notice_consumer", "email"): _mail(
        "{{ company_name }}: your customer account {{ customer_code }}",
        *_FORMAL_EN, *_ASK_EN, *_CLAIMS_CONSUMER_EN, _FORMAL_END_CONSUMER_EN, _SIGN_LETTER_EN,
    ),
    ("handover", "email"): _mail(
        "Your file is being handed over, {{ company_name }}", *_HANDOVER_EN, *_ASK_EN, _SIGN_LETTER_EN
    ),
    ("thanks", "email"): _mail("{{ company_name }}: thank you for your payment", *_THANKS_EN, _SIGN_EN),
    ("notice", "letter"): _mail(
        "Your next due date", *_NOTICE_EN, "{{ items_table }}", _NOTICE_END_EN, _SIGN_LETTER_EN
    ),
    ("notice_debit", "letter"): _mail("Your next direct debit", *_DEBIT_EN, _SIGN_LETTER_EN),
    ("reminder_1", "letter"): _mail(
        "{{ items_count }} to pay, {{ total_due }}", *_R1_EN, "{{ items_table }}",
        "If your payment has already left, thank you. If an invoice looks wrong, "
        "write to us[[ at {{ reply_to }}]][[ or call us on {{ phone }}]].",
        _SIGN_LETTER_EN,
    ),
    ("reminder_1_consumer", "letter"): _mail(
        "{{ items_count }} to pay, {{ total_due }}", *_R1_CONSUMER_EN, "{{ items_table }}", *_R1_CONSUMER_END_EN,
        "If your payment has already left, thank you. If an invoice looks wrong, "
        "write to us[[ at {{ reply_to }}]][[ or call us on {{ phone }}]].",
        _SIGN_LETTER_EN,
    ),
    ("reminder_2", "letter"): _mail(
        "Reminder: {{ items_count }} to pay, {{ total_due }}", *_R2_EN, "{{ items_table }}",
        "If your payment has already left, please tell us its date. If you are in difficulty, "
        "talk to us[[ on {{ phone }}]]: instalments remain possible.",
        _SIGN_LETTER_EN,
    ),
    ("reminder_3", "letter"): _mail(
        "Last reminder: {{ items_count }} to pay, {{ total_due }}", *_R3_EN, "{{ items_table }}",
        "If your payment has already left, please tell us its date.",
        _SIGN_LETTER_EN,
    ),
    ("formal_notice", "letter"): _mail(
        "Formal notice to pay the sum of {{ total_due }}",
        *_FORMAL_EN, "{{ items_table }}", *_CLAIMS_EN, _PAY_LETTER_EN, _FORMAL_END_EN, _SIGN_LETTER_EN,
    ),
    ("formal_notice_consumer", "letter"): _mail(
        "Formal notice to pay the sum of {{ total_due }}",
        *_FORMAL_EN, "{{ items_table }}", *_CLAIMS_CONSUMER_EN, _PAY_LETTER_EN, _FORMAL_END_CONSUMER_EN, _SIGN_LETTER_EN,
    ),
    ("handover", "letter"): _mail("Your file is being handed over", *_HANDOVER_EN, "{{ items_table }}", _SIGN_LETTER_EN),
    ("thanks", "letter"): _mail("Thank you for your payment", *_THANKS_EN, _SIGN_LETTER_EN),
    ("call", "call"): Words(
        "Call to {{ customer_name }}",
        "Good morning, this is {{ collector_name }} of {{ company_name }}. May I speak to the person in charge of payments"
        "[[, {{ contact_name }}]]?\n\n"
        "I am calling about {{ items_named }}, {{ total_due }} in all. "
        "The oldest due date passed {{ days_late }} ago[[; we wrote to you on {{ last_reminder_on }}]].\n\n"
        "Have you received these invoices, and are they in order on your side?\n\n"
        "On which date may we count on your payment, and for what amount?\n\n"
        "I am noting this date and will confirm it to you. Thank you, and good day.",
    ),
}  # fmt: skip

DEFAULTS: dict[str, dict[tuple[str, str], Words]] = {
    "fr": FRENCH | {(code, "email"): Words(*pair) for code, pair in templates_commitments.FRENCH.items()},
    "en": ENGLISH | {(code, "email"): Words(*pair) for code, pair in templates_commitments.ENGLISH.items()},
}

CONSUMER_SUBJECTS = {
    "fr": "{{ company_name }} : votre compte client {{ customer_code }}",
    "en": "{{ company_name }}: your customer account {{ customer_code }}",
}
"""No debt is named in what a household's screen may show to others."""
