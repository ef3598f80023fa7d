"""Electronic invoices as an accountant lives them: before the ledger, after it, twice, for us, not for us."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Company, Contact, Customer, Document, EInvoice, Item, Promise, Sync
from models.facts import accounts
from models.ledger import checks
from rules.ledger import LedgerLine, LedgerSnapshot
from services.e_invoices import InvoicesResult, read_file, run_invoices
from services.syncs import SyncResult, apply_snapshot, stage_file, undo_sync
from tests.books import entry, journal, open_list
from tests.conftest import NOW, TODAY
from tests.integrations import invoice_files as made

MAY4 = date(2026, 5, 4)
C12 = "C12"


@pytest.fixture
def ours(session: Session, company: Company) -> Company:
    company.name, company.vat_number = made.SELLER["name"], made.SELLER["vat"]
    session.flush()
    return company


@pytest.fixture
def take(session: Session, ours: Company, tmp_path: Path):  # type: ignore[no-untyped-def]
    def taken(content: bytes, name: str = "invoice.xml", *, dry_run: bool = False) -> InvoicesResult:
        path = tmp_path / "file"
        path.write_bytes(content)
        return run_invoices(session, ours, read_file(path, name), None, NOW, TODAY, folder=tmp_path / "data", dry_run=dry_run)

    return taken


def ledger(session: Session, company: Company, snapshot: LedgerSnapshot) -> tuple[SyncResult, Sync]:
    sync = stage_file(session, company, "", "file", None, NOW)
    result = apply_snapshot(session, company, snapshot, sync, NOW, TODAY)
    assert result.gap_cents == 0
    assert not [one for one in checks(session, company.id) if one.gap_cents]
    return result, sync


def line(amount: int = 12_100, piece: str = "F-2026-0012", customer: str = C12, on: date = MAY4, **more: object) -> LedgerLine:
    return entry(customer, amount, on, piece=piece, **{"name": "Dupont & Fils", **more})


def may(*lines: LedgerLine) -> LedgerSnapshot:
    return journal(lines, date(2026, 1, 1), date(2026, 5, 18))


def items(session: Session) -> list[tuple[str, int, str, bool, str]]:
    query = sa.select(Item, Customer.code).join(Customer, Customer.id == Item.customer_id).order_by(Item.id)
    return [(one.piece, one.open_cents, code, one.announced, one.due_source) for one, code in session.execute(query)]


def test_a_first_invoice_is_announced(session: Session, ours: Company, take) -> None:
    dry = take(made.ubl(), dry_run=True)
    assert (dry.status, dry.items_new, dry.balance_cents) == ("dry_run", 1, 12_100)
    assert session.scalar(sa.select(sa.func.count()).select_from(Item)) == 0
    done = take(made.ubl(reference="+++090/9337/55493+++"))
    assert (done.status, done.items_new, done.customers_new, done.documents, done.balance_cents) == ("done", 1, 1, 1, 12_100)
    assert items(session) == [("F-2026-0012", 12_100, "@FR19787878784", True, "invoice")]
    item = session.scalars(sa.select(Item)).one()
    assert (item.due_on, item.source, item.method) == (date(2026, 6, 3), "ubl", "transfer")
    customer = session.scalars(sa.select(Customer)).one()
    assert (customer.name, customer.vat_number, customer.city) == ("Dupont & Fils SARL", "FR19787878784", "Lille")
    contact = session.scalars(sa.select(Contact)).one()
    assert (contact.email, contact.phone) == ("compta@dupont.example", "+33 3 20 00 00 00")
    invoice = session.scalars(sa.select(EInvoice)).one()
    assert (invoice.item_id, invoice.payment_reference, invoice.order_reference) == (item.id, "090933755493", "BC-7")
    (check,) = checks(session, ours.id)
    assert (check.ledger_cents, check.open_cents, check.announced_cents, check.gap_cents) == (0, 0, 12_100, 0)
    again = take(made.ubl())
    assert (again.items_new, again.items_again, again.documents, again.balance_cents) == (0, 1, 1, 12_100)  # other bytes
    assert len(items(session)) == 1 and ours.last_sync_at is None


def test_the_ledger_adopts_the_invoice(session: Session, ours: Company, take) -> None:
    """By number and amount, although customer and number are written otherwise; the row keeps what hangs on it."""
    take(made.ubl())
    item = session.scalars(sa.select(Item)).one()
    session.add(
        Promise(company_id=ours.id, customer_id=item.customer_id, item_id=item.id, promised_on=TODAY, cents=12_100, currency="EUR",
                made_at=NOW)
    )  # fmt: skip
    session.flush()
    result, sync = ledger(session, ours, may(line(piece="20260012")))
    assert (result.items_new, result.items_changed, result.customers_new, result.balance_cents) == (0, 1, 0, 12_100)
    assert items(session) == [("20260012", 12_100, C12, False, "invoice")]
    after = session.scalars(sa.select(Item)).one()
    assert (after.id, after.due_on, after.source) == (item.id, date(2026, 6, 3), "fec")
    assert session.scalars(sa.select(Promise)).one().item_id == item.id
    assert session.scalars(sa.select(EInvoice)).one().item_id == item.id
    assert session.scalars(sa.select(Customer)).one().code == C12
    assert not result.remarks
    same, sync = ledger(session, ours, may(line(piece="20260012")))
    assert (same.items_new, same.items_changed, same.items_vanished) == (0, 0, 0)
    undo_sync(session, sync, None, NOW, TODAY)


def test_adopting_is_taken_back(session: Session, ours: Company, take) -> None:
    take(made.ubl())
    before = items(session)
    _, sync = ledger(session, ours, may(line(), line(5_000, "F13", "C13")))
    assert len(items(session)) == 2
    undo_sync(session, sync, None, NOW, TODAY)
    assert items(session) == before
    assert session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 1
    (check,) = checks(session, ours.id)
    assert (check.announced_cents, check.gap_cents) == (12_100, 0)


def test_an_invoice_of_a_customer_the_ledger_knows_by_another_name(session: Session, ours: Company, take) -> None:
    ledger(session, ours, may(line(5_000, "F1", on=date(2026, 3, 2), name="ETS D. FILS")))
    take(made.ubl())
    assert [one[2] for one in items(session)] == [C12, "@FR19787878784"]
    result, _ = ledger(session, ours, may(line(5_000, "F1", on=date(2026, 3, 2), name="ETS D. FILS"), line(name="ETS D. FILS")))
    assert result.balance_cents == 17_100
    assert [(one[0], one[2], one[3]) for one in items(session)] == [("F1", C12, False), ("F-2026-0012", C12, False)]
    assert (
        session.scalars(sa.select(EInvoice.customer_id)).one()
        == session.scalars(sa.select(Customer.id).where(Customer.code == C12)).one()
    )


def test_the_ledger_first(session: Session, ours: Company, take) -> None:
    ledger(session, ours, may(line(piece="0012", name="ANCIEN NOM")))
    assert items(session) == [("0012", 12_100, C12, False, "company")]
    result = take(made.pdf(made.cii()), "facture.pdf")
    assert (result.items_new, result.items_known, result.customers_new, result.balance_cents) == (0, 1, 0, 12_100)
    assert items(session) == [("0012", 12_100, C12, False, "invoice")]
    item = session.scalars(sa.select(Item)).one()
    document = session.scalars(sa.select(Document)).one()
    assert (item.due_on, document.item_id, document.kind, document.name) == (
        date(2026, 6, 3),
        item.id,
        "invoice_pdf",
        "facture.pdf",
    )
    result, _ = ledger(session, ours, may(line(piece="0012", name="ANCIEN NOM")))
    assert (result.items_changed, items(session)[0][4]) == (0, "invoice")
    sync = session.scalars(sa.select(Sync).where(Sync.kind == "invoices")).one()
    with pytest.raises(Exception, match="sync_not_last"):
        undo_sync(session, sync, None, NOW, TODAY)


def test_invoices_are_taken_back(session: Session, ours: Company, take) -> None:
    ledger(session, ours, may(line()))
    before = items(session)
    result = take(
        made.archive({"a.xml": made.ubl(), "b.xml": made.ubl("F-2026-0099", "50.00"), "b.pdf": made.pdf(None)}), "x.zip"
    )
    assert (result.invoices, result.items_known, result.items_new, result.documents) == (2, 1, 1, 3)
    sync = session.get_one(Sync, result.sync_id)
    undo_sync(session, sync, None, NOW, TODAY)
    assert items(session) == before
    assert not session.scalars(sa.select(EInvoice)).all() and not session.scalars(sa.select(Document)).all()


def test_payment_in_the_ledger_settles_the_adopted_invoice(session: Session, ours: Company, take) -> None:
    take(made.ubl())
    result, _ = ledger(session, ours, may(line(letter="A"), line(-12_100, "", on=date(2026, 5, 11), letter="A")))
    assert (result.items_settled, result.items_new, result.balance_cents) == (1, 1, 0)


def test_credit_notes_count_once(session: Session, ours: Company, take) -> None:
    take(made.ubl("A1", "121.00", code="381", root="CreditNote", credited="F-2026-0012"))
    take(made.ubl("A2", "-121.00"))
    take(made.cii("A3", "121.00", code="381"))
    assert [one[1] for one in items(session)] == [-12_100, -12_100, -12_100]
    one = session.scalars(sa.select(Item).where(Item.piece == "A1")).one()
    assert (one.kind, one.label, one.due_on, one.due_source) == ("credit_note", "F-2026-0012", MAY4, "document")


def test_prepaid_and_terms(session: Session, ours: Company, take) -> None:
    take(made.ubl("P1", "121.00", prepaid="21.00", payable="100.00", due="", terms="30 jours net"))
    take(made.ubl("P2", "121.00", prepaid="121.00", payable="0.00"))
    take(made.ubl("P3", "121.00", due="", terms="Selon nos conditions"))
    assert [one[:2] + one[4:] for one in items(session)] == [("P1", 10_000, "invoice"), ("P3", 12_100, "company")]
    due = {one.piece: one.due_on for one in session.scalars(sa.select(Item))}
    assert due == {"P1": date(2026, 6, 3), "P3": date(2026, 6, 3)}
    assert {one.number: one.item_id is None for one in session.scalars(sa.select(EInvoice))} == {
        "P1": False,
        "P2": True,
        "P3": False,
    }


def test_interest_invoices_are_flagged(session: Session, ours: Company, take) -> None:
    take(made.ubl("I1", line="Intérêts de retard facture F-2026-0012"))
    take(made.ubl("I2", note="Indemnité forfaitaire en cas de retard de paiement : 40 €"))
    assert {one.number: one.is_interest for one in session.scalars(sa.select(EInvoice))} == {"I1": True, "I2": False}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (made.ubl(seller=made.BUYER, buyer=made.SELLER), "invoice_to_us"),
        (made.ubl(seller={"name": "Autre SA", "vat": "FR11999999998"}), "invoice_of_another"),
        (made.ubl(buyer={"name": "?"}), "buyer_unknown"),
        (made.archive({"a.xml": made.ubl(), "b.xml": made.ubl()}), "invoice_twice"),
        (made.pdf(None), "pdf_without_invoice"),
    ],
)
def test_refused(session: Session, take, content: bytes, code: str) -> None:
    result = take(content)
    assert result.error is not None and (result.status, result.error.code) == ("refused", code)
    sync = session.scalars(sa.select(Sync)).one()
    assert (sync.state, sync.error["code"]) == ("refused", code)
    assert not session.scalars(sa.select(Item)).all() and not session.scalars(sa.select(Customer)).all()


def test_a_company_without_numbers_accepts_with_a_remark(session: Session, company: Company, take) -> None:
    company.vat_number, company.name = "", "Autre nom"
    session.flush()
    result = take(made.ubl())
    assert [one.code for one in result.remarks] == ["seller_unchecked"]


def test_an_invoice_the_ledger_should_hold_is_a_difference(session: Session, ours: Company, take) -> None:
    take(made.ubl("F-9", issued=date(2026, 4, 2)))
    take(made.ubl("F-10", issued=date(2026, 5, 12)))
    result, _ = ledger(session, ours, may(line(5_000, "F1", "C1")))
    (said,) = [one for one in result.remarks if one.code == "invoices_not_in_ledger"]
    assert (said.params["count"], said.params["value"]) == (1, "F-9")
    assert result.balance_cents == 5_000 + 2 * 12_100
    late = take(made.ubl("F-11", issued=date(2026, 3, 2)))
    ours_on = session.get_one(Company, ours.id).ledger_on
    assert ours_on == date(2026, 5, 4)
    assert [one.code for one in late.remarks] == ["invoices_not_in_ledger"]
    (account,) = accounts(
        session, ours.id, TODAY, [session.scalars(sa.select(Item.customer_id).where(Item.piece == "F-9")).one()]
    )
    number = {one.piece: one.id for one in session.scalars(sa.select(Item))}
    assert account.unbooked == {number["F-9"], number["F-11"]}  # held back: the ledger may know them as paid


def test_another_amount_in_the_ledger_counts_and_is_said(session: Session, ours: Company, take) -> None:
    take(made.ubl())
    result, _ = ledger(session, ours, may(line(12_000)))
    assert [one.code for one in result.remarks] == ["invoice_amount_differs"]
    assert items(session) == [("F-2026-0012", 12_000, C12, False, "invoice")]


def test_an_open_item_list_adopts_and_leaves_what_it_does_not_hold(session: Session, ours: Company, take) -> None:
    take(made.ubl())
    take(made.ubl("F-2026-0013", "50.00", issued=date(2026, 5, 12)))
    result, _sync = ledger(session, ours, open_list([line(12_100)._replace(open_cents=7_000)], date(2026, 5, 15)))
    assert [one[:2] + one[3:4] for one in items(session)] == [("F-2026-0012", 7_000, False), ("F-2026-0013", 5_000, True)]
    assert result.balance_cents == 12_000 and not result.remarks
    result, _ = ledger(session, ours, open_list([line(12_100)._replace(open_cents=7_000)], date(2026, 5, 16)))
    assert (result.items_new, result.items_changed, result.items_settled) == (0, 0, 0)


def test_a_hand_edited_customer_keeps_its_words(session: Session, ours: Company, take) -> None:
    ledger(session, ours, may(line(name="Dupont & Fils")))
    customer = session.scalars(sa.select(Customer)).one()
    customer.city, customer.edited_fields = "Paris", ["city"]
    session.flush()
    take(made.ubl())
    session.refresh(customer)
    assert (customer.city, customer.street, customer.vat_number) == ("Paris", "", "FR19787878784")
