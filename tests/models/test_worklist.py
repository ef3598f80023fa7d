"""The counts of the day, as on the white paper's screen."""

from __future__ import annotations

from datetime import timedelta

from models import SalesRep, Step, WorklistEntry
from models import worklist as lists
from tests.services.people import TODAY, customer, furnish, scenario


def put(session, company, who, step: Step, number: int, channel: str, cents: int = 100, held: str = "") -> None:
    session.add(
        WorklistEntry(
            company_id=company.id, customer_id=who.id, scenario_id=step.scenario_id, step_id=step.id, stage=step.stage,
            level=step.level, channel=channel, mode=step.mode, currency="EUR", amount_cents=cents, planned_cents=cents, item_ids=[],
            items=0, since_on=TODAY - timedelta(days=number % 5), action_key=f"k{number}", held_code=held, decided_on=TODAY,
        )
    )  # fmt: skip


def screen(session, company) -> None:
    """11 calls, 1 letter, 82 e-mails, 7 customers held back; the first four belong to a sales representative."""
    steps = {s.template_code: s for s in scenario(session, company, "standard").steps}
    rep = SalesRep(company_id=company.id, code="JT", name="Julien Thiébaut")
    session.add(rep)
    session.flush()
    what = [("call", "call", "")] * 11 + [("formal_notice", "letter", "")] + [("reminder_1", "email", "")] * 82
    what += [("reminder_1", "email", "promise")] * 7
    for n, (template, channel, held) in enumerate(what):
        who = customer(session, company, f"C{n}", sales_rep_id=rep.id if n < 4 else None)
        put(session, company, who, steps[template], n, channel, 100, held)
    session.flush()


def test_the_actions_of_the_day(session, company):
    screen(session, furnish(session, company))
    found = lists.summary(session, company.id)
    assert (found.calls, found.letters, found.emails, found.total, found.held.count) == (11, 1, 82, 94, 7)
    assert (found.of("call").cents, found.of("email").cents, found.held.cents) == (1_100, 8_200, 700)


def test_a_portfolio_sees_its_own_share(session, company):
    screen(session, furnish(session, company))
    rep = session.query(SalesRep).one()
    assert lists.summary(session, company.id, reps=(rep.id,)).total == 4
    assert lists.summary(session, company.id, reps=()).total == 0
    assert len(lists.entries(session, company.id, reps=(rep.id,))) == 4


def test_one_card_for_each_step_calls_last(session, company):
    screen(session, furnish(session, company))
    cards = [(g.stage, g.level, g.channel, g.todo, g.held) for g in lists.groups(session, company.id)]
    assert cards == [("reminder", 1, "email", 82, 7), ("formal_notice", 0, "letter", 1, 0), ("reminder", 3, "call", 11, 0)]


def test_rows_held_back_come_last_and_can_be_asked_for_by_customer(session, company):
    screen(session, furnish(session, company))
    rows = lists.entries(session, company.id, channel="email")
    assert [bool(r.held_code) for r in rows] == [False] * 82 + [True] * 7
    assert len(lists.entries(session, company.id, channel="email", limit=20, offset=80)) == 9
    assert [r.code for r in lists.entries(session, company.id, text="c11")] == ["C11"]
    assert {r.code for r in lists.entries(session, company.id, held=True)} == {f"C{n}" for n in range(94, 101)}
