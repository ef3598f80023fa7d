"""Letters as a printer gets them: read back from the PDF, positions measured."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from integrations.letters import RenderFailed, merge, render

PAGE = "<!doctype html><html lang='fr'><body><p>{}</p></body></html>"


def texts(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


@pytest.fixture(scope="module")
def rendered() -> list[bytes | RenderFailed]:
    hostile = (
        "<link rel=attachment href='file:///etc/hostname'><img src='file:///etc/hostname'><img src='http://127.0.0.1:9/x.png'>"
        "<style>@import url(file:///etc/passwd)</style><p>still here</p>"
    )
    long = "".join(f"<p>Line {number}</p>" for number in range(120))
    return render([PAGE.format("Première lettre"), PAGE.format(hostile), PAGE.format(long)])


def test_each_page_is_a_letter_of_its_own_in_order(rendered: list[bytes]):
    assert "Première lettre" in texts(rendered[0])[0]
    assert len(texts(rendered[0])) == 1 and len(texts(rendered[2])) > 1


def test_nothing_is_fetched_but_what_is_inside(rendered: list[bytes]):
    reader = PdfReader(BytesIO(rendered[1]))
    assert "still here" in reader.pages[0].extract_text()
    assert not reader.attachments and not reader.pages[0].images


def test_the_print_file_holds_all_letters(rendered: list[bytes]):
    merged = texts(merge(rendered))
    assert len(merged) == sum(len(texts(pdf)) for pdf in rendered)
    assert "Première lettre" in merged[0] and "Line 119" in merged[-1]


def test_a_letter_that_takes_too_long_does_not_stop_the_others():
    endless = PAGE.format("<table>" + "<tr><td>x</td></tr>" * 60_000 + "</table>")
    answers = render([endless, PAGE.format("after")], seconds=8)
    assert isinstance(answers[0], RenderFailed)
    assert isinstance(answers[1], bytes) and "after" in texts(answers[1])[0]
