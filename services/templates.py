"""Templates of messages: the company's own words over the ones Encours ships, saved only when every placeholder is known;
preview with a real customer, and a test to oneself."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from models import audit, drafts
from models.company import Company
from models.drafts import Draft
from models.messages import Message
from models.scenarios import MessageTemplate
from rules.errors import DomainError
from services import composing, legal_notes, writing
from services.language import N_
from services.placeholders import Problem, check, names_in, parse, spell
from services.templates_defaults import CONSUMER_SUBJECTS, DEFAULTS, Words

CODES: dict[str, str] = {
    "notice": N_("Notice before the due date"),
    "notice_debit": N_("Notice of a direct debit"),
    "reminder_1": N_("First reminder"),
    "reminder_1_consumer": N_("First reminder to a private person"),
    "reminder_2": N_("Second reminder"),
    "reminder_3": N_("Third reminder"),
    "formal_notice": N_("Formal notice"),
    "formal_notice_consumer": N_("Formal notice to a private person"),
    "handover": N_("Handover"),
    "thanks": N_("Thanks"),
    "call": N_("Call"),
    "promise_confirmation": N_("Confirmation of a promise"),
    "plan_confirmation": N_("Confirmation of a payment plan"),
    "plan_notice": N_("Notice of an instalment"),
    "plan_reminder": N_("Reminder of an instalment"),
}
"""What each template is for, in the order of a scenario."""

LANGUAGES = tuple(DEFAULTS)
MAX_SUBJECT, MAX_BODY = 200, 20_000

Store = dict[tuple[str, str, str], MessageTemplate]


@dataclass(frozen=True, slots=True)
class Template:
    """One template as it is used now; `own` when the company wrote it."""

    code: str
    channel: str
    language: str
    subject: str
    body: str
    own: bool
    changed_at: datetime | None = None

    @property
    def name(self) -> str:
        return CODES.get(self.code, self.code)


def _template(store: Store, code: str, channel: str, language: str) -> Template | None:
    own = store.get((code, channel, language))
    if own is not None:
        return Template(code, channel, language, own.subject, own.body, True, own.changed_at)
    words = DEFAULTS.get(language, {}).get((code, channel))
    return Template(code, channel, language, *words, False) if words else None


def list_templates(session: Session, company: Company) -> list[Template]:
    """Every template of a company: code in the order of a scenario, then channel, then language."""
    store = drafts.own_templates(session, company.id)
    keys = {(code, channel, language) for language, words in DEFAULTS.items() for code, channel in words} | set(store)
    order = {code: place for place, code in enumerate(CODES)}
    chosen = sorted(
        keys, key=lambda key: (order.get(key[0], 99), key[0], key[1], LANGUAGES.index(key[2]) if key[2] in LANGUAGES else 9)
    )
    return [template for key in chosen if (template := _template(store, *key))]


def get_template(session: Session, company: Company, code: str, channel: str, language: str) -> Template | None:
    """The words used now for one code, channel and language; None when there are none."""
    return _template(drafts.own_templates(session, company.id), code, channel, language)


def default_words(code: str, channel: str, language: str) -> Words | None:
    """The words Encours ships."""
    return DEFAULTS.get(language, {}).get((code, channel))


def code_for(draft: Draft) -> str:
    """The template a message is written with: the step's, else the one of its stage and level."""
    return draft.template_code or code_of(draft.stage, draft.level)


def code_of(stage: str, level: int) -> str:
    """The shipped template of a stage: reminders have three, the last one serves all that follow."""
    return f"reminder_{min(max(level, 1), 3)}" if stage == "reminder" else stage


def template_for(store: Store, company: Company, draft: Draft) -> Template:
    """The template of one message: in the customer's language, else the company's; private persons have theirs. Words
    a person wrote for this one message come first.

    Raises `DomainError` template_missing."""
    if draft.words:
        return Template(
            code_for(draft), draft.channel, draft.words["language"], draft.words["subject"], draft.words["body"], True
        )
    wanted = [code_for(draft), code_of(draft.stage, draft.level)]  # a step's own template may have no words in this channel
    if draft.legal_type == "consumer":
        wanted = [f"{code}_consumer" for code in wanted] + wanted
    for language in dict.fromkeys((draft.language, company.language, *LANGUAGES)):
        for code in wanted:
            if template := _template(store, code, draft.channel, language):
                return template
    raise DomainError("template_missing", template=code_for(draft), channel=draft.channel)


