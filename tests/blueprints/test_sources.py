"""The pages of synchronisation: setting sources up, trying them, running them; large imports that the worker takes in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import config
from models import AuditEntry, Company, Item, Job, Source, Sync
from models.users import Role
from services import incoming
from services.scenarios import install_defaults
from tests.blueprints.test_syncs import GOOD, take_in
from tests.conftest import NOW
from tests.integrations.sftp_server import PASSWORD, RealServer


@pytest.fixture
def admin(sign_in: Callable[..., FlaskClient], company: Company) -> FlaskClient:
    return sign_in(Role.ADMINISTRATOR, company)


def make(client: FlaskClient, kind: str = "folder", **fields: str):
    told = {"kind": kind, "name": "Export du soir", "schedule": "manual", "at": "06:00", "active": "y", **fields}
    return client.post("/sources", data=told)


def bare(html: str) -> str:
    """Without the tokens of forms, which change with the second."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", html)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RealServer]:
    (tmp_path / "out").mkdir()
    with RealServer(tmp_path) as running:
        yield running


def test_the_first_page_says_what_can_come_in(admin):
    text = admin.get("/sources").get_data(as_text=True)
    assert "Rien n’arrive encore" in text and "/sources/new?kind=sftp" in text
    for kind in ("folder", "sftp", "odoo", "dolibarr", "erpnext"):
        assert admin.get(f"/sources/new?kind={kind}").status_code == 200
    assert admin.get("/sources/new?kind=fax").status_code == 404


def test_only_administrators_enter(client):
    assert client.get("/sources").status_code == 403


def test_a_watched_folder_is_made_changed_and_removed(admin, session, company, data):
    answer = make(admin, schedule="watch")
    assert answer.status_code == 303
    source = session.query(Source).one()
    assert (source.kind, source.schedule, source.settings) == ("folder", "watch", {"path": ""})
    page = admin.get(answer.location).get_data(as_text=True)
    assert str(data / "inbox/FLANDRES") in page and "Chaque minute" in page
    assert "Export du soir" in admin.get("/sources").get_data(as_text=True)
    told = {"name": "Autre nom", "schedule": "daily", "at": "07:30", "path": "", "active": "y"}
    assert admin.post(answer.location, data=told).status_code == 303
    session.expire_all()
    assert (source.name, source.schedule, source.at) == ("Autre nom", "daily", "07:30")
    assert "à 07:30" in admin.get(answer.location).get_data(as_text=True)
    assert admin.post(answer.location + "/remove").status_code == 303
    assert session.query(Source).count() == 0
    assert [one.verb for one in session.query(AuditEntry).filter_by(noun="source")] == ["create", "update", "delete"]


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("folder", {"name": ""}, "nom"),
        ("folder", {"path": "/etc"}, "n’est pas autorisé"),
        ("folder", {"path": "relatif"}, "n’est pas autorisé"),
        ("folder", {"schedule": "daily", "at": "25:00"}, "n’est pas une heure"),
        ("sftp", {"user": "u", "secret": "x"}, "à remplir"),
        ("sftp", {"host": "h", "user": "u"}, "Saisissez le mot de passe"),
        ("odoo", {"url": "ftp://x", "database": "d", "secret": "x"}, "n’est pas une adresse"),
        ("sftp", {"host": "h", "user": "u", "secret": "x", "schedule": "watch"}, ""),
    ],
)
def test_what_cannot_be_is_said_where_it_stands(admin, session, kind, fields, said):
    answer = make(admin, kind, **fields)
    assert answer.status_code == 422 and said in answer.get_data(as_text=True)
    assert session.query(Source).count() == 0


def test_two_sources_never_share_a_folder(admin, session):
    make(admin)
    answer = make(admin, name="La même")
    assert answer.status_code == 422 and "déjà surveillé" in answer.get_data(as_text=True)


def test_secrets_are_sealed_and_never_shown(admin, session, data):
    make(admin, "sftp", host="sftp.example.com", user="encours", secret=PASSWORD)
    source = session.query(Source).one()
    assert PASSWORD not in source.secret_sealed and source.secret_sealed
    for page in (f"/sources/{source.id}", f"/sources/{source.id}/edit", "/sources"):
        assert PASSWORD not in admin.get(page).get_data(as_text=True)
    assert PASSWORD not in str([one.changes for one in session.query(AuditEntry)])
    sealed, told = source.secret_sealed, {"name": "x", "schedule": "manual", "at": "06:00", "user": "encours"}
    assert admin.post(f"/sources/{source.id}", data={**told, "host": "sftp.example.com"}).status_code == 303
    session.expire_all()
    assert source.secret_sealed == sealed
    assert admin.post(f"/sources/{source.id}", data={**told, "host": "elsewhere.example.com"}).status_code == 422


