"""A company with customers in arrears, a batch ready to leave, and the world a sender needs; a mail server that does as told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from integrations.channels.journal import Journal
from integrations.channels.smtp import Timeouts
from models import Base, Company, Contact, Customer, Item, Message, Outbox, WorklistEntry
from models.base import listen
from services import scenarios, worklist
from services.outbox import queue_batch
from tasks.post import Post

TODAY = date(2026, 5, 19)
NOW = datetime(2026, 5, 19, 8, 0, tzinfo=UTC)


def make_engine(path: Path) -> sa.Engine:
    """The bundled SQLite with the manners of the product."""
    engine = sa.create_engine(f"sqlite:///{path}", module=pysqlite3.dbapi2)
    listen(engine)
    return engine


class Clock:
    """An instant that a test moves."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def today(self) -> date:
        return self.now.date()

    def pass_by(self, **kinds: float) -> None:
        self.now += timedelta(**kinds)


def make_post(data: Path, engine: sa.Engine, clock: Clock, **timeouts: float) -> Post:
    """The sending's world in a folder."""
    waits = Timeouts(**{"connect": 5.0, "command": 5.0, "dot": 5.0, **timeouts})
    return Post(
        sessions=sessionmaker(engine), clock=clock, today=clock.today, data=data, key="a key for tests", timeouts=waits,
        journal=Journal(data / "send-journal.log", clock),
    )  # fmt: skip


def make_company(session: Session, **fields: Any) -> Company:
    """A company that can be paid, with the ready-made scenarios."""
    company = Company(
        **{
            "code": "FLANDRES", "name": "Cartonnerie des Flandres", "country": "FR", "created_at": NOW,
            "street": "12 quai du Wault", "postcode": "59000", "city": "Lille", "email": "recouvrement@cartonnerie.example",
            "sender_email": "recouvrement@cartonnerie.example", "sender_name": "Cartonnerie des Flandres",
            "iban": "FR7630006000011234567890189", "bic": "AGRIFRPP", "signatory": "Claire Masson",
            "last_sync_at": NOW, "undo_seconds": 120, **fields,
        }
    )  # fmt: skip
    session.add(company)
    session.flush()
    scenarios.install_defaults(session, company, NOW)
    return company


def make_customer(session: Session, company: Company, number: int, **fields: Any) -> Customer:
    """A customer with a billing contact and two invoices, ten days late and to come."""
    email = fields.pop("email", f"compta{number}@client.example")
    customer = Customer(
        **{
            "company_id": company.id, "code": f"C{number:05d}", "ledger_name": f"Client {number}", "name": f"Client {number}",
            "name_folded": f"client {number}", "created_at": NOW, "street": "48 rue des Tanneurs", "postcode": "59800", "review_on": TODAY,
            "city": "Lille", "country": "FR", **fields,
        }
    )  # fmt: skip
    session.add(customer)
    session.flush()
    session.add(Contact(customer_id=customer.id, name="Mme Vasseur", email=email))
    add_item(session, customer, f"FA-{number}-1", TODAY - timedelta(days=10), 100_000 + number)
    add_item(session, customer, f"FA-{number}-2", TODAY + timedelta(days=40), 50_000)
    session.flush()
    return customer


def add_item(session: Session, customer: Customer, piece: str, due_on: date, cents: int, kind: str = "invoice") -> Item:
    """One line of the customer's account."""
    document_on = due_on - timedelta(days=30)
    item = Item(
        company_id=customer.company_id, customer_id=customer.id, key=piece, kind=kind, entry_on=document_on,
        document_on=document_on, due_on=due_on, due_source="file", piece=piece, currency="EUR", debit_cents=max(cents, 0),
        credit_cents=max(-cents, 0), amount_cents=cents, open_cents=cents, first_seen_on=document_on,
    )  # fmt: skip
    session.add(item)
    return item


def queue_all(session: Session, company: Company, actor_id: int | None = None) -> Outbox:
    """Everything that can be sent today, in one batch that leaves after the undo window."""
    worklist.refresh(session, company, None, TODAY)
    session.flush()
    entries = list(session.scalars(sa.select(WorklistEntry.id).where(WorklistEntry.company_id == company.id)))
    return queue_batch(session, company, entries, actor_id, NOW, TODAY)


