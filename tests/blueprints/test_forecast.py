"""The forecast grid through the client: what is shown, what a move changes, what is refused."""

from __future__ import annotations

import io
import json
import re
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from extensions import db
from models import AuditEntry, Company, Customer, Dispute, Item, Promise, SalesRep
from models.users import Role
from tests.conftest import NOW, TODAY, make_company, make_user
from tests.ledger import add_customer, add_debit, add_receipt

HTMX = {"HX-Request": "true"}


@pytest.fixture
def dupont(session: Session, company: Company) -> Customer:
    """1,000 late without a date, 500 due on Thursday of week 22."""
    customer = add_customer(session, company, "C1", "Dupont & Fils SA")
    add_debit(session, customer, 100_000, date(2026, 4, 30), piece="F1")
    add_debit(session, customer, 50_000, date(2026, 5, 28), piece="F2")
    session.commit()
    return customer


def item(session: Session, piece: str) -> Item:
    session.expire_all()
    return session.query(Item).filter_by(piece=piece).one()


def move(client: FlaskClient, customer: Customer, place: str = "to_plan", tone: str = "late", query: str = "", **data: Any):
    return client.post(
        f"/forecast/customers/{customer.id}/move{query}", data={"place": place, "tone": tone, **data}, headers=HTMX
    )


def chips(text: str) -> dict[tuple[str, str], str]:
    """(column, tone) → amount, of the only row."""
    found = {}
    for place, body in re.findall(r'<td class="wk" data-place="([^"]+)">(.*?)</td>', text, re.DOTALL):
        for tone, amount in re.findall(r'data-tone="(\w+)".*?(?:</svg>|>)([\d\u202f]+)</button>', body, re.DOTALL):
            found[place, tone] = amount.replace("\u202f", "")
    return found


def totals(text: str) -> list[str]:
    row = re.search(r'<tr id="totals">.*?</tr>', text, re.DOTALL).group()
    return [
        re.sub(r"<small.*?</small>|<[^>]+>|\u202f", "", cell).strip() for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)
    ]


def toast(answer) -> dict[str, Any]:
    return json.loads(answer.headers["HX-Trigger"])["toast"]


def test_the_page(client, session, company, dupont):
    add_receipt(session, dupont, 20_000, TODAY)
    add_debit(session, dupont, -38_800, TODAY)
    text = client.get("/forecast").get_data(as_text=True)
    assert chips(text) == {("to_plan", "late"): "1000", ("2026-W22", "come"): "500"}
    assert totals(text) == ["1500", "1000", "–", "–", "500", "–", "–", "–", "–", "–"]
    assert "Sem 21<small>18–24 mai</small>" in text and "Plus tard<small>dès le 29 juin</small>" in text
    assert "700\u00a0€ attendus d’ici au 28 juin, dont 200\u00a0€ déjà reçus cette semaine" in text
    assert "Les comptes créditeurs (−388\u00a0€) ne sont pas déduits." in text
    assert "Hors prévision" not in text
    assert re.findall(r'aria-label="(Dupont[^"]*)', text) == [
        "Dupont &amp; Fils SA, À prévoir, 1\u202f000 € en retard. Déplacer",
        "Dupont &amp; Fils SA, Sem 22, 500 € à venir. Déplacer",
    ]


def test_without_a_ledger_the_page_says_what_will_stand_here(client):
    assert "Aucune somme due" in client.get("/forecast").get_data(as_text=True)


def test_the_horizon_goes_from_one_week_to_twenty_six(client, dupont):
    for asked, shown in (("", 6), ("13", 13), ("26", 26), ("99", 26), ("-4", 1), ("x", 6)):
        text = client.get(f"/forecast?weeks={asked}").get_data(as_text=True)
        head = text[text.index("<thead>") : text.index("</thead>")]
        assert len(re.findall(r'data-place="\d{4}-W', head)) == shown, asked


