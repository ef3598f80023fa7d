"""Payment plans: proposed, accepted, judged by what comes in, called off; each instalment announced and, when late, asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models import audit, due_items
from models import plans as store
from models.company import Company
from models.customers import Customer
from models.due_items import ItemRow
from models.messages import Outbox
from models.plans import Agreed, Plan, PlanInstalment, PlanItem
from rules.errors import DomainError
from rules.plans import CHASE_DAYS, LIVE, NOTICE_DAYS, Instalment, Judged, Patience, instalments, portions
from rules.plans import judge as judge_one
from services import commitment_mail, outbox, worklist
from services.writing import full_money, written_day

Parts = dict[int, int]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan is made from: first day, frequency, and either how many instalments or how much each."""

    first_on: date
    frequency: str
    count: int | None = None
    each_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How a debtor agreed: on which day, who, through which channel."""

    on: date
    by: str = ""
    through: str = ""


def patience(company: Company) -> Patience:
    """The company's rule for breaking a plan."""
    return Patience(company.plan_break_days, company.plan_break_missed)


def eligible(session: Session, customer: Customer, today: date) -> list[ItemRow]:
    """Open debits of a customer that no other plan covers."""
    rows = [row for row in due_items.of_customer(session, customer, today) if row.open_cents > 0]
    taken = set(store.covered_by_others(session, [row.id for row in rows]))
    return [row for row in rows if row.id not in taken]


def schedule(cents: int, terms: Terms, today: date) -> tuple[Instalment, ...]:
    """The instalments such terms would give. Errors: those of `rules.plans.instalments`, plan_past."""
    if terms.first_on < today:
        raise DomainError("plan_past", today_on=today)
    return instalments(cents, terms.first_on, terms.frequency, terms.count, terms.each_cents)


