"""Every code the ledger readers speak in has a sentence, and its places can be filled."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from services.wording_ledger import LEDGER_SENTENCES

ROOT = Path(__file__).resolve().parents[2]
SPEAKERS = {"Refused", "Remark", "DomainError", "remark", "refused", "_refused"}


def _codes() -> dict[str, set[str]]:
    """Codes in the readers' source, with the names of the parameters each is given somewhere."""
    found: dict[str, set[str]] = {}
    for path in [*(ROOT / "integrations" / "ledgers").glob("*.py"), ROOT / "rules" / "money.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in SPEAKERS and isinstance(node.args[0].value, str):
                given = {keyword.arg for keyword in node.keywords if keyword.arg}
                if name in ("Remark", "remark", "refused", "_refused"):
                    given |= {"line", "column", "value"}
                given |= {key.value for keyword in node.keywords for key in getattr(keyword.value, "keys", []) or []}
                given |= {key.value for arg in node.args for key in getattr(arg, "keys", []) or []}
                found.setdefault(node.args[0].value, set()).update(given)
    return found


def test_every_code_has_a_sentence() -> None:
    assert _codes().keys() <= LEDGER_SENTENCES.keys()


def test_every_place_in_a_sentence_is_given() -> None:
    for code, given in _codes().items():
        if code.startswith("amount_"):
            given |= {"line", "column", "value"}  # added by the reader that knows the cell
        places = set(re.findall(r"%\((\w+)\)s", LEDGER_SENTENCES[code]))
        assert places <= given, (code, places - given)
