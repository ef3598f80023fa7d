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
    "own_access": N_("You cannot take away your own access. Ask another administrator."),
}
