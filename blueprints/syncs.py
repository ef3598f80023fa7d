"""Importing a ledger: the file, its columns, the check, taking it in, what changed, taking it back."""

from __future__ import annotations

import uuid
from dataclasses import asdict, replace
from pathlib import Path

from flask import Blueprint, current_app, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from werkzeug.datastructures import FileStorage
from wtforms import SelectField

import config
from blueprints import sync_pages as pages
from blueprints import web
from blueprints.fields import Form, choices
from blueprints.sync_columns import FIELD_LABELS
from extensions import db
from integrations.files import Refused
from integrations.ledgers.guess import missing_fields
from integrations.ledgers.sandbox import preview_in_child, sniff_in_child
from integrations.ledgers.values import Mapping, Preview
from models import Sync, audit, sync_lists
from models.ledger import checks, last_done_sync
from rules.errors import DomainError
from services import bank_files, mappings, syncs
from services.e_invoices import recognises
from services.follow_up import follow_up

bp = Blueprint("syncs", __name__, url_prefix="/syncs")
CHANGES_SHOWN = 200
KINDS = (
    ("open_items", _l("a list of unpaid items")),
    ("journal", _l("a journal: invoices and payments")),
    ("third_parties", _l("customers with addresses and terms")),
)


class UploadForm(Form):
    file = FileField(_l("Choose a file"), [FileRequired(_l("Choose a file first."))])


class MappingForm(pages.LayoutForm):
    kind = SelectField(_l("The file is"), choices=choices(*KINDS))


@bp.get("")
def index() -> ResponseReturnValue:
    return _index(UploadForm())


@bp.post("")
def create() -> ResponseReturnValue:
    """Keep the file, see what it is, go on to its columns or straight to the check."""
    form, company = UploadForm(), web.company()
    if not form.validate():
        return _index(form, status=422)
    company_id, user_id = company.id, web.user().id
    path = _keep(form.file.data, company_id)
    name = Path(form.file.data.filename or "").name[:200]
    db.session.rollback()  # no transaction stays open while the file is looked at
    if recognises(path):
        return _stage_invoices(path, name)
    known_bank = bank_files.recognise(path, name, _limit())
    if known_bank:
        return _stage_bank(path, name, known_bank)
    try:
        sniffed = sniff_in_child(path.read_bytes(), name, max_bytes=_limit())
    except Refused as error:
        return _refused(path, name, error)
    sync = syncs.stage_file(db.session(), web.company(), _relative(path), name, user_id, config.now())
    sync.format, sync.kind = sniffed.format, sniffed.kind
    known = mappings.recall_for(db.session(), company_id, sniffed)
    mapping = known or sniffed.mapping
    sync.options = {"mapping": mapping.to_json() if mapping else None, "shape": sniffed.shape, "program": sniffed.program}
    audit.record(db.session(), config.now(), user_id, company_id, "stage", "sync", sync.id, {"file": name})
    db.session.commit()
    asks = mapping is not None and known is None and not sniffed.certain
    return web.go("syncs.columns" if asks else "syncs.check", sync_id=sync.id)


def _stage_invoices(path: Path, name: str) -> ResponseReturnValue:
    """Electronic invoices have no columns to ask about: straight to their own check."""
    company_id, user_id = web.company().id, web.user().id
    sync = syncs.stage_file(db.session(), web.company(), _relative(path), name, user_id, config.now())
    sync.kind = "invoices"
    audit.record(db.session(), config.now(), user_id, company_id, "stage", "sync", sync.id, {"file": name})
    db.session.commit()
    return web.go("sync_invoices.check", sync_id=sync.id)


def _stage_bank(path: Path, name: str, format_: str) -> ResponseReturnValue:
    """A bank's file goes to its own check; a list whose columns are not all certain, to them first."""
    layout = bank_files.layout_of(path, name, max_bytes=_limit()) if format_ == "sheet" else None
    company_id, user_id = web.company().id, web.user().id
    sync = syncs.stage_file(db.session(), web.company(), _relative(path), name, user_id, config.now())
    sync.kind, sync.format = "bank", format_
    known = mappings.recall_for(db.session(), company_id, layout) if layout else None
    mapping = known or (layout.mapping if layout else None)
    sync.options = {"mapping": mapping.to_json() if mapping else None, "shape": layout.shape if layout else ""}
    audit.record(db.session(), config.now(), user_id, company_id, "stage", "sync", sync.id, {"file": name})
    db.session.commit()
    asks = layout is not None and known is None and not layout.certain
    return web.go("sync_banks.columns" if asks else "sync_banks.check", sync_id=sync.id)


@bp.get("/<int:sync_id>/columns")
def columns(sync_id: int) -> ResponseReturnValue:
    sync = pages.staged(sync_id)
    return _columns(sync, pages.mapping_of(sync))


