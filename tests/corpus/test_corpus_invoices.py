"""Real electronic invoices: read as their MANIFEST line says and as a second, independent reading by XPath does."""

from __future__ import annotations

import csv
import io
import re
import zlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from integrations.sandbox import ask
from rules.invoices import Invoice
from tests.corpus.conftest import real_files, shared

FILES = [one for folder in ("ubl", "cii", "xrechnung", "facturx_pdf") for one in real_files(folder)]
EXPECTED = re.compile(r"(\w+)=(.*?)(?= \w+=|$)")


def manifest() -> dict[str, str]:
    with (shared() / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row["check"] for row in csv.DictReader(file)}


def read(path: Path) -> Invoice:
    (found,) = ask("invoices", "read", path, path.name)
    assert isinstance(found, Invoice)
    return found


def cents(text: str) -> int:
    return int((Decimal(text) * 100).quantize(Decimal(1)))


def plain_xml(path: Path) -> bytes:
    """The XML of a file; of a PDF by inflating its streams one after another, with nothing that knows PDF."""
    data = path.read_bytes()
    if path.suffix.lower() != ".pdf":
        return data
    for found in re.finditer(rb"(?<!end)stream(?:\r\n|\n|\r)", data):
        for content in (_inflated(data[found.end() :]), data[found.end() :].partition(b"endstream")[0]):
            if re.search(rb"<(\w+:)?CrossIndustry(Invoice|Document)\b", content[:20_000]):
                return content[content.index(b"<") :].strip()
    raise AssertionError("no XML in the PDF")


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, 2_000_000)
    except zlib.error:
        return b""


class Plain:
    """A document asked by XPath over local names, wherever they stand."""

    def __init__(self, path: Path) -> None:
        self.root = etree.parse(io.BytesIO(plain_xml(path)), etree.XMLParser(resolve_entities=False, no_network=True)).getroot()

    def __call__(self, *names: str) -> str:
        steps = "/".join(f"*[local-name()='{name}']" for name in names)
        found = self.root.xpath(f"//{steps}/text()")
        return " ".join(str(found[0]).split()) if found else ""


@pytest.mark.parametrize("path", FILES)
def test_read_as_the_manifest_says(path: Path) -> None:
    said = dict(EXPECTED.findall(manifest()[f"{path.parent.name}/{path.name}"]))
    found = read(path)
    assert (found.number, found.type_code, found.currency) == (said["id"], said["type"], said["ccy"])
    assert found.issued_on == date.fromisoformat(said["issue"])
    due = said["due"].strip()
    if due not in ("", "None"):
        assert found.due_on == date.fromisoformat(due)
    sign = -1 if said["type"] == "381" else 1
    payable = said.get("payable") or said.get("due_payable") or said.get("grand") or ""
    assert found.payable_cents == sign * cents(payable)
    if said.get("grand"):
        assert found.total_cents == sign * cents(said["grand"])
    if said.get("prepaid", "None") not in ("", "None"):
        assert found.prepaid_cents == sign * cents(said["prepaid"])
    if said["ref"] != "None":
        assert said["ref"] in found.credited
    assert found.is_interest == ("Rantefaktura" in path.name)


@pytest.mark.parametrize("path", FILES)
def test_read_as_a_second_reading_does(path: Path) -> None:
    found, plain = read(path), Plain(path)
    if etree.QName(plain.root).localname in ("Invoice", "CreditNote"):
        due = plain("DueDate") or plain("PaymentDueDate")
        total, payable = plain("LegalMonetaryTotal", "TaxInclusiveAmount"), plain("LegalMonetaryTotal", "PayableAmount")
        buyer = plain("AccountingCustomerParty", "Party", "PartyLegalEntity", "RegistrationName")
    else:
        due = plain("DueDateDateTime", "DateTimeString")
        total, payable = plain("GrandTotalAmount"), plain("DuePayableAmount") or plain("GrandTotalAmount")
        buyer = plain("BuyerTradeParty", "Name")
    assert abs(found.total_cents) == abs(cents(total)) and abs(found.payable_cents) == abs(cents(payable))
    assert found.due_on == (date.fromisoformat(due) if due else None)
    assert found.buyer.name == buyer
    assert found.is_credit == (found.type_code == "381" or total.startswith("-"))


def test_every_pdf_gives_its_xml_and_is_kept() -> None:
    paths = [one.values[0] for one in FILES if one.values[0] is not None and one.values[0].suffix == ".pdf"]  # type: ignore[attr-defined]
    if not paths:
        pytest.skip("no real files")
    for path in paths:
        kept = read(path).attachments[0]
        assert (kept.kind, kept.content) == ("invoice_pdf", path.read_bytes())
    assert len(paths) == len([name for name in manifest() if name.startswith("facturx_pdf/")])
