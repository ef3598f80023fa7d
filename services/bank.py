"""Bank files taken into the tables: each movement once, what it pays found, what is certain applied; and the way back.

The file is read elsewhere (`integrations.banks`, in a child process); what people decide stands in `bank_decide`, what
the ledger says later in `bank_ledger`. Nothing here commits."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from integrations import sandbox
from integrations.files import MAX_BYTES, Refused
from models import audit, bank_book, bank_store, bulk
from models.bank import BankAccount
from models.company import Company
from models.syncs import Sync
from rules.bank import BankFile, Movement, Statement
from rules.bank_identity import Stored, file_keys, replaces
from rules.errors import DomainError
from rules.ledger import Remark
from rules.matching_facts import Paid
from rules.words import fold
from services import bank_ledger, bank_returns
from services.bank_learn import Lesson, learn, unlearn
from services.bank_match import Verdict, Verdicts, judge_movements, match_rows, movement_outcome
from services.follow_up import follow_up
from services.ledger_store import look_again
from services.syncs import no_collecting, refuse, remark_of, stage_file

NEAR = timedelta(days=10)  # a booking and its announcement lie closer together


@dataclass(frozen=True, slots=True)
class StatementRead:
    """A statement as a sync shows it. `movements` are those of the file, `new` those not known before."""

    account: str
    currency: str
    number: str
    kind: str
    opening_cents: int | None
    closing_cents: int | None
    starts_on: date | None
    ends_on: date | None
    movements: int
    new: int


@dataclass(slots=True)
class BankResult:
    """What a bank sync did, or on a dry run would do. matched + proposed + unknown + ignored = new."""

    status: str  # done, refused, dry_run
    format: str = ""
    statements: list[StatementRead] = field(default_factory=list)
    movements: int = 0
    new: int = 0
    matched: int = 0  # applied by itself, or in the ledger already
    proposed: int = 0
    unknown: int = 0
    ignored: int = 0  # money that went out: no customer's
    remarks: list[Remark] = field(default_factory=list)
    error: DomainError | None = None
    sync_id: int | None = None


@dataclass(frozen=True, slots=True)
class BankRead:
    """A bank file read (or refused) before any transaction was begun."""

    digest: str
    file: BankFile | None
    refused: Refused | None = None


@dataclass(slots=True)
class _New:
    """A movement not known before, with the id it will have."""

    id: int
    account: int  # place of its account in the plan
    statement: int  # place of its statement in the file
    key: str
    movement: Movement

    @property
    def matters(self) -> bool:
        """Whether it may concern a customer: money in, or a payment given back."""
        return self.movement.amount_cents > 0 or (self.movement.returned and self.movement.amount_cents < 0)


@dataclass(slots=True)
class _Plan:
    file: BankFile
    accounts: list[tuple[str, str]] = field(default_factory=list)  # number and currency
    new: list[_New] = field(default_factory=list)
    early: list[_New] = field(default_factory=list)  # those of them that announce a booking
    booked: list[_New] = field(default_factory=list)  # takes the place of a stored movement (its id) that announced it
    removed: list[int] = field(default_factory=list)  # stored totals whose details have come
    verdicts: Verdicts = field(default_factory=Verdicts)


def read_file(path: Path, filename: str, options: object, *, max_bytes: int = MAX_BYTES) -> BankRead:
    """Read a bank file in the child process; asks nothing of the database, so that no lock is held meanwhile."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    try:
        with no_collecting():
            return BankRead(digest, sandbox.ask("banks", "read", data, filename, options, max_bytes=max_bytes))
    except Refused as refused:
        return BankRead(digest, None, refused)


def is_known_file(session: Session, company: Company, digest: str) -> bool:
    """Whether these very bytes were taken in and stand: they need not be read again."""
    return bank_store.bank_sync_of(session, company.id, digest) is not None


def run_bank_sync(
    session: Session, company: Company, content: BankRead, filename: str, actor_id: int | None, now: datetime, today: date, *,
    dry_run: bool = False, staged: Sync | None = None,
) -> BankResult:  # fmt: skip
    """Take a file that was read into the tables. A refused one leaves a Sync row with the reason and nothing else; bytes
    taken in before change nothing."""
    if content.refused is None and is_known_file(session, company, content.digest):
        return _again(session, company, content.digest, filename, actor_id, now, dry_run=dry_run, staged=staged)
    if content.file is None:
        error = content.refused
        assert error is not None
        result = BankResult("refused", error=error)
        if not dry_run:
            sync = staged or stage_file(session, company, "", filename, actor_id, now)
            sync.file_hash, sync.kind = content.digest, "bank"
            refuse(session, sync, error, actor_id, now)
            result.sync_id = sync.id
        return result
    return sync_bank(
        session, company, content.file, filename, actor_id, now, today, dry_run=dry_run, digest=content.digest, staged=staged
    )


