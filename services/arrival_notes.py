"""The note beside a file of a watched folder: what was read and changed, or why it was refused, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from models.company import Company
from services import language as words
from services.incoming import Taken
from services.language import N_
from services.wording import remark_sentence, sentence

REMARKS = 50
COUNTS = (
    ("items_new", N_("New items: %(number)s")),
    ("items_changed", N_("Changed items: %(number)s")),
    ("items_settled", N_("Settled items: %(number)s")),
    ("items_vanished", N_("Vanished items: %(number)s")),
    ("movements", N_("Bank movements: %(number)s")),
    ("new", N_("of which new: %(number)s")),
    ("matched", N_("Matched: %(number)s")),
    ("proposed", N_("To be confirmed: %(number)s")),
    ("unknown", N_("Unknown: %(number)s")),
    ("invoices", N_("Invoices: %(number)s")),
)
TO_DO = {
    "mapping_needed": N_(
        "What to do: import this file once on the page Import and say what its columns are. Files of the same shape are then "
        "read by themselves."
    ),
    "mapping_incomplete": N_("What to do: import this file once on the page Import and choose the missing column."),
}
USUALLY = N_("What to do: correct the export and drop the file again. Nothing of this file was written.")


def note(company: Company, filename: str, taken: Taken, now: datetime) -> str:
    """The text of the note, in the company's language."""
    return "\n".join(_lines(company, filename, taken, now)) + "\n"


def _lines(company: Company, filename: str, taken: Taken, now: datetime) -> Iterator[str]:
    language = company.language

    def say(msgid: str, **params: object) -> str:
        return words.translate(language, msgid, **params)

    yield f"{filename} · {company.name}"
    yield words.moment(now, language, company.time_zone)
    yield ""
    if taken.error is not None:
        yield say(N_("Refused."))
        yield sentence(language, taken.error.code, taken.error.params)
        yield say(TO_DO.get(taken.error.code, USUALLY))
        return
    if taken.status == "known":
        yield say(N_("This file was already taken in. It changed nothing."))
        return
    yield say(N_("Taken in."))
    if taken.lines_read:
        yield say(N_("Lines read: %(number)s"), number=words.number(taken.lines_read, language))
    if taken.starts_on and taken.ends_on:
        start, end = words.day(taken.starts_on, language), words.day(taken.ends_on, language)
        yield say(N_("From %(start)s to %(end)s"), start=start, end=end)
    for name, msgid in COUNTS:
        if name in taken.counts:
            yield say(msgid, number=words.number(taken.counts[name], language))
    if taken.balance_cents is not None:
        amount = words.money_with_currency(taken.balance_cents, language, company.currency)
        yield say(N_("Outstanding afterwards: %(amount)s"), amount=amount)
    if taken.remarks:
        yield ""
        yield say(N_("Noticed:"))
    for one in taken.remarks[:REMARKS]:
        yield f"- {remark_sentence(language, one)}"
