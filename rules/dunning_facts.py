"""What a dunning decision is made from, and what it is made of: plain values, no behaviour but order and lookup.

Amounts are integer cents of the item's currency, signed (positive is owed to us). Days are `date`.
`OpenItem` and `Account` are tuples, because a morning's run makes tens of thousands of them.

>>> scenario = Scenario(1, "Standard", (Step(11, "reminder", 1, "due", 8, "email"),))
>>> scenario.ladder[0].stage, scenario.ladder[0].rank
('reminder', 1)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

RANKS = {"notice": 0, "reminder": 1, "formal_notice": 100, "handover": 200}
"""How far a stage goes; reminders add their level. Thanks stand outside the ladder."""


REPLY_DAYS = 5
"""A reply that nobody has read holds what is written back for so many days after the day it came."""

LEGAL = ("formal_notice", "handover")
"""Stages that a person always decides and that nobody meets before a reminder."""


def rank_of(stage: str, level: int) -> int:
    """How far a step goes, comparable over scenarios: notice 0, reminder n is n, formal notice 100, handover 200."""
    return max(level, 1) if stage == "reminder" else RANKS.get(stage, 0)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a scenario (see models.scenarios.Step). `floor_cents` and `ceiling_cents` None: the company's."""

    id: int
    stage: str  # notice, reminder, formal_notice, handover, thanks
    level: int
    trigger: str  # due, document, previous, payment
    days: int
    channel: str
    fallback: str = ""
    mode: str = "automatic"  # automatic, confirm, manual
    floor_cents: int | None = None
    ceiling_cents: int | None = None
    wait_days: int = 0
    may_be_overtaken: bool = True
    repeat_days: int = 0
    repeat_max: int = 0
    for_debit: bool = False  # says "we will debit you": the only notice a direct debit customer gets
    position: int = 0
    template: str = ""
    rank: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rank", rank_of(self.stage, self.level))


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """Steps in order. `ladder` are those that chase; thanks are apart."""

    id: int
    name: str
    steps: tuple[Step, ...]
    by_item: bool = False
    ladder: tuple[Step, ...] = field(init=False)
    thanks: tuple[Step, ...] = field(init=False)
    places: Mapping[int, int] = field(init=False)  # step id -> index in the ladder
    first_reminder: int = field(init=False)  # index in the ladder; its length when there is none
    legal_from: int = field(init=False)  # index of the first legal step after a reminder, else the length
    before: tuple[tuple[int, ...], ...] = field(init=False)  # by index: ids of the steps ahead
    offsets: tuple[int, ...] | None = field(init=False)  # nominal days after the due date; None: not the same for all

    def __post_init__(self) -> None:
        ladder = tuple(s for s in self.steps if s.stage != "thanks")
        first = next((i for i, s in enumerate(ladder) if s.stage != "notice"), len(ladder))
        legal = (i for i, s in enumerate(ladder) if i > first and s.stage in LEGAL)
        values = {
            "ladder": ladder,
            "thanks": tuple(s for s in self.steps if s.stage == "thanks"),
            "places": {s.id: i for i, s in enumerate(ladder)},
            "first_reminder": first,
            "legal_from": next(legal, len(ladder)),
            "before": tuple(tuple(s.id for s in ladder[:i]) for i in range(len(ladder))),
            "offsets": None,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        if all(s.trigger != "document" for s in ladder):
            object.__setattr__(self, "offsets", tuple(nominal_days(self, 0, 0)))

    def place_of(self, step_id: int, stage: str, level: int) -> int:
        """Where a step done stands here; a step of another scenario (or retired): the last one that goes no further, −1: none."""
        place = self.places.get(step_id)
        if place is not None:
            return place
        rank = rank_of(stage, level)
        return max((i for i, s in enumerate(self.ladder) if s.rank <= rank), default=-1)


def nominal_days(scenario: Scenario, due: int, document: int) -> list[int]:
    """Day numbers on which the steps would come if each were done on its day; never before the step ahead of it,
    and what is not a notice never before the day after the due date."""
    days: list[int] = []
    for step in scenario.ladder:
        base = document if step.trigger == "document" else due
        if step.trigger == "previous" and days:
            base = days[-1]
        day = base + step.days
        if step.stage != "notice":
            day = max(day, due + 1)
        days.append(max(day, days[-1]) if days else day)
    return days


class StepDone(NamedTuple):
    """A step done for an item on a day; what it overtook lies before it in the ladder and needs no word."""

    step_id: int
    stage: str
    level: int
    done_on: date
    wait_until_on: date | None = None


class OpenItem(NamedTuple):
    """One open item; negative ones are credits, deducted from what is asked for."""

    id: int
    currency: str
    open_cents: int
    document_on: date
    due_on: date
    first_seen_on: date
    by_debit: bool = False  # paid by direct debit and not rejected
    done: tuple[StepDone, ...] = ()


class SettledItem(NamedTuple):
    """An item found settled by a sync after the one that brought it, and not thanked for yet."""

    id: int
    currency: str
    cents: int
    due_on: date
    settled_on: date
    formal: bool = False  # had a formal notice


class HeldBack(NamedTuple):
    """A hold: last day held (None: until ended) and why. item_id None: the whole customer."""

    item_id: int | None
    reason: str
    until_on: date | None


class PromiseMade(NamedTuple):
    """A promise still expected. item_id None: for the customer, covering the oldest due items up to its amount."""

    item_id: int | None
    promised_on: date
    cents: int
    currency: str


class PlanCover(NamedTuple):
    """An item of a payment plan in force: the next unpaid instalment, what is due by then, the first day the plan is broken."""

    item_id: int
    next_on: date
    cents: int
    currency: str
    breaks_on: date


class DisputeOpen(NamedTuple):
    """A dispute not solved yet. item_id None: the whole customer."""

    item_id: int | None
    reason: str
    opened_on: date


class PaymentSeen(NamedTuple):
    """A payment of the customer seen at the bank that nobody has allocated yet. until_on: last day it holds reminders."""

    cents: int
    currency: str
    paid_on: date
    until_on: date


class Account(NamedTuple):
    """All that is known of one customer for the decision, items oldest due first. email, post, phone: "" when usable, else what is wrong
    (missing, bad, incomplete). planned: amount in cents by (step id, currency) of the standing worklist."""

    customer_id: int
    items: tuple[OpenItem, ...]
    holds: tuple[HeldBack, ...] = ()
    promises: tuple[PromiseMade, ...] = ()
    disputes: tuple[DisputeOpen, ...] = ()
    settled: tuple[SettledItem, ...] = ()
    insolvent_on: date | None = None
    email: str = ""
    post: str = ""
    phone: str = ""
    last_contact_on: date | None = None
    scenario_id: int | None = None
    planned: Mapping[tuple[int, str], int] = {}
    seen: tuple[PaymentSeen, ...] = ()
    plans: Mapping[int, PlanCover] = {}  # by item
    handed: tuple[date, str] | None = None  # since when, and to whom (bailiff, lawyer, agency)
    unbooked: frozenset[int] = frozenset()  # items of invoices that the ledger should hold by now and does not
    replied_on: date | None = None  # day of the last reply that nobody has read yet


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a code and its parameters (days, cents, codes); `services.wording` makes the sentence."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """The company's rules of the house. blocked: why nothing leaves by itself now (judged by the run, not here)."""

    gap_days: int = 7
    floor_cents: int = 1500
    ceiling_cents: int | None = None
    first_contact_cents: int | None = None
    grace_days: int = 3
    change_percent: int = 20
    old_days: int = 365
    thanks_days: int = 30
    blocked: tuple[Reason, ...] = ()


class ChasedItem(NamedTuple):
    """An item that takes a step with this action: its own step, and the earlier ones overtaken by it."""

    item_id: int
    step_id: int
    overtaken: tuple[int, ...]
    open_cents: int


@dataclass(frozen=True, slots=True)
class PlannedAction:
    """One thing to do for one customer, in one currency, at the highest step due.

    chased: items that take a step; listed: other overdue items of the message; coming: items not due yet whose notice
    the message gives along the way. amount_cents: overdue items less credits. confirm: why a person must
    decide; None: may go by itself. key: the same action has the same key, and never two actions one."""

    customer_id: int
    step: Step
    channel: str
    currency: str
    amount_cents: int
    chased: tuple[ChasedItem, ...]
    listed: tuple[int, ...]
    coming: tuple[ChasedItem, ...]
    since_on: date
    cycle: int
    key: str
    confirm: Reason | None

    @property
    def item_ids(self) -> tuple[int, ...]:
        """Items the message asks for, in the order given: those that take a step, then the others overdue."""
        return tuple(c.item_id for c in self.chased) + self.listed


@dataclass(frozen=True, slots=True)
class Held:
    """What would be done but for `reason`. until: last day held, None: only a new fact ends it. action None: no scenario."""

    item_ids: tuple[int, ...]
    reason: Reason
    until: date | None
    action: PlannedAction | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, what is held back and why, and the first day on which either may change without a new fact (None: never)."""

    actions: tuple[PlannedAction, ...]
    held: tuple[Held, ...]
    review_on: date | None
