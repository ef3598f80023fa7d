"""A demo company lived up to a day: its ledgers come in through the import path of any user's file, week after week,
and its people remind, call, promise and dispute through the services of the product.

The story (`demo_story`) decides what happened, the decision engine what was sent: nothing here writes a worklist."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from integrations.banks.values import BankOptions
from models.company import Company, SalesRep
from models.ledger import sales_reps_by_word
from models.users import Role, User
from models.worklist import entries
from rules.errors import DomainError
from services import accounts, companies, follow_up, outbox
from services.bank import read_file, run_bank_sync
from services.demo_bank import statement
from services.demo_habits import working_day_before
from services.demo_ledger import Books
from services.demo_people import People, expect_money, settle_in, work
from services.demo_sheets import open_items, third_parties
from services.demo_story import REPS, Story
from services.syncs import SyncResult, read_options, run_sync

WEEKS = 6  # of reminders before the last day
LETTERS_EVERY = 3  # weeks: the office prints now and then
SIREN = "123456782"
FRESH_HOURS = 24 * 366  # a demo shows its own day for as long as somebody looks at it
PARIS = ZoneInfo("Europe/Paris")
MORNING, BANK, SENDING, CALLING = time(6, 12), time(6, 20), time(9, 4), time(14, 30)
STAFF: tuple[tuple[Role, str, str], ...] = (
    (Role.ADMINISTRATOR, "admin", "Hélène Waterlin"),
    (Role.DIRECTOR, "direction", "Pierre Castelmonge"),
    (Role.ACCOUNTANT, "compta", "Agathe Brissalet"),
    (Role.COLLECTOR, "recouvrement", "Malik Hautecourbe"),
    (Role.SALES_REP, "commercial1", REPS[0]),
    (Role.SALES_REP, "commercial2", REPS[1]),
    (Role.CUSTOMER_SERVICE, "service-client", "Jeanne Mirambelle"),
    (Role.SUPPORT, "support", "Robin Escoffroy"),
)
WORDS = (
    "moulin", "canal", "tilleul", "beffroi", "carton", "plume", "verger", "lanterne", "galet", "safran", "ruban", "noisette",
    "clocher", "fougere", "barque", "hirondelle", "menthe", "cerise", "tambour", "glacier", "marelle", "olivier", "pinceau",
    "violon",
)  # fmt: skip
IDENTITY = {
    "street": "12 quai du Wault", "postcode": "59000", "city": "Lille", "phone": "03 53 01 20 26",
    "email": "comptabilite@cartonnerie-des-flandres.example", "website": "https://cartonnerie-des-flandres.example",
    "company_number": "123 456 782", "iban": "FR7630006000011234567890189", "signatory": "Agathe Brissalet",
    "sender_name": "Cartonnerie des Flandres", "sender_email": "comptabilite@cartonnerie-des-flandres.example",
    "reply_to": "recouvrement@cartonnerie-des-flandres.example",
}  # fmt: skip
BELGIAN_IDENTITY = {
    "street": "8 quai Notre-Dame", "postcode": "7500", "city": "Tournai", "phone": "+32 2 010 20 26",
    "email": "compta@emballages-de-l-escaut.example", "iban": "BE68539007547034", "signatory": "Agathe Brissalet",
    "sender_name": "Emballages de l'Escaut", "sender_email": "compta@emballages-de-l-escaut.example",
}  # fmt: skip


def make_password() -> str:
    """Three words and a number: easy to type, different in each instance."""
    words = [secrets.choice(WORDS) for _ in range(3)]
    return "-".join([*words, str(secrets.randbelow(90) + 10)])


def create_staff(session: Session, day: date, password: str, company_ids: list[int]) -> dict[str, User]:
    """One user for each role (two sales representatives), all with the password given, by the first part of their address."""
    staff: dict[str, User] = {}
    for role, local, name in STAFF:
        staff[local] = accounts.create_user(
            session, None, _beginning(day), email=f"{local}@demo.example", name=name, role=role, password=password,
            company_ids=company_ids,
        )  # fmt: skip
    return staff


def create_demo_company(session: Session, day: date, code: str, country: str = "FR") -> Company:
    """The company itself, with what letters and messages need; nothing leaves the house, it has no mail account.

    Errors: code_taken, code_wrong."""
    name, identity = ("Emballages de l'Escaut", BELGIAN_IDENTITY) if country == "BE" else ("Cartonnerie des Flandres", IDENTITY)
    company = companies.create_company(session, None, _beginning(day), code=code, name=name, country=country)
    for column, value in identity.items():
        setattr(company, column, value)
    company.is_demo = True
    company.stale_after_hours = FRESH_HOURS
    session.flush()
    return company


def _beginning(day: date) -> datetime:
    """Before anything else happened."""
    return _instant(reminder_days(day)[0] - timedelta(days=1), MORNING)


@dataclass(slots=True)
class Demo:
    """One demo company being made: its story, its books, the people at work in it, and where its files are kept."""

    books: Books
    people: People
    folder: Path
    closed: set[int] = field(default_factory=set)  # fiscal years taken in whole

    @property
    def company(self) -> Company:
        return self.people.company

    @property
    def story(self) -> Story:
        return self.people.story


class Stage(NamedTuple):
    """A point where the caller commits; with a batch, it also releases and sends it as of `at`."""

    said: str
    batch_id: int | None = None
    at: datetime | None = None


def live(session: Session, demo: Demo) -> Iterator[Stage]:
    """The company from its first file to the last day. The caller commits at each stage, and sends what it names."""
    on = demo.story.size.on
    days = reminder_days(on)
    first = _instant(days[0], MORNING)
    _take(session, demo, "tiers.xlsx", third_parties(demo.story), first)
    bind_people(session, demo, first)
    settle_in(session, demo.people, first)
    _take_years(session, demo, days[0])
    yield Stage("third parties and earlier years")
    for week, day in enumerate(days, 1):
        _morning(session, demo, day)
        batch_id = queue_reminders(session, demo, day, letters=week % LETTERS_EVERY == 0)
        yield Stage(f"reminders of {day}", batch_id, _instant(day, SENDING))
        work(session, demo.people, day, _instant(day, CALLING))
        yield Stage(f"calls of {day}")
    _morning(session, demo, on)
    _take_statement(session, demo)
    expect_money(session, demo.people, on, _instant(on, SENDING))
    yield Stage(f"the ledger of {on}")


def _take_years(session: Session, demo: Demo, day: date) -> None:
    """The fiscal years that had ended by a day and are not known yet, each exported whole."""
    for year in demo.books.years:
        if year < day.year and year not in demo.closed:
            _take_fec(session, demo, year, date(year, 12, 31), _instant(day, MORNING))
            demo.closed.add(year)


def _morning(session: Session, demo: Demo, day: date) -> None:
    """The ledger of the day, and in the new year first that of the whole year before."""
    _take_years(session, demo, day)
    _take_fec(session, demo, day.year, day, _instant(day, MORNING))
    follow_up.follow_up(session, demo.company, _instant(day, MORNING), day)


def list_only(session: Session, demo: Demo) -> Iterator[Stage]:
    """A company whose program gives nothing but a list of what is open (the Belgian one)."""
    on = demo.story.size.on
    before = replace(demo.story, size=replace(demo.story.size, on=working_day_before(on - timedelta(days=7))))
    for story in (before, demo.story):
        day = story.size.on
        now = _instant(day, MORNING)
        if story is before:
            _take(session, demo, "tiers-be.xlsx", third_parties(story), now)
            settle_in(session, demo.people, now)
        _take(session, demo, f"echeances-{day:%Y-%m-%d}.csv", open_items(story), now)
        follow_up.follow_up(session, demo.company, now, day)
        yield Stage(f"open items of {day}")


def bind_people(session: Session, demo: Demo, now: datetime) -> None:
    """The sales representatives of the sheet who sign in see their own customers."""
    reps = sales_reps_by_word(session, demo.company.id)
    for user in demo.people.staff.values():
        rep = reps.get(user.name.casefold()) if user.role == Role.SALES_REP else None
        if rep is not None:
            companies.bind_rep(session, user.id, session.get_one(SalesRep, rep), user.id, now)


def reminder_days(on: date) -> list[date]:
    """One working day a week before the last day, the last one a week before it."""
    return [working_day_before(on - timedelta(days=7 * week)) for week in range(WEEKS, 0, -1)]


def queue_reminders(session: Session, demo: Demo, day: date, letters: bool) -> int | None:
    """The batch of what the worklist of that day asks for by e-mail (and on paper); None when there is nothing."""
    channels = ("email", "letter") if letters else ("email",)
    ids = [entry.id for entry in entries(session, demo.company.id, held=False) if entry.channel in channels]
    if not ids:
        return None
    now = _instant(day, SENDING)
    return outbox.queue_batch(session, demo.company, ids, demo.people.who("recouvrement"), now, day, undo_seconds=0).id


def _take_fec(session: Session, demo: Demo, year: int, until: date, now: datetime) -> SyncResult:
    text = demo.books.fec(year, until)
    return _take(session, demo, f"{SIREN}FEC{until:%Y%m%d}.txt", text.encode("iso-8859-15"), now)


def _take(session: Session, demo: Demo, name: str, data: bytes, now: datetime) -> SyncResult:
    """One file as any user's: kept in the data folder, read in the child process, taken in whole."""
    demo.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = demo.folder / name
    path.write_bytes(data)
    day = now.astimezone(PARIS).date()
    options = read_options(demo.company, day)
    result = run_sync(session, demo.company, path, name, options, demo.people.who("compta"), now, day)
    if result.status != "done":
        raise result.error or DomainError("sync_failed")
    return result


def _take_statement(session: Session, demo: Demo) -> None:
    """The bank's file of the last morning: who paid since the last entry is no longer chased."""
    day = demo.story.size.on
    company, name = demo.company, f"releve-{day:%Y-%m-%d}.xml"
    path = demo.folder / name
    path.write_bytes(statement(demo.story, company.iban, company.name, company.currency))
    content = read_file(path, name, BankOptions(company.currency))
    result = run_bank_sync(session, company, content, name, demo.people.who("compta"), _instant(day, BANK), day)
    if result.error is not None:
        raise result.error


def _instant(day: date, at: time) -> datetime:
    return datetime.combine(day, at, PARIS)
