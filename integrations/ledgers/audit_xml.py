"""What the XML audit files (XAF, SAF-T) share: recognising them, reading them as a stream, values of their elements.

A document type is refused before anything is parsed, so no entity is ever expanded; nothing is fetched. Bytes that
are not in the encoding the file declares are read in the one they are in, and that is remarked on."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lxml import etree

from integrations.files import Refused
from integrations.ledgers import text
from integrations.ledgers.dates import LAST_YEAR
from integrations.ledgers.fec import clean
from integrations.ledgers.workbook import check_archive
from rules.errors import DomainError
from rules.ledger import Remark
from rules.money import parse_cents

Element = Any  # lxml brings no types

ZIP = b"PK\x03\x04"
SHOWN = 20  # remarks of one kind

_AROUND = re.compile(rb"(?:\s|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)")
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_UTF8 = ("utf-8", "utf8", "us-ascii", "ascii")
_CODECS = {
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "iso-8859-15": "iso-8859-15",
    "utf-16": "utf-16",
}


def unzipped(data: bytes) -> bytes:
    """The one XML file inside a zip, the data itself otherwise; workbooks are left as they are."""
    if not data.startswith(ZIP):
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
            inside = [name for name in names if name.lower().endswith((".xml", ".xaf", ".adf"))]
            if len(names) != 1 or len(inside) != 1:
                return data
            check_archive(data)
            return archive.read(inside[0])
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return data  # the reader of workbooks says what is wrong with it


def root_of(data: bytes) -> str:
    """The local name of the first element, "" when the data is no XML. Only looks at what stands before it."""
    start = data[:4]
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data[:65536].decode("utf-16", "replace").encode("utf-8")
    at = 3 if data.startswith(codecs.BOM_UTF8) else 0
    if not data[at : at + 200].lstrip().startswith(b"<"):
        return ""
    place = _after_prolog(data, at)
    if data[place : place + 9].upper() == b"<!DOCTYPE":
        # what follows tells whose file it is; reading it is refused in any case
        found = re.match(rb"<!DOCTYPE\s+(?:[\w.-]+:)?([\w.-]+)", data[place : place + 200], re.IGNORECASE)
    else:
        found = _ROOT.match(data, place)
    return found[1].decode("ascii", "replace") if found else ""


def _after_prolog(data: bytes, at: int) -> int:
    found = _AROUND.match(data, at)
    return found.end() if found else at


@dataclass(slots=True)
class Document:
    """An audit file as UTF-8 bytes, and what was noticed while making them so."""

    data: bytes
    encoding: str
    remarks: list[Remark] = field(default_factory=list)


def opened(data: bytes) -> Document:
    """The bytes in UTF-8; refuses a document type and bytes that are no text."""
    document = _decoded(data)
    place = _after_prolog(document.data, 0)
    if document.data[place : place + 2] == b"<!":
        raise Refused("doctype_refused", line=document.data.count(b"\n", 0, place) + 1)
    return document


def _decoded(data: bytes) -> Document:
    found = _DECLARED.search(data[:200])
    declared = found[1].decode("ascii").lower() if found else "utf-8"
    if declared not in _UTF8 and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = _CODECS.get(declared)
        if codec is None:
            raise Refused("encoding_unknown", line=1, value=declared)
        try:
            return Document(data.decode(codec).encode("utf-8"), declared)
        except UnicodeError:
            raise Refused("damaged_text", line=1, value=declared) from None
    plain, encoding = text.unwrap(data)
    if encoding in ("ascii", "utf-8", "utf-8-sig", "utf-16"):
        return Document(plain, encoding)
    remark = Remark("encoding_mended", 1, None, {"declared": declared, "value": encoding})
    return Document(plain.decode(encoding).encode("utf-8"), encoding, [remark])


def elements(document: Document, tags: tuple[str, ...]) -> Iterator[tuple[str, Element]]:
    """(local name, element) of each element of these names once it is complete, in the order of the file.

    What was read is let go, so that a file of any size needs little memory."""
    events = etree.iterparse(
        io.BytesIO(document.data),
        events=("end",),
        tag=[f"{{*}}{tag}" for tag in tags],
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for _, element in events:
            yield local(element), element
            element.clear(keep_tail=False)
            before = element.getprevious()
            if before is not None and before.tag == element.tag:
                element.getparent().remove(before)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise Refused("xml_damaged", line=line, column=str(column), value=str(error.msg or "")[:200]) from None


class _Names(dict[str, str]):
    """Local names of the tags met, each cut once: a file has millions of elements and a few dozen tags."""

    def __missing__(self, tag: str) -> str:
        found = tag.rpartition("}")[2]
        if len(self) < 10_000:  # a hostile file may have as many tags as elements
            self[tag] = found
        return found


_NAMES = _Names()


def local(element: Element) -> str:
    """An element's name without its namespace."""
    return _NAMES[element.tag]


