"""A message as it would leave now, for one worklist entry: the same words and figures as the sending, nothing kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from models import drafts
from models.actions import WorklistEntry
from models.company import Company
from models.drafts import Draft, Line
from models.due_items import ItemRow
from models.scenarios import Step
from models.worklist import Entry
from services import composing, legal_notes, letters, templates, writing
from services.reading import with_picture
from services.templates import Template


@dataclass(frozen=True, slots=True)
class Shown:
    """What the customer would read. `page`: of a letter, as HTML for the renderer; `html` of an e-mail, pictures inside."""

    channel: str
    language: str
    template: Template
    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    page: str


def draft_of(session: Session, entry: WorklistEntry) -> Draft:
    """What the message of a worklist entry would be about."""
    step = session.get_one(Step, entry.step_id)
    reached = drafts.recipients(session, [entry.customer_id]).get(entry.customer_id, ("", ""))
    draft = drafts.draft_for(
        session, entry.customer_id, stage=entry.stage, level=entry.level, currency=entry.currency,
        template_code=step.template_code, channel=entry.channel, wait_days=step.wait_days, item_ids=entry.item_ids,
        amount_cents=entry.amount_cents, recipient=reached[0], contact_name=reached[1],
    )  # fmt: skip
    draft.charges = step.charges
    return draft


def preview_entry(session: Session, company: Company, entry: WorklistEntry, today: date) -> Shown:
    """The message of a worklist entry as it would leave now. Raises `DomainError` template_missing."""
    draft = draft_of(session, entry)
    legal_notes.attach(session, company, [draft], today)
    template = templates.template_for(drafts.own_templates(session, company.id), company, draft)
    return show(company, draft, template, today)


def call_script(
    session: Session, company: Company, customer_id: int, rows: Sequence[ItemRow], entry: Entry | None, last_on: date | None,
    today: date,
) -> str:  # fmt: skip
    """What to say on the telephone about what is late, or about what the call of the worklist is for. `rows`: the open items;
    `last_on`: when we last wrote."""
    lines = [Line(r.id, r.piece, r.label, r.kind, r.document_on, r.due_on, r.currency, r.open_cents) for r in rows]
    late = [line for line in lines if line.cents > 0 and line.due_on < today and line.currency == company.currency]
    draft = drafts.draft_for(
        session, customer_id, stage=entry.stage if entry else "reminder", level=entry.level if entry else 0,
        currency=entry.currency if entry else company.currency, template_code="call", channel="call", wait_days=0,
        item_ids=entry.item_ids if entry else [line.item_id for line in late],
        amount_cents=entry.amount_cents if entry else sum(line.cents for line in late), lines=lines,
    )  # fmt: skip
    if not draft.chosen:
        return ""
    draft.last_on = last_on
    return templates.call_script(session, company, draft, today).partition("\n-- \n")[0].strip()


def show(company: Company, draft: Draft, template: Template, today: date) -> Shown:
    """A message in its readable form: e-mail as text and HTML, letter as a page."""
    content = writing.write(company, draft, template.language, today)
    made = composing.form(templates.subject_of(template, draft), template.body, template.language)
    mail = composing.compose(company, made, content)
    html = with_picture(mail.html, "pay", "image/png", mail.picture) if mail.picture else mail.html
    letter = draft.channel == "letter"
    recipient = ", ".join(letters.address_lines(company, draft)) if letter else draft.recipient
    page = letters.compose_letter(company, draft, template, content) if letter else ""
    sender = company.name if letter else composing.sender_address(company)
    return Shown(draft.channel, template.language, template, sender, recipient, mail.subject, mail.text, html, page)
