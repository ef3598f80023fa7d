"""Due items: filtered, totalled, exported; currencies kept apart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import Dispute, Hold, Promise
from tests.conftest import NOW, TODAY
from tests.owing import make_customer, owe


@pytest.fixture
def items(session, company):
    """One item of each kind, its number saying what it is."""
    company.last_sync_at = NOW
    first = make_customer(session, company, "Alpha", method="direct_debit")
    second = make_customer(session, company, "Beta")
    owe(session, first, 10_000, late=1, piece="TARD-1")
    owe(session, first, 20_000, late=31, piece="TARD-31")
    owe(session, second, 40_000, late=91, piece="TARD-91")
    owe(session, second, 80_000, late=0, piece="CE-JOUR")
    owe(session, second, -5_000, late=0, piece="AVOIR")
    owe(session, second, 99_999, late=5, piece="DOLLARS", currency="USD")
    promised = owe(session, second, 1_000, late=10, piece="PROMIS")
    contested = owe(session, second, 2_000, late=12, piece="LITIGE")
    held = owe(session, second, 3_000, late=14, piece="SUSPENDU", expected_on=TODAY + timedelta(days=3))
    common = {"company_id": company.id, "customer_id": second.id}
    session.add_all(
        [
            Promise(**common, item_id=promised.id, promised_on=TODAY, cents=1_000, currency="EUR", made_at=NOW),
            Dispute(**common, item_id=contested.id, reason="price", opened_at=NOW),
            Hold(**common, item_id=held.id, reason="Avoir en préparation", made_at=NOW),
        ]
    )
    session.commit()


ALL = {"TARD-1", "TARD-31", "TARD-91", "CE-JOUR", "AVOIR", "PROMIS", "LITIGE", "SUSPENDU", "DOLLARS"}


@pytest.mark.parametrize(
    "query, expected",
    [
        ("", ALL - {"DOLLARS"}),
        ("currency=USD", {"DOLLARS"}),
        ("state=late", {"TARD-1", "TARD-31", "TARD-91", "PROMIS", "LITIGE", "SUSPENDU"}),
        ("state=just_late", {"TARD-1"}),
        ("state=coming", {"CE-JOUR"}),
        ("state=credit", {"AVOIR"}),
        ("bucket=1", {"TARD-1", "PROMIS", "LITIGE", "SUSPENDU"}),
        ("bucket=2", {"TARD-31"}),
        ("bucket=3", set()),
        ("bucket=4", {"TARD-91"}),
        ("mark=promise", {"PROMIS"}),
        ("mark=dispute", {"LITIGE"}),
        ("mark=hold", {"SUSPENDU"}),
        ("mark=expected", {"SUSPENDU"}),
        ("mark=debit", {"TARD-1", "TARD-31"}),
        ("text=tard-3", {"TARD-31"}),
        ("text=alph", {"TARD-1", "TARD-31"}),
        ("least=400", {"TARD-91", "CE-JOUR"}),
    ],
)
def test_filters(client, items, query, expected):
    text = client.get(f"/items?{query}").get_data(as_text=True)
    assert {piece for piece in ALL if f">{piece}</a>" in text} == expected
    exported = client.get(f"/items/export.csv?{query}").get_data(as_text=True)
    assert {piece for piece in ALL if f";{piece};" in exported} == expected


def test_totals_never_mix_currencies_and_deduct_credits(client, items):
    text = client.get("/items").get_data(as_text=True).replace("\u202f", " ")
    assert "1 510,00" in text and "dont crédits" in text and "999,99" not in text


def test_what_stands_on_an_item_is_said(client, items):
    text = client.get("/items").get_data(as_text=True).replace("\u00a0", " ")
    for words in ("Promis le 19 mai", "Litige", "Suspendu", "Prélèvement", "Règlement non imputé", "22 mai", "aujourd’hui"):
        assert words in text, words


def test_orders(client, items):
    text = client.get("/items?sort=-open").get_data(as_text=True)
    assert text.index("CE-JOUR") < text.index("TARD-91") < text.index("AVOIR")
    text = client.get("/items").get_data(as_text=True)
    assert text.index("TARD-91") < text.index("TARD-31") < text.index("TARD-1<")
