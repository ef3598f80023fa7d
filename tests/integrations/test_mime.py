"""Bytes of messages: what a parser reads is what was planned, whatever is in the names (reliability.md M6)."""

from __future__ import annotations

import email
import email.policy
import unicodedata
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.channels import mime

HOSTILE = [
    "a\r\nBcc: x@y.example", "a\nb", "a\rb", "a\x85b", "a\u2028b", "a\u2029b", "a\x00b", "a\x0bb", "a\x1fb", "a\x7fb", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_line_breaks_and_controls_are_refused(value: str):
    with pytest.raises(mime.Unwritable):
        mime.words(value)
    with pytest.raises(mime.Unwritable):
        mime.mailbox(value, "a@b.example")
    with pytest.raises(mime.Unwritable):
        mime.build([("Subject", value)], "", "")


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "a",
        "a@",
        "@b",
        "a b@c.example",
        "a@b\r\nc",
        "<a@b.example>",
        "a@b.example,c@d.example",
        "é@b.example",
        "a@-b.example",
        "x" * 250 + "@b.example",
    ],
)
def test_addresses_are_bare_and_whole(wrong: str):
    with pytest.raises(mime.Unwritable):
        mime.address(wrong)


def test_domains_of_all_scripts_become_ascii():
    assert mime.address(" compta@münchen.example ") == "compta@xn--mnchen-3ya.example"


def test_very_long_values_are_refused():
    with pytest.raises(mime.Unwritable):
        mime.words("x" * 10_000)


printable = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=120)


@settings(max_examples=200, deadline=None)
@given(name=printable, subject=printable)
def test_a_parser_finds_exactly_the_planned_headers(name: str, subject: str):
    headers = [("From", mime.mailbox(name, "a@b.example")), ("To", "c@d.example"), ("Subject", mime.words(subject))]
    data = mime.build(headers, "text", "<p>html</p>")
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    assert [key for key in parsed] == ["From", "To", "Subject", "MIME-Version", "Content-Type"]  # noqa: C416
    assert parsed["From"].addresses[0].addr_spec == "a@b.example"
    squeezed = " ".join(subject.split())
    assert " ".join(str(parsed["Subject"]).split()) == squeezed or "=?" in subject
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))


def test_encoded_words_come_back_as_they_were():
    for name in ('Madame Élodie "Lou" d\'Aÿ-Müller, fils', "=?utf-8?q?x?=", "Jean (compta); Dupont"):
        parsed = email.message_from_bytes(
            mime.build([("To", mime.mailbox(name, "a@b.example"))], "", ""), policy=email.policy.default
        )
        shown = parsed["To"].addresses[0].display_name
        assert unicodedata.normalize("NFC", shown) == unicodedata.normalize("NFC", name)

    long = "日本語の請求書" * 20
    parsed = email.message_from_bytes(mime.build([("Subject", mime.words(long))], "", ""))
    assert str(make_header(decode_header(parsed["Subject"]))) == long


def test_both_forms_and_the_picture_arrive_whole():
    text, html = "Bonjour,\n.\n" + "é" * 300 + "\n-- \nfin", "<p>" + "à régler, " * 500 + "</p>"
    data = mime.build([("Subject", "x")], text, html, [mime.Picture("pay", bytes(range(256)))])
    assert b"\n" not in data.replace(b"\r\n", b"") and all(len(line) <= 78 for line in data.split(b"\r\n"))
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    assert parsed.get_body(("plain",)).get_content().replace("\r\n", "\n").rstrip("\n") == text
    assert parsed.get_body(("html",)).get_content().strip() == html
    picture = next(part for part in parsed.walk() if part.get_content_type() == "image/png")
    assert picture.get_content() == bytes(range(256)) and picture["Content-ID"] == "<pay>"
    assert not parsed.defects
