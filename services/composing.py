"""From what a message says to its exact bytes: the e-mail's text and HTML, its headers, its code to scan.

A template is laid out and its rules written into its tags once, then cut at its placeholders; a message is a join of
strings. Values are escaped where they enter HTML, and headers are checked by `integrations.channels.mime`."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import format_datetime
from html import escape
from pathlib import Path

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from integrations.channels import mime
from integrations.payments import epc_qr
from models.company import Company
from models.drafts import Draft
from rules.errors import DomainError
from services.language import N_, catalogue, translate
from services.placeholders import BLOCKS, PLACEHOLDERS, Optional, Piece, Place, fill, names_in, paragraphs, parse
from services.writing import Content, Row, clean, company_address, reply_address

FOLDER = Path(__file__).resolve().parent.parent / "templates"
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_MARKS = re.compile("\ue000([a-z_]+)\ue001|<!--@([a-z_]+)-->|(\ue002)|(\ue003)")
_CUT = "<!--{0}-->(.*?)<!--/{0}-->"

Program = tuple[Piece, ...]


def _place(name: str) -> str:
    return f"\ue000{name}\ue001"


def environment(language: str) -> Environment:
    env = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"],
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    env.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    env.globals["place"] = _place
    return env


def program(html: str) -> Program:
    """Strings and placeholders of a laid-out text, in order."""
    pieces: list[Piece] = []
    inner: list[str | Place] | None = None
    end = 0
    for match in _MARKS.finditer(html):
        target: list[str | Place] | list[Piece] = pieces if inner is None else inner
        if match.start() > end:
            target.append(html[end : match.start()])
        end = match.end()
        name = match[1] or match[2]
        if name:
            target.append(Place(name))
        elif match[3]:
            inner = []
        elif inner is not None:
            pieces.append(Optional(tuple(inner)))
            inner = None
    pieces.append(html[end:])
    return tuple(pieces)


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of a language, ready to be filled."""

    amount: Program
    table: Program
    due: Program
    credit: Program
    total: Program
    apart: Program
    coming: Program
    pay: Program
    payrow: Program
    paycode: Program


@functools.cache
def _blocks(language: str) -> Blocks:
    source = environment(language).get_template("mail/blocks.html").render()
    html = css_inline.inline(source, keep_style_tags=False)
    parts: dict[str, str] = {}
    for name in ("due", "credit", "total", "apart", "coming", "amount", "table", "pay", "payrow", "paycode"):
        match = re.search(_CUT.format(name), html, re.DOTALL)
        assert match is not None, name
        parts[name] = re.sub(r">\s+<", "><", match[1].strip())
        html = html.replace(match[0], "<!--@rows-->" if name == "total" else "")
    parts["table"] = re.sub(r">\s+<", "><", parts["table"])
    for name in ("payrow", "paycode"):  # only what stands inside their table
        parts[name] = re.sub(r"^<table[^>]*><tbody>|</tbody></table>$", "", parts[name])
    parts["paycode"] = re.sub(r"^<tr[^>]*>|</tr>$", "", parts["paycode"])
    return Blocks(**{name: program(html) for name, html in parts.items()})


def _marked(pieces: Sequence[Piece]) -> str:
    """The pieces as HTML with marks where values go; optional passages between marks."""
    html = ""
    for piece in pieces:
        if isinstance(piece, str):
            html += escape(piece, quote=False)
        elif isinstance(piece, Place):
            html += _place(piece.name)
        else:
            html += "\ue002" + _marked(piece.pieces) + "\ue003"
    return html


def body_html(body: str) -> str:
    """The paragraphs of a template's body as HTML, with marks: bold, line breaks, blocks on their own."""
    html = ""
    for paragraph in paragraphs(body):
        pieces = parse(paragraph.strip())
        if len(pieces) == 1 and isinstance(pieces[0], Place) and pieces[0].name in BLOCKS:
            html += f"<!--@{pieces[0].name}-->"
            continue
        inner = _BOLD.sub(r"<b>\1</b>", _marked(pieces)).replace("\n", "<br>")
        whole = len(pieces) == 1 and isinstance(pieces[0], Optional)
        html += f"\ue002<p>{inner[1:-1]}</p>\ue003" if whole else f"<p>{inner}</p>"
    return html


