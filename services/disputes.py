"""Disputes: an item (or a whole customer) contested leaves the reminders and stays in the outstanding until solved."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path, PurePosixPath

from sqlalchemy.orm import Session

from models import audit, dispute_lists, keeping
from models.commitments import Dispute, DisputeComment, DisputeDocument, DisputeReason
from models.customers import Customer
from models.documents import Document
from rules.errors import DomainError
from services import worklist
from services.documents import keep_file
from services.wording_decision import DISPUTE_REASONS

USUAL_DAYS = 30
SOLVED = ("accepted", "refused", "solved")
MOST_BYTES = 25 * 1024 * 1024
"""The largest document kept with a dispute."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason as one company uses it: one of ours by its code, or the company's own words; who solves it, in how many days."""

    code: str
    owner_id: int | None
    days: int
    active: bool

    @property
    def own(self) -> bool:
        return self.code not in DISPUTE_REASONS


def reasons(session: Session, company_id: int) -> list[Reason]:
    """All reasons of a company: ours in their order, then its own."""
    known = {row.code: row for row in dispute_lists.reasons(session, company_id)}
    codes = [*DISPUTE_REASONS, *(code for code in known if code not in DISPUTE_REASONS)]
    return [
        Reason(code, known[code].owner_id, known[code].days, known[code].active)
        if code in known
        else Reason(code, None, USUAL_DAYS, True)
        for code in codes
    ]


def save_reason(
    session: Session, company_id: int, code: str, actor_id: int | None, now: datetime, *, owner_id: int | None, days: int,
    active: bool, name: str = "",
) -> None:  # fmt: skip
    """Say who solves disputes of a reason and in how many days; a new code is a reason of the company's own, and `name` gives
    such a one new words. Errors: reason_name_missing, reason_name_taken, reason_days."""
    code, name = code.strip(), name.strip()
    if not code:
        raise DomainError("reason_name_missing")
    if not 1 <= days <= 365:
        raise DomainError("reason_days")
    rows = {row.code: row for row in dispute_lists.reasons(session, company_id)}
    row = rows.get(code)
    if row is None:
        row = DisputeReason(company_id=company_id, code=code[:80])
        session.add(row)
    before = {"owner_id": row.owner_id, "days": row.days, "active": row.active, "code": row.code}
    row.owner_id, row.days, row.active = owner_id, days, active
    if name and name != code and code not in DISPUTE_REASONS:
        if name in rows or name in DISPUTE_REASONS:
            raise DomainError("reason_name_taken", name=name)
        row.code = name[:80]
        session.flush()
        dispute_lists.rename_reason(session, company_id, code, row.code)
    session.flush()
    after = {"owner_id": row.owner_id, "days": row.days, "active": row.active, "code": row.code}
    audit.record(session, now, actor_id, company_id, "save", "dispute_reason", row.id, {"before": before, "after": after})


def open_dispute(
    session: Session, customer: Customer, reason: str, actor_id: int | None, now: datetime, today: date, *,
    item_id: int | None = None, cents: int | None = None, remark: str = "", owner_id: int | None = None,
    deadline_on: date | None = None,
) -> Dispute:  # fmt: skip
    """Record that a customer contests an item, or all (None). Owner and deadline not given are those of the reason.

    Errors: dispute_reason_unknown, dispute_amount, item_unknown."""
    known = next((one for one in reasons(session, customer.company_id) if one.code == reason and one.active), None)
    if known is None:
        raise DomainError("dispute_reason_unknown", value=reason)
    if cents is not None and cents <= 0:
        raise DomainError("dispute_amount")
    if item_id is not None and keeping.item_of(session, customer, item_id) is None:
        raise DomainError("item_unknown")
    dispute = Dispute(
        company_id=customer.company_id, customer_id=customer.id, item_id=item_id, reason=reason, cents=cents, remark=remark,
        opened_at=now, by_id=actor_id, owner_id=owner_id or known.owner_id,
        deadline_on=deadline_on or today + timedelta(days=known.days),
    )  # fmt: skip
    session.add(dispute)
    session.flush()
    words = {"customer": customer.id, "item": item_id, "reason": reason}
    audit.record(session, now, actor_id, customer.company_id, "create", "dispute", dispute.id, words)
    worklist.touch(session, customer.id, today)
    return dispute


