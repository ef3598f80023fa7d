"""XAF files made here: which lines are debtors', openings, older versions, encodings, and what is refused."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from datetime import date

import pytest

from integrations.files import Refused
from integrations.ledgers import ReadOptions, read, sniff
from rules.ledger import Kind, LedgerSnapshot

HEAD = """<header><fiscalYear>2026</fiscalYear><startDate>2026-01-01</startDate><endDate>2026-12-31</endDate>
<curCode>EUR</curCode><dateCreated>2026-03-31</dateCreated><softwareDesc>Proef</softwareDesc></header>"""
RELATIONS = """<customersSuppliers>
<customerSupplier><custSupID>K1</custSupID><custSupName>Café Zoë &amp; Zn</custSupName><eMail>boek@zoe.example</eMail>
<commerceNr>271376310000</commerceNr><taxRegIdent>NL001234567B01</taxRegIdent><custSupTp>C</custSupTp>
<custCreditLimit>2500.00</custCreditLimit><streetAddress><streetname>Dam</streetname><number>1</number>
<city>Utrecht</city><postalCode>3511AA</postalCode><country>NL</country></streetAddress></customerSupplier>
<customerSupplier><custSupID>L9</custSupID><custSupName>Drukkerij</custSupName><custSupTp>S</custSupTp></customerSupplier>
</customersSuppliers>"""
ACCOUNTS = """<generalLedger>
<ledgerAccount><accID>1100</accID><accDesc>Bank</accDesc><accTp>B</accTp></ledgerAccount>
<ledgerAccount><accID>1305</accID><accDesc>Te ontvangen</accDesc><accTp>B</accTp></ledgerAccount>
<ledgerAccount><accID>1310</accID><accDesc>Voorziening debiteuren</accDesc><accTp>B</accTp></ledgerAccount>
<ledgerAccount><accID>1600</accID><accDesc>Crediteuren</accDesc><accTp>B</accTp></ledgerAccount>
<ledgerAccount><accID>8000</accID><accDesc>Omzet</accDesc><accTp>P</accTp></ledgerAccount></generalLedger>"""


def tr_line(number: str, account: str, amount: str, side: str, relation: str = "", invoice: str = "", more: str = "") -> str:
    """One line of an entry."""
    return (
        f"<trLine><nr>{number}</nr><accID>{account}</accID><docRef/><effDate>2026-02-10</effDate><desc>regel</desc>"
        f"<amnt>{amount}</amnt><amntTp>{side}</amntTp><custSupID>{relation}</custSupID><invRef>{invoice}</invRef>{more}</trLine>"
    )


def journal(code: str, kind: str, entries: list[list[str]], offset: str = "") -> str:
    """A journal of entries, numbered from its code."""
    counter = f"<offsetAccID>{offset}</offsetAccID>" if offset else ""
    made = "".join(
        f"<transaction><nr>{code}-{index}</nr><trDt>2026-02-1{index}</trDt>{''.join(lines)}</transaction>"
        for index, lines in enumerate(entries)
    )
    return f"<journal><jrnID>{code}</jrnID><desc>Dagboek</desc><jrnTp>{kind}</jrnTp>{counter}{made}</journal>"


SALES = journal(
    "70",
    "S",
    [
        [tr_line("1", "1305", "121.00", "D", "K1", "F1"), tr_line("2", "8000", "121.00", "C", "K1", "F1")],
        [tr_line("1", "1305", "-21.00", "D", "K1", "F2"), tr_line("2", "8000", "-21.00", "C", "K1", "F2")],
    ],
    offset="1305",
)
BANK = journal("20", "B", [[tr_line("1", "1100", "100.00", "D", "K1", "F1"), tr_line("2", "1305", "100.00", "C", "K1", "F1")]])
BOUGHT = journal("60", "P", [[tr_line("1", "1600", "55.00", "C", "L9", "P1"), tr_line("2", "8000", "55.00", "D", "L9")]])


def xaf(*journals: str, opening: str = "", subledgers: str = "", totals: str = "", relations: str = RELATIONS) -> str:
    """A file of these journals."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<auditfile xmlns="http://www.auditfiles.nl/XAF/3.2">'
        f"{HEAD}\n<company><companyName>Proef BV</companyName>{relations}{ACCOUNTS}{opening}\n"
        f"<transactions>{totals}{''.join(journals)}{subledgers}</transactions></company></auditfile>"
    )