@dataclass(frozen=True, slots=True)
class Form:
    """A template made ready for one language: fill it with the values of a message."""

    language: str
    subject: Program
    text: Program
    html: Program
    names: frozenset[str]  # placeholders the HTML needs, escaped


def typeset(words: str, language: str) -> str:
    """French keeps its high punctuation on the line of the word before it."""
    return re.sub(r" (?=[?!:;»])|(?<=«) ", "\N{NO-BREAK SPACE}", words) if language == "fr" else words


@functools.cache
def _media() -> str:
    """Phone and dark rules, which mail programs read from the head."""
    rules = (FOLDER / "mail" / "media.css").read_text(encoding="utf-8")
    return " ".join(re.sub(r"/\*.*?\*/", "", rules, flags=re.DOTALL).split())


@functools.lru_cache(maxsize=256)
def form(subject: str, body: str, language: str) -> Form:
    """Lay a template out once; the same words are the same form."""
    subject, body = typeset(subject, language), typeset(body, language)
    layout = environment(language).get_template("mail/message.html")
    html = layout.render(language=language, body="\ue004").replace("\ue004", body_html(body))
    inlined = re.sub(r">\n\s*<", "><", css_inline.inline(html, keep_style_tags=False))
    inlined = inlined.replace("</head>", f"<style>{_media()}</style></head>", 1)
    plain = "\n\n".join(paragraphs(_BOLD.sub(r"\1", body)))
    html_program = program(inlined)
    return Form(language, parse(subject.strip()), parse(plain), html_program, frozenset(PLACEHOLDERS) & names_in(html_program))


def _rows_html(blocks: Blocks, rows: Sequence[Row]) -> str:
    html = ""
    for row in rows:
        values = {
            "piece": escape(row.piece), "document_on": row.document_on, "day": row.day, "late": row.late,
            "cents": row.cents, "kind": row.day,
        }  # fmt: skip
        html += fill(blocks.due if row.kind == "paid" else getattr(blocks, row.kind), values)
    return html


def table_html(content: Content) -> str:
    """The table of items, credits and total; items not due yet apart."""
    blocks = _blocks(content.language)
    rows = _rows_html(blocks, content.rows)
    rows += fill(blocks.total, {"total_label": content.total_label, "cents": content.total})
    if content.coming:
        rows += fill(blocks.apart, {}) + _rows_html(blocks, content.coming)
    heads = {"when": content.when_head, "late_head": content.late_head, "sum_head": escape(content.sum_head)}
    return fill(blocks.table, {**heads, "rows": rows})


def pay_html(content: Content, code: bool) -> str:
    """Bank details and the code to scan; empty without an IBAN."""
    if not content.pay:
        return ""
    blocks = _blocks(content.language)
    rows = "".join(fill(blocks.payrow, {"label": label, "fact": escape(fact)}) for label, fact in content.pay)
    return fill(blocks.pay, {"pay_rows": rows, "pay_code": fill(blocks.paycode, {}) if code else ""})


def table_text(content: Content) -> str:
    """The table as plain text: one line an item."""
    lines = []
    for row in content.rows:
        parts = [row.piece, row.day, row.late, row.cents]
        lines.append("  ".join(p for p in parts if p))
    lines.append(
        f"{content.total_label} : {content.total}" if content.language == "fr" else f"{content.total_label}: {content.total}"
    )
    if content.coming:
        lines += ["", translate(content.language, N_("Not due yet, for information"))]
        lines += [f"{row.piece}  {row.day}  {row.cents}" for row in content.coming]
    return "\n".join(lines)


def pay_text(content: Content) -> str:
    """Bank details as plain text."""
    if not content.pay:
        return ""
    colon = " : " if content.language == "fr" else ": "
    return "\n".join(
        [translate(content.language, N_("By bank transfer")), *(f"{label}{colon}{fact}" for label, fact in content.pay)]
    )


@dataclass(frozen=True, slots=True)
class Composed:
    """A message in its readable forms; `picture` is the code to scan, shown as cid:pay."""

    subject: str
    text: str
    html: str
    picture: bytes | None


def picture_of(content: Content) -> bytes | None:
    """The code to scan; None when the details do not make one."""
    if content.transfer is None:
        return None
    try:
        return epc_qr.png(epc_qr.payload(content.transfer))
    except ValueError:  # an IBAN mistyped in the settings: the message says everything in words all the same
        return None


