"""What matches teach: the accounts customers pay from, and the names they pay under."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from models import bank_store
from models.bank_book import own_names
from models.company import Company


class Lesson(NamedTuple):
    """Who paid, from which account and under which (folded) name; what is "" teaches nothing."""

    customer_id: int
    iban: str
    name_folded: str
    on: date


def learn(session: Session, company: Company, lessons: Iterable[Lesson]) -> None:
    """Remember accounts and names of matches that were certain or accepted; a customer's own name is known already."""
    given = list(lessons)
    if not given:
        return
    own = own_names(session, company.id)
    bank_store.learn_accounts(session, company.id, [(one.customer_id, one.iban, one.on) for one in given if one.iban])
    names = [
        (one.customer_id, one.name_folded, one.on)
        for one in given
        if one.name_folded and one.name_folded not in own.get(one.customer_id, ())
    ]
    bank_store.learn_names(session, company.id, names)


def unlearn(session: Session, company: Company, taught: Iterable[tuple[int, str, str]]) -> None:
    """Forget what matches taught that were taken back: (customer, account, folded name)."""
    bank_store.unlearn(session, company.id, taught)