def taken(text: str | bytes) -> LedgerSnapshot:
    """The file read with the accounts of a French company: they must not matter."""
    return read(text if isinstance(text, bytes) else text.encode(), "x.xaf", ReadOptions(customer_accounts=("411",)))


def balances(snapshot: LedgerSnapshot) -> dict[str, int]:
    """Σ(debit − credit) by customer."""
    found: Counter[str] = Counter()
    for line in snapshot.lines:
        found[line.customer] += line.amount_cents
    return dict(found)


def test_recognised_without_questions() -> None:
    found = sniff(xaf(SALES).encode(), "books.csv")
    assert (found.format, found.kind, found.program, found.certain, found.mapping) == (
        "xaf",
        "journal",
        "XAF · Proef",
        True,
        None,
    )


def test_only_lines_on_the_debtors_account() -> None:
    snapshot = taken(xaf(SALES, BANK, BOUGHT))
    assert balances(snapshot) == {"K1": 0}
    assert [(line.piece, line.kind, line.amount_cents, line.account) for line in snapshot.lines] == [
        ("F1", Kind.INVOICE, 12100, "1305"),
        ("F2", Kind.CREDIT_NOTE, -2100, "1305"),
        ("F1", Kind.PAYMENT, -10000, "1305"),
    ]
    assert (snapshot.kind, snapshot.starts_on, snapshot.ends_on) == ("journal", date(2026, 1, 1), date(2026, 3, 31))
    assert snapshot.lines_read == 8
    assert snapshot.balance_cents == {"EUR": 0}


def test_customers_and_their_addresses() -> None:
    (party,) = taken(xaf(SALES, BOUGHT)).third_parties
    assert (party.customer, party.name, party.email, party.street, party.postcode, party.city, party.country) == (
        "K1",
        "Café Zoë & Zn",
        "boek@zoe.example",
        "Dam 1",
        "3511AA",
        "Utrecht",
        "NL",
    )
    assert (party.vat_number, party.company_number, party.credit_limit_cents) == ("NL001234567B01", "271376310000", 250000)


def test_the_sub_ledger_says_due_date_and_account() -> None:
    detail = (
        "<subledgers><subledger><sbType>CU</sbType><sbLine><jrnID>90</jrnID><trNr>90-0</trNr><trLineNr>1</trLineNr>"
        "<amnt>50.00</amnt><amntTp>D</amntTp><custSupID>K1</custSupID><invRef>F7</invRef><invDt>2026-01-15</invDt>"
        "<invDueDt>2026-02-14</invDueDt><matchKeyID>M1</matchKeyID></sbLine></subledger></subledgers>"
    )
    memorial = journal("90", "M", [[tr_line("1", "1305", "50.00", "D", "K1"), tr_line("2", "8000", "50.00", "C")]])
    (line,) = taken(xaf(memorial, subledgers=detail)).lines
    assert (line.piece, line.document_on, line.due_on, line.letter) == ("F7", date(2026, 1, 15), date(2026, 2, 14), "")


def test_lines_about_one_invoice_belong_together() -> None:
    lines = taken(xaf(SALES, BANK)).lines
    assert [(line.piece, line.letter) for line in lines] == [("F1", "F1"), ("F2", ""), ("F1", "F1")]
    keyed = BANK.replace("<invRef>F1</invRef></trLine></transaction>", "<matchKeyID>M1</matchKeyID></trLine></transaction>")
    assert [line.letter for line in taken(xaf(SALES, keyed)).lines] == ["", "", ""]  # nothing stands against it


