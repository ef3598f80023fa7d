"""The pace of sending: a pause said on every page, limits of domains, who is told the evening before."""

from __future__ import annotations

from models import AuditEntry, Pause
from models.users import Role

PACE = {"domain_per_hour": "200", "limits": "orange.fr 50\nfree.fr = 20", "digest_at": "18:30"}


def test_a_pause_is_said_on_every_page_with_who_and_why_until_it_ends(client, session, company):
    assert client.post("/settings/sending/pause", data={"reason": ""}).status_code == 422
    assert client.post("/settings/sending/pause", data={"reason": "Inventaire <b>annuel</b>"}).status_code == 303
    for page in ("/", "/customers", "/settings/sending"):
        text = client.get(page).get_data(as_text=True)
        assert "Inventaire &lt;b&gt;annuel&lt;/b&gt;" in text and "Accountant" in text
    assert client.post("/settings/sending/pause", data={"reason": "encore"}).status_code == 422
    assert client.post("/settings/sending/resume").status_code == 303
    assert "Inventaire" not in client.get("/customers").get_data(as_text=True)
    pause = session.query(Pause).one()
    assert pause.ended_at is not None and pause.by_id == pause.ended_by_id
    assert [e.verb for e in session.query(AuditEntry).filter_by(noun="pause")] == ["start", "end"]


def test_limits_and_readers_are_saved_and_a_wrong_line_is_said(client, session, company):
    assert client.get("/settings/sending").status_code == 200
    assert client.post("/settings/sending", data=PACE).status_code == 303
    session.refresh(company)
    assert company.domain_limits == {"orange.fr": 50, "free.fr": 20}
    assert (company.domain_per_hour, company.digest_at, company.digest_user_ids) == (200, "18:30", [])
    answer = client.post("/settings/sending", data={**PACE, "limits": "orange.fr beaucoup"})
    assert answer.status_code == 422 and "orange.fr beaucoup" in answer.get_data(as_text=True)
    assert client.post("/settings/sending", data={**PACE, "digest_user_ids": ["4711"]}).status_code == 422


def test_a_collector_may_pause_but_not_change_the_pace(sign_in, company):
    collector = sign_in(Role.COLLECTOR, company)
    assert collector.post("/settings/sending", data=PACE).status_code == 403
    assert collector.post("/settings/sending/pause", data={"reason": "Panne"}).status_code == 303
    assert "Panne" in collector.get("/settings/sending").get_data(as_text=True)
