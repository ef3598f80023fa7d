"""Mailboxes read over a real IMAP connection: what returns and replies change, once, whatever happens to the worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from integrations.channels.imap import Account, Unreadable, folder_name, probe
from models import Action, AuditEntry, Company, Contact, InboundMessage, Message, WorklistEntry, addresses
from models.timeline import timeline
from models.worklist_lists import customer_counts
from services import companies, inbound, worklist
from services.outbox import queue_batch
from tasks import inbound as reading
from tasks import sending, sweeper
from tests.integrations.returns import OURS, TO, Refusal, octets, plain, postfix
from tests.tasks.mailbox_server import MailboxServer
from tests.tasks.sending_world import NOW, TODAY, ScriptedServer, world

HARD = Refusal("hard", "5.1.1", "550 5.1.1 User unknown")
FULL = Refusal("soft", "5.2.2", "552 5.2.2 mailbox full")


@contextmanager
def sent_world(tmp_path: Path, customers: int = 2) -> Iterator[tuple]:
    """Reminders that have left by a real SMTP server, and a mailbox that is read."""
    with ScriptedServer() as smtp, MailboxServer() as box, world(tmp_path, customers) as (post, clock, engine, company):
        with Session(engine) as session:
            one = session.get_one(Company, company.id)
            one.smtp_host, one.smtp_port, one.smtp_security = "127.0.0.1", smtp.port, "none"
            fields = {
                "imap_host": "127.0.0.1",
                "imap_port": box.port,
                "imap_security": "none",
                "imap_user": box.user,
                "imap_folder": "INBOX",
            }
            companies.set_mailbox(session, None, one, NOW, post.key, password=box.password, **fields)  # type: ignore[arg-type]
            session.commit()
        sending.release_due(post)
        assert sending.send_due(post) == customers
        clock.pass_by(hours=1)
        yield post, clock, engine, company.id, box


def about(data: bytes, message: Message) -> bytes:
    """A sample about a real message instead of the made-up one."""
    bare = OURS.strip("<>").encode()
    return data.replace(bare, message.message_id.strip("<>").encode()).replace(TO.encode(), message.recipient.encode())


def first(session: Session) -> Message:
    return session.scalars(sa.select(Message).order_by(Message.id)).first()


def reply(message: Message, words: str = "Le virement part vendredi.", number: int = 1) -> bytes:
    sender = f"Mme Vasseur <{message.recipient}>"
    return octets(
        plain(sender, "Re: Relance", words, f"In-Reply-To: {message.message_id}", f"Message-ID: <r{number}@client.example>")
    )


def held(session: Session, customer_id: int) -> set[str]:
    return set(session.scalars(sa.select(WorklistEntry.held_code).where(WorklistEntry.customer_id == customer_id)))


def snapshot(session: Session) -> list:
    tables = (Message.__table__, Contact.__table__, Action.__table__, InboundMessage.__table__, AuditEntry.__table__)
    return [session.execute(sa.select(table)).all() for table in tables]


def test_m5_a_hard_bounce_stops_email_and_gives_the_step_to_the_letter(tmp_path: Path):
    with sent_world(tmp_path) as (post, clock, engine, company_id, box):
        with Session(engine) as session:
            box.deliver(about(octets(postfix(HARD)), first(session)), clock.now)
        assert reading.read_mailbox(post, company_id) == 1
        with Session(engine) as session:
            message = first(session)
            assert (message.state, message.failure_code) == ("bounced", "bounced")
            contact = session.query(Contact).filter_by(customer_id=message.customer_id).one()
            assert contact.email_bad_reason == "bounced" and contact.email_bad_at == clock.now
            action = session.get_one(Action, message.action_id)
            assert (action.state, action.drop_code) == ("failed", "bounced")
            entry = session.query(WorklistEntry).filter_by(customer_id=message.customer_id, held_code="").one()
            assert entry.channel == "letter"  # the same step, by its fallback
            company = session.get_one(Company, company_id)
            assert "email" in addresses.one_line(session, company, message.customer_id, TODAY).lacks
            row = session.query(InboundMessage).one()
            assert (row.kind, row.status, row.answers_id) == ("bounce_hard", "5.1.1", message.id)
            assert [h.code for h in timeline(session, message.customer_id, "messages")[1] if h.kind == "inbound"] == [
                "bounce_hard"
            ]
            assert customer_counts(session, company_id, TODAY)["errors"] == 1
            others = [m.state for m in session.query(Message) if m.id != message.id]
            assert others == ["sent"]
        assert all(not line.upper().startswith(("SELECT", "UID STORE", "STORE", "EXPUNGE")) for line in box.asked)


def test_m5_a_forged_return_changes_nothing(tmp_path: Path):
    with sent_world(tmp_path) as (post, clock, engine, company_id, box):
        with Session(engine) as session:
            message = first(session)
            before = snapshot(session)
            recipient = message.recipient.encode()
        for number in range(20):  # of a message that is none of ours, to the right address
            forged = octets(postfix(HARD)).replace(TO.encode(), recipient)
            box.deliver(forged.replace(OURS.encode(), f"<forged{number}@cartonnerie.example>".encode()), clock.now)
        assert reading.read_mailbox(post, company_id) == 0
        with Session(engine) as session:
            assert snapshot(session) == before
            assert session.get_one(Company, company_id).imap_cursor["uid"] == 20


def test_m5_a_return_about_another_address_strikes_nobody(tmp_path: Path):
    """The customer's server handed the message on to somebody unknown: the address we wrote to may be good."""
    with sent_world(tmp_path) as (post, clock, engine, company_id, box):
        with Session(engine) as session:
            message = first(session)
            data = octets(postfix(HARD)).replace(OURS.strip("<>").encode(), message.message_id.strip("<>").encode())
            box.deliver(data.replace(TO.encode(), b"somebody@elsewhere.example"), clock.now)
        assert reading.read_mailbox(post, company_id) == 1
        with Session(engine) as session:
            assert first(session).state == "sent"
            assert session.query(InboundMessage).one().kind == "bounce_soft"
            assert {c.email_bad_reason for c in session.query(Contact)} == {""}


