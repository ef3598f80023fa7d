"""Ready-made scenarios and their editing."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from models import Customer, Profile, Scenario, Step
from models import worklist as lists
from rules.errors import DomainError
from services import scenarios, worklist
from services.scenarios import active_steps
from services.scenarios_ready import SCENARIOS
from tests.services.people import NOW, TODAY, customer, furnish, owe
from tests.services.people import scenario as ready


@pytest.fixture
def house(session, company):
    return furnish(session, company)


def shape(found: Scenario) -> list[tuple[str, int, str, int, str, str]]:
    return [(s.stage, s.level, s.trigger, s.days, s.channel, s.fallback) for s in active_steps(found)]


def test_a_new_company_gets_them_in_its_language_and_only_once(session, house):
    scenarios.install_defaults(session, house, NOW)
    assert [s.name for s in session.query(Scenario).order_by(Scenario.id)] == [
        "Standard", "Grand compte", "Particulier", "Prélèvement", "Mauvais payeur",
    ]  # fmt: skip
    profiles = {p.code: (p.name, p.is_default) for p in session.query(Profile)}
    assert profiles["sme"] == ("PME", True)
    assert sum(default for _, default in profiles.values()) == 1
    assert len(profiles) == 8


def test_standard_is_the_rhythm_of_the_issue(session, house):
    assert shape(ready(session, house, "standard")) == [
        ("notice", 0, "due", -8, "email", ""),
        ("reminder", 1, "due", 8, "email", "letter"),
        ("reminder", 2, "previous", 8, "email", "letter"),
        ("reminder", 3, "previous", 7, "call", ""),
        ("formal_notice", 0, "previous", 15, "letter", ""),
        ("handover", 0, "previous", 23, "other", ""),
        ("thanks", 0, "payment", 3, "email", ""),
    ]


@pytest.mark.parametrize("code", [s.code for s in SCENARIOS])
def test_every_ready_made_scenario_passes_its_own_checks(session, house, code):
    found = ready(session, house, code)
    for step in active_steps(found):
        scenarios.check(found, step)


def edit(session, house, step, **changes):
    scenarios.save_step(session, house, step, changes, None, NOW, TODAY)


def test_an_edit_decides_those_who_follow_again(session, house):
    owe(session, customer(session, house), TODAY - timedelta(days=6))
    other = customer(session, house, "C2", profile="consumer")
    owe(session, other, TODAY + timedelta(days=30))
    worklist.refresh(session, house, None, TODAY)
    assert lists.entries(session, house.id) == []
    standard = ready(session, house, "standard")
    calm = session.get_one(Customer, other.id).review_on
    edit(session, house, active_steps(standard)[1], days=5)
    assert [e.level for e in lists.entries(session, house.id)] == [1]
    assert standard.version == 2
    assert session.get_one(Customer, other.id).review_on == calm


@pytest.mark.parametrize(
    ("place", "changes", "code"),
    [
        (1, {"channel": "pigeon"}, "step_value_wrong"),
        (1, {"days": 9_999}, "step_days_wrong"),
        (2, {"days": -1}, "step_days_wrong"),
        (1, {"trigger": "payment"}, "step_trigger_wrong"),
        (0, {"days": 3}, "step_notice_late"),
        (1, {"level": 0}, "step_value_wrong"),
        (1, {"level": 3}, "step_order_wrong"),
        (4, {"mode": "automatic"}, "step_legal_automatic"),
        (1, {"fallback": "email"}, "step_fallback_same"),
        (1, {"floor_cents": 5_000, "ceiling_cents": 4_000}, "step_amounts_wrong"),
        (1, {"repeat_days": 5, "repeat_max": 2}, "step_repeat_wrong"),
        (5, {"repeat_days": 5, "repeat_max": 0}, "step_repeat_wrong"),
        (0, {"trigger": "previous", "days": 1}, "step_first_previous"),
    ],
)
def test_steps_that_cannot_be(session, house, place, changes, code):
    step = active_steps(ready(session, house, "standard"))[place]
    with pytest.raises(DomainError) as error:
        edit(session, house, step, **changes)
    assert error.value.code == code


def test_adding_and_removing_steps(session, house):
    standard = ready(session, house, "standard")
    fields = {
        "stage": "reminder",
        "level": 2,
        "trigger": "previous",
        "days": 4,
        "channel": "sms",
        "template_code": "reminder_2",
    }
    made = scenarios.add_step(session, house, standard, fields, None, NOW, TODAY)
    assert [s.position for s in active_steps(standard)] == list(range(1, 9))
    assert active_steps(standard)[3] is made
    owe(session, customer(session, house), TODAY - timedelta(days=10))
    worklist.refresh(session, house, None, TODAY)
    worklist.record_done(session, house, [e.id for e in lists.entries(session, house.id)], None, NOW, TODAY)
    used = active_steps(standard)[1]
    scenarios.remove_step(session, house, used, None, NOW, TODAY)
    scenarios.remove_step(session, house, made, None, NOW, TODAY)
    assert session.get_one(Step, used.id).retired
    assert session.query(Step).filter_by(scenario_id=standard.id, channel="sms").count() == 0
    assert [s.position for s in active_steps(standard)] == list(range(1, 7))


def test_a_copy_is_a_scenario_of_its_own(session, house):
    standard = ready(session, house, "standard")
    copy = scenarios.copy_scenario(session, house, standard, "Export", None, NOW)
    assert shape(copy) == shape(standard)
    assert (copy.code, copy.version) == ("", 1)
    for name, code in (("Export", "scenario_name_taken"), (" ", "scenario_name_missing")):
        with pytest.raises(DomainError) as error:
            scenarios.copy_scenario(session, house, standard, name, None, NOW)
        assert error.value.code == code


def test_switching_a_scenario_off_leaves_its_customers_without(session, house):
    owe(session, customer(session, house), TODAY - timedelta(days=10))
    standard = ready(session, house, "standard")
    scenarios.save_scenario(
        session, house, standard, name="Standard", active=False, by_item=False, actor_id=None, now=NOW, today=TODAY
    )
    assert [p.held.reason.code for p in worklist.preview(session, house, TODAY)] == ["no_scenario"]
    assert lists.without_scenario(session, house.id, TODAY) == 1


def test_customers_without_scenario_are_counted_as_the_decision_finds_them(session, house):
    assert lists.without_scenario(session, house.id, TODAY) == 0
    for days in (1, 0, -1):
        owe(session, customer(session, house, code=f"D{days}"), TODAY - timedelta(days=days))
    own = customer(session, house, code="OWN")
    owe(session, own, TODAY - timedelta(days=10))
    own.scenario_id = ready(session, house, "standard").id
    for profile in session.scalars(sa.select(Profile).where(Profile.company_id == house.id)):
        profile.scenario_id = None
    session.flush()
    found = [p for p in worklist.preview(session, house, TODAY) if p.held and p.held.reason.code == "no_scenario"]
    assert lists.without_scenario(session, house.id, TODAY) == len(found) == 1
