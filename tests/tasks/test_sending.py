"""Sending end to end, against a mail server that answers as it is told: every (stage, code) goes where it should."""

from __future__ import annotations

import email
import email.policy
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Action, AuditEntry, Company, Contact, Customer, Dispute, Hold, Item, Message, Outbox, audit
from models import outbox as store
from models.message_lists import MessageFilters, message_page
from rules.errors import DomainError
from services import worklist
from services.outbox import settle_unknown, unblock_account, undo_batch
from services.seal import seal
from tasks import sending
from tests.tasks.sending_world import NOW, TODAY, ScriptedServer, states, world


def smtp(server: ScriptedServer, **fields: object) -> dict[str, object]:
    return {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "none", **fields}


def send(post: sending.Post) -> None:
    sending.release_due(post)
    sending.send_due(post)


def test_a_batch_leaves_on_one_connection_and_is_kept_byte_by_byte(tmp_path: Path):
    with ScriptedServer() as server, world(tmp_path, **smtp(server)) as (post, _, engine, _company):
        send(post)
        assert len(server.accepted) == 3 and server.connections == 1
        with Session(engine) as session:
            assert states(session) == {"sent": 3}
            for message, got in zip(session.scalars(sa.select(Message).order_by(Message.id)), server.accepted, strict=True):
                assert message.body == got
                assert message.body_hash == hashlib.sha256(got).hexdigest()
                assert message.answer == "250 2.0.0 kept as 42"
                parsed = email.message_from_bytes(got, policy=email.policy.default)
                assert parsed["Message-ID"] == message.message_id
                assert parsed["Auto-Submitted"] == "auto-generated"
            assert set(session.scalars(sa.select(Action.state))) == {"done"}
            assert session.scalars(sa.select(Outbox.state)).all() == ["done"]
        send(post)
        assert len(server.accepted) == 3  # twice changes nothing


def test_nothing_leaves_before_the_undo_window_ends_nor_after_it_was_used(tmp_path: Path):
    with ScriptedServer() as server, world(tmp_path, **smtp(server)) as (post, clock, engine, _company):
        clock.now = NOW + timedelta(seconds=60)
        send(post)
        assert server.connections == 0
        with Session(engine) as session, session.begin():
            outbox = session.scalars(sa.select(Outbox)).one()
            assert undo_batch(session, outbox, None, clock(), TODAY) == 3
        clock.pass_by(minutes=5)
        send(post)
        assert server.connections == 0
        with Session(engine) as session:
            assert states(session) == {"dropped": 3}
            company = session.scalars(sa.select(Company)).one()
            assert worklist.preview(session, company, TODAY)  # it is all to do again
            with pytest.raises(DomainError, match="outbox_left"):
                undo_batch(session, session.scalars(sa.select(Outbox)).one(), None, clock(), TODAY)


def test_what_was_paid_disputed_or_held_meanwhile_is_dropped_with_its_reason(tmp_path: Path):
    with ScriptedServer() as server, world(tmp_path, customers=4, **smtp(server)) as (post, clock, engine, _company):
        with Session(engine) as session, session.begin():
            items = {i.piece: i for i in session.scalars(sa.select(Item))}
            items["FA-1-1"].open_cents = 0
            common = {"company_id": items["FA-2-1"].company_id}
            session.add(
                Dispute(
                    **common,
                    customer_id=items["FA-2-1"].customer_id,
                    item_id=items["FA-2-1"].id,
                    reason="price",
                    opened_at=clock(),
                )
            )
            session.add(Hold(**common, customer_id=items["FA-3-1"].customer_id, reason="credit note coming", made_at=clock()))
        send(post)
        assert len(server.accepted) == 1
        with Session(engine) as session:
            rows = {f.customer: (f.state, f.reason) for f in store.progress(session, 1).rows}
        assert rows["Client 1"] == ("dropped", "paid")
        assert rows["Client 2"][0] == rows["Client 3"][0] == "dropped"
        assert rows["Client 4"][0] == "sent"
        assert {rows["Client 2"][1], rows["Client 3"][1]} == {"dispute", "hold"}


def test_a_part_payment_changes_the_amount_asked_for(tmp_path: Path):
    with ScriptedServer() as server, world(tmp_path, customers=1, **smtp(server)) as (post, _, engine, _company):
        with Session(engine) as session, session.begin():
            session.scalars(sa.select(Item).where(Item.piece == "FA-1-1")).one().open_cents = 40_000
        send(post)
        text = email.message_from_bytes(server.accepted[0], policy=email.policy.default).get_body(("plain",)).get_content()
        assert "400,00" in text and "1\u202f000,01" not in text
        with Session(engine) as session:
            assert session.scalars(sa.select(Action)).one().amount_cents == 40_000


