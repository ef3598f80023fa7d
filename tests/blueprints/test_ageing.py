"""The aged balance on any day, and its proof against the ledger."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from models import Item
from tests.conftest import NOW, TODAY
from tests.owing import make_customer, owe, paid


@pytest.fixture
def owing(session, company):
    """Amounts in every bucket, one credit, and an invoice paid five days ago."""
    company.last_sync_at, company.ledger_on = NOW, TODAY
    customer = make_customer(session, company, "Transports Quévy-Lannoy")
    for cents, late in ((100, 0), (2_000, 1), (30_000, 31), (400_000, 61), (5_000_000, 91)):
        owe(session, customer, cents, late=late)
    other = make_customer(session, company, "Bois du Hainaut")
    owe(session, other, -18_815)
    paid(session, other, 70_000, TODAY - timedelta(days=20), TODAY - timedelta(days=5))
    session.commit()


def clean(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_buckets_credits_and_the_proof(client, owing):
    text = clean(client.get("/ageing").get_data(as_text=True))
    for amount in ("1,00", "20,00", "300,00", "4 000,00", "50 000,00", "−188,15"):
        assert amount in text, amount
    assert (
        "54 321,00 € de tranches − 188,15 € de comptes créditeurs = <b>54 132,85 €</b>, égal au solde des comptes 411" in text
    )
    assert "Écart 0,00 €" in text and 'class="notice-bar bad"' not in text


def test_a_past_day_shows_what_was_open_then(client, owing):
    on = (TODAY - timedelta(days=6)).isoformat()
    rows = list(
        csv.reader(
            io.StringIO(client.get(f"/ageing/export.csv?on={on}").get_data(as_text=True).removeprefix("\ufeff")), delimiter=";"
        )
    )
    by_name = {row[1]: row for row in rows[1:]}
    assert by_name["Bois du Hainaut"][4] == "700,00"
    text = clean(client.get(f"/ageing?on={on}").get_data(as_text=True))
    assert "Écart 0,00 €" in text and "700,00" in text


def test_a_gap_is_a_red_banner(session, client, owing):
    item = session.query(Item).filter(Item.open_cents == 30_000).one()
    item.open_cents = 29_999
    text = clean(client.get("/ageing").get_data(as_text=True))
    assert "Écart de 0,01 € entre cette balance et les comptes clients" in text and 'role="alert"' in text


def test_orders_and_wrong_days(client, owing):
    text = client.get("/ageing?sort=name").get_data(as_text=True)
    assert text.index("Bois du Hainaut") < text.index("Transports Quévy-Lannoy")
    assert client.get("/ageing?on=hier").status_code == 400
    assert "Rien n’était ouvert" in client.get("/ageing?on=1999-01-01").get_data(as_text=True)