def test_what_is_not_forecast_has_its_own_column_and_the_total_still_adds_up(client, session, company, dupont):
    broke = add_customer(session, company, "C2", "Faillite SA", insolvent_on=TODAY)
    add_debit(session, broke, 7_000, TODAY + timedelta(days=5))
    old = add_debit(session, dupont, 3_000, TODAY - timedelta(days=50))
    session.add(Dispute(company_id=company.id, customer_id=dupont.id, item_id=old.id, reason="price", opened_at=NOW))
    text = client.get("/forecast").get_data(as_text=True)
    assert "Hors prévision<small>litige, insolvable</small>" in text
    assert totals(text) == ["1600", "1000", "–", "–", "500", "–", "–", "–", "–", "–", "100"]
    row = re.search(rf'<tr id="c{broke.id}".*?</tr>', text, re.DOTALL).group()
    assert "money come still" in row  # nobody can say when: it does not move


# ------------------------------------------------------------------ moving


def test_a_move_answers_with_row_totals_head_and_curve(client, session, dupont):
    before = client.get("/forecast").get_data(as_text=True)
    answer = move(client, dupont, to="2026-W23", cents="100000")
    assert answer.status_code == 200
    text = answer.get_data(as_text=True)
    assert chips(text) == {("2026-W22", "come"): "500", ("2026-W23", "late"): "1000"}
    assert totals(text) == ["1500", "–", "–", "–", "500", "1000", "–", "–", "–", "–"]
    assert "1\u202f500\u00a0€ attendus d’ici au 28 juin" in text and "500\u00a0€ attendus d’ici" in before
    moved = item(session, "F1")
    assert moved.expected_on == date(2026, 6, 5) and moved.due_on == date(2026, 4, 30)  # the Friday; the due date never changes
    assert toast(answer)["text"] == "Dupont & Fils SA : 1\u202f000\u00a0€ attendus le 5 juin."
    entry = session.query(AuditEntry).filter_by(verb="plan").one()
    assert entry.changes == {"expected_on": {str(moved.id): [None, "2026-06-05"]}} and entry.noun_id == dupont.id
    # The fragment is what the page would show.
    page = client.get("/forecast").get_data(as_text=True)
    for piece in ("<tr id=", '<tr id="totals"', '<p class="sub" id="expected"', '<section class="block panel" id="curve"'):
        start = text.index(piece)
        part = text[start : text.index("</" + piece[1:].split()[0] + ">", start)]
        assert part in page, piece


def test_undo_puts_back_what_was_there(client, session, dupont):
    move(client, dupont, to="2026-W23")
    answer = move(client, dupont, place="2026-W23", to="2026-W25")
    assert item(session, "F1").expected_on == date(2026, 6, 19)
    back = client.post(toast(answer)["undo"], headers=HTMX)
    assert chips(back.get_data(as_text=True))["2026-W23", "late"] == "1000"
    assert item(session, "F1").expected_on == date(2026, 6, 5)
    again = client.post(toast(answer)["undo"], headers=HTMX)
    assert toast(again)["kind"] == "bad" and item(session, "F1").expected_on == date(2026, 6, 5)


def test_undo_leaves_alone_what_somebody_changed_since_and_what_others_did(client, sign_in, session, company, dupont):
    answer = move(client, dupont, to="2026-W23")
    undo = toast(answer)["undo"]
    other = sign_in(Role.DIRECTOR, company)
    assert toast(other.post(undo, headers=HTMX))["kind"] == "bad"
    move(other, dupont, place="2026-W23", to="2026-W24")
    assert toast(client.post(undo, headers=HTMX))["kind"] == "bad"
    assert item(session, "F1").expected_on == date(2026, 6, 12)


def test_back_to_the_column_without_a_date(client, session, dupont):
    move(client, dupont, to="2026-W23")
    text = move(client, dupont, place="2026-W23", to="to_plan").get_data(as_text=True)
    assert chips(text)["to_plan", "late"] == "1000"
    assert item(session, "F1").expected_on is None and item(session, "F1").expected_by_id is None