def test_m5_a_soft_bounce_is_noted_only(tmp_path: Path):
    with sent_world(tmp_path) as (post, clock, engine, company_id, box):
        with Session(engine) as session:
            box.deliver(about(octets(postfix(FULL)), first(session)), clock.now)
        reading.read_mailbox(post, company_id)
        with Session(engine) as session:
            assert first(session).state == "sent" and session.query(InboundMessage).one().kind == "bounce_soft"
            assert {a.state for a in session.query(Action)} == {"done"}


def test_a_reply_holds_what_is_written_until_somebody_has_read_it(tmp_path: Path):
    with sent_world(tmp_path) as (post, clock, engine, company_id, box):
        clock.pass_by(days=14)  # reminder 2 is due
        with Session(engine) as session:
            message = first(session)
            customer_id = message.customer_id
            box.deliver(reply(message), clock.now)
            worklist.refresh(session, session.get_one(Company, company_id), None, clock.today())
            session.commit()
            assert held(session, customer_id) == {""}
        reading.read_mailbox(post, company_id)
        with Session(engine) as session:
            entry = session.query(WorklistEntry).filter_by(customer_id=customer_id).one()
            assert entry.held_code == "reply_to_read" and entry.held_until_on == clock.today() + timedelta(days=5)
            row = session.query(InboundMessage).one()
            assert (row.kind, row.text, row.customer_id) == ("reply", "Le virement part vendredi.", customer_id)
            inbound.handle(session, row, None, clock.now, clock.today())  # type: ignore[arg-type]
            session.commit()
            assert held(session, customer_id) == {""}


