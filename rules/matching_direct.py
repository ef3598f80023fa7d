"""Evidence that names items: structured references, own ids, invoice numbers; and what to make of an amount that is not
their sum.

Confidence is per mille and calibrated on generated years (`bench.matching`): from 950 on, at most one in a thousand is
wrong."""

from __future__ import annotations

from rules.matching_case import PROPOSED, WHO_ONLY, Case, amount_evidence, piece, shortened, whole
from rules.matching_facts import Evidence, Part, Proposal
from rules.matching_named import Named, by_reference, exactly_named
from rules.matching_sets import chance, only_set

STRUCTURED, STRUCTURED_PART, STRUCTURED_OVER = 1000, 985, 980
FORGIVEN = 930  # with an amount written off
COMMON_AMOUNT = 3  # items; an amount that more of them share says little about a number of few digits


def by_structured_reference(case: Case) -> list[Proposal]:
    """Items named by their own structured reference or id; a reference that several items share names their customer."""
    paid, book = case.paid, case.book
    if case.referred is None:
        places, evidence, case.unknown = by_reference(book, paid)
        case.referred = places, evidence
    places, evidence = case.referred
    if not places:
        return []
    customer = book.items[places[0]].customer_id
    open_places = [place for place in places if case.payable(place, book.policy.days_before)]
    if not open_places:
        spent = Evidence("already_paid", {"number": book.items[places[0]].piece})
        return [Proposal(paid.id, customer, (), WHO_ONLY[4], (*evidence, spent), paid.cents)]
    if len(open_places) > len(evidence):
        return _shared_reference(case, customer, open_places, evidence)
    total = sum(case.left[place] for place in open_places)
    if total == paid.cents:
        exact = Evidence("exact_amount", {"cents": paid.cents})
        return [whole(case, open_places, STRUCTURED, (*evidence, exact))]
    return _inexact(case, open_places, total, evidence, STRUCTURED_PART, STRUCTURED_OVER)


def _shared_reference(case: Case, customer: int, places: list[int], evidence: tuple[Evidence, ...]) -> list[Proposal]:
    found = only_set([case.left[place] for place in places], case.paid.cents)
    if len(found.sets) == 1:
        chosen = [places[index] for index in found.sets[0]]
        summed = Evidence("exact_set", {"count": len(chosen), "cents": case.paid.cents})
        return [whole(case, chosen, 975 if found.complete else PROPOSED, (*evidence, summed))]
    return [Proposal(case.paid.id, customer, (), WHO_ONLY[4], evidence, case.paid.cents)]


def by_exact_numbers(case: Case) -> list[Proposal]:
    """Items whose numbers stand in the text and that together are the amount: what most payers write."""
    if not case.text:
        return []
    found = exactly_named(case.book, case.text, case.paid.cents, case.left)
    if found is None:
        case.names_nothing()
        return []
    places, sure = found
    for place in places:
        if not case.payable(place, case.book.policy.days_before):
            return []
    if not places:
        return []
    who = case.who()
    agrees = not who.keys().isdisjoint([case.book.items[place].customer_id for place in places]) if who else False
    evidence = (*_named_evidence(case, places), amount_evidence(places, case.paid.cents))
    return [whole(case, places, _exact_confidence(case, sure or agrees, agrees), evidence)]


def by_named_items(case: Case) -> list[Proposal]:
    """Items named by their number: together the amount, or with the payer's credits, or with a rest that has a reason."""
    paid, book = case.paid, case.book
    named = case.named()
    if not named.places:
        return []
    who = case.who()
    places = [place for place in named.places if case.payable(place, book.policy.days_before)]
    if not places:
        return _spent(case, named)
    total = sum(case.left[place] for place in places)
    theirs = [place for place in places if book.items[place].customer_id in who]
    if total != paid.cents and theirs and len(theirs) < len(places):
        places, total = theirs, sum(case.left[place] for place in theirs)  # the others are numbers by accident
    agrees = bool(theirs)
    evidence = _named_evidence(case, places)
    if total == paid.cents:
        return [whole(case, places, _exact_confidence(case, named.sure, agrees), (*evidence, amount_evidence(places, total)))]
    for fit in (2, 1) if named.between or len(named.used) < len(case.numbers()) else ():
        more = _completed(case, named, places, fit)
        if more is None:
            continue
        span = Evidence("invoice_range", {"first": piece(case, more[0]), "last": piece(case, more[-1]), "count": len(more)})
        shown = span if len(more) > len(places) and named.between else _named_evidence(case, more)[0]
        return [
            whole(case, more, 985 if agrees and fit > 1 else 960, (shown, *evidence[1:], amount_evidence(more, paid.cents)))
        ]
    part, over = (970, 957) if agrees and named.sure else (PROPOSED - 10, 900) if agrees else (900, 850)
    if named.between or len(places) < len(named.places) or case.stray(named.used):
        part = over = 890  # the text names more than these
    over = over if len(places) == 1 else min(over, 900)
    if any(case.left[place] == paid.cents for place in case.open_of(book.items[places[0]].customer_id)):
        part = over = 900  # the amount is exactly another invoice: the number may be the slip
    return _inexact(case, places, total, evidence, part, over)


def _named_evidence(case: Case, places: list[int]) -> tuple[Evidence, ...]:
    numbered = Evidence("invoice_number", {"numbers": tuple(piece(case, place) for place in places)})
    customer = case.book.items[places[0]].customer_id
    if case.who() and customer not in case.who():
        return numbered, Evidence("other_payer", {"name": case.paid.name})
    return numbered, *case.whose(customer)


