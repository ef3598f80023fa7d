"""What an edit of a scenario would change for the customers that follow it, said before it is saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date
from sqlalchemy.orm import Session

from models import facts, followers
from models.company import Company
from models.scenarios import Scenario
from rules.effects import Effect, NextThing, effect
from services import language as words
from services.language import N_, NP_, translate, translate_plural
from services.tables import stage_name

AHEAD_DAYS = 30
MOST = 5_000  # customers looked at: beyond, the answer would be waited for
LINES = 6
MOVED = NP_("%(num)s customer would be reminded %(new)s %(instead)s.", "%(num)s customers would be reminded %(new)s %(instead)s.")  # fmt: skip
ADDED = NP_("%(num)s customer would be reminded %(new)s; nothing was planned.", "%(num)s customers would be reminded %(new)s; nothing was planned.")  # fmt: skip
GONE = NP_("%(num)s customer would no longer be reminded %(old)s.", "%(num)s customers would no longer be reminded %(old)s.")
OTHER = NP_("%(num)s customer would get “%(after)s” instead of “%(before)s” %(new)s.", "%(num)s customers would get “%(after)s” instead of “%(before)s” %(new)s.")  # fmt: skip
ON = (N_("today"), N_("tomorrow"), N_("on %(weekday)s"), N_("on %(day)s"))
INSTEAD = (N_("instead of today"), N_("instead of tomorrow"), N_("instead of %(weekday)s"), N_("instead of %(day)s"))
REST = NP_("%(num)s more customer would be reminded otherwise.", "%(num)s more customers would be reminded otherwise.")


@dataclass(frozen=True, slots=True)
class Effects:
    """Sentences about who would be reminded otherwise, most customers first; how many customers in all, and of how many."""

    lines: tuple[str, ...]
    customers: int
    looked_at: int


def effects_of(
    session: Session, company: Company, scenario: Scenario, edit: Callable[[], object], language: str, today: date
) -> Effects:
    """Make an edit and say what it changes in the next days; the caller rolls the session back or keeps it. Errors: the edit's."""
    session.flush()
    scenario_id, until = scenario.id, today + timedelta(days=AHEAD_DAYS)
    ids = followers.following(session, scenario)[:MOST]
    policy = facts.policy(company)
    old = facts.scenarios(session, company.id).get(scenario_id)
    accounts = [one for one in facts.accounts(session, company.id, today, ids) if one.items]
    edit()
    session.flush()
    new = facts.scenarios(session, company.id).get(scenario_id)
    found = [one for account in accounts if (one := effect(account, old, new, policy, today, until)) is not None]
    return Effects(tuple(_lines(found, language, today)), len(found), len(accounts))


def _lines(found: list[Effect], language: str, today: date) -> list[str]:
    counts = Counter(found)
    common = counts.most_common(LINES)
    lines = [_line(one, number, language, today) for one, number in common]
    rest = len(found) - sum(number for _, number in common)
    lines = [f"{line[:-2]}." if line.endswith("..") else line for line in lines]  # “8 déc.” brings its own full stop
    return [*lines, translate_plural(language, *REST, rest)] if rest else lines


def _line(one: Effect, number: int, language: str, today: date) -> str:
    before, after = one
    old = _day(before.on, language, today) if before else ""
    new = _day(after.on, language, today) if after else ""
    if before is None or after is None:
        return translate_plural(language, *(GONE if after is None else ADDED), number, new=new, old=old)
    if before.on != after.on:
        instead = _day(before.on, language, today, INSTEAD)
        return translate_plural(language, *MOVED, number, new=new, instead=instead)
    names = {"before": _name(before, language), "after": _name(after, language)}
    return translate_plural(language, *OTHER, number, new=new, **names)


def _name(thing: NextThing, language: str) -> str:
    return translate(language, N_("Call")) if thing.channel == "call" else stage_name(language, thing.stage, thing.level)


def _day(day: date, language: str, today: date, said: tuple[str, str, str, str] = ON) -> str:
    """Today, tomorrow, on Thursday, on 22 May; or instead of it."""
    ahead = (day - today).days
    if ahead < 2:
        return translate(language, said[max(ahead, 0)])
    if ahead < 7:
        return translate(language, said[2], weekday=format_date(day, "EEEE", locale=words.locale(language)))
    return translate(language, said[3], day=words.day_short(day, language))
