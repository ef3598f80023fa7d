"""The proof file of a customer: every message with its exact bytes, its fingerprint and the server's answers, and an index to read
in a browser or a spreadsheet. What came in stands beside it, as it was read.

Fingerprints are computed again from the bytes in the file: the index says of each whether it is the one noted when it was written."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

from sqlalchemy.orm import Session

from models import proofs
from models.company import Company
from models.customers import Customer
from models.proofs import CameIn, ProofRow
from services import composing
from services.exports import Column, csv_text
from services.language import N_, moment, money_with_currency, translate
from services.wording_law import STAGES
from services.wording_messages import fate

STATES = {
    "queued": N_("Waiting"), "claimed": N_("Being sent…"), "retry": N_("To be tried again"), "sent": N_("Accepted by the mail server"),
    "kept": N_("Kept in the built-in outbox"), "printed": N_("Printed"), "failed": N_("Failed"), "unknown": N_("Uncertain: the answer was lost"),
    "held": N_("Held back"), "bounced": N_("Returned by the customer’s server"),
}  # fmt: skip
KINDS = {
    "reply": N_("Reply"), "bounce_hard": N_("Return: not delivered"), "bounce_soft": N_("Return: not delivered, for now"),
    "delayed": N_("Delivery delayed"), "auto_reply": N_("Automatic answer"), "receipt": N_("Displayed by the reader"),
}  # fmt: skip
WHOLE = {"same": N_("yes"), "other": N_("NO: the bytes have changed"), "lost": N_("bytes lost (database restored)")}


@dataclass(frozen=True, slots=True)
class Proof:
    """One line of the index."""

    number: int
    file: str
    row: ProofRow
    fingerprint: str
    whole: str  # same, other, lost


def write_file(session: Session, company: Company, customer: Customer, now: datetime, language: str, target: IO[bytes]) -> int:
    """Write the zip of a customer into a file; how many messages it holds."""
    lines: list[Proof] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, row in enumerate(proofs.proof_rows(session, customer.id), 1):
            lines.append(_add(archive, number, row, proofs.body_of(session, row.id)))
        received = proofs.came_in(session, customer.id)
        table, columns = _table(company, lines, language), _columns(language)
        _put(archive, "index.csv", csv_text(columns, table, language).encode(), now)
        _put(archive, "index.html", _page(company, customer, lines, received, now, language).encode(), now)
        for number, mail in enumerate(received, 1):
            _put(archive, f"received/{number:04}.txt", _received_text(mail).encode(), mail.received_at)
        sums = "".join(f"{line.fingerprint}  {line.file}\n" for line in lines if line.file)
        _put(archive, "SHA256SUMS", sums.encode(), now)
    return len(lines)


def _put(archive: zipfile.ZipFile, name: str, data: bytes, at: datetime) -> None:
    at = at.astimezone(UTC)
    about = zipfile.ZipInfo(name, (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second))
    about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    archive.writestr(about, data)


def _add(archive: zipfile.ZipFile, number: int, row: ProofRow, body: bytes) -> Proof:
    if not body:
        return Proof(number, "", row, "", "lost")
    name = f"messages/{number:04}-{row.id}.{'pdf' if row.channel == 'letter' else 'eml'}"
    _put(archive, name, body, row.sent_at or row.queued_at)
    fingerprint = composing.fingerprint(body)
    return Proof(number, name, row, fingerprint, "same" if fingerprint == row.body_hash else "other")


def _columns(language: str) -> list[Column]:
    titles = (
        N_("Number"), N_("File"), N_("Prepared"), N_("Left"), N_("Step"), N_("Way"), N_("Recipient"), N_("Subject"), N_("Amount"),
        N_("State"), N_("Tries"), N_("Answer of the server"), N_("Identifier"), N_("SHA-256"), N_("Fingerprint holds"),
    )  # fmt: skip
    return [Column(translate(language, title)) for title in titles]


def _table(company: Company, lines: Sequence[Proof], language: str) -> list[tuple[object, ...]]:
    """The cells of the index, in the order of `_columns`, as people read them."""

    def at(when: datetime | None) -> str:
        return moment(when, language, company.time_zone) if when else ""

    table: list[tuple[object, ...]] = []
    for line in lines:
        row = line.row
        stage = translate(language, STAGES[row.stage], level=row.level or 1) if row.stage in STAGES else ""
        state = translate(language, STATES[row.state]) if row.state in STATES else row.state
        reason = f" ({fate(language, row.reason)})" if row.reason else ""
        amount = money_with_currency(row.amount_cents, language, row.currency) if row.currency else ""
        way = translate(language, N_("letter") if row.channel == "letter" else N_("e-mail"))
        table.append(
            (
                line.number, line.file, at(row.queued_at), at(row.sent_at), stage, way, row.recipient, row.subject, amount,
                state + reason, row.attempts, row.answer, row.message_id, line.fingerprint, translate(language, WHOLE[line.whole]),
            )
        )  # fmt: skip
    return table


def _page(
    company: Company, customer: Customer, lines: Sequence[Proof], received: Sequence[CameIn], now: datetime, language: str
) -> str:
    page = composing.environment(language).get_template("pdf/proof.html")
    came = [
        (
            n,
            f"received/{n:04}.txt",
            moment(m.received_at, language, company.time_zone),
            translate(language, KINDS.get(m.kind, m.kind)),
            m.sender,
            m.subject,
        )
        for n, m in enumerate(received, 1)
    ]
    return page.render(
        language=language, company=company, customer=customer, made=moment(now, language, company.time_zone),
        titles=[column.title for column in _columns(language)], rows=_table(company, lines, language), received=came,
    )  # fmt: skip


def _received_text(mail: CameIn) -> str:
    head = [
        f"Message-ID: {mail.message_id}", f"From: {mail.sender}", f"Subject: {mail.subject}",
        f"Received: {mail.received_at.isoformat()}",
    ]  # fmt: skip
    return "\n".join([*head, *([f"Diagnostic: {mail.diagnostic}"] if mail.diagnostic else []), "", mail.text]) + "\n"
