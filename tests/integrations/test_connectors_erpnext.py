"""ERPNext's REST interface, against a server that answers as the documentation of Frappe says."""

from __future__ import annotations

import json
import operator
from datetime import date
from typing import Any

import pytest

from integrations.connectors import Pull, make
from integrations.connectors.erpnext import PAGE, ERPNext
from rules.errors import DomainError
from rules.ledger import Kind
from tests.integrations.remote import Answer, Asked, Remote, serving

TODAY = date(2026, 11, 21)
SECRET = "erp-secret"
_COMPARE = {"=": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge, "in": lambda one, some: one in some}


class ERPNextServer:
    """Documents of a site behind `/api/resource`."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {
            "Company": [{"name": "Proef"}, {"name": "Autre"}],
            "Sales Invoice": [],
            "Payment Entry": [],
            "Payment Ledger Entry": [],
            "Customer": [],
        }

    def __call__(self, asked: Asked) -> Any:
        if asked.headers.get("authorization") != f"token api-key:{SECRET}":
            return Answer({"exc_type": "AuthenticationError", "exception": "frappe.exceptions.AuthenticationError"}, 401)
        if asked.path == "/api/method/frappe.auth.get_logged_user":
            return {"message": "robot@proef.example"}
        if asked.path == "/api/method/version":
            return {"message": "15.38.1"}
        assert asked.path.startswith("/api/resource/"), asked.path
        rows = self.tables.get(asked.path.removeprefix("/api/resource/"))
        if rows is None:
            return Answer({"exc_type": "DoesNotExistError"}, 404)
        for name, sign, wanted in json.loads(asked.query.get("filters", "[]")):
            rows = [row for row in rows if _COMPARE[sign](row[name], wanted)]
        fields = json.loads(asked.query["fields"])
        found = sorted(rows, key=lambda row: row["name"])[: int(asked.query["limit_page_length"])]
        return {"data": [{name: row.get(name) for name in fields} for row in found]}

    # ---- books ------------------------------------------------------------------------------------------------

    def customer(self, name: str, **fields: Any) -> None:
        """A customer; null where nothing is."""
        blank = dict.fromkeys(("tax_id", "language", "payment_terms", "email_id", "mobile_no", "account_manager"))
        self.tables["Customer"].append(
            {"name": name, "customer_name": f"{name} BV", "customer_group": "All", **blank, **fields}
        )

    def invoice(self, name: str, customer: str, total: float, left: float, **fields: Any) -> None:
        """A submitted invoice."""
        row = {
            "name": name, "customer": customer, "customer_name": customer, "posting_date": "2026-10-01",
            "due_date": "2026-10-31", "grand_total": total, "rounded_total": 0.0, "base_grand_total": total,
            "base_rounded_total": 0.0, "outstanding_amount": left, "currency": "EUR", "party_account_currency": "EUR",
            "is_return": 0, "is_opening": "No", "po_no": None, "debit_to": "1310 - Debtors - P", "docstatus": 1,
            "company": "Proef", "modified": "2026-10-01 10:00:00.123456", **fields,
        }  # fmt: skip
        self.tables["Sales Invoice"].append(row)

    def payment(self, name: str, party: str, unallocated: float, **fields: Any) -> None:
        """A submitted payment."""
        row = {
            "name": name, "party": party, "party_name": party, "party_type": "Customer", "posting_date": "2026-11-02",
            "payment_type": "Receive", "paid_amount": 500.0, "received_amount": 500.0, "unallocated_amount": unallocated,
            "mode_of_payment": "Cheque", "reference_no": "77", "paid_from": "1310 - Debtors - P", "paid_to": "1200 - Bank - P",
            "paid_from_account_currency": "EUR", "paid_to_account_currency": "EUR", "docstatus": 1, "company": "Proef", **fields,
        }  # fmt: skip
        self.tables["Payment Entry"].append(row)

    def entry(self, party: str, voucher: str, against: str, amount: float, kind: str = "Journal Entry", **fields: Any) -> None:
        """A payment ledger entry."""
        table = self.tables["Payment Ledger Entry"]
        table.append(
            {"name": f"ple{len(table):05d}", "party": party, "party_type": "Customer", "account_type": "Receivable",
             "account": "1310 - Debtors - P", "voucher_type": "Journal Entry", "voucher_no": voucher,
             "against_voucher_type": kind, "against_voucher_no": against, "posting_date": "2026-09-10", "due_date": None,
             "amount_in_account_currency": amount, "account_currency": "EUR", "delinked": 0, "company": "Proef", **fields}
        )  # fmt: skip


@pytest.fixture
def books() -> ERPNextServer:
    """Invoices, a credit note, an advance, a journal entry; and what must not be read."""
    server = ERPNextServer()
    server.customer("Zoé", language="fr", payment_terms="30 days", email_id="compta@zoe.example", tax_id="BE0428759497")
    server.customer("Marc")
    server.invoice("SINV-1", "Zoé", 1210.5, 1210.5, po_no="BC 12")
    server.invoice("SINV-2", "Zoé", 499.6, 120.25, rounded_total=500.0)
    server.invoice("SINV-3", "Marc", -80.0, -80.0, is_return=1)
    server.invoice("SINV-4", "Marc", 5.0, 5.0, company="Autre")
    server.invoice("SINV-5", "Marc", 6.0, 6.0, docstatus=2)
    server.invoice("SINV-6", "Marc", 250.0, 250.0, is_opening="Yes", due_date="2025-12-31")
    server.payment("PE-1", "Zoé", 50.0)
    server.payment("PE-2", "Marc", 20.0, payment_type="Pay")
    server.payment("PE-3", "Marc", 0.0)
    server.entry("Marc", "JE-1", "JE-1", 70.0, due_date="2026-10-10")
    server.entry("Marc", "JE-2", "JE-1", -30.0)
    server.entry("Zoé", "JE-3", "JE-3", 9.0)
    server.entry("Zoé", "JE-4", "JE-3", -9.0)
    server.entry("Zoé", "JE-5", "JE-5", 1000.0, delinked=1)
    return server


def settings(remote: Remote, **more: Any) -> dict[str, Any]:
    """What an administrator types."""
    return {"url": remote.url, "key": "api-key", "company": "Proef", **more}


def pulled(server: ERPNextServer, since: dict[str, Any] | None = None, **more: Any) -> tuple[Pull, Remote]:
    """One pull from a server of its own."""
    with serving(server) as remote:
        return make("erpnext", settings(remote, **more), SECRET).pull(since or {}, TODAY), remote


def test_the_check(books: ERPNextServer) -> None:
    with serving(books) as remote:
        health = make("erpnext", settings(remote), SECRET).check()
    assert (health.program, health.version, health.user) == ("ERPNext", "15.38.1", "robot@proef.example")
    assert (health.company, health.companies) == ("Proef", ("Autre", "Proef"))


def test_all_that_customers_owe_or_are_owed(books: ERPNextServer) -> None:
    pull, remote = pulled(books)
    snapshot = pull.snapshot
    assert (snapshot.kind, snapshot.format, snapshot.ends_on) == ("open_items", "erpnext", TODAY)
    assert [(line.customer, line.piece, line.amount_cents, line.open_cents, line.kind) for line in snapshot.lines] == [
        ("Zoé", "SINV-1", 121050, 121050, Kind.INVOICE),
        ("Zoé", "SINV-2", 50000, 12025, Kind.INVOICE),
        ("Marc", "SINV-3", -8000, -8000, Kind.CREDIT_NOTE),
        ("Marc", "SINV-6", 25000, 25000, Kind.OPENING),
        ("Zoé", "PE-1", -50000, -5000, Kind.PAYMENT),
        ("Marc", "PE-2", 50000, 2000, Kind.OTHER),
        ("Marc", "JE-1", 4000, 4000, Kind.OTHER),
    ]
    assert [line.line for line in snapshot.lines] == [1, 2, 3, 4, 5, 6, 7]
    first, advance = snapshot.lines[0], snapshot.lines[4]
    assert (first.name, first.account, first.due_on, first.label) == ("Zoé BV", "1310", date(2026, 10, 31), "BC 12")
    assert (advance.method, advance.label, advance.due_on) == ("cheque", "77", None)
    assert (pull.cursor, pull.requests) == ({"seen": "2026-11-21"}, len(remote.asked))


def test_customers(books: ERPNextServer) -> None:
    parties = {party.customer: party for party in pulled(books)[0].snapshot.third_parties}
    zoe = parties["Zoé"]
    assert (zoe.name, zoe.email, zoe.vat_number, zoe.language, zoe.terms_days, zoe.terms_mode) == (
        "Zoé BV",
        "compta@zoe.example",
        "BE0428759497",
        "fr",
        30,
        "net",
    )
    assert set(parties) == {"Zoé", "Marc"}


def test_settled_invoices_come_with_the_day_of_their_last_entry(books: ERPNextServer) -> None:
    books.invoice("SINV-7", "Zoé", 40.0, 0.0, modified="2026-11-20 18:00:00.5")
    books.invoice("SINV-8", "Zoé", 40.0, 0.0, modified="2025-01-20 18:00:00.5")
    books.entry("Zoé", "PE-9", "SINV-7", -30.0, "Sales Invoice", posting_date="2026-11-03")
    books.entry("Zoé", "PE-10", "SINV-7", -10.0, "Sales Invoice", posting_date="2026-11-19")
    lines = pulled(books, {"seen": "2026-11-20"})[0].snapshot.lines
    assert [(line.piece, line.lettered_on) for line in lines if line.open_cents == 0] == [("SINV-7", date(2026, 11, 19))]


def test_before_the_payment_ledger(books: ERPNextServer) -> None:
    """ERPNext 13 has no such documents: journal entries are not read there."""
    del books.tables["Payment Ledger Entry"]
    assert [line.piece for line in pulled(books)[0].snapshot.lines][-1] == "PE-2"


def test_foreign_currency() -> None:
    server = ERPNextServer()
    server.customer("Zoé")
    server.invoice("A", "Zoé", 100.0, 90.0, currency="USD", base_grand_total=90.0)
    server.invoice("B", "Zoé", 100.0, 100.0, currency="USD", party_account_currency="USD", base_grand_total=90.0)
    first, second = pulled(server)[0].snapshot.lines
    assert (first.currency, first.amount_cents, first.foreign_currency, first.foreign_cents) == ("EUR", 9000, "USD", 10000)
    assert (second.currency, second.amount_cents, second.foreign_currency, second.foreign_cents) == ("USD", 10000, "", 0)


def test_pages_and_a_break_in_the_middle() -> None:
    server, naps = ERPNextServer(), list[float]()
    for number in range(120):
        server.customer(f"C{number:03d}")
    for number in range(2 * PAGE + 3):
        server.invoice(f"SINV-{number:05d}", f"C{number % 120:03d}", float(number + 1), float(number + 1))
    whole, plain = pulled(server)
    assert sum(line.open_cents or 0 for line in whole.snapshot.lines) == 100 * sum(range(2 * PAGE + 4))
    assert len(whole.snapshot.third_parties) == 120
    for broken in range(1, len(plain.asked) + 1):
        with serving(server) as remote:
            remote.faults = {
                broken: Answer(status=429, headers={"Retry-After": "2"}),
                broken + 1: Answer({"data": "x" * 99}, cut=True),
            }
            found = ERPNext(settings(remote), SECRET, naps.append).pull({}, TODAY)
        assert found.snapshot == whole.snapshot
    assert set(naps) == {2.0}


def test_only_get_is_ever_used(books: ERPNextServer) -> None:
    _, remote = pulled(books)
    assert {asked.method for asked in remote.asked} == {"GET"}
    with serving(books) as remote, pytest.raises(ValueError, match="not a reading path"):
        ERPNext(settings(remote), SECRET).api.post("/api/resource/Sales Invoice", {})


def refusal(server: Any, secret: str = SECRET, verb: str = "check", **more: Any) -> DomainError:
    """How it fails."""
    with serving(server) as remote, pytest.raises(DomainError) as caught:
        made = make("erpnext", settings(remote, **more), secret)
        made.check() if verb == "check" else made.pull({}, TODAY)
    assert secret not in str(caught.value)
    return caught.value


def test_refusals(books: ERPNextServer) -> None:
    assert refusal(books, "wrong").code == "connector_refused"
    assert refusal(books, company="Nobody").params["choices"] == "Autre, Proef"
    assert refusal(lambda _: {"message": "Guest"}).code == "connector_refused"
    books.tables["Sales Invoice"].clear()
    for verb in ("check", "pull"):  # a key that shows nothing is not an empty ledger
        assert refusal(books, verb=verb).code == "connector_refused"


@pytest.mark.parametrize(
    ("field", "value"), [("grand_total", "lots"), ("posting_date", None), ("outstanding_amount", {}), ("due_date", "soon")]
)
def test_answers_of_another_shape_are_the_programs_error(books: ERPNextServer, field: str, value: Any) -> None:
    books.tables["Sales Invoice"][0][field] = value
    assert refusal(books, verb="pull").code == "connector_answer"


@pytest.mark.parametrize("answer", [[], {}, {"data": {}}, {"data": [1]}, None, "no"])
def test_other_answers(answer: Any) -> None:
    assert refusal(lambda _: answer, verb="pull").code == "connector_answer"


def test_the_same_page_again_is_noticed() -> None:
    server = ERPNextServer()
    server.customer("Zoé")
    rows = [{"name": "SINV-1"}] * PAGE
    with serving(lambda _: {"data": rows}) as remote, pytest.raises(DomainError, match="the same page again"):
        make("erpnext", settings(remote), SECRET).pull({}, TODAY)
