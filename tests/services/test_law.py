"""What messages say of the law: formal notices with interest and compensation, the Belgian consumer, writing for others."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from models import Action, ActionItem, Claim, LegalTerms, Message
from models.outbox import ids_in
from rules.errors import DomainError
from services import claims, legal_notes, letters, outbox, scenarios, templates, writing
from tests.services.people import NOW, TODAY, customer, furnish, owe, pay

IBAN = "FR7630006000011234567890189"


@pytest.fixture
def house(session, company):
    company.iban, company.street, company.postcode, company.city = IBAN, "3 quai de l’Ouest", "59000", "Lille"
    company.company_number = "732 829 320"
    return furnish(session, company)


def formal(session, company, who, language="fr", channel="email") -> tuple[str, writing.Content, object]:
    code = "formal_notice_consumer" if who.legal_type == "consumer" else "formal_notice"
    template = templates.get_template(session, company, code, channel, language)
    draft = templates.sample_draft(session, company, template, who.id, TODAY)
    content = writing.write(company, draft, language, TODAY)
    from services import composing

    made = composing.compose(company, composing.form(template.subject, template.body, language), content)
    return made.text, content, draft


def done(session, item, stage, on, channel="email", wait=0, step_id=None) -> None:
    action = Action(
        company_id=item.company_id, customer_id=item.customer_id, key=f"{stage}{item.id}{on}", stage=stage, level=1, channel=channel,
        state="done", currency="EUR", amount_cents=item.open_cents, planned_at=NOW, done_on=on, done_at=NOW,
        wait_until_on=on + timedelta(days=wait) if wait else None,
    )  # fmt: skip
    session.add(action)
    session.flush()
    session.add(ActionItem(action_id=action.id, item_id=item.id, open_cents=item.open_cents))
    session.flush()


def test_a_formal_notice_breaks_the_sum_down_and_names_its_legal_basis(session, house):
    who = customer(session, house)
    owe(session, who, TODAY - timedelta(days=200))
    text, _, _ = formal(session, house, who)
    for words in ("mise en demeure", "66,58", "40,00", "1 106,58", "L441-10", "732 829 320", "8 jours"):
        assert words in text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " "), words
    english, _, _ = formal(session, house, who, "en")
    assert "commercial code" in english and "66.58" in english


def test_a_belgian_company_writes_under_belgian_law(session, house):
    house.country = "BE"
    who = customer(session, house, country="BE")
    owe(session, who, TODAY - timedelta(days=200))
    text, _, _ = formal(session, house, who)
    assert "loi belge du 2 août 2002" in text.casefold() and "57,53" in text  # 1,000 × 10.5 % × 200 / 365


def test_a_french_consumer_is_asked_for_nothing_on_top(session, house):
    who = customer(session, house, profile="consumer", legal_type="consumer")
    owe(session, who, TODAY - timedelta(days=200))
    text, content, draft = formal(session, house, who)
    assert "40,00" not in text and draft.law.claims == () and content.values["total_claimed"] == ""


def test_L4_a_belgian_consumer_only_after_a_free_reminder_and_its_wait(session, house):
    house.country = "BE"
    who = customer(session, house, profile="consumer", legal_type="consumer", country="BE")
    item = owe(session, who, TODAY - timedelta(days=60), 30_000)
    session.add(LegalTerms(company_id=house.id, consumer_clause=True))
    session.flush()
    assert "45,00" not in formal(session, house, who)[0]
    done(session, item, "reminder", TODAY - timedelta(days=30), wait=8)  # too short a period opens nothing
    assert "45,00" not in formal(session, house, who)[0]
    done(session, item, "reminder", TODAY - timedelta(days=15), wait=14)
    assert "45,00" not in formal(session, house, who)[0]  # within the margin
    done(session, item, "reminder", TODAY - timedelta(days=16), wait=14)
    text = formal(session, house, who)[0]
    assert "45,00" in text and "XIX.2" in text


def test_L4_the_free_reminder_says_what_will_be_asked_for_and_never_grants_too_little(session, house):
    house.country = "BE"
    who = customer(session, house, profile="consumer", legal_type="consumer", country="BE")
    owe(session, who, TODAY - timedelta(days=20), 30_000)
    session.add(LegalTerms(company_id=house.id, consumer_clause=True))
    session.flush()
    template = templates.get_template(session, house, "reminder_1_consumer", "letter", "fr")
    draft = templates.sample_draft(session, house, template, who.id, TODAY)
    draft.wait_days = 14
    legal_notes.attach(session, house, [draft], TODAY)
    content = writing.write(house, draft, "fr", TODAY)
    # Tuesday 19 May: the third working day is 22 May, the fourteenth day after it 4 June.
    assert content.wait_until_on == date(2026, 6, 4)
    assert content.values["compensation_later"].startswith("45,00")
    page = letters.compose_letter(house, draft, template, content)
    assert "gratuit" in page and "732 829 320" in page and "45,00" in page


def test_a_sent_formal_notice_announces_its_claims_once(session, house):
    who = customer(session, house)
    item = owe(session, who, TODAY - timedelta(days=200))
    _, content, draft = formal(session, house, who)
    template = templates.get_template(session, house, "formal_notice", "email", "fr")
    facts = outbox.facts_of(house, draft, content, template, TODAY)
    message = Message(
        company_id=house.id, customer_id=who.id, channel="email", language="fr", state="queued", message_id="<a@b>",
        facts=facts, queued_at=NOW,
    )  # fmt: skip
    session.add(message)
    session.flush()
    claims.record_sent(session, [message.id], NOW)
    assert session.query(Claim).count() == 0  # not sent yet
    message.state = "sent"
    session.flush()
    claims.record_sent(session, [message.id], NOW)
    claims.record_sent(session, [message.id], NOW)
    rows = session.query(Claim).order_by(Claim.kind).all()
    assert [(c.kind, c.cents, c.state, c.item_id) for c in rows] == [
        ("compensation", 4_000, "announced", item.id), ("interest", 6_658, "announced", item.id),
    ]  # fmt: skip


def test_words_without_the_placeholders_announce_nothing(session, house):
    who = customer(session, house)
    owe(session, who, TODAY - timedelta(days=200))
    _, content, draft = formal(session, house, who)
    assert legal_notes.kept(draft, "Payez {{ total_due }}", content.values, TODAY) == {}


def test_a_part_payment_lowers_the_interest_from_the_day_after(session, house):
    who = customer(session, house)
    item = owe(session, who, TODAY - timedelta(days=200))
    pay(session, item, TODAY - timedelta(days=100), 40_000)
    session.flush()
    item.open_cents = 60_000
    session.flush()
    line = claims.accruals(session, house, TODAY, customer_ids=[who.id])[0]
    assert [(s.principal_cents, s.days) for s in line.found.interest.segments] == [(100_000, 100), (60_000, 100)]


def test_an_insolvent_customer_is_asked_for_nothing_but_the_sum_to_declare_is_shown(session, house):
    who = customer(session, house, insolvent_on=TODAY - timedelta(days=10))
    owe(session, who, TODAY - timedelta(days=200))
    line = claims.accruals(session, house, TODAY, customer_ids=[who.id])[0]
    assert line.found.refused == "insolvent"
    assert line.found.interest.days == 189  # through the day before
    assert claims.statement(session, house, who, TODAY).totals == {}
    assert formal(session, house, who)[2].law.claims == ()


def test_R13_a_provisional_rate_is_said_and_cannot_be_claimed(session, house):
    house.country = "LU"
    who = customer(session, house, country="LU", legal_type="consumer")
    owe(session, who, TODAY - timedelta(days=200))
    found = claims.statement(session, house, who, TODAY)
    assert found.provisional and found.interest["EUR"] > 0
    with pytest.raises(DomainError, match="claims_provisional"):
        claims.claim_due(session, house, who, 1, NOW, TODAY)


def mandate(session, house, **changes) -> LegalTerms:
    values = {
        "agent_name": "Cabinet Leroy", "agent_address": "2 rue Haute\n59000 Lille", "mandate_on": date(2026, 1, 5),
        "mandate_scope": "toutes", "mandate_iban": IBAN, **changes,
    }  # fmt: skip
    terms = LegalTerms(company_id=house.id, **values)
    session.add(terms)
    session.flush()
    return terms


@pytest.mark.parametrize("channel", ["email", "letter"])
def test_L5_every_message_for_a_client_bears_the_mentions_whatever_its_template(session, house, channel):
    mandate(session, house)
    who = customer(session, house)
    owe(session, who, TODAY - timedelta(days=40))
    bare = templates.Template("reminder_1", channel, "fr", "Objet", "Bonjour.", True)
    shown = templates.preview(session, house, bare, who.id, TODAY).html if channel == "email" else letters.preview_letter(
        session, house, bare, who.id, TODAY)  # fmt: skip
    for words in ("Cabinet Leroy", "2 rue Haute, 59000 Lille", "quai de l", "recouvrement amiable", "L111-8", "1 000,00", IBAN):
        assert words in shown.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " "), words


@pytest.mark.parametrize("changes", [{"mandate_on": None}, {"mandate_ended_on": TODAY}, {"mandate_iban": "FR00"}])
def test_L5_nothing_leaves_without_a_mandate(session, house, changes):
    from tests.services.people import scenario

    mandate(session, house, **changes)
    who = customer(session, house)
    owe(session, who, TODAY - timedelta(days=9), first_seen_on=TODAY - timedelta(days=30))
    from services import worklist

    worklist.refresh(session, house, None, TODAY)
    from models import WorklistEntry

    entries = [e.id for e in session.query(WorklistEntry) if not e.held_code]
    assert entries and scenario(session, house, "standard")
    batch = outbox.queue_batch(session, house, entries, None, NOW, TODAY, 0)
    outbox.release_some(session, batch, NOW, TODAY)
    assert ids_in(session, batch.id, ("queued",), "email", 10) == []
    assert {m.state for m in session.query(Message)} == {"dropped"}


def test_removing_the_free_reminder_of_a_charging_scenario_is_refused(session, house):
    house.country = "BE"
    from tests.services.people import scenario

    found = scenario(session, house, "consumer")
    steps = {(s.stage, s.level): s for s in scenarios.active_steps(found)}
    charging = steps["formal_notice", 0]
    scenarios.save_step(session, house, charging, {"charges": "claim"}, None, NOW, TODAY)
    scenarios.remove_step(session, house, steps["notice", 0], None, NOW, TODAY)
    with pytest.raises(DomainError, match="lawful_be"):
        scenarios.save_step(session, house, steps["reminder", 1], {"wait_days": 8}, None, NOW, TODAY)
