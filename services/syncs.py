"""Syncs: reading a file into the ledger of a company, all or nothing, repeatable, with a way back.

The file is read elsewhere (`integrations.ledgers`, in a child process), what it means is drafted and settled by
`ledger_draft` and `ledger_settle`, written by `ledger_store`. Nothing here commits."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from integrations.files import Refused, digest_of
from integrations.ledgers.sandbox import read_in_child
from integrations.ledgers.values import ReadOptions
from models import audit, bulk, e_invoices
from models.company import Company
from models.jobs import add_job
from models.ledger import (
    Stored,
    announced_by_customer,
    checks,
    company_opens,
    forget_old_undo,
    journal_days,
    last_done_sync,
    last_entry_on,
    last_list_on,
    ledger_shape,
    opens_by_customer,
    stored_allocations,
    stored_items,
)
from models.syncs import Sync
from rules.errors import DomainError
from rules.ledger import LedgerSnapshot, Remark
from rules.terms import Terms
from services import bank_ledger, mappings
from services.ledger_draft import Book, Days, Draft, DueDates, draft_journal, draft_list, older_known
from services.ledger_settle import Plan, ledger_side, settle_draft
from services.ledger_store import Undo, look_again, take_back, unpack, write_plan
from services.third_parties import PROVISIONAL, CustomerPlan, plan_customers, write_customers

MAX_IDS = 5000  # of each kind of change, kept for the page
SOME = 2000  # customers up to which only theirs are read, not the whole ledger
UNDOABLE = 5  # syncs that keep what takes them back


@dataclass(slots=True)
class SyncResult:
    """What a sync did (or, on a dry run, would do). Counts are of items; money is signed cents."""

    status: str  # done, refused, dry_run
    format: str = ""
    kind: str = ""
    lines_read: int = 0
    customers: int = 0
    customers_new: int = 0
    starts_on: date | None = None
    ends_on: date | None = None
    debit_cents: int = 0  # of the file's lines on customer accounts
    credit_cents: int = 0
    items_new: int = 0
    items_changed: int = 0
    items_settled: int = 0
    items_vanished: int = 0
    balance_cents: int = 0  # Σ open of the company afterwards, in its currency
    gap_cents: int = 0
    remarks: list[Remark] = field(default_factory=list)
    error: DomainError | None = None
    sync_id: int | None = None


def stage_file(session: Session, company: Company, path: str, filename: str, actor_id: int | None, now: datetime) -> Sync:
    """Note a file that was received and kept (`path`, below the data folder) but not read in yet."""
    sync = Sync(company_id=company.id, state="staged", file_name=filename, file_path=path, started_at=now, by_id=actor_id)
    session.add(sync)
    session.flush()
    return sync


def order_import(session: Session, sync: Sync, now: datetime) -> bool:
    """Have the worker take a staged file in; False when it is ordered already (clicked twice)."""
    if sync.state != "staged":
        return False
    sync.state, sync.error = "running", None
    return add_job(session, "sync", now, f"sync:{sync.id}", sync_id=sync.id) is not None


def read_options(company: Company, today: date) -> ReadOptions:
    """How files of this company are read."""
    return ReadOptions(customer_accounts=company.account_prefixes, currency=company.currency, today=today)


def run_sync(
    session: Session,
    company: Company,
    path: Path,
    filename: str,
    options: ReadOptions,
    actor_id: int | None,
    now: datetime,
    today: date,
    *,
    dry_run: bool = False,
    staged: Sync | None = None,
    shape: str = "",
    file: ReadFile | None = None,
) -> SyncResult:
    """Read a file and take it into the ledger; the mapping used is remembered for the `shape` given. Who holds the
    write lock should have it read before (`file`, from `read_file`): that takes seconds. A refused file leaves a Sync row with the reason and nothing else; the
    same file again, nothing having come between, changes nothing."""
    digest = file.digest if file else digest_of(path)
    last = _last_as(session, company, digest, options)
    if last is not None:
        return _again(session, company, last, filename, actor_id, now, dry_run=dry_run, staged=staged)
    sync = staged
    try:
        snapshot, used = _content(session, company, path, filename, file or read_file(path, filename, options))
        if dry_run:
            with no_collecting():
                return _preview(session, company, snapshot, today)
        sync = staged or stage_file(session, company, "", filename, actor_id, now)
        sync.file_hash, sync.options = digest, _settings(used)
        with session.begin_nested():
            result = apply_snapshot(session, company, snapshot, sync, now, today)
    except DomainError as error:
        return _refused(session, company, error, filename, digest, actor_id, now, dry_run=dry_run, staged=sync)
    if shape and used.mapping is not None:
        mappings.remember(session, company.id, shape, used.mapping, now)
    counts = {name: getattr(result, name) for name in ("items_new", "items_changed", "items_settled", "items_vanished")}
    audit.record(session, now, actor_id, company.id, "run", "sync", sync.id, {"file": filename, **counts})
    return result


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file read (or refused) before any transaction was begun."""

    digest: str  # SHA-256 of its bytes
    options: ReadOptions
    snapshot: LedgerSnapshot | None
    refused: Refused | None = None


