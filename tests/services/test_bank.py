"""Bank files beside the ledger: what is seen at the bank counts at once, and the ledger, when it comes, always wins."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    AuditEntry,
    BankAccount,
    BankMatch,
    BankMovement,
    Company,
    Customer,
    Item,
    PayerAccount,
    PayerName,
    Promise,
    Sync,
    reports,
)
from models.ledger import checks, company_opens, last_done_sync
from rules.bank import BankFile
from rules.errors import DomainError
from rules.ledger import Kind, LedgerLine
from services.bank import BankRead, BankResult, run_bank_sync, sync_bank, undo_bank_sync
from services.syncs import apply_snapshot, stage_file, undo_sync
from tests.bank import bank_file, money_in
from tests.books import entry, journal
from tests.conftest import NOW, TODAY

START = date(2026, 1, 1)
MARCH, MAY = date(2026, 3, 3), date(2026, 5, 12)


def owed() -> list[LedgerLine]:
    return [
        entry("DUPONT", 12_100, MARCH, piece="FA2026-0012"),
        entry("DUPONT", 5_000, MARCH, piece="FA2026-0013"),
        entry("MARTIN", 7_000, MARCH, piece="FA2026-0014"),
    ]


def ledger(session: Session, company: Company, lines: list[LedgerLine], until: date = MAY - timedelta(1)) -> Sync:
    sync = stage_file(session, company, "", "ledger", None, NOW)
    result = apply_snapshot(session, company, journal(lines, START, until), sync, NOW, TODAY)
    assert result.gap_cents == 0
    assert all(one.gap_cents == 0 for one in checks(session, company.id))
    return sync


def bank(session: Session, company: Company, file: BankFile, **said: Any) -> BankResult:
    result = sync_bank(session, company, file, "bank.cod", None, NOW, TODAY, **said)
    assert result.new == result.matched + result.proposed + result.unknown + result.ignored
    assert all(one.gap_cents == 0 for one in checks(session, company.id))
    return result


def opens(session: Session) -> dict[str, tuple[int, int]]:
    """What is open after ledger and bank, and the bank's part, by piece."""
    session.expire_all()
    rows = session.scalars(sa.select(Item).order_by(Item.id))
    return {one.piece or one.label: (one.open_cents, one.bank_cents) for one in rows if one.open_cents or one.bank_cents}


def states(session: Session) -> list[str]:
    return list(session.scalars(sa.select(BankMatch.state).order_by(BankMatch.id)))


def home(session: Session, company: Company) -> int:
    totals = reports.home_totals(session, company.id, TODAY).get("EUR")
    return totals.outstanding_cents if totals else 0


PAID = money_in(12_100, MAY, "Client DUPONT", "FA2026-0012", iban="FR7612345678901234567890123")


def test_a_payment_seen_counts_at_once_and_is_confirmed_by_the_ledger(session: Session, company: Company) -> None:
    ledger(session, company, owed())
    version = company.ledger_version
    result = bank(session, company, bank_file(PAID, money_in(-900, MAY, "Fournisseur")))
    assert (result.new, result.matched, result.ignored) == (2, 1, 1)
    assert opens(session) == {"FA2026-0012": (0, 12_100), "FA2026-0013": (5_000, 0), "FA2026-0014": (7_000, 0)}
    assert home(session, company) == 12_000
    assert company_opens(session, company.id, "EUR") == 24_100  # the ledger knows nothing of it yet
    assert company.ledger_version > version
    dupont = session.scalars(sa.select(Customer).filter_by(code="DUPONT")).one()
    match = session.scalars(sa.select(BankMatch)).one()
    assert (match.state, match.how, match.evidence[0]["code"]) == ("provisional", "automatic", "invoice_number")
    assert session.scalars(sa.select(PayerAccount)).one().customer_id == dupont.id
    assert session.scalars(sa.select(PayerName)).all() == []  # its own name
    # The ledger books and letters the payment two days later.
    lines = owed()
    lines[0] = lines[0]._replace(letter="AA")
    ledger(
        session, company, [*lines, entry("DUPONT", -12_100, MAY + timedelta(2), letter="AA", label="VIR")], MAY + timedelta(2)
    )
    assert opens(session) == {"FA2026-0013": (5_000, 0), "FA2026-0014": (7_000, 0)}
    assert states(session) == ["confirmed"]
    movement = session.scalars(sa.select(BankMovement).filter_by(amount_cents=12_100)).one()
    assert (movement.state, movement.left_cents) == ("matched", 0)
    assert session.get_one(Item, movement.ledger_item_id).label == "VIR"


