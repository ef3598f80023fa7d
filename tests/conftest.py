"""Fixtures for all tests: the real application on a real SQLite file, made new for every test by copying an empty one."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

import config
from app import create_app
from extensions import db
from models import Base, Company, Membership, User, UserSession, standing
from models.base import write_intent
from models.users import Role
from services import accounts

TODAY = date(2026, 5, 19)  # the day of the reference screens, a Tuesday
NOW = datetime(2026, 5, 19, 8, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
real_connect = socket.socket.connect


def _only_loopback(self: socket.socket, address: Any) -> None:
    host = address[0] if isinstance(address, tuple) else ""
    if self.family != socket.AF_UNIX and not str(host).startswith(("127.", "::1", "localhost")):
        raise AssertionError(f"a test must not leave this machine: {address}")
    real_connect(self, address)


@pytest.fixture(autouse=True, scope="session")
def _stay_home() -> Iterator[None]:
    socket.socket.connect = _only_loopback  # type: ignore[method-assign,assignment]
    yield
    socket.socket.connect = real_connect  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def _instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Path]]:
    data = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENCOURS_DATA", str(data))
        patch.setenv("ENCOURS_TODAY", TODAY.isoformat())
        patch.setenv("ENCOURS_SECRET_KEY", "a key for tests only, long enough to be one")
        config.settings.cache_clear()
        app = create_app()
        app.testing = True
        app.config["PROPAGATE_EXCEPTIONS"] = True
        with app.app_context():
            Base.metadata.create_all(db.engine)
            db.engine.dispose()
        shutil.copy(data / "encours.db", data / "empty.db")
        yield app, data
        config.settings.cache_clear()


@pytest.fixture
def app(_instance: tuple[Flask, Path]) -> Iterator[Flask]:
    """The application with an empty database."""
    app, data = _instance
    for name in ("encours.db-wal", "encours.db-shm", "queue.db"):
        (data / name).unlink(missing_ok=True)
    shutil.copy(data / "empty.db", data / "encours.db")
    standing.forget()
    write_intent.set(True)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


class Client(FlaskClient):
    """Ends the test's own transaction before each request: what the test wrote is seen, what the request wrote too."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        own = self.application.extensions.get("own_session")
        if own is not None:
            own.commit()
        try:
            return super().open(*args, **kwargs)
        finally:
            write_intent.set(True)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A database session of the test's own, apart from the requests' (no application context stays open)."""
    app.test_client_class = Client
    with app.app_context():
        own = Session(db.engine, expire_on_commit=True)
    app.extensions["own_session"] = own
    write_intent.set(True)
    yield own
    app.extensions.pop("own_session")
    own.close()


@pytest.fixture
def data(_instance: tuple[Flask, Path]) -> Path:
    """The instance's data folder."""
    return _instance[1]


@pytest.fixture
def company(session: Session) -> Company:
    """A French company without customers."""
    return make_company(session)


def make_company(session: Session, code: str = "FLANDRES", **fields: Any) -> Company:
    """A company row, committed."""
    made = Company(**{"code": code, "name": "Cartonnerie des Flandres", "country": "FR", "created_at": NOW, **fields})
    session.add(made)
    session.commit()
    return made


def make_user(session: Session, role: Role, companies: list[Company], email: str = "") -> User:
    """A user row with the password of all tests, committed."""
    email = email or f"{role.value}@example.org"
    found = session.query(User).filter_by(email=email).one_or_none()
    if found is None:
        found = User(email=email, name=role.value.replace("_", " ").title(), role=role.value, language="fr", created_at=NOW)
        session.add(found)
        session.flush()
        session.add_all(Membership(user_id=found.id, company_id=c.id) for c in companies)
        session.commit()
    return found


@pytest.fixture
def sign_in(app: Flask, session: Session) -> Callable[..., FlaskClient]:
    """sign_in(role, company, email=…) → a client of that user; CSRF is switched off except where it is tested."""

    def enter(role: Role = Role.ACCOUNTANT, company: Company | None = None, email: str = "") -> FlaskClient:
        app.config["WTF_CSRF_ENABLED"] = False
        companies = [company] if company else list(session.query(Company))
        user = make_user(session, role, companies, email)
        token = accounts.open_session(session, user, config.now(), 12, "127.0.0.1", "tests")
        session.query(UserSession).filter_by(token_hash=accounts.hash_token(token)).one().company_id = companies[0].id
        session.commit()
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
        return client

    yield enter
    app.config["WTF_CSRF_ENABLED"] = True


@pytest.fixture
def client(sign_in: Callable[..., FlaskClient], company: Company) -> FlaskClient:
    """A signed-in accountant of the company."""
    return sign_in(Role.ACCOUNTANT, company)
