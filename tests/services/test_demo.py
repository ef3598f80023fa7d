"""The demo company's story and its books: same arguments, same bytes; entries balance; years follow one another."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import pytest

from integrations.banks import BankOptions
from integrations.banks import read as read_bank
from integrations.ledgers import ReadOptions, read
from rules.ledger import Kind
from services.demo_bank import statement
from services.demo_ledger import Books
from services.demo_sheets import open_items, third_parties
from services.demo_story import Move, Size, left_of, make_story

ON = date(2026, 11, 20)
SMALL = Size(customers=40, years=3, on=ON)


@pytest.fixture(scope="module")
def books() -> Books:
    return Books(make_story(SMALL))


def rows(text: str) -> list[dict[str, str]]:
    lines = text.split("\r\n")
    header = lines[0].split("\t")
    assert lines[-1] == "" and len(header) == 18
    return [dict(zip(header, line.split("\t"), strict=True)) for line in lines[1:-1]]


def cents(text: str) -> int:
    return int(text.replace(",", ""))


def signed(row: dict[str, str]) -> int:
    return cents(row["Debit"]) - cents(row["Credit"])


def test_the_same_arguments_give_the_same_bytes(books):
    again = Books(make_story(SMALL))
    assert [books.fec(y, ON) for y in books.years] == [again.fec(y, ON) for y in again.years]
    other = Books(make_story(Size(customers=40, years=3, on=ON, seed=2)))
    assert other.fec(2026, ON) != books.fec(2026, ON)


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_entry_balances_and_ends_on_the_day(books, year):
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows(books.fec(year, ON)):
        sums[row["JournalCode"], row["EcritureNum"]] += signed(row)
        assert f"{year}0101" <= row["EcritureDate"] <= min(f"{year}1231", "20261120")
    assert sums and not any(sums.values())


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_capital_letters_balance_per_customer(books, year):
    groups: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows(books.fec(year, ON)):
        if row["CompteNum"] == "411000" and row["EcritureLet"].isupper():
            groups[row["CompAuxNum"], row["EcritureLet"]] += signed(row)
    assert len(groups) > 50 and not any(groups.values())


@pytest.mark.parametrize("year", [2025, 2026])
def test_a_year_opens_with_what_the_year_before_left(books, year):
    closing: dict[tuple[str, str], int] = defaultdict(int)
    opening: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows(books.fec(year - 1, ON)):
        if row["CompteNum"][0] not in "67" and row["CompteNum"] not in ("110000", "120000"):
            closing[row["CompteNum"], row["CompAuxNum"]] += signed(row)
    for row in rows(books.fec(year, ON)):
        if row["JournalCode"] == "AN" and row["CompteNum"] not in ("110000", "120000"):
            opening[row["CompteNum"], row["CompAuxNum"]] += signed(row)
    assert {k: v for k, v in closing.items() if v} == {k: v for k, v in opening.items() if v}


def test_a_later_export_only_adds_entries_and_letters(books):
    earlier, later = rows(books.fec(2026, date(2026, 10, 9))), rows(books.fec(2026, ON))
    bare = ("EcritureLet", "DateLet")
    assert len(earlier) < len(later)
    for before, after in zip(earlier, later, strict=False):
        assert {k: v for k, v in before.items() if k not in bare} == {k: v for k, v in after.items() if k not in bare}
        assert not before["EcritureLet"].isupper() or before["EcritureLet"] == after["EcritureLet"]


def test_it_has_everything_a_ledger_has():
    story = make_story(Size(customers=250, years=2, on=ON))
    kinds = {move.kind for move in story.moves if move.day <= ON}
    assert kinds == {Kind.INVOICE, Kind.CREDIT_NOTE, Kind.PAYMENT, Kind.REJECTED, Kind.OTHER}
    opened = story.open_on(ON)
    owed = sum(m.cents for m in opened if m.cents > 0)
    late = sum(m.cents for m in opened if m.cents > 0 and m.due_on < ON)
    assert 0.12 < late / owed < 0.28
    assert any(not p.email for p in story.parties) and any(not p.street for p in story.parties)
    assert all(p.email.endswith(".example") for p in story.parties if p.email)
    assert len({p.code for p in story.parties}) == len({p.name for p in story.parties}) == 250


def test_the_project_s_own_reader_reads_it_without_a_word(books):
    for year in books.years:
        snapshot = read(books.fec(year, ON).encode("iso-8859-15"), "FEC.txt", ReadOptions())
        assert not snapshot.remarks
        assert {one.name for one in snapshot.lines} <= {p.name for p in books.story.parties}
    assert sum(snapshot.balance_cents.values()) == sum(m.cents for m in books.story.open_on(ON))


def test_the_bench_sizes_are_met_exactly():
    story = make_story(Size(customers=200, years=1, on=ON, items=2000, open_items=400))
    assert len(story.moves) == 2000 and all(ON.replace(month=1, day=1) <= m.day <= ON for m in story.moves)
    groups: dict[tuple[int, int], list[Move]] = defaultdict(list)
    for move in story.open_on(ON):
        groups[move.party, move.group].append(move)
    assert sum(len(left_of(group)) for group in groups.values()) == 400
    lines = rows(Books(story, other_lines=5000).fec(2026, ON))
    assert sum(row["CompteNum"] == "411000" for row in lines) == 2000


def test_what_is_left_of_a_group():
    story = make_story(Size(customers=60, years=1, on=ON))
    groups: dict[tuple[int, int], list[Move]] = defaultdict(list)
    for move in story.open_on(ON):
        groups[move.party, move.group].append(move)
    assert any(len(group) > 1 for group in groups.values())
    for group in groups.values():
        assert sum(cents for _, cents in left_of(group)) == sum(move.cents for move in group)
    total = sum(move.cents for move in story.open_on(ON))
    listed = [line.split(";")[6] for line in open_items(story).decode().splitlines()[1:]]
    assert sum(cents(text) for text in listed) == total


def test_the_same_sheets_again():
    story = make_story(Size(customers=10, years=1, on=ON, country="BE"))
    assert third_parties(story) == third_parties(story) and open_items(story) == open_items(story)


def test_the_bank_statement_is_read_and_holds_what_a_bank_shows():
    story = make_story(Size(customers=120, years=1, on=ON))
    data = statement(story, "FR7630006000011234567890189", "Cartonnerie des Flandres")
    assert data == statement(story, "FR7630006000011234567890189", "Cartonnerie des Flandres")
    found = read_bank(data, "releve.xml", BankOptions())
    [one] = found.statements
    assert one.gap_cents == 0 and one.closing_on == ON and not found.remarks
    assert sum(m.returned for m in one.movements) == 1 and any(m.amount_cents < 0 and not m.returned for m in one.movements)
    ledger = {m.piece for m in story.moves if m.kind is Kind.PAYMENT and m.day <= ON}
    assert any(m.text in ledger for m in one.movements)  # what the accountant has entered already
    owed = {m.piece for m in story.open_on(ON)}
    assert sum(any(piece in m.text for piece in owed) for m in one.movements if m.amount_cents > 0) >= 5
