"""Users, the companies they may see, their sessions and the attempts to sign in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from flask_login import UserMixin
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Flag, Key, Text


class Role(StrEnum):
    """The seven roles (product.md, D1)."""

    ADMINISTRATOR = "administrator"
    DIRECTOR = "director"
    ACCOUNTANT = "accountant"
    COLLECTOR = "collector"
    SALES_REP = "sales_rep"
    CUSTOMER_SERVICE = "customer_service"
    SUPPORT = "support"


class User(UserMixin, Base):
    """Somebody who signs in."""

    __tablename__ = "user"
    __allow_unmapped__ = True

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(unique=True)  # lower case
    name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str] = mapped_column(default="fr")
    password_hash: Mapped[Text]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]

    session_token: str = ""  # of the browser that signed in; not stored here

    def get_id(self) -> str:
        """What the browser's cookie carries: the token of its session, not the user."""
        return self.session_token

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(w[0] for w in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


class Membership(Base):
    """A user may see a company."""

    __tablename__ = "membership"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"), primary_key=True)


class UserSession(Base):
    """A signed-in browser. Only the hash of its token is stored; revoked or expired ones are refused at once."""

    __tablename__ = "user_session"

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id", ondelete="SET NULL"))  # the one looked at
    made_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    address: Mapped[Text]
    agent: Mapped[Text]
    is_demo: Mapped[Flag]


class LoginAttempt(Base):
    """A failed attempt to sign in, counted per account and per address."""

    __tablename__ = "login_attempt"
    __table_args__ = (sa.Index("ix_login_attempt", "email", "tried_at"), sa.Index("ix_login_address", "address", "tried_at"))

    id: Mapped[Key]
    email: Mapped[str]
    address: Mapped[str]
    tried_at: Mapped[datetime]
