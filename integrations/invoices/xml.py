"""Hostile XML made harmless, and small questions asked of it by local names (prefixes and versions differ)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from lxml import etree
from stdnum import iso11649
from stdnum.be import ogm_vcs

from integrations.files import Refused
from rules.errors import DomainError
from rules.invoices import Attachment
from rules.ledger import Remark
from rules.money import parse_cents

Node = Any  # an lxml element; lxml has no types of its own

MAX_ATTACHMENTS = 50
MAX_TEXT = 2000
MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".csv": "text/csv",
    ".xml": "application/xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
}
METHODS = {
    "10": "cash", "20": "cheque", "21": "cheque", "22": "cheque", "23": "cheque", "25": "cheque", "26": "cheque",
    "24": "bill", "60": "bill", "61": "bill", "70": "bill", "74": "bill", "77": "bill",
    "30": "transfer", "31": "transfer", "42": "transfer", "57": "transfer", "58": "transfer",
    "48": "card", "54": "card", "55": "card", "68": "card", "49": "direct_debit", "59": "direct_debit",
}  # fmt: skip
"""UNTDID 4461, as far as it says how an invoice is paid."""

_ROOT = re.compile(r"<(?:[\w.-]+:)?(Invoice|CreditNote|CrossIndustryInvoice|CrossIndustryDocument)[\s>]")
_PROLOG = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)", re.DOTALL)
_AMOUNT = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_CURRENCY = re.compile(r"[A-Z]{3}")


def root_name(head: bytes) -> str:
    """The local name of the root of an invoice, from the first bytes of a file; "" for anything else."""
    text = _decoded(head)
    while found := _PROLOG.match(text):
        text = text[found.end() :]
    found = _ROOT.match(text.lstrip())
    if not found:
        return ""
    name = found[1]
    if name in ("Invoice", "CreditNote") and "oasis:names:specification:ubl" not in text[:8000]:
        return ""
    return name


def _decoded(head: bytes) -> str:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head[: len(head) // 2 * 2].decode("utf-16", "replace")
    return head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def parse(data: bytes, filename: str) -> Node:
    """The root element. Refused: damaged XML (with its line), and any DOCTYPE."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, dtd_validation=False,
        remove_comments=True, remove_pis=True, collect_ids=False,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if b"<!DOCTYPE" in data[:4096]:
            raise Refused("invoice_doctype", file=filename) from None
        line = error.lineno or 1
        raise Refused("invoice_damaged", file=filename, line=line, value=str(error.msg or "")[:120]) from None
    except ValueError as error:
        raise Refused("invoice_damaged", file=filename, line=1, value=str(error)[:120]) from None
    if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
        raise Refused("invoice_doctype", file=filename)
    return root


def local(node: Node) -> str:
    """The name of an element without its namespace."""
    return str(node.tag).rpartition("}")[2]


def every(node: Node, path: str) -> Iterator[Node]:
    """The elements at a path of local names, in the order of the document."""
    name, _, rest = path.partition("/")
    for child in node:
        if local(child) == name:
            if rest:
                yield from every(child, rest)
            else:
                yield child


def first(node: Node, path: str) -> Node | None:
    """The first element at a path of local names."""
    return next(every(node, path), None)


def words(node: Node | None) -> str:
    """The text of an element on one line, cut where no invoice's text is that long."""
    return " ".join((node.text or "").split())[:MAX_TEXT] if node is not None else ""


def text(node: Node, *paths: str) -> str:
    """The first text that is not empty at one of the paths."""
    return next((found for path in paths for one in every(node, path) if (found := words(one))), "")


def texts(node: Node, path: str) -> list[str]:
    """Every text that is not empty at a path."""
    return [found for one in every(node, path) if (found := words(one))]


def refused(code: str, node: Node, filename: str, **params: object) -> Refused:
    """A refusal that names the file, the line and the element."""
    return Refused(code, file=filename, line=node.sourceline or 1, column=local(node), **params)


def cents(node: Node | None, filename: str) -> int | None:
    """Cents of an amount element; None when it is not there or empty."""
    found = words(node)
    if not found:
        return None
    if not _AMOUNT.fullmatch(found):
        raise refused("invoice_amount", node, filename, value=found[:40])
    try:
        return parse_cents(found.rstrip("."), ".")
    except DomainError:
        raise refused("invoice_amount", node, filename, value=found[:40]) from None


def day(node: Node | None, filename: str) -> date | None:
    """A date as ISO (a time after it is left out) or, in CII, as the format code says; None when it is not there."""
    found = words(node)
    if node is None or not found:
        return None
    code = node.get("format") or ""
    compact = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", found) if code in ("", "102") else None
    spelt = re.match(r"(\d{4})-(\d\d)-(\d\d)(?:$|[T Z+-])", found)
    match = compact or spelt
    try:
        if match is not None:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise refused("invoice_date", node, filename, value=found[:40])


def currency(node: Node, value: str, filename: str) -> str:
    """The currency of the document, three capital letters."""
    if not _CURRENCY.fullmatch(value):
        raise refused("invoice_currency", node, filename, value=value[:40])
    return value


def reference(value: str) -> str:
    """A payment reference bare when its check digits are right (OGM/VCS, RF), else as given."""
    digits = re.sub(r"[\s+*/.-]", "", value)
    if len(digits) == 12 and digits.isdigit() and ogm_vcs.is_valid(digits):
        return digits
    bare = "".join(value.split()).upper()
    return bare if bare.startswith("RF") and iso11649.is_valid(bare) else value


def account(value: str) -> str:
    """An account number without spaces."""
    return "".join(value.split()).upper()


def attachments(nodes: Iterable[Node], remarks: list[Remark]) -> tuple[Attachment, ...]:
    """The files embedded in the elements. One that is not base64 is left out with a remark: the invoice counts."""
    found = []
    for number, node in enumerate(nodes, 1):
        raw = (node.text or "").strip()
        if not raw or number > MAX_ATTACHMENTS:
            continue
        name = plain_name(node.get("filename") or f"{number}")
        try:
            content = base64.b64decode("".join(raw.split()), validate=True)
        except (binascii.Error, ValueError):
            remarks.append(Remark("attachment_unreadable", node.sourceline, params={"value": name}))
            continue
        pdf = content.startswith(b"%PDF-")
        media = "application/pdf" if pdf else MEDIA_TYPES.get(PurePosixPath(name).suffix.lower(), "application/octet-stream")
        found.append(Attachment(name, media, content))
    return tuple(found)


def plain_name(name: str) -> str:
    """A file name without folders or signs that mean something elsewhere."""
    bare = re.sub(r"[^\w .()+,=@-]", "_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    return bare[-120:] or "document"
