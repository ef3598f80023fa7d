"""Small bank files made for the tests of the readers: CODA, CAMT, MT940, CFONB and OFX."""

from __future__ import annotations

OWN = "BE68539007547034"
PAYER = "BE71096123456769"


def coda(*statements: list[str], version: str = "2", copy: str = " ") -> bytes:
    """A CODA file: each statement is its records between 0 and 9, totals are made."""
    lines: list[str] = []
    for records in statements:
        head = f"0000001032672505{copy}".ljust(60) + "GEBABEBB   00403170701"
        debits = sum(int(one[32:47]) for one in records if one[:2] == "21" and one[6:10] == "0000" and one[31] == "1")
        credits = sum(int(one[32:47]) for one in records if one[:2] == "21" and one[6:10] == "0000" and one[31] == "0")
        tail = "9".ljust(16) + f"{len(records):06d}{debits:015d}{credits:015d}"
        lines += [head.ljust(127) + version, *records, tail.ljust(127) + "2"]
    return "\n".join(lines).encode("cp1252") + b"\n"


def coda_old(balance: int, account: str = "2" + "001" + OWN.ljust(34) + "EUR") -> str:
    """Record 1: account structure, number and account; balance in thousandths."""
    sign = "1" if balance < 0 else "0"
    return ("1" + account + sign + f"{abs(balance):015d}010326" + "ENCOURS SA".ljust(26)).ljust(125) + "001"


def coda_new(balance: int, account: str = OWN.ljust(34) + "EUR") -> str:
    """Record 8."""
    return ("8001" + account + ("1" if balance < 0 else "0") + f"{abs(balance):015d}020326").ljust(127) + "0"


def coda_movement(
    amount: int,
    text: str = "",
    *,
    sequence: int = 1,
    detail: int = 0,
    code: str = "00150000",
    structured: bool = False,
    name: str = "DUPONT SA",
    iban: str = PAYER,
    end_to_end: str = "",
    returned: str = "",
) -> list[str]:
    """Records 21, 22 and 23; amount in thousandths."""
    key = f"{sequence:04d}{detail:04d}"
    text = text.ljust(149)
    sign = "1" if amount < 0 else "0"
    return [
        f"21{key}{f'REF{sequence}-{detail}':<21}{sign}{abs(amount):015d}020326{code}{'1' if structured else '0'}{text[:53]}020326001"
        + "01 0",
        f"22{key}{text[53:106]}{end_to_end:<35}{'GEBABEBB':<11}   {returned:<13}1 0",
        f"23{key}{iban:<34}EUR{name:<35}{text[106:149]}0 1",
    ]


def camt(
    entries: str,
    *,
    message: str = "BkToCstmrStmt",
    inside: str = "Stmt",
    version: str = "053.001.08",
    opening: str = "0.00",
    closing: str = "",
    balances: bool = True,
) -> bytes:
    """One CAMT message with one statement."""
    balance = (
        "<Bal><Tp><CdOrPrtry><Cd>{0}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{1}</Amt><CdtDbtInd>CRDT</CdtDbtInd>"
        "<Dt><Dt>2026-03-0{2}</Dt></Dt></Bal>"
    )
    both = balance.format("OPBD", opening, 1) + balance.format("CLBD", closing, 2) if balances else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{version}"><{message}>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-02T18:00:00+01:00</CreDtTm></GrpHdr>
<{inside}><Id>S1</Id><ElctrncSeqNb>7</ElctrncSeqNb><CreDtTm>2026-03-02T18:00:00+01:00</CreDtTm>
<Acct><Id><IBAN>{OWN}</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>Encours SA</Nm></Ownr></Acct>{both}
{entries}
</{inside}></{message}></Document>
""".encode()


def entry(
    amount: str, details: str = "", *, side: str = "CRDT", more: str = "", status: str = "<Sts><Cd>BOOK</Cd></Sts>"
) -> str:
    """One Ntry."""
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{more}{status}<BookgDt><Dt>2026-03-02</Dt></BookgDt>'
        f"<ValDt><DtTm>2026-03-03T00:00:00</DtTm></ValDt><AcctSvcrRef>BANK1</AcctSvcrRef><NtryDtls>{details}</NtryDtls></Ntry>\n"
    )


def transaction(body: str, amount: str = "") -> str:
    """One TxDtls."""
    stated = f'<Amt Ccy="EUR">{amount}</Amt>' if amount else ""
    return f"<TxDtls>{stated}{body}</TxDtls>\n"


def party(name: str, iban: str = PAYER, side: str = "Dbtr", wrapped: bool = True) -> str:
    """RltdPties with one side, as versions 8 (wrapped in Pty) or before write it."""
    inner = f"<Nm>{name}</Nm>"
    inner = f"<Pty>{inner}</Pty>" if wrapped else inner
    return f"<RltdPties><{side}>{inner}</{side}><{side}Acct><Id><IBAN>{iban}</IBAN></Id></{side}Acct></RltdPties>"


def mt940(*fields: str, tail: str = "-") -> bytes:
    """One message."""
    return "\r\n".join([":20:STARTUMS", f":25:{OWN}", *fields, tail, ""]).encode("cp1252")


def cfonb(
    code: str, amount: int, text: str = "", *, account: str = "12345678901", day: str = "020326", reject: str = "  "
) -> str:
    """One record 01, 04 or 07 of an account in euros; amount in cents."""
    last = ("}JKLMNOPQR" if amount < 0 else "{ABCDEFGHI")[abs(amount) % 10]
    digits = f"{abs(amount):014d}"[:13] + last
    head = f"{code}30004    00794EUR2 {account}"
    if code == "04":
        return f"{head}18{day}{reject}{day}{text:<31}  {'1234567':<9}{digits}{'':<16}"
    return f"{head}  {day}".ljust(90) + digits + " " * 16


def cfonb_detail(qualifier: str, text: str, account: str = "12345678901") -> str:
    """One record 05."""
    return f"0530004    00794EUR2 {account}18020326     {qualifier}{text:<70}  "


def ofx(movements: str, *, balance: str = "<LEDGERBAL><BALAMT>100.00<DTASOF>20260331</LEDGERBAL>", head: str = "") -> bytes:
    """One OFX 1.x file."""
    head = head or "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
    return (
        f"{head}<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR\n<BANKACCTFROM><BANKID>30004<BRANCHID>00794<ACCTID>12345678901"
        f"</BANKACCTFROM>\n<BANKTRANLIST><DTSTART>20260301<DTEND>20260331\n{movements}</BANKTRANLIST>{balance}"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    ).encode("cp1252")
