"""Interest and compensation on late invoices: what has come due, what is asked for, paid or given up; apart from the ledger.

Everything that may be asked for passes `rules.claimable`; what a message names is announced or claimed when it has left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from models import audit
from models import claims as store
from models.claims import Claim, DebtRow
from models.company import Company
from models.customers import Customer
from models.legal import LegalTerms, legal_terms
from rules.claimable import Claimable, Debt, accrued, claimable
from rules.errors import DomainError
from rules.limitation import Event, Limitation, limitation
from rules.rates import RateTable, agreed, floor_breach
from rules.regimes import Regime, regime
from rules.terms import Ceiling, last_lawful_on
from rules.third_party import bare
from services import rates
from services.language import money
from services.rates import Tables


@dataclass(frozen=True, slots=True)
class Law:
    """The rates and terms of a company on a day, read once for many debts."""

    company: Company
    terms: LegalTerms
    tables: Tables
    today: date

    @property
    def contract(self) -> RateTable | None:
        agreed_rate = self.terms.contract_thousandths
        return agreed(agreed_rate) if agreed_rate is not None else None


@dataclass(frozen=True, slots=True)
class Accrual:
    """One late item: what has come due on top of it, and what of that is not asked for, paid or given up yet.

    `found.refused` says why nothing may be asked for now. due_late: the ceiling its due date breaks."""

    row: DebtRow
    regime: Regime | None
    found: Claimable
    interest_left: int
    compensation_left: int
    limitation: Limitation | None
    due_late: Ceiling | None

    @property
    def left_cents(self) -> int:
        return self.interest_left + self.compensation_left

    @property
    def basis(self) -> str:
        return self.regime.basis if self.regime else ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A customer's statement of interest on a day, with every segment; sums by currency of what is left to claim."""

    day: date
    lines: tuple[Accrual, ...]
    interest: dict[str, int]
    compensation: dict[str, int]

    @property
    def provisional(self) -> bool:
        return any(line.found.interest.provisional for line in self.lines)

    @property
    def missing(self) -> bool:
        return any(line.found.interest.missing for line in self.lines)

    @property
    def totals(self) -> dict[str, int]:
        sums = {
            code: self.interest.get(code, 0) + self.compensation.get(code, 0) for code in {**self.interest, **self.compensation}
        }
        return {code: cents for code, cents in sums.items() if cents}


def read_law(session: Session, company: Company, today: date) -> Law:
    """The law of a company on a day."""
    return Law(company, legal_terms(session, company.id), rates.tables(session, today), today)


def debt_of(law: Law, row: DebtRow) -> Debt:
    """A late item as the rules judge it."""
    found = regime(law.company.country, row.customer_country, row.legal_type)
    return Debt(
        row.amount_cents, row.due_on, row.document_on, tuple(row.payments), found, law.terms.consumer_clause, row.insolvent_on,
        row.formal_notice_on, tuple(row.reminders),
    )  # fmt: skip


def accrue(law: Law, row: DebtRow) -> Accrual:
    """What may be asked for on top of one item today; for an insolvent debtor what is to be declared."""
    debt = debt_of(law, row)
    table = law.tables.get(debt.regime.rates, RateTable(())) if debt.regime else RateTable(())
    given = {"contract": law.contract, "actual_days": law.terms.actual_days}
    found = claimable(debt, table, law.today, **given)  # type: ignore[arg-type]
    if found.refused == "insolvent":
        declared = accrued(debt, table, law.today, **given)  # type: ignore[arg-type]
        found = Claimable(declared.interest, declared.compensation_cents, "insolvent") if not declared.refused else found
    left = {kind: max(cents - row.standing.get(kind, 0), 0)
            for kind, cents in (("interest", found.interest.cents), ("compensation", found.compensation_cents))}  # fmt: skip
    country = debt.regime.country if debt.regime else law.company.country
    events = [Event(p.paid_on, "part_payment") for p in row.payments] + [Event(on, "plan") for on in row.acknowledged]
    start = min(row.document_on, row.due_on)
    return Accrual(
        row, debt.regime, found, left["interest"], left["compensation"], limitation(country, row.legal_type, start, events),
        _due_late(country, row),
    )  # fmt: skip


