"""Electronic invoices through the import page, the command and the pages that show their documents."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from models import Customer, Document, Item, Sync
from models.users import Role
from tests.conftest import make_company
from tests.integrations import invoice_files as made


@pytest.fixture
def ours(session, company):
    company.name, company.vat_number = made.SELLER["name"], made.SELLER["vat"]
    session.commit()
    return company


def upload(client, data: bytes, name: str):
    return client.post("/syncs", data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def test_a_pdf_dropped_on_the_import_page_becomes_an_item_with_its_document(sign_in, session, ours):
    client = sign_in(Role.ACCOUNTANT, ours)
    answer = upload(client, made.pdf(made.cii()), "FA 12.pdf")
    assert answer.status_code == 303 and answer.location.endswith("/invoices")
    text = client.get(answer.location).get_data(as_text=True)
    assert "F-2026-0012" in text and "Dupont &amp; Fils SARL" in text and "121,00" in text
    assert session.query(Item).count() == 0
    done = client.post(answer.location)
    assert done.status_code == 303
    shown = client.get(done.location).get_data(as_text=True)
    assert "Factur-X" in shown and "F-2026-0012" in shown
    item, document = session.query(Item).one(), session.query(Document).one()
    assert item.announced and document.item_id == item.id
    for address in (f"/customers/{item.customer_id}", "/items", f"/customers/{item.customer_id}?tab=documents"):
        page = client.get(address).get_data(as_text=True)
        assert f"/documents/{document.id}" in page, address
    assert "Pas encore en comptabilité" in client.get("/items").get_data(as_text=True)
    got = client.get(f"/documents/{document.id}")
    assert got.data.startswith(b"%PDF-") and got.mimetype == "application/pdf"
    assert got.headers["X-Content-Type-Options"] == "nosniff" and got.headers["Content-Disposition"].startswith("attachment")
    invariant = client.get(f"{done.location}/invariant").get_data(as_text=True)
    assert "Factures pas encore en comptabilité" in invariant
    address = f"/documents/{document.id}"
    client.post(f"{done.location}/undo")
    session.expire_all()
    assert session.query(Item).count() == 0 and session.query(Document).count() == 0
    assert client.get(address).status_code == 404


def test_a_refused_invoice_says_why_and_writes_nothing(sign_in, session, ours):
    client = sign_in(Role.ACCOUNTANT, ours)
    answer = upload(client, made.ubl(seller=made.BUYER, buyer=made.SELLER), "achat.xml")
    page = client.get(answer.location)
    assert page.status_code == 422 and "nous a été adressée" in page.get_data(as_text=True)
    client.post(answer.location)
    session.expire_all()
    assert session.query(Sync).one().state == "refused" and session.query(Customer).count() == 0


def test_a_document_follows_the_portfolio_and_stays_whole(sign_in, session, ours, data):
    client = sign_in(Role.ACCOUNTANT, ours)
    client.post(upload(client, made.pdf(made.cii()), "f.pdf").location)
    document = session.query(Document).one()
    seller = sign_in(Role.SALES_REP, ours)
    assert seller.get(f"/documents/{document.id}").status_code == 404
    other = sign_in(Role.ACCOUNTANT, make_company(session, "AUTRE"), email="other@example.org")
    assert other.get(f"/documents/{document.id}").status_code == 404
    path: Path = data / document.path
    path.write_bytes(b"%PDF- something else")
    assert client.get(f"/documents/{document.id}").status_code == 404


def call(app, *args: str):
    return app.test_cli_runner().invoke(args=list(args))


def test_the_command(app, session, ours, tmp_path):
    first, second = tmp_path / "a.xml", tmp_path / "b.zip"
    first.write_bytes(made.ubl())
    second.write_bytes(made.archive({"x.xml": made.ubl("F-2", "50.00", code="381", root="CreditNote")}))
    arguments = ("sync", "invoices", str(first), str(second), "--company", "flandres", "--json")
    dry = json.loads(call(app, *arguments, "--dry-run").stdout)
    assert (dry["status"], dry["items_new"]) == ("dry_run", 2)
    result = call(app, *arguments)
    said = json.loads(result.stdout)
    assert (result.exit_code, said["status"], said["format"], said["invoices"], said["items_new"]) == (0, "done", "ubl", 2, 2)
    assert said["balance_cents"] == 7_100
    assert [(one["number"], one["total_cents"], one["outcome"]) for one in said["items"]] == [
        ("F-2026-0012", 12_100, "new"), ("F-2", -5_000, "new"),
    ]  # fmt: skip
    again = json.loads(call(app, *arguments).stdout)
    assert (again["items_new"], again["items_again"], again["documents"], again["balance_cents"]) == (0, 2, 0, 7_100)
    plain = call(app, "sync", "invoices", str(first), "--company", "FLANDRES").stdout
    assert "Dupont" in plain and "again" in plain


def test_the_command_says_what_it_refuses(app, session, ours, tmp_path):
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(made.ubl())
    bad.write_bytes(made.ubl()[:-40])
    result = call(app, "sync", "invoices", str(good), str(bad), "--company", "FLANDRES", "--json", "--lang", "en")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["status"], [one["status"] for one in said["files"]]) == (2, "refused", ["done", "refused"])
    assert said["warnings"][-1]["file"] == "bad.xml" and "damaged" in result.stderr
    assert call(app, "sync", "invoices", str(good), "--company", "NOWHERE").exit_code == 2
