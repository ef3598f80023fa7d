"""CAMT: versions, batches, reversals, references, parties, balances, and XML that wants to harm."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest

from integrations.banks import BankOptions, Refused, read, sniff
from rules.bank import BankFile, Movement, Statement
from tests.integrations.bank_files import OWN, PAYER, camt, entry, party, transaction

OPTIONS = BankOptions()


def _file(data: bytes) -> BankFile:
    return read(data, "x", OPTIONS)


def _statement(entries: str, closing: str = "121.00") -> Statement:
    (statement,) = _file(camt(entries, closing=closing)).statements
    return statement


def _only(details: str, amount: str = "121.00", closing: str = "121.00", **how: str) -> Movement:
    (movement,) = _statement(entry(amount, details, **how), closing).movements
    return movement


def _refused(data: bytes) -> Refused:
    with pytest.raises(Refused) as refused:
        read(data, "x", OPTIONS)
    return refused.value


def test_a_statement() -> None:
    details = transaction(
        "<Refs><EndToEndId>NOTPROVIDED</EndToEndId><MndtId>M7</MndtId></Refs>"
        + party("Dupont &amp; Fils")
        + "<RltdAgts><DbtrAgt><FinInstnId><BICFI>GEBABEBB</BICFI></FinInstnId></DbtrAgt></RltdAgts>"
        + "<RmtInf><Ustrd>Facture</Ustrd><Ustrd>F12</Ustrd></RmtInf>"
    )
    more = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
    data = camt(entry("121.00", details, more=more), closing="121.00")
    assert sniff(data, "x.txt") == "camt053"
    found = _file(data)
    (statement,) = found.statements
    assert (found.format, statement.account, statement.currency, statement.number, statement.uid, statement.holder) == (
        "camt053", OWN, "EUR", "7", "S1", "Encours SA",
    )  # fmt: skip
    assert (statement.opening_cents, statement.closing_cents, statement.opening_on, statement.closing_on) == (
        0, 12_100, date(2026, 3, 1), date(2026, 3, 2),
    )  # fmt: skip
    assert statement.movements == [
        Movement(
            6,
            date(2026, 3, 2),
            12_100,
            "EUR",
            date(2026, 3, 3),
            "BANK1",
            "Dupont & Fils",
            PAYER,
            "GEBABEBB",
            "",
            "",
            "Facture F12",
            (),
            "PMNT-RCDT-ESCT",
            mandate="M7",
        )
    ]


@pytest.mark.parametrize(
    ("message", "inside", "version", "kind"),
    [
        ("BkToCstmrStmt", "Stmt", "053.001.02", "day"),
        ("BkToCstmrAcctRpt", "Rpt", "052.001.06", "intraday"),
        ("BkToCstmrDbtCdtNtfctn", "Ntfctn", "054.001.13", "advice"),
    ],
)
def test_messages_and_versions(message: str, inside: str, version: str, kind: str) -> None:
    old = entry("121.00", transaction(party("Dupont", wrapped=False)), status="<Sts>BOOK</Sts>")
    data = camt(old, message=message, inside=inside, version=version, closing="121.00")
    found = _file(data)
    assert (found.format, found.statements[0].kind) == (f"camt{version[:3]}", kind)
    assert found.statements[0].movements[0].name == "Dupont"


def test_prefixes_attributes_comments_and_no_namespace() -> None:
    plain = camt(entry("121.00", transaction(party("Dupont") + "<RmtInf><Ustrd>a &gt; b</Ustrd></RmtInf>")), closing="121.00")
    want = _file(plain).statements
    text = plain.decode()
    for changed in (
        text.replace("</", "</n:").replace("<n:", "<").replace("xmlns=", "xmlns:n="),
        text.replace("<Ntry>", '<Ntry\nId=">">').replace("Id=\n", "Id="),
        text.replace("<Ntry>", "<!-- <Ntry> & -->\n<Ntry>"),
        text.replace("a &gt; b", "<![CDATA[a > b]]>"),
        text.replace("a &gt; b", "a > b"),
        text.replace(' xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"', ""),
    ):
        if changed.count("xmlns:n"):
            changed = "".join(
                f"<{part}" if part[:1] in "?/" or not part else f"<n:{part}" for part in changed.split("<")
            ).removeprefix("<")
            changed = changed.replace("</", "</n:").replace("</n:n:", "</n:")
        found = _file(changed.encode()).statements
        assert [one._replace(line=0) for one in found[0].movements] == [one._replace(line=0) for one in want[0].movements]


def test_encodings() -> None:
    text = camt(entry("121.00", transaction(party("Hôtel Dupré"))), closing="121.00").decode()
    for name, declared in (("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("iso-8859-1", "ISO-8859-1"), ("utf-16", "UTF-16")):
        data = text.replace("UTF-8", declared).encode(name)
        assert sniff(data, "x") == "camt053"
        assert _file(data).statements[0].movements[0].name == "Hôtel Dupré"
    assert _refused(text.encode("iso-8859-1")).code == "damaged_text"
    assert _refused(text.replace("UTF-8", "UTF-7").encode("utf-8")).code == "encoding_unknown"


def test_a_batch_is_its_transactions_when_they_sum() -> None:
    parts = transaction(party("A"), "21.00") + transaction(party("B"), "100.00")
    a, b = _statement(entry("121.00", "<Btch><PmtInfId>LOT1</PmtInfId></Btch>" + parts)).movements
    assert [(one.amount_cents, one.name, one.batch, one.line) for one in (a, b)] == [
        (2_100, "A", "LOT1", 6),
        (10_000, "B", "LOT1", 7),
    ]
    short = transaction(party("A") + "<RmtInf><Ustrd>F1</Ustrd></RmtInf>", "20.00") + transaction(party("A"), "100.00")
    (whole,) = _statement(entry("121.00", short)).movements
    assert (whole.amount_cents, whole.name, whole.text, whole.batch) == (12_100, "A", "F1", "")
    old = [
        transaction(f'<AmtDtls><TxAmt><Amt Ccy="EUR">{amount}</Amt></TxAmt></AmtDtls>' + party("A"))
        for amount in ("21.00", "100")
    ]
    assert [one.amount_cents for one in _statement(entry("121.00", "".join(old))).movements] == [2_100, 10_000]


def test_a_reversal_is_given_back_by_the_one_who_paid() -> None:
    returned = transaction(
        party("Dupont") + "<RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf><Refs><EndToEndId>E1</EndToEndId></Refs>"
    )
    data = camt(entry("121.00", returned, side="DBIT", more="<RvslInd>true</RvslInd>"), opening="121.00", closing="0.00")
    (movement,) = _file(data).statements[0].movements
    assert (movement.amount_cents, movement.returned, movement.return_reason, movement.name, movement.end_to_end) == (
        -12_100, True, "MD06", "Dupont", "E1",
    )  # fmt: skip


def test_our_own_side_is_not_the_other() -> None:
    both = "<RltdPties><Dbtr><Nm>Encours SA</Nm></Dbtr><Cdtr><Nm>Dupont</Nm></Cdtr></RltdPties>"
    assert _only(transaction(both)).name == "Dupont"
    assert _only(transaction(party("Moi", OWN))).name == ""


def test_references_and_invoices() -> None:
    def structured(kind: str, reference: str) -> str:
        return f"<Strd><CdtrRefInf><Tp>{kind}</Tp><Ref>{reference}</Ref></CdtrRefInf></Strd>"

    bba = structured("<CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>BBA</Issr>", "+++090/9337/55493+++")
    iso = structured("<CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>ISO</Issr>", "RF18 5390 0754 7034")
    assert _only(transaction(f"<RmtInf>{bba}</RmtInf>")).structured == "090933755493"
    assert _only(transaction(f"<RmtInf>{iso}</RmtInf>")).structured == "RF18539007547034"
    free = "<RmtInf><Ustrd>payé ***090/9337/55493*** merci</Ustrd></RmtInf>"
    assert _only(transaction(free)).structured == "090933755493"
    several = _only(transaction(f"<RmtInf>{bba}{iso}</RmtInf>"))
    assert (several.structured, "RF18 5390 0754 7034" in several.text) == ("090933755493", True)
    documents = "<RmtInf><Strd><RfrdDocInf><Nb>F1</Nb></RfrdDocInf><RfrdDocInf><Nb>F2</Nb></RfrdDocInf></Strd></RmtInf>"
    assert _only(transaction(documents)).invoices == ("F1", "F2")


def test_pending_entries_are_left_out() -> None:
    entries = (
        entry("121.00", transaction(""))
        + entry("5.00", status="<Sts>PDNG</Sts>")
        + entry("6.00", status="<Sts><Cd>INFO</Cd></Sts>")
    )
    found = _file(camt(entries, closing="121.00"))
    assert [one.amount_cents for one in found.statements[0].movements] == [12_100]
    assert [(one.code, one.params["value"]) for one in found.remarks] == [
        ("entry_not_booked", "PDNG"),
        ("entry_not_booked", "INFO"),
    ]


def test_an_intraday_report_controls_nothing() -> None:
    data = camt(entry("5.00"), message="BkToCstmrAcctRpt", inside="Rpt", opening="100.00", closing="300.00")
    (statement,) = _file(data).statements
    assert (statement.opening_cents, statement.closing_cents, statement.gap_cents) == (None, 30_000, None)


def test_what_is_refused() -> None:
    good = camt(entry("121.00", transaction(party("Dupont"))), closing="121.00")
    gap = _refused(good.replace(b"'EUR'>121.00", b"'EUR'>121.01"))
    assert (gap.code, gap.params["line"], gap.params["value"], gap.params["gap_cents"]) == ("statement_gap", 5, "7", -1)
    assert _refused(good[: len(good) // 2]).code == "xml_damaged"
    bomb = good.replace(b"<Document", b'<!DOCTYPE a [<!ENTITY b "x">]>\n<Document', 1)
    assert (_refused(bomb).code, _refused(bomb).params["line"]) == ("xml_doctype", 2)
    assert (
        _refused(
            good.replace(b">121.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>", b">12I</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>")
        ).params["line"]
        == 6
    )
    assert _refused(good.replace(b"CRDT</CdtDbtInd><Sts>", b"XX</CdtDbtInd><Sts>")).code == "side_unreadable"
    assert _refused(good.replace(b"<Dt>2026-03-02</Dt></BookgDt>", b"<Dt>2026-13-02</Dt></BookgDt>")).code == "date_unreadable"
    assert _refused(good.replace(b'<Ntry><Amt Ccy="EUR">', b'<Ntry><Amt Ccy="USD">')).code == "currency_mixed"
    assert _refused(good.replace(OWN.encode(), b"")).code == "account_missing"
    deep = b"<x>" * 100 + b"</x>" * 100
    assert _refused(good.replace(b"<NtryDtls>", deep + b"<NtryDtls>")).code == "xml_too_deep"


def _zip(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_archives() -> None:
    good = camt(entry("121.00", transaction(party("Dupont"))), closing="121.00")
    data = _zip({"a.xml": good, "sub/b.xml": good, "__MACOSX/._a.xml": b"x"})
    assert sniff(data, "x") == "zip"
    assert [len(one.movements) for one in _file(data).statements] == [1, 1]
    assert sniff(_zip({"a.txt": b"hello"}), "x") is None
    assert _refused(_zip({"a.xml": good, "b.txt": b"hello"})).code == "archive_foreign"
    assert _refused(_zip({"../a.xml": good})).code == "archive_path"
    assert _refused(_zip({"a.zip": _zip({"a.xml": good})})).code == "archive_nested"
    assert _refused(_zip({f"{at}.xml": b"" for at in range(501)})).code == "archive_too_large"
    assert _refused(_zip({"a.xml": good + b" " * 20_000_000})).code == "archive_too_large"
    assert _refused(data[:-30]).code in ("archive_damaged", "workbook_damaged")
    broken = _refused(_zip({"a.xml": good, "b.xml": good.replace(b"'EUR'>121.00", b"'EUR'>9.00")}))
    assert (broken.code, broken.params["file"]) == ("statement_gap", "b.xml")