def read_file(path: Path, filename: str, options: ReadOptions) -> ReadFile:
    """Read a file in the child process; asks nothing of the database, so that no lock is held meanwhile."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    try:
        return ReadFile(digest, options, read_in_child(data, filename, options))
    except Refused as refused:
        return ReadFile(digest, options, None, refused)


def is_last_file(session: Session, company: Company, path: Path, options: ReadOptions) -> bool:
    """Whether these are the bytes, and the meaning, of the last sync: they need not be read again."""
    return _last_as(session, company, digest_of(path), options) is not None


def _last_as(session: Session, company: Company, digest: str, options: ReadOptions) -> Sync | None:
    last = last_done_sync(session, company.id)
    if last is not None and last.file_hash == digest and _means_the_same(last.options, _settings(options)):
        return last
    return None


def _content(
    session: Session, company: Company, path: Path, filename: str, file: ReadFile
) -> tuple[LedgerSnapshot, ReadOptions]:
    """The file in our words; a spreadsheet of a shape seen before is read as it was then."""
    if file.refused is not None and file.refused.code == "mapping_needed" and file.options.mapping is None:
        mapping = mappings.recall(session, company.id, path.read_bytes(), filename)
        if mapping is not None:
            file = read_file(path, filename, replace(file.options, mapping=mapping))
    if file.snapshot is None:
        assert file.refused is not None
        raise file.refused
    return file.snapshot, file.options


def _settings(options: ReadOptions) -> dict[str, Any]:
    return {
        "mapping": options.mapping.to_json() if options.mapping else None,
        "customer_accounts": list(options.customer_accounts),
        "currency": options.currency,
        "day": options.today.isoformat() if options.today else None,
    }


def _means_the_same(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether the same bytes mean the same: accounts, currency, mapping; the day where the file does not say its own."""
    mapping = before.get("mapping")
    names = ["customer_accounts", "currency"]
    if now["mapping"] is not None:
        names.append("mapping")
    if mapping and mapping.get("kind") == "open_items" and not mapping.get("as_of"):
        names.append("day")
    return all(before.get(name) == now[name] for name in names)


def _again(
    session: Session,
    company: Company,
    last: Sync,
    filename: str,
    actor_id: int | None,
    now: datetime,
    *,
    dry_run: bool,
    staged: Sync | None,
) -> SyncResult:
    """The file of the last sync once more: the ledger is as fresh as today, nothing changes."""
    remarks = [remark_of(one) for one in last.remarks]
    result = SyncResult(
        "dry_run" if dry_run else "done", last.format, last.kind, last.lines_read, last.customers,
        balance_cents=last.balance_cents, gap_cents=last.gap_cents, remarks=remarks,
    )  # fmt: skip
    if dry_run:
        return result
    sync = staged or stage_file(session, company, "", filename, actor_id, now)
    sync.file_hash, sync.options = last.file_hash, dict(last.options)
    sync.starts_on, sync.ends_on = last.starts_on, last.ends_on
    undo = Undo(last_sync_at=_text(company.last_sync_at), ledger_on=_text(company.ledger_on))
    _finish(session, company, sync, result, {}, undo, now)
    audit.record(session, now, actor_id, company.id, "run", "sync", sync.id, {"file": filename, "same_file": True})
    return result


def _refused(
    session: Session,
    company: Company,
    error: DomainError,
    filename: str,
    digest: str,
    actor_id: int | None,
    now: datetime,
    *,
    dry_run: bool,
    staged: Sync | None,
) -> SyncResult:
    result = SyncResult("refused", error=error)
    result.balance_cents = company_opens(session, company.id, company.currency)
    if dry_run:
        return result
    sync = staged or stage_file(session, company, "", filename, actor_id, now)
    sync.file_hash = digest
    refuse(session, sync, error, actor_id, now)
    result.sync_id = sync.id
    return result


def refuse(session: Session, sync: Sync, error: DomainError, actor_id: int | None, now: datetime) -> None:
    """Remember why a file was refused; nothing else of it is kept."""
    sync.state, sync.finished_at = "refused", now
    sync.error = {"code": error.code, "params": _plain(error.params)}
    audit.record(
        session, now, actor_id, sync.company_id, "refuse", "sync", sync.id, {"file": sync.file_name, "code": error.code}
    )
    session.flush()