def compose(company: Company, made: Form, content: Content) -> Composed:
    """One message in words: subject, text, HTML."""
    values = content.values
    subject = clean(fill(made.subject, values), 180)
    picture = picture_of(content) if Place("pay_block") in made.html else None
    colon = " : " if content.language == "fr" else ": "
    blocks = {
        "amount_block": f"{content.asked}{colon}{values['total_due']}",
        "items_table": table_text(content),
        "pay_block": pay_text(content),
    }
    text = re.sub(r"\n{3,}", "\n\n", fill(made.text, {**values, **blocks})).strip() + "\n"
    answer, identity = _footer(company, content)
    safe = {name: escape(values[name]) for name in (made.names | {"total_due"}) - set(BLOCKS)}
    safe |= {
        "amount_block": fill(_blocks(content.language).amount, {"asked": content.asked, "total_due": safe["total_due"]}),
        "items_table": table_html(content),
        "pay_block": pay_html(content, picture is not None),
        "subject": escape(subject),
        "preview": "",
        "answer": f"{escape(answer)}<br>" if answer else "",
        "identity": "".join(f"{escape(said)}<br><br>" for said in content.mentions) + escape(identity),
    }
    mentions = "".join(f"\n{said}\n" for said in content.mentions)
    return Composed(subject, f"{text}{mentions}\n-- \n{identity}\n", fill(made.html, safe), picture)


def _footer(company: Company, content: Content) -> tuple[str, str]:
    """Who reads an answer, and who the sender is."""
    language, values = content.language, content.values
    answer = ""
    if values["reply_to"]:
        answer = translate(language, N_("Reply to this message: %(name)s will read it."), name=values["signatory"])
    who = ", ".join(part for part in (clean(company.name), clean(company_address(company))) if part)
    vat = translate(language, N_("VAT %(number)s"), number=company.vat_number) if company.vat_number else ""
    return answer, " · ".join(part for part in (who, clean(company.company_number), clean(vat)) if part)


def mail_bytes(
    company: Company, draft: Draft, composed: Composed, guid: str, now: datetime, references: Mapping[str, str] | None = None
) -> bytes:
    """The exact bytes that leave. Raises `DomainError` message_unwritable naming what cannot stand in a header."""
    reply_to = reply_address(company, draft)
    try:
        headers = [
            ("Date", format_datetime(now)),
            ("From", mime.mailbox(clean(company.sender_name or company.name), sender_address(company))),
            ("To", mime.mailbox(clean(draft.contact_name or draft.name), draft.recipient)),
            ("Subject", mime.words(composed.subject)),
            ("Message-ID", guid),
            ("X-Encours-GUID", guid.strip("<>")),
            ("Auto-Submitted", "auto-generated"),
        ]
        if reply_to and reply_to != sender_address(company):
            headers.insert(2, ("Reply-To", mime.address(reply_to)))
        headers += list((references or {}).items())
        pictures = [mime.Picture("pay", composed.picture)] if composed.picture else []
        return mime.build(headers, composed.text, composed.html, pictures)
    except mime.Unwritable as error:
        raise DomainError("message_unwritable", problem=error.code, value=error.value[:80]) from None


def sender_address(company: Company) -> str:
    """The address messages leave from; the built-in outbox has one of its own when the company has none."""
    return (company.sender_email or company.email).strip() or f"{clean(company.code).lower() or 'encours'}@encours.invalid"


def new_guid(company: Company, seed: str) -> str:
    """A Message-ID of our own, under the sender's domain, the same for the same seed."""
    domain = sender_address(company).rpartition("@")[2]
    if not re.fullmatch(r"[A-Za-z0-9.-]+", domain):
        domain = "encours.invalid"
    return f"<{hashlib.sha256(seed.encode()).hexdigest()[:32]}@{domain}>"


def fingerprint(body: bytes) -> str:
    """SHA-256 of a message's exact bytes."""
    return hashlib.sha256(body).hexdigest()


def language_of(draft: Draft, company: Company, spoken: Sequence[str], today: date) -> str:
    """The customer's language when there are words in it, else the company's."""
    for language in (draft.language, company.language):
        if language in spoken:
            return language
    return spoken[0]
