"""What movements pay: the company's open items and customers made a book, what the rules propose, kept as matches.

The judgement is `rules.matching`. Reading is `models.bank_book`; nothing is written here, a plan is made of rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models import bank_book, bank_store
from models.bank_book import LedgerPayment
from models.company import Company
from rules.matching import Book, match_all, propose
from rules.matching_facts import Evidence, MatchPolicy, Paid, Part, Proposal
from rules.matching_words import bare, structured_in

AFTER_DAYS, BEFORE_DAYS = 15, 5  # the ledger books a payment so many days after or before the bank
OF_ACTION, OF_CUSTOMER = "1", "2"  # first digit of the references we give out (integrations.payments.ogm)
CERTAIN = 1000
MOST_COMPARED = 1000  # movements that wait, up to which all that they may pay is kept, not only the best
WHO_PAID = 500  # below, a proposal is an amount that happens to fit: it says nothing of who paid


@dataclass(slots=True)
class Verdict:
    """What is known of one movement: who paid, and the parts of a proposal (none: only who paid).

    how: "" a proposal, "automatic" applied, "ledger" the ledger had it already."""

    customer_id: int | None = None
    parts: tuple[Part, ...] = ()
    confidence: int = 0
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    how: str = ""
    ledger_item_id: int | None = None
    tie: bool = False

    @property
    def applied_cents(self) -> int:
        """Cents of the movement that are allocated with this."""
        return sum(part.cents for part in self.parts) if self.how else 0


@dataclass(slots=True)
class Verdicts:
    """The verdicts of many movements by their ids, and whom the items belong to."""

    by_id: dict[int, Verdict] = field(default_factory=dict)
    customers: dict[int, int] = field(default_factory=dict)  # item → customer
    others: dict[int, list[Verdict]] = field(default_factory=dict)  # of what is only proposed: what else it may pay


def policy_of(company: Company) -> MatchPolicy:
    """The company's rules of matching."""
    return MatchPolicy(threshold=company.match_threshold)


def book_of(session: Session, company: Company, movements: Iterable[Paid], customer_ids: Collection[int] | None = None) -> Book:
    """Everything open (of some customers: only theirs), and every customer, as matching wants them."""
    of_items = bank_book.item_references(session, company.id)
    of_customers: dict[int, tuple[str, ...]] = {}
    _add_own(session, company, movements, of_items, of_customers)
    owed = bank_book.owed_items(session, company.id, of_items, customer_ids)
    return Book(owed, bank_book.payers(session, company.id, of_customers), policy_of(company))


def _add_own(
    session: Session,
    company: Company,
    movements: Iterable[Paid],
    of_items: dict[int, tuple[str, ...]],
    of_customers: dict[int, tuple[str, ...]],
) -> None:
    """References our own messages gave out: a customer's, or a message's, which names its items and their customer."""
    actions: dict[int, list[str]] = {}
    for paid in movements:
        for reference in _references(paid):
            ten = _ten_digits(reference)
            if ten.startswith(OF_ACTION):
                actions.setdefault(int(ten[1:]), []).append(reference)
            elif ten.startswith(OF_CUSTOMER):
                customer_id = int(ten[1:])
                of_customers[customer_id] = (*of_customers.get(customer_id, ()), reference)
    chased = bank_book.chased_by_action(session, company.id, actions) if actions else {}
    for action_id, (customer_id, items) in chased.items():
        references = tuple(dict.fromkeys(actions[action_id]))
        of_customers[customer_id] = (*of_customers.get(customer_id, ()), *references)
        for item_id in items:
            of_items[item_id] = (*of_items.get(item_id, ()), *references)


def _references(paid: Paid) -> list[str]:
    given = [bare(paid.structured)] if paid.structured else []
    return given + (structured_in(paid.text) if len(paid.text) >= 12 else [])


def _ten_digits(reference: str) -> str:
    """The number inside an OGM (10 digits, 2 to check) or an RF of ours (RF, 2 to check, 10 digits); "" for others."""
    if len(reference) == 12 and reference.isdigit():
        return reference[:10]
    if len(reference) == 14 and reference.startswith("RF") and reference[2:].isdigit():
        return reference[4:]
    return ""


def judge_movements(session: Session, company: Company, movements: list[Paid]) -> Verdicts:
    """What each movement pays. Those the ledger has as payments already are recognised first, so that a second invoice of
    the same amount is not taken for theirs; the rest is matched, and applied by itself as the company allows."""
    found = Verdicts()
    if not movements:
        return found
    book = book_of(session, company, movements)
    found.customers = {item.id: item.customer_id for item in book.items}
    known = known_payments(session, company, book, movements)
    settled = bank_book.settled_by(session, [one.item_id for one in known.values() if one.open_cents == 0])
    waiting = []
    for paid in movements:
        payment = known.get(paid.id)
        if payment is not None and payment.open_cents == 0:
            found.by_id[paid.id] = _by_ledger(payment, settled.get(payment.item_id, []), paid)
            found.customers |= dict.fromkeys((item for item, _ in settled.get(payment.item_id, [])), payment.customer_id)
        else:
            waiting.append(paid)
    for proposal in match_all(book, waiting):
        found.by_id[proposal.movement_id] = _verdict(company, proposal)
    _add_others(company, book, waiting, found)
    for number, payment in known.items():
        if payment.open_cents:
            verdict = found.by_id.setdefault(number, Verdict(payment.customer_id))
            if verdict.customer_id in (None, payment.customer_id):
                verdict.customer_id, verdict.ledger_item_id = payment.customer_id, payment.item_id
    return found