def _due_late(country: str, row: DebtRow) -> Ceiling | None:
    """The ceiling that the due date itself breaks; end-of-month terms are given the later of their ways of counting."""
    if row.legal_type == "consumer" or country not in ("FR", "BE", "LU", "NL", "DE"):
        return None
    modes = ("net", "days_month_end", "month_end_days") if country == "FR" and row.legal_type == "business" else ("net",)
    last = max(last_lawful_on(country, row.legal_type, row.document_on, mode) for mode in modes)
    if row.due_on <= last:
        return None
    known = {"FR": "terms_fr_60", "BE": "terms_be_60"}
    return Ceiling("terms_public_30" if row.legal_type == "public" else known.get(country, "terms_eu_60"), last)


def accruals(
    session: Session, company: Company, today: date, *, customer_ids: Collection[int] | None = None,
    item_ids: Collection[int] | None = None,
) -> list[Accrual]:  # fmt: skip
    """What has come due on the late items of some customers, or on some items."""
    rows = store.late_debts(session, company.id, today, customer_ids, item_ids)
    if not rows:
        return []
    law = read_law(session, company, today)
    return [accrue(law, row) for row in rows]


def statement(session: Session, company: Company, customer: Customer, today: date) -> Statement:
    """The statement of interest of a customer: every late item, every segment, and what is left to claim."""
    lines = accruals(session, company, today, customer_ids=[customer.id])
    interest: dict[str, int] = {}
    compensation: dict[str, int] = {}
    for line in lines:
        if not line.found.refused:
            code = line.row.currency
            interest[code] = interest.get(code, 0) + line.interest_left
            compensation[code] = compensation.get(code, 0) + line.compensation_left
    return Statement(today, tuple(lines), interest, compensation)


def segments_of(line: Accrual) -> list[dict[str, Any]]:
    """The segments of an item's interest as they are kept and printed."""
    return [
        {
            "from_on": s.from_on.isoformat(), "to_on": s.to_on.isoformat(), "days": s.days, "principal_cents": s.principal_cents,
            "base_cents": s.base_cents, "rate_thousandths": s.thousandths, "provisional": s.provisional, "cents": s.cents,
        }
        for s in line.found.interest.segments
    ]  # fmt: skip


def noted(lines: Sequence[Accrual]) -> list[dict[str, Any]]:
    """The claims of some items as values, to be kept with a message and recorded when it has left."""
    found = []
    for line in lines:
        common = {"item_id": line.row.item_id, "currency": line.row.currency, "basis": line.basis}
        if line.interest_left > 0:
            found.append({**common, "kind": "interest", "cents": line.interest_left, "segments": segments_of(line)})
        if line.compensation_left > 0:
            found.append({**common, "kind": "compensation", "cents": line.compensation_left, "segments": []})
    return found


def _record(
    session: Session, company_id: int, customer_id: int, values: Sequence[dict[str, Any]], state: str, until_on: date,
    actor_id: int | None, now: datetime, *, message_id: int | None = None, reason: str = "",
) -> list[Claim]:  # fmt: skip
    """Rows of the sub-ledger, one audit entry for all; announced ones of the same items give way."""
    store.drop_announced(session, {value["item_id"] for value in values})
    decided = now if state == "waived" else None
    made = [
        Claim(company_id=company_id, customer_id=customer_id, state=state, until_on=until_on, message_id=message_id, made_at=now,
              by_id=actor_id, reason=reason, decided_at=decided, **value)
        for value in values
    ]  # fmt: skip
    session.add_all(made)
    session.flush()
    changes = {"claims": [c.id for c in made], "cents": sum(c.cents for c in made), "until_on": until_on, "reason": reason}
    audit.record(session, now, actor_id, company_id, _VERBS[state], "claim", customer_id, changes)
    return made


_VERBS = {"announced": "announce", "claimed": "claim", "waived": "waive"}


def claim_due(
    session: Session, company: Company, customer: Customer, actor_id: int, now: datetime, today: date,
    item_ids: Collection[int] | None = None,
) -> list[Claim]:  # fmt: skip
    """Ask for all that has come due on a customer's late items (or some of them). Errors: claims_nothing, claims_provisional."""
    lines = _open_lines(session, company, customer, today, item_ids)
    if any(line.interest_left and line.found.interest.provisional for line in lines):
        raise DomainError("claims_provisional")
    return _record(session, company.id, customer.id, noted(lines), "claimed", today, actor_id, now)


