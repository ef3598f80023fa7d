"""Importing a bank file: the columns of a list, the check of what it brings, taking it in, what it brought, taking it back.
The file came through the import page."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

import config
from blueprints import sync_pages as pages
from blueprints import web
from blueprints.fields import choices
from blueprints.sync_pages import LayoutForm
from extensions import db
from integrations.files import Refused
from integrations.ledgers.values import Mapping, Sniffed
from models import Sync, bank_store, receipt_lists
from rules.errors import DomainError
from services import bank, bank_files, mappings
from services.bank import BankRead, BankResult, StatementRead
from services.syncs import remark_of

bp = Blueprint("sync_banks", __name__, url_prefix="/syncs")
ROWS_SHOWN = 8
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


@bp.get("/<int:sync_id>/bank/columns")
def columns(sync_id: int) -> ResponseReturnValue:
    sync = pages.staged(sync_id, "bank")
    return _columns(sync, pages.mapping_of(sync))


@bp.post("/<int:sync_id>/bank/columns")
def columns_update(sync_id: int) -> ResponseReturnValue:
    """Understand the list anew with what was chosen; at the end of the form, go on to the check."""
    sync = pages.staged(sync_id, "bank")
    mapping = pages.choose(sync, LayoutForm(), BANK_FIELDS)
    db.session.commit()
    return _columns(sync, mapping) if request.htmx else web.go("sync_banks.check", sync_id=sync_id)


@bp.get("/<int:sync_id>/bank")
def check(sync_id: int) -> ResponseReturnValue:
    """What taking the file in would do; nothing is written."""
    sync = pages.staged(sync_id, "bank")
    result = _run(sync, dry_run=True)
    sync = web.row_or_404(Sync, sync_id)
    if result.error is not None and sync.options.get("mapping"):
        return _columns(sync, pages.mapping_of(sync), said=pages.said(result.error), status=422)
    return web.render(
        "syncs/bank_check.html",
        status=422 if result.error else 200,
        sync=sync,
        about=_about(sync, result.format),
        refused=pages.said(result.error) if result.error else "",
        summary=result,
        asks=bool(sync.options.get("mapping")),
        **pages.remarks(result.remarks),
    )


@bp.post("/<int:sync_id>/bank")
def run(sync_id: int) -> ResponseReturnValue:
    """Take the file in, in one transaction: movements, matches, and what is to be done."""
    sync = pages.staged(sync_id, "bank")
    if pages.handed_over(sync):
        return web.go("sync_running.show", sync_id=sync_id)
    result, mapping = _run(sync, dry_run=False), pages.mapping_of(sync)
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
        error=pages.refusal(sync),
        statements=_statements(sync),
        counts=sync.changes,
        is_last=last is not None and last.id == sync.id and sync.state == "done",
        waiting=len(receipt_lists.queue(session, sync.company_id)),
        **pages.remarks([remark_of(one) for one in sync.remarks]),
    )


@bp.post("/<int:sync_id>/bank/undo")
def undo(sync_id: int) -> ResponseReturnValue:
    """Take the last bank file back."""
    sync = web.row_or_404(Sync, sync_id)
    try:
        bank.undo_bank_sync(db.session(), sync, web.user().id, config.now(), config.today())
    except DomainError as error:
        db.session.rollback()
        flash(pages.said(error), "bad")
        return web.go("sync_banks.show", sync_id=sync_id)
    db.session.commit()
    flash(_("The bank file was taken back: nothing of it counts any more."), "good")
    return web.go("sync_banks.show", sync_id=sync_id)


# ------------------------------------------------------------------ behind


def _run(sync: Sync, *, dry_run: bool) -> BankResult:
    company, number, name = web.company(), sync.id, sync.file_name
    content = _read(sync, pages.mapping_of(sync))
    return bank.run_bank_sync(
        db.session(), company, content, name, web.user().id, config.now(), config.today(), dry_run=dry_run,
        staged=pages.staged(number, "bank"),
    )  # fmt: skip


def _read(sync: Sync, mapping: Mapping | None) -> BankRead:
    """The file read, no transaction staying open meanwhile."""
    setting, name = config.settings(), sync.file_name
    path, options = pages.file_of(sync), bank_files.options_for(web.company(), mapping, setting.upload_limit)
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


def _columns(sync: Sync, mapping: Mapping | None, said: str = "", status: int = 200) -> ResponseReturnValue:
    """The page of the columns: what each is taken for, the first rows, what the list then says."""
    if mapping is None:
        return web.go("sync_banks.check", sync_id=sync.id)
    setting = config.settings()
    layout = _layout(sync, mapping)
    number, missing = sync.id, _missing(mapping)
    content = None if missing else _read(sync, mapping)
    refused = said or (pages.said(content.refused) if content and content.refused else "")
    form = LayoutForm(formdata=None, data=asdict(mapping))
    form.sheet.choices = choices(*((name, name) for name in layout.sheets or ("",)))
    return web.render(
        "syncs/bank_columns.html",
        "understood",
        status=status,
        sync=web.row_or_404(Sync, number),
        form=form,
        columns=pages.shown_columns(layout.columns, mapping),
        rows=layout.first_rows[1 : ROWS_SHOWN + 1],
        choices=[("", _("Leave out")), *BANK_FIELDS.items()],
        file=content.file if content else None,
        refused=refused,
        questions=pages.questions(missing),
        limit=setting.upload_limit,
    )


def _layout(sync: Sync, mapping: Mapping) -> Sniffed:
    setting = config.settings()
    try:
        found = bank_files.layout_of(pages.file_of(sync), sync.file_name, mapping.sheet, max_bytes=setting.upload_limit)
    except Refused:
        found = None
    if found is None:
        flash(_("The file is no longer here. Choose it again."), "bad")
        web.abort(web.go("syncs.index"))
    return found


def _missing(mapping: Mapping) -> list[str]:
    return [str(BANK_FIELDS[group[0]]) for group in NEEDED if not set(mapping.columns) & set(group)]


def _about(sync: Sync, format_: str, *, named: bool = True) -> str:
    return pages.about(sync, bank_files.NAMES.get(format_ or sync.format, ""), named=named)
