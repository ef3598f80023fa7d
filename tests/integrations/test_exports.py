"""Exports of programs recognised by their header, read without a question; totals against an independent sum."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import xlsxwriter

from integrations.ledgers import ReadOptions, read, sniff
from integrations.ledgers.values import IGNORED
from rules.ledger import Kind, LedgerSnapshot

TODAY = date(2026, 11, 21)


def taken(data: bytes, program: str) -> LedgerSnapshot:
    """The file, recognised with certainty as the export of a program, and read as sniffed."""
    found = sniff(data, "export")
    assert (found.program, found.certain, found.missing) == (program, True, ())
    return read(data, "export", ReadOptions(customer_accounts=("411",), today=TODAY))


def opens(snapshot: LedgerSnapshot) -> dict[str, int]:
    """What is open by customer, in cents."""
    found: Counter[str] = Counter()
    for line in snapshot.lines:
        found[line.customer] += line.open_cents or 0
    return {customer: cents for customer, cents in found.items() if cents}


def grouped(amount: Decimal) -> str:
    """1,234.50"""
    return f"{amount:,.2f}"


def money(random: Random) -> Decimal:
    """Some amount, sometimes a credit."""
    return Decimal(random.randint(-300_000, 2_000_000)) / 100


# ---- WinBooks: balance courante clients ---------------------------------------------------------------------------


def winbooks(rows: list[tuple[str, str, Decimal, Decimal, Decimal]]) -> bytes:
    """Tab separated, padded with spaces, amounts with thousands and a space behind."""
    lines = ["Référence(Ref)\tNom(name)\tReport\tDébit(debN)\tCrédit(credN)\tSolde(balanceN)"]
    for code, name, brought, debit, credit in rows:
        cells = [f"{code:<10}", f"{name:<40}", *(f"{grouped(one)} " for one in (brought, debit, credit, debit - credit))]
        lines.append("\t".join(cells))
    return "\n".join(lines).encode() + b"\n"


def test_winbooks_balances_one_row_per_customer() -> None:
    random = Random(1)
    rows = [(f"CLI{index}", f"CLIENT {index}", money(random), abs(money(random)), abs(money(random))) for index in range(60)]
    snapshot = taken(winbooks(rows), "WinBooks · balance courante clients")
    assert opens(snapshot) == {row[0]: int((row[3] - row[4]) * 100) for row in rows if row[3] != row[4]}
    assert min(line.open_cents or 0 for line in snapshot.lines) < 0  # credit balances are credits
    assert (snapshot.kind, snapshot.ends_on) == ("open_items", TODAY)
    assert {line.kind for line in snapshot.lines} == {Kind.OPENING}
    assert len(snapshot.third_parties) == 60


def test_winbooks_settled_customers_bring_nothing_open() -> None:
    rows = [
        ("A", "AUDACE", Decimal(5), Decimal("1000.10"), Decimal("1000.10")),
        ("B", "BABA", Decimal(0), Decimal(7), Decimal(9)),
    ]
    assert opens(taken(winbooks(rows), "WinBooks · balance courante clients")) == {"B": -200}


# ---- QuickBooks: A/R Aging Detail and Summary --------------------------------------------------------------------


def quickbooks(rows: list[tuple[str, str, date, date, Decimal, Decimal]], sections: bool = False) -> bytes:
    """Title rows, then the rows, under the names of their age when asked."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerows([["Apex Handyman Services"], ["A/R Aging Detail"], ["As of 31 December 2025"], []])
    writer.writerow(["Num", "Customer", "Date", "Due Date", "Amount", "Open Balance"])
    for index, (number, name, day, due, amount, left) in enumerate(rows):
        if sections and index % 5 == 0:
            writer.writerow(
                [["Current", "1 - 30 days past due", "31 - 60 days past due", "91 or more days past due"][index // 5 % 4]]
            )
        days = [f"{one.month}/{one.day}/{one.year}" for one in (day, due)]
        writer.writerow([number, name, *days, grouped(amount), grouped(left)])
        if sections and index % 5 == 4:
            block = rows[index - 4 : index + 1]
            sums = [grouped(sum((row[place] for row in block), Decimal())) for place in (4, 5)]
            writer.writerow(["Total for section", "", "", "", *sums])
    writer.writerow(["TOTAL", "", "", "", *(grouped(sum((row[place] for row in rows), Decimal())) for place in (4, 5))])
    return out.getvalue().encode()


def some_invoices(count: int) -> list[tuple[str, str, date, date, Decimal, Decimal]]:
    random = Random(count)
    rows = []
    for index in range(count):
        day, amount = date(2025, 9, 1) + timedelta(days=random.randrange(120)), abs(money(random)) + 1
        left = amount if random.random() < 0.7 else (amount / 2).quantize(Decimal("0.01"))
        rows.append((str(1000 + index), f"Customer {random.randrange(9)}, Inc", day, day + timedelta(days=30), amount, left))
    return rows


def test_quickbooks_detail_with_part_payments() -> None:
    rows = some_invoices(25)
    for sections in (False, True):
        snapshot = taken(quickbooks(rows, sections), "QuickBooks · A/R Aging Detail")
        assert [(line.piece, line.document_on, line.due_on, line.debit_cents, line.open_cents) for line in snapshot.lines] == [
            (number, day, due, int(amount * 100), int(left * 100)) for number, _, day, due, amount, left in rows
        ]
        assert {line.customer for line in snapshot.lines} == {row[1] for row in rows}
        assert snapshot.ends_on == date(2025, 12, 31)


def test_quickbooks_summary_by_age() -> None:
    text = (
        'Apex\nA/R Aging Summary\n"As of December 31, 2025"\n\n,Current,1 - 30,31 - 60,61 - 90,91 and over,Total\n'
        '"Doe, Jane","1,200.00",50.00,,,,"1,250.00"\nRoe,,,-20.00,,"3,000.10","2,980.10"\n'
        'TOTAL,"1,200.00",50.00,-20.00,0.00,"3,000.10","4,230.10"\n'
    )
    snapshot = taken(text.encode(), "QuickBooks · A/R Aging Summary")
    assert opens(snapshot) == {"Doe, Jane": 125000, "Roe": 298010}
    assert snapshot.balance_cents == {"EUR": 423010}
    assert snapshot.ends_on == date(2025, 12, 31)


# ---- Xero: Aged Receivables Summary --------------------------------------------------------------------------------

XERO = ["Contact", "Current", "< 1 Month", "1 Month", "2 Months", "3 Months", "Older", "Total"]


def xero(rows: list[tuple[str, list[Decimal | None]]]) -> bytes:
    """The workbook as the program writes it: title rows, cached totals of 0.00, a row of percentages."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("Aged Receivables Summary")
    for row, title in enumerate(
        ("Aged Receivables Summary", "Demo Company (EU)", "As at 31 December 2025", "Ageing by due date")
    ):
        sheet.write(row, 0, title)
    sheet.write_row(5, 0, XERO)
    for place, (name, amounts) in enumerate(rows, 6):
        sheet.write(place, 0, name)
        for column, amount in enumerate(amounts, 1):
            if amount is not None:
                sheet.write_number(place, column, float(amount))
        sheet.write_formula(place, 7, f"=SUM(B{place + 1}:G{place + 1})", None, 0.0)  # stale
    last = 6 + len(rows)
    sheet.write(last, 0, "Total")
    sheet.write(last + 1, 0, "Percentage of total")
    for column in range(1, 8):
        amounts = [row[1][column - 1] for row in rows] if column < 7 else []
        sheet.write_number(last, column, float(sum((one for one in amounts if one is not None), Decimal())))
        sheet.write_number(last + 1, column, 0.1429)
    book.close()
    return out.getvalue()


def test_xero_summary_buckets_are_not_added_to_totals() -> None:
    random = Random(3)
    rows: list[tuple[str, list[Decimal | None]]] = [
        (f"Contact {index}", [money(random) if random.random() < 0.6 else None for _ in range(6)]) for index in range(40)
    ]
    snapshot = taken(xero(rows), "Xero · Aged Receivables Summary")
    wanted = {name: int(sum((one for one in amounts if one is not None), Decimal()) * 100) for name, amounts in rows}
    assert opens(snapshot) == {name: cents for name, cents in wanted.items() if cents}
    assert len(snapshot.lines) == sum(one is not None and one != 0 for _, amounts in rows for one in amounts)
    assert snapshot.ends_on == date(2025, 12, 31)
    assert not {"Total", "Percentage of total"} & {line.customer for line in snapshot.lines}


def test_xero_each_bucket_is_due_when_it_says() -> None:
    amounts: list[Decimal | None] = [Decimal(one) for one in (1, 2, 4, 8, 16, 32)]
    snapshot = taken(
        xero([("Bayside Club", amounts), ("Ridgeway", [Decimal(3), None, None, None, None, None])]),
        "Xero · Aged Receivables Summary",
    )
    mine = [line for line in snapshot.lines if line.customer == "Bayside Club"]
    assert [line.open_cents for line in mine] == [100, 200, 400, 800, 1600, 3200]
    late = [(date(2025, 12, 31) - line.due_on).days if line.due_on else 0 for line in mine]
    assert late == sorted(late)
    assert late[0] == 0 < late[1] <= 30 < late[2] <= 60 < late[3] <= 90 < late[4]


# ---- MyUnisoft: journal with due dates -----------------------------------------------------------------------------


def test_my_unisoft_journal_with_due_dates_and_letters() -> None:
    random = Random(5)
    out = [
        "\ufeffJournalCode;EcritureDate;CompteNum;EcritureLib;Piece 1;Piece 2;Debit;Credit;Auxiliaire;DateEcheance;LibelleCompte;CodeLettrage"
    ]
    wanted: Counter[str] = Counter()
    for index in range(50):
        cents, code = random.randint(100, 999_999), f"C{random.randrange(7)}"
        amount, letter = f"{cents // 100},{cents % 100:02d}", "AAB" if index % 4 == 0 else ""
        out += [
            f"VT;202601{index % 28 + 1:02d};411000;Vente;FA{index};{index};{amount};;{code};202603{index % 28 + 1:02d};CLIENTS;{letter}",
            f"VT;202601{index % 28 + 1:02d};706000;Vente;FA{index};{index};;{amount};;;VENTES;",
        ]
        wanted[code] += cents
    snapshot = taken("\n".join(out).encode(), "MyUnisoft · écritures")
    found: Counter[str] = Counter()
    for line in snapshot.lines:
        found[line.customer] += line.amount_cents
    assert found == wanted
    assert snapshot.kind == "journal"
    assert {line.kind for line in snapshot.lines} == {Kind.INVOICE}
    assert snapshot.lines[3].due_on == date(2026, 3, 4)
    assert Counter(line.letter for line in snapshot.lines) == {"AAB": 13, "": 37}


def test_nothing_is_asked_about_columns_left_out() -> None:
    found = sniff(winbooks([("A", "B", Decimal(1), Decimal(1), Decimal(0))]), "x")
    assert [column.header for column in found.columns if column.confidence == IGNORED] == ["Report"]