def _preview(session: Session, company: Company, snapshot: LedgerSnapshot, today: date) -> SyncResult:
    """All of a sync but the writing."""
    customers = plan_customers(session, company, snapshot)
    result = _counted("dry_run", snapshot, customers)
    result.balance_cents = company_opens(session, company.id, company.currency)
    if snapshot.kind == "third_parties":
        return result
    book = _book(session, company, customers, stored_items(session, company.id))
    draft = _draft(book, snapshot, customers, today)
    plan = _settle(session, company, draft)
    _count(result, plan)
    result.balance_cents += _balance_change(plan, company.currency)
    return result


def _balance_change(plan: Plan, currency: str) -> int:
    """By how much Σ open of the touched lines changes."""
    draft = plan.draft
    left = plan.outcomes.open_cents
    after = sum(cents for one, cents in zip(draft.records, left, strict=True) if one.currency == currency)
    before = sum(one.open_cents for one in (*draft.before, *draft.vanished) if one and one.currency == currency)
    return after - before


def apply_snapshot(
    session: Session, company: Company, snapshot: LedgerSnapshot, sync: Sync, now: datetime, today: date
) -> SyncResult:
    """Take a ledger that was read into the books of the company; repeatable without effect.

    Errors (nothing may be kept then, the caller rolls back or uses a savepoint): no_customer_lines, older_list,
    list_before_journal, list_without_day."""
    session.flush()
    with no_collecting(), bulk.more_cache(session):
        bank_ledger.lift(session, company)
        return _apply(session, company, snapshot, sync, now, today)


