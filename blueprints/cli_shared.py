"""What the commands for other programs share: options, how one refuses, how a company is found, how remarks are shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

import click

from extensions import db
from models.company import Company, company_by_code
from rules.errors import DomainError
from rules.ledger import Remark
from services import language as words
from services.wording import remark_sentence, sentence

COMPANY = click.option("--company", "code", required=True, help="Code of the company.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
JSON = click.option("--json", "as_json", is_flag=True, help="JSON on standard output, nothing else.")
LANGUAGE = click.option("--lang", default="fr", type=click.Choice(words.LANGUAGES), help="Language of the sentences.")


def refuse(language: str, error: DomainError) -> NoReturn:
    """Say why on standard error and end with exit code 2."""
    click.echo(sentence(language, error.code, error.params), err=True)
    sys.exit(2)


def company_of(code: str, language: str = "fr") -> Company:
    """The company of a code; ends the command when there is none."""
    found = company_by_code(db.session(), code)
    if found is None:
        refuse(language, DomainError("company_unknown", value=code))
    return found


def write_json(value: object) -> None:
    """A value as JSON on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def shown_remarks(language: str, remarks: Iterable[Remark], error: DomainError | None) -> list[dict[str, Any]]:
    """Remarks as sentences with their place, the reason of a refusal last."""
    found = list(remarks)
    if error is not None:
        params = dict(error.params)
        line, column = params.get("line"), params.get("column")
        found.append(Remark(error.code, line if isinstance(line, int) else None, str(column) if column else None, params))
    return [{"line": one.line, "column": one.column, "message": remark_sentence(language, one)} for one in found]
