"""What a message says, in its language: the values of its placeholders, the lines of its table, its payment details.

No layout here: `services.composing` puts the words into an e-mail, `services.letters` onto paper."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date
from babel.numbers import get_currency_symbol

from integrations.payments.epc_qr import Transfer
from integrations.payments.ogm import structured_reference
from models.company import Company
from models.drafts import Draft, Line
from services import legal_notes
from services.language import MINUS, N_, NP_, locale, money, money_with_currency, translate, translate_plural
from services.placeholders import SAID

FORMAL_DAYS = 8
"""A formal notice always grants a period (compliance 1.3); this one when its step has none."""

NUMBERS = ("", "", N_("two"), N_("three"), N_("four"), N_("five"), N_("six"), N_("seven"), N_("eight"), N_("nine"))
CIVILITIES = re.compile(r"(?i)(madame|monsieur|mademoiselle|mme|m\.|mr\.?|mrs\.?|ms\.?)\s+(\S.*)")
FULL = {
    "mme": "Madame",
    "mlle": "Madame",
    "mademoiselle": "Madame",
    "m.": "Monsieur",
    "madame": "Madame",
    "monsieur": "Monsieur",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table, in words. kind: due, paid, credit, coming."""

    kind: str
    piece: str
    document_on: str
    day: str
    late: str
    cents: str


@dataclass(frozen=True, slots=True)
class Content:
    """All a message says. `values` are plain text; `rows` and `total` the table; `pay` rows of label and fact."""

    language: str
    values: dict[str, str]
    rows: list[Row]
    coming: list[Row]
    total: str
    total_label: str
    when_head: str
    late_head: str
    sum_head: str
    asked: str
    pay: list[tuple[str, str]]
    transfer: Transfer | None
    wait_until_on: date | None
    amount_cents: int
    reference: str
    mentions: list[str]  # who writes for whom; not to be removed by any template


@functools.lru_cache(maxsize=64)
def _frame(language: str, currency: str) -> tuple[str, str]:
    """What stands before and after an amount in a currency."""
    before, _, after = money_with_currency(0, language, currency).partition(money(0, language))
    return before, after


def full_money(cents: int, language: str, currency: str) -> str:
    """As `language.money_with_currency`, at a tenth of its price."""
    before, after = _frame(language, currency)
    sign = MINUS if cents < 0 else ""
    return f"{sign}{before}{money(abs(cents), language)}{after}"


def short_day(value: date) -> str:
    """19/05/2026, as `language.day`, the same in all our languages."""
    return f"{value.day:02d}/{value.month:02d}/{value.year}"


@functools.lru_cache(maxsize=512)
def written_day(value: date, language: str) -> str:
    """19 mai 2026."""
    return str(format_date(value, "d MMMM yyyy", locale=locale(language)))


@functools.lru_cache(maxsize=4096)
def days_late(days: int, language: str) -> str:
    """'49 days'."""
    return translate_plural(language, *NP_("%(num)s day", "%(num)s days"), days)


@functools.lru_cache(maxsize=64)
def _short_days(language: str) -> str:
    return translate(language, N_("%(days)s d"), days="{}")


@functools.lru_cache(maxsize=1024)
def _word(language: str, msgid: str) -> str:
    return translate(language, msgid)


def clean(text: str, most: int = 200) -> str:
    """Ledger text on one line, without control characters."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())[:most]


def iban_in_fours(iban: str) -> str:
    """FR76 3000 …"""
    bare = re.sub(r"\s", "", iban).upper()
    return " ".join(bare[i : i + 4] for i in range(0, len(bare), 4))


def salutation(contact_name: str, language: str) -> str:
    """'Madame Vasseur' when the contact's name says so, else 'Madame, Monsieur'."""
    match = CIVILITIES.fullmatch(clean(contact_name))
    if match:
        return f"{FULL.get(match[1].lower(), match[1]) if language == 'fr' else match[1]} {match[2]}"
    return _word(language, N_("Dear Sir or Madam"))


def company_address(company: Company) -> str:
    """On one line."""
    town = f"{company.postcode} {company.city}".strip()
    return ", ".join(part for part in (company.street.replace("\n", ", "), town) if part)


def _named(lines: Sequence[Line], language: str) -> str:
    """'the invoice FA-12', 'two invoices', '14 invoices'."""
    pieces = [clean(line.piece, 60) for line in lines if line.piece]
    if len(lines) == 1 and pieces:
        return translate(language, N_("the invoice %(piece)s"), piece=pieces[0])
    if len(lines) < 2:
        return _word(language, N_("your invoice"))
    number = _word(language, NUMBERS[len(lines)]) if len(lines) < len(NUMBERS) else str(len(lines))
    return translate(language, N_("%(number)s invoices"), number=number)


def _row(line: Line, kind: str, language: str, today: date) -> Row:
    late = (today - line.due_on).days
    piece = clean(line.piece or line.label, 60) or _word(language, N_("without number"))
    if kind == "paid":
        return Row(
            kind, piece, short_day(line.document_on), short_day(line.settled_on or today), "", money(line.cents, language)
        )
    shown = _short_days(language).format(late) if kind == "due" and late > 0 else ""
    day = short_day(line.due_on)
    if kind == "credit":
        day = _word(language, N_("credit note") if line.kind == "credit_note" else N_("payment to allocate"))
    return Row(kind, piece, short_day(line.document_on), day, shown, money(line.cents, language))


