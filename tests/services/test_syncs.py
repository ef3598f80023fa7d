"""Syncs as an accountant lives them: a year, the next one, the same file again, a list, terms, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from integrations.ledgers.sandbox import sniff_in_child
from integrations.ledgers.values import Mapping
from models import Allocation, AuditEntry, Company, Contact, Customer, Item, Profile, Promise, Sync, reports
from models.ledger import checks
from rules.errors import DomainError
from rules.ledger import Kind, LedgerLine, LedgerSnapshot, ThirdParty
from services.syncs import (
    SyncResult,
    apply_snapshot,
    read_options,
    recompute_due_dates,
    run_sync,
    stage_file,
    undo_sync,
)
from tests.books import entry, journal, open_list
from tests.conftest import NOW, TODAY

MAR, APR, MAY = date(2025, 3, 3), date(2025, 4, 4), date(2025, 5, 5)
CUT = date(2026, 1, 1)


def take(session: Session, company: Company, snapshot: LedgerSnapshot) -> tuple[SyncResult, Sync]:
    sync = stage_file(session, company, "", "file", None, NOW)
    result = apply_snapshot(session, company, snapshot, sync, NOW, TODAY)
    assert result.gap_cents == 0
    return result, sync


def counts(result: SyncResult) -> tuple[int, int, int, int]:
    return result.items_new, result.items_changed, result.items_settled, result.items_vanished


def items(session: Session) -> dict[str, Item]:
    """Items by piece."""
    return {one.piece: one for one in session.scalars(sa.select(Item))}


def opens(session: Session) -> dict[str, int]:
    return {
        one.piece or one.label: one.open_cents for one in session.scalars(sa.select(Item).order_by(Item.id)) if one.open_cents
    }


def year_2025() -> list[LedgerLine]:
    return [
        entry("DUPONT", 10000, MAR, piece="F1", letter="AA"),
        entry("DUPONT", -10000, APR, letter="AA", label="VIR"),
        entry("DUPONT", 5000, MAY, piece="F2"),
        entry("MARTIN", 7000, MAY, piece="F3"),
        entry("MARTIN", -500, MAY, piece="AV1", kind=Kind.CREDIT_NOTE),
    ]


def year_2026() -> list[LedgerLine]:
    opening = {"journal": "AN", "kind": Kind.OPENING}
    return [
        entry("DUPONT", 5000, CUT, piece="F2", document_on=MAY, letter="AB", **opening),
        entry("MARTIN", 6500, CUT, piece="RAN", **opening),
        entry("DUPONT", -5000, date(2026, 2, 2), letter="AB", label="VIR F2"),
    ]


def test_a_first_ledger(session: Session, company: Company) -> None:
    result, sync = take(session, company, journal(year_2025(), date(2025, 1, 1), date(2025, 12, 31)))
    assert counts(result) == (5, 0, 0, 0)
    assert (result.customers, result.customers_new, result.balance_cents) == (2, 2, 11500)
    assert opens(session) == {"F2": 5000, "F3": 7000, "AV1": -500}
    paid = items(session)["F1"]
    assert (paid.settled_on, paid.open_cents, paid.due_on, paid.due_source) == (APR, 0, MAR + timedelta(30), "company")
    assert items(session)["AV1"].due_source == "document"
    customer = session.scalars(sa.select(Customer).filter_by(code="DUPONT")).one()
    assert (customer.name, customer.name_folded, customer.review_on) == ("Client DUPONT", "client dupont", TODAY)
    assert (company.ledger_version, company.last_sync_at, company.ledger_on) == (1, NOW, MAY)
    assert sync.state == "done" and len(sync.changes["new"]) == 5


def test_the_next_year_counts_each_debt_once(session: Session, company: Company) -> None:
    take(session, company, journal(year_2025(), date(2025, 1, 1), date(2025, 12, 31)))
    original = items(session)["F2"].id
    result, sync = take(session, company, journal(year_2026(), CUT, date(2026, 3, 31)))
    assert opens(session) == {"RAN": 6500}
    kept = session.get_one(Item, original)
    assert (kept.settled_on, kept.document_on, kept.due_on) == (date(2026, 2, 2), MAY, MAY + timedelta(30))
    repeat = session.scalars(sa.select(Item).filter_by(state="repeat")).one()
    assert (repeat.repeats_id, repeat.open_cents) == (original, 0)
    carried = session.scalars(sa.select(Allocation).filter_by(how="carried")).all()
    assert {(one.cents, one.made_on) for one in carried} == {(7000, CUT), (500, CUT)}
    assert items(session)["F3"].settled_on is None  # carried, not paid: nobody is thanked for it
    assert counts(result) == (2, 0, 1, 0)
    said = next(one for one in result.remarks if one.code == "openings_read")
    assert said.params == {"repeated": 1, "counted": 1, "carried": 2}
    assert sync.changes["settled"] == [original]


def test_the_earlier_year_last_and_a_promise_follows_the_original(session: Session, company: Company) -> None:
    take(session, company, journal(year_2026()[:2], CUT, date(2026, 1, 31)))
    opening = items(session)["F2"]
    promise = Promise(
        company_id=company.id, customer_id=opening.customer_id, item_id=opening.id, promised_on=TODAY, cents=5000,
        currency="EUR", made_at=NOW,
    )  # fmt: skip
    session.add(promise)
    opening.expected_on = TODAY
    session.flush()
    _, sync = take(session, company, journal(year_2025(), date(2025, 1, 1), date(2025, 12, 31)))
    original = session.get_one(Item, session.get_one(Item, opening.id).repeats_id)
    assert (original.entry_on, original.open_cents, original.expected_on) == (MAY, 5000, TODAY)
    assert promise.item_id == original.id
    undo_sync(session, sync, None, NOW, TODAY)
    assert promise.item_id == opening.id
    assert opens(session) == {"F2": 5000, "RAN": 6500}


def test_a_later_export_of_the_running_year(session: Session, company: Company) -> None:
    lines = year_2025()
    take(session, company, journal(lines, date(2025, 1, 1), date(2025, 4, 30)))
    renumbered = [one._replace(entry=f"D{number}") for number, one in enumerate(lines)]
    renumbered[2] = renumbered[2]._replace(letter="AC")
    del renumbered[3]
    paid = entry("DUPONT", -5000, date(2025, 6, 6), letter="AC")
    ids = {piece: one.id for piece, one in items(session).items() if piece}
    result, _ = take(session, company, journal([*renumbered, paid], date(2025, 1, 1), date(2025, 6, 30)))
    assert counts(result) == (1, 3, 1, 1)
    after = items(session)
    assert {piece: after[piece].id for piece in ids} == ids
    assert (after["F3"].state, after["F3"].open_cents) == ("vanished", 0)
    assert opens(session) == {"AV1": -500}


def test_an_older_export_of_a_running_year_changes_nothing(session: Session, company: Company) -> None:
    take(session, company, journal(year_2025(), date(2025, 1, 1), date(2025, 12, 31)))
    older = [one._replace(letter="") for one in year_2025() if one.entry_on <= APR]
    result, _ = take(session, company, journal(older, date(2025, 1, 1), date(2025, 4, 30)))
    assert counts(result) == (0, 0, 0, 0)
    assert [one.code for one in result.remarks] == ["older_export"]


def test_an_entry_dated_in_the_future_does_not_make_a_newer_export_old(session: Session, company: Company) -> None:
    future = entry("DUPONT", 900, date(2025, 12, 31), piece="F9")
    take(session, company, journal([*year_2025()[:2], future], date(2025, 1, 1), date(2025, 12, 31)))
    result, _ = take(session, company, journal(year_2025(), date(2025, 1, 1), date(2025, 5, 31)))
    assert [one.code for one in result.remarks] == ["shorter_export"]
    assert opens(session) == {"F2": 5000, "F3": 7000, "AV1": -500}


def test_a_year_without_openings_leaves_what_was_open(session: Session, company: Company) -> None:
    take(session, company, journal(year_2025(), date(2025, 1, 1), date(2025, 12, 31)))
    result, _ = take(session, company, journal([entry("DUPONT", 100, date(2026, 4, 1), piece="F7")], date(2026, 4, 1)))
    assert "no_openings" in [one.code for one in result.remarks]
    assert sum(opens(session).values()) == 11600


def listed(piece: str, amount: int, left: int, due: date = MAY, customer: str = "DUPONT") -> LedgerLine:
    return entry(customer, amount, MAR, piece=piece, due_on=due, open_cents=left)


def test_open_item_lists_one_after_the_other(session: Session, company: Company) -> None:
    first, _ = take(
        session, company, open_list([listed("F1", 10000, 10000), listed("F2", 5000, 2000), listed("F3", 700, 700)], MAR)
    )
    assert (counts(first), first.balance_cents) == ((3, 0, 0, 0), 12700)
    assert (items(session)["F2"].amount_cents, items(session)["F2"].open_cents) == (5000, 2000)
    # F1 is part paid (the list only says what is left), F2 is gone, F4 is new.
    second, _ = take(
        session, company, open_list([listed("F1", 6000, 6000), listed("F3", 700, 700), listed("F4", 100, 100)], APR)
    )
    assert counts(second) == (1, 1, 1, 0)
    assert opens(session) == {"F1": 6000, "F3": 700, "F4": 100}
    assert (items(session)["F1"].amount_cents, items(session)["F2"].settled_on) == (10000, APR)
    then = {one.piece: one.open_cents for one in reports.open_items(session, company.id, APR - timedelta(1))}
    assert then == {"F1": 10000, "F2": 2000, "F3": 700, "F4": 100}
    # F2 comes back: the payment bounced. Nothing else changes.
    third, _ = take(
        session,
        company,
        open_list([listed("F2", 5000, 5000), listed("F1", 6000, 6000), listed("F3", 700, 700), listed("F4", 100, 100)], MAY),
    )
    assert counts(third) == (0, 1, 0, 0)
    assert items(session)["F2"].open_cents == 5000
    again, _ = take(
        session,
        company,
        open_list([listed("F2", 5000, 5000), listed("F1", 6000, 6000), listed("F3", 700, 700), listed("F4", 100, 100)], MAY),
    )
    assert counts(again) == (0, 0, 0, 0)


def test_a_list_and_a_journal_take_turns_on_the_same_items(session: Session, company: Company) -> None:
    take(session, company, open_list([listed("F2", 5000, 5000), listed("OLD", 300, 300)], MAY))
    known = items(session)["F2"].id
    take(session, company, journal(year_2025(), date(2025, 1, 1), date(2025, 12, 31)))
    assert opens(session) == {"F2": 5000, "F3": 7000, "AV1": -500}
    assert items(session)["F2"].id == known
    take(session, company, open_list([listed("F2", 5000, 1000)], CUT))
    assert opens(session) == {"F2": 1000}
    assert (items(session)["F2"].id, items(session)["F2"].due_on, items(session)["F3"].settled_on) == (known, MAY, CUT)
    history, _ = take(
        session, company, journal([entry("DUPONT", 50, date(2024, 5, 5), piece="F0")], date(2024, 1, 1), date(2024, 12, 31))
    )
    assert [one.code for one in history.remarks] == ["history_only"]
    assert opens(session) == {"F2": 1000}


@pytest.mark.parametrize(
    ("snapshot", "code"),
    [
        (open_list([listed("F1", 100, 100)], APR), "older_list"),
        (LedgerSnapshot("journal", "fec", [], [], [], 7, MAR, APR), "no_customer_lines"),
    ],
)
def test_what_does_not_fit_is_refused(session: Session, company: Company, snapshot: LedgerSnapshot, code: str) -> None:
    take(session, company, open_list([listed("F1", 100, 100)], MAY))
    with pytest.raises(DomainError) as caught:
        apply_snapshot(session, company, snapshot, stage_file(session, company, "", "f", None, NOW), NOW, TODAY)
    assert caught.value.code == code


def parties(*said: ThirdParty) -> LedgerSnapshot:
    return LedgerSnapshot("third_parties", "spreadsheet", [], list(said), [], len(said))


def test_third_parties_enrich_and_never_overwrite_a_person(session: Session, company: Company) -> None:
    take(session, company, journal(year_2025()))
    said = ThirdParty(
        "DUPONT", name="Dupont SARL", email="compta@dupont.example", city="Lille", profile="Grands comptes", sales_rep="JM",
        terms_days=45, terms_mode="days_month_end",
    )  # fmt: skip
    take(session, company, parties(said, ThirdParty("NOUVEAU", name="Nouveau")))
    dupont = session.scalars(sa.select(Customer).filter_by(code="DUPONT")).one()
    assert (dupont.name, dupont.city, dupont.terms_days) == ("Dupont SARL", "Lille", 45)
    assert session.get_one(Profile, dupont.profile_id).name == "Grands comptes"
    assert (items(session)["F2"].due_on, items(session)["F2"].due_source) == (date(2025, 6, 30), "customer")
    contact = session.scalars(sa.select(Contact).filter_by(customer_id=dupont.id)).one()
    assert (contact.email, contact.from_ledger) == ("compta@dupont.example", True)
    dupont.name, dupont.city, dupont.edited_fields = "Dupont & Fils", "Roubaix", ["name", "city"]
    contact.email, contact.from_ledger = "marie@dupont.example", False
    session.flush()
    result, sync = take(
        session, company, parties(ThirdParty("DUPONT", name="DUPONT", email="x@y.example", city="Lens", postcode="59100"))
    )
    assert counts(result) == (0, 0, 0, 0)
    assert (dupont.name, dupont.city, dupont.postcode, dupont.ledger_name) == ("Dupont & Fils", "Roubaix", "59100", "DUPONT")
    assert contact.email == "marie@dupont.example"
    undo_sync(session, sync, None, NOW, TODAY)
    assert (dupont.postcode, dupont.ledger_name) == ("", "Dupont SARL")


def test_terms_move_due_dates_but_not_those_of_the_file_or_by_hand(session: Session, company: Company) -> None:
    lines = [
        entry("DUPONT", 100, MAR, piece="F1"),
        entry("DUPONT", 100, MAR, piece="F2", due_on=APR),
        entry("DUPONT", 100, MAR, piece="F3"),
    ]
    take(session, company, journal(lines))
    by_hand = items(session)["F3"]
    by_hand.due_on, by_hand.due_source = MAY, "hand"
    company.terms_days = 10
    assert recompute_due_dates(session, company, None, TODAY) == 1
    assert {piece: one.due_on for piece, one in items(session).items()} == {"F1": MAR + timedelta(10), "F2": APR, "F3": MAY}
    assert counts(take(session, company, journal(lines))[0]) == (0, 0, 0, 0)


def test_undo_is_for_the_last_one_and_keeps_what_was_worked_on(session: Session, company: Company) -> None:
    _, first = take(session, company, journal(year_2025()))
    _, second = take(session, company, journal([*year_2025(), entry("NEUF", 100, MAY, piece="N1")]))
    chased = items(session)["N1"]
    session.add(
        Promise(
            company_id=company.id, customer_id=chased.customer_id, item_id=chased.id, promised_on=TODAY, cents=100,
            currency="EUR", made_at=NOW,
        )
    )  # fmt: skip
    with pytest.raises(DomainError, match="sync_not_last"):
        undo_sync(session, first, None, NOW, TODAY)
    undo_sync(session, second, None, NOW, TODAY)
    assert (second.state, items(session)["N1"].state, items(session)["N1"].open_cents) == ("undone", "vanished", 0)
    undo_sync(session, first, None, NOW, TODAY)
    assert opens(session) == {}
    assert set(session.scalars(sa.select(Customer.code))) == {"NEUF"}
    assert (company.last_sync_at, company.ledger_on) == (None, None)
    take(session, company, journal(year_2025()))
    assert sum(opens(session).values()) == 11500


HEADER = "JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef\tPieceDate\tEcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise"


def fec(tmp_path: Path, *amounts: int) -> Path:
    rows: list[Sequence[str]] = []
    for number, cents in enumerate(amounts, 1):
        euros = f"{cents / 100:.2f}".replace(".", ",")
        head = ["VE", "Ventes", str(number), "20260105"]
        tail = [f"F{number}", "20260105", f"Facture F{number}"]
        rows.append([*head, "411000", "Clients", "DUPONT", "Dupont", *tail, euros, "0,00", "", "", "20260105", "", ""])
        rows.append([*head, "707000", "Ventes", "", "", *tail, "0,00", euros, "", "", "20260105", "", ""])
    path = tmp_path / "file.txt"
    path.write_text("\r\n".join([HEADER, *("\t".join(row) for row in rows)]) + "\r\n", encoding="utf-8")
    return path


def run(session: Session, company: Company, path: Path, *, dry_run: bool = False) -> SyncResult:
    options = read_options(company, TODAY)
    return run_sync(session, company, path, path.name, options, None, NOW, TODAY, dry_run=dry_run)


def test_a_file_from_the_disk_twice_and_with_one_line_more(session: Session, company: Company, tmp_path: Path) -> None:
    dry = run(session, company, fec(tmp_path, 1000, 2000), dry_run=True)
    assert (dry.status, counts(dry), dry.balance_cents) == ("dry_run", (2, 0, 0, 0), 3000)
    assert session.scalar(sa.select(sa.func.count(Item.id))) == 0
    first = run(session, company, fec(tmp_path, 1000, 2000))
    assert (first.status, first.format, first.lines_read, counts(first)) == ("done", "fec", 4, (2, 0, 0, 0))
    version = company.ledger_version
    second = run(session, company, fec(tmp_path, 1000, 2000))
    assert (counts(second), second.balance_cents, company.ledger_version) == ((0, 0, 0, 0), 3000, version)
    third = run(session, company, fec(tmp_path, 1000, 2000, 50))
    assert (counts(third), third.balance_cents) == ((1, 0, 0, 0), 3050)
    verbs = session.scalars(sa.select(AuditEntry.verb).where(AuditEntry.noun == "sync")).all()
    assert list(verbs) == ["run", "run", "run"]


def test_a_refused_file_leaves_its_reason_and_nothing_else(session: Session, company: Company, tmp_path: Path) -> None:
    path = fec(tmp_path, 1000, 2000)
    path.write_bytes(path.read_bytes()[:-40])
    result = run(session, company, path)
    assert result.status == "refused" and result.error is not None
    sync = session.scalars(sa.select(Sync)).one()
    assert (sync.state, (sync.error or {})["code"]) == ("refused", result.error.code)
    assert session.scalar(sa.select(sa.func.count(Customer.id))) == 0


def test_a_file_that_does_not_fit_the_ledger_is_refused_whole(session: Session, company: Company, tmp_path: Path) -> None:
    path = fec(tmp_path, 1000)
    path.write_text(path.read_text(encoding="utf-8").replace("411000", "467000"), encoding="utf-8")
    result = run(session, company, path)
    assert result.error is not None and result.error.code == "no_customer_lines"
    assert [one.state for one in session.scalars(sa.select(Sync))] == ["refused"]


def test_a_spreadsheet_of_a_shape_seen_before_needs_no_mapping(session: Session, company: Company, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Qui;Quoi;Quand;Combien\nDUPONT;F1;05/01/2026;100,00\n", encoding="utf-8")
    columns = {"customer": 0, "piece": 1, "document_on": 2, "open_amount": 3}
    mapping = Mapping("open_items", columns, delimiter=";", encoding="utf-8")
    shape = sniff_in_child(path.read_bytes(), path.name).shape
    assert run(session, company, path).status == "refused"
    options = replace(read_options(company, TODAY), mapping=mapping)
    chosen = run_sync(session, company, path, path.name, options, None, NOW, TODAY, shape=shape)
    assert (chosen.status, chosen.balance_cents) == ("done", 10000), chosen.error
    path.write_text("Qui;Quoi;Quand;Combien\nDUPONT;F1;05/01/2026;60,00\n", encoding="utf-8")
    assert run(session, company, path).balance_cents == 6000


def test_the_invariant_is_shown_per_customer(session: Session, company: Company) -> None:
    take(session, company, journal(year_2025()))
    found = [(one.code, one.ledger_cents, one.open_cents, one.gap_cents) for one in checks(session, company.id)]
    assert found == [("DUPONT", 5000, 5000, 0), ("MARTIN", 6500, 6500, 0)]
    session.execute(sa.update(Item).where(Item.piece == "F2").values(open_cents=4999))
    assert [one.gap_cents for one in checks(session, company.id)] == [1, 0]
