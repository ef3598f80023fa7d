"""Which scenario a customer follows and why: its own, else that of the first rule that fits, its profile's, the default one.

A rule fits when all it asks for is so; what it leaves out does not matter. Amounts are cents of the company's currency.

>>> rules = (Rule(1, 7, min_cents=1_000_000), Rule(2, 8, country="BE"))
>>> one = Traits(profile_id=3, owed_cents=1_250_000, country="BE")
>>> choose(one, rules, {3: 5}, 4)
Choice(scenario_id=7, why='rule', rule_id=1)
>>> choose(one._replace(owed_cents=900_000), rules, {3: 5}, 4)
Choice(scenario_id=8, why='rule', rule_id=2)
>>> choose(one._replace(own_scenario_id=9), rules, {3: 5}, 4).why
'customer'
>>> choose(Traits(), rules, {3: 5}, 4)
Choice(scenario_id=4, why='default', rule_id=None)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Traits(NamedTuple):
    """What a customer is chosen by. score 0..100, None: not enough history. country and language: the company's when not said."""

    own_scenario_id: int | None = None
    profile_id: int | None = None
    owed_cents: int = 0
    score: int | None = None
    sales_rep_id: int | None = None
    country: str = ""
    language: str = ""


class Rule(NamedTuple):
    """One rule, in the order of its company; None and empty ask for nothing. Bounds are included; without a score no bound fits."""

    id: int
    scenario_id: int
    min_cents: int | None = None
    score_from: int | None = None
    score_until: int | None = None
    sales_rep_id: int | None = None
    country: str = ""
    language: str = ""
    profile_id: int | None = None

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing: it would hide everything after it."""
        return all(asked in (None, "") for asked in self[2:])


class Choice(NamedTuple):
    """The scenario and why it: customer, rule (which one), profile, default, none."""

    scenario_id: int | None
    why: str
    rule_id: int | None = None


def fits(rule: Rule, one: Traits) -> bool:
    """Whether a customer is all that a rule asks for."""
    if rule.min_cents is not None and one.owed_cents < rule.min_cents:
        return False
    if rule.profile_id is not None and rule.profile_id != one.profile_id:
        return False
    if rule.sales_rep_id is not None and rule.sales_rep_id != one.sales_rep_id:
        return False
    if (rule.country and rule.country != one.country) or (rule.language and rule.language != one.language):
        return False
    if rule.score_from is None and rule.score_until is None:
        return True
    if one.score is None:
        return False
    return (rule.score_from or 0) <= one.score <= (100 if rule.score_until is None else rule.score_until)


def choose(one: Traits, rules: Sequence[Rule], profiles: Mapping[int, int | None], default_id: int | None) -> Choice:
    """The scenario of a customer. profiles: scenario by profile id; default_id: that of the default profile."""
    if one.own_scenario_id:
        return Choice(one.own_scenario_id, "customer")
    for rule in rules:
        if fits(rule, one):
            return Choice(rule.scenario_id, "rule", rule.id)
    own = profiles.get(one.profile_id) if one.profile_id else None
    if own:
        return Choice(own, "profile")
    return Choice(default_id, "default") if default_id else Choice(None, "none")
