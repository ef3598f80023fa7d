"""Which scenario a customer follows."""

from __future__ import annotations

import pytest

from rules.choosing import Choice, Rule, Traits, choose

PROFILES = {1: 11, 2: None}
DEFAULT = 10


@pytest.mark.parametrize(
    ("one", "rules", "expected"),
    [
        (Traits(5, 1, 10_000), (Rule(1, 20, min_cents=1),), Choice(5, "customer")),
        (Traits(None, 1, 10_000), (Rule(1, 20, min_cents=10_000),), Choice(20, "rule", 1)),
        (Traits(None, 1, 9_999), (Rule(1, 20, min_cents=10_000),), Choice(11, "profile")),
        (Traits(None, 2), (), Choice(10, "default")),
        (Traits(None, 99), (), Choice(10, "default")),
        (Traits(score=40), (Rule(1, 20, score_until=40), Rule(2, 21, score_until=50)), Choice(20, "rule", 1)),
        (Traits(score=41), (Rule(1, 20, score_until=40), Rule(2, 21, score_until=50)), Choice(21, "rule", 2)),
        (Traits(score=80), (Rule(1, 20, score_from=80),), Choice(20, "rule", 1)),
        (Traits(score=None), (Rule(1, 20, score_from=0),), Choice(10, "default")),
        (Traits(sales_rep_id=3), (Rule(1, 20, sales_rep_id=3),), Choice(20, "rule", 1)),
        (Traits(sales_rep_id=4), (Rule(1, 20, sales_rep_id=3),), Choice(10, "default")),
        (Traits(country="BE", language="fr"), (Rule(1, 20, country="BE", language="nl"),), Choice(10, "default")),
        (Traits(country="BE", language="nl"), (Rule(1, 20, country="BE", language="nl"),), Choice(20, "rule", 1)),
        (Traits(profile_id=2), (Rule(1, 20, profile_id=2),), Choice(20, "rule", 1)),
    ],
)
def test_customer_then_rules_then_profile_then_default(one, rules, expected):
    assert choose(one, rules, PROFILES, DEFAULT) == expected


def test_nothing_chosen_is_said():
    assert choose(Traits(), (), {}, None) == Choice(None, "none")


def test_a_rule_that_asks_for_nothing_is_known():
    assert Rule(1, 20).empty and not Rule(1, 20, score_from=0).empty
