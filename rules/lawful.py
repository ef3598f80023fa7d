"""Is a scenario lawful for a country and a kind of debtor: every breach names its step and its rule.

>>> first = Stage("reminder", 1, 8, "email", charges=True, wait_days=14)
>>> [breach.code for breach in breaches("BE", "consumer", (first,))]
['lawful_be_first_free']
>>> breaches("BE", "business", (first,))
[]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rules.belgium import MARGIN_DAYS, WAIT_DAYS

WRITING = ("email", "letter")
# From a dispatch by post on a Friday, the third working day is five days later; public holidays are for the gate of the day.
TRAVEL_DAYS = {"email": 1, "letter": 5}


@dataclass(frozen=True, slots=True)
class Stage:
    """A step as the law sees it. day: nominal days after the due date; charges: asks for costs or interest on top of the debt."""

    stage: str
    level: int
    day: int
    channel: str
    fallback: str = ""
    charges: bool = False
    wait_days: int = 0
    may_be_overtaken: bool = False
    mode: str = "automatic"


class Breach(NamedTuple):
    """The rule broken, the place of the step in the scenario (from 0), and numbers for the sentence."""

    code: str
    place: int
    days: int = 0


def breaches(country: str, legal_type: str, stages: Sequence[Stage]) -> list[Breach]:
    """All the rules a scenario breaks, in the order of its steps; none: it may be saved."""
    found = [Breach("lawful_before_due", n) for n, s in enumerate(stages) if s.charges and (s.stage == "notice" or s.day <= 0)]
    found += [Breach("lawful_thanks", n) for n, s in enumerate(stages) if s.charges and s.stage == "thanks"]
    if legal_type == "consumer":
        found += _consumer(country, stages)
    found += [
        Breach("lawful_formal_needs_person", n)
        for n, s in enumerate(stages)
        if s.stage in ("formal_notice", "handover") and s.mode == "automatic"
    ]
    return sorted(found, key=lambda breach: breach.place)


def _consumer(country: str, stages: Sequence[Stage]) -> list[Breach]:
    if country == "FR":
        return [
            Breach("lawful_fr_consumer", n)
            for n, s in enumerate(stages)
            if s.charges and not _after_formal_notice(stages, n)
        ]  # fmt: skip
    if country in ("BE", "NL"):
        return _free_reminder_first(country, stages)
    if country in ("DE", "LU"):
        return [Breach("lawful_reminder_first", n) for n, s in enumerate(stages) if s.charges and not _reminded(stages, n)]
    return [Breach("lawful_country_unknown", n) for n, s in enumerate(stages) if s.charges]


def _after_formal_notice(stages: Sequence[Stage], place: int) -> bool:
    return any(s.stage == "formal_notice" for s in stages[:place]) or stages[place].stage == "formal_notice"


def _reminded(stages: Sequence[Stage], place: int) -> bool:
    return any(s.stage == "reminder" and s.channel in WRITING for s in stages[:place])


def _free_reminder_first(country: str, stages: Sequence[Stage]) -> list[Breach]:
    """Before the first step that charges: a free reminder in writing that cannot be skipped, names its 14 days, and has
    left them to the debtor."""
    charging = [n for n, s in enumerate(stages) if s.charges and s.stage != "notice"]
    if not charging:
        return []
    code = country.lower()
    place = charging[0]
    free = [n for n in range(place) if stages[n].stage == "reminder" and stages[n].channel in WRITING]
    if not free:
        return [Breach(f"lawful_{code}_first_free", place)]
    found, first = [], stages[free[0]]
    if first.may_be_overtaken:
        found.append(Breach(f"lawful_{code}_skippable", free[0]))
    if first.wait_days < WAIT_DAYS:
        found.append(Breach(f"lawful_{code}_period", free[0], WAIT_DAYS))
    needed = least_days(first)
    if stages[place].day - first.day < needed:
        found.append(Breach(f"lawful_{code}_wait", place, needed))
    return found


def least_days(first: Stage) -> int:
    """Days between a free first reminder and the first step that may charge, with the margin; the slower of its channels.

    >>> least_days(Stage("reminder", 1, 8, "email")), least_days(Stage("reminder", 1, 8, "email", "letter"))
    (16, 20)
    """
    channels = [c for c in (first.channel, first.fallback) if c in WRITING]
    return max(TRAVEL_DAYS[c] for c in channels) + WAIT_DAYS + MARGIN_DAYS
