"""Mail that came in, read: a return with its verdict, an automatic answer with its last day, a reply without what it quotes.

Bytes in, an `Incoming` out; nothing is believed yet: whether it speaks of a message of ours is asked elsewhere. RFC 3464 and
RFC 3834 where servers keep to them, their usual own forms where not (`bounces`, `absences`)."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses

from integrations.channels import absences, bounces
from integrations.channels.mail_text import body_text, clean, decoded, readable, without_quotes

log = logging.getLogger(__name__)
LONGEST_TEXT = 20_000
MOST_REFERENCES = 40
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,200}@[^<>\s]{1,200}>")
_OWN_LINES = re.compile(
    r"^[\s>]*(?:message-id|x-encours-guid)\s*:\s*(<[^<>\s@]{1,200}@[^<>\s]{1,200}>)", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One mail. kind: bounce_hard, bounce_soft, delayed, auto_reply, receipt, reply (to something), other.

    `about`: Message-IDs it speaks of, the most certain first. `recipient`: whom a return could not reach, "" when it does not
    say. `text`: of returns what the server says, of others what the person wrote."""

    kind: str
    message_id: str
    about: tuple[str, ...]
    sender: str
    sender_name: str
    subject: str
    text: str
    status: str = ""
    diagnostic: str = ""
    recipient: str = ""
    until_on: date | None = None


def read(data: bytes, received_on: date) -> Incoming:
    """What a mail is, from its bytes (its beginning is enough). `received_on` completes days said without a year. Never raises
    on what a stranger may send."""
    message = message_from_bytes(data)
    name, sender = _sender(message)
    subject = header(message, "Subject")[:300]
    try:
        found = _kind(message, sender, subject, received_on)
    except Exception:  # whatever the library makes of a spoilt mail: it must not keep the next ones waiting
        log.warning("a mail could not be read", exc_info=True)
        found = _Found("other")
    return Incoming(
        kind=found.kind,
        message_id=_own_id(message, data),
        about=found.about,
        sender=sender,
        sender_name=name,
        subject=subject,
        text=found.text[:LONGEST_TEXT],
        status=found.status,
        diagnostic=found.diagnostic[:500],
        recipient=found.recipient,
        until_on=found.until_on,
    )


@dataclass(slots=True)
class _Found:
    kind: str
    about: tuple[str, ...] = ()
    text: str = ""
    status: str = ""
    diagnostic: str = ""
    recipient: str = ""
    until_on: date | None = None


def _kind(message: Message, sender: str, subject: str, received_on: date) -> _Found:
    threaded = _references(message)
    report = _report_type(message)
    if report == "disposition-notification":
        return _Found("receipt", (*_returned_ids(message), *threaded))
    failed = header(message, "X-Failed-Recipients").split(",")[0].strip()
    if report == "delivery-status" or failed or bounces.looks_like_one(sender, subject, header(message, "Return-Path")):
        bounce = _bounce(message, failed, threaded)
        if bounce is not None:
            return bounce
    said = body_text(message)
    if absences.is_automatic({name.lower(): readable(value) for name, value in message.raw_items()}, subject):
        text = without_quotes(said)
        return _Found("auto_reply", threaded, text, until_on=absences.last_day(f"{subject}\n{text}", received_on))
    answers = bool(threaded) or bool(re.match(r"\s*(?:re|ré|aw|antw|sv|rif)\s*(?:\[\d+\])?\s*:", subject, re.IGNORECASE))
    return _Found("reply" if answers else "other", threaded, without_quotes(said))


def _bounce(message: Message, failed: str, threaded: tuple[str, ...]) -> _Found | None:
    """A return, from its report when it has one, else from its words; None when nothing in it says that something failed."""
    said = bounces.said_by_server(body_text(message)[:LONGEST_TEXT])
    fields = _delivery_fields(message)
    about = (*_returned_ids(message), *_ids_in_text(message), *threaded)
    verdict = bounces.judge(fields, said) if fields else bounces.judge_words(said, bool(failed) or bool(_report_type(message)))
    if verdict is None:
        return None
    recipient = (fields.recipient if fields else "") or failed or verdict.recipient
    kind = {"hard": "bounce_hard", "soft": "bounce_soft", "delayed": "delayed"}[verdict.kind]
    return _Found(kind, about[:MOST_REFERENCES], said, verdict.status, verdict.diagnostic, bare_address(recipient))


