"""What the pages of an import share, whatever the file is: ledger, bank file or invoices. No routes of its own."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from flask import flash, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import SelectField, StringField

import config
from blueprints import web
from blueprints.fields import Form, choices
from extensions import db
from integrations.ledgers.values import ColumnGuess, Mapping
from models import Sync
from rules.errors import DomainError
from rules.ledger import Remark
from services import incoming
from services import language as words
from services.wording import remark_sentence, sentence
from tasks.queue import wake

REMARKS_SHOWN = 100


class LayoutForm(Form):
    """How a table is written, whatever it holds."""

    sheet = SelectField(_l("Sheet"), validate_choice=False)
    decimal = SelectField(_l("Decimals after"), choices=choices((",", _l("a comma")), (".", _l("a point"))))
    date_order = SelectField(
        _l("Dates"),
        choices=choices(("dmy", _l("day/month/year")), ("mdy", _l("month/day/year")), ("ymd", _l("year-month-day"))),
    )
    currency = StringField(_l("Currency"))


def file_of(sync: Sync) -> Path:
    """Where the file that was received is kept."""
    return config.settings().data / sync.file_path


def staged(sync_id: int, kind: str = "") -> Sync:
    """A run (of a kind) that waits for its check; one that is over shows how it ended (the back button leads here)."""
    sync = web.row_or_404(Sync, sync_id)
    if sync.state != "staged" or (kind and sync.kind != kind):
        web.abort(web.go("syncs.show", sync_id=sync.id))
    if not sync.file_path or not file_of(sync).is_file():
        flash(_("The file is no longer here. Choose it again."), "bad")
        web.abort(web.go("syncs.index"))
    return sync


def handed_over(sync: Sync) -> bool:
    """Whether the file is so large that the worker takes it in; committed then, and the worker woken."""
    if not incoming.hand_over(db.session(), web.company(), sync, file_of(sync), web.user().id, config.now()):
        return False
    db.session.commit()
    wake()
    return True


def mapping_of(sync: Sync) -> Mapping | None:
    """How the columns of its table are understood."""
    stored = sync.options.get("mapping")
    return Mapping.from_json(stored) if stored else None


def choose(sync: Sync, form: LayoutForm, fields: Container[str] | None = None) -> Mapping:
    """Remember with the file how the form says its columns are understood; only as one of `fields`, where given."""
    before = mapping_of(sync)
    if before is None:
        web.abort(404)
    picked = {
        value: int(name[1:])
        for name, value in request.form.items()
        if name[0] == "c" and name[1:].isdigit() and value and (fields is None or value in fields)
    }
    mapping = replace(
        before,
        columns=picked,
        sheet=form.sheet.data or before.sheet,
        decimal=form.decimal.data if form.decimal.data in (",", ".") else before.decimal,
        date_order=form.date_order.data if form.date_order.data in ("dmy", "mdy", "ymd") else before.date_order,
        currency=(form.currency.data or "").strip().upper()[:3],
    )
    sync.options = {**sync.options, "mapping": mapping.to_json()}
    return mapping


def shown_columns(guesses: Iterable[ColumnGuess], mapping: Mapping) -> list[dict[str, object]]:
    """Every column with the field chosen for it; a choice that differs from the guess is no longer "to check"."""
    chosen = {index: name for name, index in mapping.columns.items()}

    def shown(guess: ColumnGuess) -> dict[str, object]:
        name = chosen.get(guess.index, "")
        confidence = guess.confidence if name == guess.field else "recognised"
        return {
            "index": guess.index, "number": guess.index + 1, "header": guess.header, "field": name, "confidence": confidence,
        }  # fmt: skip

    return [shown(guess) for guess in guesses]


def questions(missing: Sequence[str]) -> str:
    """The sentence that says which fields must still be chosen."""
    return _("Still to be chosen: %(fields)s.", fields=", ".join(missing)) if missing else ""


def about(sync: Sync, known: str, lines: int = 0, *, named: bool = True) -> str:
    """File name, lines, and what it was recognised as, on one line."""
    lines = lines or sync.lines_read
    parts = [
        sync.file_name if named else "",
        ngettext("%(number)s line", "%(number)s lines", lines, number=words.number(lines, web.language())) if lines else "",
        _("recognised: %(program)s", program=known) if known else "",
    ]
    return " · ".join(part for part in parts if part)


def remarks(found: Sequence[Remark], shown: int = REMARKS_SHOWN) -> dict[str, object]:
    """What a page shows of the remarks: the first ones as sentences, and how many there are."""
    sentences = [
        {"line": one.line, "column": one.column, "text": remark_sentence(web.language(), one)} for one in found[:shown]
    ]
    return {"remarks": sentences, "remarks_total": len(found)}


def said(error: DomainError) -> str:
    """An error in the reader's language."""
    return sentence(web.language(), error.code, error.params)


def refusal(sync: Sync) -> str:
    """Why a run was refused; "" when it was not."""
    return sentence(web.language(), sync.error["code"], sync.error["params"]) if sync.error else ""
