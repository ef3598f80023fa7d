"""Rules that choose the scenario of customers: kept, put in order, explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from models import audit, choosing
from models.company import Company
from models.customers import Customer
from models.scenarios import Scenario, ScenarioRule
from rules.choosing import Rule
from rules.errors import DomainError
from services import language as words
from services import worklist
from services.language import LANGUAGES, N_, translate

EDITABLE = ("scenario_id", "min_cents", "score_from", "score_until", "sales_rep_id", "country", "language", "profile_id")
MOST = 50
AT_ONCE = 2_000  # customers decided again within the edit itself; more are left to the next sweep
LANGUAGE_NAMES = {"fr": N_("French"), "nl": N_("Dutch"), "en": N_("English"), "de": N_("German")}
WHY = {
    "customer": N_("This customer follows “%(scenario)s” because it was chosen for them."),
    "rule": N_("This customer follows “%(scenario)s” because of rule %(place)s: %(conditions)s."),
    "profile": N_("This customer follows “%(scenario)s” because their profile is “%(profile)s”."),
    "default": N_("This customer follows “%(scenario)s” because nothing else was chosen for them."),
    "none": N_("This customer follows no scenario and is not reminded."),
}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule as people read it, with how many customers follow a scenario because of it."""

    rule: Rule
    scenario: str
    conditions: str
    customers: int


@dataclass(frozen=True, slots=True)
class Followed:
    """The scenario a customer follows (None: none) and why, in one sentence."""

    scenario_id: int | None
    name: str
    why: str


def list_rules(session: Session, company: Company, language: str) -> list[RuleLine]:
    """The rules of a company in their order."""
    chooser = choosing.Chooser(session, company.id)
    every = choosing.choices(session, company.id).values() if chooser.rules else ()
    chosen = Counter(choice.rule_id for choice in every)
    return [
        RuleLine(
            rule, chooser.names.scenarios[rule.scenario_id], _conditions(rule, chooser.names, company, language), chosen[rule.id]
        )
        for rule in chooser.rules
    ]  # fmt: skip


def followed_by(session: Session, company: Company, customer: Customer, owed_cents: int, language: str) -> Followed:
    """Which scenario a customer follows, and the sentence that says why. owed_cents: what is open in the company's currency."""
    session.flush()
    chooser = choosing.Chooser(session, company.id)
    one = customer
    traits = (one.scenario_id, one.profile_id, one.score, one.sales_rep_id, one.country, one.language)
    choice = chooser.choose(traits, owed_cents)
    own = session.get(Scenario, one.scenario_id) if one.scenario_id else None
    name = own.name if own else chooser.names.scenarios.get(choice.scenario_id or 0, "")
    params: dict[str, object] = {"scenario": name, "profile": chooser.names.profiles.get(one.profile_id or 0, "")}
    if choice.why == "rule":
        place = next(n for n, rule in enumerate(chooser.rules) if rule.id == choice.rule_id)
        said = _conditions(chooser.rules[place], chooser.names, company, language)
        params |= {"place": place + 1, "conditions": said}
    return Followed(choice.scenario_id, name, translate(language, WHY[choice.why], **params))


def _conditions(rule: Rule, names: choosing.Names, company: Company, language: str) -> str:
    said: list[str] = []
    if rule.min_cents is not None:
        amount = words.money_with_currency(rule.min_cents, language, company.currency)
        said.append(translate(language, N_("owes at least %(amount)s"), amount=amount))
    if rule.score_from is not None or rule.score_until is not None:
        low, high = rule.score_from or 0, 100 if rule.score_until is None else rule.score_until
        said.append(translate(language, N_("score from %(low)s to %(high)s"), low=low, high=high))
    if rule.sales_rep_id:
        said.append(translate(language, N_("sales representative %(name)s"), name=names.sales_reps.get(rule.sales_rep_id, "")))
    if rule.country:
        country = words.locale(language).territories.get(rule.country, rule.country)
        said.append(translate(language, N_("country %(name)s"), name=country))
    if rule.language:
        name = translate(language, LANGUAGE_NAMES.get(rule.language, rule.language))
        said.append(translate(language, N_("language %(name)s"), name=name))
    if rule.profile_id:
        said.append(translate(language, N_("profile %(name)s"), name=names.profiles.get(rule.profile_id, "")))
    return ", ".join(said)


