"""Receipts: the list and its files, the desk that matches payments, and what the bank shows on home, cards, items, forecast."""

from __future__ import annotations

import html
from types import SimpleNamespace

import pytest

from models import BankMatch, BankMovement, Item
from models.users import Role
from tests.banking import open_account, propose, receive, see_paid
from tests.conftest import NOW, TODAY
from tests.owing import make_customer, owe, statements
from tests.services.people import furnish


@pytest.fixture
def bank(session, company):
    """One movement of each kind: proposed, unknown, matched, ignored, overtaken by the ledger."""
    furnish(session, company)
    company.last_sync_at = NOW
    alpha, beta = make_customer(session, company, "Alpha"), make_customer(session, company, "Beta Transports")
    items = [owe(session, alpha, cents, late=10) for cents in (10_000, 20_000, 30_000)]
    paid, parted = owe(session, beta, 45_000, late=3), owe(session, beta, 7_700, late=40)
    statement = open_account(session, company)
    sure = receive(session, statement, 10_000, "ALPHA", text="FACTURE FA-0001")
    propose(session, sure, items[0])
    unsure = receive(session, statement, 25_000, "ALPHA HOLDING", structured="123123412345")
    propose(session, unsure, items[1], 20_000, 700)
    propose(session, unsure, items[2], 25_000, 400, proposal=2)
    unknown = receive(session, statement, 88_800, "MUTUELLE", iban="")
    seen = receive(session, statement, 45_000, "BETA TRANSP")
    see_paid(session, seen, paid, beta)
    receive(session, statement, -5_000, "URSSAF", state="ignored")
    overtaken = receive(session, statement, 7_700, "BETA", state="matched", customer_id=beta.id)
    propose(session, overtaken, parted, state="corrected", ended_at=NOW)
    overtaken.state = "matched"
    session.commit()
    return SimpleNamespace(
        alpha=alpha, beta=beta, items=[i.id for i in items], sure=sure.id, unsure=unsure.id, unknown=unknown.id, seen=seen.id,
        paid=paid.id,
    )  # fmt: skip


def text_of(answer):
    assert answer.status_code == 200, answer.status_code
    return html.unescape(answer.get_data(as_text=True)).replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    "query, shown, total",
    [
        ("", {"MUTUELLE"}, "888,00"),
        ("tab=proposed", {"ALPHA", "ALPHA HOLDING"}, "350,00"),
        ("tab=proposed&text=holding", {"ALPHA HOLDING"}, "250,00"),
        ("tab=proposed&text=100,00", {"ALPHA"}, "100,00"),
        ("tab=proposed&text=%2B%2B%2B123/1234/12345%2B%2B%2B", {"ALPHA HOLDING"}, "250,00"),
        ("tab=proposed&last=2026-05-18", set(), ""),
        ("tab=matched", {"BETA", "BETA TRANSP"}, "527,00"),
        ("tab=matched&seen=1", {"BETA TRANSP"}, "450,00"),
        ("tab=ignored", {"URSSAF"}, "−50,00"),
    ],
)
def test_the_list_its_tabs_filters_and_sum(client, bank, query, shown, total):
    text = text_of(client.get(f"/receipts?{query}"))
    names = {"MUTUELLE", "ALPHA", "ALPHA HOLDING", "BETA", "BETA TRANSP", "URSSAF"}
    assert {name for name in names if f">{name}</a>" in text} == shown
    assert total in text
    exported = client.get(f"/receipts/export.csv?{query}").get_data(as_text=True)
    assert {name for name in names if f";{name};" in exported} == shown
    assert client.get(f"/receipts/export.xlsx?{query}").data[:2] == b"PK"


def test_differences_say_what_each_side_says(client, bank):
    text = text_of(client.get("/receipts?tab=differences"))
    assert "lettré autrement" in text and "77,00" in text and "Beta Transports" in text
    assert "lettré autrement" in client.get("/receipts/export.csv?tab=differences").get_data(as_text=True)


