"""Evidence of who paid: what is open of that customer, as one item of the amount or as the only set with this sum."""

from __future__ import annotations

from rules.matching_case import (
    PROPOSED,
    WHO_ONLY,
    Case,
    amount_evidence,
    capped,
    credits_used,
    piece,
    shortened,
    uncertain,
    whole,
)
from rules.matching_direct import reason_of, too_little
from rules.matching_facts import Evidence, Part, Proposal
from rules.matching_named import NOBODY, likeness
from rules.matching_sets import chance, only_set
from rules.matching_words import Number

BY_PAYER = {4: 992, 3: 982, 2: 962, 1: 900}  # an exact amount, by how sure the payer is
MOST_PAYERS = 8
SOLE_AMOUNT = 300


def by_name_of_payer(case: Case) -> list[Proposal]:
    """What is open of the customer who paid: the only item of the amount, or the only set with this sum."""
    who = case.who()
    if not who:
        return _amount_only(case)
    strongest = max([strength for strength, _ in who.values()])
    if strongest == 4 and len(who) > 1:  # account and name agree: who else bears the name does not matter
        who = {customer: told for customer, told in who.items() if told[0] == 4}
    if len(who) == 1:
        only = next(iter(who))
        answer = _of_customer(case, only, strongest)
        if answer is not None:
            return [answer]
        nothing = Proposal(case.paid.id, only, (), WHO_ONLY[strongest], case.whose(only), case.paid.cents)
        return [*_nearly(case, only), nothing]
    ranked = sorted(who, key=lambda customer: -who[customer][0])[:MOST_PAYERS]
    found = [answer for customer in ranked if (answer := _of_customer(case, customer, who[customer][0])) is not None]
    if len(found) > 1:
        several = Evidence("several_customers", {"count": len(found)})
        return [uncertain(one, several) for one in found]
    if found and sum(strength >= strongest - 1 for strength, _ in who.values()) > 1:
        conflict = {code for _, code in who.values()} == {"iban", "name"}
        return [capped(found[0], 957 if conflict else PROPOSED)]
    return found


def _of_customer(case: Case, customer: int, strength: int) -> Proposal | None:
    """What this customer paid, or None when nothing of theirs makes the amount."""
    places = case.open_of(customer)
    if not places:
        return None
    cents = case.paid.cents
    left = case.left
    open_cents = [left[place] for place in places]
    high = sum(open_cents) if min(open_cents) > 0 else sum([one for one in open_cents if one > 0])
    if cents > high or (cents < 0 and cents < sum(open_cents) - high):
        return None
    whose = case.whose(customer)
    equal = [place for place in places if left[place] == cents]
    if len(equal) > 1:
        return _one_of_equal(case, equal, whose)
    if not equal and len(case.numbers()) > 1:
        named = shortened(case, NOBODY, [], customers=[customer])
        if len(named) > 1 and sum(case.left[place] for place in named) == cents:
            numbered = Evidence(
                "invoice_number_short", {"written": case.paid.text, "number": ", ".join(piece(case, p) for p in named)}
            )
            return whole(case, named, min(BY_PAYER[strength], 978), (numbered, *whose, amount_evidence(named, cents)))
    if cents < 0:
        return whole(case, equal, min(BY_PAYER[strength] - 25, 957), (*whose, amount_evidence(equal, cents))) if equal else None
    sets = only_set(open_cents, cents)
    if equal:
        confidence = BY_PAYER[strength]
        evidence = (amount_evidence(equal, cents), *whose)
        if len(sets.sets) > 1:  # one item is likelier than several, but not by enough
            return _checked(case, whole(case, equal, 930, (*evidence, Evidence("several_sets"))), equal)
        return _checked(case, whole(case, equal, confidence if sets.complete else confidence - 18, evidence), equal)
    if not sets.sets:
        return None
    chosen = [places[index] for index in sets.sets[0]]
    confidence = BY_PAYER[strength] - int(min(0.2, chance(open_cents)) * 400)
    if len(chosen) == len(places):
        summed = Evidence("all_open", {"count": len(chosen), "cents": cents})
    else:
        summed = Evidence("exact_set", {"count": len(chosen), "cents": cents})
        if len(chosen) > case.book.policy.most_items or not sets.complete:
            confidence = min(confidence, PROPOSED - 20)
    evidence = (summed, *credits_used(case, chosen), *whose)
    proposal = whole(case, chosen, confidence, evidence)
    return uncertain(proposal, Evidence("several_sets")) if len(sets.sets) > 1 else _checked(case, proposal, chosen)


