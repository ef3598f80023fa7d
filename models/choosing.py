"""SQL → what the choice of scenarios is made from: rules, profiles, traits of customers; who follows which scenario.

The judgement is `rules.choosing`; without rules of a company the choice is a column (`models.followers`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.company import Company, Profile, SalesRep
from models.customers import Customer
from models.items import Item
from models.scenarios import Scenario, ScenarioRule
from rules.choosing import Choice, Rule, Traits, choose

DEBIT_PROFILE = "direct_debit"
CHUNK = 2_000


class Names(NamedTuple):
    """Names by id of what rules speak of."""

    scenarios: dict[int, str]
    sales_reps: dict[int, str]
    profiles: dict[int, str]


class Chooser:
    """Everything of a company that the choice of a scenario depends on, read once; and who pays by debit by profile."""

    def __init__(self, session: Session, company_id: int) -> None:
        query = (
            sa.select(
                Company.country, Company.language, Company.currency,
                Profile.id, Profile.code, Profile.name, Profile.is_default, Profile.scenario_id, Scenario.name,
            )
            .outerjoin(Profile, Profile.company_id == Company.id)
            .outerjoin(Scenario, Scenario.id == Profile.scenario_id)
            .where(Company.id == company_id)
            .order_by(Profile.id)
        )  # fmt: skip
        self.scenarios: dict[int, int | None] = {}
        self.default: int | None = None
        self.debit: set[int] = set()
        self.names = Names({}, {}, {})
        for *house, profile_id, code, name, is_default, scenario_id, scenario in session.connection().execute(query):
            self.country, self.language, self.currency = house
            if profile_id is None:
                continue
            self.scenarios[profile_id] = scenario_id
            self.names.profiles[profile_id] = name
            self.names.scenarios[scenario_id or 0] = scenario or ""
            if is_default and self.default is None:
                self.default = scenario_id
            if code == DEBIT_PROFILE:
                self.debit.add(profile_id)
        self.rules = tuple(_named_rules(session, company_id, self.names))
        self.by_amount = any(rule.min_cents is not None for rule in self.rules)
        self.by_score = any(rule.score_from is not None or rule.score_until is not None for rule in self.rules)

    def choose(self, traits: Sequence[Any], owed_cents: int) -> Choice:
        """The choice for a row of `TRAITS`; what it owes comes from its items."""
        own, profile_id, score, rep_id, country, language = traits
        one = Traits(own, profile_id, owed_cents, score, rep_id, country or self.country, language or self.language)
        return choose(one, self.rules, self.scenarios, self.default)

    def scenario(self, traits: Sequence[Any], owed_cents: int) -> int | None:
        """The scenario alone; the short way when there are no rules, because a morning asks tens of thousands of times."""
        if self.rules:
            return self.choose(traits, owed_cents).scenario_id
        return traits[0] or (self.scenarios.get(traits[1]) if traits[1] else None) or self.default

    def by_debit(self, method: str, profile_id: int | None) -> bool:
        """Whether a customer pays by direct debit: by its own method, else by its profile."""
        return method == "direct_debit" or (not method and profile_id in self.debit)


TRAITS = (
    Customer.scenario_id, Customer.profile_id, Customer.score, Customer.sales_rep_id, Customer.country, Customer.language,
)  # fmt: skip


_RULE = (
    ScenarioRule.id, ScenarioRule.scenario_id, ScenarioRule.min_cents, ScenarioRule.score_from, ScenarioRule.score_until,
    ScenarioRule.sales_rep_id, ScenarioRule.country, ScenarioRule.language, ScenarioRule.profile_id,
)  # fmt: skip


def rules(session: Session, company_id: int) -> tuple[Rule, ...]:
    """The rules of a company in their order."""
    query = sa.select(*_RULE).where(ScenarioRule.company_id == company_id)
    return tuple(Rule(*row) for row in session.connection().execute(query.order_by(ScenarioRule.position, ScenarioRule.id)))


def _named_rules(session: Session, company_id: int, known: Names) -> Iterator[Rule]:
    """The rules in their order; the names of what they speak of are added to those known."""
    query = (
        sa.select(Scenario.name, SalesRep.name, Profile.name, *_RULE)
        .join(Scenario, Scenario.id == ScenarioRule.scenario_id)
        .outerjoin(SalesRep, SalesRep.id == ScenarioRule.sales_rep_id)
        .outerjoin(Profile, Profile.id == ScenarioRule.profile_id)
        .where(ScenarioRule.company_id == company_id)
        .order_by(ScenarioRule.position, ScenarioRule.id)
    )
    for scenario, rep, profile, *row in session.connection().execute(query):
        rule = Rule(*row)
        known.scenarios[rule.scenario_id] = scenario
        known.sales_reps[rule.sales_rep_id or 0] = rep or ""
        known.profiles[rule.profile_id or 0] = profile or ""
        yield rule


def rule_rows(session: Session, company_id: int) -> list[ScenarioRule]:
    """The rules of a company in their order, to be changed."""
    query = sa.select(ScenarioRule).where(ScenarioRule.company_id == company_id)
    return list(session.scalars(query.order_by(ScenarioRule.position, ScenarioRule.id)))


def choices(session: Session, company_id: int, customer_ids: Iterable[int] | None = None) -> dict[int, Choice]:
    """The scenario of customers (None: of all) and why, by customer id."""
    chooser = Chooser(session, company_id)
    wanted = None if customer_ids is None else sorted(set(customer_ids))
    parts = [None] if wanted is None else [wanted[n : n + CHUNK] for n in range(0, len(wanted), CHUNK)]
    found: dict[int, Choice] = {}
    for part in parts:
        owed = _owed(session, company_id, chooser.currency, part) if chooser.by_amount else {}
        query = sa.select(Customer.id, *TRAITS).where(Customer.company_id == company_id)
        for customer_id, *traits in session.connection().execute(query if part is None else query.where(Customer.id.in_(part))):
            found[customer_id] = chooser.choose(traits, owed.get(customer_id, 0))
    return found


def _owed(session: Session, company_id: int, currency: str, ids: Sequence[int] | None) -> dict[int, int]:
    query = sa.select(Item.customer_id, sa.func.sum(Item.open_cents)).where(
        Item.company_id == company_id, Item.open_cents != 0, Item.currency == currency
    )
    if ids is not None:
        query = query.where(Item.customer_id.in_(ids))
    return {row[0]: row[1] for row in session.connection().execute(query.group_by(Item.customer_id))}


def names(session: Session, company_id: int) -> Names:
    """All scenarios, sales representatives and profiles of a company, by name."""
    return Names(*(
        {row[0]: row[1] for row in session.execute(sa.select(kind.id, kind.name).where(kind.company_id == company_id).order_by(kind.name))}
        for kind in (Scenario, SalesRep, Profile)
    ))  # fmt: skip
