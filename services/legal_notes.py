"""What the law adds to a message before it is written: sums due on top, the legal basis, the period a private person must be
given, who writes for whom; and why a message may not leave at all.

Interest and compensation are named by formal notices, by what follows them, and by steps that charge; never before
`rules.claimable` lets them through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from models.company import Company
from models.drafts import Draft, LegalNote
from models.legal import legal_terms
from rules import belgium
from rules.compensation import fixed
from rules.dunning_facts import LEGAL
from rules.regimes import regime
from rules.third_party import L111_8, Agent, mentions_needed, refusal
from services import claims
from services.claims import Accrual
from services.language import N_, money_with_currency, translate
from services.placeholders import names_in, parse
from services.wording_law import basis as basis_sentence

FREE_STARTS = ("free_reminder", "dutch_letter")


def attach(session: Session, company: Company, drafts: Sequence[Draft], today: date) -> None:
    """Give each message what the law adds to it; those it adds nothing to cost nothing."""
    terms = legal_terms(session, company.id)
    agent = terms.agent
    charging = [d for d in drafts if d.stage in LEGAL or d.charges]
    found: dict[int, Accrual] = {}
    if charging:
        items = {line.item_id for d in charging for line in d.chosen}
        found = {line.row.item_id: line for line in claims.accruals(session, company, today, item_ids=items)}
    for draft in drafts:
        note = _sums(draft, found, company, today) if draft.stage in LEGAL or draft.charges else LegalNote()
        if draft.legal_type == "consumer" and draft.stage == "reminder":
            note = _first_reminder(draft, note, company, today, terms.consumer_clause)
        if agent is not None:
            note = replace(note, agent=agent)
        draft.law = note


def _sums(draft: Draft, found: dict[int, Accrual], company: Company, today: date) -> LegalNote:
    """Interest and compensation left on the items of a message, none of them twice."""
    lines = [found[line.item_id] for line in draft.chosen if line.item_id in found]
    lines = [line for line in lines if not line.found.refused and line.left_cents]
    law = regime(company.country, draft.country, draft.legal_type)
    basis = law.basis if law is not None and (lines or draft.legal_type != "consumer") else ""
    return LegalNote(
        interest_cents=sum(line.interest_left for line in lines),
        compensation_cents=sum(line.compensation_left for line in lines),
        provisional=any(line.found.interest.provisional for line in lines),
        basis=basis,
        claims=tuple(claims.noted(lines)),
    )


def _first_reminder(draft: Draft, note: LegalNote, company: Company, today: date, clause: bool) -> LegalNote:
    """A private person is told what will be asked for after the period, and that period is never shorter than the law's."""
    law = regime(company.country, draft.country, "consumer")
    if law is None or law.costs_after not in FREE_STARTS:
        return note
    later = sum(fixed(law.country, "consumer", line.cents) for line in draft.chosen if line.cents > 0 and line.due_on < today)
    if law.clause_needed and not clause:
        later = 0
    wait = (
        belgium.wait_after(today, electronic=draft.channel == "email").last_on if draft.wait_days >= belgium.WAIT_DAYS else None
    )
    return replace(note, later_cents=later, wait_least_on=wait, basis=note.basis or (law.basis if later else ""))


def refused(company: Company, draft: Draft, today: date) -> str:
    """Why a message may not leave in the company's name, as a code; "" when it may."""
    if draft.law.agent is None:
        return ""
    return refusal(draft.law.agent, company.country, draft.legal_type, company.iban, today)


def mentions(company: Company, draft: Draft, amount_cents: int, language: str, address: str) -> list[str]:
    """The paragraphs of article R124-4 CPCE: who collects, for whom, what, how to pay, and the text of L111-8; in every message
    written for a French creditor by somebody else, and in no template."""
    agent = draft.law.agent
    if agent is None:
        return []
    who = {"agent": agent.name, "agent_address": _one_line(agent), "company": company.name, "address": address}
    said = [translate(language, _WHO, **who)]
    if not mentions_needed(agent, company.country):
        return said
    sums = {"principal": amount_cents, "interest": draft.law.interest_cents, "accessories": draft.law.compensation_cents}
    shown = {name: money_with_currency(cents, language, draft.currency) for name, cents in sums.items()}
    said.append(translate(language, _SUMS, iban=company.iban, **shown))
    law = " ".join(f"« {part} »" for part in L111_8)
    return [*said, f"{translate(language, _ARTICLE)} {law}"]


_WHO = N_(
    "%(agent)s, %(agent_address)s, collects amicably in the name and on behalf of the creditor, %(company)s, %(address)s."
)
_SUMS = N_(
    "Sum due: principal %(principal)s, interest %(interest)s, accessories %(accessories)s; basis: the invoices listed. "
    "You are asked to pay it to the creditor’s own account, %(iban)s."
)
_ARTICLE = N_("Article L111-8 of the French code of civil enforcement procedures:")


def _one_line(agent: Agent) -> str:
    return ", ".join(part.strip() for part in agent.address.splitlines() if part.strip())


NAMES = ("interest", "compensation", "total_claimed")
"""Placeholders that name what is claimed on top."""


def values(draft: Draft, amount_cents: int, language: str) -> dict[str, str]:
    """The values of the law's placeholders; all empty where nothing is asked for on top, so that optional passages fall away."""
    note = draft.law

    on_top = note.interest_cents + note.compensation_cents

    def words(cents: int, shown: bool) -> str:
        return money_with_currency(cents, language, draft.currency) if shown else ""

    interest = words(note.interest_cents, on_top > 0)
    if interest and note.provisional:
        interest = translate(language, N_("%(amount)s (provisional)"), amount=interest)
    return {
        "interest": interest,
        "compensation": words(note.compensation_cents, on_top > 0),
        "total_claimed": words(amount_cents + on_top, on_top > 0),
        "compensation_later": words(note.later_cents, note.later_cents > 0),
        "legal_basis": basis_sentence(language, note.basis),
    }


def kept(draft: Draft, body: str, said: dict[str, str], today: date) -> dict[str, Any]:
    """What is kept with a message that names claims: they are recorded when it has left. Nothing when its words name none."""
    if not draft.law.claims or not _named(body, said):
        return {}
    return {
        "claims": list(draft.law.claims), "claims_until": today.isoformat(), "charges": draft.charges,
        "provisional": draft.law.provisional,
    }  # fmt: skip


def _named(body: str, said: dict[str, str]) -> bool:
    """By placeholder in a template, as figures where a person wrote the message."""
    if any(name in NAMES for name in names_in(parse(body))):
        return True
    return any(said[name] and said[name] in body for name in NAMES)