def waive_due(
    session: Session, company: Company, customer: Customer, reason: str, actor_id: int, now: datetime, today: date,
    item_ids: Collection[int] | None = None,
) -> list[Claim]:  # fmt: skip
    """Give up what has come due and was not claimed. Errors: claim_reason_missing, claims_nothing."""
    if not reason.strip():
        raise DomainError("claim_reason_missing")
    values = noted(_open_lines(session, company, customer, today, item_ids))
    return _record(session, company.id, customer.id, values, "waived", today, actor_id, now, reason=reason.strip())


def _open_lines(
    session: Session, company: Company, customer: Customer, today: date, item_ids: Collection[int] | None
) -> list[Accrual]:
    lines = accruals(session, company, today, customer_ids=[customer.id], item_ids=item_ids)
    found = [line for line in lines if not line.found.refused and line.left_cents > 0]
    if not found:
        raise DomainError("claims_nothing")
    return found


def record_sent(session: Session, message_ids: Sequence[int], now: datetime) -> None:
    """Messages that left and named interest or compensation: announced, or claimed where their step says so. Twice changes nothing."""
    for row in store.sent_with_claims(session, message_ids):
        state = "claimed" if row.facts.get("charges") == "claim" and not row.facts.get("provisional") else "announced"
        until_on = date.fromisoformat(row.facts["claims_until"])
        _record(session, row.company_id, row.customer_id, row.facts["claims"], state, until_on, None, now, message_id=row.id)


def waive(session: Session, claim: Claim, reason: str, actor_id: int, now: datetime) -> None:
    """Give up one claim. Errors: claim_decided, claim_reason_missing."""
    if claim.state in ("paid", "waived"):
        raise DomainError("claim_decided")
    if not reason.strip():
        raise DomainError("claim_reason_missing")
    claim.state, claim.reason, claim.decided_at = "waived", reason.strip(), now
    audit.record(
        session, now, actor_id, claim.company_id, "waive", "claim", claim.id, {"cents": claim.cents, "reason": claim.reason}
    )


def pay(session: Session, claim: Claim, paid_on: date, actor_id: int, now: datetime, today: date) -> None:
    """A claim was paid on a day. Errors: claim_decided, claim_paid_late."""
    if claim.state in ("paid", "waived"):
        raise DomainError("claim_decided")
    if paid_on > today:
        raise DomainError("claim_paid_late")
    claim.state, claim.decided_at, claim.decided_on = "paid", now, paid_on
    audit.record(session, now, actor_id, claim.company_id, "pay", "claim", claim.id, {"cents": claim.cents, "paid_on": paid_on})


TERMS = (
    "contract_thousandths", "actual_days", "consumer_clause", "agent_name", "agent_address", "mandate_on", "mandate_ended_on",
    "mandate_scope", "mandate_iban", "mandate_document", "registration",
)  # fmt: skip


def save_terms(
    session: Session, company: Company, values: dict[str, Any], actor_id: int, now: datetime, today: date
) -> LegalTerms:
    """Agreed rate, clauses and mandate of a company. Errors: contract_rate_low (France: below three times the legal rate),
    agent_incomplete, mandate_iban_differs."""
    terms = legal_terms(session, company.id)
    before = {name: getattr(terms, name) for name in TERMS}
    for name in TERMS:
        setattr(terms, name, values[name])
    if company.country == "FR" and terms.contract_thousandths is not None:
        legal = rates.tables(session, today)["FR", "legal"]
        floor = floor_breach(terms.contract_thousandths, legal, today)
        if floor is not None:
            raise DomainError("contract_rate_low", floor=rate_text(floor))
    agent = terms.agent
    if agent is not None and not (agent.address.strip() and agent.mandate_on and agent.scope.strip()):
        raise DomainError("agent_incomplete")
    if agent is not None and bare(agent.mandate_iban) != bare(company.iban):
        raise DomainError("mandate_iban_differs")
    session.add(terms)
    session.flush()
    changed = {name: [before[name], getattr(terms, name)] for name in TERMS if before[name] != getattr(terms, name)}
    if changed:
        audit.record(session, now, actor_id, company.id, "update", "legal_terms", company.id, changed)
    return terms


def rate_text(thousandths: int, language: str = "fr") -> str:
    """12,40: a rate with two decimals, three where it needs them, in the reader's way of writing."""
    shown = money(thousandths // 10, language)
    return f"{shown}{thousandths % 10}" if thousandths % 10 else shown
