"""One movement judged by each kind of evidence, with the confidence that kind deserves.

Confidence is per mille and calibrated on generated years (`bench.matching`): from 950 on, at most one in a thousand is
wrong."""

from __future__ import annotations

from datetime import timedelta

from rules.matching_book import Book
from rules.matching_facts import Evidence, Paid, Part, Proposal
from rules.matching_named import NOBODY, Named, by_number, by_reference, exactly_named, likeness
from rules.matching_payers import Found, evidence_of
from rules.matching_sets import chance, only_set
from rules.matching_words import Number, aside, bare, numbers

STRUCTURED, STRUCTURED_PART, STRUCTURED_OVER = 1000, 985, 980
PROPOSED = 940  # certain enough to be shown first, never applied at the usual threshold
FORGIVEN = 930  # with an amount written off
WHO_ONLY = {4: 940, 3: 920, 2: 850, 1: 500}
BY_PAYER = {4: 992, 3: 982, 2: 962, 1: 900}  # an exact amount, by how sure the payer is
MOST_PAYERS = 8
SOLE_AMOUNT = 300
COMMON_AMOUNT = 3  # items; an amount that more of them share says little about a number of few digits


class Case:
    """A movement with what is read from it once: the numbers in its text and who may have paid."""

    __slots__ = ("_named", "_numbers", "_who", "book", "left", "paid", "proposals", "referred", "text", "unknown")

    def __init__(self, book: Book, paid: Paid, left: list[int]) -> None:
        self.book = book
        self.paid = paid
        self.left = left
        self.text = (paid.text or ("" if paid.structured else paid.end_to_end)).upper()
        if paid.structured and not paid.structured[:12].isdigit() and not paid.structured.startswith("RF"):
            self.text = f"{self.text} {paid.structured.upper()}"  # a reference as given may be an invoice number
        self.proposals: list[Proposal] = []
        self.unknown: list[str] = []  # structured references with right check digits that name nothing open
        self._numbers: list[Number] | None = None
        self._who: Found | None = None
        self._named: Named | None = None
        self.referred: tuple[list[int], tuple[Evidence, ...]] | None = None

    def numbers(self) -> list[Number]:
        """Runs of digits in the free text; in the payer's own id only when there is no other text."""
        if self._numbers is None:
            self._numbers = numbers(self.text) if self.text else []
        return self._numbers

    def at_end(self, position: int) -> bool:
        """Whether a number is the last thing in the text, where a bank may have cut it."""
        found = self.numbers()
        return position == len(found) - 1 and found[position].end == len(self.text)

    def who(self) -> Found:
        """Who may have paid."""
        if self._who is None:
            self._who = self._look_up()
        return self._who

    def _look_up(self) -> Found:
        paid, payers = self.paid, self.book.payers
        found = payers.of(paid)
        for reference in (bare(paid.structured), *self.unknown) if payers.by_reference else ():
            if reference in payers.by_reference:
                found = found | {payers.by_reference[reference]: (4, "customer_reference")}
        if not found and self.text and (payers.by_vat or payers.by_code):
            for word in {bare(word) for word in self.text.split()}:
                if word in payers.by_vat:
                    found = {payers.by_vat[word]: (3, "vat_number")}
                elif word in payers.by_code:
                    found = {payers.by_code[word]: (2, "customer_code")}
        return found

    def named(self) -> Named:
        """What the text names, as read the first time."""
        if self._named is None:
            paid = self.paid
            plain = self.text or paid.invoices
            self._named = by_number(self.book, paid, self.text, self.left, self.numbers(), self.who()) if plain else NOBODY
        return self._named

    def payable(self, place: int, days: int) -> bool:
        """Whether an item can be what this pays: open, of the currency, issued by then (or so many days later)."""
        book, paid = self.book, self.paid
        if not self.left[place] or book.currency[place] != paid.currency:
            return False
        issued = book.document_on[place]
        return issued <= paid.booked_on or (days > 0 and issued <= paid.booked_on + timedelta(days=days))

    def stray(self, used: frozenset[int]) -> bool:
        """Whether the text has other numbers than those used, dates and amounts aside: it may name more than we found."""
        spans = aside(self.text)
        return any(
            position not in used and len(number.digits) >= 3
            and not any(start <= number.start and number.end <= end for start, end in spans)
            for position, number in enumerate(self.numbers())
        )  # fmt: skip

    def whose(self, customer_id: int) -> tuple[Evidence, ...]:
        """Evidence for who paid."""
        strength, code = self.who().get(customer_id, (0, ""))
        if code == "customer_reference":
            return (Evidence(code, {"reference": self.paid.structured or self.unknown[0]}),)
        if code in ("vat_number", "customer_code"):
            return (Evidence(code, {"number" if code == "vat_number" else "code": self.paid.text}),)
        return evidence_of(self.who(), customer_id, self.paid) if strength else ()

    def open_of(self, customer_id: int, days: int = 0) -> list[int]:
        """Places of what a customer has open and this may pay, oldest due first."""
        book, left, currency = self.book, self.left, self.paid.currency
        until = self.paid.booked_on + timedelta(days=days) if days else self.paid.booked_on
        return [
            place for place in book.by_customer.get(customer_id, ())
            if left[place] and book.document_on[place] <= until and book.currency[place] == currency
        ]  # fmt: skip


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
        return [_proposal(case, open_places, STRUCTURED, (*evidence, exact))]
    return _inexact(case, open_places, total, evidence, STRUCTURED_PART, STRUCTURED_OVER)


