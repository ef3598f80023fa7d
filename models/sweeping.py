"""What the worker's look of every minute asks."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.company import Company
from models.customers import Customer


def companies(session: Session) -> list[tuple[int, str, bool]]:
    """Every company with its time zone and whether it sends by itself."""
    query = sa.select(Company.id, Company.time_zone, Company.automatic_sending).order_by(Company.id)
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def digests_due(session: Session, now: datetime) -> list[tuple[int, date]]:
    """Companies with people to tell of the next day whose hour of telling has come, with their day."""
    query = sa.select(Company.id, Company.time_zone, Company.digest_at).where(Company.digest_user_ids != [])
    found = []
    for company_id, zone, at in session.execute(query):
        local = now.astimezone(ZoneInfo(zone))
        if local.strftime("%H:%M") >= at:
            found.append((company_id, local.date()))
    return found


def companies_with_suspects(session: Session, today: date) -> list[int]:
    """Companies with customers whose review day has come."""
    suspect = sa.exists().where(Customer.company_id == Company.id, Customer.review_on <= today)
    return list(session.scalars(sa.select(Company.id).where(suspect).order_by(Company.id)))
