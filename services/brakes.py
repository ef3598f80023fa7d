"""What slows messages down or stops them: sending hours, public holidays, the pause of a company."""

from __future__ import annotations

import functools
import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy.orm import Session

from models import audit, pausing
from models.company import Company
from models.pausing import Pause
from rules.errors import DomainError


@functools.lru_cache(maxsize=32)
def _holidays(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year).keys())
    except NotImplementedError:
        return frozenset()


def is_working_day(day: date, country: str) -> bool:
    """Monday to Friday, and no public holiday of the country."""
    return day.weekday() < 5 and day not in _holidays(country, day.year)


def next_working_day(day: date, country: str) -> date:
    """The first working day after a day."""
    day += timedelta(days=1)
    while not is_working_day(day, country):
        day += timedelta(days=1)
    return day


def _clock(text: str, otherwise: time) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return otherwise


def in_window(company: Company, now: datetime) -> bool:
    """Whether the company's clock stands in its sending window, on a working day."""
    local = now.astimezone(ZoneInfo(company.time_zone))
    start, end = _clock(company.window_from, time(8)), _clock(company.window_until, time(18))
    return is_working_day(local.date(), company.country) and start <= local.time() < end


def closed_since(company: Company, now: datetime) -> datetime | None:
    """None while the window is open; else the start of the company's day: what a person sends today leaves all the same."""
    if in_window(company, now):
        return None
    zone = ZoneInfo(company.time_zone)
    return datetime.combine(now.astimezone(zone).date(), time(0), zone)


def pause(session: Session, company: Company, reason: str, actor_id: int, now: datetime) -> None:
    """From now on nothing leaves the company, and nothing is lost. Raises reason_missing, already_paused."""
    reason = " ".join(reason.split())[:300]
    if not reason:
        raise DomainError("reason_missing")
    if pausing.is_paused(session, company.id):
        raise DomainError("already_paused")
    row = Pause(company_id=company.id, kind="person", reason=reason, facts={}, started_at=now, by_id=actor_id)
    session.add(row)
    session.flush()
    audit.record(session, now, actor_id, company.id, "start", "pause", row.id, {"reason": reason})


def resume(session: Session, company: Company, actor_id: int, now: datetime) -> None:
    """Messages leave again, after a second look at each. Raises not_paused."""
    found = pausing.pause_of(session, company.id)
    if found is None:
        raise DomainError("not_paused")
    pausing.end_pauses(session, company.id, actor_id, now)
    audit.record(session, now, actor_id, company.id, "end", "pause", found.id, {"kind": found.kind})


_LIMIT = re.compile(r"([a-z0-9][a-z0-9.-]*\.[a-z]{2,})\s*[ =:;]\s*(\d{1,6})", re.IGNORECASE)


def read_limits(text: str) -> dict[str, int]:
    """ "orange.fr 200" a line: messages an hour by domain. Raises limit_wrong."""
    found: dict[str, int] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        match = _LIMIT.fullmatch(line)
        if match is None:
            raise DomainError("limit_wrong", value=line[:60])
        found[match[1].lower()] = int(match[2])
    return found


def write_limits(limits: dict[str, int]) -> str:
    """The limits as `read_limits` reads them."""
    return "\n".join(f"{name} {count}" for name, count in sorted(limits.items()))


def next_holidays(country: str, today: date, count: int) -> list[date]:
    """The next public holidays of a country that fall on a weekday."""
    coming = sorted(_holidays(country, today.year) | _holidays(country, today.year + 1))
    return [on for on in coming if on >= today and on.weekday() < 5][:count]
