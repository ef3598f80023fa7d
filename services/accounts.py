"""Signing in and out, users and their passwords."""

from __future__ import annotations

import functools
import secrets
import threading
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy.orm import Session

from models import audit
from models.sessions import (
    any_user,
    failures,
    forget_failures,
    hash_token,
    revoke_sessions,
    user_by_email,
)
from models.users import LoginAttempt, Membership, Role, User, UserSession
from rules.errors import DomainError

TRIES = 5  # of one account from one address
TRIES_WINDOW = timedelta(minutes=15)
ACCOUNT_TRIES = 100  # of one account from anywhere, an hour: guessing stops, the owner's own address stays open
PASSWORD_LENGTH = 10

_hasher = PasswordHasher()
_one_at_a_time = threading.Semaphore(1)  # each hash takes 64 MiB


def hash_password(password: str) -> str:
    """Argon2id; refuses passwords that are too short."""
    if len(password) < PASSWORD_LENGTH:
        raise DomainError("password_too_short", length=PASSWORD_LENGTH)
    with _one_at_a_time:
        return _hasher.hash(password)


def _matches(password_hash: str, password: str) -> bool:
    with _one_at_a_time:
        try:
            return _hasher.verify(password_hash, password)
        except (VerifyMismatchError, InvalidHashError):
            return False


@functools.cache
def _decoy_hash() -> str:
    # An unknown account takes as long as a known one.
    return _hasher.hash(secrets.token_urlsafe(12))


def sign_in(
    session: Session, email: str, password: str, now: datetime, hours: int, address: str, agent: str
) -> tuple[User, str]:
    """A new session for the right password: the user and the token for their browser.

    Errors: sign_in_blocked (minutes), sign_in_wrong (left). The caller commits in both cases: failures count."""
    email = email.strip().lower()
    here = failures(session, now - TRIES_WINDOW, email=email, address=address)
    anywhere = failures(session, now - timedelta(hours=1), email=email)
    if here >= TRIES or anywhere >= ACCOUNT_TRIES:
        raise DomainError("sign_in_blocked", minutes=int(TRIES_WINDOW.total_seconds() // 60))
    user = user_by_email(session, email)
    known = user is not None and user.is_active and bool(user.password_hash)
    if not _matches(user.password_hash if known and user else _decoy_hash(), password) or not known or user is None:
        session.add(LoginAttempt(email=email, address=address, tried_at=now))
        raise DomainError("sign_in_wrong", left=TRIES - here - 1)
    forget_failures(session, email, address)
    token = open_session(session, user, now, hours, address, agent)
    audit.record(session, now, user.id, None, "sign_in", "user", user.id, {"address": address})
    return user, token


def open_session(session: Session, user: User, now: datetime, hours: int, address: str, agent: str) -> str:
    """Start a session and return its token, which is stored nowhere else."""
    token = secrets.token_urlsafe(32)
    session.add(
        UserSession(
            user_id=user.id,
            token_hash=hash_token(token),
            made_at=now,
            seen_at=now,
            ends_at=now + timedelta(hours=hours),
            address=address,
            agent=agent[:200],
        )
    )
    session.flush()
    return token


def sign_out(session: Session, row: UserSession, now: datetime) -> None:
    """End one session at once."""
    row.revoked_at = now
    audit.record(session, now, row.user_id, None, "sign_out", "user", row.user_id)


def create_user(
    session: Session,
    actor_id: int | None,
    now: datetime,
    *,
    email: str,
    name: str,
    role: Role,
    password: str,
    company_ids: list[int] | None = None,
    language: str = "fr",
) -> User:
    """A new user with a role and the companies they may see. Errors: email_taken, password_too_short, email_wrong."""
    email = email.strip().lower()
    if "@" not in email or " " in email:
        raise DomainError("email_wrong", value=email)
    if user_by_email(session, email):
        raise DomainError("email_taken", value=email)
    user = User(
        email=email,
        name=name.strip() or email,
        role=role.value,
        language=language,
        password_hash=hash_password(password),
        created_at=now,
    )
    session.add(user)
    session.flush()
    session.add_all(Membership(user_id=user.id, company_id=company_id) for company_id in company_ids or [])
    audit.record(session, now, actor_id, None, "create", "user", user.id, {"email": email, "role": role.value})
    return user


def create_first_administrator(session: Session, now: datetime, *, email: str, name: str, password: str) -> User:
    """The first user of an instance; refused as soon as there is one. Errors: already_set_up and those of create_user."""
    if any_user(session):
        raise DomainError("already_set_up")
    return create_user(session, None, now, email=email, name=name, role=Role.ADMINISTRATOR, password=password)


def change_password(session: Session, user: User, current: str, new: str, now: datetime, keep_session_id: int | None) -> None:
    """Change one's own password and end all other sessions. Errors: password_wrong, password_too_short."""
    if not _matches(user.password_hash, current):
        raise DomainError("password_wrong")
    user.password_hash = hash_password(new)
    revoke_sessions(session, user.id, now, keep_session_id)
    audit.record(session, now, user.id, None, "change_password", "user", user.id)


def update_user(
    session: Session,
    actor_id: int,
    user: User,
    now: datetime,
    *,
    name: str,
    role: Role,
    company_ids: list[int],
    disabled: bool,
    password: str = "",
) -> None:
    """Change a user's role, companies or access; ends their sessions when access shrinks. Errors: own_access."""
    if actor_id == user.id and (disabled or role != Role.ADMINISTRATOR):
        raise DomainError("own_access")
    before = {"name": user.name, "role": user.role, "disabled": not user.is_active}
    user.name, user.role = name.strip() or user.email, role.value
    user.disabled_at = (user.disabled_at or now) if disabled else None
    if password:
        user.password_hash = hash_password(password)
    session.query(Membership).filter_by(user_id=user.id).delete()
    session.add_all(Membership(user_id=user.id, company_id=company_id) for company_id in company_ids)
    if disabled or password or before["role"] != user.role:
        revoke_sessions(session, user.id, now)
    after = {"name": user.name, "role": user.role, "disabled": disabled, "companies": company_ids}
    audit.record(session, now, actor_id, None, "update", "user", user.id, {"before": before, "after": after})