def test_a_reply_nobody_reads_holds_five_days_at_most(tmp_path: Path):
    with sent_world(tmp_path) as (post, clock, engine, company_id, box):
        clock.pass_by(days=8)
        with Session(engine) as session:
            message = first(session)
            box.deliver(reply(message), clock.now)
        reading.read_mailbox(post, company_id)
        with Session(engine) as session:
            company = session.get_one(Company, company_id)
            for days, code in ((5, "reply_to_read"), (6, "")):
                worklist.refresh(session, company, [message.customer_id], clock.today() + timedelta(days=days))
                assert held(session, message.customer_id) == {code}


def test_a_reply_takes_out_what_waits_to_leave_by_itself(tmp_path: Path):
    with sent_world(tmp_path, 1) as (post, clock, engine, company_id, box):
        clock.pass_by(days=14)
        with Session(engine) as session:
            company = session.get_one(Company, company_id)
            worklist.refresh(session, company, None, clock.today())
            session.flush()
            entries = list(session.scalars(sa.select(WorklistEntry.id)))
            queue_batch(session, company, entries, None, clock.now, clock.today(), 0)
            session.commit()
            box.deliver(reply(first(session)), clock.now)
        reading.read_mailbox(post, company_id)
        sending.release_due(post)
        with Session(engine) as session:
            waiting = session.scalars(sa.select(Message).order_by(Message.id.desc())).first()
            action = session.get_one(Action, waiting.action_id)
            assert (waiting.state, waiting.failure_code, action.drop_code) == ("dropped", "reply_to_read", "reply_to_read")


def test_an_absence_is_noted_with_its_end_and_holds_nothing(tmp_path: Path):
    with sent_world(tmp_path) as (post, clock, engine, company_id, box):
        clock.pass_by(days=14)
        with Session(engine) as session:
            message = first(session)
            words = "Je suis absente jusqu'au 12 juin."
            data = plain(
                message.recipient,
                "Réponse automatique",
                words,
                f"In-Reply-To: {message.message_id}",
                "Content-Type: text/plain; charset=utf-8",
            )
            box.deliver(octets(data), clock.now)
        reading.read_mailbox(post, company_id)
        with Session(engine) as session:
            worklist.refresh(session, session.get_one(Company, company_id), None, clock.today())
            row = session.query(InboundMessage).one()
            assert (row.kind, row.until_on) == ("auto_reply", date(2026, 6, 12))
            assert held(session, message.customer_id) == {""}


def test_only_mail_about_ours_or_from_customers_is_kept(tmp_path: Path):
    with sent_world(tmp_path) as (post, clock, engine, company_id, box):
        box.deliver(octets(plain("news@shop.example", "Soldes", "Tout doit partir")), clock.now)
        box.deliver(octets(plain("compta1@client.example", "Votre facture", "Je ne la trouve pas.")), clock.now)
        assert reading.read_mailbox(post, company_id) == 1
        with Session(engine) as session:
            row = session.query(InboundMessage).one()
            assert (row.kind, row.answers_id, row.sender) == ("reply", None, "compta1@client.example") and row.customer_id


def test_reading_twice_changes_nothing_even_when_numbers_are_made_anew(tmp_path: Path):
    with sent_world(tmp_path) as (post, clock, engine, company_id, box):
        with Session(engine) as session:
            message = first(session)
            box.deliver(about(octets(postfix(HARD)), message), clock.now)
            box.deliver(reply(message), clock.now)
        assert reading.read_mailbox(post, company_id) == 2
        with Session(engine) as session:
            before = snapshot(session)
        assert reading.read_mailbox(post, company_id) == 0
        box.validity = 8  # a restored server
        assert reading.read_mailbox(post, company_id) == 0
        with Session(engine) as session:
            assert snapshot(session) == before
            assert session.get_one(Company, company_id).imap_cursor == {"validity": 8, "uid": 2}


