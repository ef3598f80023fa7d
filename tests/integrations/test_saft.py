"""SAF-T files made here: customers' lines, openings and closings, terms, dialects, and what is refused."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from integrations.files import Refused
from integrations.ledgers import ReadOptions, read, sniff
from integrations.ledgers.sandbox import read_in_child, sniff_in_child
from rules.ledger import Kind, LedgerSnapshot

CUSTOMER = """<Customer><RegistrationNumber>987654321</RegistrationNumber><Name>Leker &amp; Spill</Name>
<Address><StreetName>Postboks 1</StreetName><City>Oslo</City><PostalCode>0123</PostalCode><Country>NO</Country>
<AddressType>PostalAddress</AddressType></Address>
<Address><StreetName>Bekken</StreetName><Number>4</Number><City>Oslo</City><PostalCode>0238</PostalCode>
<Country>NO</Country><AddressType>StreetAddress</AddressType></Address>
<Contact><ContactPerson><FirstName>Kari</FirstName><LastName>Lie</LastName></ContactPerson><Telephone>21</Telephone>
<Email>kari@leker.example</Email></Contact><TaxRegistration><TaxRegistrationNumber>987654321MVA</TaxRegistrationNumber>
</TaxRegistration><CustomerID>1000</CustomerID><AccountID>1500</AccountID>
<OpeningDebitBalance>{opening}</OpeningDebitBalance><ClosingDebitBalance>{closing}</ClosingDebitBalance>
<PartyInfo><PaymentTerms><Days>14</Days></PaymentTerms></PartyInfo></Customer>"""
ACCOUNTS = """<GeneralLedgerAccounts>
<Account><AccountID>1500</AccountID><AccountDescription>Kundefordringer</AccountDescription></Account>
<Account><AccountID>1920</AccountID><AccountDescription>Innskudd</AccountDescription><StandardAccountID>19</StandardAccountID>
</Account><Account><AccountID>3000</AccountID><AccountDescription>Salg</AccountDescription>
<StandardAccountID>30</StandardAccountID></Account></GeneralLedgerAccounts>"""


def a_line(account: str, debit: str = "", credit: str = "", customer: str = "", more: str = "") -> str:
    """One line of a transaction."""
    who = f"<CustomerID>{customer}</CustomerID>" if customer else ""
    amount = f"<DebitAmount><Amount>{debit}</Amount>{more}</DebitAmount>" if debit else f"<CreditAmount><Amount>{credit}</Amount>{more}</CreditAmount>"  # fmt: skip
    return f"<Line><RecordID>1</RecordID><AccountID>{account}</AccountID><ValueDate>2026-02-10</ValueDate>{who}<Description>x</Description>{amount}<ReferenceNumber>R1</ReferenceNumber></Line>"  # fmt: skip


def entry(number: str, *lines: str) -> str:
    """One transaction."""
    return (
        f"<Transaction><TransactionID>{number}</TransactionID><TransactionDate>2026-02-10</TransactionDate>"
        f"<Description>Post</Description><GLPostingDate>2026-02-11</GLPostingDate>{''.join(lines)}</Transaction>"
    )


SOLD = entry("1", a_line("1500", debit="125", customer="1000"), a_line("3000", credit="125", customer="1000"))
PAID = entry("2", a_line("1920", debit="100"), a_line("1500", credit="100.00", customer="1000"))
CREDITED = entry("3", a_line("3000", debit="25"), a_line("1500", credit="25", customer="1000"))


def saft(
    *entries: str, opening: str = "0", closing: str = "0", customers: str = CUSTOMER, country: str = "NO", totals: str = ""
) -> str:
    """A file of these transactions in one journal."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><n1:AuditFile xmlns:n1="urn:StandardAuditFile-Taxation-Financial:NO">'
        + (
            f"<Header><AuditFileCountry>{country}</AuditFileCountry><AuditFileDateCreated>2026-04-10</AuditFileDateCreated>"
            "<SoftwareCompanyName>Prøve</SoftwareCompanyName><DefaultCurrencyCode>NOK</DefaultCurrencyCode>"
            "<SelectionCriteria><PeriodStart>01</PeriodStart><PeriodStartYear>2026</PeriodStartYear>"
            "<PeriodEnd>12</PeriodEnd><PeriodEndYear>2026</PeriodEndYear></SelectionCriteria></Header>"
            f"<MasterFiles>{ACCOUNTS}<Customers>{customers.format(opening=opening, closing=closing)}</Customers></MasterFiles>"
            f"<GeneralLedgerEntries>{totals}<Journal><JournalID>GL</JournalID>{''.join(entries)}</Journal></GeneralLedgerEntries>"
        )
        .replace("</", "</n1:")
        .replace("<", "<n1:")
        .replace("<n1:/n1:", "</n1:")
        + "</n1:AuditFile>"
    )


