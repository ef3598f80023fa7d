"""Bank files, ledgers, people and ways back in any order: the ledger's balance stays provable, nothing counts twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import BankMovement, Company, Item, Sync, bulk
from models.bank_store import PARTS, last_bank_sync
from models.ledger import checks, last_done_sync
from models.users import Role
from rules.bank import Movement
from rules.errors import DomainError
from rules.ledger import LedgerLine
from services import bank_decide
from services.bank import sync_bank, undo_bank_sync
from services.syncs import apply_snapshot, stage_file, undo_sync
from tests.bank import bank_file, money_in
from tests.books import entry, journal
from tests.conftest import NOW, TODAY, make_user

START = date(2026, 1, 1)


class Firm:
    """Invoices, and payments as the bank and, later, the ledger see them; some come back."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.invoices = [
            entry(dice.choice("ABC"), dice.choice((5_000, 7_000, 12_100, 33_000)), self.day(60), piece=f"FA26-{n:04d}")
            for n in range(14)
        ]
        self.payments: list[tuple[LedgerLine, Movement, str]] = []
        for number, invoice in enumerate(dice.sample(self.invoices, 10)):
            on = invoice.entry_on + timedelta(dice.randint(5, 60))
            cents = invoice.amount_cents if dice.random() < 0.7 else invoice.amount_cents - 1_000
            letter = f"L{number}" if cents == invoice.amount_cents and dice.random() < 0.7 else ""
            booked = entry(invoice.customer, -cents, on + timedelta(dice.randint(-1, 3)), label=f"VIR{number}", letter=letter)
            text = invoice.piece if dice.random() < 0.7 else ""
            said = money_in(cents, on, f"Client {invoice.customer}", text, uid=f"U{number}", end_to_end=f"E{number}")
            self.payments.append((booked, said, invoice.piece if letter else ""))

    def day(self, until: int) -> date:
        return START + timedelta(self.dice.randint(0, until))

    def ledger(self, until: date) -> list[LedgerLine]:
        lettered = {piece: booked.letter for booked, _, piece in self.payments if piece and booked.entry_on <= until}
        lines = [one._replace(letter=lettered.get(one.piece, "")) for one in self.invoices if one.entry_on <= until]
        return lines + [booked for booked, _, _ in self.payments if booked.entry_on <= until]

    def statement(self, first: date, last: date) -> list[Movement]:
        found = [said for _, said, _ in self.payments if first <= said.booked_on <= last]
        back = [
            one._replace(amount_cents=-one.amount_cents, booked_on=last, returned=True, uid=f"R{one.uid}")
            for one in found if self.dice.random() < 0.1
        ]  # fmt: skip
        return found + back


def sound(session: Session, company: Company) -> None:
    session.expire_all()
    assert all(one.gap_cents == 0 for one in checks(session, company.id))
    parts = dict(bulk.fetch(session, f"SELECT id, sum(cents) FROM ({PARTS}) GROUP BY id", [company.id, company.id]))
    for item in session.scalars(sa.select(Item)):
        assert item.bank_cents == parts.get(item.id, 0), item.piece
        low, high = min(0, item.amount_cents), max(0, item.amount_cents)
        assert low <= item.open_cents <= high, (item.piece, item.label, item.open_cents, item.bank_cents)
    for movement in session.scalars(sa.select(BankMovement)):
        assert abs(movement.left_cents) <= abs(movement.amount_cents)


@pytest.mark.parametrize("seed", range(12))
def test_in_any_order(session: Session, company: Company, seed: int) -> None:
    dice = Random(seed)
    firm, who = Firm(dice), make_user(session, Role.ACCOUNTANT, [company])
    company.match_automatically = dice.random() < 0.7
    read = START + timedelta(50)
    for step in range(14):
        deed = (
            "ledger"
            if not step
            else dice.choice(("ledger", "ledger", "bank", "bank", "bank", "accept", "undo", "back", "back bank"))
        )
        if deed == "ledger":
            read += timedelta(dice.randint(0, 15))
            sync = stage_file(session, company, "", "l", None, NOW)
            assert apply_snapshot(session, company, journal(firm.ledger(read), START, read), sync, NOW, TODAY).gap_cents == 0
        elif deed == "bank":
            first = firm.day(100)
            if moves := firm.statement(first, first + timedelta(30)):
                sync_bank(session, company, replace(bank_file(*moves), format="camt053"), "b", None, NOW, TODAY)
        elif deed == "accept":
            bank_decide.accept_all_certain(session, company, who.id, NOW, TODAY)
        elif deed == "undo":
            for movement in session.scalars(sa.select(BankMovement).filter_by(state="matched").limit(1)).all():
                with_errors(lambda one=movement: bank_decide.undo_match(session, one, who.id, NOW, TODAY))
        else:
            last: Sync | None = (
                last_bank_sync(session, company.id) if deed == "back bank" else last_done_sync(session, company.id)
            )
            undo = undo_bank_sync if deed == "back bank" else undo_sync
            if last is not None:
                with_errors(lambda one=last, take=undo: take(session, one, who.id, NOW, TODAY))
        sound(session, company)


def with_errors(deed: object) -> None:
    try:
        deed()  # type: ignore[operator]
    except DomainError as error:
        assert error.code in ("match_in_ledger", "sync_undo_gone")
