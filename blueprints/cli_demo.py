"""`flask demo`: an instance full of life to look at, made by the project's own generator through the import path of any file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

import click
from flask import Flask
from flask.cli import with_appcontext

import config
from extensions import db
from integrations.channels.journal import Journal
from models import Company, User
from models.base import write_intent
from models.users import Role
from rules.errors import DomainError
from services import demo
from services.demo_ledger import Books
from services.demo_people import People
from services.demo_story import Size, make_story
from services.wording import sentence
from tasks import sending
from tasks.post import post_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

BELGIAN_CUSTOMERS = 25
ROLE_WORDS = {
    Role.ADMINISTRATOR: "Administrateur", Role.DIRECTOR: "Dirigeant", Role.ACCOUNTANT: "Comptable",
    Role.COLLECTOR: "Chargé de recouvrement", Role.SALES_REP: "Commercial", Role.CUSTOMER_SERVICE: "Service client",
    Role.SUPPORT: "Support (lecture)",
}  # fmt: skip


def register(app: Flask) -> None:
    """Add the command to the application."""
    app.cli.add_command(make_demo)


@click.command("demo")
@click.option("--customers", type=click.IntRange(2, 50_000), default=250, show_default=True)
@click.option("--years", type=click.IntRange(1, 10), default=3, show_default=True)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the story (default: today).")
@click.option("--company", "code", default="DEMO", show_default=True, help="Code of the company.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--sign-ins", is_flag=True, help="Also create a user for each role; written to demo-sign-ins.txt.")
@click.option("--items", type=int, help="Exactly so many lines on customer accounts in the last year (bench sizes).")
@click.option("--open-items", type=int, help="Exactly so many of them open on the last day (bench sizes).")
@with_appcontext
def make_demo(
    customers: int, years: int, on: datetime | None, code: str, seed: int, sign_ins: bool, items: int | None,
    open_items: int | None,
) -> None:  # fmt: skip
    """Make a demo company: ledgers of some years, reminders of the last weeks, promises, disputes, notes."""
    write_intent.set(True)
    day = on.date() if on else config.today()
    size = Size(customers, years if items is None else 1, day, seed, items=items, open_items=open_items)
    session = db.session()
    try:
        french = demo.create_demo_company(session, day, code)
        belgian = demo.create_demo_company(session, day, f"{code}-BE", "BE")
        staff = _staff(session, day, [french, belgian]) if sign_ins else {}
        _live(session, demo.live, size, french, staff)
        _live(session, demo.list_only, Size(BELGIAN_CUSTOMERS, 1, day, seed, country="BE"), belgian, staff)
    except DomainError as error:
        click.echo(sentence("en", error.code, error.params), err=True)
        sys.exit(2)


Life = Callable[["Session", demo.Demo], Iterator[demo.Stage]]


def _live(session: Session, life: Life, size: Size, company: Company, staff: dict[str, User]) -> None:
    """Live one company stage by stage: commit, then send what the stage named, as of its day."""
    company_id, code = company.id, company.code  # reading them later would begin a transaction and take the lock
    folder = config.settings().data / "demo" / code
    story = make_story(size)
    made = demo.Demo(Books(story), People(story, company, staff), folder)
    for stage in life(session, made):
        session.commit()
        if stage.batch_id is not None and stage.at is not None:
            _send(company_id, stage.batch_id, stage.at)
        click.echo(f"{code}: {stage.said}")


def _send(company_id: int, batch_id: int, at: datetime) -> None:
    """Release and send one batch as the worker would have on that day; without a mail account, into the built-in outbox."""
    data = config.settings().data
    journal = Journal(config.settings().sending_journal, lambda: at)
    post = post_of(db.engine, lambda: at, at.date, journal, data, config.settings().secret_key)
    try:
        sending.release(post, batch_id)
        sending.send_company(post, company_id)
    finally:
        journal.close()


def _staff(session: Session, day: date, companies: list[Company]) -> dict[str, User]:
    """A user for each role, and the file that says how to get in, readable by its owner only."""
    password = demo.make_password()
    staff = demo.create_staff(session, day, password, [company.id for company in companies])
    path = config.settings().data / "demo-sign-ins.txt"
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        for user in staff.values():
            file.write(f"{ROLE_WORDS[Role(user.role)]:<24}{user.email:<32}{password}\n")
    return staff
