"""XAF and SAF-T files through the import page and the command: no question asked, the books follow the file."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Company, Customer, Item
from tests.integrations.test_saft import PAID, SOLD, saft
from tests.integrations.test_xaf import BANK, BOMB, OPENING, SALES, xaf

BOOKS = xaf(SALES, BANK, opening=OPENING.format(kind="CU", amount="300.00"))


def test_an_xaf_through_the_page(client: FlaskClient, session: Session, company: Company) -> None:
    sent = {"file": (io.BytesIO(BOOKS.encode()), "books.xaf")}
    answer = client.post("/syncs", data=sent, content_type="multipart/form-data")
    assert answer.location.endswith("/check")
    assert "XAF · Proef" in client.get(answer.location).get_data(as_text=True)
    done = client.post(f"{answer.location.rsplit('/', 1)[0]}/run")
    assert done.status_code == 303
    opens = {one.piece: one.open_cents for one in session.scalars(sa.select(Item)) if one.open_cents}
    assert opens == {"F0": 30000, "F1": 2100, "F2": -2100}  # the payment of F1 has gone off it
    customer = session.scalars(sa.select(Customer).where(Customer.code == "K1")).one()
    assert (customer.name, customer.city, customer.credit_limit_cents) == ("Café Zoë & Zn", "Utrecht", 250000)


def test_a_file_with_a_document_type_is_refused_in_words(client: FlaskClient, company: Company) -> None:
    sent = {"file": (io.BytesIO(BOOKS.replace("?>\n", f"?>\n{BOMB}", 1).encode()), "books.xaf")}
    answer = client.post("/syncs", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "DOCTYPE" in answer.get_data(as_text=True)


def test_a_saft_through_the_command(app: Flask, company: Company, tmp_path: Path) -> None:
    path = tmp_path / "saft.xml"

    def sync(text: str) -> dict[str, Any]:
        path.write_text(text, encoding="utf-8")
        said = app.test_cli_runner().invoke(args=["sync", "ledger", str(path), "--company", "FLANDRES", "--json"]).stdout
        found: dict[str, Any] = json.loads(said)
        return found

    first = sync(saft(SOLD).replace("NOK", "EUR"))
    assert (first["status"], first["format"], first["customers"], first["balance_cents"]) == ("done", "saft", 1, 12500)
    second = sync(saft(SOLD, PAID).replace("NOK", "EUR"))
    assert (second["items_new"], second["items_vanished"], second["balance_cents"]) == (1, 0, 2500)
    refused = sync(saft(SOLD)[:-300])
    assert (refused["status"], refused["balance_cents"]) == ("refused", 2500)
