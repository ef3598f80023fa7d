"""Rules that choose the scenario: who follows what, order, explanation, what follows from a change."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from models import AuditEntry, Customer, Item, Profile, SalesRep, Scenario, choosing, facts, followers
from models import worklist as lists
from rules.errors import DomainError
from services import scenario_rules, scores, worklist
from tests.services.people import NOW, TODAY, customer, furnish, owe
from tests.services.people import scenario as ready


@pytest.fixture
def house(session, company):
    return furnish(session, company)


def rule(session, house, code, **fields):
    fields = {"scenario_id": ready(session, house, code).id, **fields}
    return scenario_rules.save_rule(session, house, None, fields, None, NOW, TODAY)


def followed(session, house, who):
    owed = sum(item.open_cents for item in session.query(Item).filter_by(customer_id=who.id))
    return scenario_rules.followed_by(session, house, who, owed, "fr")


def test_the_decision_the_counts_and_the_explanation_agree(session, house):
    people = [
        customer(session, house, f"C{n}", country=("FR", "BE")[n % 2], score=n * 10, profile=("sme", "consumer")[n % 3 == 0])
        for n in range(12)
    ]
    for n, who in enumerate(people):
        owe(session, who, TODAY - timedelta(days=20), 50_000 * (n + 1))
    people[4].scenario_id = ready(session, house, "direct_debit").id
    rule(session, house, "key_account", min_cents=400_000)
    rule(session, house, "bad_payer", country="be", score_until=50)
    chosen = choosing.choices(session, house.id)
    decided = {a.customer_id: a.scenario_id for a in facts.accounts(session, house.id, TODAY)}
    assert decided == {customer_id: choice.scenario_id for customer_id, choice in chosen.items()}
    assert followers.counts(session, house.id) == {i: list(decided.values()).count(i) for i in set(decided.values())}
    for one in session.query(Scenario):
        assert sorted(followers.following(session, one)) == sorted(i for i, s in decided.items() if s == one.id)
    assert {choice.why for choice in chosen.values()} == {"customer", "rule", "profile"}


def test_a_rule_changes_what_is_done_today_and_taking_it_away_too(session, house):
    who = customer(session, house)
    owe(session, who, TODAY - timedelta(days=4), 800_000)
    worklist.refresh(session, house, None, TODAY)
    assert lists.entries(session, house.id) == []
    made = rule(session, house, "key_account", min_cents=500_000)
    assert [e.channel for e in lists.entries(session, house.id)] == ["call"]
    scenario_rules.remove_rule(session, house, made, None, NOW, TODAY)
    assert lists.entries(session, house.id) == []
    verbs = session.scalars(sa.select(AuditEntry.verb).where(AuditEntry.noun == "scenario_rule").order_by(AuditEntry.id)).all()
    assert verbs == ["create", "delete"]


def test_the_first_rule_that_fits_wins_and_can_be_put_last(session, house):
    who = customer(session, house, country="BE")
    owe(session, who, TODAY, 100_000)
    first = rule(session, house, "key_account", country="BE")
    rule(session, house, "bad_payer", min_cents=1)
    assert followed(session, house, who).name == "Grand compte"
    scenario_rules.move_rule(session, house, first, 1, None, NOW, TODAY)
    assert followed(session, house, who).name == "Mauvais payeur"
    assert [line.customers for line in scenario_rules.list_rules(session, house, "fr")] == [1, 0]


def test_why_a_customer_follows_a_scenario_in_one_sentence(session, house):
    who = customer(session, house, country="BE", score=30)
    assert followed(session, house, who).why == "Ce client suit « Standard » parce que son profil est « PME »."
    who.profile_id = None
    assert followed(session, house, who).why == "Ce client suit « Standard » parce que rien d’autre n’a été choisi pour lui."
    owe(session, who, TODAY, 1_000_000)
    rule(session, house, "bad_payer", min_cents=500_000, score_until=40, country="BE")
    assert followed(session, house, who).why.replace("\xa0", " ").replace("\u202f", " ") == (
        "Ce client suit « Mauvais payeur » par la règle 1 : doit au moins 5 000,00 €, score de 0 à 40, pays Belgique."
    )
    who.scenario_id = ready(session, house, "consumer").id
    assert followed(session, house, who).why == "Ce client suit « Particulier » parce que ce scénario a été choisi pour lui."
    session.execute(sa.update(Profile).values(scenario_id=None))
    who.scenario_id, who.country = None, "FR"
    assert followed(session, house, who) == scenario_rules.Followed(
        None, "", "Ce client ne suit aucun scénario et n’est pas relancé."
    )


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "rule_empty"),
        ({"score_from": 50, "score_until": 40}, "rule_scores_wrong"),
        ({"score_until": 101}, "rule_scores_wrong"),
        ({"min_cents": 0}, "rule_amount_wrong"),
        ({"country": "Belgique"}, "rule_country_wrong"),
        ({"country": "XX"}, "rule_country_wrong"),
        ({"profile_id": 999}, "rule_choice_wrong"),
        ({"scenario_id": 999, "country": "BE"}, "rule_choice_wrong"),
        ({"language": "it"}, "rule_choice_wrong"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(session, house, fields, code):
    with pytest.raises(DomainError) as refused:
        rule(session, house, "standard", **fields)
    assert refused.value.code == code
    assert choosing.rules(session, house.id) == ()


def test_a_new_score_makes_suspects_only_where_a_rule_looks_at_scores(session, house):
    who = customer(session, house, review_on=None, score=10)
    scores.refresh(session, house, None, TODAY)
    session.expire_all()
    assert who.review_on is None and who.score is None
    rule(session, house, "bad_payer", score_until=40)
    session.execute(sa.update(Customer).values(review_on=None, score=10))
    session.expire_all()
    scores.refresh(session, house, None, TODAY)
    session.expire_all()
    assert who.review_on == TODAY


def test_a_rule_by_sales_representative(session, house):
    rep = SalesRep(company_id=house.id, code="R1", name="Léa")
    session.add(rep)
    session.flush()
    who = customer(session, house, sales_rep_id=rep.id)
    rule(session, house, "key_account", sales_rep_id=rep.id)
    assert "commercial Léa" in followed(session, house, who).why
