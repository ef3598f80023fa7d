"""Every real FEC taken into a ledger: Σ open = Σ(debit − credit) per customer, on any day; the second time changes nothing."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from models import Company, Item, reports
from models.ledger import checks
from services.syncs import read_options, run_sync
from tests.conftest import NOW, TODAY
from tests.corpus import plain_fec
from tests.corpus.conftest import real_files

pytestmark = pytest.mark.corpus


def _open(session: Session, company: Company, on: date) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in reports.open_items(session, company.id, on):
        found[one.code] += Decimal(one.open_cents) / 100
    return {code: value for code, value in found.items() if value}


def _until(path: Path, day: date, prefixes: tuple[str, ...]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in plain_fec.rows(path):
        if row["comptenum"].startswith(prefixes) and row["ecrituredate"].replace("-", "") <= day.strftime("%Y%m%d"):
            found[" ".join(row["compauxnum"].split()) or row["comptenum"]] += plain_fec.signed(row)
    return {code: value for code, value in found.items() if value}


@pytest.mark.parametrize("path", real_files("fec"))
def test_what_is_open_is_the_balance_of_every_account(session: Session, company: Company, path: Path) -> None:
    options = read_options(company, TODAY)
    result = run_sync(session, company, path, path.name, options, None, NOW, TODAY)
    assert (result.status, result.gap_cents, result.items_new) == ("done", 0, session.query(Item).count())
    expected = {code: value for code, value in plain_fec.balances(path, company.account_prefixes).items() if value}
    assert _open(session, company, TODAY) == expected
    assert not any(one.gap_cents for one in checks(session, company.id))
    days = [one.entry_on for one in session.query(Item)]
    for share in range(5):
        day = min(days) + (max(days) - min(days)) * share / 4 + timedelta(share % 2)
        assert _open(session, company, day) == _until(path, day, company.account_prefixes)
        aged = reports.ageing(session, company.id, day)
        assert {one.code: Decimal(one.ageing.balance_cents) / 100 for one in aged if one.ageing.balance_cents} == _open(
            session, company, day
        )
    path_again = run_sync(session, company, path, path.name, options, None, NOW, TODAY)
    assert (path_again.items_new, path_again.items_changed, path_again.items_settled, path_again.items_vanished) == (0, 0, 0, 0)
