"""One movement being judged: what is read from it once, and proposals made of places in the book."""

from __future__ import annotations

from datetime import timedelta

from rules.matching_book import Book
from rules.matching_facts import Evidence, Paid, Part, Proposal
from rules.matching_named import NOBODY, Named, by_number, joins, likeness
from rules.matching_payers import Found, evidence_of
from rules.matching_words import Number, aside, bare, numbers

PROPOSED = 940  # certain enough to be shown first, never applied at the usual threshold
WHO_ONLY = {4: 940, 3: 920, 2: 850, 1: 500}  # only who paid is known, by strength


class Case:
    """A movement with what is read from it once: the numbers in its text and who may have paid."""

    __slots__ = (
        "_joined",
        "_named",
        "_numbers",
        "_who",
        "book",
        "left",
        "paid",
        "proposals",
        "referred",
        "text",
        "told",
        "unknown",
    )

    def __init__(self, book: Book, paid: Paid, left: list[int]) -> None:
        self.book = book
        self.paid = paid
        self.left = left
        self.text = (paid.text or ("" if paid.structured else paid.end_to_end)).upper()
        if paid.structured and not paid.structured[:12].isdigit() and not paid.structured.startswith("RF"):
            self.text = f"{self.text} {paid.structured.upper()}"  # a reference as given may be an invoice number
        self.told = ""  # the VAT number or customer code in the text
        self.proposals: list[Proposal] = []
        self.unknown: list[str] = []  # structured references with right check digits that name nothing open
        self._numbers: list[Number] | None = None
        self._joined: list[tuple[int, int, Number]] | None = None
        self._who: Found | None = None
        self._named: Named | None = None
        self.referred: tuple[list[int], tuple[Evidence, ...]] | None = None

    def numbers(self) -> list[Number]:
        """Runs of digits in the free text; in the payer's own id only when there is no other text."""
        if self._numbers is None:
            self._numbers = numbers(self.text) if self.text else []
        return self._numbers

    def joined(self) -> list[tuple[int, int, Number]]:
        """Every number the text may mean: runs of digits alone and joined, each with the runs it takes (from, to)."""
        if self._joined is None:
            found, longest = self.numbers(), self.book.longest
            self._joined = [
                (position, position + count, number)
                for position in range(len(found)) for count, number in enumerate(joins(found, position, longest), 1)
            ]  # fmt: skip
        return self._joined

    def at_end(self, number: Number) -> bool:
        """Whether a number is the last thing in the text, where a bank may have cut it."""
        return number.end == len(self.text)

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
                    found, self.told = {payers.by_vat[word]: (3, "vat_number")}, word
                elif word in payers.by_code:
                    found, self.told = {payers.by_code[word]: (2, "customer_code")}, word
        return found

    def named(self) -> Named:
        """What the text names, as read the first time."""
        if self._named is None:
            paid = self.paid
            plain = self.text or paid.invoices
            self._named = by_number(self.book, paid, self.text, self.left, self.numbers(), self.who()) if plain else NOBODY
        return self._named

    def names_nothing(self) -> None:
        """No number in the text is one of ours; what is named otherwise is still to be read."""
        if not self.paid.invoices:
            self._named = NOBODY

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
            return (Evidence(code, {"number" if code == "vat_number" else "code": self.told}),)
        if code == "name_in_text":
            return (Evidence(code, {"name": self.book.payers.name_of[customer_id]}),)
        return evidence_of(self.who(), customer_id, self.paid) if strength else ()

    def open_of(self, customer_id: int, days: int = 0) -> list[int]:
        """Places of what a customer has open and this may pay, oldest due first."""
        book, left, currency = self.book, self.left, self.paid.currency
        until = self.paid.booked_on + timedelta(days=days) if days else self.paid.booked_on
        return [
            place for place in book.by_customer.get(customer_id, ())
            if left[place] and book.document_on[place] <= until and book.currency[place] == currency
        ]  # fmt: skip


def shortened(case: Case, named: Named, places: list[int], least: int = 2, customers: list[int] | None = None) -> list[int]:
    """Open items of the customer that the runs of digits not used yet may mean, each by the only one that fits."""
    core, days = case.book.core, case.book.policy.days_before
    if customers is None:
        customers = [case.book.items[places[0]].customer_id]
    open_places = [place for one in customers for place in case.open_of(one, days)]
    more: list[int] = []
    for start, end, number in case.joined():
        stripped = number.digits.lstrip("0")
        if not stripped or not named.used.isdisjoint(range(start, end)):
            continue
        digits = number.digits
        near = open_places if least < 2 else [
            place for place in open_places if core[place].endswith(stripped) or core[place].startswith(digits)
        ]  # fmt: skip
        at_end = case.at_end(number)
        fits = [place for place in near if likeness(case.book, place, number, at_end)[0] >= least]
        if len(fits) == 1 and fits[0] not in places and fits[0] not in more:
            more.append(fits[0])
    return more


def piece(case: Case, place: int) -> str:
    """The number of the item at a place."""
    return case.book.items[place].piece


def amount_evidence(places: list[int], cents: int) -> Evidence:
    """That these items together are exactly the amount."""
    if len(places) == 1:
        return Evidence("exact_amount", {"cents": cents})
    return Evidence("exact_set", {"count": len(places), "cents": cents})


def credits_used(case: Case, places: list[int]) -> tuple[Evidence, ...]:
    """That some of these items are credits, used up with the payment; nothing when none is."""
    credits = [case.left[place] for place in places if (case.left[place] > 0) != (case.paid.cents > 0)]
    return (Evidence("credits_used", {"count": len(credits), "cents": sum(credits)}),) if credits else ()


def whole(case: Case, places: list[int], confidence: int, evidence: tuple[Evidence, ...], left_cents: int = 0) -> Proposal:
    """Each item paid with all that is left of it."""
    items = case.book.items
    parts = tuple(Part(items[place].id, case.left[place]) for place in places)
    return Proposal(case.paid.id, items[places[0]].customer_id, parts, confidence, evidence, left_cents)


def capped(one: Proposal, most: int, *more: Evidence) -> Proposal:
    """The same with less confidence, and why."""
    return Proposal(
        one.movement_id, one.customer_id, one.parts, min(one.confidence, most), (*one.evidence, *more),
        one.left_cents, one.difference_reason, one.tie,
    )  # fmt: skip


def uncertain(one: Proposal, why: Evidence) -> Proposal:
    """The same as one of several that are as likely: never applied."""
    return Proposal(
        one.movement_id, one.customer_id, one.parts, min(one.confidence, 700), (*one.evidence, why),
        one.left_cents, one.difference_reason, True,
    )  # fmt: skip
