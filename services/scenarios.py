"""Scenarios: the ready-made ones of a new company, and editing them.

Every edit raises the scenario's version and makes all who follow it suspects from today, in one statement; what was
done keeps its step, so a step once used is retired, never deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from models import audit, followers
from models.company import Company, Profile
from models.scenarios import Scenario, Step
from rules.errors import DomainError
from rules.lawful import Stage, breaches
from services import worklist
from services.language import translate
from services.scenarios_ready import PROFILES, SCENARIOS, packs_for

STAGES = ("notice", "reminder", "formal_notice", "handover", "thanks")
TRIGGERS = ("due", "document", "previous", "payment")
CHANNELS = ("email", "letter", "call", "sms", "other")
MODES = ("automatic", "confirm", "manual")
EDITABLE = (
    "stage", "level", "trigger", "days", "channel", "fallback", "mode", "template_code", "floor_cents", "ceiling_cents",
    "wait_days", "may_be_overtaken", "repeat_days", "repeat_max", "charges",
)  # fmt: skip
CHARGES = ("", "announce", "claim")
LEGAL_TYPES = ("", "business", "consumer", "public")
LONGEST_DAYS = 730
AT_ONCE = 2_000  # customers decided again within the edit itself; more are left to the next sweep


def install_defaults(session: Session, company: Company, now: datetime) -> None:
    """Give a new company the ready-made scenarios and profiles, named in its language; what it has already stays."""
    known = {s.code: s for s in followers.scenarios(session, company.id) if s.code}
    for ready in SCENARIOS:
        if ready.code in known:
            continue
        steps = [Step(position=n, **step._asdict()) for n, step in enumerate(ready.steps, 1)]
        known[ready.code] = Scenario(
            company_id=company.id, code=ready.code, name=translate(company.language, ready.name), changed_at=now, steps=steps,
            legal_type="consumer" if ready.code == "consumer" else "",
        )  # fmt: skip
        session.add(known[ready.code])
    session.flush()
    present = {p.code for p in followers.profiles(session, company.id)}
    for n, (code, name, scenario) in enumerate(PROFILES):
        if code not in present:
            profile = Profile(
                company_id=company.id, code=code, name=translate(company.language, name), scenario_id=known[scenario].id,
                is_default=n == 0 and not present,
            )  # fmt: skip
            session.add(profile)
    session.flush()


def add_pack(session: Session, company: Company, code: str, actor_id: int | None, now: datetime) -> Scenario:
    """A ready-made pack becomes a scenario of the company, followed by nobody yet. Errors: pack_unknown, scenario_name_taken,
    see `check_law`."""
    pack = next((one for one in packs_for(company.country) if one.code == code), None)
    if pack is None:
        raise DomainError("pack_unknown")
    name = translate(company.language, pack.name)
    _check_name(session, company, name)
    steps = [Step(position=n, **step._asdict()) for n, step in enumerate(pack.steps, 1)]
    made = Scenario(company_id=company.id, name=name, legal_type=pack.legal_type, changed_at=now, steps=steps)
    session.add(made)
    session.flush()
    for step in steps:
        check(made, step)
    check_law(session, company, made)
    audit.record(session, now, actor_id, company.id, "create", "scenario", made.id, {"name": name, "pack": code})
    return made


def save_step(
    session: Session,
    company: Company,
    step: Step,
    changes: Mapping[str, object],
    actor_id: int | None,
    now: datetime,
    today: date,
) -> None:
    """Change a step. Errors: see `check` and `check_law`."""
    before = {name: getattr(step, name) for name in EDITABLE}
    for name in EDITABLE:
        if name in changes:
            setattr(step, name, changes[name])
    scenario = session.get_one(Scenario, step.scenario_id)
    check(scenario, step)
    check_law(session, company, scenario)
    changed = {name: [before[name], getattr(step, name)] for name in EDITABLE if before[name] != getattr(step, name)}
    if changed:
        _edited(session, company, scenario, actor_id, now, today, "update", "step", step.id, changed)


def add_step(
    session: Session,
    company: Company,
    scenario: Scenario,
    fields: Mapping[str, object],
    actor_id: int | None,
    now: datetime,
    today: date,
) -> Step:
    """Add a step after those of its stage and level. Errors: see `check` and `check_law`."""
    step = Step(scenario_id=scenario.id, **{name: fields[name] for name in EDITABLE if name in fields})
    for name, value in (("level", 0), ("fallback", ""), ("mode", "confirm"), ("wait_days", 0), ("may_be_overtaken", True),
                        ("repeat_days", 0), ("repeat_max", 0), ("retired", False), ("template_code", ""), ("charges", "")):  # fmt: skip
        if getattr(step, name) is None:
            setattr(step, name, value)
    place = 1 + max((n for n, other in enumerate(active_steps(scenario)) if _order(other) <= _order(step)), default=-1)
    chain = active_steps(scenario)
    chain.insert(place, step)
    _number(chain)
    scenario.steps.append(step)
    check(scenario, step)
    check_law(session, company, scenario)
    session.flush()
    _edited(
        session, company, scenario, actor_id, now, today, "create", "step", step.id, {"stage": step.stage, "days": step.days}
    )
    return step


def remove_step(session: Session, company: Company, step: Step, actor_id: int | None, now: datetime, today: date) -> None:
    """Take a step out of its scenario: retired when it was ever used, else deleted. Errors: step_last; see `check_law`."""
    scenario = session.get_one(Scenario, step.scenario_id)
    if len(active_steps(scenario)) == 1:
        raise DomainError("step_last")
    step_id, stage = step.id, step.stage
    if followers.is_used(session, step):
        step.retired = True
    else:
        scenario.steps.remove(step)
    _number(active_steps(scenario))
    _check_first(scenario)
    check_law(session, company, scenario)
    session.flush()
    _edited(session, company, scenario, actor_id, now, today, "delete", "step", step_id, {"stage": stage})


def copy_scenario(
    session: Session, company: Company, scenario: Scenario, name: str, actor_id: int | None, now: datetime
) -> Scenario:
    """A new scenario with the same steps under another name. Errors: scenario_name_missing, scenario_name_taken."""
    _check_name(session, company, name)
    steps = [
        Step(position=n, **{field: getattr(step, field) for field in EDITABLE})
        for n, step in enumerate(active_steps(scenario), 1)
    ]
    made = Scenario(
        company_id=company.id, name=name.strip(), by_item=scenario.by_item, legal_type=scenario.legal_type, changed_at=now, steps=steps
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(session, now, actor_id, company.id, "create", "scenario", made.id, {"name": made.name, "copy_of": scenario.id})
    return made


def save_scenario(
    session: Session, company: Company, scenario: Scenario, *, name: str, active: bool, by_item: bool,
    actor_id: int | None, now: datetime, today: date, legal_type: str = "",
) -> None:  # fmt: skip
    """Rename a scenario, switch it on or off, one message per customer or per item, for which kind of debtor.
    Errors: scenario_name_missing, …_taken, step_value_wrong; see `check_law`."""
    _check_name(session, company, name, scenario.id)
    if legal_type not in LEGAL_TYPES:
        raise DomainError("step_value_wrong", field="legal_type", value=legal_type)
    before = {name: getattr(scenario, name) for name in ("name", "active", "by_item", "legal_type")}
    scenario.name, scenario.active, scenario.by_item, scenario.legal_type = name.strip(), active, by_item, legal_type
    check_law(session, company, scenario)
    after = {name: getattr(scenario, name) for name in before}
    changed = {key: [before[key], value] for key, value in after.items() if before[key] != value}
    if changed:
        _edited(session, company, scenario, actor_id, now, today, "update", "scenario", scenario.id, changed)


def active_steps(scenario: Scenario) -> list[Step]:
    """The steps of a scenario that are not retired, in order."""
    return sorted((s for s in scenario.steps if not s.retired), key=lambda s: s.position or 0)


def check(scenario: Scenario, step: Step) -> None:
    """Refuse a step that cannot be: unknown words, days out of range, a trigger its stage cannot have, a legal step that
    goes by itself, steps out of order. Errors: step_value_wrong, step_days_wrong, step_trigger_wrong, step_legal_automatic,
    step_fallback_same, step_amounts_wrong, step_repeat_wrong, step_order_wrong, step_first_previous."""
    for field, allowed in (
        ("stage", STAGES),
        ("trigger", TRIGGERS),
        ("channel", CHANNELS),
        ("mode", MODES),
        ("charges", CHARGES),
        ("fallback", ("", *CHANNELS)),
    ):
        if getattr(step, field) not in allowed:
            raise DomainError("step_value_wrong", field=field, value=getattr(step, field))
    if (
        not -LONGEST_DAYS <= step.days <= LONGEST_DAYS
        or (step.trigger != "due" and step.days < 0)
        or not 0 <= step.wait_days <= LONGEST_DAYS
    ):
        raise DomainError("step_days_wrong", days=LONGEST_DAYS)
    if (step.trigger == "payment") != (step.stage == "thanks"):
        raise DomainError("step_trigger_wrong")
    if step.stage == "notice" and step.trigger == "due" and step.days > 0:
        raise DomainError("step_notice_late")
    if step.stage == "reminder" and not 1 <= step.level <= 9:
        raise DomainError("step_value_wrong", field="level", value=step.level)
    if step.stage in ("formal_notice", "handover") and step.mode == "automatic":
        raise DomainError("step_legal_automatic")
    if step.fallback and step.fallback == step.channel:
        raise DomainError("step_fallback_same")
    if (step.floor_cents or 0) < 0 or (step.ceiling_cents is not None and step.ceiling_cents <= (step.floor_cents or 0)):
        raise DomainError("step_amounts_wrong")
    _check_repeat(scenario, step)
    _check_order(scenario)
    _check_first(scenario)


def check_law(session: Session, company: Company, scenario: Scenario) -> None:
    """Refuse a scenario that breaks the law of the company's country for the debtors it is written for: those said, else the
    kinds of customers that follow it. Errors: lawful_… naming the rule and the step."""
    steps = [step for step in active_steps(scenario) if step.stage != "thanks" or step.charges]
    if not any(step.charges for step in steps):
        return
    day, stages = 0, []
    for step in steps:
        # From the document: as if it were due at once, the earliest the step can come.
        day = day + step.days if step.trigger == "previous" else step.days
        stages.append(
            Stage(step.stage, step.level or 0, day, step.channel, step.fallback or "", bool(step.charges), step.wait_days or 0,
                  bool(step.may_be_overtaken), step.mode)
        )  # fmt: skip
    kinds = [scenario.legal_type] if scenario.legal_type else followers.legal_types(session, scenario) or ["business"]
    for kind in kinds:
        for breach in breaches(company.country, kind, stages):
            step = steps[breach.place]
            raise DomainError(breach.code, stage=step.stage, level=step.level, days=breach.days)


def _check_repeat(scenario: Scenario, step: Step) -> None:
    chain = [s for s in active_steps(scenario) if s.stage != "thanks"]
    if step.repeat_days < 0 or step.repeat_max < 0 or (step.repeat_days > 0 and (not step.repeat_max or chain[-1] is not step)):
        raise DomainError("step_repeat_wrong")


def _check_order(scenario: Scenario) -> None:
    ranks = [_order(s) for s in active_steps(scenario)]
    if ranks != sorted(ranks):
        raise DomainError("step_order_wrong")
    days = [s.days for s in active_steps(scenario) if s.trigger == "due"]
    if days != sorted(days):
        raise DomainError("step_order_wrong")


def _check_first(scenario: Scenario) -> None:
    chain = active_steps(scenario)
    if chain and chain[0].trigger == "previous":
        raise DomainError("step_first_previous")


def _order(step: Step) -> tuple[int, int]:
    return STAGES.index(step.stage) if step.stage in STAGES else 0, step.level if step.stage == "reminder" else 0


def _number(chain: list[Step]) -> None:
    for n, step in enumerate(chain, 1):
        step.position = n


def _check_name(session: Session, company: Company, name: str, but_id: int = 0) -> None:
    if not name.strip():
        raise DomainError("scenario_name_missing")
    if followers.name_taken(session, company.id, name.strip(), but_id):
        raise DomainError("scenario_name_taken", name=name.strip())


def _edited(
    session: Session, company: Company, scenario: Scenario, actor_id: int | None, now: datetime, today: date,
    verb: str, noun: str, noun_id: int, changes: Mapping[str, object],
) -> None:  # fmt: skip
    """Version, audit row, and all who follow the scenario looked at again."""
    scenario.version += 1
    scenario.changed_at = now
    session.flush()
    audit.record(session, now, actor_id, company.id, verb, noun, noun_id, {"scenario": scenario.id, **changes})
    if 0 < followers.suspect(session, scenario, today) <= AT_ONCE:
        worklist.refresh(session, company, None, today)
