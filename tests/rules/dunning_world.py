"""Accounts for the tests of the decision: the worked scenario, short ways to make items, doing what was decided, and
strategies that make any account and any scenario."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from rules.dunning_facts import (
    Account,
    DisputeOpen,
    HeldBack,
    OpenItem,
    PaymentSeen,
    PlannedAction,
    Policy,
    PromiseMade,
    Scenario,
    SettledItem,
    Step,
    StepDone,
)

NOTICE = Step(1, "notice", 0, "due", -8, "email", position=1)
R1 = Step(2, "reminder", 1, "due", 8, "email", "letter", position=2)
R2 = Step(3, "reminder", 2, "previous", 8, "email", "letter", position=3)
FORMAL = Step(4, "formal_notice", 0, "previous", 15, "letter", "", "confirm", wait_days=8, may_be_overtaken=False, position=4)
HANDOVER = Step(5, "handover", 0, "previous", 10, "other", "", "manual", may_be_overtaken=False, position=5)
THANKS = Step(6, "thanks", 0, "payment", 3, "email", position=6)
STANDARD = Scenario(1, "Standard", (NOTICE, R1, R2, FORMAL, HANDOVER, THANKS))
POLICY = Policy()


def day(text: str) -> date:
    """A day of 2026: day("10-03") is 10 March."""
    d, m = text.split("-")
    return date(2026, int(m), int(d))


def item(due: date, cents: int = 10_000, number: int = 7, seen: date | None = None, **more: object) -> OpenItem:
    """An open item seen since its document, 30 days before it is due."""
    document = due - timedelta(days=30)
    return OpenItem(number, "EUR", cents, document, due, seen or document, **more)  # type: ignore[arg-type]


def did(step: Step, on: date) -> StepDone:
    """A step done on a day, with the waiting period it grants."""
    wait = on + timedelta(days=step.wait_days) if step.wait_days else None
    return StepDone(step.id, step.stage, step.level, on, wait)


def after(account: Account, actions: list[PlannedAction], scenario: Scenario, on: date) -> Account:
    """The account once these actions are done on a day: what `services.worklist.record_done` leaves behind."""
    steps = {s.id: s for s in scenario.steps}
    taken: dict[int, list[StepDone]] = {}
    thanked: set[int] = set()
    contact = account.last_contact_on
    for action in actions:
        if action.step.stage == "thanks":
            thanked |= {c.item_id for c in action.chased}
            continue
        contact = on
        for chased in (*action.chased, *action.coming):
            done = did(steps[chased.step_id], on)
            wait = on + timedelta(days=action.step.wait_days) if action.step.wait_days else None
            taken.setdefault(chased.item_id, []).append(done._replace(wait_until_on=wait))
    items = tuple(i._replace(done=i.done + tuple(taken.get(i.id, ()))) for i in account.items)
    settled = tuple(s for s in account.settled if s.id not in thanked)
    return account._replace(items=items, settled=settled, last_contact_on=contact)


START = date(2026, 1, 1)
days = st.integers(-25, 25).map(lambda n: START + timedelta(days=n))
channels = st.sampled_from(("email", "letter", "call", "sms", "other"))


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Any scenario the editor lets through, and some it does not."""
    steps: list[Step] = []
    for stage, most in (("notice", 2), ("reminder", 4), ("formal_notice", 1), ("handover", 1), ("thanks", 1)):
        for level in range(1, draw(st.integers(0, most)) + 1):
            trigger = "payment" if stage == "thanks" else draw(st.sampled_from(("due", "document", "previous")))
            low = -15 if stage == "notice" and trigger == "due" else 0
            steps.append(
                Step(
                    len(steps) + 1,
                    stage,
                    level if stage == "reminder" else 0,
                    trigger,
                    draw(st.integers(low, 0)) if low else draw(st.sampled_from((0, 1, 3, 5, 8))),
                    draw(channels),
                    draw(st.sampled_from(("", "letter", "call"))),
                    draw(st.sampled_from(("automatic", "confirm", "manual"))),
                    draw(st.sampled_from((None, None, 5_000))),
                    draw(st.sampled_from((None, None, 50_000))),
                    draw(st.sampled_from((0, 0, 5, 14))),
                    draw(st.booleans()),
                    for_debit=stage == "notice" and draw(st.booleans()),
                )
            )
    chasing = [s for s in steps if s.stage != "thanks"]
    if chasing and draw(st.booleans()):
        last = chasing[-1]
        again = {"repeat_days": draw(st.integers(1, 20)), "repeat_max": draw(st.integers(1, 3))}
        place = steps.index(last)
        known = {n: getattr(last, n) for n in Step.__dataclass_fields__ if n not in ("rank", *again)}
        steps[place] = Step(**known, **again)
    return Scenario(1, "Any", tuple(steps), draw(st.booleans()))


@st.composite
def accounts(draw: st.DrawFn, scenario: Scenario) -> Account:
    """Any customer: several currencies, credits, steps done here and elsewhere, all that may hold back."""
    items: list[OpenItem] = []
    for number in range(1, draw(st.integers(0, 5)) + 1):
        due = draw(days)
        document = due - timedelta(days=draw(st.integers(0, 60)))
        seen = document + timedelta(days=draw(st.sampled_from((0, 0, 1, 50, 400))))
        done = (
            draw(st.lists(st.tuples(st.sampled_from(scenario.ladder), st.integers(-20, 30)), max_size=2))
            if scenario.ladder
            else []
        )
        items.append(
            OpenItem(
                number,
                draw(st.sampled_from(("EUR", "EUR", "EUR", "USD"))),
                draw(st.sampled_from((-6_000, 500, 4_000, 10_000, 60_000, 2_000_000))),
                document,
                due,
                seen,
                draw(st.sampled_from((False, False, True))),
                tuple(did(step, due + timedelta(days=n)) for step, n in done),
            )
        )
    whom = st.sampled_from((None, *(i.id for i in items)))
    return Account(
        1,
        tuple(sorted(items, key=lambda i: i.due_on)),
        tuple(draw(st.lists(st.builds(HeldBack, whom, st.just("reason"), st.one_of(st.none(), days)), max_size=2))),
        tuple(draw(st.lists(st.builds(PromiseMade, whom, days, st.integers(1, 20_000), st.just("EUR")), max_size=2))),
        tuple(draw(st.lists(st.builds(DisputeOpen, whom, st.just("price"), days), max_size=1)))
        if draw(st.integers(0, 4)) == 0
        else (),
        tuple(
            draw(
                st.lists(
                    st.builds(SettledItem, st.integers(90, 99), st.just("EUR"), st.just(4_000), days, days, st.booleans()),
                    max_size=2,
                    unique_by=lambda s: s.id,
                )
            )
        ),
        draw(st.sampled_from((None, None, None, None, None, START))),
        draw(st.sampled_from(("", "", "", "missing", "bad"))),
        draw(st.sampled_from(("", "", "incomplete"))),
        draw(st.sampled_from(("", "", "missing"))),
        draw(st.one_of(st.none(), days)),
        1,
        seen=tuple(
            draw(st.lists(st.builds(PaymentSeen, st.integers(1, 20_000), st.just("EUR"), days, days), max_size=2))
            if draw(st.integers(0, 3)) == 0
            else ()
        ),
    )