@contextmanager
def no_collecting() -> Iterator[None]:
    """A million small tuples, none in cycles: looking for cycles among them takes half of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if not gc.get_freeze_count():  # what was made counts as old: it is not looked through at once
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _apply(session: Session, company: Company, snapshot: LedgerSnapshot, sync: Sync, now: datetime, today: date) -> SyncResult:
    before = _text(company.last_sync_at), _text(company.ledger_on)
    customers = plan_customers(session, company, snapshot)
    undo_customers = write_customers(session, company, customers, now, today)
    result = _counted("done", snapshot, customers)
    touched = {one.id for one in customers.changed}
    undo, changes = Undo(), dict[str, list[int]]()
    if snapshot.kind != "third_parties":
        book = _book(session, company, customers, stored_items(session, company.id))
        draft = _draft(book, snapshot, customers, today)
        plan = _settle(session, company, draft)
        undo = write_plan(session, company.id, sync.id, snapshot.format, plan, today)
        _count(result, plan)
        changes = _changes(plan, undo.ids)
        touched |= draft.touched
        if book.provisional:
            e_invoices.follow_items(session, company.id)
        result.gap_cents = _gap(session, company, draft)
        company.ledger_on = _last_day(session, company, plan)
    retimed = customers.with_new_terms()
    if retimed:
        more = _retime(session, company, customers, retimed, sync.id, snapshot.format, today)
        undo.add(more)
    if _text(company.ledger_on) != before[1]:  # whether the ledger should hold their invoices by now
        touched |= {customer_id for customer_id, _ in announced_by_customer(session, company.id)}
    look_again(session, (touched | retimed) - undo_customers.made, today)
    undo.customers = undo_customers
    undo.customers_until = bulk.last_id(session, "customer")
    undo.contacts_until = bulk.last_id(session, "contact")
    undo.last_sync_at, undo.ledger_on = before
    sync.starts_on, sync.ends_on = snapshot.starts_on, snapshot.ends_on
    if touched or retimed:
        company.ledger_version += 1
    look_again(session, bank_ledger.follow(session, company, None, now, today), today)
    result.balance_cents = company_opens(session, company.id, company.currency)
    _finish(session, company, sync, result, changes, undo, now)
    return result


def _gap(session: Session, company: Company, draft: Draft) -> int:
    """The invariant: what the ledger's lines sum to less what is open now, absolute, over the customers touched. The
    others were found right when they were touched last."""
    last = last_done_sync(session, company.id)
    if last is not None and last.gap_cents:
        return sum(abs(one.gap_cents) for one in checks(session, company.id))
    opens = opens_by_customer(session, company.id)
    wanted = ledger_side(draft)
    strays = {key: cents for key, cents in opens.items() if key[0] in draft.touched and key not in wanted}
    return sum(abs(cents - opens.get(key, 0)) for key, cents in wanted.items()) + sum(map(abs, strays.values()))


def _last_day(session: Session, company: Company, plan: Plan) -> date | None:
    """The latest day anything in the ledger counts from."""
    if plan.draft.vanished:
        return last_entry_on(session, company.id)
    known = zip(plan.draft.records, plan.outcomes.counts_on, strict=True)
    latest = max((day for one, day in known if not one.announced), default="")
    days = [date.fromisoformat(latest)] if latest else []
    return max([*days, *([company.ledger_on] if company.ledger_on else [])], default=None)


def _book(
    session: Session, company: Company, customers: CustomerPlan, stored: list[Stored], *, listed: bool | None = None
) -> Book:
    if listed is None:
        listed = any(one.listed_cents is not None for one in stored)
    return Book(
        prefixes=tuple(sorted(company.account_prefixes, key=len, reverse=True)),
        terms=Terms(company.terms_days, company.terms_mode),
        customer_terms=customers.terms(),
        stored=stored,
        journals=journal_days(session, company.id),
        list_on=last_list_on(session, company.id) if listed else None,
        provisional=frozenset(one.id for code, one in customers.known.items() if code.startswith(PROVISIONAL)),
    )


def _draft(book: Book, snapshot: LedgerSnapshot, customers: CustomerPlan, today: date) -> Draft:
    if snapshot.kind == "open_items":
        return draft_list(book, snapshot, customers.ids, today)
    return draft_journal(book, snapshot, customers.ids)


def _settle(session: Session, company: Company, draft: Draft) -> Plan:
    ids = {one.id: one.customer_id for one in draft.records if one.id}
    ids |= {one.id: one.customer_id for one in draft.vanished}
    allocations = stored_allocations(session, company.id, ids) if ids else []
    month = int(draft.cuts[-1][5:7]) if draft.cuts else 1
    prefixes = sorted(company.account_prefixes, key=len, reverse=True)
    return settle_draft(draft, prefixes, allocations, month)


def _counted(status: str, snapshot: LedgerSnapshot, customers: CustomerPlan) -> SyncResult:
    return SyncResult(
        status, snapshot.format, snapshot.kind, snapshot.lines_read, customers.met, len(customers.new),
        snapshot.starts_on, snapshot.ends_on,
        sum(line.debit_cents for line in snapshot.lines), sum(line.credit_cents for line in snapshot.lines),
        remarks=list(snapshot.remarks),
    )  # fmt: skip


def _count(result: SyncResult, plan: Plan) -> None:
    result.items_new, result.items_changed = len(plan.new), len(plan.changed)
    result.items_settled, result.items_vanished = len(plan.settled), len(plan.draft.vanished)
    result.remarks += plan.draft.remarks
    counted = sum(plan.draft.records[place].opens_on is not None for place in plan.new)
    if plan.repeated or plan.carried:
        params: dict[str, object] = {"repeated": len(plan.repeated), "counted": counted, "carried": len(plan.carried)}
        result.remarks.append(Remark("openings_read", params=params))


def _changes(plan: Plan, ids: Sequence[int]) -> dict[str, list[int]]:
    """Ids of items by kind of change, at most `MAX_IDS` of each, for the page."""
    places = {
        "new": plan.new,
        "changed": plan.changed,
        "settled": plan.settled,
        "carried": plan.carried,
        "repeated": plan.repeated,
    }
    found = {kind: [ids[place] for place in some[:MAX_IDS]] for kind, some in places.items()}
    found["vanished"] = [one.id for one in plan.draft.vanished[:MAX_IDS]]
    return {kind: numbers for kind, numbers in found.items() if numbers}


def _finish(
    session: Session,
    company: Company,
    sync: Sync,
    result: SyncResult,
    changes: dict[str, list[int]],
    undo: Undo,
    now: datetime,
) -> None:
    """The Sync row says what was done; the ledger is as fresh as now."""
    for name in (
        "format", "kind", "lines_read", "customers", "customers_new", "items_new", "items_changed", "items_settled",
        "items_vanished", "balance_cents", "gap_cents",
    ):  # fmt: skip
        setattr(sync, name, getattr(result, name))
    sync.state, sync.finished_at, sync.error = "done", now, None
    sync.remarks = [
        {"code": one.code, "line": one.line, "column": one.column, "params": _plain(one.params)} for one in result.remarks
    ]
    sync.changes, sync.undo = changes, undo.packed()
    company.last_sync_at = now
    result.sync_id = sync.id
    session.flush()
    forget_old_undo(session, company.id, UNDOABLE)
    session.expire_all()


def remark_of(stored: Mapping[str, Any]) -> Remark:
    """A remark as a Sync row keeps it."""
    return Remark(stored["code"], stored.get("line"), stored.get("column"), dict(stored.get("params") or {}))


def _plain(params: Mapping[str, object]) -> dict[str, object]:
    return {name: value if isinstance(value, str | int | float | bool | None) else str(value) for name, value in params.items()}


def _text(value: date | datetime | None) -> str | None:
    return value.isoformat() if value else None


def recompute_due_dates(session: Session, company: Company, customer_ids: Iterable[int] | None, today: date) -> int:
    """Due dates after terms of customers (None: of the company) have changed; those of the file or set by hand stay.

    Gives how many items moved; the customers concerned are looked at again today."""
    bank_ledger.lift(session, company)
    customers = plan_customers(session, company, LedgerSnapshot("third_parties", "", [], [], [], 0))
    wanted = {one.id for one in customers.known.values()} if customer_ids is None else set(customer_ids)
    undo = _retime(session, company, customers, wanted, None, "", today)
    bank_ledger.follow(session, company, wanted, None, today, rematch=False)
    if undo.items:
        company.ledger_version += 1
        look_again(session, {one.customer_id for one in undo.items}, today)
        session.expire_all()
    return len(undo.items)


def _retime(
    session: Session,
    company: Company,
    customers: CustomerPlan,
    wanted: set[int],
    sync_id: int | None,
    source: str,
    today: date,
) -> Undo:
    """New due dates of these customers' items, and what that means for partly settled groups (oldest due first)."""

    def retimed(one: Stored, due: DueDates) -> Stored:
        if one.due_source not in ("customer", "company"):
            return one
        document_on = date.fromisoformat(one.document_on)
        found = due.of(one.customer_id, one.kind, one.amount_cents, document_on, None)
        return one if found == (one.due_on, one.due_source) else one._replace(due_on=found[0], due_source=found[1])

    return rewrite_lines(session, company, customers, wanted, retimed, (), sync_id, source, today)[1]