def _shared_reference(case: Case, customer: int, places: list[int], evidence: tuple[Evidence, ...]) -> list[Proposal]:
    found = only_set([case.left[place] for place in places], case.paid.cents)
    if len(found.sets) == 1:
        chosen = [places[index] for index in found.sets[0]]
        summed = Evidence("exact_set", {"count": len(chosen), "cents": case.paid.cents})
        return [_proposal(case, chosen, 975 if found.complete else PROPOSED, (*evidence, summed))]
    return [Proposal(case.paid.id, customer, (), WHO_ONLY[4], evidence, case.paid.cents)]


def by_exact_numbers(case: Case) -> list[Proposal]:
    """Items whose numbers stand in the text and that together are the amount: what most payers write."""
    if not case.text:
        return []
    places, sure = exactly_named(case.book, case.text, case.paid.cents, case.left)
    if not places or not all(case.payable(place, case.book.policy.days_before) for place in places):
        return []
    agrees = any(case.book.items[place].customer_id in case.who() for place in places)
    evidence = (*_named_evidence(case, places), _amount(places, case.paid.cents))
    return [_proposal(case, places, _exact_confidence(case, sure or agrees, agrees), evidence)]


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
        return [_proposal(case, places, _exact_confidence(case, named.sure, agrees), (*evidence, _amount(places, total)))]
    for fit in (2, 1):
        more = _completed(case, named, places, fit)
        if more is None:
            continue
        span = Evidence("invoice_range", {"first": _piece(case, more[0]), "last": _piece(case, more[-1]), "count": len(more)})
        shown = span if len(more) > len(places) and named.between else _named_evidence(case, more)[0]
        return [_proposal(case, more, 985 if agrees and fit > 1 else 960, (shown, *evidence[1:], _amount(more, paid.cents)))]
    part, over = (970, 957) if agrees and named.sure else (PROPOSED - 10, 900) if agrees else (900, 850)
    if named.between or len(places) < len(named.places) or case.stray(named.used):
        part = over = 890  # the text names more than these
    over = over if len(places) == 1 else min(over, 900)
    if any(case.left[place] == paid.cents for place in case.open_of(book.items[places[0]].customer_id)):
        part = over = 900  # the amount is exactly another invoice: the number may be the slip
    return _inexact(case, places, total, evidence, part, over)


