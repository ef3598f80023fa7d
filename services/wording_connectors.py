"""Sentences of the live connectors: why another program could not be read, and what to do."""

from __future__ import annotations

from services.language import N_

CONNECTOR_SENTENCES: dict[str, str] = {
    "connector_setting": N_("This connection lacks something, or it cannot be right: %(name)s."),
    "connector_plain": N_(
        "%(host)s is not in the local network: without https the key would travel readable. Give an address in https."
    ),
    "connector_company": N_("Which company is to be read is not clear. Write its name as it is there: %(choices)s."),
    "connector_refused": N_(
        "%(host)s does not let us in, or not far enough (%(status)s %(detail)s). Check the key and the rights of its user."
    ),
    "connector_unreachable": N_("%(host)s cannot be reached: %(reason)s. Check the address and that the program is running."),
    "connector_slow_down": N_("%(host)s asks for a pause of %(seconds)s seconds. The next run takes it up again."),
    "connector_answer": N_("%(host)s does not answer as expected: %(detail)s. Check the address and the version."),
}
