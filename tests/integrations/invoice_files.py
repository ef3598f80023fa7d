"""Small electronic invoices made here: UBL, CII of both generations, PDFs that carry them, archives."""

from __future__ import annotations

import io
import zipfile
from datetime import date

from pypdf import PdfWriter

SELLER = {"name": "Les Moulins de Flandres", "vat": "FR32123456789", "number": "123456789"}
BUYER = {"name": "Dupont & Fils SARL", "vat": "FR19787878784", "number": "787878784"}
Who = dict[str, str]


def ubl(
    number: str = "F-2026-0012", total: str = "121.00", *, code: str = "380", issued: date = date(2026, 5, 4), due: str = "2026-06-03",
    seller: Who = SELLER, buyer: Who = BUYER, payable: str | None = None, prepaid: str = "", line: str = "Conseil", credited: str = "",
    reference: str = "", terms: str = "", note: str = "", root: str = "Invoice", means: str = "30", extra: str = "", currency: str = "EUR",
) -> bytes:  # fmt: skip
    """A UBL invoice; root CreditNote for the other document type."""
    kind = "CreditNote" if root == "CreditNote" else "Invoice"
    due_day = f"<cbc:DueDate>{due}</cbc:DueDate>" if due and kind == "Invoice" else ""
    means_due = f"<cbc:PaymentDueDate>{due}</cbc:PaymentDueDate>" if due and kind == "CreditNote" else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{kind}-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
 <cbc:ID>{number}</cbc:ID><cbc:IssueDate>{issued}</cbc:IssueDate>{due_day}
 <cbc:{kind}TypeCode>{code}</cbc:{kind}TypeCode>
 {f"<cbc:Note>{note}</cbc:Note>" if note else ""}
 <cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>
 <cac:OrderReference><cbc:ID>BC-7</cbc:ID></cac:OrderReference>
 {f"<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>{credited}</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>" if credited else ""}
 {extra}
 <cac:AccountingSupplierParty>{_party(seller)}</cac:AccountingSupplierParty>
 <cac:AccountingCustomerParty>{_party(buyer)}</cac:AccountingCustomerParty>
 <cac:PaymentMeans><cbc:PaymentMeansCode>{means}</cbc:PaymentMeansCode>{means_due}<cbc:PaymentID>{reference}</cbc:PaymentID>
  <cac:PayeeFinancialAccount><cbc:ID>FR76 3000 6000 0112 3456 7890 189</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
 <cac:PaymentTerms><cbc:Note>{terms}</cbc:Note></cac:PaymentTerms>
 <cac:LegalMonetaryTotal>
  <cbc:TaxInclusiveAmount currencyID="EUR">{total}</cbc:TaxInclusiveAmount>
  {f'<cbc:PrepaidAmount currencyID="EUR">{prepaid}</cbc:PrepaidAmount>' if prepaid else ""}
  <cbc:PayableAmount currencyID="EUR">{total if payable is None else payable}</cbc:PayableAmount>
 </cac:LegalMonetaryTotal>
 <cac:{kind}Line><cbc:ID>1</cbc:ID><cbc:LineExtensionAmount currencyID="EUR">100.00</cbc:LineExtensionAmount>
  <cac:Item><cbc:Name>{line}</cbc:Name></cac:Item></cac:{kind}Line>
