"""What UBL and CII have in common once their elements are found: amounts, signs, dates, texts made one `Invoice`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from integrations.files import Refused
from integrations.invoices import xml
from integrations.invoices.xml import Node
from rules.invoices import CREDIT_TYPES, Invoice, Party, is_interest, terms_days
from rules.ledger import Remark

MAX_NUMBER = 120


@dataclass(frozen=True, slots=True)
class Amounts:
    """As written, in cents; None where the document does not say."""

    total: int | None
    prepaid: int | None
    payable: int | None
    rounding: int | None
    is_credit_note: bool = False  # the document is a credit note by its very kind


@dataclass(frozen=True, slots=True)
class Terms:
    """Due days and texts of the payment terms, as written."""

    due: Sequence[date]
    notes: Sequence[str]


def assembled(
    root: Node, filename: str, *, format: str, number: str, type_code: str, issued_on: date | None, currency: str,
    amounts: Amounts, seller: Party, buyer: Party, terms: Terms, payment_reference: str, iban: str, means_code: str,
    order_reference: str, credited: Iterable[str], lines: Sequence[tuple[str, int]], titles: Sequence[str],
    files: Iterable[Node],
) -> Invoice:  # fmt: skip
    """The invoice, or the refusal that names what it lacks."""
    for name, value in (("ID", number), ("IssueDate", issued_on), ("Currency", currency)):
        if not value:
            raise Refused("invoice_incomplete", file=filename, line=root.sourceline or 1, column=xml.local(root), value=name)
    assert issued_on is not None
    remarks: list[Remark] = []
    total, prepaid, payable = _amounts(root, filename, number, type_code, amounts, remarks)
    days = sorted(set(terms.due))
    if len(days) > 1:
        remarks.append(Remark("invoice_instalments", params={"number": number, "due_on": days[-1]}))
    notes = "\n".join(dict.fromkeys(terms.notes))[: xml.MAX_TEXT]
    return Invoice(
        format=format,
        number=number[:MAX_NUMBER],
        type_code=type_code[:10],
        issued_on=issued_on,
        due_on=days[-1] if days else None,
        currency=xml.currency(root, currency, filename),
        total_cents=total,
        prepaid_cents=prepaid,
        payable_cents=payable,
        seller=seller,
        buyer=buyer,
        file=filename,
        payment_reference=xml.reference(payment_reference)[:MAX_NUMBER],
        iban=xml.account(iban)[:40],
        method=xml.METHODS.get(means_code, ""),
        order_reference=order_reference[:MAX_NUMBER],
        credited=tuple(dict.fromkeys(one[:MAX_NUMBER] for one in credited if one != number or type_code in CREDIT_TYPES)),
        terms_text=notes,
        terms_days=terms_days(notes),
        is_interest=is_interest(lines, titles),
        attachments=xml.attachments(files, remarks),
        remarks=tuple(remarks),
    )


def _amounts(
    root: Node, filename: str, number: str, type_code: str, said: Amounts, remarks: list[Remark]
) -> tuple[int, int, int]:
    """(total, prepaid, payable), signed as in our ledger: what is a credit by its type is turned once, never twice."""
    prepaid, rounding = said.prepaid or 0, said.rounding or 0
    total, payable = said.total, said.payable
    if total is None and payable is None:
        raise Refused(
            "invoice_incomplete", file=filename, line=root.sourceline or 1, column=xml.local(root), value="PayableAmount"
        )
    if total is None:
        total = (payable or 0) + prepaid - rounding
    if payable is None:
        payable = total - prepaid + rounding
    if said.prepaid is None and said.rounding is None and 0 < payable < total:
        prepaid = total - payable  # the smallest profile gives both sums and not what lies between them
    if abs(total - prepaid + rounding - payable) > 1:
        remarks.append(Remark("invoice_sum", params={"number": number, "payable_cents": payable}))
    if said.is_credit_note or type_code in CREDIT_TYPES:
        if total < 0 or (total == 0 and payable < 0):
            remarks.append(Remark("credit_written_negative", params={"number": number}))
        else:
            total, prepaid, payable = -total, -prepaid, -payable
    return total, prepaid, payable
