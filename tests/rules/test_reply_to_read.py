"""A reply that nobody has read holds what is written, five days at most; calls go on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from rules.dunning import decide
from rules.dunning_facts import REPLY_DAYS, Account, OpenItem, Policy, Scenario, Step

DUE = date(2026, 5, 1)
CAME = date(2026, 5, 19)


def account(replied_on: date | None, **fields) -> Account:
    item = OpenItem(7, "EUR", 90_000, DUE - timedelta(days=30), DUE, DUE - timedelta(days=30))
    return Account(1, (item,), replied_on=replied_on, **fields)


def scenario(channel: str = "email", mode: str = "automatic") -> Scenario:
    return Scenario(1, "Standard", (Step(1, "reminder", 1, "due", 8, channel, mode=mode),))


@pytest.mark.parametrize("channel, mode", [("email", "automatic"), ("letter", "confirm"), ("sms", "manual")])
@pytest.mark.parametrize("days, holds", [(0, True), (1, True), (REPLY_DAYS, True), (REPLY_DAYS + 1, False), (40, False)])
def test_what_is_written_waits_until_the_reply_is_read(channel: str, mode: str, days: int, holds: bool):
    decision = decide(account(CAME), scenario(channel, mode), Policy(), CAME + timedelta(days=days))
    if not holds:
        assert decision.actions and not decision.held
        return
    [held] = decision.held
    assert (held.reason.code, held.until) == ("reply_to_read", CAME + timedelta(days=REPLY_DAYS))
    assert decision.review_on == CAME + timedelta(days=REPLY_DAYS + 1) and not decision.actions


def test_without_a_reply_nothing_waits():
    assert decide(account(None), scenario(), Policy(), CAME).actions


def test_a_call_may_be_made_about_the_reply():
    assert decide(account(CAME), scenario("call"), Policy(), CAME).actions


@pytest.mark.parametrize("fields, code", [({"email": "bad"}, "no_channel"), ({"insolvent_on": date(2026, 1, 1)}, "insolvent")])
def test_what_weighs_more_is_said_first(fields: dict, code: str):
    [held] = decide(account(CAME, **fields), scenario(), Policy(), CAME).held
    assert held.reason.code == code


def test_the_gap_between_contacts_is_still_kept_afterwards():
    after = CAME + timedelta(days=REPLY_DAYS + 1)
    [held] = decide(account(CAME, last_contact_on=CAME), scenario(), Policy(gap_days=7), after).held
    assert held.reason.code == "gap"
