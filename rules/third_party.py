"""Chasing for somebody else: a fiduciary or an agency writes in the name of the creditor, its client.

France: a mandate first, money to the client's own account only, and the mentions of article R124-4 CPCE in every letter
(whether they bind experts-comptables is argued; printing them harms nobody). Belgium: towards consumers, a registration with
the SPF Economie first.

>>> agent = Agent("Cabinet Leroy", "2 rue Haute, 59000 Lille", mandate_on=date(2026, 1, 5), scope="all", mandate_iban="FR76 1")
>>> refusal(agent, "FR", "business", "FR761", date(2026, 5, 19))
''
>>> refusal(replace(agent, mandate_on=None), "FR", "business", "FR761", date(2026, 5, 19))
'mandate_missing'
>>> refusal(agent, "FR", "business", "FR762", date(2026, 5, 19))
'mandate_iban_differs'
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

L111_8 = (
    "Les frais de recouvrement entrepris sans titre exécutoire restent à la charge du créancier, sauf s’ils concernent un acte "
    "dont l’accomplissement est prescrit par la loi au créancier. Toute stipulation contraire est réputée non écrite, sauf "
    "disposition législative contraire.",
    "Cependant, le créancier qui justifie du caractère nécessaire des démarches entreprises pour recouvrer sa créance peut "
    "demander au juge de l’exécution de laisser tout ou partie des frais ainsi exposés à la charge du débiteur de mauvaise foi.",
)
"""CPCE L111-8, second and third paragraphs, word for word: R124-4 5° wants them in the letter, in French."""


@dataclass(frozen=True, slots=True)
class Agent:
    """Who writes for the creditor, and by which mandate. registration: number at the SPF Economie (Belgium)."""

    name: str
    address: str
    mandate_on: date | None = None
    ended_on: date | None = None
    scope: str = ""
    mandate_iban: str = ""
    registration: str = ""


def refusal(agent: Agent, country: str, legal_type: str, creditor_iban: str, today: date) -> str:
    """Why nothing may leave in the creditor's name, as a code; "" when it may.

    country: the creditor's. The letter's bank account must be the one the mandate names as the client's own."""
    if not agent.address.strip():
        return "agent_address_missing"
    if agent.mandate_on is None or agent.mandate_on > today or not agent.scope.strip():
        return "mandate_missing"
    if agent.ended_on is not None and agent.ended_on <= today:
        return "mandate_ended"
    if not bare(creditor_iban) or bare(agent.mandate_iban) != bare(creditor_iban):
        return "mandate_iban_differs"
    if country == "BE" and legal_type == "consumer" and not agent.registration.strip():
        return "registration_missing"
    return ""


def mentions_needed(agent: Agent | None, country: str) -> bool:
    """Whether the block of R124-4 stands in every message: whenever somebody writes for a French creditor."""
    return agent is not None and country == "FR"


def bare(iban: str) -> str:
    """An IBAN without spaces, in capitals."""
    return "".join(iban.split()).upper()


__all__ = ["L111_8", "Agent", "bare", "mentions_needed", "refusal", "replace"]