def save_rule(
    session: Session, company: Company, rule: ScenarioRule | None, fields: Mapping[str, object], actor_id: int | None,
    now: datetime, today: date,
) -> ScenarioRule:  # fmt: skip
    """Keep a rule, a new one after all others. Errors: rule_empty, rule_scores_wrong, rule_amount_wrong, rule_country_wrong,
    rule_choice_wrong, rule_too_many."""
    rows = choosing.rule_rows(session, company.id)
    if rule is None and len(rows) >= MOST:
        raise DomainError("rule_too_many", most=MOST)
    kept = {name: fields.get(name) or (None if name.endswith("_id") else "") for name in EDITABLE}
    kept |= {name: fields.get(name) for name in ("min_cents", "score_from", "score_until")}
    kept["country"] = str(kept["country"]).strip().upper()
    _check(session, company, Rule(0, **kept))  # type: ignore[arg-type]
    verb = "update" if rule else "create"
    if rule is None:
        rule = ScenarioRule(company_id=company.id, position=max((row.position for row in rows), default=0) + 1)
        session.add(rule)
    for name, value in kept.items():
        setattr(rule, name, value)
    session.flush()
    _changed(session, company, verb, rule.id, kept, actor_id, now, today)
    return rule


def _check(session: Session, company: Company, rule: Rule) -> None:
    scenarios, reps, profiles = choosing.names(session, company.id)
    if (
        rule.scenario_id not in scenarios
        or rule.sales_rep_id not in (None, *reps)
        or rule.profile_id not in (None, *profiles)
        or rule.language not in ("", *LANGUAGES)
    ):
        raise DomainError("rule_choice_wrong")
    if rule.empty:
        raise DomainError("rule_empty")
    low, high = rule.score_from or 0, 100 if rule.score_until is None else rule.score_until
    if not 0 <= low <= high <= 100:
        raise DomainError("rule_scores_wrong")
    if rule.min_cents is not None and rule.min_cents <= 0:
        raise DomainError("rule_amount_wrong")
    if (rule.country and rule.country not in words.locale("en").territories) or len(rule.country) not in (0, 2):
        raise DomainError("rule_country_wrong", value=rule.country)


def move_rule(
    session: Session, company: Company, rule: ScenarioRule, step: int, actor_id: int | None, now: datetime, today: date
) -> None:
    """Put a rule so many places later (negative: earlier); the first rule that fits wins."""
    rows = choosing.rule_rows(session, company.id)
    before = rows.index(rule)
    rows.remove(rule)
    place = min(max(before + step, 0), len(rows))
    if place == before:
        return
    rows.insert(place, rule)
    for n, row in enumerate(rows, 1):
        row.position = n
    session.flush()
    _changed(session, company, "move", rule.id, {"place": [before + 1, place + 1]}, actor_id, now, today)


def remove_rule(
    session: Session, company: Company, rule: ScenarioRule, actor_id: int | None, now: datetime, today: date
) -> None:
    """Take a rule away; who followed a scenario because of it follows the next rule that fits, or the profile."""
    rule_id, changes = rule.id, {name: getattr(rule, name) for name in EDITABLE}
    session.delete(rule)
    session.flush()
    _changed(session, company, "delete", rule_id, changes, actor_id, now, today)


def _changed(
    session: Session, company: Company, verb: str, rule_id: int, changes: Mapping[str, object], actor_id: int | None,
    now: datetime, today: date,
) -> None:  # fmt: skip
    audit.record(session, now, actor_id, company.id, verb, "scenario_rule", rule_id, dict(changes))
    worklist.suspect(session, company, today)
    if len(choosing.choices(session, company.id)) <= AT_ONCE:
        worklist.refresh(session, company, None, today)
