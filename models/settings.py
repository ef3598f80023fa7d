"""Questions of the settings pages: users with their companies, profiles with their customers, representatives."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.company import Company, Profile, SalesRep
from models.customers import Customer
from models.items import Item
from models.scenarios import Scenario
from models.users import Membership, Role, User


class ProfileLine(NamedTuple):
    """A profile, its scenario and how many customers it has."""

    profile: Profile
    scenario: str | None
    customers: int


def users(session: Session) -> list[tuple[User, list[str]]]:
    """All users by name, each with the names of their companies."""
    names: dict[int, list[str]] = {}
    rows = session.execute(sa.select(Membership.user_id, Company.name).join(Company, Company.id == Membership.company_id))
    for user_id, name in rows:
        names.setdefault(user_id, []).append(name)
    return [(user, sorted(names.get(user.id, []))) for user in session.scalars(sa.select(User).order_by(User.name))]


def company_ids_of(session: Session, user_id: int) -> list[int]:
    """The companies a user was given."""
    return list(session.scalars(sa.select(Membership.company_id).where(Membership.user_id == user_id)))


def all_companies(session: Session) -> list[Company]:
    """Every company of the instance, by name."""
    return list(session.scalars(sa.select(Company).order_by(Company.name)))


def profiles(session: Session, company_id: int) -> list[ProfileLine]:
    """The profiles of a company by name."""
    count = sa.select(sa.func.count()).where(Customer.profile_id == Profile.id).scalar_subquery()
    query = (
        sa.select(Profile, Scenario.name, count)
        .outerjoin(Scenario, Scenario.id == Profile.scenario_id)
        .where(Profile.company_id == company_id)
        .order_by(Profile.name)
    )
    return [ProfileLine(*row) for row in session.execute(query)]


def scenario_names(session: Session, company_id: int) -> list[tuple[int, str]]:
    """The scenarios of a company, for a choice."""
    query = sa.select(Scenario.id, Scenario.name).where(Scenario.company_id == company_id).order_by(Scenario.name)
    return [(row[0], row[1]) for row in session.execute(query)]


def reps(session: Session, company_id: int) -> list[tuple[SalesRep, int]]:
    """The sales representatives of a company, each with the number of customers."""
    count = sa.select(sa.func.count()).where(Customer.sales_rep_id == SalesRep.id).scalar_subquery()
    query = sa.select(SalesRep, count).where(SalesRep.company_id == company_id).order_by(SalesRep.name)
    return [(row[0], row[1]) for row in session.execute(query)]


def members(session: Session, company_id: int) -> list[tuple[int, str]]:
    """The users who may see a company, for a choice."""
    query = (
        sa.select(User.id, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.company_id == company_id, User.disabled_at.is_(None))
        .order_by(User.name)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def active_users(session: Session, user_ids: list[int], company_id: int) -> list[User]:
    """Those of some users who may sign in and see a company."""
    member = sa.exists().where(Membership.user_id == User.id, Membership.company_id == company_id)
    everywhere = User.role == Role.ADMINISTRATOR
    query = sa.select(User).where(User.id.in_(user_ids), User.disabled_at.is_(None), sa.or_(member, everywhere))
    return list(session.scalars(query.order_by(User.id)))


def readers(session: Session, company_id: int) -> list[tuple[int, str]]:
    """Who may be told about a company's messages: its members and the administrators, for a choice."""
    member = sa.exists().where(Membership.user_id == User.id, Membership.company_id == company_id)
    query = sa.select(User.id, User.name).where(
        User.disabled_at.is_(None), User.role != Role.SALES_REP, sa.or_(member, User.role == Role.ADMINISTRATOR)
    )
    return [(row[0], row[1]) for row in session.execute(query.order_by(User.name))]


def sample_customers(session: Session, company_id: int) -> list[tuple[int, str]]:
    """Twenty customers who owe most, to preview a template with."""
    owed = sa.func.sum(Item.open_cents)
    query = (
        sa.select(Customer.id, Customer.name)
        .join(Item, Item.customer_id == Customer.id)
        .where(Item.company_id == company_id, Item.open_cents > 0)
        .group_by(Customer.id)
        .order_by(owed.desc())
        .limit(20)
    )
    return [(row[0], row[1]) for row in session.execute(query)]
