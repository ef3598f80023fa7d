"""One simulated company: customers who pay, dispute and are held; a mail server with moods; a worker that dies anywhere.

Deaths strike where the world is asked: reading the clock (inside and outside of transactions), each line of the journal, before and
after each commit. Everything comes from the seed; a breach of an invariant is kept with its day."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from integrations.channels import Envelope, Outcome
from integrations.channels.journal import Journal
from integrations.channels.smtp import Timeouts
from models import Action, Base, Company, Customer, Dispute, Hold, Item, Message, Step, User, audit
from models.pausing import pause_of
from services import brakes
from services.outbox import settle_unknown
from tasks import sending, sweeper
from tasks.post import Post
from tests.tasks.sending_world import ScriptedServer, add_item, make_company, make_customer, make_engine

PARIS = ZoneInfo("Europe/Paris")
STATES = {"planned", "queued", "claimed", "retry", "sent", "failed", "unknown", "dropped", "bounced"}
WAKES = (time(10, 5), time(16, 40))
ODD = time(21, 0)  # now and then, also on weekends


class Death(BaseException):
    """The worker is gone, here and now."""


@dataclass
class Fate:
    """When the next death strikes: after so many calls at which a process may die. 0: not at all."""

    chance: random.Random
    left: int = 0
    deaths: int = 0

    def strike(self) -> None:
        if self.left:
            self.left -= 1
            if not self.left:
                self.deaths += 1
                raise Death


class MortalJournal(Journal):
    """The journal, in a process that may die before or after each line."""

    def __init__(self, path: Path, clock: Any, fate: Fate) -> None:
        super().__init__(path, clock)
        self._fate = fate

    def claims(self, envelopes: Any) -> None:
        self._fate.strike()
        super().claims(envelopes)
        self._fate.strike()

    def dot(self, envelope: Envelope) -> datetime:
        self._fate.strike()
        at = super().dot(envelope)
        self._fate.strike()
        return at

    def reply(self, outcome: Outcome) -> None:
        self._fate.strike()
        super().reply(outcome)
        self._fate.strike()


class Accepted(list[bytes]):
    """What the server has accepted: each message is looked at in the moment of its acceptance."""

    def __init__(self, look: Any) -> None:
        super().__init__()
        self._look = look

    def append(self, data: bytes) -> None:
        super().append(data)
        self._look(data)


@dataclass
class Size:
    """How much life: customers, days, and invoices by customer and day."""

    customers: int = 200
    days: int = 365
    invoices: float = 0.04


@dataclass
class World:
    """The company, its truth, its server and its worker."""

    folder: Path
    seed: int
    size: Size
    breaches: list[str] = field(default_factory=list)
    guids: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    pieces: int = 0

    def __post_init__(self) -> None:
        self.chance, self.moods = random.Random(self.seed), random.Random(self.seed + 1)
        self.fate = Fate(random.Random(self.seed + 2))
        self.now = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
        self.engine = make_engine(self.folder / "encours.db")
        self.outside = make_engine(self.folder / "encours.db")  # of the others: it does not die with the worker
        for engine in (self.engine, self.outside):
            event.listen(engine, "connect", lambda dbapi, _: dbapi.execute("PRAGMA synchronous=OFF"))  # no power is lost here
        event.listen(self.engine, "commit", lambda _: self.fate.strike())
        Base.metadata.create_all(self.engine)
        self.server = ScriptedServer(self.mood)
        self.server.accepted = Accepted(self.look)
        self.refused = {f"compta{n}@client.example" for n in range(1, self.size.customers + 1) if self.chance.random() < 0.02}
        self.people()
        self.post = self.new_post()

    def people(self) -> None:
        """The company and its customers, without any debt yet."""
        with Session(self.engine) as session, session.begin():
            company = make_company(
                session, smtp_host="127.0.0.1", smtp_port=self.server.port, smtp_security="none", automatic_sending=True,
                undo_seconds=60, last_sync_at=self.now, gap_days=3, domain_per_hour=400,
            )  # fmt: skip
            session.execute(sa.update(Step).where(Step.channel == "letter").values(channel="email"))
            session.execute(sa.update(Step).where(Step.channel == "email").values(mode="automatic", fallback=""))
            for number in range(1, self.size.customers + 1):
                make_customer(session, company, number, review_on=self.today())
            session.execute(sa.delete(Item))
            actor = User(email="claire@example.org", name="Claire", role="accountant", created_at=self.now)
            session.add(actor)
            session.flush()
            self.company_id, self.actor_id = company.id, actor.id
            self.customers = list(session.scalars(sa.select(Customer.id).order_by(Customer.id)))

    def clock(self) -> datetime:
        self.fate.strike()
        return self.now

    def today(self) -> date:
        return self.now.astimezone(PARIS).date()

    def new_post(self) -> Post:
        """A worker, just started."""
        journal = MortalJournal(self.folder / "send-journal.log", lambda: self.now, self.fate)
        waits = Timeouts(connect=10, command=10, dot=10)
        return Post(sessionmaker(self.engine), self.clock, self.today, journal, self.folder, "a key for tests", waits)

    # -------------------------------------------------------------- the mail server

    def mood(self, stage: str, address: str, times: int) -> str:
        """What the server answers: mostly yes."""
        roll = self.moods.random()
        if stage == "rcpt" and address in self.refused:
            return "550 5.1.1 nobody here"
        if stage == "rcpt" and times == 1 and roll < 0.1:
            return "451 4.7.1 greylisted"
        if stage == "mail" and roll < 0.004:
            return "421 4.3.2 too busy"
        if stage == "body" and roll < 0.005:
            return "drop"
        if stage == "dot" and roll < 0.03:
            return ("drop", "accept and drop", "452 4.3.1 no room")[int(roll * 100)]
        return ""

    def look(self, data: bytes) -> None:
        """In the moment of acceptance: nothing paid, disputed, held or paused is chased, and the amount is the ledger's."""
        guid = str(message_from_bytes(data)["Message-ID"])
        self.guids.append(guid)
        with Session(self.outside) as session:
            message = session.scalars(sa.select(Message).where(Message.message_id == guid)).one()
            items = list(session.scalars(sa.select(Item).where(Item.id.in_(message.facts["item_ids"]))))
            action = session.get_one(Action, message.action_id)
            self.keys.append(action.key)
            if action.stage != "thanks":
                self.judge(session, message, items)
            if pause_of(session, self.company_id):
                self.breach(f"{guid}: left while paused")
            if not brakes.in_window(session.get_one(Company, self.company_id), self.now):
                self.breach(f"{guid}: left outside the hours")
        if self.moods.random() < 0.25:
            with Session(self.outside) as session, session.begin():  # a payment comes in while others wait to leave
                near = list(session.scalars(sa.select(Message.customer_id).where(Message.state.in_(("claimed", "queued")))))
                self.happen(session, self.moods, near)

    def judge(self, session: Session, message: Message, items: list[Item]) -> None:
        day = self.today()
        if not items or any(item.open_cents <= 0 for item in items):
            self.breach(f"{message.message_id}: chased although paid")
        if message.facts["amount_cents"] != sum(item.open_cents for item in items):
            self.breach(f"{message.message_id}: the amount is not the ledger's")
        held = sa.select(Hold.id).where(
            Hold.customer_id == message.customer_id,
            Hold.ended_at.is_(None),
            sa.or_(Hold.until_on.is_(None), Hold.until_on >= day),
        )
        if session.scalars(held).first():
            self.breach(f"{message.message_id}: chased although held")
        disputed = sa.select(Dispute.id).where(Dispute.item_id.in_([i.id for i in items]), Dispute.solved_at.is_(None))
        if session.scalars(disputed).first():
            self.breach(f"{message.message_id}: chased although disputed")

    def breach(self, what: str) -> None:
        self.breaches.append(f"{self.now:%Y-%m-%d %H:%M} {what}")

    # -------------------------------------------------------------- life

    def happen(self, session: Session, chance: random.Random, near: Sequence[int | None] = ()) -> None:
        """One thing that changes what somebody owes, recorded as the ledger or a person does."""
        customer = session.get_one(Customer, chance.choice(near or self.customers))
        items = list(session.scalars(sa.select(Item).where(Item.customer_id == customer.id, Item.open_cents > 0)))
        roll = chance.random()
        if items and roll < 0.6:
            item = chance.choice(items)
            item.open_cents = 0 if chance.random() < 0.85 else item.open_cents // 2
        elif items and roll < 0.75:
            item = chance.choice(items)
            session.add(Dispute(company_id=self.company_id, customer_id=customer.id, item_id=item.id, reason="price", opened_at=self.now))  # fmt: skip
        elif roll < 0.85:
            until = self.today() + timedelta(days=chance.randint(1, 20))
            session.add(
                Hold(company_id=self.company_id, customer_id=customer.id, reason="avoir", until_on=until, made_at=self.now)
            )
        else:
            open_ones = sa.select(Dispute).where(Dispute.customer_id == customer.id, Dispute.solved_at.is_(None))
            for dispute in session.scalars(open_ones):
                dispute.solved_at = self.now
        customer.review_on = self.today()
        audit.record(session, self.now, None, self.company_id, "change", "customer", customer.id)

    def morning(self) -> None:
        """New invoices, payments, disputes; a good sync; now and then a person pauses, resumes, settles what is uncertain."""
        with Session(self.engine) as session, session.begin():
            company = session.get_one(Company, self.company_id)
            company.last_sync_at = self.now
            for customer_id in self.customers:
                if self.chance.random() < self.size.invoices:
                    self.pieces += 1
                    customer = session.get_one(Customer, customer_id)
                    due = self.today() + timedelta(days=self.chance.choice((-12, -3, 15, 30)))
                    add_item(session, customer, f"FA-{self.pieces}", due, self.chance.randint(2_000, 900_000))
                    customer.review_on = self.today()
            for _ in range(max(1, self.size.customers // 40)):
                self.happen(session, self.chance)
            audit.record(session, self.now, None, self.company_id, "finish", "sync")
            if pause_of(session, self.company_id):
                brakes.resume(session, company, self.actor_id, self.now)
            elif self.chance.random() < 0.02:
                brakes.pause(session, company, "inventaire", self.actor_id, self.now)
            for message in session.scalars(sa.select(Message).where(Message.state == "unknown")):
                if self.chance.random() < 0.5:  # found in the sent mail, or not there
                    arrived = message.message_id in self.guids
                    settle_unknown(session, message, arrived, self.actor_id, self.now, self.today())

    def wake(self) -> None:
        """Two looks of the worker, the second after the undo window; it may die anywhere, and then starts again."""
        for _ in range(2):
            if self.fate.chance.random() < 0.12:
                self.fate.left = self.fate.chance.randint(1, 90)
            try:
                sweeper.sweep(self.post, lambda company_id: sending.send_company(self.post, company_id))
            except Death:
                self.restart()
            self.fate.left = 0
            self.now += timedelta(minutes=2)

    def restart(self) -> None:
        self.fate.left = 0
        self.post.journal.close()
        self.post = self.new_post()
        sweeper.start(self.post)

    def run(self) -> None:
        """All days, then some quiet ones until everything has come to its end."""
        start = self.today()
        with self.server:
            for number in range(self.size.days + 6):
                day = start + timedelta(days=number)
                self.now = datetime.combine(day, time(6), PARIS).astimezone(UTC)
                if number < self.size.days:
                    self.morning()
                usual = WAKES if brakes.is_working_day(day, "FR") else ()
                for at in (*usual, ODD) if self.chance.random() < 0.2 else usual:
                    self.now = datetime.combine(day, at, PARIS).astimezone(UTC) + self.jump(number)
                    self.wake()
        self.post.journal.close()
        self.settle_up()
        self.engine.dispose()
        self.outside.dispose()

    def jump(self, number: int) -> timedelta:
        """Now and then the clock is wrong: an hour or a day back, forty hours ahead."""
        if number >= self.size.days or self.chance.random() > 0.01:
            return timedelta()
        return self.chance.choice((timedelta(hours=-1), timedelta(days=-1), timedelta(hours=40)))

    def settle_up(self) -> None:
        """What must hold at the end."""
        with Session(self.engine) as session:
            rows = {row[0]: row[1] for row in session.execute(sa.select(Message.message_id, Message.state))}
            self.messages = len(rows)
            self.states: dict[str, int] = {}
            for state in rows.values():
                self.states[state] = self.states.get(state, 0) + 1
            if wrong := set(self.states) - STATES:
                self.breach(f"in no known state: {wrong}")
            accepted = set(self.guids)
            for name, bad in (
                ("accepted twice", len(self.guids) - len(accepted)),
                ("one action, two messages", len(self.keys) - len(set(self.keys))),
                ("sent without acceptance", len([g for g, s in rows.items() if s == "sent" and g not in accepted])),
                ("accepted, neither sent nor unknown", len([g for g in accepted if rows[g] not in ("sent", "unknown")])),
            ):
                if bad:
                    self.breach(f"{name}: {bad}")
            stuck = sa.select(Message.id).where(Message.state.in_(("planned", "queued", "claimed")))
            paused = pause_of(session, self.company_id)
            if (left := len(session.scalars(stuck).all())) and not paused:
                self.breach(f"never left, never dropped: {left}")


def simulate(folder: Path, seed: int, size: Size) -> World:
    """One life; `breaches` is empty when every promise was kept."""
    world = World(folder, seed, size)
    world.run()
    return world
