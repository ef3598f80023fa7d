"""Every icon a template or the menu names is a symbol of static/icons.svg."""

from __future__ import annotations

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = sorted(p for p in (ROOT / "templates").rglob("*.html") if not {"pdf", "mail"} & set(p.parts))
SYMBOLS = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (ROOT / "static" / "icons.svg").read_text(encoding="utf-8")))
NAMED = re.compile(r'\b(?:ui\.)?(?:icon|empty|entry)\(\s*"([a-z0-9-]+)"|icon_name="([a-z0-9-]+)"')


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_icons_exist(page: pathlib.Path) -> None:
    named = {a or b for a, b in NAMED.findall(page.read_text(encoding="utf-8"))}
    assert named <= SYMBOLS, f"not in static/icons.svg: {sorted(named - SYMBOLS)}"


def test_menu_icons_exist() -> None:
    text = (ROOT / "blueprints" / "menu.py").read_text(encoding="utf-8")
    icons = {line[3] for line in re.findall(r'\((.*?), (_l\(.*?\)), "([\w.]+)", "([a-z0-9-]+)"', text)}
    assert icons and icons <= SYMBOLS, f"not in static/icons.svg: {sorted(icons - SYMBOLS)}"
