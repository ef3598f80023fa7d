"""Whatever the order in which the files of some years come: the balance of each customer is that of the last one."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Company, reports
from models.ledger import checks
from rules.ledger import LedgerSnapshot
from services.syncs import SyncResult, apply_snapshot, stage_file, undo_sync
from tests.books import Books, sums
from tests.conftest import NOW, TODAY

several = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
OPENINGS = st.sampled_from(["detail", "renumbered", "total"])
counter = itertools.count(1)


def new_company(session: Session) -> Company:
    company = Company(code=f"P{next(counter)}", name="Property SA", created_at=NOW)
    session.add(company)
    session.flush()
    return company


def load(session: Session, company: Company, snapshot: LedgerSnapshot) -> SyncResult:
    sync = stage_file(session, company, "", "fec.txt", None, NOW)
    result = apply_snapshot(session, company, snapshot, sync, NOW, TODAY)
    assert result.gap_cents == 0
    assert not any(one.gap_cents for one in checks(session, company.id))
    return result


def balances(session: Session, company: Company, on: date = TODAY) -> dict[str, int]:
    return {one.code: one.balance_cents for one in reports.balances(session, company.id, on)}


def picture(session: Session, company: Company) -> Counter[tuple[object, ...]]:
    return Counter(
        (one.code, one.piece, one.document_on, one.due_on, one.open_cents)
        for one in reports.open_items(session, company.id, TODAY)
    )


@pytest.fixture
def empty(session: Session) -> Iterator[Session]:
    yield session
    session.rollback()


@several
@given(seed=st.integers(0, 10**6), opening=OPENINGS, order=st.permutations([2023, 2024, 2025]), subset=st.integers(1, 3))
def test_any_order_of_the_years(empty: Session, seed: int, opening: str, order: list[int], subset: int) -> None:
    books = Books(seed, opening)
    years = order[:subset]
    company = new_company(empty)
    for year in years:
        snapshot = books.file(year)
        if snapshot.lines:
            load(empty, company, snapshot)
    last = books.file(max(years))
    if not last.lines:
        return
    assert balances(empty, company) == sums(last.lines)
    in_order = new_company(empty)
    for year in sorted(years):
        if books.file(year).lines:
            load(empty, in_order, books.file(year))
    assert picture(empty, company) == picture(empty, in_order)
    for year in years:
        again = load(empty, company, books.file(year)) if books.file(year).lines else None
        if again:
            assert (again.items_new, again.items_changed, again.items_settled, again.items_vanished) == (0, 0, 0, 0)


@several
@given(seed=st.integers(0, 10**6), opening=OPENINGS, offset=st.integers(0, 364))
def test_balance_on_any_day_is_the_ledgers(empty: Session, seed: int, opening: str, offset: int) -> None:
    books = Books(seed, opening)
    company = new_company(empty)
    years = [year for year in (2023, 2024, 2025) if books.file(year).lines]
    for year in years:
        load(empty, company, books.file(year))
    for year in years:
        if year - 1 >= years[0] and year - 1 not in years:
            continue
        day = date(year, 1, 1) + timedelta(offset)
        until = [one for one in books.file(year).lines if one.entry_on <= day]
        assert balances(empty, company, day) == sums(until)
        listed = Counter[str]()
        for one in reports.open_items(empty, company.id, day):
            listed[one.code] += one.open_cents
        assert {code: cents for code, cents in listed.items() if cents} == sums(until)


@several
@given(seed=st.integers(0, 10**6), days=st.lists(st.integers(20, 364), min_size=2, max_size=3, unique=True), order=st.randoms())
def test_exports_of_a_running_year(empty: Session, seed: int, days: list[int], order: object) -> None:
    books = Books(seed, "detail")
    company = new_company(empty)
    if books.file(2023).lines:
        load(empty, company, books.file(2023))
    exports = [books.file(2024, until=date(2024, 1, 1) + timedelta(day)) for day in days]
    order.shuffle(exports)  # type: ignore[attr-defined]
    for snapshot in exports:
        if snapshot.lines:
            load(empty, company, snapshot)
    last = max(exports, key=lambda one: one.ends_on or date.min)
    if last.lines:
        assert balances(empty, company) == sums(last.lines)


@several
@given(seed=st.integers(0, 10**6), opening=OPENINGS)
def test_a_sync_can_be_taken_back(empty: Session, seed: int, opening: str) -> None:
    books = Books(seed, opening)
    company = new_company(empty)
    files = [books.file(year) for year in (2024, 2023, 2025)]
    before: list[Counter[tuple[object, ...]]] = []
    syncs = []
    for snapshot in (one for one in files if one.lines):
        before.append(picture(empty, company))
        sync = stage_file(empty, company, "", "fec.txt", None, NOW)
        apply_snapshot(empty, company, snapshot, sync, NOW, TODAY)
        syncs.append(sync)
    for sync, earlier in zip(reversed(syncs), reversed(before), strict=True):
        undo_sync(empty, sync, None, NOW, TODAY)
        assert picture(empty, company) == earlier
        assert not any(one.gap_cents for one in checks(empty, company.id))