def test_later_is_the_week_after_the_last_one_shown(client, session, dupont):
    text = move(client, dupont, to="later", query="?weeks=8").get_data(as_text=True)
    assert chips(text)["later", "late"] == "1000"
    assert item(session, "F1").expected_on == date(2026, 7, 17)


def test_the_totals_are_those_of_the_filter_on_the_page(client, session, company, dupont):
    add_debit(session, add_customer(session, company, "C2", "Martin"), 7_000, TODAY)
    text = move(client, dupont, to="2026-W23", query="?text=dupont").get_data(as_text=True)
    assert totals(text)[0] == "1500" and "Total, 1 client" in text
    assert totals(move(client, dupont, place="2026-W23", to="2026-W24").get_data(as_text=True))[0] == "1570"


@pytest.mark.parametrize(
    "data, sentence",
    [
        ({"to": "2026-W20"}, "Cette date est passée. Choisissez le 19 mai ou après."),
        ({"to": "nonsense"}, "« nonsense » n’est pas une date."),
    ],
)
def test_a_drop_that_cannot_be_says_why_and_shows_the_row_as_it_is(client, session, dupont, data, sentence):
    answer = move(client, dupont, **data)
    assert answer.status_code == 422 and toast(answer) == {"kind": "bad", "text": sentence}
    assert chips(answer.get_data(as_text=True))["to_plan", "late"] == "1000"
    assert item(session, "F1").expected_on is None


@pytest.mark.parametrize(
    "data, sentence",
    [
        ({"on": "2026-05-18"}, "Cette date est passée. Choisissez le 19 mai ou après."),
        ({"on": "2036-05-18"}, "Cette date est trop lointaine. Choisissez le"),
        ({"on": ""}, "Choisissez une date, pour l’ensemble ou pour une écriture."),
    ],
)
def test_a_wrong_date_is_422_with_the_dialog(client, session, dupont, data, sentence):
    answer = move(client, dupont, **data)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and sentence in text and 'id="dialog-title"' in text
    assert answer.headers["HX-Retarget"] == "#dialog"
    assert session.query(AuditEntry).filter_by(verb="plan").count() == 0


def test_an_amount_that_changed_meanwhile_is_not_moved(client, session, dupont):
    for data in ({"cents": "99999", "to": "2026-W23"}, {"place": "2026-W24", "to": "2026-W23"}):
        answer = move(client, dupont, **data)
        assert answer.status_code == 422 and "changé entre-temps" in toast(answer)["text"]
        assert chips(answer.get_data(as_text=True))["to_plan", "late"] == "1000"
    assert item(session, "F1").expected_on is None


def test_single_items_of_a_chip_have_days_of_their_own(client, session, dupont):
    add_debit(session, dupont, 30_000, date(2026, 4, 2), piece="F0")
    dialog = client.get(f"/forecast/customers/{dupont.id}/chip?place=to_plan&tone=late&cents=130000", headers=HTMX)
    first, second = item(session, "F0"), item(session, "F1")
    text = dialog.get_data(as_text=True)
    assert dialog.status_code == 200 and f'name="on-{first.id}"' in text and f'name="on-{second.id}"' in text
    answer = move(client, dupont, **{f"on-{first.id}": "2026-05-21"})
    assert chips(answer.get_data(as_text=True))["2026-W21", "late"] == "300"
    assert item(session, "F1").expected_on is None
    answer = move(client, dupont, on="2026-06-01", **{f"on-{second.id}": "2026-06-30"})
    assert item(session, "F1").expected_on == date(2026, 6, 30)
    bad = move(client, dupont, place="later", **{f"on-{second.id}": "demain"})
    assert bad.status_code == 422 and "« demain » n’est pas une date." in bad.get_data(as_text=True)


# ------------------------------------------------------------------ promises


def promise(client: FlaskClient, customer: Customer, **data: Any):
    values = {"place": "to_plan", "tone": "late", "promised_on": "2026-05-29", "amount": "400,00", **data}
    return client.post(f"/forecast/customers/{customer.id}/promise", data=values, headers=HTMX)