def test_a_payment_of_the_ledger_not_lettered_yet_counts_once(session: Session, company: Company) -> None:
    ledger(session, company, owed())
    bank(session, company, bank_file(PAID))
    booked = entry("DUPONT", -12_100, MAY + timedelta(1), label="VIR")
    ledger(session, company, [*owed(), booked], MAY + timedelta(1))
    assert opens(session)["FA2026-0012"] == (0, 12_100)
    assert opens(session)["VIR"] == (0, -12_100)
    assert home(session, company) == 12_000
    past = {one.piece: one.open_cents for one in reports.open_items(session, company.id, MAY - timedelta(1))}
    assert past == {"FA2026-0012": 12_100, "FA2026-0013": 5_000, "FA2026-0014": 7_000}
    assert sum(one.open_cents for one in reports.open_items(session, company.id, TODAY)) == home(session, company)


def test_a_ledger_that_letters_otherwise_wins(session: Session, company: Company) -> None:
    ledger(session, company, [*owed(), entry("DUPONT", 12_100, MARCH, piece="FA2026-0020")])
    bank(session, company, bank_file(PAID))
    lines = [*owed(), entry("DUPONT", 12_100, MARCH, piece="FA2026-0020", letter="AA")]
    ledger(session, company, [*lines, entry("DUPONT", -12_100, MAY, letter="AA", label="VIR")], MAY + timedelta(1))
    assert opens(session)["FA2026-0012"] == (12_100, 0)
    assert states(session) == ["corrected"]


def test_a_payment_the_ledger_never_shows_is_dissolved(session: Session, company: Company) -> None:
    ledger(session, company, owed())
    bank(session, company, bank_file(money_in(12_100, MAY - timedelta(20), "Client DUPONT", "FA2026-0012")))
    ledger(session, company, [*owed(), entry("MARTIN", 100, MAY, piece="FA2026-0030")], MAY)
    assert states(session) == ["dissolved"]
    assert opens(session)["FA2026-0012"] == (12_100, 0)


def test_payments_the_ledger_has_already_are_recognised(session: Session, company: Company) -> None:
    """Of two equal invoices one is paid in the ledger: its payment at the bank is not taken for the other's."""
    lines = [
        entry("DUPONT", 5_000, MARCH, piece="F1", letter="AA"),
        entry("DUPONT", -5_000, date(2026, 4, 2), letter="AA", label="VIR"),
        entry("DUPONT", 5_000, date(2026, 4, 3), piece="F2"),
    ]
    ledger(session, company, lines)
    result = bank(session, company, bank_file(money_in(5_000, date(2026, 4, 1), "CLIENT DUPONT")))
    assert (result.matched, states(session)) == (1, ["confirmed"])
    assert opens(session) == {"F2": (5_000, 0)}
    assert session.scalars(sa.select(BankMatch)).one().evidence[0]["code"] == "in_ledger"


def test_the_same_file_twice_and_overlapping_ones(session: Session, company: Company) -> None:
    ledger(session, company, owed())
    first, second = money_in(12_100, MAY, "Client DUPONT", "FA2026-0012"), money_in(333, MAY + timedelta(1), "Inconnu")
    result = run_bank_sync(session, company, BankRead("abc", bank_file(first)), "b", None, NOW, TODAY)
    again = run_bank_sync(session, company, BankRead("abc", bank_file(first)), "b", None, NOW, TODAY)
    assert (result.new, again.new, again.movements, again.statements[0].closing_cents) == (1, 0, 1, 112_100)
    third = run_bank_sync(session, company, BankRead("def", bank_file(first, second)), "b", None, NOW, TODAY)
    assert (third.new, third.unknown) == (1, 1)
    assert session.scalar(sa.select(sa.func.count(BankMovement.id))) == 2
    account = session.scalars(sa.select(BankAccount)).one()
    assert (account.balance_cents, account.balance_on) == (112_433, MAY + timedelta(1))


def test_an_intraday_report_and_the_statement_of_the_day(session: Session, company: Company) -> None:
    ledger(session, company, owed())
    early = money_in(12_100, MAY, "Client DUPONT", "FA2026-0012", end_to_end="E1")
    booked = early._replace(uid="B77", value_on=MAY, text="FA2026-0012 VIREMENT")
    assert bank(session, company, bank_file(early, kind="intraday")).new == 1
    assert bank(session, company, bank_file(booked)).new == 0
    movement = session.scalars(sa.select(BankMovement)).one()
    assert (movement.uid, movement.state) == ("B77", "matched")
    assert bank(session, company, bank_file(booked)).new == 0
    undo_bank_sync(session, session.scalars(sa.select(Sync).order_by(Sync.id.desc())).first(), None, NOW, TODAY)  # type: ignore[arg-type]
    undo_bank_sync(
        session,
        session.scalars(sa.select(Sync).filter_by(kind="bank", state="done").order_by(Sync.id.desc())).first(),
        None,
        NOW,
        TODAY,
    )  # type: ignore[arg-type]
    session.expire_all()
    assert session.scalars(sa.select(BankMovement)).one().uid == ""


def test_a_dry_run_writes_nothing(session: Session, company: Company) -> None:
    ledger(session, company, owed())
    result = bank(session, company, bank_file(PAID), dry_run=True)
    assert (result.status, result.matched, result.sync_id) == ("dry_run", 1, None)
    assert session.scalars(sa.select(BankMovement)).all() == []
    assert opens(session)["FA2026-0012"] == (12_100, 0)


