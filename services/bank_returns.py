"""Payments that come back: a direct debit rejected, a transfer returned. The movement they give back is found, and what it
paid is open again, also when the ledger has it settled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models import bank_book, bank_store
from models.bank_book import Earlier, Paidback, Returned
from models.company import Company
from rules.matching_facts import Evidence, Part
from rules.matching_payers import Payers
from rules.words import fold
from services.bank_match import Verdict, match_rows

BACK_DAYS = 400  # a direct debit nobody agreed to may come back after 13 months
ITEM_DAYS = 120
BY_REFERENCE, BY_MANDATE, BY_PAYER, BY_ITEM = 995, 985, 970, 960


@dataclass(slots=True)
class Given:
    """What came of the returned movements."""

    matched: int = 0
    proposed: int = 0
    customers: set[int] = field(default_factory=set)


def give_back(session: Session, company: Company, movement_ids: Iterable[int], now: datetime) -> Given:
    """Find what each returned movement gives back and open it again; only when one payment or one item fits, else it is
    proposed or left to a person. Only while the bank's part is lifted."""
    given = Given()
    returned = bank_book.returned_movements(session, movement_ids)
    if not returned:
        return given
    since = min(one.booked_on for one in returned) - timedelta(days=BACK_DAYS)
    earlier = bank_book.earlier_movements(session, company.id, {-one.cents for one in returned}, since)
    payers = Payers(bank_book.payers(session, company.id, {}))
    used: set[int] = set()
    for one in returned:
        original, evidence, confidence = _original(one, [e for e in earlier if e.id not in used], payers)
        if original is not None:
            used.add(original.id)
            parts = bank_book.parts_of(session, [original.id]).get(original.id, [])
            _give(session, company, one, original, parts, evidence, confidence, given, now)
        else:
            _by_items(session, company, one, payers, given, now)
    return given


def _original(one: Returned, earlier: list[Earlier], payers: Payers) -> tuple[Earlier | None, Evidence | None, int]:
    """The payment given back: by its own id, by its mandate, else by who paid; only when it is the only one, or the
    latest with that id or mandate."""
    fitting = [e for e in earlier if e.cents == -one.cents and e.booked_on <= one.booked_on]
    for same, confidence in (
        ([e for e in fitting if one.end_to_end and e.end_to_end == one.end_to_end], BY_REFERENCE),
        ([e for e in fitting if one.mandate and e.mandate == one.mandate], BY_MANDATE),
    ):
        if same:
            return same[0], _gives_back(same[0]), confidence
    who = set(payers.named(one.name)) | set(payers.by_iban.get(one.iban, ())) if one.name or one.iban else set()
    same = [
        e
        for e in fitting
        if (e.iban and e.iban == one.iban) or (e.name_folded and e.name_folded == one.name_folded) or e.customer_id in who
    ]
    if len(same) == 1:
        return same[0], _gives_back(same[0]), BY_PAYER
    return None, None, 0


def _gives_back(original: Earlier) -> Evidence:
    return Evidence("gives_back", {"booked_on": original.booked_on.isoformat(), "cents": original.cents})


def _give(
    session: Session, company: Company, one: Returned, original: Earlier, parts: list[tuple[int, int, int]],
    evidence: Evidence | None, confidence: int, given: Given, now: datetime,
) -> None:  # fmt: skip
    customer_id = original.customer_id
    by_debit = bool(one.mandate or original.mandate)
    mirrored = tuple(Part(item_id, -cents, -difference) for item_id, cents, difference in parts)
    said = (evidence,) if evidence else ()
    if not parts:
        # Nobody had said what it paid: both cancel out, and nothing is waiting any more.
        bank_store.cancel_out(session, original.id, one.id, customer_id)
        given.matched += 1
    else:
        verdict = Verdict(customer_id, mirrored, confidence, said)
        _keep(session, company, one, verdict, original.id, given, now, by_debit=by_debit)
    if customer_id is not None:
        given.customers.add(customer_id)


def _by_items(session: Session, company: Company, one: Returned, payers: Payers, given: Given, now: datetime) -> None:
    """No payment is known (it was collected in one sum, or before bank files were read): the settled invoice of the
    same amount whose number it carries, else the payer's only one."""
    settled = bank_book.paid_items(session, company.id, {-one.cents}, one.booked_on, ITEM_DAYS)
    settled = [item for item in settled if item.currency == one.currency]
    named = [item for item in settled if _names(one, item)]
    who = set(payers.named(one.name)) | set(payers.by_iban.get(one.iban, ())) if one.name or one.iban else set()
    mine = named or [item for item in settled if item.customer_id in who]
    if not mine:
        bank_store.known_customer(session, one.id, who.pop() if len(who) == 1 else None)
        return
    item = mine[0]
    evidence = Evidence(
        "gives_back_item", {"piece": item.piece, "cents": item.amount_cents, "settled_on": item.settled_on.isoformat()}
    )
    confidence = (BY_REFERENCE if named else BY_ITEM) if len(mine) == 1 else 500
    verdict = Verdict(item.customer_id, (Part(item.item_id, one.cents),), confidence, (evidence,), tie=len(mine) > 1)
    _keep(session, company, one, verdict, None, given, now, by_debit=bool(one.mandate))
    given.customers.add(item.customer_id)


def _names(one: Returned, item: Paidback) -> bool:
    """Whether the returned movement carries the number of the invoice."""
    number = _signs(item.piece)
    return len(number) >= 4 and number in _signs(f"{one.end_to_end} {one.structured} {one.text}")


def _signs(text: str) -> str:
    return "".join(sign for sign in fold(text) if sign.isalnum())


def _keep(
    session: Session, company: Company, one: Returned, verdict: Verdict, original_id: int | None, given: Given, now: datetime, *,
    by_debit: bool,
) -> None:  # fmt: skip
    certain = company.match_automatically and not verdict.tie and verdict.confidence >= company.match_threshold
    verdict.how, verdict.reason = "automatic" if certain else "", "other"
    bank_store.insert_matches(session, match_rows(company.id, one.id, verdict, now))
    bank_store.known_customer(session, one.id, verdict.customer_id, returns_id=original_id)
    bank_store.resettle_movements(session, [one.id])
    if certain:
        given.matched += 1
        bank_store.mark_rejected(session, [part.item_id for part in verdict.parts], by_debit=by_debit)
    else:
        given.proposed += 1


def forget(session: Session, sync_id: int) -> None:
    """Before the movements of a sync are removed: items its returned ones reopened are collected as before, and what they
    cancelled out waits again."""
    bank_store.unmark_rejected(session, bank_store.reopened_by_sync(session, sync_id))
    bank_store.wait_again(session, sync_id)
