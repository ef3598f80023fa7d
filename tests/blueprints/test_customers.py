"""The customer list, its files, the card and its editing."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import openpyxl
import pytest

from models import (
    Action,
    ActionItem,
    AuditEntry,
    Customer,
    Dispute,
    Item,
    Message,
    Note,
    Profile,
    Promise,
    SalesRep,
    Scenario,
    Step,
)
from models.users import Role
from services import worklist
from tests.conftest import NOW, TODAY
from tests.owing import make_customer, owe, paid, reach, statements
from tests.rows import make_world

HTMX = {"HX-Request": "true"}


@pytest.fixture
def portfolio(session, company):
    """Three customers: one late and large, one to come, one in credit."""
    company.last_sync_at = NOW
    sme = Profile(company_id=company.id, code="sme", name="PME")
    rep = SalesRep(company_id=company.id, code="JT", name="Julien Thiébaut")
    session.add_all([sme, rep])
    session.flush()
    late = make_customer(
        session, company, "Menuiserie Vasseur & Fils", profile_id=sme.id, sales_rep_id=rep.id, method="transfer"
    )
    owe(session, late, 641_280, late=108, piece="FA-26-0088")
    owe(session, late, 460_333, late=25, piece="FA-26-0397")
    coming = make_customer(session, company, "Épicerie Aubry", credit_limit_cents=100_000, method="cheque")
    owe(session, coming, 214_000, late=-27)
    credit = make_customer(session, company, "Bois du Hainaut")
    owe(session, credit, -18_815)
    session.commit()
    return late, coming, credit


def names(text: str) -> list[str]:
    order = [
        (text.find(name.replace("&", "&amp;")), name)
        for name in ("Menuiserie Vasseur & Fils", "Épicerie Aubry", "Bois du Hainaut")
    ]
    return [name for place, name in sorted(order) if place >= 0]


@pytest.mark.parametrize(
    "query, expected",
    [
        ("", ["Menuiserie Vasseur & Fils", "Bois du Hainaut", "Épicerie Aubry"]),
        ("sort=name", ["Bois du Hainaut", "Épicerie Aubry", "Menuiserie Vasseur & Fils"]),
        ("sort=-coming", ["Épicerie Aubry", "Bois du Hainaut", "Menuiserie Vasseur & Fils"]),
        ("sort=balance", ["Bois du Hainaut", "Épicerie Aubry", "Menuiserie Vasseur & Fils"]),
        ("text=epicerie", ["Épicerie Aubry"]),
        ("text=C00001", ["Menuiserie Vasseur & Fils"]),
        ("state=late", ["Menuiserie Vasseur & Fils"]),
        ("state=credit", ["Bois du Hainaut"]),
        ("state=limit", ["Épicerie Aubry"]),
        ("bucket=4", ["Menuiserie Vasseur & Fils"]),
        ("bucket=2", []),
        ("method=cheque", ["Épicerie Aubry"]),
        ("sort=nonsense&state=x&bucket=9&profile=abc", ["Menuiserie Vasseur & Fils", "Bois du Hainaut", "Épicerie Aubry"]),
    ],
)
def test_filters_and_orders(client, portfolio, query, expected):
    text = client.get(f"/customers?{query}", headers={**HTMX, "HX-Target": "list"}).get_data(as_text=True)
    if "sort=-coming" in query:
        assert names(text)[0] == expected[0]
    else:
        assert names(text) == expected


def test_the_totals_are_those_of_the_filter(client, portfolio):
    whole = client.get("/customers").get_data(as_text=True).replace("\u202f", " ")
    assert "11 016,13" in whole and "2 140,00" in whole and "12 967,98" in whole
    late = client.get("/customers?state=late").get_data(as_text=True).replace("\u202f", " ")
    assert "2 140,00" not in late


def squeezed(text: str) -> str:
    """Without spaces, and without the token, which is new in every answer."""
    return re.sub(r'name="csrf_token"value="[^"]*"', "", "".join(text.split()))


def test_the_fragment_is_part_of_the_page(client, portfolio):
    for path in ("/customers", "/items", "/ageing", "/promises", "/disputes", "/addresses"):
        part = client.get(path, headers={**HTMX, "HX-Target": "list"}).get_data(as_text=True)
        assert "<html" not in part
        assert squeezed(part) in squeezed(client.get(path).get_data(as_text=True)), path


def test_files_hold_exactly_the_filtered_list(client, portfolio):
    answer = client.get("/customers/export.csv?state=late&sort=name")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff")), delimiter=";"))
    assert [row[1] for row in rows] == ["Client", "Menuiserie Vasseur & Fils"]
    assert rows[1][-1] == "11016,13" and rows[1][-3] == "6412,80"
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/customers/export.xlsx").data)).active
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [row[1] for row in cells[1:4]] == ["Menuiserie Vasseur & Fils", "Bois du Hainaut", "Épicerie Aubry"]
    assert cells[4][0] == "Total" and cells[4][-1] == 12967.98


def test_pages_of_fifty(session, company, client):
    company.last_sync_at = NOW
    for n in range(60):
        owe(session, make_customer(session, company, f"Client {n:03}"), 10_000 + n, late=5)
    make_customer(session, company, "Sans rien")
    first, second = (client.get(f"/customers?page={n}").get_data(as_text=True) for n in (1, 2))
    assert "Client 059" in first and "Client 009" not in first
    assert "Client 009" in second and "Sans rien" in second and "51 à 61 sur 61" in second


def test_sales_reps_see_their_own_customers_everywhere(session, sign_in):
    world = make_world(session)
    world.company.last_sync_at = NOW
    client = sign_in(Role.SALES_REP, world.company)
    world.give_portfolio(session, Role.SALES_REP)
    for path in (
        "/",
        "/customers",
        "/customers?sort=name",
        "/items",
        "/ageing",
        "/promises",
        "/disputes",
        "/addresses",
        "/search?q=Client",
    ):
        text = client.get(path).get_data(as_text=True)
        assert "Client 0" in text and "Client 2" not in text, path
    for path in ("/customers/export.csv", "/items/export.csv", "/ageing/export.csv"):
        text = client.get(path).get_data(as_text=True)
        assert "Client 0" in text and "Client 2" not in text, path
    assert client.get(f"/customers/{world.others['customer_id']}").status_code == 404


# ------------------------------------------------------------------ the card


def test_the_card_says_what_stands_where(session, company, client, portfolio):
    late = portfolio[0]
    first = session.query(Item).filter_by(piece="FA-26-0088").one()
    second = session.query(Item).filter_by(piece="FA-26-0397").one()
    paid(session, late, 512_000, TODAY - timedelta(days=60), TODAY - timedelta(days=40), "FA-25-1190")
    action = Action(
        company_id=company.id, customer_id=late.id, key="a", stage="formal_notice", level=0, channel="letter", state="done", currency="EUR",
        amount_cents=641_280, planned_at=NOW, done_on=TODAY - timedelta(days=15), done_at=NOW - timedelta(days=15), wait_until_on=TODAY,
    )  # fmt: skip
    session.add(action)
    session.flush()
    common = {"company_id": company.id, "customer_id": late.id}
    session.add_all(
        [
            ActionItem(action_id=action.id, item_id=first.id, open_cents=641_280),
            Promise(
                **common, item_id=second.id, promised_on=TODAY + timedelta(days=10), cents=460_333, currency="EUR", made_at=NOW, said_by="Mme Vasseur"
            ),
            Dispute(**common, item_id=first.id, reason="quantity", opened_at=NOW),
            Note(customer_id=late.id, written_at=NOW, body="Toujours appeler le matin.", pinned=True),
            Message(
                **common, channel="email", language="fr", state="sent", message_id="<1@x>", recipient="compta@vasseur.example",
                subject="Factures échues", queued_at=NOW, sent_at=NOW,
            ),
        ]
    )  # fmt: skip
    reach(session, late, email_bad_reason="refused", email_bad_at=NOW)
    text = client.get(f"/customers/{late.id}").get_data(as_text=True).replace("\u202f", " ").replace("\u00a0", " ")
    for words in (
        "Menuiserie Vasseur &amp; Fils", "11 016,13 €", "dont 6 412,80 à plus de 90 j", "108 j", "Mise en demeure", "Promis le 29 mai", "Litige",
        "quantité livrée contestée", "Toujours appeler le matin.", "compta@vasseur.example", "Règlement reçu : 5 120,00 €", "lettré avec FA-25-1190",
        "5 120,00 €", "E-mail refusé le 19 mai", "20 j",
    ):  # fmt: skip
        assert words in text, words
    for tab, words in (("paid", "FA-25-1190"), ("promises", "Mme Vasseur"), ("documents", "Factures échues")):
        part = client.get(f"/customers/{late.id}?tab={tab}", headers={**HTMX, "HX-Target": "tab"}).get_data(as_text=True)
        assert words in part and "<h1" not in part, tab
    notes = client.get(f"/customers/{late.id}?view=money", headers={**HTMX, "HX-Target": "feed"}).get_data(as_text=True)
    assert "lettré avec" in notes and "compta@vasseur.example" not in notes and "Toujours appeler le matin." in notes


@pytest.mark.parametrize(
    "path", ["/customers", "/customers/{}", "/items", "/ageing", "/promises", "/disputes", "/addresses", "/search?q=Men"]
)
def test_no_page_asks_more_than_fourteen_times(app, session, company, sign_in, portfolio, path):
    for number in range(20):
        paid(session, portfolio[0], 10_000 + number, TODAY - timedelta(days=40 + number), TODAY - timedelta(days=20 + number))
    client = sign_in(Role.ACCOUNTANT, company)
    address = path.format(portfolio[0].id)
    client.get(address)
    with statements(app) as asked:
        assert client.get(address).status_code == 200
    assert len(asked) <= 14, "\n".join(text[:150] for text in asked)


def test_the_card_says_what_comes_next_and_when(session, company, client, portfolio):
    late = portfolio[0]
    scenario = Scenario(company_id=company.id, name="Standard", changed_at=NOW)
    session.add(scenario)
    session.flush()
    session.add(
        Step(
            scenario_id=scenario.id, position=0, stage="reminder", level=1, trigger="due", days=8, channel="email", fallback="letter",
            mode="automatic", template_code="reminder_1",
        )
    )  # fmt: skip
    late.scenario_id = scenario.id
    for item in session.query(Item).filter_by(customer_id=late.id):
        item.due_on = item.first_seen_on = TODAY
    reach(session, late)
    late.review_on = TODAY
    session.commit()
    worklist.refresh(session, company, [late.id], TODAY)
    text = client.get(f"/customers/{late.id}").get_data(as_text=True).replace("\u00a0", " ")
    assert "Rien à faire aujourd’hui" in text
    assert f'hx-get="/customers/{late.id}/upcoming?ahead=1"' in text
    told = client.get(f"/customers/{late.id}/upcoming?ahead=1", headers=HTMX).get_data(as_text=True)
    told = told.replace("\u00a0", " ").replace("\u202f", " ")
    assert "Le 27 mai : Relance 1 par e-mail pour 11 016,13 €" in told


def test_editing_is_remembered_and_audited(session, company, client, portfolio):
    late = portfolio[0]
    form = {
        "name": "Vasseur", "profile_id": late.profile_id, "scenario_id": 0, "legal_type": "business", "collector_id": 0, "sales_rep_id": 0,
        "language": "", "method": "transfer", "terms_days": "", "terms_mode": "", "credit_limit_cents": "20 000", "insolvent_on": "",
        "tags": "Important, Important,  À voir", "street": "1 rue des Lilas", "postcode": "59000", "city": "Lille", "country": "fr",
    }  # fmt: skip
    answer = client.post(f"/customers/{late.id}", data=form)
    assert answer.status_code == 303
    found = session.get_one(Customer, late.id, populate_existing=True)
    assert (found.name, found.name_folded, found.credit_limit_cents, found.tags) == (
        "Vasseur",
        "vasseur",
        2_000_000,
        ["Important", "À voir"],
    )
    assert {"name", "credit_limit_cents", "tags", "street", "sales_rep_id"} <= set(found.edited_fields)
    assert "method" not in found.edited_fields
    entry = session.query(AuditEntry).filter_by(noun="customer", verb="update").one()
    assert entry.changes["name"] == ["Menuiserie Vasseur & Fils", "Vasseur"]
    assert "Fiche modifiée" in client.get(f"/customers/{late.id}").get_data(as_text=True)
    wrong = client.post(f"/customers/{late.id}", data={**form, "name": "", "credit_limit_cents": "beaucoup"})
    assert wrong.status_code == 422 and "Saisissez le nom à afficher." in wrong.get_data(as_text=True)


def test_new_terms_move_the_due_dates_that_come_from_terms(session, company, client, portfolio):
    coming = portfolio[1]
    item = session.query(Item).filter_by(customer_id=coming.id).one()
    item.due_source = "company"
    session.commit()
    before = item.due_on
    form = {
        "name": coming.name, "profile_id": 0, "scenario_id": 0, "legal_type": "business", "collector_id": 0, "sales_rep_id": 0, "language": "",
        "method": "cheque", "terms_days": "10", "terms_mode": "net", "credit_limit_cents": "1 000", "tags": "",
    }  # fmt: skip
    assert client.post(f"/customers/{coming.id}", data=form).status_code == 303
    item = session.query(Item).filter_by(customer_id=coming.id).one()
    assert item.due_on == item.document_on + timedelta(days=10) and item.due_on != before
    assert "En retard" in client.get(f"/customers/{coming.id}").get_data(as_text=True)


def test_notes_are_written_pinned_and_deleted_by_their_author(session, company, sign_in, portfolio):
    late = portfolio[0]
    client = sign_in(Role.ACCOUNTANT, company)
    assert client.post(f"/customers/{late.id}/notes", data={"body": "  Appeler le matin "}).status_code == 303
    note = session.query(Note).one()
    assert note.body == "Appeler le matin" and not note.pinned
    client.post(f"/notes/{note.id}/pin")
    session.expire_all()
    assert session.query(Note).one().pinned
    sign_in(Role.DIRECTOR, company).post(f"/notes/{note.id}/delete")
    assert session.query(Note).count() == 1
    client.post(f"/notes/{note.id}/delete")
    assert session.query(Note).count() == 0
    client.post(f"/customers/{late.id}/notes", data={"body": "   "})
    assert session.query(Note).count() == 0
