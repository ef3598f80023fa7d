"""How fast messages may leave: what is due, domain by domain, and what left for each within the last hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.company import Company
from models.messages import Message, Outbox

HOUR = timedelta(hours=1)
AT_ANY_HOUR = ("test", "digest")
"""Purposes of messages to ourselves."""


def domain(address: str) -> str:
    """The domain of an address, lower case."""
    return address.rpartition("@")[2].strip().lower()


def room(session: Session, company: Company, now: datetime) -> Mapping[str, int] | None:
    """For the domains written to within the last hour, how many messages may still leave; None when nothing is limited."""
    if not company.domain_per_hour and not company.domain_limits:
        return None
    query = sa.select(Message.recipient, sa.func.count()).where(
        Message.company_id == company.id, Message.claimed_at > now - HOUR, Message.channel == "email"
    )
    gone: Counter[str] = Counter()
    for address, count in session.execute(query.group_by(Message.recipient)):
        gone[domain(address)] += count
    return {name: allowed(company, name) - gone[name] for name in gone.keys() | company.domain_limits.keys()}


def allowed(company: Company, name: str) -> int:
    """Messages an hour that a domain may get; 0 in the settings means no limit."""
    return int(company.domain_limits.get(name, company.domain_per_hour)) or 1_000_000_000


def due(
    session: Session, company: Company, now: datetime, limit: int, left: Mapping[str, int] | None, since: datetime | None
) -> list[tuple[int, int, str]]:
    """(id, audit head when last looked at, purpose) of the e-mails to send next, oldest first: no more for a domain than
    there is room. `since` set: the window is closed, and only what a person has sent since then, and what goes to ourselves, leaves."""
    query = sa.select(Message.id, Message.audit_head, Message.purpose, Message.recipient).where(
        Message.state.in_(("queued", "retry")),
        Message.company_id == company.id,
        Message.channel == "email",
        Message.next_try_at <= now,
    )
    if since is not None:
        mine = sa.select(Outbox.id).where(Outbox.company_id == company.id, Outbox.by_id.is_not(None), Outbox.made_at >= since)
        query = query.where(sa.or_(Message.purpose.in_(AT_ANY_HOUR), Message.outbox_id.in_(mine)))
    for name in [] if left is None else sorted(name for name, count in left.items() if count <= 0):
        query = query.where(sa.not_(sa.func.lower(Message.recipient).endswith(f"@{name}", autoescape=True)))
    rows = session.execute(query.order_by(Message.next_try_at, Message.id).limit(limit)).all()
    if left is None:
        return [(i, head, purpose) for i, head, purpose, _ in rows]
    taken: Counter[str] = Counter()
    found = []
    for i, head, purpose, address in rows:
        name = domain(address)
        if taken[name] < left.get(name, allowed(company, name)):
            taken[name] += 1
            found.append((i, head, purpose))
    return found
