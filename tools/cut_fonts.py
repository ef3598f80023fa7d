"""Cuts the weights the letters use out of the variable font, once: a renderer that did it at its start took seconds longer.

Run after static/fonts/inter.woff2 changes: `python tools/cut_fonts.py`."""

from __future__ import annotations

from pathlib import Path

from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = (400, 600)


def main() -> None:
    """Write one plain font a weight beside the letters' sheet."""
    for weight in WEIGHTS:
        font = instantiateVariableFont(TTFont(ROOT / "static" / "fonts" / "inter.woff2"), {"wght": weight, "opsz": 14})
        font.flavor = None
        font.save(ROOT / "static" / "fonts" / f"inter-{weight}.ttf")


if __name__ == "__main__":
    main()