REFUSALS = [
    ("greet", "421 busy", "retry"),
    ("greet", "554 no", "retry"),
    ("mail", "450 later", "retry"),
    ("mail", "550 not you", "failed"),
    ("rcpt", "421 too many", "retry"),
    ("rcpt", "450 4.2.0 greylisted", "retry"),
    ("rcpt", "451 4.7.1 later", "retry"),
    ("rcpt", "452 full", "retry"),
    ("rcpt", "550 5.1.1 unknown user", "failed"),
    ("rcpt", "552 5.2.2 mailbox full", "failed"),
    ("data", "451 later", "retry"),
    ("data", "554 no", "failed"),
    ("dot", "432 later", "retry"),
    ("dot", "552 too large", "failed"),
    ("dot", "554 5.7.1 spam", "failed"),
    ("mail", "drop", "retry"),
    ("rcpt", "drop", "retry"),
    ("data", "drop", "retry"),
    ("body", "drop", "retry unknown"),  # the body may be under way when the server hangs up: then the dot is too
    ("dot", "drop", "unknown"),
    ("dot", "accept and drop", "unknown"),
    ("dot", "nonsense", "unknown"),
]


@pytest.mark.parametrize(("stage", "answer", "state"), REFUSALS)
def test_every_refusal_goes_to_its_state(tmp_path: Path, stage: str, answer: str, state: str):
    def script(at: str, address: str, times: int) -> str:
        return answer if at == stage else ""

    with ScriptedServer(script) as server, world(tmp_path, customers=1, **smtp(server)) as (post, _, engine, _company):
        send(post)
        with Session(engine) as session:
            message = session.scalars(sa.select(Message)).one()
            assert message.state in state.split(), (message.answer, message.failure_code)
            state = message.state
            action = session.scalars(sa.select(Action)).one()
            assert action.state == {"retry": "sending", "failed": "failed", "unknown": "unknown"}[state]
            if state == "retry":
                assert message.next_try_at and message.next_try_at > post.clock()
        before = len(server.accepted)
        sending.send_due(post)
        sending.recover(post, everything=True)
        assert len(server.accepted) == before


def test_greylisted_messages_are_tried_again_until_two_days_have_passed(tmp_path: Path):
    with (
        ScriptedServer(lambda at, _, times: "451 later" if at == "rcpt" and times < 4 else "") as server,
        world(tmp_path, customers=1, **smtp(server)) as (post, clock, engine, _company),
    ):
        sending.release_due(post)
        for _ in range(40):
            sending.send_due(post)
            clock.pass_by(minutes=10)
        assert len(server.accepted) == 1
    with (
        ScriptedServer(lambda at, _, times: "451 later" if at == "rcpt" else "") as server,
        world(tmp_path / "second", customers=1, **smtp(server, window_from="00:00", window_until="23:59")) as (
            post,
            clock,
            engine,
            _company,
        ),
    ):
        sending.release_due(post)
        for _ in range(60):
            sending.send_due(post)
            clock.pass_by(hours=1)
        with Session(engine) as session:
            message = session.scalars(sa.select(Message)).one()
            assert (message.state, message.failure_code) == ("failed", "gave_up")
            assert message.attempts < 30


def test_a_refused_address_is_bad_and_a_full_mailbox_is_not(tmp_path: Path):
    answers = {"compta1@client.example": "550 5.1.1 unknown user", "compta2@client.example": "552 5.2.2 full"}
    with (
        ScriptedServer(lambda at, address, _: answers.get(address, "") if at == "rcpt" else "") as server,
        world(tmp_path, **smtp(server)) as (post, _, engine, _company),
    ):
        send(post)
        with Session(engine) as session:
            contacts = {c.email: c.email_bad_reason for c in session.scalars(sa.select(Contact))}
            assert states(session) == {"sent": 1, "failed": 2}
        assert contacts == {"compta1@client.example": "refused", "compta2@client.example": "", "compta3@client.example": ""}


def test_three_refused_sign_ins_stop_the_account_and_a_person_starts_it_again(tmp_path: Path):
    right = [False]

    def script(at: str, _: str, times: int) -> str:
        return "535 5.7.8 no" if at == "auth" and not right[0] else ""

    with ScriptedServer(script, ("AUTH PLAIN",)) as server:
        fields = smtp(server, smtp_user="claire", smtp_password_sealed=seal("secret", "a key for tests"))
        with world(tmp_path, **fields) as (post, clock, engine, _company):
            sending.release_due(post)
            for _ in range(6):
                sending.send_due(post)
                clock.pass_by(minutes=70)
            assert server.connections == 3
            with Session(engine) as session, session.begin():
                company = session.scalars(sa.select(Company)).one()
                assert company.smtp_blocked_reason == "sign_in_refused"
                assert "block" in session.scalars(sa.select(AuditEntry.verb)).all()
                unblock_account(session, company, None, clock())
            right[0] = True
            sending.send_due(post)
            assert len(server.accepted) == 3