def test_a_worker_killed_before_it_commits_reads_again_without_doubles(tmp_path: Path):
    with sent_world(tmp_path) as (post, clock, engine, company_id, box):
        with Session(engine) as session:
            message = first(session)
            for number in range(30):
                box.deliver(reply(message, f"Message {number}", number), clock.now)
            box.deliver(about(octets(postfix(HARD)), message), clock.now)
        engine.dispose()
        child = os.fork()
        if child == 0:  # dies with the second part written and not committed
            calls: list[int] = []
            take = inbound.take_in

            def die(*given, **named):
                done = take(*given, **named)
                calls.append(1)
                if len(calls) == 2:
                    os.kill(os.getpid(), signal.SIGKILL)
                return done

            inbound.take_in = die
            reading.read_mailbox(post, company_id)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        with Session(engine) as session:
            assert session.query(InboundMessage).count() == 20
            assert first(session).state == "sent"
        assert reading.read_mailbox(post, company_id) == 11
        with Session(engine) as session:
            assert session.query(InboundMessage).count() == 31
            assert first(session).state == "bounced"
            assert session.query(AuditEntry).filter_by(noun="message", verb="bounce").count() == 1


def test_a_mail_about_a_message_being_handed_over_waits_for_the_next_time(tmp_path: Path):
    with sent_world(tmp_path) as (post, clock, engine, company_id, box):
        with Session(engine) as session:
            message = first(session)
            message.state = "claimed"
            session.commit()
            box.deliver(about(octets(postfix(HARD)), message), clock.now)
        assert reading.read_mailbox(post, company_id) == 0
        with Session(engine) as session:
            first(session).state = "sent"
            session.commit()
        assert reading.read_mailbox(post, company_id) == 1


@pytest.mark.parametrize(
    "fault, said", [("LOGIN", "connection_lost"), ("EXAMINE", "connection_lost"), ("UID FETCH", "connection_lost")]
)
def test_a_broken_connection_is_said_and_tried_again(tmp_path: Path, fault: str, said: str):
    with sent_world(tmp_path) as (post, clock, engine, company_id, box):
        with Session(engine) as session:
            box.deliver(reply(first(session)), clock.now)
        box.drop_at = fault
        assert reading.read_mailbox(post, company_id) == 0
        with Session(engine) as session:
            assert session.get_one(Company, company_id).imap_failure == said
        box.drop_at = ""
        assert reading.read_mailbox(post, company_id) == 1
        with Session(engine) as session:
            company = session.get_one(Company, company_id)
            assert company.imap_failure == "" and company.imap_checked_at == clock.now


def test_the_sweep_reads_every_five_minutes(tmp_path: Path):
    with sent_world(tmp_path) as (post, clock, _, _, box):
        for minutes in (0, 1, 5, 1):
            clock.pass_by(minutes=minutes)
            sweeper.sweep(post, lambda company: None)
        assert sum(line.startswith("EXAMINE") for line in box.asked) == 2


def test_a_mailbox_is_tried_without_leaving_a_trace():
    with MailboxServer() as box:
        box.deliver(b"Subject: x\r\n\r\ny", NOW)
        good = Account("127.0.0.1", box.port, "none", box.user, box.password)
        assert probe(good) == 1
        assert [line.split()[0] for line in box.asked] == ["CAPABILITY", "LOGIN", "EXAMINE", "UID", "LOGOUT"]
        for account, failure in (
            (Account("127.0.0.1", box.port, "none", box.user, "wrong"), "sign_in_refused"),
            (Account("127.0.0.1", box.port, "none", box.user, box.password, "Nowhere"), "folder_missing"),
            (Account("127.0.0.1", box.port, "tls", box.user, box.password), "encryption_refused"),
            (Account("127.0.0.1", 9, "tls", box.user, box.password), "server_unavailable"),
            (Account("mail.example", 143, "none", box.user, box.password), "clear_text_refused"),
        ):
            with pytest.raises(Unreadable) as error:
                probe(account, 5)
            assert error.value.failure == failure


def test_folders_are_named_as_the_protocol_writes_them():
    assert folder_name("INBOX") == '"INBOX"'
    assert folder_name('Boîte "A"') == '"Bo&AO4-te \\"A\\""'
