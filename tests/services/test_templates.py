"""Templates: every placeholder known at save, values printed as they stand, a preview of every shipped template."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from models import AuditEntry, Company, Customer, Message
from rules.errors import DomainError
from services import letters, templates
from services.placeholders import PLACEHOLDERS, check, fill, paragraphs, parse
from services.templates_defaults import DEFAULTS
from tests.conftest import NOW, TODAY
from tests.tasks.sending_world import add_item, make_customer
from tests.tasks.sending_world import make_company as make_paid_company

INJECTIONS = [
    "{{7*7}}", "{{ x.__class__ }}", "{{ items_table|safe }}", "{% for i in x %}", "{0.__init__}", "{{ config }}", "${7*7}",
    "{{ 'a'*10**8 }}", "#{7*7}", "{{ ''.join }}", "{{customer_name.upper()}}", "<%= 7*7 %>",
]  # fmt: skip


@pytest.fixture
def payable(session: Session) -> Company:
    return make_paid_company(session)


@pytest.fixture
def customer(session: Session, payable: Company) -> Customer:
    made = make_customer(session, payable, 1, name="Menuiserie Vasseur & Fils <b>")
    add_item(session, made, "AV-1", TODAY - timedelta(days=3), -18_815, "credit_note")
    session.flush()
    return made


@pytest.mark.parametrize("text", INJECTIONS)
def test_nothing_in_a_template_is_executed(text: str):
    assert fill(parse(text), dict.fromkeys(PLACEHOLDERS, "x")) in (text, text.replace("{{ config }}", "{{ config }}"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Bonjour {{ custmer_name }}", [("placeholder_unknown", 1, 9)]),
        ("a\nb {{ x.y }}", [("placeholder_malformed", 2, 3), ("placeholder_malformed", 2, 10)]),
        ("see {{ items_table }} here", [("placeholder_not_alone", 1, 5)]),
        ("[[ a {{ iban }}", [("optional_not_closed", 1, 1)]),
        ("a ]]", [("optional_not_opened", 1, 3)]),
        ("[[ a [[ b ]] ]]", [("optional_nested", 1, 6), ("optional_not_opened", 1, 14)]),
        ("{{ items_table }}\n\n[[pay {{ iban }}]] **now**", []),
    ],
)
def test_problems_are_found_with_their_place(body: str, expected: list[tuple[str, int, int]]):
    assert [(p.code, p.line, p.column) for p in check(body, "Subject")] == expected


def test_optional_passages_go_with_their_empty_placeholder():
    text = parse("Pay[[ before {{ wait_until }}]][[, since {{ oldest_item }} of {{ due_date }}]].")
    assert fill(text, {"wait_until": "27 May", "oldest_item": "FA-1", "due_date": ""}) == "Pay before 27 May."


def test_blocks_are_paragraphs_of_their_own():
    assert paragraphs("a\nb\n{{ items_table }}\nc\n\n\nd") == ["a\nb", "{{ items_table }}", "c", "d"]


@pytest.mark.parametrize("language", DEFAULTS)
def test_shipped_templates_have_no_problem_and_the_same_codes(language: str):
    assert set(DEFAULTS[language]) == set(DEFAULTS["en"])
    for words in DEFAULTS[language].values():
        assert check(words.body, words.subject) == []
        assert "veuillez" not in words.body.lower() and "!" not in words.body


def test_every_template_previews_with_a_real_customer(session: Session, payable: Company, customer: Customer):
    for template in templates.list_templates(session, payable):
        if template.channel == "letter":
            page = letters.preview_letter(session, payable, template, customer.id, TODAY)
            assert "Vasseur &amp; Fils &lt;b&gt;" in page or "VASSEUR &amp; FILS" in page
            continue
        shown = templates.preview(session, payable, template, customer.id, TODAY)
        assert not re.search(r"[\ue000-\uf8ff]|\{\{|\[\[|<!--@", shown.subject + shown.text + shown.html), template
        assert "Fils <b>" not in shown.html
        assert not shown.problems and "  " not in shown.text.replace("\n", "|").replace("  ", " ", 40)


def test_the_table_adds_up_and_credits_are_deducted(session: Session, payable: Company, customer: Customer):
    template = templates.get_template(session, payable, "reminder_1", "email", "fr")
    assert template is not None
    shown = templates.preview(session, payable, template, customer.id, TODAY)
    assert "FA-1-1  09/05/2026  10 j  1\u202f000,01" in shown.text
    assert "AV-1  avoir  −188,15" in shown.text and "Total à régler : 811,86" in shown.text
    assert shown.picture is not None and shown.recipient == "compta1@client.example"


def test_a_private_person_s_subject_names_no_debt(session: Session, payable: Company):
    customer = make_customer(session, payable, 2, legal_type="consumer")
    template = templates.get_template(session, payable, "reminder_2", "email", "fr")
    assert template is not None
    draft = templates.sample_draft(session, payable, template, customer.id, TODAY)
    assert templates.subject_of(template, draft) == "{{ company_name }} : votre compte client {{ customer_code }}"
    draft.stage, draft.template_code = "formal_notice", "formal_notice"
    chosen = templates.template_for({}, payable, draft)
    assert chosen.code == "formal_notice_consumer" and "pénalités" not in chosen.body


def test_a_formal_notice_holds_what_the_law_wants(session: Session, payable: Company, customer: Customer):
    payable.company_number = "SIREN 123 456 789"
    template = templates.get_template(session, payable, "formal_notice", "letter", "fr")
    assert template is not None
    page = letters.preview_letter(session, payable, template, customer.id, TODAY)
    for words in (
        "mise en demeure", "Cartonnerie des Flandres", "SIREN 123 456 789", "FA-1-1", "09/04/2026", "09/05/2026", "811,86",
        "<b>8 jours</b>", "FR76 3000 6000 0112 3456 7890 189", "juridiction compétente", "19 mai 2026", "Claire Masson",
    ):  # fmt: skip
        assert words in page, words


def test_saving_is_refused_whole_and_recorded_when_good(session: Session, payable: Company, customer: Customer):
    with pytest.raises(templates.TemplateProblems) as caught:
        templates.save_template(session, payable, "reminder_1", "email", "fr", "Objet", "Bonjour {{ nom }}", None, NOW)
    assert caught.value.problems[0].value == "nom"
    with pytest.raises(DomainError, match="template_unknown"):
        templates.save_template(session, payable, "invented", "email", "fr", "a", "b", None, NOW)
    templates.save_template(session, payable, "reminder_1", "email", "fr", "Objet {{ customer_name }}", "Corps", None, NOW)
    own = templates.get_template(session, payable, "reminder_1", "email", "fr")
    assert own is not None and own.own and own.body == "Corps"
    templates.reset_template(session, payable, "reminder_1", "email", "fr", None, NOW)
    again = templates.get_template(session, payable, "reminder_1", "email", "fr")
    assert again is not None and not again.own
    verbs = [e.verb for e in session.query(AuditEntry).filter_by(noun="template")]
    assert verbs == ["save", "reset"]


def test_a_test_goes_to_oneself_and_counts_for_nobody(session: Session, payable: Company, customer: Customer):
    template = templates.get_template(session, payable, "reminder_1", "email", "fr")
    assert template is not None
    message = templates.send_test(session, payable, template, customer.id, " claire@cartonnerie.example ", None, NOW, TODAY)
    assert (message.state, message.purpose, message.action_id, message.customer_id) == ("queued", "test", None, None)
    assert message.subject.startswith("[Test] ") and b"To: claire@cartonnerie.example" in (message.body or b"")
    assert session.query(Message).count() == 1
    with pytest.raises(DomainError, match="message_unwritable"):
        templates.send_test(session, payable, template, customer.id, "a@b\r\nBcc: x@y", None, NOW, TODAY)