@bp.post("/<int:sync_id>/columns")
def columns_update(sync_id: int) -> ResponseReturnValue:
    """Understand the file anew with what was chosen, and remember the choice with the file."""
    sync = pages.staged(sync_id)
    return _columns(sync, _choose(sync))


@bp.post("/<int:sync_id>/check")
def check_create(sync_id: int) -> ResponseReturnValue:
    """Keep what the form says at the end: an older request for the columns may have ended after a newer one."""
    _choose(pages.staged(sync_id))
    return web.go("syncs.check", sync_id=sync_id)


@bp.get("/<int:sync_id>/check")
def check(sync_id: int) -> ResponseReturnValue:
    """What taking the file in would do; nothing is written."""
    sync = pages.staged(sync_id)
    if sync.kind == "invoices":
        return web.go("sync_invoices.check", sync_id=sync.id)
    if sync.kind == "bank":
        return web.go("sync_banks.check", sync_id=sync.id)
    result = _run(sync, dry_run=True)
    if result.error is not None:
        if _asks(sync):
            return _columns(sync, pages.mapping_of(sync), said=pages.said(result.error), status=422)
        return _index(UploadForm(), refused=pages.said(result.error), status=422)
    last = last_done_sync(db.session(), sync.company_id)
    return web.render(
        "syncs/check.html",
        sync=sync,
        about=_about(sync),
        asks=_asks(sync),
        summary=result,
        same_file=last is not None and not any((result.items_new, result.items_changed, result.items_vanished)),
        **pages.remarks(result.remarks),
    )


@bp.post("/<int:sync_id>/run")
def run(sync_id: int) -> ResponseReturnValue:
    """Take the file in, in one transaction, and decide anew what is to be done."""
    sync, company = pages.staged(sync_id), web.company()
    if pages.handed_over(sync):
        return web.go("sync_running.show", sync_id=sync_id)
    result = _run(sync, dry_run=False)
    if result.error is None:
        follow_up(db.session(), company, config.now(), config.today())
    db.session.commit()
    return web.go("syncs.show", sync_id=sync_id)


@bp.get("/<int:sync_id>")
def show(sync_id: int) -> ResponseReturnValue:
    """What a run read and changed, what it noticed, and the invariant per customer."""
    sync = web.row_or_404(Sync, sync_id)
    if sync.state == "staged":
        return web.go("syncs.check", sync_id=sync.id)
    if sync.state == "running":
        return web.go("sync_running.show", sync_id=sync.id)
    if sync.kind == "bank":
        return web.go("sync_banks.show", sync_id=sync.id)
    kinds = {kind: ids for kind, ids in sync.changes.items() if kind in CHANGE_LABELS}
    shown = request.args.get("show", "")
    shown = shown if shown in kinds else next((kind for kind in CHANGE_LABELS if kinds.get(kind)), "")
    last = last_done_sync(db.session(), sync.company_id)
    found = checks(db.session(), sync.company_id) if sync.state == "done" else []
    return web.render(
        "syncs/show.html",
        sync=sync,
        about=_about(sync, named=False),
        error=pages.refusal(sync),
        kinds=[(kind, CHANGE_LABELS[kind], len(kinds[kind])) for kind in CHANGE_LABELS if kinds.get(kind)],
        shown=shown,
        items=sync_lists.items(db.session(), sync.company_id, kinds.get(shown, [])[:CHANGES_SHOWN]),
        is_last=last is not None and last.id == sync.id,
        gaps=[one for one in found if one.gap_cents],
        checked=len(found),
        ledger_cents=sum(one.ledger_cents for one in found if one.currency == web.company().currency),
        open_cents=sum(one.open_cents for one in found if one.currency == web.company().currency),
        **pages.remarks([syncs.remark_of(one) for one in sync.remarks]),
    )


@bp.get("/<int:sync_id>/invariant")
def invariant(sync_id: int) -> ResponseReturnValue:
    """The invariant customer by customer: the ledger's balance beside what is open here."""
    sync = web.row_or_404(Sync, sync_id)
    return web.render("syncs/invariant.html", sync=sync, about=_about(sync), checks=checks(db.session(), sync.company_id))


@bp.post("/<int:sync_id>/undo")
def undo(sync_id: int) -> ResponseReturnValue:
    """Take the last run back."""
    sync = web.row_or_404(Sync, sync_id)
    try:
        syncs.undo_sync(db.session(), sync, web.user().id, config.now(), config.today())
    except DomainError as error:
        db.session.rollback()
        flash(pages.said(error), "bad")
        return web.go("syncs.show", sync_id=sync_id)
    follow_up(db.session(), web.company(), config.now(), config.today())
    db.session.commit()
    flash(_("The import was taken back: the ledger is as it was before."), "good")
    return web.go("syncs.show", sync_id=sync_id)