def _exact_confidence(case: Case, sure: bool, agrees: bool) -> int:
    if agrees:
        return 996 if sure else 986
    if case.who():
        return 968 if sure else PROPOSED - 10
    common = len(case.book.by_amount.get((case.paid.currency, case.paid.cents), ())) > COMMON_AMOUNT
    return 976 if sure else PROPOSED if common else 960


def _spent(case: Case, named: Named) -> list[Proposal]:
    """What was named is paid already, or not open in this currency: only who paid is known."""
    customers = {case.book.items[place].customer_id for place in named.places}
    if len(customers) != 1 or not (named.sure or customers <= case.who().keys()):
        return []
    place = named.places[0]
    spent = Evidence("already_paid", {"number": piece(case, place)})
    customer = case.book.items[place].customer_id
    confidence = 930 if customer in case.who() else 900
    return [Proposal(case.paid.id, customer, (), confidence, (spent, *case.whose(customer)), case.paid.cents)]


def _completed(case: Case, named: Named, places: list[int], fit: int) -> list[int] | None:
    """The named items with those between the ends of a range, or with those of shortened numbers (fit 2) or of numbers
    with a slip (1) in the same text, when that makes the amount exactly."""
    between = [place for place in named.between if case.payable(place, case.book.policy.days_before)]
    short = shortened(case, named, places, fit)
    for more in (between, short, between + short):
        both = list(dict.fromkeys(places + more))
        if more and sum(case.left[place] for place in both) == case.paid.cents:
            return sorted(both, key=lambda place: case.book.core[place]) if more is between else both
    return None


def _inexact(case: Case, places: list[int], total: int, evidence: tuple[Evidence, ...], part: int, over: int) -> list[Proposal]:
    """Named items whose sum is not the amount: a rest that the payer's other items or credits explain, a part payment
    with or without a reason, or too much."""
    paid = case.paid
    explained = _with_rest(case, places, total, evidence, min(part, over + 8))
    if len(explained) == 1:
        return explained
    if explained and abs(total) > abs(paid.cents):
        part = min(part, 900)  # which credits were used up is not known
    if (total > 0) != (paid.cents > 0):
        customer = case.book.items[places[0]].customer_id
        return [Proposal(paid.id, customer, (), WHO_ONLY[2], evidence, paid.cents)]
    if abs(total) > abs(paid.cents):
        return too_little(case, places, total, evidence, part)
    left = paid.cents - total
    too_much = Evidence("over_payment", {"left_cents": left})
    return [whole(case, places, over, (*evidence, too_much), left)]


def _with_rest(case: Case, places: list[int], total: int, evidence: tuple[Evidence, ...], confidence: int) -> list[Proposal]:
    """The named items and the set of others of the customer (credits when too little came) that makes the amount; more than
    one answer means that several sets do."""
    rest = case.paid.cents - total
    customer = case.book.items[places[0]].customer_id
    others = [
        place for place in case.open_of(customer)
        if place not in places and (case.left[place] > 0) == (rest > 0)
    ]  # fmt: skip
    found = only_set([case.left[place] for place in others], rest)
    if not found.complete:
        return []
    if chance([*(case.left[place] for place in others), total]) > 0.05:
        confidence = min(confidence, PROPOSED)
    answers = []
    for indexes in found.sets:
        chosen = [others[index] for index in indexes]
        summed = Evidence("credits_used" if rest < 0 else "exact_set", {"count": len(chosen), "cents": rest})
        answers.append(whole(case, places + chosen, confidence, (*evidence, summed)))
    return answers


def too_little(case: Case, places: list[int], total: int, evidence: tuple[Evidence, ...], confidence: int) -> list[Proposal]:
    """Too little for what is named. One item is part paid; several are filled in turn, applied only when the little that
    is missing has a likely reason. Writing that off is a second proposal, for a person."""
    paid = case.paid
    missing = total - paid.cents
    reason = reason_of(case, places, total, missing)
    rest = paid.cents
    parts: list[Part] = []
    places = sorted(places, key=lambda place: (case.left[place] > 0) == (paid.cents > 0))  # credits first
    for place in places:
        cents = case.left[place]
        if (cents > 0) == (paid.cents > 0) and abs(cents) > abs(rest):
            cents = rest
        if cents:
            parts.append(Part(case.book.items[place].id, cents))
        rest -= cents
    why = Evidence("short_by", {"cents": missing, "reason": reason}) if reason else Evidence(
        "part_payment", {"cents": paid.cents, "left_cents": missing}
    )  # fmt: skip
    if len(places) > 1:
        filled = reason and len(parts) == len(places) and abs(case.left[places[-1]]) > abs(missing)
        confidence = min(confidence, 960) if filled else min(confidence, 880)
    customer = case.book.items[places[0]].customer_id
    answers = [Proposal(paid.id, customer, tuple(parts), confidence, (*evidence, why))]
    if reason and len(parts) == len(places):
        forgiven = (*parts[:-1], parts[-1]._replace(difference_cents=missing))
        answers.append(Proposal(paid.id, customer, forgiven, min(confidence - 10, FORGIVEN), (*evidence, why), 0, reason))
    return answers


def reason_of(case: Case, places: list[int], total: int, missing: int) -> str:
    """Why so little is missing: a bank's fee within the company's tolerance, a discount for paying early, or unknown."""
    policy = case.book.policy
    if not missing > 0 or total <= 0:
        return ""
    if missing <= policy.tolerance_cents and missing * 1000 <= total * policy.tolerance_per_mille:
        return "bank_fee"
    early = all(case.paid.booked_on <= case.book.items[place].due_on for place in places)
    return "discount" if early and missing * 1000 <= total * policy.discount_per_mille else ""