def _deductions(draft: Draft, due: int, language: str, today: date) -> list[Row]:
    """The credits that make the difference between the items and the amount asked for."""
    gap = due - draft.amount_cents
    credits = [line for line in draft.others if line.cents < 0]
    if gap <= 0 or draft.stage == "thanks":
        return []
    if gap == -sum(line.cents for line in credits):
        return [_row(line, "credit", language, today) for line in credits]
    label = _word(language, N_("Credits and payments to deduct"))
    return [Row("credit", label, "", "", "", money(-gap, language))]


def _pay_rows(company: Company, values: dict[str, str], language: str) -> list[tuple[str, str]]:
    if not company.iban:
        return []
    rows = [
        (N_("Beneficiary"), clean(company.name)),
        (N_("IBAN"), values["iban"]),
        (N_("BIC"), values["bic"]),
        (N_("Amount"), values["total_due"]),
        (N_("Reference"), values["structured_reference"]),
    ]
    return [(_word(language, label), fact) for label, fact in rows if fact]


def write(company: Company, draft: Draft, language: str, today: date) -> Content:
    """Everything one message says on a day. The total is the amount the decision asked for."""
    thanks = draft.stage == "thanks"
    # Items can have been paid in part since: the table never shows more than is open now.
    kind = "paid" if thanks else "due"
    due = sum(line.cents for line in draft.chosen)
    rows = [_row(line, kind, language, today) for line in draft.chosen]
    deductions = _deductions(draft, due, language, today)
    amount = draft.amount_cents if deductions else due
    coming = [line for line in draft.others if line.cents > 0 and line.due_on >= today and draft.stage == "reminder"]
    wait = draft.wait_days or (FORMAL_DAYS if draft.stage == "formal_notice" else 0)
    until = today + timedelta(days=wait) if wait else None
    if until is not None and draft.law.wait_least_on is not None:
        until = max(until, draft.law.wait_least_on)
    reference = ""
    if company.iban and not thanks:
        source = ("action", draft.action_id) if draft.action_id else ("customer", draft.customer_id)
        reference = structured_reference(company.country, *source)
    values = _values(company, draft, language, today, amount, until, wait, reference)
    transfer = None
    if company.iban and company.currency == draft.currency == "EUR" and amount > 0 and not thanks:
        transfer = Transfer(clean(company.name), company.iban, company.bic, amount, reference)
    symbol = get_currency_symbol(draft.currency, locale=locale(language))
    asked = N_("To pay, credits deducted") if deductions else N_("To pay")
    return Content(
        language=language,
        values=values,
        rows=rows + deductions,
        coming=[_row(line, "coming", language, today) for line in coming],
        total=money(amount, language),
        total_label=_word(language, N_("Total received") if thanks else N_("Total to pay")),
        when_head=_word(language, N_("Received") if thanks else N_("Due date")),
        late_head=_word(language, N_("Late by")) if any(row.late for row in rows) else "",
        sum_head=_word(language, N_("Amount") if thanks else N_("Still due")) + f", {symbol}",
        asked=_word(language, asked),
        pay=[] if thanks else _pay_rows(company, values, language),
        transfer=transfer,
        wait_until_on=until,
        amount_cents=amount,
        reference=reference,
        mentions=legal_notes.mentions(company, draft, amount, language, clean(company_address(company))),
    )


def _values(
    company: Company, draft: Draft, language: str, today: date, amount: int, until: date | None, wait: int, reference: str
) -> dict[str, str]:
    chosen = sorted(draft.chosen, key=lambda line: line.due_on)
    first = chosen[0] if chosen else None
    late = (today - first.due_on).days if first else 0
    overdue = sum(line.cents for line in chosen if line.due_on < today and line.cents > 0)
    disputed = ""
    if draft.disputed:
        msgid = N_("The invoice %(pieces)s, which you dispute, is not part of this amount.")
        if len(draft.disputed) > 1:
            msgid = N_("The invoices %(pieces)s, which you dispute, are not part of this amount.")
        disputed = translate(language, msgid, pieces=", ".join(clean(p, 60) for p in draft.disputed))
    collector = draft.collector_name or company.signatory
    return {
        "salutation": salutation(draft.contact_name, language),
        "contact_name": clean(draft.contact_name),
        "customer_name": clean(draft.name),
        "customer_code": clean(draft.code),
        "company_name": clean(company.name),
        "company_address": clean(company_address(company)),
        "company_number": clean(company.company_number),
        "items_named": _named(draft.chosen, language),
        "items_count": translate_plural(language, *NP_("%(num)s invoice", "%(num)s invoices"), len(draft.chosen)),
        "oldest_item": clean(first.piece, 60) if first else "",
        "due_date": written_day(first.due_on, language) if first else "",
        "days_late": days_late(late, language) if late > 0 else "",
        "total_due": full_money(amount, language, draft.currency),
        "total_late": full_money(overdue, language, draft.currency),
        "wait_days": days_late(wait, language) if wait else "",
        "wait_until": written_day(until, language) if until else "",
        "last_reminder_on": written_day(draft.last_on, language) if draft.last_on else "",
        "disputed_items": disputed,
        "iban": iban_in_fours(company.iban),
        "bic": company.bic.strip(),
        "structured_reference": reference,
        **legal_notes.values(draft, amount, language),
        "signatory": clean(draft.collector_name or company.signatory or company.name),
        "collector_name": clean(collector or company.name),
        "phone": clean(company.phone).replace(" ", "\N{NO-BREAK SPACE}"),
        "reply_to": reply_address(company, draft),
        "today": written_day(today, language),
        **dict.fromkeys(SAID, ""),  # written into the words by `services.commitment_mail`
    }


def reply_address(company: Company, draft: Draft) -> str:
    """Answers go to the collector of the customer, else to the company's address for answers."""
    return (draft.collector_email or company.reply_to or company.sender_email or company.email).strip()
