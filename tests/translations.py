"""French is complete: every English source string of code and templates has its French, with the same places to fill.

`python -m tests.translations` is part of `make check`; the same is a test."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
METHODS = [
    ("**/tests/**", "ignore"),
    ("tests/**", "ignore"),
    (".venv/**", "ignore"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
    ("**.py", "python"),
]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
    "_l": None,
    "N_": None,
    "translate_plural": (2, 3),
}
PLACES = re.compile(r"%\((\w+)\)")


def source_strings() -> dict[str, str | None]:
    """Every string of the product: the singular, and its plural when it has one."""
    found: dict[str, str | None] = {}
    for folder in ("blueprints", "services", "tasks", "integrations", "models", "templates"):
        rows = extract_from_dir(
            ROOT / folder, [("**.html", "jinja2"), ("**.txt", "jinja2"), ("**.py", "python")], keywords=KEYWORDS
        )
        for _file, _line, message, _comments, _context in rows:
            if isinstance(message, tuple):
                found[message[0]] = message[1]
            elif message:
                found.setdefault(message, None)
    return found


def faults(language: str = "fr") -> list[str]:
    """What is missing or wrong in a catalogue, one sentence each."""
    path = ROOT / "translations" / language / "LC_MESSAGES" / "messages.po"
    catalogue = read_po(io.BytesIO(path.read_bytes()), locale=language)
    wrong = []
    for single, plural in sorted(source_strings().items()):
        message = catalogue.get(single)
        given = [] if message is None else (list(message.string) if isinstance(message.string, tuple) else [message.string])
        if not given or not all(given):
            wrong.append(f"missing: {single!r}")
        elif message is not None and message.fuzzy:
            wrong.append(f"fuzzy: {single!r}")
        elif not set(PLACES.findall("".join(given))) <= set(PLACES.findall(single + (plural or ""))) | {"num"}:
            wrong.append(f"places differ: {single!r}")
    return wrong


if __name__ == "__main__":
    found = faults()
    print("\n".join(found) or "French is complete.")
    sys.exit(1 if found else 0)
