"""Every code the bank readers speak in has a sentence, its places can be filled, and it exists in French."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from services.wording import SENTENCES, sentence
from services.wording_bank import BANK_SENTENCES

ROOT = Path(__file__).resolve().parents[2]


def _codes() -> dict[str, set[str]]:
    """Codes in the readers' source, with the names of the parameters each is given somewhere."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "integrations" / "banks").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("Refused", "refused", "add") and isinstance(node.args[0].value, str):
                given = {keyword.arg for keyword in node.keywords if keyword.arg}
                given |= {"line", "column", "value"} if name in ("refused", "add") else set()
                found.setdefault(node.args[0].value, set()).update(given)
    return found


def test_every_code_has_a_sentence_whose_places_are_given() -> None:
    codes = _codes()
    assert len(codes) > 40
    for code, given in codes.items():
        assert code in SENTENCES, code
        places = set(re.findall(r"%\((\w+)\)s", SENTENCES[code]))
        assert places <= given, (code, places - given)
    assert BANK_SENTENCES.keys() <= codes.keys()


def test_a_refusal_in_french_names_the_place_and_the_file() -> None:
    params = {"line": 7, "value": "12", "opening_cents": 100, "movements_cents": 200, "closing_cents": 250, "gap_cents": 50}
    said = sentence("fr", "statement_gap", {**params, "file": "mars.xml"})
    assert said.startswith("mars.xml: Ligne 7 : le relevé 12 ne tombe pas juste.")
    assert "0,50" in said
