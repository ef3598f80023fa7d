"""After a restore: what the send journal says has left, and the database has forgotten, is marked as sent; everything else is
held until a person has looked. The same hold after a long standstill.

A message the database knows takes the journal's word. One it does not know is recorded anew when its action is still to be
done here; else its address is named to the person who looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from integrations.channels.journal import Told
from models import audit, pausing
from models import outbox as store
from models import recalling as recalled
from models.company import Company
from models.messages import Message
from models.recalling import Here
from services import worklist
from services.outbox import settle_actions

NAMED = 50  # addresses shown to the person who looks


@dataclass(slots=True)
class Found:
    """What the journal knew better, of one company. `marked`: known here, now sent; `added`: recorded anew; `unknown`: handed over
    without an answer; `strange`: sent, and not to be found here, with their addresses."""

    marked: int = 0
    added: int = 0
    unknown: int = 0
    strange: int = 0
    names: list[str] = field(default_factory=list)

    @property
    def any(self) -> bool:
        return bool(self.marked or self.added or self.unknown or self.strange)


def reconcile(session: Session, told: Sequence[Told], now: datetime, today: date) -> dict[int, Found]:
    """Compare the journal with the database; by company what was found, nothing when they agree. When they do not, every
    company is held."""
    here = recalled.messages_here(session, [t.guid for t in told])
    companies = recalled.companies_since(session)
    found = {company_id: Found() for company_id in companies}
    _mark_known(session, found, [(t, here[t.guid]) for t in told if t.guid in here], now, today)
    lost: dict[int, list[Told]] = {}
    for t in told:
        if t.guid not in here and _left(t):
            company_id = _company_of(t)
            if company_id in companies and companies[company_id] <= t.at:
                lost.setdefault(company_id, []).append(t)
    for company_id, forgotten in lost.items():
        _record_forgotten(session, session.get_one(Company, company_id), forgotten, found[company_id], today)
    if not any(f.any for f in found.values()):
        return {}
    for company_id, f in found.items():
        f.names = f.names[:NAMED]
        _hold(session, company_id, "restored", asdict(f), now)
    return found


def _left(told: Told) -> bool:
    return told.state in ("sent", "unknown") or (told.dot_at is not None and told.state == "")


def _company_of(told: Told) -> int:
    number = told.about.partition(" ")[0]
    return int(number) if number.isdigit() else 0


def _hold(session: Session, company_id: int, kind: str, facts: dict[str, Any], now: datetime) -> None:
    pause_id = recalled.add_pause(session, company_id, kind, facts, now)
    said = {name: value for name, value in facts.items() if name != "names"}
    audit.record(session, now, None, company_id, "start", "pause", pause_id, {"kind": kind, **said})


def _mark_known(
    session: Session, found: dict[int, Found], pairs: Sequence[tuple[Told, Here]], now: datetime, today: date
) -> None:
    """Messages not settled here that the journal has seen leave."""
    behind = [(t, m) for t, m in pairs if m.attempts < t.attempt and m.state not in ("claimed", *store.LEFT, "bounced")]
    settled: dict[int, list[int]] = {}
    rows, actions = [], []
    for t, message in behind:
        if not _left(t):
            continue
        sent = t.state == "sent"
        rows.append(
            {
                "b_id": message.id, "b_state": "sent" if sent else "unknown", "b_attempts": t.attempt, "b_answer": t.answer,
                "b_sent": t.at if sent else None, "b_data": t.dot_at,
            }
        )  # fmt: skip
        settled.setdefault(message.company_id, []).append(message.id)
        actions += [message.action_id] if message.action_id is not None else []
        found[message.company_id].marked += sent
        found[message.company_id].unknown += not sent
    recalled.settle_recalled(session, rows)
    recalled.raise_attempts(session, {m.id: t.attempt for t, m in behind if not _left(t)})
    recalled.recount(session, actions)
    session.expire_all()
    for company_id, ids in settled.items():
        settle_actions(session, session.get_one(Company, company_id), ids, now, today)


def _record_forgotten(session: Session, company: Company, forgotten: Sequence[Told], found: Found, today: date) -> None:
    """Messages this database never saw: their actions are done, when it can still see what they were."""
    by_day: dict[date, list[Told]] = {}
    for t in forgotten:
        by_day.setdefault((t.dot_at or t.at).astimezone(ZoneInfo(company.time_zone)).date(), []).append(t)
    for day, those in sorted(by_day.items()):
        keys = {key: t for t in those if (key := _key_of(t))}
        customers = recalled.customers_here(session, company.id, [_customer_of(t) for t in keys.values()])
        worklist.refresh(session, company, sorted(customers), day)
        entries = recalled.entries_by_key(session, company.id, list(keys))
        done = worklist.record_done(
            session, company, list(entries), None, those[0].at, day, state="done", forced=True
        )  # fmt: skip
        known = {entries[r.entry_id]: r for r in done if r.action_id is not None}
        for t in those:
            recorded = known.get(_key_of(t))
            customer_id = _customer_of(t) if _customer_of(t) in customers else None
            session.add(_message(company, t, customer_id, recorded.action_id if recorded else None))
            sent = t.state == "sent"
            found.added += sent and recorded is not None
            found.unknown += not sent
            if recorded is None:
                found.strange += 1
                found.names.append(t.recipient)
        session.flush()
        worklist.refresh(session, company, sorted(customers), today)


def _key_of(told: Told) -> str:
    return told.about.split(" ")[2] if told.about.count(" ") == 2 else ""


def _customer_of(told: Told) -> int:
    parts = told.about.split(" ")
    return int(parts[1]) if len(parts) == 3 and parts[1].isdigit() else 0


def _message(company: Company, told: Told, customer_id: int | None, action_id: int | None) -> Message:
    """The row of a message whose bytes are lost: address, moment and answer are known."""
    sent = told.state == "sent"
    return Message(
        company_id=company.id, customer_id=customer_id, action_id=action_id, channel="email", language=company.language,
        state="sent" if sent else "unknown", purpose="reminder" if action_id else "single", recipient=told.recipient,
        recipient_name=told.recipient, subject="", message_id=told.guid, facts={"from_journal": True}, queued_at=told.at,
        attempts=told.attempt, claimed_at=told.at, data_done_at=told.dot_at, sent_at=told.at if sent else None, answer=told.answer,
    )  # fmt: skip


def hold_after_standstill(session: Session, last: datetime, now: datetime) -> int:
    """After a long time without a worker, companies with messages waiting since before are held; how many."""
    if now - last < recalled.STILL:
        return 0
    waiting = recalled.companies_with_open_mail(session, last)
    for company_id, count in waiting.items():
        hours = int((now - last).total_seconds() // 3600)
        _hold(session, company_id, "standstill", {"messages": count, "hours": hours}, now)
    return len(waiting)


def note_mark(session: Session, size: int, now: datetime) -> None:
    """The journal up to here is known, unless some sender is under way."""
    if pausing.mark_of(session) != size and not recalled.any_claimed(session):
        pausing.set_mark(session, size, now)
