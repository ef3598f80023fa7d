"""Electronic invoices become items: found again in the ledger, or announced to it.

An invoice the ledger holds already gives its line what a ledger lacks: the due date, the documents, the payment
reference. One it does not hold is an item of its own, open, marked as announced; the next ledger adopts it
(`ledger_draft`). Which customer it belongs to is found in `e_invoice_parties`. Nothing here commits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from integrations import sandbox
from integrations.files import MAX_BYTES, Refused
from integrations.invoices import sniff
from models import audit, bulk, e_invoices
from models.company import Company
from models.e_invoices import KnownInvoice
from models.ledger import Stored, company_opens, forget_old_undo, known_contacts, known_customers, last_done_sync, stored_items
from models.syncs import Sync
from rules.errors import DomainError
from rules.invoices import PATIENCE, Invoice, Numbered, pair
from rules.ledger import Kind, LedgerSnapshot, Remark, ThirdParty
from rules.terms import Terms
from services import bank_ledger
from services.documents import keep_file
from services.e_invoice_parties import Buyers, check_seller, third_party
from services.ledger_draft import Book, Days, DueDates
from services.ledger_store import Undo, look_again
from services.syncs import UNDOABLE, refuse, remark_of, rewrite_lines, stage_file
from services.third_parties import CustomerPlan, plan_customers, write_customers

MAX_IDS = 5000


@dataclass(frozen=True, slots=True)
class InvoiceFile:
    """A file of invoices read (or refused) before any transaction was begun."""

    digest: str
    filename: str
    invoices: tuple[Invoice, ...] = ()
    refused: Refused | None = None

    @property
    def format(self) -> str:
        """Of its invoices, or "invoices" where they differ."""
        formats = {one.format for one in self.invoices}
        return formats.pop() if len(formats) == 1 else "invoices"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one invoice. outcome: new (announced), known (in the ledger), again (taken in before), changed,
    paid (nothing is owed on it)."""

    number: str
    type_code: str
    customer: str
    code: str
    issued_on: date
    due_on: date
    currency: str
    total_cents: int
    open_cents: int
    outcome: str
    is_interest: bool
    file: str


@dataclass(slots=True)
class InvoicesResult:
    """What taking invoices in did, or would do. Money is signed cents."""

    status: str  # done, refused, dry_run
    format: str = ""
    invoices: int = 0
    customers: int = 0
    customers_new: int = 0
    items_new: int = 0
    items_known: int = 0
    items_again: int = 0
    items_changed: int = 0
    documents: int = 0
    balance_cents: int = 0
    items: list[Taken] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    error: DomainError | None = None
    sync_id: int | None = None


def recognises(path: Path) -> bool:
    """Whether a file is an electronic invoice or an archive of them, by its content."""
    return sniff(path.read_bytes()) is not None


