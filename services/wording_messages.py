"""The sentences of sending: what cannot be done, and what became of a message, by code.

Codes of fates come from `services.outbox`, `services.second_look` and `integrations.channels`."""

from __future__ import annotations

from services.language import N_, NP_, translate, translate_plural
from services.wording_law import LAW_FATES

SENDING_ERRORS: dict[str, str] = {
    "nothing_to_send": N_("There is nothing left to send."),
    "outbox_left": N_("This batch is already on its way. It can no longer be taken back."),
    "message_not_unknown": N_("This message is already decided."),
    "channel_unknown": N_("“%(value)s” is not a way to write to a customer."),
    "items_missing": N_("Choose at least one invoice."),
    "no_address": N_("%(customer)s has no e-mail address that works. Add one to the contacts."),
    "remark_missing": N_("Say in a few words what was done."),
    "template_missing": N_("There is no template “%(template)s” for this way of writing."),
    "message_unwritable": N_("“%(value)s” cannot stand in the head of a message."),
    "reason_missing": N_("Say in a few words why."),
    "already_paused": N_("Sending is already paused."),
    "not_paused": N_("Sending is not paused."),
    "limit_wrong": N_("“%(value)s” is not a limit. Write a domain and a number, like orange.fr 200."),
    "clock_wrong": N_("“%(value)s” is not a time. Write it like 17:00."),
    "test_only_for_email": N_("Only e-mails can be tried on oneself."),
}

FATES: dict[str, str] = {
    "paid": N_("Paid meanwhile, taken out"),
    "covered": N_("Covered by credits meanwhile, taken out"),
    "gone": N_("Nothing left to ask for, taken out"),
    "changed": N_("Situation changed meanwhile, taken out"),
    "undone": N_("Taken back"),
    "stopped": N_("Stopped before it left"),
    "dispute": N_("Disputed meanwhile, taken out"),
    "promise": N_("Promised meanwhile, taken out"),
    "hold": N_("On hold meanwhile, taken out"),
    "wait": N_("Time granted to the customer, taken out"),
    "gap": N_("Contacted meanwhile, taken out"),
    "reply_to_read": N_("Reply received meanwhile, taken out"),
    "below_floor": N_("Below the threshold meanwhile, taken out"),
    "direct_debit": N_("Paid by direct debit, taken out"),
    "insolvent": N_("Insolvent, taken out"),
    "no_channel": N_("No address that works, taken out"),
    "no_scenario": N_("No scenario any more, taken out"),
    "no_address": N_("No address that works"),
    "recipient_refused": N_("Address refused by the server"),
    "sender_refused": N_("Sender refused by the server"),
    "data_refused": N_("Message refused by the server"),
    "content_refused": N_("Message refused by the server"),
    "bounced": N_("Returned by the customer’s server"),
    "gave_up": N_("Given up after two days of attempts"),
    "recipient_delayed": N_("The server asks to wait"),
    "sender_delayed": N_("The server asks to wait"),
    "data_delayed": N_("The server asks to wait"),
    "content_delayed": N_("The server asks to wait"),
    "connection_lost": N_("Connection lost"),
    "worker_stopped": N_("Sending was interrupted"),
    "server_unavailable": N_("Server unavailable"),
    "folder_missing": N_("There is no such folder in the mailbox"),
    "sign_in_refused": N_("Sign-in refused by the mail server"),
    "sign_in_delayed": N_("Sign-in postponed by the mail server"),
    "sign_in_not_offered": N_("The mail server does not offer to sign in"),
    "encryption_refused": N_("Encryption refused by the mail server"),
    "encryption_missing": N_("The mail server does not encrypt"),
    "clear_text_refused": N_("Not sent without encryption"),
    "seal_broken": N_("The password can no longer be read. Enter it again"),
    "answer_lost": N_("Connection lost before the server’s answer"),
    "template_missing": N_("No template for this message"),
    "message_unwritable": N_("A value cannot stand in the head of a message"),
    "render_failed": N_("The letter could not be laid out"),
    **LAW_FATES,
}


def fate(language: str, code: str) -> str:
    """Why a message failed, waits or was taken out; an unknown code is shown as it is."""
    msgid = FATES.get(code)
    return translate(language, msgid) if msgid else code


def delay(language: str, seconds: int) -> str:
    """'2 minutes', '90 seconds': how long a sending can be taken back."""
    if seconds >= 60 and seconds % 60 == 0:
        return translate_plural(language, *NP_("%(num)s minute", "%(num)s minutes"), seconds // 60)
    return translate_plural(language, *NP_("%(num)s second", "%(num)s seconds"), seconds)


def countdown(language: str, seconds: int) -> str:
    """'1 min 42 s', '42 s'."""
    if seconds < 60:
        return translate(language, N_("%(seconds)s s"), seconds=seconds)
    return translate(language, N_("%(minutes)s min %(seconds)s s"), minutes=seconds // 60, seconds=seconds % 60)
