"""`flask forecast backtest`: how good the prediction of payment dates is on a plain table of paid invoices. Its output is kept stable
(docs/forecast.md); days are ISO. Exit code 0 done, 2 refused, with the line it is about."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext

import config
from blueprints.cli_shared import JSON, LANGUAGE, refuse
from integrations.payment_history import Columns, History
from rules.errors import DomainError
from services import prediction

if TYPE_CHECKING:
    from rules.prediction_backtest import Backtest, Errors

QUANTILES = ("p10", "p25", "p50", "p75", "p90")


def register(app: Flask) -> None:
    """Add the group `forecast`."""
    group = AppGroup("forecast", help="When the money will come.")
    group.add_command(backtest)
    app.cli.add_command(group)


@click.command("backtest")
@click.option("--csv", "file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The table.")
@click.option("--customer-column", required=True, help="Header of the customer's column.")
@click.option("--due-column", required=True, help="Header of the due date's column.")
@click.option("--paid-column", required=True, help="Header of the day of payment's column; empty cells are open items.")
@click.option("--issued-column", default="", help="Header of the invoice date's column.")
@click.option("--amount-column", default="", help="Header of the amount's column.")
@click.option(
    "--from", "first", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Predict items due on this day or later."
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write one line per predicted item here.")
@JSON
@LANGUAGE
@with_appcontext
def backtest(
    file: Path,
    customer_column: str,
    due_column: str,
    paid_column: str,
    issued_column: str,
    amount_column: str,
    first: datetime,
    out: Path | None,
    as_json: bool,
    lang: str,
) -> None:
    """Predict each item due from a day on, using only items paid before its day of prediction, and compare with what came."""
    columns = Columns(customer_column, due_column, paid_column, issued_column, amount_column)
    try:
        history, found = prediction.backtest_file(file, columns, first.date(), max_bytes=config.settings().upload_limit)
    except DomainError as error:
        refuse(lang, error)
    if out is not None:
        _write_predictions(out, history, found)
    if as_json:
        click.echo(json.dumps(_shown(found), indent=1))
    else:
        _write_table(history, found)


def _shown(found: Backtest) -> dict[str, Any]:
    return {
        "n": len(found.guesses),
        **_errors(found.ours),
        "coverage_50": round(found.coverage_50, 4),
        "coverage_80": round(found.coverage_80, 4),
        "baseline_due_date": _errors(found.due_date),
        "baseline_customer_mean": _errors(found.customer_mean),
        "baseline_customer_median": _errors(found.customer_median),
    }


def _errors(errors: Errors) -> dict[str, float]:
    return {
        "mae_days": round(errors.mae_days, 4),
        "median_ae_days": round(errors.median_ae_days, 4),
        "within_3_days": round(errors.within_3_days, 4),
    }


def _write_predictions(out: Path, history: History, found: Backtest) -> None:
    with out.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(("row", "predicted_on", *QUANTILES))
        for guess in found.guesses:
            days = (guess.predicted_on, *(getattr(guess, name) for name in QUANTILES))
            writer.writerow((history.lines[guess.place], *(day.isoformat() for day in days)))


def _write_table(history: History, found: Backtest) -> None:
    click.echo(f"{len(found.guesses)} predicted, {len(history.rows)} paid rows, {history.open_rows} open rows left out")
    click.echo(f"{'':28}{'mean error':>12}{'median error':>14}{'within 3 days':>15}")
    for name, errors in (
        ("prediction", found.ours),
        ("due date", found.due_date),
        ("due date + customer's mean", found.customer_mean),
        ("due date + customer's median", found.customer_median),
    ):
        click.echo(f"{name:28}{errors.mae_days:>12.2f}{errors.median_ae_days:>14.1f}{errors.within_3_days:>15.1%}")
    click.echo(f"50 % range held {found.coverage_50:.1%}; 80 % range held {found.coverage_80:.1%}")
