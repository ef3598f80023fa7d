"""What each movement on the bank account pays: proposals with their evidence and confidence, and a decision over many.

Evidence, strongest first: a structured reference of one item; an invoice number with its amount; the only set of the
payer's open items with this sum; the payer's only item of this amount. An amount alone is never enough, a tie is
never applied, and an amount that is forgiven (fee, discount) is proposed to a person.

>>> from datetime import date
>>> from rules.matching_facts import Owed, Paid, Payer
>>> day = date(2026, 3, 2)
>>> book = Book(
...     [Owed(1, 7, "FA2026-0012", (), 12_100, "EUR", day, day), Owed(2, 7, "FA2026-0013", (), 5_000, "EUR", day, day)],
...     [Payer(7, "C007", ("SARL Dupont et Fils",))],
... )
>>> both = Paid(1, date(2026, 4, 1), 17_100, "EUR", name="DUPONT & FILS", text="VOS FACT 2026 12 ET 13")
>>> [(part.item_id, part.cents) for part in propose(book, both)[0].parts]
[(1, 12100), (2, 5000)]
>>> match_all(book, [both])[0].confidence >= book.policy.threshold
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rules.matching_book import Book, uncollected
from rules.matching_case import Case
from rules.matching_direct import by_exact_numbers, by_named_items, by_structured_reference
from rules.matching_facts import Paid, Proposal
from rules.matching_open import by_name_of_payer

__all__ = ["Book", "match_all", "propose"]

MOST_PROPOSALS = 4


def propose(book: Book, paid: Paid, left: list[int] | None = None) -> list[Proposal]:
    """What a movement may pay, best first, at most four; nothing for one that gives an earlier movement back.

    `left`: open cents of the book's items in its order, when some are taken already."""
    case = Case(book, paid, book.open if left is None else left)
    if paid.returned or not paid.cents:
        return []
    found = by_structured_reference(case)
    if not found or found[0].confidence < book.policy.threshold:
        found = found + by_named_items(case)
    if not found or found[0].confidence < book.policy.threshold:
        found = found + by_name_of_payer(case)
    return _best(found)


def match_all(book: Book, movements: Iterable[Paid]) -> list[Proposal]:
    """The best proposal of each movement of which something is known, in the order of the movements.

    What reaches the threshold takes its items, strongest evidence first and earlier payments before later ones, so
    nothing is paid twice; what does not reach it is judged by what is left at the end."""
    with uncollected():
        desk = _Desk(book, movements)
        for stage in (by_structured_reference, by_exact_numbers, by_named_items):
            desk.take(stage)
        desk.take_in_turn()
        return desk.answers()


def _best(found: Sequence[Proposal]) -> list[Proposal]:
    """By confidence; one of each set of parts; who paid, without parts, only when nothing better is known."""
    if len(found) < 2:
        return list(found)
    kept: list[Proposal] = []
    for proposal in sorted(found, key=lambda one: -one.confidence):
        same = any(proposal.parts == other.parts for other in kept)
        if not same and (proposal.parts or not kept):
            kept.append(proposal)
    return kept[:MOST_PROPOSALS]


class _Desk:
    """Movements being decided, and what is left of the items."""

    def __init__(self, book: Book, movements: Iterable[Paid]) -> None:
        self.book = book
        self.left = list(book.open)
        self.order: list[int] = []
        self.taken: dict[int, Proposal] = {}
        self.waiting: list[Case] = []
        self.changed: set[int] = set()  # customers, and items, something was taken from since they were last looked at
        self.touched: set[int] = set()
        for paid in movements:
            self.order.append(paid.id)
            refundable = paid.cents > 0 or (paid.currency, paid.cents) in book.by_amount  # a refund is of a credit as it is
            if paid.cents and refundable and not paid.returned:
                self.waiting.append(Case(book, paid, self.left))
        self.waiting.sort(key=lambda case: (case.paid.booked_on, case.paid.id))

    def take(self, stage: Callable[[Case], list[Proposal]]) -> None:
        """One kind of evidence over all movements: the strongest takes first; what was touched meanwhile is looked at
        again."""
        found: list[tuple[int, int, Case, Proposal]] = []
        threshold = self.book.policy.threshold
        for number, case in enumerate(self.waiting):
            proposals = stage(case)
            case.proposals += proposals
            if proposals and proposals[0].confidence >= threshold and not proposals[0].tie:
                found.append((-proposals[0].confidence, number, case, proposals[0]))
        found.sort(key=lambda one: one[:2])
        self.changed, self.touched = set(), set()
        for _, _, case, proposal in found:
            if not self.touched.isdisjoint(part.item_id for part in proposal.parts) or (
                stage is by_named_items and not self.changed.isdisjoint(self._customers(proposal))
            ):
                again = stage(case)
                case.proposals = again
                if not again or again[0].confidence < threshold or again[0].tie:
                    continue
                proposal = again[0]
            self._apply(case, proposal)
        self.waiting = [case for case in self.waiting if case.paid.id not in self.taken]

    def take_in_turn(self) -> None:
        """What is open of the payer decides, payment by payment as they came; again while that settles something."""
        threshold = self.book.policy.threshold
        looked_at = self.waiting
        for _ in range(3):
            self.changed = set()
            for case in looked_at:
                if case.paid.id in self.taken:
                    continue
                direct = by_structured_reference(case) + by_named_items(case)
                proposals = _best(direct + by_name_of_payer(case) if direct else by_name_of_payer(case))
                case.proposals = proposals
                if proposals and proposals[0].confidence >= threshold and not proposals[0].tie:
                    self._apply(case, proposals[0])
            looked_at = [
                case for case in looked_at if case.paid.id not in self.taken and not self.changed.isdisjoint(case.who())
            ]
            if not looked_at:
                break
        self.waiting = [case for case in self.waiting if case.paid.id not in self.taken]

    def _apply(self, case: Case, proposal: Proposal) -> None:
        if not proposal.parts:
            return
        for part in proposal.parts:
            place = self.book.place[part.item_id]
            self.left[place] -= part.cents + part.difference_cents
            self.touched.add(part.item_id)
            self.changed.add(self.book.items[place].customer_id)
        self.taken[case.paid.id] = proposal

    def _customers(self, proposal: Proposal) -> set[int]:
        return {self.book.items[self.book.place[part.item_id]].customer_id for part in proposal.parts}

    def _stands(self, proposal: Proposal) -> bool:
        """Whether the items of a proposal still have what it takes from them."""
        return all(
            abs(self.left[self.book.place[part.item_id]]) >= abs(part.cents + part.difference_cents) for part in proposal.parts
        )

    def answers(self) -> list[Proposal]:
        """The best of each movement, those not applied judged by what is left."""
        best = dict(self.taken)
        for case in self.waiting:
            found = case.proposals
            if found and not self._stands(found[0]):
                found = propose(self.book, case.paid, self.left)
            if found:
                best[case.paid.id] = found[0]
        return [best[number] for number in self.order if number in best]
