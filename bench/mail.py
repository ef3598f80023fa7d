"""A thousand reminders: rendered, fixed in the database and handed to a mail server by the product's own sending, against
the same bytes, prepared beforehand, over one connection. The server accepts everything, in a process of its own."""

from __future__ import annotations

import shutil
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.ground import NOW, ON, ROOT, Ground, environment
from bench.table import Row, took

ROUNDS = 3
PORT = 7825
MUST = 0.45


def measure(ground: Ground) -> list[Row]:
    """One row of the table."""
    mails = ground.scale.mails
    times: dict[str, list[float]] = {"product": [], "bytes": []}
    with tempfile.TemporaryDirectory(prefix="encours-bench-") as name:
        sink = subprocess.Popen([sys.executable, "-m", "bench.sink", str(PORT)], cwd=ROOT)
        try:
            _wait()
            for _ in range(ROUNDS):
                data = Path(name) / "data"
                shutil.rmtree(data, ignore_errors=True)
                shutil.copytree(ground.full, data)
                for work, taken in times.items():
                    command = [sys.executable, "-m", "bench.mail", work, str(mails)]
                    done = subprocess.run(
                        command, check=True, env=environment(data), cwd=ROOT, stdout=subprocess.PIPE, text=True
                    )
                    taken.append(float(done.stdout.split()[-1]))
        finally:
            sink.terminate()
            sink.wait(30)
    ours, base = (mails / statistics.median(values) for values in times.values())
    return [
        Row(
            f"{mails} reminders rendered and handed over",
            f"{ours:.0f}/s",
            f"bytes alone {base:.0f}/s",
            ours / base,
            MUST,
            "%",
            True,
        )
    ]


def _wait() -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the mail server did not start")


def product(mails: int) -> float:
    """Seconds from the release of a queued batch to its last answer."""
    from sqlalchemy.orm import sessionmaker

    from app import create_app
    from config import settings
    from extensions import db
    from integrations.channels.journal import Journal
    from models import Company, Message
    from models.worklist import entries
    from services import outbox
    from tasks import sending
    from tasks.post import Post

    with create_app().app_context():
        session = db.session()
        company = session.query(Company).one()
        company.smtp_host, company.smtp_port, company.smtp_security = "127.0.0.1", PORT, "none"
        company.sender_email = "banc@encours.example"
        chosen = [
            e.id
            for e in entries(session, company.id, channel="email", held=False)
            if e.stage == "reminder" or e.stage == "notice"
        ]
        if len(chosen) < mails:
            raise SystemExit(f"only {len(chosen)} reminders are due")
        batch = outbox.queue_batch(session, company, chosen[:mails], None, NOW, ON, undo_seconds=0)
        batch_id, company_id = batch.id, company.id
        session.commit()
        db.session.remove()
        journal = Journal(settings().sending_journal, lambda: NOW)
        post = Post(
            sessions=sessionmaker(db.engine), clock=lambda: NOW, today=lambda: ON, journal=journal, data=settings().data,
            key=settings().secret_key,
        )  # fmt: skip

        def send() -> None:
            sending.release(post, batch_id)
            sending.send_company(post, company_id)

        taken = took(send)
        sent = db.session().query(Message).filter_by(state="sent").count()
        if sent != mails:
            raise SystemExit(f"{sent} of {mails} messages left")
        db.session.remove()
    return taken


def bare() -> float:
    """Seconds to hand over the same bytes over one connection."""
    from app import create_app
    from extensions import db
    from models import Message

    with create_app().app_context():
        found = [(m.recipient, m.body or b"") for m in db.session().query(Message).filter_by(state="sent")]
        db.session.remove()

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", PORT) as client:
            for recipient, body in found:
                client.sendmail("banc@encours.example", [recipient], body)

    return took(send)


if __name__ == "__main__":
    print(product(int(sys.argv[2])) if sys.argv[1] == "product" else bare())
