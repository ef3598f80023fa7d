"""ERPNext (13 and later, on Frappe) → what customers owe today, and invoices settled since the last pull.

Interface: REST (`/api/resource/<doctype>`, header `Authorization: token key:secret`). Only GET is ever used.

A list of open items, not a journal: ERPNext keeps what is open of each document up to date. Invoices and credit notes
say it themselves (Sales Invoice, `outstanding_amount`), payments not yet allocated too (Payment Entry,
`unallocated_amount`); what stands on journal entries is the sum of their Payment Ledger Entries (ERPNext 14 and later).
The day an invoice was settled is that of its last Payment Ledger Entry."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from integrations.connectors.base import Cursor, Health, Pull, required
from integrations.connectors.http import Api
from integrations.connectors.program import MAX_LINES, Program, chunks, rows_of
from integrations.connectors.values import Odd, cents, day, number, open_list, text
from integrations.ledgers import kinds, words
from rules.errors import DomainError
from rules.ledger import Kind, LedgerLine, ThirdParty

PAGE = 500
NAMED = 50  # names in one request: the address of a request has a limit
OVERLAP = timedelta(days=1)  # `modified` is in the site's time zone

_INVOICE = (
    "name", "customer", "customer_name", "posting_date", "due_date", "grand_total", "rounded_total", "base_grand_total",
    "base_rounded_total", "outstanding_amount", "currency", "party_account_currency", "is_return", "is_opening", "po_no",
    "debit_to",
)  # fmt: skip
_PAYMENT = (
    "name", "party", "party_name", "posting_date", "payment_type", "paid_amount", "received_amount", "unallocated_amount",
    "mode_of_payment", "reference_no", "paid_from", "paid_to", "paid_from_account_currency", "paid_to_account_currency",
)  # fmt: skip
_ENTRY = (
    "name", "party", "account", "voucher_type", "voucher_no", "against_voucher_no", "posting_date", "due_date",
    "amount_in_account_currency", "account_currency",
)  # fmt: skip
_CUSTOMER = (
    "name", "customer_name", "customer_group", "tax_id", "language", "payment_terms", "email_id", "mobile_no",
    "account_manager",
)  # fmt: skip

Row = dict[str, Any]


class ERPNext(Program):
    """One company of one ERPNext site."""

    name: ClassVar[str] = "erpnext"

    def __init__(self, settings: Row, secret: str, sleep: Callable[[float], object] = time.sleep) -> None:
        self.settings = settings
        self.company = required(settings, "company")
        headers = {"Authorization": f"token {required(settings, 'key')}:{secret}"}
        self.api = Api(required(settings, "url"), headers, ca=str(settings.get("ca") or ""), sleep=sleep)

    def _check(self) -> Health:
        user = text(self.api.get("/api/method/frappe.auth.get_logged_user")["message"])
        if user in ("", "Guest"):
            raise self.api.error("connector_refused", status=401, detail=user)
        version = self.api.get("/api/method/version", absent={})
        companies = tuple(text(one["name"]) for one in self._rows("Company", ("name",), []))
        if self.company not in companies:
            raise DomainError("connector_company", choices=", ".join(companies)[:200])
        self._refuse_nothing()
        return Health("ERPNext", text(version.get("message")), user, self.company, companies)

    def _refuse_nothing(self) -> None:
        """A key that shows no invoice at all would make every debt look paid."""
        if not rows_of(self._asked("Sales Invoice", {"fields": '["name"]', "filters": json.dumps(self._mine()), "limit_page_length": 1})):  # fmt: skip
            raise self.api.error("connector_refused", status=403, detail="Sales Invoice: 0")

    def _mine(self) -> list[Any]:
        return [["docstatus", "=", 1], ["company", "=", self.company]]

    def _pull(self, since: Cursor, today: date) -> Pull:
        unpaid = list(self._rows("Sales Invoice", _INVOICE, [*self._mine(), ["outstanding_amount", "!=", 0]]))
        if not unpaid:
            self._refuse_nothing()
        start = date.fromisoformat(str(since["seen"])) - OVERLAP if since.get("seen") else self._since(today)
        changed = [["outstanding_amount", "=", 0], ["modified", ">=", f"{start} 00:00:00"]]
        paid = list(self._rows("Sales Invoice", _INVOICE, [*self._mine(), *changed]))
        settled = self._settled([text(one["name"]) for one in paid])
        receivable = [["party_type", "=", "Customer"], ["unallocated_amount", ">", 0]]
        advances = list(self._rows("Payment Entry", _PAYMENT, [*self._mine(), *receivable]))
        entries = self._journal_entries()
        lines = [_invoice(one, settled.get(text(one["name"]))) for one in (*unpaid, *paid)]
        lines += [_advance(one) for one in advances]
        lines += [_journal_entry(one, left) for one, left in entries]
        lines = [line._replace(line=place) for place, line in enumerate(lines, 1)]
        parties, names = self._customers({line.customer for line in lines})
        lines = [line._replace(name=names.get(line.customer, line.name)) for line in lines]
        return Pull(
            open_list(self.name, lines, parties, [], today), {"seen": today.isoformat()}, requests=self.api.requests
        )  # fmt: skip

    def _asked(self, doctype: str, params: dict[str, object], absent: Any = None) -> Any:
        found = self.api.get(f"/api/resource/{quote(doctype)}", params, absent=absent)
        return found if absent is not None and found is absent else found["data"]

    def _rows(self, doctype: str, fields: tuple[str, ...], filters: list[Any], absent: Any = None) -> Iterator[Row]:
        """All documents of a list in pages that each begin after the last name."""
        last, count = "", 0
        while True:
            narrower = [*filters, ["name", ">", last]] if last else filters
            asked = {"fields": json.dumps(fields), "filters": json.dumps(narrower), "order_by": "name asc"}
            found = rows_of(self._asked(doctype, {**asked, "limit_page_length": PAGE}, absent))
            yield from found
            count += len(found)
            if count > MAX_LINES:
                raise Odd(f"{doctype}: > {MAX_LINES}")
            if len(found) < PAGE:
                return
            if text(found[-1]["name"]) == last:
                raise Odd(f"{doctype}: the same page again")
            last = text(found[-1]["name"])

    def _settled(self, names: list[str]) -> dict[str, date]:
        """The day of the last entry against each invoice."""
        found: dict[str, date] = {}
        for chunk in chunks(names, NAMED):
            filters = [
                ["against_voucher_type", "=", "Sales Invoice"],
                ["against_voucher_no", "in", chunk],
                ["delinked", "=", 0],
            ]
            for one in self._rows("Payment Ledger Entry", _ENTRY, filters, absent=[]):
                name, when = text(one["against_voucher_no"]), day(one["posting_date"])
                if when and when > found.get(name, date.min):
                    found[name] = when
        return found

    def _journal_entries(self) -> list[tuple[Row, int]]:
        """Journal entries that are still open on a customer's account, and by how much."""
        filters = [
            ["company", "=", self.company],
            ["account_type", "=", "Receivable"],
            ["party_type", "=", "Customer"],
            ["against_voucher_type", "=", "Journal Entry"],
            ["delinked", "=", 0],
        ]
        sums: dict[tuple[str, str, str], int] = {}
        first: dict[tuple[str, str, str], Row] = {}
        for one in self._rows("Payment Ledger Entry", _ENTRY, filters, absent=[]):
            key = text(one["party"]), text(one["account"]), text(one["against_voucher_no"])
            sums[key] = sums.get(key, 0) + cents(one["amount_in_account_currency"])
            if key not in first or text(one["voucher_no"]) == key[2]:
                first[key] = one
        return [(first[key], left) for key, left in sorted(sums.items()) if left]

    def _customers(self, met: set[str]) -> tuple[list[ThirdParty], dict[str, str]]:
        parties = []
        for chunk in chunks(sorted(met), NAMED):
            for one in self._rows("Customer", _CUSTOMER, [["name", "in", chunk]]):
                parties.append(_party(one))
        return parties, {party.customer: party.name for party in parties}


