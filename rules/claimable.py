"""What may be asked for on top of a debt on a day, and why not yet: the one gate before any interest or cost is written anywhere.

A Belgian consumer: nothing before a recorded free first reminder and its 14 days, and nothing without a clause.

>>> debt = Debt(100_000, date(2026, 10, 1), date(2026, 9, 1), regime=REGIMES["BE", "consumer"], clause=True)
>>> claimable(debt, agreed(10_500), date(2026, 11, 23)).refused
'free_reminder_missing'
>>> reminded = replace(debt, reminders=(FirstReminder(date(2026, 11, 9), electronic=True),))
>>> claimable(reminded, agreed(10_500), date(2026, 11, 23)).refused, claimable(reminded, agreed(10_500), date(2026, 11, 25)).refused
('free_reminder_running', '')
>>> claimable(reminded, agreed(10_500), date(2026, 11, 25)).compensation_cents
9000
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from rules import belgium
from rules.compensation import fixed
from rules.interest import NOTHING, Interest, Paid, interest
from rules.rates import RateTable, agreed
from rules.regimes import REGIMES, Regime

DUTCH_LETTER_DAYS = 14
RECEIVED_AFTER = {True: 0, False: 3}
"""Days a message is taken to travel: electronic or not. The Dutch letter counts from the day after it was received."""


class FirstReminder(NamedTuple):
    """A reminder in writing recorded as sent, that asked for the principal alone."""

    sent_on: date
    electronic: bool


@dataclass(frozen=True, slots=True)
class Debt:
    """One late item with all that decides what may be asked for besides it. Cents are the item's, before its payments.

    regime None: a country without rules here. clause: the contract provides for compensation and interest (consumers).
    reminders: free, in writing, recorded as sent. formal_notice_on: of the first one sent."""

    principal_cents: int
    due_on: date
    document_on: date
    payments: tuple[Paid, ...] = ()
    regime: Regime | None = None
    clause: bool = False
    insolvent_on: date | None = None
    formal_notice_on: date | None = None
    reminders: tuple[FirstReminder, ...] = ()

    def unpaid_on(self, day: date) -> int:
        """What is open at the beginning of a day."""
        return max(self.principal_cents - sum(p.cents for p in self.payments if p.paid_on < day), 0)


@dataclass(frozen=True, slots=True)
class Claimable:
    """What may be asked for now. refused: why nothing may, "" when something may. from_on: the first day it may."""

    interest: Interest = NOTHING
    compensation_cents: int = 0
    refused: str = ""
    from_on: date | None = None

    @property
    def cents(self) -> int:
        return self.interest.cents + self.compensation_cents


def claimable(
    debt: Debt, table: RateTable, today: date, *, contract: RateTable | None = None, actual_days: bool = False
) -> Claimable:
    """Interest through today and compensation of one debt, or why neither may be asked for.

    contract: a rate agreed between professionals, in the place of the law's. Once the debtor is insolvent nothing is asked
    for; what is due to that day is worked out for the statement of claim (`accrued`)."""
    law = debt.regime
    if law is None:
        return Claimable(refused="country_without_rules")
    if debt.insolvent_on is not None and today >= debt.insolvent_on:
        return Claimable(refused="insolvent", from_on=None)
    if today <= debt.due_on:
        return Claimable(refused="not_late", from_on=debt.due_on + timedelta(days=1))
    if law.clause_needed and not debt.clause:
        return Claimable(refused="clause_missing")
    gate = _gate(debt, law)
    if gate.refused and gate.from_on is None:
        return gate
    if gate.from_on is not None and today < gate.from_on:
        return gate
    return accrued(debt, table, today, contract=contract, actual_days=actual_days)


def accrued(
    debt: Debt, table: RateTable, until_on: date, *, contract: RateTable | None = None, actual_days: bool = False
) -> Claimable:
    """Interest and compensation that have come due by a day, up to the day of insolvency; what an open gate lets through."""
    law = debt.regime
    start = _first_day(debt, law) if law else None
    if law is None or start is None:
        return Claimable(refused="not_yet")
    last = min(until_on, debt.insolvent_on - timedelta(days=1)) if debt.insolvent_on else until_on
    chosen = contract if contract is not None and law.legal_type == "business" else table
    found = interest(
        debt.principal_cents, debt.due_on, last, chosen, payments=debt.payments, start_on=start, actual_days=actual_days,
        compound=law.compound,
    )  # fmt: skip
    return Claimable(found, _compensation(debt, law, last), "", start)


def _gate(debt: Debt, law: Regime) -> Claimable:
    """When the regime's own condition opens; refused with a day when it is still running, without one when it never began."""
    if law.start == "free_reminder":
        return _after_free_reminder(debt)
    first = _first_day(debt, law)
    if first is None:
        return Claimable(refused="formal_notice_missing")
    return Claimable(refused="not_yet", from_on=first)


def _after_free_reminder(debt: Debt) -> Claimable:
    first = _free_reminder(debt)
    if first is None:
        return Claimable(refused="free_reminder_missing")
    wait = belgium.wait_after(first.sent_on, electronic=first.electronic)
    return Claimable(refused="free_reminder_running", from_on=wait.claim_from_on + timedelta(days=belgium.MARGIN_DAYS))


def _free_reminder(debt: Debt) -> FirstReminder | None:
    """The first reminder after the due date, whichever opens its gate first."""
    late = [r for r in debt.reminders if r.sent_on > debt.due_on]
    return min(late, key=lambda r: belgium.wait_after(r.sent_on, electronic=r.electronic).claim_from_on, default=None)


def _first_day(debt: Debt, law: Regime) -> date | None:
    """First day with interest; None: the condition has not been met."""
    if law.start == "formal_notice":
        return debt.formal_notice_on + timedelta(days=1) if debt.formal_notice_on else None
    if law.start == "free_reminder":
        first = _free_reminder(debt)
        return belgium.wait_after(first.sent_on, electronic=first.electronic).claim_from_on if first else None
    if law.start == "three_months":
        return _three_months(debt.due_on) + timedelta(days=1)
    return debt.due_on + timedelta(days=1)


def _three_months(day: date) -> date:
    month = day.month + 3
    year, month = day.year + (month - 1) // 12, (month - 1) % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, min(day.day, 28)) + timedelta(days=max(day.day - 28, 0)), following - timedelta(days=1))


def _compensation(debt: Debt, law: Regime, day: date) -> int:
    """Fixed compensation, on the sum unpaid when it fell due: part payments afterwards do not lower it, but for scales."""
    if not law.costs_after:
        return 0
    if law.costs_after == "dutch_letter" and not _dutch_letter_over(debt, day):
        return 0
    late_cents = debt.unpaid_on(debt.due_on + timedelta(days=1))
    if law.costs_after == "free_reminder" or law.country == "NL":
        late_cents = debt.unpaid_on(day)
    return fixed(law.country, law.legal_type, late_cents)


def _dutch_letter_over(debt: Debt, day: date) -> bool:
    """BW 6:96 lid 6: fourteen days from the day after a first reminder was received have gone by."""
    for sent_on, electronic in debt.reminders:
        received = sent_on + timedelta(days=RECEIVED_AFTER[electronic])
        if sent_on > debt.due_on and day > received + timedelta(days=DUTCH_LETTER_DAYS):
            return True
    return False


__all__ = ["REGIMES", "Claimable", "Debt", "FirstReminder", "Paid", "accrued", "agreed", "claimable", "replace"]
