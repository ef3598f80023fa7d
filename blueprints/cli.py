"""Commands of the instance itself: users and health; the commands of each area stand in files of their own."""

from __future__ import annotations

import sys
from importlib import import_module

import click
from flask import Flask
from flask.cli import AppGroup

import config
from extensions import db
from models.users import Role
from rules.errors import DomainError
from services import accounts
from services.wording import sentence

AREAS: tuple[str, ...] = ("cli_actions", "cli_demo", "cli_ledger", "cli_bank", "cli_invoices", "cli_forecast", "cli_outbox")
users = AppGroup("user", help="People who sign in.")


def register(app: Flask) -> None:
    """Add every command group to the application."""
    app.cli.add_command(users)
    for name in AREAS:
        import_module(f"blueprints.{name}").register(app)


@users.command("create")
@click.argument("email")
@click.option("--name", default="")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.ADMINISTRATOR.value)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def create_user(email: str, name: str, role: str, password: str) -> None:
    """Create a user (asks for the password)."""
    try:
        accounts.create_user(db.session(), None, config.now(), email=email, name=name, role=Role(role), password=password)
    except DomainError as error:
        click.echo(sentence("fr", error.code, error.params), err=True)
        sys.exit(2)
    db.session.commit()
    click.echo(email)