def _add_others(company: Company, book: Book, waiting: list[Paid], found: Verdicts) -> None:
    """What else a movement that waits for a person may pay, out of what is left; for a year's file at once it would take
    too long."""
    proposed = [paid for paid in waiting if (one := found.by_id.get(paid.id)) and one.parts and not one.how]
    if len(proposed) > MOST_COMPARED:
        return
    left = list(book.open)
    for one in found.by_id.values():
        for part in one.parts if one.how == "automatic" else ():
            left[book.place[part.item_id]] -= part.cents + part.difference_cents
    for paid in proposed:
        best = found.by_id[paid.id].parts
        others = [_verdict(company, one) for one in propose(book, paid, left) if one.parts and one.parts != best]
        found.others[paid.id] = [replace(one, how="") for one in others]


def _verdict(company: Company, proposal: Proposal) -> Verdict:
    certain = bool(proposal.parts) and not proposal.tie and proposal.confidence >= company.match_threshold
    known = proposal.confidence >= WHO_PAID
    return Verdict(
        proposal.customer_id if known else None, proposal.parts, proposal.confidence, proposal.evidence, proposal.difference_reason,
        "automatic" if certain and company.match_automatically else "", tie=proposal.tie,
    )  # fmt: skip


def _by_ledger(payment: LedgerPayment, settled: list[tuple[int, int]], paid: Paid) -> Verdict:
    evidence = Evidence("in_ledger", {"entry_on": payment.entry_on.isoformat(), "cents": paid.cents})
    parts = tuple(Part(item_id, cents) for item_id, cents in settled)
    return Verdict(payment.customer_id, parts, CERTAIN, (evidence,), how="ledger", ledger_item_id=payment.item_id)


def known_payments(session: Session, company: Company, book: Book, movements: Iterable[Paid]) -> dict[int, LedgerPayment]:
    """Movements the ledger has as a payment line of the payer already: same amount, booked within 5 days before and 15
    days after. Each line is one movement; the nearest day first."""
    paid = [one for one in movements if one.cents > 0]
    if not paid:
        return {}
    days = [one.booked_on for one in paid]
    since, until = min(days) - timedelta(days=BEFORE_DAYS), max(days) + timedelta(days=AFTER_DAYS)
    by_amount: dict[tuple[str, int], list[LedgerPayment]] = {}
    for payment in bank_book.ledger_payments(session, company.id, since, until):
        by_amount.setdefault((payment.currency, payment.cents), []).append(payment)
    pairs: list[tuple[int, int, int, Paid, LedgerPayment]] = []
    for one in paid:
        near = [p for p in by_amount.get((one.currency, one.cents), ()) if _near(one, p)]
        if near:
            who = payer_ids(book, one)
            pairs += [(abs((p.entry_on - one.booked_on).days), one.id, p.item_id, one, p) for p in near if p.customer_id in who]
    found: dict[int, LedgerPayment] = {}
    used: set[int] = set()
    for _, number, item_id, _, payment in sorted(pairs, key=lambda pair: pair[:3]):
        if number not in found and item_id not in used:
            found[number] = payment
            used.add(item_id)
    return found


def _near(paid: Paid, payment: LedgerPayment) -> bool:
    return -BEFORE_DAYS <= (payment.entry_on - paid.booked_on).days <= AFTER_DAYS


def payer_ids(book: Book, paid: Paid) -> set[int]:
    """Customers that account, name, or a reference of ours says may have paid."""
    who = set(book.payers.of(paid))
    for reference in _references(paid):
        customer_id = book.payers.by_reference.get(reference)
        if customer_id is not None:
            who.add(customer_id)
        who |= {book.items[place].customer_id for place in book.by_reference.get(reference, ())}
    return who


def _evidence(evidence: Iterable[Evidence]) -> str:
    """As stored with a match: [{code, params}], strongest first."""
    return _as_json([{"code": one.code, "params": one.params} for one in evidence])


def _plain(value: object) -> object:
    """What JSON has no form of: sets in order, mappings as they are, all else as its text."""
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return dict(value) if isinstance(value, Mapping) else str(value)


_as_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=_plain).encode
STATES = {"": "proposed", "automatic": "provisional", "ledger": "confirmed"}


def match_rows(
    company_id: int, movement_id: int, verdict: Verdict, now: datetime, *, proposal: int = 1, by_id: int | None = None,
    reasons: Mapping[int, str] | None = None,
) -> list[tuple[Any, ...]]:  # fmt: skip
    """The rows of a verdict's parts in the order of `bank_store.MATCH`. `reasons` by item, where they are not all one."""
    if not verdict.parts:
        return []
    evidence = _evidence(verdict.evidence)
    at, state, how = bank_store.instant(now), STATES[verdict.how], "hand" if by_id else "automatic"
    return [
        (
            company_id, movement_id, part.item_id, proposal, part.cents, part.difference_cents,
            (reasons or {}).get(part.item_id, verdict.reason) if part.difference_cents else "", state, how,
            verdict.confidence, evidence, at, by_id,
            part.cents + part.difference_cents if state == "provisional" else 0,
        )
        for part in verdict.parts
    ]  # fmt: skip


def movement_outcome(verdict: Verdict | None, cents: int) -> tuple[str, int, int | None, int | None]:
    """State, what is left, who paid and the ledger's line of a movement of so many cents, after a verdict."""
    if verdict is None:
        return "open", cents, None, None
    state = "matched" if verdict.how else "proposed" if verdict.parts else "open"
    left = 0 if verdict.how == "ledger" else cents - verdict.applied_cents
    return state, left, verdict.customer_id, verdict.ledger_item_id
