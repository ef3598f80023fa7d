"""Importing a bank file: the columns of a list, the check of what it brings, taking it in, what it brought, taking it back.
The file came through the import page."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString
from wtforms import SelectField, StringField

import config
from blueprints import web
from blueprints.fields import Form, choices
from extensions import db
from integrations.files import Refused
from integrations.ledgers.values import Mapping, Sniffed
from models import Sync, bank_store, receipt_lists
from rules.errors import DomainError
from rules.ledger import Remark
from services import bank, bank_files, incoming, mappings
from services import language as words
from services.bank import BankRead, BankResult, StatementRead
from services.syncs import remark_of
from services.wording import remark_sentence, sentence
from tasks.queue import wake

bp = Blueprint("sync_banks", __name__, url_prefix="/syncs")
REMARKS_SHOWN, ROWS_SHOWN = 100, 8
BANK_FIELDS: dict[str, LazyString] = {
    "entry_on": _l("Date of booking"),
    "value_on": _l("Value date"),
    "label": _l("Communication"),
    "more": _l("Second line of the communication"),
    "name": _l("Counterparty"),
    "iban": _l("Account of the counterparty"),
    "amount": _l("Amount"),
    "debit": _l("Money out"),
    "credit": _l("Money in"),
    "side": _l("Debit or credit (D, C)"),
    "balance": _l("Balance after it"),
    "reference": _l("Reference"),
    "currency": _l("Currency"),
    "own_account": _l("Our account"),
}
NEEDED = (("entry_on",), ("amount", "debit", "credit"))


class LayoutForm(Form):
    sheet = SelectField(_l("Sheet"), validate_choice=False)
    decimal = SelectField(_l("Decimals after"), choices=choices((",", _l("a comma")), (".", _l("a point"))))
    date_order = SelectField(
        _l("Dates"),
        choices=choices(("dmy", _l("day/month/year")), ("mdy", _l("month/day/year")), ("ymd", _l("year-month-day"))),
    )
    currency = StringField(_l("Currency"))


@bp.get("/<int:sync_id>/bank/columns")
def columns(sync_id: int) -> ResponseReturnValue:
    sync = _staged(sync_id)
    return _columns(sync, _mapping(sync))


@bp.post("/<int:sync_id>/bank/columns")
def columns_update(sync_id: int) -> ResponseReturnValue:
    """Understand the list anew with what was chosen; at the end of the form, go on to the check."""
    sync = _staged(sync_id)
    mapping = _chosen(_mapping(sync))
    sync.options = {**sync.options, "mapping": mapping.to_json()}
    db.session.commit()
    return _columns(sync, mapping) if request.htmx else web.go("sync_banks.check", sync_id=sync_id)


@bp.get("/<int:sync_id>/bank")
def check(sync_id: int) -> ResponseReturnValue:
    """What taking the file in would do; nothing is written."""
    sync = _staged(sync_id)
    result = _run(sync, dry_run=True)
    sync = web.row_or_404(Sync, sync_id)
    if result.error is not None and sync.options.get("mapping"):
        return _columns(sync, _mapping(sync), said=_said(result.error), status=422)
    return web.render(
        "syncs/bank_check.html",
        status=422 if result.error else 200,
        sync=sync,
        about=_about(sync, result.format),
        refused=_said(result.error) if result.error else "",
        summary=result,
        asks=bool(sync.options.get("mapping")),
        **_remarks(result.remarks),
    )


@bp.post("/<int:sync_id>/bank")
def run(sync_id: int) -> ResponseReturnValue:
    """Take the file in, in one transaction: movements, matches, and what is to be done."""
    sync = _staged(sync_id)
    path = config.settings().data / sync.file_path
    if incoming.hand_over(db.session(), web.company(), sync, path, web.user().id, config.now()):
        db.session.commit()
        wake()
        return web.go("sync_running.show", sync_id=sync_id)
    result, mapping = _run(sync, dry_run=False), _mapping(sync)
    if result.error is None and mapping is not None and sync.options.get("shape"):
        mappings.remember(db.session(), sync.company_id, sync.options["shape"], mapping, config.now())
    db.session.commit()
    return web.go("sync_banks.show", sync_id=sync_id)


@bp.get("/<int:sync_id>/bank/done")
def show(sync_id: int) -> ResponseReturnValue:
    """The statements a file brought, and what became of their movements."""
    sync = web.row_or_404(Sync, sync_id)
    if sync.kind != "bank" or sync.state in ("staged", "running"):
        return web.go("syncs.show", sync_id=sync_id)
    session = db.session()
    last = bank_store.last_bank_sync(session, sync.company_id)
    return web.render(
        "syncs/bank_show.html",
        sync=sync,
        about=_about(sync, sync.format, named=False),
        error=sentence(web.language(), sync.error["code"], sync.error["params"]) if sync.error else "",
        statements=_statements(sync),
        counts=sync.changes,
        is_last=last is not None and last.id == sync.id and sync.state == "done",
        waiting=len(receipt_lists.queue(session, sync.company_id)),
        **_remarks([remark_of(one) for one in sync.remarks]),
    )


@bp.post("/<int:sync_id>/bank/undo")
def undo(sync_id: int) -> ResponseReturnValue:
    """Take the last bank file back."""
    sync = web.row_or_404(Sync, sync_id)
    try:
        bank.undo_bank_sync(db.session(), sync, web.user().id, config.now(), config.today())
    except DomainError as error:
        db.session.rollback()
        flash(_said(error), "bad")
        return web.go("sync_banks.show", sync_id=sync_id)
    db.session.commit()
    flash(_("The bank file was taken back: nothing of it counts any more."), "good")
    return web.go("sync_banks.show", sync_id=sync_id)


# ------------------------------------------------------------------ behind


def _staged(sync_id: int) -> Sync:
    """A bank file that waits for its check; one that is over shows how it ended."""
    sync = web.row_or_404(Sync, sync_id)
    if sync.state != "staged" or sync.kind != "bank":
        web.abort(web.go("syncs.show", sync_id=sync.id))
    if not sync.file_path or not (config.settings().data / sync.file_path).is_file():
        flash(_("The file is no longer here. Choose it again."), "bad")
        web.abort(web.go("syncs.index"))
    return sync


def _run(sync: Sync, *, dry_run: bool) -> BankResult:
    company, number, name = web.company(), sync.id, sync.file_name
    content = _read(sync, _mapping(sync))
    return bank.run_bank_sync(
        db.session(), company, content, name, web.user().id, config.now(), config.today(), dry_run=dry_run,
        staged=_staged(number),
    )  # fmt: skip


def _read(sync: Sync, mapping: Mapping | None) -> BankRead:
    """The file read, no transaction staying open meanwhile."""
    setting, name = config.settings(), sync.file_name
    path, options = setting.data / sync.file_path, bank_files.options_for(web.company(), mapping, setting.upload_limit)
    db.session.rollback()
    return bank.read_file(path, name, options, max_bytes=setting.upload_limit)


def _statements(sync: Sync) -> list[StatementRead]:
    """The statements of a file; of one that was in already nothing is new."""
    known = sync.changes.get("same_as")
    return [
        StatementRead(
            account.number, account.currency, one.number, one.kind, one.opening_cents, one.closing_cents, one.opening_on,
            one.closing_on, one.movements, 0 if known else one.movements_new,
        )
        for one, account in bank_store.statements_of(db.session(), known or sync.id)
    ]  # fmt: skip


def _mapping(sync: Sync) -> Mapping | None:
    stored = sync.options.get("mapping")
    return Mapping.from_json(stored) if stored else None


def _chosen(mapping: Mapping | None) -> Mapping:
    """The mapping with what the form says."""
    if mapping is None:
        web.abort(404)
    form = LayoutForm()
    picked = {value: int(name[1:]) for name, value in request.form.items() if name[0] == "c" and name[1:].isdigit()}
    return replace(
        mapping,
        columns={name: at for name, at in picked.items() if name in BANK_FIELDS},
        sheet=form.sheet.data or mapping.sheet,
        decimal=form.decimal.data if form.decimal.data in (",", ".") else mapping.decimal,
        date_order=form.date_order.data if form.date_order.data in ("dmy", "mdy", "ymd") else mapping.date_order,
        currency=(form.currency.data or "").strip().upper()[:3],
    )


def _columns(sync: Sync, mapping: Mapping | None, said: str = "", status: int = 200) -> ResponseReturnValue:
    """The page of the columns: what each is taken for, the first rows, what the list then says."""
    if mapping is None:
        return web.go("sync_banks.check", sync_id=sync.id)
    setting = config.settings()
    layout = _layout(sync, mapping)
    number, missing = sync.id, _missing(mapping)
    content = None if missing else _read(sync, mapping)
    refused = said or (_said(content.refused) if content and content.refused else "")
    form = LayoutForm(formdata=None, data=asdict(mapping))
    form.sheet.choices = choices(*((name, name) for name in layout.sheets or ("",)))
    return web.render(
        "syncs/bank_columns.html",
        "understood",
        status=status,
        sync=web.row_or_404(Sync, number),
        form=form,
        columns=_shown(layout, mapping),
        rows=layout.first_rows[1 : ROWS_SHOWN + 1],
        fields=[("", _("Leave out")), *BANK_FIELDS.items()],
        file=content.file if content else None,
        refused=refused,
        questions=_("Still to be chosen: %(fields)s.", fields=", ".join(missing)) if missing else "",
        limit=setting.upload_limit,
    )


def _layout(sync: Sync, mapping: Mapping) -> Sniffed:
    setting = config.settings()
    try:
        found = bank_files.layout_of(
            setting.data / sync.file_path, sync.file_name, mapping.sheet, max_bytes=setting.upload_limit
        )
    except Refused:
        found = None
    if found is None:
        flash(_("The file is no longer here. Choose it again."), "bad")
        web.abort(web.go("syncs.index"))
    return found


def _missing(mapping: Mapping) -> list[str]:
    return [str(BANK_FIELDS[group[0]]) for group in NEEDED if not set(mapping.columns) & set(group)]


def _shown(layout: Sniffed, mapping: Mapping) -> list[dict[str, object]]:
    """Every column with the field chosen for it; a choice that differs from the guess is no longer "to check"."""
    chosen = {at: name for name, at in mapping.columns.items()}
    return [
        {
            "index": guess.index, "header": guess.header, "field": chosen.get(guess.index, ""),
            "confidence": guess.confidence if chosen.get(guess.index, "") == guess.field else "recognised",
        }
        for guess in layout.columns
    ]  # fmt: skip


def _about(sync: Sync, format_: str, *, named: bool = True) -> str:
    """File name, lines, and what it was recognised as, on one line."""
    lines, known = sync.lines_read, bank_files.NAMES.get(format_ or sync.format, "")
    parts = [
        sync.file_name if named else "",
        ngettext("%(number)s line", "%(number)s lines", lines, number=words.number(lines, web.language())) if lines else "",
        _("recognised: %(program)s", program=known) if known else "",
    ]
    return " · ".join(part for part in parts if part)


def _remarks(remarks: list[Remark]) -> dict[str, Any]:
    shown = [
        {"line": one.line, "column": one.column, "text": remark_sentence(web.language(), one)}
        for one in remarks[:REMARKS_SHOWN]
    ]
    return {"remarks": shown, "remarks_total": len(remarks)}


def _said(error: DomainError) -> str:
    return sentence(web.language(), error.code, error.params)
