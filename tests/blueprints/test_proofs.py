"""The proof file of a customer: every message's bytes, their fingerprints, the server's answers, and what came in."""

from __future__ import annotations

import hashlib
import io
import zipfile

from models import InboundMessage, Message
from models.users import Role
from tests.conftest import NOW
from tests.tasks.sending_world import make_customer

MAIL = b"From: a@b.example\r\nSubject: Relance\r\n\r\nBonjour\r\n"


def message(company, customer, number, body, **fields):
    return Message(
        **{
            "company_id": company.id, "customer_id": customer.id, "channel": "email", "language": "fr", "state": "sent",
            "recipient": "compta@client.example", "subject": "=cmd()", "message_id": f"<{number}@x.example>", "body": body,
            "body_hash": hashlib.sha256(MAIL).hexdigest(), "queued_at": NOW, "sent_at": NOW, "attempts": 1,
            "answer": "250 2.0.0 kept as 42", **fields,
        }
    )  # fmt: skip


def test_the_proof_file_holds_every_byte_and_says_what_changed(client, session, company):
    customer, other = make_customer(session, company, 1), make_customer(session, company, 2)
    pdf = b"%PDF-1.7 letter"
    session.add_all(
        [
            message(company, customer, 1, MAIL),
            message(company, customer, 2, pdf, channel="letter", body_hash=hashlib.sha256(pdf).hexdigest(), answer=""),
            message(company, customer, 3, MAIL + b"changed"),
            message(company, customer, 4, None, facts={"from_journal": True}),
            message(company, customer, 5, MAIL, purpose="test"),
            message(company, other, 6, b"another's secret"),
        ]
    )
    session.add(
        InboundMessage(
            company_id=company.id, customer_id=customer.id, uid=1, message_id="<r@client.example>", kind="reply", received_at=NOW,
            read_at=NOW, sender="compta@client.example", subject="Re: Relance", text="Payé hier.",
        )
    )  # fmt: skip
    session.commit()
    answer = client.get(f"/customers/{customer.id}/proof")
    assert answer.status_code == 200 and answer.mimetype == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    answer.close()
    files = [name for name in archive.namelist() if name.startswith("messages/")]
    assert [archive.read(name) for name in files] == [MAIL, pdf, MAIL + b"changed"]
    for line in archive.read("SHA256SUMS").decode().splitlines():
        fingerprint, name = line.split("  ")
        assert hashlib.sha256(archive.read(name)).hexdigest() == fingerprint
    page, table = archive.read("index.html").decode(), archive.read("index.csv").decode()
    assert "250 2.0.0 kept as 42" in page and "NON : les octets ont changé" in page and "octets perdus" in page
    assert "Payé hier." in archive.read("received/0001.txt").decode()
    assert ";=cmd" not in table and "another" not in page  # no formula, nobody else's mail
    assert len(table.strip().splitlines()) == 5


def test_a_representative_gets_no_proof_of_another_s_customer(sign_in, session, company):
    customer = make_customer(session, company, 1)
    session.commit()
    assert sign_in(Role.SALES_REP, company).get(f"/customers/{customer.id}/proof").status_code == 404
