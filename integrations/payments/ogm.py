"""References a customer copies into a transfer, computed from our own numbers, so that the payment is recognised.

>>> ogm(reference_number("action", 42)), creditor_reference(reference_number("action", 42))
('+++100/0000/04282+++', 'RF49 1000 0000 42')
"""

from __future__ import annotations

from stdnum import iso11649
from stdnum.be import ogm_vcs

KINDS = {"action": 1, "customer": 2}


def reference_number(kind: str, number: int) -> str:
    """Ten digits that name an action or a customer, the same each time."""
    return f"{KINDS[kind]}{number % 10**9:09d}"


def ogm(ten_digits: str) -> str:
    """Belgian structured communication: two check digits modulo 97 (97 for 0), in the form people know."""
    digits = ten_digits + ogm_vcs.calc_check_digits(ten_digits)
    return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"


def creditor_reference(text: str) -> str:
    """ISO 11649 reference, in groups of four."""
    from stdnum.iso7064 import mod_97_10

    check = mod_97_10.calc_check_digits(text + "RF")
    return iso11649.format(f"RF{check}{text}")


def structured_reference(country: str, kind: str, number: int) -> str:
    """As the company's country writes it: OGM/VCS in Belgium, ISO 11649 elsewhere."""
    ten_digits = reference_number(kind, number)
    return ogm(ten_digits) if country == "BE" else creditor_reference(ten_digits)