FORMATS = {"fec": "FEC", "ubl": "UBL", "cii": "CII", "facturx": "Factur-X", "zugferd1": "ZUGFeRD"}
CHANGE_LABELS = {
    "new": _l("New"),
    "changed": _l("Changed"),
    "settled": _l("Settled"),
    "vanished": _l("Vanished"),
    "carried": _l("Carried by an opening"),
    "repeated": _l("Repeated by an opening"),
}


def _index(form: UploadForm, refused: str = "", status: int = 200) -> ResponseReturnValue:
    page = sync_lists.runs(db.session(), web.company().id, web.page_number())
    refused = refused or (str(form.file.errors[0]) if form.file.errors else "")
    return web.render("syncs/index.html", form=form, refused=refused, page=page, status=status)


def _refused(path: Path, name: str, error: Refused) -> ResponseReturnValue:
    """The refusal is remembered among the runs; the file is not kept."""
    path.unlink(missing_ok=True)
    session, now = db.session(), config.now()
    sync = syncs.stage_file(session, web.company(), "", name, web.user().id, now)
    syncs.refuse(session, sync, error, web.user().id, now)
    session.commit()
    return _index(UploadForm(formdata=None), refused=pages.said(error), status=422)


def _run(sync: Sync, *, dry_run: bool) -> syncs.SyncResult:
    company, today, path = web.company(), config.today(), pages.file_of(sync)
    options = replace(syncs.read_options(company, today), mapping=pages.mapping_of(sync), max_bytes=_limit())
    known = syncs.is_last_file(db.session(), company, path, options)
    name, number, shape = sync.file_name, sync.id, sync.options.get("shape") or ""
    db.session.rollback()  # no transaction stays open while the file is read
    content = None if known else syncs.read_file(path, name, options)
    return syncs.run_sync(
        db.session(),
        company,
        path,
        name,
        options,
        web.user().id,
        config.now(),
        today,
        dry_run=dry_run,
        staged=pages.staged(number),
        shape=shape,
        file=content,
    )


def _asks(sync: Sync) -> bool:
    return bool(sync.options.get("mapping"))


def _choose(sync: Sync) -> Mapping:
    """Remember with the file what it is and how its columns are understood."""
    form = MappingForm()
    mapping = pages.choose(sync, form)
    if form.kind.data in dict(KINDS):
        mapping = replace(mapping, kind=form.kind.data)
        sync.options = {**sync.options, "mapping": mapping.to_json()}
    db.session.commit()
    return mapping


def _columns(sync: Sync, mapping: Mapping | None, said: str = "", status: int = 200) -> ResponseReturnValue:
    """The page of the columns: what each is taken for, the first rows, what the file then says."""
    if mapping is None:
        return web.go("syncs.check", sync_id=sync.id)
    data, company = pages.file_of(sync).read_bytes(), web.company()
    sniffed = sniff_in_child(data, sync.file_name, mapping.sheet, _limit())
    options = replace(syncs.read_options(company, config.today()), mapping=mapping, max_bytes=_limit())
    preview = preview_in_child(data, sync.file_name, options)
    missing = _missing(mapping)
    form = MappingForm(formdata=None, data=asdict(mapping))
    form.sheet.choices = choices(*((name, name) for name in sniffed.sheets or ("",)))
    return web.render(
        "syncs/columns.html",
        "understood",
        status=status,
        sync=sync,
        about=_about(sync, preview.rows_read),
        form=form,
        columns=pages.shown_columns(sniffed.columns, mapping),
        rows=sniffed.first_rows[1:9],
        choices=[("", _("Leave out")), *FIELD_LABELS.items()],
        preview=preview,
        refused=said or _refusal(preview, missing),
        questions=pages.questions(missing),
    )


def _missing(mapping: Mapping) -> list[str]:
    """What must still be chosen, each as the field people would look for first."""
    return [str(FIELD_LABELS[name]) for name in missing_fields(mapping)]


def _refusal(preview: Preview, missing: list[str]) -> str:
    return pages.said(preview.refused) if preview.refused is not None and not missing else ""


def _about(sync: Sync, rows: int = 0, *, named: bool = True) -> str:
    known = str(sync.options.get("program") or "") or FORMATS.get(sync.format, "")
    return pages.about(sync, known, rows, named=named)


def _limit() -> int:
    return int(current_app.config["SETTINGS"].upload_limit)


def _folder() -> Path:
    return Path(current_app.config["SETTINGS"].data)


def _keep(upload: FileStorage, company_id: int) -> Path:
    """Keep an upload below the data folder under a name of our own, readable by nobody else."""
    folder = _folder() / "uploads" / str(company_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / uuid.uuid4().hex
    upload.save(path)
    path.chmod(0o600)
    return path


def _relative(path: Path) -> str:
    return str(path.relative_to(_folder()))
