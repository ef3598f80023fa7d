"""Sentences for what cannot be done, by the code of the `DomainError`; for people, with what to do."""

from __future__ import annotations

from services.language import N_

ERROR_SENTENCES: dict[str, str] = {
    "sign_in_wrong": N_("Wrong address or password. %(left)s tries left."),
    "sign_in_blocked": N_("Too many tries. Try again in %(minutes)s minutes."),
    "password_too_short": N_("Choose a password of at least %(length)s characters."),
    "password_wrong": N_("This is not your present password."),
    "email_wrong": N_("“%(value)s” is not an e-mail address."),
    "email_taken": N_("“%(value)s” already has an account."),
    "already_set_up": N_("Encours already has an administrator. Sign in."),
    "code_wrong": N_("“%(value)s” cannot be a code: use 1 to 20 capital letters, digits, - or _."),
    "code_taken": N_("The code %(value)s is taken."),
    "name_missing": N_("Enter a name."),
    "name_taken": N_("“%(value)s” exists already."),
    "country_unknown": N_("The country “%(value)s” is not known. Known: %(known)s."),
    "accounts_wrong": N_("“%(value)s” is not a prefix of accounts. Write them like 411,416."),
    "iban_wrong": N_("“%(value)s” is not a valid IBAN. Check its digits."),
    "bic_wrong": N_("“%(value)s” is not a valid BIC."),
    "sender_missing": N_("Enter the address messages are sent from."),
    "seal_broken": N_("The stored password was sealed with another key. Enter it again."),
    "expected_past": N_("This day has passed. Choose %(today_on)s or later."),
    "day_wrong": N_("“%(value)s” is not a date."),
    "expected_far": N_("This day is too far away. Choose %(last_on)s or earlier."),
    "expected_nothing": N_("Choose a day, for all or for an item."),
    "expected_changed": N_("This amount has changed meanwhile. Here is how it stands now."),
    "expected_promised": N_(
        "The promise for %(promised_on)s goes before an expected date. Change the promise, or leave it as it is."
    ),
    "promise_over": N_("This is more than is owed here: %(owed_cents)s."),
    "customer_name_missing": N_("Enter the name to show."),
    "terms_negative": N_("Payment terms cannot be below zero days."),
    "contact_empty": N_("Enter at least a name, an address or a number."),
    "note_empty": N_("Write something first."),
    "note_of_another": N_("Only the author can delete a note."),
    "match_decided": N_("This payment is already decided. Look at it again."),
    "match_gone": N_("This proposal no longer exists."),
    "match_outdated": N_("What is open has changed meanwhile. Look at the payment again."),
    "match_in_ledger": N_("The ledger shows this payment already. Correct it in the ledger."),
    "match_not_decided": N_("There is nothing to take back: nobody has decided about this payment."),
    "split_nothing": N_("Give an amount to at least one item."),
    "split_item": N_("This item is not in the ledger any more."),
    "split_currency": N_("%(piece)s is in %(currency)s, another currency than the payment."),
    "split_over_item": N_("Only %(open_cents)s is open on %(piece)s."),
    "split_too_much": N_("The payment is %(amount_cents)s: %(over_cents)s too much is given."),
    "inbound_handled": N_("Somebody has already dealt with this mail."),
    "own_access": N_("You cannot take away your own access. Ask another administrator."),
}