</{root}>""".encode()


def _party(who: Who) -> str:
    own = f"<cac:PartyIdentification><cbc:ID>{who['own']}</cbc:ID></cac:PartyIdentification>" if "own" in who else ""
    endpoint = f'<cbc:EndpointID schemeID="0002">{who["number"]}</cbc:EndpointID>' if who.get("number") else ""
    vat = (
        f"<cac:PartyTaxScheme><cbc:CompanyID>{who['vat']}</cbc:CompanyID>"
        "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>"
        if who.get("vat")
        else ""
    )
    number = f"<cbc:CompanyID>{who['number']}</cbc:CompanyID>" if who.get("number") else ""
    return f"""<cac:Party>{endpoint}{own}<cac:PartyName><cbc:Name>{_text(who["name"])}</cbc:Name></cac:PartyName>
 <cac:PostalAddress><cbc:StreetName>1 rue du Moulin</cbc:StreetName><cbc:CityName>Lille</cbc:CityName>
 <cbc:PostalZone>59000</cbc:PostalZone><cac:Country><cbc:IdentificationCode>FR</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
 {vat}<cac:PartyLegalEntity><cbc:RegistrationName>{_text(who["name"])}</cbc:RegistrationName>{number}</cac:PartyLegalEntity>
 <cac:Contact><cbc:Name>Compta</cbc:Name><cbc:Telephone>+33 3 20 00 00 00</cbc:Telephone>
 <cbc:ElectronicMail>compta@dupont.example</cbc:ElectronicMail></cac:Contact></cac:Party>"""


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def cii(
    number: str = "F-2026-0012", total: str = "121.00", *, code: str = "380", issued: str = "20260504", due: str = "20260603",
    prepaid: str = "0.00", payable: str | None = None, terms: str = "", credited: str = "", old: bool = False,
) -> bytes:  # fmt: skip
    """A CII invoice; `old`: as ZUGFeRD 1 wrote it."""
    names = ("CrossIndustryDocument", "HeaderExchangedDocument", "SpecifiedSupplyChainTradeTransaction", "ApplicableSupplyChain") if old else (
        "CrossIndustryInvoice", "ExchangedDocument", "SupplyChainTradeTransaction", "ApplicableHeader",
    )  # fmt: skip
    root, document, trade, part = names
    total_name = f"SpecifiedTradeSettlement{'' if old else 'Header'}MonetarySummation"
    due_xml = (
        f'<ram:DueDateDateTime><udt:DateTimeString format="102">{due}</udt:DateTimeString></ram:DueDateDateTime>' if due else ""
    )
    reference = f"<ram:InvoiceReferencedDocument><ram:{'ID' if old else 'IssuerAssignedID'}>{credited}</ram:{'ID' if old else 'IssuerAssignedID'}></ram:InvoiceReferencedDocument>"
    return f"""<?xml version='1.0' encoding='UTF-8'?>
<rsm:{root} xmlns:rsm="urn:rsm" xmlns:ram="urn:ram" xmlns:udt="urn:udt">
 <rsm:{document}><ram:ID>{number}</ram:ID><ram:TypeCode>{code}</ram:TypeCode>
  <ram:IssueDateTime><udt:DateTimeString format="102">{issued}</udt:DateTimeString></ram:IssueDateTime></rsm:{document}>
 <rsm:{trade}>
  <ram:{part}TradeAgreement>
   <ram:SellerTradeParty><ram:Name>{SELLER["name"]}</ram:Name>
    <ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">{SELLER["vat"]}</ram:ID></ram:SpecifiedTaxRegistration></ram:SellerTradeParty>
   <ram:BuyerTradeParty><ram:ID>C12</ram:ID><ram:Name>{_text(BUYER["name"])}</ram:Name>
    <ram:PostalTradeAddress><ram:PostcodeCode>59000</ram:PostcodeCode><ram:LineOne>1 rue du Moulin</ram:LineOne>
     <ram:CityName>Lille</ram:CityName><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>
    <ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">{BUYER["vat"]}</ram:ID></ram:SpecifiedTaxRegistration></ram:BuyerTradeParty>
  </ram:{part}TradeAgreement>
  <ram:{part}TradeSettlement><ram:PaymentReference>RF18 5390 0754 7034</ram:PaymentReference>
   <ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
   <ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>59</ram:TypeCode></ram:SpecifiedTradeSettlementPaymentMeans>
   <ram:SpecifiedTradePaymentTerms><ram:Description>{terms}</ram:Description>{due_xml}</ram:SpecifiedTradePaymentTerms>
   <ram:{total_name}><ram:GrandTotalAmount>{total}</ram:GrandTotalAmount><ram:TotalPrepaidAmount>{prepaid}</ram:TotalPrepaidAmount>
    <ram:DuePayableAmount>{total if payable is None else payable}</ram:DuePayableAmount></ram:{total_name}>
   {reference if credited else ""}
  </ram:{part}TradeSettlement>
 </rsm:{trade}>
</rsm:{root}>""".encode()


def pdf(xml: bytes | None, name: str = "factur-x.xml") -> bytes:
    """A page with an XML file attached, or without."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if xml is not None:
        writer.add_attachment(name, xml)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def archive(files: dict[str, bytes]) -> bytes:
    """A zip of files by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()
