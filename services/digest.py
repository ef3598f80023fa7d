"""The evening before: an e-mail to chosen users with what leaves on the next working day, and what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import format_datetime

import css_inline
from sqlalchemy.orm import Session

from integrations.channels import mime
from models import audit, pausing, settings, worklist
from models.company import Company
from models.messages import Message
from models.users import User
from rules.errors import DomainError
from services import composing
from services.brakes import next_working_day
from services.language import N_, NP_, day_long, money_with_currency, translate, translate_plural
from services.outbox import CHANNELS
from services.wording_law import STAGES
from services.worklist import Planned, preview

LINES = 40  # customers named in the message; the others are counted


@dataclass(frozen=True, slots=True)
class Line:
    """One message of tomorrow, in the reader's language."""

    customer: str
    step: str
    way: str
    amount: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What the next working day brings. `leaving`: messages that leave by themselves; `waiting`: those a person confirms."""

    on: date
    leaving: list[Planned]
    waiting: int
    calls: int
    held: int
    by_itself: bool


def of_tomorrow(session: Session, company: Company, today: date) -> Digest:
    """What would be done on the next working day if nothing else happens until then."""
    on = next_working_day(today, company.country)
    planned = preview(session, company, on)
    todo = [p for p in planned if p.held is None and p.action is not None]
    written = [p for p in todo if p.action and p.action.channel in CHANNELS]
    free = [p for p in written if p.action and p.action.step.mode == "automatic" and p.action.confirm is None]
    leaving = free if company.automatic_sending else []
    calls = sum(1 for p in todo if p.action and p.action.channel == "call")
    held = len({p.customer_id for p in planned if p.held is not None and p.held.action is not None})
    return Digest(on, leaving, len(written) - len(leaving), calls, held, company.automatic_sending)


def send(session: Session, company: Company, now: datetime, today: date) -> int:
    """Queue the digest for each chosen user; how many. Nothing to say is said to nobody, nor while the company is paused."""
    people = settings.active_users(session, [int(i) for i in company.digest_user_ids], company.id)
    if not people or pausing.is_paused(session, company.id):
        return 0
    digest = of_tomorrow(session, company, today)
    if not (digest.leaving or digest.waiting or digest.calls):
        return 0
    known = worklist.names(session, company.id, [p.customer_id for p in digest.leaving])
    names = {customer_id: name for customer_id, (_, name) in known.items()}
    sent = 0
    for person in people:
        try:
            session.add(_message(company, person, digest, names, now, today))
        except DomainError:  # an address that cannot stand in a header: the others are told all the same
            continue
        sent += 1
    if sent:
        changes = {"on": digest.on.isoformat(), "messages": len(digest.leaving), "people": sent}
        audit.record(session, now, None, company.id, "send", "digest", None, changes)
    return sent


def _message(company: Company, person: User, digest: Digest, names: dict[int, str], now: datetime, today: date) -> Message:
    language = person.language or company.language
    subject, text, html = write(company, digest, names, language)
    guid = composing.new_guid(company, f"digest {company.id} {person.id} {digest.on} {today}")
    try:
        headers = [
            ("Date", format_datetime(now)),
            ("From", mime.mailbox(company.sender_name or company.name, composing.sender_address(company))),
            ("To", mime.mailbox(person.name, person.email)),
            ("Subject", mime.words(subject)),
            ("Message-ID", guid),
            ("X-Encours-GUID", guid.strip("<>")),
            ("Auto-Submitted", "auto-generated"),
        ]
        body = mime.build(headers, text, html)
    except mime.Unwritable as error:
        raise DomainError("message_unwritable", problem=error.code, value=error.value[:80]) from None
    return Message(
        company_id=company.id, channel="email", language=language, state="queued", purpose="digest", recipient=person.email,
        recipient_name=person.name, subject=subject, message_id=guid, body=body, body_hash=composing.fingerprint(body),
        facts={"on": digest.on.isoformat()}, queued_at=now, next_try_at=now,
    )  # fmt: skip


def write(company: Company, digest: Digest, names: dict[int, str], language: str) -> tuple[str, str, str]:
    """Subject, plain text and HTML of the digest."""
    day, count = day_long(digest.on, language), len(digest.leaving)
    subject = (
        translate_plural(
            language, *NP_("%(num)s message leaves on %(day)s", "%(num)s messages leave on %(day)s"), count, day=day
        )
        if count
        else translate(language, N_("Nothing leaves by itself on %(day)s"), day=day)
    )
    rows = [_line(p, names, language) for p in digest.leaving[:LINES]]
    apart = _apart(digest, language)
    more = count - len(rows)
    rest = translate_plural(language, *NP_("and %(num)s other", "and %(num)s others"), more) if more else ""
    stop = translate(language, N_("To stop one of them, put the customer on hold in Encours, or pause all sending. Balances are read again just before."))  # fmt: skip
    stop = stop if rows else ""
    table = "\n".join(f"{r.customer}  {r.step}  {r.way}  {r.amount}" for r in rows)
    text = "\n\n".join(part for part in (company.name, subject, table, rest, "\n".join(apart), stop) if part) + "\n"
    page = composing.environment(language).get_template("mail/digest.html")
    html = page.render(language=language, company=company, subject=subject, rows=rows, rest=rest, apart=apart, stop=stop)
    return f"{company.name}: {subject}" if language != "fr" else f"{company.name} : {subject}", text, css_inline.inline(html)


def _apart(digest: Digest, language: str) -> Sequence[str]:
    """What does not leave by itself, one sentence each."""
    said = []
    if digest.waiting:
        said.append(translate_plural(language, *NP_("%(num)s message waits for a person.", "%(num)s messages wait for a person."), digest.waiting))  # fmt: skip
    if digest.calls:
        said.append(translate_plural(language, *NP_("%(num)s call is due.", "%(num)s calls are due."), digest.calls))
    if digest.held:
        said.append(translate_plural(language, *NP_("%(num)s customer is held back.", "%(num)s customers are held back."), digest.held))  # fmt: skip
    return said


def _line(planned: Planned, names: dict[int, str], language: str) -> Line:
    assert planned.action is not None
    action = planned.action
    stage = STAGES.get(action.step.stage, "")
    way = translate(language, N_("letter") if action.channel == "letter" else N_("e-mail"))
    step = translate(language, stage, level=action.step.level) if stage else action.step.stage
    amount = money_with_currency(action.amount_cents, language, action.currency)
    return Line(names.get(planned.customer_id, ""), step, way, amount)
