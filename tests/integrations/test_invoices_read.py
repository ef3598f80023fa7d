"""Electronic invoices read: what each kind says, which sign it has, what is refused and where."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from integrations import invoices
from integrations.files import Refused
from integrations.sandbox import ask
from rules.invoices import Invoice
from services.wording import sentence
from tests.integrations import invoice_files as made


def one(data: bytes, name: str = "f.xml") -> Invoice:
    (found,) = invoices.read(data, name)
    return found


def test_ubl() -> None:
    found = one(made.ubl(reference="+++090/9337/55493+++", terms="30 jours net", due=""))
    assert (found.format, found.number, found.type_code, found.issued_on) == ("ubl", "F-2026-0012", "380", date(2026, 5, 4))
    assert (found.due_on, found.terms_days, found.currency) == (None, 30, "EUR")
    assert (found.total_cents, found.prepaid_cents, found.payable_cents) == (12_100, 0, 12_100)
    assert (found.payment_reference, found.iban, found.method) == ("090933755493", "FR7630006000011234567890189", "transfer")
    assert (found.seller.name, found.seller.vat_number) == (made.SELLER["name"], made.SELLER["vat"])
    buyer = found.buyer
    assert (buyer.name, buyer.endpoint, buyer.company_number) == ("Dupont & Fils SARL", "0002:787878784", "787878784")
    assert (buyer.street, buyer.postcode, buyer.city, buyer.country) == ("1 rue du Moulin", "59000", "Lille", "FR")
    assert (buyer.contact_name, buyer.email) == ("Compta", "compta@dupont.example")
    assert [(held.kind, held.name) for held in found.attachments] == [("invoice_xml", "f.xml")]


@pytest.mark.parametrize("old", [False, True])
def test_cii(old: bool) -> None:
    found = one(made.cii(old=old, prepaid="21.00", payable="100.00", credited="F-1", code="384"))
    assert found.format == ("zugferd1" if old else "cii")
    assert (found.number, found.issued_on, found.due_on) == ("F-2026-0012", date(2026, 5, 4), date(2026, 6, 3))
    assert (found.total_cents, found.prepaid_cents, found.payable_cents) == (12_100, 2_100, 10_000)
    assert (found.payment_reference, found.method, found.credited) == ("RF18539007547034", "direct_debit", ("F-1",))
    assert (found.buyer.own_number, found.buyer.vat_number, found.buyer.postcode) == ("C12", made.BUYER["vat"], "59000")


@pytest.mark.parametrize(
    ("data", "total", "remarks"),
    [
        (made.ubl(code="381", root="CreditNote"), -12_100, []),
        (made.ubl(total="-121.00"), -12_100, []),
        (made.ubl(total="-121.00", code="381", root="CreditNote"), -12_100, ["credit_written_negative"]),
        (made.ubl(total="-121.00", code="384"), -12_100, []),
        (made.ubl(code="384"), 12_100, []),
        (made.ubl(code="389"), 12_100, []),
        (made.ubl(code="386"), 12_100, []),
        (made.ubl(code="326"), 12_100, []),
        (made.ubl(code="381"), -12_100, []),
        (made.cii(code="381"), -12_100, []),
        (made.cii(total="-121.00"), -12_100, []),
    ],
)
def test_a_credit_is_turned_once(data: bytes, total: int, remarks: list[str]) -> None:
    found = one(data)
    assert (found.total_cents, found.payable_cents, found.is_credit) == (total, total, total < 0)
    assert [remark.code for remark in found.remarks] == remarks


def test_a_credit_note_is_due_by_its_means_of_payment() -> None:
    assert one(made.ubl(code="381", root="CreditNote", due="2026-06-09")).due_on == date(2026, 6, 9)


def test_what_is_prepaid_follows_from_the_two_sums_of_the_smallest_profile() -> None:
    found = one(made.ubl(total="671.15", payable="470.15"))
    assert (found.total_cents, found.prepaid_cents, found.payable_cents) == (67_115, 20_100, 47_015)


@pytest.mark.parametrize("name", ["factur-x.xml", "ZUGFeRD-invoice.xml", "xrechnung.xml", "anything.xml"])
def test_the_xml_is_taken_out_of_a_pdf_and_the_pdf_kept(name: str) -> None:
    data = made.pdf(made.cii(), name)
    assert invoices.sniff(data) == "pdf"
    found = one(data, "Facture n° 12.pdf")
    assert (found.format, found.number) == ("facturx", "F-2026-0012")
    assert [(held.kind, held.name, held.content) for held in found.attachments] == [("invoice_pdf", "Facture n_ 12.pdf", data)]


def test_embedded_files_come_along() -> None:
    held = (
        "<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject "
        'mimeCode="application/pdf" filename="../../F 12.pdf">JVBERi0xLjQ=</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>'
        "</cac:AdditionalDocumentReference>"
    )
    found = one(made.ubl(extra=held))
    assert [(one.kind, one.name, one.content[:5]) for one in found.attachments][1] == ("invoice_pdf", "F 12.pdf", b"%PDF-")
    broken = one(made.ubl(extra=held.replace("JVBERi0xLjQ=", "###")))
    assert [remark.code for remark in broken.remarks] == ["attachment_unreadable"] and len(broken.attachments) == 1


def test_an_archive_pairs_pdf_and_xml() -> None:
    packed = made.archive({"a/F1.xml": made.ubl("F1"), "a/F1.pdf": made.pdf(None), "F2.pdf": made.pdf(made.cii("F2"))})
    assert invoices.sniff(packed) == "zip"
    found = ask("invoices", "read", packed, "all.zip")
    assert [(one.number, one.file, one.attachments[0].kind) for one in found] == [
        ("F1", "F1.xml", "invoice_pdf"), ("F2", "F2.pdf", "invoice_pdf"),
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings(encoding: str) -> None:
    data = made.ubl().decode().replace('encoding="UTF-8"', f'encoding="{encoding.removesuffix("-sig")}"').encode(encoding)
    assert invoices.sniff(data) == "ubl"
    assert one(data).buyer.name == "Dupont & Fils SARL"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"PK\x03\x04", b"JournalCode\tJournalLib", b"<Document><BkToCstmrStmt/></Document>", b"<Invoice><Id>1</Id></Invoice>",
        made.archive({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}), made.archive({"camt.xml": b"<Document/>"}),
    ],
)  # fmt: skip
def test_what_is_no_invoice_is_left_to_others(data: bytes) -> None:
    assert invoices.sniff(data) is None


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
FETCH = b'<?xml version="1.0"?><!DOCTYPE Invoice SYSTEM "http://127.0.0.1:9/x.dtd">'


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (made.ubl()[:-30], "invoice_damaged", made.ubl()[:-30].count(b"\n") + 1),
        (BOMB + made.ubl().partition(b"?>")[2].replace(b"Dupont", b"&b;"), "invoice_doctype", None),
        (FETCH + made.ubl().partition(b"?>")[2], "invoice_doctype", None),
        (made.ubl(total="12,10"), "invoice_amount", None),
        (made.ubl(total="1e9"), "invoice_amount", None),
        (made.ubl(total="99999999999999999"), "invoice_amount", None),
        (made.ubl().replace(b"2026-05-04", b"2026-02-30"), "invoice_date", 5),
        (made.cii(issued="05/04/2026"), "invoice_date", None),
        (made.ubl(number=""), "invoice_incomplete", None),
        (made.ubl(currency="euros"), "invoice_currency", None),
        (made.ubl().replace(b"LegalMonetaryTotal", b"Other"), "invoice_incomplete", None),
        (made.pdf(None), "pdf_without_invoice", None),
        (b"%PDF-1.7 nothing more", "pdf_damaged", None),
        (made.pdf(made.cii())[:900], "pdf_damaged", None),
        (made.archive({"a.xml": made.ubl(), "b.pdf": made.pdf(None)}), "pdf_without_invoice", None),
        (made.archive({"a.xml": made.ubl(), "b.txt": b"x"}), "not_an_invoice", None),
        (made.archive({"a.xml": made.ubl(), "../b.xml": made.ubl()}), "zip_path", None),
        (made.archive({"a.xml": made.ubl(), "inner.zip": made.archive({"c.xml": made.ubl()})}), "not_an_invoice", None),
        (made.archive({"a.xml": made.ubl(), "b.xml": b"<" + b" " * 5_000_000}), "zip_bomb", None),
        (made.archive({"a.xml": made.ubl()})[:-30], "not_an_invoice", None),
    ],
)
def test_refused_whole_naming_the_place(data: bytes, code: str, line: int | None) -> None:
    with pytest.raises(Refused) as refused:
        invoices.read(data, "f.xml")
    assert refused.value.code == code, refused.value.params
    assert refused.value.params["file"]
    if line is not None:
        assert refused.value.params["line"] == line


def test_depth_ends() -> None:
    deep = made.ubl(extra="<a>" * 5000 + "</a>" * 5000)
    with pytest.raises(Refused) as refused:
        ask("invoices", "read", deep, "deep.xml")
    assert refused.value.code in {"invoice_damaged", "reader_stopped"}


@pytest.mark.parametrize("good", [made.ubl(), made.cii(), made.pdf(made.cii()), made.archive({"a.xml": made.ubl()})])
@pytest.mark.parametrize("seed", range(3))
def test_damaged_files_are_read_or_refused(good: bytes, seed: int) -> None:
    """Cut, flipped, doubled and filled: an invoice or a reason, never another error."""
    chance = Random(seed)
    for _ in range(60):
        data = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    del data[place:]
                    data = data or bytearray(b"<")
                case 1:
                    data[place] ^= 1 << chance.randrange(8)
                case 2:
                    data[place:place] = data[place : place + chance.randint(1, 200)]
                case _:
                    data[place : place + 20] = chance.choice((b"\x00", b"9", b"&", b"<", b"\xff")) * 20
        try:
            found = invoices.read(bytes(data), "f")
        except Refused as refused:
            assert sentence("fr", refused.code, refused.params) != refused.code
        else:
            assert all(one.number and one.currency for one in found)
