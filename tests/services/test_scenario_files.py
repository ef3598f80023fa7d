"""Scenarios as files, and ready-made packs."""

from __future__ import annotations

import json

import pytest

from models import MessageTemplate, Scenario
from rules.errors import DomainError
from services import scenario_files, scenarios, templates
from services.scenarios import active_steps
from services.scenarios_ready import PACKS, packs_for
from services.wording import sentence
from tests.services.people import NOW, TODAY, furnish
from tests.services.people import scenario as ready


@pytest.fixture
def house(session, company):
    return furnish(session, company)


def taken_in(session, house, content):
    return scenario_files.import_scenario(session, house, json.dumps(content).encode(), None, NOW)


def shape(found):
    return [tuple(getattr(step, name) for name in scenarios.EDITABLE) for step in active_steps(found)]


def test_what_goes_out_comes_in_the_same_with_its_own_words(session, house):
    standard = ready(session, house, "standard")
    templates.save_template(session, house, "reminder_2", "email", "fr", "Nos mots", "Bonjour {{ customer_name }}", None, NOW)
    content = json.loads(scenario_files.export_scenario(session, house, standard))
    assert [one["code"] for one in content["templates"]] == ["reminder_2"]
    session.query(MessageTemplate).delete()
    content["name"] = "Repris"
    made, brought = taken_in(session, house, content)
    assert shape(made) == shape(standard) and brought == 1 and not made.active
    assert session.query(MessageTemplate).one().subject == "Nos mots"


def test_words_written_here_are_kept(session, house):
    templates.save_template(session, house, "reminder_2", "email", "fr", "Leurs mots", "Bonjour", None, NOW)
    content = json.loads(scenario_files.export_scenario(session, house, ready(session, house, "standard")))
    templates.save_template(session, house, "reminder_2", "email", "fr", "Nos mots", "Bonjour", None, NOW)
    assert taken_in(session, house, {**content, "name": "Repris"})[1] == 0
    assert session.query(MessageTemplate).one().subject == "Nos mots"


def broken(change):
    step = {"stage": "reminder", "level": 1, "trigger": "due", "days": 8, "channel": "email"}
    content = {"kind": "encours-scenario", "version": 1, "name": "N", "steps": [step], "templates": []}
    change(content, step)
    return content


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (lambda c, s: c.update(kind="other"), "scenario_file_kind", ""),
        (lambda c, s: c.update(version=2), "scenario_file_version", ""),
        (lambda c, s: c.update(name=" "), "scenario_name_missing", ""),
        (lambda c, s: c.update(name="Standard"), "scenario_name_taken", ""),
        (lambda c, s: c.update(steps=[]), "scenario_file_value", "steps"),
        (lambda c, s: c.update(steps={}), "scenario_file_value", "steps"),
        (lambda c, s: c.update(steps=["x"]), "scenario_file_value", "steps[1]"),
        (lambda c, s: c.update(legal_type="x"), "scenario_file_value", "legal_type"),
        (lambda c, s: s.update(days="8"), "scenario_file_value", "steps[1].days"),
        (lambda c, s: s.update(days=True), "scenario_file_value", "steps[1].days"),
        (lambda c, s: s.update(days=10**30), "scenario_file_value", "steps[1].days"),
        (lambda c, s: s.update(dayz=8), "scenario_file_value", "steps[1].dayz"),
        (lambda c, s: s.update(floor_cents=1.5), "scenario_file_value", "steps[1].floor_cents"),
        (lambda c, s: s.update(channel="pigeon"), "step_value_wrong", None),
        (lambda c, s: s.update(days=900), "step_days_wrong", None),
        (lambda c, s: c.update(legal_type="consumer") or s.update(charges="claim"), "lawful_fr_consumer", None),
        (
            lambda c, s: c.update(templates=[dict.fromkeys(scenario_files.TEMPLATE, "x")]),
            "scenario_file_value",
            "templates[1].language",
        ),
        (
            lambda c, s: c.update(
                templates=[{"code": "reminder_1", "channel": "email", "language": "fr", "subject": "s", "body": "{{ secret }}"}]
            ),
            "scenario_file_value",
            "templates[1].body",
        ),
    ],
)
def test_a_file_that_cannot_be_is_refused_and_leaves_nothing(session, house, change, code, place):
    before = session.query(Scenario).count()
    with pytest.raises(DomainError) as refused:
        taken_in(session, house, broken(change))
    assert refused.value.code == code and (place is None or refused.value.params.get("place", "") == place)
    assert sentence("fr", code, refused.value.params) != code
    session.expunge_all()
    assert session.query(Scenario).count() == before


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "scenario_file_json"),
        (b'{"kind": ', "scenario_file_json"),
        (b"\xff\xfe\x00", "scenario_file_kind"),
        (b"[]", "scenario_file_kind"),
        (b"[" * 100_000, "scenario_file_kind"),
        (b" " * 1_000_001, "scenario_file_large"),
    ],
)
def test_bytes_that_are_no_scenario(session, house, content, code):
    with pytest.raises(DomainError) as refused:
        scenario_files.import_scenario(session, house, content, None, NOW)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("country", "pack"),
    [(country, pack.code) for country in ("FR", "BE", "LU", "NL", "DE") for pack in packs_for(country)],
)
def test_every_pack_is_lawful_wherever_it_is_offered(session, house, country, pack):
    house.country = country
    session.flush()
    made = scenarios.add_pack(session, house, pack, None, NOW)
    assert made.legal_type and len(active_steps(made)) >= 5
    with pytest.raises(DomainError) as refused:
        scenarios.add_pack(session, house, pack, None, NOW)
    assert refused.value.code == "scenario_name_taken"


def test_packs_cover_what_was_promised_and_stay_at_home(session, house):
    assert {pack.code for pack in PACKS} == {
        "fr_business", "fr_consumer", "be_business", "be_consumer", "public", "direct_debit", "key_account",
    }  # fmt: skip
    with pytest.raises(DomainError) as refused:
        scenarios.add_pack(session, house, "be_consumer", None, NOW)
    assert refused.value.code == "pack_unknown"


def test_the_belgian_consumer_pack_cannot_be_made_to_charge_first(session, house):
    house.country = "BE"
    made = scenarios.add_pack(session, house, "be_consumer", None, NOW)
    first = next(step for step in active_steps(made) if step.stage == "reminder")
    with pytest.raises(DomainError) as refused:
        scenarios.save_step(session, house, first, {"charges": "claim"}, None, NOW, TODAY)
    assert refused.value.code == "lawful_be_first_free"