def sync_bank(
    session: Session, company: Company, file: BankFile, filename: str, actor_id: int | None, now: datetime, today: date, *,
    dry_run: bool = False, digest: str = "", staged: Sync | None = None,
) -> BankResult:  # fmt: skip
    """Take statements into the tables: movements not known before are kept and matched; above the company's threshold
    they are applied, below proposed. Customers concerned are decided anew in the same transaction."""
    session.flush()
    with no_collecting():
        plan = _plan(session, company, file)
        result = _counted(plan, "dry_run" if dry_run else "done")
        if dry_run:
            return result
        sync = staged or stage_file(session, company, "", filename, actor_id, now)
        with bulk.more_cache(session):
            _take(session, company, sync, plan, result, digest, now, today)
        counts = {name: getattr(result, name) for name in ("new", "matched", "proposed", "unknown", "ignored")}
        audit.record(session, now, actor_id, company.id, "run", "sync", sync.id, {"file": filename, "kind": "bank", **counts})
        session.expire_all()
        follow_up(session, company, now, today)
    return result


def _take(
    session: Session,
    company: Company,
    sync: Sync,
    plan: _Plan,
    result: BankResult,
    digest: str,
    now: datetime,
    today: date,
) -> None:
    """Write a plan, give back what came back, lay the bank's part on, learn who pays from where."""
    if plan.new or plan.booked or plan.removed:
        bank_ledger.lift(session, company)
    account_ids = _write(session, company, sync, plan, now)
    returned = bank_returns.give_back(session, company, [one.id for one in plan.new if one.movement.returned], now)
    result.matched += returned.matched
    result.proposed += returned.proposed
    result.unknown -= returned.matched + returned.proposed
    touched = _customers(plan) | returned.customers
    if plan.booked or plan.removed:
        touched |= bank_ledger.follow(session, company, touched, now, today, rematch=False)
    elif plan.new:
        first_on = min(one.movement.booked_on for one in plan.new)
        judged = returned.customers.union(bank_ledger.uncertain_after(session, company, first_on, touched))
        touched |= bank_ledger.follow(session, company, judged, now, today, rematch=False)
    learn(session, company, _lessons(plan, company))
    bank_store.refresh_balances(session, company.id)
    _finish(session, sync, plan, result, digest, account_ids, now)
    look_again(session, touched, today)
    if touched:
        company.ledger_version += 1


def _plan(session: Session, company: Company, file: BankFile) -> _Plan:
    """Which movements are new, and what they pay; writes nothing."""
    plan = _Plan(file)
    known = bank_store.accounts_by_number(session, company.id)
    identities = file_keys(file.statements)
    seen: dict[tuple[str, str], set[str]] = {}
    # What announces a booking (intraday report, advice) is looked at before the statements of the day that book it.
    for number in sorted(range(len(file.statements)), key=lambda place: file.statements[place].kind == "day"):
        statement = file.statements[number]
        whose = statement.account, statement.currency
        if whose not in seen:
            plan.accounts.append(whose)
            seen[whose] = set()
        account = known.get(whose)
        mine = identities[number]
        stored = bank_store.known_keys(session, account.id, mine) if account and mine else set()
        fresh = []
        for movement, key in zip(statement.movements, mine, strict=True):
            if key not in stored and key not in seen[whose]:
                seen[whose].add(key)
                fresh.append(_New(0, plan.accounts.index(whose), number, key, movement))
        if fresh:
            _sort(session, plan, fresh, statement, account)
    next_id = bulk.last_id(session, "bank_movement") + 1
    plan.new.sort(key=lambda one: one.statement)
    for one in plan.new:
        one.id, next_id = next_id, next_id + 1
    plan.verdicts = judge_movements(session, company, [_paid(one) for one in plan.new if one.movement.amount_cents > 0])
    return plan


def _sort(session: Session, plan: _Plan, fresh: list[_New], statement: Statement, account: BankAccount | None) -> None:
    """Movements of a statement that no file has shown as they are: new, or known under another form."""
    days = [one.movement.booked_on for one in fresh]
    since, until = min(days) - NEAR, max(days) + NEAR
    if statement.kind == "day":
        _book(session, plan, fresh, account, since, until)
    else:
        _announce(session, plan, fresh, account, since, until)


