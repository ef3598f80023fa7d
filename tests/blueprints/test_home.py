"""Home: the worked example of the white paper's screen, every figure linked to the list that adds up to it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models import Action, Dispute, Promise, reports
from models.users import Role
from tests.conftest import NOW, TODAY
from tests.owing import make_customer, owe, reach, statements
from tests.rows import make_world

NARROW = "\u202f"


@pytest.fixture
def owing(session, company):
    """Forty customers late, some of them with something to come."""
    company.last_sync_at = NOW
    for n in range(40):
        customer = make_customer(session, company, f"Client {n:02}")
        owe(session, customer, 200_000 + n, late=(10, 40, 70, 100)[n % 4])
        owe(session, customer, 1_000_000, late=-20)
    session.commit()
    return company


def page(client, path="/"):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_sentence_the_bars_and_the_footnote(session, company, sign_in):
    company.last_sync_at = NOW
    late = [make_customer(session, company, f"Retard {n:02}") for n in range(33)]
    for n, customer in enumerate(late):
        owe(session, customer, 226_700 if n else 7_481_300 - 32 * 226_700, late=12)
    coming = [make_customer(session, company, f"À venir {n:02}") for n in range(27)]
    for n, customer in enumerate(coming):
        owe(session, customer, 1_049_296 if n else 28_331_000 - 26 * 1_049_296, late=0)
    owe(session, coming[0], -38_800)
    text = page(sign_in(Role.ACCOUNTANT, company))
    assert "Vos clients vous doivent" in text
    for figure in ("358 123", "74 813", "283 310", "−388", "357 735"):
        assert figure.replace(" ", NARROW) + "\u00a0€" in text, figure
    assert "33 clients" in text and "27 clients" in text
    totals = reports.home_totals(session, company.id, TODAY)["EUR"]
    assert (totals.owed_cents, totals.late_cents, totals.credits_cents) == (35_812_300, 7_481_300, -38_800)


def test_without_a_ledger_there_is_one_next_thing(client):
    text = page(client)
    assert "Importer le grand livre" in text and text.count("btn primary") == 1


def test_a_sales_rep_sees_the_sums_of_the_own_customers(session, sign_in):
    world = make_world(session)
    world.company.last_sync_at = NOW
    client = sign_in(Role.SALES_REP, world.company)
    world.give_portfolio(session, Role.SALES_REP)
    mine = page(client)
    assert "100\u00a0€" in mine and "Client 0" in mine and "Client 2" not in mine
    everything = page(sign_in(Role.DIRECTOR, world.company))
    assert "200\u00a0€" in everything


def test_points_of_vigilance_and_actions_lead_to_their_lists(session, company, sign_in):
    company.last_sync_at = NOW
    old = make_customer(session, company, "Menuiserie Vasseur", credit_limit_cents=100_000)
    item = owe(session, old, 641_280, late=108)
    fresh = make_customer(session, company, "Imprimerie Saint-Amand")
    owe(session, fresh, 2_000_000, late=3)
    reach(session, old, email_bad_reason="refused", email_bad_at=NOW)
    common = {"company_id": company.id, "customer_id": old.id}
    session.add(
        Promise(
            **common,
            item_id=item.id,
            promised_on=TODAY - timedelta(days=9),
            cents=641_280,
            currency="EUR",
            state="broken",
            made_at=NOW,
        )
    )
    session.add(Dispute(**common, item_id=item.id, reason="price", opened_at=NOW, deadline_on=TODAY - timedelta(days=1)))
    text = page(sign_in(Role.ACCOUNTANT, company))
    for words in (
        "1 promesse non tenue", "dépasse 90 jours de retard", "plafond de crédit dépassé", "gros montant échu depuis peu",
        "1 litige au-delà de son délai", "1 adresse e-mail refusée",
    ):  # fmt: skip
        assert words in text.replace("\u00a0", " "), words
    assert f'href="/customers/{old.id}">Menuiserie Vasseur</a>' in text
    client = sign_in(Role.ACCOUNTANT, company)
    assert "6\u202f412,80\u00a0€" in page(client, "/promises?state=broken")
    assert "Imprimerie Saint-Amand" in page(client, "/items?state=just_late&least=1000")


def test_the_last_reminder_and_holds_stand_beside_the_customer(session, company, sign_in):
    company.last_sync_at = NOW
    customer = make_customer(session, company, "Brasserie Delombaerde")
    owe(session, customer, 2_179_020, late=40)
    for day, stage, level in ((20, "reminder", 1), (8, "reminder", 2)):
        session.add(
            Action(
                company_id=company.id, customer_id=customer.id, key=f"a{level}", stage=stage, level=level, channel="email", state="done",
                currency="EUR", amount_cents=1, planned_at=NOW, done_on=TODAY - timedelta(days=day), done_at=NOW,
            )
        )  # fmt: skip
    text = page(sign_in(Role.DIRECTOR, company))
    assert "Relance 2" in text and "Relance 1" not in text and "11 mai" in text


def test_home_asks_little(app, session, owing, sign_in):
    client = sign_in(Role.ACCOUNTANT, owing)
    with statements(app) as asked:
        page(client)
    assert len(asked) <= 14, "\n".join(text[:150] for text in asked)
