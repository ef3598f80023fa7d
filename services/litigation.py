"""The litigation file of a customer as one zip: statement, documents, messages with their exact bytes, and an index with the SHA-256
of each, so that whoever receives it can prove what was said and when."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sqlalchemy.orm import Session

from models import due_items, litigation
from models.company import Company
from models.customers import Customer
from services import tables
from services.documents import kept_file
from services.exports import Column, csv_text, xlsx
from services.language import N_, translate

EXTENSIONS = {"email": "eml", "letter": "pdf"}
_UNSAFE = re.compile(r"[^\w .,()@+-]+")

Entry = tuple[str, str, str, str]  # name in the zip, what it is, when, SHA-256


def litigation_file(
    session: Session, company: Company, customer: Customer, folder: Path, language: str, today: date
) -> io.BytesIO:
    """The zip, to be read from its beginning."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        entries: list[Entry] = []
        for name, what, when, content in _contents(session, company, customer, folder, language, today):
            name = _unused(name, {entry[0] for entry in entries})
            if content is not None:
                archive.writestr(name, content)
            entries.append(
                (name if content is not None else "", what, when, hashlib.sha256(content).hexdigest() if content else "")
            )
        columns = [Column(translate(language, title)) for title in (N_("File"), N_("What it is"), N_("Date"), N_("SHA-256"))]
        archive.writestr("index.csv", csv_text(columns, entries, language))
    target.seek(0)
    return target


def _contents(
    session: Session, company: Company, customer: Customer, folder: Path, language: str, today: date
) -> Iterator[tuple[str, str, str, bytes | None]]:
    statement = translate(language, N_("Statement"))
    rows = due_items.of_customer(session, customer, today)
    title = f"{statement} {customer.code} {today.isoformat()}"
    yield (
        f"{_safe(title)}.xlsx",
        f"{statement}, {customer.name}, {company.name}",
        today.isoformat(),
        xlsx(title, *tables.items(rows, language)),
    )
    gone = translate(language, N_("file not found"))
    invoices, others = translate(language, N_("invoices")), translate(language, N_("documents"))
    for paper in litigation.papers(session, customer.id):
        content = kept_file(folder, paper.path, paper.sha256)
        what = paper.piece or paper.name
        if content is None:
            what = f"{what} ({gone})"
        place = invoices if paper.kind.startswith("invoice") else others
        yield f"{place}/{_safe(f'{paper.piece} {paper.name}'.strip())}", what, paper.made_at.date().isoformat(), content
    messages = translate(language, N_("messages"))
    for one in litigation.messages(session, customer.id):
        when = one.sent_at.date().isoformat() if one.sent_at else ""
        stage = tables.stage_name(language, one.stage, one.level) if one.stage else ""
        what = " · ".join(part for part in (stage, one.subject, one.recipient, one.answer) if part)
        name = f"{messages}/{when} {one.id} {_safe(stage)}.{EXTENSIONS.get(one.channel, 'txt')}"
        yield name, what, one.sent_at.isoformat() if one.sent_at else "", one.body


def _safe(text: str) -> str:
    """A name for a file in the zip: no path, no control characters, not too long."""
    return " ".join(_UNSAFE.sub(" ", text).split())[:100].strip(". ") or "document"


def _unused(name: str, taken: set[str]) -> str:
    stem, dot, end = name.rpartition(".")
    number, free = 2, name
    while free in taken:
        free, number = f"{stem or end} ({number}){dot}{end if stem else ''}", number + 1
    return free