def test_the_fragment_is_a_part_of_the_page(client, bank):
    part = client.get("/receipts?tab=proposed", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in part and part.strip() in client.get("/receipts?tab=proposed").get_data(as_text=True)
    address = f"/receipts/match?movement={bank.unsure}"
    part = client.get(address, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert part.strip() in client.get(address).get_data(as_text=True)


def test_a_page_asks_the_database_a_few_times(app, client, bank):
    with statements(app) as asked:
        client.get("/receipts?tab=proposed")
    assert len(asked) <= 14, asked
    with statements(app) as asked:
        client.get("/receipts/match")
    assert len(asked) <= 18, asked


def test_the_desk_shows_what_came_in_why_and_what_is_open(client, bank):
    text = text_of(client.get("/receipts/match"))
    assert "1 sur 3" in text and "FACTURE FA-0001" in text and "BE68 … 7034" in text
    assert "La communication cite FA-0001." in text and "90 %" in text
    assert "300,00" in text  # the rest of what the customer owes is in sight
    text = text_of(client.get(f"/receipts/match?movement={bank.unsure}"))
    assert "+++123/1234/12345+++" in text and "Autres possibilités" in text
    assert "50,00" in text  # left of the payment
    text = text_of(client.get(f"/receipts/match?movement={bank.unsure}&proposal=1"))
    assert "40 %" in text
    text = text_of(client.get(f"/receipts/match?movement={bank.unknown}"))
    assert "Client inconnu" in text and "Nom, code ou facture" in text


def test_the_queue_as_a_list(client, bank):
    text = text_of(client.get("/receipts/match?view=list"))
    assert text.index(">ALPHA</a>") < text.index(">ALPHA HOLDING</a>") < text.index(">MUTUELLE</a>")
    assert "La communication cite FA-0001." in text


def test_accepting_opens_the_next_one_and_can_be_taken_back(client, session, bank):
    answer = client.post(f"/receipts/{bank.sure}/accept", data={"proposal": 1}, headers={"HX-Request": "true"})
    text = text_of(answer)
    assert "<html" not in text and "ALPHA HOLDING" in text and "Rapproché : ALPHA, 100,00 €" in text
    assert answer.headers["HX-Replace-Url"].endswith(f"movement={bank.unsure}")
    assert session.get_one(Item, bank.items[0]).open_cents == 0
    assert session.get_one(BankMovement, bank.sure).state == "matched"
    text = text_of(client.post(f"/receipts/{bank.sure}/undo", headers={"HX-Request": "true"}))
    assert "FACTURE FA-0001" in text
    session.expire_all()
    assert session.get_one(Item, bank.items[0]).open_cents == 10_000


def test_without_htmx_it_goes_to_the_next_one(client, bank):
    answer = client.post(f"/receipts/{bank.sure}/accept", data={"proposal": 1})
    assert answer.status_code == 303
    assert f"movement={bank.unsure}" in answer.location and f"last={bank.sure}" in answer.location
    assert "Rapproché : ALPHA" in text_of(client.get(answer.location))


def test_a_second_decision_shows_the_first(client, session, bank):
    client.post(f"/receipts/{bank.sure}/accept", data={"proposal": 1})
    answer = client.post(f"/receipts/{bank.sure}/ignore")
    assert answer.status_code == 303 and f"movement={bank.sure}" in answer.location
    assert session.get_one(BankMovement, bank.sure).state == "matched"
    assert "Rapproché à la main." in text_of(client.get(answer.location))


def test_all_certain_ones_at_once(client, session, bank, company):
    company.match_threshold = 900
    session.commit()
    assert "Accepter le paiement certain" in text_of(client.get("/receipts/match"))
    assert client.post("/receipts/accept").status_code == 303
    session.expire_all()
    assert session.get_one(BankMovement, bank.sure).state == "matched"
    assert session.get_one(BankMovement, bank.unsure).state == "proposed"


def split(bank, movement_id, client, **fields):
    data = {"customer": bank.alpha.id, **fields}
    return client.post(f"/receipts/{movement_id}/split", data=data, headers={"HX-Request": "true"})


def test_a_payment_is_divided_with_a_difference_and_its_reason(client, session, bank):
    first, second, _ = bank.items
    given = {f"cents-{first}": "98,00", f"reason-{first}": "bank_fee", f"cents-{second}": "152,00"}
    assert split(bank, bank.unsure, client, **given).status_code == 200
    session.expire_all()
    rows = {m.item_id: m for m in session.query(BankMatch).filter_by(movement_id=bank.unsure, state="provisional")}
    assert (rows[first].cents, rows[first].difference_cents, rows[first].difference_reason) == (9_800, 200, "bank_fee")
    assert session.get_one(Item, first).open_cents == 0 and session.get_one(Item, second).open_cents == 4_800
    text = text_of(client.get(f"/receipts/match?movement={bank.unsure}"))
    assert "2,00 en frais bancaires" in text


@pytest.mark.parametrize(
    "typed, said",
    [("12x", "n’est pas un montant"), ("250,00", ""), ("", "")],
)
def test_a_wrong_division_is_said_and_nothing_is_lost(client, session, bank, typed, said):
    first, second, _ = bank.items
    answer = split(bank, bank.unsure, client, **{f"cents-{first}": typed, f"cents-{second}": "7,00" if typed else ""})
    assert answer.status_code == 422
    text = html.unescape(answer.get_data(as_text=True))
    assert 'role="alert"' in text and said in text
    assert not typed or "7,00" in text
    assert session.query(BankMatch).filter_by(movement_id=bank.unsure, state="provisional").count() == 0


def test_several_payments_for_one_item(client, session, bank):
    item = bank.items[2]
    for movement_id, cents in ((bank.sure, "100,00"), (bank.unsure, "200,00")):
        assert split(bank, movement_id, client, **{f"cents-{item}": cents}).status_code == 200
    session.expire_all()
    assert session.get_one(Item, item).open_cents == 0
    assert session.get_one(BankMovement, bank.unsure).left_cents == 5_000


def test_another_customer_is_found_and_chosen(client, session, bank):
    hits = text_of(client.get(f"/receipts/{bank.unknown}/customers?q=beta", headers={"HX-Request": "true"}))
    assert "Beta Transports" in hits and f"customer={bank.beta.id}" in hits
    text = text_of(client.get(f"/receipts/match?movement={bank.unknown}&customer={bank.beta.id}"))
    assert "77,00" in text and "C’est ce client" in text
    client.post(f"/receipts/{bank.unknown}/customer", data={"customer": bank.beta.id})
    session.expire_all()
    assert session.get_one(BankMovement, bank.unknown).customer_id == bank.beta.id


def test_a_refused_proposal_brings_the_next_one(client, session, bank):
    text = text_of(client.post(f"/receipts/{bank.unsure}/decline", data={"proposal": 1}, headers={"HX-Request": "true"}))
    assert "ALPHA HOLDING" in text and "40 %" in text
    session.expire_all()
    assert session.query(BankMatch).filter_by(movement_id=bank.unsure, state="declined").count() == 1


def test_what_is_not_a_customer_s_is_ignored_and_can_come_back(client, session, bank):
    client.post(f"/receipts/{bank.unknown}/ignore")
    session.expire_all()
    assert session.get_one(BankMovement, bank.unknown).state == "ignored"
    client.post(f"/receipts/{bank.unknown}/undo")
    session.expire_all()
    assert session.get_one(BankMovement, bank.unknown).state == "open"


def test_the_end_of_the_queue(client, session, bank):
    for number in (bank.sure, bank.unsure, bank.unknown):
        client.post(f"/receipts/{number}/ignore")
    text = text_of(client.get("/receipts/match"))
    assert "Tout est rapproché" in text
    assert "Tout est rapproché" in text_of(client.get("/receipts"))


def test_before_the_first_statement_it_says_where_to_begin(client, session, company):
    assert "Aucun relevé bancaire" in text_of(client.get("/receipts"))
    assert "Tout est rapproché" in text_of(client.get("/receipts/match"))


def test_support_reads_and_does_not_write(sign_in, company, bank):
    client = sign_in(Role.SUPPORT, company)
    assert "Accepter" not in text_of(client.get("/receipts/match"))
    assert client.post(f"/receipts/{bank.sure}/accept").status_code == 403


# ------------------------------------------------------------------ marks elsewhere


def test_home_says_what_the_bank_shows_and_links_to_the_list_that_adds_up(client, bank):
    text = text_of(client.get("/"))
    assert "450 €" in text and "vus en banque, pas encore en comptabilité" in text
    assert "/receipts?tab=matched&seen=1" in text
    assert "450,00" in text_of(client.get("/receipts?tab=matched&seen=1"))
    assert "banque au 19 mai" in text


def test_the_card_shows_the_payment_in_its_history_and_beside_the_item(client, bank):
    text = text_of(client.get(f"/customers/{bank.beta.id}"))
    assert "Vu en banque le 19 mai" in text and "Vu en banque : 450,00 €" in text


def test_an_item_paid_in_part_at_the_bank_is_marked(client, session, bank):
    item = bank.items[2]
    split(bank, bank.unsure, client, **{f"cents-{item}": "250,00"})
    text = text_of(client.get("/items?mark=bank"))
    assert "Vu en banque le 19 mai" in text and text.count('class="lead" title') == 1


def test_the_forecast_counts_it_as_received_and_says_so(client, bank):
    text = text_of(client.get("/forecast"))
    assert "450 € vus en banque, pas encore en comptabilité" in text


def test_the_day_of_the_bank_is_on_every_page(client, session, company):
    open_account(session, company, TODAY)
    company.last_sync_at = NOW
    session.commit()
    assert "banque au 19 mai" in text_of(client.get("/customers"))