def subject_of(template: Template, draft: Draft) -> str:
    """No debt in the subject of a private person's e-mail."""
    if (
        not draft.words
        and draft.legal_type == "consumer"
        and draft.channel == "email"
        and not template.code.endswith("_consumer")
    ):
        return (
            CONSUMER_SUBJECTS.get(template.language, CONSUMER_SUBJECTS["en"]) if draft.stage != "thanks" else template.subject
        )
    return template.subject


class TemplateProblems(Exception):
    """A template that cannot be saved: every problem, with its place."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems


def problems_of(subject: str, body: str) -> list[Problem]:
    """What keeps these words from being saved, in the order they are read."""
    found = check(body, subject)
    if len(subject) > MAX_SUBJECT:
        found.append(Problem("subject_too_long", "subject", 1, MAX_SUBJECT + 1, str(MAX_SUBJECT)))
    if not body.strip():
        found.append(Problem("body_empty", "body", 1, 1, ""))
    if len(body) > MAX_BODY:
        found.append(Problem("body_too_long", "body", 1, 1, str(MAX_BODY)))
    return found


def save_template(
    session: Session,
    company: Company,
    code: str,
    channel: str,
    language: str,
    subject: str,
    body: str,
    actor_id: int | None,
    now: datetime,
) -> MessageTemplate:
    """The company's own words. Raises `TemplateProblems`; `DomainError` template_unknown for a code that no message uses."""
    if default_words(code, channel, "en") is None:
        raise DomainError("template_unknown", template=code, channel=channel)
    subject, body = subject.strip(), body.replace("\r\n", "\n").strip()
    if found := problems_of(subject, body):
        raise TemplateProblems(tuple(found))
    row = drafts.own_templates(session, company.id).get((code, channel, language))
    before = {"subject": row.subject, "body": row.body} if row else {}
    if row is None:
        row = MessageTemplate(company_id=company.id, code=code, channel=channel, language=language, body=body, changed_at=now)
        session.add(row)
    row.subject, row.body, row.changed_at = subject, body, now
    session.flush()
    changes = {
        "code": code,
        "channel": channel,
        "language": language,
        "before": before,
        "after": {"subject": subject, "body": body},
    }
    audit.record(session, now, actor_id, company.id, "save", "template", row.id, changes)
    return row