def test_a_password_sealed_with_another_key_stops_the_account(tmp_path: Path):
    with ScriptedServer() as server:
        fields = smtp(server, smtp_user="claire", smtp_password_sealed=seal("secret", "the key of another instance"))
        with world(tmp_path, **fields) as (post, _, engine, _company):
            send(post)
            assert server.connections == 0
            with Session(engine) as session:
                assert session.scalars(sa.select(Company.smtp_blocked_reason)).one() == "seal_broken"
                assert states(session) == {"queued": 3}


def test_no_mail_in_clear(tmp_path: Path):
    with ScriptedServer(extensions=("AUTH PLAIN",)) as server:
        fields = smtp(
            server, smtp_security="starttls", smtp_user="claire", smtp_password_sealed=seal("secret", "a key for tests")
        )
        with world(tmp_path, customers=1, **fields) as (post, _, engine, _company):
            send(post)  # STARTTLS stripped
            assert not server.accepted and not [line for line in server.lines if line.startswith(("AUTH", "MAIL"))]
            with Session(engine) as session:
                assert session.scalars(sa.select(Message.failure_code)).one() == "encryption_missing"


def test_without_a_server_messages_are_kept_as_files_and_count_as_done(tmp_path: Path):
    with world(tmp_path) as (post, _, engine, _company):
        send(post)
        with Session(engine) as session:
            assert states(session) == {"kept": 3}
            files = sorted((tmp_path / "outbox" / "FLANDRES").rglob("*.eml"))
            assert sorted(f.read_bytes() for f in files) == sorted(session.scalars(sa.select(Message.body)))
            assert set(session.scalars(sa.select(Action.state))) == {"done"}
            assert set(session.scalars(sa.select(Customer.last_contact_on))) == {TODAY}


def test_a_change_recorded_while_sending_stops_the_message_it_concerns(tmp_path: Path):
    with ScriptedServer() as server, world(tmp_path, customers=6, **smtp(server)) as (post, clock, engine, _company):

        def hold_the_last(at: str, address: str, times: int) -> str:
            if (at, address) == ("rcpt", "compta2@client.example"):
                with Session(engine) as session, session.begin():
                    customer = session.scalars(sa.select(Customer).where(Customer.name == "Client 6")).one()
                    session.add(
                        Hold(company_id=customer.company_id, customer_id=customer.id, reason="waiting", made_at=clock())
                    )
                    audit.record(session, clock(), None, customer.company_id, "hold", "customer", customer.id)
            return ""

        server.script = hold_the_last
        send(post)
        with Session(engine) as session:
            rows = {f.customer: (f.state, f.reason) for f in store.progress(session, 1).rows}
        assert rows.pop("Client 6") == ("dropped", "hold")
        assert set(rows.values()) == {("sent", "")}


def test_a_full_disk_sends_nothing_that_could_not_be_remembered(tmp_path: Path):
    with ScriptedServer() as server, world(tmp_path, customers=2, **smtp(server)) as (post, _clock, _engine, _company):
        sending.release_due(post)
        with open("/dev/full", "wb", buffering=0) as full:
            kept, post.journal._file = post.journal._file, full.fileno()
            with pytest.raises(OSError):
                sending.send_due(post)
            post.journal._file = kept
        assert not server.accepted
        sending.recover(post, everything=True)
        sending.send_due(post)
        assert len(server.accepted) == 2


def test_a_person_settles_what_is_unknown(tmp_path: Path):
    with (
        ScriptedServer(lambda at, _, times: "drop" if at == "dot" else "") as server,
        world(tmp_path, customers=2, **smtp(server)) as (post, clock, engine, _company),
    ):
        send(post)
        with Session(engine) as session, session.begin():
            rows = message_page(session, 1, MessageFilters("unknown")).rows
            assert len(rows) == 2
            one, other = (session.get_one(Message, row.id) for row in rows)
            names = {m.id: m.message_id for m in (one, other)}
            settle_unknown(session, one, True, None, clock(), TODAY)
            settle_unknown(session, other, False, None, clock(), TODAY)
            other_id = other.id
        server.script = lambda at, _, times: ""
        sending.send_due(post)
        assert len(server.accepted) == 1
        assert f"Message-ID: {names[other_id]}".encode() in server.accepted[0]
        with Session(engine) as session:
            assert states(session) == {"sent": 2}
            assert set(session.scalars(sa.select(Action.state))) == {"done"}
