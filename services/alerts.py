"""Points of vigilance one by one: what stands today, and acknowledging, putting off, entrusting each of them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from models import alerts as store
from models import audit
from models.alerts import AlertMark, Line
from models.company import Company
from models.standing import standings
from rules.errors import DomainError
from rules.vigilance import large_from


def standing_lines(session: Session, company: Company, reps: tuple[int, ...] | None, today: date) -> list[Line]:
    """Every alert of today with its mark, hidden ones too, the gravest kind first."""
    return store.lines(session, company.id, _standing(session, company, reps, today))


def _standing(session: Session, company: Company, reps: tuple[int, ...] | None, today: date) -> list[store.Standing]:
    aged = standings(session, company, today)[company.currency]
    least = large_from(aged.totals().owed_cents, company.alert_large_cents)
    return store.standing_alerts(session, company, reps, aged.by_id, least, today)


def acknowledge(
    session: Session, company: Company, kind: str, object_id: int, actor_id: int | None, now: datetime, today: date
) -> None:
    """Seen and in hand: it is not shown again while it lasts. Error: alert_unknown."""
    mark = _mark(session, company, kind, object_id, today)
    mark.acknowledged_at, mark.by_id, mark.until_on = now, actor_id, None
    _note(session, company, mark, "acknowledge", actor_id, now)


def put_off(
    session: Session, company: Company, kind: str, object_id: int, until_on: date | None, actor_id: int | None, now: datetime,
    today: date,
) -> None:  # fmt: skip
    """Not shown before a day. Errors: alert_unknown, alert_past."""
    if until_on is None or until_on <= today:
        raise DomainError("alert_past")
    mark = _mark(session, company, kind, object_id, today)
    mark.acknowledged_at, mark.by_id, mark.until_on = None, actor_id, until_on
    _note(session, company, mark, "put_off", actor_id, now)


def entrust(
    session: Session, company: Company, kind: str, object_id: int, user_id: int | None, actor_id: int | None, now: datetime,
    today: date,
) -> None:  # fmt: skip
    """Somebody looks after it (None: nobody); it stays in sight. Error: alert_unknown."""
    mark = _mark(session, company, kind, object_id, today)
    mark.assigned_id = user_id
    _note(session, company, mark, "assign", actor_id, now)


def show_again(session: Session, company: Company, kind: str, object_id: int, actor_id: int | None, now: datetime) -> None:
    """Take an acknowledgement or a putting off back; nothing happens when there is none."""
    mark = store.mark_of(session, company.id, kind, object_id)
    if mark is not None and (mark.acknowledged_at or mark.until_on):
        mark.acknowledged_at, mark.until_on, mark.by_id = None, None, None
        _note(session, company, mark, "restore", actor_id, now)


def forget_gone(session: Session, company: Company, today: date) -> int:
    """Every night: marks of alerts whose cause is gone."""
    return store.forget_gone(session, company.id, _standing(session, company, None, today))


def _mark(session: Session, company: Company, kind: str, object_id: int, today: date) -> AlertMark:
    """The mark of an alert that stands, made when there is none yet."""
    standing = _standing(session, company, None, today)
    if not any((one.kind, one.object_id) == (kind, object_id) for one in standing):
        raise DomainError("alert_unknown")
    mark = store.mark_of(session, company.id, kind, object_id)
    if mark is None:
        mark = AlertMark(company_id=company.id, kind=kind, object_id=object_id)
        session.add(mark)
    return mark


def _note(session: Session, company: Company, mark: AlertMark, verb: str, actor_id: int | None, now: datetime) -> None:
    session.flush()
    company.ledger_version += 1  # home keeps its alerts until something changes
    changes = {"kind": mark.kind, "object": mark.object_id, "until_on": mark.until_on, "assigned": mark.assigned_id}
    audit.record(session, now, actor_id, company.id, verb, "alert", mark.id, changes)
