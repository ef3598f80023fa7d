"""Electronic invoices → `rules.invoices.Invoice`: UBL, CII, PDFs that carry them, and archives of all of these.

Recognised by content, read whole or refused whole. Hostile files are read by the same functions in a child process with
limits (`integrations.sandbox`)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from integrations.files import ARCHIVE_FAULTS, MAX_BYTES, Refused, too_large
from integrations.invoices import cii, pdf, ubl, xml
from rules.invoices import Attachment, Invoice

FORMATS = {"Invoice": "ubl", "CreditNote": "ubl", "CrossIndustryInvoice": "cii", "CrossIndustryDocument": "zugferd1"}
HEAD = 16384
MAX_FILES = 5000
MAX_RATIO = 200  # of a packed file, beyond the first mebibyte
MIB = 1024 * 1024
DAMAGED = (*ARCHIVE_FAULTS, RuntimeError)


def sniff(data: bytes, filename: str = "") -> str | None:
    """ubl, cii, zugferd1, pdf, or zip for an archive that holds such files; None for anything else. Reads only the
    beginnings, with nothing but the standard library: it may be asked outside the child process."""
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return "zip" if _holds_invoices(data) else None
    return FORMATS.get(xml.root_name(data[:HEAD]))


def read(data: bytes, filename: str, max_bytes: int = MAX_BYTES) -> list[Invoice]:
    """The invoices of a file with what they carry: the PDF or XML itself first, then what is embedded.

    Refused, naming the file and line: not_an_invoice, pdf_without_invoice, pdf_damaged, pdf_locked, invoice_damaged,
    invoice_doctype, invoice_incomplete, invoice_amount, invoice_date, invoice_currency, zip_…"""
    if len(data) > max_bytes:
        raise too_large(len(data), max_bytes)
    if sniff(data) == "zip":
        return _read_archive(data, filename, max_bytes)
    return [_read_one(data, xml.plain_name(filename))]


def _read_one(data: bytes, filename: str) -> Invoice:
    kind = sniff(data)
    if kind == "pdf":
        inside = pdf.invoice_xml(data, filename)
        if inside is None:
            raise Refused("pdf_without_invoice", file=filename)
        invoice = _read_xml(inside, filename)
        bare = PurePosixPath(filename).stem or "document"
        kept = Attachment(f"{bare}.pdf", "application/pdf", data, "invoice_pdf")
        return replace(
            invoice,
            format="facturx" if invoice.format in ("cii", "ubl") else invoice.format,
            attachments=(kept, *invoice.attachments),
        )
    if kind in ("ubl", "cii", "zugferd1"):
        invoice = _read_xml(data, filename)
        return replace(
            invoice, attachments=(Attachment(filename, "application/xml", data, "invoice_xml"), *_pdf_first(invoice))
        )
    raise Refused("not_an_invoice", file=filename)


def _pdf_first(invoice: Invoice) -> tuple[Attachment, ...]:
    """What is embedded; the one PDF among it is the invoice as people read it."""
    pdfs = [one for one in invoice.attachments if one.media_type == "application/pdf"]
    if len(pdfs) != 1:
        return invoice.attachments
    return tuple(replace(one, kind="invoice_pdf") if one is pdfs[0] else one for one in invoice.attachments)


def _read_xml(data: bytes, filename: str) -> Invoice:
    root = xml.parse(data, filename)
    read_as: Callable[[object, str], Invoice] = ubl.read if FORMATS.get(xml.local(root)) == "ubl" else cii.read
    if xml.local(root) not in FORMATS:
        raise Refused("not_an_invoice", file=filename)
    return read_as(root, filename)


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [
        one
        for one in archive.infolist()
        if not one.is_dir()
        and not one.filename.startswith("__MACOSX/")
        and not PurePosixPath(one.filename).name.startswith(".")
    ]


def _holds_invoices(data: bytes) -> bool:
    """Whether the first file of an archive that is XML or PDF is an invoice."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _members(archive)[:MAX_FILES]
            if any(one.filename == "[Content_Types].xml" for one in members):
                return False  # an office document
            for one in members[:20]:
                if one.flag_bits & 1:
                    continue
                with archive.open(one) as file:
                    head = file.read(HEAD)
                if b"%PDF-" in head[:1024] or xml.root_name(head):
                    return True
    except DAMAGED:
        return False
    return False


def _read_archive(data: bytes, filename: str, max_bytes: int) -> list[Invoice]:
    """Every invoice of an archive; a PDF without XML belongs to the XML of the same name beside it."""
    invoices: dict[str, Invoice] = {}
    bare: dict[str, tuple[str, bytes]] = {}
    for name, content in _unpacked(data, filename, max_bytes):
        stem = name[: -len(PurePosixPath(name).suffix)] if PurePosixPath(name).suffix else name
        short = xml.plain_name(name)
        if sniff(content) == "pdf" and pdf.invoice_xml(content, short) is None:
            bare[stem.lower()] = short, content
        else:
            invoices[name] = _read_one(content, short)
    for name, invoice in invoices.items():
        stem = name[: -len(PurePosixPath(name).suffix)].lower()
        found = bare.pop(stem, None)
        if found is not None:
            kept = Attachment(found[0], "application/pdf", found[1], "invoice_pdf")
            invoices[name] = replace(invoice, attachments=(kept, *invoice.attachments))
    if bare:
        raise Refused("pdf_without_invoice", file=next(iter(bare.values()))[0])
    if not invoices:
        raise Refused("not_an_invoice", file=filename)
    return list(invoices.values())


def _unpacked(data: bytes, filename: str, max_bytes: int) -> Iterator[tuple[str, bytes]]:
    """(path, content) of each file, with limits on number, size and how tightly they are packed."""
    left = 4 * max_bytes
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _members(archive)
            if len(members) > MAX_FILES:
                raise Refused("zip_too_many", file=filename, value=MAX_FILES)
            for one in members:
                path = PurePosixPath(one.filename.replace("\\", "/"))
                if path.is_absolute() or ".." in path.parts:
                    raise Refused("zip_path", file=filename, value=one.filename[:120])
                if one.flag_bits & 1:
                    raise Refused("zip_locked", file=filename)
                tight = one.file_size > MIB and one.file_size > MAX_RATIO * max(one.compress_size, 1)
                if tight or one.file_size > min(left, max_bytes):
                    raise Refused("zip_bomb", file=filename, value=path.name)
                with archive.open(one) as file:
                    content = file.read(one.file_size + 1)
                if len(content) > one.file_size:
                    raise Refused("zip_bomb", file=filename, value=path.name)
                left -= len(content)
                yield str(path), content
    except DAMAGED as error:
        raise Refused("zip_damaged", file=filename, value=type(error).__name__) from None
