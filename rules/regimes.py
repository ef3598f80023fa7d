"""Which law speaks for a debt: by the creditor's country, or the debtor's own for private persons, and the kind of debtor.

>>> regime("BE", "FR", "business").rates, regime("FR", "BE", "consumer").country
(('BE', 'business'), 'BE')
>>> regime("FR", "", "consumer").start
'formal_notice'
"""

from __future__ import annotations

from dataclasses import dataclass

COUNTRIES = ("FR", "BE", "LU", "NL", "DE")


@dataclass(frozen=True, slots=True)
class Regime:
    """One country's rules for one kind of debtor.

    rates: table of interest. start: due (the day after the due date, without reminder), formal_notice (the day after it),
    free_reminder (the end of a free first reminder's waiting period), three_months (after the due date).
    costs_after: due, free_reminder, dutch_letter, or "" (none may be asked for). basis: code of the legal basis, a sentence in
    `services.wording_law`."""

    country: str
    legal_type: str
    rates: tuple[str, str]
    start: str
    costs_after: str
    compound: bool = False
    clause_needed: bool = False

    @property
    def basis(self) -> str:
        return f"basis_{self.country.lower()}_{self.legal_type}"


def _of(country: str, legal_type: str, kind: str, start: str, costs_after: str, **more: bool) -> Regime:
    return Regime(country, legal_type, (country, kind), start, costs_after, **more)


REGIMES = {
    (found.country, found.legal_type): found
    for found in (
        _of("FR", "business", "business", "due", "due"),
        _of("FR", "public", "public", "due", "due"),
        _of("FR", "consumer", "legal", "formal_notice", ""),
        _of("BE", "business", "business", "due", "due"),
        _of("BE", "public", "business", "due", "due"),
        _of("BE", "consumer", "business", "free_reminder", "free_reminder", clause_needed=True),
        _of("LU", "business", "business", "due", "due"),
        _of("LU", "public", "business", "due", "due"),
        _of("LU", "consumer", "consumer", "three_months", ""),
        _of("NL", "business", "business", "due", "due", compound=True),
        _of("NL", "public", "business", "due", "due", compound=True),
        _of("NL", "consumer", "consumer", "due", "dutch_letter", compound=True),
        _of("DE", "business", "business", "due", "due"),
        _of("DE", "public", "business", "due", "due"),
        _of("DE", "consumer", "consumer", "formal_notice", ""),
    )
}


def regime(creditor_country: str, debtor_country: str, legal_type: str) -> Regime | None:
    """The rules for a debt; None for a country without tables here. A private person keeps the law of their own country
    (Rome I, art. 6); a country we have no rules for claims nothing."""
    country = (debtor_country or creditor_country) if legal_type == "consumer" else creditor_country
    return REGIMES.get((country.upper(), legal_type))