OPENING = """<openingBalance><opBalDate>2026-01-01</opBalDate>
<obLine><nr>1</nr><accID>1305</accID><amnt>300.00</amnt><amntTp>D</amntTp></obLine>
<obLine><nr>2</nr><accID>1600</accID><amnt>300.00</amnt><amntTp>C</amntTp></obLine>
<obSubledgers><obSubledger><sbType>{kind}</sbType><obSbLine><nr>1</nr><obLineNr>1</obLineNr><amnt>{amount}</amnt>
<amntTp>D</amntTp><custSupID>K1</custSupID><invRef>F0</invRef><invDt>2025-11-05</invDt><invDueDt>2025-12-05</invDueDt>
</obSbLine></obSubledger></obSubledgers></openingBalance>"""


def test_opening_lines_come_by_invoice() -> None:
    snapshot = taken(xaf(SALES, opening=OPENING.format(kind="CU", amount="300.00")))
    first = snapshot.lines[0]
    assert (first.kind, first.entry_on, first.piece) == (Kind.OPENING, date(2026, 1, 1), "F0")
    assert (first.document_on, first.due_on, first.account) == (date(2025, 11, 5), date(2025, 12, 5), "1305")
    assert balances(snapshot) == {"K1": 40000}
    assert not snapshot.remarks


def test_an_opening_the_sub_ledger_does_not_explain_stays_on_the_account() -> None:
    snapshot = taken(xaf(SALES, opening=OPENING.format(kind="CU", amount="120.00")))
    assert balances(snapshot) == {"K1": 22000, "1305": 18000}
    assert [remark.code for remark in snapshot.remarks] == ["opening_unexplained", "collective_account"]
    assert snapshot.remarks[0].params == {"value": "1305", "difference_cents": 18000}


def test_suppliers_openings_are_left_out() -> None:
    snapshot = taken(xaf(SALES, opening=OPENING.format(kind="SU", amount="300.00")))
    assert balances(snapshot) == {"K1": 10000, "1305": 30000}


def test_an_opening_written_twice_counts_once() -> None:
    again = journal("00", "O", [[tr_line("1", "1305", "300.00", "D", "K1", "F0"), tr_line("2", "1600", "300.00", "C")]])
    snapshot = taken(xaf(again, SALES, opening=OPENING.format(kind="CU", amount="300.00")))
    assert balances(snapshot) == {"K1": 40000}


def test_the_debtors_account_by_reference_code_or_name() -> None:
    for said in ("<leadReference>BVorDebHad</leadReference>", ""):
        name = "Te innen" if said else "Handelsdebiteuren"
        accounts = f"<ledgerAccount><accID>2222</accID><accDesc>{name}</accDesc><accTp>B</accTp>{said}</ledgerAccount>"
        text = xaf(journal("90", "M", [[tr_line("1", "2222", "9.00", "D", "K1"), tr_line("2", "8000", "9.00", "C")]]))
        assert balances(taken(text.replace("<generalLedger>", f"<generalLedger>{accounts}"))) == {"K1": 900}


def test_the_older_version() -> None:
    text = """<?xml version="1.0" encoding="ISO-8859-1"?><auditfile><header><startDate>2012-01-01</startDate>
<endDate>2012-12-31</endDate><currencyCode>EUR</currencyCode><productID>Oud</productID></header>
<generalLedger><ledgerAccount><accountID>1300</accountID><accountDesc>Debiteuren</accountDesc><accountType>Balans</accountType>
</ledgerAccount></generalLedger><customersSuppliers><customerSupplier><custSupID>7</custSupID><type>Debiteur</type>
<companyName>Zoë</companyName></customerSupplier></customersSuppliers><transactions><numberEntries>1</numberEntries>
<journal><journalID>V</journalID><description>Verkoopboek</description><type>Verkoop</type><transaction>
<transactionID>1</transactionID><transactionDate>2012-05-01</transactionDate><line><recordID>1</recordID>
<accountID>1300</accountID><custSupID>7</custSupID><documentID>2012001</documentID><description>Nota</description>
<debitAmount>10.00</debitAmount></line><line><recordID>2</recordID><accountID>8000</accountID><creditAmount>10.00</creditAmount>
</line></transaction></journal></transactions></auditfile>"""
    snapshot = taken(text.encode("iso-8859-1"))
    assert [(line.customer, line.name, line.piece, line.kind, line.amount_cents) for line in snapshot.lines] == [
        ("7", "Zoë", "2012001", Kind.INVOICE, 1000)
    ]


