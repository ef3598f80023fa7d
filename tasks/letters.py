"""Printing the letters of a batch: written under the lock, rendered without it, kept under the lock again.

When a change was recorded while they were rendered, they are looked at again; nothing leaves the house here, so doing it
twice harms nobody."""

from __future__ import annotations

import os

from sqlalchemy.orm import Session

from integrations.letters import RenderFailed, merge, render
from models import drafts
from models import outbox as store
from models.company import Company
from models.messages import Outbox
from services import letters as paper
from services import outbox as batches
from tasks.post import Post, writing

ROUNDS = 3


def print_batch(post: Post, outbox_id: int) -> int:
    """Render the planned letters of a batch, keep each one's bytes and the print file of all; how many were printed."""
    for round_number in range(ROUNDS):
        with writing(post) as session:
            outbox = session.get_one(Outbox, outbox_id)
            written = paper.write_letters(session, outbox, post.today())
            head, company_id = store.audit_head(session), outbox.company_id
        if not written:
            return 0
        answers = render([letter.html for letter in written])
        printed = [(letter, pdf) for letter, pdf in zip(written, answers, strict=True) if not isinstance(pdf, RenderFailed)]
        name = f"outbox/letters-{outbox_id}.pdf"
        _keep(post, name, merge([pdf for _, pdf in printed]))
        with writing(post) as session:
            if store.changed_since(session, company_id, head) and round_number < ROUNDS - 1:
                continue
            _record(post, session, outbox_id, printed, name)
            known = {letter.message_id for letter, _ in printed}
            unprintable = {letter.message_id: "render_failed" for letter in written if letter.message_id not in known}
            batches.drop(session, session.get_one(Company, company_id), unprintable, post.today())
            return len(printed)
    return 0


def _keep(post: Post, name: str, data: bytes) -> None:
    path = post.data / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_bytes(data)
    os.replace(draft, path)


def _record(post: Post, session: Session, outbox_id: int, printed: list[tuple[paper.Letter, bytes]], name: str) -> None:
    now = post.clock()
    letters, pdfs = [letter for letter, _ in printed], [pdf for _, pdf in printed]
    drafts.write_bodies(session, [{**row, "sent_at": now, "queued_at": now} for row in paper.printed_rows(letters, pdfs)])
    store.grant(session, paper.periods(letters))
    batches.settle_letters(session, outbox_id, [letter.message_id for letter in letters], name, now, post.today())
