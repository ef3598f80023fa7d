"""A generated year (`bench.bank_year`) as files: the ledger of what is owed, and the bank's statements after it.

Invoices stand in a FEC of 2025. What the bank shows of their payments lies in the quarter after its last line, a statement
a day, once as CAMT.053 (version 8, as banks fill it in) and once as CODA (version 2): the same movements in both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby
from xml.sax.saxutils import escape

from sqlalchemy.orm import Session

from bench.bank_year import FIRST, Year
from models import bank_store, bulk
from rules.matching_facts import Owed, Paid, Payer

OWN, BIC, HOLDER = "BE68539007547034", "GEBABEBB", "CARTONNERIE DU BANC"
LEDGER_ON = date(2025, 12, 22)  # the last invoice of the generated year
DAYS, SPAN = 100, 440  # of the statements; of the year until the last payment
LAST = LEDGER_ON + timedelta(days=DAYS + 1)
OPENING_CENTS = 10_000_000_000
HEADER = (
    "JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef\tPieceDate\t"
    "EcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise"
)


def fec(owed: Iterable[Owed], names: dict[int, str]) -> str:
    """The customers' and sales' lines of every item, in the order of their days."""
    lines = [HEADER]
    for number, item in enumerate(sorted(owed, key=lambda one: (one.document_on, one.id)), 1):
        day, cents, customer = f"{item.document_on:%Y%m%d}", abs(item.open_cents), f"C{item.customer_id:05d}"
        amounts = [f"{cents // 100},{cents % 100:02d}", "0,00"]
        if item.open_cents < 0:
            amounts.reverse()
        start = f"VE\tVentes\tVE{number:06d}\t{day}"
        tail = f"{item.piece}\t{day}\t{'Facture' if item.open_cents > 0 else 'Avoir'} {item.piece}"
        lines.append(
            f"{start}\t411000\tClients\t{customer}\t{names[item.customer_id]}\t{tail}\t{amounts[0]}\t{amounts[1]}\t\t\t{day}\t\t"
        )
        lines.append(f"{start}\t701000\tVentes\t\t\t{tail}\t{amounts[1]}\t{amounts[0]}\t\t\t{day}\t\t")
    return "\r\n".join(lines) + "\r\n"


def after_ledger(year: Year) -> list[Paid]:
    """The movements in their order, their days laid into the quarter after the last invoice."""
    return [
        paid._replace(booked_on=LEDGER_ON + timedelta(days=1 + (paid.booked_on - FIRST).days * DAYS // SPAN))
        for paid in year.movements
    ]


def know(session: Session, company_id: int, owed: Iterable[Owed], payers: Iterable[Payer]) -> None:
    """What electronic invoices said (their payment references) and what earlier payments taught (accounts of payers)."""
    items = {row[0]: row[1:] for row in bulk.fetch(session, "SELECT piece, id, customer_id FROM item")}
    invoices = [
        (company_id, *items[one.piece][::-1], "ubl", one.piece, "380", one.references[0], "", "", "", one.open_cents, 0, 0, "2025-12-22")
        for one in owed if one.references
    ]  # fmt: skip
    columns = (
        "company_id", "customer_id", "item_id", "format", "number", "type_code", "payment_reference", "iban", "order_reference",
        "credited", "total_cents", "prepaid_cents", "is_interest", "made_at",
    )  # fmt: skip
    bulk.insert(session, "e_invoice", columns, invoices)
    customers = {row[0]: row[1] for row in bulk.fetch(session, "SELECT code, id FROM customer")}
    accounts = [(customers[one.code], one.ibans[0], LEDGER_ON) for one in payers if one.ibans and one.code in customers]
    bank_store.learn_accounts(session, company_id, accounts)


def _by_day(movements: Iterable[Paid]) -> Iterator[tuple[int, date, int, int, list[Paid]]]:
    """Number, day, opening, closing and movements of each statement."""
    opening = OPENING_CENTS
    for number, (on, group) in enumerate(groupby(movements, key=lambda paid: paid.booked_on), 1):
        every = list(group)
        closing = opening + sum(paid.cents for paid in every)
        yield number, on, opening, closing, every
        opening = closing


# CAMT.053


def camt(movements: Iterable[Paid]) -> bytes:
    """One message with a statement a day."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        "<GrpHdr><MsgId>BANC1</MsgId><CreDtTm>2026-04-01T05:40:00</CreDtTm></GrpHdr>"
    ]
    for number, on, opening, closing, every in _by_day(movements):
        parts.append(
            f"<Stmt><Id>{on:%Y%m%d}{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{on}T23:40:00</CreDtTm>"
            f"<Acct><Id><IBAN>{OWN}</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>{HOLDER}</Nm></Ownr>"
            f"<Svcr><FinInstnId><BICFI>{BIC}</BICFI></FinInstnId></Svcr></Acct>"
            f"{_balance('OPBD', opening, on)}{_balance('CLBD', closing, on)}"
        )
        parts += [_entry(paid, place) for place, paid in enumerate(every, 1)]
        parts.append("</Stmt>")
    parts.append("</BkToCstmrStmt></Document>\n")
    return "\n".join(parts).encode()