def _delivery_fields(message: Message) -> bounces.Report | None:
    """The recipient's part of a delivery report: of several recipients, one that failed."""
    best: bounces.Report | None = None
    for part in message.walk():
        if part.get_content_type() not in ("message/delivery-status", "message/global-delivery-status"):
            continue
        blocks = part.get_payload()
        groups: Iterator[dict[str, str]]
        if isinstance(blocks, list) and blocks and isinstance(blocks[0], Message):
            groups = (
                {k.lower(): clean(decoded(str(v))) for k, v in block.items()} for block in blocks if isinstance(block, Message)
            )
        else:
            groups = iter(bounces.groups_of(str(blocks)))
        for fields in groups:
            if "action" not in fields and "status" not in fields:
                continue
            report = bounces.Report(
                action=fields.get("action", "").split()[0].lower() if fields.get("action", "").split() else "",
                status=fields.get("status", ""),
                diagnostic=bounces.words_after_type(fields.get("diagnostic-code", "")),
                recipient=bounces.words_after_type(fields.get("original-recipient") or fields.get("final-recipient", "")),
                final=bounces.words_after_type(fields.get("final-recipient", "")),
            )
            if best is None or (best.action != "failed" and report.action == "failed"):
                best = report
    return best


def _returned_ids(message: Message) -> tuple[str, ...]:
    """Message-IDs in the headers that a report gives back."""
    found: list[str] = []
    for part in message.walk():
        kind = part.get_content_type()
        if part is message or kind not in (
            "message/rfc822",
            "text/rfc822-headers",
            "message/rfc822-headers",
            "message/global",
            "message/global-headers",
            "message/disposition-notification",
            "text/rfc822",
        ):
            continue
        inner = part.get_payload()
        if isinstance(inner, list) and inner and isinstance(inner[0], Message):
            for block in (b for b in inner if isinstance(b, Message)):
                for name in ("X-Encours-GUID", "Message-ID", "Original-Message-ID"):
                    found += _ids(str(block.get(name, "")), name == "X-Encours-GUID")
        else:
            found += _OWN_LINES.findall(_payload_text(part))
            found += re.findall(r"^original-message-id\s*:\s*(<[^<>\s]+>)", _payload_text(part), re.IGNORECASE | re.MULTILINE)
    return tuple(dict.fromkeys(found))[:MOST_REFERENCES]


def _ids(value: str, bare: bool = False) -> list[str]:
    value = value.strip()
    if bare and value and not value.startswith("<"):
        value = f"<{value}>"
    return _MESSAGE_ID.findall(value)


def _ids_in_text(message: Message) -> tuple[str, ...]:
    """Message-IDs in headers given back as plain text."""
    found: list[str] = []
    for part in message.walk():
        if part.get_content_maintype() == "text":
            text = _payload_text(part)
            found += _OWN_LINES.findall(text)
            found += [
                f"<{bare}>"
                for bare in re.findall(r"^[\s>]*x-encours-guid\s*:\s*([^<>\s@]+@[^<>\s]+)", text, re.IGNORECASE | re.MULTILINE)
            ]
    return tuple(dict.fromkeys(found))[:MOST_REFERENCES]


def _payload_text(part: Message) -> str:
    raw = part.get_payload(decode=True)
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(part.get_payload())


def _references(message: Message) -> tuple[str, ...]:
    """What a mail answers, then the thread it stands in, the newest first."""
    answered = _MESSAGE_ID.findall(header(message, "In-Reply-To"))
    thread = _MESSAGE_ID.findall(header(message, "References"))
    return tuple(dict.fromkeys([*answered, *reversed(thread)]))[:MOST_REFERENCES]


def _report_type(message: Message) -> str:
    if message.get_content_type() != "multipart/report":
        return ""
    given = message.get_param("report-type")
    kind = str(given[2] if isinstance(given, tuple) else given or "").lower()
    return kind or "delivery-status"


def header(message: Message, name: str) -> str:
    """A header as people read it: decoded, on one line; "" when there is none."""
    wanted = name.lower()
    return next((readable(value) for found, value in message.raw_items() if found.lower() == wanted), "")


def _sender(message: Message) -> tuple[str, str]:
    """Name and bare address of who wrote."""
    raw = next((str(value) for found, value in message.raw_items() if found.lower() == "from"), "")
    try:
        pairs = getaddresses([" ".join(raw.split())])
    except (ValueError, IndexError, TypeError):
        pairs = []
    name, address = pairs[0] if pairs else ("", "")
    return readable(name)[:200], bare_address(address)


def bare_address(text: str) -> str:
    """The address in a text, lower case; "" when there is none."""
    found = re.search(r"[^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]+", text)
    return found.group().strip(".").lower()[:254] if found else ""


def _own_id(message: Message, data: bytes) -> str:
    found = _MESSAGE_ID.findall(header(message, "Message-ID"))
    return found[0] if found else f"<{hashlib.sha256(data).hexdigest()[:40]}@bytes.invalid>"


__all__ = ["Incoming", "bare_address", "header", "read"]