def states(session: Session) -> dict[str, int]:
    """Number of messages by state."""
    rows = session.execute(sa.select(Message.state, sa.func.count()).group_by(Message.state))
    return {row[0]: row[1] for row in rows}


@contextmanager
def world(tmp_path: Path, customers: int = 3, **fields: Any) -> Iterator[tuple[Post, Clock, sa.Engine, Company]]:
    """Customers with a batch queued at NOW; the clock stands just after its undo window."""
    tmp_path.mkdir(exist_ok=True)
    engine = make_engine(tmp_path / "encours.db")
    Base.metadata.create_all(engine)
    with Session(engine, expire_on_commit=False) as session:
        company = make_company(session, **fields)
        for number in range(1, customers + 1):
            make_customer(session, company, number)
        queue_all(session, company)
        session.commit()
    clock = Clock(NOW + timedelta(seconds=121))
    post = make_post(tmp_path, engine, clock)
    try:
        yield post, clock, engine, company
    finally:
        post.journal.close()
        engine.dispose()


Script = Callable[[str, str, int], str]


class ScriptedServer:
    """A mail server that answers as its script says: script(stage, address, how often) → a line, or "drop" or "hang".

    Stages: greet, ehlo, auth, mail, rcpt, data, body (dropped in its middle), dot. "" is the usual answer."""

    def __init__(self, script: Script = lambda stage, address, times: "", extensions: tuple[str, ...] = ()) -> None:
        self.script, self.extensions = script, extensions
        self.accepted: list[bytes] = []
        self.lines: list[str] = []
        self.connections = 0
        self._times: dict[tuple[str, str], int] = {}
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                outer.connections += 1
                try:
                    outer._talk(self)
                except (OSError, _Dropped):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]

    def __enter__(self) -> ScriptedServer:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _answer(self, handler: Any, stage: str, address: str, usual: str) -> str:
        key = (stage, address)
        self._times[key] = self._times.get(key, 0) + 1
        line = self.script(stage, address, self._times[key]) or usual
        if line == "drop":
            raise _Dropped
        if line == "hang":
            threading.Event().wait(3)
            raise _Dropped
        handler.wfile.write(line.encode() + b"\r\n")
        return line

    def _talk(self, handler: Any) -> None:
        address = ""
        self._answer(handler, "greet", "", "220 test ESMTP")
        while line := handler.rfile.readline().decode().strip():
            self.lines.append(line)
            word = line.split(" ", 1)[0].upper()
            if word in ("EHLO", "HELO"):
                offered = "".join(f"250-{name}\r\n" for name in self.extensions)
                self._answer(handler, "ehlo", "", f"250-test\r\n{offered}250 HELP")
            elif word == "AUTH":
                self._answer(handler, "auth", "", "235 welcome")
            elif word == "MAIL":
                self._answer(handler, "mail", "", "250 ok")
            elif word == "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                self._answer(handler, "rcpt", address, "250 ok")
            elif word == "DATA":
                self._data(handler, address)
            elif word == "QUIT":
                handler.wfile.write(b"221 bye\r\n")
                return
            else:
                handler.wfile.write(b"250 ok\r\n")

    def _data(self, handler: Any, address: str) -> None:
        if not self._answer(handler, "data", address, "354 go on").startswith("354"):
            return
        if self.script("body", address, 1) == "drop":
            handler.rfile.read(200)
            raise _Dropped
        lines = []
        while (line := handler.rfile.readline()) != b".\r\n":
            if not line:
                raise _Dropped
            lines.append(line[1:] if line.startswith(b"..") else line)
        answer = self.script("dot", address, 1) or "250 2.0.0 kept as 42"
        if answer.startswith("250") or answer == "accept and drop":
            self.accepted.append(b"".join(lines))
        if answer in ("drop", "accept and drop"):
            raise _Dropped
        handler.wfile.write(answer.encode() + b"\r\n")


class _Dropped(Exception):
    pass