def _amount(cents: int) -> str:
    side = "CRDT" if cents >= 0 else "DBIT"
    return f'<Amt Ccy="EUR">{abs(cents) // 100}.{abs(cents) % 100:02d}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def _balance(code: str, cents: int, on: date) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(cents)}<Dt><Dt>{on}</Dt></Dt></Bal>"


def _entry(paid: Paid, place: int) -> str:
    reference = f"{paid.booked_on:%y%m%d}{place:06d}"
    side, other, family = ("Dbtr", "Cdtr", "RCDT") if paid.cents > 0 else ("Cdtr", "Dbtr", "ICDT")
    account = f"<{side}Acct><Id><IBAN>{paid.iban}</IBAN></Id></{side}Acct>" if paid.iban else ""
    named = f"<{side}><Pty><Nm>{escape(paid.name)}</Nm></Pty></{side}>" if paid.name else ""
    ours = f"<{other}><Pty><Nm>{HOLDER}</Nm></Pty></{other}><{other}Acct><Id><IBAN>{OWN}</IBAN></Id></{other}Acct>"
    told = ""
    if paid.structured:
        told = (
            "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>BBA</Issr></Tp>"
            f"<Ref>{paid.structured}</Ref></CdtrRefInf></Strd>"
        )
    elif paid.text:
        told = f"<Ustrd>{escape(paid.text)}</Ustrd>"
    return (
        f"<Ntry><NtryRef>{place}</NtryRef>{_amount(paid.cents)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{paid.booked_on}</Dt></BookgDt>"
        f"<ValDt><Dt>{paid.booked_on}</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly>"
        f"<Cd>{family}</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls>"
        f"<Refs><AcctSvcrRef>{reference}</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{_amount(paid.cents)}"
        f"<RltdPties>{named}{account}{ours}</RltdPties>"
        f"<RltdAgts><{side}Agt><FinInstnId><BICFI>{BIC}</BICFI></FinInstnId></{side}Agt></RltdAgts>"
        f"<RmtInf>{told}</RmtInf></TxDtls></NtryDtls></Ntry>"
    )


# CODA


def coda(movements: Iterable[Paid]) -> bytes:
    """One file with a statement a day, records 21, 22 and 23 for each movement."""
    lines: list[str] = []
    for number, on, opening, closing, every in _by_day(movements):
        day = f"{on:%d%m%y}"
        head = f"00000{day}72505".ljust(34) + f"{HOLDER:<26}{BIC:<11}".ljust(37)
        before = on - timedelta(days=1)
        records = [f"12{number:03d}{OWN:<34}EUR{_signed(opening)}{before:%d%m%y}{HOLDER:<26}".ljust(125) + f"{number:03d}"]
        for place, paid in enumerate(every, 1):
            records += _movement(paid, place, day, number)
        records.append(f"8{number:03d}{OWN:<34}EUR{_signed(closing)}{day}".ljust(127) + "0")
        debits, credits = (sum(max(0, sign * paid.cents) for paid in every) * 10 for sign in (-1, 1))
        tail = f"9{'':15}{len(records):06d}{debits:015d}{credits:015d}"
        lines += [head.ljust(127) + "2", *records, tail.ljust(127) + "2"]
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def _signed(cents: int) -> str:
    return f"{'1' if cents < 0 else '0'}{abs(cents) * 10:015d}"


def _movement(paid: Paid, place: int, day: str, statement: int) -> list[str]:
    sequence = f"{place:04d}0000"
    text, kind = (f"101{paid.structured}", "1") if paid.structured else (paid.text, "0")
    text = f"{text:<149}"
    code = "00150000" if paid.cents > 0 else "00101000"
    reference = f"{day}{place:06d}"
    return [
        f"21{sequence}{reference:<21}{_signed(paid.cents)}{day}{code}{kind}{text[:53]}{day}{statement:03d}01 0",
        f"22{sequence}{text[53:106]}{'NOTPROVIDED':<35}{BIC:<11}{'':16}1 0",
        f"23{sequence}{paid.iban:<34.34}EUR{paid.name:<35.35}{text[106:149]}0 1",
    ]