def taken(text: str, currency: str = "EUR") -> LedgerSnapshot:
    """The file read by a company with French accounts."""
    return read(text.encode(), "x.xml", ReadOptions(customer_accounts=("411",), currency=currency))


def test_recognised_without_questions_also_in_the_child_process() -> None:
    data = saft(SOLD).encode()
    found = sniff_in_child(data, "x.txt")
    assert found == sniff(data, "x.txt")
    assert (found.format, found.kind, found.program, found.certain) == ("saft", "journal", "SAF-T NO · Prøve", True)
    assert read_in_child(data, "x", ReadOptions()) == taken(saft(SOLD))


def test_customers_lines_and_what_they_are() -> None:
    snapshot = taken(saft(SOLD, PAID, CREDITED))
    assert [(line.customer, line.account, line.kind, line.amount_cents) for line in snapshot.lines] == [
        ("1000", "1500", Kind.INVOICE, 12500),
        ("1000", "1500", Kind.PAYMENT, -10000),
        ("1000", "1500", Kind.CREDIT_NOTE, -2500),
    ]
    first = snapshot.lines[0]
    assert (first.entry, first.journal, first.piece, first.currency) == ("1", "GL", "R1", "NOK")
    assert (first.entry_on, first.document_on) == (date(2026, 2, 11), date(2026, 2, 10))
    assert (snapshot.starts_on, snapshot.ends_on) == (date(2026, 1, 1), date(2026, 4, 10))  # not the year's end yet
    assert snapshot.balance_cents == {"NOK": 0}
    assert not snapshot.remarks


def test_openings_and_the_closing_check() -> None:
    snapshot = taken(saft(SOLD, opening="320.50", closing="445.50"))
    assert (snapshot.lines[0].kind, snapshot.lines[0].entry_on, snapshot.lines[0].amount_cents) == (
        Kind.OPENING,
        date(2026, 1, 1),
        32050,
    )
    assert not snapshot.remarks
    (remark,) = taken(saft(SOLD, opening="320.50", closing="400")).remarks
    assert (remark.code, remark.params) == ("closing_differs", {"value": "1000", "difference_cents": 4550})


def test_who_the_customer_is() -> None:
    (party,) = taken(saft(SOLD)).third_parties
    assert (party.name, party.email, party.street, party.postcode) == (
        "Leker & Spill",
        "kari@leker.example",
        "Bekken 4",
        "0238",
    )
    assert (party.vat_number, party.company_number, party.contact_name) == ("987654321MVA", "987654321", "Kari Lie")
    assert (party.terms_days, party.terms_mode) == (14, "net")