def _book(session: Session, plan: _Plan, fresh: list[_New], account: BankAccount | None, since: date, until: date) -> None:
    """Booked movements: one that was announced takes its place; the total of details known already is not one more."""
    announced = bank_store.announced(session, account.id, since, until) if account else []
    waiting = {-place: one for place, one in enumerate(plan.early, 1) if one.account == fresh[0].account}
    announced += [_stored(number, one) for number, one in waiting.items()]
    if not announced:
        plan.new += fresh
        return
    gone = set()
    for one, ids in zip(fresh, replaces(announced, [one.movement for one in fresh]), strict=True):
        if not ids:
            plan.new.append(one)
        elif len(ids) == 1 and ids[0] > 0:
            one.id = ids[0]
            plan.booked.append(one)
        elif len(ids) == 1:
            gone.add(id(waiting[ids[0]]))
            plan.new.append(one)
    if gone:
        plan.new = [one for one in plan.new if id(one) not in gone]
        plan.early = [one for one in plan.early if id(one) not in gone]


def _announce(session: Session, plan: _Plan, fresh: list[_New], account: BankAccount | None, since: date, until: date) -> None:
    """Announced movements: those booked already are nothing new; details of a total nobody has decided about replace it."""
    booked = bank_store.booked(session, account.id, since, until) if account else []
    skipped: set[int] = set()
    if booked:
        answers = replaces([_stored(place, one) for place, one in enumerate(fresh)], [movement for _, _, movement in booked])
        for (number, undecided, _), places in zip(booked, answers, strict=True):
            if len(places) > 1 and undecided:
                plan.removed.append(number)
            else:
                skipped.update(places)
    kept = [one for place, one in enumerate(fresh) if place not in skipped]
    plan.new += kept
    plan.early += kept


def _stored(number: int, one: _New) -> Stored:
    m = one.movement
    return Stored(
        number, m.booked_on, m.amount_cents, m.currency, m.uid, m.name, m.iban, m.structured, m.end_to_end, m.text, m.batch
    )


def _paid(one: _New) -> Paid:
    m = one.movement
    return Paid(
        one.id, m.booked_on, m.amount_cents, m.currency, m.name, m.iban, m.structured, m.end_to_end, m.text, m.invoices,
        m.returned, bool(m.mandate),
    )  # fmt: skip


def _outcome(one: _New, verdict: Verdict | None) -> tuple[str, int, int | None, int | None]:
    """State, what is left, who paid and the ledger's line."""
    if not one.matters:
        return "ignored", one.movement.amount_cents, None, None
    return movement_outcome(verdict, one.movement.amount_cents)


COUNTED = {"matched": "matched", "proposed": "proposed", "open": "unknown", "ignored": "ignored"}


def _counted(plan: _Plan, status: str) -> BankResult:
    file = plan.file
    new = Counter(one.statement for one in plan.new)
    result = BankResult(status, file.format, remarks=list(file.remarks), new=len(plan.new))
    result.movements = sum(len(one.movements) for one in file.statements)
    result.statements = [_read(one, new[number]) for number, one in enumerate(file.statements)]
    states = Counter(_outcome(one, plan.verdicts.by_id.get(one.id))[0] for one in plan.new)
    for state, name in COUNTED.items():
        setattr(result, name, states[state])
    return result


def _read(one: Statement, new: int) -> StatementRead:
    days = [movement.booked_on for movement in one.movements]
    return StatementRead(
        one.account, one.currency, one.number, one.kind, one.opening_cents, one.closing_cents,
        one.opening_on or min(days, default=None), one.closing_on or max(days, default=None), len(one.movements), new,
    )  # fmt: skip


def _write(session: Session, company: Company, sync: Sync, plan: _Plan, now: datetime) -> list[int]:
    """Accounts, statements, movements and matches; gives the ids of the accounts."""
    account_ids = _write_accounts(session, company, plan)
    statement_ids = _write_statements(session, company, sync, plan, account_ids)
    rows = _Rows(company)
    movements, matches = [], []
    for one in plan.new:
        verdict = plan.verdicts.by_id.get(one.id)
        movements.append(rows.of(one, verdict, account_ids[one.account], statement_ids[one.statement]))
        if verdict is not None:
            matches += match_rows(company.id, one.id, verdict, now)
            for number, other in enumerate(plan.verdicts.others.get(one.id, ()), 2):
                matches += match_rows(company.id, one.id, other, now, proposal=number)
    bank_store.insert_movements(session, movements)
    bank_store.insert_matches(session, matches)
    sync.undo = _replace(session, company, plan, account_ids, statement_ids)
    return account_ids