def read_file(path: Path, filename: str, max_bytes: int = MAX_BYTES) -> InvoiceFile:
    """Read a file in the child process; asks nothing of the database, so that no lock is held meanwhile."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    try:
        return InvoiceFile(digest, filename, tuple(sandbox.ask("invoices", "read", data, filename, max_bytes=max_bytes)))
    except Refused as refused:
        return InvoiceFile(digest, filename, refused=refused)


def run_invoices(
    session: Session, company: Company, file: InvoiceFile, actor_id: int | None, now: datetime, today: date, *,
    folder: Path, dry_run: bool = False, staged: Sync | None = None,
) -> InvoicesResult:  # fmt: skip
    """Take the invoices of a file in, all or none; the same file again changes nothing. `folder` is the data folder, where
    documents are kept. A refused file leaves a Sync row with the reason and nothing else."""
    sync = staged
    try:
        if file.refused is not None:
            raise file.refused
        work = _Work(session, company, file, now, today)
        if dry_run:
            return work.preview()
        sync = staged or stage_file(session, company, "", file.filename, actor_id, now)
        sync.file_hash = file.digest
        with session.begin_nested():
            result = work.write(sync, folder)
    except DomainError as error:
        return _refused(session, company, file, error, actor_id, now, dry_run=dry_run, staged=sync)
    counts = {name: getattr(result, name) for name in ("invoices", "items_new", "items_known", "items_changed")}
    audit.record(session, now, actor_id, company.id, "run", "sync", sync.id, {"file": file.filename, **counts})
    return result


def _refused(
    session: Session, company: Company, file: InvoiceFile, error: DomainError, actor_id: int | None, now: datetime, *,
    dry_run: bool, staged: Sync | None,
) -> InvoicesResult:  # fmt: skip
    result = InvoicesResult("refused", error=error)
    result.balance_cents = company_opens(session, company.id, company.currency)
    if not dry_run:
        sync = staged or stage_file(session, company, "", file.filename, actor_id, now)
        sync.file_hash, sync.kind = file.digest, "invoices"
        refuse(session, sync, error, actor_id, now)
        result.sync_id = sync.id
    return result


@dataclass(slots=True)
class _Found:
    """One invoice with what is known of it before anything is written."""

    invoice: Invoice
    code: str
    outcome: str = "new"
    item: Stored | None = None  # the line it is, in the ledger or announced
    known: KnownInvoice | None = None


class _Work:
    """One file: who, which lines, what changes. The customers of a preview have ids below 0."""

    def __init__(self, session: Session, company: Company, file: InvoiceFile, now: datetime, today: date) -> None:
        self.session, self.company, self.file, self.now, self.today = session, company, file, now, today
        self.remarks = [remark for one in file.invoices for remark in one.remarks]
        check_seller(company, file.invoices, self.remarks)
        known = known_customers(session, company.id)
        buyers = Buyers(known.values(), self._lines)
        self.found = [_Found(one, buyers.code_of(one)) for one in file.invoices]
        contacts = known_contacts(session, company.id)
        parties: dict[str, ThirdParty] = {}
        for one in self.found:
            before = known.get(one.code)
            contact = contacts.get(before.id) if before else None
            parties[one.code] = third_party(one.code, one.invoice.buyer, before, contact, parties.get(one.code))
        snapshot = LedgerSnapshot("third_parties", file.format, [], list(parties.values()), [], len(self.found))
        self.customers: CustomerPlan = plan_customers(session, company, snapshot)
        self.ids = {self.customers.ids[one.code] for one in self.found}
        self.stored = stored_items(session, company.id, {one for one in self.ids if one > 0})
        self._recognise()

    def _lines(self) -> list[e_invoices.Line]:
        amounts = {cents for one in self.file.invoices for cents in (one.payable_cents, one.total_cents) if cents}
        return e_invoices.lines_of_amounts(self.session, self.company.id, amounts)

    def _id(self, one: _Found) -> int:
        return self.customers.ids[one.code]

    def _recognise(self) -> None:
        """Which invoices came before, and which are lines of the ledger."""
        by_id = {one.id: one for one in self.stored}
        came = {
            (one.customer_id, one.number, one.type_code): one
            for one in e_invoices.known_invoices(self.session, self.company.id, {one for one in self.ids if one > 0})
        }
        seen: set[tuple[int, str, str]] = set()
        fresh: list[Numbered] = []
        for place, one in enumerate(self.found):
            key = (self._id(one), one.invoice.number, one.invoice.type_code)
            if key in seen:
                raise Refused("invoice_twice", file=one.invoice.file, value=one.invoice.number)
            seen.add(key)
            one.known = came.get(key)
            one.item = by_id.get(one.known.item_id or 0) if one.known else None
            if one.known is not None:
                self._again(one)
            if one.item is None or one.item.state == "vanished":
                amounts = one.invoice.payable_cents, one.invoice.total_cents
                fresh.append(
                    Numbered(place, (key[0], one.invoice.currency), one.invoice.number, one.invoice.issued_on, amounts)
                )
        self._find_in_ledger(fresh, by_id, {one.item.id for one in self.found if one.item})

    def _again(self, one: _Found) -> None:
        assert one.known is not None
        one.outcome = "again"
        if one.known.total_cents != one.invoice.total_cents:
            one.outcome = "changed"
            params: dict[str, object] = {"number": one.invoice.number, "currency": one.invoice.currency}
            params |= {"before_cents": one.known.total_cents, "now_cents": one.invoice.total_cents}
            self.remarks.append(Remark("invoice_sent_again", params=params))

    def _find_in_ledger(self, fresh: Sequence[Numbered], by_id: Mapping[int, Stored], used: set[int]) -> None:
        lines = (
            Numbered(
                one.id, (one.customer_id, one.currency), one.piece, date.fromisoformat(one.document_on), (one.amount_cents,)
            )
            for one in self.stored
            if one.piece and one.state != "vanished" and not one.announced and one.id not in used
        )
        for place, (item_id, agree) in pair(fresh, lines).items():
            one, line = self.found[place], by_id[item_id]
            one.item = by_id.get(line.repeats_id or 0, line)
            one.outcome = "known" if one.known is None else one.outcome
            if not agree:
                params: dict[str, object] = {"number": one.invoice.number, "currency": one.invoice.currency}
                params |= {"invoice_cents": one.invoice.total_cents, "ledger_cents": line.amount_cents}
                self.remarks.append(Remark("invoice_amount_differs", params=params))
        reached = self.company.ledger_on
        late = []
        for one in self.found:
            if one.outcome == "new" and not one.invoice.payable_cents:
                one.outcome = "paid"
            elif one.outcome == "new" and reached is not None and one.invoice.issued_on + PATIENCE <= reached:
                late.append(one.invoice.number)
        if late:
            params = {"count": len(late), "value": ", ".join(late[:20]) + (" …" if len(late) > 20 else "")}
            self.remarks.append(Remark("invoices_not_in_ledger", params=params))

    # What changes

    def _change(self, one: Stored, due: DueDates) -> Stored:
        """A line of the ledger learns its due date; an announced one becomes what the invoice now says."""
        found = self.lines.get(one.id)
        if found is None:
            return one
        if one.announced:
            after = self._announced(found, one.customer_id, due)._replace(id=one.id, repeats_id=None)
            return one if after[SAID_FROM:] == one[SAID_FROM:] and one.state != "vanished" else after
        stated = _stated_due(found.invoice)
        if stated is None or one.due_source not in ("customer", "company") or one.amount_cents <= 0:
            return one
        return one._replace(due_on=stated.isoformat(), due_source="invoice")

    def _announced(self, found: _Found, customer_id: int, due: DueDates) -> Stored:
        """The invoice as a line that stands beside the ledger: what is payable counts."""
        one = found.invoice
        cents, day = one.payable_cents, one.issued_on.isoformat()
        kind = Kind.CREDIT_NOTE if one.is_credit else Kind.INVOICE
        stated = _stated_due(one) if cents > 0 else None
        due_on, source = (stated.isoformat(), "invoice") if stated else due.of(customer_id, kind, cents, one.issued_on, None)
        return Stored(
            id=0, state="counted", open_cents=cents, settled_on=None, counts_on=day, repeats_id=None, listed_cents=None, listed=0,
            announced=1, key=f"invoice {customer_id} {one.type_code} {one.number}", due_on=due_on, due_source=source,
            customer_id=customer_id, kind=kind.value, opens_on=None, account="", journal="", entry="", entry_on=day,
            piece=one.number, document_on=day, label=", ".join(one.credited) or one.order_reference, currency=one.currency,
            debit_cents=max(cents, 0), credit_cents=max(-cents, 0), amount_cents=cents, foreign_currency="", foreign_cents=0,
            letter="", lettered_on=None, method=one.method,
        )  # fmt: skip

    @property
    def lines(self) -> dict[int, _Found]:
        """Stored lines that an invoice of the file says something about."""
        return {one.item.id: one for one in self.found if one.item is not None}

    def _due(self) -> DueDates:
        book = Book((), Terms(self.company.terms_days, self.company.terms_mode), self.customers.terms(), [], [], None)
        return DueDates(book, Days())

    def preview(self) -> InvoicesResult:
        """All but the writing."""
        result = self._result("dry_run")
        opens = sum(one.open_cents for one in result.items if one.outcome == "new" and one.currency == self.company.currency)
        result.balance_cents += opens
        return result

    def _result(self, status: str) -> InvoicesResult:
        due = self._due()
        result = InvoicesResult(status, self.file.format, len(self.found), self.customers.met, len(self.customers.new))
        result.remarks = self.remarks
        result.balance_cents = company_opens(self.session, self.company.id, self.company.currency)
        for one in self.found:
            line = self._announced(one, self._id(one), due)
            if one.item is not None:
                line = self._change(one.item, due)
            known = self.customers.after.get(one.code) or self.customers.known[one.code]
            result.items.append(
                Taken(
                    one.invoice.number, one.invoice.type_code, known.name, one.code, one.invoice.issued_on,
                    date.fromisoformat(line.due_on), one.invoice.currency, one.invoice.total_cents, line.open_cents,
                    one.outcome, one.invoice.is_interest, one.invoice.file,
                )
            )  # fmt: skip
        outcomes = [one.outcome for one in self.found]
        result.items_new, result.items_known = outcomes.count("new"), outcomes.count("known")
        result.items_again, result.items_changed = outcomes.count("again"), outcomes.count("changed")
        return result

    # Writing

    def write(self, sync: Sync, folder: Path) -> InvoicesResult:
        """Customers, items, invoices, documents, and what takes them back."""
        session, company = self.session, self.company
        bank_ledger.lift(session, company)
        undo_customers = write_customers(session, company, self.customers, self.now, self.today)
        self.ids = {self._id(one) for one in self.found}
        new = [one for one in self.found if one.item is None and one.outcome == "new"]
        due = self._due()
        added = [self._announced(one, self._id(one), due) for one in new]
        plan, undo = rewrite_lines(
            session, company, self.customers, self.ids, self._change, added, sync.id, self.file.format, self.today
        )
        ids = undo.ids[-len(new) :] if new and plan is not None else []
        made = {id(one): number for one, number in zip(new, ids, strict=True)}
        touched = {one.id for one in self.customers.changed} | self.ids
        touched |= bank_ledger.follow(session, company, touched, self.now, self.today)
        result = self._result("done")
        result.documents = self._keep(sync, folder, made)
        look_again(session, touched - undo_customers.made, self.today)
        undo.customers = undo_customers
        undo.customers_until, undo.contacts_until = bulk.last_id(session, "customer"), bulk.last_id(session, "contact")
        undo.last_sync_at = company.last_sync_at.isoformat() if company.last_sync_at else None
        undo.ledger_on = company.ledger_on.isoformat() if company.ledger_on else None
        company.ledger_version += 1
        moved = plan.rewritten if plan is not None else []
        changes = {"new": ids, "changed": [undo.ids[place] for place in moved]}
        self._finish(sync, result, changes, undo)
        return result

    def _keep(self, sync: Sync, folder: Path, made: Mapping[int, int]) -> int:
        """Rows of the invoices and of the documents they carry; gives how many documents are new."""
        at = self.now.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        company_id = self.company.id
        there = e_invoices.known_documents(self.session, company_id, self.ids)
        invoices, documents, again = [], [], []
        for one in self.found:
            said, customer_id = one.invoice, self._id(one)
            item_id = one.item.id if one.item is not None else made.get(id(one))
            if one.known is None:
                invoices.append((
                    company_id, customer_id, item_id, sync.id, said.format, said.number, said.type_code, said.payment_reference,
                    said.iban, said.order_reference, ", ".join(said.credited), said.total_cents, said.prepaid_cents,
                    said.is_interest, at,
                ))  # fmt: skip
            elif one.outcome == "changed":
                again.append((said.total_cents, said.prepaid_cents, one.known.id))
            for held in said.attachments:
                digest, path = keep_file(folder, company_id, held.content)
                if (customer_id, item_id, digest) not in there:
                    there.add((customer_id, item_id, digest))
                    size = len(held.content)
                    documents.append((
                        company_id, customer_id, item_id, sync.id, held.kind, held.name, held.media_type, digest, size, path, at,
                    ))  # fmt: skip
        e_invoices.write(self.session, invoices, documents)
        e_invoices.retotal(self.session, again)
        return len(documents)

    def _finish(self, sync: Sync, result: InvoicesResult, changes: dict[str, list[int]], undo: Undo) -> None:
        """The Sync row says what was done. The ledger is not fresher for it: payments are not in invoices."""
        last = last_done_sync(self.session, self.company.id)
        sync.kind, sync.format, sync.state, sync.finished_at, sync.error = "invoices", result.format, "done", self.now, None
        sync.lines_read, sync.customers, sync.customers_new = result.invoices, result.customers, result.customers_new
        sync.items_new, sync.items_changed = result.items_new, len(changes["changed"])
        self.session.flush()
        result.balance_cents = company_opens(self.session, self.company.id, self.company.currency)
        sync.balance_cents, sync.gap_cents = result.balance_cents, last.gap_cents if last is not None else 0
        days = [one.invoice.issued_on for one in self.found]
        sync.starts_on, sync.ends_on = min(days), max(days)
        sync.remarks = [
            {"code": r.code, "line": r.line, "column": r.column, "params": _plain(r.params)} for r in result.remarks
        ]
        sync.changes = {name: some[:MAX_IDS] for name, some in changes.items() if some}
        sync.undo = undo.packed()
        result.sync_id = sync.id
        self.session.flush()
        forget_old_undo(self.session, self.company.id, UNDOABLE)
        self.session.expire_all()


SAID_FROM = Stored._fields.index("key")


def _stated_due(one: Invoice) -> date | None:
    """The due date the invoice states, as a day or as certain terms."""
    if one.due_on is not None:
        return one.due_on
    return one.issued_on + timedelta(days=one.terms_days) if one.terms_days is not None else None


def _plain(params: Mapping[str, object]) -> dict[str, Any]:
    return {name: value if isinstance(value, str | int | float | bool | None) else str(value) for name, value in params.items()}


def remarks_of(sync: Sync) -> Iterable[Remark]:
    """What a run of invoices noticed, as kept with it."""
    return map(remark_of, sync.remarks)