def _day(one: Row, name: str) -> date:
    found = day(one[name])
    if found is None:
        raise Odd(f"{text(one.get('name'))} without {name}")
    return found


def _account(name: str) -> str:
    """The number of an account, which ERPNext writes before its name ("1310 - Debtors - W"), else its name."""
    return name.split(" - ")[0]


def _invoice(one: Row, settled_on: date | None) -> LedgerLine:
    own = text(one["currency"]) == text(one["party_account_currency"])
    total = (
        cents(one["rounded_total"] or one["grand_total"])
        if own
        else cents(one["base_rounded_total"] or one["base_grand_total"])
    )
    issued, credit = _day(one, "posting_date"), number(one["is_return"]) == 1
    kind = Kind.OPENING if text(one.get("is_opening")) == "Yes" else Kind.CREDIT_NOTE if credit else Kind.INVOICE
    foreign = text(one["currency"]) if not own else ""
    left = cents(one["outstanding_amount"])
    name = text(one["name"])
    return LedgerLine(
        0, text(one["customer"]), text(one["customer_name"]), _account(text(one["debit_to"])), "", name, issued, name, issued,
        day(one["due_date"]) if total > 0 else None, text(one.get("po_no")), max(total, 0), max(-total, 0), "",
        settled_on if not left else None, kind, text(one["party_account_currency"]) or "EUR", foreign,
        cents(one["grand_total"]) if foreign else 0, open_cents=left,
    )  # fmt: skip


