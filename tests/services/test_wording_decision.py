"""Every code the decision speaks in has a sentence, in French too, and reads as it should."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from services.language import catalogue
from services.wording import SENTENCES, sentence
from services.wording_decision import DECISION_SENTENCES, DISPUTE_REASONS

ROOT = Path(__file__).resolve().parents[2]
CODES = sorted(
    {code for path in (ROOT / "rules").glob("dunning*.py") for code in re.findall(r'Reason\("(\w+)"', path.read_text("utf-8"))}
)


def test_the_rules_speak_in_known_codes():
    assert len(CODES) >= 14
    assert set(CODES) | {"formal_notice", "handover", "step_confirm", "step_manual"} <= set(SENTENCES)


@pytest.mark.parametrize("msgid", sorted({*DECISION_SENTENCES.values(), *DISPUTE_REASONS.values()}))
def test_each_sentence_has_its_french(msgid):
    french = catalogue("fr").ugettext(msgid)
    assert french != msgid
    assert set(re.findall(r"%\((\w+)\)s", french)) == set(re.findall(r"%\((\w+)\)s", msgid))
    assert "veuillez" not in french.lower()
    assert "!" not in french


@pytest.mark.parametrize(
    ("code", "params", "expected"),
    [
        (
            "hold",
            {"reason": "avoir en préparation", "until_on": "2026-05-30"},
            "Suspendu jusqu’au 30 mai : avoir en préparation",
        ),
        ("hold", {"reason": "avoir en préparation", "until_on": None}, "Suspendu : avoir en préparation"),
        ("below_floor", {"floor_cents": 1_500, "currency": "EUR"}, "Sous le seuil de relance (15,00\xa0€)"),
        ("direct_debit", {"due_on": date(2026, 5, 22)}, "Prélèvement prévu le 22 mai"),
        ("no_channel", {"channel": "email", "problem": "missing"}, "Adresse e-mail manquante"),
        ("no_channel", {"channel": "letter", "problem": "incomplete"}, "Adresse postale incomplète"),
        ("no_channel", {"channel": "fax", "problem": "missing"}, "Aucun moyen de joindre ce client"),
        ("dispute", {"reason": "quantity", "opened_on": "2026-05-06"}, "Litige ouvert le 6 mai : quantité livrée contestée"),
        (
            "above_ceiling",
            {"ceiling_cents": 2_000_000, "currency": "EUR"},
            "Au-dessus du plafond de 20\u202f000,00\xa0€ : à décider par une personne",
        ),
    ],
)
def test_sentences_as_people_read_them(code, params, expected):
    assert sentence("fr", code, params) == expected
