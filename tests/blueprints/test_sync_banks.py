"""Bank files through the import page: recognised by content, checked, taken in, shown, taken back; lists ask for their columns."""

from __future__ import annotations

import html
import io
import re

import pytest

from models import BankMovement, ColumnMapping, Item, Sync
from models.users import Role
from services.demo_bank import Size, make_story, statement
from tests.conftest import NOW, TODAY
from tests.owing import make_customer, owe
from tests.services.people import furnish

LIST = (
    "Date;Libellé;Contrepartie;Montant;Solde\n"
    "18/05/2026;FACTURE FA260012;MENUISERIE VASSEUR;1234,50;5234,50\n"
    "19/05/2026;FRAIS DE GESTION;;-12,00;5222,50\n"
).encode()
UNSURE = b"Date;Libelle;Contrepartie;Montant\n01/02/2026;FACTURE FA260012;MENUISERIE VASSEUR;1234.50\n03/02/2026;FRAIS;BANQUE;-12.00\n"


@pytest.fixture
def owing(session, company):
    furnish(session, company)
    company.last_sync_at, company.iban = NOW, "FR7630006000011234567890189"
    item = owe(session, make_customer(session, company, "Menuiserie Vasseur"), 123_450, late=12, piece="FA260012")
    session.commit()
    return item.id


def upload(client, data, name):
    return client.post("/syncs", data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def text_of(answer):
    return re.sub(r"[\u202f\u00a0]", " ", html.unescape(answer.get_data(as_text=True)))


def take_in(client, data, name):
    answer = upload(client, data, name)
    if answer.location.endswith("/columns"):
        answer = client.post(answer.location, data=choice_of(client, answer.location))
    checked = client.get(answer.location)
    assert checked.status_code == 200, text_of(checked)
    return client.post(answer.location), text_of(checked)


def choice_of(client, address):
    """The form of the columns as it stands."""
    page = client.get(address).get_data(as_text=True)
    chosen = re.findall(r'name="(c\d+)".*?</select>', page, re.S)
    fields = {}
    for name in chosen:
        part = page.split(f'name="{name}"', 1)[1].split("</select>", 1)[0]
        found = re.search(r'value="([^"]*)" selected', part)
        fields[name] = found.group(1) if found else ""
    return {**fields, "decimal": "," if "1234,50" in page else ".", "date_order": "dmy", "currency": ""}


def test_a_list_of_the_bank_is_checked_taken_in_and_taken_back(client, session, owing):
    done, checked = take_in(client, LIST, "releve.csv")
    assert "4 000,00 €" in checked and "5 222,50 €" in checked  # the balances it begins and ends with
    text = text_of(client.get(done.location))
    assert "Relevés" in text and "5 222,50 €" in text
    session.expire_all()
    assert session.get_one(Item, owing).open_cents == 0
    assert session.query(BankMovement).count() == 2
    assert client.post(done.location.replace("/done", "/undo")).status_code == 303
    session.expire_all()
    assert session.get_one(Item, owing).open_cents == 123_450
    assert session.query(BankMovement).count() == 0
    assert "annulé" in text_of(client.get(done.location))
    assert client.post(done.location.replace("/done", "/undo")).status_code == 303  # once only, with a sentence


def test_the_same_file_again_changes_nothing(client, session, owing):
    take_in(client, LIST, "releve.csv")
    done, checked = take_in(client, LIST, "releve.csv")
    assert "déjà enregistrés" in checked
    assert session.query(BankMovement).count() == 2
    text = text_of(client.get(done.location))
    assert "rien n’a changé" in text


def test_a_camt_is_recognised_whatever_its_name(client, session, owing):
    data = statement(make_story(Size(customers=20, years=1, on=TODAY)), "FR7630006000011234567890189", "Cartonnerie")
    answer = upload(client, data, "photo.jpg")
    assert answer.location.endswith("/bank")
    assert "CAMT.053" in text_of(client.get(answer.location))
    sync = session.query(Sync).filter_by(state="staged").one()
    for address in (f"/syncs/{sync.id}", f"/syncs/{sync.id}/check"):
        followed = client.get(address, follow_redirects=True)
        assert followed.status_code == 200 and "CAMT.053" in text_of(followed)


def test_a_statement_that_does_not_add_up_is_refused_whole(client, session, owing):
    data = statement(make_story(Size(customers=20, years=1, on=TODAY)), "FR7630006000011234567890189", "Cartonnerie")
    broken = data.replace(b">148205.33<", b">148205.34<")
    assert broken != data
    answer = client.get(upload(client, broken, "releve.xml").location)
    assert answer.status_code == 422 and 'role="alert"' in text_of(answer)
    assert session.query(BankMovement).count() == 0


def test_columns_that_are_not_certain_are_asked_for_once(client, session, owing):
    answer = upload(client, UNSURE, "liste.csv")
    assert answer.location.endswith("/bank/columns")
    choice = choice_of(client, answer.location)
    part = client.post(answer.location, data=choice, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in part and part.strip() in client.get(answer.location).get_data(as_text=True)
    without = {name: "" if value == "amount" else value for name, value in choice.items()}
    part = client.post(answer.location, data=without, headers={"HX-Request": "true"})
    assert "Reste à choisir" in text_of(part) or "disabled" in text_of(part)
    client.post(answer.location, data=choice)
    client.post(answer.location.replace("/columns", ""))
    assert session.query(ColumnMapping).count() == 1
    later = upload(client, UNSURE.replace(b"FA260012", b"FA260013"), "liste.csv")
    assert not later.location.endswith("/columns")


def test_other_roles_do_not_import(sign_in, company, owing):
    client = sign_in(Role.COLLECTOR, company)
    assert upload(client, LIST, "releve.csv").status_code == 403
