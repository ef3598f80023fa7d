"""What the law needs to know of a company besides its identity: agreed rates, clauses, and who writes in its name."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Flag, Text
from rules.third_party import Agent


class LegalTerms(Base):
    """One row a company, made when first saved. Changes of the mandate are in the audit log.

    contract_thousandths: agreed rate of late interest between professionals, None: the law's. consumer_clause: the contracts
    with private persons provide for interest and compensation. agent_*: a fiduciary or agency writes for the company."""

    __tablename__ = "legal_terms"

    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id", ondelete="CASCADE"), primary_key=True)
    contract_thousandths: Mapped[int | None]
    actual_days: Mapped[Flag]  # divisor: days of the year instead of 365
    consumer_clause: Mapped[Flag]
    agent_name: Mapped[Text]
    agent_address: Mapped[Text]
    mandate_on: Mapped[date | None]
    mandate_ended_on: Mapped[date | None]
    mandate_scope: Mapped[Text]
    mandate_iban: Mapped[Text]
    mandate_document: Mapped[Text]  # where the signed mandate is kept
    registration: Mapped[Text]  # SPF Economie, for Belgian consumers

    @property
    def agent(self) -> Agent | None:
        """Who writes in the company's name; None: the company itself."""
        if not self.agent_name.strip():
            return None
        return Agent(
            self.agent_name, self.agent_address, self.mandate_on, self.mandate_ended_on, self.mandate_scope, self.mandate_iban,
            self.registration,
        )  # fmt: skip


def legal_terms(session: Session, company_id: int) -> LegalTerms:
    """A company's terms; not saved yet: the law's own."""
    return session.get(LegalTerms, company_id) or LegalTerms(
        company_id=company_id, actual_days=False, consumer_clause=False, agent_name="", agent_address="", mandate_scope="",
        mandate_iban="", mandate_document="", registration="",
    )  # fmt: skip
