"""`flask sync invoices`: electronic invoices from files, for other programs. Its output is kept stable (docs/operations.md);
amounts are integer cents, days ISO. Exit code 0 done, 2 at least one file refused (nothing of it written)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext

import config
from blueprints.cli_shared import COMPANY, DRY_RUN, JSON, LANGUAGE, company_of, shown_remarks, write_json
from extensions import db
from models.base import write_intent
from services import language as words
from services.e_invoices import InvoicesResult, Taken, read_file, run_invoices
from services.follow_up import follow_up
from services.wording import sentence

COUNTS = ("invoices", "customers", "customers_new", "items_new", "items_known", "items_again", "items_changed", "documents")


def register(app: Flask) -> None:
    """Add the command to the group `sync`, making the group where it is not there yet."""
    group = app.cli.commands.get("sync")
    if not isinstance(group, click.Group):
        group = AppGroup("sync")
        app.cli.add_command(group)
    group.add_command(sync_invoices)


@click.command("invoices")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@COMPANY
@DRY_RUN
@JSON
@LANGUAGE
@with_appcontext
def sync_invoices(files: tuple[Path, ...], code: str, dry_run: bool, as_json: bool, lang: str) -> None:
    """Take electronic invoices in (UBL, CII, Factur-X, ZUGFeRD, archives of them); each file all or nothing."""
    write_intent.set(False)
    company_of(code, lang)
    results = [(path, _take(path, code, dry_run=dry_run)) for path in files]
    shown = _shown(results, lang)
    if as_json:
        write_json(shown)
    else:
        _write(shown, lang)
    refused = [one["message"] for one in shown["files"] if one["status"] == "refused"]
    for message in refused:
        click.echo(message, err=True)
    if refused:
        sys.exit(2)


def _take(path: Path, code: str, *, dry_run: bool) -> InvoicesResult:
    """One file, one transaction; it is read before any is open."""
    session, setting = db.session(), config.settings()
    session.rollback()
    file = read_file(path, path.name, setting.upload_limit)
    write_intent.set(not dry_run)
    company, now, today = company_of(code), config.now(), config.today()
    result = run_invoices(session, company, file, None, now, today, folder=setting.data, dry_run=dry_run)
    if not dry_run:
        if result.error is None:
            follow_up(session, company, now, today)
        session.commit()
    write_intent.set(False)
    return result


def _shown(results: list[tuple[Path, InvoicesResult]], language: str) -> dict[str, Any]:
    refused = any(one.error is not None for _, one in results)
    files = [_file_shown(path, one, language) for path, one in results]
    formats = {one.format for _, one in results if one.format}
    return {
        "status": "refused" if refused else results[0][1].status,
        "format": formats.pop() if len(formats) == 1 else ("invoices" if formats else ""),
        **{name: sum(getattr(one, name) for _, one in results) for name in COUNTS},
        "items": [_item(item) for _, one in results for item in one.items],
        "warnings": [warning for one in files for warning in one.pop("warnings")],
        "files": files,
        "balance_cents": results[-1][1].balance_cents,
    }


def _file_shown(path: Path, result: InvoicesResult, language: str) -> dict[str, Any]:
    message = (
        sentence(language, result.error.code, {"line": None, "column": None, **result.error.params}) if result.error else ""
    )
    warnings = [{"file": path.name, **one} for one in shown_remarks(language, result.remarks, result.error)]
    return {"file": path.name, "status": result.status, "message": message, "warnings": warnings}


def _item(one: Taken) -> dict[str, Any]:
    return {
        "number": one.number,
        "type": one.type_code,
        "customer": one.code,
        "name": one.customer,
        "issued_on": one.issued_on.isoformat(),
        "due_on": one.due_on.isoformat(),
        "currency": one.currency,
        "total_cents": one.total_cents,
        "open_cents": one.open_cents,
        "outcome": one.outcome,
        "is_interest": one.is_interest,
        "file": one.file,
    }


def _write(shown: dict[str, Any], language: str) -> None:
    for name in ("status", "format", *COUNTS):
        click.echo(f"{name.replace('_', ' ')}: {shown[name]}")
    for one in shown["items"]:
        amount = words.money_with_currency(one["open_cents"], language, one["currency"])
        click.echo("\t".join((one["number"], one["name"], one["issued_on"], one["due_on"], amount, one["outcome"])))
    if shown["status"] != "refused":
        for one in shown["warnings"]:
            click.echo(one["message"])