def _named_evidence(case: Case, places: list[int]) -> tuple[Evidence, ...]:
    numbered = Evidence("invoice_number", {"numbers": tuple(_piece(case, place) for place in places)})
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
    spent = Evidence("already_paid", {"number": _piece(case, place)})
    customer = case.book.items[place].customer_id
    return [Proposal(case.paid.id, customer, (), 900, (spent, *case.whose(customer)), case.paid.cents)]


def _completed(case: Case, named: Named, places: list[int], fit: int) -> list[int] | None:
    """The named items with those between the ends of a range, or with those of shortened numbers (fit 2) or of numbers
    with a slip (1) in the same text, when that makes the amount exactly."""
    between = [place for place in named.between if case.payable(place, case.book.policy.days_before)]
    shortened = _shortened(case, named, places, fit)
    for more in (between, shortened, between + shortened):
        both = list(dict.fromkeys(places + more))
        if more and sum(case.left[place] for place in both) == case.paid.cents:
            return sorted(both, key=lambda place: case.book.core[place]) if more is between else both
    return None


def _shortened(
    case: Case, named: Named, places: list[int], least: int = 2, customers: list[int] | None = None
) -> list[int]:
    """Open items of the customer that the runs of digits not used yet may mean, each by the only one that fits."""
    core, days = case.book.core, case.book.policy.days_before
    if customers is None:
        customers = [case.book.items[places[0]].customer_id]
    open_places = [place for one in customers for place in case.open_of(one, days)]
    more: list[int] = []
    for position, number in enumerate(case.numbers()):
        stripped = number.digits.lstrip("0")
        if position in named.used or not stripped:
            continue
        near = open_places if least < 2 else [
            place for place in open_places if core[place].endswith(stripped) or core[place].startswith(number.digits)
        ]  # fmt: skip
        at_end = case.at_end(position)
        fits = [place for place in near if likeness(case.book, place, number, at_end)[0] >= least]
        if len(fits) == 1 and fits[0] not in places and fits[0] not in more:
            more.append(fits[0])
    return more


def _inexact(
    case: Case, places: list[int], total: int, evidence: tuple[Evidence, ...], part: int, over: int
) -> list[Proposal]:
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
        return _short(case, places, total, evidence, part)
    left = paid.cents - total
    too_much = Evidence("over_payment", {"left_cents": left})
    return [_proposal(case, places, over, (*evidence, too_much), left)]


def _with_rest(
    case: Case, places: list[int], total: int, evidence: tuple[Evidence, ...], confidence: int
) -> list[Proposal]:
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
    if chance([case.left[place] for place in others]) > 0.05:
        confidence = min(confidence, PROPOSED)
    answers = []
    for indexes in found.sets:
        chosen = [others[index] for index in indexes]
        summed = Evidence("credits_used" if rest < 0 else "exact_set", {"count": len(chosen), "cents": rest})
        answers.append(_proposal(case, places + chosen, confidence, (*evidence, summed)))
    return answers


def _short(case: Case, places: list[int], total: int, evidence: tuple[Evidence, ...], confidence: int) -> list[Proposal]:
    """Too little for what is named. One item is part paid; several are filled in turn, applied only when the little that
    is missing has a likely reason. Writing that off is a second proposal, for a person."""
    paid = case.paid
    missing = total - paid.cents
    reason = _reason(case, places, total, missing)
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


def _reason(case: Case, places: list[int], total: int, missing: int) -> str:
    """Why so little is missing: a bank's fee within the company's tolerance, a discount for paying early, or unknown."""
    policy = case.book.policy
    if not missing > 0 or total <= 0:
        return ""
    if missing <= policy.tolerance_cents and missing * 1000 <= total * policy.tolerance_per_mille:
        return "bank_fee"
    early = all(case.paid.booked_on <= case.book.items[place].due_on for place in places)
    return "discount" if early and missing * 1000 <= total * policy.discount_per_mille else ""