def test_a_promise_is_recorded_moved_and_taken_back(client, session, dupont):
    answer = promise(client, dupont)
    assert chips(answer.get_data(as_text=True)) == {
        ("to_plan", "late"): "600", ("2026-W22", "late"): "400", ("2026-W22", "come"): "500",
    }  # fmt: skip
    assert toast(answer)["text"] == "Promesse enregistrée pour le 29 mai."
    # Dropped on another week, the promise is asked about first.
    asked = move(client, dupont, place="2026-W22", to="2026-W24")
    assert asked.status_code == 422 and asked.headers["HX-Retarget"] == "#dialog"
    assert "400,00\u00a0€ sont promis pour le 29 mai" in asked.get_data(as_text=True)
    assert 'value="2026-06-12"' in asked.get_data(as_text=True)
    # Without changing the promise nothing moves, and it says so.
    kept = move(client, dupont, place="2026-W22", on="2026-06-12")
    assert kept.status_code == 422 and "l’emporte sur la date prévue" in kept.get_data(as_text=True)
    moved = move(client, dupont, place="2026-W22", on="2026-06-12", promise="y")
    assert chips(moved.get_data(as_text=True))["2026-W24", "late"] == "400"
    back = client.post(toast(moved)["undo"], headers=HTMX)
    assert chips(back.get_data(as_text=True))["2026-W22", "late"] == "400"
    session.expire_all()
    assert [(p.state, p.promised_on.day) for p in session.query(Promise).order_by(Promise.id)] == [
        ("expected", 29),
        ("cancelled", 12),
    ]


def test_a_new_promise_replaces_the_one_before(client, session, dupont):
    promise(client, dupont)
    promise(client, dupont, amount="600,00", promised_on="2026-06-03")
    session.expire_all()
    live = session.query(Promise).filter_by(state="expected").all()
    assert [(p.cents, p.promised_on) for p in live] == [(60_000, date(2026, 6, 3))]


def test_a_promise_for_several_items_pays_the_oldest_first(client, session, dupont):
    add_debit(session, dupont, 30_000, date(2026, 4, 2), piece="F0")
    promise(client, dupont, amount="500,00")
    found = {p.item_id: p.cents for p in session.query(Promise)}
    assert found == {item(session, "F0").id: 30_000, item(session, "F1").id: 20_000}


@pytest.mark.parametrize(
    "data, sentence",
    [
        ({"promised_on": "2026-05-18"}, "Cette date est passée"),
        ({"promised_on": ""}, "Choisissez une date."),
        ({"amount": ""}, "Indiquez un montant supérieur à zéro."),
        ({"amount": "-5"}, "Indiquez un montant supérieur à zéro."),
        ({"amount": "abc"}, "« abc » n’est pas un montant."),
        ({"amount": "1000,01"}, "C’est plus que la somme due ici : 1\u202f000,00\u00a0€."),
    ],
)
def test_a_promise_that_cannot_be(client, session, dupont, data, sentence):
    answer = promise(client, dupont, **data)
    assert answer.status_code == 422 and sentence in answer.get_data(as_text=True)
    assert session.query(Promise).count() == 0


# ------------------------------------------------------------------ who may


def test_support_looks_and_does_not_move(sign_in, session, company, dupont):
    reader = sign_in(Role.SUPPORT, company)
    text = reader.get("/forecast").get_data(as_text=True)
    assert "money late still" in text and "Glissez un montant" not in text
    dialog = reader.get(f"/forecast/customers/{dupont.id}/chip?place=to_plan&tone=late", headers=HTMX).get_data(as_text=True)
    assert "F1" in dialog and "Enregistrer" not in dialog and 'name="on"' not in dialog
    assert move(reader, dupont, to="2026-W23").status_code == 403
    assert promise(reader, dupont).status_code == 403
    assert item(session, "F1").expected_on is None


