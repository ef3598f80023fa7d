"""Commands for other programs: read a ledger in, report what is owed, make a company. Their output is kept stable
(`docs/operations.md`); amounts are integer cents, days ISO. Exit code 0 done, 2 refused (nothing written)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

import config
from blueprints.cli_shared import COMPANY, DRY_RUN, JSON, LANGUAGE, company_of, refuse, shown_remarks, write_json
from extensions import db
from models import reports
from models.base import write_intent
from rules.ageing import Ageing
from rules.errors import DomainError
from services import companies, syncs
from services import language as words
from services.follow_up import follow_up
from services.syncs import SyncResult

sync = AppGroup("sync", help="Read ledgers in.")
report = AppGroup("report", help="What is owed, on any day.")
company = AppGroup("company", help="Companies of this instance.")

ON = click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")
ON = click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day, past or present; today if not given.")
BUCKETS = ("1_30", "31_60", "61_90", "91_plus")


def register(app: Flask) -> None:
    """Add the commands to the application."""
    for group in (sync, report, company):
        app.cli.add_command(group)


@sync.command("ledger")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@COMPANY
@DRY_RUN
@JSON
@LANGUAGE
def sync_ledger(file: Path, code: str, dry_run: bool, as_json: bool, lang: str) -> None:
    """Take a FEC or a spreadsheet of a known shape into the ledger of a company, all or nothing."""
    write_intent.set(False)
    session, now, today = db.session(), config.now(), config.today()
    found = company_of(code, lang)
    options = replace(syncs.read_options(found, today), max_bytes=config.settings().upload_limit)
    known = syncs.is_last_file(session, found, file, options)
    session.rollback()  # no transaction stays open while the file is read
    content = None if known else syncs.read_file(file, file.name, options)
    write_intent.set(not dry_run)
    result = syncs.run_sync(session, found, file, file.name, options, None, now, today, dry_run=dry_run, file=content)
    if not dry_run:
        if result.error is None:
            follow_up(session, found, now, today)
        session.commit()
    shown = _sync_shown(result, lang)
    if as_json:
        write_json(shown)
    else:
        _write_sync(shown, found.currency, lang)
    if result.error is not None:
        refuse(lang, result.error)


def _sync_shown(result: SyncResult, language: str) -> dict[str, Any]:
    return {
        "status": result.status,
        "format": result.format,
        "lines_read": result.lines_read,
        "customers": result.customers,
        "items_new": result.items_new,
        "items_changed": result.items_changed,
        "items_settled": result.items_settled,
        "items_vanished": result.items_vanished,
        "warnings": shown_remarks(language, result.remarks, result.error),
        "balance_cents": result.balance_cents,
    }


def _write_sync(shown: dict[str, Any], currency: str, language: str) -> None:
    for name, value in shown.items():
        if name not in ("warnings", "balance_cents"):
            click.echo(f"{name.replace('_', ' ')}: {value}")
    click.echo(f"balance: {words.money_with_currency(shown['balance_cents'], language, currency)}")
    if shown["status"] != "refused":
        for one in shown["warnings"]:
            click.echo(one["message"])


def _day(on: datetime | None) -> date:
    return on.date() if on else config.today()


@report.command("balances")
@COMPANY
@ON
@JSON
@LANGUAGE
def report_balances(code: str, on: datetime | None, as_json: bool, lang: str) -> None:
    """The balance of every customer account that has one."""
    write_intent.set(False)
    rows = [
        {"customer": one.code, "name": one.name, "currency": one.currency, "balance_cents": one.balance_cents}
        for one in reports.balances(db.session(), company_of(code, lang).id, _day(on))
    ]
    _write(rows, as_json, lang)


@report.command("open-items")
@COMPANY
@ON
@JSON
@LANGUAGE
def report_open_items(code: str, on: datetime | None, as_json: bool, lang: str) -> None:
    """Every open item; credits are negative."""
    write_intent.set(False)
    rows = [
        {
            "customer": one.code,
            "name": one.name,
            "piece": one.piece,
            "label": one.label,
            "document_on": one.document_on.isoformat(),
            "due_on": one.due_on.isoformat(),
            "due_source": one.due_source,
            "currency": one.currency,
            "amount_cents": one.amount_cents,
            "open_cents": one.open_cents,
        }
        for one in reports.open_items(db.session(), company_of(code, lang).id, _day(on))
    ]
    _write(rows, as_json, lang)


@report.command("ageing")
@COMPANY
@ON
@JSON
@LANGUAGE
def report_ageing(code: str, on: datetime | None, as_json: bool, lang: str) -> None:
    """The aged balance: per customer and in total, not due + buckets − credits = balance."""
    write_intent.set(False)
    found = company_of(code, lang)
    aged = reports.ageing(db.session(), found.id, _day(on))
    rows = [{"customer": one.code, "name": one.name, "currency": one.currency, **_aged(one.ageing)} for one in aged]
    totals = [
        {"currency": currency, **_sum(_aged(one.ageing) for one in aged if one.currency == currency)}
        for currency in sorted(
            {found.currency, *(one.currency for one in aged)}, key=lambda name: (name != found.currency, name)
        )
    ]
    if not as_json:
        _write([*rows, *({"customer": "", "name": "", **total} for total in totals)], False, lang)
        return
    write_json({"customers": rows, "total": totals[0], **({"totals": totals} if len(totals) > 1 else {})})


def _aged(one: Ageing) -> dict[str, int]:
    """In the words of the report: credits as a positive amount to be taken off."""
    buckets = dict(zip(BUCKETS, one.late_by_bucket, strict=True))
    return {"not_due": one.not_due_cents, **buckets, "credits": -one.credits_cents, "balance": one.balance_cents}


def _sum(rows: Iterable[dict[str, int]]) -> dict[str, int]:
    total = dict.fromkeys(("not_due", *BUCKETS, "credits", "balance"), 0)
    for row in rows:
        for name, cents in row.items():
            total[name] += cents
    return total


def _write(rows: list[dict[str, Any]], as_json: bool, language: str) -> None:
    """JSON, or columns set off by tabs with amounts as people write them."""
    if as_json:
        write_json(rows)
        return
    for row in rows:
        click.echo("\t".join(words.money(value, language) if isinstance(value, int) else value for value in row.values()))


@company.command("create")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--country", required=True, help="FR, BE, …")
@click.option("--customer-accounts", default="", help="Prefixes of the customer accounts, comma separated.")
@LANGUAGE
def create_company(code: str, name: str, country: str, customer_accounts: str, lang: str) -> None:
    """Make a company with the ready-made profiles and scenarios; prints its code."""
    try:
        made = companies.create_company(
            db.session(), None, config.now(), code=code, name=name, country=country, customer_accounts=customer_accounts
        )
    except DomainError as error:
        refuse(lang, error)
    db.session.commit()
    click.echo(made.code)