def reset_template(
    session: Session, company: Company, code: str, channel: str, language: str, actor_id: int | None, now: datetime
) -> None:
    """Back to the words Encours ships; nothing happens when they are used already."""
    row = drafts.own_templates(session, company.id).get((code, channel, language))
    if row is None:
        return
    changes = {"code": code, "channel": channel, "language": language, "before": {"subject": row.subject, "body": row.body}}
    audit.record(session, now, actor_id, company.id, "reset", "template", row.id, changes)
    session.delete(row)
    session.flush()


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would leave: `picture` is shown as cid:pay; `empty` are placeholders without a value outside
    optional passages, `problems` what would keep the words from being saved."""

    subject: str
    text: str
    html: str
    picture: bytes | None
    empty: tuple[str, ...]
    problems: tuple[Problem, ...]
    recipient: str


def sample_draft(session: Session, company: Company, template: Template, customer_id: int, today: date) -> Draft:
    """A message of this template to one customer today: what is late for reminders, what is to come for a notice; all
    that is open when there is neither, so that every preview shows a table."""
    stage, _, level = template.code.removesuffix("_consumer").partition("_")
    stage = {"formal": "formal_notice", "call": "reminder", "promise": "reminder", "plan": "reminder"}.get(stage, stage)
    address = drafts.recipients(session, [customer_id]).get(customer_id, ("", ""))
    draft = drafts.draft_for(
        session, customer_id, stage=stage, level=int(level) if level.isdigit() else 0, currency=company.currency,
        template_code=template.code, channel=template.channel, wait_days=0 if stage in ("notice", "thanks") else writing.FORMAL_DAYS,
        item_ids=[], amount_cents=0, recipient=address[0], contact_name=address[1],
    )  # fmt: skip
    positive = [line for line in draft.others if line.cents > 0]
    late = [line for line in positive if line.due_on < today]
    if stage == "notice":
        draft.chosen = [line for line in positive if line.due_on >= today] or positive
    elif stage == "thanks":
        draft.chosen = positive[:1]
    else:
        draft.chosen = late or positive
    chosen = {line.item_id for line in draft.chosen}
    draft.others = [line for line in draft.others if line.item_id not in chosen]
    credits = sum(line.cents for line in draft.others if line.cents < 0)
    total = sum(line.cents for line in draft.chosen)
    draft.amount_cents = total + credits if stage not in ("notice", "thanks") and total + credits > 0 else total
    legal_notes.attach(session, company, [draft], today)
    return draft


def _spelled(template: Template, draft: Draft, today: date) -> Template:
    """What a promise or a plan says, as a sample: the amount in a week, in two halves for a plan."""
    language, on = template.language, [today + timedelta(days=7), today + timedelta(days=37)]
    cents = [draft.amount_cents // 2, draft.amount_cents - draft.amount_cents // 2]
    amount = writing.full_money(draft.amount_cents, language, draft.currency)
    halves = [writing.full_money(half, language, draft.currency) for half in cents]
    said = {
        "promised_on": writing.written_day(on[0], language), "promised_amount": amount, "plan_total": amount,
        "plan_schedule": "\n".join(f"{writing.written_day(d, language)}: {half}" for d, half in zip(on, halves, strict=True)),
        "instalment_on": writing.written_day(on[0], language), "instalment_amount": halves[0],
    }  # fmt: skip
    return replace(template, subject=spell(template.subject, said), body=spell(template.body, said))


def preview(session: Session, company: Company, template: Template, customer_id: int, today: date) -> Preview:
    """These words (saved or not) with a real customer's figures; the template's language is kept."""
    draft = sample_draft(session, company, template, customer_id, today)
    template = _spelled(template, draft, today)
    content = writing.write(company, draft, template.language, today)
    composed = composing.compose(company, composing.form(template.subject, template.body, template.language), content)
    outside = names_in(parse(template.subject), True) | names_in(parse(template.body), True)
    shown = {**content.values, "amount_block": "x", "items_table": "x", "pay_block": "x" if content.pay else ""}
    empty = tuple(sorted(name for name in outside if not shown[name]))
    return Preview(composed.subject, composed.text, composed.html, composed.picture, empty,
                   tuple(problems_of(template.subject, template.body)), draft.recipient)  # fmt: skip


def send_test(
    session: Session,
    company: Company,
    template: Template,
    customer_id: int,
    to: str,
    actor_id: int | None,
    now: datetime,
    today: date,
) -> Message:
    """Queue these words, with a customer's figures, to an address of one's own; the subject says it is a test.

    Raises `DomainError` message_unwritable, test_only_for_email."""
    if template.channel != "email":
        raise DomainError("test_only_for_email")
    draft = sample_draft(session, company, template, customer_id, today)
    template = _spelled(template, draft, today)
    content = writing.write(company, draft, template.language, today)
    words = composing.compose(company, composing.form(f"[Test] {template.subject}", template.body, template.language), content)
    draft.recipient, draft.contact_name, draft.name = to.strip(), "", ""  # the words are the customer's, the address is not
    guid = composing.new_guid(company, f"test {uuid.uuid4()}")
    body = composing.mail_bytes(company, draft, words, guid, now)
    message = Message(
        company_id=company.id, channel="email", language=template.language, state="queued", purpose="test",
        recipient=draft.recipient, recipient_name=draft.recipient, subject=words.subject, message_id=guid, body=body,
        body_hash=composing.fingerprint(body), facts={"template": template.code, "customer_id": customer_id},
        queued_at=now, next_try_at=now,
    )  # fmt: skip
    session.add(message)
    session.flush()
    audit.record(session, now, actor_id, company.id, "test", "template", None, {"code": template.code, "to": draft.recipient})
    return message


def call_script(session: Session, company: Company, draft: Draft, today: date) -> str:
    """What to say on the telephone, in the company's language."""
    template = get_template(session, company, "call", "call", company.language) or get_template(
        session, company, "call", "call", "en"
    )
    if template is None:
        return ""
    content = writing.write(company, draft, template.language, today)
    return composing.compose(company, composing.form(template.subject, template.body, template.language), content).text