def _replace(session: Session, company: Company, plan: _Plan, account_ids: list[int], statement_ids: list[int]) -> bytes | None:
    """Booked movements take the place of announced ones, details that of their total; gives what takes that back."""
    bank_store.remove_movements(session, plan.removed)
    if not plan.booked:
        return None
    earlier = bank_store.facts_of(session, [one.id for one in plan.booked])
    rows, made = [], _Rows(company)
    for one in plan.booked:
        row = dict(zip(bank_store.MOVEMENT, made.of(one, None, account_ids[one.account], 0), strict=True))
        rows.append((*(row[name] for name in bank_store.FACTS), statement_ids[one.statement], one.id))
    bank_store.write_facts(session, rows)
    return zlib.compress(json.dumps(earlier).encode(), 1)


def _write_accounts(session: Session, company: Company, plan: _Plan) -> list[int]:
    known = bank_store.accounts_by_number(session, company.id)
    said = {(one.account, one.currency): one for one in plan.file.statements}
    for whose in plan.accounts:
        if whose not in known:
            statement = said[whose]
            known[whose] = BankAccount(
                company_id=company.id, number=whose[0], currency=whose[1], name=statement.holder, bic=statement.bic
            )
            session.add(known[whose])
    session.flush()
    return [known[whose].id for whose in plan.accounts]


def _write_statements(session: Session, company: Company, sync: Sync, plan: _Plan, account_ids: list[int]) -> list[int]:
    first = bulk.last_id(session, "bank_statement") + 1
    places = {whose: place for place, whose in enumerate(plan.accounts)}
    new = Counter(one.statement for one in plan.new)
    rows = []
    for number, one in enumerate(plan.file.statements):
        read = _read(one, new[number])
        rows.append((
            first + number, company.id, account_ids[places[one.account, one.currency]], sync.id, one.kind, one.number, one.uid,
            one.opening_cents, one.closing_cents, _text(read.starts_on), _text(read.ends_on), read.movements, read.new,
        ))  # fmt: skip
    columns = (
        "id", "company_id", "account_id", "sync_id", "kind", "number", "uid", "opening_cents", "closing_cents", "opening_on",
        "closing_on", "movements", "movements_new",
    )  # fmt: skip
    bulk.insert(session, "bank_statement", columns, rows)
    return [row[0] for row in rows]


class _Rows:
    """Rows of movements in the order of `bank_store.MOVEMENT`. Days and names repeat: each is written out once."""

    def __init__(self, company: Company) -> None:
        self.company_id = company.id
        self.day: dict[date | None, str | None] = {None: None}
        self.folded: dict[str, str] = {"": ""}

    def of(self, one: _New, verdict: Verdict | None, account_id: int, statement_id: int) -> tuple[Any, ...]:
        """The row of a movement after its verdict."""
        state, left, customer_id, ledger_item_id = _outcome(one, verdict)
        (
            line, booked_on, cents, currency, value_on, uid, name, iban, bic, structured, end_to_end, text, invoices, code,
            returned, reason, mandate, batch, foreign_currency, foreign_cents,
        ) = one.movement  # fmt: skip
        folded = self.folded.get(name)
        if folded is None:
            folded = self.folded[name] = fold(name)
        return (
            one.id, self.company_id, account_id, statement_id, one.key, state, line, self._day(booked_on), self._day(value_on),
            cents, left, currency, uid, name, folded, iban, bic, structured, end_to_end, text,
            json.dumps(invoices, ensure_ascii=False) if invoices else "[]", code, int(returned), reason, mandate, batch,
            foreign_currency, foreign_cents, customer_id, None, ledger_item_id,
        )  # fmt: skip

    def _day(self, on: date | None) -> str | None:
        written = self.day.get(on)
        if written is None and on is not None:
            written = self.day[on] = on.isoformat()
        return written


def _customers(plan: _Plan) -> set[int]:
    """Whom the new movements concern: those who paid, and those whose items are paid."""
    customers = plan.verdicts.customers
    found = {verdict.customer_id for verdict in plan.verdicts.by_id.values()}
    items = {part.item_id for verdict in plan.verdicts.by_id.values() for part in verdict.parts}
    found.update(customers[item_id] for item_id in items if item_id in customers)
    return {one for one in found if one is not None}


