"""`flask actions`: what the worklist of any day holds, and one run of its automatic part."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup

import config
from blueprints.cli_shared import company_of
from extensions import db
from models import Company
from models.base import write_intent
from models.outbox import progress
from models.worklist import names, pieces
from services import runs, worklist
from services.wording import sentence
from services.worklist import Planned
from tasks import sending
from tasks.post import writing
from tasks.queue import make_post

actions = AppGroup("actions", help="Reminders: preview of any day, and one run of the automatic ones.")
DAY = click.DateTime(["%Y-%m-%d"])


def register(app: Flask) -> None:
    """Add the commands to the application."""
    app.cli.add_command(actions)


@actions.command("preview")
@click.option("--company", "code", required=True)
@click.option("--on", "on", type=DAY, help="The day; today if not given.")
@click.option("--json", "as_json", is_flag=True)
def preview(code: str, on: datetime | None, as_json: bool) -> None:
    """What would be to do on a day, and what would be held back and why; nothing is written."""
    write_intent.set(False)
    company = company_of(code)
    rows = _rows(company, worklist.preview(db.session(), company, _day(on)))
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        what = f"{row['stage'] or '-'} {row['level'] or ''}".strip()
        click.echo(
            "\t".join([row["customer"], what, row["channel"] or "-", f"{row['amount_cents'] / 100:.2f}", row["held"] or ""])
        )


def _rows(company: Company, planned: list[Planned]) -> list[dict[str, Any]]:
    """Rows of the preview by customer code: keys and their meaning stand in docs/operations.md."""
    session = db.session()
    known = names(session, company.id, [p.customer_id for p in planned])
    words = pieces(session, company.id, sorted({i for p in planned for i in _item_ids(p)}))
    rows = [_row(company, p, known[p.customer_id][0], words) for p in planned]
    return sorted(rows, key=lambda r: (r["customer"], r["held"] is not None, r["step"] or 0))


def _item_ids(planned: Planned) -> tuple[int, ...]:
    if planned.action is not None:
        return planned.action.item_ids
    return planned.held.item_ids if planned.held else ()


def _row(company: Company, planned: Planned, customer: str, words: dict[int, str]) -> dict[str, Any]:
    action, held = planned.action, planned.held
    return {
        "customer": customer,
        "scenario": planned.scenario or None,
        "step": action.step.position if action else None,
        "stage": action.step.stage if action else None,
        "level": action.step.level if action else None,
        "channel": action.channel if action else None,
        "items": [words[i] for i in _item_ids(planned)],
        "currency": action.currency if action else company.currency,
        "amount_cents": action.amount_cents if action else 0,
        "due_since": action.since_on.isoformat() if action else None,
        "mode": action.step.mode if action else None,
        "confirm": _sentence(company, action.confirm.code, action.confirm.params) if action and action.confirm else None,
        "held": _sentence(company, held.reason.code, held.reason.params) if held else None,
        "held_code": held.reason.code if held else None,
        "held_until": held.until.isoformat() if held and held.until else None,
    }


def _sentence(company: Company, code: str, params: Any) -> str:
    return sentence(company.language, code, params)


def _day(on: datetime | None) -> date:
    return on.date() if on else config.today()


@actions.command("run")
@click.option("--company", "code", required=True)
@click.option("--on", "on", type=DAY, help="The day; today if not given.")
@click.option("--json", "as_json", is_flag=True)
def run(code: str, on: datetime | None, as_json: bool) -> None:
    """Do the automatic e-mails of a day: decide, queue, send (or keep in the built-in outbox). Exit code 2: blocked."""
    session, company, day = db.session(), company_of(code), _day(on)
    company_id, language = company.id, company.language
    done = runs.run(session, company, config.now(), day, config.today())
    outbox_id = done.outbox.id if done.outbox else None
    session.commit()
    counts = _send(company_id, outbox_id, day) if outbox_id is not None else {}
    result = {
        "company": company.code,
        "on": day.isoformat(),
        "blocked": [{"code": r.code, "reason": sentence(language, r.code, r.params)} for r in done.blocked],
        "messages": counts,
        "left": {
            "to_confirm": done.left.to_confirm,
            "calls": done.left.calls,
            "letters": done.left.letters,
            "held": done.left.held.count,
        },
    }
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        click.echo(
            "\n".join([r["reason"] for r in result["blocked"]] or [f"{n} {state}" for state, n in counts.items()] or ["0"])
        )
    sys.exit(2 if done.blocked else 0)


def _send(company_id: int, outbox_id: int, day: date) -> dict[str, int]:
    """Release and hand over one batch here and now; messages by state."""
    post = replace(make_post(current_app), today=lambda: day)
    try:
        sending.release(post, outbox_id)
        sending.send_company(post, company_id, at_any_hour=True)  # whether today will do was judged before
    finally:
        post.journal.close()
    with writing(post) as session:
        return progress(session, outbox_id, limit=1).counts
