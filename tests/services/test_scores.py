"""Scores kept on the customers."""

from __future__ import annotations

from datetime import timedelta

from models import Customer, Promise
from services import scores
from tests.services.people import NOW, TODAY, customer, furnish, owe, pay


def test_scores_are_kept_and_explained(session, company):
    house = furnish(session, company)
    good, new = customer(session, house, "GOOD"), customer(session, house, "NEW")
    for n in (10, 20, 30, 40):
        pay(session, owe(session, good, TODAY - timedelta(days=n)), TODAY - timedelta(days=n))
    assert scores.refresh(session, house, None, TODAY) == 2
    assert (session.get_one(Customer, good.id).score, session.get_one(Customer, good.id).score_on) == (100, TODAY)
    assert session.get_one(Customer, new.id).score is None
    session.add(
        Promise(
            company_id=house.id,
            customer_id=good.id,
            promised_on=TODAY,
            cents=1,
            currency="EUR",
            state="broken",
            made_at=NOW,
            decided_on=TODAY,
        )
    )
    owe(session, good, TODAY - timedelta(days=60), 400_000)
    scores.refresh(session, house, [good.id], TODAY)
    found = scores.scores_of(session, house, [good.id], TODAY)[good.id]
    assert session.get_one(Customer, good.id).score == found.value < 70
    assert {p.code: p.found for p in found.parts}["promises"] == 1
