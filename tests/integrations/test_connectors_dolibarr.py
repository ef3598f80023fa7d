"""Dolibarr's REST interface, against a server that answers as its documentation and its API explorer say."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from integrations.connectors import Pull, make
from integrations.connectors.dolibarr import PAGE, Dolibarr
from rules.errors import DomainError
from rules.ledger import Kind
from tests.integrations.remote import Answer, Asked, Remote, serving

TODAY = date(2026, 11, 21)
KEY = "dolibarr-key"


def stamp(day: str, hours: float = 1) -> int:
    """Local midnight of a day as seconds since 1970, as Dolibarr writes dates."""
    return int(datetime.fromisoformat(day).replace(tzinfo=timezone(timedelta(hours=hours))).timestamp())


class DolibarrServer:
    """Invoices, payments, third parties and discounts behind `/api/index.php`."""

    def __init__(self) -> None:
        self.invoices: list[dict[str, Any]] = []
        self.payments: dict[int, list[dict[str, Any]]] = {}
        self.customers: dict[int, dict[str, Any]] = {}
        self.discounts: dict[int, list[dict[str, Any]]] = {}

    def __call__(self, asked: Asked) -> Any:
        assert asked.path.startswith("/erp/api/index.php/"), asked.path
        if asked.headers.get("dolapikey") != KEY:
            return self._error(401, "Unauthorized: Failed to login to API. No parameter 'HTTP_DOLAPIKEY' on HTTP header")
        path = asked.path.removeprefix("/erp/api/index.php")
        if path == "/status":
            return {"success": {"code": 200, "dolibarr_version": "20.0.2", "access_locked": "0"}}
        if path == "/invoices":
            return self._listed(asked, [one for one in self.invoices if self._in_state(one, asked.query.get("status", ""))])
        if path == "/thirdparties":
            return self._listed(asked, [*self.customers.values()])
        if found := re.fullmatch(r"/thirdparties/(\d+)", path):
            return self.customers.get(int(found[1])) or self._error(404, "Thirdparty not found")
        if found := re.fullmatch(r"/thirdparties/(\d+)/fixedamountdiscounts", path):
            assert asked.query == {"filter": "available"}
            return self.discounts.get(int(found[1])) or self._error(404, "No discounts found")
        if found := re.fullmatch(r"/invoices/(\d+)/payments", path):
            return self.payments.get(int(found[1]), [])
        return self._error(404, "Not Found")

    @staticmethod
    def _error(status: int, message: str) -> Answer:
        return Answer({"error": {"code": status, "message": message}}, status)

    @staticmethod
    def _in_state(one: dict[str, Any], status: str) -> bool:
        return not status or one["statut"] == {"unpaid": "1", "paid": "2"}[status]

    def _listed(self, asked: Asked, rows: list[dict[str, Any]]) -> Any:
        assert (asked.query["sortfield"], asked.query["sortorder"]) == ("t.rowid", "ASC")
        for field, sign, value in re.findall(r"\(t\.(\w+):([<>=]+):'?([\w-]+)'?\)", asked.query.get("sqlfilters", "")):
            if field == "rowid":
                rows = [one for one in rows if int(one["id"]) > int(value)]
            else:
                assert (field, sign) == ("tms", ">=")
                rows = [one for one in rows if one["tms"] >= value]
        found = sorted(rows, key=lambda one: int(one["id"]))[: int(asked.query["limit"])]
        names = asked.query.get("properties", "").split(",") if asked.query.get("properties") else None
        if not found:
            return self._error(404, "No record found")
        return [{name: value for name, value in one.items() if names is None or name in names} for one in found]

    # ---- books ------------------------------------------------------------------------------------------------

    def customer(self, number: int, name: str, **fields: Any) -> None:
        """A third party; everything is text, and null where nothing is."""
        blank = dict.fromkeys(("email", "phone", "address", "zip", "town", "country_code", "tva_intra", "idprof1", "idprof2"))
        self.customers[number] = {"id": str(number), "name": name, "code_client": f"CU-{number:04d}", **blank, **fields}

    def invoice(self, number: int, customer: int, total: str, left: str, **fields: Any) -> None:
        """A validated invoice, as version 20 shows it."""
        self.invoices.append(
            {"id": str(number), "socid": str(customer), "ref": f"FA2610-{number:04d}", "ref_client": None, "type": "0",
             "date": stamp("2026-10-01", 2), "date_lim_reglement": stamp("2026-10-31"), "total_ttc": total,
             "totalpaid": None, "totalcreditnotes": None, "totaldeposits": None, "remaintopay": left,
             "multicurrency_code": "EUR", "multicurrency_total_ttc": total, "mode_reglement_code": "VIR", "statut": "1",
             "status": "1", "tms": "20261001", **fields}
        )  # fmt: skip


@pytest.fixture
def books() -> DolibarrServer:
    """Two customers: part paid, a credit note, one that became a discount."""
    server = DolibarrServer()
    server.customer(5, "Zoé & Fils", email="compta@zoe.example", zip="75001", town="Paris", country_code="FR",
                    idprof1="732829320", tva_intra="FR44732829320", default_lang="fr_FR", cond_reglement_code="30DENDMONTH",
                    mode_reglement_code="VIR", outstanding_limit="5000.00000000")  # fmt: skip
    server.customer(6, "Marc", code_client=None, cond_reglement_code="RECEP")
    server.invoice(1, 5, "1210.50000000", "1210.5")
    server.invoice(2, 5, "500.00000000", "120.25", totalpaid="379.75", ref_client="BC 12")
    server.invoice(3, 6, "-80.00000000", "-80", type="2")
    server.discounts[5] = [
        {"ref": "AV2609-0001", "factype": "2", "fk_facture_source": "77", "rowid": "4", "amount_ttc": "60.00000000",
         "description": "(CREDIT_NOTE)", "fk_facture": None, "fk_facture_line": None},
        {"ref": None, "factype": None, "fk_facture_source": None, "rowid": "5", "amount_ttc": "15.00000000", "description": "Geste"},
    ]  # fmt: skip
    return server


def settings(remote: Remote, **more: Any) -> dict[str, Any]:
    """What an administrator types; the address is that of the program or of its interface."""
    return {"url": f"{remote.url}/erp/", **more}


def pulled(server: DolibarrServer, since: dict[str, Any] | None = None, **more: Any) -> tuple[Pull, Remote]:
    """One pull from a server of its own."""
    with serving(server) as remote:
        return make("dolibarr", settings(remote, **more), KEY).pull(since or {}, TODAY), remote


@pytest.mark.parametrize("tail", ["", "/", "/api", "/api/index.php", "/api/index.php/", "/index.php"])
def test_the_check_whatever_address_was_copied(books: DolibarrServer, tail: str) -> None:
    with serving(books) as remote:
        health = make("dolibarr", {"url": f"{remote.url}/erp{tail}"}, KEY).check()
    assert (health.program, health.version) == ("Dolibarr", "20.0.2")


def test_unpaid_invoices_and_credits(books: DolibarrServer) -> None:
    pull, remote = pulled(books)
    snapshot = pull.snapshot
    assert (snapshot.kind, snapshot.format, snapshot.ends_on) == ("open_items", "dolibarr", TODAY)
    assert [(line.customer, line.piece, line.amount_cents, line.open_cents, line.kind) for line in snapshot.lines] == [
        ("CU-0005", "FA2610-0001", 121050, 121050, Kind.INVOICE),
        ("CU-0005", "FA2610-0002", 50000, 12025, Kind.INVOICE),
        ("6", "FA2610-0003", -8000, -8000, Kind.CREDIT_NOTE),
        ("CU-0005", "AV2609-0001", -6000, -6000, Kind.CREDIT_NOTE),
    ]
    assert [(line.label, line.method) for line in snapshot.lines[:2]] == [("", "transfer"), ("BC 12", "transfer")]
    assert (pull.cursor, pull.complete, pull.requests) == ({"seen": "2026-11-21"}, True, len(remote.asked))


def test_customers_and_their_terms(books: DolibarrServer) -> None:
    zoe, marc = pulled(books)[0].snapshot.third_parties
    assert (zoe.customer, zoe.name, zoe.email, zoe.city, zoe.company_number, zoe.vat_number) == (
        "CU-0005",
        "Zoé & Fils",
        "compta@zoe.example",
        "Paris",
        "732829320",
        "FR44732829320",
    )
    assert (zoe.terms_days, zoe.terms_mode, zoe.credit_limit_cents, zoe.language) == (30, "days_month_end", 500000, "fr")
    assert (marc.customer, marc.terms_days, marc.terms_mode) == ("6", 0, "net")


@pytest.mark.parametrize("hours", [-10, -5, 0, 1, 2, 4, 9, 11])
def test_days_are_right_wherever_the_program_stands(hours: float) -> None:
    server = DolibarrServer()
    server.customer(5, "Zoé")
    server.invoice(1, 5, "1", "1", date=stamp("2026-03-29", hours), date_lim_reglement=str(stamp("2026-04-28", hours)))
    line = pulled(server)[0].snapshot.lines[0]
    assert (line.document_on, line.due_on) == (date(2026, 3, 29), date(2026, 4, 28))


def test_paid_invoices_come_with_the_day_of_their_last_payment(books: DolibarrServer) -> None:
    books.invoices[0].update(statut="2", remaintopay="0", tms="20261120")
    books.payments[1] = [
        {"amount": "1000", "type": "VIR", "date": "2026-11-02 12:00:00", "num": "", "ref": "PAY1"},
        {"amount": "210.5", "type": "VIR", "date": "2026-11-18 12:00:00", "num": "", "ref": "PAY2"},
    ]
    books.invoice(9, 6, "10", "3", statut="2", tms="20240101")  # long ago
    books.invoice(10, 6, "10", "0.5", statut="2", tms="20261121")  # closed with a small rest, which is no longer owed
    lines = pulled(books, {"seen": "2026-11-20"})[0].snapshot.lines
    assert [(line.piece, line.open_cents, line.lettered_on) for line in lines if line.open_cents == 0] == [
        ("FA2610-0001", 0, date(2026, 11, 18)),
        ("FA2610-0010", 0, None),
    ]


def test_older_versions_do_not_say_what_remains() -> None:
    server = DolibarrServer()
    server.customer(5, "Zoé")
    server.invoice(1, 5, "100", "", totalpaye="30.5", totalcreditnotes="10", totaldeposits="5")
    del server.invoices[0]["totalpaid"]
    assert pulled(server)[0].snapshot.lines[0].open_cents == 5450


def test_foreign_currency_stands_beside() -> None:
    server = DolibarrServer()
    server.customer(5, "Zoé")
    server.invoice(1, 5, "90", "90", multicurrency_code="USD", multicurrency_total_ttc="100")
    line = pulled(server)[0].snapshot.lines[0]
    assert (line.currency, line.amount_cents, line.foreign_currency, line.foreign_cents) == ("EUR", 9000, "USD", 10000)
    line = pulled(server, currency="chf")[0].snapshot.lines[0]
    assert (line.currency, line.foreign_currency) == ("CHF", "USD")


def many(invoices: int, customers: int) -> DolibarrServer:
    """Books of many invoices and customers."""
    server = DolibarrServer()
    for number in range(1, customers + 1):
        server.customer(number, f"Client {number}")
    for number in range(1, invoices + 1):
        server.invoice(number, number % customers + 1, f"{number}", f"{number}")
    return server


def test_pages_and_a_break_in_the_middle() -> None:
    server, naps = many(2 * PAGE, PAGE + 20), list[float]()
    whole, plain = pulled(server)
    assert sum(line.open_cents or 0 for line in whole.snapshot.lines) == 100 * sum(range(2 * PAGE + 1))
    assert len(whole.snapshot.third_parties) == PAGE + 20
    for broken in (1, 2, 3, 4, 5, len(plain.asked)):
        with serving(server) as remote:
            remote.faults = {broken: Answer(status=503), broken + 1: Answer([{"a": "b" * 99}], cut=True)}
            found = Dolibarr(settings(remote), KEY, naps.append).pull({}, TODAY)
        assert found.snapshot == whole.snapshot
    assert set(naps) == {1.0, 2.0}


def test_only_get_is_ever_used(books: DolibarrServer) -> None:
    books.invoices[0].update(statut="2", tms="20261120")
    _, remote = pulled(books)
    assert {asked.method for asked in remote.asked} == {"GET"}
    with serving(books) as remote, pytest.raises(ValueError, match="not a reading path"):
        Dolibarr(settings(remote), KEY).api.post("/invoices", {})


def test_refusals() -> None:
    empty = DolibarrServer()
    with serving(empty) as remote:
        with pytest.raises(DomainError) as caught:
            make("dolibarr", settings(remote), "wrong").check()
        assert (caught.value.code, caught.value.params["status"]) == ("connector_refused", 401)
        assert "wrong" not in str(caught.value)
        for work in ("check", "pull"):  # a key that shows nothing is not an empty ledger
            made = make("dolibarr", settings(remote), KEY)
            with pytest.raises(DomainError, match="connector_refused"):
                made.check() if work == "check" else made.pull({}, TODAY)
    with serving(lambda _: {"status": "ok"}) as remote, pytest.raises(DomainError, match="no Dolibarr"):
        make("dolibarr", settings(remote), KEY).check()


def test_everything_paid_is_an_empty_list() -> None:
    server = DolibarrServer()
    server.customer(5, "Zoé")
    server.invoice(1, 5, "10", "0", statut="2", tms="20250101")
    assert pulled(server, {"seen": "2026-11-20"})[0].snapshot.lines == []


@pytest.mark.parametrize(
    ("field", "value"), [("total_ttc", "dix"), ("date", None), ("date", "soon"), ("socid", None), ("id", "-1")]
)
def test_answers_of_another_shape_are_the_programs_error(books: DolibarrServer, field: str, value: Any) -> None:
    books.invoices[0][field] = value
    if field == "id":
        books._listed = lambda asked, rows: rows  # type: ignore[method-assign]  # ids that do not follow each other
    with serving(books) as remote, pytest.raises(DomainError) as caught:
        make("dolibarr", settings(remote), KEY).pull({}, TODAY)
    assert caught.value.code == "connector_answer"
    assert caught.value.params["host"] == "127.0.0.1"


def test_the_entity_of_a_shared_installation_is_named(books: DolibarrServer) -> None:
    _, remote = pulled(books, entity="3")
    assert {asked.headers["dolapientity"] for asked in remote.asked} == {"3"}