def test_latin_bytes_under_a_utf_8_declaration_are_read_and_remarked_on() -> None:
    snapshot = taken(xaf(SALES).encode("iso-8859-1"))
    assert snapshot.third_parties[0].name == "Café Zoë & Zn"
    assert [(remark.code, remark.params) for remark in snapshot.remarks] == [
        ("encoding_mended", {"declared": "utf-8", "value": "iso-8859-15"})
    ]


def test_inside_a_zip_and_in_utf_16() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("books.xaf", xaf(SALES))
    assert balances(taken(packed.getvalue())) == {"K1": 10000}
    assert balances(taken(xaf(SALES).replace("UTF-8", "UTF-16").encode("utf-16"))) == {"K1": 10000}


def test_an_entry_that_does_not_balance_in_a_file_that_does() -> None:
    odd = journal("90", "M", [[tr_line("1", "1305", "5.00", "D", "K1")], [tr_line("1", "8000", "5.00", "C")]])
    assert [remark.code for remark in taken(xaf(odd, SALES)).remarks] == ["entry_unbalanced", "entry_unbalanced"]


def refusal(text: str | bytes) -> tuple[str, dict[str, object]]:
    """Why a file is refused."""
    with pytest.raises(Refused) as caught:
        taken(text)
    return caught.value.code, caught.value.params


BOMB = '<!DOCTYPE auditfile [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def test_a_document_type_is_refused_unopened() -> None:
    bomb = xaf(SALES).replace("?>\n", f"?>\n<!-- first -->{BOMB}", 1).replace("Proef BV", "&b;")
    assert refusal(bomb) == ("doctype_refused", {"line": 2})
    with pytest.raises(Refused, match="doctype_refused"):
        sniff(bomb.encode(), "x")


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [
        ("<amnt>121.00</amnt>", "<amnt>121,00x</amnt>", "amount_unreadable", "amnt"),
        ("<amntTp>D</amntTp>", "<amntTp>X</amntTp>", "side_unreadable", "amntTp"),
        ("<trDt>2026-02-10</trDt>", "<trDt>2026-02-30</trDt>", "date_unreadable", "trDt"),
        ("<amnt>121.00</amnt>", "<amnt>122.00</amnt>", "file_unbalanced", None),
        ("<accDesc>Bank</accDesc>", "<accDesc>Bank</accDes>", "xml_damaged", "57"),
        ('encoding="UTF-8"', 'encoding="EBCDIC"', "encoding_unknown", None),
    ],
)
def test_refused_with_the_place(old: str, new: str, code: str, column: str | None) -> None:
    found, params = refusal(xaf(SALES).replace(old, new, 1))
    assert found == code
    assert params.get("column") == column
    assert isinstance(params["line"], int)


def test_a_cut_file_is_refused() -> None:
    whole = xaf(SALES, BANK, BOUGHT)
    for end in range(200, len(whole) - 20, 97):
        assert refusal(whole[:end])[0] == "xml_damaged"


def test_less_than_the_file_declares_is_refused() -> None:
    totals = "<linesCount>6</linesCount><totalDebit>{0}</totalDebit><totalCredit>{0}</totalCredit>"
    assert balances(taken(xaf(SALES, BANK, totals=totals.format("200.00")))) == {"K1": 0}
    assert refusal(xaf(SALES, totals=totals.format("200.00")))[0] == "control_totals"
    assert balances(taken(xaf(SALES, totals=totals.format("100.00")))) == {"K1": 10000}  # only the count is careless


def test_nothing_to_read() -> None:
    assert refusal(xaf())[0] == "file_empty"
    assert refusal(xaf(BOUGHT))[0] == "no_customer_lines"
    assert refusal('<?xml version="1.0"?><Invoice xmlns="urn:x"/>')[0] == "xml_unknown"
    assert refusal(b"<?xml version='1.0' encoding='utf-8'?>" + b"<auditfile>\x00</auditfile>")[0] == "nul_byte"


def test_too_many_lines() -> None:
    with pytest.raises(Refused, match="too_many_lines"):
        read(xaf(SALES, BANK).encode(), "x", ReadOptions(max_rows=3))