def _advance(one: Row) -> LedgerLine:
    """A payment not yet allocated: a credit when it was received, a debit when it was paid back."""
    received = text(one["payment_type"]) == "Receive"
    left, total = cents(one["unallocated_amount"]), cents(one["paid_amount"] if received else one["received_amount"])
    side = "paid_from" if received else "paid_to"
    paid_on, total = _day(one, "posting_date"), max(total, left)
    return LedgerLine(
        0, text(one["party"]), text(one["party_name"]), _account(text(one[side])), "", text(one["name"]), paid_on,
        text(one["name"]), paid_on, None, text(one.get("reference_no")), 0 if received else total, total if received else 0,
        "", None, Kind.PAYMENT if received else Kind.OTHER, text(one[f"{side}_account_currency"]) or "EUR",
        method=kinds.payment_method(text(one.get("mode_of_payment"))), open_cents=-left if received else left,
    )  # fmt: skip


def _journal_entry(one: Row, left: int) -> LedgerLine:
    name, entered_on = text(one["against_voucher_no"]), _day(one, "posting_date")
    return LedgerLine(
        0, text(one["party"]), text(one["party"]), _account(text(one["account"])), "", name, entered_on, name, entered_on,
        day(one.get("due_date")) if left > 0 else None, "", max(left, 0), max(-left, 0), "", None, Kind.OTHER,
        text(one["account_currency"]) or "EUR", open_cents=left,
    )  # fmt: skip


def _party(one: Row) -> ThirdParty:
    terms = words.terms_of(text(one.get("payment_terms"))) if one.get("payment_terms") else None
    return ThirdParty(
        text(one["name"]),
        text(one["customer_name"]) or text(one["name"]),
        email=text(one.get("email_id")),
        phone=text(one.get("mobile_no")),
        language=words.language_of(text(one.get("language"))),
        vat_number=text(one.get("tax_id")),
        sales_rep=text(one.get("account_manager")),
        terms_days=terms[0] if terms else None,
        terms_mode=terms[1] if terms else "",
    )