class Fields:
    """The children of an element by local name: texts, days, amounts; errors name line and element."""

    __slots__ = ("children", "element")

    def __init__(self, element: Element) -> None:
        self.element = element
        self.children: dict[str, Element] = {_NAMES[child.tag]: child for child in reversed(element)}  # the first counts

    def text(self, *names: str) -> str:
        """The first of these children that holds something, cleaned; "" when none does."""
        for name in names:
            child = self.children.get(name)
            if child is not None and child.text and (found := clean(child.text)):
                return found
        return ""

    def inside(self, name: str) -> Fields | None:
        """The children of a child, None when there is none."""
        child = self.children.get(name)
        return None if child is None else Fields(child)

    def each(self, name: str) -> Iterator[Fields]:
        """Every child of this name."""
        return (Fields(child) for child in self.element if local(child) == name)

    def day(self, *names: str) -> date | None:
        """A day, None when no such child holds anything; refuses what is no date."""
        found = self.text(*names)
        if not found:
            return None
        try:
            day = date.fromisoformat(found[:10])
            if not 1900 <= day.year <= LAST_YEAR:
                raise ValueError(found)
            return day
        except ValueError:
            raise self.refused("date_unreadable", names[0], found) from None

    def cents(self, *names: str) -> int:
        """An amount (of the child itself or of its `Amount`), 0 when absent; refuses what is none."""
        found = self.text(*names)
        if not found:
            amount = next((self.children[name] for name in names if name in self.children), None)
            found = Fields(amount).text("Amount") if amount is not None else ""
        try:
            return parse_cents(found, ".")
        except DomainError as error:
            raise self.refused(error.code, names[0], found) from None

    def refused(self, code: str, name: str, value: str) -> Refused:
        """The refusal of one element."""
        child: Element = self.children.get(name, self.element)
        return Refused(code, line=child.sourceline, column=name, value=value[:200])


@dataclass(slots=True)
class Control:
    """Debits and credits as counted, against those the file declares."""

    debit: int = 0
    credit: int = 0
    lines: int = 0
    transactions: int = 0
    uneven: list[Remark] = field(default_factory=list)

    def close_entry(self, journal: str, entry: str, line: int | None, difference: int) -> None:
        """Notes an entry that does not balance."""
        self.transactions += 1
        if difference:
            params: dict[str, object] = {"journal": journal, "entry": entry, "difference_cents": difference}
            self.uneven.append(Remark("entry_unbalanced", line, None, params))

    def remarks(self) -> list[Remark]:
        """The entries that do not balance, the first ones by name."""
        more = len(self.uneven) - SHOWN
        return self.uneven[:SHOWN] + ([Remark("entries_unbalanced_more", params={"count": more})] if more > 0 else [])

    def check(self, declared: Fields | None, count: str, numbers: tuple[int, ...], line: int | None) -> None:
        """Refuses a file whose debits and credits differ, or that holds less than it declares, in count and sum."""
        if self.debit != self.credit:
            difference = self.debit - self.credit
            raise Refused("file_unbalanced", line=line, value=difference, difference_cents=difference)
        if declared is None or not declared.text(count):
            return
        counted = declared.text(count)
        sums = declared.cents("totalDebit", "TotalDebit"), declared.cents("totalCredit", "TotalCredit")
        if counted.isdecimal() and int(counted) not in numbers and sums not in ((self.debit, self.credit), (0, 0)):
            raise Refused(
                "control_totals", line=line, value=counted, expected=numbers[0], difference_cents=sums[0] - self.debit
            )
