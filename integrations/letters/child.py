"""The renderer's own process: reads pages from its standard input, answers PDFs, ends when the input does."""

from __future__ import annotations

import base64
import resource
import struct
import sys
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parent.parent.parent
MEMORY = 1 << 30
WEIGHTS = (400, 600)


class Renderer:
    """WeasyPrint with font and sheet loaded once."""

    def __init__(self) -> None:
        from weasyprint import CSS
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher

        self._fetcher = URLFetcher(allowed_protocols=["data"])
        self._fonts = FontConfiguration()
        self._sheet = CSS(string=stylesheet(), font_config=self._fonts, url_fetcher=self._fetcher)

    def pdf(self, html: str) -> bytes:
        """One letter."""
        from weasyprint import HTML

        page = HTML(string=html, url_fetcher=self._fetcher)
        return bytes(page.write_pdf(stylesheets=[self._sheet], font_config=self._fonts, presentational_hints=False))


def stylesheet() -> str:
    """The letter's sheet with its fonts inside: nothing is fetched."""
    faces = "".join(_face(weight) for weight in WEIGHTS)
    return faces + (ROOT / "templates" / "pdf" / "letter.css").read_text(encoding="utf-8")


def _face(weight: int) -> str:
    """One weight, cut out of the variable font beforehand (tools/cut_fonts.py): WeasyPrint would do so for every letter."""
    data = base64.b64encode((ROOT / "static" / "fonts" / f"inter-{weight}.ttf").read_bytes()).decode()
    return f'@font-face {{ font-family: "Inter"; src: url(data:font/ttf;base64,{data}); font-weight: {weight}; }}\n'


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Say + when ready, then answer page after page: a flag, a length, and the PDF or the reason why not."""
    renderer = Renderer()
    sink.write(b"+")
    sink.flush()
    while len(head := source.read(8)) == 8:
        html = source.read(struct.unpack(">Q", head)[0]).decode()
        try:
            good, answer = True, renderer.pdf(html)
        except Exception as error:
            good, answer = False, f"{type(error).__name__}: {error}".encode()
        sink.write(struct.pack(">?Q", good, len(answer)) + answer)
        sink.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    serve(sys.stdin.buffer, sys.stdout.buffer)
