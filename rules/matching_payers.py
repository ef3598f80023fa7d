"""Who paid: the customers a movement may come from, by account, name, VAT number or code, each with how sure that is.

>>> people = Payers([Payer(1, "C001", ("SARL Dupont et Fils",)), Payer(2, "C002", ("Durand Peinture", ), ("FR7612345",))])
>>> people.named("DUPONT & FILS")
{1: (3, 'name')}
>>> people.named("MENUISERIE INCONNUE")
{}
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from math import log

from rules.matching_facts import Evidence, Paid, Payer
from rules.matching_words import bare, name_words
from rules.words import fold

Found = dict[int, tuple[int, str]]
"""Customers with a strength (4 account and name, 3 account or the whole name, 2 close name, 1 name found in the text)
and the kind of evidence."""

CUT_FROM = 20  # a bank's name so long may be cut in its last word
COMMON = 300  # customers; a word that more of them share finds nobody by itself
MARGIN = 0.12


class Payers:
    """Indexes of customers by what a bank shows of them; built once, asked for each movement."""

    def __init__(self, payers: Iterable[Payer]) -> None:
        self.by_iban: dict[str, list[int]] = {}
        self.by_vat: dict[str, int] = {}
        self.by_code: dict[str, int] = {}
        self.by_reference: dict[str, int] = {}
        self._exact: dict[str, list[int]] = {}
        self._words: dict[tuple[str, ...], list[int]] = {}
        self._by_word: dict[str, list[tuple[str, ...]]] = {}
        self._known: dict[str, Found] = {}
        for payer in payers:
            self._add(payer)
        count = len(self._words) + 1
        self._weight = {word: log(count / len(names)) + 0.3 for word, names in self._by_word.items()}
        self._rare = log(count) + 0.3
        self._sorted = sorted(self._by_word)

    def _add(self, payer: Payer) -> None:
        for iban in payer.ibans:
            owners = self.by_iban.setdefault(iban, [])
            if payer.customer_id not in owners:
                owners.append(payer.customer_id)
        if payer.vat_number:
            self.by_vat[bare(payer.vat_number)] = payer.customer_id
        for reference in payer.references:
            self.by_reference[bare(reference)] = payer.customer_id
        code = bare(payer.code)
        if len(code) >= 4 and not code.isdigit() and not code.isalpha():
            self.by_code[code] = payer.customer_id
        for name in payer.names:
            self._add_name(payer.customer_id, name)

    def _add_name(self, customer_id: int, name: str) -> None:
        folded = fold(name)
        owners = self._exact.setdefault(folded, [])
        if customer_id in owners:
            return
        owners.append(customer_id)
        words = tuple(sorted(set(name_words(folded))))
        if not words:
            return
        known = self._words.get(words)
        if known is None:
            self._words[words] = [customer_id]
            for word in words:
                self._by_word.setdefault(word, []).append(words)
        elif customer_id not in known:
            known.append(customer_id)

    def of(self, paid: Paid) -> Found:
        """The customers a movement may come from. Account and name together are more than either; when they disagree
        both stay, so that what is open decides."""
        names = self.named(paid.name) if paid.name else {}
        owners = self.by_iban.get(paid.iban) if paid.iban else None
        if owners is None:
            return names or (self.in_text(paid.text) if paid.text else {})
        found: Found = dict(names)
        for owner in owners:
            found[owner] = (4 if owner in names and len(owners) == 1 else 3, "iban")
        return found

    def named(self, name: str) -> Found:
        """Customers whose name this is: the same words in any order, else close to it and to no other."""
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._look_up(name)
        return known

    def in_text(self, text: str) -> Found:
        """Customers all of whose words stand in a free text; who has more of them hides who has fewer."""
        words = set(name_words(text))
        best: Found = {}
        best_weight = 0.0
        for names in {names for word in words for names in self._rare_names(word)}:
            weight = sum(self._weight[word] for word in names)
            if weight < best_weight or not words.issuperset(names) or (len(names) == 1 and len(names[0]) < 5):
                continue
            if weight > best_weight:
                best, best_weight = {}, weight
            best.update({owner: (2 if len(names) > 1 else 1, "name_in_text") for owner in self._words[names]})
        return best

    def _rare_names(self, word: str) -> list[tuple[str, ...]]:
        names = self._by_word.get(word, [])
        return names if len(names) <= COMMON else []

    def _look_up(self, name: str) -> Found:
        folded = fold(name)
        exact = self._exact.get(folded)
        if exact:
            return {owner: (3, "name") for owner in exact}
        words = name_words(folded)
        same = self._words.get(tuple(sorted(set(words))))
        if same:
            return {owner: (3, "name") for owner in same}
        return self._close(words, len(name) >= CUT_FROM) if words else {}

    def _close(self, words: tuple[str, ...], cut: bool) -> Found:
        """The best of the customers who share rare words, when nobody is nearly as good."""
        shared: dict[tuple[str, ...], float] = {}
        total = 0.0
        for word in dict.fromkeys(words):
            weight = self._weight.get(word)
            if weight is None and cut and word == words[-1]:
                weight = self._finish(word, shared)
            elif weight is not None:
                for names in self._rare_names(word):
                    shared[names] = shared.get(names, 0.0) + weight
            total += self._rare if weight is None else weight
        scores = sorted(((self._score(names, got, total), names) for names, got in shared.items()), reverse=True)
        if not scores or scores[0][0] < 0.75 or (len(scores) > 1 and scores[1][0] > scores[0][0] - MARGIN):
            return {}
        return {owner: (2, "name_close") for owner in self._words[scores[0][1]]}

    def _finish(self, start: str, shared: dict[tuple[str, ...], float]) -> float | None:
        """A last word that the bank cut: every name with a word that begins so shares it."""
        weight = None
        place = bisect_left(self._sorted, start)
        for word in self._sorted[place : place + 40]:
            if not word.startswith(start):
                break
            for names in self._rare_names(word):
                shared[names] = shared.get(names, 0.0) + self._weight[word]
            weight = max(weight or 0.0, self._weight[word])
        return weight

    def _score(self, names: tuple[str, ...], got: float, total: float) -> float:
        """How much of both names is shared; a bank leaves words out or adds a few, rarely both."""
        own = sum(self._weight[word] for word in names)
        ours, theirs = min(1.0, got / own), min(1.0, got / total)
        return 0.65 * max(ours, theirs) + 0.35 * min(ours, theirs)


def evidence_of(found: Found, customer_id: int, paid: Paid) -> tuple[Evidence, ...]:
    """Why a customer may have paid, as evidence."""
    strength, code = found.get(customer_id, (0, ""))
    if code == "iban":
        by_account = Evidence("iban", {"iban": paid.iban})
        return (by_account, Evidence("name", {"name": paid.name})) if strength == 4 else (by_account,)
    if code == "name_in_text":
        return (Evidence(code, {"name": paid.text}),)
    return (Evidence(code, {"name": paid.name}),) if code else ()
