"""Who paid: the customers a movement may come from, by account, name, VAT number or code, each with how sure that is.

>>> people = Payers([Payer(1, "C001", ("SARL Dupont et Fils",)), Payer(2, "C002", ("Durand Peinture", ), ("FR7612345",))])
>>> people.named("DUPONT & FILS")
{1: (3, 'name')}
>>> people.named("MENUISERIE INCONNUE")
{}
"""

from __future__ import annotations

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
ENOUGH = 0.75
RAREST = 2
OWN = 0.6  # of our name that must be there
GENERIC = frozenset({
    "fils", "freres", "soeurs", "cie", "compagnie", "associes", "groupe", "group", "holding", "france", "belgique", "belgium",
    "europe", "international", "services", "transports", "transport", "garage", "consulting", "conseil", "construction",
})  # fmt: skip
"""Words that many names share: alone they name nobody, in however few names they stand."""


class Payers:
    """Indexes of customers by what a bank shows of them; built once, asked for each movement."""

    def __init__(self, payers: Iterable[Payer]) -> None:
        self.by_iban: dict[str, list[int]] = {}
        self.by_vat: dict[str, int] = {}
        self.by_code: dict[str, int] = {}
        self.by_reference: dict[str, int] = {}
        self.name_of: dict[int, str] = {}
        self._exact: dict[str, list[int]] = {}
        self._words: dict[tuple[str, ...], list[int]] = {}
        self._by_word: dict[str, list[tuple[str, ...]]] = {}
        self._known: dict[str, Found] = {}
        for payer in payers:
            self._add(payer)
        count = len(self._words) + 1
        self._weight = {
            word: (log(count / len(names)) + 0.3) * (0.3 if word in GENERIC else 1.0) for word, names in self._by_word.items()
        }
        self._own = {names: sum(self._weight[word] for word in names) for names in self._words}
        self._rare = log(count) + 0.3

    def _add(self, payer: Payer) -> None:
        self.name_of[payer.customer_id] = payer.names[0] if payer.names else payer.code
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
            return dict.fromkeys(exact, (3, "name"))
        words = name_words(folded)
        same = self._words.get(tuple(sorted(set(words))))
        if same:
            return dict.fromkeys(same, (3, "name"))
        return self._close(words, len(name) >= CUT_FROM) if words else {}

    def _close(self, words: tuple[str, ...], cut: bool) -> Found:
        """The best of the customers who share rare words, when nobody is nearly as good."""
        shared: dict[tuple[str, ...], float] = {}
        unique = dict.fromkeys(words)
        known = sorted((self._weight[word], word) for word in unique if word in self._weight)
        total = sum(weight for weight, _ in known) + self._rare * (len(unique) - len(known))
        for rank, (weight, word) in enumerate(reversed(known)):
            for names in self._rare_names(word):
                if rank < RAREST or names in shared:  # a name without either of the two rarest words is not close
                    shared[names] = shared.get(names, 0.0) + weight
        if cut and words[-1] not in self._weight:
            total += self._finish(words[-1], shared) - self._rare
        best, second = 0.0, 0.0
        chosen: tuple[str, ...] = ()
        for names, got in shared.items():
            if got < OWN * self._own[names]:
                continue
            score = _score(got / self._own[names], got / total)
            if score > best:
                best, second, chosen = score, best, names
            elif score > second:
                second = score
        if best < ENOUGH or second > best - MARGIN:
            return {}
        missing = [word for word in chosen if word not in words and not (cut and word.startswith(words[-1]))]
        added = [word for word in words if word not in chosen and not (cut and word == words[-1])]
        strength = 1 if missing and added else 2  # a word less and another more: perhaps somebody else
        return dict.fromkeys(self._words[chosen], (strength, "name_close"))

    def _finish(self, start: str, shared: dict[tuple[str, ...], float]) -> float:
        """A last word that the bank cut: a name found already that has a word beginning so shares it."""
        weight = self._rare
        for names in shared:
            whole = next((word for word in names if word.startswith(start)), None)
            if whole is not None:
                weight = self._weight[whole]
                shared[names] += weight
        return weight


def _score(ours: float, theirs: float) -> float:
    """From how much of both names is shared; a bank leaves words out or adds a few, rarely both."""
    high, low = (ours, theirs) if ours > theirs else (theirs, ours)
    return 0.65 * min(1.0, high) + 0.35 * min(1.0, low)


def evidence_of(found: Found, customer_id: int, paid: Paid) -> tuple[Evidence, ...]:
    """Why a customer may have paid, as evidence."""
    strength, code = found.get(customer_id, (0, ""))
    if code == "iban":
        by_account = Evidence("iban", {"iban": paid.iban})
        return (by_account, Evidence("name", {"name": paid.name})) if strength == 4 else (by_account,)
    return (Evidence(code, {"name": paid.name}),) if code else ()
