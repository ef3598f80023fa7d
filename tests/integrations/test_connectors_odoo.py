"""Odoo over both of its interfaces, against a server that answers as documented: pages, companies, settled lines."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from integrations.connectors import Pull, make
from integrations.connectors.odoo import PAGE, READS, Odoo
from rules.errors import DomainError
from rules.ledger import Kind
from tests.integrations.odoo_server import KEY, OdooServer
from tests.integrations.remote import Answer, Remote, serving

TODAY = date(2026, 11, 21)
VERSIONS = [[14, 0, 0, "final", 0, ""], [16, 0, 0, "final", 0, "e"], ["saas~18", 2, 0, "final", 0, ""]]


@pytest.fixture(params=[14, 18, 19, 22])
def books(request: pytest.FixtureRequest) -> OdooServer:
    """The same books in four versions: two interfaces, two names for the type of an account."""
    server = OdooServer([request.param, 0, 0, "final", 0, ""])
    server.partner(11, "Zoé & Fils", ref="C011", email="compta@zoe.example", zip="1000", country_code="BE", lang="fr_BE",
                   property_payment_term_id=[3, "30 Days"], credit_limit=2500.0, vat="BE0428759497", user_id=[5, "Ann"])  # fmt: skip
    server.partner(12, "Marc")
    server.line(1, 11, 1210.5, 1210.5)
    server.line(2, 11, 500.0, 120.25, matching_number="P3")
    server.line(3, 12, -80.0, -80.0)
    server.line(4, 12, -300.0, -50.0, journal_id=[2, "Banque"], move_type="entry", ref="VIR 881", date_maturity="2026-10-01")
    server.line(5, 12, 99.0, 99.0, company_id=[2, "Autre SA"])
    server.line(6, 12, 77.0, 77.0, parent_state="draft")
    payable = {"account_id.account_type": "liability_payable", "account_id.internal_type": "payable"}
    server.line(7, 12, 66.0, 66.0, **payable)
    return server


def settings(remote: Remote, **more: Any) -> dict[str, Any]:
    """What an administrator types."""
    return {"url": remote.url, "database": "books", "user": "robot", "company": "proef bv", **more}


def pulled(server: OdooServer, since: dict[str, Any] | None = None, **more: Any) -> tuple[Pull, Remote]:
    """One pull from a server of its own."""
    with serving(server) as remote:
        return make("odoo", settings(remote, **more), KEY).pull(since or {}, TODAY), remote


def test_the_check_says_whom_and_what_it_reads(books: OdooServer) -> None:
    with serving(books) as remote:
        health = make("odoo", settings(remote), KEY).check()
    assert (health.program, health.company, health.companies) == ("Odoo", "Proef BV", ("Proef BV", "Autre SA"))
    assert health.version == f"{books.version[0]}.0"


def test_open_lines_of_the_company_with_what_is_open_of_each(books: OdooServer) -> None:
    pull, remote = pulled(books)
    snapshot = pull.snapshot
    assert (snapshot.kind, snapshot.format, snapshot.ends_on) == ("open_items", "odoo", TODAY)
    assert [(line.customer, line.piece, line.amount_cents, line.open_cents, line.kind) for line in snapshot.lines] == [
        ("C011", "FAC/2026/0001", 121050, 121050, Kind.INVOICE),
        ("C011", "FAC/2026/0002", 50000, 12025, Kind.INVOICE),
        ("12", "FAC/2026/0003", -8000, -8000, Kind.CREDIT_NOTE),
        ("12", "VIR 881", -30000, -5000, Kind.PAYMENT),
    ]
    first = snapshot.lines[0]
    assert (first.entry_on, first.document_on, first.due_on) == (date(2026, 10, 1), date(2026, 9, 30), date(2026, 10, 31))
    assert (first.account, first.currency, first.letter, snapshot.lines[1].letter) == ("411100", "EUR", "", "P3")
    assert snapshot.balance_cents == {"EUR": 121050 + 50000 - 8000 - 30000}
    assert pull.cursor == {"seen": "2026-11-21 09:30:00"}
    newer = books.version[0] >= 19
    assert {asked.path == "/jsonrpc" for asked in remote.asked if "/json/2/" not in asked.path and asked.method == "POST"} <= {
        True
    }
    assert any("/json/2/" in asked.path for asked in remote.asked) == newer


def test_customers_as_odoo_knows_them(books: OdooServer) -> None:
    zoe, marc = pulled(books)[0].snapshot.third_parties
    assert (zoe.customer, zoe.name, zoe.email, zoe.postcode, zoe.country) == (
        "C011",
        "Zoé & Fils",
        "compta@zoe.example",
        "1000",
        "BE",
    )
    assert (zoe.language, zoe.terms_days, zoe.terms_mode, zoe.credit_limit_cents, zoe.sales_rep) == (
        "fr",
        30,
        "net",
        250000,
        "Ann",
    )
    assert (marc.customer, marc.email, marc.terms_days, marc.credit_limit_cents) == ("12", "", None, None)


def test_what_was_settled_since_comes_with_its_day() -> None:
    server = OdooServer()
    server.partner(11, "Zoé")
    server.line(1, 11, 100.0, 100.0)
    server.line(2, 11, -100.0, -100.0, journal_id=[2, "Banque"], move_type="entry", date="2026-11-12")
    server.line(3, 11, 40.0, 40.0)
    server.line(4, 11, 500.0, 0.0)
    server.match(4, 4, "2024-01-05", "2024-01-06 10:00:00", full=1)  # older than the window
    first, _ = pulled(server)
    assert [(line.line, line.open_cents) for line in first.snapshot.lines] == [(1, 10000), (2, -10000), (3, 4000)]
    server.match(1, 2, "2026-11-12", "2026-11-21 09:00:00", full=2)
    second, _ = pulled(server, first.cursor)
    assert [(line.piece, line.open_cents, line.lettered_on, line.letter) for line in second.snapshot.lines] == [
        ("FAC/2026/0001", 0, date(2026, 11, 12), "2"),
        ("FAC/2026/0002", 0, date(2026, 11, 12), "2"),
        ("FAC/2026/0003", 4000, None, ""),
    ]
    third, _ = pulled(server, {"seen": "2026-11-21 11:00:00"})
    assert [line.piece for line in third.snapshot.lines] == ["FAC/2026/0003"]
    longer, _ = pulled(server, history_months="36")
    assert [line.open_cents for line in longer.snapshot.lines] == [0, 0, 4000, 0]


def test_instalments_of_one_invoice_keep_their_places() -> None:
    """One is paid long ago: it still comes, else the next would be taken for it."""
    server = OdooServer()
    server.partner(11, "Zoé")
    for number, left in ((1, 0.0), (2, 100.0)):
        server.line(number, 11, 100.0, left, move_id=[9, "FAC/9"], move_name="FAC/9", date_maturity=f"2026-0{number}-28")
    lines = pulled(server, {"seen": "2026-11-21 08:00:00"})[0].snapshot.lines
    assert [(line.piece, line.due_on, line.open_cents) for line in lines] == [
        ("FAC/9", date(2026, 1, 28), 0),
        ("FAC/9", date(2026, 2, 28), 10000),
    ]


def test_foreign_currency_stands_beside_and_an_ambiguous_reference_is_not_used() -> None:
    server = OdooServer()
    server.partner(11, "Zoé", ref="SAME")
    server.partner(12, "Marc", ref="SAME")
    server.line(1, 11, 90.0, 90.0, currency_id=[2, "USD"], amount_currency=100.0)
    server.line(2, 12, 10.0, 10.0)
    server.line(3, False, 5.0, 5.0)
    lines = pulled(server)[0].snapshot.lines
    assert [(line.customer, line.name) for line in lines] == [("11", "Zoé"), ("12", "Marc"), ("411100", "Divers")]
    assert (lines[0].currency, lines[0].amount_cents, lines[0].foreign_currency, lines[0].foreign_cents) == (
        "EUR",
        9000,
        "USD",
        10000,
    )


def many(count: int) -> OdooServer:
    """Books of many lines."""
    server = OdooServer()
    server.partner(11, "Zoé", ref="Z")
    for number in range(1, count + 1):
        server.line(number * 3, 11, float(number), float(number))
    return server


def test_pages_that_begin_after_the_last_line() -> None:
    server = many(2 * PAGE + 7)
    pull, remote = pulled(server)
    assert len(pull.snapshot.lines) == 2 * PAGE + 7
    assert sum(line.open_cents or 0 for line in pull.snapshot.lines) == 100 * sum(range(2 * PAGE + 8))
    assert pull.requests == len(remote.asked)


def test_a_page_that_breaks_is_taken_up_where_it_broke() -> None:
    server, naps = many(2 * PAGE + 7), list[float]()
    whole, plain = pulled(server)
    for broken in range(1, len(plain.asked) + 1):
        with serving(server) as remote:
            remote.faults = {broken: Answer(status=502), broken + 1: Answer({"x": "y" * 99}, cut=True)}
            found = Odoo(settings(remote), KEY, naps.append).pull({}, TODAY)
        assert found.snapshot == whole.snapshot
    assert set(naps) == {1.0, 2.0}


def test_a_line_added_or_settled_between_pages_neither_repeats_nor_hides_another() -> None:
    server = many(PAGE + 5)
    calls = server.run

    def meanwhile(model: str, verb: str, first: Any, named: dict[str, Any]) -> Any:
        found = calls(model, verb, first, named)
        if (model, verb) == ("account.move.line", "search_read") and ["id", ">", 0] in first and len(found) == PAGE:
            server.tables[model] = [row for row in server.tables[model] if row["id"] != 3]
            server.line(3 * (PAGE + 6), 11, 1.0, 1.0)
        return found

    server.run = meanwhile  # type: ignore[method-assign]
    pieces = [line.piece for line in pulled(server)[0].snapshot.lines]
    assert len(pieces) == len(set(pieces)) == PAGE + 6


def test_only_reading_methods_are_ever_called(books: OdooServer) -> None:
    with serving(books) as remote:
        odoo = Odoo(settings(remote), KEY)
        odoo.check()
        odoo.pull({}, TODAY)
        for method in ("write", "create", "unlink", "action_post", "button_draft", "execute"):
            with pytest.raises(ValueError, match="not a reading method"):
                odoo.call("account.move", method, [1])
        with pytest.raises(ValueError, match="not a reading path"):
            odoo.api.post("/json/2/account.move/write", {})
    assert {verb for _, verb in books.calls} <= READS
    assert not READS & {"write", "create", "unlink", "copy"}


def refusal(server: OdooServer, secret: str = KEY, **more: Any) -> DomainError:
    """How a check fails."""
    with serving(server) as remote, pytest.raises(DomainError) as caught:
        make("odoo", settings(remote, **more), secret).check()
    assert secret not in str(caught.value)
    return caught.value


def test_a_wrong_key_is_refused(books: OdooServer) -> None:
    assert refusal(books, "wrong").code == "connector_refused"


def test_an_error_inside_a_good_answer() -> None:
    def angry(asked: Any) -> Any:
        error = {"code": 200, "message": "Odoo Server Error", "data": {"name": "odoo.exceptions.AccessError",
                 "message": "You are not allowed to access 'Journal Item'", "debug": "Traceback: secret things"}}  # fmt: skip
        return (
            {"jsonrpc": "2.0", "id": 1, "error": error} if asked.body["params"]["service"] == "object" else OdooServer()(asked)
        )

    with serving(angry) as remote, pytest.raises(DomainError) as caught:
        make("odoo", settings(remote), KEY).check()
    assert (caught.value.code, caught.value.params["detail"]) == (
        "connector_refused",
        "You are not allowed to access 'Journal Item'",
    )


def test_which_company_must_be_clear(books: OdooServer) -> None:
    assert refusal(books, company="").code == "connector_company"
    error = refusal(books, company="Nobody")
    assert (error.code, error.params["choices"]) == ("connector_company", "Proef BV, Autre SA")


def test_a_key_that_shows_nothing_is_not_an_empty_ledger() -> None:
    """Else every debt would look paid."""
    server = OdooServer()
    assert refusal(server).code == "connector_refused"
    with serving(server) as remote, pytest.raises(DomainError, match="connector_refused"):
        make("odoo", settings(remote), KEY).pull({}, TODAY)


def test_everything_paid_is_an_empty_list() -> None:
    server = OdooServer()
    server.partner(11, "Zoé")
    server.line(1, 11, 100.0, 0.0)
    assert pulled(server, {"seen": "2026-11-21 08:00:00"})[0].snapshot.lines == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("debit", "a lot"), ("date", "yesterday"), ("date", False), ("account_id", 4), ("amount_residual", [])],
)
def test_answers_of_another_shape_are_the_programs_error(field: str, value: Any) -> None:
    server = OdooServer()
    server.partner(11, "Zoé")
    server.line(1, 11, 100.0, 100.0, reconciled=False)[field] = value
    if field == "account_id":
        assert pulled(server)[0].snapshot.lines[0].account == ""
        return
    with serving(server) as remote, pytest.raises(DomainError, match="connector_answer"):
        make("odoo", settings(remote), KEY).pull({}, TODAY)


@pytest.mark.parametrize("version", VERSIONS)
def test_versions_are_understood(version: list[Any]) -> None:
    server = OdooServer()
    server.version = version if isinstance(version[0], int) else [18, *version[1:]]
    server.partner(11, "Zoé")
    server.line(1, 11, 1.0, 1.0)
    assert len(pulled(server)[0].snapshot.lines) == 1
