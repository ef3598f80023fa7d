"""Questions about who is signed in, what they may see, and what the shell of every page shows."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.company import Company, SalesRep
from models.users import LoginAttempt, Membership, Role, User, UserSession


def hash_token(token: str) -> str:
    """What is stored of a session's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def signed_in(session: Session, token: str, now: datetime, idle: timedelta) -> tuple[User, UserSession] | None:
    """The user behind a session token that is neither revoked nor ended nor idle for too long."""
    row = session.execute(
        sa.select(User, UserSession)
        .join(UserSession, UserSession.user_id == User.id)
        .where(
            UserSession.token_hash == hash_token(token),
            UserSession.revoked_at.is_(None),
            UserSession.ends_at > now,
            UserSession.seen_at > now - idle,
            User.disabled_at.is_(None),
        )
    ).first()
    return (row[0], row[1]) if row else None


def companies_of(session: Session, user: User) -> list[Company]:
    """The companies a user may see, by name; administrators see all."""
    query = sa.select(Company).order_by(Company.name)
    if user.role != Role.ADMINISTRATOR:
        query = query.join(Membership, Membership.company_id == Company.id).where(Membership.user_id == user.id)
    return list(session.scalars(query))


def reps_of(session: Session, user: User, company_id: int) -> tuple[int, ...] | None:
    """The sales representatives whose customers a user may see in a company; None means all customers."""
    if user.role != Role.SALES_REP:
        return None
    return tuple(session.scalars(sa.select(SalesRep.id).where(SalesRep.company_id == company_id, SalesRep.user_id == user.id)))


def user_by_email(session: Session, email: str) -> User | None:
    """The user with this address, whatever its case."""
    return session.scalar(sa.select(User).where(User.email == email.strip().lower()))


def any_user(session: Session) -> bool:
    """Whether the instance has been set up."""
    return session.scalar(sa.select(sa.exists().where(User.id > 0))) is True


def failures(session: Session, since: datetime, *, email: str | None = None, address: str | None = None) -> int:
    """Failed sign-ins since an instant, of an account, from an address, or both."""
    query = sa.select(sa.func.count()).select_from(LoginAttempt).where(LoginAttempt.tried_at >= since)
    if email is not None:
        query = query.where(LoginAttempt.email == email)
    if address is not None:
        query = query.where(LoginAttempt.address == address)
    return session.scalar(query) or 0


def forget_failures(session: Session, email: str, address: str) -> None:
    """A good sign-in clears the failures of that account from that address."""
    session.execute(sa.delete(LoginAttempt).where(LoginAttempt.email == email, LoginAttempt.address == address))


def revoke_sessions(session: Session, user_id: int, now: datetime, keep_id: int | None = None) -> None:
    """End every session of a user at once, but for one."""
    query = sa.update(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    if keep_id is not None:
        query = query.where(UserSession.id != keep_id)
    session.execute(query.values(revoked_at=now))
