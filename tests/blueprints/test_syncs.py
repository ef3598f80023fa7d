"""Importing through the pages: a FEC, a spreadsheet with questions, a damaged file, the way back."""

from __future__ import annotations

import io

import pytest

from models import ColumnMapping, Customer, Item, Sync

HEAD = (
    "JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\tPieceRef\tPieceDate\tEcritureLib\t"
    "Debit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\tIdevise"
)


def fec(*rows: tuple[str, ...]) -> bytes:
    """A FEC of sales and payments: (entry, day, piece, debit, credit, letter) on customer VASSEUR, balanced by 707 or 512."""
    lines = [HEAD]
    for number, day, piece, debit, credit, letter in rows:
        journal, other = ("VE", "707000") if debit != "0,00" else ("BQ", "512000")
        common = f"{journal}\t{journal}\t{number}\t{day}"
        lines.append(
            f"{common}\t411000\tClients\tVASSEUR\tMenuiserie Vasseur\t{piece}\t{day}\t{piece}\t{debit}\t{credit}\t{letter}\t\t{day}\t\t"
        )
        lines.append(f"{common}\t{other}\tAutre\t\t\t{piece}\t{day}\t{piece}\t{credit}\t{debit}\t\t\t{day}\t\t")
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


GOOD = fec(
    ("1", "20260105", "FA-1", "1200,00", "0,00", "A"),
    ("2", "20260120", "FA-2", "300,50", "0,00", ""),
    ("3", "20260210", "VIR-1", "0,00", "1200,00", "A"),
)


def upload(client, data: bytes, name: str = "ledger.txt"):
    return client.post("/syncs", data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def take_in(client, data: bytes, name: str = "ledger.txt"):
    answer = upload(client, data, name)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    address = answer.location.rsplit("/", 1)[0]
    return client.post(f"{address}/run")


def test_a_fec_goes_straight_to_the_check_and_nothing_is_written_before(client, session, company):
    answer = upload(client, GOOD)
    assert answer.status_code == 303 and answer.location.endswith("/check")
    text = client.get(answer.location).get_data(as_text=True)
    assert "300,50" in text and "Rien n’est encore enregistré" in text
    assert session.query(Item).count() == 0 and session.query(Customer).count() == 0


def test_taken_in_it_shows_what_changed_and_the_invariant(client, session, company):
    done = take_in(client, GOOD)
    assert done.status_code == 303
    text = client.get(done.location).get_data(as_text=True)
    assert "Menuiserie Vasseur" in text and "300,50" in text
    assert sum(item.open_cents for item in session.query(Item)) == 30_050
    assert client.get(done.location + "/invariant").status_code == 200
    assert "FA-1" in client.get(done.location + "?show=settled").get_data(as_text=True)


def test_the_same_file_again_changes_nothing(client, session, company):
    take_in(client, GOOD)
    before = [(i.id, i.key, i.open_cents) for i in session.query(Item).order_by(Item.id)]
    done = take_in(client, GOOD)
    session.expire_all()
    assert [(i.id, i.key, i.open_cents) for i in session.query(Item).order_by(Item.id)] == before
    assert "Rien n’a changé" in client.get(done.location).get_data(as_text=True)


def test_the_last_import_is_taken_back(client, session, company):
    take_in(client, GOOD)
    done = take_in(client, GOOD + fec(("4", "20260301", "FA-3", "50,00", "0,00", ""))[len(HEAD) + 2 :])
    assert session.query(Item).filter_by(piece="FA-3").count() == 1
    assert client.post(done.location + "/undo").status_code == 303
    session.expire_all()
    assert session.query(Item).filter_by(piece="FA-3", state="counted").count() == 0
    assert sum(item.open_cents for item in session.query(Item)) == 30_050
    assert client.post(done.location + "/undo").status_code == 303  # once only, with a sentence
    assert session.query(Sync).filter_by(state="undone").count() == 1


@pytest.mark.parametrize(
    "damaged", [GOOD[:-20], GOOD.replace(b"300,50", b"3x0,50", 1), GOOD.replace(b"20260120", b"20261320", 1)]
)
def test_a_damaged_file_is_refused_whole_with_the_place(client, session, company, damaged):
    answer = upload(client, damaged)
    if answer.status_code == 303:
        answer = client.get(answer.location)
    assert answer.status_code == 422
    assert "ligne" in answer.get_data(as_text=True).lower()
    assert session.query(Item).count() == 0


def test_something_else_is_refused_with_what_to_do(client, session, company):
    answer = upload(client, b"\x89PNG\r\n\x1a\n" + bytes(200), "photo.png")
    assert answer.status_code == 422
    assert session.query(Sync).filter_by(state="refused").count() == 1


def test_no_file_is_said(client, company):
    assert client.post("/syncs", data={}).status_code == 422


UNKNOWN = b"Qui;Combien;Quand;Papier\nVasseur;1 200,50;31/01/2026;FA-1\nDelombaerde;99,00;15/02/2026;FA-2\n"


def test_a_spreadsheet_of_unknown_words_is_asked_about_once(client, session, company):
    answer = upload(client, UNKNOWN, "liste.csv")
    assert answer.location.endswith("/columns")
    page = client.get(answer.location).get_data(as_text=True)
    assert "Qui" in page and "1 200,50" in page
    choice = {
        "kind": "open_items",
        "decimal": ",",
        "date_order": "dmy",
        "currency": "",
        "c0": "name",
        "c1": "open_amount",
        "c2": "due_on",
        "c3": "piece",
    }
    part = client.post(answer.location, data=choice, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in part and "1\u202f299,50" in part
    assert client.post(answer.location.replace("columns", "check"), data=choice).status_code == 303
    assert client.get(answer.location.replace("columns", "check")).status_code == 200
    done = client.post(answer.location.replace("columns", "run"))
    assert done.status_code == 303
    assert sum(item.open_cents for item in session.query(Item)) == 129_950
    assert session.query(ColumnMapping).count() == 1
    assert upload(client, UNKNOWN.replace(b"99,00", b"98,00"), "liste.csv").location.endswith("/check")


def test_the_fragment_is_a_part_of_the_page(client, company):
    answer = upload(client, UNKNOWN, "liste.csv")
    choice = {"kind": "open_items", "decimal": ",", "date_order": "dmy", "c0": "name", "c1": "open_amount"}
    part = client.post(answer.location, data=choice, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert part.strip() in client.get(answer.location).get_data(as_text=True)
