"""Factur-X and ZUGFeRD: the XML inside a PDF. The PDF itself is kept as it is."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from integrations.files import Refused
from integrations.invoices.xml import root_name

NAMES = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
MAX_FILES, MAX_DEPTH = 200, 20
logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is wrong with a file is said once, by the refusal


def invoice_xml(data: bytes, filename: str) -> bytes | None:
    """The XML of the invoice, by its agreed name first, then by what it is; None for any other PDF.

    Refused: pdf_damaged, pdf_locked."""
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Refused("pdf_locked", file=filename)
        found = dict(_files(reader))
    except Refused:
        raise
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, RecursionError) as error:
        raise Refused("pdf_damaged", file=filename, value=type(error).__name__) from None
    ordered = sorted(found, key=lambda name: NAMES.index(name) if name in NAMES else len(NAMES))
    return next((found[name] for name in ordered if root_name(found[name][:16384])), None)


def _files(reader: PdfReader) -> Iterator[tuple[str, bytes]]:
    """(name in lower case, content) of the embedded XML files: those of the name tree, then the associated ones."""
    root: Any = reader.trailer["/Root"]
    specs = []
    names = root.get("/Names")
    if names is not None and "/EmbeddedFiles" in names.get_object():
        specs += _leaves(names.get_object()["/EmbeddedFiles"], 0)
    if "/AF" in root:
        specs += list(root["/AF"].get_object())
    for spec in specs[:MAX_FILES]:
        one = spec.get_object()
        name = str(one.get("/UF") or one.get("/F") or "").strip().lower()
        held = one.get("/EF")
        if held is None or not name.endswith(".xml"):
            continue
        stream = held.get_object().get("/F") or held.get_object().get("/UF")
        if stream is not None:
            yield name, bytes(stream.get_object().get_data())


def _leaves(node: Any, depth: int) -> list[Any]:
    """The file specifications of a name tree."""
    tree = node.get_object()
    found = list(tree["/Names"].get_object())[1::2] if "/Names" in tree else []
    if depth < MAX_DEPTH and "/Kids" in tree:
        for kid in tree["/Kids"].get_object()[:MAX_FILES]:
            found += _leaves(kid, depth + 1)
    return found
