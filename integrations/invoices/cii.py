"""UN/CEFACT Cross Industry Invoice: D16B (XRechnung, ZUGFeRD 2, Factur-X in all profiles) and ZUGFeRD 1."""

from __future__ import annotations

from datetime import date

from integrations.invoices import xml
from integrations.invoices.common import Amounts, Terms, assembled
from integrations.invoices.xml import Node, cents, day, every, first, local, text, texts
from rules.invoices import Invoice, Party


def read(root: Node, filename: str) -> Invoice:
    """The invoice of a CII document of either generation."""
    old = local(root) == "CrossIndustryDocument"
    document = first(root, "HeaderExchangedDocument" if old else "ExchangedDocument")
    trade = first(root, "SpecifiedSupplyChainTradeTransaction" if old else "SupplyChainTradeTransaction")
    settlement = _part(trade, "TradeSettlement", old)
    summation = "SpecifiedTradeSettlementMonetarySummation" if old else "SpecifiedTradeSettlementHeaderMonetarySummation"
    total = first(settlement, summation) if settlement is not None else None
    if document is None or trade is None or settlement is None or total is None:
        raise xml.refused("invoice_incomplete", root, filename, value=summation)
    agreement = _part(trade, "TradeAgreement", old)
    issued = first(document, "IssueDateTime/DateTimeString")
    return assembled(
        root,
        filename,
        format="zugferd1" if old else "cii",
        number=text(document, "ID"),
        type_code=text(document, "TypeCode") or "380",
        issued_on=day(issued if issued is not None else first(document, "IssueDateTime/DateTime"), filename),
        currency=text(settlement, "InvoiceCurrencyCode"),
        amounts=Amounts(
            total=cents(first(total, "GrandTotalAmount"), filename),
            prepaid=cents(first(total, "TotalPrepaidAmount"), filename),
            payable=cents(first(total, "DuePayableAmount"), filename),
            rounding=cents(first(total, "RoundingAmount"), filename),
        ),
        seller=_party(agreement, "SellerTradeParty"),
        buyer=_party(agreement, "BuyerTradeParty"),
        terms=Terms(_due_days(settlement, filename), texts(settlement, "SpecifiedTradePaymentTerms/Description")),
        payment_reference=text(settlement, "PaymentReference"),
        iban=_of_means(
            settlement,
            "PayeePartyCreditorFinancialAccount/IBANID",
            "PayeePartyCreditorFinancialAccount/ProprietaryID",
        ),
        means_code=_of_means(settlement, "TypeCode"),
        order_reference=text(agreement, "BuyerOrderReferencedDocument/IssuerAssignedID", "BuyerOrderReferencedDocument/ID")
        if agreement is not None
        else "",
        credited=[
            one
            for path in ("InvoiceReferencedDocument/IssuerAssignedID", "InvoiceReferencedDocument/ID")
            for one in texts(settlement, path)
        ],
        lines=_lines(trade, filename),
        titles=[*texts(document, "Name"), *texts(document, "IncludedNote/Content")],
        files=every(agreement, "AdditionalReferencedDocument/AttachmentBinaryObject") if agreement is not None else (),
    )


def _part(trade: Node | None, name: str, old: bool) -> Node | None:
    if trade is None:
        return None
    return first(trade, f"ApplicableSupplyChain{name}" if old else f"ApplicableHeader{name}")


def _due_days(settlement: Node, filename: str) -> list[date]:
    found = (
        day(node, filename)
        for path in ("SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString", "SpecifiedTradePaymentTerms/DueDateDateTime/DateTime")
        for node in every(settlement, path)
    )  # fmt: skip
    return [one for one in found if one]


def _of_means(settlement: Node, *paths: str) -> str:
    return text(settlement, *(f"SpecifiedTradeSettlementPaymentMeans/{path}" for path in paths))


def _lines(trade: Node, filename: str) -> list[tuple[str, int]]:
    sums = (
        "SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount",
        "SpecifiedSupplyChainTradeSettlement/SpecifiedTradeSettlementMonetarySummation/LineTotalAmount",
    )
    found = []
    for node in every(trade, "IncludedSupplyChainTradeLineItem"):
        product = " ".join([*texts(node, "SpecifiedTradeProduct/Name"), *texts(node, "SpecifiedTradeProduct/Description")])
        amount = next((one for path in sums if (one := first(node, path)) is not None), None)
        found.append((product, cents(amount, filename) or 0))
    return found


def _party(agreement: Node | None, name: str) -> Party:
    party = first(agreement, name) if agreement is not None else None
    if party is None:
        return Party()
    endpoint = first(party, "URIUniversalCommunication/URIID")
    scheme = (endpoint.get("schemeID") or "") if endpoint is not None else ""
    taxes = {node.get("schemeID") or "": xml.words(node) for node in every(party, "SpecifiedTaxRegistration/ID")}
    contact = first(party, "DefinedTradeContact")
    email = text(contact, "EmailURIUniversalCommunication/URIID") if contact is not None else ""
    return Party(
        name=text(party, "Name", "SpecifiedLegalOrganization/TradingBusinessName"),
        company_number=text(party, "SpecifiedLegalOrganization/ID") or _registered(party),
        vat_number=taxes.get("VA", ""),
        endpoint=f"{scheme}:{xml.words(endpoint)}" if xml.words(endpoint) else "",
        own_number=text(party, "ID"),
        street=", ".join(one for name in ("LineOne", "LineTwo", "LineThree") if (one := text(party, f"PostalTradeAddress/{name}"))),
        postcode=text(party, "PostalTradeAddress/PostcodeCode"),
        city=text(party, "PostalTradeAddress/CityName"),
        country=text(party, "PostalTradeAddress/CountryID").upper()[:2],
        contact_name=text(contact, "PersonName", "DepartmentName") if contact is not None else "",
        email=email or (xml.words(endpoint) if scheme == "EM" else ""),
        phone=text(contact, "TelephoneUniversalCommunication/CompleteNumber") if contact is not None else "",
    )  # fmt: skip


def _registered(party: Node) -> str:
    """A SIREN, SIRET or KBO number given as global identifier."""
    nodes = every(party, "GlobalID")
    return next((xml.words(node) for node in nodes if node.get("schemeID") in ("0002", "0009", "0208")), "")
