"""A scenario as a JSON file: written out with the words its messages use, read in with every value checked.

Only templates the company wrote itself travel; words it has already are never overwritten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import audit, drafts, followers
from models.company import Company
from models.scenarios import Scenario, Step
from rules.errors import DomainError
from services import templates
from services.scenarios import EDITABLE, active_steps, check, check_law

KIND, VERSION = "encours-scenario", 1
MOST_BYTES, MOST_STEPS, MOST_TEMPLATES = 1_000_000, 60, 200
NUMBERS = ("level", "days", "wait_days", "repeat_days", "repeat_max")
AMOUNTS = ("floor_cents", "ceiling_cents")
FLAGS = ("may_be_overtaken",)
TEMPLATE = ("code", "channel", "language", "subject", "body")
LARGEST = 10**12


def export_scenario(session: Session, company: Company, scenario: Scenario) -> str:
    """The file of a scenario: its steps in order, and the company's own words for them."""
    steps = active_steps(scenario)
    codes = {step.template_code or templates.code_of(step.stage, step.level) for step in steps}
    codes |= {f"{code}_consumer" for code in codes}
    own = drafts.own_templates(session, company.id)
    content = {
        "kind": KIND,
        "version": VERSION,
        "name": scenario.name,
        "by_item": scenario.by_item,
        "legal_type": scenario.legal_type,
        "steps": [{name: getattr(step, name) for name in EDITABLE} for step in steps],
        "templates": [{name: getattr(own[key], name) for name in TEMPLATE} for key in sorted(own) if key[0] in codes],
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def import_scenario(
    session: Session, company: Company, content: bytes, actor_id: int | None, now: datetime
) -> tuple[Scenario, int]:
    """A new scenario from a file, not in use until somebody says so; and how many templates came along. Nothing is written on
    an error. Errors: scenario_file_… naming the place, scenario_name_taken, and those of `services.scenarios.check` and `check_law`
    with their step."""
    given = _read(content)
    name = _text(given, "name", "")
    if not name.strip():
        raise DomainError("scenario_name_missing")
    if followers.name_taken(session, company.id, name.strip()):
        raise DomainError("scenario_name_taken", name=name.strip())
    steps = [_step(one, place) for place, one in enumerate(_list(given, "steps", MOST_STEPS), 1)]
    if not steps:
        raise DomainError("scenario_file_value", place="steps")
    words = [_template(one, place) for place, one in enumerate(_list(given, "templates", MOST_TEMPLATES), 1)]
    legal_type = _text(given, "legal_type", "")
    if legal_type not in ("", "business", "consumer", "public"):
        raise DomainError("scenario_file_value", place="legal_type")
    made = Scenario(
        company_id=company.id, name=name.strip(), by_item=_flag(given, "by_item", ""), legal_type=legal_type, active=False,
        changed_at=now, steps=[Step(position=n, **fields) for n, fields in enumerate(steps, 1)],
    )  # fmt: skip
    for step in made.steps:
        step.retired = False
        check(made, step)
    check_law(session, company, made)
    session.add(made)
    session.flush()
    brought = _bring(session, company, words, actor_id, now)
    audit.record(session, now, actor_id, company.id, "create", "scenario", made.id, {"name": made.name, "templates": brought})
    return made, brought


def _bring(session: Session, company: Company, words: list[dict[str, str]], actor_id: int | None, now: datetime) -> int:
    own = drafts.own_templates(session, company.id)
    fresh = [one for one in words if (one["code"], one["channel"], one["language"]) not in own]
    for one in fresh:
        templates.save_template(
            session, company, one["code"], one["channel"], one["language"], subject=one["subject"], body=one["body"],
            actor_id=actor_id, now=now,
        )  # fmt: skip
    return len(fresh)


def _read(content: bytes) -> Mapping[str, Any]:
    if len(content) > MOST_BYTES:
        raise DomainError("scenario_file_large")
    try:
        given = json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise DomainError("scenario_file_json", line=error.lineno, column=error.colno) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise DomainError("scenario_file_kind") from error
    if not isinstance(given, dict) or given.get("kind") != KIND:
        raise DomainError("scenario_file_kind")
    if given.get("version") != VERSION:
        raise DomainError("scenario_file_version")
    return given


def _step(given: object, place: int) -> dict[str, Any]:
    where = f"steps[{place}]"
    if not isinstance(given, dict):
        raise DomainError("scenario_file_value", place=where)
    for name in given:
        if name not in EDITABLE:
            raise DomainError("scenario_file_value", place=f"{where}.{name}")
    fields: dict[str, Any] = {}
    for name in EDITABLE:
        if name in FLAGS:
            fields[name] = _flag({name: True, **given}, name, where)
        elif name in NUMBERS or name in AMOUNTS:
            fields[name] = _number(given, name, where, name in AMOUNTS)
        else:
            fields[name] = _text(given, name, where)
    fields["mode"] = fields["mode"] or "confirm"
    return fields


def _template(given: object, place: int) -> dict[str, str]:
    where = f"templates[{place}]"
    if not isinstance(given, dict):
        raise DomainError("scenario_file_value", place=where)
    one = {name: _text(given, name, where) for name in TEMPLATE}
    if one["language"] not in templates.LANGUAGES:
        raise DomainError("scenario_file_value", place=f"{where}.language")
    if templates.default_words(one["code"], one["channel"], "en") is None:
        raise DomainError("scenario_file_value", place=f"{where}.code")
    if templates.problems_of(one["subject"], one["body"]):
        raise DomainError("scenario_file_value", place=f"{where}.body")
    return one


def _list(given: Mapping[str, Any], name: str, most: int) -> list[Any]:
    found = given.get(name, [])
    if not isinstance(found, list) or len(found) > most:
        raise DomainError("scenario_file_value", place=name)
    return found


def _text(given: Mapping[str, Any], name: str, where: str) -> str:
    found = given.get(name, "")
    if not isinstance(found, str):
        raise DomainError("scenario_file_value", place=f"{where}.{name}".lstrip("."))
    return found


def _flag(given: Mapping[str, Any], name: str, where: str) -> bool:
    found = given.get(name, False)
    if not isinstance(found, bool):
        raise DomainError("scenario_file_value", place=f"{where}.{name}".lstrip("."))
    return found


def _number(given: Mapping[str, Any], name: str, where: str, may_miss: bool) -> int | None:
    found = given.get(name, None if may_miss else 0)
    if found is None and may_miss:
        return None
    if not isinstance(found, int) or isinstance(found, bool) or abs(found) > LARGEST:
        raise DomainError("scenario_file_value", place=f"{where}.{name}")
    return found