def _lessons(plan: _Plan, company: Company) -> list[Lesson]:
    """What certain matches teach; not from payments of somebody else for the customer."""
    lessons: list[Lesson] = []
    folded: dict[str, str] = {}
    for one in plan.new:
        verdict = plan.verdicts.by_id.get(one.id)
        if verdict is None or not verdict.how or verdict.customer_id is None:
            continue
        if any(said.code == "other_payer" for said in verdict.evidence):
            continue
        name = one.movement.name
        if name not in folded:
            folded[name] = fold(name)
        lessons.append(Lesson(verdict.customer_id, one.movement.iban, folded[name], one.movement.booked_on))
    return lessons


def _finish(
    session: Session, sync: Sync, plan: _Plan, result: BankResult, digest: str, account_ids: Sequence[int], now: datetime
) -> None:
    """The Sync row says what was read."""
    days = (
        [one.starts_on for one in result.statements if one.starts_on],
        [one.ends_on for one in result.statements if one.ends_on],
    )
    sync.kind, sync.format, sync.file_hash = "bank", result.format, digest
    sync.lines_read, sync.customers = plan.file.lines_read, len(_customers(plan))
    sync.starts_on, sync.ends_on = min(days[0], default=None), max(days[1], default=None)
    sync.remarks = _remarks(result.remarks)
    sync.changes = {
        name: getattr(result, name) for name in ("movements", "new", "matched", "proposed", "unknown", "ignored")
    } | {"accounts": list(account_ids)}
    sync.state, sync.finished_at, sync.error = "done", now, None
    result.sync_id = sync.id
    session.flush()


def _remarks(remarks: Iterable[Remark]) -> list[dict[str, Any]]:
    return [{"code": one.code, "line": one.line, "column": one.column, "params": json.loads(json.dumps(one.params, default=str))}
            for one in remarks]  # fmt: skip


def _text(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _again(
    session: Session, company: Company, digest: str, filename: str, actor_id: int | None, now: datetime, *, dry_run: bool,
    staged: Sync | None,
) -> BankResult:  # fmt: skip
    """Bytes that were taken in before: nothing is new."""
    before = bank_store.bank_sync_of(session, company.id, digest)
    assert before is not None
    result = BankResult("dry_run" if dry_run else "done", before.format, remarks=[remark_of(one) for one in before.remarks])
    for statement, account in bank_store.statements_of(session, before.id):
        result.statements.append(
            StatementRead(
                account.number, account.currency, statement.number, statement.kind, statement.opening_cents,
                statement.closing_cents, statement.opening_on, statement.closing_on, statement.movements, 0,
            )
        )  # fmt: skip
        result.movements += statement.movements
    if dry_run:
        return result
    sync = staged or stage_file(session, company, "", filename, actor_id, now)
    sync.kind, sync.format, sync.file_hash = "bank", before.format, digest
    sync.lines_read, sync.starts_on, sync.ends_on = before.lines_read, before.starts_on, before.ends_on
    sync.remarks, sync.changes = list(before.remarks), {"movements": result.movements, "new": 0, "same_as": before.id}
    sync.state, sync.finished_at, result.sync_id = "done", now, sync.id
    audit.record(session, now, actor_id, company.id, "run", "sync", sync.id, {"file": filename, "same_file": True})
    return result


def undo_bank_sync(session: Session, sync: Sync, actor_id: int | None, now: datetime, today: date) -> None:
    """Take the last bank file back: its statements, movements and what they paid are gone, what was learned too.

    Errors: sync_not_last."""
    company = session.get_one(Company, sync.company_id)
    last = bank_store.last_bank_sync(session, company.id)
    if last is None or last.id != sync.id:
        raise DomainError("sync_not_last")
    bank_ledger.lift(session, company)
    touched, lessons = bank_book.brought_by(session, sync.id)
    bank_returns.forget(session, sync.id)
    unlearn(session, company, lessons)
    if sync.undo is not None:
        bank_store.write_facts(session, json.loads(zlib.decompress(sync.undo)))
    bank_store.take_out(session, sync.id)
    bank_store.remove_empty_accounts(session, company.id)
    bank_store.refresh_balances(session, company.id)
    touched |= bank_ledger.follow(session, company, touched, now, today)
    sync.state, sync.undo = "undone", None
    company.ledger_version += 1
    look_again(session, touched, today)
    audit.record(session, now, actor_id, company.id, "undo", "sync", sync.id, {"file": sync.file_name, "kind": "bank"})
    session.expire_all()
    follow_up(session, company, now, today)
