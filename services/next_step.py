"""What comes next for one customer and why, in one or two sentences with the facts; and the state of the three stages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from models.card import LastAction
from models.company import Company
from models.customers import Customer
from models.due_items import ItemRow
from models.facts import policy
from models.worklist import Entry
from rules.dunning import decide
from rules.dunning_facts import PlannedAction
from services import language as words
from services import worklist
from services.language import N_, NP_, translate, translate_plural
from services.tables import stage_name
from services.wording import sentence

LOOKS = 12  # days looked at for the next action: notices, reminders and their waits are closer
TITLES = {
    "call": N_("Next action: call today"),
    "email": N_("Next action: send the e-mail “%(stage)s”"),
    "letter": N_("Next action: send the letter “%(stage)s”"),
    "sms": N_("Next action: send the text message “%(stage)s”"),
    "other": N_("Next action: %(stage)s"),
}
OVERDUE = NP_("%(piece)s is overdue by %(days)s days.", "%(num)s items are overdue, the oldest (%(piece)s) by %(days)s days.")
CHANNELS = {"email": N_("by e-mail"), "letter": N_("by letter"), "call": N_("by phone"), "sms": N_("by text message")}
DONE = {
    "call": N_("Call on %(day)s"),
    "email": N_("E-mail on %(day)s"),
    "letter": N_("Letter on %(day)s"),
}


@dataclass(frozen=True, slots=True)
class NextStep:
    """The next action: its title, why, the channel it goes by; `held`: nothing goes for now."""

    title: str
    why: tuple[str, ...]
    channel: str = ""
    held: bool = False
    has_upcoming: bool = False  # something may come on a later day


@dataclass(frozen=True, slots=True)
class StageState:
    """One stage of the strip. state: done, now or empty."""

    key: str
    state: str
    text: str


def next_step(
    entries: Sequence[Entry],
    items: Sequence[ItemRow],
    lasts: dict[str, LastAction],
    review_on: date | None,
    language: str,
    today: date,
) -> NextStep:
    """What to do for a customer now, or until when nothing is done, and why."""
    ready = next((one for one in entries if one.ready), None)
    if ready is not None:
        name = stage_name(language, ready.stage, ready.level)
        title = translate(language, TITLES.get(ready.channel, TITLES["other"]), stage=name)
        return NextStep(title, tuple(_why(ready, items, lasts, language, today)), ready.channel)
    if entries:
        held = entries[0]
        reason = sentence(language, held.held_code, {**held.held_params, "currency": held.currency})
        wanted = translate(
            language, N_("Waiting: %(stage)s for %(amount)s."), stage=stage_name(language, held.stage, held.level),
            amount=words.money_with_currency(held.amount_cents, language, held.currency),
        )  # fmt: skip
        title = translate(language, N_("Held back for now"))
        if held.held_until_on:
            title = translate(language, N_("Held back until %(day)s"), day=words.day_short(held.held_until_on, language))
        return NextStep(title, (_stop(reason), wanted), held.channel, True)
    if not any(row.open_cents > 0 for row in items):
        return NextStep(translate(language, N_("Nothing to do")), (translate(language, N_("Nothing is owed.")),), held=True)
    title = translate(language, N_("Nothing to do today"))
    return NextStep(title, (_nothing_yet(items, language, today),), held=True, has_upcoming=review_on is not None)


def _stop(text: str) -> str:
    return text if text.endswith((".", "…")) else f"{text}."


def _nothing_yet(items: Sequence[ItemRow], language: str, today: date) -> str:
    late = [row for row in items if row.open_cents > 0 and row.due_on < today]
    if late:
        return translate(language, N_("What is overdue has been dealt with as far as the scenario goes today."))
    first = min((row.due_on for row in items if row.open_cents > 0), default=today)
    return translate(language, N_("Nothing is overdue; the next due date is %(day)s."), day=words.day_short(first, language))


def _why(entry: Entry, items: Sequence[ItemRow], lasts: dict[str, LastAction], language: str, today: date) -> Iterable[str]:
    if entry.stage == "thanks":
        yield translate(language, N_("The last invoices were paid on time."))
        return
    chased = [row for row in items if row.id in set(entry.item_ids)]
    late = [row for row in chased if row.due_on < today]
    last = lasts["reminder"]
    if last.wait_until_on and last.done_on and last.wait_until_on <= today:
        yield translate(
            language, N_("%(stage)s of %(day)s granted time until %(until)s; it has passed."),
            stage=stage_name(language, last.stage or "", last.level or 0), day=words.day_short(last.done_on, language),
            until=words.day_short(last.wait_until_on, language),
        )  # fmt: skip
    if late:
        oldest = min(late, key=lambda row: row.due_on)
        yield translate_plural(
            language, *OVERDUE,
            len(late), piece=oldest.piece or oldest.label, days=(today - oldest.due_on).days,
        )  # fmt: skip
    elif chased:
        first = min(chased, key=lambda row: row.due_on)
        yield translate(
            language,
            N_("%(piece)s is due on %(day)s."),
            piece=first.piece or first.label,
            day=words.day_short(first.due_on, language),
        )
    amount = words.money_with_currency(entry.amount_cents, language, entry.currency)
    yield translate(
        language, N_("%(stage)s, %(amount)s, to do since %(day)s."), stage=stage_name(language, entry.stage, entry.level),
        amount=amount, day=words.day_short(entry.since_on, language),
    )  # fmt: skip
    yield from _not_to_mention(entry, items, language, today)
    if entry.confirm_code:
        yield _stop(sentence(language, entry.confirm_code, {**entry.confirm_params, "currency": entry.currency}))


def _not_to_mention(entry: Entry, items: Sequence[ItemRow], language: str, today: date) -> Iterable[str]:
    """Overdue items left out of the action, each with what stands on it."""
    left_out = []
    for row in items:
        if row.id in set(entry.item_ids) or row.open_cents <= 0 or row.due_on >= today:
            continue
        name = row.piece or row.label
        if row.marks.dispute_id:
            left_out.append(translate(language, N_("%(piece)s (dispute)"), piece=name))
        elif row.marks.promised_on:
            left_out.append(translate(language, N_("%(piece)s (promised)"), piece=name))
        elif row.marks.hold_id:
            left_out.append(translate(language, N_("%(piece)s (on hold)"), piece=name))
    if left_out:
        yield translate(
            language, N_("Leave out %(items)s."), items=", ".join(left_out[:5]) + ("…" if len(left_out) > 5 else "")
        )


def upcoming(session: Session, company: Company, customer: Customer, language: str, today: date) -> str:
    """The next thing the scenario does and the day it does it, as things stand; empty when nothing is known."""
    for account, scenario, decision in worklist.decisions_of(session, company, today, [customer.id]):
        day = decision.review_on
        for _ in range(LOOKS):
            if day is None or scenario is None:
                break
            then = decide(account, scenario, policy(company), day)
            if then.actions:
                return _planned(then.actions[0], day, language)
            day = then.review_on
    return ""


def _planned(action: PlannedAction, day: date, language: str) -> str:
    return translate(
        language, N_("On %(day)s: %(stage)s %(channel)s for %(amount)s, if nothing is paid until then."),
        day=words.day_short(day, language), stage=stage_name(language, action.step.stage, action.step.level),
        channel=translate(language, CHANNELS.get(action.channel, N_("by another way"))),
        amount=words.money_with_currency(action.amount_cents or _coming(action), language, action.currency),
    )  # fmt: skip


def _coming(action: PlannedAction) -> int:
    """What a notice announces: it asks for nothing yet."""
    return sum(item.open_cents for item in (*action.chased, *action.coming))


def stages(
    entries: Sequence[Entry], items: Sequence[ItemRow], lasts: dict[str, LastAction], language: str, today: date
) -> list[StageState]:
    """Notice, reminder, thanks: what is planned or was last done, and which stage the customer is in."""
    late = any(row.open_cents > 0 and row.due_on < today for row in items)
    found = []
    for key, none in (("notice", N_("None sent yet")), ("reminder", N_("None needed so far")), ("thanks", N_("None sent yet"))):
        planned = next((e for e in entries if e.ready and _stage_of(e.stage) == key), None)
        last = lasts[key]
        if planned is not None:
            text = translate(language, N_("%(stage)s to do today"), stage=stage_name(language, planned.stage, planned.level))
        elif last.done_on is not None:
            text = _last_text(last, language, today)
        else:
            text = translate(language, none)
        now = key == "reminder" and late
        found.append(StageState(key, "now" if now else "done" if last.done_on and not planned else "", text))
    return found


def _stage_of(stage: str) -> str:
    return stage if stage in ("notice", "thanks") else "reminder"


def _last_text(last: LastAction, language: str, today: date) -> str:
    day = words.day_short(last.done_on, language) if last.done_on else ""
    if last.stage in ("notice", "thanks"):
        return translate(language, DONE.get(last.channel or "", N_("Done on %(day)s")), day=day)
    text = translate(
        language, N_("%(stage)s on %(day)s"), stage=stage_name(language, last.stage or "", last.level or 0), day=day
    )
    if last.wait_until_on and last.wait_until_on > today:
        return text + translate(language, N_(", time granted until %(day)s"), day=words.day_short(last.wait_until_on, language))
    if last.wait_until_on:
        return text + translate(language, N_(", the time granted has passed"))
    return text