def test_without_automatic_application_all_is_proposed(session: Session, company: Company) -> None:
    company.match_automatically = False
    ledger(session, company, owed())
    assert bank(session, company, bank_file(PAID)).proposed == 1
    assert opens(session)["FA2026-0012"] == (12_100, 0)


def test_a_bank_file_taken_back(session: Session, company: Company) -> None:
    ledger(session, company, owed())
    last = last_done_sync(session, company.id)
    bank(session, company, bank_file(PAID))
    assert last_done_sync(session, company.id) is last  # of the ledger
    sync = session.scalars(sa.select(Sync).filter_by(kind="bank")).one()
    undo_bank_sync(session, sync, None, NOW, TODAY)
    assert opens(session)["FA2026-0012"] == (12_100, 0)
    assert session.scalars(sa.select(BankMovement)).all() == []
    assert session.scalars(sa.select(PayerAccount)).all() == []
    assert session.scalars(sa.select(BankAccount)).all() == []
    verbs = session.scalars(sa.select(AuditEntry.verb).filter_by(noun="sync", noun_id=sync.id)).all()
    assert list(verbs) == ["run", "undo"]
    with pytest.raises(DomainError, match="sync_not_last"):
        undo_bank_sync(session, sync, None, NOW, TODAY)


def test_a_ledger_taken_back_below_a_match(session: Session, company: Company) -> None:
    ledger(session, company, owed()[:1])
    second = ledger(session, company, owed())
    bank(session, company, bank_file(money_in(5_000, MAY, "Client DUPONT", "FA2026-0013"), PAID))
    undo_sync(session, second, None, NOW, TODAY)
    assert opens(session) == {"FA2026-0012": (0, 12_100)}
    assert all(one.gap_cents == 0 for one in checks(session, company.id))
    ledger(session, company, owed())
    assert all(one.gap_cents == 0 for one in checks(session, company.id))
    assert home(session, company) == 7_000  # the payment of FA2026-0013 found it again


def test_a_payment_before_its_invoice_waits_for_the_ledger(session: Session, company: Company) -> None:
    ledger(session, company, owed()[:1])
    assert bank(session, company, bank_file(money_in(7_000, MAY, "Client MARTIN", "FA2026-0014"))).unknown == 1
    ledger(session, company, owed())
    assert opens(session)["FA2026-0014"] == (0, 7_000)


def test_a_returned_direct_debit_reopens_its_invoice(session: Session, company: Company) -> None:
    ledger(session, company, owed())
    bank(session, company, bank_file(PAID._replace(end_to_end="E-12", mandate="M1")))
    back = money_in(
        -12_100, MAY + timedelta(3), "Client DUPONT", end_to_end="E-12", mandate="M1", returned=True, return_reason="MD06"
    )
    result = bank(session, company, bank_file(back))
    assert result.matched == 1
    item = session.scalars(sa.select(Item).filter_by(piece="FA2026-0012")).one()
    assert (item.open_cents, item.bank_cents, item.direct_debit_rejected) == (12_100, 0, True)
    movement = session.scalars(sa.select(BankMovement).filter_by(returned=True)).one()
    assert movement.returns_id is not None and movement.state == "matched"


def test_a_returned_payment_reopens_what_the_ledger_has_settled(session: Session, company: Company) -> None:
    lines = owed()
    lines[0] = lines[0]._replace(letter="AA")
    ledger(session, company, [*lines, entry("DUPONT", -12_100, MAY - timedelta(3), letter="AA", label="PRLV")])
    back = money_in(-12_100, MAY, "Client DUPONT", "REJET FA2026-0012", returned=True, mandate="M1")
    assert bank(session, company, bank_file(back)).matched == 1
    assert opens(session)["FA2026-0012"] == (12_100, -12_100)
    assert home(session, company) == 24_100
    rejected = entry("DUPONT", 12_100, MAY, label="IMPAYE", kind=Kind.REJECTED)
    ledger(session, company, [*lines, entry("DUPONT", -12_100, MAY - timedelta(3), letter="AA", label="PRLV"), rejected], MAY)
    assert home(session, company) == 24_100
    assert opens(session)["IMPAYE"] == (12_100, 0)
    assert states(session) == ["confirmed"]


def test_a_promise_is_kept_by_a_payment_seen_at_the_bank(session: Session, company: Company) -> None:
    ledger(session, company, owed())
    dupont = session.scalars(sa.select(Customer).filter_by(code="DUPONT")).one()
    promised = {"company_id": company.id, "customer_id": dupont.id, "promised_on": MAY, "currency": "EUR", "cents": 12_000}
    session.add(Promise(**promised, made_at=NOW - timedelta(10), state="expected"))
    session.flush()
    bank(session, company, bank_file(PAID))
    assert session.scalars(sa.select(Promise.state)).one() == "kept"