def test_a_sales_rep_sees_and_moves_own_customers_only(sign_in, session, company, dupont):
    bob = make_user(session, Role.SALES_REP, [company])
    rep = SalesRep(company_id=company.id, code="BOB", name="Bob", user_id=bob.id)
    session.add(rep)
    session.flush()
    mine = add_customer(session, company, "C2", "Martin SARL", sales_rep_id=rep.id)
    add_debit(session, mine, 7_000, TODAY, piece="M1")
    client = sign_in(Role.SALES_REP, company)
    text = client.get("/forecast").get_data(as_text=True)
    assert "Martin SARL" in text and "Dupont" not in text and totals(text)[0] == "70"
    assert move(client, dupont, to="2026-W23").status_code == 404
    assert move(client, mine, place="2026-W21", tone="come", to="2026-W23").status_code == 200
    assert "Dupont" not in client.get("/forecast/export.csv").get_data(as_text=True)


def test_another_companys_customer_does_not_exist(client, session, dupont):
    elsewhere = make_company(session, "AILLEURS")
    stranger = add_customer(session, elsewhere, "X")
    add_debit(session, stranger, 7_000, TODAY - timedelta(days=9), piece="X1")
    assert move(client, stranger, to="2026-W23").status_code == 404
    assert client.get(f"/forecast/customers/{stranger.id}/chip?place=to_plan&tone=late").status_code == 404
    assert item(session, "X1").expected_on is None


def test_without_a_script_a_move_comes_back_to_the_page(client, session, dupont):
    answer = client.post(
        f"/forecast/customers/{dupont.id}/move?weeks=8", data={"place": "to_plan", "tone": "late", "on": "2026-06-04"}
    )
    assert answer.status_code == 303 and answer.location == "/forecast?weeks=8"
    assert "attendus le 4 juin" in client.get(answer.location).get_data(as_text=True)
    assert item(session, "F1").expected_on == date(2026, 6, 4)


# ------------------------------------------------------------------ files, speed


def test_the_files_hold_every_customer_with_cents(client, session, company, dupont):
    for number in range(55):
        add_debit(session, add_customer(session, company, f"D{number:02}", "=1+1"), 1_050, TODAY)
    answer = client.get("/forecast/export.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:4] == ("Code", "Client", "Somme due", "À prévoir (sans date)")
    assert rows[1][:4] == ("C1", "Dupont & Fils SA", 1500, 1000) and len(rows) == 58
    assert rows[-1][1:3] == ("Total", 1500 + 55 * 10.5)
    assert rows[2][1] == "=1+1" and sheet.cell(3, 2).data_type == "s"
    lines = client.get("/forecast/export.csv?text=dupont").get_data(as_text=True).splitlines()
    assert len(lines) == 2 and lines[1].startswith("C1;Dupont & Fils SA;1500,00;1000,00;")


def test_a_page_takes_at_most_twelve_queries(app, client, session, company, dupont):
    for number in range(60):
        customer = add_customer(session, company, f"D{number:02}")
        entry = add_debit(
            session, customer, 5_000, TODAY + timedelta(days=number - 30), currency="EUR" if number % 9 else "USD"
        )
        common = {"company_id": company.id, "customer_id": customer.id}
        session.add(Promise(**common, item_id=entry.id, promised_on=TODAY, cents=100, currency="EUR", made_at=NOW))
        session.add(Dispute(**common, item_id=entry.id, reason="price", opened_at=NOW))
    seen: list[str] = []
    with app.app_context():
        engine = db.engine

    def trace(driver, _record, _proxy):
        driver.set_trace_callback(lambda statement: seen.append(statement) if statement.strip().startswith("SELECT") else None)

    client.get("/forecast")
    sa.event.listen(engine, "checkout", trace)
    try:
        for address in ("/forecast", "/forecast?text=d&sort=name&page=2"):
            seen.clear()
            assert client.get(address).status_code == 200
            assert 0 < len(seen) <= (12 if address == "/forecast" else 16), seen
    finally:
        sa.event.remove(engine, "checkout", trace)
        engine.dispose()