def test_trying_shows_and_pins_the_key_of_a_server(admin, session, server):
    make(admin, "sftp", host="127.0.0.1", port=str(server.port), user="encours", secret=PASSWORD, folder="out")
    source = session.query(Source).one()
    assert "pas encore vérifiée" in admin.get(f"/sources/{source.id}").get_data(as_text=True)
    text = admin.post(f"/sources/{source.id}/check").get_data(as_text=True)
    assert server.fingerprint in text and "La connexion fonctionne" in text
    with RealServer(server.root) as other:
        session.expire_all()
        source.settings = {**source.settings, "port": other.port}
        session.commit()
        text = admin.post(f"/sources/{source.id}/check").get_data(as_text=True)
        assert "une autre clé" in text and other.tried == []
        assert admin.post(f"/sources/{source.id}/key/forget").status_code == 303
        text = admin.post(f"/sources/{source.id}/check", headers={"HX-Request": "true"}).get_data(as_text=True)
        assert other.fingerprint in text and "<html" not in text


def test_trying_says_what_is_wrong(admin, session, server):
    make(admin, "sftp", host="127.0.0.1", port=str(server.port), user="encours", secret="faux", folder="out")
    number = session.query(Source).one().id
    assert "refuse la connexion" in admin.post(f"/sources/{number}/check").get_data(as_text=True)
    make(admin, "odoo", name="Odoo", url="http://127.0.0.1:1", database="d", user="u", secret="x")
    number = session.query(Source).filter_by(kind="odoo").one().id
    assert "127.0.0.1" in admin.post(f"/sources/{number}/check").get_data(as_text=True)
    make(admin)
    number = session.query(Source).filter_by(kind="folder").one().id
    assert "La connexion fonctionne" in admin.post(f"/sources/{number}/check").get_data(as_text=True)


def test_an_ordered_run_is_followed_and_ordered_once(admin, session):
    location = make(admin).location
    for _ in range(2):
        assert admin.post(location + "/run").status_code == 303
    assert session.query(Job).filter_by(kind="source").count() == 1
    text = admin.get(location).get_data(as_text=True)
    assert "En cours" in text and "every 2s" in text
    part = admin.get(location, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in part and bare(part).strip() in bare(text)


def test_a_source_that_keeps_failing_is_a_point_of_vigilance(admin, client, session, company):
    company.last_sync_at = config.now()
    make(admin, schedule="watch")
    source = session.query(Source).one()
    source.failures, source.last_error = 3, {"code": "folder_unusable", "params": {"path": "/x", "answer": "gone"}}
    session.commit()
    assert "a échoué plusieurs fois" in admin.get("/").get_data(as_text=True)
    assert "a échoué plusieurs fois" in client.get("/").get_data(as_text=True)
    assert "inutilisable" in admin.get("/sources").get_data(as_text=True)
    source.failures = 2
    session.commit()
    assert "a échoué plusieurs fois" not in admin.get("/").get_data(as_text=True)


def test_a_stale_ledger_is_said_on_every_page_and_where_one_acts(client, session, company):
    install_defaults(session, company, NOW)
    take_in(client, GOOD)
    session.expire_all()
    company.last_sync_at = config.now() - timedelta(hours=company.stale_after_hours + 1)
    session.commit()
    assert 'class="sync desk stale"' in client.get("/customers").get_data(as_text=True)
    assert "Rien ne part" in client.get("/actions").get_data(as_text=True)


def test_a_large_import_is_left_to_the_worker_and_its_page_follows(client, session, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(incoming, "LARGE_BYTES", 100)
    done = take_in(client, GOOD)
    assert done.status_code == 303 and done.location.endswith("/running")
    again = client.post(done.location.replace("/running", "/run"))  # clicked twice
    assert again.status_code == 303
    assert session.query(Job).filter_by(kind="sync").count() == 1 and session.query(Item).count() == 0
    page = client.get(done.location)
    assert "Import en cours" in page.get_data(as_text=True) and "every 2s" in page.get_data(as_text=True)
    part = client.get(done.location, headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in part and part.strip() in page.get_data(as_text=True)
    sync = session.query(Sync).one()
    sync.error = {"code": "disk_full", "params": {}}
    session.commit()
    assert "disque est plein" in client.get(done.location).get_data(as_text=True)
    sync.state, sync.error = "done", None
    session.commit()
    told = client.get(done.location, headers={"HX-Request": "true"})
    assert told.headers["HX-Redirect"].endswith(f"/syncs/{sync.id}")


def test_large_is_by_bytes_lines_and_what_a_workbook_unpacks_to(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"x\n" * incoming.LARGE_LINES)
    assert not incoming.is_large(path)
    path.write_bytes(b"x\n" * (incoming.LARGE_LINES + 1))
    assert incoming.is_large(path)
    path.write_bytes(b"x" * (incoming.LARGE_BYTES + 1))
    assert incoming.is_large(path)
