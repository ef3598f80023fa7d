"""Who follows which scenario: a customer its own, else that of the rule it fits, else its profile's, else the default profile's.

Without rules this is a column; with rules `models.choosing` asks `rules.choosing` for all customers at once."""

from __future__ import annotations

from collections import Counter
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import choosing, decisions
from models.actions import Action, ActionItem
from models.company import Profile
from models.customers import Customer
from models.items import Item
from models.scenarios import Scenario, Step


def scenario_followed() -> sa.ColumnElement[int | None]:
    """The scenario a customer follows as a column, in a company without rules (else see `models.choosing`)."""
    own = sa.select(Profile.scenario_id).where(Profile.id == Customer.profile_id).correlate(Customer).scalar_subquery()
    default = (
        sa.select(Profile.scenario_id)
        .where(Profile.company_id == Customer.company_id, Profile.is_default)
        .order_by(Profile.id)
        .limit(1)
        .correlate(Customer)
        .scalar_subquery()
    )
    return sa.func.coalesce(Customer.scenario_id, own, default)


def counts(session: Session, company_id: int) -> dict[int, int]:
    """How many customers with open items follow each scenario."""
    owing = sa.select(Item.customer_id).where(Item.company_id == company_id, Item.open_cents != 0)
    if choosing.rules(session, company_id):
        who = session.scalars(owing.distinct()).all()
        return dict(Counter(c.scenario_id for c in choosing.choices(session, company_id, who).values() if c.scenario_id))
    followed = scenario_followed().label("followed")
    query = (
        sa.select(followed, sa.func.count()).where(Customer.company_id == company_id, Customer.id.in_(owing)).group_by(followed)
    )
    return {row[0]: row[1] for row in session.execute(query) if row[0] is not None}


def following(session: Session, scenario: Scenario) -> list[int]:
    """The customers that follow a scenario."""
    if choosing.rules(session, scenario.company_id):
        found = choosing.choices(session, scenario.company_id)
        return [customer_id for customer_id, choice in found.items() if choice.scenario_id == scenario.id]
    query = sa.select(Customer.id).where(Customer.company_id == scenario.company_id, scenario_followed() == scenario.id)
    return list(session.scalars(query))


def suspect(session: Session, scenario: Scenario, today: date) -> int:
    """All who follow a scenario are looked at again from today; how many they are."""
    ids = following(session, scenario)
    decisions.touch(session, scenario.company_id, ids, today)
    return len(ids)


def legal_types(session: Session, scenario: Scenario) -> list[str]:
    """The kinds of customers that follow a scenario: business, consumer, public."""
    if scenario.id is None:
        return []
    mine = set(following(session, scenario))
    query = sa.select(Customer.id, Customer.legal_type).where(Customer.company_id == scenario.company_id)
    return sorted({kind for customer_id, kind in session.execute(query) if customer_id in mine})


def is_used(session: Session, step: Step) -> bool:
    """Whether a step was ever done."""
    done = sa.select(Action.id).where(Action.step_id == step.id).limit(1)
    taken = sa.select(ActionItem.action_id).where(ActionItem.step_id == step.id).limit(1)
    return session.scalar(done) is not None or session.scalar(taken) is not None


def scenarios(session: Session, company_id: int) -> list[Scenario]:
    """Scenarios of a company by name, active ones first."""
    query = sa.select(Scenario).where(Scenario.company_id == company_id)
    return list(session.scalars(query.order_by(Scenario.active.desc(), Scenario.id)))


def name_taken(session: Session, company_id: int, name: str, but_id: int = 0) -> bool:
    """Whether another scenario of the company bears the name."""
    query = sa.select(Scenario.id).where(Scenario.company_id == company_id, Scenario.name == name, Scenario.id != but_id)
    return session.scalar(query) is not None


def profiles(session: Session, company_id: int) -> list[Profile]:
    """Profiles of a company in the order they were made."""
    return list(session.scalars(sa.select(Profile).where(Profile.company_id == company_id).order_by(Profile.id)))