def solve_dispute(
    session: Session, dispute: Dispute, solution: str, actor_id: int | None, now: datetime, today: date, outcome: str = "solved"
) -> None:
    """The dispute is over, accepted or refused: the items go back into their scenario. Solving twice changes nothing.

    Error: dispute_outcome."""
    if outcome not in SOLVED:
        raise DomainError("dispute_outcome")
    if dispute.solved_at is not None:
        return
    dispute.solved_at, dispute.solution, dispute.state = now, solution.strip(), outcome
    words = {"solution": dispute.solution, "outcome": outcome}
    audit.record(session, now, actor_id, dispute.company_id, "solve", "dispute", dispute.id, words)
    worklist.touch(session, dispute.customer_id, today)


def reopen_dispute(session: Session, dispute: Dispute, actor_id: int | None, now: datetime, today: date) -> None:
    """The dispute is not over after all; reopening an open one changes nothing."""
    if dispute.solved_at is None:
        return
    before = dispute.state
    dispute.solved_at, dispute.solution, dispute.state = None, "", "open"
    audit.record(session, now, actor_id, dispute.company_id, "reopen", "dispute", dispute.id, {"state": [before, "open"]})
    worklist.touch(session, dispute.customer_id, today)


def change_dispute(
    session: Session, dispute: Dispute, actor_id: int | None, now: datetime, *, state: str, owner_id: int | None,
    deadline_on: date | None, cents: int | None,
) -> None:  # fmt: skip
    """Whom it waits for (open: us, waiting: others), who solves it, by when, how much. Errors: dispute_over, dispute_amount."""
    if dispute.solved_at is not None:
        raise DomainError("dispute_over")
    if cents is not None and cents <= 0:
        raise DomainError("dispute_amount")
    wanted = {
        "state": "waiting" if state == "waiting" else "open",
        "owner_id": owner_id,
        "deadline_on": deadline_on,
        "cents": cents,
    }
    changed = {name: [getattr(dispute, name), value] for name, value in wanted.items() if getattr(dispute, name) != value}
    for name, (_, value) in changed.items():
        setattr(dispute, name, value)
    if changed:
        audit.record(session, now, actor_id, dispute.company_id, "update", "dispute", dispute.id, changed)


def add_comment(session: Session, dispute: Dispute, body: str, actor_id: int | None, now: datetime) -> DisputeComment:
    """Write about a dispute. Error: note_empty."""
    if not body.strip():
        raise DomainError("note_empty")
    made = DisputeComment(dispute_id=dispute.id, written_at=now, author_id=actor_id, body=body.strip()[:10_000])
    session.add(made)
    session.flush()
    audit.record(session, now, actor_id, dispute.company_id, "comment", "dispute", dispute.id, {"comment": made.id})
    return made


def attach(
    session: Session, dispute: Dispute, folder: Path, name: str, content: bytes, actor_id: int | None, now: datetime
) -> Document:
    """Keep a file with a dispute; the same bytes twice are one document. Errors: document_empty, document_too_large."""
    if not content:
        raise DomainError("document_empty")
    if len(content) > MOST_BYTES:
        raise DomainError("document_too_large", megabytes=MOST_BYTES // 1024 // 1024)
    shown = PurePosixPath(name.replace("\\", "/")).name.strip()[:150] or "document"
    digest, path = keep_file(folder, dispute.company_id, content)
    made = dispute_lists.same_document(session, dispute.company_id, dispute.customer_id, dispute.item_id, digest)
    if made is None:
        made = Document(
            company_id=dispute.company_id, customer_id=dispute.customer_id, item_id=dispute.item_id, kind="attachment",
            name=shown, media_type=mimetypes.guess_type(shown)[0] or "application/octet-stream", sha256=digest,
            size=len(content), path=path, made_at=now,
        )  # fmt: skip
        session.add(made)
        session.flush()
    if session.get(DisputeDocument, (dispute.id, made.id)) is None:
        session.add(DisputeDocument(dispute_id=dispute.id, document_id=made.id))
        session.flush()
        audit.record(
            session, now, actor_id, dispute.company_id, "attach", "dispute", dispute.id, {"document": made.id, "name": shown}
        )
    return made


def detach(session: Session, dispute: Dispute, document_id: int, actor_id: int | None, now: datetime) -> bool:
    """Take a document out of a dispute (it stays with the customer); False when it is not in it."""
    row = session.get(DisputeDocument, (dispute.id, document_id))
    if row is None:
        return False
    session.delete(row)
    audit.record(session, now, actor_id, dispute.company_id, "detach", "dispute", dispute.id, {"document": document_id})
    return True
