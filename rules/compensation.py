"""What may be asked for besides interest: fixed compensation of 40 euros between professionals, scales for the others.

>>> fixed("FR", "business", 120_000), fixed("BE", "consumer", 30_000), fixed("NL", "business", 1_000_000)
(4000, 4500, 87500)
>>> fixed("FR", "consumer", 120_000), fixed("DE", "consumer", 120_000)
(0, 0)
"""

from __future__ import annotations

from rules.belgium import cap_cents

FIXED_CENTS = 4_000
"""Directive 2011/7/EU art. 6: per invoice paid late, without reminder, without VAT, not split on part payment."""

# BW 6:96, Besluit vergoeding voor buitengerechtelijke incassokosten: (of the next so many cents, per mille)
DUTCH_SCALE = ((250_000, 150), (250_000, 100), (500_000, 50), (19_000_000, 10), (10**15, 5))
DUTCH_LEAST, DUTCH_MOST = 4_000, 677_500


def fixed(country: str, legal_type: str, unpaid_cents: int) -> int:
    """Cents of compensation the law or a lawful clause allows on one unpaid sum; 0: none. Whether it may be asked for yet is
    another question (`rules.claimable`)."""
    if unpaid_cents <= 0:
        return 0
    if country == "NL":
        return dutch_scale(unpaid_cents)
    if legal_type == "consumer":
        return cap_cents(unpaid_cents) if country == "BE" else 0
    return FIXED_CENTS if country in ("FR", "BE", "LU", "DE") else 0


def dutch_scale(unpaid_cents: int) -> int:
    """Costs of collection out of court by the Dutch scale, cents, half a cent up; 40 at least, 6,775 at most.

    >>> [dutch_scale(euros * 100) for euros in (100, 2_500, 10_000, 200_000, 5_000_000)]
    [4000, 37500, 87500, 277500, 677500]
    """
    left, per_mille = unpaid_cents, 0
    for width, rate in DUTCH_SCALE:
        part = min(left, width)
        per_mille += part * rate
        left -= part
    return min(max((per_mille + 500) // 1000, DUTCH_LEAST), DUTCH_MOST)
