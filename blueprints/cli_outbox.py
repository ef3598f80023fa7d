"""Commands of the outbox: comparing the database with the send journal after a restore."""

from __future__ import annotations

import json

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from extensions import db
from models.settings import all_companies
from tasks import sending
from tasks.queue import make_post

outbox = AppGroup("outbox", help="Messages on their way, and the journal of those that left.")


def register(app: Flask) -> None:
    """Add the commands to the application."""
    app.cli.add_command(outbox)


@outbox.command("reconcile")
@click.option("--json", "as_json", is_flag=True)
def reconcile(as_json: bool) -> None:
    """Mark as sent what the send journal says has left and the database has forgotten (after a restore); then everything is held
    until somebody resumes it on the page “Pace of sending”. The worker does the same when it starts."""
    post = make_post(current_app)
    try:
        found = sending.reconcile(post)
    finally:
        post.journal.close()
    codes = {company.id: company.code for company in all_companies(db.session())}
    rows = [
        {
            "company": codes[i],
            "marked": f.marked,
            "added": f.added,
            "unknown": f.unknown,
            "strange": f.strange,
            "names": f.names,
        }
        for i, f in found.items()
    ]
    if as_json:
        click.echo(json.dumps({"held": bool(found), "companies": rows}, ensure_ascii=False))
        return
    for row in rows:
        click.echo("\t".join(f"{name} {row[name]}" for name in ("company", "marked", "added", "unknown", "strange")))
    click.echo("held" if found else "journal and database agree")
