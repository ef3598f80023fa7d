"""Search: names, codes, invoice numbers and amounts as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import search
from tests.conftest import TODAY
from tests.owing import make_customer, owe, paid


@pytest.fixture
def ledger(session, company):
    """Two customers, an open invoice and a paid one."""
    first = make_customer(session, company, "Électricité Moreau-Tassin")
    second = make_customer(session, company, "Savonnerie de la Lys")
    owe(session, first, 123_450, late=3, piece="FA-26-0088")
    paid(session, second, 90_000, TODAY - timedelta(days=90), TODAY - timedelta(days=80), "FA-25-1190")
    session.commit()


@pytest.mark.parametrize(
    "typed, found, not_found",
    [
        ("electricite", "Électricité Moreau-Tassin", "Savonnerie"),
        ("tassin moreau", "Électricité Moreau-Tassin", "Savonnerie"),
        ("C00002", "Savonnerie de la Lys", "Moreau"),
        ("fa-26", "FA-26-0088", "FA-25-1190"),
        ("1190", "FA-25-1190", "FA-26-0088"),
        ("1 234,50", "FA-26-0088", "FA-25-1190"),
        ("1234.50", "FA-26-0088", "FA-25-1190"),
        ("900,00 €", "FA-25-1190", "FA-26-0088"),
        ("%", "Rien trouvé", "FA-"),
        ("<b>", "Rien trouvé", "FA-"),
    ],
)
def test_what_people_type(client, ledger, typed, found, not_found):
    text = client.get("/search", query_string={"q": typed}).get_data(as_text=True)
    assert found in text and not_found not in text


def test_suggestions_are_a_short_list(client, ledger):
    headers = {"HX-Request": "true", "HX-Target": "found"}
    text = client.get("/search?q=sav", headers=headers).get_data(as_text=True)
    assert "<html" not in text and "Savonnerie de la Lys" in text and "Voir tout" in text
    assert client.get("/search?q=", headers=headers).get_data(as_text=True).strip() == ""
    assert "Rien trouvé" in client.get("/search?q=zzz", headers=headers).get_data(as_text=True)


def test_an_amount_may_mean_two():
    assert search.amounts_of("1.234") == [123, 123_400]
    assert search.amounts_of("−1 234,50") == [123_450]
    assert search.amounts_of("Dupont") == []
