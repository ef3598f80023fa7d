"""The evening before: what leaves on the next working day, told to chosen users."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Company, Membership, Message, Outbox, User
from services import brakes, digest
from services.outbox import undo_batch
from services.reading import read_mail
from tests.tasks.sending_world import NOW, TODAY, world


def user(session: Session, company: Company, language: str) -> User:
    made = User(email=f"{language}@example.org", name="Claire", role="accountant", language=language, created_at=NOW)
    session.add(made)
    session.flush()
    session.add(Membership(user_id=made.id, company_id=company.id))
    return made


def test_the_digest_names_who_is_written_to_tomorrow_in_the_reader_s_language(tmp_path: Path):
    with world(tmp_path, customers=3, automatic_sending=True) as (_post, _, engine, _company), Session(engine) as session:
        company = session.scalars(sa.select(Company)).one()
        undo_batch(session, session.scalars(sa.select(Outbox)).one(), None, NOW, TODAY)
        company.digest_user_ids = [user(session, company, "fr").id, user(session, company, "en").id, 4711]
        session.flush()
        assert digest.send(session, company, NOW, TODAY) == 2
        session.flush()
        told = {m.language: m for m in session.scalars(sa.select(Message).where(Message.purpose == "digest"))}
        assert told["en"].subject == "Cartonnerie des Flandres: 3 messages leave on Wednesday, 20 May 2026"
        assert told["fr"].subject == "Cartonnerie des Flandres : 3 messages partent le mercredi 20 mai 2026"
        parts = read_mail(told["fr"].body or b"")
        assert "Client 2" in parts.text and "Client 2" in parts.html and told["fr"].state == "queued"
        company.automatic_sending = False
        of = digest.of_tomorrow(session, company, TODAY)
        assert (len(of.leaving), of.waiting) == (0, 3)
        brakes.pause(session, company, "Inventaire", user(session, company, "nl").id, NOW)
        assert digest.send(session, company, NOW, TODAY) == 0


def test_the_next_working_day_leaves_out_weekends_and_the_country_s_holidays():
    assert brakes.next_working_day(date(2026, 5, 22), "FR") == date(2026, 5, 26)  # Whit Monday
    assert brakes.next_working_day(date(2026, 7, 20), "BE") == date(2026, 7, 22)  # national day
    assert brakes.next_working_day(date(2026, 7, 20), "FR") == date(2026, 7, 21)
    assert brakes.next_holidays("FR", date(2026, 5, 1), 2) == [date(2026, 5, 1), date(2026, 5, 8)]
