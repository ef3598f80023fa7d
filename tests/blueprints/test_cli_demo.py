"""`flask demo`: one small company through the import path, the sending and the people's deeds."""

from __future__ import annotations

import stat

import sqlalchemy as sa

from models import Company, Item, Membership, Message, SalesRep, Sync, User, WorklistEntry
from models.users import Role
from services.accounts import sign_in
from tests.conftest import NOW


def test_the_demo_command(app, session, data):
    done = app.test_cli_runner().invoke(args=["demo", "--customers", "25", "--years", "1", "--on", "2026-05-19", "--sign-ins"])
    assert done.exit_code == 0, done.output
    demo, belgian = session.scalars(sa.select(Company).order_by(Company.id))
    assert (demo.code, demo.country, belgian.country) == ("DEMO", "FR", "BE") and demo.is_demo and not demo.smtp_host
    owed = session.scalar(sa.select(sa.func.sum(Item.open_cents)).where(Item.company_id == demo.id))
    assert owed and not session.scalar(sa.select(sa.func.sum(sa.func.abs(Sync.gap_cents))))
    assert {sync.kind for sync in session.scalars(sa.select(Sync))} == {"third_parties", "journal", "open_items", "bank"}
    assert all(sync.state == "done" and not sync.error for sync in session.scalars(sa.select(Sync)))

    states = set(session.scalars(sa.select(Message.state)))
    assert "kept" in states and states <= {"kept", "printed", "dropped"}
    mail = session.scalars(sa.select(Message).where(Message.state == "kept")).first()
    assert mail.recipient.endswith(".example") and mail.sent_at < NOW and b"Message-ID" in mail.body
    assert session.scalar(sa.select(sa.func.count()).select_from(WorklistEntry).where(WorklistEntry.company_id == demo.id))

    users = list(session.scalars(sa.select(User)))
    assert {Role(user.role) for user in users} == set(Role) and len(users) == 8
    assert session.scalar(sa.select(sa.func.count()).select_from(Membership)) == 16
    assert session.scalar(sa.select(sa.func.count()).select_from(SalesRep).where(SalesRep.user_id.is_not(None))) >= 2
    path = data / "demo-sign-ins.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    role, address, password = (
        part.strip() for part in path.read_text(encoding="utf-8").splitlines()[2].split("  ") if part.strip()
    )
    assert role == "Comptable"
    assert sign_in(session, address, password, NOW, 1, "127.0.0.1", "test")[0].role == Role.ACCOUNTANT


def test_a_second_demo_under_the_same_code_is_refused(app, session):
    session.add(Company(code="DEMO", name="Already there", created_at=NOW))
    session.commit()
    done = app.test_cli_runner().invoke(args=["demo", "--customers", "5", "--years", "1", "--on", "2026-05-19"])
    assert done.exit_code == 2 and session.query(Company).count() == 1