def propose_plan(
    session: Session, customer: Customer, item_ids: Sequence[int], terms: Terms, actor_id: int | None, now: datetime,
    today: date, *, note: str = "",
) -> Plan:  # fmt: skip
    """A plan for all that is open on some items of one customer, in one currency. Reminders go on until it is accepted.

    Errors: plan_items (none chosen), plan_item_taken (not open, or in another plan), plan_currencies, those of `schedule`."""
    if not item_ids:
        raise DomainError("plan_items")
    known = {row.id: row for row in eligible(session, customer, today)}
    if any(item_id not in known for item_id in item_ids):
        raise DomainError("plan_item_taken")
    rows = [known[item_id] for item_id in dict.fromkeys(item_ids)]
    if len({row.currency for row in rows}) > 1:
        raise DomainError("plan_currencies")
    cents = sum(row.open_cents for row in rows)
    made = schedule(cents, terms, today)
    plan = Plan(
        company_id=customer.company_id, customer_id=customer.id, currency=rows[0].currency, cents=cents, state="proposed",
        frequency=terms.frequency, note=note.strip(), made_at=now, by_id=actor_id, next_on=made[0].due_on,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    session.add_all(PlanItem(plan_id=plan.id, item_id=row.id, cents=row.open_cents) for row in rows)
    session.add_all(PlanInstalment(plan_id=plan.id, number=n, due_on=i.due_on, cents=i.cents) for n, i in enumerate(made, 1))
    session.flush()
    words = {"customer": customer.id, "cents": cents, "items": [row.id for row in rows], "instalments": len(made)}
    audit.record(session, now, actor_id, plan.company_id, "create", "plan", plan.id, words)
    return plan


def accept_plan(session: Session, plan: Plan, acceptance: Acceptance, actor_id: int | None, now: datetime, today: date) -> None:
    """The debtor agreed: the plan is in force, its items are not reminded while it is kept. It acknowledges the debt and so
    interrupts limitation (FR civil code 2240).

    Errors: plan_not_proposed, plan_accepted_future, plan_broken_already."""
    if plan.state != "proposed":
        raise DomainError("plan_not_proposed")
    if acceptance.on > today:
        raise DomainError("plan_accepted_future", today_on=today)
    company = session.get_one(Company, plan.company_id)
    plan.accepted_on, plan.accepted_at = acceptance.on, now
    plan.accepted_by, plan.accepted_through = acceptance.by.strip(), acceptance.through
    [one] = store.agreed(session, [plan])
    verdict = _verdict(one, company, today)
    if verdict.state == "broken":
        raise DomainError("plan_broken_already")
    _write(session, company, one, verdict, now, today, quiet=True)
    words = {"accepted_on": acceptance.on, "by": plan.accepted_by, "through": acceptance.through}
    audit.record(session, now, actor_id, plan.company_id, "accept", "plan", plan.id, words)
    worklist.touch(session, plan.customer_id, today)


def withdraw_acceptance(session: Session, plan: Plan, actor_id: int | None, now: datetime, today: date) -> None:
    """The acceptance was recorded by mistake: the plan is a proposal again. Error: plan_not_live."""
    if plan.state not in LIVE:
        raise DomainError("plan_not_live")
    plan.state, plan.accepted_on, plan.accepted_at, plan.breaks_on = "proposed", None, None, None
    plan.accepted_by = plan.accepted_through = ""
    _call_back(session, plan, today)
    audit.record(session, now, actor_id, plan.company_id, "withdraw", "plan", plan.id)
    worklist.touch(session, plan.customer_id, today)


def cancel_plan(session: Session, plan: Plan, actor_id: int | None, now: datetime, today: date) -> None:
    """Call a plan off: its items follow their scenario again. Error: plan_decided."""
    if plan.state not in ("proposed", *LIVE):
        raise DomainError("plan_decided")
    plan.state, plan.decided_on = "cancelled", today
    _call_back(session, plan, today)
    audit.record(session, now, actor_id, plan.company_id, "cancel", "plan", plan.id)
    worklist.touch(session, plan.customer_id, today)


def revive_plan(session: Session, plan: Plan, actor_id: int | None, now: datetime, today: date) -> None:
    """Put a plan that was called off or broken back into force, as far as it is kept now.

    Errors: plan_not_over, plan_item_taken (another plan covers an item by now), plan_broken_already."""
    if plan.state not in ("cancelled", "broken"):
        raise DomainError("plan_not_over")
    company = session.get_one(Company, plan.company_id)
    [one] = store.agreed(session, [plan])
    if store.covered_by_others(session, [item.item_id for item in one.items], plan.id):
        raise DomainError("plan_item_taken")
    before, plan.decided_on = plan.state, None
    if plan.accepted_on is None:
        plan.state = "proposed"
    else:
        verdict = _verdict(one, company, today)
        if verdict.state == "broken":
            raise DomainError("plan_broken_already")
        _write(session, company, one, verdict, now, today, quiet=True)
    audit.record(session, now, actor_id, plan.company_id, "restore", "plan", plan.id, {"state": [before, plan.state]})
    worklist.touch(session, plan.customer_id, today)


def judge(session: Session, company: Company, customer_ids: Sequence[int] | None, now: datetime, today: date) -> dict[str, int]:
    """Plans in force as ledger and bank show them: instalments paid or late, plans begun, kept or broken; how many of the last
    two. Called after every change of ledger or bank (for its customers) and every night (None: for all)."""
    session.flush()
    counts = {"kept": 0, "broken": 0}
    changed: set[int] = set()
    for one in store.agreed(session, store.live_plans(session, company.id, customer_ids)):
        verdict = _verdict(one, company, today)
        if _write(session, company, one, verdict, now, today):
            changed.add(one.plan.customer_id)
        if verdict.state in counts:
            counts[verdict.state] += 1
    if changed:
        session.flush()
        worklist.refresh(session, company, sorted(changed), today)
    return counts


def _verdict(one: Agreed, company: Company, today: date) -> Judged:
    return judge_one(one.schedule, one.received_cents, patience(company), today)


def _write(
    session: Session, company: Company, one: Agreed, verdict: Judged, now: datetime, today: date, quiet: bool = False
) -> bool:
    """Keep a judgement; whether anything changed. What was about to be asked for and is paid now is not sent."""
    plan = one.plan
    before = (plan.state, plan.next_on, plan.breaks_on)
    paid: list[PlanInstalment] = []
    for row, cents, state in zip(one.instalments, verdict.paid, verdict.states, strict=True):
        if state == "paid" != row.state:
            paid.append(row)
        row.paid_cents, row.state = cents, state
    plan.state, plan.breaks_on = verdict.state, verdict.breaks_on
    plan.next_on = verdict.next.due_on if verdict.next else None
    if plan.state in ("kept", "broken"):
        plan.decided_on = today
    if plan.state != before[0] and not quiet:
        verb = {"running": "begin", "accepted": "wait"}.get(plan.state, plan.state)
        audit.record(session, now, None, plan.company_id, verb, "plan", plan.id)
    if plan.state in ("kept", "broken"):
        _call_back(session, plan, today)
    elif paid:
        _drop(session, company, [_key(row, kind) for row in paid for kind in ("notice", "reminder")], today)
    return before != (plan.state, plan.next_on, plan.breaks_on)


def _call_back(session: Session, plan: Plan, today: date) -> None:
    """Messages about instalments that have not left stay here: the plan is over."""
    company = session.get_one(Company, plan.company_id)
    _drop(session, company, [f"plan-{plan.id}-"], today)


def _drop(session: Session, company: Company, keys: Sequence[str], today: date) -> None:
    session.flush()
    if ids := store.waiting_messages(session, company.id, keys):
        outbox.drop(session, company, dict.fromkeys(ids, "paid"), today)


# ------------------------------------------------------------------ messages


def _key(row: PlanInstalment, kind: str) -> str:
    return f"plan-{row.plan_id}-{row.number}-{kind}"


def confirm_plan(session: Session, plan: Plan, actor_id: int | None, now: datetime, today: date) -> Outbox:
    """The confirmation of a plan, with its instalments, by e-mail. Errors: no_address, ledger_gap, plan_decided."""
    if plan.state not in ("proposed", *LIVE):
        raise DomainError("plan_decided")
    company, customer = session.get_one(Company, plan.company_id), session.get_one(Customer, plan.customer_id)
    [one] = store.agreed(session, [plan])
    language = commitment_mail.language_of(company, customer)
    colon = " : " if language == "fr" else ": "
    lines = [f"{written_day(i.due_on, language)}{colon}{full_money(i.cents, language, plan.currency)}" for i in one.instalments]
    said = {"plan_total": full_money(plan.cents, language, plan.currency), "plan_schedule": "\n".join(lines)}
    parts = {item.item_id: item.open_cents for item in one.items if item.open_cents > 0}
    batch = commitment_mail.open_batch(session, company, actor_id, now)
    commitment_mail.queue(
        session, company, customer, batch, "plan_confirmation", said, parts, plan.currency, actor_id, now, today,
        key=f"planned-{plan.id}",
    )  # fmt: skip
    worklist.touch(session, customer.id, today)
    return batch


def tell_debtors(session: Session, company: Company, actor_id: int | None, now: datetime, today: date) -> Outbox | None:
    """Announce the instalments that come within three days and ask for those two days late, each once, by e-mail; None when there
    is nothing to say. Customers on hold, in dispute, insolvent or in other hands are left alone."""
    due = store.to_tell(session, company.id, today + timedelta(days=NOTICE_DAYS), today - timedelta(days=CHASE_DAYS), today)
    batch: Outbox | None = None
    by_id = {one.plan.id: one for one in store.agreed(session, list({plan.id: plan for _, plan in due}.values()))}
    for row, plan in due:
        customer = session.get_one(Customer, plan.customer_id)
        if not commitment_mail.reachable(session, customer):
            continue  # stands on the page of plans for a person to call
        batch = batch or commitment_mail.open_batch(session, company, actor_id, now)
        _tell(session, company, customer, by_id[plan.id], row, batch, actor_id, now, today)
    return batch


def _tell(
    session: Session, company: Company, customer: Customer, one: Agreed, row: PlanInstalment, batch: Outbox,
    actor_id: int | None, now: datetime, today: date,
) -> None:  # fmt: skip
    late = row.state == "late"
    language, left = commitment_mail.language_of(company, customer), row.cents - row.paid_cents
    said = {
        "instalment_on": written_day(row.due_on, language),
        "instalment_amount": full_money(left, language, one.plan.currency),
        "plan_total": full_money(one.plan.cents, language, one.plan.currency),
    }
    kind = "reminder" if late else "notice"
    commitment_mail.queue(
        session, company, customer, batch, f"plan_{kind}", said, parts_of(one, row), one.plan.currency, actor_id, now, today,
        key=_key(row, kind), stage=kind, level=1 if late else 0, parts_on=row.due_on,
    )  # fmt: skip
    if late:
        row.chased_on = today
    else:
        row.noticed_on = today


def parts_of(one: Agreed, row: PlanInstalment) -> Parts:
    """What of which item an instalment still asks for: money pays the oldest item first."""
    owed = [(item.item_id, item.open_cents) for item in one.items]
    unpaid = [Instalment(i.due_on, i.cents - i.paid_cents) for i in one.instalments if i.cents > i.paid_cents]
    found: Parts = {}
    for part in portions(owed, unpaid):
        if part.due_on == row.due_on:
            found[part.item_id] = found.get(part.item_id, 0) + part.cents
    return found