def _one_of_equal(case: Case, equal: list[int], whose: tuple[Evidence, ...]) -> Proposal:
    """Several items of the same amount: the one that a number in the text fits best, else a tie."""
    best: dict[int, tuple[int, str, Number]] = {}
    for _, _, number in case.joined():
        for place in equal:
            fit, code = likeness(case.book, place, number, case.at_end(number))
            if fit > best.get(place, (0,))[0]:
                best[place] = (fit, code, number)
    ranked = sorted(best, key=lambda place: -best[place][0])
    if ranked and (len(ranked) == 1 or best[ranked[0]][0] > best[ranked[1]][0]):
        fit, code, written = best[ranked[0]]
        evidence = (
            Evidence(code, _written(case, code, written, ranked[0])),
            *whose,
            amount_evidence(ranked[:1], case.paid.cents),
        )
        return whole(case, ranked[:1], 970 if fit >= 2 else 957, evidence)
    evidence = (amount_evidence(equal[:1], case.paid.cents), *whose)
    return uncertain(whole(case, equal[:1], PROPOSED, evidence), Evidence("several_sets"))


def _written(case: Case, code: str, number: Number, place: int) -> dict[str, object]:
    if code == "invoice_number":
        return {"numbers": (piece(case, place),)}
    return {"written": number.digits, "number": piece(case, place)}


def _checked(case: Case, proposal: Proposal, places: list[int]) -> Proposal:
    """A number that looks like an invoice of ours but fits none of these items says that something else was paid."""
    fitting: Evidence | None = None
    told: set[int] = set()
    for start, end, number in case.joined():
        at_end = case.at_end(number)
        for place in places:
            fit, code = likeness(case.book, place, number, at_end)
            if fit:
                told.update(range(start, end))
                fitting = Evidence(code, _written(case, code, number, place))
                break
    for start, end, number in case.joined():
        if told.isdisjoint(range(start, end)) and case.book.known_shape(number):
            return capped(proposal, 900, Evidence("number_not_known", {"number": number.letters + number.digits}))
    customer = proposal.customer_id
    others = [p for p in case.named().places if p not in places and case.book.items[p].customer_id == customer]
    if others:  # the amount is that of one invoice, the number that of another
        return capped(proposal, 900, Evidence("invoice_number", {"numbers": tuple(piece(case, p) for p in others)}))
    if case.unknown and case.unknown[0] not in case.book.payers.by_reference:
        return capped(proposal, PROPOSED - 5, Evidence("number_not_known", {"number": case.unknown[0]}))
    if fitting is None:
        return proposal
    return Proposal(
        proposal.movement_id, proposal.customer_id, proposal.parts, min(994, proposal.confidence + 6),
        (fitting, *proposal.evidence), proposal.left_cents,
    )  # fmt: skip


def _nearly(case: Case, customer: int) -> list[Proposal]:
    """One open item a fee or discount above the amount, or the only open item part paid: for a person to say."""
    cents = case.paid.cents
    everything = case.open_of(customer) if cents > 0 else []
    places = [place for place in everything if case.left[place] > cents]
    near = [place for place in places if reason_of(case, [place], case.left[place], case.left[place] - cents)]
    whose = case.whose(customer)
    if len(near) == 1:
        missing = case.left[near[0]] - cents
        reason = reason_of(case, near, case.left[near[0]], missing)
        part = Part(case.book.items[near[0]].id, cents, missing)
        short = Evidence("short_by", {"cents": missing, "reason": reason})
        return [Proposal(case.paid.id, customer, (part,), 880, (short, *whose), 0, reason)]
    if len(places) == 1 == len(everything):
        return too_little(case, places, case.left[places[0]], whose, 860)
    return []


def _amount_only(case: Case) -> list[Proposal]:
    """Nobody known paid: the one item of this amount is shown, and a number with a slip in it makes that likelier."""
    equal = [
        place for place in case.book.by_amount.get((case.paid.currency, case.paid.cents), ())[:50] if case.payable(place, 0)
    ]
    equal = [place for place in equal if case.left[place] == case.paid.cents]
    if not equal:
        return []
    if case.numbers() and len(equal) < 50:
        proposal = _one_of_equal(case, equal, ())
        if not proposal.tie:
            return [capped(proposal, 900)]
    if len(equal) > 1:
        return []
    return [whole(case, equal, SOLE_AMOUNT, (Evidence("amount_only", {"cents": case.paid.cents}),))]
