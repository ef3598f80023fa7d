"""What people decide about payments: accept, divide, refuse, say who, put aside, take back; and what it holds back meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import AuditEntry, BankMatch, BankMovement, Company, Customer, Item, PayerAccount, PayerName, User, facts
from models.ledger import checks
from models.users import Role
from rules.errors import DomainError
from services import bank_decide
from services.bank_decide import Share
from services.wording import sentence
from tests.bank import bank_file, money_in
from tests.books import entry
from tests.conftest import NOW, TODAY, make_user
from tests.services.test_bank import MAY, PAID, bank, ledger, opens, owed, states


@pytest.fixture
def who(session: Session, company: Company) -> User:
    return make_user(session, Role.ACCOUNTANT, [company])


@pytest.fixture
def proposed(session: Session, company: Company, who: User) -> BankMovement:
    """A payment of Dupont that waits for a person, with one proposal."""
    company.match_automatically = False
    ledger(session, company, owed())
    bank(session, company, bank_file(PAID))
    return session.scalars(sa.select(BankMovement)).one()


def last_verb(session: Session) -> str:
    query = sa.select(AuditEntry.verb).filter_by(noun="bank_movement").order_by(AuditEntry.id.desc()).limit(1)
    return session.scalars(query).one()


def sound(session: Session, company: Company) -> bool:
    return all(one.gap_cents == 0 for one in checks(session, company.id))


def test_accepted_and_taken_back(session: Session, company: Company, who: User, proposed: BankMovement) -> None:
    bank_decide.accept(session, proposed, 1, who.id, NOW, TODAY)
    assert opens(session)["FA2026-0012"] == (0, 12_100)
    assert (proposed.state, proposed.left_cents, proposed.decided_by_id) == ("matched", 0, who.id)
    match = session.scalars(sa.select(BankMatch)).one()
    assert (match.state, match.how, match.by_id, last_verb(session)) == ("provisional", "hand", who.id, "accept")
    assert session.scalars(sa.select(PayerAccount)).one().iban == PAID.iban
    with pytest.raises(DomainError, match="match_decided"):
        bank_decide.accept(session, proposed, 1, who.id, NOW, TODAY)
    bank_decide.undo_match(session, proposed, who.id, NOW, TODAY)
    assert opens(session)["FA2026-0012"] == (12_100, 0)
    assert (states(session), proposed.state, proposed.left_cents) == (["undone"], "open", 12_100)
    assert session.scalars(sa.select(PayerAccount)).all() == []
    assert sound(session, company)


def test_all_certain_ones_at_once(session: Session, company: Company, who: User) -> None:
    company.match_automatically = False
    ledger(session, company, owed())
    vague = money_in(1_234, MAY, "Client MARTIN")
    second = money_in(5_000, MAY, "Client DUPONT", "FA2026-0013")
    bank(session, company, bank_file(PAID, second, vague))
    assert bank_decide.accept_all_certain(session, company, who.id, NOW, TODAY) == 2
    assert opens(session) == {"FA2026-0012": (0, 12_100), "FA2026-0013": (0, 5_000), "FA2026-0014": (7_000, 0)}
    assert bank_decide.accept_all_certain(session, company, who.id, NOW, TODAY) == 0


def test_divided_over_items_with_a_small_difference(
    session: Session, company: Company, who: User, proposed: BankMovement
) -> None:
    ids = {one.piece: one.id for one in session.scalars(sa.select(Item))}
    shares = [Share(ids["FA2026-0012"], 7_150), Share(ids["FA2026-0013"], 4_950, "bank_fee")]
    bank_decide.split(session, proposed, shares, who.id, NOW, TODAY)
    assert opens(session) == {"FA2026-0012": (4_950, 7_150), "FA2026-0013": (0, 5_000), "FA2026-0014": (7_000, 0)}
    kept = session.scalars(sa.select(BankMatch).filter_by(state="provisional").order_by(BankMatch.id)).all()
    assert [(one.cents, one.difference_cents, one.difference_reason) for one in kept] == [
        (7_150, 0, ""),
        (4_950, 50, "bank_fee"),
    ]
    assert (proposed.state, proposed.left_cents, sound(session, company)) == ("matched", 0, True)


@pytest.mark.parametrize(
    ("piece", "cents", "code"),
    [("FA2026-0013", 5_001, "split_over_item"), ("FA2026-0013", 0, "split_nothing"), ("", 1, "split_item")],
)
def test_what_cannot_be_divided_is_said(
    session: Session, company: Company, who: User, proposed: BankMovement, piece: str, cents: int, code: str
) -> None:
    item_id = session.scalar(sa.select(Item.id).filter_by(piece=piece)) or 0
    with pytest.raises(DomainError, match=code) as caught:
        bank_decide.split(session, proposed, [Share(item_id, cents)], who.id, NOW, TODAY)
    assert sentence("fr", caught.value.code, caught.value.params) != caught.value.code


def test_more_than_came_in_is_refused(session: Session, company: Company, who: User, proposed: BankMovement) -> None:
    ids = {one.piece: one.id for one in session.scalars(sa.select(Item))}
    shares = [Share(ids["FA2026-0012"], 12_100), Share(ids["FA2026-0013"], 1)]
    with pytest.raises(DomainError, match="split_too_much"):
        bank_decide.split(session, proposed, shares, who.id, NOW, TODAY)


def test_refused_stays_refused_when_the_ledger_comes_again(
    session: Session, company: Company, who: User, proposed: BankMovement
) -> None:
    bank_decide.decline(session, proposed, 1, who.id, NOW, TODAY)
    assert (proposed.state, states(session), last_verb(session)) == ("open", ["declined"], "decline")
    company.match_automatically = True
    ledger(session, company, owed())
    assert states(session) == ["declined"]


def test_put_aside_and_back(session: Session, company: Company, who: User, proposed: BankMovement) -> None:
    bank_decide.ignore(session, proposed, who.id, NOW, TODAY)
    assert (proposed.state, proposed.customer_id) == ("ignored", None)
    bank_decide.undo_match(session, proposed, who.id, NOW, TODAY)
    assert proposed.state == "open"


def test_said_who_paid(session: Session, company: Company, who: User) -> None:
    ledger(session, company, owed())
    bank(session, company, bank_file(money_in(7_000, MAY, "HOLDING M", iban="BE71096123456769")))
    movement = session.scalars(sa.select(BankMovement)).one()
    assert (movement.state, movement.customer_id) == ("proposed", None)  # the amount alone: nobody is held for it
    martin = session.scalars(sa.select(Customer).filter_by(code="MARTIN")).one()
    bank_decide.set_customer(session, movement, martin, who.id, NOW, TODAY)
    assert (movement.customer_id, movement.state) == (martin.id, "proposed")
    assert states(session) == ["declined", "proposed"]
    bank_decide.accept(session, movement, 1, who.id, NOW, TODAY)
    assert opens(session)["FA2026-0014"] == (0, 7_000)
    assert session.scalars(sa.select(PayerName)).one().name_folded == "holding m"


def test_a_payment_that_waits_holds_reminders_for_some_days(
    session: Session, company: Company, who: User, proposed: BankMovement
) -> None:
    dupont = session.scalars(sa.select(Customer).filter_by(code="DUPONT")).one()

    def seen() -> list[tuple[int, object]]:
        (account,) = facts.accounts(session, company.id, TODAY, [dupont.id])
        return [(one.cents, one.until_on) for one in account.seen]

    assert seen() == [(12_100, TODAY + timedelta(4))]  # read today, five days with it
    text = sentence("fr", "payment_seen", {"amount_cents": 12_100, "currency": "EUR", "paid_on": MAY})
    assert text.replace("\xa0", " ") == "Paiement de 121,00 € vu en banque le 12 mai, pas encore rapproché"
    bank_decide.accept(session, proposed, 1, who.id, NOW, TODAY)
    assert seen() == []


def test_what_the_ledger_confirmed_is_not_taken_back_here(session: Session, company: Company, who: User) -> None:
    ledger(session, company, owed())
    bank(session, company, bank_file(PAID))
    lines = owed()
    lines[0] = lines[0]._replace(letter="AA")
    ledger(session, company, [*lines, entry("DUPONT", -12_100, MAY, letter="AA", label="VIR")], MAY)
    with pytest.raises(DomainError, match="match_in_ledger"):
        bank_decide.undo_match(session, session.scalars(sa.select(BankMovement)).one(), who.id, NOW, TODAY)


def test_a_tie_is_proposed_and_the_next_one_comes_up(session: Session, company: Company, who: User) -> None:
    ledger(session, company, [entry("DUPONT", 5_000, MAY - timedelta(40), piece=f"FA2026-002{n}") for n in (1, 2)])
    bank(session, company, bank_file(money_in(5_000, MAY, "Client DUPONT")))
    movement = session.scalars(sa.select(BankMovement)).one()
    assert (movement.state, set(states(session))) == ("proposed", {"proposed"})
    numbers = set(session.scalars(sa.select(BankMatch.proposal)))
    bank_decide.decline(session, movement, 1, who.id, NOW, TODAY)
    assert movement.state == ("proposed" if len(numbers) > 1 else "open")
    assert opens(session) == {"FA2026-0021": (5_000, 0), "FA2026-0022": (5_000, 0)}