def rewrite_lines(
    session: Session,
    company: Company,
    customers: CustomerPlan,
    wanted: set[int],
    change: Callable[[Stored, DueDates], Stored],
    added: Sequence[Stored],
    sync_id: int | None,
    source: str,
    today: date,
) -> tuple[Plan | None, Undo]:
    """Change lines of these customers (the same object back: nothing changes) and add lines to them, then settle their
    accounts anew. Added lines stand at the end of the plan's places. No plan: nothing changed."""
    whole = ledger_shape(session, company.id)
    stored = stored_items(session, company.id, None if len(wanted) > SOME else wanted)
    book = _book(session, company, customers, stored, listed=whole.listed)
    draft = Draft(list_on=book.list_on, replay=book.list_on is None)
    draft.cuts, draft.earlier = whole.cuts, older_known(whole.cuts, whole.first)
    due = DueDates(book, Days())
    lines: list[tuple[Stored, Stored | None]] = []
    for one in stored:
        if one.customer_id in wanted:
            after = change(one, due)
            if one.state != "vanished" or after is not one:
                lines.append((after, one))
    lines += [(one, None) for one in added]
    if all(after is before for after, before in lines):
        return None, Undo()
    for after, before in lines:
        draft.records.append(after)
        draft.before.append(before)
        draft.source_lines.append(None)
    plan = _settle(session, company, draft)
    return plan, write_plan(session, company.id, sync_id, source, plan, today)


def undo_sync(session: Session, sync: Sync, actor_id: int | None, now: datetime, today: date) -> None:
    """Take the last sync back: the ledger is as it was before it. Errors: sync_not_last, sync_undo_gone."""
    company = session.get_one(Company, sync.company_id)
    last = last_done_sync(session, company.id)
    if last is None or last.id != sync.id:
        raise DomainError("sync_not_last")
    if sync.undo is None:
        raise DomainError("sync_undo_gone")
    bank_ledger.lift(session, company)
    content = unpack(sync.undo)
    if sync.kind == "invoices":
        e_invoices.forget(session, sync.id)
    touched = take_back(session, sync.id, content)
    e_invoices.follow_items(session, company.id)
    before, ledger_on = content["company"]
    company.last_sync_at = datetime.fromisoformat(before) if before else None
    company.ledger_on = date.fromisoformat(ledger_on) if ledger_on else None
    company.ledger_version += 1
    touched |= {customer_id for customer_id, _ in announced_by_customer(session, company.id)}
    look_again(session, touched | bank_ledger.follow(session, company, None, now, today), today)
    sync.state, sync.undo = "undone", None
    audit.record(session, now, actor_id, company.id, "undo", "sync", sync.id, {"file": sync.file_name})
    session.flush()
    session.expire_all()
