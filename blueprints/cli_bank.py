"""`flask sync bank` and `flask report receipts`: bank files and what they pay, for other programs. Their output is kept
stable (docs/operations.md); amounts are integer cents, days ISO. Exit code 0 done, 2 refused (nothing written)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext

import config
from blueprints.cli_shared import COMPANY, DRY_RUN, JSON, LANGUAGE, company_of, refuse, shown_remarks, write_json
from extensions import db
from integrations.files import digest_of
from models import bank_report
from models.bank_report import Difference, ReportedMovement
from models.base import write_intent
from models.company import Company
from services import bank, bank_files, mappings
from services import language as words
from services.bank import BankRead, BankResult
from services.wording_receipts import evidence_sentence

DAY = click.DateTime(["%Y-%m-%d"])
COUNTS = ("movements", "new", "matched", "proposed", "unknown", "ignored")


def register(app: Flask) -> None:
    """Add the commands to the groups `sync` and `report`, making them where they are not there yet."""
    for name, command in (("sync", sync_bank), ("report", report_receipts), ("report", report_differences)):
        group = app.cli.commands.get(name)
        if not isinstance(group, click.Group):
            group = AppGroup(name)
            app.cli.add_command(group)
        group.add_command(command)


@click.command("bank")
@with_appcontext
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@COMPANY
@DRY_RUN
@JSON
@LANGUAGE
def sync_bank(file: Path, code: str, dry_run: bool, as_json: bool, lang: str) -> None:
    """Take a bank file in (CODA, CAMT, MT940, CFONB 120, OFX, lists of a known shape): each movement once, all or nothing."""
    write_intent.set(False)
    content = _read(file, company_of(code, lang))
    write_intent.set(not dry_run)
    session, company = db.session(), company_of(code, lang)
    result = bank.run_bank_sync(session, company, content, file.name, None, config.now(), config.today(), dry_run=dry_run)
    if not dry_run:
        session.commit()
    shown = _shown(result, lang)
    if as_json:
        write_json(shown)
    else:
        _write(result, shown, lang)
    if result.error is not None:
        refuse(lang, result.error)


def _read(file: Path, company: Company) -> BankRead:
    """The file read while no transaction is open; bytes taken in before need not be read again."""
    session, limit = db.session(), config.settings().upload_limit
    digest = digest_of(file)
    if bank.is_known_file(session, company, digest):
        session.rollback()
        return BankRead(digest, None)
    options, company_id = bank_files.options_for(company, None, limit), company.id
    session.rollback()
    content = bank.read_file(file, file.name, options, max_bytes=limit)
    if content.refused is None or content.refused.code != "mapping_needed":
        return content
    layout = bank_files.layout_of(file, file.name, max_bytes=limit)
    mapping = mappings.recall_for(session, company_id, layout) if layout else None
    session.rollback()
    return content if mapping is None else bank.read_file(file, file.name, replace(options, mapping=mapping), max_bytes=limit)


def _shown(result: BankResult, language: str) -> dict[str, Any]:
    return {
        "status": result.status,
        "format": result.format,
        "statements": [
            {
                "account": one.account,
                "currency": one.currency,
                "number": one.number,
                "kind": one.kind,
                "opening_cents": one.opening_cents,
                "closing_cents": one.closing_cents,
                "from": _iso(one.starts_on),
                "to": _iso(one.ends_on),
                "movements": one.movements,
                "new": one.new,
            }
            for one in result.statements
        ],
        **{name: getattr(result, name) for name in COUNTS},
        "remarks": shown_remarks(language, result.remarks, result.error),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _write(result: BankResult, shown: dict[str, Any], language: str) -> None:
    for name in ("status", "format", *COUNTS):
        click.echo(f"{name}: {shown[name]}")
    for one in result.statements:
        balances = [
            "–" if cents is None else words.money_with_currency(cents, language, one.currency)
            for cents in (one.opening_cents, one.closing_cents)
        ]
        click.echo(f"{one.account} {one.number}: {balances[0]} → {balances[1]}")
    if result.error is None:
        for remark in shown["remarks"]:
            click.echo(remark["message"])


@click.command("receipts")
@with_appcontext
@COMPANY
@click.option("--from", "first", type=DAY, help="Booked on this day or later.")
@click.option("--to", "last", type=DAY, help="Booked on this day or earlier.")
@JSON
@LANGUAGE
def report_receipts(code: str, first: datetime | None, last: datetime | None, as_json: bool, lang: str) -> None:
    """Every movement with what it pays, why, and how sure that is."""
    write_intent.set(False)
    found = bank_report.movements(
        db.session(), company_of(code, lang).id, first.date() if first else None, last.date() if last else None
    )
    if as_json:
        click.echo(json.dumps([_receipt(one, lang) for one in found], ensure_ascii=False, indent=1))
        return
    for one in found:
        pieces = ", ".join(paid.piece for paid in one.allocations)
        amount = words.money_with_currency(one.amount_cents, lang, one.currency)
        click.echo("\t".join((one.booked_on.isoformat(), amount, one.name, one.state, one.customer, pieces)))


def _receipt(one: ReportedMovement, language: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "account": one.account,
        "booked_on": one.booked_on.isoformat(),
        "value_on": _iso(one.value_on),
        "amount_cents": one.amount_cents,
        "left_cents": one.left_cents,
        "currency": one.currency,
        "name": one.name,
        "iban": one.iban,
        "text": one.text,
        "structured": one.structured,
        "end_to_end": one.end_to_end,
        "returned": one.returned,
        "state": one.state,
        "customer": one.customer,
        "customer_name": one.customer_name,
        "allocations": [paid._asdict() for paid in one.allocations],
        "evidence": [
            {
                "code": said["code"],
                "params": said.get("params", {}),
                "message": evidence_sentence(language, said["code"], said.get("params"), one.currency),
            }
            for said in one.evidence
        ],
        "confidence": one.confidence,
    }


@click.command("bank-differences")
@with_appcontext
@COMPANY
@JSON
@LANGUAGE
def report_differences(code: str, as_json: bool, lang: str) -> None:
    """What bank and ledger disagree about; the ledger has won."""
    write_intent.set(False)
    found = bank_report.differences(db.session(), company_of(code, lang).id)
    if as_json:
        click.echo(json.dumps([_difference(one) for one in found], ensure_ascii=False, indent=1))
        return
    for one in found:
        amount = words.money_with_currency(one.cents, lang, one.currency)
        click.echo("\t".join((one.booked_on.isoformat(), amount, one.name, one.piece, one.state, one.ledger_pieces)))


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "movement": one.movement_id,
        "state": one.state,
        "booked_on": one.booked_on.isoformat(),
        "name": one.name,
        "currency": one.currency,
        "cents": one.cents,
        "piece": one.piece,
        "ledger_open_cents": one.ledger_open_cents,
        "ledger_pieces": one.ledger_pieces,
        "ended_on": _iso(one.ended_on),
    }