def test_balances_by_account_as_newer_versions_write_them() -> None:
    customers = CUSTOMER.replace(
        "<AccountID>1500</AccountID>\n<OpeningDebitBalance>{opening}</OpeningDebitBalance><ClosingDebitBalance>{closing}</ClosingDebitBalance>",
        "<BalanceAccount><AccountID>1500</AccountID><OpeningDebitBalance>10</OpeningDebitBalance><ClosingDebitBalance>135</ClosingDebitBalance></BalanceAccount>"
        "<BalanceAccount><AccountID>1510</AccountID><OpeningCreditBalance>4</OpeningCreditBalance><ClosingCreditBalance>4</ClosingCreditBalance></BalanceAccount>",
    )
    snapshot = taken(saft(SOLD, customers=customers))
    assert Counter((line.account, line.amount_cents) for line in snapshot.lines) == {
        ("1500", 1000): 1,
        ("1510", -400): 1,
        ("1500", 12500): 1,
    }
    assert not snapshot.remarks


def test_without_accounts_in_the_master_data() -> None:
    """Romania names customer 0 on other lines, and its lines are called otherwise."""
    customers = "<Customer><Name>Client</Name><CustomerID>77</CustomerID></Customer>"
    sold = entry("1", a_line("4111", debit="10", customer="77"), a_line("707", credit="10", customer="0"))
    text = saft(sold, customers=customers, country="RO").replace("n1:Line", "n1:TransactionLine")
    assert [(line.customer, line.account, line.kind) for line in taken(text).lines] == [("77", "4111", Kind.INVOICE)]


def test_the_older_form_with_the_customer_on_the_transaction() -> None:
    lines = (
        "<CustomerID>1000</CustomerID><Lines><DebitLine><RecordID>1</RecordID><AccountID>1500</AccountID>"
        "<SourceDocumentID>FT 1</SourceDocumentID><DebitAmount>30.00</DebitAmount></DebitLine><CreditLine><RecordID>2</RecordID>"
        "<AccountID>3000</AccountID><CreditAmount>30.00</CreditAmount></CreditLine></Lines>"
    )
    assert [(line.customer, line.piece, line.amount_cents) for line in taken(saft(entry("1", lines))).lines] == [
        ("1000", "FT 1", 3000)
    ]


def test_foreign_currency_stands_beside() -> None:
    more = "<CurrencyCode>USD</CurrencyCode><CurrencyAmount>12</CurrencyAmount>"
    sold = entry("1", a_line("1500", debit="125", customer="1000", more=more), a_line("3000", credit="125"))
    (line,) = taken(saft(sold)).lines
    assert (line.currency, line.amount_cents, line.foreign_currency, line.foreign_cents) == ("NOK", 12500, "USD", 1200)


def refusal(text: str) -> tuple[str, object]:
    """Code and line of a refusal."""
    with pytest.raises(Refused) as caught:
        taken(text)
    return caught.value.code, caught.value.params.get("line")


def test_refused_with_the_reason() -> None:
    assert refusal(saft(SOLD).replace("<n1:Amount>125<", "<n1:Amount>126<", 1))[0] == "file_unbalanced"
    assert refusal(saft(SOLD).replace("<n1:Amount>125<", "<n1:Amount>12,5,0<", 1)) == ("amount_unreadable", 14)
    assert refusal(saft(SOLD).replace("2026-02-11", "11.02.2026")) == ("date_unreadable", 14)
    assert refusal(saft(SOLD)[:-200])[0] == "xml_damaged"
    assert refusal(saft())[0] == "file_empty"
    assert refusal(saft(entry("1", a_line("1920", debit="1"), a_line("3000", credit="1"))))[0] == "no_customer_lines"
    totals = "<NumberOfEntries>3</NumberOfEntries><TotalDebit>250</TotalDebit><TotalCredit>250</TotalCredit>"
    assert len(taken(saft(SOLD, PAID, CREDITED, totals=totals)).lines) == 3
    assert refusal(saft(SOLD, totals=totals))[0] == "control_totals"
    entity = saft(SOLD).replace("?>", '?><!DOCTYPE AuditFile [<!ENTITY x SYSTEM "file:///etc/passwd">]>', 1)
    assert refusal(entity) == ("doctype_refused", 1)