def by_name_of_payer(case: Case) -> list[Proposal]:
    """What is open of the customer who paid: the only item of the amount, or the only set with this sum."""
    who = case.who()
    if not who:
        return _amount_only(case)
    strongest = max(strength for strength, _ in who.values())
    found: list[Proposal] = []
    for customer, (strength, _) in sorted(who.items(), key=lambda one: -one[1][0])[:MOST_PAYERS]:
        answer = _of_customer(case, customer, strength)
        if answer is not None:
            found.append(answer)
    if len(found) > 1:
        several = Evidence("several_customers", {"count": len(found)})
        return [_uncertain(one, several) for one in found]
    if found and len(who) > 1:
        alone = len([1 for strength, _ in who.values() if strength >= strongest - 1]) == 1
        conflict = {code for _, code in who.values()} == {"iban", "name"}
        if not alone:
            found = [_capped(found[0], 957 if conflict else PROPOSED)]
    if found and found[0].parts:
        return found
    customer = next(iter(who)) if len(who) == 1 else None
    only = Proposal(case.paid.id, customer, (), WHO_ONLY[strongest], case.whose(customer or 0), case.paid.cents)
    return [*found, *(_nearly(case, customer) if customer is not None else []), *([only] if customer is not None else [])]


def _of_customer(case: Case, customer: int, strength: int) -> Proposal | None:
    """What this customer paid, or None when nothing of theirs makes the amount."""
    places = case.open_of(customer)
    if not places:
        return None
    cents = case.paid.cents
    open_cents = [case.left[place] for place in places]
    if not sum(one for one in open_cents if one < 0) <= cents <= sum(one for one in open_cents if one > 0):
        return None
    whose = case.whose(customer)
    equal = [place for place in places if case.left[place] == cents]
    if len(equal) > 1:
        return _one_of_equal(case, equal, whose)
    if case.numbers():
        named = _shortened(case, NOBODY, [], customers=[customer])
        if named and sum(case.left[place] for place in named) == cents:
            numbered = Evidence("invoice_number_short", {"written": case.paid.text, "number": ", ".join(_piece(case, p) for p in named)})
            return _proposal(case, named, min(BY_PAYER[strength], 978), (numbered, *whose, _amount(named, cents)))
    if cents < 0:
        return _proposal(case, equal, min(BY_PAYER[strength] - 25, 957), (*whose, _amount(equal, cents))) if equal else None
    sets = only_set(open_cents, cents)
    if equal:
        confidence = BY_PAYER[strength]
        evidence = (_amount(equal, cents), *whose)
        if len(sets.sets) > 1:  # one item is likelier than several, but not by enough
            return _checked(case, _proposal(case, equal, 930, (*evidence, Evidence("several_sets"))), equal)
        return _checked(case, _proposal(case, equal, confidence if sets.complete else confidence - 18, evidence), equal)
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
    proposal = _proposal(case, chosen, confidence, (summed, *whose))
    return _uncertain(proposal, Evidence("several_sets")) if len(sets.sets) > 1 else _checked(case, proposal, chosen)


def _one_of_equal(case: Case, equal: list[int], whose: tuple[Evidence, ...]) -> Proposal:
    """Several items of the same amount: the one that a number in the text fits best, else a tie."""
    best: dict[int, tuple[int, str, str]] = {}
    for position, number in enumerate(case.numbers()):
        at_end = case.at_end(position)
        for place in equal:
            fit, code = likeness(case.book, place, number, at_end)
            if fit > best.get(place, (0,))[0]:
                best[place] = (fit, code, number.digits)
    ranked = sorted(best, key=lambda place: -best[place][0])
    if ranked and (len(ranked) == 1 or best[ranked[0]][0] > best[ranked[1]][0]):
        fit, code, written = best[ranked[0]]
        params = {"numbers": (_piece(case, ranked[0]),)} if fit == 3 else {"written": written, "number": _piece(case, ranked[0])}
        evidence = (Evidence(code, params), *whose, _amount(ranked[:1], case.paid.cents))
        return _proposal(case, ranked[:1], 970 if fit >= 2 else 957, evidence)
    evidence = (_amount(equal[:1], case.paid.cents), *whose)
    return _uncertain(_proposal(case, equal[:1], PROPOSED, evidence), Evidence("several_sets"))


