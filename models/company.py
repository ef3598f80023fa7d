"""Companies (legal entities with a ledger of their own), their profiles and sales representatives."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Cents, Flag, Key, Text


class Company(Base):
    """A legal entity with its own ledger, its own sender of messages and its own rules of the house."""

    __tablename__ = "company"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    country: Mapped[str] = mapped_column(default="FR")
    currency: Mapped[str] = mapped_column(default="EUR")
    language: Mapped[str] = mapped_column(default="fr")
    time_zone: Mapped[str] = mapped_column(default="Europe/Paris")
    is_demo: Mapped[Flag]
    created_at: Mapped[datetime]

    # Identity printed on letters and messages
    street: Mapped[Text]
    postcode: Mapped[Text]
    city: Mapped[Text]
    phone: Mapped[Text]
    email: Mapped[Text]
    website: Mapped[Text]
    vat_number: Mapped[Text]
    company_number: Mapped[Text]  # SIREN, KBO/BCE
    iban: Mapped[Text]
    bic: Mapped[Text]
    signatory: Mapped[Text]

    # Ledger
    customer_accounts: Mapped[str] = mapped_column(default="411,413,416")  # prefixes, comma separated
    terms_days: Mapped[int] = mapped_column(default=30)
    terms_mode: Mapped[str] = mapped_column(default="net")  # rules.terms.Mode
    last_sync_at: Mapped[datetime | None]  # end of the last good one
    ledger_on: Mapped[date | None]  # day of the last ledger line known
    ledger_version: Mapped[int] = mapped_column(default=0)  # +1 with every change of facts: keys caches

    # Rules of reminding
    gap_days: Mapped[int] = mapped_column(default=7)  # at least so many days between two contacts of one customer
    floor_cents: Mapped[Cents] = mapped_column(default=1500)  # below: not reminded
    ceiling_cents: Mapped[Cents | None]  # above: a person decides
    promise_grace_days: Mapped[int] = mapped_column(default=3)
    amount_change_percent: Mapped[int] = mapped_column(default=20)
    stale_after_hours: Mapped[int] = mapped_column(default=24)
    undo_seconds: Mapped[int] = mapped_column(default=120)
    automatic_sending: Mapped[Flag]
    match_automatically: Mapped[bool] = mapped_column(sa.Boolean(), default=True, server_default=sa.true())
    match_threshold: Mapped[int] = mapped_column(default=950, server_default="950")  # per mille: applied by itself from here
    payment_hold_days: Mapped[int] = mapped_column(default=5, server_default="5")  # a payment not allocated yet holds back
    plan_break_days: Mapped[int] = mapped_column(default=15, server_default="15")  # an instalment so late breaks its plan
    plan_break_missed: Mapped[int] = mapped_column(default=2, server_default="2")  # and so many missed at once
    alert_large_cents: Mapped[Cents | None]  # just late and large from here; None: a share of what is owed
    alert_late_days: Mapped[int] = mapped_column(default=7, server_default="7")  # how long an item is just late
    alert_dispute_days: Mapped[int] = mapped_column(default=60, server_default="60")  # a dispute so old calls for attention
    window_from: Mapped[str] = mapped_column(default="08:00")
    window_until: Mapped[str] = mapped_column(default="18:00")
    domain_per_hour: Mapped[int] = mapped_column(default=1000, server_default="1000")  # messages to one domain; 0: no limit
    domain_limits: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")  # domain → messages an hour
    digest_user_ids: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")  # told the evening before
    digest_at: Mapped[str] = mapped_column(default="17:00", server_default="17:00")
    letter_window: Mapped[str] = mapped_column(default="FR")  # position of the address: FR (right) or BE (left)

    # Mail: empty host means the built-in outbox
    smtp_host: Mapped[Text]
    smtp_port: Mapped[int] = mapped_column(default=587)
    smtp_security: Mapped[str] = mapped_column(default="starttls")  # starttls, tls, none (loopback only)
    smtp_user: Mapped[Text]
    smtp_password_sealed: Mapped[Text]  # encrypted with the instance's key
    smtp_refusals: Mapped[int] = mapped_column(default=0)  # sign-ins or encryption refused in a row
    smtp_blocked_reason: Mapped[Text]  # set after repeated refusal of the sign-in: stops the whole account
    sender_name: Mapped[Text]
    sender_email: Mapped[Text]
    reply_to: Mapped[Text]

    # Mailbox in which replies and returns arrive: empty host means nobody reads it
    imap_host: Mapped[Text]
    imap_port: Mapped[int] = mapped_column(default=993, server_default="993")
    imap_security: Mapped[str] = mapped_column(default="tls", server_default="tls")  # tls, starttls, none (loopback only)
    imap_user: Mapped[Text]
    imap_password_sealed: Mapped[Text]
    imap_folder: Mapped[str] = mapped_column(default="INBOX", server_default="INBOX")
    imap_cursor: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")  # validity, uid: read so far
    imap_checked_at: Mapped[datetime | None]  # last time it was read to its end
    imap_failure: Mapped[Text]  # why it cannot be read now
    imap_answer: Mapped[Text]  # the server's words about it

    @property
    def account_prefixes(self) -> tuple[str, ...]:
        return tuple(p.strip() for p in self.customer_accounts.split(",") if p.strip())


class Profile(Base):
    """A segment of customers; it picks the scenario."""

    __tablename__ = "profile"
    __table_args__ = (sa.UniqueConstraint("company_id", "code"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    code: Mapped[str]  # key_account, sme, sole_trader, consumer, partner, public, direct_debit, bad_payer, or free
    name: Mapped[str]
    scenario_id: Mapped[int | None] = mapped_column(sa.ForeignKey("scenario.id", ondelete="SET NULL"))
    is_default: Mapped[Flag]


class SalesRep(Base):
    """A sales representative as the ledger names them; linked to a user, they see their own customers."""

    __tablename__ = "sales_rep"
    __table_args__ = (sa.UniqueConstraint("company_id", "code"),)

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"))
    code: Mapped[str]
    name: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"), index=True)


def company_by_code(session: Session, code: str) -> Company | None:
    """The company of a code, in whatever case it is written; None when there is none."""
    return session.scalar(sa.select(Company).where(Company.code == code.strip().upper()))
