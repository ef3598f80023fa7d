"""What an edit of a scenario changes, said before it is saved."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services import scenarios
from services.effects import effects_of
from tests.services.people import NOW, TODAY, customer, furnish, owe
from tests.services.people import scenario as ready


@pytest.fixture
def house(session, company):
    return furnish(session, company)


def said(session, house, change, place=1, today=TODAY):
    standard = ready(session, house, "standard")
    step = scenarios.active_steps(standard)[place]
    return effects_of(
        session, house, standard, lambda: scenarios.save_step(session, house, step, change, None, NOW, today), "fr", today
    )


def test_days_that_move_are_counted_and_named(session, house):
    for n in range(27):
        owe(session, customer(session, house, f"C{n}"), TODAY - timedelta(days=6))
    owe(session, customer(session, house, "LATER"), TODAY + timedelta(days=60))
    found = said(session, house, {"days": 7})
    assert found.lines == ("27 clients seraient relancés demain au lieu de jeudi.",)
    assert (found.customers, found.looked_at) == (27, 28)


def test_another_channel_on_the_same_day(session, house):
    owe(session, customer(session, house), TODAY - timedelta(days=8))
    found = said(session, house, {"channel": "call", "fallback": "", "mode": "manual"})
    assert found.lines == ("1 client recevrait « Appel » au lieu de « Relance 1 » aujourd’hui.",)


def test_nobody_else_is_counted_and_no_change_is_silent(session, house):
    owe(session, customer(session, house, profile="consumer"), TODAY - timedelta(days=6))
    assert said(session, house, {"days": 7}).lines == ()


def test_what_would_come_no_more_or_for_the_first_time(session, house):
    owe(session, customer(session, house), TODAY - timedelta(days=6), 10_000)
    assert said(session, house, {"days": 60}).lines == ("1 client ne serait plus relancé jeudi.",)
    assert said(session, house, {"days": 8}).lines == ("1 client serait relancé jeudi ; rien n’était prévu.",)


def test_far_days_are_dates_and_many_changes_are_summed_up(session, house):
    for n in range(9):
        owe(session, customer(session, house, f"C{n}"), TODAY + timedelta(days=n + 16))
    found = said(session, house, {"days": -2}, place=0)
    assert len(found.lines) == 7 and found.lines[-1] == "3 autres clients seraient relancés autrement."
    assert any("le 2 juin au lieu du 27 mai" in line for line in found.lines)