def _checked(case: Case, proposal: Proposal, places: list[int]) -> Proposal:
    """A number that looks like an invoice of ours but fits none of these items says that something else was paid."""
    fitting: Evidence | None = None
    for position, number in enumerate(case.numbers()):
        at_end = case.at_end(position)
        fits = [(likeness(case.book, place, number, at_end), place) for place in places]
        (fit, code), place = max(fits, key=lambda one: one[0][0])
        if fit and code != "invoice_number":
            fitting = Evidence(code, {"written": number.digits, "number": _piece(case, place)})
        elif not fit and case.book.known_shape(number):
            return _capped(proposal, 900, Evidence("number_not_known", {"number": number.letters + number.digits}))
    if case.unknown and case.unknown[0] not in case.book.payers.by_reference:
        return _capped(proposal, PROPOSED - 5, Evidence("number_not_known", {"number": case.unknown[0]}))
    if fitting is None:
        return proposal
    return Proposal(
        proposal.movement_id, proposal.customer_id, proposal.parts, min(994, proposal.confidence + 6),
        (fitting, *proposal.evidence), proposal.left_cents,
    )  # fmt: skip


def _nearly(case: Case, customer: int) -> list[Proposal]:
    """One open item a fee or discount above the amount, or the only open item part paid: for a person to say."""
    places = [place for place in case.open_of(customer) if case.left[place] > case.paid.cents > 0]
    near = [place for place in places if _reason(case, [place], case.left[place], case.left[place] - case.paid.cents)]
    whose = case.whose(customer)
    if len(near) == 1:
        missing = case.left[near[0]] - case.paid.cents
        reason = _reason(case, near, case.left[near[0]], missing)
        part = Part(case.book.items[near[0]].id, case.paid.cents, missing)
        short = Evidence("short_by", {"cents": missing, "reason": reason})
        return [Proposal(case.paid.id, customer, (part,), 880, (short, *whose), 0, reason)]
    if len(places) == 1 and len(case.open_of(customer)) == 1:
        return _short(case, places, case.left[places[0]], whose, 860)
    return []


def _amount_only(case: Case) -> list[Proposal]:
    """Nobody known paid: the one item of this amount is shown, and a number with a slip in it makes that likelier."""
    equal = [place for place in case.book.by_amount.get((case.paid.currency, case.paid.cents), ())[:50] if case.payable(place, 0)]
    equal = [place for place in equal if case.left[place] == case.paid.cents]
    if not equal:
        return []
    if case.numbers() and len(equal) < 50:
        proposal = _one_of_equal(case, equal, ())
        if not proposal.tie:
            return [_capped(proposal, 900)]
    if len(equal) > 1:
        return []
    return [_proposal(case, equal, SOLE_AMOUNT, (Evidence("amount_only", {"cents": case.paid.cents}),))]


def _piece(case: Case, place: int) -> str:
    return case.book.items[place].piece


def _amount(places: list[int], cents: int) -> Evidence:
    if len(places) == 1:
        return Evidence("exact_amount", {"cents": cents})
    return Evidence("exact_set", {"count": len(places), "cents": cents})


def _proposal(
    case: Case, places: list[int], confidence: int, evidence: tuple[Evidence, ...], left_cents: int = 0
) -> Proposal:
    """Each item paid with all that is left of it."""
    items = case.book.items
    parts = tuple(Part(items[place].id, case.left[place]) for place in places)
    return Proposal(case.paid.id, items[places[0]].customer_id, parts, confidence, evidence, left_cents)


def _capped(one: Proposal, most: int, *more: Evidence) -> Proposal:
    return Proposal(
        one.movement_id, one.customer_id, one.parts, min(one.confidence, most), (*one.evidence, *more),
        one.left_cents, one.difference_reason, one.tie,
    )  # fmt: skip


def _uncertain(one: Proposal, why: Evidence) -> Proposal:
    return Proposal(
        one.movement_id, one.customer_id, one.parts, min(one.confidence, 700), (*one.evidence, why),
        one.left_cents, one.difference_reason, True,
    )  # fmt: skip
