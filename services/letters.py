"""Letters: what goes onto paper, as HTML for the renderer. Positions are those of the window envelope of the company's country.

`integrations.letters` makes the PDF in a process of its own; `tasks.letters` keeps the order of the steps."""

from __future__ import annotations

import base64
import functools
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

from jinja2 import Template as Layout
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from models import drafts
from models import outbox as store
from models.company import Company
from models.drafts import Draft
from models.messages import Outbox
from rules.errors import DomainError
from services import composing, templates, writing
from services.composing import Program, body_html, program, typeset
from services.language import locale
from services.outbox import drop, facts_of, look_again, period_of
from services.placeholders import fill, parse
from services.writing import Content, clean


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter ready to be rendered, with the facts to keep beside its bytes."""

    message_id: int
    html: str
    subject: str
    language: str
    recipient: str
    facts: dict[str, Any]


@functools.cache
def _layout(language: str, name: str) -> Layout:
    return composing.environment(language).get_template(name)


@functools.lru_cache(maxsize=256)
def _body(body: str, language: str) -> Program:
    return program(body_html(typeset(body, language)))


def postal(text: str) -> str:
    """As postal services read best: capitals without accents or punctuation."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", clean(text)) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^A-Z0-9&/' -]", " ", plain.upper()).split())


def address_lines(company: Company, draft: Draft) -> list[str]:
    """The address in the window: at most six lines; the country only when it is another."""
    contact = draft.contact_name if draft.contact_name != draft.name else ""
    lines = [draft.name, contact, *draft.street.splitlines(), f"{draft.postcode} {draft.city}"]
    if draft.country and draft.country != company.country:
        lines.append(str(locale(company.language).territories.get(draft.country, draft.country)))
    shown = [line for line in map(postal, lines) if line]
    return shown if len(shown) <= 6 else [*shown[:4], *shown[-2:]]


def compose_letter(company: Company, draft: Draft, template: templates.Template, content: Content) -> str:
    """The page as HTML. Values are escaped; bank details and code stand on the slip, not in the text."""
    language = content.language
    picture = composing.picture_of(content)
    values = {**content.values, "amount_block": "", "pay_block": ""}
    safe = {name: str(escape(value)) for name, value in values.items()}
    safe["items_table"] = _layout(language, "pdf/items.html").render(content=content)
    who = (clean(company.name), clean(company.company_number), clean(company.vat_number))
    return _layout(language, "pdf/letter.html").render(
        language=language,
        company=company,
        content=content,
        values=content.values,
        subject=clean(fill(parse(typeset(template.subject, language)), content.values), 180),
        sender=[line for line in _sender_lines(company) if line],
        recipient=address_lines(company, draft),
        our_reference=f"R-{draft.action_id:06d}" if draft.action_id else "",
        window=company.letter_window,
        body=Markup(fill(_body(template.body, language), safe)),  # noqa: S704  (every value in it is escaped)
        legal=" · ".join(part for part in who if part),
        picture=f"data:image/png;base64,{base64.b64encode(picture).decode()}" if picture else "",
    )


def _sender_lines(company: Company) -> list[str]:
    town = f"{company.postcode} {company.city}".strip()
    return [*map(clean, company.street.splitlines()), clean(town), clean(company.phone), clean(company.email)]


def write_letters(session: Session, outbox: Outbox, today: date) -> list[Letter]:
    """The letters of a batch still wanted after a second look; the others are dropped. Rendering comes after, without lock."""
    company = session.get_one(Company, outbox.company_id)
    ids = store.ids_in(session, outbox.id, ("planned",), "letter")
    words = drafts.own_templates(session, company.id)
    letters: list[Letter] = []
    unwritable: dict[int, str] = {}
    for draft in look_again(session, company, ids, today) if ids else []:
        try:
            letters.append(_letter(company, draft, words, today))
        except DomainError as error:
            unwritable[draft.id] = error.code
    drop(session, company, unwritable, today)
    return letters


def _letter(company: Company, draft: Draft, words: templates.Store, today: date) -> Letter:
    template = templates.template_for(words, company, draft)
    content = writing.write(company, draft, template.language, today)
    if not content.rows:
        raise DomainError("paid")
    html = compose_letter(company, draft, template, content)
    subject = clean(fill(parse(template.subject), content.values), 180)
    address = ", ".join(address_lines(company, draft))
    return Letter(draft.id, html, subject, template.language, address, facts_of(company, draft, content, template, today))


def preview_letter(session: Session, company: Company, template: templates.Template, customer_id: int, today: date) -> str:
    """These words as a letter to a customer, as HTML for the renderer; nothing is kept."""
    draft = templates.sample_draft(session, company, template, customer_id, today)
    return compose_letter(company, draft, template, writing.write(company, draft, template.language, today))


def printed_rows(letters: list[Letter], pdfs: list[bytes]) -> list[dict[str, Any]]:
    """What `models.drafts.write_bodies` keeps of letters that were rendered."""
    return [
        {
            "b_id": letter.message_id, "language": letter.language, "recipient": letter.recipient, "subject": letter.subject,
            "body": pdf, "body_hash": composing.fingerprint(pdf), "facts": letter.facts, "state": "printed",
        }
        for letter, pdf in zip(letters, pdfs, strict=True)
    ]  # fmt: skip


def periods(letters: list[Letter]) -> list[tuple[int, date | None]]:
    """The last day each letter grants, by action."""
    return [period_of(letter.facts) for letter in letters]
